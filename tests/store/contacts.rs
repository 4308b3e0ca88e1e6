//! Contacts: bulk insert, numbers, lookups, filters, pages.

use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::ContactId;
use countersign::store::contacts::{self, Filter};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, granted, person, who};

on_both!(
    thousands_are_added_in_order_with_their_tags,
    a_number_twice_adds_nobody,
    whoever_writes_first_is_known_after,
    two_writers_never_give_one_number,
    filters_narrow_and_pages_are_stable_under_inserts,
    tenants_do_not_see_each_other,
);

async fn thousands_are_added_in_order_with_their_tags(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let people: Vec<_> = (0..1_234).map(person).collect();
    let numbers = world.contacts(&people).await;
    assert_eq!(numbers, (1..=1_234).map(ContactNo).collect::<Vec<_>>());
    let last = contacts::find(&world.db, world.tenant.id, people[1_233].id).await.unwrap().unwrap();
    assert_eq!((last.no, last.tags.len(), last.attributes["tier"].as_str()), (ContactNo(1_234), 1, "gold"));
    assert_eq!(last.phone.unwrap().to_string(), "+852 •••• ••33", "masked until a permit opens it");
    let more = world.contacts(&[person(5_000)]).await;
    assert_eq!(more, [ContactNo(1_235)]);
    let found = contacts::many(&world.db, world.tenant.id, &[ContactNo(3), ContactNo(1_235), ContactNo(9_999)]).await;
    assert_eq!(found.unwrap().len(), 2);
}

async fn a_number_twice_adds_nobody(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut tx = world.db.begin().await.unwrap();
    let refused = contacts::insert_many(&mut tx, world.tenant.id, &[person(1), person(2), person(1)]).await;
    assert!(refused.unwrap_err().is_unique_violation());
    drop(tx);
    assert!(contacts::list(&world.db, world.tenant.id, &Filter::default(), 10).await.unwrap().is_empty());
}

async fn whoever_writes_first_is_known_after(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let ada = who(Some("+85291234567"), None);
    let mut tx = world.db.begin().await.unwrap();
    let first = contacts::know(&mut tx, world.tenant.id, &ada, "Ada", NOW, NOW).await.unwrap();
    let again = contacts::know(&mut tx, world.tenant.id, &ada, "Bea", NOW, NOW).await.unwrap();
    assert_eq!(first, again);
    let first = first.known;
    let later = NOW.after(Duration::from_secs(60));
    contacts::wrote(&mut tx, world.tenant.id, first.no, later).await.unwrap();
    contacts::wrote(&mut tx, world.tenant.id, first.no, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let known = contacts::find(&world.db, world.tenant.id, first.id).await.unwrap().unwrap();
    assert_eq!((known.last_inbound_at, known.name.to_string().as_str()), (Some(later), "A••"));
}

async fn two_writers_never_give_one_number(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let add = |from: usize| {
        let (db, tenant) = (world.db.clone(), world.tenant.id);
        tokio::spawn(async move {
            for n in from..from + 10 {
                let mut tx = db.begin().await.unwrap();
                contacts::insert_many(&mut tx, tenant, &[person(n)]).await.unwrap();
                tx.commit().await.unwrap();
            }
        })
    };
    for task in [add(0), add(100), add(200)] {
        task.await.unwrap();
    }
    let all = contacts::list(&world.db, world.tenant.id, &Filter::default(), 100).await.unwrap();
    assert_eq!(all.iter().map(|c| c.no.0).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
}

async fn filters_narrow_and_pages_are_stable_under_inserts(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut people: Vec<_> = (0..10).map(person).collect();
    people[3].tags.insert("vip".into());
    people[4].last_inbound_at = Some(NOW);
    people[5].phone = None;
    let numbers = world.contacts(&people).await;
    world.consent(&numbers[..2]).await;
    let mut tx = world.db.begin().await.unwrap();
    let kind = countersign::domain::consent::Suppression::OptedOutOfMarketing;
    countersign::store::consent::suppress(&mut tx, tenant, numbers[7], kind, "test", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let count = async |filter: Filter| contacts::list(&world.db, tenant, &filter, 100).await.unwrap().len();
    assert_eq!(count(Filter { tag: Some("vip".into()), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { language: "en".parse().ok(), ..Filter::default() }).await, 5);
    assert_eq!(count(Filter { market: "HK".parse().ok(), ..Filter::default() }).await, 9);
    assert_eq!(count(Filter { phone: people[2].phone.clone(), ..Filter::default() }).await, 1);
    let marketing = granted(numbers[0], countersign::domain::consent::MessageCategory::Marketing).category;
    assert_eq!(count(Filter { consent: Some(marketing), ..Filter::default() }).await, 2);
    assert_eq!(count(Filter { suppressed: Some(true), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { suppressed: Some(false), ..Filter::default() }).await, 9);
    assert_eq!(count(Filter { wrote_since: Some(NOW), ..Filter::default() }).await, 1);

    let page = contacts::list(&world.db, tenant, &Filter::default(), 6).await.unwrap();
    world.contacts(&[person(50)]).await;
    let rest = Filter { after: page.last().map(|c| c.no), ..Filter::default() };
    let rest = contacts::list(&world.db, tenant, &rest, 100).await.unwrap();
    let seen: Vec<ContactId> = page.iter().chain(&rest).map(|c| c.id).collect();
    assert_eq!(seen[..10], people.iter().map(|c| c.id).collect::<Vec<_>>(), "each once, in order");
    assert_eq!(seen.len(), 11);
}

async fn tenants_do_not_see_each_other(db: TestDb) {
    let open = db.open().await;
    let (a, b) = (World::new(&open, "a").await, World::new(&open, "b").await);
    let of_a = person(1);
    let no = a.contacts(std::slice::from_ref(&of_a)).await[0];
    b.contacts(&[person(1)]).await;
    assert!(contacts::find(&open, b.tenant.id, of_a.id).await.unwrap().is_none());
    assert_eq!(contacts::number_of(&open, b.tenant.id, of_a.id).await.unwrap(), None);
    assert_eq!(contacts::number_of(&open, a.tenant.id, of_a.id).await.unwrap(), Some(no));
}
