//! The team's figures: by queue, single people only for those who may, and restricted queues of others not counted.

use countersign::domain::audit::Actor;
use countersign::domain::automation::reaction::{Inbound as Said, Outcome, Reaction, Said as Words, Silence};
use countersign::domain::clock::Timestamp;
use countersign::domain::contacts::ContactNo;
use countersign::domain::conversations::{Conversation, ConversationAct};
use countersign::domain::ids::RequestId;
use countersign::domain::replies::{ReplyCause, Saying};
use countersign::store::conversations::{self, Act, Assignment, Closing, Heard, NewQueue};
use countersign::store::replies::{NewReply, Origin};
use countersign::store::{automation, replies, requests};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(a_summary_counts_by_queue_and_hides_people_and_restricted_queues,);

const GET: &str = "whatsapp.conversation_summary.get";
const NUMBER: &str = "106540352242922";
const MINUTE: Duration = Duration::from_mins(1);

fn at(minutes: u32) -> Timestamp {
    NOW.before(MINUTE * 600).after(MINUTE * minutes)
}

struct Shop {
    world: World,
    numbers: Vec<ContactNo>,
    request: RequestId,
}

impl Shop {
    async fn hears(&self, who: usize, minutes: u32) -> Conversation {
        let mut tx = self.world.db.begin().await.unwrap();
        let heard = Heard { number: NUMBER, contact: self.numbers[who], at: at(minutes), wants_answer: true };
        let thread = conversations::heard(&mut tx, self.world.tenant.id, &heard, at(minutes)).await.unwrap();
        tx.commit().await.unwrap();
        thread
    }

    async fn put(&self, thread: &Conversation, queue: &str, minutes: u32) {
        let (tenant, details) = (self.world.tenant.id, json!({"queue": queue}));
        let mut tx = self.world.db.begin().await.unwrap();
        let is = conversations::find(&mut tx, tenant, thread.id).await.unwrap().unwrap();
        let to = Assignment { queue: Some(queue), person: None, answer_by: None };
        let act = Act { act: ConversationAct::HandedOver, actor: &Actor::Worker, details: &details };
        conversations::assign(&mut tx, tenant, &is, &to, &act, at(minutes)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn answers(&self, thread: &Conversation, minutes: u32) {
        let saying: Saying = serde_json::from_value(json!({"message": {"kind": "text", "body": "Yes."}})).unwrap();
        let reply = NewReply {
            number: NUMBER,
            contact: thread.contact,
            source: Origin::Request(self.request),
            cause: &ReplyCause(json!({})),
            in_reply_to: None,
            identity_hash: None,
            saying: &saying,
        };
        let mut tx = self.world.db.begin().await.unwrap();
        replies::add(&mut tx, self.world.tenant.id, &[reply], at(minutes)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn closes(&self, thread: &Conversation, outcome: &'static str, minutes: u32) {
        let (tenant, details) = (self.world.tenant.id, json!({"outcome": outcome}));
        let actor = Actor::Person(self.world.owner.id);
        let mut tx = self.world.db.begin().await.unwrap();
        let is = conversations::find(&mut tx, tenant, thread.id).await.unwrap().unwrap();
        let act = Act { act: ConversationAct::Closed, actor: &actor, details: &details };
        let closing = Closing { outcome, follow_up_at: None };
        conversations::close(&mut tx, tenant, &is, &closing, &act, at(minutes)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn kept_still(&self, who: usize, minutes: u32) {
        let inbound = Said { wamid: format!("w{who}"), number: NUMBER.into(), said: Words::Nothing, at: at(minutes) };
        let reaction = Reaction { outcome: Outcome::Silent(Silence::NothingSaid), place: None };
        let (tenant, contact) = (self.world.tenant.id, self.numbers[who]);
        let mut tx = self.world.db.begin().await.unwrap();
        automation::record(&mut tx, tenant, contact, &inbound, &reaction, at(minutes)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn a_summary_counts_by_queue_and_hides_people_and_restricted_queues(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (_, numbers) = world.ready_to_send(4).await;
    let (writer, _) = world.agent("writer", "read,propose").await;
    let request = samples::request(&writer, NOW);
    let mut tx = world.db.begin().await.unwrap();
    requests::insert(&mut tx, &request, "Reply").await.unwrap();
    for (name, restricted) in [("legal", true), ("support", false)] {
        let queue = NewQueue { name, restricted, hours: None, answer_within: Some(MINUTE * 30) };
        conversations::add_queue(&mut tx, world.tenant.id, &queue).await.unwrap();
    }
    tx.commit().await.unwrap();
    let shop = Shop { world, numbers, request: request.id };
    // Answered in time and solved; too late; in a queue of others; still in none.
    let (good, late, hidden) = (shop.hears(0, 0).await, shop.hears(1, 0).await, shop.hears(2, 0).await);
    shop.hears(3, 10).await;
    for (thread, queue) in [(&good, "support"), (&late, "support"), (&hidden, "legal")] {
        shop.put(thread, queue, 5).await;
    }
    shop.answers(&good, 20).await;
    shop.answers(&late, 50).await;
    db.execute("update reply set state = 2").await;
    shop.closes(&good, "solved", 60).await;
    shop.kept_still(0, 1).await;
    shop.kept_still(2, 1).await;

    let door = Door::open(&shop.world.db).await;
    let (_, plain) = shop.world.agent("plain", "read").await;
    let (_, full) = shop.world.agent("full", "read,staff_metrics").await;
    let summary = door.modern(&plain).call(GET, json!({})).await;
    let total = &summary["total"];
    assert_eq!((&total["opened"], &total["closed"], &total["handed_over"]), (&json!(3), &json!(1), &json!(2)));
    assert_eq!((&total["outcomes"], &total["solved_share"]), (&json!({"solved": 1}), &json!(1.0)));
    assert_eq!(total["first_answer"], json!({"count": 2, "median_seconds": 1_200, "p90_seconds": 3_000}));
    assert_eq!(total["handling"]["median_seconds"], 3_600);
    assert_eq!(total["promises"], json!({"kept": 1, "missed": 1, "open": 0}));
    assert_eq!(summary["automation"], json!({"messages": 1, "acted": 0, "handed_over": 0, "share": 0.0}));
    let queues: Vec<&Value> = summary["queues"].as_array().unwrap().iter().map(|it| &it["queue"]).collect();
    assert_eq!(queues, [&Value::Null, &json!("support")]);
    assert_eq!(
        (&summary["queues"][0]["backlog"]["open"], &summary["queues"][1]["backlog"]["open"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(summary["people"], Value::Null);
    assert!(!summary.to_string().contains("K. Wong") && !summary.to_string().contains("legal"));

    let open = door.modern(&full).call(GET, json!({"queue": "support"})).await;
    assert_eq!((&open["total"]["opened"], &open["queues"].as_array().unwrap().len()), (&json!(2), &1));
    let person = &open["people"][0];
    assert_eq!(
        (&person["person"]["name"], &person["closed"], &person["in_hand"]),
        (&json!("K. Wong"), &json!(1), &json!(0))
    );
    let earlier = door.modern(&plain).call(GET, json!({"from": at(0), "until": at(30)})).await;
    assert_eq!((&earlier["total"]["opened"], &earlier["total"]["closed"]), (&json!(3), &json!(0)));
    for (arguments, code) in [
        (json!({"queue": "legal"}), "not_found"),
        (json!({"from": NOW, "until": NOW}), "invalid_arguments"),
        (json!({"from": NOW.before(Duration::from_hours(24 * 93))}), "invalid_arguments"),
    ] {
        assert_eq!(door.modern(&plain).refused(GET, arguments.clone()).await["code"], code, "{arguments}");
    }
}
