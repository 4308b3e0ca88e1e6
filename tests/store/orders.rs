//! Orders as rows: one for each request, never more than there is in stock, and links that only their customer can pay by.

use std::time::Duration;

use countersign::domain::orders::links::{GRACE, Revocation};
use countersign::domain::orders::{Act, OrderState, SourceKind, SourceOrderId, Standing, Stock};
use countersign::store::contacts;
use countersign::store::conversations::{self, Heard};
use countersign::store::orders::{self, Created, links};

use crate::support::counter::{Counter, NUMBER, product};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, person};

on_both!(
    an_order_takes_from_the_stock_once,
    two_orders_never_take_more_than_there_is,
    an_order_that_is_called_off_gives_back_and_is_paid_no_more,
    another_source_is_asked_in_turns_and_answers_once,
    a_link_belongs_to_the_customer_who_ordered,
    a_link_opens_for_what_was_last_sent_and_is_used_up_by_going_on,
    whoever_may_be_another_pays_nothing,
    the_catalogue_is_listed_and_changed,
);

async fn an_order_takes_from_the_stock_once(db: TestDb) {
    let counter = Counter::open(&db).await;
    let (request, basket) = (counter.request().await, counter.basket(&[("oolong", 2), ("jasmine", 1)]).await);
    let Created::New(order) = counter.create(request, &basket, SourceKind::Catalogue).await else { panic!("new") };
    assert_eq!(order.basket.total().to_string(), "HK$304.50");
    assert_eq!(order.standing, Standing::Placed(SourceOrderId::try_from(order.id.to_string()).unwrap()));
    assert_eq!(counter.left("oolong").await, Stock::Left(1));
    assert_eq!(counter.create(request, &basket, SourceKind::Catalogue).await, Created::There(order.clone()));
    assert_eq!(counter.left("oolong").await, Stock::Left(1), "nothing is taken twice");
    let listed = orders::of_conversation(&counter.world.db, counter.tenant(), counter.thread, 9).await.unwrap();
    assert_eq!(listed, [order]);
}

async fn two_orders_never_take_more_than_there_is(db: TestDb) {
    let counter = Counter::open(&db).await;
    let (first, second) = (counter.request().await, counter.request().await);
    let basket = counter.basket(&[("jasmine", 1), ("oolong", 2)]).await;
    let made = futures::future::join(
        counter.create(first, &basket, SourceKind::Catalogue),
        counter.create(second, &basket, SourceKind::Catalogue),
    )
    .await;
    let news = [&made.0, &made.1].into_iter().filter(|made| matches!(made, Created::New(_))).count();
    let gone = Created::Gone("oolong".parse().unwrap());
    assert_eq!((news, [&made.0, &made.1].contains(&&gone)), (1, true), "{made:?}");
    assert_eq!(counter.left("oolong").await, Stock::Left(1));
    // What could not be had leaves nothing behind, and its request may try once more.
    let missed = if made.0 == gone { first } else { second };
    assert!(orders::of_request(&counter.world.db, counter.tenant(), missed).await.unwrap().is_none());
    let mut tx = counter.world.db.begin().await.unwrap();
    orders::put(&mut tx, counter.tenant(), &[product("oolong", 12_000, Some(9))]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(counter.create(missed, &basket, SourceKind::Catalogue).await, gone, "not at another price");
    assert_eq!(counter.left("oolong").await, Stock::Left(9));
}

async fn an_order_that_is_called_off_gives_back_and_is_paid_no_more(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 2)]).await;
    let link = counter.link(order.id).await.unwrap();
    let (token, _) = counter.armed(link.id).await.unwrap();
    for legal in [true, false] {
        let mut tx = counter.world.db.begin().await.unwrap();
        let done = orders::act(&mut tx, counter.tenant(), order.id, &Act::Cancel, counter.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(done, legal);
    }
    assert_eq!(counter.left("oolong").await, Stock::Left(3));
    assert!(links::open(&counter.world.db, &token.hash(), counter.now()).await.unwrap().is_none());
    assert_eq!(counter.found(link.id).await.revoked, Some((counter.now(), Revocation::OrderEnded)));
    assert!(counter.link(order.id).await.is_none(), "nobody is asked to pay it");
    assert!(counter.armed(link.id).await.is_none());
}

async fn another_source_is_asked_in_turns_and_answers_once(db: TestDb) {
    let counter = Counter::open(&db).await;
    let (request, basket) = (counter.request().await, counter.basket(&[("oolong", 3)]).await);
    let Created::New(order) = counter.create(request, &basket, SourceKind::Connector).await else { panic!("new") };
    assert_eq!((order.standing, counter.left("oolong").await), (Standing::Placing, Stock::Left(3)));
    let now = counter.now();
    let later = now.after(Duration::from_secs(60));
    let due = async |at| {
        let mut tx = counter.world.db.begin().await.unwrap();
        let due = orders::due(&mut tx, (at, later), 9).await.unwrap();
        tx.commit().await.unwrap();
        due.iter().map(|due| (due.order.id, due.tries)).collect::<Vec<_>>()
    };
    assert_eq!(due(now).await, [(order.id, 0)]);
    assert!(due(now).await.is_empty(), "somebody is at it");
    assert_eq!(due(later).await, [(order.id, 1)], "who died at it is followed");
    let id = SourceOrderId::try_from("SO-7".to_owned()).unwrap();
    for (act, legal) in
        [(Act::Place(id.clone()), true), (Act::Place(id.clone()), false), (Act::Refuse("no".into()), false)]
    {
        let mut tx = counter.world.db.begin().await.unwrap();
        assert_eq!(orders::act(&mut tx, counter.tenant(), order.id, &act, now).await.unwrap(), legal, "{act:?}");
        tx.commit().await.unwrap();
    }
    let stands = orders::find(&counter.world.db, counter.tenant(), order.id).await.unwrap().unwrap().standing;
    assert_eq!((stands.state(), stands), (OrderState::Placed, Standing::Placed(id)));
    assert!(due(later.after(Duration::from_hours(1))).await.is_empty());
}

async fn a_link_belongs_to_the_customer_who_ordered(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let other = counter.world.contacts(&[person(2)]).await[0];
    let mut tx = counter.world.db.begin().await.unwrap();
    let heard = Heard { number: NUMBER, contact: other, at: NOW, wants_answer: true };
    let elsewhere = conversations::heard(&mut tx, counter.tenant(), &heard, NOW).await.unwrap().id;
    tx.commit().await.unwrap();
    let request = counter.request().await;
    assert!(counter.link_under(request, order.id, elsewhere).await.is_none());
    let link = counter.link_under(request, order.id, counter.thread).await.unwrap();
    assert_eq!((link.amount, link.contact), (order.basket.total(), counter.contact));
    let again = counter.link_under(request, order.id, counter.thread).await.unwrap();
    assert_eq!(again.id, link.id, "one link for each request");
}

async fn a_link_opens_for_what_was_last_sent_and_is_used_up_by_going_on(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let (first, _) = counter.armed(link.id).await.unwrap();
    let (second, reply) = counter.armed(link.id).await.unwrap();
    let store = &counter.world.db;
    let open = async |hash, at| links::open(store, &hash, at).await.unwrap().is_some();
    let take = async |hash, at| {
        let mut tx = store.begin().await.unwrap();
        let taken = links::take(&mut tx, &hash, at).await.unwrap().is_some();
        tx.commit().await.unwrap();
        taken
    };
    let now = counter.now();
    assert!(!open(first.hash(), now).await, "what was not sent opens nothing");
    for _ in 0..3 {
        assert!(open(second.hash(), now).await, "to look uses nothing up");
    }
    assert_eq!(counter.found(link.id).await.opened_at, Some(now));
    assert!(!open(second.hash(), link.expires_at).await);
    assert!(take(second.hash(), now).await && take(second.hash(), now.after(GRACE / 2)).await, "a lost answer");
    assert!(!take(second.hash(), now.after(GRACE)).await && !open(second.hash(), now.after(GRACE)).await);
    assert_eq!(counter.found(link.id).await.used_at, Some(now), "the first time counts");
    let mut tx = store.begin().await.unwrap();
    links::revoke_of_reply(&mut tx, counter.tenant(), reply, Revocation::NotDelivered, now).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!take(second.hash(), now).await, "taken back");
}

async fn whoever_may_be_another_pays_nothing(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let (token, _) = counter.armed(link.id).await.unwrap();
    let (store, tenant, now) = (&counter.world.db, counter.tenant(), counter.now());
    let later = now.after(Duration::from_secs(5));
    let mut tx = store.begin().await.unwrap();
    let seen = contacts::Seen { username: None, identity_hash: Some("mark"), at: now };
    contacts::seen(&mut tx, tenant, counter.contact, &seen).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(counter.reach().await.may_send(), Ok(Some("mark")));
    let mut tx = store.begin().await.unwrap();
    assert!(contacts::mismatched(&mut tx, tenant, counter.contact, "mark", later).await.unwrap());
    tx.commit().await.unwrap();
    assert!(counter.reach().await.may_send().is_err());
    assert!(links::open(store, &token.hash(), later).await.unwrap().is_none());
    assert_eq!(counter.found(link.id).await.revoked, Some((later, Revocation::IdentityChanged)));
    for (at, fine) in [(now, false), (later.after(Duration::from_secs(1)), true)] {
        let mut tx = store.begin().await.unwrap();
        contacts::confirm_identity(&mut tx, tenant, counter.contact, at).await.unwrap();
        tx.commit().await.unwrap();
        let reach = counter.reach().await;
        assert_eq!((reach.may_send().is_ok(), reach.identity_hash.is_none()), (fine, true), "the mark was another's");
    }
}

async fn the_catalogue_is_listed_and_changed(db: TestDb) {
    let counter = Counter::open(&db).await;
    let store = &counter.world.db;
    let ids = async |after: Option<&str>| {
        let after = after.map(|id| id.parse().unwrap());
        let listed = orders::catalogue(store, counter.tenant(), after.as_ref(), 9).await.unwrap();
        listed.into_iter().map(|product| product.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(None).await, ["jasmine", "oolong"]);
    assert_eq!(ids(Some("jasmine")).await, ["oolong"]);
    let mut tx = store.begin().await.unwrap();
    let changed = [product("oolong", 1, None), product("puer", 2, Some(0))];
    orders::put(&mut tx, counter.tenant(), &changed).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(None).await, ["jasmine", "oolong", "puer"]);
    assert_eq!((counter.left("oolong").await, counter.left("puer").await), (Stock::Unlimited, Stock::Left(0)));
}
