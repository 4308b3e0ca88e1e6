//! Consent records and opt-outs: what stands, what was said, and what free text must not give away.

use countersign::domain::consent::{ConsentState, MessageCategory, Suppression};
use countersign::store::consent::{self, NewConsent};
use serde_json::json;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World, granted, person};

on_both!(the_history_says_which_entry_stands, the_suppression_list_keeps_the_word_that_was_written);

async fn the_history_says_which_entry_stands(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (a, b) = (person(1), person(2));
    let numbers = world.contacts(&[a.clone(), b]).await;
    let later = NOW.after(Duration::from_secs(60));
    let first = NewConsent {
        evidence: Some("call with +852 9100 0001, ada@example.com".into()),
        ..granted(numbers[0], MessageCategory::Marketing)
    };
    let withdrawn = NewConsent {
        state: ConsentState::Withdrawn,
        given_at: later,
        ..granted(numbers[0], MessageCategory::Marketing)
    };
    let mut tx = world.db.begin().await.unwrap();
    consent::record(&mut tx, world.tenant.id, &[first], NOW).await.unwrap();
    consent::record(&mut tx, world.tenant.id, &[withdrawn], later).await.unwrap();
    consent::record(&mut tx, world.tenant.id, &[granted(numbers[1], MessageCategory::Utility)], later).await.unwrap();
    let stop = Suppression::OptedOutOfEverything;
    consent::suppress(&mut tx, world.tenant.id, numbers[1], stop, "console", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let (_, plain) = world.agent("plain", "read").await;
    let (_, pii) = world.agent("pii", "read,contacts:pii").await;
    let of_a = json!({"contact_id": a.id});
    let items = door.modern(&plain).pages("whatsapp.consent_records.list", of_a.clone(), 1).await;
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0]["state"], &items[0]["stands"]), (&json!("withdrawn"), &json!(false)));
    assert_eq!((&items[1]["state"], &items[1]["stands"]), (&json!("granted"), &json!(false)));
    let evidence = items[1]["evidence"].as_str().unwrap();
    assert!(!evidence.contains("9100") && !evidence.contains('@'), "{evidence}");
    let open = door.modern(&pii).pages("whatsapp.consent_records.list", of_a, 9).await;
    assert!(open[1]["evidence"].as_str().unwrap().contains("9100 0001"));
    let utility = json!({"category": "utility", "state": "granted", "source": "web_form", "from": NOW, "until": later});
    let items = door.modern(&plain).pages("whatsapp.consent_records.list", utility, 9).await;
    assert_eq!(items.len(), 1);
    assert_eq!((&items[0]["stands"], &items[0]["suppressed_by"]), (&json!(true), &json!(["opted_out_all"])));
    assert_eq!(items[0]["phone"], "+852 •••• ••02");
}

async fn the_suppression_list_keeps_the_word_that_was_written(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let people: Vec<_> = (0..5).map(person).collect();
    let numbers = world.contacts(&people).await;
    let mut tx = world.db.begin().await.unwrap();
    for (n, no) in numbers.iter().enumerate() {
        let at = NOW.after(Duration::from_secs(n as u64 / 2));
        let kind = if n == 0 { Suppression::Invalid } else { Suppression::OptedOutOfEverything };
        consent::suppress(&mut tx, world.tenant.id, *no, kind, "inbound_message", Some("退訂"), at).await.unwrap();
    }
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read").await;
    let agent = door.legacy(&key);
    let all = agent.pages("whatsapp.opt_outs.list", json!({}), 2).await;
    let ids: std::collections::BTreeSet<_> = all.iter().map(|item| item["contact_id"].to_string()).collect();
    assert_eq!((all.len(), ids.len()), (5, 5));
    assert!(all.iter().all(|item| item["word"] == "退訂" && !item["name"].as_str().unwrap().contains("Chan")));
    assert_eq!(agent.pages("whatsapp.opt_outs.list", json!({"reason": "invalid"}), 9).await.len(), 1);
    let of_one = agent.pages("whatsapp.opt_outs.list", json!({"contact_id": people[3].id}), 9).await;
    assert_eq!(of_one[0]["forbids"], json!(["marketing", "utility", "authentication", "service"]));
    let error = agent.refused("whatsapp.opt_outs.list", json!({"reason": "angry"})).await;
    assert!(error["message"].as_str().unwrap().contains("opted_out_all"), "it names what there is: {error}");
}
