//! SQL, and nothing but SQL: one portable text for SQLite and PostgreSQL.
//!
//! Every function takes the tenant whose rows it may touch. Functions that must share a transaction take `&mut Tx`,
//! functions that only read take `&Db`. Where the two databases differ, one function matches on them and says why.

mod among;
mod connect;
mod types;

pub mod audience;
pub mod audit;
pub mod automation;
pub mod behind;
pub mod broadcasts;
pub mod business;
pub mod candidates;
pub mod consent;
pub mod contacts;
pub mod conversations;
pub mod deliveries;
pub mod details;
pub mod identity;
pub mod imports;
pub mod instance;
pub mod lock;
pub mod mark_file;
pub mod media;
pub mod messages;
pub mod orders;
pub mod outbox;
pub mod people;
pub mod population;
pub mod replies;
pub mod requests;
pub mod segments;
pub mod sessions;
pub mod stops;
pub mod templates;
pub mod tool_reads;
pub mod uploads;
pub mod webhooks;

use crate::domain::clock::Timestamp;
use crate::faults::{Step, point};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

pub use connect::{ConnectError, connect, migrate, sqlite_file};

/// A database: one file of SQLite, or a PostgreSQL server.
#[derive(Clone, Debug)]
pub enum Db {
    /// Writers queue for one connection instead of failing inside SQLite; readers have their own, opened read-only.
    Sqlite {
        /// For reading.
        read: SqlitePool,
        /// For writing; a single connection.
        write: SqlitePool,
    },
    /// Readers and writers share a pool.
    Postgres(PgPool),
}

/// A transaction that may write.
#[derive(Debug)]
pub enum Tx {
    /// Opened with `begin immediate`: one that reads before it writes would otherwise fail, not wait.
    Sqlite(Transaction<'static, Sqlite>),
    /// Read committed.
    Postgres(Transaction<'static, Postgres>),
}

/// Where a read looks: on any connection, or within the transaction that acts on what it finds.
#[derive(Debug)]
pub enum Source<'a> {
    /// What is committed.
    Pool(&'a Db),
    /// What this transaction sees, on its own connection.
    Held(&'a mut Tx),
}

impl<'a> From<&'a Db> for Source<'a> {
    fn from(db: &'a Db) -> Self {
        Self::Pool(db)
    }
}

impl<'a> From<&'a mut Tx> for Source<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        Self::Held(tx)
    }
}

impl Source<'_> {
    /// The same, for one of several reads.
    pub const fn again(&mut self) -> Source<'_> {
        match self {
            Self::Pool(db) => Source::Pool(db),
            Self::Held(tx) => Source::Held(tx),
        }
    }

    /// Whether it is PostgreSQL.
    const fn is_postgres(&self) -> bool {
        matches!(self, Self::Pool(Db::Postgres(_)) | Self::Held(Tx::Postgres(_)))
    }
}

/// One expression, compiled for both databases.
macro_rules! on {
    (from $source:expr, $c:ident => $e:expr) => {
        match $source {
            crate::store::Source::Pool(db) => on!(read db, $c => $e),
            crate::store::Source::Held(tx) => on!(tx tx, $c => $e),
        }
    };
    (read $db:expr, $p:ident => $e:expr) => {
        match $db {
            crate::store::Db::Sqlite { read: $p, .. } => $e,
            crate::store::Db::Postgres($p) => $e,
        }
    };
    (write $db:expr, $p:ident => $e:expr) => {
        match $db {
            crate::store::Db::Sqlite { write: $p, .. } => $e,
            crate::store::Db::Postgres($p) => $e,
        }
    };
    (tx $tx:expr, $c:ident => $e:expr) => {
        match $tx {
            crate::store::Tx::Sqlite(t) => {
                let $c = &mut **t;
                $e
            }
            crate::store::Tx::Postgres(t) => {
                let $c = &mut **t;
                $e
            }
        }
    };
}
use on;

/// A row of both databases, read by the names of its columns.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($field: $ty),* }
        row!(@for sqlx::sqlite::SqliteRow, $name { $($field),* });
        row!(@for sqlx::postgres::PgRow, $name { $($field),* });
    };
    (@for $row:ty, $name:ident { $($field:ident),* }) => {
        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                use sqlx::Row as _;
                Ok(Self { $($field: row.try_get(stringify!($field))?),* })
            }
        }
    };
}
use row;

/// Why a statement did not do what it was for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what no program of ours writes.
    #[error("{table}.{column} of {row} holds what it should not: {what}")]
    Inconsistent {
        /// Where.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// Which row.
        row: String,
        /// What is wrong with it.
        what: String,
    },
    /// A request is not what people signed: it was changed behind our back, or means something else to this program.
    #[error("what is stored of request {request} is not what was signed: {what}")]
    Altered {
        /// Which request.
        request: String,
        /// What differs.
        what: &'static str,
    },
    /// Somebody was faster: the guarded update hit no row.
    #[error("{0} has changed in the meantime")]
    Conflict(String),
}

impl Error {
    /// A row that does not hold together.
    fn inconsistent(table: &'static str, column: &'static str, row: impl ToString, what: impl ToString) -> Self {
        Self::Inconsistent { table, column, row: row.to_string(), what: what.to_string() }
    }

    /// Whether the same statement would fail again: the database refuses what it says, or the rows do not hold together. Not
    /// when the database is away, is full, or gave way to another transaction.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(e)) => {
                // Classes of SQLSTATE: data, integrity, syntax or access, a limit of the program. SQLite's have the kind in their last byte: 19 is a
                // constraint, that of a trigger too, and 20 a mismatch.
                e.code().is_some_and(|code| match code.len() {
                    5 => matches!(code.get(..2), Some("22" | "23" | "42" | "54")),
                    _ => code.parse::<u32>().is_ok_and(|number| matches!(number & 0xff, 19 | 20)),
                })
            }
            Self::Database(sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. }) => true,
            Self::Database(_) | Self::Conflict(_) => false,
            Self::Inconsistent { .. } | Self::Altered { .. } => true,
        }
    }

    /// Whether a unique index refused the row.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(e) if e.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation))
    }
}

/// What a store function answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// When the disk fails, SQLite ends the transaction by itself. The driver's rollback then finds none and fails, and it would
/// take this connection, the only one that writes, for busy with a transaction until the daemon is started anew.
async fn begin_immediate(write: &SqlitePool) -> sqlx::Result<Transaction<'static, Sqlite>> {
    const BEGIN: &str = "begin immediate";
    match write.begin_with(BEGIN).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            write.acquire().await?.close().await?;
            write.begin_with(BEGIN).await
        }
        begun => begun,
    }
}

/// The time by the database's own clock; none on SQLite, which has that of the machine.
pub async fn now(db: &Db) -> Result<Option<Timestamp>> {
    let Db::Postgres(pool) = db else { return Ok(None) };
    let sql = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint";
    let (now,): (Timestamp,) = sqlx::query_as(sql).fetch_one(pool).await?;
    Ok(Some(now))
}

impl Db {
    /// Opens a transaction that may write.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(begin_immediate(write).await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Whether several daemons may share it.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<()> {
        on!(read self, p => sqlx::query("select 1").execute(p).await.map(drop))?;
        Ok(())
    }

    /// Closes all connections, after those in use have come back.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Whether it is one of PostgreSQL.
    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Makes it durable: one of the steps at which tests let the program die.
    pub async fn commit_at(self, step: Step) -> Result<()> {
        let [before, after] = step.points();
        point(before);
        self.commit().await?;
        point(after);
        Ok(())
    }

    /// Gives it up, and comes back when it is gone with its locks. One that is only dropped holds them for a moment longer.
    pub async fn roll_back(self) -> Result<()> {
        match self {
            Self::Sqlite(t) => t.rollback().await?,
            Self::Postgres(t) => t.rollback().await?,
        }
        Ok(())
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(t) => t.commit().await?,
            Self::Postgres(t) => t.commit().await?,
        }
        Ok(())
    }
}

/// Reads a column of JSON.
fn json<'t, T: serde::Deserialize<'t>>(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
    text: &'t str,
) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::inconsistent(table, column, row, e))
}

/// Writes a column of JSON.
fn to_json(table: &'static str, column: &'static str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::inconsistent(table, column, "a new row", e))
}

/// Reads a column that holds a word of the domain.
fn word<T: std::str::FromStr<Err: std::fmt::Display>>(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
    text: &str,
) -> Result<T> {
    text.parse().map_err(|e| Error::inconsistent(table, column, row, e))
}

/// Reads a count or number that is never negative.
fn unsigned<T: TryFrom<i64>>(table: &'static str, column: &'static str, row: impl ToString, number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| Error::inconsistent(table, column, row, number))
}

/// A guarded update must have hit its row; otherwise somebody was faster.
fn ensure_one(hit: u64, what: &str, id: impl std::fmt::Display) -> Result<()> {
    if hit == 1 { Ok(()) } else { Err(Error::Conflict(format!("{what} {id}"))) }
}
