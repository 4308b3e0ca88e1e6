//! The log, for those who may read it.

use super::world::{PASSWORD, World};
use crate::support::db::{TestDb, on_both};

on_both!(some_roles_read_the_log, filters_live_in_the_address, an_entry_shows_what_is_hashed);

async fn some_roles_read_the_log(db: TestDb) {
    let world = World::new(db).await;
    for (name, may) in [
        ("lau", true),
        ("chan", true),
        ("audit", true),
        ("root", true),
        ("ops", false),
        ("boss", false),
        ("dpo", false),
    ] {
        let mut person = world.signed_in(name).await;
        for page in ["/audit", "/audit/0"] {
            let answer = person.get(page).await;
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{name} at {page}");
            assert_eq!(
                answer.count(".nav a[href='/audit']"),
                usize::from(may),
                "the way there is shown to whom it serves"
            );
            if !may {
                assert!(answer.text().contains("Administrator, Compliance, Principal, Auditor"), "{}", answer.text());
            }
        }
    }
}

async fn filters_live_in_the_address(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    world.visitor().sign_in("ho@example.com", "wrong").await;
    world.signed_in("chan").await;
    let rows = |answer: &crate::support::visitor::Answer| answer.count("tbody tr");
    let all = lau.get("/audit").await;
    assert_eq!(rows(&all), 3);
    assert!(all.part("tbody tr:first-child").contains("P. Chan") && all.text().contains("Sign-in failed"));
    let chan = world.people["chan"].id;
    for (query, want) in [
        (format!("actor={chan}"), 1),
        ("actor=policy".into(), 1),
        ("action=person.".into(), 3),
        ("action=request.".into(), 0),
        ("from=2026-11-22&to=2026-11-22".into(), 3),
        ("from=2026-11-23".into(), 0),
        ("to=2026-11-21".into(), 0),
        (format!("q={}", world.people["ho"].id), 1),
        (format!("q={}", world.agent.id), 0),
        ("before=1".into(), 1),
    ] {
        assert_eq!(rows(&lau.get(&format!("/audit?{query}")).await), want, "{query}");
    }
    assert_eq!(lau.get("/audit?q=2").await.location(), "/audit/2");
    let answer = lau.get("/audit?from=yesterday&q=%3Cscript%3E&action=%27--&before=-1&actor=%00").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("is not a date"), "{}", answer.text());
    assert_eq!(answer.count("script:not([src])"), 0);
    assert_eq!(
        (answer.count(".chip"), rows(&answer)),
        (1, 0),
        "what finds nothing is said, what is no filter is left out"
    );
    let answer = lau.get("/audit?actor=nobody&action=nothing").await;
    assert!(answer.text().contains("“nobody” is not among the choices"), "{}", answer.text());
    assert_eq!((answer.count(".chip"), rows(&answer)), (0, 3));
}

async fn an_entry_shows_what_is_hashed(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    world.visitor().sign_in("lau@example.com", PASSWORD).await;
    let answer = lau.get("/audit/0").await;
    assert_eq!((answer.status, answer.part("h1").as_str()), (200, "Audit entry 0"));
    let entry = countersign::store::audit::find(&world.db, world.tenant, 0).await.unwrap().unwrap();
    let leaf = entry.leaf().unwrap();
    assert_eq!(answer.part("pre.raw"), leaf);
    assert!(answer.text().contains(&hex::encode(countersign::domain::audit::leaf_hash(leaf.as_bytes()))));
    assert_eq!((answer.count("a[rel=prev]"), answer.attr("a[rel=next]", "href").as_deref()), (0, Some("/audit/1")));
    assert_eq!(lau.get("/audit/1").await.count("a[rel=next]"), 0);
    for missing in ["/audit/2", "/audit/-1", "/audit/x", "/audit/99999999999999999999"] {
        assert_eq!(lau.get(missing).await.status, 404, "{missing}");
    }
}
