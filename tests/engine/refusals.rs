//! A refusal of Meta's that all other messages would meet, too: everything stops, and nobody's message is lost by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign::approvals::resume::{self, Resumed};
use countersign::approvals::stops;
use countersign::domain::business::stop::{StopReach, StoppedBy};
use countersign::domain::deliveries::Tally;
use countersign::domain::people::Role;
use countersign::domain::requests::Status;
use countersign::error::Error;
use countersign::store;

use super::NUMBER;
use super::play::{Meta, Play, accepted, refused};
use crate::support::db::{TestDb, on_both};
use crate::support::until;

on_both!(what_meta_refuses_to_all_waits_for_whoever_puts_it_in_order, what_meta_refuses_to_a_number_stops_that_number,);

async fn what_meta_refuses_to_all_waits_for_whoever_puts_it_in_order(test: TestDb) {
    refused_to_all(test, 190, StopReach::Business).await;
}

async fn what_meta_refuses_to_a_number_stops_that_number(test: TestDb) {
    refused_to_all(test, 131_048, StopReach::Number(NUMBER.to_owned())).await;
}

async fn refused_to_all(test: TestDb, code: i64, reach: StopReach) {
    let invalid = Arc::new(AtomicBool::new(true));
    let token = Arc::clone(&invalid);
    let answer = move |who: u32, before| match who >= 100 && token.load(Ordering::SeqCst) {
        true => refused(code),
        false => accepted(who, before),
    };
    let mut play = Play::new(&test, 100, Meta::new(Duration::from_millis(5), answer)).await;
    let runner = play.run(8).await;
    play.reaches("it stands still", Status::Paused).await;
    let tally = until("what was on its way is in", Duration::from_secs(20), async || {
        let tally = play.tally().await;
        (tally.sending == 0).then_some(tally)
    })
    .await;
    assert_eq!((tally.failed, tally.unknown, tally.accepted + tally.queued), (0, 0, 100), "{tally:?}");
    let (ctx, tenant) = (play.engines[0].ctx.clone(), play.stage.tenant);
    let stop = store::stops::of_number(&ctx.db, tenant, NUMBER).await.unwrap().expect("nothing goes out");
    assert_eq!((&stop.reach, stop.by), (&reach, StoppedBy::Worker));
    let elsewhere = store::stops::of_number(&ctx.db, tenant, "7002").await.unwrap();
    assert_eq!(elsewhere.is_some(), reach == StopReach::Business);
    invalid.store(false, Ordering::SeqCst);
    let (lau, boss) = (play.somebody(Role::Compliance).await, play.somebody(Role::Manager).await);
    let agrees = async || resume::resume(&ctx, tenant, &lau, play.stage.request, "password").await;
    assert!(matches!(agrees().await.unwrap_err(), Error::Conflict(_)), "the stop is lifted first");
    let lifts = async |person, at| stops::lift(&ctx, tenant, &reach, at, person, "password").await;
    assert!(matches!(lifts(&boss, stop.told_at).await.unwrap_err(), Error::Forbidden(_)));
    let earlier = stop.told_at.before(Duration::from_secs(1));
    assert!(matches!(lifts(&lau, earlier).await.unwrap_err(), Error::Conflict(_)), "another reason was read");
    lifts(&lau, stop.told_at).await.unwrap();
    assert_eq!(agrees().await.unwrap(), Resumed::Goes);
    runner.await.unwrap();
    assert_eq!(play.tally().await, Tally { total: 100, accepted: 100, ..Tally::default() });
    let mut tokens: Vec<String> = play.meta.seen.lock().unwrap().iter().map(|(_, token, _)| token.clone()).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), play.meta.requests(), "each try has its own token");
}
