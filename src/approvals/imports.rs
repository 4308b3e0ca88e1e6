//! Lists of contacts, in time's hands: what is to be read is read, and what was signed is written, one stretch after the other. Each
//! stretch is durable with the note that it is done, so that whoever comes next goes on after it.

use super::begin::end;
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::import::ImportPlan;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::policy::rules::IMPORT_07;
use crate::domain::requests::{Failure, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::{Tx, audit, imports, requests};
use crate::tools::Ctx;
use crate::tools::contacts::import;
use crate::tools::contacts::import::write::{Went, go_on};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Requests that are worked on in one look.
const AT_ONCE: u32 = 20;
/// A list that nobody made a request of is forgotten after so long: its rows are people's data.
const UNASKED: Duration = Duration::from_hours(24);
/// The rows of one that has come to its end are kept for so long, for those who look at what was left out.
const ENDED: Duration = Duration::from_hours(30 * 24);
/// Rows that are taken away at once.
const FORGOTTEN: u32 = 10_000;

/// Reads what is to be read. How many lists that were.
pub async fn read(ctx: &Ctx, lease: Duration, stop: &CancellationToken) -> Result<usize> {
    let mut count = 0;
    while !stop.is_cancelled() {
        let now = ctx.clock.now();
        let Some(import) = imports::take(&ctx.db, now, now.after(lease)).await? else { break };
        let (id, rows) = (import.id, import.tally.rows);
        tracing::info!(import = %id, rows, "a list of contacts is read");
        import::read(ctx, import, (lease, stop)).await?;
        count += 1;
    }
    Ok(count)
}

/// Writes what people signed, until all of it is written or the daemon stops.
pub async fn write(ctx: &Ctx, stop: &CancellationToken) -> Result<()> {
    for (tenant, id) in requests::executing(&ctx.db, "whatsapp.contact.import", AT_ONCE).await? {
        let Some(request) = requests::find(&ctx.db, tenant, id).await? else { continue };
        let Action::ContactImport(plan) = &request.preview.action else { continue };
        while !stop.is_cancelled() && stretch(ctx, tenant, id, plan).await? {}
    }
    Ok(())
}

/// Writes one stretch. `true` if there is more.
async fn stretch(ctx: &Ctx, tenant: TenantId, id: RequestId, plan: &ImportPlan) -> Result<bool> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let went = go_on(&mut tx, tenant, plan, now).await?;
    let more = matches!(went, Went::On);
    let ended = match went {
        Went::On => Ok(()),
        Went::Ended(outcome) => end(&mut tx, tenant, id, outcome, now).await,
        Went::Halted(result) => halt(&mut tx, tenant, id, &result, now).await,
        Went::Elsewhere => {
            tx.roll_back().await?;
            return Ok(false);
        }
    };
    match ended {
        Ok(()) => {}
        // Another daemon was faster.
        Err(Error::Conflict(_)) => {
            tx.roll_back().await?;
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    tx.commit_at(Step::Imported).await?;
    if !more {
        ctx.wake.requests();
    }
    Ok(more)
}

/// The rest is not what was signed: it stays unwritten, and what was written before is said.
async fn halt(tx: &mut Tx, tenant: TenantId, id: RequestId, result: &Value, now: Timestamp) -> Result<()> {
    let finding = IMPORT_07.says(&[]);
    let message = format!("NOT DONE to its end. {}", finding.message);
    let failure = Failure { code: "stale".to_owned(), message, finding: Some(finding) };
    let to = Status::PartiallySucceeded;
    requests::settle(tx, tenant, id, Status::Executing, to, Some(result), Some(&failure), now).await?;
    let details = json!({"status": to, "result": result, "why": failure.message});
    let event = Event { actor: Actor::Worker, act: "execution.finished", subject: id.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

/// Takes away the rows of lists that nobody needs any more.
pub async fn forget(ctx: &Ctx, stop: &CancellationToken) -> Result<()> {
    let now = ctx.clock.now();
    for id in imports::forgettable(&ctx.db, now.before(UNASKED), now.before(ENDED), AT_ONCE).await? {
        loop {
            let mut tx = ctx.db.begin().await?;
            let more = imports::forget(&mut tx, id, FORGOTTEN).await?;
            tx.commit().await?;
            if !more || stop.is_cancelled() {
                break;
            }
        }
    }
    Ok(())
}
