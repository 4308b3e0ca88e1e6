//! Segments: whoever may not be written to is in no count.

use countersign::approvals::begin::begin;
use countersign::domain::consent::{ConsentSource, MessageCategory, Suppression};
use countersign::domain::ids::{RequestId, SegmentId};
use countersign::domain::requests::{ActionRequest, Status};
use countersign::domain::segments::Condition;
use countersign::store::consent::NewConsent;
use countersign::store::{consent, requests, segments};
use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World, granted, person};

on_both!(
    counts_leave_out_whoever_may_not_be_written_to,
    segments_are_paged_by_name,
    a_segment_is_made_and_changed_in_versions,
    what_broadcasts_were_drawn_from_wants_a_signature,
    no_segment_takes_in_everybody,
    who_takes_in_nearly_everybody_asks_a_person,
    a_name_that_looks_like_another_is_shown_to_a_person,
);

const UPSERT: &str = "whatsapp.segment.upsert";

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

/// A worker's look at what may begin.
async fn carried_out(door: &Door, world: &World, answer: &Value) -> ActionRequest {
    let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
    begin(&door.ctx, world.tenant.id, id).await.unwrap();
    requests::find(&world.db, world.tenant.id, id).await.unwrap().unwrap()
}

async fn a_segment_is_made_and_changed_in_versions(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.contacts(&(0..6).map(person).collect::<Vec<_>>()).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose:segments").await;
    let agent = door.modern(&key);
    let new = json!({"name": "Readers of English", "include": {"all": [{"tag": "member"}, {"language": ["en"]}]},
        "purpose": "The English newsletter.", "reason": "A newsletter starts.", "wait_ms": 0});
    let answer = agent.call(UPSERT, new.clone()).await;
    assert_eq!((&answer["status"], &answer["approval"]["needed"]), (&json!("approved"), &json!(false)), "{answer:#}");
    let effect = &answer["preview"]["effect"];
    assert_eq!(
        (&effect["people_before"], &effect["people_after"], &effect["enter"]),
        (&json!(0), &json!(3), &json!(3))
    );
    let done = carried_out(&door, &world, &answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    let id = done.result.unwrap()["segment_id"].clone();
    let list = agent.pages("whatsapp.segments.list", json!({}), 9).await;
    assert_eq!((&list[0]["id"], &list[0]["version"], &list[0]["people"]), (&id, &json!(1), &json!(3)));
    assert_eq!(agent.call(UPSERT, new).await["action_request_id"], answer["action_request_id"], "one ask, one segment");

    let change = |conditions: Value| {
        json!({"segment_id": id, "name": "Members", "include": conditions, "exclude": {"language": ["zh_HK"]},
            "reason": "Wider.", "wait_ms": 0})
    };
    let wider = agent.call(UPSERT, change(json!({"market": ["HK"]}))).await;
    assert_eq!((&wider["preview"]["effect"]["enter"], &wider["preview"]["effect"]["leave"]), (&json!(0), &json!(0)));
    let rival = agent.call(UPSERT, change(json!({"tag": "nobody"}))).await;
    assert_eq!((&rival["preview"]["effect"]["leave"], &rival["findings"][0]["rule"]), (&json!(3), &json!("SEG-03")));
    assert_eq!(carried_out(&door, &world, &wider).await.status, Status::Succeeded);
    let void = carried_out(&door, &world, &rival).await;
    assert_eq!(void.status, Status::Stale, "it was made on a version that is no longer the newest");
    assert!(void.error.unwrap().message.contains("has version 2 by now"));
    let list = agent.pages("whatsapp.segments.list", json!({}), 9).await;
    assert_eq!((list.len(), &list[0]["version"], &list[0]["name"]), (1, &json!(2), &json!("Members")));
    let mut same = change(json!({"market": ["HK"]}));
    same["purpose"] = "Another ask for the same.".into();
    let same = agent.refused(UPSERT, same).await;
    assert_eq!(same["findings"][0]["rule"], "SEG-06", "nothing would change: {same}");
    // Two that want one name at the same time: the first gets it.
    let named = |tag: &str| json!({"name": "Twins", "include": {"tag": tag}, "reason": "x", "wait_ms": 0});
    let (one, two) = (agent.call(UPSERT, named("a")).await, agent.call(UPSERT, named("b")).await);
    assert_eq!(carried_out(&door, &world, &one).await.status, Status::Succeeded);
    let late = carried_out(&door, &world, &two).await;
    assert!(late.status == Status::Stale && late.error.unwrap().message.contains("is called \"Twins\" by now"));
}

async fn what_broadcasts_were_drawn_from_wants_a_signature(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(5).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    let broadcast = json!({"broadcast": {"name": "Winter offer", "template": "winter_offer", "segments": [segment],
        "variables": {"1": {"contact_name": {"default": "friend"}}}}, "reason": "Winter."});
    agent.call("whatsapp.broadcast.schedule", broadcast).await;
    let change = json!({"segment_id": segment, "name": "Members", "include": {"tag": "vip"}, "reason": "Only VIPs."});
    let answer = agent.call(UPSERT, change).await;
    assert_eq!(
        (&answer["status"], &answer["approval"]["signatures_required"]),
        (&json!("pending_approval"), &json!(1))
    );
    assert_eq!(answer["preview"]["effect"]["broadcasts"][0]["name"], "Winter offer");
    let rules: Vec<_> = answer["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["SEG-02", "SEG-03"]);
    assert_eq!(agent.pages("whatsapp.segments.list", json!({}), 9).await[0]["version"], 1, "nothing has changed yet");
}

async fn no_segment_takes_in_everybody(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.contacts(&[person(0)]).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    for everybody in [
        json!("everyone"),
        json!({"any": [{"tag": "x"}, "everyone"]}),
        json!({"not": {"not": "everyone"}}),
        json!({"not": {"tag": "zzz-nobody"}}),
        json!({"any": [{"tag": "x"}, {"not": {"market": ["HK"]}}]}),
    ] {
        let error = agent.refused(UPSERT, json!({"name": "All", "include": everybody, "reason": "x"})).await;
        assert_eq!(
            (&error["code"], &error["findings"][0]["rule"]),
            (&json!("blocked"), &json!("SEG-01")),
            "{everybody}"
        );
    }
    let deep = (0..7).fold(json!({"tag": "x"}), |inner, _| json!({"not": inner}));
    let unknown = SegmentId::random();
    for (arguments, code, says) in [
        (json!({"name": "A", "include": deep}), "invalid_arguments", "include: conditions lie more than 6 deep"),
        (json!({"name": "A", "include": {"all": []}}), "invalid_arguments", "all and any take 1 to 20"),
        (json!({"name": "A", "include": {"tag": " x"}}), "invalid_arguments", "a tag has 1 to 64"),
        (json!({"name": "A", "include": {"tags": "x"}}), "invalid_arguments", "unknown variant `tags`"),
        (json!({"name": "\n", "include": {"tag": "x"}}), "invalid_arguments", "name"),
        (json!({"name": "A", "include": {"tag": "x"}, "segment_id": unknown}), "not_found", "there is no segment"),
    ] {
        let mut ask = arguments;
        ask["reason"] = "x".into();
        let error = agent.refused(UPSERT, ask).await;
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{says}: {error}");
    }
    let mut ask = json!({"name": "Tagged", "include": {"tag": "x"}, "reason": "x", "wait_ms": 0});
    let answer = agent.call(UPSERT, ask.clone()).await;
    carried_out(&door, &world, &answer).await;
    ask["include"] = json!({"tag": "y"});
    let taken = agent.refused(UPSERT, ask).await;
    assert!(taken["message"].as_str().unwrap().contains("is called \"Tagged\" already"), "{taken}");
}

async fn who_takes_in_nearly_everybody_asks_a_person(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut people: Vec<_> = (0..40).map(person).collect();
    people[7].tags.clear();
    people[8].tags = ["vip".to_owned()].into();
    world.contacts(&people).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose:segments").await;
    let agent = door.modern(&key);
    let ask = |name: &str, include: Value| json!({"name": name, "include": include, "reason": "x", "wait_ms": 0});
    let many = agent.call(UPSERT, ask("Members", json!({"tag": "member"}))).await;
    assert_eq!(
        (&many["status"], &many["approval"]["rule"]),
        (&json!("pending_approval"), &json!("SIGN-05")),
        "{many:#}"
    );
    assert_eq!(many["findings"][0]["rule"], "SEG-07");
    assert!(many["findings"][0]["message"].as_str().unwrap().starts_with("38 of the 40 people"), "{many:#}");
    let some = json!({"all": [{"tag": "member"}, {"language": ["en"]}]});
    let some = agent.call(UPSERT, ask("Readers", some)).await;
    assert_eq!((&some["status"], &some["approval"]["rule"]), (&json!("approved"), &json!("SIGN-06")), "{some:#}");
}

async fn a_name_that_looks_like_another_is_shown_to_a_person(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.contacts(&(0..6).map(person).collect::<Vec<_>>()).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose:segments").await;
    let agent = door.modern(&key);
    let ask = |name: &str| json!({"name": name, "include": {"tag": "vip"}, "reason": "x", "wait_ms": 0});
    let first = agent.call(UPSERT, ask("Tea club")).await;
    assert_eq!(carried_out(&door, &world, &first).await.status, Status::Succeeded);
    let alike = agent.call(UPSERT, ask("Теа club")).await;
    assert_eq!(
        (&alike["status"], &alike["approval"]["rule"]),
        (&json!("pending_approval"), &json!("SIGN-05")),
        "{alike:#}"
    );
    assert!(alike["findings"].to_string().contains("SEG-09"), "{alike:#}");
    let other = agent.call(UPSERT, ask("Tea friends")).await;
    assert!(!other["findings"].to_string().contains("SEG-09"), "{other:#}");
}
