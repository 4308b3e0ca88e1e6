//! Requests about contacts, conversations and templates, each decided on one page.

use super::kinds::{says, sign};
use super::world::World;
use crate::support::db::{TestDb, on_both};
use crate::support::samples;
use crate::support::visitor::Visitor;
use countersign::approvals::{begin::begin, submit};
use countersign::domain::consent::Suppression;
use countersign::domain::ids::SegmentId;
use countersign::domain::media::{Purpose, Reference};
use countersign::domain::people::Caller;
use countersign::domain::preview::View;
use countersign::domain::requests::ActionRequest;
use countersign::domain::segments::Condition;
use countersign::objects::{Objects, Place};
use countersign::store::conversations::NewQueue;
use countersign::store::identity::Identity;
use countersign::store::instance;
use countersign::store::{self, segments};
use countersign::tools::Ctx;
use countersign::tools::catalogue::catalogue;
use countersign::tools::media::Media;
use serde_json::json;
use std::time::Duration;

on_both!(
    another_number_of_a_contact_is_decided_on_one_page,
    a_no_that_is_taken_back_is_decided_on_one_page,
    labels_handovers_and_closings_are_decided_on_one_page_each,
    a_template_is_decided_on_one_page,
    a_file_that_was_kept_is_shown,
);

/// The request's page in every language: nothing without its words, and no finding left in English.
async fn in_every_language(lau: &mut Visitor, request: &ActionRequest, rule: &str, english: &str) {
    let path = format!("/requests/{}", request.id);
    let page = lau.get(&path).await;
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&path).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        let findings = page.part(".findings");
        assert!(findings.contains(rule) && !findings.contains(english), "{findings}");
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
}

async fn another_number_of_a_contact_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let contact = world.customer(0).await;
    let ask = json!({"contact_id": contact, "phone": "+852 9123 4568", "attributes": {"crm": "<b>C-9</b>"},
        "reason": "The customer told us at the counter."});
    let request = world.ask_write("whatsapp.contact.upsert", ask).await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Contact", "Change the contact C••• T•• M•• 0•: phone, attribute."]);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "1 What changes",
            "Person C••• T•• M•• 0•",
            "Number removed +852 •••• ••00 added +852 •••• ••68",
            "crm <•••",
            "2 Consent and policy",
            "May not be written to because –",
            "Nothing was said about consent so far.",
            "CONTACT-05",
        ],
    );
    for secret in ["91234568", "9123 4568", "91000000", "Tai Man", "C-9"] {
        assert!(!page.html.contains(secret), "{secret} is nobody's business here");
    }
    assert_eq!(page.count("input[type=checkbox][name=section]"), 2);
    in_every_language(&mut lau, &request, "CONTACT-05", "another number").await;
    what_is_masked_is_shown_once_for_a_reason(&world, &mut lau, &request).await;
    sign(&world, &mut lau, &request, &["change", "consent"], &["CONTACT-05"]).await;
}

async fn what_is_masked_is_shown_once_for_a_reason(world: &World, lau: &mut Visitor, request: &ActionRequest) {
    let path = format!("/requests/{}/values", request.id);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    assert_eq!(page.attr("#change a[href$='/values']", "href").as_deref(), Some(path.as_str()));
    let form = lau.get(&path).await;
    assert!(form.status == 200 && !form.html.contains("91234568"), "not before it is asked for");
    let refused = lau.submit(&form, &path, &[("reason", "  ")]).await;
    assert!(refused.status == 422 && !refused.html.contains("91234568"), "not without a reason");
    let shown = |acts: Vec<String>| acts.iter().filter(|act| *act == "request.values_shown").count();
    assert_eq!(shown(world.acts().await), 0);
    let page = lau.submit(&form, &path, &[("reason", "I compare it with the form.")]).await;
    says(&page.text(), &["Number removed +85291000000 added +85291234568", "crm added <b>C-9</b>"]);
    assert_eq!(shown(world.acts().await), 1, "whoever was shown it is in the log");
    assert!(!lau.get(&path).await.html.contains("91234568"), "once");
    // Who could not sign it is shown nothing.
    let mut other = world.signed_in("ops").await;
    let page = other.get(&format!("/requests/{}", request.id)).await;
    assert_eq!(page.count("a[href$='/values']"), 0);
    let page = other.get(&path).await;
    assert!(page.status == 403 && !page.html.contains("91234568"));
}

async fn a_no_that_is_taken_back_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let reply = world.ask_reply("We open at 9.").await;
    let View::SessionMessage(view) = &reply.preview.view else { panic!("a reply") };
    let contact = view.thread.contact_id;
    let no = store::contacts::number_of(&world.db, world.tenant, contact).await.unwrap().unwrap();
    let before = world.now().before(Duration::from_hours(2));
    let mut tx = world.db.begin().await.unwrap();
    let kind = Suppression::OptedOutOfMarketing;
    store::consent::suppress(&mut tx, world.tenant, no, kind, "message", Some("stop"), before).await.unwrap();
    tx.commit().await.unwrap();
    let ask = json!({"contact_ids": [contact], "reason": "They asked for it.",
        "change": {"reverse": {"categories": ["marketing"], "inbound_message_id": "wamid.1"}}});
    let request = world.ask_write("whatsapp.consent.update", ask).await;
    let mut lau = world.signed_in("lau").await;
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "Change A no is taken back",
            "About marketing",
            "C••• T•• M•• 0• · +852 •••• ••00 – marketing Opted out of marketing –",
            "What the customer did after the no",
            "It broke. My number is …67",
            "LEDGER-11",
        ],
    );
    for secret in ["9123", "Tai Man", "wamid.1"] {
        assert!(!page.html.contains(secret), "{secret} is nobody's business here");
    }
    in_every_language(&mut lau, &request, "LEDGER-11", "wrote again").await;
}

async fn labels_handovers_and_closings_are_decided_on_one_page_each(db: TestDb) {
    let world = World::new(db).await;
    let reply = world.ask_reply("We open at 9.").await;
    let View::SessionMessage(view) = &reply.preview.view else { panic!("a reply") };
    let (contact, thread) = (view.thread.contact_id, view.thread.conversation_id.unwrap());
    let other = world.customer(1).await;
    let mut tx = world.db.begin().await.unwrap();
    let condition = Condition::Tag("vip".into());
    let segment = SegmentId::random();
    segments::add_version(&mut tx, world.tenant, segment, "VIPs", &condition, None, world.now()).await.unwrap();
    let queue = NewQueue { name: "legal", restricted: true, hours: None, answer_within: None };
    store::conversations::add_queue(&mut tx, world.tenant, &queue).await.unwrap();
    tx.commit().await.unwrap();
    let mut lau = world.signed_in("lau").await;

    let ask = json!({"contact_ids": [contact, other], "apply": ["vip"], "reason": "They buy a lot."});
    let labels = world.ask_write("whatsapp.tag.apply", ask).await;
    let page = lau.get(&format!("/requests/{}", labels.id)).await;
    says(&page.text(), &["Put on vip", "member member · vip", "VIPs tag vip", "TAG-02"]);
    in_every_language(&mut lau, &labels, "TAG-02", "find people").await;
    lau.submit(&page, "/preferences", &[("lang", "zh-Hant")]).await;
    let chinese = lau.get(&format!("/requests/{}", labels.id)).await;
    says(&chinese.text(), &["2人 – 批核要求", "2人的標籤：加上 vip。", "VIPs 標籤 vip"]);
    let told = chinese.part("h1, .lead, #change, #effect");
    assert!(!told.contains("contacts") && !told.contains("tag "), "{told}");
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &labels, &["change", "effect"], &[]).await;

    let ask =
        json!({"conversation_ids": [thread], "queue": "legal", "note": "Be <b>kind</b>.", "reason": "It is for them."});
    let handover = world.ask_write("whatsapp.conversation.assign", ask).await;
    let page = lau.get(&format!("/requests/{}", handover.id)).await;
    says(
        &page.text(),
        &[
            "Into the queue legal · restricted: only its people see it",
            "Be <b>kind</b>.",
            "With now Waits since",
            "HAND-07",
        ],
    );
    in_every_language(&mut lau, &handover, "HAND-07", "look after").await;
    sign(&world, &mut lau, &handover, &["change", "effect"], &["HAND-07"]).await;

    let ask = json!({"conversation_id": thread, "outcome": "solved", "reason": "It is settled."});
    let closing = world.ask_write("whatsapp.conversation.close", ask).await;
    let page = lau.get(&format!("/requests/{}", closing.id)).await;
    says(
        &page.text(),
        &[
            "Outcome Solved",
            "the customer complains, or a restricted queue has it · the customer still waits for an answer",
            "It broke. My number is …67",
            "CLOSE-04",
        ],
    );
    assert!(!page.html.contains("9123") && !page.html.contains("Tai Man"), "no whole number and no name");
    in_every_language(&mut lau, &closing, "CLOSE-04", "has no answer").await;
    sign(&world, &mut lau, &closing, &["change", "conversation"], &["CLOSE-04"]).await;
}

async fn a_template_is_decided_on_one_page(db: TestDb) {
    let world = World::new(db).await;
    let request = world.ask_template().await;
    let mut lau = world.signed_in("lau").await;
    let inbox = lau.get("/inbox").await.text();
    says(&inbox, &["Template", "Submit template winter_offer (marketing, version 1 of its draft)"]);
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "1 Message 2 languages · winter_offer · marketing",
            "It reads as advertising by these words: 15% off",
            "Hello Ada, <b>Harbour Retail</b> has 15% off.",
            "Hello {{1}}, <b>Harbour Retail</b> has 15% off.",
            "{{1}} Ada",
            "2 What changes",
            "en_US is replaced At Meta now: approved, marketing Body",
            "zh_HK is created Not at Meta",
            "3 Links and media",
            "4 Whom it touches",
            "No broadcast that waits or runs",
            "DRAFT-39",
        ],
    );
    assert_eq!(page.count("input[type=checkbox][name=section]"), 4);
    assert!(page.count("#change del") > 0 && page.count("#change ins") > 0, "what goes and what comes");
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        let findings = page.part(".findings");
        assert!(findings.contains("DRAFT-39") && !findings.contains("replaced"), "{findings}");
        let change = page.part("#change");
        assert!(!change.contains("approved") && !change.contains("body"), "{change}");
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &request, &["message", "change", "links", "effect"], &["DRAFT-39"]).await;
}

async fn a_file_that_was_kept_is_shown(db: TestDb) {
    use base64::Engine as _;
    let world = World::new(db).await;
    let identity = Identity::of(&world.db).await.unwrap();
    instance::enter(&world.db, "test", 0, &identity, world.now()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let objects = Some(Objects::open(&Place::Folder(folder.path().to_owned())).unwrap());
    let ctx = Ctx { media: Media { objects, ..Media::default() }, ..world.ctx.clone() };
    let content = base64::engine::general_purpose::STANDARD.encode(samples::png());
    let ask = json!({"content_base64": content, "file_name": "<b>pot.png", "use": "header_image",
        "reason": "For the winter offer.", "wait_ms": 0});
    let tool = catalogue().find("whatsapp.media_asset.upload").unwrap();
    let answer = submit::write(&ctx, &Caller::new(world.agent.clone()), tool, ask).await.unwrap();
    let id = answer.action_request_id.parse().unwrap();
    let mut lau = world.signed_in("lau").await;
    let page = lau.get(&format!("/requests/{id}")).await;
    assert_eq!((page.status, page.count("figure.picture")), (200, 0), "it is not kept yet");
    begin(&ctx, world.tenant, id).await.unwrap();
    let page = lau.get(&format!("/requests/{id}")).await;
    says(
        &page.text(),
        &[
            "Keep the file bpot.png (image/png, 58 B), meant for header_image.",
            "1 Links and media",
            "Type image/png",
            "Size 58 B",
            "Dimensions 1 × 1",
            "Virus scanner not scanned (no_scanner)",
            "Meant for a template’s header image",
            "2 What changes",
            "A person signs before it is used for the first time",
            "Done: kept as as_",
            "MEDIA-09",
        ],
    );
    let src = page.html.split("<img src=\"/media/").nth(1).expect("a picture").split('"').next().unwrap().to_owned();
    let secret = instance::secret(&world.db).await.unwrap().unwrap();
    let reference = Reference::verify(&src, &secret, world.now()).expect("an address of ours");
    assert_eq!((reference.tenant, reference.purpose), (world.tenant, Purpose::Inline));
    for (lang, words) in
        [("zh-Hant", ["範本頁首圖片", "已完成：已儲存為"]), ("zh-Hans", ["模板页眉图片", "已完成：已保存为"])]
    {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{id}")).await;
        assert!(!page.html.contains('⟦'));
        says(&page.text(), &words);
    }
}
