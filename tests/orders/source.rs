//! Placing orders with another system, over HTTP: answers that get lost, sources that are away, and one order for one key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use countersign::approvals::orders::round;
use countersign::domain::ids::{OrderId, RequestId};
use countersign::domain::orders::{BETWEEN_LOOKS, SourceKind, SourceOrderId, Standing};
use countersign::domain::requests::Status;
use countersign::domain::secret::Secret;
use countersign::order_source::{OrderSource, Settings};
use countersign::store::orders::{self, Created, placing};
use countersign::store::{audit, contacts, requests};
use serde_json::{Value, json};

use crate::support::counter::Counter;
use crate::support::db::{TestDb, on_both};

on_both!(
    a_lost_answer_makes_no_second_order,
    a_source_that_refuses_is_not_asked_again,
    a_source_that_is_away_is_asked_later,
    a_request_ends_with_its_order,
    what_has_changed_is_not_asked_for,
    what_a_gateway_says_ends_no_order,
    what_was_asked_for_is_not_refused_for_what_it_changed_itself,
    what_is_forbidden_and_not_there_ends_after_several_looks,
    what_is_forbidden_while_the_source_is_silent_waits_for_people,
);

/// What a source does besides keeping orders.
#[derive(Default)]
pub struct Books {
    pub orders: HashMap<String, String>,
    pub asked: usize,
    /// Its next answers get lost after it has acted, and this comes in their place.
    pub loses: usize,
    pub instead: u16,
    /// It gives up on the next calls before it has acted.
    pub drops: usize,
    /// It still works on what it was asked for, for so many looks.
    pub hides: usize,
    pub looks: usize,
    /// After so many looks it is silent.
    pub silent_after: Option<usize>,
    pub refuses: bool,
    /// What one of anything costs.
    pub price: Option<&'static str>,
}

pub type Shared = Arc<Mutex<Books>>;

/// It behaves like this from now on.
pub fn will(books: &Shared, change: impl FnOnce(&mut Books)) {
    change(&mut books.lock().unwrap());
}

/// How often it was asked for orders, how often it was looked at, and how many orders it has.
pub fn seen(books: &Shared) -> (usize, usize, usize) {
    let books = books.lock().unwrap();
    (books.asked, books.looks, books.orders.len())
}

async fn place(State(books): State<Shared>, Json(ask): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut books = books.lock().unwrap();
    books.asked += 1;
    if books.refuses {
        return (StatusCode::CONFLICT, Json(json!({"reason": "Sold out."})));
    }
    if books.drops > 0 {
        books.drops -= 1;
        return (StatusCode::GATEWAY_TIMEOUT, Json(Value::Null));
    }
    let (key, next) = (ask["key"].as_str().unwrap().to_owned(), format!("SO-{}", books.orders.len() + 1));
    let id = books.orders.entry(key).or_insert(next).clone();
    if books.loses > 0 {
        books.loses -= 1;
        let instead = if books.instead == 0 { 502 } else { books.instead };
        return (StatusCode::from_u16(instead).unwrap(), Json(Value::Null));
    }
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

/// Ten of everything, at the prices of the counter.
async fn sold(State(books): State<Shared>, Path(id): Path<String>) -> Json<Value> {
    let price = json!({"currency": "HKD", "amount": books.lock().unwrap().price.unwrap_or("118.00")});
    Json(json!({"id": id, "name": "Tea", "price": price, "stock": 10}))
}

async fn look(State(books): State<Shared>, Query(asked): Query<HashMap<String, String>>) -> (StatusCode, Json<Value>) {
    let mut books = books.lock().unwrap();
    books.looks += 1;
    if books.silent_after.is_some_and(|looks| books.looks > looks) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(Value::Null));
    }
    if books.hides > 0 {
        books.hides -= 1;
        return (StatusCode::NOT_FOUND, Json(Value::Null));
    }
    match books.orders.get(&asked["key"]) {
        Some(id) => (StatusCode::OK, Json(json!({ "id": id }))),
        None => (StatusCode::NOT_FOUND, Json(Value::Null)),
    }
}

/// A source that answers, and a counter that works with it.
pub async fn opened(db: &TestDb) -> (Counter, Shared) {
    let books = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/products/{id}", get(sold)).route("/orders", post(place).get(look));
    let router = router.with_state(books.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut counter = Counter::open(db).await;
    counter.ctx.orders.source = Some(OrderSource::new(&Settings::at(&url), Secret::new("hush")).unwrap());
    (counter, books)
}

pub async fn ordered(counter: &Counter) -> OrderId {
    ordered_of(counter, "oolong").await
}

async fn ordered_of(counter: &Counter, product: &str) -> OrderId {
    let (request, basket) = (counter.request().await, counter.basket(&[(product, 1)]).await);
    match counter.create(request, &basket, SourceKind::Connector).await {
        Created::New(order) => order.id,
        other => panic!("not created: {other:?}"),
    }
}

/// The request of an order, as if its execution had begun.
pub async fn executing(db: &TestDb, counter: &Counter, order: OrderId) -> RequestId {
    let sql = "update action_request set status = 'executing', approved_at = 1, not_before = 1, start_by = 2 where status = 'pending_approval'";
    db.execute(sql).await;
    orders::find(&counter.world.db, counter.tenant(), order).await.unwrap().unwrap().request
}

pub async fn stands(counter: &Counter, id: OrderId) -> Standing {
    orders::find(&counter.world.db, counter.tenant(), id).await.unwrap().unwrap().standing
}

async fn a_lost_answer_makes_no_second_order(db: TestDb) {
    let (counter, books) = opened(&db).await;
    books.lock().unwrap().loses = 1;
    let id = ordered(&counter).await;
    assert_eq!(round(&counter.ctx).await.unwrap(), 1);
    assert_eq!(stands(&counter, id).await, Standing::Placing, "nobody knows yet");
    assert_eq!(round(&counter.ctx).await.unwrap(), 0, "not before its time");
    counter.clock.advance(Duration::from_secs(2));
    assert_eq!(round(&counter.ctx).await.unwrap(), 1);
    let placed = Standing::Placed(SourceOrderId::try_from("SO-1".to_owned()).unwrap());
    assert_eq!(stands(&counter, id).await, placed);
    let books = books.lock().unwrap();
    assert_eq!((books.asked, books.orders.len()), (1, 1), "it was looked for, and found");
}

async fn a_source_that_refuses_is_not_asked_again(db: TestDb) {
    let (counter, books) = opened(&db).await;
    books.lock().unwrap().refuses = true;
    let id = ordered(&counter).await;
    round(&counter.ctx).await.unwrap();
    counter.clock.advance(Duration::from_hours(1));
    assert_eq!(round(&counter.ctx).await.unwrap(), 0);
    assert_eq!(stands(&counter, id).await, Standing::Refused("Sold out.".into()));
    assert!(counter.link(id).await.is_none(), "nobody pays for it");
}

async fn a_source_that_is_away_is_asked_later(db: TestDb) {
    let (mut counter, books) = opened(&db).await;
    let there = counter
        .ctx
        .orders
        .source
        .replace(OrderSource::new(&Settings::at("http://127.0.0.1:9"), Secret::new("x")).unwrap());
    let id = ordered(&counter).await;
    round(&counter.ctx).await.unwrap();
    assert_eq!(stands(&counter, id).await, Standing::Placing);
    counter.ctx.orders.source = there;
    counter.clock.advance(Duration::from_secs(2));
    round(&counter.ctx).await.unwrap();
    assert!(matches!(stands(&counter, id).await, Standing::Placed(_)));
    assert_eq!(seen(&books).0, 1);
}

async fn a_request_ends_with_its_order(db: TestDb) {
    let (counter, books) = opened(&db).await;
    let first = ordered(&counter).await;
    let request = executing(&db, &counter, first).await;
    books.lock().unwrap().loses = 1;
    round(&counter.ctx).await.unwrap();
    let found = async |request| requests::find(&counter.world.db, counter.tenant(), request).await.unwrap().unwrap();
    assert_eq!(found(request).await.status, Status::Executing, "nothing is told before the source has answered");
    let waits = placing::waits(&counter.world.db, counter.tenant(), first).await.unwrap().unwrap();
    assert!(waits.why.unwrap().contains("502"), "and why is told");
    counter.clock.advance(Duration::from_secs(2));
    round(&counter.ctx).await.unwrap();
    let done = found(request).await;
    let result = done.result.unwrap();
    assert_eq!(
        (done.status, &result["state"], &result["source_order_id"]),
        (Status::Succeeded, &json!("placed"), &json!("SO-1"))
    );
    // Another one is refused, with the source's reason.
    let second = ordered(&counter).await;
    let request = executing(&db, &counter, second).await;
    books.lock().unwrap().refuses = true;
    round(&counter.ctx).await.unwrap();
    let failed = found(request).await;
    assert_eq!((failed.status, &failed.result.unwrap()["state"]), (Status::Failed, &json!("refused")));
    let said = failed.error.unwrap();
    assert!(said.code == "refused" && said.message.contains("Sold out."), "{said:?}");
}

async fn what_has_changed_is_not_asked_for(db: TestDb) {
    let (counter, books) = opened(&db).await;
    // The source has jasmine at another price than the one that was signed.
    let dear = ordered_of(&counter, "jasmine").await;
    round(&counter.ctx).await.unwrap();
    let Standing::Refused(why) = stands(&counter, dear).await else { panic!("it was asked for") };
    assert!(why.contains("jasmine costs HK$118.00 now"), "{why}");
    let doubtful = ordered(&counter).await;
    let mut tx = counter.world.db.begin().await.unwrap();
    contacts::doubt_identity(&mut tx, counter.tenant(), counter.contact, counter.now()).await.unwrap();
    tx.commit().await.unwrap();
    round(&counter.ctx).await.unwrap();
    let Standing::Refused(why) = stands(&counter, doubtful).await else { panic!("it was asked for") };
    assert!(why.contains("somebody else may hold"), "{why}");
    assert_eq!(seen(&books).0, 0);
}

pub async fn status(counter: &Counter, request: RequestId) -> Status {
    requests::find(&counter.world.db, counter.tenant(), request).await.unwrap().unwrap().status
}

pub async fn acts(counter: &Counter, act: &str) -> usize {
    let log = audit::list(&counter.world.db, counter.tenant(), &Default::default(), 999).await.unwrap();
    log.iter().filter(|entry| entry.act == act).count()
}

/// So many looks, far enough apart to count.
pub async fn looks(counter: &Counter, times: usize) {
    for _ in 0..times {
        counter.clock.advance(BETWEEN_LOOKS);
        round(&counter.ctx).await.unwrap();
    }
}

async fn what_a_gateway_says_ends_no_order(db: TestDb) {
    let (counter, books) = opened(&db).await;
    for (at, instead) in [400, 404, 405, 408, 413].into_iter().enumerate() {
        let id = ordered(&counter).await;
        will(&books, |books| (books.loses, books.instead) = (1, instead));
        counter.clock.advance(Duration::from_secs(2));
        round(&counter.ctx).await.unwrap();
        assert_eq!(stands(&counter, id).await, Standing::Placing, "{instead} says nothing of the order");
        counter.clock.advance(Duration::from_secs(2));
        round(&counter.ctx).await.unwrap();
        assert!(matches!(stands(&counter, id).await, Standing::Placed(_)), "{instead}");
        let (asked, _, there) = seen(&books);
        assert_eq!((asked, there), (at + 1, at + 1));
    }
}

async fn what_was_asked_for_is_not_refused_for_what_it_changed_itself(db: TestDb) {
    let (counter, books) = opened(&db).await;
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    books.lock().unwrap().loses = 1;
    round(&counter.ctx).await.unwrap();
    // It is still at it when it is looked at, and its own price has changed by then.
    will(&books, |books| (books.hides, books.price) = (3, Some("119.00")));
    looks(&counter, 1).await;
    assert_eq!(seen(&books).1, 2, "it is looked at again right then");
    assert_eq!((stands(&counter, id).await, status(&counter, request).await), (Standing::Placing, Status::Executing));
    looks(&counter, 1).await;
    assert!(matches!(stands(&counter, id).await, Standing::Placed(_)));
    assert_eq!((status(&counter, request).await, seen(&books).0), (Status::Succeeded, 1));
}

async fn what_is_forbidden_and_not_there_ends_after_several_looks(db: TestDb) {
    let (counter, books) = opened(&db).await;
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    books.lock().unwrap().drops = 1;
    round(&counter.ctx).await.unwrap();
    books.lock().unwrap().price = Some("119.00");
    looks(&counter, 2).await;
    assert_eq!(stands(&counter, id).await, Standing::Placing, "it may be there all the same");
    assert_eq!(round(&counter.ctx).await.unwrap(), 0, "the looks are apart");
    looks(&counter, 1).await;
    let Standing::Refused(why) = stands(&counter, id).await else { panic!("it still waits") };
    assert!(why.contains("oolong costs HK$119.00 now"), "{why}");
    assert_eq!((status(&counter, request).await, seen(&books).0), (Status::Failed, 1));
}

async fn what_is_forbidden_while_the_source_is_silent_waits_for_people(db: TestDb) {
    let (counter, books) = opened(&db).await;
    let id = ordered(&counter).await;
    let request = executing(&db, &counter, id).await;
    books.lock().unwrap().loses = 1;
    round(&counter.ctx).await.unwrap();
    let mut tx = counter.world.db.begin().await.unwrap();
    contacts::doubt_identity(&mut tx, counter.tenant(), counter.contact, counter.now()).await.unwrap();
    tx.commit().await.unwrap();
    // It answers the first look of a turn, and not the second.
    will(&books, |books| (books.hides, books.silent_after) = (1, Some(1)));
    looks(&counter, 1).await;
    assert_eq!(status(&counter, request).await, Status::NeedsAttention);
    assert_eq!((acts(&counter, "execution.in_doubt").await, stands(&counter, id).await), (1, Standing::Placing));
    // What the source says settles it all the same.
    books.lock().unwrap().silent_after = None;
    counter.clock.advance(Duration::from_mins(10));
    round(&counter.ctx).await.unwrap();
    assert!(matches!(stands(&counter, id).await, Standing::Placed(_)));
    assert_eq!(status(&counter, request).await, Status::Succeeded);
}
