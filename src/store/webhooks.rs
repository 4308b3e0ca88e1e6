//! What Meta sent, kept whole before it is answered; and what the numbers and templates say after it was applied.

use super::{Db, Result, Tx, on, row};
use crate::domain::canonical::{Hash, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;

/// A post of Meta's that waits to be applied.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its place in the order of arrival.
    pub id: i64,
    /// For whom.
    pub tenant: TenantId,
    /// As it came.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
}

row! {
    struct PostRow { id: i64, tenant_id: TenantId, body: Vec<u8>, received_at: Timestamp }
}

/// Keeps a post; `false` if the same bytes were here before. Whoever answers 200 must have seen the commit.
pub async fn keep(tx: &mut Tx, tenant: TenantId, body: &[u8], now: Timestamp) -> Result<bool> {
    let hash: Hash = sha256(body);
    let hit = on!(tx tx, c => sqlx::query(
        "insert into webhook_post (tenant_id, body_hash, body, received_at, state, events) values ($1, $2, $3, $4, 'new', 0)
         on conflict (tenant_id, body_hash) do nothing")
        .bind(tenant).bind(hash.to_vec()).bind(body).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// The oldest posts that wait, locked against other daemons until the transaction ends. Posts of one tenant are applied in
/// the order of their arrival, so where another daemon is at work nothing is taken.
pub async fn take(tx: &mut Tx, limit: u32) -> Result<Vec<Post>> {
    if let Tx::Postgres(t) = tx {
        let (free,): (bool,) = sqlx::query_as("select pg_try_advisory_xact_lock(7201, 1)").fetch_one(&mut **t).await?;
        if !free {
            return Ok(Vec::new());
        }
    }
    let rows: Vec<PostRow> = on!(tx tx, c => sqlx::query_as(
        "select id, tenant_id, body, received_at from webhook_post where state = 'new' order by id limit $1")
        .bind(i64::from(limit)).fetch_all(c).await)?;
    Ok(rows
        .into_iter()
        .map(|row| Post { id: row.id, tenant: row.tenant_id, body: row.body, received_at: row.received_at })
        .collect())
}

/// Writes down that a post was applied.
pub async fn applied(tx: &mut Tx, id: i64, events: usize, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query("update webhook_post set state = 'applied', events = $2, error = null, applied_at = $3 where id = $1")
        .bind(id).bind(i64::try_from(events).unwrap_or(i64::MAX)).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// Sets a post aside that cannot be applied, with the reason, so that it blocks nothing.
pub async fn park(db: &Db, id: i64, why: &str, now: Timestamp) -> Result<()> {
    let why: String = why.chars().filter(|c| !c.is_control()).take(500).collect();
    on!(write db, p => sqlx::query("update webhook_post set state = 'parked', error = $2, applied_at = $3 where id = $1 and state = 'new'")
        .bind(id).bind(why).bind(now).execute(p).await.map(drop))?;
    Ok(())
}

/// How the inbox stands, for people and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Posts that wait.
    pub waiting: u64,
    /// Posts that were set aside.
    pub parked: u64,
    /// When the oldest of those that wait came.
    pub oldest: Option<Timestamp>,
}

/// How the inbox stands.
pub async fn backlog(db: &Db) -> Result<Backlog> {
    let rows: Vec<(String, i64, Option<Timestamp>)> = on!(read db, p => sqlx::query_as(
        "select state, count(*), min(received_at) from webhook_post where state in ('new', 'parked') group by state").fetch_all(p).await)?;
    let mut backlog = Backlog::default();
    for (state, n, oldest) in rows {
        let n = super::unsigned("webhook_post", "count", &state, n)?;
        if state == "new" {
            (backlog.waiting, backlog.oldest) = (n, oldest);
        } else {
            backlog.parked = n;
        }
    }
    Ok(backlog)
}

/// Forgets posts that were applied before then. Meta repeats what was not answered for up to seven days; keep them longer.
pub async fn forget(db: &Db, before: Timestamp) -> Result<u64> {
    Ok(
        on!(write db, p => sqlx::query("delete from webhook_post where state = 'applied' and applied_at < $1").bind(before)
        .execute(p).await.map(|r| r.rows_affected()))?,
    )
}
