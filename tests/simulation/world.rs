//! One world: its dice, its rows, and the history of what happened in it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::domain::clock::{Clock, Timestamp};
use countersign::domain::consent::MessageCategory;
use countersign::domain::deliveries::{Progress, Ruling};
use countersign::domain::ids::{ExecutionId, PersonId, RequestId};
use countersign::domain::people::{Agent, Person, Role};
use countersign::domain::policy::Policy;
use countersign::graph::{Graph, Settings};
use countersign::store::deliveries::{self, NewExecution};
use countersign::store::identity::Identity;
use countersign::store::instance::{self, Instance};
use countersign::store::{self, Db, people, requests};
use countersign::tools::Ctx;
use countersign::tools::wake::Wake;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use super::plan::{Chance, Plan, TROUBLED};
use crate::engine::sql;
use crate::support::world::{NOW, World as Business};
use crate::support::{samples, start};

/// What worlds stand on, one after the other: a database in memory and the people of a business.
pub struct Ground {
    /// Does what the store asks of a runtime, on threads of its own.
    runtime: Runtime,
    _folder: TempDir,
    pub db: Db,
    pub business: Business,
    pub agent: Agent,
    pub officer: Person,
    instance: Instance,
    graph: Graph,
    contacts: AtomicU32,
}

impl Ground {
    pub fn new() -> Arc<Self> {
        start();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // Where there is one, a folder in memory: what becomes durable is not what is looked at here.
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let url = format!("sqlite://{}", folder.path().join("world.sqlite").display());
        let (db, business, agent, officer, instance) = runtime.block_on(async {
            let db = store::connect(&url).await.unwrap();
            store::migrate(&db).await.unwrap();
            let business = Business::new(&db, "Harbour Tea").await;
            let (agent, _) = business.agent("promo-agent", "read,propose").await;
            let id = PersonId::random();
            let officer =
                Person { id, role: Role::Compliance, email: "lau@shop.example".into(), ..business.owner.clone() };
            let mut tx = db.begin().await.unwrap();
            people::add_person(&mut tx, &officer, "no password opens this", NOW).await.unwrap();
            tx.commit().await.unwrap();
            let instance =
                instance::enter(&db, "simulation", 0, &Identity::of(&db).await.unwrap(), NOW).await.unwrap().0;
            (db, business, agent, officer, instance)
        });
        let graph = Graph::new(&Settings { graph_url: "http://127.0.0.1:9".into(), ..Settings::default() }).unwrap();
        let contacts = AtomicU32::new(0);
        Arc::new(Self { runtime, _folder: folder, db, business, agent, officer, instance, graph, contacts })
    }

    /// Waits here until the store has answered.
    fn wait<T>(&self, asked: impl Future<Output = T>) -> T {
        let _inside = self.runtime.enter();
        futures::executor::block_on(tokio::task::unconstrained(asked))
    }

    pub fn ctx(&self, clock: impl Clock) -> Ctx {
        Ctx {
            db: self.db.clone(),
            graph: self.graph.clone(),
            clock: Arc::new(clock),
            policy: Arc::new(Policy::default()),
            public_url: "http://localhost".into(),
            secrets: Arc::new(|_| None),
            wake: Wake::default(),
            media: countersign::tools::media::Media::default(),
            orders: countersign::tools::orders::Orders::default(),
            calls_per_minute: std::num::NonZeroU32::MIN,
            turns: countersign::tools::turns::Turns::default(),
        }
    }
}

/// The time of the world. While the store is waited for, the time of another runtime would be asked; then it is the time at
/// which the waiting began.
#[derive(Clone)]
struct Time {
    began: Instant,
    held: Arc<Mutex<Option<Duration>>>,
}

impl Time {
    fn passed(&self) -> Duration {
        self.held.lock().unwrap().unwrap_or_else(|| self.began.elapsed())
    }
}

/// A clock of the world, a little off.
#[derive(Clone)]
pub struct WorldClock {
    time: Time,
    /// By so many seconds.
    pub off: Arc<AtomicI64>,
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.time.passed().as_micros()).unwrap();
        Timestamp::from_micros(NOW.micros() + 1_000_000 + passed + self.off.load(Ordering::SeqCst) * 1_000_000)
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A daemon begins, or begins again.
    Begins { daemon: usize },
    /// A blow to a daemon.
    Struck { daemon: usize, by: String },
    /// A call to the store came to nothing, or to something that nobody was told.
    Troubled { daemon: usize, call: &'static str, happened: bool },
    /// A request may go out: that is durable.
    Intended { daemon: usize, seq: u32, attempt: i16 },
    /// A request begins.
    Asked { daemon: usize, seq: u32, attempt: i16 },
    /// A request reached Meta.
    Arrived { daemon: usize, seq: u32, attempt: i16, wamid: Option<String>, refused: bool },
    /// Meta's words about a message were written down.
    Told { seq: u32, attempt: i16, step: Option<Progress> },
    /// A person did something.
    Done { what: String },
    /// People decided on what was in doubt.
    Ruled { ruling: Ruling },
}

/// A world.
pub struct World {
    pub ground: Arc<Ground>,
    pub plan: Plan,
    pub instance: Instance,
    pub execution: ExecutionId,
    pub request: RequestId,
    pub number: String,
    /// The first of its people.
    pub first: u32,
    time: Time,
    pub over: AtomicBool,
    dice: Mutex<SmallRng>,
    history: Mutex<Vec<(Duration, Event)>>,
    wrongs: Mutex<Vec<String>>,
    pub statuses: Mutex<BTreeMap<(Instant, u64), super::meta::Status>>,
}

impl World {
    pub fn new(ground: Arc<Ground>, seed: u64) -> Arc<Self> {
        let mut dice = SmallRng::seed_from_u64(seed);
        let plan = Plan::of(&mut dice);
        let first = ground.contacts.fetch_add(100, Ordering::SeqCst);
        let number = format!("number of {first}");
        let request = samples::request(&ground.agent, NOW);
        let execution = ExecutionId::random();
        let new = NewExecution {
            id: execution,
            request: request.id,
            phone_number_id: &number,
            category: MessageCategory::Marketing,
            total: plan.people,
            batch_size: plan.batch,
            per_second: plan.per_second,
        };
        ground.wait(async {
            let mut tx = ground.db.begin().await.unwrap();
            assert!(requests::insert(&mut tx, &request, "Broadcast").await.unwrap());
            deliveries::add(&mut tx, request.tenant, &new, NOW).await.unwrap();
            tx.commit().await.unwrap();
            sql!(
                &ground.db,
                "update action_request set status = 'executing', approved_at = 0, not_before = 0, start_by = 0 where id = $1",
                request.id.uuid()
            );
        });
        let time = Time { began: Instant::now(), held: Arc::default() };
        Arc::new(Self {
            instance: ground.instance.clone(),
            ground,
            plan,
            execution,
            request: request.id,
            number,
            first,
            time,
            over: AtomicBool::new(false),
            dice: Mutex::new(dice),
            history: Mutex::default(),
            wrongs: Mutex::default(),
            statuses: Mutex::default(),
        })
    }

    pub fn passed(&self) -> Duration {
        self.time.passed()
    }

    /// Waits for the store after the world has come to rest.
    pub fn wait_at_rest<T>(&self, asked: impl Future<Output = T>) -> T {
        self.ground.wait(asked)
    }

    /// A clock that is so many seconds off.
    pub fn clock(&self, off: i64) -> WorldClock {
        WorldClock { time: self.time.clone(), off: Arc::new(AtomicI64::new(off)) }
    }

    /// Waits for the store while the world stands still: nothing else happens in between, and no time passes.
    pub fn wait<T>(&self, asked: impl Future<Output = T>) -> T {
        *self.time.held.lock().unwrap() = Some(self.time.began.elapsed());
        let answer = self.ground.wait(asked);
        *self.time.held.lock().unwrap() = None;
        answer
    }

    /// Whether there may still be trouble.
    pub fn troubled(&self) -> bool {
        self.passed() < TROUBLED
    }

    /// Whether something that has this chance happens now.
    pub fn happens(&self, chance: Chance) -> bool {
        let hit = self.dice.lock().unwrap().random_bool(chance);
        hit && self.troubled()
    }

    pub fn up_to(&self, most: Duration) -> Duration {
        self.dice.lock().unwrap().random_range(Duration::ZERO..=most)
    }

    pub fn one_of(&self, many: u32) -> u32 {
        self.dice.lock().unwrap().random_range(0..many)
    }

    pub fn within(&self, window: Option<(Duration, Duration)>) -> bool {
        window.is_some_and(|(from, to)| (from..to).contains(&self.passed()))
    }

    pub fn tell(&self, event: Event) {
        self.history.lock().unwrap().push((self.passed(), event));
    }

    pub fn events(&self) -> Vec<(Duration, Event)> {
        self.history.lock().unwrap().clone()
    }

    /// The history in lines.
    pub fn told(&self) -> Vec<String> {
        let events = self.history.lock().unwrap();
        let lines = events.iter().map(|(at, event)| format!("{:>10.6} {event:?}", at.as_secs_f64()));
        std::iter::once(format!("{:?}", self.plan)).chain(lines).collect()
    }

    pub fn wrong(&self, what: String) {
        self.wrongs.lock().unwrap().push(what);
    }

    pub fn wrongs(&self) -> Vec<String> {
        self.wrongs.lock().unwrap().clone()
    }
}
