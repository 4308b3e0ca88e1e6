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

mod business;

use business::{Afternoon, Business};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::ExecutionId;
use countersign::store::Db;
use countersign::tools::Kind;
use countersign::tools::catalogue::catalogue;
use serde_json::json;
use std::time::{Duration, Instant};

const CONTACTS: usize = 100_000;
const RUNS: usize = 7;

#[tokio::main]
async fn main() {
    business::on_each(measure).await;
}

async fn measure(name: &'static str, url: String) {
    let it = business::open(&url, Afternoon::begins(), "http://127.0.0.1:9").await;
    let numbers = it.people("member", 0..CONTACTS, false).await;
    history(&it, &numbers).await;
    let segment = it.segment("member").await;
    let Kind::Write(propose) = catalogue().find("whatsapp.broadcast.schedule").unwrap().kind else { panic!("a write") };
    let broadcast = |variables: serde_json::Value, template: &str| {
        json!({
            "broadcast": {"name": "Winter", "template": template, "segments": [segment], "variables": variables},
            "schedule": {"start_at": it.ctx.clock.now().after(Duration::from_hours(24)), "per_second": 80},
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
            let proposal = propose(&it.ctx, &it.caller, arguments.clone()).await.unwrap();
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
        let count: i64 = match &it.ctx.db {
            Db::Sqlite { read, .. } => {
                sqlx::query_scalar("select count(*) from contact").fetch_one(read).await.unwrap()
            }
            Db::Postgres(pool) => sqlx::query_scalar("select count(*) from contact").fetch_one(pool).await.unwrap(),
        };
        times.push(started.elapsed());
        assert_eq!(usize::try_from(count), Ok(CONTACTS));
    }
    report(name, "select count(*) over the contacts", times);
    it.ctx.db.close().await;
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

/// A broadcast to half of them, ten days ago: the ledger counts.
async fn history(it: &Business, numbers: &[ContactNo]) {
    let at = it.ctx.clock.now().before(Duration::from_hours(240)).micros();
    let tenant = it.tenant.id;
    let execution = ExecutionId::random().uuid();
    let list: Vec<String> = numbers.iter().filter(|no| no.0 % 2 == 0).map(|no| no.0.to_string()).collect();
    let list = format!("[{}]", list.join(","));
    // Foreign keys to a request are left out: only the ledger's figures are of interest here.
    let execution_sql =
        "insert into execution (id, tenant_id, request_id, phone_number_id, category, desired, state, total,
         built, batch_size, per_second, drift_base, started_at, finished_at)
         values ($1, $2, $3, '1', 'marketing', 'run', 'done', 1, 1, 1, 1, 0, $4, $4)";
    match &it.ctx.db {
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
        }
    }
}
