//! Orders as rows: one for each request, never more than there is in stock, and links that only their customer can pay by.

use std::time::Duration;

use countersign::domain::ids::DaemonId;
use countersign::domain::orders::links::{GRACE, Revocation};
use countersign::domain::orders::{Act, OrderState, SourceKind, SourceOrderId, Standing, Stock, Stop};
use countersign::store::conversations::{self, Heard};
use countersign::store::identity::Identity;
use countersign::store::orders::links::{Armed, Opening, Try};
use countersign::store::orders::placing::Due;
use countersign::store::orders::{self, Created, links, placing};
use countersign::store::{behind, contacts, instance};

use crate::engine::sql;
use crate::support::counter::{Counter, NUMBER, product};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, person};

on_both!(
    an_order_takes_from_the_stock_once,
    two_orders_never_take_more_than_there_is,
    an_order_that_waits_is_called_off_by_one_of_two,
    a_database_that_is_behind_asks_for_nothing_and_opens_nothing,
    whoever_stood_still_leaves_the_link_that_the_customer_holds,
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

async fn an_order_that_waits_is_called_off_by_one_of_two(db: TestDb) {
    let counter = Counter::open(&db).await;
    let (request, basket) = (counter.request().await, counter.basket(&[("oolong", 3)]).await);
    let Created::New(order) = counter.create(request, &basket, SourceKind::Connector).await else { panic!("new") };
    let (now, tenant, store) = (counter.now(), counter.tenant(), &counter.world.db);
    let mut tx = store.begin().await.unwrap();
    let mut due = placing::due(&mut tx, (now, now.after(Duration::from_secs(60))), 9).await.unwrap();
    tx.commit().await.unwrap();
    let held = due.remove(0);
    let ask = async |held: &Due| {
        let mut tx = store.begin().await.unwrap();
        let asked = placing::ask(&mut tx, held, (now, held.until)).await.unwrap();
        tx.commit().await.unwrap();
        asked
    };
    let later = Due { until: held.until.after(Duration::from_secs(1)), ..held.clone() };
    assert!(!ask(&later).await && ask(&held).await, "only whoever has it asks");
    let stop = Stop { at: now, by: counter.world.owner.id };
    let people_at = now.after(Duration::from_mins(10));
    for known in [true, false] {
        let mut tx = store.begin().await.unwrap();
        let waiting = placing::stop(&mut tx, tenant, order.id, stop, people_at).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(waiting.map(|it| (it.asked_at, it.people_at)), known.then_some((Some(now), people_at)));
    }
    assert!(!ask(&held).await, "and not once it is called off");
    let mut tx = store.begin().await.unwrap();
    assert!(!placing::hold(&mut tx, &held).await.unwrap(), "whoever had it has lost it");
    for (act, legal) in [(Act::CallOff("never".into()), true), (Act::Refuse("no".into()), false)] {
        assert_eq!(orders::act(&mut tx, tenant, order.id, &act, now).await.unwrap(), legal);
    }
    tx.commit().await.unwrap();
    let stands = orders::find(store, tenant, order.id).await.unwrap().unwrap().standing;
    assert_eq!((stands, counter.left("oolong").await), (Standing::Cancelled("never".into()), Stock::Left(3)));
    assert!(counter.link(order.id).await.is_none(), "nobody is asked to pay it");
}

async fn a_database_that_is_behind_asks_for_nothing_and_opens_nothing(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let (token, _) = counter.armed(link.id).await.unwrap();
    let (request, basket) = (counter.request().await, counter.basket(&[("jasmine", 1)]).await);
    let Created::New(waits) = counter.create(request, &basket, SourceKind::Connector).await else { panic!("new") };
    let (now, store) = (counter.now(), &counter.world.db);
    let due = async || {
        let mut tx = store.begin().await.unwrap();
        let due = placing::due(&mut tx, (now, now), 9).await.unwrap();
        tx.commit().await.unwrap();
        due
    };
    let held = due().await.remove(0);
    let identity = Identity::of(store).await.unwrap();
    instance::enter(store, "test", 0, &identity, now).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    behind::notice(&mut tx, now, now).await.unwrap();
    tx.commit().await.unwrap();
    assert!(due().await.is_empty());
    let mut tx = store.begin().await.unwrap();
    assert!(!placing::ask(&mut tx, &held, (now, held.until)).await.unwrap(), "nor what was taken before");
    assert!(matches!(links::take(&mut tx, &token.hash(), now).await.unwrap(), Opening::NotNow));
    assert!(matches!(links::open(store, &token.hash(), now).await.unwrap(), Opening::NotNow));
    assert_eq!(counter.found(link.id).await.used_at, None);
    // Whoever sees to it leaves what waits to people, and takes back what may have been paid.
    placing::doubt_all(&mut tx, now).await.unwrap();
    links::doubt_all(&mut tx, now).await.unwrap();
    tx.commit().await.unwrap();
    let waiting = placing::waits(store, counter.tenant(), waits.id).await.unwrap().unwrap().waiting;
    assert!(waiting.asked_at.is_some() && waiting.is_for_people(now));
    assert_eq!(counter.found(link.id).await.revoked, Some((now, Revocation::Restored)));
}

async fn whoever_stood_still_leaves_the_link_that_the_customer_holds(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let first = counter.trying(link.id).await;
    // Its lease lapsed, people let it be sent again, and another daemon did.
    let second = Try { attempt: 2, by: DaemonId::random(), ..first };
    let moved = "update reply set attempt = 2, owner = $1 where id = $2";
    sql!(&counter.world.db, moved, second.by.uuid(), first.reply.uuid());
    let (token, armed) = counter.arm(link.id, second).await;
    assert_eq!(armed, Armed::Yes);
    for late in [first, Try { attempt: 2, ..first }, Try { by: second.by, ..first }] {
        assert_eq!(counter.arm(link.id, late).await.1, Armed::Lost);
    }
    let opens = links::open(&counter.world.db, &token.hash(), counter.now()).await.unwrap();
    assert!(matches!(opens, Opening::Open(_)));
    sql!(&counter.world.db, "update reply set state = 3, owner = null where id = $1", first.reply.uuid());
    assert_eq!(counter.arm(link.id, second).await.1, Armed::Lost, "it is in doubt");
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
        let due = placing::due(&mut tx, (at, later), 9).await.unwrap();
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
    let open = async |hash, at| matches!(links::open(store, &hash, at).await.unwrap(), Opening::Open(_));
    let take = async |hash, at| {
        let mut tx = store.begin().await.unwrap();
        let taken = matches!(links::take(&mut tx, &hash, at).await.unwrap(), Opening::Open(_));
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
    assert!(matches!(links::open(store, &token.hash(), later).await.unwrap(), Opening::Closed));
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
