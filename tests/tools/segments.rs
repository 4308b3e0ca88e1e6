//! Segments: whoever may not be written to is in no count.

use countersign::domain::consent::{ConsentSource, MessageCategory, Suppression};
use countersign::domain::ids::SegmentId;
use countersign::domain::segments::Condition;
use countersign::store::consent::NewConsent;
use countersign::store::{consent, segments};
use serde_json::json;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World, granted, person};

on_both!(counts_leave_out_whoever_may_not_be_written_to, segments_are_paged_by_name);

async fn counts_leave_out_whoever_may_not_be_written_to(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut people: Vec<_> = (0..20).map(person).collect();
    people[19].phone = None;
    let numbers = world.contacts(&people).await;
    let mut tx = world.db.begin().await.unwrap();
    for (n, kind) in Suppression::ALL.iter().enumerate() {
        consent::suppress(&mut tx, tenant, numbers[n], *kind, "test", None, NOW).await.unwrap();
    }
    let records: Vec<NewConsent> = numbers[4..12].iter().map(|no| granted(*no, MessageCategory::Marketing)).collect();
    consent::record(&mut tx, tenant, &records, NOW).await.unwrap();
    // Said, and never confirmed; and one that nobody can show.
    let oral = NewConsent {
        source: ConsentSource::Oral,
        given_at: NOW.before(std::time::Duration::from_hours(24 * 15)),
        ..granted(numbers[12], MessageCategory::Marketing)
    };
    let unproven = NewConsent { evidence: None, ..granted(numbers[13], MessageCategory::Marketing) };
    consent::record(&mut tx, tenant, &[oral, unproven], NOW).await.unwrap();
    let member = Condition::Tag("member".into());
    let english = Condition::Language(["en".parse().unwrap()].into());
    let members = SegmentId::random();
    segments::add_version(&mut tx, tenant, members, "Members", &member, None, NOW).await.unwrap();
    segments::add_version(&mut tx, tenant, SegmentId::random(), "Not English", &member, Some(&english), NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let items = door.modern(&key).pages("whatsapp.segments.list", json!({}), 9).await;
    assert_eq!(Suppression::ALL.len(), 6);
    assert_eq!((&items[0]["name"], &items[0]["people"]), (&json!("Members"), &json!(13)), "{items:#?}");
    assert_eq!(items[0]["consented"][0], json!({"category": "marketing", "people": 6}));
    assert_eq!(items[0]["consented"][1], json!({"category": "utility", "people": 0}));
    // 7, 9, .., 17 and 19, who has no number.
    assert_eq!((&items[1]["people"], &items[1]["in_words"]), (&json!(6), &json!("tag member, without language en")));
    let one = door.modern(&key).pages("whatsapp.segments.list", json!({"segment_id": members}), 9).await;
    assert_eq!(one, items[..1]);
}

async fn segments_are_paged_by_name(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut tx = world.db.begin().await.unwrap();
    for name in ["d", "b", "a", "c", "e"] {
        let id = SegmentId::random();
        segments::add_version(&mut tx, world.tenant.id, id, name, &Condition::Everyone, None, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    let other = World::new(&world.db, "other").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let items = door.modern(&key).pages("whatsapp.segments.list", json!({}), 2).await;
    let names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    let (_, foreign) = other.agent("foreign", "read").await;
    assert!(door.modern(&foreign).pages("whatsapp.segments.list", json!({}), 9).await.is_empty());
    let id = &items[0]["id"];
    assert!(door.modern(&foreign).pages("whatsapp.segments.list", json!({"segment_id": id}), 9).await.is_empty());
}
