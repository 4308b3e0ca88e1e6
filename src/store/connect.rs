//! Opening a database, and refusing one that would not keep what it was told.

use super::Db;
use rust_embed::RustEmbed;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqlSafeStr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A connection that was used so lately is taken to be alive.
const LATELY: Duration = Duration::from_secs(1);

/// Why a database cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address names neither database.
    #[error("database.url begins with neither sqlite:// nor postgres://")]
    Scheme,
    /// The address cannot be read. It may hold a password, so it is not repeated.
    #[error("database.url cannot be read: {0}")]
    Address(String),
    /// The folder of the file is missing or closed.
    #[error("the folder {folder} cannot be used for the database: {why}. Create it, or let this user write to it")]
    Folder {
        /// Which.
        folder: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file is there and closed to this user.
    #[error(
        "the database file {file} cannot be written: {why}. Let this user write to it, or name another in database.url"
    )]
    File {
        /// Which.
        file: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The server does not answer, or the file cannot be opened.
    #[error("the database cannot be opened: {0}. Check that it runs and that database.url is right")]
    Unreachable(sqlx::Error),
    /// It would lose what it has confirmed.
    #[error(
        "the database has {setting} = {value}: it may lose what it has confirmed, and a message would go out twice. Set {setting} = {wanted}"
    )]
    NotDurable {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Its tables cannot be brought up to date.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for ConnectError {
    fn from(e: sqlx::Error) -> Self {
        Self::Unreachable(e)
    }
}

/// Opens the database at a `sqlite://` or `postgres://` address.
pub async fn connect(url: &str) -> Result<Db, ConnectError> {
    if url.starts_with("sqlite:") {
        sqlite(url).await
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        postgres(url).await
    } else {
        Err(ConnectError::Scheme)
    }
}

/// The file behind a `sqlite://` address.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok())??;
    Some(options.get_filename().to_path_buf())
}

async fn sqlite(url: &str) -> Result<Db, ConnectError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|e| ConnectError::Address(e.to_string()))?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .pragma("recursive_triggers", "on")
        // In pages of 4 KB. Whoever commits when it is reached carries everything over into the file; the usual 1,000 would do
        // so several times a second under load, with the same pages again and again.
        .pragma("wal_autocheckpoint", "8000")
        .pragma("cache_size", "-65536");
    if let Some(folder) = options.get_filename().parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|why| ConnectError::Folder { folder: folder.display().to_string(), why })?;
    }
    let file = options.get_filename();
    if file.exists() {
        // SQLite would open it for reading only, and fail at the first statement that writes.
        std::fs::OpenOptions::new()
            .append(true)
            .open(file)
            .map_err(|why| ConnectError::File { file: file.display().to_string(), why })?;
    }
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    for (setting, wanted, name) in [("synchronous", "2", "FULL"), ("journal_mode", "wal", "WAL")] {
        let sql = AssertSqlSafe(format!("select cast({setting} as text) from pragma_{setting}")).into_sql_str();
        let value: String = sqlx::query_scalar(sql).fetch_one(&write).await?;
        if value != wanted {
            return Err(ConnectError::NotDurable { setting, value, wanted: name });
        }
    }
    let read = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options.read_only(true));
    Ok(Db::Sqlite { read, write })
}

async fn postgres(url: &str) -> Result<Db, ConnectError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|e| ConnectError::Address(e.to_string()))?
        .application_name("countersign")
        .options([
            ("statement_timeout", "60s"),
            // A daemon that stands still in the middle of one holds up every other that wants its rows.
            ("idle_in_transaction_session_timeout", "10s"),
            // A plan that was kept from when a table was nearly empty would read all of it, row for row, once it is full.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
    // One connection by itself first: the pool would only say that it waited, not what it met.
    PgConnection::connect_with(&options).await?.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        // One that was used a moment ago is not asked whether it lives: a sender would wait for that before every commit.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move { Ok(about.idle_for < LATELY || connection.ping().await.is_ok()) })
        })
        .connect_with(options)
        .await?;
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(&pool).await?;
        if value == "off" {
            return Err(ConnectError::NotDurable { setting, value, wanted: "on" });
        }
    }
    Ok(Db::Postgres(pool))
}

#[derive(RustEmbed)]
#[folder = "migrations"]
struct Files;

/// Brings the tables up to date.
pub async fn migrate(db: &Db) -> Result<(), ConnectError> {
    match db {
        Db::Sqlite { write, .. } => migrator("sqlite/").run(write).await?,
        Db::Postgres(pool) => migrator("postgres/").run(pool).await?,
    }
    Ok(())
}

/// The files of one folder, in order: `0001_people.sql` is version 1, "people".
fn migrator(folder: &str) -> Migrator {
    let mut migrations: Vec<Migration> = Files::iter()
        .filter_map(|path| {
            let (version, description) = path.strip_prefix(folder)?.strip_suffix(".sql")?.split_once('_')?;
            let sql = String::from_utf8(Files::get(&path)?.data.into_owned()).ok()?;
            let sql = AssertSqlSafe(sql).into_sql_str();
            Some(Migration::new(
                version.parse().ok()?,
                description.to_owned().into(),
                MigrationType::Simple,
                sql,
                false,
            ))
        })
        .collect();
    migrations.sort_by_key(|m| m.version);
    Migrator::with_migrations(migrations)
}
