//! Token buckets in the database: what all daemons together may send, from one number and for one execution.

use super::{Sql, dialects};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::store::{Db, Result, Tx, on, row};

/// The factor never falls below this: a number that Meta slows down still moves.
const LEAST_FACTOR: f64 = 0.05;
/// What the factor regains in a second.
const RECOVERY: f64 = 0.01;
/// One complaint of Meta's counts once, however many messages were in flight.
const ONE_COMPLAINT: f64 = 1.0;
/// How much of a second's tokens may be saved up.
const BURST: f64 = 0.25;

/// How many tokens are wanted, from which buckets: a token is one from each of them.
#[derive(Debug, Clone)]
pub struct TokenAsk<'a> {
    /// Buckets with what each gains in a second. In the order of their names.
    pub buckets: &'a [(String, f64)],
    /// Tokens wanted.
    pub want: u32,
}

row! {
    struct BucketRow { factor: f64, throttled_at: Timestamp, tokens: f64, at: Timestamp, now: Timestamp }
}

impl BucketRow {
    /// The factor as it stands now: it recovers with time and needs no write for it.
    fn factor(&self) -> f64 {
        (self.factor + RECOVERY * self.now.since(self.throttled_at).as_secs_f64()).clamp(LEAST_FACTOR, 1.0)
    }
}

/// Locks a bucket and reads it; one that is not there yet is made, full.
async fn lock(tx: &mut Tx, tenant: TenantId, bucket: &str, per_second: f64, now: Timestamp) -> Result<BucketRow> {
    macro_rules! lock {
        ($now:literal) => {
            concat!(
                "insert into rate_bucket (tenant_id, bucket, factor, throttled_at, tokens, at) values ($1, $2, 1, 0, $3, ",
                $now,
                ") on conflict (tenant_id, bucket) do update set factor = rate_bucket.factor
                 returning factor, throttled_at, tokens, at, ",
                $now,
                " as now"
            )
        };
    }
    const LOCK: Sql =
        dialects!(lock!("$4", "(0 * $4::bigint + (extract(epoch from clock_timestamp()) * 1000000)::bigint)"));
    let sql = LOCK.of(tx);
    Ok(
        on!(tx tx, c => sqlx::query_as(sql).bind(tenant).bind(bucket).bind(burst(per_second)).bind(now).fetch_one(c).await)?,
    )
}

fn burst(per_second: f64) -> f64 {
    (per_second * BURST).max(1.0)
}

/// Takes tokens in a transaction that is there anyway.
pub(super) async fn take(tx: &mut Tx, tenant: TenantId, ask: &TokenAsk<'_>, now: Timestamp) -> Result<u32> {
    let mut granted = f64::from(ask.want);
    let mut levels = Vec::with_capacity(ask.buckets.len());
    for (bucket, per_second) in ask.buckets {
        let row = lock(tx, tenant, bucket, *per_second, now).await?;
        let gained = row.now.since(row.at).as_secs_f64() * per_second * row.factor();
        let level = (row.tokens + gained).min(burst(*per_second));
        granted = granted.min(level.floor());
        levels.push((bucket, level, row.now));
    }
    if granted < 1.0 {
        return Ok(0);
    }
    for (bucket, level, at) in levels {
        on!(tx &mut *tx, c => sqlx::query("update rate_bucket set tokens = $3, at = $4 where tenant_id = $1 and bucket = $2")
            .bind(tenant).bind(bucket).bind(level - granted).bind(at).execute(c).await.map(drop))?;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and `want`, and whole")]
    Ok(granted as u32)
}

/// Takes tokens in a transaction of its own.
pub async fn take_tokens(db: &Db, tenant: TenantId, ask: &TokenAsk<'_>, now: Timestamp) -> Result<u32> {
    let mut tx = db.begin().await?;
    let granted = take(&mut tx, tenant, ask, now).await?;
    // Without a grant nothing has changed that is worth a flush.
    if granted > 0 {
        tx.commit().await?;
    }
    Ok(granted)
}

/// Halves the rate of a number because Meta said that it sends too fast. It recovers by itself, slowly.
pub async fn slow_down(db: &Db, tenant: TenantId, bucket: &str, per_second: f64, now: Timestamp) -> Result<()> {
    let mut tx = db.begin().await?;
    let row = lock(&mut tx, tenant, bucket, per_second, now).await?;
    if row.now.since(row.throttled_at).as_secs_f64() < ONE_COMPLAINT {
        return Ok(());
    }
    let factor = (row.factor() / 2.0).max(LEAST_FACTOR);
    on!(tx &mut tx, c => sqlx::query(
        "update rate_bucket set factor = $3, throttled_at = $4, tokens = 0, at = $4 where tenant_id = $1 and bucket = $2")
        .bind(tenant).bind(bucket).bind(factor).bind(row.now).execute(c).await.map(drop))?;
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
