//! Stands between a daemon and PostgreSQL, and cuts connections around a COMMIT: before the server hears it, or when it has
//! done it and before the client hears of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use url::Url;

const SSL_REQUEST: u32 = 80_877_103;

/// The door for the daemon.
pub struct Cut {
    /// The address of the same database, through here.
    pub url: String,
    cuts: Arc<Cuts>,
}

#[derive(Default)]
struct Cuts {
    /// Each so many-th COMMIT meets its fate; 0 for none.
    every: AtomicU64,
    commits: AtomicU64,
    unheard: AtomicU64,
    unanswered: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passes,
    Unheard,
    Unanswered,
}

impl Cuts {
    fn fate(&self) -> Fate {
        let every = self.every.load(Ordering::SeqCst);
        let count = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        if every == 0 || !count.is_multiple_of(every) {
            Fate::Passes
        } else if (count / every).is_multiple_of(2) {
            self.unheard.fetch_add(1, Ordering::SeqCst);
            Fate::Unheard
        } else {
            self.unanswered.fetch_add(1, Ordering::SeqCst);
            Fate::Unanswered
        }
    }
}

impl Cut {
    pub async fn before(database: &str) -> Self {
        let server = Url::parse(database).expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let name = server.path().trim_start_matches('/');
        let (user, port) = (server.username(), listener.local_addr().expect("the port").port());
        let url = format!("postgres://{user}@127.0.0.1:{port}/{name}?sslmode=disable");
        let cuts = Arc::new(Cuts::default());
        let shared = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, cuts) = (server.clone(), Arc::clone(&shared));
                tokio::spawn(async move { pass(client, &server, &cuts).await });
            }
        });
        Self { url, cuts }
    }

    /// From here on, or 0 for no more.
    pub fn each(&self, every: u64) {
        self.cuts.every.store(every, Ordering::SeqCst);
    }

    /// COMMITs that the server never heard, and those that it did without anybody hearing of it.
    pub fn done(&self) -> [u64; 2] {
        [&self.cuts.unheard, &self.cuts.unanswered].map(|count| count.load(Ordering::SeqCst))
    }
}

async fn pass(client: TcpStream, server: &Url, cuts: &Cuts) -> Option<()> {
    let (from_client, to_client) = client.into_split();
    let socket = server.query_pairs().find(|(name, _)| name == "host").map(|(_, folder)| folder.into_owned());
    if let Some(folder) = socket.filter(|folder| folder.starts_with('/')) {
        let port = server.port().unwrap_or(5432);
        let (from, to) = UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).await.ok()?.into_split();
        between(from_client, to_client, from, to, cuts).await
    } else {
        let (host, port) = (server.host_str()?, server.port().unwrap_or(5432));
        let (from, to) = TcpStream::connect((host, port)).await.ok()?.into_split();
        between(from_client, to_client, from, to, cuts).await
    }
}

/// Until one of them goes, or the connection is cut: then both ends are closed.
async fn between(
    mut from_client: impl AsyncRead + Unpin,
    mut to_client: impl AsyncWrite + Unpin,
    mut from_server: impl AsyncRead + Unpin,
    mut to_server: impl AsyncWrite + Unpin,
    cuts: &Cuts,
) -> Option<()> {
    let mute = AtomicBool::new(false);
    let asks = async {
        loop {
            let length = from_client.read_u32().await.ok()?;
            let word = from_client.read_u32().await.ok()?;
            to_server.write_u32(length).await.ok()?;
            to_server.write_u32(word).await.ok()?;
            relay(&mut from_client, &mut to_server, length.checked_sub(8)?).await?;
            if word != SSL_REQUEST {
                break;
            }
        }
        loop {
            let kind = from_client.read_u8().await.ok()?;
            let length = from_client.read_u32().await.ok()?;
            let mut body = vec![0; length.checked_sub(4)? as usize];
            from_client.read_exact(&mut body).await.ok()?;
            let fate = if kind == b'Q' && body.starts_with(b"COMMIT") { cuts.fate() } else { Fate::Passes };
            if fate == Fate::Unheard {
                return None;
            }
            mute.store(fate == Fate::Unanswered, Ordering::SeqCst);
            to_server.write_u8(kind).await.ok()?;
            to_server.write_u32(length).await.ok()?;
            to_server.write_all(&body).await.ok()?;
        }
    };
    let answers = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from_server.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            if mute.load(Ordering::SeqCst) {
                return None;
            }
            to_client.write_all(buffer.get(..read)?).await.ok()?;
        }
    };
    tokio::select! { end = asks => end, end = answers => end }
}

async fn relay(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), length: u32) -> Option<()> {
    let mut rest = vec![0; length as usize];
    from.read_exact(&mut rest).await.ok()?;
    to.write_all(&rest).await.ok()
}
