//! Changes of automation that are not made: refused before anybody is asked, or void by the time they would be carried out.

use countersign::approvals::{recheck, sign};
use countersign::domain::orders::{Price, Product, Stock};
use countersign::domain::requests::Status;
use countersign::domain::secret::Secret;
use countersign::domain::templates::TemplateStatus;
use countersign::order_source::{OrderSource, Settings};
use countersign::store::{orders, requests};
use countersign::tools;
use serde_json::{Value, json};

use super::automation::{FLOW, RULE, Shop, enveloped, menu, rule, rules, says};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

on_both!(
    what_would_loop_or_lose_customers_is_refused,
    what_is_too_broad_or_contradicts_another_is_refused,
    a_template_or_a_price_that_does_not_hold_is_refused,
    what_has_changed_since_is_not_carried_out,
    a_template_that_is_paused_holds_what_waits,
    a_source_that_is_away_holds_what_names_prices_and_nothing_else,
    two_who_ask_for_one_thing_make_it_live_once,
    what_is_anothers_does_not_exist,
);

async fn what_would_loop_or_lose_customers_is_refused(db: TestDb) {
    let shop = Shop::open(db).await;
    let with = |node: &str, value: Value| {
        let mut flow = menu("What is it about?");
        flow["nodes"][node] = value;
        json!({"flow": flow, "becomes": "active"})
    };
    let mut lost = menu("What is it about?");
    lost["nodes"]["desk"] = json!({"end": {}});
    let again = |next: &str| json!({"message": {"say": {"text": {"text": "Again"}}, "next": next}});
    let mut circle = with("tea", again("more"));
    circle["flow"]["nodes"]["more"] = again("tea");
    for (arguments, rule) in [
        (circle, "AUTO-01"),
        (json!({"flow": lost, "becomes": "active"}), "AUTO-05"),
        (with("tea", again("gone")), "AUTO-03"),
        (with("desk", json!({"hand_over": {"queue": "nowhere"}})), "AUTO-29"),
    ] {
        shop.blocked(FLOW, arguments.clone(), rule).await;
        let mut draft = arguments;
        draft["becomes"] = "draft".into();
        shop.blocked(FLOW, draft, rule).await;
    }
    assert_eq!((shop.acts("request.filed").await, shop.acts("request.previewed").await), (0, 0));
    assert_eq!(shop.acts("request.blocked").await, 8);
    assert_eq!(shop.answering().await, []);
}

async fn what_is_too_broad_or_contradicts_another_is_refused(db: TestDb) {
    let shop = Shop::open(db).await;
    shop.live(RULE, json!({"rule": rule("Prices", 10, "price", says("See our list.")), "becomes": "active"})).await;
    let cups = json!({"reply": {"say": {"text": "Choose."}, "buttons": ["Teas"]}});
    shop.live(RULE, json!({"rule": rule("Cups", 20, "cups", cups.clone()), "becomes": "active"})).await;
    let circle = json!({"reply": {"say": {"text": "Choose."}, "buttons": ["Cups"]}});
    for (rule, forbids) in [
        (rule("All", 30, "the", says("Hello")), "AUTO-12"),
        (rule("All", 30, "stop", says("Hello")), "AUTO-13"),
        (rule("All", 30, "yes", says("Hello")), "AUTO-14"),
        (rule("All", 30, "x", says("Hello")), "AUTO-11"),
        (rule("Lists", 10, "price", says("Hello")), "AUTO-15"),
        (rule("Teas", 30, "teas", json!({"reply": {"say": {"text": "Choose."}, "buttons": ["Our teas"]}})), "AUTO-17"),
        (rule("Teas", 30, "teas", circle), "AUTO-41"),
        (rule("Start", 30, "begin", json!({"start_flow": "fl_00000000000000000000000000000000"})), "AUTO-28"),
    ] {
        shop.blocked(RULE, json!({"rule": rule, "becomes": "active"}), forbids).await;
    }
    assert_eq!(shop.answering().await.len(), 2);
}

async fn a_template_or_a_price_that_does_not_hold_is_refused(db: TestDb) {
    let shop = Shop::open(db).await;
    let oolong = Product {
        id: "oolong-100".parse().unwrap(),
        name: "Winter oolong".into(),
        price: Price::of_minor("HKD".parse().unwrap(), 12_800).unwrap(),
        stock: Stock::Unlimited,
        as_of: NOW,
    };
    let mut tx = shop.world.db.begin().await.unwrap();
    orders::put(&mut tx, shop.world.tenant.id, std::slice::from_ref(&oolong)).await.unwrap();
    tx.commit().await.unwrap();
    let priced = |text: &str, shown: &str, source: &str, as_of: &str| {
        let say = json!({"text": text, "prices": [{"shown": shown, "source": source, "as_of": as_of}]});
        json!({"rule": rule("Oolong", 10, "oolong", json!({"reply": {"say": say}})), "becomes": "active"})
    };
    let with = |name: &str| {
        let mut flow = menu("What is it about?");
        flow["nodes"]["tea"] = json!({"message": {"say": {"template": name}, "next": "ask"}});
        json!({"flow": flow, "becomes": "active"})
    };
    shop.blocked(RULE, priced("It is HK$118.", "HK$118", "oolong-100", "2026-11-19"), "AUTO-40").await;
    shop.blocked(RULE, priced("It is HK$128.", "HK$128", "oolong-100", "2026-09-19"), "AUTO-24").await;
    let unsourced =
        json!({"rule": rule("Oolong", 10, "oolong", says("Winter oolong is HK$118 now.")), "becomes": "active"});
    shop.blocked(RULE, unsourced, "AUTO-40").await;
    shop.blocked(FLOW, with("gone"), "AUTO-22").await;
    shop.blocked(FLOW, with("winter_offer"), "AUTO-23").await;
    shop.template_is(TemplateStatus::Rejected).await;
    shop.blocked(FLOW, with("welcome"), "TEMPLATE-01").await;
    let held = shop.ask(RULE, priced("It is HK$128.", "HK$128", "oolong-100", "2026-11-19")).await;
    assert_eq!(held["status"], "pending_approval", "{held:#}");
    // The price rises before the worker looks: what was signed is no longer true.
    let dearer = Product { price: Price::of_minor("HKD".parse().unwrap(), 13_800).unwrap(), ..oolong };
    let mut tx = shop.world.db.begin().await.unwrap();
    orders::put(&mut tx, shop.world.tenant.id, &[dearer]).await.unwrap();
    tx.commit().await.unwrap();
    let stale = shop.carried_out(&held).await;
    assert_eq!((stale.status, stale.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "AUTO-40"));
    assert_eq!(shop.answering().await, []);
}

async fn what_has_changed_since_is_not_carried_out(db: TestDb) {
    let shop = Shop::open(db).await;
    let id = shop.live(FLOW, json!({"flow": menu("One"), "becomes": "active"})).await["id"].clone();
    let change = |words: &str| json!({"flow_id": id, "flow": menu(words), "becomes": "active"});
    let (two, three) = (shop.ask(FLOW, change("Two")).await, shop.ask(FLOW, change("Three")).await);
    let off = shop.ask(FLOW, json!({"flow_id": id, "becomes": "inactive"})).await;
    assert_eq!(shop.carried_out(&two).await.status, Status::Succeeded);
    for (answer, rule) in [(&three, "AUTO-33"), (&off, "AUTO-33")] {
        let stale = shop.carried_out(answer).await;
        assert_eq!((stale.status, stale.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, rule));
    }
    assert_eq!(shop.answering().await, [("Menu".to_owned(), 2)]);
    // Nobody can sign it either.
    let four = shop.ask(FLOW, change("Four")).await;
    let action = shop.request(&four).await.preview.action;
    assert_eq!(tools::standing(&shop.door.ctx, shop.world.tenant.id, &action).await.unwrap(), []);
    shop.db.execute("update automation set live_version = 1").await;
    let found = tools::standing(&shop.door.ctx, shop.world.tenant.id, &action).await.unwrap();
    assert_eq!(found.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), ["AUTO-42"]);
}

async fn a_template_that_is_paused_holds_what_waits(db: TestDb) {
    let shop = Shop::open(db).await;
    let mut flow = menu("What is it about?");
    flow["nodes"]["tea"] = json!({"message": {"say": {"template": "welcome"}, "next": "ask"}});
    let answer = shop.ask(FLOW, json!({"flow": flow, "becomes": "active"})).await;
    shop.template_is(TemplateStatus::Paused).await;
    recheck::open(&shop.door.ctx, shop.world.tenant.id).await.unwrap();
    let id = shop.request(&answer).await.id;
    let standing = requests::standing(&shop.world.db, shop.world.tenant.id, id).await.unwrap();
    assert_eq!(standing.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), ["TEMPLATE-02"]);
    let stale = shop.carried_out(&answer).await;
    assert_eq!((stale.status, stale.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "TEMPLATE-02"));
    assert_eq!(shop.answering().await, []);
}

async fn a_source_that_is_away_holds_what_names_prices_and_nothing_else(db: TestDb) {
    let shop = Shop::open(db).await;
    let say = json!({"text": "It is HK$128.", "prices": [{"shown": "HK$128", "source": "oolong-100", "as_of": "2026-11-19"}]});
    let say = json!({"rule": rule("Oolong", 10, "oolong", json!({"reply": {"say": say}})), "becomes": "active"});
    let mut flow = menu("What is it about?");
    flow["nodes"]["tea"] = json!({"message": {"say": {"template": "welcome"}, "next": "ask"}});
    let (priced, other) = (shop.ask(RULE, say).await, shop.ask(FLOW, json!({"flow": flow, "becomes": "active"})).await);
    let mut ctx = shop.door.ctx.clone();
    let settings = Settings::at("http://127.0.0.1:9");
    ctx.orders.source = Some(OrderSource::new(&settings, Secret::new("hush")).unwrap());
    shop.template_is(TemplateStatus::Paused).await;
    recheck::open(&ctx, shop.world.tenant.id).await.unwrap();
    for (answer, rule) in [(&priced, "AUTO-43"), (&other, "TEMPLATE-02")] {
        let id = shop.request(answer).await.id;
        let standing = requests::standing(&shop.world.db, shop.world.tenant.id, id).await.unwrap();
        assert_eq!(standing.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), [rule]);
        // Its page opens all the same, so that somebody can say no.
        let dossier = sign::dossier(&ctx, shop.world.tenant.id, &shop.world.owner, id).await.unwrap();
        assert_eq!(dossier.findings_now[0].rule, rule);
    }
}

async fn two_who_ask_for_one_thing_make_it_live_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let id = shop.live(FLOW, json!({"flow": menu("One"), "becomes": "active"})).await["id"].clone();
    let (_, other) = shop.world.agent("other", "read,propose").await;
    let change = json!({"flow_id": id, "flow": menu("Two"), "becomes": "active"});
    let mine = shop.ask(FLOW, change.clone()).await;
    let theirs = shop.door.modern(&other).call(FLOW, enveloped(change)).await;
    assert_ne!(mine["action_request_id"], theirs["action_request_id"]);
    let (a, b) = tokio::join!(shop.carried_out(&mine), shop.carried_out(&theirs));
    let mut statuses = [a.status, b.status].map(|status| status.to_string());
    statuses.sort();
    assert_eq!(statuses, ["stale", "succeeded"]);
    assert_eq!((shop.answering().await, shop.acts("automation.made_live").await), (vec![("Menu".to_owned(), 2)], 2));
}

async fn what_is_anothers_does_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let id = shop.live(FLOW, json!({"flow": menu("One"), "becomes": "active"})).await["id"].clone();
    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,propose").await;
    for (tool, arguments) in [
        (FLOW, json!({"flow_id": id, "becomes": "inactive"})),
        (FLOW, json!({"flow_id": id, "flow": menu("Mine")})),
        (RULE, json!({"keyword_rule_id": id.as_str().unwrap().replace("fl_", "kr_"), "becomes": "inactive"})),
    ] {
        let error = shop.door.modern(&foreign).refused(tool, enveloped(arguments.clone())).await;
        assert!(matches!(error["code"].as_str(), Some("not_found" | "invalid_arguments")), "{arguments} {error:#}");
    }
    let starts = json!({"rule": rule("Menu", 5, "menu", json!({"start_flow": id})), "becomes": "active"});
    let error = shop.door.modern(&foreign).refused(RULE, enveloped(starts)).await;
    assert_eq!((&error["code"], rules(&error["findings"])[0]), (&json!("blocked"), "AUTO-28"));
    let (_, reader) = shop.world.agent("reader", "read,propose:messages").await;
    let call = json!({"name": FLOW, "arguments": enveloped(json!({"flow_id": id, "becomes": "inactive"}))});
    let unknown = shop.door.modern(&reader).request("tools/call", call).await;
    assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
    assert_eq!(shop.answering().await, [("Menu".to_owned(), 1)]);
}
