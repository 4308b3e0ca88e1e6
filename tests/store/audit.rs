//! The audit log on both databases: in order, without gaps, never changed, and its root is that of the definition.

use countersign::domain::audit::{Actor, Event, root_of};
use countersign::domain::clock::Timestamp;
use countersign::store::Db;
use countersign::store::audit::{self, Filter};
use serde_json::json;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

on_both!(
    entries_come_in_order_and_the_root_is_that_of_their_leaves,
    what_is_written_cannot_be_changed,
    writers_at_once_leave_no_gap,
    filters_narrow_and_the_cursor_pages,
);

async fn write(db: &Db, world: &World, n: u64, now: Timestamp) -> u64 {
    let event = Event {
        actor: if n.is_multiple_of(2) { Actor::Worker } else { Actor::Person(world.owner.id) },
        act: if n.is_multiple_of(3) { "request.signed" } else { "execution.settled" },
        subject: format!("ar_{}", n % 2),
        details: json!({ "n": n }),
    };
    let mut tx = db.begin().await.unwrap();
    let seq = audit::append(&mut tx, world.tenant.id, now, event).await.unwrap();
    tx.commit().await.unwrap();
    seq
}

async fn entries_come_in_order_and_the_root_is_that_of_their_leaves(db: TestDb) {
    let db = db.open().await;
    let world = World::new(&db, "Harbour").await;
    let other = World::new(&db, "Elsewhere").await;
    for n in 0..9 {
        assert_eq!(write(&db, &world, n, NOW).await, n);
    }
    assert_eq!(write(&db, &other, 0, NOW).await, 0, "each tenant has a log of its own");
    let back = NOW.before(Duration::from_hours(1));
    write(&db, &world, 9, back).await;
    let newest = audit::find(&db, world.tenant.id, 9).await.unwrap().unwrap();
    assert_eq!(newest.at, NOW, "a clock that steps back does not reorder the log");
    let head = audit::head(&db, world.tenant.id).await.unwrap();
    let leaves = audit::leaf_hashes(&db, world.tenant.id).await.unwrap();
    assert_eq!((head.size(), leaves.len()), (10, 10));
    assert_eq!(head.root(), root_of(leaves.into_iter().map(|l| l.try_into().unwrap())));
}

async fn what_is_written_cannot_be_changed(db: TestDb) {
    let open = db.open().await;
    let world = World::new(&open, "Harbour").await;
    write(&open, &world, 0, NOW).await;
    for change in ["update audit_entry set leaf = '{}'", "delete from audit_entry"] {
        let refused = db.try_execute(change).await.unwrap_err();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    if !open.is_postgres() {
        let replaced = db
            .try_execute("replace into audit_entry select tenant_id, seq, at, actor_kind, actor_id, 'forged', subject, leaf, hash from audit_entry")
            .await;
        assert!(replaced.is_err(), "a replacement is a change too");
    }
    assert_eq!(audit::find(&open, world.tenant.id, 0).await.unwrap().unwrap().act, "request.signed");
}

async fn writers_at_once_leave_no_gap(db: TestDb) {
    let db = db.open().await;
    let world = World::new(&db, "Harbour").await;
    let mut seqs = futures::future::join_all((0..24).map(|n| write(&db, &world, n, NOW))).await;
    seqs.sort_unstable();
    assert_eq!(seqs, (0..24).collect::<Vec<_>>());
}

async fn filters_narrow_and_the_cursor_pages(db: TestDb) {
    let db = db.open().await;
    let world = World::new(&db, "Harbour").await;
    for n in 0..12 {
        write(&db, &world, n, NOW.after(Duration::from_secs(n))).await;
    }
    let seqs = async |filter: Filter, limit| -> Vec<u64> {
        audit::list(&db, world.tenant.id, &filter, limit).await.unwrap().into_iter().map(|e| e.seq).collect()
    };
    assert_eq!(seqs(Filter::default(), 3).await, [11, 10, 9]);
    assert_eq!(seqs(Filter { before: Some(9), ..Default::default() }, 3).await, [8, 7, 6]);
    assert_eq!(seqs(Filter { act: Some("request.".into()), ..Default::default() }, 9).await, [9, 6, 3, 0]);
    assert_eq!(
        seqs(Filter { act: Some("request.s".into()), subject: Some("ar_1".into()), ..Default::default() }, 9).await,
        [9, 3]
    );
    assert_eq!(seqs(Filter { actor: Some("worker".into()), ..Default::default() }, 9).await, [10, 8, 6, 4, 2, 0]);
    let (from, until) = (Some(NOW.after(Duration::from_secs(4))), Some(NOW.after(Duration::from_secs(5))));
    assert_eq!(seqs(Filter { from, until, ..Default::default() }, 9).await, [5, 4]);
}
