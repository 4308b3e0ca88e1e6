//! Creating, editing, deleting and unpausing templates.

use serde_json::json;

use super::drafts::{plain, written};
use super::*;
use crate::graph::templates::{
    self, Category, Created, DraftContent, NewTemplate, ParameterFormat, TemplateEdit, TemplateStatus, Unpaused,
};

fn offer() -> NewTemplate {
    NewTemplate {
        name: "winter_offer".into(),
        language: "zh_HK".into(),
        category: Category::Utility,
        format: ParameterFormat::Positional,
        content: DraftContent::Written(written(plain("Hello"))),
        ttl_seconds: Some(43_200),
    }
}

#[tokio::test]
async fn a_new_template_may_get_another_category_than_was_asked_for() {
    let double = Double::start([
        answer(200, r#"{"id":"501","status":"PENDING","category":"MARKETING"}"#),
        answer(200, r#"{"id":502}"#),
        answer(200, r#"{"status":"PENDING"}"#),
        refusal(400, 2_388_024),
        Act::CloseAfterReading,
    ])
    .await;
    let graph = double.graph();
    let create = async || templates::create(&graph, &credentials(), "9001", &offer()).await;
    let created = Created { id: "501".into(), status: TemplateStatus::Pending, category: Category::Marketing };
    assert_eq!(create().await, Ok(created));
    assert_eq!(create().await.map(|c| (c.id, c.category)), Ok(("502".into(), Category::Utility)));
    assert!(matches!(create().await, Err(Error::InDoubt { .. })));
    assert!(matches!(create().await, Err(Error::Rejected(e)) if e.row().meaning == "template exists already"));
    assert!(matches!(create().await, Err(Error::InDoubt { .. })), "it may be there or not: its name tells");
    let seen = double.seen();
    assert!(seen[0].starts_with("POST /v25.0/9001/message_templates HTTP/1.1"));
    assert_eq!(
        json_of(&seen[0]),
        json!({"name": "winter_offer", "language": "zh_HK", "category": "UTILITY", "parameter_format": "POSITIONAL",
            "message_send_ttl_seconds": 43_200, "components": [{"type": "BODY", "text": "Hello"}]})
    );
}

#[tokio::test]
async fn an_edit_names_what_changes() {
    let double = Double::start([done(), done(), answer(200, r#"{"success":false}"#)]).await;
    let graph = double.graph();
    let content = Some(DraftContent::Written(written(plain("Bye"))));
    let edits = [
        (TemplateEdit { content, ..TemplateEdit::default() }, json!({"components": [{"type": "BODY", "text": "Bye"}]})),
        (
            TemplateEdit { category: Some(Category::Marketing), ttl_seconds: Some(-1), content: None },
            json!({"category": "MARKETING", "message_send_ttl_seconds": -1}),
        ),
    ];
    for (edit, wanted) in edits {
        templates::edit(&graph, &credentials(), "501", &edit).await.unwrap();
        let request = double.seen().pop().unwrap();
        assert!(request.starts_with("POST /v25.0/501 HTTP/1.1"));
        assert_eq!(json_of(&request), wanted);
    }
    let edit = TemplateEdit::default();
    assert!(matches!(templates::edit(&graph, &credentials(), "501", &edit).await, Err(Error::InDoubt { .. })));
}

#[tokio::test]
async fn deleting_takes_all_languages_or_one() {
    let double = Double::start([done(), done()]).await;
    let graph = double.graph();
    templates::delete(&graph, &credentials(), "9001", "winter_offer").await.unwrap();
    templates::delete_one(&graph, &credentials(), "9001", "winter_offer", "501").await.unwrap();
    let seen = double.seen();
    assert!(seen[0].starts_with("DELETE /v25.0/9001/message_templates?name=winter_offer HTTP/1.1"));
    assert!(seen[1].starts_with("DELETE /v25.0/9001/message_templates?hsm_id=501&name=winter_offer HTTP/1.1"));
    // What could mean more than was meant is not sent.
    for (name, id) in [("", "501"), ("Winter", "501"), ("winter_offer", "")] {
        let refused = templates::delete_one(&graph, &credentials(), "9001", name, id).await;
        assert!(matches!(refused, Err(Error::NotSent { retry: Backoff::Never, .. })), "{name} {id}");
    }
    let longest = "a".repeat(512);
    assert!(matches!(
        templates::delete(&graph, &credentials(), "9001", &format!("{longest}a")).await,
        Err(Error::NotSent { retry: Backoff::Never, .. })
    ));
    assert_eq!(double.seen().len(), 2);
}

#[tokio::test]
async fn a_pause_ends_or_meta_says_why_not() {
    let double =
        Double::start([done(), answer(200, r#"{"success":false,"reason":"Too early"}"#), answer(200, "{}")]).await;
    let graph = double.graph();
    let unpause = async || templates::unpause(&graph, &credentials(), "501").await;
    assert_eq!(unpause().await, Ok(Unpaused::Done));
    assert_eq!(unpause().await, Ok(Unpaused::NotYet("Too early".into())));
    assert!(matches!(unpause().await, Err(Error::InDoubt { .. })));
    assert!(double.seen()[0].starts_with("POST /v25.0/501/unpause HTTP/1.1"));
}

#[tokio::test]
async fn templates_are_found_by_their_exact_name_and_by_their_id() {
    let item = |id: &str, name: &str| json!({"id": id, "name": name, "language": "en"});
    let list = json!({"data": [item("1", "offer"), item("2", "winter_offer"), item("3", "offer")]});
    let one = json!({"id": "3", "name": "offer", "language": "en", "message_send_ttl_seconds": 600, "health_status":
        {"can_send_message": "BLOCKED", "entities": [{"entity_type": "MESSAGE_TEMPLATE", "id": "3", "can_send_message": "BLOCKED",
            "errors": [{"error_code": 141_002, "error_description": "Not approved"}]}]}});
    let double =
        Double::start([answer(200, &list.to_string()), answer(200, &one.to_string()), answer(200, "{}")]).await;
    let graph = double.graph();
    let found = templates::named(&graph, &credentials(), "9001", "offer").await.unwrap();
    assert_eq!(found.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["1", "3"]);
    let template = templates::get(&graph, &credentials(), "3").await.unwrap();
    let health = template.health.unwrap();
    assert_eq!((template.ttl_seconds, health.reasons), (Some(600), vec!["Not approved".to_owned()]));
    assert_eq!(health.parts[0].kind, "MESSAGE_TEMPLATE");
    assert!(matches!(templates::get(&graph, &credentials(), "3").await, Err(Error::InDoubt { .. })));
    let seen = double.seen();
    assert!(seen[0].starts_with("GET /v25.0/9001/message_templates?fields=id%2Cname"));
    assert!(seen[0].lines().next().unwrap().contains("&name=offer&limit=100 "));
    assert!(seen[1].starts_with("GET /v25.0/3?fields=id%2Cname"));
}
