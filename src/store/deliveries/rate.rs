//! Token buckets in the database: what all daemons together may send, from one number and for one execution.
//!
//! A bucket saves nothing up. Tokens are given out ahead of time, each with the moment from which it may be used, so that
//! requests are spread over a second whoever begins them, and a daemon asks a few times a second only.

use super::{Sql, dialects};
use crate::domain::broadcasts::pace;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::store::{Db, Result, Tx, on, row};
use std::time::Duration;

/// The factor never falls below this: a number that Meta slows down still moves.
const LEAST_FACTOR: f64 = 0.05;
/// What the factor regains in a second.
const RECOVERY: f64 = 0.01;
/// One complaint of Meta's counts once, however many messages were in flight.
const ONE_COMPLAINT: f64 = 1.0;
/// So far ahead tokens are given out.
pub const AHEAD: Duration = Duration::from_millis(250);

/// How many tokens are wanted, from which buckets: a token is one from each of them.
#[derive(Debug, Clone)]
pub struct TokenAsk<'a> {
    /// Buckets with what each gains in a second. In the order of their names.
    pub buckets: &'a [(String, f64)],
    /// Tokens wanted.
    pub want: u32,
}

/// Tokens that were given out, each for a moment of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grant {
    /// How many.
    pub tokens: u32,
    /// From now to the moment of the first; without any, to when it is worth asking again.
    pub first: Duration,
    /// Between two of them.
    pub apart: Duration,
}

row! {
    struct BucketRow { factor: f64, throttled_at: Timestamp, tokens: f64, at: Timestamp, now: Timestamp }
}

impl BucketRow {
    /// The factor as it stands now: it recovers with time and needs no write for it.
    fn factor(&self) -> f64 {
        (self.factor + RECOVERY * self.now.since(self.throttled_at).as_secs_f64()).clamp(LEAST_FACTOR, 1.0)
    }

    /// Tokens a second, as things stand now.
    fn rate(&self, per_second: f64) -> f64 {
        pace(per_second) * self.factor()
    }

    /// Tokens in it now; below zero by as many as were given out ahead.
    fn level(&self, per_second: f64) -> f64 {
        (self.tokens + self.now.since(self.at).as_secs_f64() * self.rate(per_second)).min(1.0)
    }
}

/// Locks a bucket and reads it; one that is not there yet is made, with one token.
async fn lock(tx: &mut Tx, tenant: TenantId, bucket: &str, now: Timestamp) -> Result<BucketRow> {
    macro_rules! lock {
        ($now:literal) => {
            concat!(
                "insert into rate_bucket (tenant_id, bucket, factor, throttled_at, tokens, at) values ($1, $2, 1, 0, 1, ",
                $now,
                ") on conflict (tenant_id, bucket) do update set factor = rate_bucket.factor
                 returning factor, throttled_at, tokens, at, ",
                $now,
                " as now"
            )
        };
    }
    const LOCK: Sql =
        dialects!(lock!("$3", "(0 * $3::bigint + (extract(epoch from clock_timestamp()) * 1000000)::bigint)"));
    let sql = LOCK.of(tx);
    Ok(on!(tx tx, c => sqlx::query_as(sql).bind(tenant).bind(bucket).bind(now).fetch_one(c).await)?)
}

/// Takes tokens in a transaction that is there anyway.
pub(super) async fn take(tx: &mut Tx, tenant: TenantId, ask: &TokenAsk<'_>, now: Timestamp) -> Result<Grant> {
    let mut granted = f64::from(ask.want);
    let (mut first, mut apart) = (0.0_f64, 0.0_f64);
    let mut levels = Vec::with_capacity(ask.buckets.len());
    for (bucket, per_second) in ask.buckets {
        let row = lock(tx, tenant, bucket, now).await?;
        let (level, rate) = (row.level(*per_second), row.rate(*per_second));
        granted = granted.min((level + AHEAD.as_secs_f64() * rate).floor());
        (first, apart) = (first.max((1.0 - level) / rate), apart.max(1.0 / rate));
        levels.push((bucket, level, row.now));
    }
    let (first, apart) = (Duration::from_secs_f64(first), Duration::from_secs_f64(apart));
    if granted < 1.0 {
        return Ok(Grant { tokens: 0, first: first.saturating_sub(AHEAD), apart });
    }
    for (bucket, level, at) in levels {
        on!(tx &mut *tx, c => sqlx::query("update rate_bucket set tokens = $3, at = $4 where tenant_id = $1 and bucket = $2")
            .bind(tenant).bind(bucket).bind(level - granted).bind(at).execute(c).await.map(drop))?;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and `want`, and whole")]
    Ok(Grant { tokens: granted as u32, first, apart })
}

/// Takes tokens in a transaction of its own.
pub async fn take_tokens(db: &Db, tenant: TenantId, ask: &TokenAsk<'_>, now: Timestamp) -> Result<Grant> {
    let mut tx = db.begin().await?;
    let grant = take(&mut tx, tenant, ask, now).await?;
    // Without a token nothing has changed that is worth a flush.
    if grant.tokens > 0 {
        tx.commit().await?;
    }
    Ok(grant)
}

/// Halves the rate of a number because Meta said that it sends too fast. It recovers by itself, slowly.
pub async fn slow_down(db: &Db, tenant: TenantId, bucket: &str, per_second: f64, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let row = lock(&mut tx, tenant, bucket, now).await?;
    if row.now.since(row.throttled_at).as_secs_f64() < ONE_COMPLAINT {
        return Ok(());
    }
    let (factor, level) = ((row.factor() / 2.0).max(LEAST_FACTOR), row.level(per_second).min(0.0));
    on!(tx &mut tx, c => sqlx::query(
        "update rate_bucket set factor = $3, throttled_at = $4, tokens = $5, at = $4 where tenant_id = $1 and bucket = $2")
        .bind(tenant).bind(bucket).bind(factor).bind(row.now).bind(level).execute(c).await.map(drop))?;
    tx.commit().await
}

/// What Meta allows a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberLimits {
    /// Messages a second.
    pub per_second: u32,
}

/// What Meta allows a number, as it was last read; none if the number is not known.
pub async fn number_limits(db: &Db, tenant: TenantId, meta_id: &str) -> Result<Option<NumberLimits>> {
    let row: Option<(i64,)> = on!(read db, p => sqlx::query_as(
        "select per_second from phone_number where tenant_id = $1 and meta_id = $2").bind(tenant).bind(meta_id).fetch_optional(p).await)?;
    row.map(|(n,)| Ok(NumberLimits { per_second: super::super::unsigned("phone_number", "per_second", meta_id, n)? }))
        .transpose()
}
