//! Stopping what runs: one page that says what it does, one press that does it, at once and by one person.

use axum::response::{IntoResponse, Redirect, Response};

use super::StopPage;
use crate::approvals::execute;
use crate::console::errors::Trouble;
use crate::console::forms::{Named, Posted};
use crate::console::monitor::Progress;
use crate::console::page::{Here, Notice, RoleName};
use crate::console::parts::Tone;
use crate::console::visit::Reviewer;
use crate::domain::deliveries::Desired;
use crate::domain::ids::RequestId;
use crate::domain::people::Role;
use crate::domain::requests::Status;
use crate::error::Error;
use crate::store;

/// `GET /broadcasts/{id}/stop`.
pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id).await;
    who.answer(page).await
}

/// Whether this person may stop anything.
pub fn permitted(who: &Reviewer) -> Result<(), Trouble> {
    if who.person.role.may_stop() {
        return Ok(());
    }
    let roles = Role::ALL.iter().filter(|role| role.may_stop()).map(|role| RoleName::from(*role).words(&who.l));
    Err(Trouble::Forbidden(who.l.t1("error-needs-role", "roles", roles.collect::<Vec<_>>().join(", "))))
}

async fn fill(who: &Reviewer, id: RequestId) -> Result<StopPage, Trouble> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let failed = |error: store::Error| Trouble::from_error(l, error.into());
    let request = store::requests::find(db, tenant, id).await.map_err(failed)?.ok_or(Trouble::NotFound)?;
    let run = store::deliveries::by_request(db, tenant, id).await.map_err(failed)?;
    let (execution, tally) = run.ok_or(Trouble::NotFound)?;
    permitted(who)?;
    if execution.finished_at.is_some() || execution.desired == Desired::Cancel {
        return Err(Trouble::Refused(l.t("stop-over")));
    }
    Ok(StopPage {
        l: l.clone(),
        chrome: who.chrome(l.t("stop-sending"), Here::Broadcasts).await,
        action: format!("/broadcasts/{id}/stop"),
        back: format!("/broadcasts/{id}"),
        name: request.preview.view.name().to_owned(),
        progress: Progress::from(tally),
        in_flight: tally.sending + tally.unknown,
        pause: (request.status == Status::Executing && execution.desired == Desired::Run)
            .then(|| format!("/broadcasts/{id}/pause")),
    })
}

/// `GET /broadcasts/{id}/pause`: whoever had to sign in first comes back by this address, and presses again.
pub async fn before_pause(_: Reviewer, Named(id): Named<RequestId>) -> Response {
    Redirect::to(&format!("/broadcasts/{id}")).into_response()
}

/// `POST /broadcasts/{id}/pause`.
pub async fn pause(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = stand_still(&who, id).await;
    who.answer(done).await
}

async fn stand_still(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    let (ctx, tenant, l) = (&who.console.ctx, who.person.tenant, &who.l);
    let failed = |error: Error| Trouble::from_error(l, error);
    let there = store::deliveries::of_request(&ctx.db, tenant, id).await.map_err(|error| failed(error.into()))?;
    there.ok_or(Trouble::NotFound)?;
    permitted(who)?;
    match execute::pause(ctx, tenant, id, &who.person).await {
        Ok(()) => {
            who.notify(Notice { tone: Tone::Warn, text: l.t("pause-done") }).await;
            Ok(Redirect::to(&format!("/broadcasts/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(l.t("pause-over"))),
        Err(error) => Err(failed(error)),
    }
}

/// `POST /broadcasts/{id}/stop`.
pub async fn create(Named(id): Named<RequestId>, Posted(who, _): Posted<Reviewer>) -> Response {
    let done = stop(&who, id).await;
    who.answer(done).await
}

async fn stop(who: &Reviewer, id: RequestId) -> Result<Response, Trouble> {
    let (ctx, tenant, l) = (&who.console.ctx, who.person.tenant, &who.l);
    let failed = |error: Error| Trouble::from_error(l, error);
    let there = store::deliveries::of_request(&ctx.db, tenant, id).await.map_err(|error| failed(error.into()))?;
    there.ok_or(Trouble::NotFound)?;
    permitted(who)?;
    match execute::stop(ctx, tenant, id, &who.person).await {
        Ok(report) => {
            let text = l.t2("stop-done", "left", report.not_sent, "flight", report.under_way);
            who.notify(Notice { tone: Tone::Warn, text }).await;
            Ok(Redirect::to(&format!("/broadcasts/{id}")).into_response())
        }
        Err(Error::Conflict(_)) => Err(Trouble::Refused(l.t("stop-over"))),
        Err(error) => Err(failed(error)),
    }
}
