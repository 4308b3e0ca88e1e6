//! What became of a broadcast: counted from the ledger within the hours that were asked for, and nobody stands alone.

use countersign::domain::action::Action;
use countersign::domain::audience::Audience;
use countersign::domain::broadcasts::{BroadcastSpec, BroadcastState, Schedule};
use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{MessageCategory, Suppression};
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::ids::{BroadcastId, ContactId, ExecutionId};
use countersign::domain::phone::PhoneNumber;
use countersign::store::contacts::NewContact;
use countersign::store::conversations::{self, Heard};
use countersign::store::deliveries::{self, NewExecution};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{audience, broadcasts, consent, requests};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::{Caller, Door};
use crate::support::samples;
use crate::support::world::{NOW, World, person};

on_both!(a_report_counts_what_people_did_in_time, small_groups_are_not_shown, a_draft_has_no_delivery_and_no_response);

const GET: &str = "whatsapp.campaign_report.get";
const NUMBER: &str = "106540352242922";
const HOUR: Duration = Duration::from_hours(1);

struct Shop {
    world: World,
    door: Door,
    db: TestDb,
    key: String,
    people: Vec<ContactNo>,
    broadcast: BroadcastId,
}

/// Seven people of Hong Kong, three of Macau, two of Singapore.
fn contacts() -> Vec<NewContact> {
    let abroad = ["+85366000001", "+85366000002", "+85366000003", "+6591000001", "+6591000002"];
    let of = |phone: &&str| NewContact {
        id: ContactId::random(),
        phone: Some(PhoneNumber::parse(phone, None).unwrap()),
        ..person(1)
    };
    (0..7).map(person).chain(abroad.iter().map(of)).collect()
}

impl Shop {
    async fn open(db: TestDb, contacts: &[NewContact], begun: bool) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let people = world.contacts(contacts).await;
        let (agent, key) = world.agent("promo", "read").await;
        let mut request = samples::request(&agent, NOW);
        let list = Audience {
            people: people.iter().map(|no| no.0).collect(),
            marks: people.iter().map(|no| u64::from(no.0).to_be_bytes()).collect(),
        };
        let Action::BroadcastSchedule(plan) = &mut request.preview.action else { panic!("a broadcast") };
        plan.audience.root = list.root();
        let (broadcast, seal) = (plan.broadcast, plan.audience.clone());
        let spec: BroadcastSpec = serde_json::from_value(json!({
            "name": "Winter offer", "template": "winter_offer", "segments": [seal.segments[0].id],
        }))
        .unwrap();
        let mut tx = world.db.begin().await.unwrap();
        requests::insert(&mut tx, &request, "Broadcast · Winter offer").await.unwrap();
        audience::insert(&mut tx, world.tenant.id, seal.id, seal.root, &list, NOW).await.unwrap();
        let new = broadcasts::NewBroadcast {
            id: broadcast,
            spec: &spec,
            schedule: &Schedule::default(),
            audience: seal.id,
            audience_count: list.people.len(),
            state: if begun { BroadcastState::Running } else { BroadcastState::Draft },
            created_by: request.id,
            sent_by: begun.then_some(request.id),
        };
        broadcasts::insert(&mut tx, world.tenant.id, &new, NOW).await.unwrap();
        let total = u32::try_from(people.len()).unwrap();
        let execution = NewExecution {
            id: ExecutionId::random(),
            request: request.id,
            phone_number_id: NUMBER,
            category: MessageCategory::Marketing,
            total,
            batch_size: 10,
            per_second: 10,
        };
        if begun {
            deliveries::add(&mut tx, world.tenant.id, &execution, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        if let Some(execution) = deliveries::find(&world.db, world.tenant.id, execution.id).await.unwrap() {
            let audience: People = people.iter().map(|no| no.0).collect();
            let mut tx = world.db.begin().await.unwrap();
            assert!(deliveries::build(&mut tx, &execution, &audience, total, 100, NOW).await.unwrap());
            tx.commit().await.unwrap();
            db.execute("update delivery set state = 2, progress = 2, wamid = 'wamid.' || seq").await;
        }
        let door = Door::open(&world.db).await;
        Self { world, door, db, key, people, broadcast }
    }

    fn agent(&self) -> Caller {
        self.door.modern(&self.key)
    }

    async fn report(&self, hours: Option<u32>) -> Value {
        let mut arguments = json!({"broadcast_id": self.broadcast});
        if let Some(hours) = hours {
            arguments["attribution_hours"] = json!(hours);
        }
        self.agent().call(GET, arguments).await
    }

    async fn wrote(&self, who: usize, wamid: &str, (kind, context): (&str, Option<&str>), at: Timestamp) {
        let (tenant, contact) = (self.world.tenant.id, self.people[who]);
        let mut tx = self.world.db.begin().await.unwrap();
        let inbound = Inbound {
            wamid,
            phone_number_id: NUMBER,
            contact,
            kind,
            body: Some("hello"),
            details: None,
            context,
            sent_at: at,
        };
        assert!(receive(&mut tx, tenant, &inbound, at).await.unwrap());
        let heard = Heard { number: NUMBER, contact, at, wants_answer: true };
        conversations::heard(&mut tx, tenant, &heard, at).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn stopped(&self, who: usize, kind: Suppression, at: Timestamp) {
        let mut tx = self.world.db.begin().await.unwrap();
        consent::suppress(&mut tx, self.world.tenant.id, self.people[who], kind, "test", None, at).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn a_report_counts_what_people_did_in_time(db: TestDb) {
    let shop = Shop::open(db, &contacts(), true).await;
    for (seq, set) in
        [(0, "progress = 3"), (1, "progress = 3"), (10, "state = 4, error_code = 131026"), (11, "progress = 9")]
    {
        shop.db.execute(&format!("update delivery set {set} where seq = {seq}")).await;
    }
    shop.db.execute(&format!("update execution set finished_at = {}, state = 'done'", NOW.after(HOUR).micros())).await;
    shop.door.clock.set(NOW.after(HOUR * 200));
    shop.wrote(0, "in.1", ("text", None), NOW.after(HOUR * 2)).await;
    shop.wrote(0, "in.2", ("button", Some("wamid.0")), NOW.after(HOUR * 3)).await;
    shop.wrote(1, "in.3", ("text", None), NOW.after(HOUR * 80)).await;
    shop.wrote(2, "in.4", ("reaction", None), NOW.after(HOUR * 2)).await;
    shop.wrote(3, "in.5", ("text", None), NOW.before(HOUR)).await;
    // Meta could not deliver to this one.
    shop.wrote(11, "in.6", ("text", None), NOW.after(HOUR)).await;
    shop.stopped(4, Suppression::OptedOutOfMarketing, NOW.after(HOUR)).await;
    shop.stopped(5, Suppression::Blocked, NOW.after(HOUR)).await;
    shop.stopped(6, Suppression::OptedOutOfEverything, NOW.before(HOUR)).await;
    shop.db
        .execute(&format!(
            "insert into customer_order (id, tenant_id, conversation_id, contact_no, request_id, items, source, state, source_id, tries,
                due_at, created_at, updated_at)
             select c.id, c.tenant_id, c.id, c.contact_no, a.id, '[]', 'catalogue', 'placed', 'x', 0, 0, {at}, {at}
             from conversation c, action_request a where c.contact_no = {no}",
            at = NOW.after(HOUR * 4).micros(),
            no = shop.people[0].0
        ))
        .await;

    let report = shop.report(None).await;
    let response = &report["response"];
    assert_eq!((&response["from"], &response["until"]), (&json!(NOW), &json!(NOW.after(HOUR * 73))));
    assert_eq!(
        (&response["replied"], &response["tapped"], &response["attribution_hours"]),
        (&json!(1), &json!(1), &json!(72))
    );
    assert_eq!((&response["opted_out"], &response["ordered"]), (&json!(1), &json!(1)));
    assert_eq!(response["clicked"], Value::Null);
    assert!(response["clicked_unknown_because"].as_str().unwrap().len() > 20);
    let progress = &report["delivery"]["progress"];
    assert_eq!((&progress["accepted"], &progress["delivered"], &progress["read"]), (&json!(10), &json!(10), &json!(2)));
    assert_eq!((&progress["failed"], &report["delivery"]["failed_for_other_reasons"]), (&json!(2), &json!(2)));
    assert_eq!(report["delivery"]["failed"], json!([]), "two of two kinds are shown together");
    assert_eq!((&report["audience"]["frozen"], &report["audience"]["left_out"]), (&json!(12), &json!({})));
    // Seven of Hong Kong at the rate that was signed; for Macau there was none.
    assert_eq!(report["cost"]["delivered_at_signed_rates"], "HK$5.60");
    assert_eq!((&report["cost"]["estimated"], &report["cost"]["rate_card"]), (&json!("HK$9.60"), &json!("example")));
    let longer = shop.report(Some(100)).await;
    assert_eq!(longer["response"]["replied"], 2, "the second one wrote later");
    for hours in [0, 169] {
        let arguments = json!({"broadcast_id": shop.broadcast, "attribution_hours": hours});
        assert_eq!(shop.agent().refused(GET, arguments).await["code"], "invalid_arguments");
    }
    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,contacts:pii").await;
    let refused = shop.door.modern(&foreign).refused(GET, json!({"broadcast_id": shop.broadcast})).await;
    assert_eq!(refused["code"], "not_found");
    for who in contacts() {
        let phone = who.phone.unwrap().e164().to_owned();
        assert!(!report.to_string().contains(&phone), "a report names nobody");
    }
}

async fn small_groups_are_not_shown(db: TestDb) {
    let shop = Shop::open(db, &contacts(), true).await;
    let report = shop.report(None).await;
    let markets: Vec<&Value> = report["markets"].as_array().unwrap().iter().map(|it| &it["market"]).collect();
    assert_eq!((markets, &report["other_markets"]), (vec![&json!("HK")], &json!(5)));
    // With one fewer abroad the rest would tell of four people: Hong Kong joins them.
    shop.db.execute("update delivery set state = 4, error_code = 131026 where seq = 11").await;
    let report = shop.report(None).await;
    assert_eq!((&report["markets"], &report["other_markets"]), (&json!([]), &json!(11)));
    shop.db.execute("update delivery set state = 4, error_code = 131026 where seq > 3").await;
    let report = shop.report(None).await;
    assert_eq!((&report["response"], &report["markets"]), (&Value::Null, &json!([])), "four people are too few");
    assert_eq!(report["delivery"]["failed"][0]["count"], 8);
}

async fn a_draft_has_no_delivery_and_no_response(db: TestDb) {
    let shop = Shop::open(db, &contacts(), false).await;
    let report = shop.report(None).await;
    assert_eq!((&report["state"], &report["action_request_id"]), (&json!("draft"), &Value::Null));
    assert_eq!((&report["delivery"], &report["response"]), (&Value::Null, &Value::Null));
    assert_eq!(
        (&report["cost"]["estimated"], &report["cost"]["delivered_at_signed_rates"]),
        (&json!("HK$9.60"), &Value::Null)
    );
}
