//! What makes this database this database, and the daemons that work on it.

use super::identity::Identity;
use super::{Db, Error, Result, on};
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{DaemonId, random_bytes};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// So far a database that was found behind is put ahead: more than it is raised in days of sending.
const LEAP: i64 = 1_000_000;

/// This database, as one start of one daemon sees it.
#[derive(Clone)]
pub struct Instance {
    /// This daemon, of this start.
    pub daemon: DaemonId,
    /// Raised at every start of any daemon, and while one sends.
    pub epoch: i64,
    /// Marks the tokens that travel with messages, so that one made up elsewhere names nothing.
    pub secret: Hash,
}

/// Shows which, not the secret.
impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("daemon", &self.daemon).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// What a daemon remembers of its database: how far it was, and which one it is. One that is behind that has gone back in time,
/// and nothing may be begun in it.
#[derive(Debug, Clone, Default)]
pub struct Remembered(Arc<(AtomicI64, AtomicI64)>);

/// The same, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// The highest epoch that was seen.
    pub epoch: i64,
    /// PostgreSQL's number of the database; 0 for any.
    pub database: i64,
}

impl Remembered {
    /// As it is now.
    #[must_use]
    pub fn known(&self) -> Known {
        Known { epoch: self.0.0.load(Ordering::SeqCst), database: self.0.1.load(Ordering::SeqCst) }
    }

    /// It was so far.
    pub fn see(&self, epoch: i64) {
        self.0.0.fetch_max(epoch, Ordering::SeqCst);
    }

    /// It is this one.
    pub fn know(&self, database: i64) {
        self.0.1.store(database, Ordering::SeqCst);
    }
}

/// Enters this daemon into the list, and says what identity is kept. The first one ever makes the secret, and writes down who
/// this database is: one without any past is behind nothing. One that is behind what is remembered is left as it is.
pub async fn enter(
    db: &Db,
    version: &str,
    remembered: i64,
    identity: &Identity,
    now: Timestamp,
) -> Result<(Instance, String)> {
    let daemon = DaemonId::random();
    let mut tx = db.begin().await?;
    let (epoch, secret, kept): (i64, Vec<u8>, String) = on!(tx &mut tx, c => sqlx::query_as(
        "insert into instance (one, epoch, secret, identity) values (1, $2 + 1, $1, $3)
         on conflict (one) do update set epoch = instance.epoch + case when instance.epoch >= $2 then 1 else 0 end,
            identity = coalesce(instance.identity, $3)
         returning epoch, secret, identity")
        .bind(random_bytes::<32>().to_vec()).bind(remembered).bind(identity.to_text()).fetch_one(c).await)?;
    let secret =
        secret.try_into().map_err(|_| Error::inconsistent("instance", "secret", 1, "32 bytes are expected"))?;
    on!(tx &mut tx, c => sqlx::query("insert into daemon (id, version, started_at, heartbeat_at) values ($1, $2, $3, $3)")
        .bind(daemon).bind(version).bind(now).execute(c).await.map(drop))?;
    tx.commit().await?;
    Ok((Instance { daemon, epoch, secret }, kept))
}

/// The identity that is kept.
pub async fn kept_identity(db: &Db) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        on!(read db, p => sqlx::query_as("select identity from instance where one = 1").fetch_optional(p).await)?;
    Ok(row.and_then(|(kept,)| kept))
}

/// Keeps the identity of a database that went over to another timeline and lost nothing by it.
pub async fn went_over(db: &Db, identity: &Identity) -> Result<()> {
    on!(write db, p => sqlx::query("update instance set identity = $1 where one = 1").bind(identity.to_text())
        .execute(p).await.map(drop))?;
    Ok(())
}

/// Raises the epoch without a start; none if the database is behind what is remembered, or is not who it says, which changes
/// nothing in it.
pub async fn raise(db: &Db, remembered: i64, identity: &Identity) -> Result<Option<i64>> {
    let row: Option<(i64,)> = on!(write db, p => sqlx::query_as(
        "update instance set epoch = epoch + 1 where one = 1 and epoch >= $1 and identity = $2 returning epoch")
        .bind(remembered).bind(identity.to_text()).fetch_optional(p).await)?;
    Ok(row.map(|(epoch,)| epoch))
}

/// When this database was last found to be older than what has happened.
pub async fn behind_since(db: &Db) -> Result<Option<Timestamp>> {
    let row: Option<(Option<Timestamp>,)> =
        on!(read db, p => sqlx::query_as("select behind_since from instance where one = 1").fetch_optional(p).await)?;
    Ok(row.and_then(|(since,)| since))
}

/// Notes that it was, and has been seen to: its epoch is put far ahead of where it is and of what is remembered, so that nobody
/// who remembers the lost time finds it behind again, and it is who it is from now on. The new epoch.
pub async fn was_behind(db: &Db, remembered: i64, identity: &Identity, now: Timestamp) -> Result<i64> {
    let (epoch,): (i64,) = on!(write db, p => sqlx::query_as(
        "update instance set behind_since = $1, identity = $4, epoch = case when epoch > $2 then epoch else $2 end + $3
         where one = 1 returning epoch")
        .bind(now).bind(remembered).bind(LEAP).bind(identity.to_text()).fetch_one(p).await)?;
    Ok(epoch)
}

/// The secret alone, for programs that read tokens and are no daemon; none if no daemon ever ran here.
pub async fn secret(db: &Db) -> Result<Option<Hash>> {
    let row: Option<(Vec<u8>,)> =
        on!(read db, p => sqlx::query_as("select secret from instance where one = 1").fetch_optional(p).await)?;
    row.map(|(bytes,)| {
        bytes.try_into().map_err(|_| Error::inconsistent("instance", "secret", 1, "32 bytes are expected"))
    })
    .transpose()
}

/// Says that this daemon is alive, and forgets those that have been silent since `silent_since`. Nothing hangs on it but
/// what people are shown: leases have their own time.
pub async fn heartbeat(db: &Db, me: DaemonId, silent_since: Timestamp, now: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query("update daemon set heartbeat_at = $2 where id = $1").bind(me).bind(now).execute(p).await.map(drop))?;
    on!(write db, p => sqlx::query("delete from daemon where heartbeat_at < $2 and id <> $1").bind(me).bind(silent_since)
        .execute(p).await.map(drop))?;
    Ok(())
}

/// Takes this daemon off the list.
pub async fn leave(db: &Db, me: DaemonId) -> Result<()> {
    on!(write db, p => sqlx::query("delete from daemon where id = $1").bind(me).execute(p).await.map(drop))?;
    Ok(())
}

/// One daemon at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonLine {
    /// Which.
    pub id: DaemonId,
    /// Of what version.
    pub version: String,
    /// Since when.
    pub started_at: Timestamp,
    /// When it last said that it is alive.
    pub heartbeat_at: Timestamp,
}

/// The daemons at work, oldest first.
pub async fn daemons(db: &Db) -> Result<Vec<DaemonLine>> {
    let rows: Vec<(DaemonId, String, Timestamp, Timestamp)> = on!(read db, p => sqlx::query_as(
        "select id, version, started_at, heartbeat_at from daemon order by started_at, id").fetch_all(p).await)?;
    Ok(rows
        .into_iter()
        .map(|(id, version, started_at, heartbeat_at)| DaemonLine { id, version, started_at, heartbeat_at })
        .collect())
}
