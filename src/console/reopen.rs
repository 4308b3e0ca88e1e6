//! Allowing what was rejected to be asked for again.

use axum::response::{IntoResponse, Redirect, Response};

use super::confirm::{ConfirmPage, What};
use super::errors::Trouble;
use super::forms::{Named, Posted};
use super::page::Notice;
use super::parts::Tone;
use super::visit::Reviewer;
use crate::approvals::sign::{self, Dossier};
use crate::domain::ids::RequestId;
use crate::domain::policy::signatures::may_reopen;
use crate::error::Error;

/// `GET /requests/{id}/reopen`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<ConfirmPage, Trouble> {
    let found = sign::dossier(&who.console.ctx, who.person.tenant, &who.person, id).await;
    let Dossier { request, signatures, .. } = found.map_err(|error| Trouble::from_error(&who.l, error))?;
    if request.reopened_at.is_some() {
        return Err(Trouble::Refused(who.l.t("reopen-over")));
    }
    if may_reopen(&request, &signatures, &who.person).is_err() {
        return Err(Trouble::Forbidden(who.l.t("reopen-not")));
    }
    Ok(ConfirmPage::new(who, &request, What::Reopen).await)
}

/// `POST /requests/{id}/reopen`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = reopen(&who, id).await;
    who.answer(done).await
}

async fn reopen(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    match sign::reopen(&who.console.ctx, who.person.tenant, &who.person, id).await {
        Ok(_) => {
            who.notify(Notice { tone: Tone::Ok, text: who.l.t("reopen-done") }).await;
            Ok(Redirect::to(&format!("/requests/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(who.l.t("reopen-over"))),
        Err(Error::Forbidden(_)) => Err(Trouble::Forbidden(who.l.t("reopen-not"))),
        Err(error) => Err(Trouble::from_error(&who.l, error)),
    }
}
