//! Deciding and signing, and everything that must not become a signature.

use std::time::Duration;

use countersign::domain::policy::signatures::{one_signature, two_signatures};
use countersign::domain::requests::{ActionRequest, Decision, Signature, Status};
use countersign::domain::templates::TemplateStatus;
use countersign::store;

use super::world::{PASSWORD, World, template};
use crate::support::db::{TestDb, on_both};
use crate::support::visitor::{Answer, Visitor};

on_both!(
    from_reading_to_the_signature,
    two_people_sign_what_needs_two,
    what_is_missing_is_named_and_nothing_is_lost,
    a_no_needs_a_reason_and_nothing_else,
    whoever_asked_does_not_sign,
    some_roles_sign_and_some_stop,
    nobody_signs_unread_late_or_what_has_changed,
    every_signature_asks_for_the_password,
    a_page_signs_once,
    what_rules_forbid_by_now_is_not_signed,
);

fn sections(read: usize) -> Vec<(&'static str, &'static str)> {
    ["message", "audience", "consent", "schedule", "links"]
        .into_iter()
        .take(read)
        .map(|name| ("section", name))
        .collect()
}

const ACCEPT: [(&str, &str); 2] = [("accept", "FREQ-02"), ("reason-FREQ-02", "The cap is kept.")];

impl World {
    pub async fn stored(&self, request: &ActionRequest) -> (ActionRequest, Vec<Signature>) {
        let id = request.id;
        let stored = store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap();
        (stored, store::requests::signatures(&self.db, self.tenant, id).await.unwrap())
    }

    /// Reads the request as long as one must.
    pub async fn read(&self, person: &mut Visitor, request: &ActionRequest) -> Answer {
        let page = person.get(&format!("/requests/{}", request.id)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        self.clock.advance(Duration::from_secs(3));
        page
    }
}

pub fn all(verdict: &'static str) -> Vec<(&'static str, &'static str)> {
    [&sections(5)[..], &ACCEPT[..], &[("verdict", verdict), ("comment", "Read and weighed.")]].concat()
}

/// Sends the form of the page, filled like this.
pub async fn decide(person: &mut Visitor, page: &Answer, request: &ActionRequest, filled: &[(&str, &str)]) -> Answer {
    person.submit(page, &format!("/requests/{}/decision", request.id), filled).await
}

/// Signs what was decided, as the signing page stands.
async fn sign(person: &mut Visitor, request: &ActionRequest, password: &str) -> Answer {
    let path = format!("/requests/{}/sign", request.id);
    let page = person.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    person.submit(&page, &path, &[("password", password)]).await
}

/// Reads, decides and signs; the page afterwards.
pub async fn approve(world: &World, name: &str, request: &ActionRequest) -> Answer {
    let mut person = world.signed_in(name).await;
    let page = world.read(&mut person, request).await;
    let answer = decide(&mut person, &page, request, &all("approve")).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let answer = sign(&mut person, request, PASSWORD).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    person.get(answer.location()).await
}

async fn from_reading_to_the_signature(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    let mut lau = world.signed_in("lau").await;
    let page = world.read(&mut lau, &request).await;
    let before = lau.jar["sid"].clone();
    let answer = decide(&mut lau, &page, &request, &all("approve")).await;
    assert_eq!((answer.status, answer.location()), (303, format!("/requests/{}/sign", request.id).as_str()));
    assert_eq!(world.stored(&request).await.1, [], "nothing is signed yet");

    let path = format!("/requests/{}/sign", request.id);
    let page = lau.get(&path).await;
    let text = page.text();
    for words in [
        "Send template winter_offer (marketing) to 12 people",
        "I approve that exactly this is carried out.",
        "FREQ-02 The cap is kept.",
        "Read and weighed.",
        "Yours is the last signature. It starts by itself on Sun 22 Nov 2026, 14:25 HKT.",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert_eq!(page.part("button.button--main"), "Approve and sign");
    let answer = lau.submit(&page, &path, &[("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, format!("/requests/{}", request.id).as_str()));
    assert_ne!(lau.jar["sid"], before, "a new session id after the proof");

    let page = lau.get(answer.location()).await;
    let text = page.text();
    for words in
        ["Your approval is signed and in the log.", "Approved, cooling off until 22 Nov 14:25", "M. Lau", "Password"]
    {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(page.part(".signature").contains("M. Lau Compliance Approved I approve that exactly this is carried out."));
    assert_eq!(page.count(".signature a[href^='/audit/']"), 1);
    assert!(
        !lau.get(&format!("/requests/{}", request.id)).await.text().contains("Your approval is signed"),
        "said once"
    );
    let (stored, signatures) = world.stored(&request).await;
    assert_eq!(stored.status, Status::Approved);
    let [signature] = &signatures[..] else { panic!("one signature") };
    assert_eq!((signature.person, signature.digest), (world.people["lau"].id, request.digest));
    assert_eq!((signature.method.as_str(), signature.accepted.len()), ("password", 1));
    let acts = world.acts().await;
    assert_eq!(acts[acts.len() - 2..], ["request.signed", "request.approved"]);
    assert_eq!(lau.get("/inbox?tab=decided").await.count("tbody tr"), 1);
}

async fn two_people_sign_what_needs_two(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(two_signatures("SIGN-02")).await;
    let page = approve(&world, "lau", &request).await;
    assert!(page.text().contains("Waiting for second signature"), "{}", page.text());
    assert!(page.text().contains("You have signed this already."), "{}", page.text());
    assert_eq!(world.stored(&request).await.0.status, Status::PendingApproval);

    let mut ho = world.signed_in("ho").await;
    let page = ho.get(&format!("/requests/{}", request.id)).await;
    assert!(page.text().contains("Your role is Compliance. This needs the signature of Principal."), "{}", page.text());
    assert_eq!(page.count("input[name=verdict]"), 0);
    assert!(ho.get("/inbox").await.text().contains("Nothing is waiting for you."));
    let mut chan = world.signed_in("chan").await;
    assert_eq!(chan.get("/inbox").await.count("tbody tr"), 1);

    let page = approve(&world, "chan", &request).await;
    assert!(page.text().contains("cooling off"), "{}", page.text());
    let (stored, signatures) = world.stored(&request).await;
    assert_eq!((stored.status, signatures.len()), (Status::Approved, 2));
}

async fn what_is_missing_is_named_and_nothing_is_lost(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    let mut lau = world.signed_in("lau").await;
    let page = world.read(&mut lau, &request).await;
    let some = [&sections(2)[..], &[("verdict", "approve"), ("comment", "Line one\nline two"), ("accept", "FREQ-02")]]
        .concat();
    let answer = decide(&mut lau, &page, &request, &some).await;
    assert_eq!(answer.status, 422);
    let faults = answer.part("#faults");
    assert!(faults.contains("2 things are missing. Nothing was decided."), "{faults}");
    assert!(faults.contains("Open: Consent and policy · Schedule and cost · Links and media."), "{faults}");
    assert!(faults.contains("Accept each warning with a reason. Open: FREQ-02."), "{faults}");
    assert_eq!(answer.count("#faults a[href='#sections']") + answer.count("#faults a[href='#warnings']"), 2);
    assert_eq!(answer.count("input[name=section][checked]"), 2);
    assert_eq!(answer.part("textarea[name=comment]"), "Line one line two");
    assert_eq!(answer.count("input[value=approve][checked]") + answer.count("input[value=FREQ-02][checked]"), 2);
    assert_eq!(
        answer.attr("form[action='/preferences'] input[name=back]", "value").unwrap(),
        format!("/requests/{}", request.id)
    );

    let answer = decide(&mut lau, &page, &request, &[("comment", "x")]).await;
    assert!(answer.part("#faults").contains("1 thing is missing. Nothing was decided. Choose a decision."));
    let later = world.signed_in("lau").await.get(&format!("/requests/{}", request.id)).await;
    assert_eq!(later.count("input[name=section][checked]"), 0, "ticks that were taken back");
    decide(&mut lau, &page, &request, &[&sections(3)[..], &[("verdict", "nonsense")]].concat()).await;
    let later = world.signed_in("lau").await.get(&format!("/requests/{}", request.id)).await;
    assert_eq!(later.count("input[name=section][checked]"), 3, "ticks are kept across visits");
    let long = "x".repeat(4_001);
    let answer = decide(&mut lau, &page, &request, &[("verdict", "reject"), ("comment", &long)]).await;
    assert!(answer.text().contains("at most 4,000 characters"), "{}", answer.part("#faults"));
    assert_eq!(lau.get(&format!("/requests/{}/sign", request.id)).await.status, 303, "there is nothing to sign");
    assert_eq!(
        lau.get(&format!("/requests/{}/decision", request.id)).await.location(),
        format!("/requests/{}", request.id)
    );
    assert_eq!(world.stored(&request).await.1, []);
}

async fn a_no_needs_a_reason_and_nothing_else(db: TestDb) {
    let world = World::new(db).await;
    for (verdict, button, status, decision) in [
        ("reject", "Reject and sign", Status::Rejected, Decision::Rejected),
        ("request_changes", "Request changes and sign", Status::ChangesRequested, Decision::ChangesRequested),
    ] {
        let request = world.file(two_signatures("SIGN-02")).await;
        let mut lau = world.signed_in("lau").await;
        let page = world.read(&mut lau, &request).await;
        let answer = decide(&mut lau, &page, &request, &[("verdict", verdict), ("comment", " ")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.part("#faults").contains("Say why."), "{}", answer.text());
        let answer = decide(&mut lau, &page, &request, &[("verdict", verdict), ("comment", "Too many.")]).await;
        assert_eq!(answer.status, 303);
        let page = lau.get(answer.location()).await;
        assert_eq!(page.part("form.stack button"), button);
        assert!(page.text().contains("Nothing is sent. The agent reads your comment."));
        sign(&mut lau, &request, PASSWORD).await;
        let (stored, signatures) = world.stored(&request).await;
        assert_eq!((stored.status, signatures[0].decision), (status, decision));
        assert_eq!(signatures[0].comment, "Too many.");
    }
}

async fn whoever_asked_does_not_sign(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    let mut wong = world.signed_in("wong").await;
    let page = world.read(&mut wong, &request).await;
    assert!(page.text().contains("You answer for the agent that asked for this"), "{}", page.text());
    assert_eq!(page.count("input[name=verdict]"), 0);
    let token = page.form("/logout")[0].1.clone();
    let digest = request.digest.to_string();
    let fields = [&all("approve")[..], &[("token", &token), ("digest", &digest)]].concat();
    let answer = wong.post(&format!("/requests/{}/decision", request.id), &fields).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("someone else must decide it"), "{}", answer.text());
    let fields = [("token", token.as_str()), ("nonce", ""), ("password", PASSWORD)];
    assert_eq!(wong.post(&format!("/requests/{}/sign", request.id), &fields).await.status, 303);
    assert_eq!(world.stored(&request).await, (request, Vec::new()));
}

async fn some_roles_sign_and_some_stop(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    let path = format!("/requests/{}", request.id);
    for (name, signs, stops) in [
        ("lau", true, true),
        ("chan", false, true), // a principal signs second, or not at all
        ("ops", false, true),
        ("root", false, true),
        ("boss", false, false),
        ("audit", false, false),
        ("dpo", false, false),
    ] {
        let mut person = world.signed_in(name).await;
        let page = world.read(&mut person, &request).await;
        assert_eq!(page.count("input[name=verdict]"), if signs { 3 } else { 0 }, "{name}");
        assert_eq!(page.count(&format!("a[href='{path}/withdraw']")), usize::from(stops), "{name}");
        assert_eq!(person.get(&format!("{path}/withdraw")).await.status, if stops { 200 } else { 403 }, "{name}");
        let token = page.form("/logout")[0].1.clone();
        if !signs {
            assert!(page.part("#decision").contains("Your role is "), "{}", page.part("#decision"));
            let answer = person.post(&format!("{path}/decision"), &[("token", &token), ("verdict", "reject")]).await;
            assert_eq!(answer.status, 403, "{name}");
        }
        if !stops {
            let answer = person.post(&format!("{path}/withdraw"), &[("token", &token)]).await;
            assert_eq!(answer.status, 403, "{name}");
        }
    }
    assert_eq!(world.stored(&request).await.0.status, Status::PendingApproval);
}

async fn nobody_signs_unread_late_or_what_has_changed(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    let mut lau = world.signed_in("lau").await;
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    let answer = decide(&mut lau, &page, &request, &all("approve")).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("Read it first"), "{}", answer.part("#faults"));
    assert_eq!(answer.count("input[name=section][checked]"), 5, "the ticks stay");

    world.clock.advance(Duration::from_secs(3));
    let other = format!("sha256:{}", "0".repeat(64));
    for digest in [other.as_str(), "", "nonsense"] {
        let fields = [&all("approve")[..], &[("digest", digest)]].concat();
        let answer = decide(&mut lau, &page, &request, &fields).await;
        assert_eq!(answer.status, 422);
        assert!(answer.part("#faults").contains("This request changed since the page was opened."));
        assert_eq!(answer.part("textarea[name=comment]"), "Read and weighed.", "the comment is kept");
    }

    let answer = decide(&mut lau, &page, &request, &all("approve")).await;
    assert_eq!(answer.status, 303);
    let path = format!("/requests/{}/sign", request.id);
    let signing = lau.get(&path).await;
    world.clock.advance(Duration::from_hours(80));
    let mut again = world.signed_in("lau").await;
    again.jar.insert("unused".into(), "x".into());
    let late = again.get(&format!("/requests/{}", request.id)).await;
    assert!(late.text().contains("The time to decide ended on Wed 25 Nov 2026, 14:20 HKT."), "{}", late.text());
    assert_eq!(lau.submit(&signing, &path, &[("password", PASSWORD)]).await.status, 303, "the session is over as well");
    assert_eq!(world.stored(&request).await.1, []);

    // The time ends between the decision and the signature, within one session.
    let request = world
        .file_with(|request| request.decide_by = request.created_at.after(Duration::from_secs(60)), "Broadcast · Soon")
        .await;
    let mut ho = world.signed_in("ho").await;
    let page = world.read(&mut ho, &request).await;
    assert_eq!(decide(&mut ho, &page, &request, &all("approve")).await.status, 303);
    let path = format!("/requests/{}/sign", request.id);
    let signing = ho.get(&path).await;
    world.clock.advance(Duration::from_secs(60));
    let answer = ho.submit(&signing, &path, &[("password", PASSWORD)]).await;
    assert_eq!(answer.location(), format!("/requests/{}", request.id));
    assert!(ho.get(answer.location()).await.part(".notice--danger").contains("the time to decide ended"));
    assert_eq!(world.stored(&request).await, (request, Vec::new()));
}

async fn every_signature_asks_for_the_password(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    let mut lau = world.signed_in("lau").await;
    let page = world.read(&mut lau, &request).await;
    decide(&mut lau, &page, &request, &all("approve")).await;
    for _ in 0..5 {
        let answer = sign(&mut lau, &request, "wrong").await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("The password is not right. Nothing was signed."), "{}", answer.text());
    }
    let answer = sign(&mut lau, &request, PASSWORD).await;
    assert!(answer.text().contains("Too many attempts."), "{}", answer.text());
    assert_eq!(world.stored(&request).await.1, []);
    assert_eq!(world.acts().await.iter().filter(|act| *act == "person.proof_failed").count(), 5);
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(sign(&mut lau, &request, PASSWORD).await.status, 303);
    assert_eq!(world.stored(&request).await.1.len(), 1);
}

async fn a_page_signs_once(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(two_signatures("SIGN-02")).await;
    let mut lau = world.signed_in("lau").await;
    let page = world.read(&mut lau, &request).await;
    decide(&mut lau, &page, &request, &all("approve")).await;
    let path = format!("/requests/{}/sign", request.id);
    let older = lau.get(&path).await;
    decide(&mut lau, &page, &request, &[("verdict", "reject"), ("comment", "No.")]).await;
    let newer = lau.get(&path).await;
    lau.submit(&older, &path, &[("password", PASSWORD)]).await;
    assert_eq!(world.stored(&request).await.1, [], "the page of a decision that was changed signs nothing");
    let fault = lau.get(&format!("/requests/{}", request.id)).await.part(".notice--danger");
    assert!(fault.contains("Nothing was signed."), "{fault}");
    for click in ["first", "second"] {
        assert_eq!(lau.submit(&newer, &path, &[("password", PASSWORD)]).await.status, 303, "{click}");
        let notice = lau.get(&format!("/requests/{}", request.id)).await.part(".notice");
        assert!(notice.contains("Your rejection is signed and in the log."), "{click}: {notice}");
    }
    let (stored, signatures) = world.stored(&request).await;
    assert_eq!((stored.status, signatures.len()), (Status::Rejected, 1));
}

async fn what_rules_forbid_by_now_is_not_signed(db: TestDb) {
    let world = World::new(db).await;
    let request = world.file(one_signature("SIGN-01")).await;
    // Quiet hours hold the sending back, not the people who sign in the evening.
    world.clock.set("2026-11-22T14:30:00Z".parse().unwrap());
    let mut lau = world.signed_in("lau").await;
    let page = world.read(&mut lau, &request).await;
    assert!(!page.text().contains("SCHED-07"), "{}", page.part("main"));
    assert_eq!(decide(&mut lau, &page, &request, &all("approve")).await.status, 303);

    let mut tx = world.db.begin().await.unwrap();
    store::templates::upsert(&mut tx, world.tenant, &template(TemplateStatus::Paused)).await.unwrap();
    tx.commit().await.unwrap();
    let answer = lau.get(&format!("/requests/{}/sign", request.id)).await;
    let page = lau.get(answer.location()).await;
    assert!(page.part(".notice--danger").contains("Meta has paused template winter_offer"), "{}", page.text());
    assert!(page.text().contains("Checked again just now"), "{}", page.text());
    let answer = decide(&mut lau, &page, &request, &all("approve")).await;
    assert_eq!(answer.status, 422);
    assert!(answer.part("#faults").contains("Rules forbid it by now: TEMPLATE-02. Nothing was decided."));
    let answer = decide(&mut lau, &page, &request, &[("verdict", "reject"), ("comment", "Paused by Meta.")]).await;
    assert_eq!(answer.status, 303, "a no is always possible");
    assert_eq!(world.stored(&request).await.1, []);
}
