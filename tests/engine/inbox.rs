//! Meta's door and what follows from its events: who may send, what is kept, what it changes, what is set aside.

use std::sync::Arc;

use countersign::approvals::inbox;
use countersign::domain::business::SendingNumber;
use countersign::domain::business::stop::{StopReach, StoppedBy};
use countersign::domain::clock::{Clock as _, SystemClock, Timestamp};
use countersign::domain::consent::MessageCategory;
use countersign::domain::deliveries::Desired;
use countersign::domain::ids::TenantId;
use countersign::domain::masked::ProviderId;
use countersign::domain::people::Tenant;
use countersign::domain::policy::Policy;
use countersign::domain::requests::Status;
use countersign::domain::secret::Secret;
use countersign::inbound;
use countersign::store::consent::{self, OptOutFilter};
use countersign::store::webhooks::{self, Backlog};
use countersign::store::{audit, business, contacts, deliveries, messages, people, requests, stops, templates};
use countersign::tools::Ctx;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{NUMBER, Stage};
use crate::support::db::{TestDb, on_both};
use crate::support::door;
use crate::support::world::who;

on_both!(
    the_door_is_open_to_meta_alone,
    a_post_is_about_its_own_account,
    a_customer_who_writes_opens_a_window,
    a_stop_is_heard_and_only_a_stop,
    marketing_switched_off_at_meta_is_switched_on_there,
    news_of_a_template_is_written_down_unless_it_is_old,
    an_account_that_may_not_send_stands_still,
    what_touches_one_number_stops_that_number,
    a_post_that_cannot_be_applied_holds_up_nobody,
);

pub const SECRET: &[u8; 32] = &[7; 32];

pub struct Door {
    pub stage: Stage,
    pub ctx: Ctx,
    url: String,
}

impl Door {
    pub async fn new(test: &TestDb) -> Self {
        let stage = Stage::new(test).await;
        let ctx = Ctx {
            clock: Arc::new(SystemClock),
            policy: Arc::new(Policy::default()),
            secrets: Arc::new(|name| match name {
                "TEST_APP_SECRET" => Some(Secret::new("hush")),
                "OTHER_APP_SECRET" => Some(Secret::new("other")),
                "TEST_VERIFY" => Some(Secret::new("the word")),
                _ => None,
            }),
            ..door::ctx(&stage.db).0
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/whatsapp", listener.local_addr().unwrap());
        let router = inbound::router(ctx.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { stage, ctx, url }
    }

    async fn tenant(&self, waba: &str, secret: &str, verify: Option<&str>) -> TenantId {
        let tenant = Tenant {
            id: TenantId::random(),
            name: format!("Shop {waba}"),
            waba_id: waba.into(),
            app_secret_env: Some(secret.into()),
            verify_token_env: verify.map(Into::into),
            ..self.stage.business.clone()
        };
        let mut tx = self.stage.db.begin().await.unwrap();
        people::add_tenant(&mut tx, &tenant).await.unwrap();
        tx.commit().await.unwrap();
        tenant.id
    }

    async fn post(&self, body: Vec<u8>, signature: Option<String>) -> (StatusCode, String) {
        let mut request = reqwest::Client::new().post(&self.url).body(body);
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature-256", signature);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Sends events as Meta does, and has them applied.
    pub async fn hear(&self, field: &str, value: Value) {
        let body = event(&self.stage.business.waba_id, field, value);
        assert_eq!(self.post(body.clone(), Some(signed("hush", &body))).await.0, StatusCode::OK);
        while inbox::round(&self.ctx, SECRET).await.unwrap().posts > 0 {}
        assert_eq!(self.backlog().await, Backlog::default());
    }

    pub async fn backlog(&self) -> Backlog {
        webhooks::backlog(&self.stage.db).await.unwrap()
    }

    pub async fn opted_out(&self) -> Vec<String> {
        let found = consent::opt_outs(&self.stage.db, self.stage.tenant, &OptOutFilter::default(), 99).await.unwrap();
        found.into_iter().map(|(_, out)| out.kind.as_str().to_owned()).collect()
    }

    /// What stands in the audit log, newest first.
    pub async fn acts(&self) -> Vec<String> {
        let found = audit::list(&self.stage.db, self.stage.tenant, &audit::Filter::default(), 99).await.unwrap();
        found.into_iter().map(|entry| entry.act).collect()
    }
}

pub fn event(waba: &str, field: &str, value: Value) -> Vec<u8> {
    event_at(waba, field, value, SystemClock.now())
}

fn event_at(waba: &str, field: &str, value: Value, at: Timestamp) -> Vec<u8> {
    let entry = json!({"id": waba, "time": at.seconds(), "changes": [{"field": field, "value": value}]});
    json!({"object": "whatsapp_business_account", "entry": [entry]}).to_string().into_bytes()
}

fn signed(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn written(wamid: &str, from: &str, text: &str, at: Timestamp) -> Value {
    json!({
        "messaging_product": "whatsapp", "metadata": {"display_phone_number": "85221000000", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Ada"}, "wa_id": from}],
        "messages": [{"from": from, "id": wamid, "timestamp": at.seconds().to_string(), "type": "text", "text": {"body": text}}]
    })
}

async fn the_door_is_open_to_meta_alone(test: TestDb) {
    let door = Door::new(&test).await;
    door.tenant("7777", "OTHER_APP_SECRET", Some("TEST_VERIFY")).await;
    let verify = async |query: &str| {
        let answer = reqwest::get(format!("{}?{query}", door.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let word = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=the%20word";
    assert_eq!(verify(word).await, (200, "1158201444".into()));
    assert_eq!(verify(&word.replace("word", "wrod")).await.0, 403);
    assert_eq!(verify("hub.mode=subscribe").await.0, 400);
    assert_eq!(verify("").await.0, 400);

    let waba = &door.stage.business.waba_id;
    let good = event(waba, "messages", written("wamid.1", "85291234567", "hi", SystemClock.now()));
    let refuses: [(Vec<u8>, Option<String>, u16, &str); 7] = [
        (good.clone(), None, 401, "missing"),
        (good.clone(), Some("sha1=1234".into()), 403, "64 hexadecimal digits"),
        (good.clone(), Some(signed("wrong", &good)), 403, "app secret"),
        (b"{\"object\":".to_vec(), Some(signed("hush", b"{\"object\":")), 400, "not JSON: line 1"),
        (b"[]".to_vec(), Some(signed("hush", b"[]")), 400, "whatsapp_business_account"),
        (b"{}".to_vec(), Some(signed("nobody's", b"{}")), 403, "app secret"),
        (vec![b' '; 5 << 20], Some("sha256=00".into()), 413, "4 MB"),
    ];
    for (body, signature, status, says) in refuses {
        let (found, sentence) = door.post(body, signature).await;
        assert_eq!(found.as_u16(), status, "{sentence}");
        assert!(sentence.contains(says), "{sentence}");
    }
    assert_eq!(door.backlog().await.waiting, 0, "nothing of it was kept");
    for _ in 0..3 {
        assert_eq!(door.post(good.clone(), Some(signed("hush", &good))).await.0, StatusCode::OK);
    }
    assert_eq!(door.backlog().await.waiting, 1, "the same bytes are the same event");
    let foreign = event("424242", "messages", json!({}));
    assert_eq!(door.post(foreign.clone(), Some(signed("hush", &foreign))).await.0, StatusCode::OK);
    assert_eq!(door.backlog().await.waiting, 1, "an account that nobody here has is not kept");
}

async fn a_post_is_about_its_own_account(test: TestDb) {
    let door = Door::new(&test).await;
    let neighbour = door.tenant("7001", "TEST_APP_SECRET", None).await;
    let stranger = door.tenant("7002", "OTHER_APP_SECRET", None).await;
    // The stranger's app may not speak of our account, nor of ours and its own at once.
    let ours =
        event(&door.stage.business.waba_id, "messages", written("wamid.x", "85291234567", "STOP", SystemClock.now()));
    assert_eq!(door.post(ours.clone(), Some(signed("other", &ours))).await.0, StatusCode::OK);
    assert_eq!(door.backlog().await.waiting, 0);
    let mut both: Value = serde_json::from_slice(&ours).unwrap();
    let other: Value = serde_json::from_slice(&event("7002", "messages", json!({}))).unwrap();
    both["entry"].as_array_mut().unwrap().push(other["entry"][0].clone());
    let both = both.to_string().into_bytes();
    assert_eq!(door.post(both.clone(), Some(signed("other", &both))).await.0, StatusCode::OK);
    while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    assert!(door.opted_out().await.is_empty());
    // Neighbours share an app: each hears what is about itself.
    let at = SystemClock.now();
    let mut shared: Value = serde_json::from_slice(&event(
        &door.stage.business.waba_id,
        "messages",
        written("wamid.1", "85291234567", "hi", at),
    ))
    .unwrap();
    let next: Value =
        serde_json::from_slice(&event("7001", "messages", written("wamid.2", "85291234568", "STOP", at))).unwrap();
    shared["entry"].as_array_mut().unwrap().push(next["entry"][0].clone());
    let shared = shared.to_string().into_bytes();
    assert_eq!(door.post(shared.clone(), Some(signed("hush", &shared))).await.0, StatusCode::OK);
    assert_eq!(door.backlog().await.waiting, 2);
    while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    assert!(door.opted_out().await.is_empty());
    let filter = OptOutFilter::default();
    assert_eq!(consent::opt_outs(&door.stage.db, neighbour, &filter, 9).await.unwrap().len(), 1);
    assert!(consent::opt_outs(&door.stage.db, stranger, &filter, 9).await.unwrap().is_empty());
}

async fn a_customer_who_writes_opens_a_window(test: TestDb) {
    let door = Door::new(&test).await;
    let now = SystemClock.now();
    let earlier = now.before(std::time::Duration::from_hours(2));
    door.hear("messages", written("wamid.2", "85291234567", "hello", now)).await;
    // Late, and with a sign that PostgreSQL does not keep.
    door.hear("messages", written("wamid.1", "85291234567", "he\u{0}llo", earlier)).await;
    door.hear("messages", written("wamid.future", "85291234568", "hi", now.after(std::time::Duration::from_hours(9))))
        .await;
    let mut tx = door.stage.db.begin().await.unwrap();
    let ada = contacts::of(&mut tx, door.stage.tenant, &who(Some("+85291234567"), None), now).await.unwrap();
    let eve = contacts::of(&mut tx, door.stage.tenant, &who(Some("+85291234568"), None), now).await.unwrap();
    drop(tx);
    let ada = ada.expect("the person is known from the first message on").known.no;
    let open = messages::open_windows(&door.stage.db, door.stage.tenant, ada, now).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        open[0].closes_at.seconds(),
        now.seconds() + 24 * 3600,
        "by Meta's time, and a late message shortens nothing"
    );
    let open = messages::open_windows(&door.stage.db, door.stage.tenant, eve.unwrap().known.no, now).await.unwrap();
    assert!(open[0].closes_at <= SystemClock.now().after(std::time::Duration::from_hours(24)), "not from the future");
}

async fn a_stop_is_heard_and_only_a_stop(test: TestDb) {
    let door = Door::new(&test).await;
    let now = SystemClock.now();
    for (n, (text, stops)) in
        [("STOP", true), ("please stop by", false), ("停止", true), ("退订", true), ("取消訂單", false)]
            .into_iter()
            .enumerate()
    {
        let before = door.opted_out().await.len();
        door.hear("messages", written(&format!("wamid.{n}"), &format!("8529123456{n}"), text, now)).await;
        assert_eq!(door.opted_out().await.len() - before, usize::from(stops), "{text}");
    }
    door.hear("messages", written("wamid.9", "85291234560", "stop", now)).await;
    assert_eq!(door.opted_out().await, ["opted_out_all"; 3], "said twice is said once");

    // The button by which a template lets people out, as a quick reply and as a reply button; and another one.
    let buttons = [
        (json!({"type": "button", "button": {"text": "Stop promotions", "payload": "x"}}), true),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "取消訂閱"}}}),
            true,
        ),
        (json!({"type": "button", "button": {"text": "Tell me more", "payload": "y"}}), false),
    ];
    for (n, (kind, stops)) in buttons.into_iter().enumerate() {
        let before = door.opted_out().await.len();
        let mut tap = written(&format!("wamid.tap{n}"), &format!("8529123457{n}"), "", now);
        let message = tap["messages"][0].as_object_mut().unwrap();
        message.remove("text");
        message.extend(kind.as_object().unwrap().clone());
        door.hear("messages", tap).await;
        assert_eq!(door.opted_out().await.len() - before, usize::from(stops), "{kind}");
    }
    let marketing = door.opted_out().await.iter().filter(|kind| *kind == "opted_out_marketing").count();
    assert_eq!(marketing, 2, "it speaks of promotions");
}

async fn marketing_switched_off_at_meta_is_switched_on_there(test: TestDb) {
    let door = Door::new(&test).await;
    let preference = |value: &str, n: i64| {
        json!({"messaging_product": "whatsapp", "metadata": {"display_phone_number": "1", "phone_number_id": NUMBER},
               "user_preferences": [{"wa_id": "85291234567", "category": "marketing_messages", "value": value,
                                     "timestamp": SystemClock.now().seconds() + n}]})
    };
    door.hear("user_preferences", preference("stop", 0)).await;
    assert_eq!(door.opted_out().await, ["stopped_marketing_at_meta"]);
    door.hear("messages", written("wamid.1", "85291234567", "STOP", SystemClock.now())).await;
    assert_eq!(door.opted_out().await.len(), 2);
    door.hear("user_preferences", preference("resume", 1)).await;
    assert_eq!(door.opted_out().await, ["opted_out_all"], "a typed STOP stays");
}

async fn news_of_a_template_is_written_down_unless_it_is_old(test: TestDb) {
    let door = Door::new(&test).await;
    let now = SystemClock.now();
    let content: countersign::domain::templates::TemplateContent =
        serde_json::from_value(json!({"header": null, "body": "Hello", "footer": null, "buttons": []})).unwrap();
    let template = countersign::domain::templates::MessageTemplate {
        name: "winter".into(),
        language: "en".parse().unwrap(),
        meta_id: "12345".into(),
        category: MessageCategory::Marketing,
        status: countersign::domain::templates::TemplateStatus::Approved,
        quality: countersign::domain::templates::Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content,
        synced_at: now.before(std::time::Duration::from_mins(1)),
    };
    let mut tx = door.stage.db.begin().await.unwrap();
    templates::upsert(&mut tx, door.stage.tenant, &template).await.unwrap();
    tx.commit().await.unwrap();
    let standing = async || {
        let found = templates::of_name(&door.stage.db, door.stage.tenant, "winter").await.unwrap().remove(0);
        (found.status.as_str(), found.quality.as_str())
    };
    let paused = json!({"event": "PAUSED", "message_template_id": 12345, "message_template_name": "winter",
                        "message_template_language": "en", "reason": "NONE"});
    let (field, long_ago) = ("message_template_status_update", now.before(std::time::Duration::from_hours(1)));
    let old = event_at(&door.stage.business.waba_id, field, paused.clone(), long_ago);
    door.post(old.clone(), Some(signed("hush", &old))).await;
    while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    assert_eq!(standing().await, ("approved", "green"), "what was read from Meta since then is newer");
    door.hear(field, paused).await;
    assert_eq!(standing().await, ("paused", "green"));
    let quality = json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW", "message_template_id": 12345,
                         "message_template_name": "winter", "message_template_language": "en"});
    door.hear("message_template_quality_update", quality).await;
    assert_eq!(standing().await, ("paused", "yellow"));
    let flagged = json!({"event": "FLAGGED", "message_template_id": 12345, "message_template_name": "winter",
                         "message_template_language": "en", "reason": "NONE"});
    door.hear(field, flagged).await;
    let log = audit::list(&door.stage.db, door.stage.tenant, &Default::default(), 99).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.act == "template.changed").count(), 2, "what is no news is not logged");
}

async fn an_account_that_may_not_send_stands_still(test: TestDb) {
    let door = Door::new(&test).await;
    let execution = door.stage.built(8, 4).await;
    let restricted = json!({"event": "ACCOUNT_RESTRICTION",
                            "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]});
    door.hear("account_update", restricted).await;
    let stands = deliveries::find(&door.stage.db, door.stage.tenant, execution.id).await.unwrap().unwrap();
    assert_eq!(stands.desired, Desired::Pause);
    assert!(stands.reason.unwrap().contains("ACCOUNT_RESTRICTION"));
    let request = requests::find(&door.stage.db, door.stage.tenant, door.stage.request).await.unwrap().unwrap();
    assert_eq!(request.status, Status::Paused);
    let stop = stops::all(&door.stage.db, door.stage.tenant).await.unwrap().remove(0);
    assert_eq!((stop.reach, stop.by), (StopReach::Business, StoppedBy::Meta), "replies keep still as well");
}

async fn what_touches_one_number_stops_that_number(test: TestDb) {
    let door = Door::new(&test).await;
    let execution = door.stage.built(8, 4).await;
    let number = SendingNumber {
        id: ProviderId::new("7002"),
        display: "+852 5550 2000".into(),
        name: "Shop".into(),
        status: "connected".into(),
        quality: countersign::domain::templates::Quality::Green,
        portfolio_limit: None,
        per_second: 80,
        synced_at: SystemClock.now(),
    };
    let mut tx = door.stage.db.begin().await.unwrap();
    business::upsert_number(&mut tx, door.stage.tenant, &number).await.unwrap();
    tx.commit().await.unwrap();
    door.hear("security", json!({"display_phone_number": "85255502000", "event": "PIN_CHANGED", "requester": "1"}))
        .await;
    assert_eq!(stops::all(&door.stage.db, door.stage.tenant).await.unwrap()[0].reach, StopReach::Number("7002".into()));
    let runs = deliveries::find(&door.stage.db, door.stage.tenant, execution.id).await.unwrap();
    assert_eq!(runs.unwrap().desired, Desired::Run, "another number goes on");
}

async fn a_post_that_cannot_be_applied_holds_up_nobody(test: TestDb) {
    let door = Door::new(&test).await;
    let now = SystemClock.now();
    let good = event(&door.stage.business.waba_id, "messages", written("wamid.1", "85291234567", "STOP", now));
    let mut tx = door.stage.db.begin().await.unwrap();
    for body in [b"{\"object\": \"whatsapp_business_acc".as_slice(), &[0xff, 0xfe], &good] {
        assert_eq!(webhooks::keep(&mut tx, &[(door.stage.tenant, body)], now).await.unwrap(), 1);
    }
    let again: [(TenantId, &[u8]); 2] = [(door.stage.tenant, &good); 2];
    assert_eq!(webhooks::keep(&mut tx, &again, now).await.unwrap(), 0, "the same bytes are kept once");
    tx.commit().await.unwrap();
    while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    assert_eq!(door.backlog().await, Backlog { parked: 2, ..Backlog::default() });
    assert_eq!(door.opted_out().await, ["opted_out_all"]);
}
