//! Filling the list of broadcasts: what is being sent, what will be, what was.

use axum::response::Response;

use super::{BroadcastsPage, Row};
use crate::console::errors::Trouble;
use crate::console::forms::{Address, Fields};
use crate::console::monitor::{Progress, person_who};
use crate::console::page::Here;
use crate::console::parts::{Pager, Shown};
use crate::console::states::State;
use crate::console::visit::Reviewer;
use crate::domain::broadcasts::{Broadcast, BroadcastState};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::Desired;
use crate::domain::ids::{BroadcastId, RequestId};
use crate::error::Error;
use crate::store;
use crate::store::broadcasts::Filter;

/// Broadcasts that have not come to their end are all shown; more than this is not a list any more.
const OPEN: u32 = 100;
/// Finished ones on one page. Each counts its ledger, so a page is short.
const PAGE: usize = 10;

/// `GET /broadcasts`.
pub async fn index(who: Reviewer) -> Response {
    let page = fill(&who).await.map_err(|error| Trouble::from_error(&who.l, error));
    who.answer(page).await
}

async fn fill(who: &Reviewer) -> Result<BroadcastsPage, Error> {
    use BroadcastState::{Cancelled, Done, Paused, Requested, Running, Scheduled};
    let asked = Fields::of_path(&who.path);
    let after = cursor(asked.get("before"));
    let (mut running, mut scheduled) = (Vec::new(), Vec::new());
    for state in [Running, Paused] {
        running.extend(rows(who, list(who, state, None, OPEN).await?).await?);
    }
    for state in [Scheduled, Requested] {
        scheduled.extend(rows(who, list(who, state, None, OPEN).await?).await?);
    }
    let limit = u32::try_from(PAGE + 1).unwrap_or(11);
    let mut finished = list(who, Done, after, limit).await?;
    finished.extend(list(who, Cancelled, after, limit).await?);
    finished.sort_by_key(|broadcast| std::cmp::Reverse((broadcast.created_at, broadcast.id)));
    let more = finished.len() > PAGE;
    finished.truncate(PAGE);
    let next = finished.last().filter(|_| more).map(|last| {
        Address::new("/broadcasts").with("before", &format!("{}-{}", last.created_at.micros(), last.id)).to_string()
    });
    let pager = Pager { shown: Shown::Some(finished.len()), previous: after.map(|_| "/broadcasts".to_owned()), next };
    Ok(BroadcastsPage {
        l: who.l.clone(),
        chrome: who.chrome(who.l.t("nav-broadcasts"), Here::Broadcasts).await,
        running,
        scheduled,
        finished: rows(who, finished).await?,
        pager,
    })
}

async fn list(
    who: &Reviewer,
    state: BroadcastState,
    after: Option<(Timestamp, BroadcastId)>,
    limit: u32,
) -> Result<Vec<Broadcast>, Error> {
    let filter = Filter { state: Some(state), after };
    Ok(store::broadcasts::list(&who.console.ctx.db, who.person.tenant, &filter, limit).await?)
}

fn cursor(text: &str) -> Option<(Timestamp, BroadcastId)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

async fn rows(who: &Reviewer, broadcasts: Vec<Broadcast>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::with_capacity(broadcasts.len());
    for broadcast in broadcasts {
        // A draft that nobody has asked to send is not on this page.
        let Some(id) = broadcast.sent_by else { continue };
        rows.push(row(who, &broadcast, id).await?);
    }
    Ok(rows)
}

async fn row(who: &Reviewer, broadcast: &Broadcast, id: RequestId) -> Result<Row, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let run = store::deliveries::by_request(db, tenant, id).await?;
    let cooling = who.console.ctx.policy.times.cooling_off;
    let request = store::requests::find(db, tenant, id).await?;
    let stopped = run.as_ref().is_some_and(|(execution, _)| execution.desired == Desired::Cancel);
    let state = match &request {
        Some(request) if stopped => {
            State::stopped(request.status, person_who(db, tenant, id, "execution.stopped").await?)
        }
        Some(request) => State::of(request.status, false, request.not_before, cooling, who.now),
        None => State::Withdrawn,
    };
    let planned = request.as_ref().filter(|_| run.is_none()).and_then(|request| request.not_before);
    let may_stop = !stopped && run.as_ref().is_some_and(|(execution, _)| execution.finished_at.is_none());
    Ok(Row {
        href: if run.is_some() { format!("/broadcasts/{id}") } else { format!("/requests/{id}") },
        name: broadcast.spec.name.clone(),
        template: broadcast.spec.template.clone(),
        state: state.tag(l),
        people: broadcast.audience_count,
        at: run.as_ref().map(|(execution, _)| execution.started_at).or(planned).map(Timestamp::to_jiff),
        progress: run.map(|(_, tally)| Progress::from(tally)),
        stop: (may_stop && who.person.role.may_stop()).then(|| format!("/broadcasts/{id}/stop")),
    })
}
