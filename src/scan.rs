//! The virus scanner: clamd, over TCP or a socket of this machine. What it does not say is not known.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::domain::media::{Scan, Unscanned};

/// A scanner that does not take the connection is away.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// The largest file takes less.
const PATIENCE: Duration = Duration::from_secs(40);
/// As much at once; clamd's own limit is on the whole.
const PIECE: usize = 64 << 10;
/// Answers are one line.
const LONGEST_ANSWER: u64 = 4 << 10;

/// Settings that cannot be used, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("media.clamd is no address: write it as tcp://127.0.0.1:3310 or unix:/run/clamav/clamd.ctl")]
pub struct ScanSetupError;

/// Where clamd listens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    Tcp(String),
    Unix(PathBuf),
}

/// Asks clamd.
#[derive(Debug, Clone)]
pub struct Scanner {
    address: Address,
    patience: Duration,
}

/// Why nothing was learnt. For the log; whoever uploads learns only that.
#[derive(Debug, thiserror::Error)]
enum ScanError {
    #[error("it cannot be reached: {0}")]
    Unreachable(std::io::Error),
    #[error("the connection broke: {0}")]
    Broken(std::io::Error),
    #[error("it did not answer within {0:?}")]
    Slow(Duration),
    #[error("it answered what is no result: {0:?}")]
    Answer(String),
}

impl Scanner {
    /// At `tcp://HOST:PORT` or `unix:PATH`.
    pub fn at(text: &str) -> Result<Self, ScanSetupError> {
        let address = if let Some(host) = text.strip_prefix("tcp://") {
            let (name, port) = host.rsplit_once(':').ok_or(ScanSetupError)?;
            if name.is_empty() || port.parse::<u16>().is_err() {
                return Err(ScanSetupError);
            }
            Address::Tcp(host.to_owned())
        } else {
            let path = text.strip_prefix("unix:").filter(|path| path.starts_with('/')).ok_or(ScanSetupError)?;
            Address::Unix(path.into())
        };
        Ok(Self { address, patience: PATIENCE })
    }

    /// What it says of these bytes.
    pub async fn scan(&self, bytes: &Bytes) -> Scan {
        let answer = self.ask(b"zINSTREAM\0", Some(bytes)).await.and_then(|answer| result(&answer));
        answer.unwrap_or_else(|error| {
            tracing::warn!(%error, "a file was not scanned for viruses (media.clamd)");
            Scan::NotScanned(Unscanned::Down)
        })
    }

    /// Whether it answers.
    pub async fn answers(&self) -> bool {
        matches!(self.ask(b"zPING\0", None).await.as_deref(), Ok("PONG"))
    }

    async fn ask(&self, command: &[u8], bytes: Option<&Bytes>) -> Result<String, ScanError> {
        let asked = async {
            match &self.address {
                Address::Tcp(host) => talk(connected(TcpStream::connect(host)).await?, command, bytes).await,
                Address::Unix(path) => talk(connected(UnixStream::connect(path)).await?, command, bytes).await,
            }
        };
        timeout(self.patience, asked).await.map_err(|_| ScanError::Slow(self.patience))?
    }
}

async fn connected<S>(connecting: impl Future<Output = std::io::Result<S>>) -> Result<S, ScanError> {
    let connected = timeout(CONNECT_PATIENCE, connecting).await.map_err(|_| ScanError::Slow(CONNECT_PATIENCE))?;
    connected.map_err(ScanError::Unreachable)
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    command: &[u8],
    bytes: Option<&Bytes>,
) -> Result<String, ScanError> {
    let (reading, mut writing) = tokio::io::split(stream);
    let said = async {
        writing.write_all(command).await?;
        if let Some(bytes) = bytes {
            for piece in bytes.chunks(PIECE) {
                writing.write_u32(u32::try_from(piece.len()).unwrap_or_default()).await?;
                writing.write_all(piece).await?;
            }
            writing.write_u32(0).await?;
        }
        writing.flush().await
    };
    let mut answer = Vec::new();
    let mut reading = reading.take(LONGEST_ANSWER);
    // One that has had enough answers and closes before it has heard all.
    let (said, heard) = tokio::join!(said, reading.read_to_end(&mut answer));
    if answer.is_empty() {
        said.and(heard.map(drop)).map_err(ScanError::Broken)?;
    }
    Ok(String::from_utf8_lossy(&answer).trim_end_matches(['\0', '\n']).to_owned())
}

/// `stream: OK`, `stream: NAME FOUND`, or that it was too much.
fn result(answer: &str) -> Result<Scan, ScanError> {
    if answer == "stream: OK" {
        return Ok(Scan::Clean);
    }
    if let Some(name) = answer.strip_prefix("stream: ").and_then(|rest| rest.strip_suffix(" FOUND")) {
        let name: String = name.chars().filter(char::is_ascii_graphic).take(100).collect();
        return Ok(Scan::Infected(name));
    }
    if answer.starts_with("INSTREAM size limit exceeded") {
        return Ok(Scan::NotScanned(Unscanned::TooLarge));
    }
    Err(ScanError::Answer(answer.chars().take(100).collect()))
}

#[cfg(test)]
mod tests;
