//! One send, every way it can end: the class of the outcome, and never a second request.

use serde_json::{Value, json};

use super::*;
use crate::domain::messages::Recipient;
use crate::graph::call::LONGEST_ANSWER;
use crate::graph::errors::FatalFor;
use crate::graph::messages::{Button, ButtonValue, Header, Media, Parameters, SendOutcome, TemplateMessage, send};

const ACCEPTED: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+85291234567","wa_id":"85291234567"}],
    "messages":[{"id":"wamid.A","message_status":"accepted"}]}"#;

pub(super) fn message() -> TemplateMessage {
    TemplateMessage {
        phone_number_id: "7001".into(),
        to: Recipient::phone("+85291234567").unwrap(),
        identity_key_hash: None,
        name: "winter_offer".into(),
        language: "zh_HK".into(),
        header: None,
        body: Parameters::Positional(vec!["陳小姐".into()]),
        buttons: Vec::new(),
        extension: None,
        callback: "v1.x.1".into(),
    }
}

fn accepted() -> SendOutcome {
    SendOutcome::Accepted { wamid: "wamid.A".into(), held: false, paused: false }
}

async fn one(act: Act) -> (SendOutcome, Vec<String>) {
    let double = Double::start([act, answer(200, ACCEPTED)]).await;
    let outcome = send(&double.graph(), &credentials(), &message()).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let shown = format!("{outcome:?}");
    assert!(!shown.contains("91234567") && !shown.contains("EAAB"), "{shown}");
    assert!(double.seen().len() <= 1, "one send made {} requests", double.seen().len());
    (outcome, double.seen())
}

fn is_unknown(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Unknown { .. })
}

#[tokio::test]
async fn an_accepted_message_has_its_id_and_the_request_its_shape() {
    let (outcome, seen) = one(answer(200, ACCEPTED)).await;
    assert_eq!(outcome, accepted());
    let (head, body) = seen[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v25.0/7001/messages HTTP/1.1"), "{head}");
    assert!(head.contains(&format!("authorization: Bearer {TOKEN}")) && !head.contains("appsecret_proof"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["biz_opaque_callback_data"], "v1.x.1");
    assert_eq!(body["template"]["components"][0]["parameters"][0], json!({"type": "text", "text": "陳小姐"}));
}

#[tokio::test]
async fn the_proof_goes_into_the_query() {
    let double = Double::start([answer(200, ACCEPTED)]).await;
    let credentials =
        Credentials { token: Secret::new("what do ya want for nothing?"), app_secret: Some(Secret::new("Jefe")) };
    assert_eq!(send(&double.graph(), &credentials, &message()).await, accepted());
    let proof = "appsecret_proof=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert!(double.seen()[0].starts_with(&format!("POST /v25.0/7001/messages?{proof} HTTP/1.1")));
}

#[tokio::test]
async fn held_and_paused_messages_are_accepted() {
    for (word, held, paused) in
        [("held_for_quality_assessment", true, false), ("paused", false, true), ("new", false, false)]
    {
        let body = json!({"messages": [{"id": "wamid.A", "message_status": word}]}).to_string();
        let (outcome, _) = one(answer(200, &body)).await;
        assert_eq!(outcome, SendOutcome::Accepted { wamid: "wamid.A".into(), held, paused });
    }
}

#[tokio::test]
async fn what_was_never_connected_was_not_sent() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let not_tls = Double::start([]).await.url.replace("http:", "https:");
    for url in [format!("http://{free}"), not_tls, "http://nowhere.invalid".into()] {
        let outcome = send(&Graph::new(&settings(&url)).unwrap(), &credentials(), &message()).await;
        assert!(matches!(outcome, SendOutcome::NotSent { retry: Backoff::Reconnect, .. }), "{url}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_connection_that_times_out_was_not_sent() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts: once the queue is full, the next connection is left without an answer.
    let (mut waiting, mut timeouts) = (Vec::new(), 0);
    while timeouts < 3 {
        match tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            Ok(stream) => waiting.push(stream.unwrap()),
            Err(_) => timeouts += 1,
        }
    }
    let settings = Settings { connect_timeout: Duration::from_millis(300), ..settings(&format!("http://{address}")) };
    let outcome = send(&Graph::new(&settings).unwrap(), &credentials(), &message()).await;
    assert!(matches!(outcome, SendOutcome::NotSent { retry: Backoff::Reconnect, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_it_unknown() {
    for act in [Act::ResetBeforeReading, Act::ResetInTheMiddle, Act::ResetAfterReading, Act::CloseAfterReading] {
        let (outcome, _) = one(act.clone()).await;
        assert!(is_unknown(&outcome), "{act:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_it_unknown() {
    let whole = http(200, ACCEPTED);
    let cut = whole.strip_suffix(r#""accepted"}]}"#).unwrap().to_owned();
    let long = format!("HTTP/1.1 200 X\r\ncontent-length: 99999999\r\n\r\n{}", " ".repeat(LONGEST_ANSWER + 1));
    for act in [
        answer(200, ""),
        Act::AnswerAndClose(cut),
        Act::AnswerAndClose("HTTP/1.1 200 X\r\ncontent-le".into()),
        Act::AnswerAndClose("220 mail.example.com ESMTP\r\n".into()),
        Act::AnswerAndClose(long),
        answer(200, r#"{"success":true}"#),
        answer(200, r#"{"messages":[]}"#),
        answer(200, r#"{"messages":[{"id":""}]}"#),
        answer(200, r#"{"messages":[{"id":null}]}"#),
        answer(200, "<html>Welcome to the hotel's network</html>"),
        answer(202, ACCEPTED.trim_end_matches('}')),
    ] {
        let (outcome, seen) = one(act.clone()).await;
        assert!(is_unknown(&outcome) && seen.len() == 1, "{outcome:?}");
    }
}

#[tokio::test]
async fn redirects_and_server_errors_leave_it_unknown() {
    let elsewhere = Double::start([answer(200, ACCEPTED)]).await;
    let head = format!("location: {}/v25.0/7001/messages\r\ncontent-length: 0\r\n\r\n", elsewhere.url);
    for status in [301, 302, 303, 307, 308] {
        let (outcome, _) = one(Act::Answer(format!("HTTP/1.1 {status} X\r\n{head}"))).await;
        assert!(is_unknown(&outcome), "{status}: {outcome:?}");
    }
    assert!(elsewhere.seen().is_empty(), "a redirect was followed");
    for act in [answer(500, ""), answer(502, "<html>"), answer(503, "{}"), refusal(500, 131_000), refusal(503, 2)] {
        assert!(is_unknown(&one(act).await.0));
    }
    // Even codes that mean "later": a gateway may say so after the message went out.
    for code in [130_429, 131_056, 131_057, 133_004] {
        assert!(is_unknown(&one(refusal(503, code)).await.0), "{code}");
    }
}

#[tokio::test]
async fn a_refusal_without_an_error_object_or_with_a_vague_one_leaves_it_unknown() {
    for act in [
        answer(400, ""),
        answer(403, "<html>"),
        answer(404, "{}"),
        answer(429, "slow down"),
        answer(400, r#"{"error":"x"}"#),
    ] {
        assert!(is_unknown(&one(act).await.0));
    }
    for code in [1, 2, 131_000, 131_016] {
        assert!(is_unknown(&one(refusal(400, code)).await.0), "{code}");
    }
}

#[tokio::test]
async fn a_throttled_message_was_not_sent() {
    for (code, retry) in [
        (4, Backoff::CallBudget { regain: None }),
        (80_007, Backoff::CallBudget { regain: None }),
        (130_429, Backoff::Rate),
        (131_056, Backoff::Recipient),
        (131_057, Backoff::Pause(Duration::from_secs(60))),
        (133_004, Backoff::Pause(Duration::from_secs(60))),
    ] {
        for status in [400, 403, 429] {
            let (outcome, seen) = one(refusal(status, code)).await;
            let SendOutcome::NotSent { why, retry: asked } = outcome else { panic!("{code}: {outcome:?}") };
            assert_eq!((asked, seen.len()), (retry, 1), "{code}");
            assert!(why.contains(&code.to_string()), "{why}");
        }
    }
}

#[tokio::test]
async fn a_refused_message_says_how_far_the_refusal_reaches() {
    for (code, reach) in [
        (131_009, FatalFor::Message),
        (131_026, FatalFor::Recipient),
        (131_047, FatalFor::Recipient),
        (131_050, FatalFor::Recipient),
        (132_015, FatalFor::Template),
        (190, FatalFor::Account),
        (368, FatalFor::Account),
        (987_654, FatalFor::Message),
    ] {
        let (outcome, _) = one(refusal(400, code)).await;
        let SendOutcome::Rejected { error, fatal_for } = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!((error.code, fatal_for, error.title.as_str()), (code, reach, "Some title"));
        assert_eq!(error.details.as_deref(), Some("for …67 with [token]"));
    }
}

#[tokio::test]
async fn budgets_are_read_and_tell_how_long_to_wait() {
    let body = r#"{"error":{"code":80007,"message":"(#80007) Rate limit"}}"#;
    let usage = r#"{"9001":[{"type":"whatsapp","call_count":100,"estimated_time_to_regain_access":3}]}"#;
    let length = body.len();
    let answer =
        format!("HTTP/1.1 400 X\r\nX-Business-Use-Case-Usage: {usage}\r\ncontent-length: {length}\r\n\r\n{body}");
    let double = Double::start([Act::Answer(answer)]).await;
    let graph = double.graph();
    let outcome = send(&graph, &credentials(), &message()).await;
    let regain = Some(Duration::from_secs(180));
    assert!(matches!(outcome, SendOutcome::NotSent { retry: Backoff::CallBudget { regain: r }, .. } if r == regain));
    assert_eq!(graph.usage("7001").map(|usage| usage.highest()), Some(100));
    assert_eq!(graph.usage("7002"), None);
}

#[tokio::test]
async fn patience_has_an_end_and_the_end_is_unknown() {
    for act in [Act::Silence, Act::Drip(http(200, ACCEPTED), Duration::from_millis(20))] {
        let double = Double::start([act]).await;
        let settings = Settings { response_timeout: Duration::from_millis(400), ..settings(&double.url) };
        let outcome = send(&Graph::new(&settings).unwrap(), &credentials(), &message()).await;
        assert!(is_unknown(&outcome), "{outcome:?}");
        assert_eq!(double.seen().len(), 1);
    }
    let slow = Act::Drip(http(200, ACCEPTED), Duration::from_millis(1));
    assert_eq!(one(slow).await.0, accepted());
}

#[tokio::test]
async fn a_reused_connection_that_dies_is_not_tried_again() {
    for act in [Act::CloseAfterReading, Act::ResetAfterReading] {
        let double = Double::start([answer(200, ACCEPTED), act, answer(200, ACCEPTED)]).await;
        let graph = double.graph();
        assert_eq!(send(&graph, &credentials(), &message()).await, accepted());
        assert!(is_unknown(&send(&graph, &credentials(), &message()).await));
        assert_eq!(double.seen().len(), 2);
        assert_eq!(send(&graph, &credentials(), &message()).await, accepted());
    }
}

#[tokio::test]
async fn idle_connections_that_close_never_double_a_message() {
    let rounds = 200;
    let double = Double::start(vec![Act::AnswerAndClose(http(200, ACCEPTED)); rounds]).await;
    let graph = double.graph();
    let mut certain = 0;
    for round in 0..rounds {
        match send(&graph, &credentials(), &message()).await {
            SendOutcome::Accepted { .. } => certain += 1,
            // Written into a connection that was closing: Meta may have seen it or not.
            SendOutcome::Unknown { .. } => {}
            other => panic!("{other:?}"),
        }
        if round % 3 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let seen = double.seen().len();
    assert!(certain <= seen && seen <= rounds, "{certain} accepted, {seen} seen, {rounds} sent");
    assert!(certain > rounds / 10, "only {certain} of {rounds} went through");
}

#[tokio::test]
async fn what_cannot_be_right_does_not_leave_the_house() {
    let double = Double::start([answer(200, ACCEPTED)]).await;
    let graph = double.graph();
    let wrong = |change: fn(&mut TemplateMessage)| {
        let mut message = message();
        change(&mut message);
        message
    };
    for message in [
        wrong(|m| m.identity_key_hash = Some(String::new())),
        wrong(|m| m.buttons = vec![Button { index: 10, value: ButtonValue::UrlSuffix("x".into()) }]),
        wrong(|m| m.header = Some(Header::Image(Media::Link("http://e.example/a.png".into())))),
        wrong(|m| m.callback = "x".repeat(513)),
        wrong(|m| m.callback = String::new()),
        wrong(|m| m.phone_number_id = "7001/../9001".into()),
        wrong(|m| m.phone_number_id = "..".into()),
        wrong(|m| m.phone_number_id = String::new()),
    ] {
        let outcome = send(&graph, &credentials(), &message).await;
        assert!(matches!(outcome, SendOutcome::NotSent { retry: Backoff::Never, .. }), "{outcome:?}");
    }
    let broken = Credentials { token: Secret::new("two\nlines"), app_secret: None };
    let outcome = send(&graph, &broken, &message()).await;
    assert!(
        matches!(&outcome, SendOutcome::NotSent { retry: Backoff::Never, why } if !why.contains("two")),
        "{outcome:?}"
    );
    assert!(double.seen().is_empty());
}
