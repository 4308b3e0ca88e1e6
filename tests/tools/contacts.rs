//! Contacts: what each permission sees, what is found, and what belongs to somebody else.

use countersign::domain::consent::{MessageCategory, Suppression};
use countersign::domain::ids::SegmentId;
use countersign::domain::segments::Condition;
use countersign::store::{consent, segments};
use serde_json::{Value, json};

use super::orders::{CREATE, Shop};
use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World, granted, person};

on_both!(
    personal_data_is_seen_by_permission_only,
    filters_narrow_what_is_listed,
    a_contact_is_shown_with_all_that_stands_beside_it,
    what_is_not_ours_is_not_there,
    a_page_stays_where_it_was_when_people_come,
    the_newest_come_first_where_that_is_asked_for,
    what_somebody_ordered_and_said_stands_beside_them,
);

async fn personal_data_is_seen_by_permission_only(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let contact = person(34);
    world.contacts(std::slice::from_ref(&contact)).await;
    let door = Door::open(&world.db).await;
    let (_, plain) = world.agent("plain", "read").await;
    let (_, pii) = world.agent("pii", "read,contacts:pii").await;
    let get = json!({"contact_id": contact.id});
    for (key, phone, name, tier) in
        [(&plain, "+852 •••• ••34", "C••• T•• M•• 3•", "g•••"), (&pii, "+85291000034", "Chan Tai Man 34", "gold")]
    {
        let agent = door.modern(key);
        let list = agent.call("whatsapp.contacts.list", json!({})).await;
        let one = agent.call("whatsapp.contact.get", get.clone()).await;
        for shown in [&list["items"][0], &one["contact"]] {
            assert_eq!((&shown["phone"], &shown["name"]), (&json!(phone), &json!(name)), "{shown}");
            assert_eq!(shown["market"], "HK");
        }
        assert_eq!(one["attributes"], json!({"tier": tier}));
        let whole = format!("{list}{one}");
        assert_eq!(whole.contains("91000034"), key == &pii, "the number stands nowhere else either");
    }
    // Looking numbers up would tell whose they are.
    let lookup = json!({"phone": "+852 9100 0034"});
    assert_eq!(door.modern(&plain).refused("whatsapp.contacts.list", lookup.clone()).await["code"], "forbidden");
    assert_eq!(door.modern(&pii).pages("whatsapp.contacts.list", lookup, 9).await.len(), 1);
    let bad = door.modern(&pii).refused("whatsapp.contacts.list", json!({"phone": "12"})).await;
    assert!(bad["message"].as_str().unwrap().starts_with("phone: "), "{bad}");
}

async fn filters_narrow_what_is_listed(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut people: Vec<_> = (0..6).map(person).collect();
    people[1].tags.insert("vip".into());
    people[2].phone = None;
    people[3].last_inbound_at = Some(NOW);
    let numbers = world.contacts(&people).await;
    world.consent(&numbers[..2]).await;
    let mut tx = world.db.begin().await.unwrap();
    consent::suppress(&mut tx, world.tenant.id, numbers[4], Suppression::Blocked, "console", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let agent = door.modern(&key);
    for (filter, count) in [
        (json!({}), 6),
        (json!({"tag": "vip"}), 1),
        (json!({"language": "zh_HK"}), 3),
        (json!({"language": "zh-HK"}), 3),
        (json!({"market": "HK"}), 5),
        (json!({"market": "SG"}), 0),
        (json!({"consent": "marketing"}), 2),
        (json!({"consent": "utility"}), 0),
        (json!({"suppressed": true}), 1),
        (json!({"suppressed": false, "tag": "member"}), 5),
        (json!({"wrote_since": "2026-11-20T00:00:00+08:00"}), 1),
        (json!({"wrote_since": "2030-01-01T00:00:00Z"}), 0),
    ] {
        assert_eq!(agent.pages("whatsapp.contacts.list", filter.clone(), 2).await.len(), count, "{filter}");
    }
}

async fn a_contact_is_shown_with_all_that_stands_beside_it(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let (good, stopped) = (person(0), person(1));
    let numbers = world.contacts(&[good.clone(), stopped.clone()]).await;
    world.consent(&numbers).await;
    let segment = SegmentId::random();
    let mut tx = world.db.begin().await.unwrap();
    let members = Condition::All(vec![
        Condition::Tag("member".into()),
        Condition::Market(["HK".parse().unwrap()].into()),
        Condition::Consent(MessageCategory::Marketing),
    ]);
    segments::add_version(&mut tx, tenant, segment, "Members", &members, None, NOW).await.unwrap();
    let vip = Condition::Tag("vip".into());
    segments::add_version(&mut tx, tenant, SegmentId::random(), "VIPs", &vip, None, NOW).await.unwrap();
    let all = Suppression::OptedOutOfMarketing;
    consent::suppress(&mut tx, tenant, numbers[1], all, "inbound_message", Some("STOP"), NOW).await.unwrap();
    consent::record(&mut tx, tenant, &[granted(numbers[0], MessageCategory::Utility)], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let get = |id: Value| {
        let agent = door.modern(&key);
        async move { agent.call("whatsapp.contact.get", json!({"contact_id": id})).await }
    };
    let allowed = |contact: &Value| -> Vec<bool> {
        contact["may_receive"].as_array().unwrap().iter().map(|m| m["allowed"].as_bool().unwrap()).collect()
    };
    let one = get(json!(good.id)).await;
    assert_eq!(one["contact"]["segments"], json!([{"id": segment, "name": "Members"}]));
    assert_eq!(one["contact"]["consents"].as_array().unwrap().len(), 2);
    assert_eq!(allowed(&one), [true, true, true, false], "marketing, utility, authentication, service: {one:#}");
    let two = get(json!(stopped.id)).await;
    assert_eq!(two["contact"]["suppressions"][0]["reason"], "opted_out_marketing");
    assert_eq!(two["contact"]["suppressions"][0]["forbids"], json!(["marketing"]));
    assert_eq!(allowed(&two), [false, false, true, false], "{two:#}");
    assert!(two["may_receive"][0]["because"].as_str().unwrap().contains("opted_out_marketing"));
}

async fn what_is_not_ours_is_not_there(db: TestDb) {
    let open = db.open().await;
    let (world, other) = (World::new(&open, "shop").await, World::new(&open, "other").await);
    let foreign = person(1);
    other.contacts(std::slice::from_ref(&foreign)).await;
    let door = Door::open(&open).await;
    let (_, key) = world.agent("promo", "read").await;
    let agent = door.modern(&key);
    assert!(agent.pages("whatsapp.contacts.list", json!({}), 9).await.is_empty());
    let missing = countersign::domain::ids::ContactId::random();
    for (tool, argument) in [
        ("whatsapp.contact.get", "contact_id"),
        ("whatsapp.consent_records.list", "contact_id"),
        ("whatsapp.opt_outs.list", "contact_id"),
        ("whatsapp.message_delivery.list", "contact_id"),
    ] {
        let theirs = agent.refused(tool, json!({argument: foreign.id})).await;
        let nobodys = agent.refused(tool, json!({argument: missing})).await;
        assert_eq!(theirs["code"], "not_found", "{tool}");
        let same = |error: &Value, id: String| error["message"].as_str().unwrap().replace(&id, "ID");
        assert_eq!(same(&theirs, foreign.id.to_string()), same(&nobodys, missing.to_string()), "the two look alike");
    }
    let wrong =
        agent.refused("whatsapp.contact.get", json!({"contact_id": "se_00000000000000000000000000000000"})).await;
    assert_eq!(wrong["code"], "invalid_arguments");
    assert!(wrong["message"].as_str().unwrap().starts_with("contact_id: "), "{wrong}");
}

async fn a_page_stays_where_it_was_when_people_come(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.contacts(&(0..7).map(person).collect::<Vec<_>>()).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let agent = door.modern(&key);
    let first = agent.call("whatsapp.contacts.list", json!({"limit": 5})).await;
    world.contacts(&[person(90), person(91)]).await;
    let rest = json!({"limit": 200, "cursor": first["next_cursor"]});
    let second = agent.call("whatsapp.contacts.list", rest).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 4);
    assert_eq!(second["next_cursor"], Value::Null);
    let ids = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()).collect()
    };
    assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)), "nobody twice");
    let elsewhere = json!({"cursor": first["next_cursor"]});
    let error = agent.refused("whatsapp.opt_outs.list", elsewhere).await;
    assert_eq!(error["code"], "invalid_arguments", "a cursor belongs to its list");
}

async fn the_newest_come_first_where_that_is_asked_for(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.contacts(&(0..5).map(person).collect::<Vec<_>>()).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("plain", "read").await;
    let agent = door.modern(&key);
    let ids = |items: Vec<Value>| items.into_iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    let mut oldest = ids(agent.pages("whatsapp.contacts.list", json!({}), 2).await);
    let newest = ids(agent.pages("whatsapp.contacts.list", json!({"sort": "created_newest"}), 2).await);
    oldest.reverse();
    assert_eq!((newest.len(), &newest), (5, &oldest));
    let page = agent.call("whatsapp.contacts.list", json!({"limit": 2})).await;
    let crossed = json!({"limit": 2, "sort": "created_newest", "cursor": page["next_cursor"]});
    assert_eq!(agent.refused("whatsapp.contacts.list", crossed).await["code"], "invalid_arguments");
    let unknown = agent.refused("whatsapp.contacts.list", json!({"sort": "name"})).await;
    assert!(unknown["message"].as_str().unwrap().contains("created_newest"), "{unknown}");
}

async fn what_somebody_ordered_and_said_stands_beside_them(db: TestDb) {
    let shop = Shop::open(db).await;
    let answer = shop.call(CREATE, shop.lines(json!([{"product_id": "oolong", "quantity": 2}]))).await;
    shop.sign(&answer).await.unwrap();
    let done = shop.carried_out(&answer).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    let no = Suppression::OptedOutOfMarketing;
    consent::suppress(&mut tx, shop.world.tenant.id, shop.no, no, "message", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let get = json!({"contact_id": shop.contact});
    let one = shop.call("whatsapp.contact.get", get.clone()).await;
    let (order, thread) = (&one["orders"][0], &one["conversations"][0]);
    assert_eq!((&order["order_id"], &order["state"]), (&done.result.unwrap()["order_id"], &json!("placed")), "{one:#}");
    assert!(order["total"].as_str().unwrap().contains("236"), "{order}");
    assert_eq!((&order["conversation_id"], &thread["state"]), (&json!(shop.thread.id), &json!("open")));
    assert_eq!(thread["conversation_id"], json!(shop.thread.id));
    let marketing = one["preferences"].as_array().unwrap().iter().find(|it| it["category"] == "marketing").unwrap();
    assert_eq!((&marketing["choice"], &marketing["since"]), (&json!("stopped"), &json!(NOW)));
    // What lies in a restricted queue of others is not there.
    shop.restrict().await;
    let one = shop.call("whatsapp.contact.get", get).await;
    assert_eq!((&one["orders"], &one["conversations"]), (&json!([]), &json!([])), "{one:#}");
}
