//! The real program, as an operator runs it: its own process, its own folder, signals.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

pub struct Daemon {
    /// Where it answers, without a slash at the end.
    pub url: String,
    child: Child,
    log: PathBuf,
}

/// A port that was free a moment ago. What listens there says so if somebody was faster.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// One command that ends by itself, in `folder`, with nothing on its input.
pub async fn command(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    command_with_input(folder, args, env, "").await
}

pub async fn command_with_input(folder: &Path, args: &[&str], env: &[(&str, &str)], input: &str) -> Output {
    use tokio::io::AsyncWriteExt as _;
    let mut child = Command::new(PROGRAM)
        .args(args)
        .envs(env.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("its input is piped");
    // A command that does not read its input may be gone already.
    pipe.write_all(input.as_bytes()).await.ok();
    drop(pipe);
    let done = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output());
    done.await.unwrap_or_else(|_| panic!("countersign {args:?} did not end")).expect("it ran")
}

/// As `command`, for one that has to succeed; its standard output.
pub async fn run(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
    let output = command(folder, args, env).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "countersign {args:?} ended with {}: {said}", output.status);
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

impl Daemon {
    /// Starts the program in `folder` and waits until `/healthz` answers at `url`. Its output goes to `daemon.log` in
    /// the folder, after that of an earlier run.
    pub async fn start(folder: &Path, args: &[&str], env: &[(&str, &str)], url: &str) -> Self {
        super::start();
        let log = folder.join("daemon.log");
        let output = std::fs::File::options().create(true).append(true).open(&log).expect("a log file");
        let child = Command::new(PROGRAM)
            .args(args)
            .envs(env.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the log twice"))
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut daemon = Self { url: url.trim_end_matches('/').to_owned(), child, log };
        daemon.ready().await;
        daemon
    }

    async fn ready(&mut self) {
        let address = format!("{}/healthz", self.url);
        super::until("the daemon's first answer", Duration::from_secs(30), async || {
            if let Some(status) = self.child.try_wait().expect("the daemon can be asked") {
                panic!("the daemon ended with {status}:\n{}", self.log());
            }
            reqwest::get(&address).await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log can be read")
    }

    fn pid(&self) -> u32 {
        self.child.id().expect("the daemon is running")
    }

    /// SIGKILL: it ends at this instant, whatever it was doing.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the daemon was running");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the daemon can be asked")
    }

    /// Sends it a signal, by its name.
    pub async fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().await;
        assert!(sent.expect("kill runs").success(), "the daemon was running");
    }

    /// SIGTERM, and how it ended.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("TERM").await;
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("the daemon did not stop:\n{}", self.log())).expect("it can be waited for")
    }
}

impl Drop for Daemon {
    /// A test that fails shows what the daemon said last.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("the daemon at {} said last:", self.url);
            last.into_iter().rev().for_each(|line| eprintln!("  {line}"));
        }
    }
}
