//! `/requests/{id}/take-back`: taking a payment link back, whether its message has been sent or not.

use axum::response::{IntoResponse, Redirect, Response};

use super::failed;
use crate::approvals::replies::stop::take_back;
use crate::console::broadcasts::permitted;
use crate::console::confirm::{ConfirmPage, What};
use crate::console::errors::Trouble;
use crate::console::forms::{Named, Posted};
use crate::console::page::Notice;
use crate::console::parts::Tone;
use crate::console::visit::Reviewer;
use crate::domain::ids::RequestId;
use crate::domain::orders::links::LinkState;
use crate::error::Error;
use crate::store;
use crate::tools::orders::now;

/// `GET /requests/{id}/take-back`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<ConfirmPage, Trouble> {
    let request = store::requests::find(&who.console.ctx.db, who.person.tenant, id).await;
    let request = request.map_err(|error| failed(who, error))?.ok_or(Trouble::NotFound)?;
    let order = now::of_request(&who.console.ctx, &request).await.map_err(|error| failed(who, error))?;
    let link = order.and_then(|order| order.link).ok_or(Trouble::NotFound)?;
    permitted(who)?;
    if link.state != LinkState::Open {
        return Err(Trouble::Refused(who.l.t("payment-take-back-over")));
    }
    Ok(ConfirmPage::new(who, &request, What::TakeBack).await)
}

/// `POST /requests/{id}/take-back`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = end(&who, id).await;
    who.answer(done).await
}

async fn end(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    permitted(who)?;
    match take_back(&who.console.ctx, who.person.tenant, id, &who.person).await {
        Ok(()) => {
            who.notify(Notice { tone: Tone::Warn, text: who.l.t("payment-take-back-done") }).await;
            Ok(Redirect::to(&format!("/requests/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(who.l.t("payment-take-back-over"))),
        Err(error) => Err(failed(who, error)),
    }
}
