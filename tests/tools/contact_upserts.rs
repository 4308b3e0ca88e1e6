//! One contact that is added or changed: found by its number, with a person where somebody else is made of it, and written once.

use countersign::domain::consent::{MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::ContactId;
use countersign::domain::requests::Status;
use countersign::store::contacts::{self, Reach};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{consent, messages};
use serde_json::json;
use std::time::Duration;

use super::asking::{Shop, rules};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, granted, person, who};

on_both!(
    somebody_new_is_added_once_and_found_by_any_spelling_of_the_number,
    what_makes_somebody_else_of_a_contact_waits_for_a_person,
    nobody_becomes_another_contact_by_a_number,
    a_change_of_number_keeps_consent_and_ends_what_the_old_number_opened,
    an_identity_is_confirmed_by_whoever_signs,
    a_contact_that_changed_since_is_not_written_over,
    what_was_signed_is_what_is_written,
    contacts_of_others_do_not_exist,
);

const UPSERT: &str = "whatsapp.contact.upsert";

async fn reach(shop: &Shop, no: ContactNo) -> Reach {
    contacts::reach(&shop.world.db, shop.world.tenant.id, no).await.unwrap()
}

async fn known(shop: &Shop, n: usize) -> (ContactId, ContactNo) {
    let new = person(n);
    (new.id, shop.world.contacts(std::slice::from_ref(&new)).await[0])
}

async fn somebody_new_is_added_once_and_found_by_any_spelling_of_the_number(db: TestDb) {
    let shop = Shop::open(db).await;
    let new = json!({"phone": "9123 4567", "default_market": "HK", "name": "Ada Lovelace", "language": "en",
        "tags": ["vip"], "attributes": {"crm": "C-1"}});
    let answer = shop.ask(UPSERT, new.clone()).await;
    assert_eq!((&answer["approval"]["rule"], &answer["preview"]["known"]), (&json!("SIGN-21"), &json!(false)));
    assert_eq!(rules(&answer["findings"]), ["CONTACT-08"]);
    let text = answer.to_string();
    for secret in ["91234567", "9123 4567", "Lovelace", "C-1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let again = shop.ask(UPSERT, new.clone()).await;
    assert_eq!(again["action_request_id"], answer["action_request_id"], "one ask");
    let done = shop.carried_out(&answer).await;
    let result = done.result.unwrap();
    assert_eq!((done.status, &result["change"]), (Status::Succeeded, &json!("new")));
    assert_eq!(shop.carried_out(&answer).await.version, done.version, "begun twice, written once");
    let kept = done.arguments.to_string();
    assert!(!kept.contains("Lovelace") && !kept.contains("4567"), "{kept}");

    let id: ContactId = result["contact_id"].as_str().unwrap().parse().unwrap();
    for phone in ["+85291234567", "+852-9123-4567", "+852 (9123) 4567"] {
        let market = json!({"phone": phone, "default_market": "HK", "language": "zh_HK"});
        let found = shop.ask(UPSERT, market).await;
        assert_eq!(found["preview"]["contact_id"], json!(id), "{phone}: {found:#}");
    }
    shop.passes(UPSERT, json!({"phone": "+85291234567", "attributes": {"tier": "gold"}, "tags": ["new"]}), "SIGN-21")
        .await;
    let one = contacts::find(&shop.world.db, shop.world.tenant.id, id).await.unwrap().unwrap();
    assert_eq!(one.attributes.len(), 2, "what is not named stays");
    assert_eq!((one.tags.len(), one.language.unwrap().as_str()), (2, "en"));
    assert_eq!((shop.acts("contact.added").await, shop.acts("contact.changed").await), (1, 1));
    let everybody = contacts::list(&shop.world.db, shop.world.tenant.id, &Default::default(), 9).await.unwrap();
    assert_eq!(everybody.len(), 1, "one number, one contact");
}

async fn what_makes_somebody_else_of_a_contact_waits_for_a_person(db: TestDb) {
    let shop = Shop::open(db).await;
    let (id, no) = known(&shop, 1).await;
    for (change, rule) in [
        (json!({"phone": "+85291234568"}), Some("CONTACT-05")),
        (json!({"user_id": "HK.1349"}), Some("CONTACT-05")),
        (json!({"name": "Eve"}), Some("CONTACT-06")),
        (json!({"identity_confirmed": "document"}), Some("CONTACT-07")),
        (json!({"language": "en"}), None),
        (json!({"attributes": {"tier": "silver"}}), None),
        (json!({"tags": ["new"]}), None),
    ] {
        let mut ask = change.clone();
        ask["contact_id"] = json!(id);
        let Some(rule) = rule else {
            shop.passes(UPSERT, ask, "SIGN-21").await;
            continue;
        };
        let answer = shop.waits(UPSERT, ask, "SIGN-20", 1).await;
        assert_eq!(rules(&answer["findings"]), [rule], "{change}");
        assert_eq!(shop.carried_out(&answer).await.status, Status::PendingApproval);
    }
    let is = reach(&shop, no).await;
    assert_eq!((is.phone.unwrap().e164(), is.user_id), ("+85291000001", None), "nothing without its signature");
    for (wrong, named) in [
        (json!({}), "contact_id"),
        (json!({"contact_id": id, "tags": ["a\u{200b}b"]}), "tags"),
        (json!({"contact_id": id, "attributes": {"": "x"}}), "attributes"),
        (json!({"phone": "+85291000001", "identity_confirmed": "document"}), "identity_confirmed"),
        (json!({"contact_id": id, "phone": "+85291234568", "identity_confirmed": "document"}), "identity_confirmed"),
        (json!({"contact_id": id, "user_id": "1349"}), "user_id"),
    ] {
        let error = shop.refused(UPSERT, wrong.clone()).await;
        assert_eq!(error["code"], "invalid_arguments", "{wrong}");
        assert!(error["message"].as_str().unwrap().contains(named), "{wrong}: {error:#}");
    }
    shop.blocked(UPSERT, json!({"contact_id": id, "phone": "12"}), "CONTACT-01").await;
    shop.blocked(UPSERT, json!({"phone": "+852 1"}), "CONTACT-01").await;
    for tag in ["marketing consent", "opt-in", "已同意"] {
        shop.blocked(UPSERT, json!({"contact_id": id, "tags": [tag]}), "TAG-01").await;
    }
}

async fn nobody_becomes_another_contact_by_a_number(db: TestDb) {
    let shop = Shop::open(db).await;
    let ((one, _), (two, _)) = (known(&shop, 1).await, known(&shop, 2).await);
    shop.blocked(UPSERT, json!({"contact_id": one, "phone": "+85291000002"}), "CONTACT-02").await;
    let id = shop.ask(UPSERT, json!({"contact_id": two, "user_id": "HK.2"})).await;
    shop.approve().await;
    assert_eq!(shop.carried_out(&id).await.status, Status::Succeeded);
    shop.blocked(UPSERT, json!({"phone": "+85291000001", "user_id": "HK.2"}), "CONTACT-02").await;
    // Somebody takes the number after it was signed.
    let moved = shop.waits(UPSERT, json!({"contact_id": one, "phone": "+85291234568"}), "SIGN-20", 1).await;
    let added = shop.ask(UPSERT, json!({"phone": "+85291234569", "name": "Ada"})).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    for phone in ["+85291234568", "+85291234569"] {
        contacts::know(&mut tx, shop.world.tenant.id, &who(Some(phone), None), "Eve", NOW, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    shop.approve().await;
    shop.stale(&moved, "CONTACT-02").await;
    shop.stale(&added, "CONTACT-02").await;
    let everybody = contacts::list(&shop.world.db, shop.world.tenant.id, &Default::default(), 9).await.unwrap();
    assert_eq!(everybody.len(), 4, "nothing is merged");
}

async fn a_change_of_number_keeps_consent_and_ends_what_the_old_number_opened(db: TestDb) {
    let shop = Shop::open(db).await;
    let tenant = shop.world.tenant.id;
    let (id, no) = known(&shop, 1).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::record(&mut tx, tenant, &[granted(no, MessageCategory::Utility)], NOW).await.unwrap();
    consent::suppress(&mut tx, tenant, no, Suppression::OptedOutOfMarketing, "message", None, NOW).await.unwrap();
    let inbound = Inbound {
        wamid: "wamid.1",
        phone_number_id: "7001",
        contact: no,
        kind: "text",
        body: Some("hello"),
        details: None,
        context: None,
        sent_at: NOW,
    };
    assert!(receive(&mut tx, tenant, &inbound, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let answer = shop.waits(UPSERT, json!({"contact_id": id, "phone": "+85291234568"}), "SIGN-20", 1).await;
    assert_eq!(answer["preview"]["history"][0]["category"], "utility");
    assert_eq!(answer["preview"]["suppressions"], json!(["opted_out_marketing"]));
    shop.approve().await;
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    let is = reach(&shop, no).await;
    assert_eq!(is.phone.as_ref().unwrap().e164(), "+85291234568");
    assert!(is.may_send().is_err(), "nobody has made sure who has the new number");
    assert!(messages::open_windows(&shop.world.db, tenant, no, NOW).await.unwrap().is_empty());
    let histories = consent::histories(&shop.world.db, tenant, &[no]).await.unwrap();
    let suppressed = consent::suppressions(&shop.world.db, tenant, &[no]).await.unwrap();
    assert_eq!((histories[&no].len(), suppressed[&no].len()), (1, 1), "both stay with the person");
    // A late message from the old number still finds the person.
    let mut tx = shop.world.db.begin().await.unwrap();
    let late = contacts::of(&mut tx, tenant, &who(Some("+85291000001"), None), NOW.before(Duration::from_secs(1)))
        .await
        .unwrap();
    assert_eq!(late.map(|found| (found.known.no, found.formerly)), Some((no, true)));
}

async fn an_identity_is_confirmed_by_whoever_signs(db: TestDb) {
    let shop = Shop::open(db).await;
    let (id, no) = known(&shop, 1).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    contacts::doubt_identity(&mut tx, shop.world.tenant.id, no, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let ask = json!({"contact_id": id, "identity_confirmed": "call_back"});
    let answer = shop.waits(UPSERT, ask, "SIGN-20", 1).await;
    assert!(reach(&shop, no).await.may_send().is_err(), "not by an agent's word");
    // The number changes hands again before anybody has signed: what was confirmed is of another person.
    let again = shop.waits(UPSERT, json!({"contact_id": id, "identity_confirmed": "document"}), "SIGN-20", 1).await;
    shop.approve().await;
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    assert!(reach(&shop, no).await.may_send().is_ok());
    assert_eq!(shop.acts("contact.identity_confirmed").await, 1);
    let mut tx = shop.world.db.begin().await.unwrap();
    let later = NOW.after(Duration::from_secs(60));
    contacts::doubt_identity(&mut tx, shop.world.tenant.id, no, later).await.unwrap();
    tx.commit().await.unwrap();
    shop.stale(&again, "CONTACT-04").await;
    assert!(reach(&shop, no).await.may_send().is_err());
}

async fn a_contact_that_changed_since_is_not_written_over(db: TestDb) {
    let shop = Shop::open(db).await;
    let (id, no) = known(&shop, 1).await;
    let answer = shop.waits(UPSERT, json!({"contact_id": id, "name": "Ada"}), "SIGN-20", 1).await;
    shop.passes(UPSERT, json!({"contact_id": id, "tags": ["vip"]}), "SIGN-21").await;
    let other = shop.waits(UPSERT, json!({"contact_id": id, "name": "Eve"}), "SIGN-20", 1).await;
    shop.approve().await;
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded, "a label is nothing that it writes over");
    shop.stale(&other, "CONTACT-04").await;
    let is = contacts::many(&shop.world.db, shop.world.tenant.id, &[no]).await.unwrap();
    assert_eq!(is[&no].name.to_string(), "A••");
}

async fn what_was_signed_is_what_is_written(db: TestDb) {
    let shop = Shop::open(db).await;
    let (id, no) = known(&shop, 1).await;
    let answer = shop.waits(UPSERT, json!({"contact_id": id, "phone": "+85291234568"}), "SIGN-20", 1).await;
    shop.approve().await;
    shop.db.execute("update request_detail set body = replace(body, '91234568', '91234569')").await;
    shop.stale(&answer, "SIGN-29").await;
    assert_eq!(reach(&shop, no).await.phone.unwrap().e164(), "+85291000001");
}

async fn contacts_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let other = World::new(&shop.world.db, "other").await;
    let foreign = person(1);
    other.contacts(std::slice::from_ref(&foreign)).await;
    let theirs = shop.refused(UPSERT, json!({"contact_id": foreign.id, "name": "Eve"})).await;
    let nobodys = shop.refused(UPSERT, json!({"contact_id": ContactId::random(), "name": "Eve"})).await;
    assert_eq!((&theirs["code"], &nobodys["code"]), (&json!("not_found"), &json!("not_found")));
    // The same number at another business is another contact.
    let done = shop.passes(UPSERT, json!({"phone": "+85291000001", "name": "Ada"}), "SIGN-21").await;
    assert_ne!(done.result.unwrap()["contact_id"], json!(foreign.id));
    let (_, reader) = shop.world.agent("reader", "read,propose:messages").await;
    let call = json!({"name": UPSERT, "arguments": {"phone": "+85291000001", "reason": "x"}});
    let unknown = shop.door.modern(&reader).request("tools/call", call).await;
    assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
}
