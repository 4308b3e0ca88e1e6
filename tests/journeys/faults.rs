//! The program dies at each of the steps that become durable, and just before and after each: whatever was signed happens
//! once, nothing is lost, and the log still adds up. The steps are listed in `src/faults.rs`.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use countersign::domain::audit::{leaf_hash, root_of};
use countersign::domain::ids::{SegmentId, random_bytes};
use countersign::faults::{ANSWERED, MAILED, REQUESTING, Step};
use countersign::store;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::stage::{Stage, assert_once, offer, sign};
use crate::support::daemon::Daemon;
use crate::support::db::{Kind, TestDb, on_both};
use crate::support::until;
use crate::support::visitor::Visitor;

on_both!(
    on_the_way_to_a_signature,
    on_the_way_to_the_first_message,
    while_messages_go_out,
    while_webhooks_arrive,
    when_it_is_taken_over_halted_or_stopped,
    asked_to_end_at_each_step,
    at_any_moment,
    a_daemon_that_stood_still_sends_nothing_that_another_took_over,
);

const TO_A_SIGNATURE: [Step; 2] = [Step::Filed, Step::Signed];
const TO_THE_FIRST_MESSAGE: [Step; 3] = [Step::Claimed, Step::Built, Step::Leased];
const MESSAGES: [Step; 2] = [Step::Grouped, Step::Ended];
const WEBHOOKS: [Step; 2] = [Step::Kept, Step::Applied];
const INTERRUPTIONS: [Step; 3] = [Step::TakenOver, Step::Stopped, Step::Halted];

#[test]
fn every_step_is_tried() {
    let tried = [&TO_A_SIGNATURE[..], &TO_THE_FIRST_MESSAGE, &MESSAGES, &WEBHOOKS, &INTERRUPTIONS].concat();
    assert!(Step::ALL.iter().all(|step| tried.contains(step)), "{:?}", Step::ALL);
}

const MEMBERS: usize = 40;
const RATE: u32 = 100;

/// How one life of the program ends.
#[derive(Clone, Debug)]
enum Death {
    /// At a point, in the words of the library.
    Point(String),
    /// By SIGKILL, so long after its first answer.
    Kill(Duration),
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point(point) => f.write_str(point),
            Self::Kill(after) => write!(f, "killed after {after:?}"),
        }
    }
}

/// The death at a point, after it was passed so many times.
fn dies(point: &str, passed: u32) -> Death {
    Death::Point(if passed == 0 { format!("{point}=return") } else { format!("{point}={passed}*off->return") })
}

fn at(step: Step, passed: u32) -> [Death; 2] {
    step.points().map(|point| dies(point, passed))
}

async fn on_the_way_to_a_signature(db: TestDb) {
    each(db, TO_A_SIGNATURE.iter().flat_map(|step| at(*step, 0)).chain([dies(MAILED, 0)])).await;
}

async fn on_the_way_to_the_first_message(db: TestDb) {
    each(db, TO_THE_FIRST_MESSAGE.iter().flat_map(|step| at(*step, 0))).await;
}

async fn while_messages_go_out(db: TestDb) {
    let points = MESSAGES.iter().flat_map(|step| at(*step, 0)).chain(at(Step::Grouped, 3));
    each(db, points.chain([dies(REQUESTING, 15), dies(ANSWERED, 15)])).await;
}

async fn while_webhooks_arrive(db: TestDb) {
    each(db, WEBHOOKS.iter().flat_map(|step| at(*step, 2))).await;
}

async fn when_it_is_taken_over_halted_or_stopped(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    let [taken_over, stopped, halted] = INTERRUPTIONS.map(|step| at(step, 0));
    for point in taken_over {
        Trial::new(&stage, &[dies(ANSWERED, 10), point]).run(Act::None).await;
    }
    for point in stopped {
        Trial::new(&stage, &[point]).run(Act::Stop).await;
    }
    for point in halted {
        fault(&stage, &json!({"kind": "error", "code": 190, "skip": 10})).await;
        Trial::new(&stage, &[point]).run(Act::None).await;
        let cleared = reqwest::Client::new().delete(format!("{}/control/faults", stage.meta.url())).send().await;
        assert!(cleared.expect("the simulator answers").status().is_success());
    }
}

/// SIGTERM instead: what runs comes to its end, and nothing is in doubt.
async fn asked_to_end_at_each_step(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    for point in [Step::Signed, Step::Claimed, Step::Leased, Step::Grouped, Step::Ended].map(|step| step.points()[1]) {
        let done = Trial::new(&stage, &[Death::Point(format!("{point}=1*return(TERM)"))]).run(Act::None).await;
        assert_eq!(done["execution"]["progress"]["unknown"], 0, "{point}: {done:#}");
        assert_eq!(done["status"], "succeeded", "{point}: {done:#}");
    }
}

/// Kills at moments of chance, each broadcast up to three times. `FAULT_ROUNDS` broadcasts; a seed that failed is played
/// again with `FAULT_SEED`.
async fn at_any_moment(db: TestDb) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("FAULT_ROUNDS").unwrap_or(4);
    let mut seed = number("FAULT_SEED").unwrap_or_else(|| u64::from_le_bytes(random_bytes::<8>()));
    eprintln!("FAULT_SEED={seed} FAULT_ROUNDS={rounds}");
    // Knuth's generator: chance enough, and the same for the same seed.
    let mut chance = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let stage = Stage::empty(db, RATE).await;
    for _ in 0..rounds {
        let deaths: Vec<Death> = (0..=chance(3)).map(|_| Death::Kill(Duration::from_millis(chance(1_500)))).collect();
        Trial::new(&stage, &deaths).run(Act::None).await;
    }
    adds_up(&stage).await;
}

/// SIGSTOP for longer than the lease, then SIGCONT. On PostgreSQL another daemon goes on meanwhile.
async fn a_daemon_that_stood_still_sends_nothing_that_another_took_over(db: TestDb) {
    const PEOPLE: usize = 150;
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let sleeper = stage.daemon().await;
    let mut lau = stage.visitor();
    let id = until("the templates have come from Meta", Duration::from_secs(20), async || {
        let filed = stage.try_call("whatsapp.broadcast.preview", offer(&json!(stage.segment), 30)).await.ok()?;
        filed["action_request_id"].as_str().map(str::to_owned)
    })
    .await;
    sign(&mut lau, &id).await.expect("it is signed");
    until("some are out", Duration::from_secs(20), async || (stage.sends().await.len() >= 20).then_some(())).await;
    sleeper.signal("STOP").await;
    let before = stage.sends().await.len();
    let second = if stage.db.kind == Kind::Postgres {
        let daemon = stage.second_daemon().await;
        until("the second daemon goes on", Duration::from_secs(30), async || {
            (stage.sends().await.len() > before + 20).then_some(())
        })
        .await;
        Some(daemon)
    } else {
        // Longer than the lease of five seconds: nobody else may have the file, so time alone is what has passed.
        tokio::time::sleep(Duration::from_secs(6)).await;
        None
    };
    sleeper.signal("CONT").await;
    let asked = json!({"action_request_id": id});
    let done = until("it has come to its end", Duration::from_secs(60), async || {
        let status = stage.try_call("whatsapp.action_request.status", asked.clone()).await.ok()?;
        (status["status"] == "succeeded").then_some(status)
    })
    .await;
    let sends = stage.sends().await;
    assert_once(&sends);
    assert_eq!((sends.len(), &done["execution"]["progress"]["accepted"]), (PEOPLE, &json!(PEOPLE)), "{done:#}");
    if let Some(daemon) = second {
        assert!(daemon.stop().await.success());
    }
    assert!(sleeper.stop().await.success());
}

async fn each(db: TestDb, points: impl IntoIterator<Item = Death>) {
    let stage = Stage::empty(db, RATE).await;
    for point in points {
        Trial::new(&stage, &[point]).run(Act::None).await;
    }
    adds_up(&stage).await;
}

/// What a person does while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    None,
    Stop,
}

/// One broadcast, with the deaths that the program dies on its way, one for each start; after them it lives.
struct Trial<'a> {
    stage: &'a Stage,
    deaths: VecDeque<Death>,
    name: String,
    lau: Visitor,
    first: usize,
    segment: SegmentId,
}

impl<'a> Trial<'a> {
    fn new(stage: &'a Stage, deaths: &[Death]) -> Self {
        static PEOPLE: AtomicUsize = AtomicUsize::new(1_000);
        let first = PEOPLE.fetch_add(MEMBERS, Ordering::SeqCst);
        let name = deaths.iter().map(Death::to_string).collect::<Vec<_>>().join(", then ");
        let lau = stage.visitor();
        Self { stage, deaths: deaths.to_vec().into(), name, lau, first, segment: SegmentId::random() }
    }

    async fn start(&self) -> Daemon {
        match self.deaths.front() {
            Some(Death::Point(point)) => self.stage.daemon_with(&[("FAILPOINTS", point)]).await,
            _ => self.stage.daemon().await,
        }
    }

    /// Does whatever is next, for as long as it takes; a person and an agent do no more than try again.
    async fn run(mut self, act: Act) -> Value {
        let before = self.stage.sends().await.len();
        // People of its own, for Meta lets nobody have many marketing messages a day.
        self.stage.enroll(self.first..self.first + MEMBERS, &self.first.to_string(), self.segment).await;
        let mut daemon = self.start().await;
        let mut born = Instant::now();
        let mut request: Option<String> = None;
        let until = Instant::now() + Duration::from_secs(45);
        let mut last = Value::Null;
        let done = loop {
            assert!(Instant::now() < until, "{}: no end; {} deaths are left: {last}", self.name, self.deaths.len());
            if daemon.ended().is_some() {
                self.deaths
                    .pop_front()
                    .unwrap_or_else(|| panic!("{}: it died once too often\n{}", self.name, daemon.log()));
                daemon = self.start().await;
                born = Instant::now();
            }
            if let Some(Death::Kill(after)) = self.deaths.front()
                && born.elapsed() >= *after
            {
                daemon.signal("KILL").await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
            let Some(id) = request.clone() else {
                request = self.file().await;
                continue;
            };
            let asked = json!({"action_request_id": id});
            let Ok(status) = self.stage.try_call("whatsapp.action_request.status", asked).await else { continue };
            last = json!([status["status"], status["execution"], status["error"]]);
            let out = self.stage.sends().await.len() - before;
            match status["status"].as_str().unwrap_or_default() {
                "pending_approval" => drop(sign(&mut self.lau, &id).await),
                "executing" if act == Act::Stop && out >= 10 => drop(self.stop(&id).await),
                "approved" | "executing" => {}
                _ if self.deaths.is_empty() && balances(&status, out) => break status,
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let sends = self.stage.sends().await.split_off(before);
        assert_once(&sends);
        assert!(daemon.stop().await.success());
        assert_eq!(
            self.stage.sends().await.len(),
            before + sends.len(),
            "{}: nothing goes out after the end",
            self.name
        );
        done
    }

    async fn file(&self) -> Option<String> {
        let mut ask = offer(&json!(self.segment), RATE);
        ask["arguments"]["broadcast"]["name"] = json!(self.name.chars().take(60).collect::<String>());
        let filed = self.stage.try_call("whatsapp.broadcast.preview", ask).await.ok()?;
        let id = filed["action_request_id"].as_str().map(str::to_owned);
        if id.is_none() {
            // Until the templates have come from Meta there is nothing to propose.
            assert_eq!(filed["error"]["code"], "not_found", "{}: {filed:#}", self.name);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        id
    }

    async fn stop(&mut self, id: &str) -> reqwest::Result<()> {
        let path = format!("/broadcasts/{id}/stop");
        let page = self.lau.try_get(&path).await?;
        if page.status == 200 {
            self.lau.try_submit(&page, &path, &[]).await?;
        }
        Ok(())
    }
}

/// Whether everybody is accounted for, and what reached Meta is known to have reached it.
fn balances(status: &Value, reached: usize) -> bool {
    let progress = &status["execution"]["progress"];
    let count = |name: &str| progress[name].as_u64().unwrap_or_default();
    let rest: u64 = ["queued", "failed", "suppressed", "unknown", "abandoned", "not_sent"].map(count).iter().sum();
    count("sending") == 0
        && count("accepted") + count("failed") >= reached as u64
        && count("accepted") + rest == MEMBERS as u64
}

async fn fault(stage: &Stage, fault: &Value) {
    let asked = reqwest::Client::new().post(format!("{}/control/faults", stage.meta.url())).json(fault).send().await;
    assert!(asked.expect("the simulator answers").status().is_success());
}

/// The log has every entry once, and its tree is that of its entries; nobody got a mail twice.
async fn adds_up(stage: &Stage) {
    let db = stage.db.open().await;
    let tenant = store::people::tenants(&db).await.expect("tenants").remove(0).id;
    let mut entries =
        store::audit::list(&db, tenant, &store::audit::Filter::default(), 100_000).await.expect("the log");
    entries.reverse();
    let leaves: Vec<_> = entries.iter().map(|e| leaf_hash(e.leaf().expect("a leaf").as_bytes())).collect();
    let head = store::audit::head(&db, tenant).await.expect("its head");
    assert_eq!(head.root(), root_of(leaves));
    assert!(entries.iter().map(|entry| entry.seq).eq(0..entries.len() as u64), "no number is missing");
    db.close().await;
    let ids: Vec<_> = stage.mail.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a mail came twice: {ids:?}");
}
