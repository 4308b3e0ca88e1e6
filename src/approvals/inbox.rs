//! Applying what Meta sent: posts in the order of their arrival, many in one transaction, and one that cannot be applied
//! set aside so that it holds up nobody.

use super::execute;
use crate::domain::canonical::Hash;
use crate::domain::ids::TenantId;
use crate::domain::webhooks::parse;
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::webhooks::{self as posts, Post};
use crate::store::{self, behind, people};
use crate::tools::Ctx;
use crate::tools::webhooks::{Arrived, apply};
use std::collections::BTreeMap;

/// Posts in one transaction. Each holds up to a thousand events.
const TOGETHER: u32 = 64;

/// What came of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Posts that wait no more.
    pub posts: usize,
    /// Whether numbers or accounts are to be read again.
    pub read_again: bool,
}

/// Applies the oldest posts that wait.
pub async fn round(ctx: &Ctx, secret: &Hash) -> Result<Round> {
    match together(ctx, secret, TOGETHER).await {
        Ok(round) => Ok(round),
        // One of them may be poison; alone, it is found.
        Err(e) if is_poison(&e) => single(ctx, secret).await,
        Err(e) => Err(e),
    }
}

async fn single(ctx: &Ctx, secret: &Hash) -> Result<Round> {
    match together(ctx, secret, 1).await {
        Err(e) if is_poison(&e) => {
            let now = ctx.clock.now();
            let mut tx = ctx.db.begin().await?;
            let Some(post) = posts::take(&mut tx, 1).await?.into_iter().next() else { return Ok(Round::default()) };
            tracing::error!(post = post.id, error = %why(&e), "a webhook post cannot be applied and is set aside");
            metrics::counter!("countersign_webhook_posts_parked_total").increment(1);
            posts::park(&mut tx, post.id, &why(&e), now).await?;
            tx.commit_at(Step::Parked).await?;
            Ok(Round { posts: 1, read_again: false })
        }
        other => other,
    }
}

/// Whether trying again would fail again: the database refuses what the post says, or our rows contradict it. A database
/// that is away, or that chose another transaction, is no fault of the post.
fn is_poison(error: &Error) -> bool {
    match error {
        Error::Internal(cause) => cause.downcast_ref::<store::Error>().is_none_or(store::Error::is_lasting),
        Error::Unavailable(_) => false,
        _ => true,
    }
}

fn why(error: &Error) -> String {
    match error {
        Error::Internal(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

async fn together(ctx: &Ctx, secret: &Hash, limit: u32) -> Result<Round> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let waiting = posts::take(&mut tx, limit).await?;
    if waiting.is_empty() {
        return Ok(Round::default());
    }
    let mut by_tenant: BTreeMap<TenantId, Vec<Arrived>> = BTreeMap::new();
    let tenants = people::tenants(&ctx.db).await?;
    let mut applied = Vec::with_capacity(waiting.len());
    for post in &waiting {
        let account = tenants.iter().find(|t| t.id == post.tenant).map_or("", |t| t.waba_id.as_str());
        match read(post, account) {
            Ok(events) => {
                applied.push((post.id, events.len()));
                by_tenant.entry(post.tenant).or_default().extend(events);
            }
            // It was signed by Meta, so it is worth keeping.
            Err(why) => posts::park(&mut tx, post.id, &why, now).await?,
        }
    }
    posts::applied(&mut tx, &applied, now).await?;
    let mut round = Round { posts: waiting.len(), read_again: false };
    let (mut ledger, mut begun) = (false, None);
    for (tenant, events) in &by_tenant {
        let follow = apply(ctx, &mut tx, secret, *tenant, events).await?;
        round.read_again |= follow.read_again;
        ledger |= follow.ledger;
        begun = begun.max(follow.behind);
        if let Some(reason) = follow.stop_sending {
            execute::halt_all(&mut tx, ctx, *tenant, "account", &reason).await?;
        }
    }
    if let Some(begun) = begun {
        behind::notice(&mut tx, begun, now).await?;
    }
    tx.commit_at(Step::Applied).await?;
    metrics::counter!("countersign_webhook_posts_total").increment(waiting.len() as u64);
    if let Some(oldest) = waiting.first() {
        metrics::gauge!("countersign_webhook_lag_seconds").set(now.since(oldest.received_at).as_secs_f64());
    }
    if ledger || begun.is_some() {
        ctx.wake.requests();
    }
    Ok(round)
}

/// Reads one post. What is about another account is left to the business that has it: one app may serve several, and they
/// share its secret.
fn read(post: &Post, account: &str) -> std::result::Result<Vec<Arrived>, String> {
    let events = parse(&post.body).map_err(|e| e.to_string())?;
    Ok(events.into_iter().filter(|event| event.waba_id == account).map(|event| (post.received_at, event)).collect())
}
