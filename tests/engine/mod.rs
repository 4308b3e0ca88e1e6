//! The promise "exactly once": the ledger's transactions one by one, then the sender that lives on them.

mod aside;
mod behind;
mod cost;
mod disk;
mod doubts;
mod inbox;
mod ledger;
mod play;
mod refusals;
mod sending;
mod statuses;

use countersign::domain::clock::Timestamp;
use countersign::domain::consent::MessageCategory;
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::deliveries::Delivery;
use countersign::domain::ids::{DaemonId, ExecutionId, RequestId, TenantId};
use countersign::domain::people::{Person, Tenant};
use countersign::store::behind::Known;
use countersign::store::deliveries::{
    self, Committed, Execution, GroupCommit, Lease, NewExecution, Outcome, Part, Settled,
};
use countersign::store::{Db, requests};

use std::time::Duration;

use crate::support::db::TestDb;
use crate::support::samples;
use crate::support::world::{NOW, World};

/// How long a shard stays with its daemon.
pub const LEASE: Duration = Duration::from_secs(30);

pub const NUMBER: &str = "106540352242922";

/// Runs a statement with the same text on both databases.
macro_rules! sql {
    ($db:expr, $text:expr $(, $value:expr)*) => {
        match $db {
            countersign::store::Db::Sqlite { write, .. } => sqlx::query($text)$(.bind($value))*.execute(write).await.map(drop),
            countersign::store::Db::Postgres(pool) => sqlx::query($text)$(.bind($value))*.execute(pool).await.map(drop),
        }
        .expect("the statement runs")
    };
}
pub(crate) use sql;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// A business with one request that the worker has taken, and nothing carried out yet.
pub struct Stage {
    pub db: Db,
    pub tenant: TenantId,
    pub business: Tenant,
    pub person: Person,
    pub request: RequestId,
}

impl Stage {
    pub async fn new(test: &TestDb) -> Self {
        Self::of(test, "Harbour Tea").await
    }

    pub async fn of(test: &TestDb, name: &str) -> Self {
        let db = test.open().await;
        let world = World::new(&db, name).await;
        let (agent, _) = world.agent("promo-agent", "read,propose").await;
        let request = samples::request(&agent, NOW);
        let mut tx = db.begin().await.unwrap();
        assert!(requests::insert(&mut tx, &request, "Broadcast").await.unwrap());
        tx.commit().await.unwrap();
        sql!(
            &db,
            "update action_request set status = 'executing', approved_at = 0, not_before = 0, start_by = 0 where id = $1",
            request.id.uuid()
        );
        Self { db, tenant: world.tenant.id, business: world.tenant, person: world.owner, request: request.id }
    }

    /// An execution to this many people, with its ledger written.
    pub async fn built(&self, people: u32, shard: u32) -> Execution {
        let id = self.begun(people).await;
        let audience: People = (0..people).map(|n| n * 2).collect();
        loop {
            let execution = deliveries::find(&self.db, self.tenant, id).await.unwrap().unwrap();
            if execution.built == execution.total {
                return execution;
            }
            let mut tx = self.db.begin().await.unwrap();
            assert!(deliveries::build(&mut tx, &execution, &audience, 4, shard, at(1)).await.unwrap());
            tx.commit().await.unwrap();
        }
    }

    pub async fn begun(&self, people: u32) -> ExecutionId {
        self.begun_at(people, 20).await
    }

    pub async fn begun_at(&self, people: u32, per_second: u32) -> ExecutionId {
        let id = ExecutionId::random();
        let new = NewExecution {
            id,
            request: self.request,
            phone_number_id: NUMBER,
            category: MessageCategory::Marketing,
            total: people,
            batch_size: 4,
            per_second,
        };
        let mut tx = self.db.begin().await.unwrap();
        deliveries::add(&mut tx, self.tenant, &new, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn claim(&self, execution: &Execution, me: DaemonId) -> Option<Lease> {
        let mut tx = self.db.begin().await.unwrap();
        let lease = deliveries::claim(&mut tx, execution.id, me, LEASE, Known::default(), at(2)).await.unwrap();
        tx.commit().await.unwrap();
        lease
    }

    /// As a webhook leaves a row whose place in the queue was written at the same moment.
    pub async fn settled_past_the_queue(&self, execution: &Execution, seq: u32) {
        sql!(
            &self.db,
            "update delivery set state = 2, wamid = 'wamid.webhook' where execution_id = $1 and seq = $2",
            execution.id.uuid(),
            i64::from(seq)
        );
    }

    pub async fn suppress(&self, person: ContactNo, kind: &str) {
        sql!(
            &self.db,
            "insert into suppression (tenant_id, contact_no, kind, at, source) values ($1, $2, $3, 0, 'test')",
            self.tenant.uuid(),
            i64::from(person.0),
            kind.to_owned()
        );
    }
}

pub async fn commit(
    stage: &Stage,
    execution: &Execution,
    me: DaemonId,
    outcomes: &[Outcome],
    parts: &[Part],
) -> Committed {
    let wanted = wish(stage, execution, me, outcomes, parts);
    deliveries::group_commit(&stage.db, &wanted).await.expect("it commits")
}

pub fn wish<'a>(
    stage: &Stage,
    execution: &Execution,
    me: DaemonId,
    outcomes: &'a [Outcome],
    parts: &'a [Part],
) -> GroupCommit<'a> {
    GroupCommit {
        tenant: stage.tenant,
        execution: execution.id,
        begun: execution.started_at,
        category: MessageCategory::Marketing,
        me,
        known: Known::default(),
        lease: LEASE,
        now: at(10),
        outcomes,
        parts,
        tokens: None,
    }
}

pub fn part(lease: &Lease, intents: &[u32]) -> Part {
    let next_seq = intents.iter().max().map_or(lease.next_seq, |s| s + 1).max(lease.next_seq);
    Part {
        shard_no: lease.shard_no,
        epoch: lease.epoch,
        next_seq,
        low_seq: intents.iter().min().copied().unwrap_or(next_seq),
        intents: intents.to_vec(),
        ..Part::default()
    }
}

pub fn accepted(seq: u32, attempt: i16, wamid: &str) -> Outcome {
    Outcome { seq, attempt, epoch: 1, settled: Settled::Accepted { wamid: wamid.into() } }
}

pub fn unknown(seq: u32, attempt: i16) -> Outcome {
    Outcome { seq, attempt, epoch: 1, settled: Settled::Unknown { why: "the connection broke".into() } }
}

pub async fn word(stage: &Stage, execution: &Execution, seq: u32) -> Delivery {
    deliveries::entry(&stage.db, stage.tenant, execution.id, seq).await.unwrap().expect("a row").row.delivery
}
