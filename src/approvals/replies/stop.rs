//! Stopping the message of a request before a request to Meta has begun for it. After that nobody can call it back.

use crate::approvals::execute::may_stop;
use crate::domain::audit::{Actor, Event};
use crate::domain::deliveries::Delivery;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::orders::links::Revocation;
use crate::domain::people::Person;
use crate::domain::requests::{Failure, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::orders::links;
use crate::store::replies::{self, Reply};
use crate::store::{audit, requests};
use crate::tools::Ctx;
use serde_json::json;

/// Whether its message could be stopped as it stands now.
#[must_use]
pub fn is_open(status: Status, reply: &Reply) -> bool {
    status == Status::Executing && reply.delivery == Delivery::Queued
}

/// A person stops it, alone and at once. The statement that claims a reply for sending and this one meet at its row: one of
/// them finds it waiting.
pub async fn stop(ctx: &Ctx, tenant: TenantId, id: RequestId, person: &Person) -> Result<()> {
    may_stop(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let request = requests::find(&mut tx, tenant, id).await?.ok_or_else(|| Error::not_found("action request", id))?;
    let reason = format!("Stopped by {}.", person.name);
    if !replies::stop(&mut tx, tenant, id, &reason, now).await? {
        return Err(Error::Conflict(
            "the request to Meta for this message has begun, or it has come to its end: it can no longer be stopped"
                .into(),
        ));
    }
    let failure = Failure {
        code: "stopped".to_owned(),
        message: format!("STOPPED. {reason} The message was not sent. Ask your user before you ask again."),
        finding: None,
    };
    if let Some(link) = links::of_request(&mut tx, tenant, id).await? {
        links::revoke(&mut tx, tenant, link.id, Revocation::Withdrawn, now).await?;
    }
    let result = json!({"not_sent": 1, "as_of": now});
    let (from, to) = (request.status, Status::Cancelled);
    requests::settle(&mut tx, tenant, id, from, to, Some(&result), Some(&failure), now).await?;
    let details = json!({"under_way": 0});
    let actor = Actor::Person(person.id);
    let event = Event { actor, act: "execution.stopped", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Stopped).await?;
    Ok(())
}

/// A person takes a payment link back, alone and at once, whether its message has been sent or not: nobody pays by it from then on.
pub async fn take_back(ctx: &Ctx, tenant: TenantId, id: RequestId, person: &Person) -> Result<()> {
    may_stop(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let link = links::of_request(&mut tx, tenant, id).await?.ok_or_else(|| Error::not_found("payment link", id))?;
    if !link.is_open(now) || !links::revoke(&mut tx, tenant, link.id, Revocation::Withdrawn, now).await? {
        return Err(Error::Conflict("this payment link opens nothing any more; nothing was changed".into()));
    }
    let details = json!({"payment_link": link.id, "order": link.order});
    let actor = Actor::Person(person.id);
    let event = Event { actor, act: "payment_link.taken_back", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Stopped).await?;
    Ok(())
}
