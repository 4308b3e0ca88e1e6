//! The end of a request for a single message: what became of the message, as the ledger of replies has it, is what became of
//! the request. It is looked at from the rows, so it makes no difference who sent the message, died on the way, or was told of it.

use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::Delivery;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::requests::{Failure, Status};
use crate::error::Result;
use crate::faults::Step;
use crate::graph::errors::explain;
use crate::store::replies::{self, Reply};
use crate::store::{Error, audit, requests};
use crate::tools::Ctx;
use serde_json::json;

/// Requests that are ended in one look.
const AT_ONCE: u32 = 100;

/// What agents and people read where a person decided that the message did not arrive.
const LEFT: &str = "NOT DONE. Nobody knew whether the message had been sent, and a person decided that it did not arrive. If it \
    is still wanted, make a new request: it is looked at anew whether the customer may be written to.";

/// Ends the requests whose message has come to its end.
pub async fn end(ctx: &Ctx) -> Result<()> {
    for (tenant, request) in replies::ended(&ctx.db, AT_ONCE).await? {
        one(ctx, tenant, request, ctx.clock.now()).await?;
    }
    Ok(())
}

pub(super) async fn one(ctx: &Ctx, tenant: TenantId, id: RequestId, now: Timestamp) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let Some(standing) = requests::find(&mut tx, tenant, id).await?.map(|request| request.status) else {
        return Ok(());
    };
    let said = replies::of_request(&mut tx, tenant, id).await?;
    let Some(last) = said.last().filter(|_| standing.is_running()) else { return Ok(()) };
    let (to, failure) = verdict(last);
    let result = json!({"reply_id": last.id, "delivery": last.delivery, "as_of": now});
    match requests::settle(&mut tx, tenant, id, standing, to, Some(&result), failure.as_ref(), now).await {
        Ok(()) => {}
        // Another daemon was faster.
        Err(Error::Conflict(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let details = json!({"status": to, "result": result, "why": failure.map(|failure| failure.message)});
    let event = Event { actor: Actor::Worker, act: "execution.finished", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Ended).await?;
    Ok(())
}

/// What it comes to. Whether it arrives is told by webhooks for days; what fails on the way after this look stays in the ledger.
fn verdict(reply: &Reply) -> (Status, Option<Failure>) {
    let failed =
        |code: &str, message: String| (Status::Failed, Some(Failure { code: code.to_owned(), message, finding: None }));
    let code = match reply.delivery {
        Delivery::Abandoned => return failed("left", LEFT.to_owned()),
        Delivery::Suppressed => "not_sent",
        Delivery::Failed | Delivery::NotSent => "refused",
        _ => return (Status::Succeeded, None),
    };
    let why = reply.why.clone().or_else(|| reply.error_code.map(|code| explain(code.into()).sentence.to_owned()));
    failed(code, format!("NOT DONE. {}", why.unwrap_or_else(|| "The message was not sent.".to_owned())))
}
