//! A business with people of every role, a console that listens, and people at it with a cookie jar each.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::approvals::begin::begin;
use countersign::approvals::submit;
use countersign::console;
use countersign::domain::audit::{Actor, Event};
use countersign::domain::business::SendingNumber;
use countersign::domain::clock::{FixedClock, Timestamp};
use countersign::domain::consent::MessageCategory;
use countersign::domain::ids::{AgentId, ContactId, PersonId, SegmentId, TenantId};
use countersign::domain::masked::ProviderId;
use countersign::domain::orders::PaymentUrl;
use countersign::domain::password;
use countersign::domain::people::{Agent, Caller, NameStyle, Permission, Person, Role, Tenant};
use countersign::domain::policy::Policy;
use countersign::domain::requests::{ActionRequest, Quorum};
use countersign::domain::templates::{MessageTemplate, Quality, TemplateStatus};
use countersign::domain::webhooks::parse;
use countersign::graph::{self, Graph};
use countersign::store::contacts::Seen;
use countersign::store::conversations::Heard;
use countersign::store::webhooks::{self, Inbound, Read, receive};
use countersign::store::{self, Db};
use countersign::tools::Ctx;
use countersign::tools::catalogue::catalogue;
use countersign::tools::orders::Orders;
use serde_json::{Value, json};
use std::sync::OnceLock;

use crate::support::counter::product;
use crate::support::db::TestDb;
use crate::support::samples;
use crate::support::visitor::Visitor;
use crate::support::world::person;

pub const PASSWORD: &str = "correct horse battery staple";

/// Hashing is slow on purpose; one hash serves every account of every test.
fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD).unwrap())
}

pub struct World {
    pub db: Db,
    pub ctx: Ctx,
    pub clock: Arc<FixedClock>,
    pub tenant: TenantId,
    pub people: BTreeMap<&'static str, Person>,
    pub agent: Agent,
    pub base: String,
    server: tokio::task::JoinHandle<()>,
    _db: TestDb,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Sign-in names, what stands under signatures, and roles.
const PEOPLE: [(&str, &str, Role); 9] = [
    ("lau", "M. Lau", Role::Compliance),
    ("ho", "J. Ho", Role::Compliance),
    ("chan", "P. Chan", Role::Principal),
    ("wong", "K. Wong", Role::Compliance),
    ("ops", "O. Lee", Role::Operator),
    ("boss", "B. Ng", Role::Manager),
    ("audit", "A. Tam", Role::Auditor),
    ("root", "R. Yip", Role::Admin),
    ("dpo", "D. Kwok", Role::Dpo),
];

impl World {
    pub async fn new(db: TestDb) -> Self {
        Self::with(db, false).await
    }

    pub async fn with(test: TestDb, https: bool) -> Self {
        let db = test.open().await;
        let clock = Arc::new(FixedClock::at("2026-11-22T06:20:05Z".parse().unwrap()));
        let graph = Graph::new(&graph::Settings::default()).unwrap();
        let ctx = Ctx {
            db: db.clone(),
            graph,
            clock: clock.clone(),
            policy: Arc::new(Policy::default()),
            public_url: "http://localhost".into(),
            secrets: Arc::new(|_| None),
            wake: countersign::tools::wake::Wake::default(),
            media: countersign::tools::media::Media::default(),
            orders: Orders { source: None, payment_url: PaymentUrl::parse("https://pay.example/{order}").ok() },
        };
        let (tenant, people, agent) = business(&db, "Harbour Retail Ltd", "").await;
        let settings = console::Settings {
            https,
            idle_timeout: Duration::from_mins(15),
            absolute_timeout: Duration::from_hours(12),
            rate_per_second: 80,
        };
        let app = console::router(ctx.clone(), settings).into_make_service_with_connect_info::<SocketAddr>();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { db, ctx, clock, tenant, people, agent, base, server, _db: test }
    }

    pub fn now(&self) -> Timestamp {
        use countersign::domain::clock::Clock as _;
        self.clock.now()
    }

    /// Somebody at a browser that has not been here before.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.base)
    }

    /// Somebody who has signed in.
    pub async fn signed_in(&self, name: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(&format!("{name}@example.com"), PASSWORD).await;
        assert_eq!(answer.status, 303, "{name} cannot sign in: {}", answer.text());
        visitor
    }

    /// A request of the agent that waits for these signatures.
    pub async fn file(&self, quorum: Quorum) -> ActionRequest {
        self.file_with(|request| request.quorum = quorum, "Broadcast · Winter offer").await
    }

    /// The same, changed before it is stored.
    pub async fn file_with(&self, change: impl FnOnce(&mut ActionRequest), title: &str) -> ActionRequest {
        let mut request = samples::request(&self.agent, self.now());
        change(&mut request);
        let digests = request.preview.digests(self.tenant, samples::schema(), &request.policy).unwrap();
        (request.digest, request.sections) = (digests.whole, digests.sections);
        let mut tx = self.db.begin().await.unwrap();
        assert!(store::requests::insert(&mut tx, &request, title).await.unwrap());
        let event = Event {
            actor: Actor::Agent(self.agent.id),
            act: "request.filed",
            subject: request.id.to_string(),
            details: json!({ "digest": request.digest }),
        };
        store::audit::append(&mut tx, self.tenant, self.now(), event).await.unwrap();
        tx.commit().await.unwrap();
        request
    }

    /// What the agent asks for through a preview; it must come to wait for people.
    pub async fn ask(&self, preview: &str, write: &str, arguments: Value) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find(preview).unwrap();
        let ask = json!({"write_tool": write, "arguments": arguments, "reason": "The sign-ups of the winter fair."});
        let answer = submit::preview(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// A list of contacts that waits to be signed: two rows, one of them without consent.
    pub async fn ask_import(&self) -> ActionRequest {
        let consent =
            json!({"category": "marketing", "source": "in_store", "evidence": "receipt 7", "date": "2026-11-20"});
        let rows = json!([
            {"phone": "+852 9123 4567", "name": "Chan Tai Man", "language": "zh_HK", "tags": ["fair"], "consents": [consent]},
            {"phone": "+852 9123 4568", "name": "Wong Siu Ming"},
        ]);
        let arguments = json!({"name": "Winter fair", "rows": rows});
        self.ask("whatsapp.contact_import.preview", "whatsapp.contact.import", arguments).await
    }

    /// A change of a segment that a broadcast was drawn from.
    pub async fn ask_segment(&self, segment: SegmentId) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find("whatsapp.segment.upsert").unwrap();
        let ask = json!({
            "segment_id": segment, "name": "Fair visitors", "include": {"tag": "fair"}, "exclude": {"tag": "staff"},
            "purpose": "Only those of this year.", "reason": "The list was too wide.",
        });
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// An answer to a customer who wrote an hour ago.
    pub async fn ask_reply(&self, body: &str) -> ActionRequest {
        let (number, at) = ("106540352242922", self.now().before(Duration::from_hours(1)));
        let mut tx = self.db.begin().await.unwrap();
        let contact = store::contacts::insert_many(&mut tx, self.tenant, &[person(0)]).await.unwrap()[0];
        let inbound = Inbound {
            wamid: "wamid.1",
            phone_number_id: number,
            contact,
            kind: "text",
            body: Some("It broke. My number is 9123 4567"),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, self.tenant, &inbound, at).await.unwrap());
        let heard = Heard { number, contact, at, wants_answer: true };
        let thread = store::conversations::heard(&mut tx, self.tenant, &heard, at).await.unwrap();
        tx.commit().await.unwrap();
        let arguments = json!({"conversation_id": thread.id, "message": {"text": {"body": body}}});
        self.ask("whatsapp.session_message.preview", "whatsapp.session_message.send", arguments).await
    }

    /// An order of a customer who wrote an hour ago and whom Meta marks; the agent put its lines together.
    pub async fn ask_order(&self) -> ActionRequest {
        let (number, at) = ("106540352242922", self.now().before(Duration::from_hours(1)));
        let mut tx = self.db.begin().await.unwrap();
        let contact = store::contacts::insert_many(&mut tx, self.tenant, &[person(0)]).await.unwrap()[0];
        let inbound = Inbound {
            wamid: "wamid.1",
            phone_number_id: number,
            contact,
            kind: "text",
            body: Some("Two oolong, please. My number is 9123 4567"),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, self.tenant, &inbound, at).await.unwrap());
        let heard = Heard { number, contact, at, wants_answer: true };
        let thread = store::conversations::heard(&mut tx, self.tenant, &heard, at).await.unwrap();
        let seen = Seen { username: None, identity_hash: Some("mark"), at };
        store::contacts::seen(&mut tx, self.tenant, contact, &seen).await.unwrap();
        let products = [product("oolong", 11_800, Some(3)), product("jasmine", 6_850, None)];
        store::orders::put(&mut tx, self.tenant, &products).await.unwrap();
        tx.commit().await.unwrap();
        let price = json!({"currency": "HKD", "amount": "118"});
        let lines = json!([{"product_id": "oolong", "quantity": 2, "unit_price": price}, {"product_id": "jasmine", "quantity": 1}]);
        let arguments = json!({"conversation_id": thread.id, "lines": lines, "note": "<b>No bag.</b>"});
        self.ask("whatsapp.order_payment_message.preview", "whatsapp.order.create_from_chat", arguments).await
    }

    /// A STOP and a strange post that could not be applied, to be tried again.
    pub async fn ask_retry(&self) -> ActionRequest {
        let text = json!({"from": "85291234567", "id": "wamid.1", "timestamp": "1795142400", "type": "text", "text": {"body": "STOP"}});
        let number = "106540352242922";
        let value = json!({"metadata": {"phone_number_id": number}, "contacts": [{"profile": {"name": "Tai Man"}}], "messages": [text]});
        let entry = |n: u32| json!([{"id": "1065", "uid": n, "changes": [{"field": "messages", "value": value}]}]);
        let body = |n| json!({"object": "whatsapp_business_account", "entry": entry(n)}).to_string().into_bytes();
        let (aside, unread) = (body(1), body(2));
        let mut tx = self.db.begin().await.unwrap();
        webhooks::keep(&mut tx, &[(self.tenant, &aside), (self.tenant, &unread)], self.now()).await.unwrap();
        let posts = webhooks::take(&mut tx, 9).await.unwrap();
        let read = Read { post: posts[0].id, kinds: BTreeMap::from([("message", 1)]) };
        webhooks::applied(&mut tx, &[read], self.now()).await.unwrap();
        let event = parse(&aside).unwrap().remove(0);
        for _ in 0..2 {
            webhooks::park_event(&mut tx, &posts[0], 0, &event, "<b>refused</b>", self.now()).await.unwrap();
        }
        webhooks::park(&mut tx, posts[1].id, "a shape that nobody knew", self.now()).await.unwrap();
        tx.commit().await.unwrap();
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find("whatsapp.webhook.retry").unwrap();
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let ask = json!({"post_ids": ids, "reason": "The disk was full."});
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// A keyword rule, after a customer wrote what it listens for.
    pub async fn ask_rule(&self) -> ActionRequest {
        let (number, at) = ("106540352242922", self.now().before(Duration::from_hours(1)));
        let mut tx = self.db.begin().await.unwrap();
        let contact = store::contacts::insert_many(&mut tx, self.tenant, &[person(0)]).await.unwrap()[0];
        let inbound = Inbound {
            wamid: "wamid.1",
            phone_number_id: number,
            contact,
            kind: "text",
            body: Some("<b>menu</b> for 9123 4567"),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, self.tenant, &inbound, at).await.unwrap());
        tx.commit().await.unwrap();
        let rule = json!({"name": "Menu <i>", "priority": 7, "match": "word", "phrases": ["menu"],
            "action": {"reply": {"say": {"text": "We have *tea*."}, "buttons": ["Our teas"]}}});
        let arguments = json!({"rule": rule, "becomes": "active"});
        self.ask("whatsapp.automation_change.preview", "whatsapp.keyword_rule.upsert", arguments).await
    }

    /// A write that the agent asks for; it must come to wait for people.
    pub async fn ask_write(&self, write: &str, ask: Value) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find(write).unwrap();
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// A draft of the template that is live, in one more language, to be brought to Meta.
    pub async fn ask_template(&self) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let draft = json!({
            "name": "winter_offer", "category": "marketing", "reason": "The winter offer begins.", "wait_ms": 0,
            "languages": [
                {"language": "en_US", "body": "Hello {{1}}, <b>Harbour Retail</b> has 15% off. Reply STOP to opt out.",
                 "samples": {"1": "Ada"}},
                {"language": "zh_HK", "body": "你好{{1}}，Harbour Retail 冬季優惠開始。回覆「停止」可取消接收。",
                 "samples": {"1": "阿達"}},
            ],
        });
        let upsert = catalogue().find("whatsapp.template_draft.upsert").unwrap();
        let stored = submit::write(&self.ctx, &caller, upsert, draft).await.unwrap();
        begin(&self.ctx, self.tenant, stored.action_request_id.parse().unwrap()).await.unwrap();
        let tool = catalogue().find("whatsapp.template.submit").unwrap();
        let ask = json!({"name": "winter_offer", "reason": "It is good."});
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// The n-th customer.
    pub async fn customer(&self, n: usize) -> ContactId {
        let new = person(n);
        let mut tx = self.db.begin().await.unwrap();
        store::contacts::insert_many(&mut tx, self.tenant, std::slice::from_ref(&new)).await.unwrap();
        tx.commit().await.unwrap();
        new.id
    }

    /// What the log says was done, oldest first.
    pub async fn acts(&self) -> Vec<String> {
        let entries = store::audit::list(&self.db, self.tenant, &Default::default(), 1_000).await.unwrap();
        entries.into_iter().rev().map(|entry| entry.act).collect()
    }
}

/// A business with everybody in it; the suffix keeps the addresses of two businesses apart.
pub async fn business(db: &Db, name: &str, suffix: &str) -> (TenantId, BTreeMap<&'static str, Person>, Agent) {
    let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let tenant = TenantId::random();
    let mut tx = db.begin().await.unwrap();
    let row = Tenant {
        id: tenant,
        name: name.into(),
        waba_id: format!("1065{suffix}"),
        token_env: "TOKEN".into(),
        app_secret_env: None,
        verify_token_env: None,
        created_at: now,
    };
    store::people::add_tenant(&mut tx, &row).await.unwrap();
    let mut people = BTreeMap::new();
    for (key, name, role) in PEOPLE {
        let email = format!("{key}{suffix}@example.com");
        let person = Person { id: PersonId::random(), tenant, email, name: name.into(), role, disabled_at: None };
        store::people::add_person(&mut tx, &person, hash(), now).await.unwrap();
        people.insert(key, person);
    }
    let agent = Agent {
        id: AgentId::random(),
        tenant,
        name: "promo-agent".into(),
        owner: people["wong"].id,
        owner_name: "K. Wong".into(),
        owner_disabled_at: None,
        permissions: BTreeSet::from([Permission::Read, Permission::Propose]),
        names: NameStyle::Dotted,
        elicits: false,
        oauth_client: None,
        key_prefix: "cs_1".into(),
        revoked_at: None,
        expires_at: None,
    };
    let number = SendingNumber {
        id: ProviderId::new("106540352242922"),
        display: "+852 5550 1000".into(),
        name: "Harbour Retail".into(),
        status: "connected".into(),
        quality: Quality::Green,
        portfolio_limit: Some(10_000),
        per_second: 80,
        synced_at: now,
    };
    store::business::upsert_number(&mut tx, tenant, &number).await.unwrap();
    store::templates::upsert(&mut tx, tenant, &template(TemplateStatus::Approved)).await.unwrap();
    store::people::add_agent(&mut tx, &agent, &store::people::key_hash(&format!("key{suffix}")), now).await.unwrap();
    tx.commit().await.unwrap();
    (tenant, people, agent)
}

/// The template of the samples, as Meta has it.
pub fn template(status: TemplateStatus) -> MessageTemplate {
    MessageTemplate {
        name: "winter_offer".into(),
        language: "en_US".parse().unwrap(),
        meta_id: "1".into(),
        category: MessageCategory::Marketing,
        status,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content: samples::content(),
        synced_at: "2026-11-01T00:00:00Z".parse().unwrap(),
    }
}
