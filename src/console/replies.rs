//! Single messages to one customer: where the one of a request stands, stopping it, and deciding on one in doubt.

pub mod doubts;
pub mod take_back;

use super::errors::Trouble;
use super::monitor::ledger_tag;
use super::parts::Tag;
use super::visit::Reviewer;
use crate::approvals::replies::stop as stopping;
use crate::domain::deliveries::Delivery;
use crate::domain::preview::View;
use crate::domain::replies::ReplySource;
use crate::domain::requests::{ActionRequest, Status};
use crate::error::Error;
use crate::store;
use crate::store::replies::Reply;

/// Where the message of a request stands.
#[derive(Clone, Debug)]
pub struct Said {
    pub state: Tag,
    /// Why it was not sent, or is in doubt, in English as it was written down.
    pub why: Option<String>,
    /// The conversation that it belongs to.
    pub thread: Option<String>,
    /// `/requests/{id}/stop`, while it can be stopped and the person may.
    pub stop: Option<String>,
    /// Nobody can call it back any more, and it has not come to its end.
    pub under_way: bool,
    /// Where it is decided on.
    pub doubts: Option<String>,
}

/// The message that a request sends; none if it sends no single message, or has not begun.
pub async fn of_request(who: &Reviewer, request: &ActionRequest) -> Result<Option<Said>, Error> {
    let Some(reply) = find(who, request).await? else { return Ok(None) };
    let stoppable = stopping::is_open(request.status, &reply);
    Ok(Some(Said {
        state: ledger_tag(reply.delivery.as_str(), &who.l),
        thread: thread(who, &reply).await?,
        stop: (stoppable && who.person.role.may_stop()).then(|| format!("/requests/{}/stop", request.id)),
        under_way: request.status == Status::Executing && reply.delivery == Delivery::Sending,
        doubts: reply.waits_for_people().then(|| format!("/replies/{}/doubts", reply.id)),
        why: reply.why,
    }))
}

/// Whether the message of a request could be stopped now; none if it sends none, or has not begun.
pub async fn is_open(who: &Reviewer, request: &ActionRequest) -> Result<Option<bool>, Error> {
    let reply = find(who, request).await?;
    Ok(reply.map(|reply| stopping::is_open(request.status, &reply)))
}

async fn find(who: &Reviewer, request: &ActionRequest) -> Result<Option<Reply>, Error> {
    if !matches!(request.preview.view, View::SessionMessage(_) | View::PaymentLink(_)) {
        return Ok(None);
    }
    let replies = store::replies::of_request(&who.console.ctx.db, request.tenant, request.id).await?;
    Ok(replies.into_iter().find(|reply| reply.source == ReplySource::Request))
}

async fn thread(who: &Reviewer, reply: &Reply) -> Result<Option<String>, Error> {
    let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
    let thread = store::conversations::of(db, tenant, &reply.number, reply.contact).await?;
    Ok(thread.map(|thread| format!("/conversations/{}", thread.id)))
}

fn failed(who: &Reviewer, error: impl Into<Error>) -> Trouble {
    Trouble::from_error(&who.l, error.into())
}
