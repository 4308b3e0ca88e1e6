//! A business with people of every role, a console that listens, and people at it with a cookie jar each.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::console;
use countersign::domain::audit::{Actor, Event};
use countersign::domain::business::SendingNumber;
use countersign::domain::clock::{FixedClock, Timestamp};
use countersign::domain::consent::MessageCategory;
use countersign::domain::ids::{AgentId, ContactId, PersonId, TenantId};
use countersign::domain::masked::ProviderId;
use countersign::domain::orders::PaymentUrl;
use countersign::domain::password;
use countersign::domain::people::{Agent, NameStyle, Permission, Person, Role, Tenant};
use countersign::domain::policy::Policy;
use countersign::domain::requests::{ActionRequest, Quorum};
use countersign::domain::templates::{MessageTemplate, Quality, TemplateStatus};
use countersign::graph::{self, Graph};
use countersign::store::{self, Db};
use countersign::tools::Ctx;
use countersign::tools::orders::Orders;
use serde_json::json;
use std::sync::OnceLock;

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
            orders: Orders { payment_url: PaymentUrl::parse("https://pay.example/{order}").ok(), ..Orders::default() },
            calls_per_minute: std::num::NonZeroU32::MIN,
            turns: countersign::tools::turns::Turns::default(),
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
        tokens_of: None,
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
