//! A database of its own for each test, of both kinds.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::store::{self, Db};
use sha2::Digest as _;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A database of one test: a file in a folder that goes away, or a PostgreSQL database that is dropped.
pub struct TestDb {
    pub kind: Kind,
    pub url: String,
    folder: TempDir,
    dropped: Option<(String, String)>,
}

/// Declares, for each `async fn name(db: TestDb)` of this module, one test on each kind of database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(db) = crate::support::db::TestDb::new(crate::support::db::Kind::Sqlite).await {
                    super::$name(db).await;
                }
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(db) = crate::support::db::TestDb::new(crate::support::db::Kind::Postgres).await {
                    super::$name(db).await;
                }
            })+
        }
    };
}
pub(crate) use on_both;

/// Counts the rows of the tables that a statement names.
macro_rules! count {
    ($connection:ident, $tables:literal) => {{
        let tables: Vec<(String,)> = sqlx::query_as($tables).fetch_all(&mut $connection).await.expect("the tables");
        let mut counts = BTreeMap::new();
        for (table,) in tables {
            let sql = AssertSqlSafe(format!("select count(*) from \"{table}\""));
            let (count,): (i64,) = sqlx::query_as(sql).fetch_one(&mut $connection).await.expect("its rows");
            counts.insert(table, count);
        }
        counts
    }};
}

impl TestDb {
    /// With the tables of today. None, with a line that says so, where there is no PostgreSQL and this is not CI.
    pub async fn new(kind: Kind) -> Option<Self> {
        let empty = Self::empty(kind);
        if kind == Kind::Sqlite {
            return empty.await; // the file is made when it is opened, which is as fast as a copy
        }
        let (server, folder) = Self::server()?;
        let template = template(&server).await;
        Some(Self::create(server, folder, &format!(" template {template}")).await)
    }

    /// On a server of the test's own.
    pub async fn on(server: &str) -> Self {
        super::start();
        Self::create(server.to_owned(), folder(), "").await
    }

    /// Without any table, to be migrated by the test.
    pub async fn empty(kind: Kind) -> Option<Self> {
        super::start();
        if kind == Kind::Sqlite {
            let folder = folder();
            let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
            return Some(Self { kind, url, folder, dropped: None });
        }
        let (server, folder) = Self::server()?;
        Some(Self::create(server, folder, "").await)
    }

    fn server() -> Option<(String, TempDir)> {
        super::start();
        let server = std::env::var("TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty());
        super::have("PostgreSQL (TEST_POSTGRES_URL)", server.is_some()).then_some(())?;
        Some((server?, folder()))
    }

    async fn create(server: String, folder: TempDir, from: &str) -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        run(&server, format!("create database {name}{from}")).await.expect("a database for the test");
        Self { kind: Kind::Postgres, url: beside(&server, &name), folder, dropped: Some((server, name)) }
    }

    /// For names of files.
    pub const fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "sqlite",
            Kind::Postgres => "postgres",
        }
    }

    /// Opened as the daemon opens it, with the tables of today.
    pub async fn open(&self) -> Db {
        let db = store::connect(&self.url).await.expect("the database opens");
        store::migrate(&db).await.expect("the tables are brought up to date");
        db
    }

    /// Runs a statement past the store, as whoever holds the database could.
    pub async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.expect("the statement runs");
    }

    /// The same, and what the database says if it refuses.
    pub async fn try_execute(&self, sql: &str) -> Result<(), String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = match self.kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                sqlx::query("pragma recursive_triggers = on")
                    .execute(&mut connection)
                    .await
                    .expect("the pragma is set");
                sqlx::raw_sql(sql).execute(&mut connection).await.map(drop)
            }
            Kind::Postgres => run(&self.url, sql.0).await,
        };
        done.map_err(|e| e.to_string())
    }

    /// How many rows each table has.
    pub async fn rows(&self) -> BTreeMap<String, i64> {
        match self.kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                count!(connection, "select name from sqlite_master where type = 'table'")
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server answers");
                count!(connection, "select tablename::text from pg_tables where schemaname = 'public'")
            }
        }
    }

    /// A folder of the test's own, for what stands beside the database. It goes away with it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

fn folder() -> TempDir {
    TempDir::with_prefix("countersign-").expect("a folder for the test")
}

/// The address of another database on the same server.
fn beside(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).expect("TEST_POSTGRES_URL is a URL");
    url.set_path(name);
    url.into()
}

/// A database that has been migrated once, to be copied: much faster than to migrate each. Its name holds the hash of
/// the migrations, and it gets that name when it is complete. Whoever comes first makes it; the others wait.
async fn template(server: &str) -> String {
    let mut hash = sha2::Sha256::new();
    let folder = super::root().join("migrations/postgres");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("migrations").map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        hash.update(std::fs::read(file).expect("a migration"));
    }
    let name = format!("template_{}", hex::encode(&hash.finalize()[..8]));
    let mut lock = PgConnection::connect(server).await.expect("the server answers");
    sqlx::query("select pg_advisory_lock(1)").execute(&mut lock).await.expect("the others finish");
    let known = sqlx::query("select 1 from pg_database where datname = $1").bind(&name).fetch_optional(&mut lock).await;
    if known.expect("the list of databases").is_none() {
        let draft = format!("draft_{}", Uuid::new_v4().simple());
        run(server, format!("create database {draft}")).await.expect("a database");
        let db = store::connect(&beside(server, &draft)).await.expect("it opens");
        store::migrate(&db).await.expect("it is migrated");
        db.close().await;
        run(server, format!("alter database {draft} rename to {name}")).await.expect("it is named");
    }
    lock.close().await.expect("the lock goes with the connection");
    name
}

async fn run(server: &str, statement: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Some((server, name)) = self.dropped.take() else { return };
        // A drop cannot wait, and the runtime of the test may be going down: a thread with a runtime of its own can.
        let cleaner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let gone = run(&server, format!("drop database if exists {name} with (force)"));
                tokio::time::timeout(Duration::from_secs(10), gone).await.ok();
            });
            std::io::Result::Ok(())
        });
        cleaner.join().ok();
    }
}
