//! What waits is looked at again when something has changed at Meta: held while it may pass, ended when it cannot.

use countersign::approvals::recheck;
use countersign::domain::policy::signatures::one_signature;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::domain::templates::{MessageTemplate, TemplateStatus};
use countersign::store;
use countersign::tools::request_view::view;

use super::world::{World, template};
use crate::engine::sql;
use crate::support::db::{TestDb, on_both};

on_both!(
    what_meta_pauses_is_held_and_let_go_for_all_to_see,
    what_can_never_be_as_it_was_shown_ends,
    others_and_what_rests_on_nothing_of_metas_are_left_alone,
);

async fn at_meta(world: &World, template: &MessageTemplate) {
    let mut tx = world.db.begin().await.unwrap();
    store::templates::upsert(&mut tx, world.tenant, template).await.unwrap();
    tx.commit().await.unwrap();
    recheck::open(&world.ctx, world.tenant).await.unwrap();
}

async fn approved(world: &World) -> ActionRequest {
    let request = world.file(one_signature("SIGN-01")).await;
    sql!(
        &world.db,
        "update action_request set status = 'approved', approved_at = 0, not_before = 0, start_by = 0 where id = $1",
        request.id.uuid()
    );
    request
}

async fn rules_now(world: &World, request: &ActionRequest) -> Vec<String> {
    let stored = world.stored(request).await.0;
    view(&world.ctx, stored).await.unwrap().findings_now.into_iter().map(|finding| finding.rule).collect()
}

async fn times(world: &World, act: &str) -> usize {
    world.acts().await.iter().filter(|found| *found == act).count()
}

async fn what_meta_pauses_is_held_and_let_go_for_all_to_see(db: TestDb) {
    let world = World::new(db).await;
    let (waits, signed) = (world.file(one_signature("SIGN-01")).await, approved(&world).await);
    let mut lau = world.signed_in("lau").await;
    at_meta(&world, &template(TemplateStatus::Approved)).await;
    assert_eq!(times(&world, "request.rechecked").await, 0, "nothing is new");
    assert!(!lau.get("/inbox").await.text().contains("Blocked by now"));

    for _ in 0..2 {
        at_meta(&world, &template(TemplateStatus::Paused)).await;
        assert_eq!(times(&world, "request.rechecked").await, 2, "each is told of it once");
    }
    for request in [&waits, &signed] {
        assert_eq!(rules_now(&world, request).await, ["TEMPLATE-02"]);
        assert_eq!(world.stored(request).await.0.digest, request.digest, "what was signed is what it was");
    }
    assert_eq!(world.stored(&waits).await.0.status, Status::PendingApproval, "it is held, not ended");
    assert_eq!(world.stored(&signed).await.0.status, Status::Approved);
    assert!(lau.get("/inbox").await.text().contains("Blocked by now"));
    let page = lau.get(&format!("/requests/{}", waits.id)).await.text();
    assert!(page.contains("TEMPLATE-02") && page.contains("the rules say something else now"), "{page}");

    at_meta(&world, &template(TemplateStatus::Approved)).await;
    assert_eq!(times(&world, "request.rechecked").await, 4);
    assert!(rules_now(&world, &waits).await.is_empty() && rules_now(&world, &signed).await.is_empty());
    assert!(!lau.get("/inbox").await.text().contains("Blocked by now"), "it is let go");
}

async fn what_can_never_be_as_it_was_shown_ends(db: TestDb) {
    let world = World::new(db).await;
    let (waits, signed) = (world.file(one_signature("SIGN-01")).await, approved(&world).await);
    let mut edited = template(TemplateStatus::Approved);
    edited.content.body.push_str(" Buy now.");
    at_meta(&world, &edited).await;
    for request in [&waits, &signed] {
        let ended = world.stored(request).await.0;
        let failure = ended.error.clone().unwrap();
        assert_eq!((ended.status, failure.finding.unwrap().rule.as_str()), (Status::Stale, "TEMPLATE-09"));
        assert!(failure.message.starts_with("NOT DONE. ") && ended.settled_at.is_some(), "{}", failure.message);
        assert!(rules_now(&world, request).await.is_empty());
    }
    assert_eq!(times(&world, "request.stale").await, 2);
    recheck::open(&world.ctx, world.tenant).await.unwrap();
    assert_eq!(times(&world, "request.stale").await, 2, "once");
}

async fn others_and_what_rests_on_nothing_of_metas_are_left_alone(db: TestDb) {
    let world = World::new(db).await;
    let (import, waits) = (world.ask_import().await, world.file(one_signature("SIGN-01")).await);
    let reply = world.ask_reply("We will refund HK$80.").await;
    sql!(&world.db, "update phone_number set status = 'restricted'");
    recheck::open(&world.ctx, countersign::domain::ids::TenantId::random()).await.unwrap();
    assert_eq!(times(&world, "request.rechecked").await, 0, "another business's news is not ours");
    recheck::open(&world.ctx, world.tenant).await.unwrap();
    assert!(rules_now(&world, &import).await.is_empty());
    for request in [&waits, &reply] {
        assert_eq!(rules_now(&world, request).await, ["QUALITY-05"]);
    }
}
