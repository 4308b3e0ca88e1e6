//! Console sessions and failed sign-ins.

use super::{Db, Result, Tx, on, row};
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use std::time::Duration;

/// Adds a session; `false` if the id is taken.
pub async fn insert(db: &Db, id_hash: &Hash, data: &str, expires_at: Timestamp) -> Result<bool> {
    let hit = on!(write db, p => sqlx::query(
        "insert into http_session (id_hash, data, expires_at) values ($1, $2, $3) on conflict (id_hash) do nothing")
        .bind(id_hash.to_vec()).bind(data).bind(expires_at).execute(p).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Writes a session as it is now. One that was ended in the meantime stays ended.
pub async fn save(db: &Db, id_hash: &Hash, data: &str, expires_at: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query("update http_session set data = $2, expires_at = $3 where id_hash = $1")
        .bind(id_hash.to_vec()).bind(data).bind(expires_at).execute(p).await.map(drop))?;
    Ok(())
}

/// How much of a session's remaining time may pass before it is written anew.
const COARSE: Duration = Duration::from_mins(1);

/// Moves a session's end, if that is worth a write.
pub async fn touch(db: &Db, id_hash: &Hash, expires_at: Timestamp) -> Result<()> {
    let due: Option<(i64,)> = on!(read db, p => sqlx::query_as(
        "select cast(1 as bigint) from http_session where id_hash = $1 and expires_at < $2")
        .bind(id_hash.to_vec()).bind(expires_at.before(COARSE)).fetch_optional(p).await)?;
    if due.is_some() {
        on!(write db, p => sqlx::query("update http_session set expires_at = $2 where id_hash = $1")
            .bind(id_hash.to_vec()).bind(expires_at).execute(p).await.map(drop))?;
    }
    Ok(())
}

/// A session's data and end, if it has not ended.
pub async fn load(db: &Db, id_hash: &Hash, now: Timestamp) -> Result<Option<(String, Timestamp)>> {
    Ok(
        on!(read db, p => sqlx::query_as("select data, expires_at from http_session where id_hash = $1 and expires_at > $2")
        .bind(id_hash.to_vec()).bind(now).fetch_optional(p).await)?,
    )
}

/// Ends a session.
pub async fn delete(db: &Db, id_hash: &Hash) -> Result<()> {
    on!(write db, p => sqlx::query("delete from http_session where id_hash = $1").bind(id_hash.to_vec()).execute(p).await.map(drop))?;
    Ok(())
}

/// Removes what has ended: sessions, and counts of failures that no longer count.
pub async fn delete_ended(db: &Db, now: Timestamp, failures_before: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query("delete from http_session where expires_at <= $1").bind(now).execute(p).await.map(drop))?;
    on!(write db, p => sqlx::query("delete from sign_in_failure where last_at <= $1").bind(failures_before).execute(p).await.map(drop))?;
    Ok(())
}

row! {
    /// Failed sign-ins of one account from one address.
    #[derive(Debug, Clone, Copy)]
    pub struct Failures { failures: i64, last_at: Timestamp }
}

impl Failures {
    /// How many in a row.
    #[must_use]
    pub const fn count(self) -> i64 {
        self.failures
    }

    /// When the last was.
    #[must_use]
    pub const fn last_at(self) -> Timestamp {
        self.last_at
    }
}

/// The failures under a key, if any since then.
pub async fn failures(db: &Db, key: &Hash, since: Timestamp) -> Result<Option<Failures>> {
    Ok(
        on!(read db, p => sqlx::query_as("select failures, last_at from sign_in_failure where key_hash = $1 and last_at > $2")
        .bind(key.to_vec()).bind(since).fetch_optional(p).await)?,
    )
}

/// Counts one more; a count that had gone stale begins again.
pub async fn count_failure(tx: &mut Tx, key: &Hash, since: Timestamp, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into sign_in_failure (key_hash, failures, first_at, last_at) values ($1, 1, $3, $3)
         on conflict (key_hash) do update set last_at = excluded.last_at,
            failures = case when sign_in_failure.last_at <= $2 then 1 else sign_in_failure.failures + 1 end")
        .bind(key.to_vec()).bind(since).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets the failures under a key, after a sign-in that succeeded.
pub async fn forget_failures(tx: &mut Tx, key: &Hash) -> Result<()> {
    on!(tx tx, c => sqlx::query("delete from sign_in_failure where key_hash = $1").bind(key.to_vec()).execute(c).await.map(drop))?;
    Ok(())
}
