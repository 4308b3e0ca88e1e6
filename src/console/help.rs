//! The list of keys.

use askama::Template;
use askama_web::WebTemplate;

use axum::response::Response;

use super::page::{Chrome, Here};
use super::visit::Reviewer;
use crate::words::Words;

/// `GET /help/keys`.
#[derive(Template, WebTemplate)]
#[template(path = "help/keys.html")]
pub struct KeysPage {
    pub l: Words,
    pub chrome: Chrome,
}

pub async fn keys(who: Reviewer) -> Response {
    let chrome = who.chrome(who.l.t("foot-keys"), Here::Elsewhere).await;
    who.answer(Ok(KeysPage { l: who.l.clone(), chrome })).await
}

/// A key, or two that follow each other, and what it does.
pub struct Key {
    pub keys: Vec<&'static str>,
    pub does: String,
}

impl KeysPage {
    pub fn list(&self) -> Vec<Key> {
        let key = |keys: &[&'static str], does| Key { keys: keys.to_vec(), does };
        let l = &self.l;
        vec![
            key(&["j"], l.t("keys-next-row")),
            key(&["k"], l.t("keys-previous-row")),
            key(&["Enter"], l.t("keys-open")),
            key(&["o"], l.t("keys-open")),
            key(&["/"], l.t("keys-search")),
            key(&["["], l.t("keys-previous")),
            key(&["]"], l.t("keys-next")),
            key(&["1", "…", "5"], l.t("keys-section")),
            key(&["d"], l.t("keys-decision")),
            key(&["u"], l.t("keys-up")),
            key(&["g", "i"], l.t("keys-inbox")),
            key(&["g", "b"], l.t("keys-broadcasts")),
            key(&["g", "c"], l.t("keys-conversations")),
            key(&["g", "a"], l.t("keys-audit")),
            key(&["?"], l.t("keys-help")),
            key(&["Esc"], l.t("keys-leave")),
        ]
    }
}
