//! A business with a folder for its files, and a virus scanner that can be taken away.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use countersign::domain::clock::{Clock, FixedClock, SystemClock, Timestamp};
use countersign::domain::ids::{AgentId, TenantId};
use countersign::domain::media::{Given, Origin};
use countersign::error::{Error, Result};
use countersign::objects::{Objects, Place};
use countersign::scan::Scanner;
use countersign::store::identity::Identity;
use countersign::store::instance;
use countersign::tools::Ctx;
use countersign::tools::media::{self, Ingested, Media};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::db::TestDb;
use crate::support::door;
use crate::support::world::World;

/// What the scanner of these tests takes for a virus.
pub const VIRUS: &[u8] = b"this is a virus";

pub struct Stage {
    pub ctx: Ctx,
    pub world: World,
    pub folder: TempDir,
    /// Whether the scanner answers.
    pub scans: Arc<AtomicBool>,
    clock: Arc<FixedClock>,
    db: TestDb,
}

impl Stage {
    pub async fn new(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let folder = tempfile::tempdir().unwrap();
        let scans = Arc::new(AtomicBool::new(true));
        let (mut ctx, clock) = door::ctx(&world.db);
        // The folder goes by the machine's clock.
        clock.set(SystemClock.now());
        ctx.media = Media {
            objects: Some(Objects::open(&Place::Folder(folder.path().to_owned())).unwrap()),
            scanner: Some(scanner(Arc::clone(&scans)).await),
            ..Media::default()
        };
        let identity = Identity::of(&world.db).await.unwrap();
        instance::enter(&world.db, "test", 0, &identity, ctx.clock.now()).await.unwrap();
        Self { ctx, world, folder, scans, clock, db }
    }

    pub fn tenant(&self) -> TenantId {
        self.world.tenant.id
    }

    pub fn now(&self) -> Timestamp {
        self.ctx.clock.now()
    }

    /// Time goes on.
    pub fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// What another daemon on the same database works with.
    pub async fn another(&self) -> Ctx {
        Ctx { db: self.db.open().await, ..self.ctx.clone() }
    }

    /// As an agent uploads it.
    pub async fn upload(&self, name: &str, bytes: impl Into<Bytes>) -> Result<Ingested> {
        let given = Given { bytes: bytes.into(), name: name.to_owned(), declared: None };
        media::ingest(&self.ctx, self.tenant(), given, Origin::Agent(AgentId::from_uuid(uuid::Uuid::nil()))).await
    }

    /// As a customer sends it.
    pub async fn receive(&self, name: &str, bytes: impl Into<Bytes>) -> Result<Ingested> {
        let given = Given { bytes: bytes.into(), name: name.to_owned(), declared: None };
        media::ingest(&self.ctx, self.tenant(), given, Origin::Inbound).await
    }

    /// The files in the folder that are called by their hash.
    pub fn kept(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.retain(|path| path.file_name().is_some_and(|name| name.len() == 64));
        found.sort();
        found
    }

    /// Makes all that is kept so old.
    pub fn age(&self, hours: u64) {
        let then = std::time::SystemTime::now() - Duration::from_hours(hours);
        for file in self.kept() {
            std::fs::File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
        }
    }
}

/// The rules that a refusal names.
pub fn rules(refused: &Error) -> Vec<&str> {
    let Error::Blocked(findings) = refused else { panic!("{refused:?}") };
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// A clamd that hangs up while it is said not to answer.
pub async fn scanner(answers: Arc<AtomicBool>) -> Scanner {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = Scanner::at(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if answers.load(Ordering::SeqCst) {
                tokio::spawn(scan(stream));
            }
        }
    });
    scanner
}

async fn scan(mut stream: TcpStream) -> std::io::Result<()> {
    let mut command = [0; 10];
    stream.read_exact(&mut command).await?;
    let mut file = Vec::new();
    loop {
        let length = stream.read_u32().await?;
        if length == 0 {
            break;
        }
        let mut piece = vec![0; length as usize];
        stream.read_exact(&mut piece).await?;
        file.extend(piece);
    }
    let found = file.windows(VIRUS.len()).any(|window| window == VIRUS);
    stream.write_all(if found { b"stream: Test.Virus FOUND\0" } else { b"stream: OK\0" }).await
}
