//! The page behind a payment link, by what a browser and a program that previews links get.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request};
use countersign::approvals::replies;
use countersign::domain::consent::Suppression;
use countersign::domain::ids::DaemonId;
use countersign::domain::orders::links::{GRACE, LinkToken};
use countersign::payments;
use countersign::store::behind::Known;
use countersign::store::identity::Identity;
use countersign::store::orders::links::{Armed, Try};
use countersign::store::{behind, consent, instance};
use tower::ServiceExt as _;

use crate::engine::sql;
use crate::support::counter::Counter;
use crate::support::db::{TestDb, on_both};

on_both!(
    a_link_opens_a_page_that_leads_on,
    whatever_is_wrong_with_a_link_the_page_is_the_same,
    without_a_place_to_pay_nothing_opens,
    too_many_at_once_are_asked_to_wait,
    whoever_guesses_keeps_nobody_else_out,
    while_nobody_knows_what_was_paid_nothing_opens,
    a_daemon_that_stood_still_takes_no_link_back,
);

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn call(router: &axum::Router, method: Method, token: &str, language: &str) -> Answer {
    call_from(router, None, method, token, language).await
}

async fn call_from(router: &axum::Router, from: Option<&str>, method: Method, token: &str, language: &str) -> Answer {
    let request = Request::builder().method(method).uri(format!("/p/{token}")).header("accept-language", language);
    let mut request = request.body(Body::empty()).unwrap();
    if let Some(from) = from {
        request.extensions_mut().insert(ConnectInfo(from.parse::<SocketAddr>().unwrap()));
    }
    let answer = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status, headers, text }
}

async fn a_link_opens_a_page_that_leads_on(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 2)]).await;
    let link = counter.link(order.id).await.unwrap();
    let (token, _) = counter.armed(link.id).await.unwrap();
    let (router, token) = (payments::router(counter.ctx.clone()), token.reveal());
    for (method, language) in [(Method::HEAD, "en"), (Method::GET, "fr"), (Method::GET, "en")] {
        let page = call(&router, method.clone(), &token, language).await;
        assert_eq!(page.status, 200);
        if method == Method::HEAD {
            continue;
        }
        for shown in ["Pay Harbour Tea House", "HK$236.00", "2 × Tea oolong", &order.id.short()] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        for absent in ["<script", "<style", "style=", "src=", "pay.example", &token] {
            assert!(!page.text.contains(absent), "{absent}: {}", page.text);
        }
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        let style = page.text.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(style.starts_with("/p/-/style.css?v="), "the one thing it loads: {style}");
        assert!(
            policy.contains("form-action 'self' https://pay.example;"),
            "a browser follows the form there: {policy}"
        );
        for (name, value) in
            [("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("x-frame-options", "DENY")]
        {
            assert_eq!(page.header(name), value);
        }
        assert!(page.header("x-robots-tag").starts_with("noindex"));
    }
    let style = call(&router, Method::GET, "-/style.css", "en").await;
    assert!(style.header("cache-control").contains("immutable") && style.text.contains("prefers-color-scheme"));
    assert!(call(&router, Method::GET, &token, "zh-HK").await.text.contains("付款"));
    assert_eq!(counter.found(link.id).await.used_at, None, "to look uses nothing up");
    for _ in 0..2 {
        let on = call(&router, Method::POST, &token, "en").await;
        assert_eq!(on.status, 303);
        assert_eq!(on.header("location"), format!("https://pay.example/checkout?ref={}&amount=236.00", order.id));
        assert_eq!(on.header("referrer-policy"), "no-referrer");
    }
    counter.clock.advance(GRACE);
    assert_eq!(call(&router, Method::POST, &token, "en").await.status, 404);
}

async fn whatever_is_wrong_with_a_link_the_page_is_the_same(db: TestDb) {
    let counter = Counter::open(&db).await;
    let router = payments::router(counter.ctx.clone());
    let mut tokens = vec!["x".to_owned(), LinkToken::random().reveal()];
    for revoked in [true, false] {
        let order = counter.order(&[("oolong", 1)]).await;
        let link = counter.link(order.id).await.unwrap();
        let (token, _) = counter.armed(link.id).await.unwrap();
        if revoked {
            let mut tx = counter.world.db.begin().await.unwrap();
            let why = countersign::domain::orders::links::Revocation::Withdrawn;
            countersign::store::orders::links::revoke(&mut tx, counter.tenant(), link.id, why, counter.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        tokens.push(token.reveal());
    }
    assert_eq!(call(&router, Method::GET, tokens.last().unwrap(), "en").await.status, 200, "not over yet");
    counter.clock.advance(Duration::from_hours(2));
    let mut pages = Vec::new();
    for language in ["en", "zh-HK", "zh-CN"] {
        for token in &tokens {
            for method in [Method::GET, Method::POST] {
                let answer = call(&router, method, token, language).await;
                assert_eq!(answer.status, 404, "{token}");
                pages.push(answer.text);
            }
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 3, "one page in each language, whatever is wrong");
}

async fn without_a_place_to_pay_nothing_opens(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let (token, _) = counter.armed(link.id).await.unwrap();
    let mut ctx = counter.ctx.clone();
    ctx.orders.payment_url = None;
    let router = payments::router(ctx);
    for method in [Method::GET, Method::POST] {
        assert_eq!(call(&router, method, &token.reveal(), "en").await.status, 404);
    }
    assert_eq!(counter.found(link.id).await.used_at, None, "it is not used up for nothing");
}

async fn too_many_at_once_are_asked_to_wait(db: TestDb) {
    let counter = Counter::open(&db).await;
    let router = payments::router(counter.ctx.clone());
    let token = LinkToken::random().reveal();
    let mut last = call(&router, Method::GET, &token, "en").await;
    for _ in 0..2_000 {
        if last.status != 404 {
            break;
        }
        last = call(&router, Method::GET, &token, "en").await;
    }
    assert_eq!((last.status, last.header("retry-after")), (429, "60"));
}

async fn whoever_guesses_keeps_nobody_else_out(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let token = counter.armed(link.id).await.unwrap().0.reveal();
    let router = payments::router(counter.ctx.clone());
    let guess = async |from: &str| {
        call_from(&router, Some(from), Method::GET, &LinkToken::random().reveal(), "en").await.status
    };
    // Now and then one is let through again; what counts is that many are not.
    let mut one = Vec::new();
    for _ in 0..100 {
        one.push(guess("192.0.2.1:1").await);
    }
    assert!(one.contains(&429) && guess("192.0.2.2:1").await == 404, "one address that guesses is one");
    // The addresses that one owner of IPv6 has are one as well.
    let mut owner = Vec::new();
    for n in 0..100 {
        owner.push(guess(&format!("[2001:db8:0:1::{n:x}]:1")).await);
    }
    assert!(owner.contains(&429) && guess("[2001:db8:0:2::1]:1").await == 404);
    let mut all = Vec::new();
    for n in 0..1_000 {
        all.push(guess(&format!("198.51.{}.{}:1", n / 250, n % 250)).await);
    }
    assert!(all.contains(&429), "and so many addresses are too many");
    for from in ["192.0.2.1:1", "203.0.113.9:1"] {
        assert_eq!(call_from(&router, Some(from), Method::GET, &token, "en").await.status, 200, "a customer pays");
        assert_eq!(call_from(&router, Some(from), Method::POST, &token, "en").await.status, 303);
    }
}

async fn while_nobody_knows_what_was_paid_nothing_opens(db: TestDb) {
    let counter = Counter::open(&db).await;
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let token = counter.armed(link.id).await.unwrap().0.reveal();
    let router = payments::router(counter.ctx.clone());
    let (store, now) = (&counter.world.db, counter.now());
    let identity = Identity::of(store).await.unwrap();
    instance::enter(store, "test", 0, &identity, now).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    behind::notice(&mut tx, now, now).await.unwrap();
    tx.commit().await.unwrap();
    for (language, words) in
        [("en", "cannot be opened right now"), ("zh-HK", "現時無法打開"), ("zh-CN", "目前无法打开")]
    {
        for method in [Method::GET, Method::POST] {
            // A link of which this database knows nothing may have been sent since.
            for token in [token.clone(), LinkToken::random().reveal()] {
                let answer = call(&router, method.clone(), &token, language).await;
                assert_eq!((answer.status, answer.header("retry-after")), (503, "60"));
                assert!(answer.text.contains(words), "{}", answer.text);
            }
        }
    }
    assert_eq!(counter.found(link.id).await.used_at, None);
    assert!(behind::seen_to(store, now, 0, &identity, now).await.unwrap().is_some());
    assert_eq!(call(&router, Method::GET, &token, "en").await.status, 200);
}

async fn a_daemon_that_stood_still_takes_no_link_back(db: TestDb) {
    let counter = Counter::open(&db).await;
    let (store, now) = (&counter.world.db, counter.now());
    let order = counter.order(&[("oolong", 1)]).await;
    let link = counter.link(order.id).await.unwrap();
    let reply = counter.trying(link.id).await.reply;
    sql!(store, "update reply set state = 0, attempt = 0, owner = null where id = $1", reply.uuid());
    let identity = Identity::of(store).await.unwrap();
    let (instance, _) = instance::enter(store, "test", 0, &identity, now).await.unwrap();
    let lease = Duration::from_secs(30);
    let held = replies::take(&counter.ctx, &instance, Known::default(), lease, 9).await.unwrap();
    assert_eq!(held.len(), 1);
    // Another daemon sends it meanwhile, at the next try; and then the customer wants nothing any more.
    let next = Try { reply, attempt: 2, by: DaemonId::random() };
    sql!(store, "update reply set attempt = 2, owner = $1 where id = $2", next.by.uuid(), reply.uuid());
    let (token, armed) = counter.arm(link.id, next).await;
    assert_eq!(armed, Armed::Yes);
    let mut tx = store.begin().await.unwrap();
    let all = Suppression::OptedOutOfEverything;
    consent::suppress(&mut tx, counter.tenant(), counter.contact, all, "test", None, now).await.unwrap();
    tx.commit().await.unwrap();
    replies::say(&counter.ctx, &instance, &held[0], 80).await.unwrap();
    assert_eq!(counter.found(link.id).await.revoked, None, "it is not this daemon's any more");
    let router = payments::router(counter.ctx.clone());
    assert_eq!(call(&router, Method::GET, &token.reveal(), "en").await.status, 200);
}
