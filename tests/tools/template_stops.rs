//! A template that does not get to Meta: it is tried for a while, people are told, and one of them may end it.

use std::time::Duration;

use countersign::approvals::templates as worker;
use countersign::domain::people::{Person, Role};
use countersign::domain::requests::Status;
use countersign::graph::{self, Graph};
use countersign::tools::Ctx;
use serde_json::json;

use super::template_drafts::draft;
use super::template_submits::{LEASE, Stage, language};
use crate::support::db::{TestDb, on_both};

on_both!(people_are_told_of_what_does_not_get_to_meta_and_end_it, what_takes_long_and_gets_there_is_done);

async fn people_are_told_of_what_does_not_get_to_meta_and_end_it(db: TestDb) {
    const UNKNOWN_AFTER: Duration = Duration::from_mins(10);
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    let answer = stage.signed().await;
    let (tenant, id) = (stage.shop.world.tenant.id, stage.shop.request(&answer).await.id);
    let lau = Person { role: Role::Compliance, ..stage.shop.world.owner.clone() };
    let nowhere = graph::Settings { graph_url: "http://127.0.0.1:9".into(), ..graph::Settings::default() };
    let away = Ctx { graph: Graph::new(&nowhere).unwrap(), ..stage.ctx.clone() };
    for _ in 0..3 {
        while worker::round(&away, LEASE).await.unwrap() > 0 {}
        worker::stop::ask(&away, UNKNOWN_AFTER).await.unwrap();
        assert_eq!(stage.shop.request(&answer).await.status, Status::Executing, "it is tried again for a while");
        stage.shop.door.clock.advance(Duration::from_mins(4));
    }
    for _ in 0..2 {
        worker::stop::ask(&away, UNKNOWN_AFTER).await.unwrap();
    }
    assert_eq!(stage.shop.request(&answer).await.status, Status::NeedsAttention);
    assert_eq!(stage.shop.acts("template.held_up").await, 1, "people are told once");
    worker::stop::stop(&away, tenant, id, &lau).await.unwrap();
    let ended = stage.shop.request(&answer).await;
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (Status::Cancelled, "stopped"));
    assert!(worker::stop::stop(&away, tenant, id, &lau).await.is_err(), "once is enough");
    stage.shop.door.clock.advance(Duration::from_hours(1));
    while worker::round(&stage.ctx, LEASE).await.unwrap() > 0 {}
    assert_eq!(stage.at_meta().await, [], "Meta is asked for nothing more");
    let acts = (stage.shop.acts("execution.stopped").await, stage.shop.acts("template.submitted").await);
    assert_eq!(acts, (1, 0));
}

async fn what_takes_long_and_gets_there_is_done(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    let answer = stage.signed().await;
    stage.fails("GET", "message_templates", "reset_before_read", 2).await;
    while worker::round(&stage.ctx, LEASE).await.unwrap() > 0 {}
    worker::stop::ask(&stage.ctx, Duration::ZERO).await.unwrap();
    assert_eq!(stage.shop.request(&answer).await.status, Status::NeedsAttention);
    stage.shop.door.clock.advance(Duration::from_mins(1));
    while worker::round(&stage.ctx, LEASE).await.unwrap() > 0 {}
    let done = stage.shop.request(&answer).await;
    assert_eq!((done.status, &done.result.unwrap()["taken"]), (Status::Succeeded, &json!(2)));
    assert_eq!(stage.at_meta().await, [language("en", "PENDING"), language("zh_HK", "PENDING")]);
}
