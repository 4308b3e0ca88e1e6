//! The client against a double on a bare socket, which can lose, cut and delay answers as no server library would.

mod analytics;
mod business;
mod calls;
mod drafts;
mod errors;
mod free;
mod media;
mod reads;
mod sends;
mod template_parts;
mod templates;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const TOKEN: &str = "EAAB-private-token";

/// What the double does with the next request, or the next connection.
#[derive(Debug, Clone)]
enum Act {
    ResetBeforeReading,
    ResetInTheMiddle,
    ResetAfterReading,
    CloseAfterReading,
    /// Reads and says nothing.
    Silence,
    /// Answers and keeps the connection.
    Answer(String),
    /// Answers, promises to keep the connection, and closes it.
    AnswerAndClose(String),
    /// Answers byte by byte.
    Drip(String, Duration),
}

struct Double {
    url: String,
    acts: Arc<Mutex<VecDeque<Act>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Double {
    async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let acts = Arc::new(Mutex::new(acts.into_iter().collect::<VecDeque<_>>()));
        let double = Self { url, acts, seen: Arc::default() };
        let (acts, seen) = (double.acts.clone(), double.seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, acts.clone(), seen.clone()));
            }
        });
        double
    }

    /// Every request that was read to its end.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn graph(&self) -> Graph {
        Graph::new(&settings(&self.url)).unwrap()
    }
}

async fn serve(mut stream: TcpStream, acts: Arc<Mutex<VecDeque<Act>>>, seen: Arc<Mutex<Vec<String>>>) {
    let next = || acts.lock().unwrap().front().cloned();
    let done = || acts.lock().unwrap().pop_front();
    loop {
        match next() {
            Some(Act::ResetBeforeReading) => {
                done();
                return stream.set_zero_linger().unwrap();
            }
            Some(Act::ResetInTheMiddle) => {
                stream.read_u8().await.ok();
                done();
                return stream.set_zero_linger().unwrap();
            }
            _ => {}
        }
        let Some(request) = read_request(&mut stream).await else { return };
        seen.lock().unwrap().push(request);
        match done() {
            Some(Act::Answer(answer)) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Some(Act::AnswerAndClose(answer)) => return stream.write_all(answer.as_bytes()).await.unwrap(),
            Some(Act::Drip(answer, pause)) => {
                for byte in answer.bytes() {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
            Some(Act::Silence) => tokio::time::sleep(Duration::from_secs(60)).await,
            Some(Act::ResetAfterReading) => return stream.set_zero_linger().unwrap(),
            _ => return,
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn answer(status: u16, body: &str) -> Act {
    Act::Answer(http(status, body))
}

fn refusal(status: u16, code: i64) -> Act {
    let details = "for +85291234567 with EAABsbCS1234567890abcdefghijklmnopQRSTUV";
    let error = serde_json::json!({"message": format!("(#{code}) Some title"), "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details}, "fbtrace_id": "AbC"});
    answer(status, &serde_json::json!({"error": error}).to_string())
}

fn settings(url: &str) -> Settings {
    Settings {
        graph_url: url.to_owned(),
        connect_timeout: Duration::from_secs(2),
        response_timeout: Duration::from_secs(5),
        ..Settings::default()
    }
}

/// The first line and the headers of a request, and its body.
fn halves(request: &str) -> (&str, &str) {
    request.split_once("\r\n\r\n").unwrap()
}

/// The body of a request, which is JSON.
fn json_of(request: &str) -> Value {
    serde_json::from_str(halves(request).1).unwrap()
}

fn done() -> Act {
    answer(200, r#"{"success":true}"#)
}

fn credentials() -> Credentials {
    Credentials { token: Secret::new(TOKEN), app_secret: None }
}

#[test]
fn settings_that_cannot_work_are_refused_with_a_sentence() {
    let with = |graph_url: &str, version: &str| {
        let settings = Settings { api_version: version.into(), ..settings(graph_url) };
        Graph::new(&settings).map(|graph| graph.base.to_string()).map_err(|e| e.to_string())
    };
    assert_eq!(with("https://graph.facebook.com", "v25.0").unwrap(), "https://graph.facebook.com/v25.0");
    assert_eq!(with("http://127.0.0.1:9/graph/", "v25.0").unwrap(), "http://127.0.0.1:9/graph/v25.0");
    for (url, version) in [
        ("graph.facebook.com", "v25.0"),
        ("", "v25.0"),
        ("ftp://graph.facebook.com", "v25.0"),
        ("https://user:pass@graph.facebook.com", "v25.0"),
        ("https://graph.facebook.com?x=1", "v25.0"),
        ("https://graph.facebook.com", "25.0"),
        ("https://graph.facebook.com", "v25"),
        ("https://graph.facebook.com", "v25.0/../x"),
    ] {
        let sentence = with(url, version).unwrap_err();
        assert!(sentence.contains("write it like") && !sentence.contains("pass@"), "{url} {version}: {sentence}");
    }
}

#[test]
fn credentials_do_not_print() {
    let credentials = Credentials { token: Secret::new(TOKEN), app_secret: Some(Secret::new("app-private")) };
    assert!(!format!("{credentials:?}").contains("private"));
}
