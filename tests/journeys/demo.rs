//! The demo as somebody starts it who has read one line of the README, and the doors of a running program as they answer to
//! whoever should not be there.

use reqwest::StatusCode;
use reqwest::header::HOST;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::daemon::{Daemon, command, free_port};

async fn start(folder: &Path, port: u16) -> Daemon {
    let listen = format!("127.0.0.1:{port}");
    let env = [("COUNTERSIGN__SERVER__LISTEN", listen.as_str())];
    Daemon::start(folder, &["demo", "--data", "data"], &env, &format!("http://{listen}")).await
}

/// Signs in as the compliance officer of whom the demo keeps the password, and counts what waits.
async fn waits(folder: &Path, url: &str) -> usize {
    let kept = std::fs::read_to_string(folder.join("data/sign-ins.json")).expect("the sign-ins are kept");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("they are JSON");
    let lau = &kept["people"][0];
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let fields = [("email", lau["email"].as_str()), ("password", lau["password"].as_str())];
    let fields: Vec<(&str, &str)> = fields.into_iter().map(|(name, value)| (name, value.expect("a text"))).collect();
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = http.post(format!("{url}/login")).header("sec-fetch-site", "same-origin");
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie =
        answer.headers()["set-cookie"].to_str().expect("text").split(';').next().unwrap_or_default().to_owned();
    let inbox = http.get(format!("{url}/inbox")).header("cookie", cookie).send().await.expect("an answer");
    inbox.text().await.expect("a page").matches("data-row").count()
}

#[tokio::test]
async fn a_demo_that_was_broken_off_begins_anew_and_a_finished_one_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let daemon = start(folder.path(), port).await;
    let found = waits(folder.path(), &daemon.url).await;
    assert!(found >= 4, "{found} requests wait");
    daemon.kill().await;
    // As if it had ended before the sign-ins were written down.
    std::fs::rename(folder.path().join("data/sign-ins.json"), folder.path().join("old.json")).expect("a file");
    let daemon = start(folder.path(), port).await;
    assert!(daemon.log().contains("beginning anew"), "{}", daemon.log());
    assert_eq!(waits(folder.path(), &daemon.url).await, found);
    assert!(daemon.stop().await.success());
    let daemon = start(folder.path(), port).await;
    assert_eq!(waits(folder.path(), &daemon.url).await, found, "what waited still waits");

    let listen = format!("127.0.0.1:{port}");
    let env = [("COUNTERSIGN__SERVER__LISTEN", listen.as_str())];
    let refused = command(folder.path(), &["demo", "--data", "other"], &env).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("cannot listen on"), "{said}");
    assert!(!folder.path().join("other").exists(), "a start that came to nothing leaves nothing");

    who_calls_by_another_name_gets_nothing(&daemon.url).await;
    a_body_that_never_ends_is_not_waited_for(port).await;
}

/// DNS rebinding: a page of another site points its own name at this machine.
async fn who_calls_by_another_name_gets_nothing(url: &str) {
    let http = reqwest::Client::new();
    for (path, host, status) in [
        ("/login", "evil.example", StatusCode::FORBIDDEN),
        ("/static/console.css", "evil.example", StatusCode::FORBIDDEN),
        ("/mcp", "evil.example", StatusCode::FORBIDDEN),
        ("/login", "localhost", StatusCode::OK),
        // Probes and Meta call by whatever name they were given.
        ("/healthz", "probe.internal", StatusCode::OK),
    ] {
        let answer = http.get(format!("{url}{path}")).header(HOST, host).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{path} called by {host}");
        if status == StatusCode::FORBIDDEN {
            assert!(answer.text().await.expect("a sentence").contains("server.allowed_hosts"), "{path}");
        }
    }
}

async fn a_body_that_never_ends_is_not_waited_for(port: u16) {
    let mut caller = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    let head = "POST /login HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nemail=";
    caller.write_all(head.as_bytes()).await.expect("it is taken");
    let mut answer = vec![0; 4_096];
    let read = tokio::time::timeout(Duration::from_secs(40), caller.read(&mut answer)).await;
    let read = read.expect("an answer before the patience of the test ends").expect("the connection holds");
    let said = String::from_utf8_lossy(answer.get(..read).unwrap_or_default()).into_owned();
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
}
