//! `/requests/{id}/stop`: stopping a message before a request to Meta has begun for it.

use axum::response::{IntoResponse, Redirect, Response};

use super::{failed, find};
use crate::approvals::replies::stop as stopping;
use crate::console::broadcasts::permitted;
use crate::console::confirm::{ConfirmPage, What};
use crate::console::errors::Trouble;
use crate::console::forms::{Named, Posted};
use crate::console::page::Notice;
use crate::console::parts::Tone;
use crate::console::visit::Reviewer;
use crate::domain::ids::RequestId;
use crate::error::Error;
use crate::store;

/// `GET /requests/{id}/stop`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<ConfirmPage, Trouble> {
    let request = store::requests::find(&who.console.ctx.db, who.person.tenant, id).await;
    let request = request.map_err(|error| failed(who, error))?.ok_or(Trouble::NotFound)?;
    let reply = find(who, &request).await.map_err(|error| failed(who, error))?.ok_or(Trouble::NotFound)?;
    permitted(who)?;
    if !stopping::is_open(request.status, &reply) {
        return Err(Trouble::Refused(who.l.t("reply-stop-over")));
    }
    Ok(ConfirmPage::new(who, &request, What::Stop).await)
}

/// `POST /requests/{id}/stop`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = stop(&who, id).await;
    who.answer(done).await
}

async fn stop(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    permitted(who)?;
    match stopping::stop(&who.console.ctx, who.person.tenant, id, &who.person).await {
        Ok(()) => {
            who.notify(Notice { tone: Tone::Warn, text: who.l.t("reply-stop-done") }).await;
            Ok(Redirect::to(&format!("/requests/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(who.l.t("reply-stop-over"))),
        Err(error) => Err(failed(who, error)),
    }
}
