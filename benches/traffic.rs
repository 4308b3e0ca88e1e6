//! A daemon in a process of its own at its hardest: sending while Meta tells it of every message, and a million people.
//!
//! `cargo bench --bench traffic`; with TEST_POSTGRES_URL also on PostgreSQL, in a database of its own that is dropped.
//! PEOPLE is how many the second broadcast goes to, 1,000,000 if it is not set. Everything is durable, as in `sending`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::allow_attributes,
    reason = "a measurement says what it finds, and fails by panicking"
)]

mod business;
mod stub;

use business::{Afternoon, Business};
use countersign::approvals::begin;
use countersign::domain::clock::Timestamp;
use countersign::domain::deliveries::Tally;
use countersign::domain::ids::ExecutionId;
use countersign::inbound;
use countersign::store::{self, deliveries};
use countersign::worker::{self, Worker};
use std::time::{Duration, Instant};
use stub::{Served, Stub};
use tokio_util::sync::CancellationToken;

/// A minute's worth at the rate that Meta allows a number.
const HEARING: usize = 60_000;
const PER_SECOND: u32 = 1_000;
/// What the number may send while webhooks are heard, so that a thousand a second go out: its tokens are a twentieth fewer, and
/// some are lost to delays.
const LIMIT: u32 = 1_100;
/// Above any limit.
const UNLIMITED: u32 = 100_000;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--stub"] => stub::serve().await,
        [_, "--daemon", database, graph, now] => daemon(database, graph, now.parse().unwrap()).await,
        _ => {
            let stub = Stub::start();
            business::on_each(|name, url| measure(&stub, name, url)).await;
        }
    }
}

/// A daemon with its worker and the webhook's door.
async fn daemon(database: &str, graph: &str, now: i64) {
    let db = store::connect(database).await.unwrap();
    let ctx = business::context(db, Afternoon::from(Timestamp::from_micros(now)), graph);
    let settings = worker::Settings {
        concurrency: 200,
        rate_per_second: UNLIMITED,
        unknown_after: Duration::from_mins(5),
        lease: Duration::from_secs(30),
        sync_every: Duration::from_hours(24),
        drain_timeout: Duration::from_secs(5),
    };
    let stop = CancellationToken::new();
    let worker = Worker::start(ctx.clone(), None, settings, None, stop.clone()).await.unwrap();
    stub::until_alone(inbound::router(ctx)).await;
    stop.cancel();
    worker.ended(Duration::from_secs(10)).await;
}

async fn measure(stub: &Stub, name: &'static str, url: String) {
    let people = std::env::var("PEOPLE").map_or(1_000_000, |n| n.parse().expect("PEOPLE is a number"));
    let it = business::open(&url, Afternoon::begins(), stub.url()).await;
    let bench = Bench { stub, it, url, name };
    bench.hearing().await;
    bench.many(HEARING..HEARING + people).await;
    bench.it.ctx.db.close().await;
}

/// The daemon sees that all is settled, and ends the execution.
async fn until_ended(it: &Business) {
    let begun = Instant::now();
    while !deliveries::unfinished(&it.ctx.db).await.unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the execution does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

struct Bench<'a> {
    stub: &'a Stub,
    it: Business,
    url: String,
    name: &'static str,
}

impl Bench<'_> {
    fn daemon(&self) -> Served {
        let now = self.it.ctx.clock.now().micros().to_string();
        Served::start(&["--daemon", &self.url, self.stub.url(), &now])
    }

    async fn tally(&self, execution: ExecutionId) -> Tally {
        deliveries::tally(&self.it.ctx.db, self.it.tenant.id, execution).await.unwrap()
    }

    /// Each message is told of three times, in posts of their own, while the next ones go out.
    async fn hearing(&self) {
        let request = self.it.filed(0..HEARING, PER_SECOND).await;
        self.it.approve(request).await;
        begin::begin(&self.it.ctx, self.it.tenant.id, request).await.unwrap();
        let execution = self.it.execution().await.id;
        // The daemon's door must be known before the first message is told of.
        self.it.sql(format!("update execution set desired = 'pause', per_second = {LIMIT}")).await;
        self.it.sql(format!("update phone_number set per_second = {LIMIT}")).await;
        let daemon = self.daemon();
        self.stub.reset(Duration::from_millis(50), Some(&format!("{}/webhooks/whatsapp", daemon.url))).await;
        self.it.sql("update execution set desired = 'run'".to_owned()).await;
        let all = HEARING as u64;
        let mut behind = Duration::ZERO;
        let begun = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let (tally, figures) = (self.tally(execution).await, self.stub.figures().await);
            if figures.posts == all * 3 {
                if tally.read == all {
                    break;
                }
                behind += Duration::from_millis(250);
            }
            let waited = begun.elapsed();
            assert!(waited < Duration::from_mins(5), "{tally:?} {figures:?} after {waited:?}");
        }
        until_ended(&self.it).await;
        let figures = self.stub.figures().await;
        let per_second = |count: u64, from: i64, to: i64| count as f64 / ((to - from) as f64 / 1e6);
        assert_eq!((figures.requests, figures.people), (all, all), "each once");
        println!(
            "{:8} sends/s {:.0} while hearing {:.0} statuses/s, one a post; answered in ms: p50 {:.1}, p99 {:.1}; posts made again {}; all {} applied {:.2} s after the last; resident at most {} MB",
            self.name,
            per_second(figures.requests, figures.first, figures.last),
            per_second(figures.posts, figures.first_post, figures.last_post),
            figures.post_p50 as f64 / 1e3,
            figures.post_p99 as f64 / 1e3,
            figures.repeated,
            figures.posts,
            behind.as_secs_f64(),
            daemon.peak_resident(),
        );
    }

    /// One broadcast to very many.
    async fn many(&self, people: std::ops::Range<usize>) {
        let all = people.len() as u64;
        self.it.people("many", people, true).await;
        self.it.sql(format!("update phone_number set per_second = {UNLIMITED}")).await;
        let filing = Instant::now();
        let request = self.it.broadcast("many", PER_SECOND).await;
        let filing = filing.elapsed();
        self.it.approve(request).await;
        begin::begin(&self.it.ctx, self.it.tenant.id, request).await.unwrap();
        self.it.sql(format!("update execution set per_second = {UNLIMITED}")).await;
        let execution = self.it.execution().await.id;
        self.stub.reset(Duration::ZERO, None).await;
        let begun = Instant::now();
        let daemon = self.daemon();
        let mut first = None;
        let mut last = (0, Instant::now());
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let figures = self.stub.figures().await;
            if figures.requests > 0 {
                first.get_or_insert_with(|| begun.elapsed());
            }
            if figures.requests > last.0 {
                last = (figures.requests, Instant::now());
            }
            assert!(
                last.1.elapsed() < Duration::from_mins(2),
                "nothing moves: {figures:?} {:?}",
                self.tally(execution).await
            );
            if figures.requests == all && self.tally(execution).await.accepted == all {
                break;
            }
        }
        let figures = self.stub.figures().await;
        assert_eq!((figures.requests, figures.people), (all, all), "each once");
        println!(
            "{:8} {all} people: filed in {:.1} s; first message {:.1} s after the start of a daemon; sends/s {:.0}; daemon resident at most {} MB",
            self.name,
            filing.as_secs_f64(),
            first.unwrap_or_default().as_secs_f64(),
            figures.requests as f64 / ((figures.last - figures.first) as f64 / 1e6),
            daemon.peak_resident(),
        );
    }
}
