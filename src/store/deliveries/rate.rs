//! Token buckets in the database: what all daemons together may send, from one number and for one execution.
//!
//! A bucket saves nothing up. Tokens are given out ahead of time, each with the moment from which it may be used, so that
//! requests are spread over a second whoever begins them, and a daemon asks a few times a second only.

use super::{Sql, list};
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
    struct BucketRow { bucket: String, factor: f64, throttled_at: Timestamp, tokens: f64, at: Timestamp, now: Timestamp }
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

/// The bucket of a number of the business, whoever sends from it.
#[must_use]
pub fn number_bucket(meta_id: &str) -> String {
    format!("number {meta_id}")
}

/// Locks buckets and reads them, in the order in which they are named; one that is not there yet is made, with one token.
async fn lock(tx: &mut Tx, tenant: TenantId, buckets: &[&str], now: Timestamp) -> Result<Vec<BucketRow>> {
    macro_rules! lock {
        ($names:literal, $now:literal) => {
            concat!(
                "insert into rate_bucket (tenant_id, bucket, factor, throttled_at, tokens, at)
                 select $1, name, 1, 0, 1, ",
                $now,
                " from ",
                $names,
                " on conflict (tenant_id, bucket) do update set factor = rate_bucket.factor
                 returning bucket, factor, throttled_at, tokens, at, ",
                $now,
                " as now"
            )
        };
    }
    const LOCK: Sql = Sql {
        // The condition tells SQLite that no join follows, whose `on` this could be.
        sqlite: lock!("(select value as name from json_each($2)) where true", "$3"),
        postgres: lock!(
            "json_array_elements_text($2::json) name",
            "(0 * $3::bigint + (extract(epoch from clock_timestamp()) * 1000000)::bigint)"
        ),
    };
    let sql = LOCK.of(tx);
    let mut rows: Vec<BucketRow> =
        on!(tx tx, c => sqlx::query_as(sql).bind(tenant).bind(list(buckets)?).bind(now).fetch_all(c).await)?;
    rows.sort_by_key(|row| buckets.iter().position(|name| *name == row.bucket));
    Ok(rows)
}

/// Takes tokens in a transaction that is there anyway.
pub(super) async fn take(tx: &mut Tx, tenant: TenantId, ask: &TokenAsk<'_>, now: Timestamp) -> Result<Grant> {
    const TAKE: Sql = Sql {
        sqlite: "update rate_bucket set tokens = json_extract(value, '$[1]'), at = json_extract(value, '$[2]')
             from json_each($2) where tenant_id = $1 and bucket = json_extract(value, '$[0]')",
        postgres: "update rate_bucket set tokens = (v->>1)::double precision, at = (v->>2)::bigint
             from json_array_elements($2::json) v where tenant_id = $1 and bucket = v->>0",
    };
    let mut granted = f64::from(ask.want);
    let (mut first, mut apart) = (0.0_f64, 0.0_f64);
    let mut levels = Vec::with_capacity(ask.buckets.len());
    let names: Vec<&str> = ask.buckets.iter().map(|(name, _)| name.as_str()).collect();
    for (row, (_, per_second)) in lock(tx, tenant, &names, now).await?.into_iter().zip(ask.buckets) {
        let (level, rate) = (row.level(*per_second), row.rate(*per_second));
        granted = granted.min((level + AHEAD.as_secs_f64() * rate).floor());
        (first, apart) = (first.max((1.0 - level) / rate), apart.max(1.0 / rate));
        levels.push((row.bucket, level, row.now.micros()));
    }
    let (first, apart) = (Duration::from_secs_f64(first), Duration::from_secs_f64(apart));
    if granted < 1.0 {
        // In whole microseconds, as the clock counts: a moment before, there is none.
        return Ok(Grant { tokens: 0, first: first.saturating_sub(AHEAD) + Duration::from_micros(1), apart });
    }
    let sql = TAKE.of(tx);
    let left: Vec<_> = levels.into_iter().map(|(bucket, level, at)| (bucket, level - granted, at)).collect();
    on!(tx tx, c => sqlx::query(sql).bind(tenant).bind(list(&left)?).execute(c).await.map(drop))?;
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
    let Some(row) = lock(&mut tx, tenant, &[bucket], now).await?.pop() else { return Ok(()) };
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
