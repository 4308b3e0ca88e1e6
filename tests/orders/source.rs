//! Placing orders with another system, over HTTP: answers that get lost, sources that are away, and one order for one key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use countersign::approvals::orders::round;
use countersign::domain::ids::OrderId;
use countersign::domain::orders::{SourceKind, SourceOrderId, Standing};
use countersign::domain::secret::Secret;
use countersign::order_source::{OrderSource, Settings};
use countersign::store::orders::{self, Created};
use serde_json::{Value, json};

use crate::support::counter::Counter;
use crate::support::db::{TestDb, on_both};

on_both!(
    a_lost_answer_makes_no_second_order,
    a_source_that_refuses_is_not_asked_again,
    a_source_that_is_away_is_asked_later
);

/// What a source does besides keeping orders.
#[derive(Default)]
struct Books {
    orders: HashMap<String, String>,
    asked: usize,
    /// Its next answers get lost after it has acted.
    loses: usize,
    refuses: bool,
}

type Shared = Arc<Mutex<Books>>;

async fn place(State(books): State<Shared>, Json(ask): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut books = books.lock().unwrap();
    books.asked += 1;
    if books.refuses {
        return (StatusCode::CONFLICT, Json(json!({"reason": "Sold out."})));
    }
    let (key, next) = (ask["key"].as_str().unwrap().to_owned(), format!("SO-{}", books.orders.len() + 1));
    let id = books.orders.entry(key).or_insert(next).clone();
    if books.loses > 0 {
        books.loses -= 1;
        return (StatusCode::BAD_GATEWAY, Json(Value::Null));
    }
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

async fn look(State(books): State<Shared>, Query(asked): Query<HashMap<String, String>>) -> (StatusCode, Json<Value>) {
    match books.lock().unwrap().orders.get(&asked["key"]) {
        Some(id) => (StatusCode::OK, Json(json!({ "id": id }))),
        None => (StatusCode::NOT_FOUND, Json(Value::Null)),
    }
}

/// A source that answers, and a counter that works with it.
async fn opened(db: &TestDb) -> (Counter, Shared) {
    let books = Shared::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/orders", post(place)).route("/orders", get(look)).with_state(books.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut counter = Counter::open(db).await;
    counter.ctx.orders.source = Some(OrderSource::new(&Settings::at(&url), Secret::new("hush")).unwrap());
    (counter, books)
}

async fn ordered(counter: &Counter) -> OrderId {
    let (request, basket) = (counter.request().await, counter.basket(&[("oolong", 1)]).await);
    match counter.create(request, &basket, SourceKind::Connector).await {
        Created::New(order) => order.id,
        other => panic!("not created: {other:?}"),
    }
}

async fn stands(counter: &Counter, id: OrderId) -> Standing {
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
    assert_eq!(books.lock().unwrap().asked, 1);
}
