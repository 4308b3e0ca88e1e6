//! Segments: versions, and the list of the newest.

use countersign::domain::ids::SegmentId;
use countersign::domain::segments::Condition;
use countersign::store::segments;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

on_both!(a_change_is_a_new_version_and_the_old_one_stays, the_list_has_the_newest_of_each);

async fn a_change_is_a_new_version_and_the_old_one_stays(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let (tenant, id) = (world.tenant.id, SegmentId::random());
    let (member, vip) = (Condition::Tag("member".into()), Condition::Tag("vip".into()));
    let mut tx = world.db.begin().await.unwrap();
    let first = segments::add_version(&mut tx, tenant, id, "Members", &member, None, NOW).await.unwrap();
    let second = segments::add_version(&mut tx, tenant, id, "Best", &member, Some(&vip), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((first.version, second.version), (1, 2));
    assert_eq!(segments::find(&world.db, tenant, id).await.unwrap(), Some(second));
    assert_eq!(segments::version(&world.db, tenant, id, 1).await.unwrap(), Some(first));
    let other = World::new(&world.db, "other").await;
    assert_eq!(segments::find(&world.db, other.tenant.id, id).await.unwrap(), None);
}

async fn the_list_has_the_newest_of_each(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    for name in ["c", "a", "b", "b"] {
        let id = SegmentId::random();
        segments::add_version(&mut tx, tenant, id, "old name", &Condition::Everyone, None, NOW).await.unwrap();
        segments::add_version(&mut tx, tenant, id, name, &Condition::Everyone, None, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    let first = segments::list(&world.db, tenant, None, 2).await.unwrap();
    let after = first.last().map(|s| (s.name.clone(), s.id));
    let second = segments::list(&world.db, tenant, after.as_ref(), 2).await.unwrap();
    let names: Vec<&str> = first.iter().chain(&second).map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "b", "c"]);
}
