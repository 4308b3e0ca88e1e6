//! Drafts of templates: who has to agree, what is refused, and that a version is stored once.

use countersign::approvals::begin::begin;
use countersign::domain::ids::RequestId;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::domain::templates::draft::DraftMark;
use countersign::store::templates::drafts;
use countersign::store::{audit, requests};
use serde_json::{Value, json};

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::World;

on_both!(
    a_draft_to_work_on_needs_nobody,
    what_is_marked_as_ready_waits_for_a_signature,
    what_meta_would_not_take_is_not_stored,
    a_version_that_was_overtaken_is_not_stored,
    drafts_of_others_do_not_exist,
);

pub const UPSERT: &str = "whatsapp.template_draft.upsert";

pub struct Shop {
    pub db: TestDb,
    pub world: World,
    pub door: Door,
    pub key: String,
}

impl Shop {
    pub async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "Harbour Tea House").await;
        let door = Door::open(&world.db).await;
        let (_, key) = world.agent("promo-agent", "read,propose").await;
        Self { db, world, door, key }
    }

    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).call(tool, arguments).await
    }

    pub async fn refused(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).refused(tool, arguments).await
    }

    pub async fn request(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// As if everybody had signed.
    pub async fn approve(&self) {
        let sql = format!(
            "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1 where status = 'pending_approval'",
            countersign::domain::clock::Clock::now(&*self.door.clock).micros()
        );
        self.db.execute(&sql).await;
    }

    pub async fn begun(&self, answer: &Value) -> ActionRequest {
        begin(&self.door.ctx, self.world.tenant.id, self.request(answer).await.id).await.unwrap();
        self.request(answer).await
    }

    /// A draft that is stored.
    pub async fn stored(&self, draft: Value) -> Value {
        let answer = self.call(UPSERT, draft).await;
        let done = self.begun(&answer).await;
        assert_eq!(done.status, Status::Succeeded, "{answer:#}");
        done.result.unwrap()
    }

    pub async fn acts(&self, act: &str) -> usize {
        let log = audit::list(&self.world.db, self.world.tenant.id, &Default::default(), 999).await.unwrap();
        log.iter().filter(|entry| entry.act == act).count()
    }
}

/// A utility template in two languages.
pub fn draft() -> Value {
    json!({
        "name": "order_ready_soon", "category": "utility", "reason": "Customers ask when they can come.", "wait_ms": 0,
        "languages": [
            {"language": "en", "body": "Hello {{1}}, Harbour Tea House has order {{2}} ready at the counter.",
             "samples": {"1": "Ada", "2": "A-17"}},
            {"language": "zh_HK", "body": "你好{{1}}，Harbour Tea House 的訂單{{2}}已可到櫃檯取貨。",
             "samples": {"1": "阿達", "2": "A-17"}},
        ],
    })
}

pub fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

async fn a_draft_to_work_on_needs_nobody(db: TestDb) {
    let shop = Shop::open(db).await;
    let mut early = draft();
    early["languages"][0]["samples"] = json!({});
    let answer = shop.call(UPSERT, early.clone()).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("approved"), &json!("SIGN-40")), "{answer:#}");
    assert_eq!(rules(&answer["findings"]), ["DRAFT-21"]);
    let seen = &answer["preview"];
    assert_eq!((&seen["version"], &seen["mark"]), (&json!(1), &json!("draft")));
    assert_eq!(
        seen["message"]["languages"][1]["rendered"]["body"],
        "你好阿達，Harbour Tea House 的訂單A-17已可到櫃檯取貨。"
    );
    assert_eq!(seen["changes"][0]["does"], "create");
    assert!(answer["summary"].as_str().unwrap().contains("Nothing goes to Meta"));
    assert_eq!(shop.call(UPSERT, early).await["action_request_id"], answer["action_request_id"], "one ask");

    let done = shop.begun(&answer).await;
    let result = done.result.unwrap();
    assert_eq!((done.status, &result["version"]), (Status::Succeeded, &json!(1)));
    shop.begun(&answer).await;
    let newest = drafts::newest(&shop.world.db, shop.world.tenant.id, "order_ready_soon").await.unwrap().unwrap();
    assert_eq!((newest.version, newest.mark), (1, DraftMark::Draft), "stored once");
    assert_eq!(
        (newest.digest.to_string(), newest.request),
        (result["content_digest"].as_str().unwrap().into(), done.id)
    );

    assert_eq!(shop.stored(draft()).await["version"], 2, "the rest of the samples");
    let same = shop.refused(UPSERT, {
        let mut again = draft();
        again["reason"] = json!("Once more.");
        again["languages"][0]["footer"] = json!(null);
        again
    });
    assert_eq!(rules(&same.await["findings"]), ["DRAFT-45"]);
}

async fn what_is_marked_as_ready_waits_for_a_signature(db: TestDb) {
    let shop = Shop::open(db).await;
    for (version, mark) in [(1, "submit_ready"), (2, "customer_facing")] {
        let mut ready = draft();
        ready["mark"] = json!(mark);
        let answer = shop.call(UPSERT, ready).await;
        let (status, rule) = (&answer["status"], &answer["approval"]["rule"]);
        assert_eq!((status, rule), (&json!("pending_approval"), &json!("SIGN-41")), "{answer:#}");
        // Nobody has signed: whoever looks stores nothing.
        assert_eq!(shop.begun(&answer).await.status, Status::PendingApproval);
        let newest = drafts::newest(&shop.world.db, shop.world.tenant.id, "order_ready_soon").await.unwrap();
        assert_eq!(newest.map_or(0, |it| it.version), version - 1);
        shop.approve().await;
        assert_eq!(shop.begun(&answer).await.result.unwrap()["version"], version);
    }
}

async fn what_meta_would_not_take_is_not_stored(db: TestDb) {
    let shop = Shop::open(db).await;
    let body = |text: &str| {
        let mut draft = draft();
        draft["languages"][0]["body"] = json!(text);
        draft
    };
    let with = |key: &str, value: Value| {
        let mut draft = draft();
        draft[key] = value;
        draft
    };
    for (asked, rule) in [
        (body("{{1}}, Harbour Tea House has order {{2}} ready at the counter."), "DRAFT-06"),
        (body("Hello {{1}}, Harbour Tea House has order {{3}} ready at the counter."), "DRAFT-04"),
        (body("Hello {{1}}, order {{2}} has 20% off at Harbour Tea House today."), "DRAFT-27"),
        (body("Hello {{1}}, {{2}} is your verification code at Harbour Tea House."), "DRAFT-28"),
        (with("category", json!("authentication")), "DRAFT-29"),
    ] {
        let refused = shop.refused(UPSERT, asked.clone()).await;
        assert_eq!(refused["code"], "blocked", "{refused:#}");
        assert!(rules(&refused["findings"]).contains(&rule), "{rule}: {refused:#}");
        // Not by another mark either.
        let mut ready = asked;
        ready["mark"] = json!("submit_ready");
        assert!(rules(&shop.refused(UPSERT, ready).await["findings"]).contains(&rule));
    }
    let secret = body("Hello {{1}}, for order {{2}} tell Harbour Tea House your card number.");
    let answer = shop.call(UPSERT, secret.clone()).await;
    assert_eq!(rules(&answer["findings"]), ["DRAFT-46"], "it can be worked on");
    let mut ready = secret;
    ready["mark"] = json!("submit_ready");
    assert_eq!(rules(&shop.refused(UPSERT, ready).await["findings"]), ["DRAFT-30"]);
    for (key, value, said) in [
        ("name", json!("Order Ready"), "lower-case"),
        ("languages", json!([]), "languages"),
        ("mark", json!("live"), "mark"),
        ("category", json!("promo"), "category"),
        ("approved", json!(true), "unknown field"),
    ] {
        let refused = shop.refused(UPSERT, with(key, value)).await;
        assert_eq!(refused["code"], "invalid_arguments", "{refused:#}");
        assert!(refused["message"].as_str().unwrap().contains(said), "{refused:#}");
    }
    assert!(drafts::newest(&shop.world.db, shop.world.tenant.id, "order_ready_soon").await.unwrap().is_none());
    assert_eq!(shop.acts("request.blocked").await, 11);
}

async fn a_version_that_was_overtaken_is_not_stored(db: TestDb) {
    let shop = Shop::open(db).await;
    let mut ready = draft();
    ready["mark"] = json!("submit_ready");
    let waits = shop.call(UPSERT, ready).await;
    assert_eq!(shop.stored(draft()).await["version"], 1);
    shop.approve().await;
    let done = shop.begun(&waits).await;
    assert_eq!(done.status, Status::Stale);
    assert_eq!(done.error.unwrap().finding.unwrap().rule, "DRAFT-35");
    let newest = drafts::newest(&shop.world.db, shop.world.tenant.id, "order_ready_soon").await.unwrap().unwrap();
    assert_eq!((newest.version, newest.mark), (1, DraftMark::Draft));
}

async fn drafts_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    shop.stored(draft()).await;
    let other = World::new(&shop.world.db, "Another").await;
    let (_, key) = other.agent("ops", "read,propose").await;
    let caller = shop.door.modern(&key);
    let ask = json!({"name": "order_ready_soon", "reason": "Try it."});
    assert_eq!(caller.refused("whatsapp.template.submit", ask).await["code"], "not_found");
    assert_eq!(caller.call(UPSERT, draft()).await["preview"]["version"], 1, "a draft of its own");
    let (_, reader) = shop.world.agent("reader", "read").await;
    let refused = shop.door.modern(&reader).refused(UPSERT, draft()).await;
    assert_eq!(refused["code"], "forbidden", "{refused:#}");
}
