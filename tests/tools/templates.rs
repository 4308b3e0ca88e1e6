//! Templates: what may be sent, why not, and nothing of Meta's own.

use countersign::domain::consent::MessageCategory;
use countersign::domain::templates::{Button, Header, MessageTemplate, Quality, TemplateContent, TemplateStatus};
use countersign::store::templates;
use serde_json::json;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(templates_are_listed_by_what_is_asked, a_template_is_shown_in_its_languages);

fn template(name: &str, language: &str, status: TemplateStatus) -> MessageTemplate {
    MessageTemplate {
        name: name.into(),
        language: language.parse().unwrap(),
        meta_id: format!("59430042{}{}", name.len(), language.len()),
        category: MessageCategory::Marketing,
        status,
        quality: Quality::Green,
        rejected_reason: (status == TemplateStatus::Rejected)
            .then(|| "INVALID_FORMAT, see https://business.facebook.com/x reviewer@meta.com".into()),
        correct_category: None,
        content: TemplateContent {
            header: Some(Header::Text("Hi {{1}}".into())),
            body: "{{1}}, {{2}} off".into(),
            footer: None,
            buttons: vec![Button::Url { text: "Look".into(), url: "https://shop.example/{{1}}".into() }],
        },
        synced_at: NOW,
    }
}

async fn seed(world: &World) {
    let mut tx = world.db.begin().await.unwrap();
    for t in [
        template("offer", "en", TemplateStatus::Approved),
        template("offer", "zh_HK", TemplateStatus::Rejected),
        template("receipt", "en", TemplateStatus::Paused),
    ] {
        templates::upsert(&mut tx, world.tenant.id, &t).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn templates_are_listed_by_what_is_asked(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    seed(&world).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let agent = door.modern(&key);
    for (filter, count) in [
        (json!({}), 3),
        (json!({"status": "approved"}), 1),
        (json!({"language": "en"}), 2),
        (json!({"name": "offer", "quality": "green", "category": "marketing"}), 2),
        (json!({"name": "OFFER"}), 0),
    ] {
        assert_eq!(agent.pages("whatsapp.templates.list", filter.clone(), 1).await.len(), count, "{filter}");
    }
    let all = agent.pages("whatsapp.templates.list", json!({}), 9).await;
    let sendable: Vec<bool> = all.iter().map(|t| t["sendable"].as_bool().unwrap()).collect();
    assert_eq!(sendable, [true, false, false]);
    let reason = all[1]["rejected_reason"].as_str().unwrap();
    assert!(reason.contains("INVALID_FORMAT") && !reason.contains("facebook") && !reason.contains('@'), "{reason}");
    assert!(all[0]["meta_id"].as_str().unwrap().starts_with("•••"));
}

async fn a_template_is_shown_in_its_languages(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    seed(&world).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,provider_ids").await;
    let agent = door.modern(&key);
    let whole = agent.call("whatsapp.template.get", json!({"name": "offer"})).await;
    assert_eq!(whole["languages"].as_array().unwrap().len(), 2);
    let english = agent.call("whatsapp.template.get", json!({"name": "offer", "language": "en"})).await;
    let shown = &english["languages"][0];
    assert_eq!(english["languages"].as_array().unwrap().len(), 1);
    assert_eq!((&shown["header"], &shown["body"]), (&json!({"text": "Hi {{1}}"}), &json!("{{1}}, {{2}} off")));
    assert_eq!(shown["template"]["placeholders"], json!(["1", "2", "button.1.1", "header.1"]));
    assert_eq!(shown["template"]["meta_id"], "5943004252");
    assert_eq!(shown["buttons"][0], json!({"kind": "url", "label": "Look", "target": "https://shop.example/{{1}}"}));
    for arguments in [json!({"name": "nothing"}), json!({"name": "offer", "language": "fr"})] {
        assert_eq!(agent.refused("whatsapp.template.get", arguments).await["code"], "not_found");
    }
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    let error = door.modern(&foreign).refused("whatsapp.template.get", json!({"name": "offer"})).await;
    assert_eq!(error["code"], "not_found");
}
