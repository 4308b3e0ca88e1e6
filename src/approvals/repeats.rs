//! Agents that ask again and again: what was refused before, and how many broadcasts in an hour.

use super::submit::{Asked, refuse_blocked};
use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::people::Caller;
use crate::domain::policy::repeats::{REMEMBERED, like_a_rejected, same_again};
use crate::domain::preview::Finding;
use crate::domain::requests::ActionRequest;
use crate::error::{Error, Result};
use crate::store::{self, Tx};
use crate::tools::{Ctx, Proposal};
use std::time::Duration;

/// Refusals that a new ask is held against, the latest.
const REFUSALS: u32 = 20;

/// What a person said no to is not asked for again, until a person allows it: not by another key of the same owner either.
pub(super) async fn refuse_repeated(ctx: &Ctx, caller: &Caller, asked: &Asked<'_>, now: Timestamp) -> Result<()> {
    match store::requests::refused_before(&ctx.db, caller.tenant(), caller.agent.owner, asked.ask).await? {
        Some((id, at)) => refuse_blocked(ctx, caller, asked, &[same_again(id, at)], now).await,
        None => Ok(()),
    }
}

/// What is refused because it says the same in other letters, or goes to people with what differs because it is only like
/// something refused.
pub(super) async fn like_a_refused(
    ctx: &Ctx,
    caller: &Caller,
    asked: &Asked<'_>,
    proposal: &Proposal,
    now: Timestamp,
) -> Result<Option<Finding>> {
    let (tenant, since) = (caller.tenant(), now.before(REMEMBERED));
    let rejected = store::requests::refused_lately(&ctx.db, tenant, asked.tool.name, since, REFUSALS).await?;
    let arguments = proposal.kept.as_ref().unwrap_or(&asked.arguments);
    Ok(like_a_rejected(arguments, caller.agent.owner, &rejected))
}

/// Whoever reads one broadcast after the other reads none.
pub(super) async fn paced(ctx: &Ctx, tx: &mut Tx, request: &ActionRequest, now: Timestamp) -> Result<()> {
    const HOUR: Duration = Duration::from_hours(1);
    if !matches!(request.preview.action, Action::BroadcastSchedule(_)) {
        return Ok(());
    }
    let most = ctx.policy.settings.agents.broadcasts_per_hour;
    let since = now.before(HOUR);
    let (filed, first) = store::requests::filed_since(tx, request.tenant, request.agent, &request.tool, since).await?;
    if filed <= most.into() {
        return Ok(());
    }
    let retry_after = first.map_or(HOUR, |first| HOUR.saturating_sub(now.since(first))).as_secs() + 1;
    Err(Error::RateLimited {
        message: format!(
            "this agent has asked for {most} broadcasts within an hour, the most that the policy allows \
             (agents.broadcasts_per_hour); the next one in {retry_after} s"
        ),
        retry_after,
    })
}
