//! What customers read of the business: read from Meta, shown with its age, and what changed is in the log.

use countersign::domain::automation::auto_replies::{AutoReply, Occasion};
use countersign::domain::automation::replies::Wording;
use countersign::domain::automation::scope::Scope;
use countersign::domain::automation::{Content, Subject};
use countersign::domain::ids::AutoReplyId;
use countersign::domain::secret::Secret;
use countersign::graph::business::{ProfileUpdate, Vertical, update_profile};
use countersign::graph::{Graph, Settings as GraphSettings};
use countersign::simulate::{Settings, Simulator};
use countersign::store::{audit, automation, business, requests};
use countersign::tools::Ctx;
use countersign::tools::sync::{profiles, sync};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(a_profile_is_read_with_its_age_and_a_change_is_written_down, what_cannot_be_read_leaves_what_was_known,);

const GET: &str = "whatsapp.business_profile.get";

/// A business whose numbers were read from a Meta of its own.
struct Shop {
    world: World,
    door: Door,
    ctx: Ctx,
    _meta: Simulator,
}

impl Shop {
    async fn open(db: &TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let settings = Settings { waba_id: world.tenant.waba_id.clone(), app_secret: None, ..Settings::default() };
        let token = settings.token.clone();
        let meta = Simulator::start(settings).await.unwrap();
        let door = Door::open(&world.db).await;
        let graph = Graph::new(&GraphSettings { graph_url: meta.url(), ..GraphSettings::default() }).unwrap();
        let secrets = Arc::new(move |name: &str| (name == "TEST_TOKEN").then(|| Secret::new(token.clone())));
        let ctx = Ctx { graph, secrets, ..door.ctx.clone() };
        sync(&ctx, &world.tenant).await.unwrap();
        Self { world, door, ctx, _meta: meta }
    }

    async fn read(&self) -> usize {
        profiles::read(&self.ctx, &self.world.tenant).await.unwrap()
    }

    async fn set(&self, update: &ProfileUpdate) {
        let numbers = business::numbers(&self.world.db, self.world.tenant.id).await.unwrap();
        let credentials = self.ctx.credentials(&self.world.tenant).unwrap();
        update_profile(&self.ctx.graph, &credentials, numbers[0].id.for_meta(), update).await.unwrap();
    }

    async fn get(&self) -> Value {
        let (_, key) = self.world.agent(&AutoReplyId::random().to_string(), "read").await;
        self.door.modern(&key).call(GET, json!({})).await["profiles"][0].take()
    }

    async fn changes(&self) -> Vec<Value> {
        let filter = audit::Filter { act: Some("number.profile".into()), ..audit::Filter::default() };
        let entries = audit::list(&self.world.db, self.world.tenant.id, &filter, 9).await.unwrap();
        entries.into_iter().map(|entry| entry.details["parts"].clone()).collect()
    }
}

fn update(about: &str) -> ProfileUpdate {
    ProfileUpdate {
        about: Some(about.into()),
        email: Some("tea@shop.example".into()),
        websites: Some(vec!["https://shop.example".into()]),
        vertical: Some(Vertical::Retail),
        ..ProfileUpdate::default()
    }
}

async fn a_profile_is_read_with_its_age_and_a_change_is_written_down(db: TestDb) {
    let shop = Shop::open(&db).await;
    let never = shop.get().await;
    assert_eq!((&never["last_read_at"], &never["about"]), (&Value::Null, &Value::Null));
    shop.set(&update("Tea since 1921")).await;
    assert_eq!(shop.read().await, 0);
    shop.door.clock.advance(Duration::from_secs(90));
    let read = shop.get().await;
    assert_eq!((&read["about"], &read["vertical"]), (&json!("Tea since 1921"), &json!("retail")));
    assert_eq!((&read["email"], &read["websites"]), (&json!("tea@shop.example"), &json!(["https://shop.example"])));
    assert_eq!((&read["age_seconds"], &read["last_read_at"]), (&json!(90), &json!(NOW)));
    assert_eq!((&read["official"], &read["name_review"]), (&json!(false), &json!("approved")));
    assert_eq!(
        (&read["picture_url"], &read["last_failure"], &read["opening_hours"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    assert!(shop.changes().await.is_empty(), "what is read first is no change");

    shop.set(&update("Tea and cakes")).await;
    assert_eq!((shop.read().await, shop.read().await), (0, 0));
    assert_eq!(shop.changes().await, [json!(["about"])], "once");

    opened(&shop).await;
    assert_eq!(shop.get().await["opening_hours"][0]["open"], json!({"mon": ["09:00-18:00"]}));
    let (_, key) = shop.world.agent("one", "read").await;
    let agent = shop.door.modern(&key);
    let refused = agent.refused(GET, json!({"phone_number": "+1 555 0000"})).await;
    assert_eq!(refused["code"], "not_found");
    let one = agent.call(GET, json!({"phone_number": read["phone_number"]})).await;
    assert_eq!(one["profiles"].as_array().unwrap().len(), 1);
}

/// An automatic reply outside the opening hours is made live.
async fn opened(shop: &Shop) {
    let (agent, _) = shop.world.agent("opener", "read,propose").await;
    let request = samples::request(&agent, NOW);
    let reply = AutoReply {
        id: AutoReplyId::random(),
        name: "Closed".into(),
        occasion: Occasion::Closed(
            serde_json::from_value(json!({"zone": "Asia/Hong_Kong", "open": {"mon": ["09:00-18:00"]}})).unwrap(),
        ),
        scope: Scope::default(),
        queues: BTreeSet::new(),
        say: Wording::plain("We are closed."),
        fallback: None,
        person: None,
    };
    let (tenant, subject) = (shop.world.tenant.id, Subject::AutoReply(reply.id));
    let mut tx = shop.world.db.begin().await.unwrap();
    requests::insert(&mut tx, &request, "Auto-reply").await.unwrap();
    automation::add_version(&mut tx, tenant, &Content::AutoReply(reply), request.id, NOW).await.unwrap();
    assert!(automation::switch(&mut tx, tenant, subject, None, Some(1), request.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

async fn what_cannot_be_read_leaves_what_was_known(db: TestDb) {
    let mut shop = Shop::open(&db).await;
    shop.set(&update("Tea since 1921")).await;
    shop.read().await;
    let gone = GraphSettings { graph_url: "http://127.0.0.1:9".to_owned(), ..GraphSettings::default() };
    let meta = std::mem::replace(&mut shop.ctx.graph, Graph::new(&gone).unwrap());
    shop.door.clock.advance(Duration::from_secs(60));
    assert!(shop.read().await > 0);
    let read = shop.get().await;
    assert_eq!((&read["about"], &read["last_read_at"]), (&json!("Tea since 1921"), &json!(NOW)));
    assert_eq!(read["last_failure"]["at"], json!(NOW.after(Duration::from_secs(60))));
    assert!(!read["last_failure"]["why"].as_str().unwrap().is_empty());
    shop.ctx.secrets = Arc::new(|_| None);
    shop.read().await;
    assert!(shop.get().await["last_failure"]["why"].as_str().unwrap().contains("TEST_TOKEN"), "names what is missing");
    shop.ctx.graph = meta;
    let token = Settings::default().token;
    shop.ctx.secrets = Arc::new(move |_| Some(Secret::new(token.clone())));
    shop.read().await;
    assert_eq!(shop.get().await["last_failure"], Value::Null);
    assert!(shop.changes().await.is_empty());
}
