//! Consent: the history, what stands now, and the suppression list.

use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::ConsentId;
use countersign::store::Db;
use countersign::store::consent::{self, Filter, NewConsent, OptOutFilter};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, granted, person};

on_both!(
    what_was_said_last_stands_whatever_is_written_first,
    thousands_of_records_stand_at_once,
    the_history_is_read_in_pages,
    a_suppression_is_kept_once_and_can_be_lifted,
);

async fn marketing_of(db: &Db, world: &World, no: ContactNo) -> Option<Timestamp> {
    let standing = consent::standing(db, world.tenant.id, &[no]).await.unwrap();
    let of = standing.get(&no)?;
    of.iter().find(|(c, _)| *c == MessageCategory::Marketing).map(|(_, consent)| consent.given_at)
}

async fn write(world: &World, records: &[NewConsent], now: Timestamp) {
    let mut tx = world.db.begin().await.unwrap();
    consent::record(&mut tx, world.tenant.id, records, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn what_was_said_last_stands_whatever_is_written_first(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let no = world.contacts(&[person(1)]).await[0];
    let said = |state, hours| NewConsent {
        id: ConsentId::random(),
        state,
        source: ConsentSource::Oral,
        evidence: None,
        given_at: NOW.after(Duration::from_hours(hours)),
        ..granted(no, MessageCategory::Marketing)
    };
    write(&world, &[said(ConsentState::Granted, 1)], NOW).await;
    assert_eq!(marketing_of(&world.db, &world, no).await, Some(NOW.after(Duration::from_hours(1))));
    let standing = consent::standing(&world.db, world.tenant.id, &[no]).await.unwrap();
    assert!(!standing[&no][0].1.traceable && !standing[&no][0].1.confirmed);
    write(&world, &[said(ConsentState::Withdrawn, 5)], NOW).await;
    assert_eq!(marketing_of(&world.db, &world, no).await, None);
    write(&world, &[said(ConsentState::Granted, 3)], NOW).await;
    assert_eq!(marketing_of(&world.db, &world, no).await, None, "an older yes does not undo a later no");
    write(&world, &[said(ConsentState::Granted, 6)], NOW).await;
    assert_eq!(marketing_of(&world.db, &world, no).await, Some(NOW.after(Duration::from_hours(6))));
    let of_one = Filter { contact: Some(no), ..Filter::default() };
    let history = consent::list(&world.db, world.tenant.id, &of_one, 10).await.unwrap();
    assert_eq!(history.len(), 4, "nothing is ever taken out of the history");
}

async fn thousands_of_records_stand_at_once(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let numbers = world.contacts(&(0..1_200).map(person).collect::<Vec<_>>()).await;
    let records: Vec<NewConsent> = numbers
        .iter()
        .flat_map(|no| [MessageCategory::Marketing, MessageCategory::Utility].map(|c| granted(*no, c)))
        .collect();
    write(&world, &records, NOW).await;
    let standing = consent::standing(&world.db, world.tenant.id, &numbers).await.unwrap();
    assert_eq!(standing.len(), 1_200);
    assert!(standing.values().all(|of| of.len() == 2 && of.iter().all(|(_, consent)| consent.traceable)));
}

async fn the_history_is_read_in_pages(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let numbers = world.contacts(&(0..5).map(person).collect::<Vec<_>>()).await;
    for (n, no) in numbers.iter().enumerate() {
        // Two at one instant: the id decides.
        write(&world, &[granted(*no, MessageCategory::Marketing)], NOW.after(Duration::from_secs(n as u64 / 2))).await;
    }
    let tenant = world.tenant.id;
    let first = consent::list(&world.db, tenant, &Filter::default(), 3).await.unwrap();
    write(&world, &[granted(numbers[0], MessageCategory::Utility)], NOW.after(Duration::from_hours(1))).await;
    let after = first.last().map(|(_, r)| (r.recorded_at, r.id));
    let second = consent::list(&world.db, tenant, &Filter { after, ..Filter::default() }, 3).await.unwrap();
    assert_eq!((first.len(), second.len()), (3, 2));
    assert!(second.iter().all(|(_, r)| !first.iter().any(|(_, f)| f.id == r.id)));
    let utility = Filter { category: Some(MessageCategory::Utility), ..Filter::default() };
    assert_eq!(consent::list(&world.db, tenant, &utility, 9).await.unwrap().len(), 1);
    let withdrawn = Filter { state: Some(ConsentState::Withdrawn), ..Filter::default() };
    assert!(consent::list(&world.db, tenant, &withdrawn, 9).await.unwrap().is_empty());
}

async fn a_suppression_is_kept_once_and_can_be_lifted(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let numbers = world.contacts(&(0..3).map(person).collect::<Vec<_>>()).await;
    let mut tx = world.db.begin().await.unwrap();
    let stop = Suppression::OptedOutOfEverything;
    let later = NOW.after(Duration::from_secs(9));
    assert!(consent::suppress(&mut tx, tenant, numbers[0], stop, "inbound_message", Some("停止"), NOW).await.unwrap());
    assert!(!consent::suppress(&mut tx, tenant, numbers[0], stop, "console", None, later).await.unwrap());
    assert!(consent::suppress(&mut tx, tenant, numbers[0], Suppression::Invalid, "meta", None, NOW).await.unwrap());
    assert!(consent::suppress(&mut tx, tenant, numbers[2], stop, "console", None, later).await.unwrap());
    tx.commit().await.unwrap();

    let of = consent::suppressions(&world.db, tenant, &numbers).await.unwrap();
    assert_eq!((of[&numbers[0]].len(), of.contains_key(&numbers[1])), (2, false));
    let first = consent::opt_outs(&world.db, tenant, &OptOutFilter::default(), 2).await.unwrap();
    assert_eq!(first[0].0, numbers[2]);
    let after = first.last().map(|(no, entry)| (entry.at, *no, entry.kind));
    let second = consent::opt_outs(&world.db, tenant, &OptOutFilter { after, ..OptOutFilter::default() }, 2).await;
    let second = second.unwrap();
    assert_eq!(second.len(), 1);
    let word = first.iter().chain(&second).find_map(|(_, entry)| entry.word.clone());
    assert_eq!(word.as_deref(), Some("停止"), "kept as it was written");

    let mut tx = world.db.begin().await.unwrap();
    assert!(consent::lift(&mut tx, tenant, numbers[0], stop).await.unwrap());
    assert!(!consent::lift(&mut tx, tenant, numbers[0], stop).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(consent::suppressions(&world.db, tenant, &numbers).await.unwrap()[&numbers[0]].len(), 1);
}
