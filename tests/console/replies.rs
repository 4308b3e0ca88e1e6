//! An answer to one customer after it was signed: stopped while it waits, and decided on when its outcome is unknown.

use countersign::approvals::begin::begin;
use countersign::approvals::replies::doubts::ask;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::conversations;
use std::time::Duration;

use super::kinds::sign;
use super::world::{PASSWORD, World};
use crate::engine::sql;
use crate::support::db::{TestDb, on_both};
use crate::support::visitor::Visitor;

on_both!(
    an_answer_in_doubt_is_decided_on_one_page,
    an_answer_is_stopped_until_its_request_begins,
    an_automatic_message_in_doubt_is_listed_and_counted,
);

/// An answer that was signed and waits in its ledger.
async fn begun(world: &World, lau: &mut Visitor) -> ActionRequest {
    let request = world.ask_reply("We will refund HK$80.").await;
    sign(world, lau, &request, &["conversation", "message", "consent"], &["SESS-07", "SESS-08"]).await;
    begin(&world.ctx, world.tenant, request.id).await.unwrap();
    assert_eq!(world.stored(&request).await.0.status, Status::Executing);
    request
}

async fn an_answer_in_doubt_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let request = begun(&world, &mut lau).await;
    let shown = format!("/requests/{}", request.id);
    sql!(&world.db, "update reply set state = 3, attempt = 1, why = 'the connection was cut'");
    ask(&world.ctx, Duration::from_hours(9_999)).await.unwrap();
    assert_eq!(lau.get(&shown).await.count("a[href$='/doubts']"), 0, "Meta's word is waited for");
    ask(&world.ctx, Duration::ZERO).await.unwrap();
    assert_eq!(world.stored(&request).await.0.status, Status::NeedsAttention);
    let inbox = lau.get("/inbox").await;
    assert_eq!(inbox.count(&format!("a[href='{shown}']")), 1, "it waits for whoever may decide: {}", inbox.text());
    let path = lau.get(&shown).await.attr("a[href$='/doubts']", "href").unwrap();
    let page = lau.get(&path).await;
    assert!(page.text().contains("the connection was cut"), "{}", page.text());
    assert_eq!(page.count("input[name=ruling]"), 2, "it is never sent again from here");
    for lang in ["zh-Hant", "zh-Hans", "en"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&path).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false), "{lang}");
    }
    let mut boss = world.signed_in("boss").await;
    let closed = boss.get(&path).await;
    assert_eq!((closed.status, closed.count("form[action$='/doubts']")), (200, 0));
    assert!(closed.text().contains("Manager"), "{}", closed.text());

    for (ruling, reason, password, says) in [
        ("leave", "Asked them.", "wrong", "password"),
        ("leave", " ", PASSWORD, "Say what this rests on"),
        ("send_again", "x", PASSWORD, "Choose what becomes of the message"),
    ] {
        let form = [("ruling", ruling), ("reason", reason), ("password", password)];
        let refused = lau.submit(&page, &path, &form).await;
        assert_eq!((refused.status, refused.text().contains(says)), (422, true), "{}", refused.text());
    }
    assert_eq!(world.stored(&request).await.0.status, Status::NeedsAttention, "nothing was decided");
    let form = [("ruling", "leave"), ("reason", "Asked them."), ("password", PASSWORD)];
    let done = lau.submit(&page, &path, &form).await;
    assert_eq!((done.status, done.location()), (303, shown.as_str()), "{}", done.text());
    let ended = world.stored(&request).await.0;
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (Status::Failed, "left"));
    assert_eq!(lau.get(&path).await.status, 409, "once is enough");
    let acts = world.acts().await;
    for act in ["execution.in_doubt", "execution.ruled", "execution.finished"] {
        assert_eq!(acts.iter().filter(|it| *it == act).count(), 1, "{act}: {acts:?}");
    }
}

async fn an_automatic_message_in_doubt_is_listed_and_counted(db: TestDb) {
    const LIST: &str = "/conversations?tab=in-doubt";
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let request = begun(&world, &mut lau).await;
    sql!(&world.db, "update reply set source = 'automation', state = 3, attempt = 1, why = 'the connection was cut'");
    let count = "a[href='/conversations'] .count";
    assert_eq!(
        (lau.get(LIST).await.count("tr[data-row]"), lau.get(LIST).await.count(count)),
        (0, 0),
        "nobody was asked"
    );
    ask(&world.ctx, Duration::ZERO).await.unwrap();
    let page = lau.get(LIST).await;
    assert_eq!((page.count("tr[data-row]"), page.part(count).trim().starts_with('1')), (1, true), "{}", page.text());
    for (name, rows) in [("wong", 1), ("boss", 1)] {
        let page = world.signed_in(name).await.get(LIST).await;
        assert_eq!((page.count("tr[data-row]"), page.count(count)), (rows, 0), "{name} decides on nothing");
    }
    let thread = page.attr("tr[data-row] a", "href").unwrap();
    let path = lau.get(&thread).await.attr("a[href$='/doubts']", "href").unwrap();
    let waits = async || {
        let id = thread.rsplit('/').next().unwrap().parse().unwrap();
        conversations::find(&world.db, world.tenant, id).await.unwrap().unwrap().waiting_since.is_some()
    };
    assert!(waits().await, "the customer has had no answer, as far as is known");
    let page = lau.get(&path).await;
    let form = [("ruling", "count_as_sent"), ("reason", "They thanked us."), ("password", PASSWORD)];
    assert_eq!(lau.submit(&page, &path, &form).await.status, 303);
    assert!(!waits().await, "what counts as sent has answered");
    assert_eq!((lau.get(LIST).await.count("tr[data-row]"), lau.get(LIST).await.count(count)), (0, 0));
    assert_eq!(world.stored(&request).await.0.status, Status::Executing, "automation ends no request");
}

async fn an_answer_is_stopped_until_its_request_begins(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let request = begun(&world, &mut lau).await;
    let (shown, path) = (format!("/requests/{}", request.id), format!("/requests/{}/stop", request.id));
    let page = lau.get(&path).await;
    assert_eq!(page.status, 200);
    let button = format!("a[href='{path}']");
    assert_eq!(lau.get(&shown).await.count(&button), 1);
    // A worker has taken it.
    sql!(&world.db, "update reply set state = 1, owner = id, attempt = 1");
    let under_way = lau.get(&shown).await;
    assert!(under_way.text().contains("can no longer be stopped"), "{}", under_way.text());
    assert!(!under_way.text().contains("Anyone who may review may stop it"), "{}", under_way.text());
    assert_eq!(under_way.count(&button), 0);
    assert_eq!(lau.submit(&page, &path, &[]).await.status, 409);
    assert_eq!(world.stored(&request).await.0.status, Status::Executing, "nothing was changed");
    // It was not sent, and waits for another try.
    sql!(&world.db, "update reply set state = 0, owner = null");
    let mut audit = world.signed_in("audit").await;
    assert_eq!(audit.submit(&page, &path, &[]).await.status, 403);
    let done = lau.submit(&page, &path, &[]).await;
    assert_eq!((done.status, done.location()), (303, shown.as_str()), "{}", done.text());
    let ended = world.stored(&request).await.0;
    assert_eq!((ended.status, ended.error.unwrap().code.as_str()), (Status::Cancelled, "stopped"));
    let text = lau.get(&shown).await.text();
    assert!(text.contains("Stopped by M. Lau"), "{text}");
    assert_eq!(lau.submit(&page, &path, &[]).await.status, 409, "once is enough");
}
