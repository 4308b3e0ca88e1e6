//! A database that is older than what has happened: it was put back from a backup, or is a copy on which another daemon works.
//! That is noted in it, in the transaction that shows it, and until it has been seen to nothing is begun that may have been
//! done already.

use super::deliveries::Sql;
use super::identity::Identity;
use super::{Db, Result, Source, Tx, on};
use crate::domain::clock::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Signs of one loss keep coming for as long as Meta repeats its webhooks.
const ONE_LOSS: Duration = Duration::from_hours(7 * 24);

/// What a daemon remembers of its database. One that is behind that has gone back in time, and nothing may be begun in it.
#[derive(Debug, Clone, Default)]
pub struct Remembered(Arc<Mutex<Known>>);

/// The same, at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// The highest epoch that was seen; 0 if none was.
    pub epoch: i64,
    /// PostgreSQL's number of the database; none for a file, which cannot become another while it is open.
    pub database: Option<i64>,
    /// Whether how far the database is can no longer be kept outside of it. Nothing is begun then.
    pub unkept: bool,
}

impl Remembered {
    /// As it is now.
    #[must_use]
    pub fn known(&self) -> Known {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// It was so far.
    pub fn see(&self, epoch: i64) {
        self.change(|known| known.epoch = known.epoch.max(epoch));
    }

    /// It is this one.
    pub fn know(&self, identity: &Identity) {
        self.change(|known| known.database = identity.database());
    }

    /// What is seen of it can be kept outside of it, or not.
    pub fn keeps(&self, kept: bool) {
        self.change(|known| known.unkept = !kept);
    }
}

/// Holds in a database that is where a daemon knows it to be, and in which no loss waits to be seen to: the guard of all that
/// must not be begun again. At the two places stand the epoch and the database of [`Known`].
macro_rules! not_behind {
    (sqlite, $epoch:literal, $database:literal) => {
        not_behind!(@ $epoch, $database, " is null")
    };
    (postgres, $epoch:literal, $database:literal) => {
        not_behind!(@ $epoch, $database, concat!("::bigint is null or ", $database,
            " = (select d.oid::bigint from pg_database d where d.datname = current_database())"))
    };
    (@ $epoch:literal, $database:literal, $or:expr) => {
        concat!(
            "coalesce((select case when i.noticed_at is null then i.epoch else -1 end from instance i where i.one = 1), 0) >= ",
            $epoch, " and (", $database, $or, ")"
        )
    };
}
pub(super) use not_behind;

/// Whether the row was written by us: PostgreSQL keeps in it which transaction wrote it, and whoever restores a dump into the same
/// database inserts it as it was. One that says neither that nor where it lives is of a version that knew neither. A file that
/// is written anew is another file, or lacks what its attribute remembers.
macro_rules! by_us {
    (sqlite) => {
        "true"
    };
    (postgres) => {
        "coalesce(instance.written_in = instance.xmin::text, instance.identity is null)"
    };
}
pub(super) use by_us;

/// Whether it is where it is known to be, and nothing waits to be seen to.
pub(super) async fn is_not(tx: &mut Tx, known: Known) -> Result<bool> {
    const LOOK: Sql = Sql {
        sqlite: concat!("select 1 where ", not_behind!(sqlite, "$1", "$2")),
        postgres: concat!("select 1 where ", not_behind!(postgres, "$1", "$2")),
    };
    let sql = LOOK.of(tx);
    let row: Option<(i32,)> = on!(tx tx, c => sqlx::query_as(sql).bind(known.epoch).bind(known.database)
        .fetch_optional(c).await)?;
    Ok(row.is_some())
}

/// Notes that it is behind, to be seen to: it has forgotten a message of something that was begun then. What was begun before the
/// last loss was seen to tells of that one, for a week.
pub async fn notice(tx: &mut Tx, begun: Timestamp, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update instance set noticed_at = $1 where one = 1 and noticed_at is null
            and (behind_since is null or behind_since <= $2 or behind_since <= $3)")
        .bind(now).bind(begun).bind(now.before(ONE_LOSS)).execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that it is behind, whatever was before.
pub(super) async fn notice_surely(tx: &mut Tx, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query("update instance set noticed_at = $1 where one = 1 and noticed_at is null").bind(now)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that it is behind, if it is: behind what is remembered, or not the one that it says, or written by somebody else.
pub async fn notice_itself(db: &Db, remembered: i64, identity: &Identity, now: Timestamp) -> Result<()> {
    macro_rules! notice {
        ($kind:ident) => {
            concat!(
                "update instance set noticed_at = $1 where one = 1 and noticed_at is null
                    and (epoch < $2 or identity is null or identity <> $3 or not ",
                by_us!($kind),
                ")"
            )
        };
    }
    let sql = if db.is_postgres() { notice!(postgres) } else { notice!(sqlite) };
    on!(write db, p => sqlx::query(sql).bind(now).bind(remembered).bind(identity.to_text()).execute(p).await.map(drop))?;
    Ok(())
}

/// Since when it waits to be seen to.
pub async fn noticed(source: impl Into<Source<'_>>) -> Result<Option<Timestamp>> {
    let row: Option<(Option<Timestamp>,)> = on!(from source.into(), p => sqlx::query_as("select noticed_at from instance where one = 1").fetch_optional(p).await)?;
    Ok(row.and_then(|(at,)| at))
}

/// When it was last found behind, whether or not that has been seen to, for as long as signs of it may come.
pub async fn lately(source: impl Into<Source<'_>>, now: Timestamp) -> Result<Option<Timestamp>> {
    let row: Option<(Option<Timestamp>,)> = on!(from source.into(), c => sqlx::query_as(
        "select coalesce(noticed_at, behind_since) from instance where one = 1").fetch_optional(c).await)?;
    Ok(row.and_then(|(at,)| at).filter(|at| *at > now.before(ONE_LOSS)))
}

/// Keeps others from having seen to it before this transaction ends; `false` if they have.
pub async fn still_waits(tx: &mut Tx, noticed: Timestamp) -> Result<bool> {
    const HOLD: Sql = Sql {
        sqlite: "select 1 from instance where one = 1 and noticed_at = $1",
        postgres: "select 1 from instance where one = 1 and noticed_at = $1 for share",
    };
    let sql = HOLD.of(tx);
    let row: Option<(i32,)> = on!(tx tx, c => sqlx::query_as(sql).bind(noticed).fetch_optional(c).await)?;
    Ok(row.is_some())
}

/// It has been seen to: its epoch is put ahead of where it is, of what is remembered, and of the microseconds of the clock, which
/// go by faster than all daemons together raise it: so nobody who remembers a lost time finds it behind again. It is who it is
/// from now on. The new epoch; none if somebody was faster.
pub async fn seen_to(
    db: &Db,
    noticed: Timestamp,
    remembered: i64,
    identity: &Identity,
    now: Timestamp,
) -> Result<Option<i64>> {
    let row: Option<(i64,)> = on!(write db, p => sqlx::query_as(
        "update instance set noticed_at = null, behind_since = $1, identity = $3,
            epoch = case when epoch > $2 then epoch else $2 end + 1
         where one = 1 and noticed_at = $4 returning epoch")
        .bind(now).bind(remembered.max(now.micros())).bind(identity.to_text()).bind(noticed).fetch_optional(p).await)?;
    Ok(row.map(|(epoch,)| epoch))
}

/// Raises the epoch; none, and nothing is changed, if the database is behind what is remembered, is not the one that it was, was
/// written by somebody else, or waits to be seen to. One that went over to another timeline is that one from now on.
pub async fn raise(db: &Db, remembered: i64, was: &str, identity: &Identity) -> Result<Option<i64>> {
    macro_rules! raise {
        ($kind:ident) => {
            concat!(
                "update instance set epoch = epoch + 1, identity = $3
                 where one = 1 and epoch >= $1 and identity = $2 and noticed_at is null and ",
                by_us!($kind),
                " returning epoch"
            )
        };
    }
    let sql = if db.is_postgres() { raise!(postgres) } else { raise!(sqlite) };
    let row: Option<(i64,)> = on!(write db, p => sqlx::query_as(sql).bind(remembered).bind(was).bind(identity.to_text())
        .fetch_optional(p).await)?;
    Ok(row.map(|(epoch,)| epoch))
}

/// The identity that is kept.
pub async fn kept_identity(db: &Db) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> =
        on!(read db, p => sqlx::query_as("select identity from instance where one = 1").fetch_optional(p).await)?;
    Ok(row.and_then(|(kept,)| kept))
}
