//! What makes this database this database, and the daemons that work on it.

use super::behind::{self, by_us};
use super::deliveries::Sql;
use super::identity::Identity;
use super::{Db, Error, Result, on};
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{DaemonId, random_bytes};

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

/// Enters this daemon into the list, and says what identity is kept. The first one ever makes the secret, and writes down who
/// this database is: one without any past is behind nothing. One that is behind what is remembered is not raised; one that somebody
/// else has written is behind, and that is noted.
pub async fn enter(
    db: &Db,
    version: &str,
    remembered: i64,
    identity: &Identity,
    now: Timestamp,
) -> Result<(Instance, String)> {
    const BY_US: Sql = Sql {
        sqlite: concat!("select 1 from instance where one = 1 and not ", by_us!(sqlite)),
        postgres: concat!("select 1 from instance where one = 1 and not ", by_us!(postgres), " for update"),
    };
    let daemon = DaemonId::random();
    let mut tx = db.begin().await?;
    let by_us = BY_US.of(&tx);
    let written: Option<(i32,)> = on!(tx &mut tx, c => sqlx::query_as(by_us).fetch_optional(c).await)?;
    if written.is_some() {
        behind::notice_surely(&mut tx, now).await?;
    }
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
