//! The page behind a payment link, by what a browser and a program that previews links get.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use countersign::domain::orders::links::{GRACE, LinkToken};
use countersign::payments;
use tower::ServiceExt as _;

use crate::support::counter::Counter;
use crate::support::db::{TestDb, on_both};

on_both!(
    a_link_opens_a_page_that_leads_on,
    whatever_is_wrong_with_a_link_the_page_is_the_same,
    without_a_place_to_pay_nothing_opens,
    too_many_at_once_are_asked_to_wait,
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
    let request = Request::builder().method(method).uri(format!("/p/{token}")).header("accept-language", language);
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
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
