//! What Meta's webhooks do to the ledger, and how it reads afterwards.

use countersign::domain::contacts::ContactNo;
use countersign::domain::deliveries::{AttemptToken, Delivery, Progress, Ruling, Tally};
use countersign::domain::ids::{DaemonId, TenantId};
use countersign::store::deliveries::{self, Execution, Lease, Outcome, Part, Reached, Settled, StatusUpdate};

use super::{Stage, accepted, at, commit, part, unknown, word};
use crate::support::db::{TestDb, on_both};

on_both!(
    a_status_never_goes_backwards,
    a_status_proves_what_an_answer_did_not,
    a_second_message_is_an_alarm,
    what_went_out_before_a_backup_was_put_back_does_not_go_again,
    what_waited_when_a_backup_was_put_back_is_settled_or_tried_after_it,
    pages_and_counts_agree,
);

fn status(execution: &Execution, seq: u32, attempt: i16, wamid: &str, reached: Reached) -> StatusUpdate {
    StatusUpdate { token: AttemptToken { execution: execution.id, seq, attempt }, wamid: wamid.into(), reached }
}

async fn apply(stage: &Stage, tenant: TenantId, updates: &[StatusUpdate]) -> deliveries::Applied {
    let mut tx = stage.db.begin().await.unwrap();
    let applied = deliveries::apply_statuses(&mut tx, tenant, updates, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    applied
}

async fn sent_all(stage: &Stage, execution: &Execution, me: DaemonId) -> Lease {
    let lease = stage.claim(execution, me).await.unwrap();
    let all: Vec<u32> = (lease.seq_from..lease.seq_to).collect();
    commit(stage, execution, me, &[], &[part(&lease, &all)]).await;
    lease
}

async fn a_status_never_goes_backwards(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(6, 6).await;
    let me = DaemonId::random();
    sent_all(&stage, &execution, me).await;
    let (sent, delivered, read) =
        (Reached::Step(Progress::Sent), Reached::Step(Progress::Delivered), Reached::Step(Progress::Read));
    let failed = Reached::Failed(Some(131_026));
    let stories: [(&[Reached], Delivery); 5] = [
        (&[sent, delivered, read], Delivery::Read),
        (&[read, sent, delivered, sent], Delivery::Read),
        (&[sent, sent, sent], Delivery::Sent),
        (&[sent, failed, sent], Delivery::Failed),
        (&[failed, delivered, failed], Delivery::Delivered),
    ];
    for (seq, (story, end)) in (0..).zip(stories) {
        for step in story {
            let applied = apply(&stage, stage.tenant, &[status(&execution, seq, 1, "wamid.X", *step)]).await;
            assert_eq!((applied.rows, applied.twice.len(), applied.unknown.len()), (1, 0, 0));
        }
        assert_eq!(word(&stage, &execution, seq).await, end, "{story:?}");
    }
    // All in one batch, in the worst order.
    let batch: Vec<StatusUpdate> = [read, sent, delivered].map(|r| status(&execution, 5, 1, "wamid.Y", r)).into();
    assert_eq!(apply(&stage, stage.tenant, &batch).await.rows, 1);
    assert_eq!(word(&stage, &execution, 5).await, Delivery::Read);
    // The answer comes last and agrees.
    let done = commit(&stage, &execution, me, &[accepted(5, 1, "wamid.Y")], &[]).await;
    assert_eq!((done.surprises.len(), word(&stage, &execution, 5).await), (0, Delivery::Read));
}

async fn a_status_proves_what_an_answer_did_not(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let me = DaemonId::random();
    sent_all(&stage, &execution, me).await;
    let again = Settled::NotSent { retry_at: at(0), why: "said so".into() };
    let outcomes = [unknown(0, 1), Outcome { seq: 1, attempt: 1, epoch: 1, settled: again }, unknown(3, 1)];
    commit(&stage, &execution, me, &outcomes, &[]).await;
    assert!(deliveries::in_doubt_since(&stage.db, execution.id).await.unwrap().is_some());
    let sent = Reached::Step(Progress::Sent);
    let updates = [0, 1, 2].map(|seq| status(&execution, seq, 1, &format!("wamid.{seq}"), sent));
    assert_eq!(
        apply(&stage, TenantId::random(), &updates).await.unknown.len(),
        3,
        "another tenant's word is not heard"
    );
    assert_eq!(word(&stage, &execution, 0).await, Delivery::Unknown);
    assert_eq!(apply(&stage, stage.tenant, &updates).await.rows, 3);
    for seq in 0..3 {
        assert_eq!(word(&stage, &execution, seq).await, Delivery::Sent);
    }
    let (due, next) = deliveries::retries(&stage.db, execution.id, 0, 4, at(99), 9).await.unwrap();
    assert_eq!((due.len(), next), (0, None), "what arrived is not tried again");
    let failed = status(&execution, 3, 1, "wamid.3", Reached::Failed(Some(131_050)));
    let applied = apply(&stage, stage.tenant, &[failed]).await;
    assert_eq!(applied.failed, [(ContactNo(6), 131_050)]);
    let tally = deliveries::tally(&stage.db, stage.tenant, execution.id).await.unwrap();
    assert_eq!(tally, Tally { total: 4, accepted: 3, failed: 1, ..Tally::default() });
}

async fn a_second_message_is_an_alarm(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(2, 2).await;
    sent_all(&stage, &execution, DaemonId::random()).await;
    let sent = Reached::Step(Progress::Sent);
    apply(&stage, stage.tenant, &[status(&execution, 0, 1, "wamid.A", sent)]).await;
    let applied = apply(&stage, stage.tenant, &[status(&execution, 0, 1, "wamid.B", sent)]).await;
    assert_eq!((applied.rows, applied.twice.len()), (0, 1));
    let twice = [status(&execution, 1, 1, "wamid.C", sent), status(&execution, 1, 1, "wamid.D", sent)];
    let applied = apply(&stage, stage.tenant, &twice).await;
    assert_eq!((applied.rows, applied.twice.len()), (1, 1));
    let behind = [status(&execution, 99, 1, "wamid.E", sent), status(&execution, 1, 2, "wamid.F", sent)];
    let applied = apply(&stage, stage.tenant, &behind).await;
    assert_eq!((applied.rows, applied.unknown.len()), (0, 2), "what this database never did");
    assert_eq!(deliveries::second_messages(&stage.db, stage.tenant).await.unwrap(), 2);
    assert_eq!(deliveries::second_messages(&stage.db, TenantId::random()).await.unwrap(), 0, "each business its own");
}

async fn what_went_out_before_a_backup_was_put_back_does_not_go_again(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let delivered = Reached::Step(Progress::Delivered);
    let applied = apply(&stage, stage.tenant, &[status(&execution, 2, 1, "wamid.A", delivered)]).await;
    assert_eq!((applied.rows, applied.unknown.len()), (0, 1), "this database never sent it");
    let tally = deliveries::tally(&stage.db, stage.tenant, execution.id).await.unwrap();
    assert_eq!((tally.accepted, tally.delivered, tally.queued), (1, 1, 3), "and Meta has it");
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    let done = commit(&stage, &execution, me, &[], &[part(&lease, &[0, 1, 2, 3])]).await;
    assert_eq!(done.parts[0].intents, [(0, 1), (1, 1), (3, 1)]);
    let read = apply(&stage, stage.tenant, &[status(&execution, 2, 1, "wamid.A", Reached::Step(Progress::Read))]).await;
    assert_eq!((read.rows, read.unknown.len()), (1, 0), "from here on it is known");
}

async fn what_waited_when_a_backup_was_put_back_is_settled_or_tried_after_it(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(4, 4).await;
    let mut tx = stage.db.begin().await.unwrap();
    deliveries::nothing_waits(&mut tx, &execution).await.unwrap();
    for (rows, why, doubted) in [(0..3, "it was put back", 3), (3..9, "it was put back", 1), (0..9, "again", 0)] {
        assert_eq!(deliveries::doubt(&mut tx, &execution, rows, why, at(5)).await.unwrap(), doubted);
    }
    tx.commit().await.unwrap();
    let delivered = Reached::Step(Progress::Delivered);
    let applied = apply(&stage, stage.tenant, &[status(&execution, 2, 1, "wamid.A", delivered)]).await;
    assert_eq!((applied.rows, applied.unknown.len()), (1, 0), "the try that it was taken for");
    let evidence = deliveries::evidence(&stage.db, &execution).await.unwrap();
    assert_eq!((evidence.count, evidence.ways), (3, vec![("it was put back".to_owned(), 3)]));

    let person = stage.person.id;
    let mut tx = stage.db.begin().await.unwrap();
    let again = deliveries::rule(&mut tx, &execution, Ruling::SendAgain, "none of them had it", person, at(7)).await;
    assert_eq!(again.unwrap(), 3);
    tx.commit().await.unwrap();
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    assert_eq!(lease.next_seq, lease.seq_to, "they come from the queue");
    let again = Part { again: true, ..part(&lease, &[0, 1, 3]) };
    let done = commit(&stage, &execution, me, &[], &[again]).await;
    assert_eq!(done.parts[0].intents, [(0, 2), (1, 2), (3, 2)]);
    // What had gone out before is told after all: a person took that upon themselves, and it is no second message of one try.
    let applied = apply(&stage, stage.tenant, &[status(&execution, 1, 1, "wamid.B", delivered)]).await;
    assert_eq!((applied.twice.len(), applied.contradicted.len()), (0, 1));
}

async fn pages_and_counts_agree(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(9, 9).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    commit(&stage, &execution, me, &[], &[part(&lease, &[0, 1, 2, 3, 4, 5])]).await;
    let refused = Settled::Failed { code: Some(131_008), why: "x".into() };
    let outcomes = [
        accepted(0, 1, "w0"),
        accepted(1, 1, "w1"),
        accepted(2, 1, "w2"),
        Outcome { seq: 3, attempt: 1, epoch: 1, settled: refused },
        unknown(4, 1),
    ];
    commit(&stage, &execution, me, &outcomes, &[]).await;
    let updates = [
        status(&execution, 1, 1, "w1", Reached::Failed(Some(131_026))),
        status(&execution, 2, 1, "w2", Reached::Step(Progress::Read)),
    ];
    apply(&stage, stage.tenant, &updates).await;
    let page = async |after, limit, only| -> Vec<u32> {
        let rows = deliveries::ledger_page(&stage.db, stage.tenant, execution.id, after, limit, only).await.unwrap();
        rows.iter().map(|e| e.row.seq).collect()
    };
    assert_eq!(page(None, 4, None).await, [0, 1, 2, 3]);
    assert_eq!(page(Some(3), 99, None).await, [4, 5, 6, 7, 8]);
    let expected: [(Delivery, &[u32]); 6] = [
        (Delivery::Accepted, &[0]),
        (Delivery::Failed, &[1, 3]),
        (Delivery::Read, &[2]),
        (Delivery::Unknown, &[4]),
        (Delivery::Sending, &[5]),
        (Delivery::Queued, &[6, 7, 8]),
    ];
    for (only, seqs) in expected {
        assert_eq!(page(None, 99, Some(only)).await, seqs, "{only}");
    }
    let tally = deliveries::tally(&stage.db, stage.tenant, execution.id).await.unwrap();
    let whole = Tally {
        total: 9,
        queued: 3,
        sending: 1,
        accepted: 2,
        delivered: 1,
        read: 1,
        failed: 2,
        refused: 1,
        unknown: 1,
        ..Tally::default()
    };
    assert_eq!(tally, whole);
    let others = deliveries::ledger_page(&stage.db, TenantId::random(), execution.id, None, 9, None).await.unwrap();
    assert!(others.is_empty());
}
