//! One broadcast whose program dies on the way, and what people do meanwhile.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::ids::{SegmentId, random_bytes};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::signer::{sign, sign_in};
use super::stage::{PASSWORD, Stage, assert_once, offer};
use crate::support::daemon::Daemon;
use crate::support::visitor::Visitor;

const MEMBERS: usize = 40;
/// Messages a second; a stage may let fewer through.
pub const RATE: u32 = 100;

/// What the environment says of tests of chance: `FAULT_ROUNDS`, and the `FAULT_SEED` of one that failed.
pub struct Chance {
    pub rounds: u64,
    seed: u64,
}

impl Chance {
    pub fn from_env() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let rounds = number("FAULT_ROUNDS").unwrap_or(4);
        let seed = number("FAULT_SEED").unwrap_or_else(|| u64::from_le_bytes(random_bytes::<8>()));
        eprintln!("FAULT_SEED={seed} FAULT_ROUNDS={rounds}");
        Self { rounds, seed }
    }

    /// Knuth's generator: chance enough, and the same for the same seed.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % limit
    }
}

/// How one life of the program ends.
#[derive(Clone, Debug)]
pub enum Death {
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

/// What people do, beside signing it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Act {
    None,
    Stop,
    /// Lets it stand still, and go on.
    Pause,
    /// Leaves as it is what is in doubt.
    Decide,
    /// Takes it back instead of signing.
    Withdraw,
    /// Does nothing at all, until it is too late.
    Wait,
    /// Puts the database back to an earlier time, while messages go out
    PutBack,
    /// or before any does.
    PutBackEarly,
    /// Waits until people are asked about what is in doubt, and it stands still for a reason of its own; then Meta tells.
    Tell,
    /// Meta posts what the database does not take.
    Refuse,
}

impl Act {
    const fn begins_nothing(self) -> bool {
        matches!(self, Self::Withdraw | Self::Wait | Self::PutBackEarly)
    }
}

/// What happened since is forgotten, as far as the mark tells.
const EARLIER: &str = "update instance set epoch = -1000000";
/// Hours go by.
const TOO_LATE: &str = "update action_request set decide_by = 1 where status = 'pending_approval'";

/// One broadcast, with the deaths that the program dies on its way, one for each start; after them it lives.
pub struct Trial<'a> {
    stage: &'a Stage,
    deaths: VecDeque<Death>,
    name: String,
    lau: Visitor,
    first: usize,
    segment: SegmentId,
}

impl<'a> Trial<'a> {
    pub fn new(stage: &'a Stage, deaths: &[Death]) -> Self {
        static PEOPLE: AtomicUsize = AtomicUsize::new(1_000);
        let first = PEOPLE.fetch_add(MEMBERS, Ordering::SeqCst);
        let name = deaths.iter().map(Death::to_string).collect::<Vec<_>>().join(", then ");
        let lau = stage.visitor();
        Self { stage, deaths: deaths.to_vec().into(), name, lau, first, segment: SegmentId::random() }
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    async fn start(&self) -> Daemon {
        let mut env = Vec::new();
        if let Some(Death::Point(point)) = self.deaths.front() {
            env.push(("FAILPOINTS", point.as_str()));
        }
        let mark = self.stage.db.folder().join("mark").display().to_string();
        env.push(("COUNTERSIGN__DATABASE__MARK_FILE", &mark));
        self.stage.daemon_with(&env).await
    }

    /// Does whatever is next, for as long as it takes; a person and an agent do no more than try again.
    pub async fn run(mut self, act: Act) -> Value {
        let before = self.stage.sends().await.len();
        // People of its own, for Meta lets nobody have many marketing messages a day.
        self.stage.enroll(self.first..self.first + MEMBERS, &self.first.to_string(), self.segment).await;
        let mut daemon = self.start().await;
        let mut born = Instant::now();
        let mut request: Option<String> = None;
        let until = Instant::now() + Duration::from_secs(45);
        let (mut last, mut stood) = (Value::Null, false);
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
                request = self.file(act).await;
                continue;
            };
            let asked = json!({"action_request_id": id});
            let Ok(status) = self.stage.try_call("whatsapp.action_request.status", asked).await else { continue };
            last = json!([status["status"], status["execution"], status["error"]]);
            let out = self.stage.sends().await.len() - before;
            let in_doubt = status["execution"]["progress"]["unknown"].as_u64().unwrap_or_default();
            match status["status"].as_str().unwrap_or_default() {
                "pending_approval" => match act {
                    Act::Wait => self.stage.db.execute(TOO_LATE).await,
                    Act::Withdraw => drop(self.press(&format!("/requests/{id}/withdraw"), &[]).await),
                    _ => drop(sign(&mut self.lau, &id).await),
                },
                "executing" if act == Act::Stop && out >= 10 => {
                    drop(self.press(&format!("/broadcasts/{id}/stop"), &[]).await);
                }
                "executing" if act == Act::Pause && out >= 10 && !stood => {
                    drop(
                        self.press_on(&format!("/broadcasts/{id}/stop"), &format!("/broadcasts/{id}/pause"), &[]).await,
                    );
                }
                "executing" if act == Act::PutBack && out >= 10 && !stood => {
                    stood = true;
                    self.stage.db.execute(EARLIER).await;
                }
                "approved" if act == Act::PutBackEarly && !stood => {
                    stood = true;
                    self.stage.db.execute(EARLIER).await;
                }
                "executing" if act == Act::Refuse && !stood => {
                    stood = true;
                    self.stage.hears_of_somebody_who_wants_no_more(&self.name).await;
                }
                "approved" | "executing" => {}
                "needs_attention" if act == Act::Tell && !stood => {
                    stood = true;
                    self.stage.hears_that_the_account_is_restricted().await;
                }
                "needs_attention" if act == Act::Tell && !status["execution"]["halted"].is_null() => {
                    self.stage.hears_of_doubts(&id).await;
                }
                "paused" | "needs_attention" if act == Act::PutBack && in_doubt > 0 => self.decide(&id).await,
                "paused" if matches!(act, Act::Pause | Act::PutBack | Act::Tell) => {
                    stood = true;
                    drop(self.press_on("/numbers", "/numbers/resume", &[("password", PASSWORD)]).await);
                    drop(self.press(&format!("/broadcasts/{id}/resume"), &[("password", PASSWORD)]).await);
                }
                "needs_attention" if act == Act::Decide => {
                    self.decide(&id).await;
                }
                // Whether it stands still is not known yet.
                "needs_attention" if act == Act::Tell => {}
                _ if self.deaths.is_empty() && (balances(&status, out) || act.begins_nothing() && out == 0) => {
                    break status;
                }
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

    async fn decide(&mut self, id: &str) {
        let words = [("ruling", "leave"), ("reason", "Nobody got it."), ("password", PASSWORD)];
        drop(self.press(&format!("/broadcasts/{id}/doubts"), &words).await);
    }

    async fn file(&self, act: Act) -> Option<String> {
        let mut ask = offer(&json!(self.segment), RATE);
        if act == Act::PutBackEarly {
            ask["arguments"]["schedule"]["start_at"] = json!(SystemClock.now().after(Duration::from_secs(4)));
        }
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

    /// Fills in the form of a page, and sends it; whoever should answer may be gone.
    async fn press(&mut self, path: &str, filled: &[(&str, &str)]) -> reqwest::Result<()> {
        self.press_on(path, path, filled).await
    }

    async fn press_on(&mut self, path: &str, action: &str, filled: &[(&str, &str)]) -> reqwest::Result<()> {
        sign_in(&mut self.lau).await?;
        let page = self.lau.try_get(path).await?;
        if page.status == 200 && page.count(&format!("form[action='{action}']")) > 0 {
            self.lau.try_submit(&page, action, filled).await?;
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
