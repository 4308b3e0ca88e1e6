//! A mail server that keeps what it is given and can be told to refuse.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// As it came over the wire, headers and body, without dot-stuffing.
    pub raw: String,
}

impl Mail {
    fn parsed(&self) -> mail_parser::Message<'_> {
        mail_parser::MessageParser::default().parse(&self.raw).expect("a mail that can be parsed")
    }

    pub fn subject(&self) -> String {
        self.parsed().subject().unwrap_or_default().to_owned()
    }

    /// The body as a person reads it.
    pub fn text(&self) -> String {
        self.parsed().body_text(0).unwrap_or_default().into_owned()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.parsed().header(name.to_owned())?.as_text().map(str::to_owned)
    }
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    refusal: Option<&'static str>,
    refused: usize,
}

pub struct Sink {
    pub addr: SocketAddr,
    state: Arc<Mutex<State>>,
    listener: JoinHandle<()>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                // A client that hangs up in the middle is no business of the sink.
                tokio::spawn(async move { converse(stream, state).await.ok() });
            }
        });
        Self { addr, state, listener }
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.state.lock().expect("no sink task panicked").mails.clone()
    }

    /// From now on every recipient is answered with this line, for example `451 4.3.0 later` or `550 5.1.1 nobody`.
    pub fn refuse(&self, line: Option<&'static str>) {
        self.state.lock().expect("no sink task panicked").refusal = line;
    }

    /// How many recipients were refused.
    pub fn refused(&self) -> usize {
        self.state.lock().expect("no sink task panicked").refused
    }

    /// The mails, as soon as there are `count` of them. A mail that was refused is tried again after 20 seconds.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        super::until(&format!("{count} mails"), Duration::from_secs(40), async || {
            Some(self.mails()).filter(|mails| mails.len() >= count)
        })
        .await
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// What a recipient is answered with, if not yes; counts it.
fn refusal(state: &Mutex<State>) -> Option<&'static str> {
    let mut state = state.lock().expect("no sink task panicked");
    state.refused += usize::from(state.refusal.is_some());
    state.refusal
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), Vec::new());
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let verb = line.split([' ', '\r', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n".to_owned(),
            "HELO" | "NOOP" => "250 ok\r\n".to_owned(),
            "RSET" => {
                to.clear();
                "250 ok\r\n".to_owned()
            }
            "MAIL" => {
                (from, to) = (address(), Vec::new());
                "250 ok\r\n".to_owned()
            }
            "RCPT" => match refusal(&state) {
                Some(refusal) => format!("{refusal}\r\n"),
                None => {
                    to.push(address());
                    "250 ok\r\n".to_owned()
                }
            },
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let raw = message(&mut stream).await?;
                let mail = Mail { from: std::mem::take(&mut from), to: std::mem::take(&mut to), raw };
                state.lock().expect("no sink task panicked").mails.push(mail);
                "250 kept\r\n".to_owned()
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 not here\r\n".to_owned(),
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}

/// Lines up to a lone dot; a line that began with a dot had another put before it.
async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
