//! Several people at the same moment: however they sign, pause, resume and stop, what comes of it is one thing, and nothing
//! begins after the stop.

use std::time::Duration;

use countersign::domain::clock::{Clock, SystemClock};
use countersign::domain::requests::Decision;
use countersign::store::{people, requests};
use serde_json::json;

use super::signer::{sign_in, to_the_signature};
use super::stage::{PASSWORD, Stage, assert_once, by_recipient};
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::visitor::Visitor;

on_both!(who_signs_in_two_browsers_at_once_signs_once, a_storm_of_people_ends_with_the_stop);

const SOON: Duration = Duration::from_mins(1);

async fn who_signs_in_two_browsers_at_once_signs_once(db: TestDb) {
    const PEOPLE: usize = 60;
    let stage = Stage::set(db, PEOPLE, 60).await;
    let daemon = stage.daemon().await;
    let id = stage.filed_offer(stage.segment, 60).await;
    let path = format!("/requests/{id}/sign");
    let (mut one, mut two) = (stage.visitor(), stage.visitor());
    let (page, other_page) =
        (to_the_signature(&mut one, &id).await.unwrap(), to_the_signature(&mut two, &id).await.unwrap());
    let fields = [("password", PASSWORD)];
    let (a, b) = tokio::join!(one.submit(&page, &path, &fields), two.submit(&other_page, &path, &fields));
    let answers = [a.status, b.status];
    assert!(answers.contains(&303) && answers.iter().all(|status| [303, 409].contains(status)), "{answers:?}");
    stage.comes_to(&id, "succeeded", SOON).await;
    let db = stage.db.open().await;
    let tenant = people::tenants(&db).await.unwrap().remove(0).id;
    let signatures = requests::signatures(&db, tenant, id.parse().unwrap()).await.unwrap();
    assert_eq!(signatures.iter().map(|s| s.decision).collect::<Vec<_>>(), [Decision::Approved]);
    let sends = stage.sends().await;
    assert_once(&sends);
    assert_eq!(by_recipient(&sends).len(), PEOPLE);
    assert!(daemon.stop().await.success());
}

async fn a_storm_of_people_ends_with_the_stop(db: TestDb) {
    const PEOPLE: usize = 1_500;
    let stage = Stage::set(db, PEOPLE, 60).await;
    let daemon = stage.daemon().await;
    let id = stage.signed_offer(60).await;
    let (mut lau, mut ho) = (stage.visitor(), stage.visitor());
    sign_in(&mut lau).await.unwrap();
    ho.sign_in("ho@harbour.example", PASSWORD).await;
    for round in 0..6 {
        until("some are out", SOON, async || (stage.sends().await.len() > 10 * round).then_some(())).await;
        tokio::join!(press(&mut lau, &id, "pause"), press(&mut ho, &id, "pause"));
        tokio::join!(press(&mut lau, &id, "resume"), press(&mut ho, &id, ["pause", "resume"][round % 2]));
        press(&mut lau, &id, "resume").await;
    }
    let goes_on = async || {
        let status = stage.try_call("whatsapp.action_request.status", json!({"action_request_id": id})).await.ok()?;
        (status["status"] == "executing").then_some(())
    };
    until("it goes on after the storm", SOON, goes_on).await;
    let before = stage.sends().await.len();
    until("more are out", SOON, async || (stage.sends().await.len() > before).then_some(())).await;

    let (mut done, _) = tokio::join!(press(&mut lau, &id, "stop"), press(&mut ho, &id, "resume"));
    while done != 303 {
        // The other one was faster with something.
        done = press(&mut lau, &id, "stop").await;
    }
    let stopped = SystemClock.now();
    press(&mut ho, &id, "stop").await;
    press(&mut ho, &id, "resume").await;
    // Longer than a sender rests between two looks.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let sends = stage.sends().await;
    assert_once(&sends);
    let last = sends.iter().filter_map(|send| send["at_us"].as_i64()).max().expect("some are out");
    assert!(last <= stopped.micros() + 250_000, "one began {} µs after the stop", last - stopped.micros());
    assert!(sends.len() < PEOPLE, "it was stopped in the middle");
    until("it has ended", SOON, async || {
        let status = stage.try_call("whatsapp.action_request.status", json!({"action_request_id": id})).await.ok()?;
        ["cancelled", "partially_succeeded"].iter().any(|word| status["status"] == *word).then_some(())
    })
    .await;
    assert!(daemon.stop().await.success());
}

/// What a person does who finds a button and presses it, wherever others have brought the broadcast meanwhile. The status of the
/// answer.
async fn press(person: &mut Visitor, id: &str, act: &str) -> u16 {
    let path = format!("/broadcasts/{id}/{act}");
    let page = person.get(&path).await;
    if page.count(&format!("form[action='{path}']")) == 1 {
        let done = person.submit(&page, &path, &[("password", PASSWORD)]).await;
        assert!([303, 409].contains(&done.status), "{act}: {} {}", done.status, done.text());
        return done.status;
    }
    assert!([303, 409].contains(&page.status), "{act}: {} {}", page.status, page.text());
    page.status
}
