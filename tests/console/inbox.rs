//! Whose move each request is.

use countersign::domain::policy::signatures::{one_signature, two_signatures};
use countersign::domain::requests::Status;

use super::world::World;
use crate::support::db::{TestDb, on_both};
use crate::support::visitor::Answer;

on_both!(
    each_waits_for_whom_it_waits,
    an_empty_inbox_says_so,
    filters_narrow_and_pages_follow,
    what_agents_write_is_text
);

fn tab(answer: &Answer, name: &str) -> String {
    answer.part(&format!(".tabs a[href='/inbox?tab={name}']"))
}

async fn each_waits_for_whom_it_waits(db: TestDb) {
    let world = World::new(db).await;
    world.file(one_signature("SIGN-01")).await;
    world.file(two_signatures("SIGN-02")).await;
    for (name, mine, others) in [
        ("lau", 2, 0),
        ("chan", 0, 2), // a principal, after compliance
        ("wong", 0, 2), // whose agent asked
        ("ops", 0, 2),
        ("audit", 0, 2),
    ] {
        let mut person = world.signed_in(name).await;
        let inbox = person.get("/inbox").await;
        assert_eq!(tab(&inbox, "mine"), format!("Waiting for me {mine}"), "{name}");
        assert_eq!(tab(&inbox, "others"), format!("Waiting for others {others}"), "{name}");
        assert_eq!(inbox.count("tbody tr"), mine);
        let title = inbox.part("title");
        assert_eq!(
            title,
            if mine > 0 { format!("({mine}) Inbox – Countersign") } else { "Inbox – Countersign".into() }
        );
        assert_eq!(person.get("/inbox?tab=others").await.count("tbody tr"), others);
        assert_eq!(person.get("/inbox?tab=all").await.count("tbody tr"), 2);
        assert_eq!(person.get("/inbox?tab=decided").await.count("tbody tr"), 0);
        assert_eq!(person.get("/inbox?tab=nonsense").await.count("tbody tr"), mine);
    }
    let mut lau = world.signed_in("lau").await;
    let row = lau.get("/inbox").await.part("tbody tr:first-child");
    for words in ["Winter offer", " signatures", "1 warning", "promo-agent", "K. Wong", "Waiting for review", "in 3 d"]
    {
        assert!(row.contains(words), "{words} is not in {row}");
    }
}

async fn an_empty_inbox_says_so(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await;
    assert!(inbox.text().contains("Nothing is waiting for you."), "{}", inbox.text());
    assert!(lau.get("/inbox?q=x").await.text().contains("No requests match."));
}

async fn filters_narrow_and_pages_follow(db: TestDb) {
    let world = World::new(db).await;
    for _ in 0..51 {
        world.file(one_signature("SIGN-01")).await;
    }
    let mut lau = world.signed_in("lau").await;
    let first = lau.get("/inbox").await;
    assert_eq!(first.count("tbody tr"), 50);
    assert_eq!(first.part(".pager p:first-child"), "Showing 1–50 of 51");
    let next = first.attr(".pager a[rel=next]", "href").unwrap();
    let second = lau.get(&next).await;
    assert_eq!((second.count("tbody tr"), second.part(".pager p:first-child").as_str()), (1, "Showing 51–51 of 51"));
    let all = lau.get("/inbox?tab=all").await;
    let next = all.attr(".pager a[rel=next]", "href").unwrap();
    assert_eq!((all.count("tbody tr"), lau.get(&next).await.count("tbody tr")), (50, 1));
    for (query, want) in [
        ("q=WINTER", 50),
        ("q=summer", 0),
        ("tool=whatsapp.broadcast.schedule", 50),
        ("tool=whatsapp.other", 0),
        ("agent=promo-agent", 50),
        ("agent=nobody", 0),
        ("due=hours", 0),
        ("q=%27%3B--&page=-7&due=never", 0),
    ] {
        for tab in ["mine", "all"] {
            if tab == "mine" || !query.starts_with("due") {
                let answer = lau.get(&format!("/inbox?tab={tab}&{query}")).await;
                assert_eq!((answer.status, answer.count("tbody tr")), (200, want), "{tab}: {query}");
            }
        }
    }
    for odd in ["page=99999999999999999999999", "page=0", "before=x", "before=1-ar_x", "tab=%00"] {
        assert_eq!(lau.get(&format!("/inbox?{odd}")).await.status, 200, "{odd}");
    }
}

async fn what_agents_write_is_text(db: TestDb) {
    let world = World::new(db).await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    world.file_with(|request| request.preview.summary = hostile.into(), &format!("Broadcast · {hostile}")).await;
    world.file_with(|request| request.status = Status::PendingApproval, "Broadcast · Plain").await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await;
    assert_eq!((inbox.count("tbody tr"), inbox.count("img"), inbox.count("script:not([src])")), (2, 0, 0));
    assert!(inbox.part("tbody").contains(hostile));
}
