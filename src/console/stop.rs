//! `/requests/{id}/stop`: stopping a message before a request to Meta has begun for it, or a template that does not get to Meta.

use axum::response::{IntoResponse, Redirect, Response};

use super::broadcasts::permitted;
use super::confirm::{ConfirmPage, What};
use super::errors::Trouble;
use super::forms::{Named, Posted};
use super::page::Notice;
use super::parts::Tone;
use super::replies;
use super::submitted;
use super::visit::Reviewer;
use crate::approvals::replies::stop as of_reply;
use crate::approvals::templates::stop as of_template;
use crate::domain::ids::RequestId;
use crate::domain::preview::View;
use crate::domain::requests::ActionRequest;
use crate::error::Error;
use crate::store;

/// `GET /requests/{id}/stop`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

/// `POST /requests/{id}/stop`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = stop(&who, id).await;
    who.answer(done).await
}

async fn read(who: &Reviewer, id: RequestId) -> Result<(ActionRequest, What), Trouble> {
    let failed = |error: Error| Trouble::from_error(&who.l, error);
    let request = store::requests::find(&who.console.ctx.db, who.person.tenant, id).await;
    let request = request.map_err(|error| failed(error.into()))?.ok_or(Trouble::NotFound)?;
    permitted(who)?;
    let open = match &request.preview.view {
        View::Template(_) => submitted::is_open(who, &request).await.map_err(failed)?,
        _ => replies::is_open(who, &request).await.map_err(failed)?.ok_or(Trouble::NotFound)?,
    };
    let what = what(&request);
    if open { Ok((request, what)) } else { Err(Trouble::Refused(who.l.t(over(what)))) }
}

const fn what(request: &ActionRequest) -> What {
    if matches!(request.preview.view, View::Template(_)) { What::StopTemplate } else { What::Stop }
}

/// Why it is too late, for each.
const fn over(what: What) -> &'static str {
    if matches!(what, What::StopTemplate) { "template-stop-over" } else { "reply-stop-over" }
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<ConfirmPage, Trouble> {
    let (request, what) = read(who, id).await?;
    Ok(ConfirmPage::new(who, &request, what).await)
}

async fn stop(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    let (_, what) = read(who, id).await?;
    let (ctx, tenant) = (&who.console.ctx, who.person.tenant);
    let (done, says) = match what {
        What::StopTemplate => (of_template::stop(ctx, tenant, id, &who.person).await, "template-stop-done"),
        _ => (of_reply::stop(ctx, tenant, id, &who.person).await, "reply-stop-done"),
    };
    match done {
        Ok(()) => {
            who.notify(Notice { tone: Tone::Warn, text: who.l.t(says) }).await;
            Ok(Redirect::to(&format!("/requests/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(who.l.t(over(what)))),
        Err(error) => Err(Trouble::from_error(&who.l, error)),
    }
}
