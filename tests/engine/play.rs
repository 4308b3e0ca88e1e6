//! The sender's surroundings in a test: a Graph API that does what the test says, and daemons that send to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use countersign::approvals::engine::{self, Engine, Job, Script};
use countersign::approvals::resume::{self, Resumed};
use countersign::domain::audience::{Exclusion, NotNow, Withheld};
use countersign::domain::clock::{Clock as _, SystemClock, Timestamp};
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::deliveries::{AttemptToken, Desired, Progress, Tally};
use countersign::domain::ids::{ExecutionId, PersonId};
use countersign::domain::messages::Recipient;
use countersign::domain::people::{Person, Role};
use countersign::domain::policy::Policy;
use countersign::domain::preview::{Finding, Level};
use countersign::domain::requests::Status;
use countersign::error::{Error, Result};
use countersign::graph::GraphError;
use countersign::graph::errors::{Class, explain};
use countersign::graph::messages::{Parameters, SendOutcome, TemplateMessage};
use countersign::store::behind::Remembered;
use countersign::store::deliveries::{self, Reached, StatusUpdate};
use countersign::store::identity::Identity;
use countersign::store::instance::{self, Instance};
use countersign::store::{people, requests};
use countersign::tools::Ctx;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{LEASE, NUMBER, Stage};
use crate::support::db::TestDb;
use crate::support::door;
use crate::support::until;

pub type Answer = Box<dyn Fn(u32, usize) -> SendOutcome + Send + Sync>;

/// Plays Meta, and everything that the engine asks about a broadcast.
pub struct Meta {
    pub answer: Answer,
    pub delay: Duration,
    /// Each request on its arrival: whom, which token, when.
    pub seen: Mutex<Vec<(u32, String, Instant)>>,
    pub withheld: BTreeSet<u32>,
    pub blocked: AtomicBool,
    /// Whether Meta answers nothing when what is sent is read anew.
    pub silent: AtomicBool,
    /// Until when it is quiet where the first so many of a hundred people live, in microseconds.
    pub quiet: (u32, AtomicI64),
}

impl Meta {
    pub fn new(delay: Duration, answer: impl Fn(u32, usize) -> SendOutcome + Send + Sync + 'static) -> Self {
        Self {
            answer: Box::new(answer),
            delay,
            seen: Mutex::default(),
            withheld: BTreeSet::new(),
            blocked: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            quiet: (0, AtomicI64::new(0)),
        }
    }

    pub fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// How often each person was written to.
    pub fn counts(&self) -> BTreeMap<u32, usize> {
        let mut counts = BTreeMap::new();
        self.seen.lock().unwrap().iter().for_each(|(who, ..)| *counts.entry(*who).or_default() += 1);
        counts
    }
}

#[async_trait]
impl Script for Meta {
    async fn refresh(&self) -> Result<()> {
        if self.silent.load(Ordering::SeqCst) {
            return Err(Error::Unavailable("Meta refuses the token".into()));
        }
        Ok(())
    }

    async fn recheck(&self) -> Result<Vec<Finding>> {
        let finding = Finding::new(Level::Block, "TEMPLATE-02", "The template is paused.".into(), &[]);
        Ok(if self.blocked.load(Ordering::SeqCst) { vec![finding] } else { Vec::new() })
    }

    fn quiet_until(&self) -> Option<Timestamp> {
        let until = Timestamp::from_micros(self.quiet.1.load(Ordering::SeqCst));
        (self.quiet.0 == 100 && until > SystemClock.now()).then_some(until)
    }

    async fn messages(&self, rows: &[(u32, ContactNo)]) -> Result<Vec<(u32, Result<TemplateMessage, NotNow>)>> {
        let message = |who: ContactNo| {
            if self.withheld.contains(&who.0) {
                return Err(NotNow::Never(Withheld::Excluded(Exclusion::VariableMissing)));
            }
            let until = Timestamp::from_micros(self.quiet.1.load(Ordering::SeqCst));
            if who.0 % 100 < self.quiet.0 && until > SystemClock.now() {
                return Err(NotNow::Until(until));
            }
            Ok(TemplateMessage {
                phone_number_id: NUMBER.into(),
                to: Recipient::phone(&format!("+8529{:07}", who.0)).unwrap(),
                identity_key_hash: None,
                name: "winter".into(),
                language: "en".into(),
                header: None,
                body: Parameters::None,
                buttons: Vec::new(),
                extension: None,
                callback: String::new(),
            })
        };
        Ok(rows.iter().map(|(seq, who)| (*seq, message(*who))).collect())
    }

    async fn send(&self, message: &TemplateMessage) -> SendOutcome {
        let who: u32 = message.to.as_str().trim_start_matches("+8529").parse().unwrap();
        let before = {
            let mut seen = self.seen.lock().unwrap();
            let before = seen.iter().filter(|(to, ..)| *to == who).count();
            seen.push((who, message.callback.clone(), Instant::now()));
            before
        };
        tokio::time::sleep(self.delay).await;
        (self.answer)(who, before)
    }
}

pub fn accepted(who: u32, before: usize) -> SendOutcome {
    SendOutcome::Accepted { wamid: format!("wamid.{who}.{before}"), held: false, paused: false }
}

pub fn unknown() -> SendOutcome {
    SendOutcome::Unknown { why: "the connection broke before the answer".into() }
}

pub fn refused(code: i64) -> SendOutcome {
    let Class::Fatal(fatal_for) = explain(code).class else { panic!("{code} refuses nothing") };
    let (subcode, details, trace_id) = (None, None, None);
    let error = GraphError { code, subcode, title: "no".into(), details, is_transient: false, trace_id };
    SendOutcome::Rejected { error, fatal_for }
}

pub struct Play {
    pub stage: Stage,
    pub id: ExecutionId,
    pub meta: Arc<Meta>,
    pub people: u32,
    pub per_second: u32,
    pub drift: u32,
    pub unknown_after: Duration,
    pub lease: Duration,
    pub engines: Vec<Arc<Engine>>,
}

impl Play {
    pub async fn new(test: &TestDb, people: u32, meta: Meta) -> Self {
        Self::at(test, people, 100_000, meta).await
    }

    pub async fn at(test: &TestDb, people: u32, per_second: u32, meta: Meta) -> Self {
        let stage = Stage::new(test).await;
        let id = stage.begun_at(people, per_second).await;
        Self {
            stage,
            id,
            meta: Arc::new(meta),
            people,
            per_second,
            drift: 100,
            unknown_after: Duration::from_mins(5),
            lease: LEASE,
            engines: Vec::new(),
        }
    }

    pub async fn engine(&mut self, slots: usize) -> Arc<Engine> {
        let ctx = Ctx {
            clock: Arc::new(SystemClock),
            policy: Arc::new(Policy::default()),
            secrets: Arc::new(|_| None),
            ..door::ctx(&self.stage.db).0
        };
        let engine = Arc::new(Engine {
            instance: instance::enter(&ctx.db, "test", 0, &Identity::of(&ctx.db).await.unwrap(), ctx.clock.now())
                .await
                .unwrap()
                .0,
            ledger: Arc::new(ctx.clone()),
            remembered: Remembered::default(),
            ctx,
            slots: Arc::new(Semaphore::new(slots)),
            rate_per_second: 100_000,
            unknown_after: self.unknown_after,
            lease: self.lease,
            drain_timeout: Duration::from_secs(5),
            stop: CancellationToken::new(),
        });
        self.engines.push(Arc::clone(&engine));
        engine
    }

    pub async fn job(&self) -> Job {
        let execution = deliveries::find(&self.stage.db, self.stage.tenant, self.id).await.unwrap().unwrap();
        Job {
            execution,
            tenant: self.stage.business.clone(),
            people: (0..self.people).map(|n| n * 2).collect::<People>(),
            script: Arc::clone(&self.meta) as Arc<dyn Script>,
            finish_by: None,
            fallback: Desired::Pause,
            drift_limit_percent: self.drift,
            number_per_second: self.per_second.max(80),
        }
    }

    pub async fn run(&mut self, slots: usize) -> JoinHandle<()> {
        let (engine, job) = (self.engine(slots).await, self.job().await);
        tokio::spawn(async move { engine::carry_out(engine, job).await.expect("it is carried out") })
    }

    pub async fn tally(&self) -> Tally {
        deliveries::tally(&self.stage.db, self.stage.tenant, self.id).await.unwrap()
    }

    pub async fn status(&self) -> Status {
        requests::find(&self.stage.db, self.stage.tenant, self.stage.request).await.unwrap().unwrap().status
    }

    pub async fn reaches(&self, what: &str, status: Status) {
        until(what, Duration::from_secs(30), async || (self.status().await == status).then_some(())).await;
    }

    pub fn instance(&self) -> &Instance {
        &self.engines[0].instance
    }

    /// Somebody else with this role.
    pub async fn somebody(&self, role: Role) -> Person {
        let id = PersonId::random();
        let email = format!("{}@shop.example", id.short().to_lowercase());
        let person = Person { id, role, email, ..self.stage.person.clone() };
        let mut tx = self.stage.db.begin().await.unwrap();
        people::add_person(&mut tx, &person, "no password opens this", SystemClock.now()).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// Whoever has to agree lets it go on.
    pub async fn goes_on(&self) {
        let lau = self.somebody(Role::Compliance).await;
        let ctx = &self.engines[0].ctx;
        let done = resume::resume(ctx, self.stage.tenant, &lau, self.stage.request, "password").await;
        assert_eq!(done.expect("it goes on"), Resumed::Goes);
    }

    /// Meta's webhook for every message that it saw and that it answered with nothing.
    pub async fn webhooks(&self) {
        let seen: Vec<(u32, String)> =
            self.meta.seen.lock().unwrap().iter().map(|(who, token, _)| (*who, token.clone())).collect();
        let updates: Vec<StatusUpdate> = seen
            .iter()
            .map(|(who, token)| StatusUpdate {
                token: AttemptToken::parse(token, &self.instance().secret).expect("our token"),
                wamid: format!("wamid.{who}.0"),
                reached: Reached::Step(Progress::Delivered),
            })
            .collect();
        let mut tx = self.stage.db.begin().await.unwrap();
        let applied =
            deliveries::apply_statuses(&mut tx, self.stage.tenant, &updates, SystemClock.now()).await.unwrap();
        assert!(applied.twice.is_empty() && applied.unknown.is_empty(), "{applied:?}");
        tx.commit().await.unwrap();
        self.engines.iter().for_each(|engine| engine.ctx.wake.requests());
    }

    pub fn officer(&self) -> Person {
        Person { role: Role::Compliance, ..self.stage.person.clone() }
    }
}
