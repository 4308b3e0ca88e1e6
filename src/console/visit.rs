//! One call of a page: who looks, in which language and theme, and the way to an answer.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::Console;
use super::LOGOUT;
use super::confirm::What;
use super::errors::{ErrorPage, Trouble};
use super::inbox::Counts;
use super::numbers;
use super::page::{Chrome, Here, Notice, Theme, Viewer};
use super::session_store::SessionId;
use crate::approvals::replies::doubts::waiting;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, TenantId};
use crate::domain::people::Person;
use crate::store;
use crate::store::people::Account;
use crate::words::{Lang, Words};

/// What a session holds of the person in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    pub tenant: TenantId,
    pub person: PersonId,
    /// When the password was given: no session outlives it by more than the absolute timeout.
    pub since: Timestamp,
    /// What every form of this session carries, so that another site's form is told apart.
    pub token: String,
}

/// Under which names a session keeps things.
pub const SIGNED_IN: &str = "signed_in";
pub const NOTICE: &str = "notice";

/// The cookie of the theme, of the shortcuts, and of the language of somebody who is not signed in.
pub const THEME: &str = "theme";
pub const KEYS: &str = "keys";
pub const LANGUAGE: &str = "lang";

/// Anybody, signed in or not.
#[derive(Clone, Debug)]
pub struct Visit {
    pub console: Console,
    pub l: Words,
    pub theme: Theme,
    pub keys: bool,
    /// Address and query of this call.
    pub path: String,
    pub session: Session,
    pub account: Option<Account>,
    pub token: Option<String>,
    /// Where the call came from, as far as the listener can tell.
    pub address: Option<IpAddr>,
    pub now: Timestamp,
    /// The database did not say who this is.
    broken: bool,
}

impl Visit {
    /// The frame of a page.
    pub async fn chrome(&self, title: String, here: Here) -> Chrome {
        let mut chrome = Chrome::new(title, here, self.path.clone(), self.now.to_jiff());
        chrome.theme = self.theme;
        chrome.keys = self.keys;
        chrome.token.clone_from(&self.token);
        if let Some(account) = &self.account {
            chrome.viewer = Some(self.viewer(&account.person).await);
            chrome.notice = self.session.remove::<Notice>(NOTICE).await.ok().flatten();
        }
        chrome
    }

    async fn viewer(&self, person: &Person) -> Viewer {
        let db = &self.console.ctx.db;
        // The counts are a courtesy: a page is still worth having without them.
        let counts = Counts::of(db, person, self.now).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the counts of the navigation could not be read");
            Counts::default()
        });
        let doubts = waiting(db, person).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "how many messages are in doubt could not be read");
            0
        });
        let stops = numbers::lines(db, person.tenant).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "whether anything is stopped could not be read");
            Vec::new()
        });
        let tenant = store::people::tenant(db, person.tenant).await.ok().flatten();
        Viewer {
            name: person.name.clone(),
            role: person.role.into(),
            tenant: tenant.map(|tenant| tenant.name).unwrap_or_default(),
            waiting: counts.mine,
            running: counts.running,
            may_read_audit: person.role.may_read_audit(),
            doubts,
            stops,
        }
    }

    /// The page, or the page that says why there is none.
    pub async fn answer<T: IntoResponse>(&self, page: Result<T, Trouble>) -> Response {
        match page {
            Ok(page) => page.into_response(),
            Err(trouble) => {
                let chrome = self.chrome(String::new(), Here::Elsewhere).await;
                ErrorPage::answer(self.l.clone(), chrome, &trouble)
            }
        }
    }

    /// Says something on the next page.
    pub async fn notify(&self, notice: Notice) {
        if let Err(error) = self.session.insert(NOTICE, notice).await {
            tracing::warn!(%error, "a notice could not be kept");
        }
    }
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Infallible> {
        let headers = &parts.headers;
        let now = console.ctx.clock.now();
        let session = parts.extensions.get::<Session>().cloned().unwrap_or_else(|| console.no_session());
        // A page that asks for itself every few seconds is nobody at the desk.
        let by_hand = !parts.uri.path().ends_with("/live");
        let (found, broken) = match who(console, &session, now, by_hand).await {
            Ok(found) => (found, false),
            Err(error) => {
                tracing::error!(%error, "a session could not be read");
                (None, true)
            }
        };
        let (account, token) = found.unzip();
        let chosen = account.as_ref().and_then(|account: &Account| account.language.clone());
        let lang = chosen
            .as_deref()
            .or_else(|| cookie(headers, LANGUAGE))
            .and_then(Lang::from_tag)
            .unwrap_or_else(|| Lang::negotiate(text(headers, ACCEPT_LANGUAGE.as_str())));
        Ok(Self {
            console: console.clone(),
            l: Words::hong_kong(lang),
            theme: cookie(headers, THEME).and_then(Theme::from_name).unwrap_or(Theme::Auto),
            keys: cookie(headers, KEYS) != Some("off"),
            path: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            session,
            account,
            token,
            address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip()),
            now,
            broken,
        })
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    text(headers, COOKIE.as_str())
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The account in the session, looked up anew each time: who was disabled or got another role is so at once.
async fn who(
    console: &Console,
    session: &Session,
    now: Timestamp,
    by_hand: bool,
) -> Result<Option<(Account, String)>, Box<dyn std::error::Error + Send + Sync>> {
    let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? else { return Ok(None) };
    let account = store::people::account(&console.ctx.db, signed_in.tenant, signed_in.person).await?;
    let too_old = now.since(signed_in.since) >= console.settings.absolute_timeout;
    let Some(account) = account.filter(|account| account.person.disabled_at.is_none() && !too_old) else {
        session.flush().await?;
        return Ok(None);
    };
    if let Some(id) = session.id().filter(|_| by_hand) {
        let until = now.after(console.settings.idle_timeout);
        store::sessions::touch(&console.ctx.db, &SessionId::hash(&id), until).await?;
    }
    Ok(Some((account, signed_in.token)))
}

/// A person who is signed in. Everybody else is led to the sign-in, and from there to where they were going.
#[derive(Clone, Debug)]
pub struct Reviewer {
    pub visit: Visit,
    pub person: Person,
}

impl std::ops::Deref for Reviewer {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl FromRequestParts<Console> for Reviewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Response> {
        let Ok(visit) = Visit::from_request_parts(parts, console).await;
        if visit.broken {
            return Err(visit.answer(Err::<Response, _>(Trouble::Unavailable)).await);
        }
        match visit.account.clone() {
            Some(account) => Ok(Self { visit, person: account.person }),
            None => Err(Redirect::to(&sign_in(&parts.method, &visit.path)).into_response()),
        }
    }
}

/// The sign-in, with the way back. What was to be posted is not: its page is opened again.
fn sign_in(method: &Method, path: &str) -> String {
    let page = match *method {
        Method::GET | Method::HEAD => path,
        _ => {
            let what = [What::Withdraw, What::Reopen].map(What::word);
            let of = |word: &str| path.strip_suffix(word)?.strip_suffix('/');
            ["decision"].into_iter().chain(what).find_map(of).unwrap_or(path)
        }
    };
    if matches!(page, "/" | "/inbox" | "/logout" | "/preferences") {
        return "/login".to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", page).finish();
    format!("/login?{query}")
}

/// An address within the console, or the inbox: no form and no link may lead a person elsewhere.
pub fn local(path: &str) -> &str {
    let inside = path.starts_with('/') && !path.starts_with("//") && path.len() <= 2_000;
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    // Forms are sent there; there is no page to come back to.
    let page = !path.starts_with(LOGOUT) && !path.starts_with("/preferences");
    if inside && plain && page { path } else { "/inbox" }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Method};

    use super::{cookie, local, sign_in};

    #[test]
    fn the_way_back_stays_in_the_console() {
        assert_eq!(local("/requests/ar_1?tab=all#x"), "/requests/ar_1?tab=all#x");
        for elsewhere in [
            "",
            "/logout",
            "requests",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/\tx",
            "/é",
        ] {
            assert_eq!(local(elsewhere), "/inbox", "{elsewhere:?}");
        }
        assert_eq!(local(&format!("/{}", "x".repeat(2_000))), "/inbox");
    }

    #[test]
    fn the_sign_in_remembers_pages_and_not_acts() {
        for (method, path, want) in [
            (Method::GET, "/inbox", "/login"),
            (Method::GET, "/inbox?tab=all&q=a%20b", "/login?next=%2Finbox%3Ftab%3Dall%26q%3Da%2520b"),
            (Method::POST, "/requests/ar_1/decision", "/login?next=%2Frequests%2Far_1"),
            (Method::POST, "/requests/ar_1/sign", "/login?next=%2Frequests%2Far_1%2Fsign"),
            (Method::POST, "/logout", "/login"),
        ] {
            assert_eq!(sign_in(&method, path), want);
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_static("mytheme=light; theme=dark;keys=off"));
        assert_eq!(cookie(&headers, "theme"), Some("dark"));
        assert_eq!(cookie(&headers, "keys"), Some("off"));
        assert_eq!(cookie(&headers, "lang"), None);
    }
}
