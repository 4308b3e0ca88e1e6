//! The program dies at each of the steps that become durable, and just before and after each: whatever was signed happens
//! once, nothing is lost, and the log still adds up. The steps are listed in `src/faults.rs`.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::domain::audit::{leaf_hash, root_of};
use countersign::faults::{ANSWERED, MAILED, REQUESTING, Step};
use countersign::store;
use serde_json::json;

use super::conversations::REPLIES;
use super::files::FILES;
use super::imports::IMPORTS;
use super::stage::{Stage, assert_once};
use super::stops::STOPS;
use super::submissions::SUBMISSIONS;
use super::trial::{Act, Chance, Death, RATE, Trial};
use crate::support::db::{Kind, TestDb, on_both};
use crate::support::until;

on_both!(
    on_the_way_to_a_signature,
    on_the_way_to_the_first_message,
    while_messages_go_out,
    while_webhooks_arrive,
    when_it_is_taken_over_halted_or_stopped,
    before_it_begins,
    while_people_pause_it_and_go_on,
    while_people_decide_on_doubts,
    while_meta_tells_of_doubts_or_of_what_cannot_be_kept,
    when_the_database_is_put_back,
    asked_to_end_at_each_step,
    at_any_moment,
    a_daemon_that_stood_still_sends_nothing_that_another_took_over,
);

const TO_A_SIGNATURE: [Step; 2] = [Step::Filed, Step::Signed];
const TO_THE_FIRST_MESSAGE: [Step; 3] = [Step::Claimed, Step::Built, Step::Leased];
const MESSAGES: [Step; 3] = [Step::Grouped, Step::Closed, Step::Ended];
const WEBHOOKS: [Step; 2] = [Step::Kept, Step::Applied];
const INTERRUPTIONS: [Step; 3] = [Step::TakenOver, Step::Stopped, Step::Halted];
const NEVER_BEGUN: [(Step, Act); 2] = [(Step::Withdrawn, Act::Withdraw), (Step::Expired, Act::Wait)];
const PAUSES: [Step; 3] = [Step::Paused, Step::Released, Step::Resumed];
const DOUBTS: [Step; 2] = [Step::Asked, Step::Ruled];
const PUT_BACK: [(Step, Act); 2] = [(Step::Doubted, Act::PutBack), (Step::Voided, Act::PutBackEarly)];
const TELLINGS: [(Step, Act); 2] = [(Step::Told, Act::Tell), (Step::Parked, Act::Refuse)];

#[test]
fn every_step_is_tried() {
    let with_acts = [NEVER_BEGUN, PUT_BACK, TELLINGS].concat().into_iter().map(|(step, _)| step);
    let tried: [&[Step]; 12] = [
        &TO_A_SIGNATURE,
        &TO_THE_FIRST_MESSAGE,
        &MESSAGES,
        &WEBHOOKS,
        &INTERRUPTIONS,
        &PAUSES,
        &DOUBTS,
        &REPLIES,
        &FILES,
        &STOPS,
        &SUBMISSIONS,
        &IMPORTS,
    ];
    let tried: Vec<Step> = tried.concat().into_iter().chain(with_acts).collect();
    assert!(Step::ALL.iter().all(|step| tried.contains(step)), "{:?}", Step::ALL);
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
        stage.meta_fails(&json!({"kind": "error", "code": 190, "skip": 10})).await;
        Trial::new(&stage, &[point]).run(Act::None).await;
        stage.lets_all_go_on().await;
        let cleared = reqwest::Client::new().delete(format!("{}/control/faults", stage.meta.url())).send().await;
        assert!(cleared.expect("the simulator answers").status().is_success());
    }
}

async fn before_it_begins(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    for (step, act) in NEVER_BEGUN {
        for point in at(step, 0) {
            let done = Trial::new(&stage, &[point]).run(act).await;
            assert_eq!(done["status"], if act == Act::Wait { "expired" } else { "cancelled" }, "{done:#}");
        }
    }
    adds_up(&stage).await;
}

async fn while_people_pause_it_and_go_on(db: TestDb) {
    // Slowly enough for a person.
    let stage = Stage::empty(db, 20).await;
    for point in PAUSES.iter().flat_map(|step| at(*step, 0)) {
        let done = Trial::new(&stage, &[point]).run(Act::Pause).await;
        assert!(done["status"] == "succeeded" || done["status"] == "partially_succeeded", "{done:#}");
    }
    adds_up(&stage).await;
}

async fn while_people_decide_on_doubts(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    for point in DOUBTS.iter().flat_map(|step| at(*step, 0)) {
        // They never reach Meta, and no status will ever say so.
        stage.meta_fails(&json!({"kind": "reset_before_read", "skip": 10, "count": 2})).await;
        let done = Trial::new(&stage, &[point]).run(Act::Decide).await;
        let progress = &done["execution"]["progress"];
        assert!(progress["abandoned"].as_u64() >= Some(2) && progress["unknown"] == 0, "{done:#}");
    }
    adds_up(&stage).await;
}

async fn while_meta_tells_of_doubts_or_of_what_cannot_be_kept(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    let nobody_opts_out = match stage.db.kind {
        Kind::Sqlite => "create trigger no before insert on suppression begin select raise(abort, 'no'); end",
        Kind::Postgres => "alter table suppression add constraint no check (false) not valid",
    };
    stage.db.execute(nobody_opts_out).await;
    for (step, act) in TELLINGS {
        for point in at(step, 0) {
            if act == Act::Tell {
                stage.meta_fails(&json!({"kind": "reset_before_read", "skip": 10, "count": 2})).await;
            }
            let done = Trial::new(&stage, &[point]).run(act).await;
            if act == Act::Tell {
                let (status, progress) = (&done["status"], &done["execution"]["progress"]);
                assert_eq!(status, "succeeded", "Meta told of all of them: {done:#}");
                assert_eq!((&progress["unknown"], &progress["abandoned"]), (&json!(0), &json!(0)), "{done:#}");
            }
        }
    }
    let db = stage.db.open().await;
    assert_eq!(store::webhooks::backlog(&db).await.expect("the posts").aside, 2, "each once");
    db.close().await;
    adds_up(&stage).await;
}

async fn when_the_database_is_put_back(db: TestDb) {
    let stage = Stage::empty(db, 20).await;
    for (step, act) in PUT_BACK {
        for point in at(step, 0) {
            let done = Trial::new(&stage, &[point]).run(act).await;
            let (status, abandoned) = (&done["status"], done["execution"]["progress"]["abandoned"].as_u64());
            if act == Act::PutBackEarly {
                assert_eq!(status, "stale", "{done:#}");
            } else {
                assert!(status == "partially_succeeded" && abandoned > Some(0), "what waited: {done:#}");
            }
        }
    }
    adds_up(&stage).await;
}

/// SIGTERM instead: what runs comes to its end, and nothing is in doubt.
async fn asked_to_end_at_each_step(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    let steps = [&TO_A_SIGNATURE[..], &TO_THE_FIRST_MESSAGE, &MESSAGES, &WEBHOOKS].concat();
    for point in steps.iter().map(|step| step.points()[1]).chain([MAILED, REQUESTING, ANSWERED]) {
        let done = Trial::new(&stage, &[Death::Point(format!("{point}=1*return(TERM)"))]).run(Act::None).await;
        assert_eq!(done["execution"]["progress"]["unknown"], 0, "{point}: {done:#}");
        assert_eq!(done["status"], "succeeded", "{point}: {done:#}");
    }
}

/// Kills at moments of chance, each broadcast up to three times. `FAULT_ROUNDS` broadcasts; a seed that failed is played
/// again with `FAULT_SEED`.
async fn at_any_moment(db: TestDb) {
    let mut chance = Chance::from_env();
    let stage = Stage::empty(db, RATE).await;
    for _ in 0..chance.rounds {
        let deaths = chance.below(3) + 1;
        let deaths: Vec<Death> = (0..deaths).map(|_| Death::Kill(Duration::from_millis(chance.below(1_500)))).collect();
        Trial::new(&stage, &deaths).run(Act::None).await;
    }
    adds_up(&stage).await;
}

/// SIGSTOP for longer than the lease, then SIGCONT. On PostgreSQL another daemon goes on meanwhile.
async fn a_daemon_that_stood_still_sends_nothing_that_another_took_over(db: TestDb) {
    const PEOPLE: usize = 150;
    let stage = Stage::set(db, PEOPLE, RATE).await;
    let sleeper = stage.daemon().await;
    let id = stage.signed_offer(30).await;
    until("some are out", Duration::from_secs(20), async || (stage.sends().await.len() >= 20).then_some(())).await;
    sleeper.signal("STOP").await;
    let before = stage.sends().await.len();
    let second = if stage.db.kind == Kind::Postgres {
        let daemon = stage.another_daemon(&[]).await;
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
    let done = stage.comes_to(&id, "succeeded", Duration::from_mins(1)).await;
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
