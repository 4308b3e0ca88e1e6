//! The door for files: what an address opens, for how long, and what a browser is told to do with it.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use countersign::domain::ids::{AssetId, TenantId};
use countersign::domain::media::{Purpose, Reference};
use countersign::error::Error;
use countersign::files;
use countersign::store::instance;
use countersign::tools::media;
use tower::ServiceExt as _;

use super::stage::Stage;
use crate::support::db::{TestDb, on_both};
use crate::support::samples;

on_both!(
    an_address_opens_one_file_for_five_minutes,
    nothing_that_is_fetched_is_shown_but_an_image_in_the_console,
    whatever_is_wrong_with_an_address_the_answer_is_the_same,
    a_place_that_does_not_answer_is_no_missing_file,
);

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn fetch(stage: &Stage, address: &str) -> Answer {
    let path = address.strip_prefix(&*stage.ctx.public_url).unwrap_or(address);
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = files::router(stage.ctx.clone()).oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: to_bytes(body, 1 << 20).await.unwrap().to_vec() }
}

async fn an_address_opens_one_file_for_five_minutes(db: TestDb) {
    let stage = Stage::new(db).await;
    let id = stage.upload("冬季菜單.txt", "oolong 88").await.unwrap().asset.id;
    let address = media::link(&stage.ctx, stage.tenant(), id, Purpose::Download).await.unwrap();
    let answer = fetch(&stage, &address).await;
    assert_eq!((answer.status, answer.body.as_slice()), (StatusCode::OK, b"oolong 88".as_slice()));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "9"),
        ("content-disposition", "attachment; filename*=UTF-8''%E5%86%AC%E5%AD%A3%E8%8F%9C%E5%96%AE.txt"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let foreign = media::link(&stage.ctx, TenantId::random(), id, Purpose::Download).await.unwrap_err();
    assert!(matches!(foreign, Error::NotFound { .. }), "{foreign}");
}

async fn nothing_that_is_fetched_is_shown_but_an_image_in_the_console(db: TestDb) {
    let stage = Stage::new(db).await;
    let image = stage.upload("photo.png", samples::png()).await.unwrap().asset.id;
    let shown = media::link(&stage.ctx, stage.tenant(), image, Purpose::Inline).await.unwrap();
    let answer = fetch(&stage, &shown).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(answer.header("content-disposition"), "inline; filename*=UTF-8''photo.png");
    let saved = media::link(&stage.ctx, stage.tenant(), image, Purpose::Download).await.unwrap();
    assert!(fetch(&stage, &saved).await.header("content-disposition").starts_with("attachment;"));
    let page = stage.receive("page.html", "<html><script>alert(1)</script>").await.unwrap().asset.id;
    let refused = media::link(&stage.ctx, stage.tenant(), page, Purpose::Inline).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "{refused}");
    let saved = media::link(&stage.ctx, stage.tenant(), page, Purpose::Download).await.unwrap();
    let answer = fetch(&stage, &saved).await;
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("content-disposition"), "attachment; filename*=UTF-8''page.html.bin");
}

async fn whatever_is_wrong_with_an_address_the_answer_is_the_same(db: TestDb) {
    let stage = Stage::new(db).await;
    let asset = stage.upload("menu.txt", "oolong").await.unwrap().asset.id;
    let secret = instance::secret(&stage.ctx.db).await.unwrap().unwrap();
    let good = Reference {
        tenant: stage.tenant(),
        asset,
        purpose: Purpose::Download,
        expires_at: stage.now().after(Duration::from_mins(5)),
    };
    assert_eq!(fetch(&stage, &format!("/media/{}", good.sign(&secret))).await.status, StatusCode::OK);
    let wrong = [
        "x".to_owned(),
        good.sign(&[0; 32]),
        Reference { expires_at: stage.now(), ..good }.sign(&secret),
        Reference { tenant: TenantId::random(), ..good }.sign(&secret),
        Reference { asset: AssetId::random(), ..good }.sign(&secret),
        Reference { purpose: Purpose::Inline, ..good }.sign(&secret),
    ];
    let mut seen = Vec::new();
    for token in wrong {
        let answer = fetch(&stage, &format!("/media/{token}")).await;
        assert_eq!(answer.header("content-security-policy"), "sandbox; default-src 'none'");
        seen.push((answer.status, answer.headers, answer.body));
    }
    assert_eq!(seen[0].0, StatusCode::NOT_FOUND);
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
}

async fn a_place_that_does_not_answer_is_no_missing_file(db: TestDb) {
    let stage = Stage::new(db).await;
    let id = stage.upload("menu.txt", "oolong").await.unwrap().asset.id;
    let address = media::link(&stage.ctx, stage.tenant(), id, Purpose::Download).await.unwrap();
    std::fs::write(&stage.kept()[0], "something longer").unwrap();
    assert_eq!(fetch(&stage, &address).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
