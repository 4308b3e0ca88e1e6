//! What was under way when a daemon died: nobody sends it again. It is in doubt until a webhook or a person settles it.

use crate::domain::audit::{Actor, Event};
use crate::domain::ids::DaemonId;
use crate::error::Result;
use crate::faults::Step;
use crate::store::audit;
use crate::store::deliveries::{self, Execution};
use crate::tools::Ctx;
use serde_json::json;

/// Frees the shards of daemons that are gone. `mine_too` when this daemon's own sender begins: whatever it holds then was
/// left behind by an earlier one.
pub(super) async fn take_over(ctx: &Ctx, execution: &Execution, me: DaemonId, mine_too: bool) -> Result<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let taken = deliveries::sweep(&mut tx, execution.id, me, mine_too, now).await?;
    if taken.is_empty() {
        return Ok(());
    }
    let in_doubt: usize = taken.iter().map(|t| t.in_doubt.len()).sum();
    if in_doubt > 0 {
        let details = json!({"execution": execution.id, "shards": taken.len(), "in_doubt": in_doubt});
        let subject = execution.request.to_string();
        let event = Event { actor: Actor::Worker, act: "execution.taken_over", subject, details };
        audit::append(&mut tx, execution.tenant, now, event).await?;
    }
    tx.commit_at(Step::TakenOver).await?;
    metrics::counter!("countersign_takeovers_total").increment(taken.len() as u64);
    tracing::warn!(execution = %execution.id, shards = taken.len(), in_doubt, "took over what another daemon left behind");
    Ok(())
}
