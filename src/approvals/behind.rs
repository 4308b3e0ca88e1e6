//! Seeing to a database that is older than what has happened: it was put back from a backup, or is a copy on which another daemon
//! works. Whatever waits in it may have been sent already: it is in doubt, until Meta's webhooks or people settle it.

use super::begin;
use super::execute::{Halt, halt_in};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{Desired, ExecutionState};
use crate::error::Result;
use crate::faults::Step;
use crate::store::behind::{seen_to, still_waits};
use crate::store::deliveries::{self, Execution};
use crate::store::identity::Identity;
use crate::store::orders::{links, placing};
use crate::store::{replies, requests};
use crate::tools::Ctx;

/// What people read where it stands still.
const REASON: &str = "This database is older than what has happened: it was restored from a backup, or it is a copy. What \
    waited here may have been sent already, so all of it is in doubt.";
/// What is seen of each message that waited.
const MAYBE_SENT: &str = "the database was restored from an earlier time or is a copy, so this may have been sent";
/// What agents and people read of requests that had not begun.
const VOID: &str = "NOT DONE. The database was restored from an earlier time, so this may have been carried out already. Look at \
    what has happened, and ask again for what has not.";
/// Rows in one transaction: a large ledger would hold up all others, and outlast what a statement may take.
const ROWS: u32 = 10_000;

/// Ends what was asked for and not begun, and lets all that runs stand still until people agree that it goes on. The epoch of the
/// database afterwards, which is ahead of the one that is remembered; none if another daemon was faster. What a daemon that
/// dies on the way has not done is done by the next: until the end nothing is begun.
pub async fn stand_still(ctx: &Ctx, noticed: Timestamp, remembered: i64, identity: &Identity) -> Result<Option<i64>> {
    tracing::error!("the database is older than what has happened; everything stands still until people have looked");
    // Before what runs: whatever is begun until then is found among that.
    for (tenant, id) in requests::not_begun(&ctx.db).await? {
        let mut tx = ctx.db.begin().await?;
        if !still_waits(&mut tx, noticed).await? {
            return Ok(None);
        }
        if begin::void_in(&mut tx, ctx, tenant, id, "restored", VOID, None).await? {
            tx.commit_at(Step::Voided).await?;
        }
    }
    let mut tx = ctx.db.begin().await?;
    if !still_waits(&mut tx, noticed).await? {
        return Ok(None);
    }
    replies::doubt_all(&mut tx, ctx.clock.now()).await?;
    placing::doubt_all(&mut tx, ctx.clock.now()).await?;
    links::doubt_all(&mut tx, ctx.clock.now()).await?;
    tx.commit_at(Step::Doubted).await?;
    for execution in deliveries::unfinished(&ctx.db).await? {
        if !doubt(ctx, noticed, &execution).await? {
            return Ok(None);
        }
    }
    let epoch = seen_to(&ctx.db, noticed, remembered, identity, ctx.clock.now()).await?;
    if epoch.is_some() {
        metrics::counter!("countersign_database_behind_total").increment(1);
        ctx.wake.requests();
    }
    Ok(epoch)
}

/// Lets one execution stand still, with all that waits in doubt. One whose ledger is not whole has no rows for what it may have
/// sent: it ends, as what was not begun does. `false` if another daemon has seen to it all.
async fn doubt(ctx: &Ctx, noticed: Timestamp, execution: &Execution) -> Result<bool> {
    let rule = "restored";
    let halt = match (execution.desired, execution.state) {
        (Desired::Cancel, _) => return Ok(true),
        (_, ExecutionState::Building) => Halt { to: Desired::Cancel, rule, reason: VOID.to_owned() },
        _ => Halt { to: Desired::Pause, rule, reason: REASON.to_owned() },
    };
    let mut tx = ctx.db.begin().await?;
    if !still_waits(&mut tx, noticed).await? {
        return Ok(false);
    }
    halt_in(&mut tx, ctx, execution, &halt).await?;
    deliveries::nothing_waits(&mut tx, execution).await?;
    tx.commit_at(Step::Doubted).await?;
    if halt.to == Desired::Cancel {
        return Ok(true);
    }
    let (mut from, mut in_doubt) = (0, 0);
    while from < execution.total {
        let to = from.saturating_add(ROWS);
        let mut tx = ctx.db.begin().await?;
        if !still_waits(&mut tx, noticed).await? {
            return Ok(false);
        }
        in_doubt += deliveries::doubt(&mut tx, execution, from..to, MAYBE_SENT, ctx.clock.now()).await?;
        tx.commit_at(Step::Doubted).await?;
        from = to;
    }
    tracing::error!(execution = %execution.id, in_doubt, "what waited may have been sent already");
    Ok(true)
}
