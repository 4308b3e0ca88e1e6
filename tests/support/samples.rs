//! A broadcast as it would be previewed, small enough to read.

use countersign::domain::action::Action;
use countersign::domain::audience::{AudienceSeal, Funnel, SegmentVersion};
use countersign::domain::broadcasts::{BroadcastPlan, Cost, CostLine, Schedule, Variable, Variant};
use countersign::domain::canonical::{Ask, Digest};
use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{ConsentSource, MessageCategory};
use countersign::domain::ids::{AudienceId, BroadcastId, RequestId, SegmentId};
use countersign::domain::money::Money;
use countersign::domain::people::Agent;
use countersign::domain::policy::signatures::one_signature;
use countersign::domain::preview::{
    AudienceView, BroadcastView, ConsentView, Finding, LanguageView, Level, LinkView, LinksView, LocalTime,
    MarketCount, MessageView, Preview, Sample, ScheduleView, SegmentView, SourceCount, VariableView, View,
};
use countersign::domain::requests::{ActionRequest, Quorum, Status};
use countersign::domain::segments::Condition;
use countersign::domain::templates::{Button, Quality, TemplateContent, TemplateStatus, Values};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The digest of the schema that the samples are signed with.
pub fn schema() -> Digest {
    Digest::of(&"schema").unwrap()
}

pub fn content() -> TemplateContent {
    TemplateContent {
        header: None,
        body: "Hi {{1}}, winter oolong has arrived.".into(),
        footer: Some("Reply STOP to opt out".into()),
        buttons: vec![Button::Url { text: "Look".into(), url: "https://shop.example/w".into() }],
    }
}

/// A broadcast to twelve people.
pub fn preview() -> Preview {
    let hkd = "HKD".parse().unwrap();
    let money = |amount: &str| Money::parse(hkd, amount).unwrap();
    let hk = "HK".parse().unwrap();
    let en = "en_US".parse::<countersign::domain::contacts::Language>().unwrap();
    let segment = SegmentVersion { id: SegmentId::random(), version: 1, name: "Members".into() };
    let cost = Cost {
        rate_card: "example".into(),
        lines: vec![CostLine { market: hk, count: 12, rate: money("0.80"), total: money("9.60") }],
        total: money("9.60"),
        ceiling: money("10.08"),
    };
    let mut funnel = Funnel::empty();
    (0..12).for_each(|_| funnel.count(Ok(())));
    let action = Action::BroadcastSchedule(Box::new(BroadcastPlan {
        broadcast: BroadcastId::random(),
        spec: None,
        name: "Winter offer".into(),
        template: "winter_offer".into(),
        category: MessageCategory::Marketing,
        variants: vec![Variant { language: en.clone(), content: content().digest().unwrap(), recipients: 12 }],
        default_language: None,
        variables: BTreeMap::from([("1".into(), Variable::Text("Ada".into()))]),
        audience: AudienceSeal { id: AudienceId::random(), segments: vec![segment.clone()], count: 12, root: schema() },
        phone_number_id: "106540352242922".into(),
        schedule: Schedule::default(),
        cost: cost.clone(),
        drift_limit_percent: 5,
    }));
    let view = View::Broadcast(Box::new(BroadcastView {
        name: "Winter offer".into(),
        goal: None,
        message: MessageView {
            template: "winter_offer".into(),
            category: MessageCategory::Marketing,
            languages: vec![LanguageView {
                language: en.clone(),
                recipients: 12,
                status: TemplateStatus::Approved,
                quality: Quality::Green,
                raw: content(),
                rendered: content().render(&Values::from([("1".into(), "A••".into())])),
                variables: vec![VariableView {
                    name: "1".into(),
                    value: Variable::Text("Ada".into()),
                    source: "the text \"Ada\"".into(),
                    sample: "Ada".into(),
                    defaulted: 0,
                }],
                invisible: Vec::new(),
            }],
        },
        audience: AudienceView {
            segments: vec![SegmentView {
                segment,
                include: Condition::Tag("member".into()),
                exclude: None,
                in_words: "tag member".into(),
                left_out: false,
                matched: Some(12),
            }],
            frozen_at: super::world::NOW,
            funnel,
            markets: vec![MarketCount { market: hk, count: 12 }],
            samples: vec![Sample {
                why: "drawn".into(),
                phone: "+852 •••• ••34".into(),
                name: "A••".into(),
                language: en,
                text: "Hi A••, winter oolong has arrived.".into(),
                consent_at: Some(super::world::NOW),
                consent_source: Some(ConsentSource::WebForm),
            }],
        },
        consent: ConsentView {
            policy: countersign::domain::policy::Policy::default().version,
            sources: vec![SourceCount { source: Some(ConsentSource::WebForm), count: 12 }],
            first_marketing: 3,
            last_7_days: [12, 0, 0, 0],
            last_30_days: [9, 3, 0, 0],
        },
        schedule: ScheduleView {
            schedule: Schedule::default(),
            batches: 1,
            seconds: 1,
            local: vec![LocalTime {
                market: hk,
                zone: "Asia/Hong_Kong".into(),
                starts: None,
                ends: None,
                quiet: Some(false),
            }],
            cost,
            from: "+852 5550 1000".into(),
            number_quality: Quality::Green,
            portfolio_limit: Some(10_000),
            portfolio_used: 0,
        },
        links: LinksView {
            links: vec![LinkView {
                place: "en_US button 1".into(),
                url: "https://shop.example/w".into(),
                domain: "shop.example".into(),
                allowed: true,
            }],
            media: Vec::new(),
        },
    }));
    Preview {
        summary: "Send template winter_offer (marketing) to 12 people in 1 market as soon as it is approved, at most HK$10.08.".into(),
        action,
        findings: vec![Finding::new(Level::Warn, "FREQ-02", "3 people already got a message in 30 days".into(), &[("count", "3".into())])],
        view,
    }
}

/// A request of this agent that waits for one signature.
pub fn request(agent: &Agent, now: Timestamp) -> ActionRequest {
    request_with(agent, now, one_signature("broadcast"))
}

/// The same with another quorum.
pub fn request_with(agent: &Agent, now: Timestamp, quorum: Quorum) -> ActionRequest {
    let preview = preview();
    let id = RequestId::random();
    let arguments = json!({ "sample": id });
    let policy = countersign::domain::policy::Policy::default().version;
    let digests = preview.digests(agent.tenant, schema(), &policy).unwrap();
    ActionRequest {
        id,
        tenant: agent.tenant,
        tool: preview.action.tool().into(),
        ask: Ask::of(agent.tenant, preview.action.tool(), &arguments).unwrap(),
        digest: digests.whole,
        sections: digests.sections,
        preview,
        reason: "The winter oolong has arrived.".into(),
        arguments,
        reads_made: Vec::new(),
        status: Status::PendingApproval,
        version: 1,
        agent: agent.id,
        agent_name: agent.name.clone(),
        owner: agent.owner,
        owner_name: agent.owner_name.clone(),
        quorum,
        policy,
        created_at: now,
        decide_by: now.after(Duration::from_hours(72)),
        start_by: None,
        not_before: None,
        approved_at: None,
        settled_at: None,
        result: None,
        error: None,
        superseded_by: None,
        reopened_at: None,
        trace: None,
    }
}

/// A PNG of one pixel.
pub fn png() -> Vec<u8> {
    let chunk = |kind: &[u8], body: &[u8]| {
        let mut sum = crc32fast::Hasher::new();
        sum.update(kind);
        sum.update(body);
        [&u32::try_from(body.len()).unwrap().to_be_bytes(), kind, body, &sum.finalize().to_be_bytes()].concat()
    };
    let head = chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0");
    [b"\x89PNG\r\n\x1a\n".to_vec(), head, chunk(b"IDAT", b"x"), chunk(b"IEND", b"")].concat()
}
