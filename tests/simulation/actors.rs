//! Those who act in a world: daemons, whatever strikes them, and people.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::approvals::doubts::{Ruled, Wish, rule};
use countersign::approvals::engine::{self, Engine, Job};
use countersign::approvals::{execute, resume, stops};
use countersign::domain::clock::Clock as _;
use countersign::domain::consent::Suppression;
use countersign::domain::contacts::People;
use countersign::domain::deliveries::{Desired, ExecutionState, Ruling};
use countersign::domain::ids::DaemonId;
use countersign::store;
use countersign::store::behind::Remembered;
use countersign::store::deliveries::{self, Execution};
use countersign::store::instance::Instance;
use countersign::tools::Ctx;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::LONGEST;
use super::ledger::{Distant, Life};
use super::meta::{self, Broadcast};
use super::plan::{Blow, Deed, LEASE, UNKNOWN_AFTER};
use super::world::{Event, World, WorldClock};
use crate::engine::sql;

/// A daemon, from one start to its end.
struct Daemon {
    life: Arc<Life>,
    stop: CancellationToken,
    clock: WorldClock,
}

type Daemons = Arc<Vec<Mutex<Option<Daemon>>>>;

/// Lets a world run until its execution has ended and nobody has anything more to say.
pub async fn live(world: &Arc<World>) {
    let daemons: Daemons = Arc::new(world.plan.daemons.iter().map(|_| Mutex::default()).collect());
    (0..daemons.len()).for_each(|daemon| begin(world, &daemons, daemon));
    tokio::spawn(meta::tells(Arc::clone(world)));
    tokio::spawn(strikes(Arc::clone(world), Arc::clone(&daemons)));
    tokio::spawn(acts(Arc::clone(world)));
    let mut rounds = 0;
    while standing(world).is_none_or(|execution| execution.finished_at.is_none()) || world.has_more_to_tell() {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        rounds += 1;
        if world.passed() > LONGEST {
            let standing = standing(world);
            world.wrong(format!("after {rounds} rounds it has not come to its end: {standing:?}"));
            break;
        }
        revive(world, &daemons);
        cares(world);
    }
    world.over.store(true, Ordering::SeqCst);
}

impl World {
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn has_more_to_tell(&self) -> bool {
        !self.statuses.lock().unwrap().is_empty()
    }

    /// What people do their deeds with.
    fn desk(&self) -> Ctx {
        self.ground.ctx(self.clock(0))
    }
}

fn standing(world: &World) -> Option<Execution> {
    let tenant = world.ground.business.tenant.id;
    world.wait(deliveries::find(&world.ground.db, tenant, world.execution)).unwrap()
}

/// Starts a daemon.
fn begin(world: &Arc<World>, daemons: &Daemons, daemon: usize) {
    world.tell(Event::Begins { daemon });
    let life = Arc::new(Life::default());
    let clock = world.clock(world.plan.daemons[daemon]);
    let stop = CancellationToken::new();
    let ledger = Distant {
        world: Arc::clone(world),
        daemon,
        life: Arc::clone(&life),
        ctx: world.ground.ctx(world.clock(0)),
        mine_too: false.into(),
    };
    let script = Broadcast { world: Arc::clone(world), daemon, life: Arc::clone(&life), clock: clock.clone() };
    let engine = Engine {
        ctx: world.ground.ctx(clock.clone()),
        ledger: Arc::new(ledger),
        remembered: Remembered::default(),
        instance: Instance { daemon: DaemonId::random(), ..world.instance.clone() },
        slots: Arc::new(Semaphore::new(world.plan.slots)),
        rate_per_second: 1_000,
        unknown_after: UNKNOWN_AFTER,
        lease: LEASE,
        drain_timeout: Duration::from_secs(2),
        stop: stop.clone(),
    };
    tokio::spawn(works(Arc::clone(world), Arc::new(engine), Arc::new(script), Arc::clone(&life)));
    *daemons[daemon].lock().unwrap() = Some(Daemon { life, stop, clock });
}

/// What the worker does with an execution, until it has ended or the daemon is to end.
async fn works(world: Arc<World>, engine: Arc<Engine>, script: Arc<Broadcast>, life: Arc<Life>) {
    let tenant = world.ground.business.tenant.clone();
    while !engine.stop.is_cancelled() {
        if let Ok(Some(execution)) = engine.ledger.find(tenant.id, world.execution).await {
            if execution.finished_at.is_some() {
                break;
            }
            let job = Job {
                execution,
                tenant: tenant.clone(),
                people: (0..world.plan.people).map(|n| world.first + n).collect::<People>(),
                script: Arc::clone(&script) as Arc<dyn engine::Script>,
                finish_by: None,
                fallback: Desired::Pause,
                drift_limit_percent: world.plan.drift,
                number_per_second: world.plan.per_second,
            };
            if engine::carry_out(Arc::clone(&engine), job).await.is_ok() {
                continue;
            }
        }
        life.sleeps(Duration::from_secs(2)).await;
    }
    // A process that ends takes with it whatever it still had on its way.
    life.end();
}

/// What happens to daemons.
async fn strikes(world: Arc<World>, daemons: Daemons) {
    let mut blows = world.plan.blows.clone();
    blows.sort_by_key(|(at, ..)| *at);
    for (at, daemon, blow) in blows {
        tokio::time::sleep(at.saturating_sub(world.passed())).await;
        world.tell(Event::Struck { daemon, by: format!("{blow:?}") });
        let struck = daemons[daemon].lock().unwrap();
        let Some(Daemon { life, stop, clock }) = &*struck else { continue };
        match blow {
            Blow::Kill => life.end(),
            Blow::Terminate => stop.cancel(),
            Blow::Jump(seconds) => {
                clock.off.fetch_add(seconds, Ordering::SeqCst);
            }
            Blow::Freeze(length) => {
                life.freeze();
                let life = Arc::clone(life);
                tokio::spawn(async move {
                    tokio::time::sleep(length).await;
                    life.thaw();
                });
            }
        }
    }
}

/// Somebody starts what has died, sooner or later.
fn revive(world: &Arc<World>, daemons: &Daemons) {
    for daemon in 0..daemons.len() {
        let over = daemons[daemon].lock().unwrap().as_ref().is_none_or(|d| d.life.is_over());
        if over && (!world.troubled() || world.one_of(3) == 0) {
            begin(world, daemons, daemon);
        }
    }
}

/// What people do at their own times.
async fn acts(world: Arc<World>) {
    let mut deeds = world.plan.deeds.clone();
    deeds.sort_by_key(|(at, _)| *at);
    for (at, deed) in deeds {
        tokio::time::sleep(at.saturating_sub(world.passed())).await;
        let (desk, tenant, officer) = (world.desk(), world.ground.business.tenant.id, &world.ground.officer);
        let done = match deed {
            Deed::Pause => world.wait(execute::pause(&desk, tenant, world.request, officer)).is_ok(),
            Deed::Storm => {
                for _ in 0..4 {
                    world.wait(execute::pause(&desk, tenant, world.request, officer)).ok();
                    tokio::time::sleep(world.up_to(Duration::from_millis(40))).await;
                    world.wait(resume::resume(&desk, tenant, officer, world.request, "password")).ok();
                    tokio::time::sleep(world.up_to(Duration::from_millis(40))).await;
                }
                true
            }
            Deed::Stop => world.wait(execute::stop(&desk, tenant, world.request, officer)).is_ok(),
            Deed::OptOut(place) => {
                world.wait(opts_out(&world, world.first + place));
                true
            }
        };
        world.tell(Event::Done { what: format!("{deed:?}: {done}") });
    }
}

async fn opts_out(world: &World, person: u32) {
    sql!(
        &world.ground.db,
        "insert into suppression (tenant_id, contact_no, kind, at, source) values ($1, $2, $3, $4, 'simulation')
         on conflict do nothing",
        world.ground.business.tenant.id.uuid(),
        i64::from(person),
        Suppression::OptedOutOfEverything.as_str(),
        world.clock(0).now().micros()
    );
}

/// Somebody looks after what waits for people: now and then while there is trouble, always afterwards.
fn cares(world: &World) {
    if world.troubled() && world.one_of(2) > 0 {
        return;
    }
    let Some(execution) = standing(world) else { return };
    let (desk, tenant, officer) = (world.desk(), world.ground.business.tenant.id, &world.ground.officer);
    if execution.state == ExecutionState::Attention {
        let rulings = [Ruling::CountAsSent, Ruling::Leave, Ruling::SendAgain];
        let ruling = rulings[world.one_of(3) as usize];
        let wish = Wish { ruling, attempt: i16::MAX, reason: "The customers were asked." };
        if let Ok(Ruled::Done(_)) = world.wait(rule(&desk, tenant, officer, world.request, &wish, "password")) {
            world.tell(Event::Ruled { ruling });
        } else if execution.desired == Desired::Cancel {
            let wish = Wish { ruling: Ruling::Leave, ..wish };
            world.wait(rule(&desk, tenant, officer, world.request, &wish, "password")).ok();
            world.tell(Event::Ruled { ruling: Ruling::Leave });
        }
    } else if execution.desired == Desired::Pause {
        // Whoever looks after it has put the account in order.
        for stop in world.wait(store::stops::all(&world.ground.db, tenant)).unwrap() {
            world.wait(stops::lift(&desk, tenant, &stop.reach, stop.told_at, officer, "password")).ok();
        }
        let resumed = world.wait(resume::resume(&desk, tenant, officer, world.request, "password")).is_ok();
        world.tell(Event::Done { what: format!("resume: {resumed}") });
    }
}
