//! What it costs to write the ledger on, however long it is.

use countersign::domain::contacts::People;
use countersign::domain::deliveries::{AttemptToken, Progress};
use countersign::domain::ids::{DaemonId, ExecutionId};
use countersign::store::Db;
use countersign::store::deliveries::{self, Execution, Lease, Outcome, Reached, StatusUpdate};

use super::{Stage, accepted, at, commit, part, sql};
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

on_both!(a_commit_reads_its_own_rows_whatever_the_planner_believes,);

const COMMITS: u32 = 40;

/// What a commit costs may not grow with the ledger. On SQLite the steps of its machine are counted; on PostgreSQL the rows
/// that were read, where the statistics are of a ledger that is over and know nothing of the new one.
async fn a_commit_reads_its_own_rows_whatever_the_planner_believes(test: TestDb) {
    let small = Fresh::of(&test, "Small", 200).await;
    match &small.stage.db {
        Db::Sqlite { write, .. } => {
            let large = Fresh::of(&test, "Large", 20_000).await;
            let Db::Sqlite { write: other, .. } = &large.stage.db else { unreachable!("one kind of database") };
            let (small, large) = (steps(write, small.sent()).await, steps(other, large.sent()).await);
            assert!(small > 0 && large < small * 2, "{large} steps where a small ledger takes {small}");
        }
        Db::Postgres(pool) => {
            small.sent().await;
            sql!(
                &small.stage.db,
                "insert into delivery (execution_id, seq, contact_no, state, attempt, epoch, updated_at)
                 select $1, n, n, 2, 1, 1, 0 from generate_series(1, 5000) n",
                ExecutionId::random().uuid()
            );
            test.execute("analyze").await;
            let before = rows_read(pool).await;
            Fresh::of(&test, "Large", 20_000).await.sent().await;
            // What a connection read is told to the statistics within a second or so.
            let updates = i64::from(COMMITS * 3 - 2);
            let read = until("the reads are counted", Duration::from_secs(20), async || {
                let (read, updated) = rows_read(pool).await;
                (updated >= before.1 + updates).then_some(read - before.0)
            })
            .await;
            assert!(read <= updates * 20, "{read} rows were read for {updates} that were written");
        }
    }
}

/// Rows of ledgers that were read, and that were written anew, as far as the statistics know.
async fn rows_read(pool: &sqlx::PgPool) -> (i64, i64) {
    sqlx::query_as("select idx_tup_fetch + seq_tup_read, n_tup_upd from pg_stat_user_tables where relname = 'delivery'")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// How many steps SQLite's machine makes on this connection for this work, in tens.
async fn steps(write: &sqlx::SqlitePool, work: impl Future<Output = ()>) -> u64 {
    let counted = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&counted);
    let watch = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        true
    };
    write.acquire().await.unwrap().lock_handle().await.unwrap().set_progress_handler(10, watch);
    work.await;
    write.acquire().await.unwrap().lock_handle().await.unwrap().remove_progress_handler();
    counted.load(Ordering::Relaxed)
}

/// A ledger that was just written, of which nothing has gone out.
struct Fresh {
    stage: Stage,
    execution: Execution,
    me: DaemonId,
    lease: Lease,
}

impl Fresh {
    async fn of(test: &TestDb, name: &str, people: u32) -> Self {
        let stage = Stage::of(test, name).await;
        let id = stage.begun(people).await;
        let audience: People = (0..people).collect();
        let execution = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
        let mut tx = stage.db.begin().await.unwrap();
        assert!(deliveries::build(&mut tx, &execution, &audience, people, people, at(1)).await.unwrap());
        tx.commit().await.unwrap();
        let execution = deliveries::find(&stage.db, stage.tenant, id).await.unwrap().unwrap();
        let me = DaemonId::random();
        let lease = stage.claim(&execution, me).await.unwrap();
        Self { stage, execution, me, lease }
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
