//! The sender at work, with a Graph API that does what each test says: who is written to, how often, and when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use countersign::approvals::resume::{self, Resumed};
use countersign::approvals::{engine, execute};
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::contacts::ContactNo;
use countersign::domain::deliveries::Tally;
use countersign::domain::people::{Person, Role};
use countersign::domain::policy::signatures::two_signatures;
use countersign::domain::requests::Status;
use countersign::error::Error;
use countersign::graph::Backoff;
use countersign::graph::messages::SendOutcome;
use countersign::store::{audit, deliveries, requests};
use countersign::tools::{request_view, turned_away};

use super::play::{Meta, Play, accepted, refused, unknown};
use super::sql;
use crate::support::db::{Kind, TestDb, on_both};
use crate::support::until;

on_both!(
    everybody_is_written_to_once,
    what_was_turned_away_goes_later_and_what_was_refused_never,
    what_meta_does_not_take_yet_is_told,
    what_is_in_doubt_waits_for_its_webhook,
    a_stop_lets_nothing_begin,
    what_was_paused_goes_on_with_the_signatures_it_took,
    a_start_that_meta_refuses_stands_still_and_says_why,
    what_agents_read_of_a_storm_fits_together,
    what_was_paused_and_then_stopped_is_not_resumed,
    too_many_who_fell_away_pause_it,
    a_stop_word_wins_against_a_running_broadcast,
    an_api_in_trouble_costs_a_handful,
    what_blocks_stops_before_the_first_message,
    who_sleeps_is_written_to_when_the_quiet_hours_end,
    when_everybody_sleeps_all_of_it_waits,
    the_rate_is_kept,
    a_daemon_that_dies_sends_nobody_twice,
    two_daemons_share_and_nobody_gets_two,
);

async fn everybody_is_written_to_once(test: TestDb) {
    let mut play = Play::new(&test, 1_500, Meta::new(Duration::from_millis(2), accepted)).await;
    play.run(50).await.await.unwrap();
    assert_eq!(play.tally().await, Tally { total: 1_500, accepted: 1_500, ..Tally::default() });
    assert_eq!((play.meta.counts().len(), play.meta.requests()), (1_500, 1_500));
    assert_eq!(play.status().await, Status::Succeeded);
    let result = requests::find(&play.stage.db, play.stage.tenant, play.stage.request).await.unwrap().unwrap().result;
    assert_eq!(result.unwrap()["accepted"], 1_500);
}

async fn what_was_turned_away_goes_later_and_what_was_refused_never(test: TestDb) {
    let answer = |who: u32, before: usize| match (who % 14, before) {
        (0, 0) => SendOutcome::NotSent { why: "code 131056".into(), retry: Backoff::Recipient },
        (2, 0) => refused(131_026),
        _ => accepted(who, before),
    };
    let mut play = Play::new(&test, 70, Meta::new(Duration::from_millis(1), answer)).await;
    play.run(20).await.await.unwrap();
    let counts = play.meta.counts();
    for (who, count) in &counts {
        assert_eq!(*count, if who % 14 == 0 { 2 } else { 1 }, "person {who}");
    }
    assert_eq!(play.tally().await, Tally { total: 70, accepted: 60, failed: 10, refused: 10, ..Tally::default() });
    assert_eq!(play.status().await, Status::PartiallySucceeded);
    // Whoever cannot be reached is not written to by the next broadcast either.
    let mut tokens: Vec<String> = play.meta.seen.lock().unwrap().iter().map(|(_, token, _)| token.clone()).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 80, "each try has its own token");
}

async fn what_meta_does_not_take_yet_is_told(test: TestDb) {
    let away = Arc::new(AtomicBool::new(true));
    let gone = Arc::clone(&away);
    let answer = move |who, before| match gone.load(Ordering::SeqCst) {
        true => SendOutcome::NotSent { why: "no connection to Meta".into(), retry: Backoff::Reconnect },
        false => accepted(who, before),
    };
    let mut play = Play::new(&test, 20, Meta::new(Duration::from_millis(1), answer)).await;
    let runner = play.run(4).await;
    let told = async || {
        let (execution, _) =
            deliveries::by_request(&play.stage.db, play.stage.tenant, play.stage.request).await.unwrap().unwrap();
        turned_away(&play.engines[0].ctx, &execution).await.unwrap()
    };
    let seen = until("it is told", Duration::from_secs(30), told).await;
    assert_eq!(seen.why, "no connection to Meta");
    assert!((1..=4).contains(&seen.messages), "{seen:?}: the others were not tried");
    away.store(false, Ordering::SeqCst);
    runner.await.unwrap();
    assert_eq!((told().await, play.status().await), (None, Status::Succeeded));
}

async fn what_is_in_doubt_waits_for_its_webhook(test: TestDb) {
    let answer = |who: u32, before| if who.is_multiple_of(10) { unknown() } else { accepted(who, before) };
    let mut play = Play::new(&test, 50, Meta::new(Duration::from_millis(1), answer)).await;
    let runner = play.run(4).await;
    until("all but those in doubt", Duration::from_secs(20), async || {
        let tally = play.tally().await;
        (tally.accepted == 40 && tally.unknown == 10).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!((play.status().await, play.meta.requests()), (Status::Executing, 50), "time alone sends nothing again");
    play.webhooks().await;
    runner.await.unwrap();
    assert_eq!(play.status().await, Status::Succeeded);
    assert_eq!(play.tally().await.delivered, 50);
}

async fn a_stop_lets_nothing_begin(test: TestDb) {
    let mut play = Play::new(&test, 2_000, Meta::new(Duration::from_millis(20), accepted)).await;
    let runner = play.run(10).await;
    until("some are out", Duration::from_secs(20), async || (play.meta.requests() > 100).then_some(())).await;
    let ctx = play.engines[0].ctx.clone();
    let report = execute::stop(&ctx, play.stage.tenant, play.stage.request, &play.officer()).await.unwrap();
    let stopped = Instant::now();
    runner.await.unwrap();
    let late = play.meta.seen.lock().unwrap().iter().filter(|(_, _, at)| *at > stopped).count();
    assert!(late <= usize::try_from(report.under_way).unwrap(), "{late} began after the stop, {report:?}");
    let last = play.meta.seen.lock().unwrap().iter().map(|(_, _, at)| *at).max().unwrap();
    assert!(last.saturating_duration_since(stopped) < Duration::from_millis(250));
    assert_eq!(play.status().await, Status::Cancelled);
    let tally = play.tally().await;
    assert_eq!(tally.accepted, play.meta.requests() as u64, "whatever began has its outcome");
    assert_eq!((tally.accepted + tally.not_sent, tally.queued, tally.sending), (2_000, 0, 0));
    let again = execute::stop(&ctx, play.stage.tenant, play.stage.request, &play.officer()).await.unwrap_err();
    assert_eq!(again.code(), "conflict");
    let auditor = Person { role: Role::Auditor, ..play.officer() };
    assert_eq!(
        execute::stop(&ctx, play.stage.tenant, play.stage.request, &auditor).await.unwrap_err().code(),
        "forbidden"
    );
}

async fn what_was_paused_goes_on_with_the_signatures_it_took(test: TestDb) {
    let mut play = Play::new(&test, 400, Meta::new(Duration::from_millis(10), accepted)).await;
    let quorum = serde_json::to_string(&two_signatures("SIGN-02")).unwrap();
    sql!(&play.stage.db, "update action_request set quorum = $1", quorum.clone());
    let runner = play.run(4).await;
    until("some are out", Duration::from_secs(20), async || (play.meta.requests() > 40).then_some(())).await;
    let (ctx, tenant, request) = (play.engines[0].ctx.clone(), play.stage.tenant, play.stage.request);
    execute::pause(&ctx, tenant, request, &play.officer()).await.unwrap();
    let stood = until("what was on its way is in", Duration::from_secs(20), async || {
        let tally = play.tally().await;
        (tally.sending == 0).then_some(tally.queued)
    })
    .await;

    let (lau, fung) = (play.somebody(Role::Compliance).await, play.somebody(Role::Compliance).await);
    let boss = play.somebody(Role::Principal).await;
    let agrees = async |person: &Person| resume::resume(&ctx, tenant, person, request, "password").await;
    let owner = Person { role: Role::Principal, ..play.stage.person.clone() };
    let refused = agrees(&owner).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden(_)), "their own agent asked for it: {refused}");
    assert_eq!(agrees(&lau).await.unwrap(), Resumed::Waits(1));
    for person in [&lau, &fung] {
        let refused = agrees(person).await.unwrap_err();
        assert!(matches!(refused, Error::Forbidden(_)), "{refused}");
    }
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(play.tally().await.queued, stood, "one signature of two lets nothing go");
    assert_eq!(agrees(&boss).await.unwrap(), Resumed::Goes);
    runner.await.unwrap();
    assert_eq!((play.meta.requests(), play.meta.counts().len()), (400, 400), "each once");
    assert_eq!(play.status().await, Status::Succeeded);
    assert!(matches!(agrees(&boss).await.unwrap_err(), Error::Conflict(_)), "there is nothing to let go on");
}

async fn a_start_that_meta_refuses_stands_still_and_says_why(test: TestDb) {
    let mut play = Play::new(&test, 20, Meta::new(Duration::from_millis(1), accepted)).await;
    play.meta.silent.store(true, Ordering::SeqCst);
    let (engine, job) = (play.engine(4).await, play.job().await);
    engine::carry_out(engine, job).await.expect_err("for a while it is tried again");
    assert_eq!((play.status().await, play.meta.requests()), (Status::Executing, 0));
    let long_ago = SystemClock.now().before(Duration::from_mins(6)).micros();
    sql!(&play.stage.db, "update execution set started_at = $1", long_ago);
    let runner = play.run(4).await;
    play.reaches("people are told", Status::Paused).await;
    let execution = deliveries::find(&play.stage.db, play.stage.tenant, play.id).await.unwrap().unwrap();
    assert!(execution.reason.unwrap().contains("Meta refuses the token"));
    play.meta.silent.store(false, Ordering::SeqCst);
    play.goes_on().await;
    runner.await.unwrap();
    assert_eq!((play.status().await, play.meta.requests()), (Status::Succeeded, 20));
}

async fn what_agents_read_of_a_storm_fits_together(test: TestDb) {
    let mut play = Play::new(&test, 2_000, Meta::new(Duration::from_millis(20), accepted)).await;
    let runner = play.run(1).await;
    let (ctx, tenant, id) = (&play.engines[0].ctx, play.stage.tenant, play.stage.request);
    let over = AtomicBool::new(false);
    let storm = async {
        for _ in 0..20 {
            execute::pause(ctx, tenant, id, &play.officer()).await.unwrap();
            play.goes_on().await;
        }
        over.store(true, Ordering::SeqCst);
    };
    let reading = async {
        let mut seen = [0, 0];
        while !over.load(Ordering::SeqCst) {
            let request = requests::find(&play.stage.db, tenant, id).await.unwrap().unwrap();
            let view = request_view::view(ctx, request).await.unwrap();
            let halted = view.execution.unwrap().halted.is_some();
            assert_eq!(view.status == Status::Paused, halted, "{}", view.status);
            seen[usize::from(halted)] += 1;
        }
        seen
    };
    let ((), seen) = tokio::join!(storm, reading);
    assert!(seen.iter().all(|times| *times > 0), "both are seen: {seen:?}");
    execute::stop(ctx, tenant, id, &play.officer()).await.unwrap();
    runner.await.unwrap();
}

/// Paused first, and then stopped while some are in doubt: it is wound up, and nobody is asked to let it go on.
async fn what_was_paused_and_then_stopped_is_not_resumed(test: TestDb) {
    let answer = |who: u32, before| if who < 4 { unknown() } else { accepted(who, before) };
    let mut play = Play::new(&test, 400, Meta::new(Duration::from_millis(10), answer)).await;
    let runner = play.run(4).await;
    until("some are out", Duration::from_secs(20), async || (play.meta.requests() > 20).then_some(())).await;
    let (ctx, tenant, request) = (play.engines[0].ctx.clone(), play.stage.tenant, play.stage.request);
    execute::pause(&ctx, tenant, request, &play.officer()).await.unwrap();
    let again = execute::pause(&ctx, tenant, request, &play.officer()).await.unwrap_err();
    assert!(again.to_string().contains("it is paused"), "{again}");
    execute::stop(&ctx, tenant, request, &play.officer()).await.unwrap();
    assert_eq!(play.status().await, Status::Executing, "what is in doubt is settled first");
    let lau = play.somebody(Role::Compliance).await;
    let refused = resume::resume(&ctx, tenant, &lau, request, "password").await.unwrap_err();
    assert!(matches!(refused, Error::Conflict(_)), "{refused}");
    assert!(
        !audit::list(&play.stage.db, tenant, &audit::Filter::default(), 50)
            .await
            .unwrap()
            .iter()
            .any(|e| e.act.contains("resume"))
    );
    play.webhooks().await;
    runner.await.unwrap();
    assert_eq!(play.status().await, Status::Cancelled);
}

async fn too_many_who_fell_away_pause_it(test: TestDb) {
    let mut meta = Meta::new(Duration::from_millis(1), accepted);
    meta.withheld = (0..30).map(|n| n * 2).collect();
    let mut play = Play::new(&test, 400, meta).await;
    play.drift = 5;
    let runner = play.run(10).await;
    play.reaches("it stands still", Status::Paused).await;
    let execution = deliveries::find(&play.stage.db, play.stage.tenant, play.id).await.unwrap().unwrap();
    assert!(execution.reason.unwrap().contains("more than 5 %"));
    let sent = play.meta.requests();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(play.meta.requests(), sent, "nothing goes out while it stands still");
    play.goes_on().await;
    runner.await.unwrap();
    assert_eq!(play.status().await, Status::Succeeded);
    assert_eq!(play.tally().await, Tally { total: 400, accepted: 370, suppressed: 30, ..Tally::default() });
    assert_eq!(play.meta.counts().values().max(), Some(&1));
}

async fn a_stop_word_wins_against_a_running_broadcast(test: TestDb) {
    let mut play = Play::new(&test, 300, Meta::new(Duration::from_millis(10), accepted)).await;
    let runner = play.run(5).await;
    until("some are out", Duration::from_secs(20), async || (play.meta.requests() > 20).then_some(())).await;
    play.stage.suppress(ContactNo(598), "opted_out_all").await;
    runner.await.unwrap();
    assert_eq!(play.meta.counts().get(&598), None, "the last one said stop before their turn");
    assert_eq!(play.tally().await, Tally { total: 300, accepted: 299, suppressed: 1, ..Tally::default() });
}

async fn an_api_in_trouble_costs_a_handful(test: TestDb) {
    let mut play = Play::new(&test, 1_000, Meta::new(Duration::from_millis(5), |_, _| unknown())).await;
    let runner = play.run(10).await;
    play.reaches("it stands still", Status::Paused).await;
    assert!(play.meta.requests() <= 30, "{} messages in doubt", play.meta.requests());
    let stop = &play.engines[0].stop;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(play.tally().await.unknown, play.meta.requests() as u64);
}

async fn what_blocks_stops_before_the_first_message(test: TestDb) {
    let meta = Meta::new(Duration::from_millis(1), accepted);
    meta.blocked.store(true, Ordering::SeqCst);
    let mut play = Play::new(&test, 100, meta).await;
    let runner = play.run(10).await;
    play.reaches("it stands still", Status::Paused).await;
    assert_eq!(play.meta.requests(), 0);
    play.meta.blocked.store(false, Ordering::SeqCst);
    play.goes_on().await;
    runner.await.unwrap();
    assert_eq!((play.status().await, play.meta.requests()), (Status::Succeeded, 100));
}

async fn who_sleeps_is_written_to_when_the_quiet_hours_end(test: TestDb) {
    after_the_night(test, 40).await;
}

async fn when_everybody_sleeps_all_of_it_waits(test: TestDb) {
    after_the_night(test, 100).await;
}

/// So many of a hundred people sleep for two seconds.
async fn after_the_night(test: TestDb, part: u32) {
    let (now, begun) = (SystemClock.now(), Instant::now());
    let mut meta = Meta::new(Duration::from_millis(1), accepted);
    meta.quiet = (part, AtomicI64::new(now.after(Duration::from_secs(2)).micros()));
    let mut play = Play::new(&test, 200, meta).await;
    play.run(10).await.await.unwrap();
    assert_eq!(play.status().await, Status::Succeeded, "nobody had to let it go on");
    let sleeps = |who: u32| who % 100 < part;
    let counts = play.meta.counts();
    assert!(counts.len() == 200 && counts.values().all(|count| *count == 1), "{counts:?}");
    for (who, _, at) in play.meta.seen.lock().unwrap().iter().filter(|(who, ..)| sleeps(*who)) {
        assert!(*at >= begun + Duration::from_millis(1_990), "{who} was woken after {:?}", *at - begun);
    }
    let awake = play.meta.seen.lock().unwrap().iter().take_while(|(who, ..)| !sleeps(*who)).count();
    assert_eq!(awake, counts.keys().filter(|who| !sleeps(**who)).count(), "nobody waits for those who sleep");
}

async fn the_rate_is_kept(test: TestDb) {
    let mut play = Play::at(&test, 100, 40, Meta::new(Duration::from_millis(1), accepted)).await;
    let started = Instant::now();
    play.run(50).await.await.unwrap();
    // A quarter of a second's worth is there at the start.
    assert!(started.elapsed() > Duration::from_millis(2_200), "{:?}", started.elapsed());
    let mut at: Vec<Instant> = play.meta.seen.lock().unwrap().iter().map(|(_, _, at)| *at).collect();
    at.sort();
    let worst =
        at.iter().map(|from| at.iter().filter(|t| **t >= *from && **t < *from + Duration::from_secs(1)).count()).max();
    assert!(worst.unwrap() <= 40 + 10 + 2, "{worst:?} in one second");
}

async fn a_daemon_that_dies_sends_nobody_twice(test: TestDb) {
    let mut play = Play::new(&test, 600, Meta::new(Duration::from_millis(30), accepted)).await;
    let runner = play.run(20).await;
    until("some are out", Duration::from_secs(20), async || (play.meta.requests() > 200).then_some(())).await;
    runner.abort();
    runner.await.unwrap_err();
    // Requests that were made go on without anybody who would write down their answers.
    tokio::time::sleep(Duration::from_millis(100)).await;
    if test.kind == Kind::Postgres {
        sql!(&play.stage.db, "update shard set lease_until = 1");
    }
    let heir = play.run(20).await;
    until("the rest is out", Duration::from_secs(20), async || {
        let tally = play.tally().await;
        (tally.queued == 0 && tally.sending == 0).then_some(())
    })
    .await;
    let tally = play.tally().await;
    assert!((1..=40).contains(&tally.unknown), "what was in flight is in doubt, and nothing else: {tally:?}");
    assert_eq!(tally.accepted + tally.unknown, 600);
    play.webhooks().await;
    assert_eq!(play.meta.counts().values().max(), Some(&1), "nobody got two");
    // A commit may have become durable in the moment of the death: its requests were never made, and no status will come.
    let asked = play.meta.counts().len() as u64;
    assert_eq!(play.tally().await.unknown, 600 - asked);
    if asked < 600 {
        assert_eq!(play.status().await, Status::Executing, "it waits, and nobody sends them again");
        return heir.abort();
    }
    heir.await.unwrap();
    assert_eq!(play.status().await, Status::Succeeded);
}

async fn two_daemons_share_and_nobody_gets_two(test: TestDb) {
    if test.kind == Kind::Sqlite {
        return; // One file has one daemon.
    }
    let mut play = Play::new(&test, 3_000, Meta::new(Duration::from_millis(3), accepted)).await;
    let (one, two) = (play.run(20).await, play.run(20).await);
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!((play.meta.counts().len(), play.meta.requests()), (3_000, 3_000));
    assert_eq!(play.status().await, Status::Succeeded);
}
