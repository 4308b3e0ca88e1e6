//! What holds for every call: its version and host, its proof, one request, and the budgets that Meta states.

use bytes::Bytes;
use serde_json::json;

use super::sends::message;
use super::*;
use crate::domain::messages::{OutboundMessage, Recipient};
use crate::graph::messages::{SendOutcome, mark_read, say, send};
use crate::graph::templates::{self, TemplateEdit};
use crate::graph::uploads::{self, Session};
use crate::graph::{business, media};

type Made = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>>>>;
type Make = fn(Graph, Credentials) -> Made;

/// One call of each kind that is no message.
const CALLS: &[Make] = &[
    |g, c| Box::pin(async move { mark_read(&g, &c, "7001", "wamid.B").await }),
    |g, c| Box::pin(async move { templates::list(&g, &c, "7001").await.map(drop) }),
    |g, c| Box::pin(async move { templates::get(&g, &c, "7001").await.map(drop) }),
    |g, c| Box::pin(async move { templates::edit(&g, &c, "7001", &TemplateEdit::default()).await }),
    |g, c| Box::pin(async move { templates::delete(&g, &c, "7001", "offer").await }),
    |g, c| Box::pin(async move { templates::unpause(&g, &c, "7001").await.map(drop) }),
    |g, c| Box::pin(async move { media::get(&g, &c, "7001", None).await.map(drop) }),
    |g, c| Box::pin(async move { media::delete(&g, &c, "7001", None).await }),
    |g, c| {
        Box::pin(async move {
            let file = media::Upload { bytes: Bytes::new(), mime_type: "image/png".into(), filename: "a.png".into() };
            media::upload(&g, &c, "7001", file).await.map(drop)
        })
    },
    |g, c| Box::pin(async move { uploads::offset(&g, &c, &Session::kept("upload:MTph").unwrap()).await.map(drop) }),
    |g, c| {
        Box::pin(async move {
            uploads::send(&g, &c, &Session::kept("upload:MTph").unwrap(), Bytes::new(), 0).await.map(drop)
        })
    },
    |g, c| Box::pin(async move { business::phone_number(&g, &c, "7001").await.map(drop) }),
    |g, c| Box::pin(async move { business::profile(&g, &c, "7001").await.map(drop) }),
    |g, c| Box::pin(async move { business::block(&g, &c, "7001", &[]).await.map(drop) }),
    |g, c| Box::pin(async move { business::blocked(&g, &c, "7001").await.map(drop) }),
    |g, c| Box::pin(async move { business::set_identity_check(&g, &c, "7001", true).await }),
    |g, c| Box::pin(async move { business::subscribed_apps(&g, &c, "7001").await.map(drop) }),
];

#[tokio::test]
async fn every_call_is_one_request_with_its_version_and_its_proof() {
    let proof = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let token = || Secret::new("what do ya want for nothing?");
    for make in CALLS {
        for (app_secret, proven) in [(Some(Secret::new("Jefe")), true), (Some(Secret::new("")), false), (None, false)] {
            // What answers so may have acted or not; nobody asks again.
            let double = Double::start([answer(502, "<html>"), done()]).await;
            let settings = Settings { api_version: "v26.0".into(), ..settings(&double.url) };
            let error = make(Graph::new(&settings).unwrap(), Credentials { token: token(), app_secret }).await;
            assert!(matches!(error, Err(Error::InDoubt { .. })), "{error:?}");
            let seen = double.seen();
            let [request] = &seen[..] else { panic!("{} requests", seen.len()) };
            let line = request.lines().next().unwrap();
            assert!(line.contains(" /v26.0/7001") || line.contains(" /v26.0/upload:MTph"), "{line}");
            assert_eq!(line.contains(&format!("appsecret_proof={proof}")), proven, "{line}");
            assert_eq!(line.contains("appsecret_proof"), proven, "{line}");
            assert!(!line.contains("want"), "the token stands in no address: {line}");
        }
    }
}

#[tokio::test]
async fn no_call_follows_a_redirect() {
    let elsewhere = Double::start([done()]).await;
    for make in CALLS {
        let moved = format!("HTTP/1.1 307 X\r\nlocation: {}/v25.0/7001\r\ncontent-length: 0\r\n\r\n", elsewhere.url);
        let double = Double::start([Act::Answer(moved)]).await;
        assert!(matches!(make(double.graph(), credentials()).await, Err(Error::InDoubt { .. })));
    }
    assert!(elsewhere.seen().is_empty());
}

/// An answer that says that a budget of account 9001 is used up for so many minutes.
fn used_up(minutes: u32, body: &str) -> Act {
    let usage = json!({"9001": [{"type": "whatsapp", "call_count": 100, "estimated_time_to_regain_access": minutes}]});
    let length = body.len();
    Act::Answer(format!(
        "HTTP/1.1 200 X\r\nX-Business-Use-Case-Usage: {usage}\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

#[tokio::test]
async fn calls_wait_while_a_budget_is_used_up_and_messages_do_not() {
    let double = Double::start([
        used_up(3, r#"{"id":"7001"}"#),
        answer(200, r#"{"messages":[{"id":"wamid.A"}]}"#),
        answer(200, r#"{"id":"7002"}"#),
    ])
    .await;
    let graph = double.graph();
    business::phone_number(&graph, &credentials(), "7001").await.unwrap();
    // By the number that was called, and by the account that was named.
    for id in ["7001", "9001"] {
        let refused = business::phone_number(&graph, &credentials(), id).await;
        let Err(Error::NotSent { why, retry: Backoff::CallBudget { regain: Some(left) } }) = refused else {
            panic!("{id}: {refused:?}")
        };
        assert!(left > Duration::from_secs(170) && left <= Duration::from_secs(180), "{left:?}");
        assert!(why.contains("budget"), "{why}");
    }
    assert_eq!(double.seen().len(), 1);
    let sent = send(&graph, &credentials(), &message()).await;
    assert!(matches!(sent, SendOutcome::Accepted { .. }), "{sent:?}");
    assert_eq!(business::phone_number(&graph, &credentials(), "7002").await.map(|n| n.id), Ok("7002".into()));
}

#[tokio::test]
async fn a_message_that_is_told_of_a_budget_closes_no_call() {
    let double =
        Double::start([used_up(3, r#"{"messages":[{"id":"wamid.A"}]}"#), answer(200, r#"{"id":"7001"}"#)]).await;
    let graph = double.graph();
    let said: OutboundMessage = serde_json::from_value(
        json!({"to": Recipient::phone("+85291234567").unwrap(), "content": {"kind": "text", "body": "b"}}),
    )
    .unwrap();
    assert!(matches!(say(&graph, &credentials(), "7001", &said, "t").await, SendOutcome::Accepted { .. }));
    assert_eq!(business::phone_number(&graph, &credentials(), "7001").await.map(|n| n.id), Ok("7001".into()));
}
