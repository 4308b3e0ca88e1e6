//! Orders in the console after they were asked for: warnings that came later, and calling off one that waits for another system.

use std::time::Duration;

use countersign::approvals::begin::begin;
use countersign::domain::orders::STOP_PATIENCE;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::conversations::{self, Heard};
use countersign::store::orders;

use super::kinds::{in_chinese, says, sign};
use super::world::{PASSWORD, World};
use crate::engine::sql;
use crate::support::db::{TestDb, on_both};
use crate::support::visitor::Visitor;

on_both!(
    a_warning_that_came_later_has_its_tick_and_its_reason,
    an_order_that_waits_is_called_off_by_one_person,
    an_order_that_may_be_there_is_ended_only_after_its_source_was_asked,
);

/// The customer of the order writes again.
async fn writes(world: &World, request: &ActionRequest) {
    let countersign::domain::action::Action::OrderCreate(plan) = &request.preview.action else { panic!("an order") };
    let mut tx = world.db.begin().await.unwrap();
    let thread = conversations::find(&mut tx, world.tenant, plan.customer.conversation).await.unwrap().unwrap();
    let heard = Heard { number: &thread.phone_number_id, contact: thread.contact, at: world.now(), wants_answer: true };
    conversations::heard(&mut tx, world.tenant, &heard, world.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_warning_that_came_later_has_its_tick_and_its_reason(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_order().await;
    let mut lau = world.signed_in("lau").await;
    let (path, decision) = (format!("/requests/{}", request.id), format!("/requests/{}/decision", request.id));
    let before = world.read(&mut lau, &request).await;
    assert_eq!(before.count("input[name=accept]"), 1, "ORDER-11");
    writes(&world, &request).await;
    let form = [
        ("verdict", "approve"),
        ("section", "identity"),
        ("section", "items"),
        ("accept", "ORDER-11"),
        ("reason-ORDER-11", "Read."),
    ];
    let refused = lau.submit(&before, &decision, &form).await;
    assert_eq!(refused.status, 422);
    says(
        &refused.part("#faults"),
        &["The rules warn of something else now", "Accept each warning with a reason. Open: ORDER-13."],
    );
    assert_eq!(refused.count("input[name=accept]"), 2, "the page offers both");
    assert_eq!(refused.count("#finding-ORDER-13"), 1, "and leads to what is new");
    in_chinese(&mut lau, &path, "ORDER-13", "has written again").await;
    let unread = [&form[..], &[("accept", "ORDER-13"), ("reason-ORDER-13", "They add thanks.")]].concat();
    let refused = lau.submit(&before, &decision, &unread).await;
    assert_eq!(refused.status, 422, "the page that was read did not show it");
    let page = world.read(&mut lau, &request).await;
    let answer = lau.submit(&page, &decision, &unread).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    // Another message between the decision and the password.
    world.clock.advance(Duration::from_secs(60));
    writes(&world, &request).await;
    let signing = lau.get(&format!("{path}/sign")).await;
    assert_eq!(signing.status, 303, "there is nothing to sign: {}", signing.text());
    assert_eq!(world.stored(&request).await.0.status, Status::PendingApproval);
    let page = world.read(&mut lau, &request).await;
    assert_eq!(lau.submit(&page, &decision, &unread).await.status, 303);
    let signing = lau.get(&format!("{path}/sign")).await;
    let answer = lau.submit(&signing, &format!("{path}/sign"), &[("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let (_, signatures) = world.stored(&request).await;
    let accepted = &signatures[0].accepted;
    assert_eq!((accepted.len(), accepted[1].rule.as_str(), accepted[1].of.len()), (2, "ORDER-13", 1));
    begin(&world.ctx, world.tenant, request.id).await.unwrap();
    assert_eq!(world.stored(&request).await.0.status, Status::Succeeded);
}

/// An order that was signed, and that another system is asked for.
async fn waits(world: &World, lau: &mut Visitor, asked: bool) -> ActionRequest {
    let request = world.ask_order().await;
    sign(world, lau, &request, &["identity", "items"], &["ORDER-11"]).await;
    begin(&world.ctx, world.tenant, request.id).await.unwrap();
    sql!(
        &world.db,
        "update customer_order set state = 'placing', source = 'connector', source_id = null, why = 'no connection'"
    );
    sql!(
        &world.db,
        "update action_request set status = 'executing', settled_at = null, result = null where id = $1",
        request.id.uuid()
    );
    if asked {
        sql!(&world.db, "update customer_order set asked_at = created_at");
    }
    request
}

async fn an_order_that_waits_is_called_off_by_one_person(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let request = waits(&world, &mut lau, false).await;
    let (shown, path) = (format!("/requests/{}", request.id), format!("/requests/{}/stop-order", request.id));
    assert_eq!(lau.get(&shown).await.count(&format!("a[href='{path}']")), 1);
    let mut audit = world.signed_in("audit").await;
    assert_eq!(audit.get(&shown).await.count(&format!("a[href='{path}']")), 0);
    assert_eq!(audit.get(&path).await.status, 403);
    let page = lau.get(&path).await;
    says(&page.text(), &["Call the order off", "If its source was never asked for it, this ends at once."]);
    for lang in ["zh-Hant", "zh-Hans", "en"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&path).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false), "{lang}");
    }
    assert_eq!(audit.submit(&page, &path, &[]).await.status, 403);
    let done = lau.submit(&page, &path, &[]).await;
    assert_eq!((done.status, done.location()), (303, shown.as_str()), "{}", done.text());
    let ended = world.stored(&request).await.0;
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (Status::Cancelled, "stopped"));
    let text = lau.get(&shown).await.text();
    says(&text, &["Stopped by M. Lau", "Called off", "the source was never asked for it"]);
    assert_eq!(lau.submit(&page, &path, &[]).await.status, 409, "once is enough");
    assert_eq!(lau.get("/requests/ar_00000000000000000000000000000000/stop-order").await.status, 404);
    assert!(world.acts().await.contains(&"order.called_off".to_owned()));
}

async fn an_order_that_may_be_there_is_ended_only_after_its_source_was_asked(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let request = waits(&world, &mut lau, true).await;
    let shown = format!("/requests/{}", request.id);
    let (stop, close) = (format!("{shown}/stop-order"), format!("{shown}/close-order"));
    assert_eq!(lau.get(&close).await.status, 409, "nobody has called it off");
    let page = lau.get(&stop).await;
    assert_eq!(lau.submit(&page, &stop, &[]).await.status, 303);
    let text = lau.get(&shown).await.text();
    says(&text, &["Its source may have it, and is looked at"]);
    assert_eq!(world.stored(&request).await.0.status, Status::Executing);
    assert_eq!(lau.get(&close).await.status, 409, "its source may still answer");
    world.clock.advance(STOP_PATIENCE);
    sql!(&world.db, "update action_request set status = 'needs_attention' where id = $1", request.id.uuid());
    let inbox = lau.get("/inbox").await;
    assert_eq!(inbox.count(&format!("a[href='{shown}']")), 1, "it leads to its own page: {}", inbox.text());
    let mut lau = world.signed_in("lau").await;
    assert_eq!(lau.get(&shown).await.count(&format!("a[href='{close}']")), 1);
    let page = lau.get(&close).await;
    says(&page.text(), &["The source has not said whether it has this order. Ask there first."]);
    assert_eq!(lau.submit(&page, &close, &[]).await.status, 303);
    let ended = world.stored(&request).await.0;
    assert_eq!(ended.status, Status::Cancelled);
    let order = orders::of_request(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_eq!(order.standing.state().as_str(), "cancelled");
    assert_eq!(lau.submit(&page, &close, &[]).await.status, 409, "once is enough");
}
