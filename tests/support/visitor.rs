//! A person at a browser without script, and what it shows.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use scraper::{Html, Selector};

/// The request with a form as its body.
pub fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// A browser without script: it keeps cookies, sends forms as they stand on the page, and follows nothing by itself.
pub struct Visitor {
    client: Client,
    base: String,
    pub jar: BTreeMap<String, String>,
    pub language: &'static str,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub html: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    pub fn page(&self) -> Html {
        Html::parse_document(&self.html)
    }

    /// What a person reads in the content of the page.
    pub fn text(&self) -> String {
        self.part("main, body > section")
    }

    pub fn part(&self, css: &str) -> String {
        let page = self.page();
        let texts = page.select(&Selector::parse(css).unwrap()).flat_map(|el| el.text()).collect::<Vec<_>>();
        texts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a person reads in the parts of this kind that hold these words.
    pub fn part_of(&self, css: &str, words: &str) -> String {
        let (page, parts) = (self.page(), Selector::parse(css).unwrap());
        let texts = page.select(&parts).map(|el| el.text().collect::<Vec<_>>().join(" "));
        texts.filter(|text| text.contains(words)).collect::<Vec<_>>().join(" ")
    }

    pub fn count(&self, css: &str) -> usize {
        self.page().select(&Selector::parse(css).unwrap()).count()
    }

    pub fn attr(&self, css: &str, name: &str) -> Option<String> {
        let page = self.page();
        let element = page.select(&Selector::parse(css).unwrap()).next()?;
        element.value().attr(name).map(str::to_owned)
    }

    /// The fields that the form with this action would send as it stands.
    pub fn form(&self, action: &str) -> Vec<(String, String)> {
        let page = self.page();
        let form = Selector::parse(&format!("form[action='{action}']")).unwrap();
        let form = page.select(&form).next().unwrap_or_else(|| panic!("no form {action} on: {}", self.text()));
        let fields = Selector::parse("input, textarea").unwrap();
        form.select(&fields)
            .filter(|field| {
                let kind = field.value().attr("type").unwrap_or("text");
                !matches!(kind, "checkbox" | "radio") || field.value().attr("checked").is_some()
            })
            .filter_map(|field| {
                let name = field.value().attr("name")?.to_owned();
                let text = field.text().collect::<String>();
                Some((name, field.value().attr("value").map_or(text, str::to_owned)))
            })
            .collect()
    }
}

impl Answer {
    /// Those fields, with these filled in.
    fn filled(&self, action: &str, filled: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fields = self.form(action);
        fields.retain(|(name, _)| !filled.iter().any(|(new, _)| new == name));
        let filled = filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fields.into_iter().chain(filled).collect()
    }

    /// Name and value of the fields that a person may fill in.
    pub fn choices(&self, css: &str) -> Vec<(String, String)> {
        let page = self.page();
        let choice = |field: scraper::ElementRef<'_>| {
            let value = field.value().attr("value").unwrap_or_default().to_owned();
            Some((field.value().attr("name")?.to_owned(), value))
        };
        page.select(&Selector::parse(css).unwrap()).filter_map(choice).collect()
    }
}

impl Visitor {
    pub fn new(base: &str) -> Self {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, base: base.to_owned(), jar: BTreeMap::new(), language: "en" }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    /// Sends fields as a page of the console would: from the same origin.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        self.send(form(request, fields)).await
    }

    /// Fills in the form with this action on a page, and sends it.
    pub async fn submit(&mut self, page: &Answer, action: &str, filled: &[(&str, &str)]) -> Answer {
        self.try_submit(page, action, filled).await.unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.header(COOKIE, cookies.join("; ")).header("accept-language", self.language)
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap()
    }

    /// The answer, unless whoever should give it is gone.
    pub async fn try_send(&mut self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, html: response.text().await? })
    }

    /// As `get` and `submit`, where whoever should answer may be gone.
    pub async fn try_get(&mut self, path: &str) -> reqwest::Result<Answer> {
        let request = self.request(Method::GET, path);
        self.try_send(request).await
    }

    pub async fn try_submit(
        &mut self,
        page: &Answer,
        action: &str,
        filled: &[(&str, &str)],
    ) -> reqwest::Result<Answer> {
        let fields = page.filled(action, filled);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = self.request(Method::POST, action).header("sec-fetch-site", "same-origin");
        self.try_send(form(request, &fields)).await
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let page = self.get("/login").await;
        self.submit(&page, "/login", &[("email", email), ("password", password)]).await
    }
}
