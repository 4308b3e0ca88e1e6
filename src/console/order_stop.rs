//! `/requests/{id}/stop-order` and `/requests/{id}/close-order`: calling off an order that waits for another system, and ending one
//! of which that system does not say whether it has it.

use axum::response::{IntoResponse, Redirect, Response};

use super::broadcasts::permitted;
use super::confirm::{ConfirmPage, What};
use super::errors::Trouble;
use super::forms::{Named, Posted};
use super::page::Notice;
use super::parts::Tone;
use super::visit::Reviewer;
use crate::approvals::orders::stop::{self as stopping, Stopped};
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::orders::Waiting;
use crate::error::Error;
use crate::store;
use crate::tools::orders::now;

/// Whether an order that waits could be called off at this time, or ended.
pub fn is_open(waiting: &Waiting, what: What, now: Timestamp) -> bool {
    match what {
        What::CloseOrder => waiting.may_be_closed(now),
        _ => waiting.stop.is_none(),
    }
}

/// `GET /requests/{id}/stop-order`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id, What::StopOrder).await;
    who.answer(page).await
}

/// `GET /requests/{id}/close-order`.
pub async fn before_closing(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id, What::CloseOrder).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, id: RequestId, what: What) -> Result<ConfirmPage, Trouble> {
    let failed = |error: Error| Trouble::from_error(&who.l, error);
    let ctx = &who.console.ctx;
    let request = store::requests::find(&ctx.db, who.person.tenant, id).await;
    let request = request.map_err(|error| failed(error.into()))?.ok_or(Trouble::NotFound)?;
    now::of_request(ctx, &request).await.map_err(failed)?.filter(|it| it.link.is_none()).ok_or(Trouble::NotFound)?;
    permitted(who)?;
    let waiting = now::waiting(ctx, &request).await.map_err(failed)?;
    if !waiting.is_some_and(|waiting| is_open(&waiting, what, who.now)) {
        return Err(Trouble::Refused(who.l.t("order-stop-over")));
    }
    Ok(ConfirmPage::new(who, &request, what).await)
}

/// `POST /requests/{id}/stop-order`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = stop(&who, id).await;
    who.answer(done).await
}

async fn stop(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    permitted(who)?;
    let stopped = stopping::stop(&who.console.ctx, who.person.tenant, id, &who.person).await;
    answer(
        who,
        id,
        stopped.map(|stopped| match stopped {
            Stopped::AtOnce => who.l.t("order-stop-done"),
            Stopped::Looked => who.l.t("order-stop-looked"),
        }),
    )
    .await
}

/// `POST /requests/{id}/close-order`.
pub async fn close(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = end(&who, id).await;
    who.answer(done).await
}

async fn end(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    permitted(who)?;
    let closed = stopping::close(&who.console.ctx, who.person.tenant, id, &who.person).await;
    answer(who, id, closed.map(|()| who.l.t("order-close-done"))).await
}

async fn answer(who: &Reviewer, id: RequestId, done: Result<String, Error>) -> Result<Response, Trouble> {
    match done {
        Ok(text) => {
            who.notify(Notice { tone: Tone::Warn, text }).await;
            Ok(Redirect::to(&format!("/requests/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(who.l.t("order-stop-over"))),
        Err(error) => Err(Trouble::from_error(&who.l, error)),
    }
}
