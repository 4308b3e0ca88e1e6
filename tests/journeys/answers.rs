//! Every way in which Meta's answers can fail, within one broadcast: nobody gets it twice, what Meta has is known, and what
//! nobody can tell is left to people.

use serde_json::json;

use super::stage::Stage;
use super::trial::{Act, RATE, Trial};
use crate::support::db::{TestDb, on_both};

on_both!(whatever_becomes_of_an_answer);

/// Meta has done nothing and says nothing of use: nobody will ever know.
const LOST: [&str; 6] =
    ["reset_before_read", "status_500_unprocessed", "html_502_unprocessed", "redirect", "error", "refuse"];
/// Meta has done nothing, and that is sure: it goes again.
const NOT_SENT: [&str; 1] = ["rate_limit"];
/// Meta has the message. Its statuses tell where the answer does not.
const TAKEN: [&str; 13] = [
    "delay",
    "reset_after_process",
    "drop_answer",
    "hang",
    "delay_answer",
    "drip",
    "status_500_processed",
    "html_502_processed",
    "foreign_200",
    "empty_200",
    "no_id_200",
    "truncated_200",
    "cut_200",
];

async fn whatever_becomes_of_an_answer(db: TestDb) {
    let stage = Stage::empty(db, RATE).await;
    for (place, kind) in LOST.iter().chain(&NOT_SENT).chain(&TAKEN).enumerate() {
        // Never so many in a row that sending stands still because of them.
        stage.meta_fails(&json!({"kind": kind, "skip": 2 * place, "count": 1, "ms": 300})).await;
    }
    let done = Trial::new(&stage, &[]).named("Answers that fail").run(Act::Decide).await;
    let progress = &done["execution"]["progress"];
    // A request on a connection that Meta has just closed is lost as well, and no fault was asked for: so Meta is asked what it
    // has.
    let sends = stage.sends().await;
    let taken = sends.iter().filter(|send| send["wamid"].is_string()).count();
    let lost = progress["total"].as_u64().expect("a number") - taken as u64;
    assert!(lost >= LOST.len() as u64, "{lost} were lost: {done:#}");
    assert_eq!(
        (&done["status"], &progress["abandoned"], &progress["accepted"]),
        (&json!("partially_succeeded"), &json!(lost), &json!(taken)),
        "{done:#}"
    );
    assert_eq!((&progress["failed"], &progress["unknown"]), (&json!(0), &json!(0)), "{done:#}");
}
