//! How a template fares: Meta's events make the history, and the advice follows from it.

use countersign::domain::audit::{Actor, Event, template_subject};
use countersign::domain::clock::Timestamp;
use countersign::domain::templates::{Quality, TemplateStatus};
use countersign::store::{audit, templates};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(pauses_and_quality_are_told_with_what_follows,);

const GET: &str = "whatsapp.template_quality.get";
const HOUR: Duration = Duration::from_hours(1);

/// One language of the template stands so, and the log says what was told.
async fn stands(world: &World, status: TemplateStatus, quality: Quality, told: &[(Timestamp, Value)]) {
    let tenant = world.tenant.id;
    let mut template = templates::of_name(&world.db, tenant, "winter_offer").await.unwrap().remove(0);
    (template.status, template.quality) = (status, quality);
    let mut tx = world.db.begin().await.unwrap();
    templates::upsert(&mut tx, tenant, &template).await.unwrap();
    for (at, details) in told {
        let subject = template_subject("winter_offer", template.language.as_str());
        let event = Event { actor: Actor::Meta, act: "template.changed", subject, details: details.clone() };
        audit::append(&mut tx, tenant, *at, event).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn pauses_and_quality_are_told_with_what_follows(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.ready_to_send(1).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let agent = door.modern(&key);
    let fresh = agent.call(GET, json!({"name": "winter_offer"})).await;
    assert_eq!(fresh["languages"].as_array().unwrap().len(), 2);
    let one = &fresh["languages"][0];
    assert_eq!((&one["advice"], &one["pause"], &one["strikes"]), (&json!("go_on"), &Value::Null, &json!(0)));
    assert_eq!(fresh["last_30_days"]["blocked_or_reported"], Value::Null);

    let (first, second) = (NOW.before(HOUR * 40), NOW.before(HOUR * 2));
    let told = [
        (first, json!({"status": "paused", "quality": null, "title": "FIRST_PAUSE"})),
        (
            first.after(HOUR),
            json!({"before": {"status": "approved", "quality": "red"}, "after": {"status": "paused", "quality": "red"}}),
        ),
        (first.after(HOUR * 3), json!({"status": "approved", "quality": null})),
        (second, json!({"status": "paused", "quality": "red"})),
    ];
    stands(&world, TemplateStatus::Paused, Quality::Red, &told).await;
    door.clock.advance(HOUR);
    let paused = agent.call(GET, json!({"name": "winter_offer", "language": "en"})).await;
    let one = &paused["languages"][0];
    assert_eq!((&one["advice"], &one["sendable"], &one["strikes"]), (&json!("do_not_send"), &json!(false), &json!(2)));
    assert_eq!(one["pause"], json!({"stage": "second", "since": second, "until": second.after(HOUR * 6)}));
    assert_eq!((&one["age_seconds"], &one["last_read_at"]), (&json!(3_600), &json!(NOW)));
    let history = one["history"].as_array().unwrap();
    assert_eq!(history.len(), 4);
    assert_eq!((&history[0]["at"], &history[0]["quality"]), (&json!(second), &json!("red")));
    assert_eq!(
        (&history[2]["status"], &history[2]["quality"]),
        (&json!("paused"), &Value::Null),
        "what did not change is not told"
    );
    assert_eq!(history[3]["stage"], "first");
    stands(&world, TemplateStatus::Approved, Quality::Yellow, &[]).await;
    let lifted = agent.call(GET, json!({"name": "winter_offer", "language": "en"})).await;
    assert_eq!(
        (&lifted["languages"][0]["advice"], &lifted["languages"][0]["pause"]),
        (&json!("slow_down"), &Value::Null)
    );

    for arguments in [json!({"name": "nothing"}), json!({"name": "winter_offer", "language": "fr"})] {
        assert_eq!(agent.refused(GET, arguments).await["code"], "not_found");
    }
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    assert_eq!(door.modern(&foreign).refused(GET, json!({"name": "winter_offer"})).await["code"], "not_found");
}
