//! How long a preview over 100,000 contacts takes, beside a bare count of the same rows in the same run.
//!
//! `cargo bench --bench preview`; with TEST_POSTGRES_URL also on PostgreSQL, in a database of its own that is dropped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::allow_attributes,
    reason = "a measurement says what it finds, and fails by panicking"
)]

use countersign::domain::business::SendingNumber;
use countersign::domain::clock::{FixedClock, Timestamp};
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::{AgentId, ConsentId, ContactId, ExecutionId, PersonId, SegmentId, TenantId};
use countersign::domain::masked::ProviderId;
use countersign::domain::people::{Agent, Caller, NameStyle, Permission, Person, Role, Tenant};
use countersign::domain::phone::PhoneNumber;
use countersign::domain::policy::Policy;
use countersign::domain::templates::{Button, MessageTemplate, Quality, TemplateContent, TemplateStatus};
use countersign::graph::Graph;
use countersign::store::consent::{self, NewConsent};
use countersign::store::contacts::{self, NewContact};
use countersign::store::{self, Db, business, people, segments, templates};
use countersign::tools::catalogue::catalogue;
use countersign::tools::{Ctx, Kind};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

const CONTACTS: usize = 100_000;
const RUNS: usize = 7;

fn now() -> Timestamp {
    "2026-11-22T14:00:00+08:00".parse().unwrap()
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("bench.sqlite").display());
    measure("sqlite", &url).await;
    if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
        let name = format!("bench_{}", TenantId::random().uuid().simple());
        let mut admin = PgConnection::connect(&server).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        measure("postgres", url.as_str()).await;
        sqlx::query(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&mut admin).await.unwrap();
    }
}

async fn measure(name: &str, url: &str) {
    let db = store::connect(url).await.unwrap();
    store::migrate(&db).await.unwrap();
    let (ctx, caller, segment) = fill(&db).await;
    let Kind::Write(propose) = catalogue().find("whatsapp.broadcast.schedule").unwrap().kind else { panic!("a write") };
    let broadcast = |variables: serde_json::Value, template: &str| {
        json!({
            "broadcast": {"name": "Winter", "template": template, "segments": [segment], "variables": variables},
            "schedule": {"start_at": "2026-12-01T10:00:00+08:00", "per_second": 80},
        })
    };
    let personal = broadcast(
        json!({"1": {"contact_name": {"default": "friend"}}, "2": {"attribute": {"name": "tier", "default": "gold"}}}),
        "personal",
    );
    let plain = broadcast(json!({}), "plain");
    for (what, arguments) in [("the same text for all", plain), ("name and attribute of each", personal)] {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let started = Instant::now();
            let proposal = propose(&ctx, &caller, arguments.clone()).await.unwrap();
            times.push(started.elapsed());
            let view = proposal.preview.view.broadcast().unwrap();
            assert!(view.audience.funnel.balances() && view.audience.funnel.matched == CONTACTS as u64);
            assert!(view.audience.funnel.will_receive > 80_000, "{:?}", view.audience.funnel);
        }
        report(name, &format!("preview, {what}"), times);
    }
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        let count: i64 = match &db {
            Db::Sqlite { read, .. } => {
                sqlx::query_scalar("select count(*) from contact").fetch_one(read).await.unwrap()
            }
            Db::Postgres(pool) => sqlx::query_scalar("select count(*) from contact").fetch_one(pool).await.unwrap(),
        };
        times.push(started.elapsed());
        assert_eq!(usize::try_from(count), Ok(CONTACTS));
    }
    report(name, "select count(*) over the contacts", times);
    db.close().await;
}

fn report(database: &str, what: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |at: usize| times.get(at).map_or(0.0, |t| t.as_secs_f64() * 1e3);
    println!(
        "{database:8} {CONTACTS} contacts  {what:40} median {:7.1} ms   fastest {:7.1} ms   slowest {:7.1} ms",
        ms(times.len() / 2),
        ms(0),
        ms(times.len() - 1)
    );
}

fn template(name: &str, language: &str, body: &str, footer: &str) -> MessageTemplate {
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
        synced_at: now(),
    }
}

async fn fill(db: &Db) -> (Ctx, Caller, SegmentId) {
    let tenant = Tenant {
        id: TenantId::random(),
        name: "Bench".into(),
        waba_id: "1".into(),
        token_env: "T".into(),
        app_secret_env: None,
        verify_token_env: None,
        created_at: now(),
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
        key_prefix: "x".into(),
        revoked_at: None,
        expires_at: None,
    };
    let mut tx = db.begin().await.unwrap();
    people::add_tenant(&mut tx, &tenant).await.unwrap();
    people::add_person(&mut tx, &owner, "x", now()).await.unwrap();
    people::add_agent(&mut tx, &agent, &people::key_hash("x"), now()).await.unwrap();
    let number = SendingNumber {
        id: ProviderId::new("106540352242922"),
        display: "+852 3001 0001".into(),
        name: "Bench".into(),
        status: "connected".into(),
        quality: Quality::Green,
        portfolio_limit: None,
        per_second: 80,
        synced_at: now(),
    };
    business::upsert_number(&mut tx, tenant.id, &number).await.unwrap();
    for t in [
        template("plain", "en", "Winter offer at Bench.", "Reply STOP to opt out"),
        template("plain", "zh_HK", "Bench 冬季優惠。", "回覆「停止」可取消接收"),
        template("personal", "en", "Hello {{1}}, a {{2}} offer at Bench.", "Reply STOP to opt out"),
        template("personal", "zh_HK", "{{1}}，Bench 的 {{2}} 優惠。", "回覆「停止」可取消接收"),
    ] {
        templates::upsert(&mut tx, tenant.id, &t).await.unwrap();
    }
    let segment = SegmentId::random();
    let include = serde_json::from_value(json!({"all": [{"tag": "member"}, {"market": ["HK"]}]})).unwrap();
    segments::add_version(&mut tx, tenant.id, segment, "Members", &include, None, now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut numbers: Vec<ContactNo> = Vec::new();
    for chunk in (0..CONTACTS).collect::<Vec<_>>().chunks(10_000) {
        let new: Vec<NewContact> = chunk.iter().map(|n| contact(*n)).collect();
        let mut tx = db.begin().await.unwrap();
        let added = contacts::insert_many(&mut tx, tenant.id, &new).await.unwrap();
        // One in twenty never agreed.
        let granted: Vec<NewConsent> = added.iter().filter(|no| no.0 % 20 != 0).map(|no| consented(*no)).collect();
        consent::record(&mut tx, tenant.id, &granted, now()).await.unwrap();
        for no in added.iter().filter(|no| no.0 % 50 == 7) {
            let kind = Suppression::OptedOutOfEverything;
            consent::suppress(&mut tx, tenant.id, *no, kind, "inbound_message", Some("STOP"), now()).await.unwrap();
        }
        tx.commit().await.unwrap();
        numbers.extend(added);
    }
    history(db, tenant.id, &numbers).await;
    let ctx = Ctx {
        db: db.clone(),
        graph: Graph::new(&countersign::graph::Settings::default()).unwrap(),
        clock: Arc::new(FixedClock::at(now())),
        policy: Arc::new(Policy::default()),
        public_url: "http://localhost".into(),
        secrets: Arc::new(|_| None),
        wake: countersign::tools::wake::Wake::default(),
    };

    (ctx, Caller { agent }, segment)
}

fn contact(n: usize) -> NewContact {
    let e164 = format!("+8529{:07}", 1_000_000 + n);
    NewContact {
        id: ContactId::random(),
        phone: Some(PhoneNumber::stored(e164, "HK".parse().unwrap())),
        user_id: None,
        name: format!("Chan Tai Man {n}"),
        language: Some(if n.is_multiple_of(3) { "en" } else { "zh_HK" }.parse().unwrap()),
        tags: BTreeSet::from(["member".to_owned()]),
        attributes: BTreeMap::from([
            ("tier".to_owned(), format!("level {}", n % 7)),
            ("city".to_owned(), "HK".to_owned()),
        ]),
        last_inbound_at: None,
        created_at: now(),
    }
}

fn consented(contact: ContactNo) -> NewConsent {
    NewConsent {
        id: ConsentId::random(),
        contact,
        category: MessageCategory::Marketing,
        state: ConsentState::Granted,
        source: ConsentSource::WebForm,
        evidence: Some("form 12".into()),
        given_at: now().before(Duration::from_hours(24 * 100)),
        confirmed_at: None,
    }
}

/// A broadcast to half of them, ten days ago: the ledger counts.
async fn history(db: &Db, tenant: TenantId, numbers: &[ContactNo]) {
    let at = now().before(Duration::from_hours(240)).micros();
    let execution = ExecutionId::random().uuid();
    let list: Vec<String> = numbers.iter().filter(|no| no.0 % 2 == 0).map(|no| no.0.to_string()).collect();
    let list = format!("[{}]", list.join(","));
    // Foreign keys to a request are left out: only the ledger's figures are of interest here.
    let execution_sql =
        "insert into execution (id, tenant_id, request_id, phone_number_id, category, desired, state, total,
         built, batch_size, per_second, drift_base, started_at, finished_at)
         values ($1, $2, $3, '1', 'marketing', 'run', 'done', 1, 1, 1, 1, 0, $4, $4)";
    match db {
        Db::Sqlite { write, .. } => {
            let mut c = write.acquire().await.unwrap();
            sqlx::query("pragma foreign_keys = off").execute(&mut *c).await.unwrap();
            sqlx::query(execution_sql)
                .bind(execution)
                .bind(tenant.uuid())
                .bind(execution)
                .bind(at)
                .execute(&mut *c)
                .await
                .unwrap();
            sqlx::query(
                "insert into delivery (execution_id, seq, contact_no, state, attempt, epoch, updated_at)
                 select $1, key, value, 2, 1, 1, $3 from json_each($2)",
            )
            .bind(execution)
            .bind(&list)
            .bind(at)
            .execute(&mut *c)
            .await
            .unwrap();
            sqlx::query("pragma foreign_keys = on").execute(&mut *c).await.unwrap();
            sqlx::query("analyze").execute(&mut *c).await.unwrap();
        }
        Db::Postgres(pool) => {
            let mut c = pool.acquire().await.unwrap();
            sqlx::query("set session_replication_role = replica").execute(&mut *c).await.unwrap();
            sqlx::query(execution_sql)
                .bind(execution)
                .bind(tenant.uuid())
                .bind(execution)
                .bind(at)
                .execute(&mut *c)
                .await
                .unwrap();
            sqlx::query("insert into delivery (execution_id, seq, contact_no, state, attempt, epoch, updated_at)
                 select $1, n, value::bigint, 2, 1, 1, $3 from json_array_elements_text($2::json) with ordinality as x (value, n)")
                .bind(execution).bind(&list).bind(at).execute(&mut *c).await.unwrap();
            sqlx::query("set session_replication_role = origin").execute(&mut *c).await.unwrap();
            sqlx::query("analyze").execute(&mut *c).await.unwrap();
        }
    }
}
