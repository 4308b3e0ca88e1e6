//! How fast what was signed is sent, beside a bare loop of the same client without any database, in the same run.
//!
//! `cargo bench --bench sending`; with TEST_POSTGRES_URL also on PostgreSQL, in a database of its own that is dropped.
//! Everything is durable: SQLite with `synchronous=FULL`, PostgreSQL with `fsync` and `synchronous_commit`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::allow_attributes,
    reason = "a measurement says what it finds, and fails by panicking"
)]

mod business;
mod stub;

use business::{Afternoon, Business, NUMBER, SECRET};
use countersign::approvals::engine::{self, Engine};
use countersign::approvals::{begin, execute, script};
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::ids::RequestId;
use countersign::domain::messages::Recipient;
use countersign::domain::people::{Person, Role};
use countersign::domain::secret::Secret;
use countersign::graph::messages::{Parameters, SendOutcome, TemplateMessage, send};
use countersign::graph::{Credentials, Graph, Settings};
use countersign::store::behind::Remembered;
use countersign::store::identity::Identity;
use countersign::store::{self, deliveries, instance};
use countersign::tools::Ctx;
use countersign::tools::wake::Wake;
use countersign::worker::{self, Worker};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stub::{Figures, Stub};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 3;
/// Above any limit: these measurements are about our own speed.
const UNLIMITED: u32 = 100_000;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    if std::env::args().any(|argument| argument == "--stub") {
        return stub::serve().await;
    }
    let stub = Stub::start();
    business::on_each(|name, url| measure(&stub, name, url)).await;
}

/// What is measured: how long the API takes, how many requests are on their way at once, and of how many.
#[derive(Clone, Copy)]
struct Load {
    delay: Duration,
    in_flight: usize,
    messages: usize,
}

const SLOW: Load = Load { delay: Duration::from_millis(50), in_flight: 50, messages: 5_000 };
const FAST: Load = Load { delay: Duration::ZERO, in_flight: 200, messages: 20_000 };

async fn measure(stub: &Stub, name: &'static str, url: String) {
    let it = business::open(&url, Afternoon::begins(), stub.url()).await;
    let bench = Bench { stub, it, url, next: Cell::new(0) };
    println!("{name:8} commits/s, one row, one client: {:.0}", bench.floor().await);
    for (what, load) in [("50 ms, 50 in flight", SLOW), ("at once, 200 in flight", FAST)] {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(bench.bare(load).await);
            ours.push(bench.broadcast(load, 1).await);
        }
        let each = ours.clone();
        let (ours, bare) = (median(ours), median(bare));
        println!("{name:8} sends/s, {what}: {ours:.0} of {each:.0?}; bare loop {bare:.0}; ratio {:.3}", ours / bare);
        if name == "postgres" && load.delay == SLOW.delay {
            let mut two = Vec::new();
            for _ in 0..ROUNDS {
                two.push(bench.broadcast(Load { messages: load.messages * 2, ..load }, 2).await);
            }
            println!(
                "{name:8} sends/s, {what}, two daemons: {:.0}; {:.2} of one",
                median(two.clone()),
                median(two) / ours
            );
        }
    }
    bench.start_latency(name).await;
    bench.stop_latency(name).await;
    println!("{name:8} resident at most: {} MB", stub::peak_resident("self"));
    bench.it.ctx.db.close().await;
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, reason = "a place in a short list")]
    let at = ((values.len() as f64 * share).ceil() as usize).saturating_sub(1);
    values.get(at).copied().unwrap_or_default()
}

fn rate(figures: &Figures) -> f64 {
    figures.requests as f64 / ((figures.last - figures.first) as f64 / 1e6)
}

struct Bench<'a> {
    stub: &'a Stub,
    it: Business,
    url: String,
    /// People and broadcasts are new ones each time: nobody gets two offers in a week.
    next: Cell<usize>,
}

impl Bench<'_> {
    /// What the disk allows: one durable commit after the other.
    async fn floor(&self) -> f64 {
        let (begun, mut commits) = (Instant::now(), 0_u32);
        while begun.elapsed() < Duration::from_secs(2) {
            self.it.sql(format!("update tenant set created_at = {commits}")).await;
            commits += 1;
        }
        f64::from(commits) / begun.elapsed().as_secs_f64()
    }

    /// The same client in a loop, with nothing written down.
    async fn bare(&self, load: Load) -> f64 {
        self.stub.reset(load.delay, None).await;
        let graph = Graph::new(&Settings { graph_url: self.stub.url().to_owned(), ..Settings::default() }).unwrap();
        let credentials = Credentials { token: Secret::new(SECRET), app_secret: None };
        let slots = Arc::new(Semaphore::new(load.in_flight));
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..load.messages {
            let slot = Arc::clone(&slots).acquire_owned().await.unwrap();
            let (graph, credentials) = (graph.clone(), credentials.clone());
            tasks.spawn(async move {
                let message = TemplateMessage {
                    phone_number_id: NUMBER.into(),
                    to: Recipient::phone(&format!("+8529{:07}", 1_000_000 + n)).unwrap(),
                    identity_key_hash: None,
                    name: "personal".into(),
                    language: "en".into(),
                    header: None,
                    body: Parameters::Positional(vec![format!("Chan Tai Man {n}").into(), "level 1".into()]),
                    buttons: Vec::new(),
                    extension: None,
                    callback: format!("bare.{n}"),
                };
                let outcome = send(&graph, &credentials, &message).await;
                assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
                drop(slot);
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        rate(&self.stub.figures().await)
    }

    /// A broadcast from its signature to its end, by so many daemons.
    async fn broadcast(&self, load: Load, daemons: usize) -> f64 {
        let request = self.signed(load.messages, 1_000).await;
        begin::begin(&self.it.ctx, self.it.tenant.id, request).await.unwrap();
        self.it.sql(format!("update execution set per_second = {UNLIMITED}")).await;
        let execution = self.it.execution().await;
        self.stub.reset(load.delay, None).await;
        let mut runs = Vec::new();
        for _ in 0..daemons {
            let engine = self.engine(load.in_flight).await;
            let mut job = script::job(&engine.ctx, execution.clone()).await.unwrap();
            job.number_per_second = UNLIMITED;
            runs.push(tokio::spawn(engine::carry_out(engine, job)));
        }
        for run in runs {
            run.await.unwrap().unwrap();
        }
        let tally = deliveries::tally(&self.it.ctx.db, self.it.tenant.id, execution.id).await.unwrap();
        let figures = self.stub.figures().await;
        let all = load.messages as u64;
        assert_eq!((figures.requests, figures.people, tally.accepted), (all, all, all), "each once, and written down");
        rate(&figures)
    }

    /// From the last signature to the first request, with nothing else to do.
    async fn start_latency(&self, name: &str) {
        let stop = CancellationToken::new();
        let settings = worker::Settings {
            concurrency: 50,
            rate_per_second: 1_000,
            unknown_after: Duration::from_mins(5),
            lease: Duration::from_secs(30),
            sync_every: Duration::from_hours(24),
            drain_timeout: Duration::from_secs(5),
        };
        let worker = Worker::start(self.it.ctx.clone(), None, settings, None, stop.clone()).await.unwrap();
        let mut times = Vec::new();
        for _ in 0..100 {
            let request = self.filed(1, 1_000).await;
            self.stub.reset(Duration::ZERO, None).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.it.approve(request).await;
            let signed = SystemClock.now().micros();
            self.it.ctx.wake.requests();
            let first = loop {
                let figures = self.stub.figures().await;
                if figures.requests > 0 {
                    break figures.first;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            };
            times.push((first - signed) as f64 / 1e3);
        }
        stop.cancel();
        worker.ended(Duration::from_secs(10)).await;
        let p = |times: &mut Vec<f64>, share| percentile(times, share);
        println!(
            "{name:8} ms from signature to first request: p50 {:.1}, p99 {:.1}",
            p(&mut times, 0.5),
            p(&mut times, 0.99)
        );
    }

    /// From a person's stop to the last request that begins, at a thousand a second.
    async fn stop_latency(&self, name: &str) {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let request = self.signed(6_000, 1_000).await;
            begin::begin(&self.it.ctx, self.it.tenant.id, request).await.unwrap();
            let execution = self.it.execution().await;
            self.stub.reset(SLOW.delay, None).await;
            let engine = self.engine(100).await;
            let job = script::job(&engine.ctx, execution).await.unwrap();
            let run = tokio::spawn(engine::carry_out(engine, job));
            while self.stub.figures().await.requests < 2_000 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let pressed = SystemClock.now().micros();
            let officer = Person { role: Role::Compliance, ..self.it.owner.clone() };
            execute::stop(&self.it.ctx, self.it.tenant.id, request, &officer).await.unwrap();
            run.await.unwrap().unwrap();
            let figures = self.stub.figures().await;
            assert!(figures.requests < 6_000, "it was stopped in the middle");
            times.push((figures.last - pressed) as f64 / 1e3);
        }
        println!("{name:8} ms from stop to the last request that began: {times:?}");
    }

    async fn engine(&self, slots: usize) -> Arc<Engine> {
        // A daemon has connections of its own; on SQLite there is one daemon.
        let db = if self.it.ctx.db.is_postgres() {
            store::connect(&self.url).await.unwrap()
        } else {
            self.it.ctx.db.clone()
        };
        let ctx = Ctx { db, wake: Wake::default(), ..self.it.ctx.clone() };
        Arc::new(Engine {
            instance: instance::enter(&ctx.db, "bench", 0, &Identity::of(&ctx.db).await.unwrap(), ctx.clock.now())
                .await
                .unwrap()
                .0,
            ledger: Arc::new(ctx.clone()),
            remembered: Remembered::default(),
            ctx,
            slots: Arc::new(Semaphore::new(slots)),
            rate_per_second: UNLIMITED,
            unknown_after: Duration::from_mins(5),
            lease: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
            stop: CancellationToken::new(),
        })
    }

    async fn signed(&self, people: usize, per_second: u32) -> RequestId {
        let request = self.filed(people, per_second).await;
        self.it.approve(request).await;
        request
    }

    async fn filed(&self, people: usize, per_second: u32) -> RequestId {
        let from = self.next.get();
        self.next.set(from + people);
        self.it.filed(from..from + people, per_second).await
    }
}
