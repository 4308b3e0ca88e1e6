//! A database that is older than what has happened: it was put back from a backup, or is a copy on which another daemon works.
//! Whatever waits in it may have been sent already: it is in doubt, until Meta's webhooks or people settle it.

use super::begin;
use super::execute::{Halt, halt_in};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::{Desired, ExecutionState};
use crate::error::Result;
use crate::faults::Step;
use crate::store::deliveries::{self, Execution};
use crate::store::identity::Identity;
use crate::store::{instance, requests};
use crate::tools::Ctx;
use std::time::Duration;

/// What people read where it stands still.
const REASON: &str = "This database is older than what has happened: it was restored from a backup, or it is a copy. What \
    waited here may have been sent already, so all of it is in doubt.";
/// What is seen of each message that waited.
const MAYBE_SENT: &str = "the database was restored from an earlier time or is a copy, so this may have been sent";
/// What agents and people read of requests that had not begun.
const VOID: &str = "NOT DONE. The database was restored from an earlier time, so this may have been carried out already. Look at \
    what has happened, and ask again for what has not.";
/// Signs of one loss keep coming for as long as Meta repeats its webhooks.
const ONE_LOSS: Duration = Duration::from_hours(7 * 24);

/// Meta tells of messages that this database does not know. Once for each loss: whoever then lets something go on has decided.
/// One that was begun after the last loss was noticed belongs to another.
pub async fn noticed(ctx: &Ctx, begun: Timestamp) -> Result<()> {
    if lately(ctx).await?.is_some_and(|since| since > begun) {
        return Ok(());
    }
    stand_still(ctx, 0, &Identity::of(&ctx.db).await?).await.map(drop)
}

/// When this database was last found to be behind, for as long as signs of that may come.
pub async fn lately(ctx: &Ctx) -> Result<Option<Timestamp>> {
    let since = instance::behind_since(&ctx.db).await?;
    Ok(since.filter(|since| *since > ctx.clock.now().before(ONE_LOSS)))
}

/// Lets all that runs stand still until people agree that it goes on, and ends what was asked for and not begun. The epoch of the
/// database afterwards, which is ahead of the one that is remembered.
pub async fn stand_still(ctx: &Ctx, remembered: i64, identity: &Identity) -> Result<i64> {
    metrics::counter!("countersign_database_behind_total").increment(1);
    tracing::error!("the database is older than what has happened; everything stands still until people have looked");
    for execution in deliveries::unfinished(&ctx.db).await? {
        doubt(ctx, &execution).await?;
    }
    for (tenant, id) in requests::not_begun(&ctx.db).await? {
        begin::void(ctx, tenant, id, "restored", VOID).await?;
    }
    // Last, so that a daemon that dies on the way does it all again.
    let epoch = instance::was_behind(&ctx.db, remembered, identity, ctx.clock.now()).await?;
    ctx.wake.requests();
    Ok(epoch)
}

/// Lets one execution stand still, with all that waits in doubt. One whose ledger is not whole has no rows for what it may have
/// sent: it ends, as what was not begun does.
async fn doubt(ctx: &Ctx, execution: &Execution) -> Result<()> {
    let rule = "restored";
    let halt = match (execution.desired, execution.state) {
        (Desired::Cancel, _) => return Ok(()),
        (_, ExecutionState::Building) => Halt { to: Desired::Cancel, rule, reason: VOID.to_owned() },
        _ => Halt { to: Desired::Pause, rule, reason: REASON.to_owned() },
    };
    let mut tx = ctx.db.begin().await?;
    halt_in(&mut tx, ctx, execution, &halt).await?;
    if halt.to == Desired::Pause {
        let in_doubt = deliveries::doubt_what_waits(&mut tx, execution, MAYBE_SENT, ctx.clock.now()).await?;
        tracing::error!(execution = %execution.id, in_doubt, "what waited may have been sent already");
    }
    tx.commit_at(Step::Doubted).await?;
    Ok(())
}
