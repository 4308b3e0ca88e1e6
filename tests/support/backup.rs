//! Backups and copies of a test's database, made as an administrator makes them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::process::Command;
use url::Url;

use super::db::{Kind, TestDb};

/// A backup of a test's database.
pub struct Kept {
    kind: Kind,
    url: String,
    file: PathBuf,
}

impl Kept {
    pub fn beside(db: &TestDb) -> Self {
        Self { kind: db.kind, url: db.url.clone(), file: db.folder().join("kept") }
    }

    /// Made as an administrator makes it of a database in use.
    pub async fn make(&self) {
        if self.kind == Kind::Postgres {
            program("pg_dump", &["--format=custom", "--dbname", &self.url, "--file"], &self.file).await;
            return;
        }
        let options = SqliteConnectOptions::new().filename(self.database()).busy_timeout(Duration::from_secs(20));
        let mut connection = options.connect().await.expect("the file opens");
        let copied = sqlx::query("vacuum into $1").bind(self.file.display().to_string()).execute(&mut connection).await;
        copied.expect("a copy is made");
        connection.close().await.expect("it closes");
    }

    pub async fn put_back(&self) {
        if self.kind == Kind::Sqlite {
            std::fs::rename(&self.file, self.database()).expect("the backup is put back");
            self.forget_log();
            return;
        }
        let name = self.name();
        let restored = format!("{name}_restored");
        self.restore_as(&restored).await;
        self.say(format!("drop database {name} with (force)")).await;
        self.say(format!("alter database {restored} rename to {name}")).await;
    }

    /// Into the same file and the same database, which stay what they are.
    pub async fn put_over(&self) {
        if self.kind == Kind::Postgres {
            let args = ["--clean", "--if-exists", "--single-transaction", "--dbname", &self.url];
            return program("pg_restore", &args, &self.file).await;
        }
        std::fs::copy(&self.file, self.database()).expect("the backup is copied over it");
        self.forget_log();
    }

    fn forget_log(&self) {
        for end in ["-wal", "-shm"] {
            std::fs::remove_file(format!("{}{end}", self.database())).ok();
        }
    }

    /// Beside the database it was made of; the address of the copy.
    pub async fn put_beside(&self) -> String {
        if self.kind == Kind::Sqlite {
            return format!("sqlite://{}", self.file.display());
        }
        self.restore_as(&self.copy()).await;
        self.at(&self.copy())
    }

    /// Takes away what was put beside it on a server.
    pub async fn drop_copy(&self) {
        if self.kind == Kind::Postgres {
            self.say(format!("drop database {} with (force)", self.copy())).await;
        }
    }

    async fn restore_as(&self, name: &str) {
        self.say(format!("create database {name}")).await;
        program("pg_restore", &["--dbname", &self.at(name)], &self.file).await;
    }

    async fn say(&self, statement: String) {
        let mut server = PgConnection::connect(&self.at("postgres")).await.expect("the server answers");
        server.execute(AssertSqlSafe(statement)).await.expect("the server does it");
        server.close().await.expect("it closes");
    }

    /// The address of another database on the same server.
    fn at(&self, name: &str) -> String {
        let mut url = Url::parse(&self.url).expect("an address");
        url.set_path(name);
        url.into()
    }

    fn name(&self) -> String {
        Url::parse(&self.url).expect("an address").path().trim_start_matches('/').to_owned()
    }

    fn copy(&self) -> String {
        format!("{}_copy", self.name())
    }

    pub fn database(&self) -> &str {
        self.url.trim_start_matches("sqlite://")
    }
}

async fn program(name: &str, args: &[&str], file: &Path) {
    let done = Command::new(name).args(args).arg(file).status().await.expect("PostgreSQL's programs are there");
    assert!(done.success(), "{name}: {done}");
}
