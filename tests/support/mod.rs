//! What the tests stand on: fresh databases, the real program, a browser, a mail server, agents written by others.

#![allow(dead_code, reason = "a helper may have a knob that no test turns today")]

pub mod agent;
pub mod axe;
pub mod backup;
pub mod browser;
pub mod cost;
pub mod counter;
pub mod cut;
pub mod daemon;
pub mod db;
pub mod door;
pub mod samples;
pub mod server;
pub mod smtp;
pub mod visitor;
pub mod workbook;
pub mod world;

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Chooses the TLS library, which every HTTP client in this process needs; harmless when it is done twice.
pub fn start() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// Whether what a test needs is there. Missing, it fails the test in CI; elsewhere the test says that it was skipped.
pub fn have(what: &str, found: bool) -> bool {
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{what} is missing, and in CI no test is skipped; run ./test");
        eprintln!("skipped: {what} is missing; ./test installs it");
    }
    found
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program on the search path.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Asks until there is an answer, and fails with `what` when there is none in time.
pub async fn until<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what}: not within {within:?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
