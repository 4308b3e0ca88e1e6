//! What stands masked on a request's page, in full: shown once, for a reason, to those who could sign it.

use askama::Template;
use askama_web::WebTemplate;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::errors::Trouble;
use super::facts;
use super::forms::{Named, Posted};
use super::page::{Chrome, Here};
use super::review;
use super::review::people::field_words;
use super::visit::Reviewer;
use crate::approvals::{shown, sign};
use crate::domain::contacts::upsert::FieldChange;
use crate::domain::ids::RequestId;
use crate::domain::requests::ActionRequest;
use crate::error::Error;
use crate::words::Words;

/// `GET /requests/{id}/values`, and the answer to its form.
#[derive(Template, WebTemplate)]
#[template(path = "requests/values.html")]
pub struct ValuesPage {
    pub l: Words,
    pub chrome: Chrome,
    pub action: String,
    pub back: String,
    pub name: String,
    pub summary: String,
    /// The reason was missing, or too long.
    pub fault: bool,
    /// Each part before and after, once they are shown.
    pub values: Option<Vec<ValueLine>>,
}

/// One part, in full.
#[derive(Clone, Debug)]
pub struct ValueLine {
    pub name: String,
    pub before: Option<String>,
    pub after: String,
}

impl ValuesPage {
    async fn new(who: &Reviewer, request: &ActionRequest) -> Self {
        let (l, id) = (&who.l, request.id);
        let name = facts::whom(l, request.preview.view.name());
        Self {
            l: l.clone(),
            chrome: who.chrome(l.t("values-title"), Here::Inbox).await,
            action: format!("/requests/{id}/values"),
            back: format!("/requests/{id}"),
            name: l.t2("name-request", "name", name, "short", id.short()),
            summary: review::summary(l, &request.preview),
            fault: false,
            values: None,
        }
    }
}

/// `GET /requests/{id}/values`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<ValuesPage, Trouble> {
    let found = sign::dossier(&who.console.ctx, who.person.tenant, &who.person, id).await;
    let request = found.map_err(|error| Trouble::from_error(&who.l, error))?.request;
    if !shown::may_see(&request, &who.person) {
        return Err(Trouble::Forbidden(who.l.t("values-not")));
    }
    Ok(ValuesPage::new(who, &request).await)
}

/// `POST /requests/{id}/values`: nothing is kept of the answer, and to see it again takes another reason.
pub async fn create(Named(id): Named<RequestId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let page = show(&who, id, fields.get("reason")).await;
    who.answer(page).await
}

async fn show(who: &Reviewer, id: RequestId, reason: &str) -> Result<Response, Trouble> {
    let page = fill(who, id).await?;
    match shown::values(&who.console.ctx, &who.person, id, reason).await {
        Ok(changes) => {
            let values = changes.iter().map(|change| line(&who.l, change)).collect();
            Ok(ValuesPage { values: Some(values), ..page }.into_response())
        }
        Err(Error::Invalid(_)) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, ValuesPage { fault: true, ..page }).into_response())
        }
        Err(Error::Forbidden(_)) => Err(Trouble::Forbidden(who.l.t("values-not"))),
        Err(Error::Blocked(_)) => Err(Trouble::Refused(who.l.t("values-changed"))),
        Err(error) => Err(Trouble::from_error(&who.l, error)),
    }
}

fn line(l: &Words, change: &FieldChange) -> ValueLine {
    let (name, after) = field_words(l, change);
    ValueLine { name, before: change.before.clone(), after }
}
