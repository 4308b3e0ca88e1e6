//! Broadcasts as they are listed: whom they would reach now, who has signed, how far they are.

use countersign::domain::action::Action;
use countersign::domain::audience::Audience;
use countersign::domain::broadcasts::{BroadcastSpec, BroadcastState, Schedule};
use countersign::domain::consent::{ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::BroadcastId;
use countersign::domain::people::Agent;
use countersign::store::consent::NewConsent;
use countersign::store::{audience, broadcasts, consent, requests};
use serde_json::json;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::samples;
use crate::support::world::{NOW, World, granted};

on_both!(counts_leave_out_who_said_stop_since, broadcasts_are_paged_and_ours);

/// A broadcast to these people, asked for `n` seconds after the beginning.
async fn asked_for(world: &World, agent: &Agent, people: &[ContactNo], n: u64) -> BroadcastId {
    let at = NOW.after(Duration::from_secs(n));
    let mut request = samples::request(agent, at);
    let list = Audience {
        people: people.iter().map(|no| no.0).collect(),
        marks: people.iter().map(|no| u64::from(no.0).to_be_bytes()).collect(),
    };
    let Action::BroadcastSchedule(plan) = &mut request.preview.action else { panic!("a broadcast") };
    plan.audience.root = list.root();
    let (id, seal) = (plan.broadcast, plan.audience.clone());
    let spec: BroadcastSpec = serde_json::from_value(json!({
        "name": format!("Offer {n}"), "template": "winter_offer", "segments": [seal.segments[0].id],
    }))
    .unwrap();
    let mut tx = world.db.begin().await.unwrap();
    assert!(requests::insert(&mut tx, &request, "Broadcast · Winter offer").await.unwrap());
    audience::insert(&mut tx, world.tenant.id, seal.id, seal.root, &list, at).await.unwrap();
    let new = broadcasts::NewBroadcast {
        id,
        spec: &spec,
        schedule: &Schedule::default(),
        audience: seal.id,
        audience_count: list.people.len(),
        state: BroadcastState::Requested,
        created_by: request.id,
        sent_by: Some(request.id),
    };
    assert!(broadcasts::insert(&mut tx, world.tenant.id, &new, at).await.unwrap());
    tx.commit().await.unwrap();
    id
}

async fn counts_leave_out_who_said_stop_since(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (_, numbers) = world.ready_to_send(10).await;
    let (agent, key) = world.agent("promo", "read").await;
    let id = asked_for(&world, &agent, &numbers, 0).await;
    let mut tx = world.db.begin().await.unwrap();
    for (no, kind) in numbers.iter().zip([Suppression::OptedOutOfMarketing, Suppression::Blocked, Suppression::Invalid])
    {
        consent::suppress(&mut tx, world.tenant.id, *no, kind, "inbound_message", Some("STOP"), NOW).await.unwrap();
    }
    let back = NewConsent {
        state: ConsentState::Withdrawn,
        given_at: NOW.after(Duration::from_secs(1)),
        ..granted(numbers[9], MessageCategory::Marketing)
    };
    consent::record(&mut tx, world.tenant.id, &[back], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let items = door.modern(&key).pages("whatsapp.broadcasts.list", json!({}), 9).await;
    let item = &items[0];
    assert_eq!(
        (&item["id"], &item["audience"]["people"], &item["audience"]["frozen"]),
        (&json!(id), &json!(6), &json!(10))
    );
    assert_eq!((&item["state"], &item["category"]), (&json!("requested"), &json!("marketing")));
    assert_eq!(item["approval"]["status"], "pending_approval");
    assert_eq!(
        (&item["approval"]["signatures_required"], &item["approval"]["signatures_given"]),
        (&json!(1), &json!(0))
    );
    assert!(item["delivery"].is_null() && item["schedule"]["per_second"].is_u64());
}

async fn broadcasts_are_paged_and_ours(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (_, numbers) = world.ready_to_send(2).await;
    let (agent, key) = world.agent("promo", "read").await;
    for n in 0..5 {
        asked_for(&world, &agent, &numbers, n).await;
    }
    let door = Door::open(&world.db).await;
    let caller = door.modern(&key);
    let names: Vec<String> = caller
        .pages("whatsapp.broadcasts.list", json!({"state": "requested"}), 2)
        .await
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Offer 4", "Offer 3", "Offer 2", "Offer 1", "Offer 0"]);
    assert!(caller.pages("whatsapp.broadcasts.list", json!({"state": "draft"}), 2).await.is_empty());
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    assert!(door.modern(&foreign).pages("whatsapp.broadcasts.list", json!({}), 9).await.is_empty());
}
