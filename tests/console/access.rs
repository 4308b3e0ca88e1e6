//! Every page as it is, before axe: three languages, both themes, a phone, a tablet, a desk.

use countersign::domain::policy::signatures::two_signatures;

use super::broadcasts::{doubtful, running};
use super::conversations::conversed;
use super::decisions::{all, decide};
use super::kinds::drawn_from;
use super::world::World;
use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::db::{Kind, TestDb};

const PHONE: u32 = 320;
const TABLET: u32 = 768;
const DESK: u32 = 1280;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_every_page_in_english() {
    look("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_every_page_in_traditional_chinese() {
    look("zh-Hant").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_every_page_in_simplified_chinese() {
    look("zh-Hans").await;
}

/// Names of pages and where they are, for somebody who is about to sign.
async fn pages(world: &World, browser: &Browser) -> Vec<(&'static str, String)> {
    let mut lau = world.signed_in("lau").await;
    let request = world.file(two_signatures("SIGN-02")).await;
    let closed = world.file(two_signatures("SIGN-02")).await;
    let run = running(world, "Winter offer").await;
    let paused = running(world, "Spring sale").await.id;
    let mut ops = world.signed_in("ops").await;
    let page = ops.get(&format!("/broadcasts/{paused}/stop")).await;
    assert_eq!(ops.submit(&page, &format!("/broadcasts/{paused}/pause"), &[]).await.status, 303);
    let doubted = doubtful(world, "Autumn").await.id;
    let import = world.ask_import().await.id;
    let segment = world.ask_segment(drawn_from(world).await).await.id;
    let page = world.read(&mut lau, &request).await;
    let answer = decide(&mut lau, &page, &request, &all("approve")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser.cookie(&world.base, "sid", &lau.jar["sid"]).await;
    let thread = conversed(world).await;
    let (id, run, other) = (request.id, run.id, closed.id);
    vec![
        ("inbox", "/inbox".into()),
        ("inbox-all", "/inbox?tab=all&q=winter".into()),
        ("inbox-decided", "/inbox?tab=decided".into()),
        ("request", format!("/requests/{id}")),
        ("request-running", format!("/requests/{run}")),
        ("import", format!("/requests/{import}")),
        ("left-out", format!("/requests/{import}/left-out")),
        ("segment", format!("/requests/{segment}")),
        ("sign", format!("/requests/{id}/sign")),
        ("withdraw", format!("/requests/{other}/withdraw")),
        ("broadcasts", "/broadcasts".into()),
        ("conversations", "/conversations".into()),
        ("conversation", format!("/conversations/{}", thread.id)),
        ("monitor", format!("/broadcasts/{run}")),
        ("stop", format!("/broadcasts/{run}/stop")),
        ("monitor-paused", format!("/broadcasts/{paused}")),
        ("resume", format!("/broadcasts/{paused}/resume")),
        ("monitor-doubts", format!("/broadcasts/{doubted}")),
        ("doubts", format!("/broadcasts/{doubted}/doubts")),
        ("audit", "/audit".into()),
        ("audit-entry", "/audit/1".into()),
        ("keys", "/help/keys".into()),
        ("nothing", "/requests/none".into()),
    ]
}

async fn look(language: &'static str) {
    let (Some(axe), Some(browser)) = (axe::source(), Browser::open().await) else { return };
    let world = World::new(TestDb::new(Kind::Sqlite).await.unwrap()).await;
    browser.cookie(&world.base, "lang", language).await;
    let mut found = vec![seen(&browser, &axe, &world, language, "sign-in", "/login").await];
    for (name, path) in pages(&world, &browser).await {
        found.push(seen(&browser, &axe, &world, language, name, &path).await);
    }
    let found = found.concat();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
    browser.close().await;
}

async fn seen(browser: &Browser, axe: &str, world: &World, language: &str, name: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for theme in ["light", "dark"] {
        browser.cookie(&world.base, "theme", theme).await;
        browser.goto(&format!("{}{path}", world.base)).await;
        let shown = browser.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]").await;
        assert_eq!(shown, serde_json::json!([language, theme]), "{path}");
        let here = browser.evaluate("location.pathname + location.search").await;
        assert_eq!(here, path, "the page is another");
        for width in [PHONE, TABLET, DESK] {
            let place = format!("{name} {language} {theme} {width}");
            let wide = browser.overflow(width).await;
            if wide > 0 {
                found.push(format!("{place}: {wide} pixels wider than the window"));
            }
            // Between a phone and a desk nothing appears that neither has, and another theme only has other colours.
            if width == DESK || width == PHONE && theme == "light" {
                let violations = axe::violations(browser, axe).await;
                found.extend(violations.into_iter().map(|violation| format!("{place}: {violation}")));
            }
        }
        browser.pictures(&format!("page-{name}-{language}-{theme}")).await;
    }
    found
}

/// A fault that is planted is found: the checker looks at what is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_planted_fault_is_found() {
    let (Some(axe), Some(browser)) = (axe::source(), Browser::open().await) else { return };
    let world = World::new(TestDb::new(Kind::Sqlite).await.unwrap()).await;
    browser.goto(&format!("{}/login", world.base)).await;
    assert!(axe::violations(&browser, &axe).await.is_empty());
    browser.evaluate("document.querySelector('label[for=email]').remove(); 0").await;
    let found = axe::violations(&browser, &axe).await;
    assert!(found.iter().any(|line| line.contains("label") && line.contains("#email")), "{found:?}");
    browser.close().await;
}
