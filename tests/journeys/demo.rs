//! The demo as somebody starts it who has read one line of the README, and the doors of a running program as they answer to
//! whoever should not be there.

use reqwest::StatusCode;
use reqwest::header::HOST;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::daemon::{Daemon, command, free_port};
use crate::support::until;
use crate::support::visitor::Visitor;

/// What waits in the inbox from the start, whatever the story does besides.
const WAITING: [&str; 5] =
    ["Winter offer", "Tea club early notice", "Orders to collect", "Winter fair sign-ups", "Change the segment"];

async fn start(folder: &Path, port: u16, pace: &str) -> Daemon {
    let listen = format!("127.0.0.1:{port}");
    let env = [("COUNTERSIGN__SERVER__LISTEN", listen.as_str())];
    Daemon::start(folder, &["demo", "--data", "data", "--pace", pace], &env, &format!("http://{listen}")).await
}

/// Signs in as the compliance officer of whom the demo keeps the password.
async fn lau(folder: &Path, url: &str) -> Visitor {
    let kept = std::fs::read_to_string(folder.join("data/sign-ins.json")).expect("the sign-ins are kept");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("they are JSON");
    let who = |field: &str| kept["people"][0][field].as_str().expect("a text").to_owned();
    let mut lau = Visitor::new(url);
    assert_eq!(lau.sign_in(&who("email"), &who("password")).await.status, 303);
    lau
}

/// What waits for the compliance officer of what was there from the start.
async fn waits(folder: &Path, url: &str) -> Vec<&'static str> {
    let inbox = lau(folder, url).await.get("/inbox").await.text();
    WAITING.into_iter().filter(|title| inbox.contains(title)).collect()
}

#[tokio::test]
async fn the_first_minutes_show_conversations_deliveries_a_paused_template_and_a_stopped_number() {
    const SOON: Duration = Duration::from_secs(50);
    let folder = tempfile::tempdir().expect("a folder");
    let daemon = start(folder.path(), free_port(), "10").await;
    let mut lau = lau(folder.path(), &daemon.url).await;
    let scenes: [(&str, &str, &[&str]); 11] = [
        ("somebody waits too long", "/conversations?queue=support", &["Late"]),
        ("a complaint has its person", "/conversations?queue=complaints", &["K. Wong", "Escalated", "teapot"]),
        ("an order waits as a file", "/conversations?queue=orders", &["Nobody"]),
        ("two conversations are closed", "/conversations?tab=closed", &["S. Ng"]),
        ("money waits for a signature", "/inbox", &["service-agent"]),
        ("a cart has become an order", "/audit?action=order.placed", &["The source took an order"]),
        ("another cart waits for a signature", "/inbox", &["Order 2 products for"]),
        ("one broadcast has ended", "/broadcasts", &["Ask us here", "Done"]),
        ("one is on its way", "/broadcasts", &["Tasting table in Sha Tin", "Sending"]),
        ("Meta's verdict is written down", "/audit?action=template.changed", &["new_teapots"]),
        ("the answers are live", "/audit?action=automation.made_live", &["Automation made live"]),
    ];
    for (what, path, words) in scenes {
        until(what, SOON, async || {
            let text = lau.get(path).await.text();
            words.iter().all(|word| text.contains(word)).then_some(())
        })
        .await;
    }
    for name in ["New teapots in Mong Kok", "The counter in Macau has moved"] {
        until(&format!("{name} stands still"), SOON, async || {
            lau.get("/broadcasts").await.part_of("tr", name).contains("Paused").then_some(())
        })
        .await;
    }
    let log = daemon.log();
    for said in [
        "the customer with the first cart goes on to the payment",
        "the template is paused for three hours",
        "the number in Macau may send no more",
        "S. Ng looks after",
    ] {
        assert!(log.contains(said), "the log does not say: {said}");
    }
    assert!(!log.contains("this did not happen"), "{log}");
    assert!(daemon.stop().await.success());
}

#[tokio::test]
async fn a_demo_that_was_broken_off_begins_anew_and_a_finished_one_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let daemon = start(folder.path(), port, "1").await;
    let found = waits(folder.path(), &daemon.url).await;
    assert_eq!(found, WAITING, "all of it waits");
    daemon.kill().await;
    // As if it had ended before the sign-ins were written down.
    std::fs::rename(folder.path().join("data/sign-ins.json"), folder.path().join("old.json")).expect("a file");
    let daemon = start(folder.path(), port, "1").await;
    assert!(daemon.log().contains("beginning anew"), "{}", daemon.log());
    assert_eq!(waits(folder.path(), &daemon.url).await, found);
    assert!(daemon.stop().await.success());
    let daemon = start(folder.path(), port, "1").await;
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
