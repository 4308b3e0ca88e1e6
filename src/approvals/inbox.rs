//! Applying what Meta sent: posts in the order of their arrival, many in one transaction; and a post that cannot be read, or
//! an event that cannot be applied, set aside so that it holds up nobody.

use super::stops;
use crate::domain::canonical::Hash;
use crate::domain::ids::TenantId;
use crate::domain::policy::webhooks::refused;
use crate::domain::webhooks::{Left, events_of};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::webhooks::{self as posts, Post, Read};
use crate::store::{self, Tx, behind, people};
use crate::tools::Ctx;
use crate::tools::webhooks::{Arrived, Follow, apply};
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
        Err(e) if is_poison(&e) => one_by_one(ctx, secret).await,
        other => other,
    }
}

/// The events of the oldest post each in a transaction of its own, so that one that cannot be applied is set aside alone.
/// Whoever dies on the way begins again: what is applied twice changes nothing.
async fn one_by_one(ctx: &Ctx, secret: &Hash) -> Result<Round> {
    let mut round = Round::default();
    let mut place = 0;
    let mut reading: Option<(i64, Vec<Arrived>)> = None;
    loop {
        let mut tx = ctx.db.begin().await?;
        // Held by each transaction anew: another daemon may have gone on with it, or have ended it.
        let Some(post) = posts::take(&mut tx, 1).await?.into_iter().next() else {
            tx.roll_back().await?;
            return Ok(round);
        };
        let (id, events) = match &mut reading {
            Some(reading) => reading,
            None => {
                let events = read(&post, &account(ctx, post.tenant).await?).map_err(Error::Conflict)?;
                reading.insert((post.id, events))
            }
        };
        if *id != post.id {
            tx.roll_back().await?;
            round.posts = 1;
            return Ok(round);
        }
        let Some(event) = events.get(place) else {
            posts::applied(&mut tx, &[Read::of(&post, events)], ctx.clock.now()).await?;
            tx.commit_at(Step::Applied).await?;
            round.posts = 1;
            return Ok(round);
        };
        match one(ctx, tx, secret, post.tenant, event).await {
            Ok(read_again) => round.read_again |= read_again,
            Err(e) if is_poison(&e) => park(ctx, &post, place, event, &why(&e)).await?,
            Err(e) => return Err(e),
        }
        place += 1;
    }
}

async fn one(ctx: &Ctx, mut tx: Tx, secret: &Hash, tenant: TenantId, event: &Arrived) -> Result<bool> {
    let done = async {
        let follow = apply(ctx, &mut tx, secret, tenant, std::slice::from_ref(event)).await?;
        Ok((follow.read_again, followed(ctx, &mut tx, tenant, &follow).await?))
    };
    match done.await {
        Ok((read_again, followed)) => {
            tx.commit().await?;
            followed.wake(ctx);
            Ok(read_again)
        }
        Err(e) => {
            tx.roll_back().await.ok();
            Err(e)
        }
    }
}

async fn park(ctx: &Ctx, post: &Post, place: usize, (_, event): &Arrived, why: &str) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    posts::park_event(&mut tx, post, place, event, why, ctx.clock.now()).await?;
    tx.commit_at(Step::Parked).await?;
    tracing::error!(
        post = post.id,
        place,
        kind = event.what.word(),
        error = why,
        "an event of Meta's cannot be applied and is set aside"
    );
    metrics::counter!("countersign_webhook_events_parked_total").increment(1);
    Ok(())
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
    let mut tx = ctx.db.begin().await?;
    match in_one(ctx, &mut tx, secret, limit).await {
        Ok((round, _)) if round.posts == 0 => {
            tx.roll_back().await?;
            Ok(round)
        }
        Ok((round, all)) => {
            tx.commit_at(Step::Applied).await?;
            metrics::counter!("countersign_webhook_posts_total").increment(round.posts as u64);
            all.wake(ctx);
            Ok(round)
        }
        Err(e) => {
            // Before anybody takes the posts again. If even that fails, the first error says why.
            tx.roll_back().await.ok();
            Err(e)
        }
    }
}

async fn in_one(ctx: &Ctx, tx: &mut Tx, secret: &Hash, limit: u32) -> Result<(Round, Followed)> {
    let now = ctx.clock.now();
    let waiting = posts::take(tx, limit).await?;
    if waiting.is_empty() {
        return Ok((Round::default(), Followed::default()));
    }
    let mut by_tenant: BTreeMap<TenantId, Vec<Arrived>> = BTreeMap::new();
    let tenants = people::tenants(&ctx.db).await?;
    let mut applied = Vec::with_capacity(waiting.len());
    for post in &waiting {
        let account = tenants.iter().find(|t| t.id == post.tenant).map_or("", |t| t.waba_id.as_str());
        match read(post, account) {
            Ok(events) => {
                applied.push(Read::of(post, &events));
                by_tenant.entry(post.tenant).or_default().extend(events);
            }
            // It was signed by Meta, so it is worth keeping.
            Err(why) => {
                tracing::error!(post = post.id, error = %why, "a webhook post cannot be read and is set aside");
                metrics::counter!("countersign_webhook_posts_parked_total").increment(1);
                posts::park(tx, post.id, &why, now).await?;
            }
        }
    }
    posts::applied(tx, &applied, now).await?;
    let mut round = Round { posts: waiting.len(), read_again: false };
    let mut all = Followed::default();
    for (tenant, events) in &by_tenant {
        let follow = apply(ctx, tx, secret, *tenant, events).await?;
        round.read_again |= follow.read_again;
        all.join(followed(ctx, tx, *tenant, &follow).await?);
    }
    if let Some(oldest) = waiting.first() {
        metrics::gauge!("countersign_webhook_lag_seconds").set(now.since(oldest.received_at).as_secs_f64());
    }
    Ok((round, all))
}

/// What others have to hear of once the transaction has ended.
#[derive(Default)]
struct Followed {
    ledger: bool,
    replies: bool,
}

impl Followed {
    const fn join(&mut self, other: Self) {
        self.ledger |= other.ledger;
        self.replies |= other.replies;
    }

    fn wake(&self, ctx: &Ctx) {
        if self.ledger {
            ctx.wake.requests();
        }
        if self.replies {
            ctx.wake.replies();
        }
    }
}

/// Sees to what follows from events beyond their own rows, in the transaction that applies them.
async fn followed(ctx: &Ctx, tx: &mut Tx, tenant: TenantId, follow: &Follow) -> Result<Followed> {
    for (reach, reason) in &follow.stops {
        stops::told_in(tx, ctx, tenant, reach, reason).await?;
    }
    if let Some(begun) = follow.behind {
        behind::notice(tx, begun, ctx.clock.now()).await?;
    }
    Ok(Followed { ledger: follow.ledger || follow.behind.is_some(), replies: follow.replies })
}

/// What came of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retried {
    /// Events that are applied now.
    pub applied: usize,
    /// Events that stay aside.
    pub aside: usize,
    /// Whether numbers or accounts are to be read again.
    pub read_again: bool,
}

/// Tries again the events of one post that are aside. What was applied before is not touched: without anything aside this is
/// a conflict.
pub async fn retry(ctx: &Ctx, secret: &Hash, tenant: TenantId, post: i64) -> Result<Retried> {
    let found = posts::find(&ctx.db, tenant, post).await?.ok_or_else(|| Error::not_found("webhook post", post))?;
    let left = found.left(&account(ctx, tenant).await?);
    let Left::Events(events) = left else {
        let why = refused(post, &left).map(|finding| finding.message);
        return Err(Error::Conflict(
            why.unwrap_or_else(|| format!("all of post {post} has to wait for its turn anew")),
        ));
    };
    let mut retried = Retried::default();
    for (place, event) in events {
        let mut tx = ctx.db.begin().await?;
        // Of two that try at once, one applies it.
        if !posts::unpark_event(&mut tx, tenant, post, place, ctx.clock.now()).await? {
            tx.roll_back().await?;
            continue;
        }
        let event = (found.post.received_at, event);
        match one(ctx, tx, secret, tenant, &event).await {
            Ok(read_again) => {
                retried.applied += 1;
                retried.read_again |= read_again;
            }
            Err(e) if is_poison(&e) => {
                park(ctx, &found.post, place, &event, &why(&e)).await?;
                retried.aside += 1;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(retried)
}

async fn account(ctx: &Ctx, tenant: TenantId) -> Result<String> {
    let tenants = people::tenants(&ctx.db).await?;
    Ok(tenants.into_iter().find(|t| t.id == tenant).map_or_else(String::new, |t| t.waba_id))
}

/// Reads one post.
fn read(post: &Post, account: &str) -> std::result::Result<Vec<Arrived>, String> {
    Ok(events_of(&post.body, account)?.into_iter().map(|event| (post.received_at, event)).collect())
}

impl Read {
    fn of(post: &Post, events: &[Arrived]) -> Self {
        let mut kinds = BTreeMap::new();
        for (_, event) in events {
            *kinds.entry(event.what.word()).or_default() += 1;
        }
        Self { post: post.id, kinds }
    }
}
