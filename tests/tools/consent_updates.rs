//! Changes of consent: a no at once, a yes with its proof, and a no that is taken back by the customer's own later act alone.

use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::ContactId;
use countersign::domain::requests::Status;
use countersign::store::conversations::{Act, Assignment, Heard, NewQueue};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{consent, conversations};
use serde_json::{Value, json};
use std::time::Duration;

use super::asking::{Shop, rules};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, granted, person};

on_both!(
    an_opt_out_of_one_takes_effect_at_once,
    a_yes_is_written_down_with_its_proof_and_never_over_a_no,
    many_wait_for_a_person,
    a_no_is_taken_back_by_the_customers_later_message_and_two_people,
    nothing_else_takes_a_no_back,
    a_no_that_comes_after_the_signature_stands,
    customers_of_others_do_not_exist,
);

const UPDATE: &str = "whatsapp.consent.update";
const NUMBER: &str = "7001";

async fn customer(shop: &Shop, n: usize) -> (ContactId, ContactNo) {
    let new = person(n);
    let no = shop.world.contacts(std::slice::from_ref(&new)).await[0];
    shop.world.consent(&[no]).await;
    // What is written down from now on comes later.
    shop.door.clock.advance(Duration::from_secs(1));
    (new.id, no)
}

async fn stop(shop: &Shop, no: ContactNo, kind: Suppression, at: Timestamp) {
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::suppress(&mut tx, shop.world.tenant.id, no, kind, "message", Some("stop"), at).await.unwrap();
    tx.commit().await.unwrap();
}

async fn hear(shop: &Shop, no: ContactNo, wamid: &str, text: &str, at: Timestamp) {
    let tenant = shop.world.tenant.id;
    let mut tx = shop.world.db.begin().await.unwrap();
    let inbound = Inbound {
        wamid,
        phone_number_id: NUMBER,
        contact: no,
        kind: "text",
        body: Some(text),
        details: None,
        context: None,
        sent_at: at,
    };
    assert!(receive(&mut tx, tenant, &inbound, at).await.unwrap());
    conversations::heard(&mut tx, tenant, &Heard { number: NUMBER, contact: no, at, wants_answer: true }, at)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn suppressions(shop: &Shop, no: ContactNo) -> Vec<Suppression> {
    let all = consent::suppressions(&shop.world.db, shop.world.tenant.id, &[no]).await.unwrap();
    all.get(&no).into_iter().flatten().map(|entry| entry.kind).collect()
}

async fn stands(shop: &Shop, no: ContactNo) -> Vec<MessageCategory> {
    let all = consent::standing(&shop.world.db, shop.world.tenant.id, &[no]).await.unwrap();
    all.get(&no).into_iter().flatten().map(|(category, _)| *category).collect()
}

fn ago(minutes: u64) -> Timestamp {
    NOW.before(Duration::from_mins(minutes))
}

fn reverse(id: ContactId, categories: Value, act: Value) -> Value {
    let mut reverse = act;
    reverse["categories"] = categories;
    json!({"contact_ids": [id], "change": {"reverse": reverse}})
}

fn grant(ids: &[ContactId], category: &str) -> Value {
    json!({"contact_ids": ids, "change": {"grant": {"category": category, "source": "in_store",
        "evidence": "card of +852 9100 0001", "date": "2026-11-19"}}})
}

fn opt_out(ids: &[ContactId], of: &str) -> Value {
    json!({"contact_ids": ids, "change": {"opt_out": {"of": of, "source": "oral"}}})
}

async fn an_opt_out_of_one_takes_effect_at_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let (id, no) = customer(&shop, 1).await;
    let done = shop.passes(UPDATE, opt_out(&[id], "opted_out_all"), "SIGN-24").await;
    assert_eq!(done.result.unwrap(), json!({"changed": 1, "unchanged": 0}));
    assert_eq!(
        (suppressions(&shop, no).await, stands(&shop, no).await),
        (vec![Suppression::OptedOutOfEverything], vec![])
    );
    assert_eq!(shop.acts("contact.opted_out").await, 1);
    let history = consent::histories(&shop.world.db, shop.world.tenant.id, &[no]).await.unwrap();
    let states: Vec<ConsentState> = history[&no].iter().map(|entry| entry.state).collect();
    assert_eq!(states, [ConsentState::Granted, ConsentState::Withdrawn], "the history is added to");
    shop.door.clock.advance(Duration::from_hours(1));
    let again = shop.ask(UPDATE, opt_out(&[id], "opted_out_all")).await;
    assert_eq!(rules(&again["findings"]), ["LEDGER-03"]);
    assert_eq!(shop.carried_out(&again).await.result.unwrap(), json!({"changed": 0, "unchanged": 1}));
    for of in ["opted_out_marketing", "do_not_contact", "blocked"] {
        shop.passes(UPDATE, opt_out(&[id], of), "SIGN-24").await;
    }
    let withdraw = json!({"contact_ids": [id], "change": {"withdraw": {"category": "utility", "source": "paper"}}});
    shop.passes(UPDATE, withdraw, "SIGN-24").await;
    assert_eq!(suppressions(&shop, no).await.len(), 4);
}

async fn a_yes_is_written_down_with_its_proof_and_never_over_a_no(db: TestDb) {
    let shop = Shop::open(db).await;
    let ((id, no), (two, other)) = (customer(&shop, 1).await, customer(&shop, 2).await);
    let answer = shop.ask(UPDATE, grant(&[id], "utility")).await;
    let text = answer.to_string();
    assert!(!text.contains("9100 0001") && !text.contains("Tai Man"), "{text}");
    let done = shop.carried_out(&answer).await;
    assert!(!done.arguments.to_string().contains("9100"), "{}", done.arguments);
    assert_eq!(stands(&shop, no).await, [MessageCategory::Marketing, MessageCategory::Utility]);
    let history = consent::histories(&shop.world.db, shop.world.tenant.id, &[no]).await.unwrap();
    assert_eq!(history[&no][1].evidence.as_deref(), Some("card of +852 9100 0001"), "the proof itself is kept");
    stop(&shop, no, Suppression::OptedOutOfMarketing, NOW).await;
    shop.blocked(UPDATE, grant(&[id], "marketing"), "LEDGER-01").await;
    shop.blocked(UPDATE, grant(&[id, two], "marketing"), "LEDGER-01").await;
    let withdraw = json!({"contact_ids": [two], "change": {"withdraw": {"category": "marketing", "source": "oral"}}});
    shop.passes(UPDATE, withdraw, "SIGN-24").await;
    assert!(stands(&shop, other).await.is_empty());
    shop.blocked(UPDATE, grant(&[two], "marketing"), "LEDGER-02").await;
    for (change, named) in [
        (json!({"grant": {"category": "marketing", "source": "paper", "date": "2026-11-19"}}), "traceable"),
        (json!({"grant": {"category": "marketing", "source": "paper", "evidence": "x"}}), "date"),
        (
            json!({"grant": {"category": "marketing", "source": "paper", "evidence": "x", "date": "2027-01-01"}}),
            "future",
        ),
        (
            json!({"grant": {"category": "offers", "source": "paper", "evidence": "x", "date": "2026-11-19"}}),
            "category",
        ),
        (json!({"reverse": {"categories": ["marketing"]}}), "inbound_message_id"),
        (json!({"reverse": {"categories": [], "inbound_message_id": "wamid.1"}}), "categories"),
        (json!({"forget": {}}), "change"),
    ] {
        let error = shop.refused(UPDATE, json!({"contact_ids": [id], "change": change})).await;
        assert_eq!(error["code"], "invalid_arguments", "{change}");
        assert!(error["message"].as_str().unwrap().contains(named), "{change}: {error:#}");
    }
}

async fn many_wait_for_a_person(db: TestDb) {
    let shop = Shop::open(db).await;
    let ((one, a), (two, b)) = (customer(&shop, 1).await, customer(&shop, 2).await);
    let yes = shop.waits(UPDATE, grant(&[one, two], "utility"), "SIGN-23", 1).await;
    let no = shop.waits(UPDATE, opt_out(&[one, two], "opted_out_marketing"), "SIGN-23", 1).await;
    assert_eq!((&yes["preview"]["people"], &no["preview"]["people"]), (&json!(2), &json!(2)));
    assert!(suppressions(&shop, a).await.is_empty());
    shop.approve().await;
    for answer in [&yes, &no] {
        let done = shop.carried_out(answer).await;
        assert_eq!(done.result.unwrap(), json!({"changed": 2, "unchanged": 0}));
        assert_eq!(shop.carried_out(answer).await.version, done.version, "begun twice, written once");
    }
    assert_eq!((suppressions(&shop, a).await.len(), suppressions(&shop, b).await.len()), (1, 1));
    assert_eq!(stands(&shop, b).await, [MessageCategory::Utility]);
    assert_eq!(shop.acts("consent.recorded").await, 2);
}

async fn a_no_is_taken_back_by_the_customers_later_message_and_two_people(db: TestDb) {
    let shop = Shop::open(db).await;
    let (id, no) = customer(&shop, 1).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::record(&mut tx, shop.world.tenant.id, &[granted(no, MessageCategory::Utility)], ago(60)).await.unwrap();
    tx.commit().await.unwrap();
    stop(&shop, no, Suppression::OptedOutOfEverything, ago(30)).await;
    hear(&shop, no, "wamid.start", "Please write to me about my orders again, 9123 4567", ago(10)).await;
    let ask = reverse(id, json!(["utility"]), json!({"inbound_message_id": "wamid.start"}));
    let answer = shop.waits(UPDATE, ask, "SIGN-22", 2).await;
    assert_eq!(rules(&answer["findings"]), ["LEDGER-11"]);
    let act = &answer["preview"]["act"];
    assert_eq!(act["text"], "Please write to me about my orders again, …67");
    let person = &answer["preview"]["persons"][0];
    assert_eq!(
        (&person["would_agree"], &person["would_suppress"]),
        (&json!(["utility"]), &json!(["opted_out_marketing"]))
    );
    assert!(!answer.to_string().contains("wamid.start"), "{answer:#}");
    assert_eq!(suppressions(&shop, no).await, [Suppression::OptedOutOfEverything], "not before it is signed");
    shop.approve().await;
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    assert_eq!(suppressions(&shop, no).await, [Suppression::OptedOutOfMarketing], "what was not named stays refused");
    assert_eq!(stands(&shop, no).await, [MessageCategory::Utility]);
    let entries = consent::opt_outs(&shop.world.db, shop.world.tenant.id, &Default::default(), 9).await.unwrap();
    assert_eq!((entries[0].1.at, entries[0].1.word.as_deref()), (ago(30), Some("stop")), "as it was said");
    assert_eq!(shop.acts("contact.opted_in").await, 1);
}

async fn nothing_else_takes_a_no_back(db: TestDb) {
    let shop = Shop::open(db).await;
    let ((id, no), (two, other)) = (customer(&shop, 1).await, customer(&shop, 2).await);
    hear(&shop, no, "wamid.before", "Hello", ago(40)).await;
    stop(&shop, no, Suppression::OptedOutOfMarketing, ago(30)).await;
    hear(&shop, other, "wamid.others", "Please write again", ago(10)).await;
    hear(&shop, no, "wamid.stop", "STOP", ago(5)).await;
    let marketing = || json!(["marketing"]);
    for (act, rule) in [
        (json!({"inbound_message_id": "wamid.before"}), "LEDGER-09"),
        (json!({"inbound_message_id": "wamid.others"}), "LEDGER-08"),
        (json!({"inbound_message_id": "wamid.none"}), "LEDGER-08"),
        (json!({"inbound_message_id": "wamid.stop"}), "LEDGER-10"),
        (json!({"signed_form": {"reference": "form 9", "date": "2026-11-19"}}), "LEDGER-09"),
        // The day began before the no.
        (json!({"signed_form": {"reference": "form 9", "date": "2026-11-20"}}), "LEDGER-09"),
    ] {
        shop.blocked(UPDATE, reverse(id, marketing(), act), rule).await;
    }
    let form = json!({"signed_form": {"reference": "form 9", "date": ago(1).to_string()}});
    let mut bulk = reverse(id, marketing(), form.clone());
    stop(&shop, other, Suppression::OptedOutOfMarketing, ago(30)).await;
    bulk["contact_ids"] = json!([id, two]);
    shop.blocked(UPDATE, bulk, "LEDGER-05").await;
    shop.blocked(UPDATE, reverse(id, json!(["utility"]), form.clone()), "LEDGER-07").await;
    let signed = shop.waits(UPDATE, reverse(id, marketing(), form), "SIGN-22", 2).await;
    assert_eq!(rules(&signed["findings"]), ["LEDGER-12"], "people look at the form");
    stop(&shop, no, Suppression::StoppedAtMeta, ago(20)).await;
    let other_form = json!({"signed_form": {"reference": "form 10", "date": ago(1).to_string()}});
    shop.blocked(UPDATE, reverse(id, marketing(), other_form), "LEDGER-06").await;
    // A message in a queue that the agent may not see is not there for it, either.
    hear(&shop, other, "wamid.hidden", "Please write to me again", ago(2)).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    let queue = NewQueue { name: "legal", restricted: true, hours: None, answer_within: None };
    conversations::add_queue(&mut tx, shop.world.tenant.id, &queue).await.unwrap();
    let thread = conversations::of(&mut tx, shop.world.tenant.id, NUMBER, other).await.unwrap().unwrap();
    let to = Assignment { queue: Some("legal"), person: None, answer_by: None };
    let worker = countersign::domain::audit::Actor::Worker;
    let act = Act {
        act: countersign::domain::conversations::ConversationAct::Assigned,
        actor: &worker,
        details: &Value::Null,
    };
    conversations::assign(&mut tx, shop.world.tenant.id, &thread, &to, &act, NOW).await.unwrap();
    tx.commit().await.unwrap();
    shop.blocked(UPDATE, reverse(two, marketing(), json!({"inbound_message_id": "wamid.hidden"})), "LEDGER-08").await;
    assert_eq!(suppressions(&shop, no).await.len(), 2);
}

async fn a_no_that_comes_after_the_signature_stands(db: TestDb) {
    let shop = Shop::open(db).await;
    let ((id, no), (two, other)) = (customer(&shop, 1).await, customer(&shop, 2).await);
    stop(&shop, no, Suppression::OptedOutOfMarketing, ago(30)).await;
    hear(&shop, no, "wamid.start", "Yes please, offers again", ago(10)).await;
    let back = reverse(id, json!(["marketing"]), json!({"inbound_message_id": "wamid.start"}));
    let back = shop.waits(UPDATE, back, "SIGN-22", 2).await;
    let yes = shop.waits(UPDATE, grant(&[id, two], "utility"), "SIGN-23", 1).await;
    let altered = shop.waits(UPDATE, opt_out(&[id, two], "blocked"), "SIGN-23", 1).await;
    shop.approve().await;
    stop(&shop, no, Suppression::OptedOutOfEverything, ago(1)).await;
    shop.stale(&back, "LEDGER-09").await;
    shop.stale(&yes, "LEDGER-01").await;
    assert_eq!(stands(&shop, other).await, [MessageCategory::Marketing], "nobody of them");
    shop.db.execute("update request_detail set body = replace(body, 'blocked', 'opted_out_all')").await;
    shop.stale(&altered, "SIGN-29").await;
    assert_eq!(suppressions(&shop, no).await.len(), 2);
}

async fn customers_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let other = World::new(&shop.world.db, "other").await;
    let foreign = person(1);
    other.contacts(std::slice::from_ref(&foreign)).await;
    let (id, _) = customer(&shop, 1).await;
    for ids in [vec![foreign.id], vec![id, foreign.id], vec![ContactId::random()]] {
        assert_eq!(shop.refused(UPDATE, opt_out(&ids, "opted_out_all")).await["code"], "not_found");
    }
    let many: Vec<ContactId> = (0..501).map(|_| ContactId::random()).collect();
    for ids in [vec![], many] {
        assert_eq!(shop.refused(UPDATE, opt_out(&ids, "opted_out_all")).await["code"], "invalid_arguments");
    }
    let (_, reader) = shop.world.agent("reader", "read,propose:contacts").await;
    let mut call = opt_out(&[id], "opted_out_all");
    call["reason"] = "x".into();
    let unknown = shop.door.modern(&reader).request("tools/call", json!({"name": UPDATE, "arguments": call})).await;
    assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
}
