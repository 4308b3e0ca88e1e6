//! When a template does not come to Meta for long: people are told, and may end it. Until then it is tried, less and less often.

use crate::approvals::execute::{may_stop, signers};
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::mails::MailKind;
use crate::domain::people::Person;
use crate::domain::requests::{Failure, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::templates::submissions;
use crate::store::{self, audit, outbox, requests};
use crate::tools::Ctx;
use serde_json::json;
use std::time::Duration;

/// Requests that one look tells people of.
const AT_ONCE: u32 = 100;

/// Tells people of what has been on its way for so long without getting there. It stays on its way.
pub async fn ask(ctx: &Ctx, unknown_after: Duration) -> Result<()> {
    let now = ctx.clock.now();
    for (tenant, id) in submissions::overdue(&ctx.db, now.before(unknown_after), AT_ONCE).await? {
        let tell = signers(ctx, tenant, id).await?;
        let mut tx = ctx.db.begin().await?;
        match requests::set_status(&mut tx, tenant, id, Status::Executing, Status::NeedsAttention, now).await {
            Ok(()) => {}
            // It has come to its end, or another daemon was faster.
            Err(store::Error::Conflict(_)) => {
                tx.roll_back().await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let event =
            Event { actor: Actor::Worker, act: "template.held_up", subject: id.to_string(), details: json!({}) };
        audit::append(&mut tx, tenant, now, event).await?;
        outbox::enqueue(&mut tx, tenant, MailKind::BroadcastPaused, id, &tell, now).await?;
        tx.commit_at(Step::Asked).await?;
        ctx.wake.requests();
    }
    Ok(())
}

/// A person ends it, alone and at once: Meta is asked for nothing more. What it was asked for already it may have, and lists show
/// that as soon as it can be read.
pub async fn stop(ctx: &Ctx, tenant: TenantId, id: RequestId, person: &Person) -> Result<()> {
    may_stop(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let reason = format!("Stopped by {}.", person.name);
    let stopped = submissions::stop(&mut tx, tenant, id, &reason, now).await?;
    let request = requests::find(&mut tx, tenant, id).await?.ok_or_else(|| Error::not_found("action request", id))?;
    if stopped == submissions::Stopped::default() {
        return Err(Error::Conflict("nothing of this is on its way to Meta; nothing was changed".to_owned()));
    }
    let doubt = match stopped.asked {
        0 => "",
        _ => " Meta was asked already and has not answered: look at the template before you ask again.",
    };
    let message = format!("STOPPED. {reason} Languages that were not brought to Meta: {}.{doubt}", stopped.all());
    let failure = Failure { code: "stopped".to_owned(), message, finding: None };
    let result = json!({"not_submitted": stopped.waiting, "in_doubt": stopped.asked, "as_of": now});
    let (from, to) = (request.status, Status::Cancelled);
    requests::settle(&mut tx, tenant, id, from, to, Some(&result), Some(&failure), now).await?;
    let details = json!({"under_way": stopped.asked, "not_sent": stopped.waiting});
    let event = Event { actor: Actor::Person(person.id), act: "execution.stopped", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Stopped).await?;
    ctx.wake.requests();
    Ok(())
}
