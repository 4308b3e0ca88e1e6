//! What it costs to write the ledger on, however long it is.

use countersign::domain::contacts::People;
use countersign::domain::deliveries::{AttemptToken, Progress};
use countersign::domain::ids::{DaemonId, ExecutionId};
use countersign::store::deliveries::{self, Execution, Lease, Outcome, Reached, StatusUpdate};

use super::{Stage, accepted, at, commit, part, sql};
use crate::support::cost::Counted;
use crate::support::db::{Kind, TestDb, on_both};

on_both!(a_commit_reads_its_own_rows_whatever_the_planner_believes,);

const COMMITS: u32 = 40;

/// What a commit costs may not grow with the ledger, nor with what the statistics hold: they are of a ledger that is over,
/// and know nothing of the new one.
async fn a_commit_reads_its_own_rows_whatever_the_planner_believes(test: TestDb) {
    let small = Fresh::of(&test, "Small", 200).await;
    let of_small = small.counted.cost(small.sent()).await;
    if test.kind == Kind::Postgres {
        sql!(
            &small.stage.db,
            "insert into delivery (execution_id, seq, contact_no, state, attempt, epoch, updated_at)
             select $1, n, n, 2, 1, 1, 0 from generate_series(1, 5000) n",
            ExecutionId::random().uuid()
        );
        test.execute("analyze").await;
    }
    let large = Fresh::of(&test, "Large", 20_000).await;
    let of_large = large.counted.cost(large.sent()).await;
    assert!(of_small > 0 && of_large < of_small * 2, "{of_large} where a small ledger takes {of_small}");
}

/// A ledger that was just written, of which nothing has gone out.
struct Fresh {
    counted: Counted,
    stage: Stage,
    execution: Execution,
    me: DaemonId,
    lease: Lease,
}

impl Fresh {
    async fn of(test: &TestDb, name: &str, people: u32) -> Self {
        let mut stage = Stage::of(test, name).await;
        let counted = Counted::of(test).await;
        stage.db = counted.0.clone();
        let id = stage.begun(people).await;
        let audience: People = (0..people).collect();
        let execution = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
        let mut tx = stage.db.begin().await.unwrap();
        assert!(deliveries::build(&mut tx, &execution, &audience, people, people, at(1)).await.unwrap());
        tx.commit().await.unwrap();
        let execution = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
        let me = DaemonId::random();
        let lease = stage.claim(&execution, me).await.unwrap();
        Self { counted, stage, execution, me, lease }
    }

    /// One row goes out with each commit, which writes down that the one before was accepted; then it is delivered.
    async fn sent(&self) {
        for seq in 0..COMMITS {
            let before = seq.checked_sub(1);
            let ended: Vec<Outcome> = before.into_iter().map(|seq| accepted(seq, 1, &format!("wamid.{seq}"))).collect();
            let done = commit(&self.stage, &self.execution, self.me, &ended, &[part(&self.lease, &[seq])]).await;
            assert_eq!((done.parts[0].intents.as_slice(), done.surprises.len()), ([(seq, 1)].as_slice(), 0));
            let Some(seq) = before else { continue };
            let token = AttemptToken { execution: self.execution.id, seq, attempt: 1 };
            let update =
                StatusUpdate { token, wamid: format!("wamid.{seq}"), reached: Reached::Step(Progress::Delivered) };
            let mut tx = self.stage.db.begin().await.unwrap();
            let applied = deliveries::apply_statuses(&mut tx, self.stage.tenant, &[update], at(20)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(applied.rows, 1);
        }
    }
}
