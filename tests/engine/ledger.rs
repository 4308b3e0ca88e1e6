//! The ledger's transactions: what each guard lets through and what it stops.

use countersign::domain::audience::{Exclusion, Withheld};
use countersign::domain::consent::MessageCategory;
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::deliveries::{Delivery, DeliveryState, Desired, ExecutionState, Tally};
use countersign::domain::ids::{DaemonId, TenantId};
use countersign::store::deliveries::{
    self, Exclude, Execution, Grip, Later, Lease, Outcome, Part, Settled, Surprise, TokenAsk,
};
use countersign::store::{Db, candidates};
use std::time::Duration;

use super::{Stage, accepted, at, commit, part, sql, unknown, word};
use crate::support::db::{Kind, TestDb, on_both};

on_both!(
    a_ledger_is_written_once_whoever_writes_it,
    one_row_has_one_intent_and_an_outcome_needs_its_attempt,
    what_was_not_sent_waits_for_its_time,
    what_is_put_off_waits_in_the_queue_and_only_while_it_waits,
    two_side_by_side_do_not_both_find_room_for_one_person,
    a_stop_that_comes_meanwhile_is_not_taken_for_the_end,
    after_a_stop_no_intent_commits_and_outcomes_still_do,
    a_takeover_never_sends_what_may_have_been_sent,
    who_said_stop_is_not_written_to,
    tokens_are_shared_and_slow_down,
);

async fn a_ledger_is_written_once_whoever_writes_it(test: TestDb) {
    let stage = Stage::new(&test).await;
    let id = stage.begun(10).await;
    let audience: People = (0..10).map(|n| n * 3).collect();
    let stale = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
    for (chunk, wrote) in [(4, true), (4, false)] {
        let mut tx = stage.db.begin().await.unwrap();
        assert_eq!(deliveries::build(&mut tx, &stale, &audience, chunk, 4, at(1)).await.unwrap(), wrote);
        tx.commit().await.unwrap();
    }
    let half = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
    assert_eq!((half.built, half.state.as_str()), (4, "building"));
    assert!(stage.claim(&half, DaemonId::random()).await.is_none(), "nothing can be leased before all is written");
    let tally = deliveries::tally(&stage.db, stage.tenant, id).await.unwrap();
    assert_eq!(tally, Tally { total: 10, queued: 10, ..Tally::default() });
    // A chunk that did not commit is written again; one that did is not.
    let mut tx = stage.db.begin().await.unwrap();
    assert!(deliveries::build(&mut tx, &half, &audience, 100, 4, at(1)).await.unwrap());
    drop(tx);
    let mut tx = stage.db.begin().await.unwrap();
    assert!(deliveries::build(&mut tx, &half, &audience, 100, 4, at(1)).await.unwrap());
    tx.commit().await.unwrap();
    let whole = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
    assert_eq!((whole.built, whole.state.as_str()), (10, "running"));
    let rows = deliveries::waiting(&stage.db, id, 0, 100).await.unwrap();
    let people: Vec<(u32, u32)> = rows.iter().map(|r| (r.seq, r.contact_no.0)).collect();
    assert_eq!(people, (0..10).map(|n| (n, n * 3)).collect::<Vec<_>>());
    let (one, two) = (DaemonId::random(), DaemonId::random());
    let mut ranges = Vec::new();
    for me in [one, two, one, two] {
        ranges.extend(stage.claim(&whole, me).await.map(|l| (l.seq_from, l.seq_to)));
    }
    assert_eq!(ranges, [(0, 4), (4, 8), (8, 10)], "each shard has one holder");
}

async fn one_row_has_one_intent_and_an_outcome_needs_its_attempt(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    let first = commit(&stage, &execution, me, &[], &[part(&lease, &[0, 1, 2])]).await;
    assert_eq!(first.parts[0].grip, Grip::Held);
    let mut granted = first.parts[0].intents.clone();
    granted.sort_unstable();
    assert_eq!(granted, [(0, 1), (1, 1), (2, 1)]);
    let again = commit(&stage, &execution, me, &[], &[part(&lease, &[0, 1, 2])]).await;
    assert_eq!((again.parts[0].intents.len(), again.parts[0].suppressed), (0, 0), "an intent is never given twice");
    // Outcomes: right attempt, wrong attempt, and the same one again.
    let outcomes = [accepted(0, 1, "wamid.A"), unknown(1, 2), unknown(2, 1)];
    let done = commit(&stage, &execution, me, &outcomes, &[]).await;
    let moved = Surprise::Moved { seq: 1, attempt: 2, state: DeliveryState::Sending };
    assert_eq!(done.surprises, [moved], "no such attempt is on its way");
    assert_eq!(word(&stage, &execution, 0).await, Delivery::Accepted);
    assert_eq!(word(&stage, &execution, 1).await, Delivery::Sending);
    assert_eq!(word(&stage, &execution, 2).await, Delivery::Unknown);
    let done = commit(&stage, &execution, me, &[accepted(0, 1, "wamid.A"), accepted(2, 1, "wamid.C")], &[]).await;
    assert_eq!(done.surprises, [], "said again, and said late: both true");
    assert_eq!(word(&stage, &execution, 2).await, Delivery::Accepted);
    let done = commit(&stage, &execution, me, &[unknown(0, 1)], &[]).await;
    assert_eq!(done.surprises, [], "an accepted row stays accepted");
    assert_eq!(word(&stage, &execution, 0).await, Delivery::Accepted);
    let done = commit(&stage, &execution, me, &[accepted(0, 1, "wamid.OTHER")], &[]).await;
    assert_eq!(done.surprises, [Surprise::SecondMessage { seq: 0, attempt: 1 }]);
}

async fn what_was_not_sent_waits_for_its_time(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    commit(&stage, &execution, me, &[], &[part(&lease, &[0, 1, 2, 3])]).await;
    let again = Settled::NotSent { retry_at: at(60), why: "code 130429".into() };
    let refused = Settled::Failed { code: Some(131_026), why: "undeliverable".into() };
    let outcomes = [
        Outcome { seq: 0, attempt: 1, epoch: 1, settled: again },
        Outcome { seq: 1, attempt: 1, epoch: 1, settled: refused },
        accepted(2, 1, "wamid.2"),
        accepted(3, 1, "wamid.3"),
    ];
    commit(&stage, &execution, me, &outcomes, &[]).await;
    let early = deliveries::retries(&stage.db, execution.id, 0, 4, at(59), 10).await.unwrap();
    assert_eq!((early.0.len(), early.1), (0, Some(at(60))));
    let mut tx = stage.db.begin().await.unwrap();
    let held = Lease { next_seq: 4, ..lease.clone() };
    assert!(!deliveries::close(&mut tx, execution.id, me, &held).await.unwrap(), "a shard with a retry stays open");
    tx.commit().await.unwrap();
    let due = deliveries::retries(&stage.db, execution.id, 0, 4, at(60), 10).await.unwrap();
    assert_eq!(due.0.iter().map(|w| (w.seq, w.attempt)).collect::<Vec<_>>(), [(0, 1)]);
    let part = Part { again: true, next_seq: 4, low_seq: 0, ..part(&lease, &[0]) };
    let second = commit(&stage, &execution, me, &[], &[part]).await;
    assert_eq!(second.parts[0].intents, [(0, 2)], "the second try has its own number");
    assert_eq!(deliveries::retries(&stage.db, execution.id, 0, 4, at(99), 10).await.unwrap().0.len(), 0);
    let late = commit(&stage, &execution, me, &[unknown(0, 1)], &[]).await;
    assert_eq!(late.surprises, [Surprise::Moved { seq: 0, attempt: 1, state: DeliveryState::Sending }]);
    commit(&stage, &execution, me, &[accepted(0, 2, "wamid.0")], &[]).await;
    let mut tx = stage.db.begin().await.unwrap();
    assert!(deliveries::close(&mut tx, execution.id, me, &held).await.unwrap());
    tx.commit().await.unwrap();
    let told: Vec<String> =
        deliveries::attempts(&stage.db, execution.id, 0).await.unwrap().into_iter().map(|a| a.outcome).collect();
    assert_eq!(told, ["not_sent", "accepted"]);
    let failed = deliveries::failures_by_code(&stage.db, stage.tenant, execution.id).await.unwrap();
    assert_eq!(failed.iter().map(|f| (f.code, f.count)).collect::<Vec<_>>(), [(Some(131_026), 1)]);
}

async fn two_side_by_side_do_not_both_find_room_for_one_person(test: TestDb) {
    let stage = Stage::new(&test).await;
    let first = stage.built(3, 3).await;
    let (db, tenant) = (stage.db.clone(), stage.tenant);
    let (db, request) = (&db, Stage::of(&test, "Peak Tea").await.request);
    let second = Stage { request, ..stage }.built(3, 3).await;
    let counted = async |except: &Execution| {
        let people = (0..3).map(|n| ContactNo(n * 2));
        let found = candidates::received_by(db, tenant, MessageCategory::Marketing, people, except.id, at(9)).await;
        found.unwrap().values().map(|had| had.last_7_days).sum::<u16>()
    };
    let (earlier, later) = if first.id < second.id { (&first, &second) } else { (&second, &first) };
    assert_eq!((counted(earlier).await, counted(later).await), (0, 3), "what began before goes first");
    let everything = async || {
        let all = candidates::received(db, tenant, MessageCategory::Marketing, at(9)).await.unwrap();
        all.values().map(|had| had.last_7_days).sum::<u16>()
    };
    assert_eq!(everything().await, 6);
    let mut tx = db.begin().await.unwrap();
    assert!(deliveries::set_desired(&mut tx, tenant, earlier.id, Desired::Cancel, Some("Stopped.")).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!((counted(later).await, everything().await), (0, 3), "what was stopped will not reach them");
}

async fn what_is_put_off_waits_in_the_queue_and_only_while_it_waits(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    let later = |seqs: &[u32]| seqs.iter().map(|seq| Later { seq: *seq, at: at(60) }).collect::<Vec<_>>();
    let first = Part { next_seq: 4, later: later(&[1, 2, 3]), ..part(&lease, &[0]) };
    assert_eq!(commit(&stage, &execution, me, &[], &[first]).await.parts[0].intents, [(0, 1)]);
    let ahead = async || deliveries::ahead(&stage.db, stage.tenant, execution.id).await.unwrap();
    assert_eq!(ahead().await, deliveries::Ahead { untouched: false, next_retry: Some(at(60)) });
    // One of them was sent meanwhile after all; putting it off again changes nothing.
    let sent = Part { again: true, next_seq: 4, low_seq: 1, ..part(&lease, &[1]) };
    commit(&stage, &execution, me, &[], &[sent]).await;
    commit(&stage, &execution, me, &[accepted(1, 1, "wamid.1")], &[]).await;
    let stale = Part { next_seq: 4, low_seq: 4, later: later(&[1]), ..part(&lease, &[]) };
    commit(&stage, &execution, me, &[accepted(0, 1, "wamid.0")], &[stale]).await;
    assert_eq!(ahead().await, deliveries::Ahead { untouched: false, next_retry: Some(at(60)) });
    // What a webhook settled stands in the queue for nothing, and holds nobody up.
    stage.settled_past_the_queue(&execution, 2).await;
    let due = deliveries::retries(&stage.db, execution.id, 0, 4, at(60), 10).await.unwrap();
    assert_eq!((due.0.iter().map(|row| row.seq).collect::<Vec<_>>(), due.1), (vec![3], Some(at(60))));
    let last = Part { again: true, next_seq: 4, low_seq: 3, ..part(&lease, &[3]) };
    commit(&stage, &execution, me, &[], &[last]).await;
    commit(&stage, &execution, me, &[accepted(3, 1, "wamid.3")], &[]).await;
    assert_eq!(deliveries::retries(&stage.db, execution.id, 0, 4, at(99), 10).await.unwrap(), (Vec::new(), None));
    let mut tx = stage.db.begin().await.unwrap();
    assert!(deliveries::close(&mut tx, execution.id, me, &Lease { next_seq: 4, ..lease }).await.unwrap());
    tx.commit().await.unwrap();
}

async fn a_stop_that_comes_meanwhile_is_not_taken_for_the_end(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let mut tx = stage.db.begin().await.unwrap();
    assert!(deliveries::set_desired(&mut tx, stage.tenant, execution.id, Desired::Cancel, None).await.unwrap());
    // Whoever looked before the stop would end it as if all had gone well.
    assert!(!deliveries::finish(&mut tx, &execution, ExecutionState::Done, at(9)).await.unwrap());
    let now = Execution { desired: Desired::Cancel, ..execution };
    assert!(deliveries::finish(&mut tx, &now, ExecutionState::Cancelled, at(9)).await.unwrap());
    tx.commit().await.unwrap();
}

async fn after_a_stop_no_intent_commits_and_outcomes_still_do(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(8, 4).await;
    let me = DaemonId::random();
    let (a, b) = (stage.claim(&execution, me).await.unwrap(), stage.claim(&execution, me).await.unwrap());
    commit(&stage, &execution, me, &[], &[part(&a, &[0]), part(&b, &[4, 5])]).await;
    let mut tx = stage.db.begin().await.unwrap();
    assert!(
        deliveries::set_desired(&mut tx, stage.tenant, execution.id, Desired::Cancel, Some("enough")).await.unwrap()
    );
    assert_eq!(deliveries::under_way(&mut tx, execution.id).await.unwrap(), 3);
    tx.commit().await.unwrap();
    let after = commit(&stage, &execution, me, &[accepted(4, 1, "wamid.4")], &[part(&a, &[1]), part(&b, &[6])]).await;
    for granted in &after.parts {
        assert_eq!((granted.grip, granted.intents.len()), (Grip::Halted(Desired::Cancel), 0));
    }
    assert_eq!(word(&stage, &execution, 4).await, Delivery::Accepted);
    assert_eq!(word(&stage, &execution, 6).await, Delivery::NotSent);
    let mut tx = stage.db.begin().await.unwrap();
    for desired in [Desired::Run, Desired::Pause] {
        assert!(
            !deliveries::set_desired(&mut tx, stage.tenant, execution.id, desired, None).await.unwrap(),
            "what was cancelled stays so"
        );
    }
    assert!(
        !deliveries::set_desired(&mut tx, TenantId::random(), execution.id, Desired::Cancel, None).await.unwrap(),
        "nobody else's to stop"
    );
}

async fn a_takeover_never_sends_what_may_have_been_sent(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let (dead, heir) = (DaemonId::random(), DaemonId::random());
    let lease = stage.claim(&execution, dead).await.unwrap();
    commit(&stage, &execution, dead, &[], &[part(&lease, &[0, 1, 2])]).await;
    commit(&stage, &execution, dead, &[accepted(0, 1, "wamid.0")], &[]).await;
    if test.kind == Kind::Postgres {
        let mut tx = stage.db.begin().await.unwrap();
        let taken = deliveries::sweep(&mut tx, execution.id, heir, false, at(11)).await.unwrap();
        assert_eq!(taken, [], "the lease still runs by the server's clock");
        tx.commit().await.unwrap();
        sql!(&stage.db, "update shard set lease_until = 1");
    }
    let mut tx = stage.db.begin().await.unwrap();
    let taken = deliveries::sweep(&mut tx, execution.id, heir, false, at(11)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(taken.len(), 1);
    let mut in_doubt = taken[0].in_doubt.clone();
    in_doubt.sort_unstable();
    assert_eq!(in_doubt, [1, 2]);
    let new = stage.claim(&execution, heir).await.unwrap();
    assert_eq!((new.next_seq, new.epoch > lease.epoch), (3, true));
    let sent = commit(&stage, &execution, heir, &[], &[part(&new, &[0, 1, 2, 3])]).await;
    assert_eq!(sent.parts[0].intents, [(3, 1)], "only what never had an intent");
    // The old daemon wakes up: it may report what it knows, and nothing more.
    let late = commit(&stage, &execution, dead, &[accepted(1, 1, "wamid.1")], &[part(&lease, &[3])]).await;
    assert_eq!((late.parts[0].grip, late.parts[0].intents.len()), (Grip::Lost, 0));
    assert_eq!(word(&stage, &execution, 1).await, Delivery::Accepted);
    assert_eq!(word(&stage, &execution, 2).await, Delivery::Unknown);
    let told = deliveries::attempts(&stage.db, execution.id, 2).await.unwrap();
    assert_eq!((told.len(), told[0].outcome.as_str()), (1, "unknown"));
}

async fn who_said_stop_is_not_written_to(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(5, 5).await; // people 0, 2, 4, 6, 8
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    stage.suppress(ContactNo(2), "opted_out_all").await;
    stage.suppress(ContactNo(4), "stopped_marketing_at_meta").await;
    let mut wanted = part(&lease, &[0, 1, 2, 3]);
    wanted.excluded = vec![Exclude { seq: 4, why: Withheld::Excluded(Exclusion::VariableMissing) }];
    wanted.next_seq = 5;
    let done = commit(&stage, &execution, me, &[], &[wanted]).await;
    let mut granted = done.parts[0].intents.clone();
    granted.sort_unstable();
    assert_eq!((granted.as_slice(), done.parts[0].suppressed), (&[(0, 1), (3, 1)][..], 3));
    for seq in [1, 2, 4] {
        assert_eq!(word(&stage, &execution, seq).await, Delivery::Suppressed);
    }
    assert_eq!(deliveries::fallen_away(&stage.db, &execution).await.unwrap(), 3);
    let why = deliveries::attempts(&stage.db, execution.id, 4).await.unwrap();
    assert_eq!(why[0].evidence, serde_json::json!({"why": "variable_missing"}));
}

async fn tokens_are_shared_and_slow_down(test: TestDb) {
    let stage = Stage::new(&test).await;
    let buckets = [("execution".to_owned(), 40.0), ("number".to_owned(), 400.0)];
    let ask = TokenAsk { buckets: &buckets, want: 50 };
    let take = async |now| deliveries::take_tokens(&stage.db, stage.tenant, &ask, now).await.unwrap();
    let first = take(at(0)).await;
    assert_eq!(first.tokens, 10, "a quarter of a second's worth, of the smaller bucket");
    assert_eq!(
        (first.first.as_millis(), first.apart.as_millis()),
        (0, 27),
        "spread over it, at a little less than 40 a second"
    );
    // The server's clock runs by itself on PostgreSQL; in the file's case only the given one counts.
    if test.kind == Kind::Sqlite {
        let none = take(at(0)).await;
        assert_eq!(none.tokens, 0);
        let mut when = at(0).after(none.first);
        assert_eq!(take(when).await.tokens, 1, "when it said");
        let mut given = 0;
        // Asked as often as it likes, for longer than a second.
        while when < at(0).after(Duration::from_millis(1_250)) {
            when = when.after(Duration::from_millis(5));
            given += take(when).await.tokens;
        }
        assert_eq!(first.tokens + 1 + given, 55, "what is due within a second and the two quarters around it");
        assert_eq!(take(at(60)).await.tokens, 10, "nothing is saved up");
    }
    deliveries::slow_down(&stage.db, stage.tenant, "number", 400.0, at(2)).await.unwrap();
    deliveries::slow_down(&stage.db, stage.tenant, "number", 400.0, at(2)).await.unwrap();
    let factor: f64 = match &stage.db {
        Db::Sqlite { write, .. } => {
            sqlx::query_scalar("select factor from rate_bucket where bucket = 'number'").fetch_one(write).await
        }
        Db::Postgres(pool) => {
            sqlx::query_scalar("select factor from rate_bucket where bucket = 'number'").fetch_one(pool).await
        }
    }
    .unwrap();
    assert!((0.49..0.51).contains(&factor), "one burst of complaints counts once: {factor}");
}
