//! Taking a request back before anything of it has begun.

use axum::response::{IntoResponse, Redirect, Response};

use super::confirm::{ConfirmPage, What};
use super::errors::Trouble;
use super::forms::{Named, Posted};
use super::page::Notice;
use super::parts::Tone;
use super::requests::may_withdraw;
use super::states::State;
use super::visit::Reviewer;
use crate::approvals::sign;
use crate::domain::ids::RequestId;
use crate::error::Error;

/// `GET /requests/{id}/withdraw`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<ConfirmPage, Trouble> {
    let l = &who.l;
    let dossier = sign::dossier(&who.console.ctx, who.person.tenant, &who.person, id).await;
    let request = dossier.map_err(|error| Trouble::from_error(l, error))?.request;
    if !may_withdraw(&request, who) {
        let cooling = who.console.ctx.policy.times.cooling_off;
        let state = State::of(request.status, false, request.not_before, cooling, who.now);
        let allowed = who.person.role.may_stop() || request.owner == who.person.id;
        return Err(if allowed {
            Trouble::Refused(l.t1("withdraw-not", "state", state.words(l)))
        } else {
            Trouble::Forbidden(l.t("error-forbidden-text"))
        });
    }
    Ok(ConfirmPage::new(who, &request, What::Withdraw).await)
}

/// `POST /requests/{id}/withdraw`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let done = withdraw(&who, id, fields.get("reason")).await;
    who.answer(done.map_err(|error| Trouble::from_error(&who.l, error))).await
}

async fn withdraw(who: &Reviewer, id: RequestId, reason: &str) -> Result<Response, Error> {
    sign::withdraw(&who.console.ctx, who.person.tenant, &who.person, id, reason).await?;
    who.notify(Notice { tone: Tone::Ok, text: who.l.t("done-withdrawn") }).await;
    Ok(Redirect::to(&format!("/requests/{id}")).into_response())
}
