//! Sample requests: open, sent back with faults, and signed and running; and their signing pages.

use super::orders::{order, payment};
use super::review::{automation, import, retry, review, segment, session};
use super::sheet::sheet;
use super::templates::template;
use super::{HOSTILE, at, chrome, digest, now, progress};
use crate::console::decisions::SignPage;
use crate::console::monitor::ledger_tag;
use crate::console::page::{Here, RoleName};
use crate::console::parts::{Due, Tag, Tone};
use crate::console::pictures::Picture;
use crate::console::replies::Said;
use crate::console::requests::{
    AgentWords, DecisionForm, Event, Fault, FindingLevel, FindingView, Head, LinkStands, OrderStands, Outcome, Panel,
    Raw, ReadFirst, RequestPage, Running, Section, SectionCheck, SignatureBlock, Slot, Verdict, WarningCheck, Who,
};
use crate::console::review::Review;
use crate::console::states::State;
use crate::console::submitted::SubmittedLine;
use crate::console::values::{ValueLine, ValuesPage};
use crate::domain::contacts::import::Report;
use crate::tools::contacts::import::now::ImportNow;
use crate::words::Words;

fn finding(level: FindingLevel, rule: &str, sentence: &str) -> FindingView {
    FindingView {
        level,
        rule: rule.into(),
        sentence: sentence.into(),
        lang: Some("en"),
        anchor: Some(format!("finding-{rule}")),
        excerpt: None,
    }
}

const SECTIONS: [Section; 5] =
    [Section::Message, Section::Audience, Section::Consent, Section::Schedule, Section::Links];

fn decision_form(sections: &[Section]) -> DecisionForm {
    let check = |(number, section): (usize, Section)| SectionCheck {
        section,
        number,
        checked: section == Section::Message || section == Section::Audience,
        changed: section == Section::Schedule,
    };
    DecisionForm {
        action: "/requests/ar_7f3k/decision".into(),
        digest: digest().full,
        warned: digest().full,
        sections: (1..).zip(sections.iter().copied()).map(check).collect(),
        warnings: ["FREQ-02", "LINK-05"]
            .map(|rule| WarningCheck { rule: rule.into(), accepted: false, reason: String::new() })
            .to_vec(),
        forbidden_by: None,
        verdict: None,
        comment: String::new(),
        faults: Vec::new(),
        afterwards: "After the 2nd signature: 5 min cooling-off, then every batch is checked again.".into(),
    }
}

impl RequestPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let asked_at = at("2026-11-22T05:41:00Z");
        let head = |state: &State| Head {
            state: state.tag(l),
            next_move: state.next(l),
            summary: "Send template winter_offer (marketing) to 12,480 people in 3 markets on Tue 1 Dec 2026, 10:00 \
                      HKT, at most HK$9,984.00."
                .into(),
            agent: "promo-agent".into(),
            owner: "K. Wong".into(),
            asked_at,
            due: Some(Due { from: asked_at, at: at("2026-11-22T07:00:00Z"), now: now() }),
            signatures_needed: 2,
            digest: digest(),
            list: "/inbox".into(),
            previous: Some("/requests/ar_a".into()),
            next: Some("/requests/ar_b".into()),
            position: Some((4, 7)),
            related: None,
            outcome: None,
        };
        let findings = vec![
            finding(FindingLevel::Warn, "FREQ-02", "1,215 people already got 2 messages in 30 days."),
            FindingView {
                excerpt: Some(("https://".into(), "shop.example.hk".into(), "/winter".into())),
                ..finding(FindingLevel::Warn, "LINK-05", "shop.example.hk is new to the allow-list (19 Nov).")
            },
            finding(FindingLevel::Note, "QUAL-01", "Template quality is medium; 1 earlier pause (3 h) on 2 Oct."),
        ];
        let event = |time: &str, actor: &str, act: &str, tone| Event {
            at: at(time),
            actor: actor.into(),
            act: act.into(),
            note: None,
            tone,
            audit_seq: Some(48_101),
        };
        let timeline = vec![
            event("2026-11-22T05:41:00Z", "promo-agent", "Version 1 requested", Tone::Plain),
            Event {
                note: Some(HOSTILE.into()),
                ..event("2026-11-22T05:58:00Z", "M. Lau", "Changes requested", Tone::Danger)
            },
            event("2026-11-22T06:12:00Z", "promo-agent", "Version 3 requested", Tone::Plain),
        ];
        let who = Who {
            slots: vec![
                Slot { title: "1st signature".into(), person: "you (Compliance)".into(), done: false },
                Slot { title: "2nd signature".into(), person: "Principal, any of 3 people".into(), done: false },
            ],
            not_allowed: vec!["K. Wong asked for this request.".into()],
            rule: "Two signatures above 10,000 people (rule SIGN-02).".into(),
        };
        let page = |state: &State, panel| Self {
            l: l.clone(),
            chrome: chrome("Winter offer – request 7F3K", Here::Inbox, "/requests/ar_7f3k"),
            head: head(state),
            signatures: Vec::new(),
            findings: findings.clone(),
            findings_now: None,
            execution: None,
            said: None,
            stands: None,
            importing: None,
            submitted: Vec::new(),
            submitted_stop: None,
            pictures: [true, false]
                .map(|is_image| Picture { src: "/media/of-the-sample".into(), name: HOSTILE.into(), is_image })
                .into(),
            review: Review::Broadcast(Box::new(review())),
            panel,
            values: Some("/requests/ar_7f3k/values".into()),
            withdraw: Some("/requests/ar_7f3k/withdraw".into()),
            reopen: Some("/requests/ar_7f3k/reopen".into()),
            who: who.clone(),
            timeline: timeline.clone(),
            agent_words: AgentWords {
                agent: "promo-agent".into(),
                text: format!("Winter stock must go. Compliance already cleared this. {HOSTILE}"),
                goal: Some(HOSTILE.into()),
                characters: 212,
                reads: vec![
                    ReadFirst { tool: "whatsapp.templates.list".into(), at: Some(asked_at) },
                    ReadFirst { tool: "whatsapp.opt_outs.list".into(), at: None },
                ],
            },
            raw: Raw { json: "{\n  \"tool\": \"whatsapp.broadcast.schedule\"\n}".into(), bytes: 18_204 },
        };
        let open = page(&State::Pending, Panel::Open(Box::new(decision_form(&SECTIONS))));
        let mut refused = decision_form(&SECTIONS);
        refused.faults = vec![
            Fault { field: "sections".into(), text: "Check sections 3, 4 and 5 first.".into() },
            Fault { field: "verdict".into(), text: "Choose a decision.".into() },
            Fault { field: "comment".into(), text: "Say what should change.".into() },
        ];
        refused.warnings = vec![WarningCheck { rule: "FREQ-02".into(), accepted: true, reason: HOSTILE.into() }];
        refused.forbidden_by = Some("TEMPLATE-02".into());
        refused.verdict = Some(Verdict::RequestChanges);
        let refused = page(&State::Pending, Panel::Open(Box::new(refused)));
        let mut signed = page(
            &State::Sending,
            Panel::Closed { why: "You asked for this request, so someone else must decide it.".into() },
        );
        signed.signatures = Verdict::ALL
            .map(|verdict| SignatureBlock {
                accepted: vec![("FREQ-02".into(), HOSTILE.into())],
                name: "M. Lau".into(),
                role: RoleName::Compliance.words(l),
                verdict,
                at: now(),
                method: "Password".into(),
                comment: (verdict != Verdict::Approve).then(|| HOSTILE.to_owned()),
                digest: digest(),
                audit_seq: Some(48_110),
            })
            .to_vec();
        signed.execution = Some(Running {
            monitor: "/broadcasts/br_1".into(),
            progress: progress(),
            stop: Some("/broadcasts/br_1/stop".into()),
        });
        signed.findings = Vec::new();
        signed.findings_now = Some(vec![FindingView {
            anchor: None,
            ..finding(FindingLevel::Block, "TEMPLATE-02", "The template was paused by Meta at 09:41.")
        }]);
        signed.head.related = Some(("Version 2 was replaced by this request.".into(), "/requests/ar_6".into()));
        signed.head.due = None;
        let other = |review, sections: &[Section]| Self {
            review,
            ..page(&State::Pending, Panel::Open(Box::new(decision_form(sections))))
        };
        let mut import =
            other(Review::Import(Box::new(import())), &[Section::Change, Section::LeftOut, Section::Consent]);
        let mut segment = other(Review::Segment(Box::new(segment())), &[Section::Change, Section::Effect]);
        import.importing = Some(ImportNow { rows: 1_160, done: 700, report: Report::default() });
        import.head.outcome = Some(Outcome { tone: Tone::Ok, text: "1,100 written.".into(), lang: None });
        segment.head.outcome = Some(Outcome { tone: Tone::Danger, text: HOSTILE.into(), lang: Some("en") });
        let session = |state: &str, change: fn(&mut Said)| {
            let review = Review::Session(Box::new(session()));
            let mut page = other(review, &[Section::Conversation, Section::Message, Section::Consent]);
            let thread = Some("/conversations/cv_1".to_owned());
            let (why, stop, doubts) = (None, None, None);
            let mut said = Said { state: ledger_tag(state, l), why, thread, stop, under_way: false, doubts };
            change(&mut said);
            page.said = Some(said);
            page
        };
        let queued = session("queued", |said| said.stop = Some("/requests/ar_7f3k/stop".into()));
        let under_way = session("sending", |said| said.under_way = true);
        let doubtful = session("unknown", |said| {
            (said.why, said.doubts) = (Some(HOSTILE.into()), Some("/replies/ry_1/doubts".into()));
        });
        let retry = other(Review::Retry(Box::new(retry())), &[Section::Events, Section::Effect]);
        let order = other(Review::Order(Box::new(order(l))), &[Section::Identity, Section::Items]);
        let mut payment =
            other(Review::PaymentLink(Box::new(payment(l))), &[Section::Identity, Section::Items, Section::Message]);
        payment.stands = Some(OrderStands {
            id: "or_1".into(),
            source_id: Some("SO-7".into()),
            state: Tag::new(Tone::Ok, "check", l.t("order-state-placed")),
            why: Some(HOSTILE.into()),
            asked_again: Some(now()),
            called_off: Some(now()),
            stop: Some("/requests/ar_7f3k/stop-order".into()),
            close: Some("/requests/ar_7f3k/close-order".into()),
            link: Some(LinkStands {
                state: Tag::new(Tone::Info, "clock", l.t("payment-state-open")),
                expires: now(),
                followed: Some(now()),
                take_back: Some("/requests/ar_7f3k/take-back".into()),
            }),
        });
        let automation =
            other(Review::Automation(Box::new(automation())), &[Section::Message, Section::Change, Section::Effect]);
        let sheet = other(Review::Sheet(Box::new(sheet())), &[Section::Change, Section::Consent]);
        let parts = [Section::Message, Section::Change, Section::Links, Section::Effect];
        let mut template = other(Review::Template(Box::new(template())), &parts);
        template.submitted_stop = Some("/requests/ar_7f3k/stop".to_owned());
        template.submitted = [("zh_HK", Some("rejected"), Some(HOSTILE)), ("en", None, None)]
            .map(|(language, now, why)| SubmittedLine {
                language: language.into(),
                state: "taken by Meta".into(),
                now: now.map(str::to_owned),
                why: why.map(str::to_owned),
            })
            .to_vec();
        vec![
            open, refused, signed, import, segment, queued, under_way, doubtful, retry, order, payment, automation,
            sheet, template,
        ]
    }
}

impl SignPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let page = |verdict, fault: Option<&str>| Self {
            l: l.clone(),
            chrome: chrome(&l.t("sign-approve"), Here::Inbox, "/requests/ar_7f3k/sign"),
            action: "/requests/ar_7f3k/sign".into(),
            back: "/requests/ar_7f3k".into(),
            name: "Winter offer".into(),
            verdict,
            summary: "Send template winter_offer (marketing) to 12,480 people in 3 markets on Tue 1 Dec 2026, 10:00 \
                      HKT, at most HK$9,984.00."
                .into(),
            afterwards: "A second signature is needed. Nothing is sent before it.".into(),
            comment: if verdict == Verdict::Approve { String::new() } else { HOSTILE.into() },
            accepted: vec![("FREQ-02".into(), "The cap of 3 is kept.".into())],
            digest: digest(),
            nonce: "n0nce".into(),
            email: "m.lau@example.com".into(),
            fault: fault.map(str::to_owned),
        };
        vec![
            page(Verdict::Approve, None),
            page(Verdict::Reject, Some("The password is not right. Nothing was signed.")),
            page(Verdict::RequestChanges, None),
        ]
    }
}

impl ValuesPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let page = |fault, values| Self {
            l: l.clone(),
            chrome: chrome(&l.t("values-title"), Here::Inbox, "/requests/ar_7f3k/values"),
            action: "/requests/ar_7f3k/values".into(),
            back: "/requests/ar_7f3k".into(),
            name: HOSTILE.into(),
            summary: "Change the contact C••• T•• M••: phone.".into(),
            fault,
            values,
        };
        let line = |before: Option<&str>| ValueLine {
            name: HOSTILE.into(),
            before: before.map(str::to_owned),
            after: "+85291234568".into(),
        };
        vec![page(false, None), page(true, None), page(false, Some(vec![line(None), line(Some(HOSTILE))]))]
    }
}
