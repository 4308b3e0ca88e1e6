//! Meta, and what a daemon is told about a broadcast: requests that do not arrive, arrive without an answer, or are refused,
//! and statuses that come early, late, twice or never.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign::approvals::engine::Script;
use countersign::domain::audience::{Exclusion, NotNow, Withheld};
use countersign::domain::clock::{Clock as _, Timestamp};
use countersign::domain::contacts::ContactNo;
use countersign::domain::deliveries::{AttemptToken, Progress};
use countersign::domain::messages::Recipient;
use countersign::domain::preview::{Finding, Level};
use countersign::error::Result;
use countersign::graph::errors::FatalFor;
use countersign::graph::messages::{Parameters, SendOutcome, TemplateMessage};
use countersign::graph::{Backoff, GraphError};
use countersign::store::deliveries::{self, Reached, StatusUpdate};
use tokio::time::Instant;

use super::ledger::Life;
use super::plan::PATIENCE;
use super::world::{Event, World, WorldClock};

/// What Meta will tell, and of which attempt.
#[derive(Debug, Clone)]
pub struct Status {
    pub token: AttemptToken,
    pub wamid: String,
    pub reached: Reached,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Taken,
    NeverArrives,
    LostOnArrival,
    AnswerLost,
    TooFast,
    TooOften,
    Rejected,
    Fatal,
    FallsOver,
}

/// What one daemon knows of the broadcast.
pub struct Broadcast {
    pub world: Arc<World>,
    pub daemon: usize,
    pub life: Arc<Life>,
    pub clock: WorldClock,
}

#[async_trait]
impl Script for Broadcast {
    async fn refresh(&self) -> Result<()> {
        self.life.sleeps(self.world.up_to(self.world.plan.store)).await;
        Ok(())
    }

    async fn recheck(&self) -> Result<Vec<Finding>> {
        self.life.sleeps(self.world.up_to(self.world.plan.store)).await;
        let finding = Finding::new(Level::Block, "TEMPLATE-02", "The template is paused.".into(), &[]);
        Ok(Vec::from_iter(self.world.within(self.world.plan.blocked).then_some(finding)))
    }

    fn quiet_until(&self) -> Option<Timestamp> {
        None
    }

    async fn messages(&self, rows: &[(u32, ContactNo)]) -> Result<Vec<(u32, Result<TemplateMessage, NotNow>)>> {
        self.life.sleeps(self.world.up_to(self.world.plan.store)).await;
        Ok(rows.iter().map(|(seq, who)| (*seq, self.message(*who))).collect())
    }

    async fn send(&self, message: &TemplateMessage) -> SendOutcome {
        self.life.goes_on().await;
        let world = &self.world;
        let token = AttemptToken::parse(&message.callback, &world.instance.secret).expect("our own token");
        let AttemptToken { seq, attempt, .. } = token;
        world.tell(Event::Asked { daemon: self.daemon, seq, attempt });
        let fate = self.fate();
        self.life.sleeps(world.up_to(world.plan.meta)).await;
        let arrived = |wamid: Option<&String>, refused| {
            world.tell(Event::Arrived { daemon: self.daemon, seq, attempt, wamid: wamid.cloned(), refused });
        };
        let wamid = matches!(fate, Fate::Taken | Fate::AnswerLost | Fate::FallsOver)
            .then(|| format!("wamid.{}.{}.{}", token.seq, token.attempt, self.daemon));
        match fate {
            Fate::NeverArrives => {
                return SendOutcome::NotSent { why: "refused".into(), retry: Backoff::Reconnect };
            }
            Fate::TooFast | Fate::TooOften | Fate::Rejected | Fate::Fatal => arrived(None, true),
            _ => arrived(wamid.as_ref(), false),
        }
        if let Some(wamid) = &wamid {
            self.will_tell(token, wamid);
        }
        let slow = world.happens(world.plan.slow);
        let answer = world.up_to(if slow { PATIENCE * 2 } else { world.plan.meta });
        self.life.sleeps(answer.min(PATIENCE)).await;
        if answer > PATIENCE {
            return SendOutcome::Unknown { why: "no answer in time".into() };
        }
        match (fate, wamid) {
            (Fate::Taken, Some(wamid)) => SendOutcome::Accepted { wamid, held: false, paused: false },
            (Fate::TooFast, _) => SendOutcome::NotSent { why: "130429".into(), retry: Backoff::Rate },
            (Fate::TooOften, _) => {
                SendOutcome::NotSent { why: "131056".into(), retry: Backoff::Pause(Duration::from_millis(700)) }
            }
            (Fate::Rejected, _) => refused(131_026, FatalFor::Recipient),
            (Fate::Fatal, _) => refused(190, FatalFor::Account),
            (Fate::FallsOver, _) => std::panic::resume_unwind(Box::new("the parser fell over")),
            _ => SendOutcome::Unknown { why: "the connection broke".into() },
        }
    }
}

fn refused(code: i64, fatal_for: FatalFor) -> SendOutcome {
    let (subcode, details, trace_id) = (None, None, None);
    let error = GraphError { code, subcode, title: "no".into(), details, is_transient: false, trace_id };
    SendOutcome::Rejected { error, fatal_for }
}

impl Broadcast {
    fn message(&self, who: ContactNo) -> Result<TemplateMessage, NotNow> {
        let plan = &self.world.plan;
        if self.world.happens(plan.withheld) {
            return Err(NotNow::Never(Withheld::Excluded(Exclusion::VariableMissing)));
        }
        if self.world.happens(plan.asleep) {
            return Err(NotNow::Until(self.clock.now().after(self.world.up_to(Duration::from_secs(5)))));
        }
        Ok(TemplateMessage {
            phone_number_id: self.world.number.clone(),
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
    }

    fn fate(&self) -> Fate {
        let (world, plan) = (&self.world, &self.world.plan);
        let fates = [
            (plan.refused, Fate::NeverArrives),
            (plan.cut_before, Fate::LostOnArrival),
            (plan.cut_after, Fate::AnswerLost),
            (plan.too_fast, Fate::TooFast),
            (plan.too_often, Fate::TooOften),
            (plan.rejected, Fate::Rejected),
            (plan.fatal, Fate::Fatal),
            (plan.panics, Fate::FallsOver),
        ];
        fates.into_iter().find(|(chance, _)| world.happens(*chance)).map_or(Fate::Taken, |(_, fate)| fate)
    }

    /// What Meta will tell of a message that it took.
    fn will_tell(&self, token: AttemptToken, wamid: &str) {
        let world = &self.world;
        let failed = world.happens(world.plan.failed);
        let steps = [Reached::Step(Progress::Sent), Reached::Step(Progress::Delivered), Reached::Step(Progress::Read)];
        let steps = if failed { vec![steps[0], Reached::Failed(Some(131_049))] } else { steps.to_vec() };
        for reached in steps {
            let times = if world.happens(world.plan.lost) { 0 } else { 1 + u8::from(world.happens(world.plan.twice)) };
            for _ in 0..times {
                let status = Status { token, wamid: wamid.to_owned(), reached };
                let mut statuses = world.statuses.lock().unwrap();
                let place = statuses.len() as u64;
                let at = Instant::now() + world.up_to(Duration::from_secs(6));
                statuses.insert((at, place), status);
            }
        }
    }
}

/// Writes down what Meta tells, when it tells it.
pub async fn tells(world: Arc<World>) {
    while !world.is_over() {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let now = Instant::now();
        let due: Vec<Status> = {
            let mut statuses = world.statuses.lock().unwrap();
            let later = statuses.split_off(&(now, u64::MAX));
            std::mem::replace(&mut *statuses, later).into_values().collect()
        };
        if !due.is_empty() {
            write_down(&world, &due);
        }
    }
}

fn write_down(world: &World, due: &[Status]) {
    let updates: Vec<StatusUpdate> =
        due.iter().map(|s| StatusUpdate { token: s.token, wamid: s.wamid.clone(), reached: s.reached }).collect();
    let now = world.clock(0).now();
    let applied = world.wait(async {
        let mut tx = world.ground.db.begin().await.unwrap();
        let tenant = world.ground.business.tenant.id;
        let applied = deliveries::apply_statuses(&mut tx, tenant, &updates, now).await.unwrap();
        tx.commit().await.unwrap();
        applied
    });
    for status in due {
        let step = if let Reached::Step(step) = status.reached { Some(step) } else { None };
        world.tell(Event::Told { seq: status.token.seq, attempt: status.token.attempt, step });
    }
    if !applied.twice.is_empty() {
        world.wrong(format!("somebody got it twice: {:?}", applied.twice));
    }
    if !applied.unknown.is_empty() {
        world.wrong(format!("statuses of no row: {:?}", applied.unknown));
    }
}
