//! Orders that wait for another system and are called off, wait for too long, or stand in a database that was put back.

use std::time::Duration;

use countersign::approvals::behind::stand_still;
use countersign::approvals::orders::round;
use countersign::approvals::orders::stop::{Stopped, close, stop};
use countersign::domain::orders::links::Revocation;
use countersign::domain::orders::{STOP_PATIENCE, Standing, USUAL_WAIT};
use countersign::domain::people::{Person, Role};
use countersign::domain::requests::Status;
use countersign::domain::secret::Secret;
use countersign::order_source::{OrderSource, Settings};
use countersign::store::identity::Identity;
use countersign::store::{behind, instance, requests};

use super::source::{acts, executing, looks, opened, ordered, seen, stands, status, will};
use crate::support::db::{TestDb, on_both};

on_both!(
    an_order_that_was_never_asked_for_is_called_off_at_once,
    an_order_that_may_be_there_is_looked_for_before_it_is_called_off,
    a_person_ends_an_order_of_which_a_silent_source_says_nothing,
    an_order_that_waits_for_too_long_is_left_to_people,
    a_database_that_was_put_back_leaves_its_orders_to_people,
);

fn nowhere() -> OrderSource {
    OrderSource::new(&Settings::at("http://127.0.0.1:9"), Secret::new("x")).unwrap()
}

async fn an_order_that_was_never_asked_for_is_called_off_at_once(db: TestDb) {
    let (mut counter, books) = opened(&db).await;
    let there = counter.ctx.orders.source.replace(nowhere());
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    round(&counter.ctx).await.unwrap();
    let (person, tenant) = (counter.world.owner.clone(), counter.tenant());
    assert_eq!(stop(&counter.ctx, tenant, request, &person).await.unwrap(), Stopped::AtOnce);
    let Standing::Cancelled(why) = stands(&counter, id).await else { panic!("it still waits") };
    assert!(why.contains("never asked"), "{why}");
    let ended = requests::find(&counter.world.db, tenant, request).await.unwrap().unwrap();
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (Status::Cancelled, "stopped"));
    assert_eq!(ended.result.unwrap()["state"], "cancelled");
    assert!(stop(&counter.ctx, tenant, request, &person).await.is_err(), "once");
    counter.ctx.orders.source = there;
    counter.clock.advance(Duration::from_hours(1));
    assert_eq!((round(&counter.ctx).await.unwrap(), seen(&books).0), (0, 0));
    assert_eq!((acts(&counter, "order.called_off").await, acts(&counter, "execution.stopped").await), (1, 1));
}

async fn an_order_that_may_be_there_is_looked_for_before_it_is_called_off(db: TestDb) {
    let (counter, books) = opened(&db).await;
    let (person, tenant) = (counter.world.owner.clone(), counter.tenant());
    for there in [true, false] {
        let id = ordered(&counter).await;
        let request = executing(&db, &counter, id).await;
        will(&books, |books| (books.loses, books.drops) = (usize::from(there), usize::from(!there)));
        round(&counter.ctx).await.unwrap();
        let asked = seen(&books).0;
        let auditor = Person { role: Role::Auditor, ..person.clone() };
        assert!(stop(&counter.ctx, tenant, request, &auditor).await.is_err(), "not everybody stops things");
        assert_eq!(stop(&counter.ctx, tenant, request, &person).await.unwrap(), Stopped::Looked);
        assert_eq!(status(&counter, request).await, Status::Executing);
        assert!(close(&counter.ctx, tenant, request, &person).await.is_err(), "its source has not been looked at");
        assert_eq!(round(&counter.ctx).await.unwrap(), 1, "at once");
        if there {
            assert!(matches!(stands(&counter, id).await, Standing::Placed(_)), "what is there is there");
            assert_eq!(status(&counter, request).await, Status::Succeeded);
        } else {
            looks(&counter, 1).await;
            assert_eq!(stands(&counter, id).await, Standing::Placing);
            looks(&counter, 1).await;
            assert!(matches!(stands(&counter, id).await, Standing::Cancelled(_)));
            assert_eq!(status(&counter, request).await, Status::Cancelled);
        }
        assert_eq!(seen(&books).0, asked, "it is asked for no more");
    }
    assert_eq!(acts(&counter, "order.stop_asked").await, 2);
}

async fn a_person_ends_an_order_of_which_a_silent_source_says_nothing(db: TestDb) {
    let (mut counter, books) = opened(&db).await;
    let (person, tenant) = (counter.world.owner.clone(), counter.tenant());
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    books.lock().unwrap().drops = 1;
    round(&counter.ctx).await.unwrap();
    counter.ctx.orders.source = Some(nowhere());
    stop(&counter.ctx, tenant, request, &person).await.unwrap();
    round(&counter.ctx).await.unwrap();
    assert!(close(&counter.ctx, tenant, request, &person).await.is_err(), "it may still answer");
    assert_eq!(status(&counter, request).await, Status::Executing);
    counter.clock.advance(STOP_PATIENCE);
    round(&counter.ctx).await.unwrap();
    assert_eq!(
        (status(&counter, request).await, stands(&counter, id).await),
        (Status::NeedsAttention, Standing::Placing)
    );
    close(&counter.ctx, tenant, request, &person).await.unwrap();
    let Standing::Cancelled(why) = stands(&counter, id).await else { panic!("it still waits") };
    assert!(why.contains("has not said whether it has it"), "{why}");
    assert_eq!(status(&counter, request).await, Status::Cancelled);
}

async fn an_order_that_waits_for_too_long_is_left_to_people(db: TestDb) {
    let (mut counter, books) = opened(&db).await;
    let there = counter.ctx.orders.source.replace(nowhere());
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    round(&counter.ctx).await.unwrap();
    assert_eq!(status(&counter, request).await, Status::Executing);
    counter.ctx.orders.source = there;
    counter.clock.advance(USUAL_WAIT);
    for _ in 0..2 {
        round(&counter.ctx).await.unwrap();
        counter.clock.advance(Duration::from_mins(10));
    }
    assert_eq!((status(&counter, request).await, seen(&books).0), (Status::NeedsAttention, 0));
    assert_eq!(acts(&counter, "execution.in_doubt").await, 1);
    let person = counter.world.owner.clone();
    assert_eq!(stop(&counter.ctx, counter.tenant(), request, &person).await.unwrap(), Stopped::AtOnce);
    assert_eq!(status(&counter, request).await, Status::Cancelled);
    assert!(matches!(stands(&counter, id).await, Standing::Cancelled(_)));
}

async fn a_database_that_was_put_back_leaves_its_orders_to_people(db: TestDb) {
    let (counter, books) = opened(&db).await;
    let (store, now) = (&counter.world.db, counter.now());
    let paid = counter.order(&[("jasmine", 1)]).await;
    let link = counter.link(paid.id).await.unwrap();
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    let identity = Identity::of(store).await.unwrap();
    instance::enter(store, "test", 0, &identity, now).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    behind::notice(&mut tx, now, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((round(&counter.ctx).await.unwrap(), seen(&books).1), (0, 0), "nothing is asked");
    assert!(stand_still(&counter.ctx, now, 0, &identity).await.unwrap().is_some());
    assert_eq!(counter.found(link.id).await.revoked.map(|(_, why)| why), Some(Revocation::Restored));
    for _ in 0..4 {
        round(&counter.ctx).await.unwrap();
        counter.clock.advance(Duration::from_mins(10));
    }
    let (asked, looks, _) = seen(&books);
    assert_eq!((asked, looks), (0, 4), "it is looked for only");
    assert_eq!(
        (status(&counter, request).await, stands(&counter, id).await),
        (Status::NeedsAttention, Standing::Placing)
    );
}
