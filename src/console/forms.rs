//! What comes in: fields of forms that prove whose page they stood on, and addresses with their filters.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::Console;
use super::errors::Trouble;
use super::visit::{Reviewer, Visit};
use crate::words::Words;

/// The most bytes that a form may have: a comment of a few thousand characters and a reason for every warning.
const LONGEST: usize = 64 << 10;

/// Name and value pairs, in the order of the form or the address.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=b&c=d`.
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), clean(&value))).collect())
    }

    /// Reads a posted form, if it is one.
    pub async fn of_form(parts: &Parts, body: Body, l: &Words) -> Result<Self, Trouble> {
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let form = kind.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded";
        match to_bytes(body, LONGEST).await {
            Ok(bytes) if form || bytes.is_empty() => Ok(Self::parse(&bytes)),
            Ok(_) => Err(Trouble::Unreadable(l.t("error-form-kind"))),
            Err(error) if is_too_long(&error) => Err(Trouble::TooLarge),
            Err(_) => Err(Trouble::Unreadable(l.t("error-form-unreadable"))),
        }
    }

    /// Reads the query of an address.
    pub fn of_path(path: &str) -> Self {
        Self::parse(path.split_once('?').map_or("", |(_, query)| query).as_bytes())
    }

    /// All but this name.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    /// The first value under a name, or nothing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Every value under a name: checkboxes.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A value that says something, without the space around it.
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|value| !value.is_empty())
    }
}

/// Browsers send line ends as CR LF; PostgreSQL keeps no NUL.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\0', "")
}

/// An address with parameters: the state of a list's filters. Empty ones are left out.
#[derive(Clone, Debug)]
pub struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    pub fn new(path: &str) -> Self {
        Self { path: path.to_owned(), pairs: Vec::new() }
    }

    /// With this parameter, in place of an earlier one of that name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.pairs.retain(|(key, _)| key != name);
        if !value.is_empty() {
            self.pairs.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub fn without(self, name: &str) -> Self {
        self.with(name, "")
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        if self.pairs.is_empty() {
            return Ok(());
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish();
        write!(f, "?{query}")
    }
}

/// What the address names, read into its type. What cannot be read names nothing that is here.
#[derive(Clone, Copy, Debug)]
pub struct Named<T>(pub T);

impl<T: std::str::FromStr> FromRequestParts<Console> for Named<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let name = Path::<String>::from_request_parts(parts, console).await.ok();
        if let Some(named) = name.and_then(|Path(name)| name.parse().ok()) {
            return Ok(Self(named));
        }
        let Ok(visit) = Visit::from_request_parts(parts, console).await;
        Err(visit.answer(Err::<Response, _>(Trouble::NotFound)).await)
    }
}

/// A visit that may be followed by an act.
pub trait Acting: FromRequestParts<Console, Rejection: IntoResponse> + Send {
    fn visit(&self) -> &Visit;
}

impl Acting for Visit {
    fn visit(&self) -> &Visit {
        self
    }
}

impl Acting for Reviewer {
    fn visit(&self) -> &Visit {
        &self.visit
    }
}

/// A posted form, and who posted it. The form of somebody who is signed in carries the session's token, or nothing is
/// done; before sign-in there is no session to act for.
#[derive(Debug)]
pub struct Posted<W>(pub W, pub Fields);

impl<W: Acting> FromRequest<Console> for Posted<W> {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let who = W::from_request_parts(&mut parts, console).await.map_err(IntoResponse::into_response)?;
        let visit = who.visit();
        let fields = match Fields::of_form(&parts, body, &visit.l).await {
            Ok(fields) => fields,
            Err(trouble) => return Err(visit.answer(Err::<(), _>(trouble)).await),
        };
        if let Some(token) = &visit.token {
            let same = token.as_bytes().ct_eq(fields.get("token").as_bytes());
            if !bool::from(same) {
                tracing::warn!(path = parts.uri.path(), "a form came without the token of its session");
                let trouble = Trouble::NotYours(visit.l.t("error-form-token"));
                return Err(visit.answer(Err::<(), _>(trouble)).await);
            }
        }
        Ok(Self(who, fields))
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<LengthLimitError>()).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Address, Fields};

    #[test]
    fn fields_are_found_by_name_and_line_ends_are_plain() {
        let fields = Fields::parse(b"section=message&section=links&comment=a%0D%0Ab%00&empty=+");
        assert_eq!(fields.all("section").collect::<Vec<_>>(), ["message", "links"]);
        assert_eq!(fields.get("comment"), "a\nb");
        assert_eq!((fields.some("empty"), fields.some("none"), fields.get("none")), (None, None, ""));
        assert_eq!(Fields::of_path("/inbox?tab=all&q=%E5%86%AC").get("q"), "冬");
        assert_eq!(Fields::of_path("/inbox").get("q"), "");
    }

    #[test]
    fn an_address_keeps_one_value_a_name() {
        let address = Address::new("/inbox").with("tab", "all").with("q", "a b&c").with("tab", "mine").with("x", "");
        assert_eq!(address.to_string(), "/inbox?q=a+b%26c&tab=mine");
        assert_eq!(address.without("q").without("tab").to_string(), "/inbox");
    }
}
