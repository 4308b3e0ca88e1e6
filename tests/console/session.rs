//! Signing in, staying signed in, and who does not get in.

use std::time::Duration;

use countersign::store;
use reqwest::Method;

use super::world::{PASSWORD, World};
use crate::support::db::{TestDb, on_both};
use crate::support::visitor::form;

on_both!(
    the_way_in_and_out,
    nobody_learns_who_has_an_account,
    guessing_is_slowed_down,
    a_session_ends_when_unused_and_in_any_case,
    a_closed_account_loses_its_session_at_once,
    another_sites_form_does_nothing,
    the_session_is_not_in_the_database,
    language_and_theme_are_remembered,
);

async fn the_way_in_and_out(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.visitor();
    for page in ["/inbox", "/audit", "/help/keys"] {
        let answer = lau.get(page).await;
        assert_eq!(answer.status, 303, "{page}");
        assert!(answer.location().starts_with("/login"), "{page} leads to {}", answer.location());
    }
    assert_eq!(lau.get("/").await.location(), "/inbox");
    let form = lau.get("/login?next=%2Faudit").await;
    assert_eq!((form.status, form.part("h1").as_str()), (200, "Sign in"));
    assert!(lau.jar.is_empty(), "a visitor has no session");
    let answer = lau.submit(&form, "/login", &[("email", "LAU@example.com"), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/audit"));
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("sid=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let inbox = lau.get("/inbox").await;
    assert_eq!(inbox.status, 200);
    assert_eq!(inbox.part(".who"), "M. Lau Compliance");
    assert_eq!(inbox.part(".tenant"), "Harbour Retail Ltd");
    assert_eq!(lau.get("/login").await.location(), "/inbox", "who is in need not sign in");
    let wrong = lau.submit(&form, "/login", &[("email", "lau@example.com"), ("password", "wrong")]).await;
    assert_eq!((wrong.status, wrong.part("h1").as_str()), (401, "Sign in"), "whoever tries anyway is told");

    let stolen = lau.jar.clone();
    let answer = lau.submit(&inbox, "/logout", &[]).await;
    assert_eq!(answer.location(), "/login");
    lau.jar = stolen;
    assert_eq!(lau.get("/inbox").await.status, 303, "the session is gone, not only its cookie");
    assert_eq!(world.acts().await, ["person.signed_in", "person.sign_in_failed", "person.signed_out"]);

    let world = World::with(TestDb::new(crate::support::db::Kind::Sqlite).await.unwrap(), true).await;
    let mut lau = world.visitor();
    let cookie = lau.sign_in("lau@example.com", PASSWORD).await.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-sid=") && cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
}

async fn nobody_learns_who_has_an_account(db: TestDb) {
    let world = World::new(db).await;
    let mut tx = world.db.begin().await.unwrap();
    store::people::disable(&mut tx, world.tenant, world.people["boss"].id, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut answers = Vec::new();
    for (email, password) in [
        ("lau@example.com", "wrong"),
        ("nobody@example.com", "wrong"),
        ("boss@example.com", PASSWORD),
        ("", ""),
        (&"x".repeat(5_000), PASSWORD),
    ] {
        let answer = world.visitor().sign_in(email, password).await;
        assert_eq!(answer.status, 401);
        assert!(!answer.headers.contains_key("set-cookie"));
        answers.push(answer.part(".notice"));
    }
    answers.dedup();
    assert_eq!(answers, ["E-mail address and password do not match, or the account is closed."]);
    let entries = store::audit::list(&world.db, world.tenant, &Default::default(), 10).await.unwrap();
    assert_eq!(entries.len(), 2, "of those two that there are");
    for entry in entries {
        assert_eq!(entry.act, "person.sign_in_failed");
        assert!(!entry.leaf().unwrap().contains("example.com"), "the log holds no address");
    }
}

async fn guessing_is_slowed_down(db: TestDb) {
    let world = World::new(db).await;
    let mut guesser = world.visitor();
    for _ in 0..5 {
        assert!(guesser.sign_in("lau@example.com", "wrong").await.text().contains("do not match"));
    }
    let answer = guesser.sign_in("lau@example.com", PASSWORD).await;
    assert_eq!(answer.status, 429, "not even the right one");
    assert_eq!(answer.headers["retry-after"], "30");
    assert!(answer.text().contains("Nothing was checked. Try again in 30 s."), "{}", answer.text());
    assert_eq!(guesser.sign_in("ho@example.com", PASSWORD).await.status, 303, "others go on");
    world.clock.advance(Duration::from_secs(31));
    let mut lau = world.visitor();
    assert_eq!(lau.sign_in("lau@example.com", PASSWORD).await.status, 303);
    assert!(world.visitor().sign_in("lau@example.com", "wrong").await.text().contains("do not match"), "counted anew");
}

async fn a_session_ends_when_unused_and_in_any_case(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    world.clock.advance(Duration::from_mins(14));
    assert_eq!(lau.get("/inbox").await.status, 200);
    world.clock.advance(Duration::from_mins(14));
    assert_eq!(lau.get("/inbox").await.status, 200, "each page counts");
    world.clock.advance(Duration::from_mins(16));
    assert_eq!(lau.get("/inbox").await.status, 303, "unused for too long");

    let mut lau = world.signed_in("lau").await;
    for _ in 0..12 * 6 {
        assert_eq!(lau.get("/help/keys").await.status, 200);
        world.clock.advance(Duration::from_mins(10));
    }
    assert_eq!(lau.get("/inbox").await.status, 303, "twelve hours are over, used or not");
}

async fn a_closed_account_loses_its_session_at_once(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    assert_eq!(lau.get("/inbox").await.status, 200);
    let mut tx = world.db.begin().await.unwrap();
    store::people::disable(&mut tx, world.tenant, world.people["lau"].id, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(lau.get("/inbox").await.status, 303);
    assert_eq!(lau.sign_in("lau@example.com", PASSWORD).await.status, 401);
}

async fn another_sites_form_does_nothing(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.signed_in("lau").await;
    let page = lau.get("/inbox").await;
    let token = page.form("/logout").into_iter().find(|(name, _)| name == "token").unwrap().1;
    let own = world.base.clone();
    // Where it says it comes from, the token that it carries, and whether it is let in.
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let matrix: [(Headers<'_>, Option<&str>, bool); 9] = [
        (&[("sec-fetch-site", "same-origin")], Some(&token), true),
        (&[("sec-fetch-site", "none")], Some(&token), true),
        (&[("origin", &own)], Some(&token), true),
        (&[("sec-fetch-site", "cross-site")], Some(&token), false),
        (&[("sec-fetch-site", "same-site")], Some(&token), false),
        (&[("origin", "https://evil.example")], Some(&token), false),
        (&[("sec-fetch-site", "same-origin")], Some("0000"), false),
        (&[("sec-fetch-site", "same-origin")], None, false),
        (&[], None, false),
    ];
    for (headers, token, lets) in matrix {
        let mut request = lau.request(Method::POST, "/preferences");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut fields = vec![("theme", "dark"), ("back", "/audit")];
        fields.extend(token.map(|token| ("token", token)));
        let answer = lau.send(form(request, &fields)).await;
        assert_eq!(answer.status, if lets { 303 } else { 403 }, "{headers:?} {token:?}: {}", answer.text());
        if !lets {
            assert!(answer.text().contains("Nothing was done."), "{}", answer.text());
        }
    }
    for (body, status) in [("{\"theme\":\"dark\"}", 422), (&*"x".repeat(100_000), 413)] {
        let request = lau.request(Method::POST, "/preferences").header("sec-fetch-site", "same-origin");
        let answer = lau.send(request.header("content-type", "application/json").body(body.to_owned())).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let answer = lau.get("/logout").await;
    assert_eq!((answer.status, lau.get("/inbox").await.status), (405, 200), "nothing acts on GET");
}

async fn the_session_is_not_in_the_database(db: TestDb) {
    let world = World::new(db).await;
    let lau = world.signed_in("lau").await;
    let id = &lau.jar["sid"];
    let hash = countersign::domain::canonical::sha256(id.as_bytes());
    let (data, _) = store::sessions::load(&world.db, &hash, world.now()).await.unwrap().expect("under its hash");
    assert!(!data.contains(id.as_str()) && !data.contains(PASSWORD) && !data.contains("example.com"), "{data}");

    // An id that somebody planted before the sign-in is not the one after it.
    let mut planted = world.visitor();
    planted.jar.insert("sid".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
    planted.sign_in("ho@example.com", PASSWORD).await;
    assert_ne!(planted.jar["sid"], "AAAAAAAAAAAAAAAAAAAAAA");
    for nonsense in ["", "x", "../../etc", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let mut odd = world.visitor();
        odd.jar.insert("sid".into(), nonsense.into());
        assert_eq!(odd.get("/inbox").await.status, 303, "{nonsense:?}");
    }
}

async fn language_and_theme_are_remembered(db: TestDb) {
    let world = World::new(db).await;
    let mut lau = world.visitor();
    lau.language = "zh-HK,zh;q=0.9";
    let page = lau.get("/login").await;
    assert_eq!(page.attr("html", "lang").as_deref(), Some("zh-Hant"));
    let answer = lau.submit(&page, "/preferences", &[("lang", "zh-Hans"), ("back", "//evil.example")]).await;
    assert_eq!(answer.location(), "/inbox", "and nowhere else");
    assert_eq!(lau.get("/login").await.attr("html", "lang").as_deref(), Some("zh-Hans"));
    lau.sign_in("lau@example.com", PASSWORD).await;
    let page = lau.get("/help/keys").await;
    assert_eq!(page.count("body[data-keys]"), 1);
    for (name, value) in [("lang", "en"), ("theme", "dark"), ("keys", "off"), ("theme", "<script>"), ("lang", "xx")] {
        let answer = lau.submit(&page, "/preferences", &[(name, value)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/help/keys"));
    }
    let page = lau.get("/help/keys").await;
    let at = |css, name| page.attr(css, name);
    assert_eq!((at("html", "lang").as_deref(), at("html", "data-theme").as_deref()), (Some("en"), Some("dark")));
    assert_eq!(page.count("body[data-keys]"), 0);
    let mut elsewhere = world.signed_in("lau").await;
    elsewhere.language = "zh-CN";
    assert_eq!(elsewhere.get("/inbox").await.attr("html", "lang").as_deref(), Some("en"), "the account's own");
}
