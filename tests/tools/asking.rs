//! A shop whose agent asks for small writes, and whose worker looks.

use countersign::approvals::begin::begin;
use countersign::domain::clock::Clock as _;
use countersign::domain::ids::RequestId;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::{audit, requests};
use serde_json::{Value, json};

use crate::support::db::TestDb;
use crate::support::door::Door;
use crate::support::world::World;

pub struct Shop {
    pub db: TestDb,
    pub world: World,
    pub door: Door,
    pub key: String,
}

impl Shop {
    pub async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let door = Door::open(&world.db).await;
        let (_, key) = world.agent("desk", "read,propose").await;
        Self { db, world, door, key }
    }

    pub async fn ask(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).call(tool, asked(arguments)).await
    }

    /// A preview of a write.
    pub async fn preview(&self, tool: &str, arguments: Value) -> Value {
        let mut arguments = arguments;
        arguments["reason"] = "The customer said so at the counter.".into();
        self.door.modern(&self.key).call(tool, arguments).await
    }

    pub async fn refused(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).refused(tool, asked(arguments)).await
    }

    /// It is blocked by this rule, and nobody is asked.
    pub async fn blocked(&self, tool: &str, arguments: Value, rule: &str) {
        let filed = self.acts("request.filed").await;
        let error = self.refused(tool, arguments.clone()).await;
        let rules = rules(&error["findings"]);
        assert!(error["code"] == "blocked" && rules.contains(&rule), "{arguments}: {rule} is not in {error:#}");
        assert_eq!(self.acts("request.filed").await, filed, "nobody is asked");
    }

    /// It waits for as many signatures, by this rule.
    pub async fn waits(&self, tool: &str, arguments: Value, rule: &str, signatures: usize) -> Value {
        let answer = self.ask(tool, arguments).await;
        let approval = &answer["approval"];
        assert_eq!(
            (&answer["status"], &approval["rule"], &approval["signatures_required"]),
            (&json!("pending_approval"), &json!(rule), &json!(signatures)),
            "{answer:#}"
        );
        answer
    }

    /// It passes by this rule, and the worker does it.
    pub async fn passes(&self, tool: &str, arguments: Value, rule: &str) -> ActionRequest {
        let answer = self.ask(tool, arguments).await;
        assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("approved"), &json!(rule)), "{answer:#}");
        let done = self.carried_out(&answer).await;
        assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
        done
    }

    pub async fn request(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// As if everybody had signed.
    pub async fn approve(&self) {
        let sql = format!(
            "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1 where status = 'pending_approval'",
            self.door.clock.now().micros()
        );
        self.db.execute(&sql).await;
    }

    /// A worker's look at the request.
    pub async fn carried_out(&self, answer: &Value) -> ActionRequest {
        begin(&self.door.ctx, self.world.tenant.id, self.request(answer).await.id).await.unwrap();
        self.request(answer).await
    }

    /// The worker finds that it may no longer be done, by this rule.
    pub async fn stale(&self, answer: &Value, rule: &str) {
        let ended = self.carried_out(answer).await;
        let found = ended.error.and_then(|failure| failure.finding).map(|finding| finding.rule);
        assert_eq!((ended.status, found.as_deref()), (Status::Stale, Some(rule)));
    }

    pub async fn acts(&self, act: &str) -> usize {
        let log = audit::list(&self.world.db, self.world.tenant.id, &Default::default(), 999).await.unwrap();
        log.iter().filter(|entry| entry.act == act).count()
    }
}

fn asked(mut arguments: Value) -> Value {
    arguments["reason"] = "The customer said so at the counter.".into();
    arguments["wait_ms"] = 0.into();
    arguments
}

pub fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}
