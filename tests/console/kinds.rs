//! Requests of every kind on one page each: what is shown, what is ticked, and that it can be signed.

use super::broadcasts::stored;
use super::world::{PASSWORD, World};
use crate::support::db::{TestDb, on_both};
use crate::support::visitor::Visitor;
use countersign::approvals::begin::begin;
use countersign::domain::broadcasts::BroadcastState;
use countersign::domain::ids::SegmentId;
use countersign::domain::preview::View;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::domain::segments::Condition;
use countersign::store::{orders, segments};
use serde_json::json;

on_both!(
    a_list_of_contacts_is_decided_on_one_page,
    a_segment_is_decided_on_one_page,
    an_answer_to_a_customer_is_decided_on_one_page,
    what_meta_sent_is_tried_again_by_one_page,
    an_order_and_its_payment_are_decided_on_a_page_each,
    what_answers_customers_is_decided_on_one_page,
);

/// A segment that a broadcast which waits was drawn from.
pub async fn drawn_from(world: &World) -> SegmentId {
    let id = SegmentId::random();
    let waiting = world.file(countersign::domain::policy::signatures::one_signature("SIGN-01")).await;
    let mut tx = world.db.begin().await.unwrap();
    let condition = Condition::Tag("member".into());
    segments::add_version(&mut tx, world.tenant, id, "Visitors", &condition, None, world.now()).await.unwrap();
    stored(world, &mut tx, "Winter offer", &waiting, &[], BroadcastState::Requested, &[id]).await;
    tx.commit().await.unwrap();
    id
}

/// Ticks these sections, accepts these warnings, approves and signs.
pub async fn sign(world: &World, lau: &mut Visitor, request: &ActionRequest, sections: &[&str], warnings: &[&str]) {
    let page = world.read(lau, request).await;
    let path = format!("/requests/{}", request.id);
    let missing = lau.submit(&page, &format!("{path}/decision"), &[("verdict", "approve")]).await;
    assert_eq!(missing.status, 422, "nothing is ticked");
    let reasons: Vec<String> = warnings.iter().map(|rule| format!("reason-{rule}")).collect();
    let mut form = vec![("verdict", "approve")];
    form.extend(sections.iter().map(|section| ("section", *section)));
    form.extend(warnings.iter().map(|rule| ("accept", *rule)));
    form.extend(reasons.iter().map(|name| (name.as_str(), "Seen.")));
    let answer = lau.submit(&page, &format!("{path}/decision"), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let signing = lau.get(&format!("{path}/sign")).await;
    let answer = lau.submit(&signing, &format!("{path}/sign"), &[("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(world.stored(request).await.0.status, Status::Approved);
}

pub fn says(text: &str, wanted: &[&str]) {
    for words in wanted {
        assert!(text.contains(words), "\"{words}\" is not in:\n{text}");
    }
}

async fn a_list_of_contacts_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_import().await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Import", "Winter fair", "Import 1 of 2 rows of \"Winter fair\": add 1 person"]);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "1 What changes 2 rows",
            "New 1 Changed 0 Known already 0 Left out 1",
            "1 + 0 + 0 + 1 = 2",
            "Hong Kong 1",
            "fair 1",
            "+852 •••• ••67 C••• T•• M•• New fair zh_HK marketing In store, 20 Nov 2026",
            "2 What is left out 1 row",
            "No consent given 1",
            "3 Consent and policy",
            "marketing In store 1 20 Nov 2026 to 20 Nov 2026 receipt 7",
            "IMPORT-02",
        ],
    );
    assert!(
        !page.html.contains("9123") && !page.html.contains("Tai Man"),
        "no whole number and no name, not in the raw payload either"
    );
    assert_eq!(page.count("input[type=checkbox][name=section]"), 3);
    let left_out = lau.get(&page.attr("#left-out a[href$='/left-out']", "href").unwrap()).await;
    says(&left_out.text(), &["Winter fair · 1 row", "2 +852 •••• ••68 No consent given"]);
    let file = lau.get(&left_out.attr("a[href$='.csv']", "href").unwrap()).await;
    assert_eq!(
        file.html.trim_start_matches('\u{feff}'),
        "\"Row\",\"Number\",\"Reason\"\r\n2,\" +852 •••• ••68\",\"No consent given\"\r\n"
    );
    let past = lau.get(&format!("/requests/{}/left-out?after=2", request.id)).await;
    assert!(!past.text().contains("••68"));
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        let findings = page.part(".findings");
        assert!(findings.contains("IMPORT-02") && !findings.contains("left out"), "{findings}");
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &request, &["change", "left-out", "consent"], &["IMPORT-02"]).await;
    let waits = world.stored(&request).await.0;
    assert_eq!(waits.not_before, waits.approved_at, "what can be taken back does not cool off");
}

async fn a_segment_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let segment = drawn_from(&world).await;
    let request = world.ask_segment(segment).await;
    let mut lau = world.signed_in("lau").await;
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "Before Visitors version 1 tag member",
            "After Fair visitors version 2 tag fair, without tag staff",
            "Now 0 + Come in 0 − Fall out 0 Then 0",
            "0 + 0 − 0 = 0",
            "Winter offer Waiting for review",
            "Only those of this year.",
            "SEG-02",
        ],
    );
    assert_eq!(page.count("input[type=checkbox][name=section]"), 2);
    let drawn = page.attr("#effect a[href^='/broadcasts/']", "href").unwrap();
    let answer = lau.get(&drawn).await;
    assert_eq!(answer.status, 303, "a link that leads somewhere");
    let answer = lau.get(answer.location()).await;
    assert!(answer.location().starts_with("/requests/ar_"), "{}", answer.location());
    sign(&world, &mut lau, &request, &["change", "effect"], &["SEG-02"]).await;
}

async fn an_answer_to_a_customer_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_reply("We will <b>refund</b> HK$80.").await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Reply", "Send one text message from +852 5550 1000 to C••• T•• M••"]);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "1 Conversation",
            "C••• T•• M•• 0• +852 •••• ••00",
            "in 23 h",
            "Customer",
            "It broke. My number is …67",
            "2 Message",
            "We will <b>refund</b> HK$80.",
            "3 Consent and policy Agreed to no consent is recorded Not to be written to because nothing forbids it",
            "it speaks of prices or payment",
            "it makes or changes a promise",
        ],
    );
    assert!(!page.html.contains("9123") && !page.html.contains("Tai Man"), "no whole number and no name");
    assert_eq!(page.count("input[type=checkbox][name=section]"), 3);
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        let findings = page.part(".findings");
        assert!(findings.contains("SESS-08") && !findings.contains("promise"), "{findings}");
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &request, &["conversation", "message", "consent"], &["SESS-07", "SESS-08"]).await;
    let waits = world.stored(&request).await.0;
    assert_eq!(waits.not_before, waits.approved_at, "a customer who waits does not wait for a cooling-off");
}

async fn what_meta_sent_is_tried_again_by_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_retry().await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Webhook retry", "Try again 2 events of 2 posts that Meta sent", "changing more than the log: 2"]);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "1 What Meta sent",
            "Numbers +852 5550 1000",
            "message",
            "changes more than the log <b>refused</b> 2",
            "Nobody could read it a shape that nobody knew",
            "All of it waits for its turn again.",
            "What Meta sent, masked",
            "\"type\": \"text\"",
            "2 Whom it touches",
            "Posts 2 Events 2 Change more than the log 2 Only noted 0",
            "HOOK-06",
        ],
    );
    for secret in ["91234567", "Tai Man", "STOP\"", "wamid.1"] {
        assert!(!page.html.contains(secret), "{secret} is nobody's business here");
    }
    assert_eq!(page.count("input[type=checkbox][name=section]"), 2);
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        let findings = page.part(".findings");
        assert!(findings.contains("HOOK-06") && !findings.contains("in vain"), "{findings}");
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &request, &["events", "effect"], &["HOOK-06"]).await;
    let waits = world.stored(&request).await.0;
    assert_eq!(waits.not_before, waits.approved_at, "a STOP that waits does not wait for a cooling-off");
}

async fn an_order_and_its_payment_are_decided_on_a_page_each(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_order().await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Order", "Order 2 products for C••• T•• M•• 0•, HK$304.50 in all, in the built-in catalogue."]);
    let path = format!("/requests/{}", request.id);
    let page = lau.get(&path).await;
    says(
        &page.text(),
        &[
            "1 Customer Same person, by Meta’s mark",
            "C••• T•• M•• 0• +852 •••• ••00",
            "Number in other hands never",
            "Two oolong, please. My number is …67",
            "2 Order",
            "the agent, from what it read in the conversation",
            "Kept by the built-in catalogue",
            "Note <b>No bag.</b>",
            "Tea oolong oolong 2 3 as of 20 Nov 10:40 HK$118.00 HK$118.00 was named HK$236.00",
            "Tea jasmine jasmine 1 any number as of 20 Nov 10:40 HK$68.50 no price was named HK$68.50",
            "Total HK$304.50",
            "ORDER-11",
        ],
    );
    assert!(!page.html.contains("9123 4567") && !page.html.contains("Tai Man"), "no whole number and no name");
    assert_eq!(page.count("input[type=checkbox][name=section]"), 2);
    in_chinese(&mut lau, &path, "ORDER-11", "cart").await;
    sign(&world, &mut lau, &request, &["identity", "items"], &["ORDER-11"]).await;
    begin(&world.ctx, world.tenant, request.id).await.unwrap();
    says(&lau.get(&path).await.text(), &["Done: the order is placed.", "Where it stands Placed"]);

    let order = orders::of_request(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    let pay = json!({"order_id": order.id, "conversation_id": order.conversation, "text": "Ready: <b>HK$304.50</b>", "button": "Pay"});
    let preview = "whatsapp.order_payment_message.preview";
    let request = world.ask(preview, "whatsapp.payment_link.send", pay).await;
    let path = format!("/requests/{}", request.id);
    let page = lau.get(&path).await;
    says(
        &page.text(),
        &[
            "1 Customer Same person, by Meta’s mark",
            "2 Order Placed",
            "To be paid HK$304.50",
            "Good for 120 minutes from when it is sent",
            "Leads on to https://pay.example",
            "Delivered to this person only, by Meta’s mark",
            "Tea oolong oolong 2 HK$118.00 HK$236.00",
            "3 Message",
            "Ready: <b>HK$304.50</b>",
            "/p/…",
        ],
    );
    assert_eq!(page.count("input[type=checkbox][name=section]"), 3);
    in_chinese(&mut lau, &path, "", "").await;
    sign(&world, &mut lau, &request, &["identity", "items", "message"], &[]).await;
    begin(&world.ctx, world.tenant, request.id).await.unwrap();
    // Beside the conversation stands what was ordered and how it is paid; the link can be taken back.
    let thread = lau.get(&format!("/conversations/{}", order.conversation)).await.text();
    says(&thread, &["Orders Placed HK$304.50", "2 × Tea oolong", "1 × Tea jasmine", "Payment link Open"]);
    let ask = json!({"conversation_id": order.conversation, "outcome": "solved", "reason": "All is said."});
    let closing = world.ask_write("whatsapp.conversation.close", ask).await;
    let closing = lau.get(&format!("/requests/{}", closing.id)).await;
    let link = "Payment links of this conversation Link Amount Order Good until Open HK$304.50 2 × Tea oolong, 1 × Tea jasmine";
    says(&closing.text(), &["CLOSE-06", link]);
    let page = lau.get(&format!("{path}/take-back")).await;
    says(&page.text(), &["From then on nobody can pay by this link"]);
    let answer = lau.submit(&page, &format!("{path}/take-back"), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    says(&lau.get(&path).await.text(), &["The link is taken back.", "Payment link Taken back"]);
    assert_eq!(lau.get(&format!("{path}/take-back")).await.status, 409);
    let acts = world.acts().await;
    assert_eq!(acts.iter().filter(|act| *act == "payment_link.taken_back").count(), 1);
}

/// The page in both kinds of Chinese, where this finding is not said in English.
pub async fn in_chinese(lau: &mut Visitor, path: &str, rule: &str, english: &str) {
    for lang in ["zh-Hant", "zh-Hans", "en"] {
        let page = lau.get(path).await;
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(path).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        if !rule.is_empty() && lang != "en" {
            let findings = page.part(".findings");
            assert!(findings.contains(rule) && !findings.contains(english), "{findings}");
        }
    }
}

async fn what_answers_customers_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_rule().await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Keyword rule", "Menu <i>", "Of 1 messages of the last 30 days, 1 would be answered otherwise"]);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "1 Message Keyword rule",
            "Phrases menu Match a word of the message Priority 7",
            "Our numbers all",
            "Says We have tea . Our teas",
            "2 What changes version 1",
            "It becomes live. Nothing of it was live before.",
            "3 Whom it touches With the messages of the last 30 days",
            "Messages 1 Answered otherwise than today 1 In conversations 1 Answered by this 1",
            "<b>menu</b> for …67",
            "No answer Menu <i> We have tea .",
        ],
    );
    assert!(!page.html.contains("9123") && !page.html.contains("wamid.1"), "no whole number and no id");
    assert_eq!(page.count("input[type=checkbox][name=section]"), 3);
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        assert!(!page.part("#effect").contains("Messages"), "{}", page.part("#effect"));
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &request, &["message", "change", "effect"], &[]).await;
    let waits = world.stored(&request).await.0;
    assert_eq!(waits.not_before, waits.approved_at, "what can be taken away again does not cool off");
    what_answered_before_stands_beside_it(&world, &mut lau, &request).await;
}

/// The rule is live by now. Another version of it shows what that one says, word by word, and whom it leaves without an answer.
async fn what_answered_before_stands_beside_it(world: &World, lau: &mut Visitor, live: &ActionRequest) {
    begin(&world.ctx, world.tenant, live.id).await.unwrap();
    let View::Automation(view) = &live.preview.view else { panic!("a rule") };
    let rule = json!({"name": "Menu <i>", "priority": 7, "match": "word", "phrases": ["drinks"],
        "action": {"reply": {"say": {"text": "We have *much tea*."}, "buttons": ["Our teas"]}}});
    let ask = json!({"keyword_rule_id": view.change.id, "rule": rule, "becomes": "active", "reason": "More tea."});
    let request = world.ask_write("whatsapp.keyword_rule.upsert", ask).await;
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "AUTO-44",
            "Compared with version 1",
            "When it speaks 1 change Phrases removed menu added drinks",
            "Message 1 change Text We have * added much tea*.",
            "No longer answered <b>menu</b> for …67",
        ],
    );
    assert_eq!(page.count("#change details:not([open])"), 1, "the values as they are stored are folded");
    in_chinese(lau, &format!("/requests/{}", request.id), "AUTO-44", "would get no answer").await;
}
