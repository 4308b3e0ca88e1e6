//! Trying again what Meta sent: who has to agree, what is refused, and that an event is applied once whoever asks.

use countersign::approvals::begin::begin;
use countersign::approvals::{inbox, retries};
use countersign::domain::clock::Clock as _;
use countersign::domain::ids::RequestId;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::consent::OptOutFilter;
use countersign::store::webhooks::{self as posts, Post};
use countersign::store::{audit, consent, requests};
use serde_json::{Value, json};
use std::time::Duration;

use super::webhooks::{apply, body, keep, message, park_event};
use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    a_stop_that_was_set_aside_is_applied_once,
    a_note_needs_nobody_and_answers_with_its_result,
    what_nobody_could_read_is_not_reported_before_it_is_through,
    what_stays_aside_is_not_reported_as_applied,
    what_is_not_left_is_refused_and_nobody_is_asked,
    two_requests_for_one_event_apply_it_once,
    a_post_that_was_changed_is_not_applied,
    posts_of_others_do_not_exist,
);

const RETRY: &str = "whatsapp.webhook.retry";
const SECRET: &[u8; 32] = &[7; 32];

struct Shop {
    db: TestDb,
    world: World,
    door: Door,
    key: String,
}

impl Shop {
    async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let door = Door::open(&world.db).await;
        let (_, key) = world.agent("ops", "read,propose").await;
        Self { db, world, door, key }
    }

    /// Somebody wrote STOP, and it could not be applied.
    async fn stop_aside(&self, n: u32) -> Post {
        let post = self.kept(&stop(&self.world.tenant.waba_id, n)).await;
        apply(&self.world, &post, "message").await;
        park_event(&self.world, &post, "refused").await;
        post
    }

    async fn kept(&self, body: &[u8]) -> Post {
        keep(&self.world, body, NOW).await
    }

    async fn ask(&self, ids: &[i64]) -> Value {
        self.door.modern(&self.key).call(RETRY, asked(ids)).await
    }

    async fn refused(&self, ids: &[i64]) -> Value {
        self.door.modern(&self.key).refused(RETRY, asked(ids)).await
    }

    async fn request(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// As if everybody had signed.
    async fn approve(&self) {
        let sql = format!(
            "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1 where status = 'pending_approval'",
            self.door.clock.now().micros()
        );
        self.db.execute(&sql).await;
    }

    /// A worker's look at the request.
    async fn carried_out(&self, answer: &Value) -> ActionRequest {
        begin(&self.door.ctx, self.world.tenant.id, self.request(answer).await.id).await.unwrap();
        while inbox::round(&self.door.ctx, SECRET).await.unwrap().posts > 0 {}
        retries::round(&self.door.ctx, SECRET).await.unwrap();
        self.request(answer).await
    }

    async fn opt_outs(&self) -> usize {
        consent::opt_outs(&self.world.db, self.world.tenant.id, &OptOutFilter::default(), 99).await.unwrap().len()
    }

    async fn acts(&self, act: &str) -> usize {
        let log = audit::list(&self.world.db, self.world.tenant.id, &Default::default(), 999).await.unwrap();
        log.iter().filter(|entry| entry.act == act).count()
    }
}

fn asked(ids: &[i64]) -> Value {
    json!({"post_ids": ids, "reason": "The database was full for an hour.", "wait_ms": 0})
}

fn stop(waba: &str, n: u32) -> Vec<u8> {
    let text = json!({"from": format!("8529123456{n}"), "id": format!("wamid.{n}"), "timestamp": "1795142400", "type": "text",
        "text": {"body": "STOP"}});
    body(waba, "messages", json!({"metadata": {"phone_number_id": "7001"}, "messages": [text]}))
}

fn alert(waba: &str, kind: &str) -> Vec<u8> {
    body(waba, "account_alerts", json!({"alert_type": kind, "alert_severity": "LOW"}))
}

fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

async fn a_stop_that_was_set_aside_is_applied_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let post = shop.stop_aside(1).await;
    let answer = shop.ask(&[post.id]).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-17")));
    assert_eq!(rules(&answer["findings"]), ["HOOK-05"]);
    let seen = &answer["preview"]["posts"][0];
    let event = &seen["events"][0];
    assert_eq!(
        (&event["kind"], &event["effect"], &event["why"], &event["tries"]),
        (&json!("message"), &json!("changes"), &json!("refused"), &json!(1))
    );
    assert!(seen["payload"].as_str().unwrap().contains("\"type\": \"text\""), "{seen:#}");
    let text = answer.to_string();
    for secret in ["91234561", "\"STOP", "wamid.", "7001"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(shop.ask(&[post.id]).await["action_request_id"], answer["action_request_id"], "one ask");

    // Nobody has signed: whoever looks applies nothing.
    assert_eq!(shop.carried_out(&answer).await.status, Status::PendingApproval);
    assert_eq!(shop.opt_outs().await, 0);
    shop.approve().await;
    let done = shop.carried_out(&answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    let result = done.result.unwrap();
    assert_eq!((&result["applied"], &result["aside"], &result["unread"]), (&json!(1), &json!(0), &json!(0)));
    assert_eq!(shop.opt_outs().await, 1, "the STOP is heard");
    assert_eq!((shop.acts("webhook.retried").await, shop.acts("contact.opted_out").await), (1, 1));
    assert_eq!(shop.acts("execution.finished").await, 1);

    // The same call again finds the request that it made; a new one is refused.
    let again = shop.carried_out(&answer).await;
    assert_eq!((again.status, again.version), (Status::Succeeded, done.version));
    assert_eq!(shop.ask(&[post.id]).await["action_request_id"], answer["action_request_id"]);
    shop.door.clock.advance(Duration::from_hours(1));
    let error = shop.refused(&[post.id]).await;
    assert_eq!((&error["code"], rules(&error["findings"])), (&json!("blocked"), vec!["HOOK-01"]));
    assert_eq!((shop.opt_outs().await, shop.acts("contact.opted_out").await), (1, 1), "once");
}

async fn a_note_needs_nobody_and_answers_with_its_result(db: TestDb) {
    let shop = Shop::open(db).await;
    let waba = shop.world.tenant.waba_id.clone();
    let mut ids = Vec::new();
    for kind in ["ONE", "TWO", "THREE"] {
        let post = shop.kept(&alert(&waba, kind)).await;
        apply(&shop.world, &post, "account_alert").await;
        park_event(&shop.world, &post, "refused").await;
        ids.push(post.id);
    }
    let answer = shop.ask(&ids[..1]).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("approved"), &json!("SIGN-18")), "{answer:#}");
    assert_eq!(shop.carried_out(&answer).await.status, Status::Succeeded);
    assert_eq!(shop.acts("account.alerted").await, 1);
    // More than one is a person's decision, whatever they do.
    let bulk = shop.ask(&ids[1..]).await;
    assert_eq!((&bulk["status"], &bulk["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-17")));
}

async fn what_nobody_could_read_is_not_reported_before_it_is_through(db: TestDb) {
    let shop = Shop::open(db).await;
    // An earlier version could not read it; this one can.
    let post = shop.kept(&stop(&shop.world.tenant.waba_id, 1)).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    posts::park(&mut tx, post.id, "a shape that nobody knew", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let answer = shop.ask(&[post.id]).await;
    assert_eq!(answer["preview"]["posts"][0]["unread"], "a shape that nobody knew");
    shop.approve().await;
    let (tenant, id) = (shop.world.tenant.id, shop.request(&answer).await.id);
    begin(&shop.door.ctx, tenant, id).await.unwrap();
    for _ in 0..2 {
        retries::round(&shop.door.ctx, SECRET).await.unwrap();
        let waits = shop.request(&answer).await;
        assert_eq!((waits.status, waits.result), (Status::Executing, None), "nothing is applied, so nothing is told");
        assert_eq!(shop.opt_outs().await, 0);
    }
    let done = shop.carried_out(&answer).await;
    assert_eq!((done.status, &done.result.unwrap()["applied"]), (Status::Succeeded, &json!(1)));
    assert_eq!(shop.opt_outs().await, 1);
}

async fn what_stays_aside_is_not_reported_as_applied(db: TestDb) {
    let shop = Shop::open(db).await;
    let (bad, good) = (shop.stop_aside(1).await, shop.stop_aside(2).await);
    if shop.world.db.is_postgres() {
        let function = "create or replace function refuse() returns trigger language plpgsql as $$ begin
            if new.wamid = 'wamid.1' then raise exception 'refused' using errcode = '23514'; end if; return new; end $$";
        shop.db.execute(function).await;
        let refuse = "create trigger refuse before insert on inbound_message for each row execute function refuse()";
        shop.db.execute(refuse).await;
    } else {
        let refuse = "create trigger refuse before insert on inbound_message when new.wamid = 'wamid.1'
            begin select raise(abort, 'refused'); end";
        shop.db.execute(refuse).await;
    }
    let both = shop.ask(&[bad.id, good.id]).await;
    shop.approve().await;
    let done = shop.carried_out(&both).await;
    let result = done.result.unwrap();
    assert_eq!(done.status, Status::PartiallySucceeded);
    assert_eq!((&result["applied"], &result["aside"]), (&json!(1), &json!(1)));
    assert!(result["posts"][0]["why"].as_str().unwrap().contains("refused"), "{result:#}");
    assert_eq!(shop.opt_outs().await, 1);
    shop.door.clock.advance(Duration::from_hours(1));
    let alone = shop.ask(&[bad.id]).await;
    assert_eq!(rules(&alone["findings"]), ["HOOK-06", "HOOK-05"], "people hear that it was tried in vain");
    shop.approve().await;
    let failed = shop.carried_out(&alone).await;
    assert_eq!((failed.status, failed.error.unwrap().code.as_str()), (Status::Failed, "not_applied"));
    let tries = posts::find(&shop.world.db, shop.world.tenant.id, bad.id).await.unwrap().unwrap().aside[0].tries;
    assert_eq!(tries, 3, "each request tried it once");
}

async fn what_is_not_left_is_refused_and_nobody_is_asked(db: TestDb) {
    let shop = Shop::open(db).await;
    let waba = shop.world.tenant.waba_id.clone();
    let applied = shop.kept(&message(&waba, 1)).await;
    apply(&shop.world, &applied, "message").await;
    let unread = shop.kept(b"{\"object\": \"whatsapp").await;
    let mut tx = shop.world.db.begin().await.unwrap();
    posts::park(&mut tx, unread.id, "the body is no JSON", NOW).await.unwrap();
    tx.commit().await.unwrap();
    let waiting = shop.kept(&message(&waba, 2)).await;
    let good = shop.stop_aside(3).await;
    for (ids, rule) in [
        (vec![applied.id], "HOOK-01"),
        (vec![unread.id], "HOOK-02"),
        (vec![waiting.id], "HOOK-03"),
        (vec![good.id, applied.id], "HOOK-01"),
    ] {
        let error = shop.refused(&ids).await;
        assert!(error["code"] == "blocked" && rules(&error["findings"]).contains(&rule), "{ids:?}: {error:#}");
    }
    for arguments in
        [json!({"post_ids": []}), json!({"post_ids": ["1"]}), json!({"post_ids": (1..=21).collect::<Vec<_>>()})]
    {
        let mut arguments = arguments;
        arguments["reason"] = "again".into();
        assert_eq!(shop.door.modern(&shop.key).refused(RETRY, arguments).await["code"], "invalid_arguments");
    }
    assert_eq!((shop.acts("request.filed").await, shop.acts("request.blocked").await), (0, 4));
    assert_eq!(shop.opt_outs().await, 0);
}

async fn two_requests_for_one_event_apply_it_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let (one, two) = (shop.stop_aside(1).await, shop.stop_aside(2).await);
    let first = shop.ask(&[one.id]).await;
    let both = shop.ask(&[one.id, two.id]).await;
    let same = shop.ask(&[two.id]).await;
    shop.approve().await;
    assert_eq!(shop.carried_out(&first).await.status, Status::Succeeded);
    let (a, b) = tokio::join!(shop.carried_out(&both), shop.carried_out(&both));
    assert_eq!((a.status, b.status), (Status::Succeeded, Status::Succeeded), "the rest of it");
    assert_eq!((shop.opt_outs().await, shop.acts("contact.opted_out").await), (2, 2));
    let stale = shop.carried_out(&same).await;
    let failure = stale.error.unwrap();
    assert_eq!((stale.status, failure.finding.unwrap().rule.as_str()), (Status::Stale, "HOOK-01"));
    assert_eq!(shop.acts("contact.opted_out").await, 2, "by whichever request, once");
}

async fn a_post_that_was_changed_is_not_applied(db: TestDb) {
    let shop = Shop::open(db).await;
    let post = shop.stop_aside(1).await;
    let answer = shop.ask(&[post.id]).await;
    shop.approve().await;
    shop.db.execute(&format!("update webhook_post set body = {} where id = {}", hex(&shop, 9), post.id)).await;
    let stale = shop.carried_out(&answer).await;
    assert_eq!((stale.status, stale.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "HOOK-08"));
    assert_eq!(shop.opt_outs().await, 0, "what was shown is what is applied, or nothing");
    let error = shop.refused(&[post.id]).await;
    assert_eq!(rules(&error["findings"]), ["HOOK-04"], "another event in its place is not taken for it");
}

/// Another STOP, as a literal of the database.
fn hex(shop: &Shop, n: u32) -> String {
    let digits: String = stop(&shop.world.tenant.waba_id, n).iter().map(|byte| format!("{byte:02x}")).collect();
    if shop.world.db.is_postgres() { format!("'\\x{digits}'::bytea") } else { format!("x'{digits}'") }
}

async fn posts_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let post = shop.stop_aside(1).await;
    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,propose").await;
    let theirs = shop.door.modern(&foreign).refused(RETRY, asked(&[post.id])).await;
    let nobodys = shop.refused(&[post.id + 1_000]).await;
    assert_eq!((&theirs["code"], &nobodys["code"]), (&json!("not_found"), &json!("not_found")));
    let (_, reader) = shop.world.agent("reader", "read,propose:messages").await;
    let unknown =
        shop.door.modern(&reader).request("tools/call", json!({"name": RETRY, "arguments": asked(&[post.id])})).await;
    assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
    assert_eq!(shop.acts("request.filed").await, 0);
}
