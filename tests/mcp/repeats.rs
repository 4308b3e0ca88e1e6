//! An agent that does not take no for an answer, and one that asks too often.

use std::time::Duration;

use countersign::approvals::sign;
use countersign::domain::ids::{PersonId, RequestId};
use countersign::domain::people::{Person, Role};
use countersign::domain::policy::Policy;
use countersign::domain::requests::Status;
use countersign::store::{audit, people, requests};
use serde_json::{Value, json};

use super::writes::{broadcast, write};
use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(what_a_person_refused_is_not_asked_for_again, an_agent_asks_for_three_broadcasts_an_hour);

const SCHEDULE: &str = "whatsapp.broadcast.schedule";
const PREVIEW: &str = "whatsapp.broadcast.preview";

async fn person(world: &World, role: Role, email: &str) -> Person {
    let person = Person { id: PersonId::random(), role, email: email.to_owned(), ..world.owner.clone() };
    let mut tx = world.db.begin().await.unwrap();
    people::add_person(&mut tx, &person, "no password opens this", NOW).await.unwrap();
    tx.commit().await.unwrap();
    person
}

async fn reject(world: &World, answer: &Value) -> RequestId {
    let id = answer["action_request_id"].as_str().unwrap().parse().unwrap();
    let mut tx = world.db.begin().await.unwrap();
    requests::set_status(&mut tx, world.tenant.id, id, Status::PendingApproval, Status::Rejected, NOW).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn what_a_person_refused_is_not_asked_for_again(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let officer = person(&world, Role::Compliance, "lau@shop.example").await;
    let operator = person(&world, Role::Operator, "ops@shop.example").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let agent = door.modern(&key);
    let offer = broadcast(segment);
    let id = reject(&world, &agent.call(SCHEDULE, write(&offer, "It is winter.")).await).await;
    // By the write and by the preview, with another reason, now and long after.
    for later in [Duration::ZERO, Duration::from_hours(24 * 365)] {
        door.clock.advance(later);
        let preview = json!({"write_tool": SCHEDULE, "arguments": offer, "reason": "Please."});
        for error in [agent.refused(SCHEDULE, write(&offer, "Please.")).await, agent.refused(PREVIEW, preview).await] {
            assert_eq!((&error["code"], &error["findings"][0]["rule"]), (&json!("blocked"), &json!("AGENT-01")));
            assert!(error["message"].as_str().unwrap().contains(&id.to_string()), "{error}");
        }
    }
    door.clock.set(NOW);
    // What is only like it goes to people, with what differs.
    let mut like = offer.clone();
    like["broadcast"]["name"] = "Winter offer, really".into();
    let answer = agent.call(SCHEDULE, write(&like, "Another name.")).await;
    let findings = answer["findings"].as_array().unwrap();
    let told = findings.iter().find(|it| it["rule"] == "AGENT-02").unwrap_or_else(|| panic!("{findings:#?}"));
    assert_eq!(told["facts"]["request"], json!(id));
    assert!(told["facts"]["changes"].as_str().unwrap().contains("Winter offer, really"), "{told}");
    // Who could have signed it allows it again; nobody else does, and nobody twice.
    let reopen = async |person: &Person| sign::reopen(&door.ctx, world.tenant.id, person, id).await;
    assert_eq!(reopen(&operator).await.unwrap_err().code(), "forbidden");
    assert!(reopen(&officer).await.unwrap().reopened_at.is_some());
    assert_eq!(reopen(&officer).await.unwrap_err().code(), "conflict");
    let again = agent.call(SCHEDULE, write(&offer, "They said I may.")).await;
    assert_eq!(again["status"], "pending_approval");
    assert_ne!(again["action_request_id"], json!(id));
    let log = audit::list(&world.db, world.tenant.id, &audit::Filter::default(), 50).await.unwrap();
    let count = |act: &str| log.iter().filter(|entry| entry.act == act).count();
    assert_eq!((count("request.reopened"), count("request.blocked")), (1, 4));
}

async fn an_agent_asks_for_three_broadcasts_an_hour(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (segment, _) = world.ready_to_send(3).await;
    let door = Door::open_under(&world.db, Policy::default()).await;
    let (_, key) = world.agent("promo", "read,propose").await;
    let (_, second) = world.agent("second", "read,propose").await;
    let offer = |name: &str| {
        let mut offer = broadcast(segment);
        offer["broadcast"]["name"] = name.into();
        write(&offer, "It is winter.")
    };
    let agent = door.modern(&key);
    for name in ["one", "two", "three"] {
        agent.call(SCHEDULE, offer(name)).await;
        door.clock.advance(Duration::from_mins(10));
    }
    assert_eq!(agent.call(SCHEDULE, offer("three")).await["status"], "pending_approval", "the same ask is no new one");
    let error = agent.refused(SCHEDULE, offer("four")).await;
    assert_eq!((&error["code"], &error["retry_after_seconds"]), (&json!("rate_limited"), &json!(1801)), "{error}");
    door.modern(&second).call(SCHEDULE, offer("four")).await;
    door.clock.advance(Duration::from_secs(1801));
    assert_eq!(agent.call(SCHEDULE, offer("four")).await["status"], "pending_approval");
}
