//! What answers the demo's customers by itself: keywords, a menu with buttons, greetings, and ways to people.

use super::cast::{CARE, MACAU, SHOP};
use crate::domain::audit::{Actor, Event};
use crate::domain::automation::Content;
use crate::domain::automation::hours::OpeningHours;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AutoReplyId, FlowId, KeywordRuleId, RequestId, TenantId};
use crate::domain::policy::hours::Zone;
use crate::store::{audit, automation};
use crate::tools::Ctx;
use serde_json::{Value, json};

/// Makes all of it live by the leave of a request that people have signed. The audit log says that the demo did it, and no
/// tool: what a tool would have shown to people before, nobody has looked at here.
pub async fn make_live(ctx: &Ctx, tenant: TenantId, request: RequestId) -> anyhow::Result<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    for content in contents(now)? {
        let (subject, stored) =
            (content.subject(), automation::add_version(&mut tx, tenant, &content, request, now).await?);
        if !automation::switch(&mut tx, tenant, subject, None, Some(stored.version), request, now).await? {
            anyhow::bail!("{} could not be made live", content.name());
        }
        let details = json!({
            "kind": subject.kind().as_str(), "version": stored.version, "digest": stored.digest, "request": request,
            "done_by": "the demo, without a tool",
        });
        let event =
            Event { actor: Actor::Operator, act: "automation.made_live", subject: subject.to_string(), details };
        audit::append(&mut tx, tenant, now, event).await?;
    }
    Ok(tx.commit().await?)
}

/// The hours of the team in Macau: such that nobody is there now, whenever the demo is started.
pub fn macau_hours(now: Timestamp) -> anyhow::Result<OpeningHours> {
    let zone: Zone = "Asia/Macau".parse()?;
    let hours = if zone.calendar(now).hour() < 12 { "14:00-20:00" } else { "04:00-10:00" };
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| (day.to_owned(), json!([hours])));
    let open: serde_json::Map<String, Value> = days.into_iter().collect();
    Ok(serde_json::from_value(json!({"zone": zone, "open": open}))?)
}

fn contents(now: Timestamp) -> anyhow::Result<Vec<Content>> {
    let menu = FlowId::random();
    let mut all = vec![flow(menu)];
    all.extend(rules(menu));
    all.extend(greetings(&macau_hours(now)?));
    all.into_iter().map(|content| Ok(serde_json::from_value(content)?)).collect()
}

fn flow(id: FlowId) -> Value {
    let choice = |id: &str, title: &str| json!({"id": id, "title": title, "next": id});
    let buttons =
        [choice("teas", "Our teas 茶單"), choice("order", "My order 訂單"), choice("person", "Talk to us 找店員")];
    let hand_over = |queue: &str, note: &str, text: &str| json!({"hand_over": {"queue": queue, "note": note, "say": {"text": text}}});
    let nodes = json!({
        "menu": {"question": {"ask": {"text": "What can we do for you?\n有甚麼可以幫你？"}, "menu": {"buttons": buttons}}},
        "teas": {"message": {"say": {"text": {"text":
            "Oolong, jasmine and pu'er in every branch; the winter oolong is new.\n各分店均有烏龍、茉莉及普洱；冬季烏龍新到。"}},
            "next": "label"}},
        "label": {"tag": {"tag": "asked-for-teas", "next": "menu"}},
        "order": hand_over("orders", "Came by the menu.",
            "Please send your order number; a colleague looks it up.\n請傳送訂單編號，同事會為你查詢。"),
        "person": hand_over("support", "Came by the menu.", "A colleague will answer you here.\n同事稍後會在這裡回覆你。"),
    });
    json!({"kind": "flow", "content": {
        "id": id, "name": "Menu", "kind": "faq", "scope": {}, "start": "menu", "nodes": nodes,
        "fallback": {"say": {"text": "Please choose one of the buttons.\n請選擇以上其中一項。"}, "tries": 2, "next": "person"},
        "person": {"queue": "support"}, "timeout_minutes": 60,
    }})
}

fn rules(menu: FlowId) -> Vec<Value> {
    let rule = |name: &str, priority: u16, kind: &str, phrases: &[&str], action: Value| {
        json!({"kind": "keyword_rule", "content": {
            "id": KeywordRuleId::random(), "name": name, "priority": priority, "scope": {}, "kind": kind,
            "phrases": phrases, "action": action,
        }})
    };
    let route =
        |queue: &str, note: &str, text: &str| json!({"route": {"queue": queue, "note": note, "say": {"text": text}}});
    let opening = json!({"reply": {"say": {"text": "We are open every day from 9 to 21.\n每日 9 時至 21 時營業。"}}});
    let order = "A colleague looks your order up.\n同事正為你查詢訂單。";
    vec![
        rule("Menu", 10, "exact", &["menu", "選單", "菜单", "tell me more", "了解更多"], json!({ "start_flow": menu })),
        rule(
            "Something is broken",
            20,
            "word",
            &["broken", "cracked"],
            route(
                "complaints",
                "Something arrived broken.",
                "We are sorry to hear that. A colleague will look after it.",
            ),
        ),
        rule(
            "Returns",
            30,
            "word",
            &["return"],
            json!({"reply": {
                "say": {"text": "Unused teaware can be returned within 14 days, at any branch."},
                "buttons": ["Talk to a person"],
            }}),
        ),
        rule("Orders", 40, "word", &["order"], route("orders", "Asks for an order.", order)),
        rule("Orders, in Chinese", 41, "contains", &["訂單", "订单"], route("orders", "Asks for an order.", order)),
        rule("Opening hours", 50, "word", &["hours", "open"], opening.clone()),
        rule("Opening hours, in Chinese", 51, "contains", &["几点", "幾點", "營業時間"], opening),
    ]
}

fn greetings(macau: &OpeningHours) -> [Value; 2] {
    let reply = |name: &str, occasion: Value, numbers: &[&str], text: &str, queue: &str| {
        json!({"kind": "auto_reply", "content": {
            "id": AutoReplyId::random(), "name": name, "occasion": occasion, "scope": {"numbers": numbers}, "queues": [],
            "say": {"text": text}, "fallback": "person", "person": {"queue": queue},
        }})
    };
    [
        reply(
            "Welcome",
            json!({"first_message": null}),
            &[SHOP, CARE],
            "Welcome to Harbour Tea House. Write MENU to see what we can do for you.\n歡迎光臨，輸入「選單」看看我們可以幫你甚麼。",
            "support",
        ),
        reply(
            "Macau is closed",
            json!({"closed": macau}),
            &[MACAU],
            "Our counter in Macau is closed now. We answer as soon as it opens.\n澳門專櫃現已休息，開門後會盡快回覆。",
            "macau",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::names::Queue;
    use crate::domain::automation::{Active, Authority, Live};
    use crate::domain::policy::automation::{Known, check};
    use crate::domain::policy::settings::Settings;
    use crate::domain::preview::Level;
    use std::collections::BTreeSet;

    #[test]
    fn the_rules_find_nothing_against_what_is_made_live() {
        let now = Timestamp::from_seconds(1_795_000_000);
        let contents = contents(now).unwrap();
        let mut active = Active::default();
        for content in &contents {
            let live = Live { version: 1, authority: Authority::Rehearsal, content: content.clone() };
            active.put(live);
        }
        let queues: BTreeSet<Queue> =
            ["support", "orders", "complaints", "macau"].map(|name| name.parse().unwrap()).into();
        let numbers = [SHOP, CARE, MACAU].map(str::to_owned).into();
        let known = Known {
            active: &active,
            templates: &[],
            queues: Some(&queues),
            numbers: &numbers,
            products: &[],
            settings: &Settings::default(),
            now,
        };
        for content in &contents {
            let found: Vec<_> =
                check(content, &known).into_iter().filter(|finding| finding.level == Level::Block).collect();
            assert!(found.is_empty(), "{}: {found:#?}", content.name());
        }
    }

    #[test]
    fn nobody_is_in_macau_whenever_the_demo_is_started() {
        for hour in 0..48 {
            let now = Timestamp::from_seconds(1_795_000_000 + hour * 3_600);
            let hours = macau_hours(now).unwrap();
            assert!(!hours.is_open(now), "at {now}");
            assert!(
                (0..24).any(|later| hours.is_open(Timestamp::from_seconds(now.seconds() + later * 3_600))),
                "at {now}"
            );
        }
    }
}
