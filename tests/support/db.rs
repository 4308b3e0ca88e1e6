//! A database of its own for each test, of both kinds.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// An empty database: a file in a folder that goes away, or a PostgreSQL database that is dropped.
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

impl TestDb {
    /// None, with a line that says so, where there is no PostgreSQL and this is not CI.
    pub async fn new(kind: Kind) -> Option<Self> {
        super::start();
        let folder = TempDir::with_prefix("countersign-").expect("a folder for the test");
        match kind {
            Kind::Sqlite => {
                let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
                Some(Self { kind, url, folder, dropped: None })
            }
            Kind::Postgres => {
                let server = std::env::var("TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty());
                if !super::have("PostgreSQL (TEST_POSTGRES_URL)", server.is_some()) {
                    return None;
                }
                let server = server?;
                let name = format!("test_{}", Uuid::new_v4().simple());
                run(&server, format!("create database {name}")).await.expect("a database for the test");
                let mut url = url::Url::parse(&server).expect("TEST_POSTGRES_URL is a URL");
                url.set_path(&name);
                Some(Self { kind, url: url.into(), folder, dropped: Some((server, name)) })
            }
        }
    }

    /// A folder of the test's own, for what stands beside the database. It goes away with it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
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
