//! How the console looks to one person: language, theme, shortcuts.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

use super::Console;
use super::errors::Trouble;
use super::forms::{Fields, Posted};
use super::page::Theme;
use super::visit::{KEYS, LANGUAGE, THEME, Visit, local};
use crate::domain::people::Person;
use crate::error::Error;
use crate::store;
use crate::words::Lang;

/// `POST /preferences`: what the form names is set, the rest stays. Then back to where it was pressed.
pub async fn update(Posted(visit, fields): Posted<Visit>) -> Response {
    let result = set(&visit, &fields).await.map_err(|e| Trouble::from_error(&visit.l, e));
    visit.answer(result).await
}

async fn set(visit: &Visit, fields: &Fields) -> Result<Response, Error> {
    let mut response = Redirect::to(local(fields.get("back"))).into_response();
    let theme = fields.some("theme").and_then(Theme::from_name).map(|theme| (THEME, theme.name()));
    let keys = fields.some("keys").filter(|keys| ["on", "off"].contains(keys)).map(|keys| (KEYS, keys));
    let lang = fields.some("lang").and_then(Lang::from_tag).map(Lang::tag);
    if let (Some(lang), Some(account)) = (lang, &visit.account) {
        remember(&visit.console, &account.person, lang).await?;
    }
    for (name, value) in theme.into_iter().chain(keys).chain(lang.map(|lang| (LANGUAGE, lang))) {
        let secure = if visit.console.settings.https { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}");
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(Error::internal)?);
    }
    Ok(response)
}

/// The language also goes to the account: mails are written in it.
async fn remember(console: &Console, person: &Person, lang: &str) -> Result<(), Error> {
    let mut tx = console.ctx.db.begin().await?;
    store::people::set_language(&mut tx, person.tenant, person.id, lang).await?;
    Ok(tx.commit().await?)
}
