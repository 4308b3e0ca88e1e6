//! What a reviewer reads before deciding.

use countersign::domain::audience::Exclusion;
use countersign::domain::policy::rules::FREQ_02;
use countersign::domain::policy::signatures::{one_signature, two_signatures};
use countersign::domain::preview::{Finding, Level, Span, View};
use countersign::domain::requests::Status;
use countersign::store;

use super::world::{World, business};
use crate::support::db::{TestDb, on_both};

on_both!(
    everything_to_decide_is_on_one_page,
    text_from_outside_stays_text,
    every_language_has_the_whole_page,
    what_is_foreign_is_not_there
);

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

async fn everything_to_decide_is_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = world
        .file_with(
            |request| {
                request.quorum = two_signatures("SIGN-02");
                let View::Broadcast(view) = &mut request.preview.view else { panic!("a broadcast") };
                view.audience.funnel.count(Err(Exclusion::NoConsent));
                view.goal = Some("Sell the winter oolong".into());
            },
            "Broadcast · Winter offer",
        )
        .await;
    let mut lau = world.signed_in("lau").await;
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    assert_eq!(page.status, 200);
    let title = format!("Winter offer – request {}", request.id.short());
    assert_eq!(page.part("h1"), title);
    assert!(page.part("title").contains(&title));
    let text = page.text();
    for (what, words) in [
        ("summary", "Send template winter_offer (marketing) to 12 people"),
        ("agent", "promo-agent"),
        ("owner", "K. Wong"),
        ("state", "Waiting for review"),
        ("whose move", "A reviewer decides next."),
        ("digest", &countersign::console::parts::Digest::new(&request.digest.to_string()).short()),
        ("finding", "3 people already got a message in 30 days"),
        ("message as seen", "Hi A••, winter oolong has arrived."),
        ("message as stored", "Hi {{1}} , winter oolong has arrived."),
        ("footer", "Reply STOP to opt out"),
        ("exclusion", "− No consent 1"),
        ("exclusion with zero", "− Quiet hours throughout 0"),
        ("the sum", "13 − 1 = 12"),
        ("segment", "Members version 1"),
        ("market", "Hong Kong 12"),
        ("sample", "+852 •••• ••34"),
        ("consent", "Web form 12"),
        ("frequency", "None 9"),
        ("first message", "For 3 people this is the first marketing message"),
        ("start", "As soon as it is approved"),
        ("pace", "20 a second · 1 batch of 500"),
        ("number", "+852 5550 1000"),
        ("limit", "10,000 in 24 hours, 0 used"),
        ("cost", "HK$0.80 HK$9.60"),
        ("ceiling", "Ceiling HK$10.08"),
        ("link", "https://shop.example/w"),
        ("allowed", "on the list of allowed domains"),
        ("agent's reason", "The winter oolong has arrived."),
        ("agent's goal", "Sell the winter oolong"),
        ("not verified", "Not verified"),
        ("raw", "\"template\": \"winter_offer\""),
        ("first signature", "Signature 1 you (Compliance)"),
        ("second signature", "Signature 2 Principal, 1 person"),
        ("who may not", "K. Wong answers for the agent that asked."),
        ("the rule", "SIGN-02"),
        ("timeline", "Request filed"),
        ("what follows", "1 more signature is needed after yours."),
    ] {
        assert!(text.contains(words), "{what}: \"{words}\" is not in:\n{text}");
    }
    assert_eq!(page.count("input[type=checkbox][name=section]"), 5);
    assert_eq!(page.count("input[type=radio][name=verdict]"), 3);
    assert_eq!(page.count("#finding-FREQ-02"), 1);
    assert_eq!(page.count(&format!("a[href='/requests/{}/withdraw']", request.id)), 1);
    assert!(!page.html.contains("+85252"), "no whole number of a customer");

    let view = store::requests::find(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_eq!(view.status, Status::PendingApproval, "reading changes nothing");
}

async fn text_from_outside_stays_text(db: TestDb) {
    let world = World::new(db).await;
    let request = world
        .file_with(
            |request| {
                request.reason = HOSTILE.into();
                request.preview.summary = HOSTILE.into();
                let span = Span { field: HOSTILE.into(), start: 0, end: 1, text: HOSTILE.into() };
                let finding = Finding::new(Level::Warn, "LINK-10", HOSTILE.into(), &[("place", HOSTILE.into())]);
                request.preview.findings = vec![finding.clone().at(span), finding];
                let View::Broadcast(view) = &mut request.preview.view else { panic!("a broadcast") };
                (view.name, view.goal) = (HOSTILE.into(), Some(HOSTILE.into()));
                view.message.template = HOSTILE.into();
                for language in &mut view.message.languages {
                    language.raw.body = HOSTILE.into();
                    language.rendered.body = format!("*{HOSTILE}*");
                    language.rendered.footer = Some(HOSTILE.into());
                    language.rendered.buttons[0].label = HOSTILE.into();
                    language.variables[0].sample = HOSTILE.into();
                    language.variables[0].source = HOSTILE.into();
                    language.variables[0].name = HOSTILE.into();
                }
                for sample in &mut view.audience.samples {
                    (sample.name, sample.text, sample.why) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
                }
                view.audience.segments[0].in_words = HOSTILE.into();
                view.audience.segments[0].segment.name = HOSTILE.into();
                view.links.links[0].url = format!("javascript:{HOSTILE}");
                view.links.links[0].domain = HOSTILE.into();
                view.links.media = vec![HOSTILE.into()];
            },
            HOSTILE,
        )
        .await;
    let mut lau = world.signed_in("lau").await;
    for lang in ["en", "zh-Hant"] {
        let preferences = lau.get("/help/keys").await;
        lau.submit(&preferences, "/preferences", &[("lang", lang)]).await;
        for path in [format!("/requests/{}", request.id), "/inbox".into(), format!("/requests/{}/withdraw", request.id)]
        {
            let page = lau.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            for never in ["script:not([src])", "img", "[onerror]", "a[href^=javascript]"] {
                assert_eq!(page.count(never), 0, "{path}: {never}");
            }
            assert!(!page.html.contains("<script>alert"), "{path}");
            assert_eq!(page.count("form[method=post] input[name=token]"), page.count("form[method=post]"), "{path}");
        }
    }
}

async fn every_language_has_the_whole_page(db: TestDb) {
    let world = World::new(db).await;
    let frequent = FREQ_02.says(&[("count", 3_u64.into()), ("warn_from", 2_u64.into())]);
    let request =
        world.file_with(|request| request.preview.findings = vec![frequent], "Broadcast · Winter offer").await;
    let mut lau = world.signed_in("lau").await;
    for (lang, words) in [
        ("zh-Hant", ["向12人（1個市場）發送範本", "等候批核", "3人30天內", "香港", "沒有同意", "HK$10.08"]),
        ("zh-Hans", ["向 12 人（1 个市场）发送模板", "等待审批", "3 人 30 天内", "香港", "没有同意", "HK$10.08"]),
    ] {
        let page = lau.get("/help/keys").await;
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!(page.attr("html", "lang").as_deref(), Some(lang));
        for words in words {
            assert!(page.text().contains(words), "{lang}: {words} is not in:\n{}", page.text());
        }
        assert!(!page.html.contains('⟦'));
        assert!(page.html.len() < 150 << 10, "{} bytes", page.html.len());
    }
}

async fn what_is_foreign_is_not_there(db: TestDb) {
    let mut world = World::new(db).await;
    let own = world.file(one_signature("SIGN-01")).await;
    let preview = world.file_with(|request| request.status = Status::Previewed, "Broadcast · Only previewed").await;
    let home = (world.tenant, world.agent.clone());
    let (tenant, _, agent) = business(&world.db, "Other Ltd", "-other").await;
    (world.tenant, world.agent) = (tenant, agent);
    let foreign = world.file(one_signature("SIGN-01")).await;
    (world.tenant, world.agent) = home;
    let mut lau = world.signed_in("lau").await;
    let unknown = countersign::domain::ids::RequestId::random();
    let mut pages = Vec::new();
    for id in
        [foreign.id.to_string(), unknown.to_string(), preview.id.to_string(), "ar_1".into(), "%00".into(), "%ff".into()]
    {
        for end in ["", "/sign", "/withdraw"] {
            let page = lau.get(&format!("/requests/{id}{end}")).await;
            assert_eq!(page.status, 404, "{id}{end}");
            pages.push(page.text());
        }
        let inbox = lau.get("/inbox").await;
        let token = inbox.form("/logout")[0].1.clone();
        for end in ["decision", "sign", "withdraw"] {
            let fields = [("token", token.as_str()), ("verdict", "approve"), ("password", super::world::PASSWORD)];
            let page = lau.post(&format!("/requests/{id}/{end}"), &fields).await;
            assert_eq!(page.status, 404, "{id}/{end}");
            pages.push(page.text());
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "all the same answer");
    assert_eq!(lau.get(&format!("/requests/{}", own.id)).await.status, 200);
    assert_eq!(lau.get("/inbox?tab=all").await.count("tbody tr"), 1);
    let other = store::requests::find(&world.db, foreign.tenant, foreign.id).await.unwrap().unwrap();
    assert_eq!(other.status, Status::PendingApproval);
}
