//! A business large enough to measure on: people who agreed, templates, a number, an agent; and the databases to put it in.

#![allow(dead_code, clippy::allow_attributes, reason = "each measurement uses a part of it")]

use countersign::approvals::submit;
use countersign::domain::business::SendingNumber;
use countersign::domain::clock::{Clock, SharedClock, SystemClock, Timestamp};
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::{AgentId, ConsentId, ContactId, PersonId, RequestId, SegmentId, TenantId};
use countersign::domain::masked::ProviderId;
use countersign::domain::people::{Agent, Caller, NameStyle, Permission, Person, Role, Tenant};
use countersign::domain::phone::PhoneNumber;
use countersign::domain::policy::Policy;
use countersign::domain::secret::Secret;
use countersign::domain::templates::{Button, MessageTemplate, Quality, TemplateContent, TemplateStatus};
use countersign::graph::{Graph, Settings};
use countersign::store::consent::{self, NewConsent};
use countersign::store::contacts::{self, NewContact};
use countersign::store::deliveries::{self, Execution};
use countersign::store::{self, Db, business, people, segments, templates};
use countersign::tools::Ctx;
use countersign::tools::catalogue::catalogue;
use countersign::tools::wake::Wake;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The number that everything is sent from.
pub const NUMBER: &str = "106540352242922";
/// Its business account.
pub const ACCOUNT: &str = "102290129340398";
/// Token and app secret.
pub const SECRET: &str = "bench";

/// Runs a measurement on a new SQLite file, and, with TEST_POSTGRES_URL, in a PostgreSQL database that is dropped after; or
/// on the one that the command line names.
pub async fn on_each<F: Future<Output = ()>>(measure: impl Fn(&'static str, String) -> F) {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let asked_for = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if asked_for("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        measure("sqlite", format!("sqlite://{}", folder.path().join("bench.sqlite").display())).await;
    }
    if !asked_for("postgres") {
        return;
    }
    let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
        println!("postgres left out: TEST_POSTGRES_URL names no server");
        return;
    };
    let name = format!("bench_{}", TenantId::random().uuid().simple());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    measure("postgres", url.to_string()).await;
    sqlx::query(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&mut admin).await.unwrap();
}

/// The machine's clock, moved so that it is two in the afternoon in Hong Kong: marketing keeps quiet hours.
#[derive(Debug)]
pub struct Afternoon {
    begun: Instant,
    at: Timestamp,
}

impl Afternoon {
    pub fn begins() -> Arc<Self> {
        let today = SystemClock.now();
        let day = 24 * 60 * 60 * 1_000_000;
        Self::from(Timestamp::from_micros(today.micros() - today.micros() % day + day / 4))
    }

    pub fn from(at: Timestamp) -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), at })
    }
}

impl Clock for Afternoon {
    fn now(&self) -> Timestamp {
        self.at.after(self.begun.elapsed())
    }
}

/// A business in a database.
pub struct Business {
    pub ctx: Ctx,
    pub tenant: Tenant,
    pub owner: Person,
    pub caller: Caller,
}

/// A database with nobody in it yet but the business itself. `graph` is where Meta is.
pub async fn open(url: &str, clock: SharedClock, graph: &str) -> Business {
    let db = store::connect(url).await.unwrap();
    store::migrate(&db).await.unwrap();
    let now = clock.now();
    let tenant = Tenant {
        id: TenantId::random(),
        name: "Bench".into(),
        waba_id: ACCOUNT.into(),
        token_env: "T".into(),
        app_secret_env: Some("S".into()),
        verify_token_env: None,
        created_at: now,
    };
    let owner = Person {
        id: PersonId::random(),
        tenant: tenant.id,
        email: "owner@bench.example".into(),
        name: "Owner".into(),
        role: Role::Operator,
        disabled_at: None,
    };
    let agent = Agent {
        id: AgentId::random(),
        tenant: tenant.id,
        name: "bench".into(),
        owner: owner.id,
        owner_name: "Owner".into(),
        owner_disabled_at: None,
        permissions: BTreeSet::from([Permission::Read, Permission::Propose]),
        names: NameStyle::Dotted,
        elicits: false,
        tokens_of: None,
        key_prefix: "x".into(),
        revoked_at: None,
        expires_at: None,
    };
    let number = SendingNumber {
        id: ProviderId::new(NUMBER),
        display: "+852 3001 0001".into(),
        name: "Bench".into(),
        status: "connected".into(),
        quality: Quality::Green,
        portfolio_limit: None,
        per_second: 1_000,
        synced_at: now,
    };
    let mut tx = db.begin().await.unwrap();
    people::add_tenant(&mut tx, &tenant).await.unwrap();
    people::add_person(&mut tx, &owner, "x", now).await.unwrap();
    people::add_agent(&mut tx, &agent, &people::key_hash("x"), now).await.unwrap();
    business::upsert_number(&mut tx, tenant.id, &number).await.unwrap();
    for t in [
        template("plain", "en", "Winter offer at Bench.", "Reply STOP to opt out", now),
        template("plain", "zh_HK", "Bench 冬季優惠。", "回覆「停止」可取消接收", now),
        template("personal", "en", "Hello {{1}}, a {{2}} offer at Bench.", "Reply STOP to opt out", now),
        template("personal", "zh_HK", "{{1}}，Bench 的 {{2}} 優惠。", "回覆「停止」可取消接收", now),
    ] {
        templates::upsert(&mut tx, tenant.id, &t).await.unwrap();
    }
    tx.commit().await.unwrap();
    Business { ctx: context(db, clock, graph), tenant, owner, caller: Caller::new(agent) }
}

/// What a daemon has in its hands. Every secret is the same word.
pub fn context(db: Db, clock: SharedClock, graph: &str) -> Ctx {
    Ctx {
        db,
        graph: Graph::new(&Settings { graph_url: graph.into(), ..Settings::default() }).unwrap(),
        clock,
        policy: Arc::new(policy()),
        public_url: "http://localhost".into(),
        secrets: Arc::new(|_| Some(Secret::new(SECRET))),
        wake: Wake::default(),
        media: countersign::tools::media::Media::default(),
        orders: countersign::tools::orders::Orders::default(),
        calls_per_minute: std::num::NonZeroU32::MAX,
        turns: countersign::tools::turns::Turns::default(),
    }
}

impl Business {
    /// Adds people with this label: of twenty one never agreed, of fifty one opted out, unless `all` may be written to.
    pub async fn people(&self, label: &str, range: std::ops::Range<usize>, all: bool) -> Vec<ContactNo> {
        let (tenant, now) = (self.tenant.id, self.ctx.clock.now());
        let mut numbers = Vec::new();
        for chunk in range.collect::<Vec<_>>().chunks(10_000) {
            let new: Vec<NewContact> = chunk.iter().map(|n| contact(*n, label, now)).collect();
            let mut tx = self.ctx.db.begin().await.unwrap();
            let added = contacts::insert_many(&mut tx, tenant, &new).await.unwrap();
            let granted: Vec<NewConsent> =
                added.iter().filter(|no| all || no.0 % 20 != 0).map(|no| consented(*no, now)).collect();
            consent::record(&mut tx, tenant, &granted, now).await.unwrap();
            for no in added.iter().filter(|no| !all && no.0 % 50 == 7) {
                let kind = Suppression::OptedOutOfEverything;
                consent::suppress(&mut tx, tenant, *no, kind, "inbound_message", Some("STOP"), now).await.unwrap();
            }
            tx.commit().await.unwrap();
            numbers.extend(added);
        }
        numbers
    }

    /// A segment of everybody in Hong Kong with this label.
    pub async fn segment(&self, label: &str) -> SegmentId {
        let segment = SegmentId::random();
        let include = json!({"all": [{"tag": label}, {"market": ["HK"]}]});
        let include = serde_json::from_value(include).unwrap();
        let mut tx = self.ctx.db.begin().await.unwrap();
        segments::add_version(&mut tx, self.tenant.id, segment, label, &include, None, self.ctx.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        segment
    }

    /// A broadcast to these people, new ones, who have all agreed; it waits for its signatures.
    pub async fn filed(&self, people: std::ops::Range<usize>, per_second: u32) -> RequestId {
        let label = format!("from {}", people.start);
        self.people(&label, people, true).await;
        self.broadcast(&label, per_second).await
    }

    /// A broadcast to all with this label; it waits for its signatures.
    pub async fn broadcast(&self, label: &str, per_second: u32) -> RequestId {
        let segment = self.segment(label).await;
        let variables = json!({"1": {"contact_name": {"default": "friend"}}, "2": {"attribute": {"name": "tier", "default": "gold"}}});
        let ask = json!({
            "broadcast": {"name": label, "template": "personal", "segments": [segment], "variables": variables},
            "schedule": {"per_second": per_second},
            "reason": "To see how fast it goes.",
        });
        let tool = catalogue().find("whatsapp.broadcast.schedule").unwrap();
        let view = submit::write(&self.ctx, &self.caller, tool, ask).await.unwrap();
        view.action_request_id.parse().unwrap()
    }

    /// As if everybody had signed.
    pub async fn approve(&self, request: RequestId) {
        let now = self.ctx.clock.now().micros();
        let later = now + 60_000_000;
        self.sql(format!(
            "update action_request set status = 'approved', approved_at = {now}, not_before = {now}, start_by = {later}
             where status = 'pending_approval'"
        ))
        .await;
        assert!(store::requests::find(&self.ctx.db, self.tenant.id, request).await.unwrap().is_some());
    }

    /// The execution that has not ended.
    pub async fn execution(&self) -> Execution {
        let mut open = deliveries::unfinished(&self.ctx.db).await.unwrap();
        assert_eq!(open.len(), 1);
        open.remove(0)
    }

    /// Runs a statement with the same text on both databases.
    pub async fn sql(&self, text: String) {
        let sql = AssertSqlSafe(text);
        match &self.ctx.db {
            Db::Sqlite { write, .. } => sqlx::query(sql).execute(write).await.map(drop),
            Db::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop),
        }
        .unwrap();
    }
}

fn template(name: &str, language: &str, body: &str, footer: &str, now: Timestamp) -> MessageTemplate {
    MessageTemplate {
        name: name.into(),
        language: language.parse().unwrap(),
        meta_id: format!("{name}-{language}"),
        category: MessageCategory::Marketing,
        status: TemplateStatus::Approved,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content: TemplateContent {
            header: None,
            body: body.into(),
            footer: Some(footer.into()),
            buttons: vec![Button::QuickReply { text: "Stop".into() }],
        },
        // The stub has no templates to read anew, however long the run takes.
        synced_at: now.after(Duration::from_hours(24)),
    }
}

fn contact(n: usize, label: &str, now: Timestamp) -> NewContact {
    let e164 = format!("+8529{:07}", 1_000_000 + n);
    NewContact {
        id: ContactId::random(),
        phone: Some(PhoneNumber::stored(e164, "HK".parse().unwrap())),
        user_id: None,
        name: format!("Chan Tai Man {n}"),
        language: Some(if n.is_multiple_of(3) { "en" } else { "zh_HK" }.parse().unwrap()),
        tags: BTreeSet::from([label.to_owned()]),
        attributes: BTreeMap::from([
            ("tier".to_owned(), format!("level {}", n % 7)),
            ("city".to_owned(), "HK".to_owned()),
        ]),
        last_inbound_at: None,
        created_at: now,
    }
}

fn consented(contact: ContactNo, now: Timestamp) -> NewConsent {
    NewConsent {
        id: ConsentId::random(),
        contact,
        category: MessageCategory::Marketing,
        state: ConsentState::Granted,
        source: ConsentSource::WebForm,
        evidence: Some("form 12".into()),
        given_at: now.before(Duration::from_hours(24 * 100)),
        confirmed_at: None,
    }
}

/// The shipped policy, but people here get one broadcast after the other.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.settings.agents.broadcasts_per_hour = u16::MAX;
    let caps = &mut policy.settings.frequency;
    (caps.marketing_per_7_days, caps.marketing_per_30_days, caps.warn_from) = (u16::MAX, u16::MAX, 1_000);
    policy
}
