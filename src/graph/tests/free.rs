//! Messages in an open conversation, as Meta wants each of them, and the road on which they go.

use serde_json::json;

use super::*;
use crate::domain::contacts::identity::UserId;
use crate::domain::messages::{OutboundMessage, Recipient};
use crate::graph::errors::FatalFor;
use crate::graph::messages::{SendOutcome, mark_read, say, show_typing};

const ACCEPTED: &str = r#"{"messages":[{"id":"wamid.A"}]}"#;

/// As it is stored with the action that people sign.
fn stored(content: &Value) -> OutboundMessage {
    serde_json::from_value(json!({"to": {"phone": "+85291234567"}, "content": content})).unwrap()
}

/// What is said, and what Meta gets: the member of that name, with its `type` beside it.
fn kinds() -> Vec<(Value, &'static str, Value)> {
    let id = json!({"id": "1013"});
    let interactive = |kind: &str, parts: Value| {
        let mut message = json!({"type": kind});
        message.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        message
    };
    vec![
        (json!({"kind": "text", "body": "你好"}), "text", json!({"body": "你好", "preview_url": false})),
        (
            json!({"kind": "text", "body": "https://e.example", "preview_url": true}),
            "text",
            json!({"body": "https://e.example", "preview_url": true}),
        ),
        (
            json!({"kind": "image", "media": id, "caption": "Oolong"}),
            "image",
            json!({"id": "1013", "caption": "Oolong"}),
        ),
        (
            json!({"kind": "video", "media": {"link": "https://e.example/a.mp4"}}),
            "video",
            json!({"link": "https://e.example/a.mp4"}),
        ),
        (json!({"kind": "audio", "media": id}), "audio", json!({"id": "1013"})),
        (json!({"kind": "audio", "media": id, "voice": true}), "audio", json!({"id": "1013", "voice": true})),
        (
            json!({"kind": "document", "media": id, "caption": "c", "filename": "menu.pdf"}),
            "document",
            json!({"id": "1013", "caption": "c", "filename": "menu.pdf"}),
        ),
        (json!({"kind": "sticker", "media": id}), "sticker", json!({"id": "1013"})),
        (
            json!({"kind": "location", "latitude": "22.2855", "longitude": "114.1577", "name": "Shop", "address": "Central"}),
            "location",
            json!({"latitude": "22.2855", "longitude": "114.1577", "name": "Shop", "address": "Central"}),
        ),
        (
            json!({"kind": "location", "latitude": "22.2855", "longitude": "114.1577"}),
            "location",
            json!({"latitude": "22.2855", "longitude": "114.1577"}),
        ),
        (
            json!({"kind": "contacts", "contacts": [{"name": {"formatted_name": "K. Wong", "first_name": "K."}, "birthday": "1990-02-28",
                "phones": [{"phone": "+852 9123 4567", "type": "CELL", "wa_id": "85291234567"}], "org": {"company": "Shop"}}]}),
            "contacts",
            json!([{"name": {"formatted_name": "K. Wong", "first_name": "K."}, "birthday": "1990-02-28",
                "phones": [{"phone": "+852 9123 4567", "type": "CELL", "wa_id": "85291234567"}], "org": {"company": "Shop"}}]),
        ),
        (
            json!({"kind": "reaction", "message_id": "wamid.B", "emoji": "👍"}),
            "reaction",
            json!({"message_id": "wamid.B", "emoji": "👍"}),
        ),
        (
            json!({"kind": "reaction", "message_id": "wamid.B"}),
            "reaction",
            json!({"message_id": "wamid.B", "emoji": ""}),
        ),
        (
            json!({"kind": "reply_buttons", "header": {"image": id}, "body": "b", "footer": "f", "buttons": [{"id": "y", "title": "Yes"}]}),
            "interactive",
            interactive(
                "button",
                json!({"header": {"type": "image", "image": id}, "body": {"text": "b"}, "footer": {"text": "f"},
                "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]}}),
            ),
        ),
        (
            json!({"kind": "list", "header": "h", "body": "b", "button": "Choose", "sections": [
                {"title": "Teas", "rows": [{"id": "a", "title": "Oolong", "description": "d"}, {"id": "b", "title": "Green"}]},
                {"title": "Cups", "rows": [{"id": "c", "title": "Small"}]}]}),
            "interactive",
            interactive(
                "list",
                json!({"header": {"type": "text", "text": "h"}, "body": {"text": "b"}, "action": {"button": "Choose",
                "sections": [{"title": "Teas", "rows": [{"id": "a", "title": "Oolong", "description": "d"}, {"id": "b", "title": "Green"}]},
                    {"title": "Cups", "rows": [{"id": "c", "title": "Small"}]}]}}),
            ),
        ),
        (
            json!({"kind": "cta_url", "header": {"document": {"media": id, "filename": "a.pdf"}}, "body": "b", "label": "Look",
                "url": "https://e.example/w"}),
            "interactive",
            interactive(
                "cta_url",
                json!({"header": {"type": "document", "document": {"id": "1013", "filename": "a.pdf"}},
                "body": {"text": "b"},
                "action": {"name": "cta_url", "parameters": {"display_text": "Look", "url": "https://e.example/w"}}}),
            ),
        ),
        (
            json!({"kind": "cta_url", "header": {"video": id}, "body": "b", "label": "Look", "url": "https://e.example/w"}),
            "interactive",
            interactive(
                "cta_url",
                json!({"header": {"type": "video", "video": id}, "body": {"text": "b"},
                "action": {"name": "cta_url", "parameters": {"display_text": "Look", "url": "https://e.example/w"}}}),
            ),
        ),
        (
            json!({"kind": "product", "catalog_id": "77", "product_retailer_id": "sku-1", "body": "b"}),
            "interactive",
            interactive(
                "product",
                json!({"body": {"text": "b"}, "action": {"catalog_id": "77", "product_retailer_id": "sku-1"}}),
            ),
        ),
        (
            json!({"kind": "product_list", "header": "h", "body": "b", "footer": "f", "catalog_id": "77",
                "sections": [{"title": "Teas", "product_retailer_ids": ["sku-1", "sku-2"]}]}),
            "interactive",
            interactive(
                "product_list",
                json!({"header": {"type": "text", "text": "h"}, "body": {"text": "b"}, "footer": {"text": "f"},
                "action": {"catalog_id": "77", "sections": [
                    {"title": "Teas", "product_items": [{"product_retailer_id": "sku-1"}, {"product_retailer_id": "sku-2"}]}]}}),
            ),
        ),
    ]
}

#[tokio::test]
async fn every_kind_goes_as_meta_wants_it() {
    let kinds = kinds();
    let double = Double::start(vec![answer(200, ACCEPTED); kinds.len()]).await;
    let graph = double.graph();
    for (content, kind, wanted) in kinds {
        let outcome = say(&graph, &credentials(), "7001", &stored(&content), "v1.x.1").await;
        assert_eq!(outcome, SendOutcome::Accepted { wamid: "wamid.A".into(), held: false, paused: false }, "{content}");
        let request = double.seen().pop().unwrap();
        assert!(request.starts_with("POST /v25.0/7001/messages HTTP/1.1"), "{request}");
        let whole = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+85291234567",
            "type": kind, "biz_opaque_callback_data": "v1.x.1", kind: wanted});
        assert_eq!(json_of(&request), whole);
    }
}

#[tokio::test]
async fn an_answer_a_person_without_a_number_and_an_identity_have_their_members() {
    let double = Double::start([answer(200, ACCEPTED)]).await;
    let mut message = stored(&json!({"kind": "text", "body": "b"}));
    message.to = Recipient::from(UserId::parse("US.1349").unwrap());
    (message.reply_to, message.identity_key_hash) = (Some("wamid.B".into()), Some("hash=".into()));
    say(&double.graph(), &credentials(), "7001", &message, "t").await;
    let body = json_of(&double.seen()[0]);
    assert_eq!(
        body,
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "US.1349", "type": "text",
            "biz_opaque_callback_data": "t", "recipient_identity_key_hash": "hash=", "context": {"message_id": "wamid.B"},
            "text": {"body": "b", "preview_url": false}})
    );
}

#[tokio::test]
async fn what_meta_would_refuse_does_not_leave_and_says_why() {
    let double = Double::start([]).await;
    let long = stored(&json!({"kind": "text", "body": "x".repeat(4097)}));
    let short = stored(&json!({"kind": "text", "body": "b"}));
    for (message, callback, number, said) in [
        (&long, "t", "7001", "body: 4,097 characters, at most 4,096 (Meta)"),
        (&short, "", "7001", "callback: missing, and Meta requires it"),
        (&short, "t", "7001/..", "the id in the call is not one of Meta's: letters and digits only"),
    ] {
        let outcome = say(&double.graph(), &credentials(), number, message, callback).await;
        assert_eq!(outcome, SendOutcome::NotSent { why: said.into(), retry: Backoff::Never });
    }
    assert!(double.seen().is_empty());
}

#[tokio::test]
async fn outcomes_have_the_classes_of_every_send() {
    let said = async |act| {
        let double = Double::start([act, answer(200, ACCEPTED)]).await;
        let message = stored(&json!({"kind": "text", "body": "b"}));
        let outcome = say(&double.graph(), &credentials(), "7001", &message, "t").await;
        assert!(double.seen().len() <= 1);
        outcome
    };
    assert!(matches!(said(refusal(400, 131_047)).await, SendOutcome::Rejected { fatal_for: FatalFor::Recipient, .. }));
    assert!(matches!(said(refusal(400, 131_056)).await, SendOutcome::NotSent { retry: Backoff::Recipient, .. }));
    for act in [Act::CloseAfterReading, answer(200, "{}"), answer(502, ""), refusal(500, 131_000)] {
        assert!(matches!(said(act).await, SendOutcome::Unknown { .. }));
    }
}

#[tokio::test]
async fn reading_and_typing_are_shown() {
    let double = Double::start([done(), done(), answer(200, "{}"), refusal(400, 131_009)]).await;
    let graph = double.graph();
    mark_read(&graph, &credentials(), "7001", "wamid.B").await.unwrap();
    show_typing(&graph, &credentials(), "7001", "wamid.B").await.unwrap();
    let seen = double.seen();
    assert!(seen.iter().all(|request| request.starts_with("POST /v25.0/7001/messages HTTP/1.1")));
    assert_eq!(json_of(&seen[0]), json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.B"}));
    assert_eq!(
        json_of(&seen[1]),
        json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.B", "typing_indicator": {"type": "text"}})
    );
    assert!(matches!(mark_read(&graph, &credentials(), "7001", "w").await, Err(Error::InDoubt { .. })));
    assert!(matches!(mark_read(&graph, &credentials(), "7001", "w").await, Err(Error::Rejected(_))));
}
