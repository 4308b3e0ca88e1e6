//! Deciding on messages in doubt, on one page that works without scripts.

use countersign::domain::requests::Status;
use countersign::store::requests;

use super::broadcasts::doubtful;
use super::world::{PASSWORD, World};
use crate::support::db::{TestDb, on_both};

on_both!(messages_in_doubt_are_decided_on_one_page);

async fn messages_in_doubt_are_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = doubtful(&world, "Winter offer").await;
    let (monitor, path) = (format!("/broadcasts/{}", request.id), format!("/broadcasts/{}/doubts", request.id));
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await;
    assert_eq!(inbox.count(&format!("a[href='{path}']")), 1, "it waits for whoever may decide: {}", inbox.text());
    assert_eq!(lau.get(&monitor).await.count(&format!("a[href='{path}']")), 1, "the monitor leads there");
    let page = lau.get(&path).await;
    let text = page.text();
    assert_eq!(page.status, 200);
    assert!(
        text.contains("2 messages may have left for Meta") && text.contains("A person may get the message twice"),
        "{text}"
    );
    assert_eq!(page.attr("input[name=ruling][checked]", "value").as_deref(), Some("leave"), "an offer is not repeated");
    for lang in ["zh-Hant", "zh-Hans", "en"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&path).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false), "{lang}");
    }

    // Who could not have signed may read, and is told why that is all.
    let mut boss = world.signed_in("boss").await;
    assert_eq!(boss.get("/inbox").await.count(&format!("a[href='{path}']")), 0, "not for them");
    assert_eq!(boss.get("/inbox?tab=others").await.count(&format!("a[href='{path}']")), 1);
    let closed = boss.get(&path).await;
    assert_eq!((closed.status, closed.count("form[action$='/doubts']")), (200, 0));
    assert!(closed.text().contains("Manager"), "{}", closed.text());

    let ask = [("ruling", "leave"), ("reason", "Asked three of them."), ("password", "wrong")];
    let wrong = lau.submit(&page, &path, &ask).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("Asked three of them."), "what was typed stays: {}", wrong.text());
    let silent = lau.submit(&page, &path, &[("ruling", "leave"), ("reason", " "), ("password", PASSWORD)]).await;
    assert_eq!(silent.status, 422);
    assert!(silent.text().contains("Say what this rests on"), "{}", silent.text());
    let long = "x".repeat(1_001);
    let long = lau.submit(&page, &path, &[("ruling", "leave"), ("reason", &long), ("password", PASSWORD)]).await;
    assert_eq!((long.status, long.text().contains("up to 1,000 characters")), (422, true), "{}", long.text());
    let of_old = [("ruling", "leave"), ("reason", "Asked three."), ("password", PASSWORD), ("attempt", "0")];
    let old = lau.submit(&page, &path, &of_old).await;
    assert_eq!((old.status, old.text().contains("has changed since you opened it")), (422, true), "{}", old.text());
    assert!(old.text().contains("Asked three."), "what was typed stays");
    let odd = lau.submit(&page, &path, &[("ruling", "forget"), ("reason", "x"), ("password", PASSWORD)]).await;
    assert_eq!(odd.status, 422);
    let stored = requests::find(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_eq!(stored.status, Status::NeedsAttention, "nothing was decided");

    let ask = [("ruling", "leave"), ("reason", "Asked three of them."), ("password", PASSWORD)];
    let done = lau.submit(&page, &path, &ask).await;
    assert_eq!((done.status, done.location()), (303, monitor.as_str()));
    let after = lau.get(&monitor).await;
    assert!(after.text().contains("Decided for 2 messages."), "{}", after.text());
    assert!(after.text().contains("Unknown 0 Not sent 0 Left as it is 2"), "{}", after.text());
    assert_eq!(after.count(&format!("a[href='{path}']")), 0);
    assert_eq!(lau.get(&path).await.status, 409);
    assert_eq!(lau.submit(&page, &path, &ask).await.status, 409, "once is enough");
    assert!(world.acts().await.contains(&"execution.ruled".to_owned()));
    let stored = requests::find(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_eq!(stored.status, Status::PartiallySucceeded);
    let audit = lau.get("/audit?act=execution").await;
    assert!(audit.text().contains("Decided on unknown outcomes"), "{}", audit.text());
}
