//! A shop with everything that a broadcast needs, to be changed by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use countersign::domain::action::Action;
use countersign::domain::audience::{Audience, Exclusion, Mark};
use countersign::domain::broadcasts::BroadcastPlan;
use countersign::domain::business::SendingNumber;
use countersign::domain::clock::FixedClock;
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::ids::{AudienceId, ConsentId, ContactId, ExecutionId, RequestId, SegmentId};
use countersign::domain::masked::ProviderId;
use countersign::domain::people::Caller;
use countersign::domain::phone::PhoneNumber;
use countersign::domain::policy::Policy;
use countersign::domain::policy::settings::Settings;
use countersign::domain::policy::signatures::Times;
use countersign::domain::preview::BroadcastView;
use countersign::domain::templates::{Button, MessageTemplate, Quality, TemplateContent, TemplateStatus};
use countersign::error::Result;
use countersign::graph::{self, Graph};
use countersign::store::consent::{self, NewConsent};
use countersign::store::contacts::NewContact;
use countersign::store::deliveries::{self, NewExecution};
use countersign::store::{self, business, segments, templates};
use countersign::tools::broadcasts::filed;
use countersign::tools::catalogue::catalogue;
use countersign::tools::{Ctx, Kind, Proposal, Sealed};
use serde_json::{Value, json};

use crate::support::db::TestDb;
use crate::support::samples;
use crate::support::world::{NOW, World};

pub const NUMBER: &str = "106540352242922";

pub struct Shop {
    pub db: TestDb,
    pub world: World,
    pub ctx: Ctx,
    pub caller: Caller,
    pub clock: Arc<FixedClock>,
    pub members: SegmentId,
    pub guests: SegmentId,
}

pub fn policy() -> Policy {
    let mut settings = Settings::default();
    settings.links.allow = BTreeSet::from(["example.hk".to_owned()]);
    settings.agents.broadcasts_per_hour = u16::MAX;
    Policy::new(settings, Times::default()).unwrap()
}

pub fn number() -> SendingNumber {
    SendingNumber {
        id: ProviderId::new(NUMBER),
        display: "+852 3001 0001".into(),
        name: "Harbour Tea".into(),
        status: "connected".into(),
        quality: Quality::Green,
        portfolio_limit: Some(1_000),
        per_second: 80,
        synced_at: NOW,
    }
}

pub fn template(language: &str) -> MessageTemplate {
    let (body, footer) = if language == "en" {
        ("Hello {{1}}, {{2}} members of Harbour Tea get 15% off until {{3}}.", "Reply STOP to opt out")
    } else {
        ("{{1}}，Harbour Tea {{2}} 會員冬季優惠至 {{3}}。", "回覆「停止」可取消接收")
    };
    MessageTemplate {
        name: "winter_offer".into(),
        language: language.parse().unwrap(),
        meta_id: format!("7{language}"),
        category: MessageCategory::Marketing,
        status: TemplateStatus::Approved,
        quality: Quality::Green,
        rejected_reason: None,
        correct_category: None,
        content: TemplateContent {
            header: None,
            body: body.into(),
            footer: Some(footer.into()),
            buttons: vec![Button::Url { text: "Look".into(), url: "https://shop.example.hk/winter?u={{1}}".into() }],
        },
        synced_at: NOW,
    }
}

/// The n-th person, who may be written to.
pub fn person(n: usize) -> NewContact {
    NewContact {
        id: ContactId::random(),
        phone: Some(PhoneNumber::parse(&format!("+8529{:07}", 1_000_000 + n), None).unwrap()),
        user_id: None,
        name: format!("Chan Tai Man {n}"),
        language: Some(if n.is_multiple_of(2) { "en" } else { "zh_HK" }.parse().unwrap()),
        tags: BTreeSet::from(["member".to_owned()]),
        attributes: BTreeMap::from([("tier".to_owned(), format!("gold{n}"))]),
        last_inbound_at: None,
        created_at: NOW,
    }
}

pub fn agreed(
    contact: ContactNo,
    category: MessageCategory,
    source: ConsentSource,
    evidence: Option<&str>,
) -> NewConsent {
    NewConsent {
        id: ConsentId::random(),
        contact,
        category,
        state: ConsentState::Granted,
        source,
        evidence: evidence.map(str::to_owned),
        given_at: NOW.before(Duration::from_hours(24 * 20)),
        confirmed_at: None,
    }
}

pub fn described(segments: &[SegmentId]) -> Value {
    json!({
        "name": "Winter offer", "template": "winter_offer", "segments": segments, "goal": "sell tea",
        "variables": {
            "1": {"contact_name": {"default": "friend"}}, "2": {"attribute": {"name": "tier"}}, "3": {"text": "5 Dec"},
            "button.1.1": {"text": "w26"}
        }
    })
}

impl Shop {
    /// With these people, all of whom agreed to marketing, and a template in two languages.
    pub async fn with(db: TestDb, people: &[NewContact]) -> (Self, Vec<ContactNo>) {
        let world = World::new(&db.open().await, "Harbour Tea").await;
        let tenant = world.tenant.id;
        let numbers = world.contacts(people).await;
        let consents: Vec<NewConsent> = numbers
            .iter()
            .map(|no| agreed(*no, MessageCategory::Marketing, ConsentSource::WebForm, Some("form 12")))
            .collect();
        let (members, guests) = (SegmentId::random(), SegmentId::random());
        let mut tx = world.db.begin().await.unwrap();
        consent::record(&mut tx, tenant, &consents, NOW).await.unwrap();
        business::upsert_number(&mut tx, tenant, &number()).await.unwrap();
        for language in ["en", "zh_HK"] {
            templates::upsert(&mut tx, tenant, &template(language)).await.unwrap();
        }
        for (id, name, tag) in [(members, "Members", "member"), (guests, "Guests", "guest")] {
            let include = serde_json::from_value(json!({"tag": tag})).unwrap();
            segments::add_version(&mut tx, tenant, id, name, &include, None, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        let (agent, _) = world.agent("promo", "read,propose").await;
        let clock = Arc::new(FixedClock::at(NOW));
        let ctx = Ctx {
            db: world.db.clone(),
            graph: Graph::new(&graph::Settings::default()).unwrap(),
            clock: clock.clone(),
            policy: Arc::new(policy()),
            public_url: "http://localhost".into(),
            secrets: Arc::new(|_| None),
            wake: countersign::tools::wake::Wake::default(),
            media: countersign::tools::media::Media::default(),
            orders: countersign::tools::orders::Orders::default(),
            calls_per_minute: std::num::NonZeroU32::MIN,
            turns: countersign::tools::turns::Turns::default(),
        };
        (Self { db, world, ctx, caller: Caller::new(agent), clock, members, guests }, numbers)
    }

    pub async fn propose(&self, tool: &str, arguments: Value) -> Result<Proposal> {
        let Kind::Write(propose) = catalogue().find(tool).unwrap().kind else { panic!("{tool} writes") };
        propose(&self.ctx, &self.caller, arguments).await
    }

    pub async fn schedule(&self, arguments: Value) -> Result<Proposal> {
        self.propose("whatsapp.broadcast.schedule", arguments).await
    }

    /// To the members, on the next Tuesday morning.
    pub async fn proposal(&self) -> Proposal {
        let arguments = json!({"broadcast": described(&[self.members]), "schedule": tuesday()});
        self.schedule(arguments).await.unwrap()
    }

    pub async fn suppress(&self, contact: ContactNo, kind: Suppression) {
        let mut tx = self.world.db.begin().await.unwrap();
        consent::suppress(&mut tx, self.world.tenant.id, contact, kind, "test", None, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn record(&self, records: &[NewConsent]) {
        let mut tx = self.world.db.begin().await.unwrap();
        consent::record(&mut tx, self.world.tenant.id, records, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn store_template(&self, template: &MessageTemplate) {
        let mut tx = self.world.db.begin().await.unwrap();
        templates::upsert(&mut tx, self.world.tenant.id, template).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A broadcast so many hours ago that these people got.
    pub async fn sent(&self, people: &[ContactNo], hours_ago: u64) {
        let at = NOW.before(Duration::from_hours(hours_ago));
        let request = samples::request(&self.caller.agent, at);
        let total = u32::try_from(people.len()).unwrap();
        let new = NewExecution {
            id: ExecutionId::random(),
            request: request.id,
            phone_number_id: NUMBER,
            category: MessageCategory::Marketing,
            total,
            batch_size: 10,
            per_second: 10,
        };
        let mut tx = self.world.db.begin().await.unwrap();
        assert!(store::requests::insert(&mut tx, &request, "Earlier").await.unwrap());
        deliveries::add(&mut tx, self.world.tenant.id, &new, at).await.unwrap();
        tx.commit().await.unwrap();
        let execution = deliveries::find(&self.world.db, self.world.tenant.id, new.id).await.unwrap().unwrap();
        let audience: People = people.iter().map(|no| no.0).collect();
        let mut tx = self.world.db.begin().await.unwrap();
        assert!(deliveries::build(&mut tx, &execution, &audience, total, 100, at).await.unwrap());
        tx.commit().await.unwrap();
        self.db.execute("update delivery set state = 2 where state = 0").await;
        self.db.execute("update action_request set status = 'succeeded', settled_at = 1, ask = digest where status = 'pending_approval'").await;
    }

    /// Files a proposal as a request, as it is filed when it is submitted.
    pub async fn file(&self, proposal: &Proposal, tool: &str) -> Result<RequestId> {
        let mut request = samples::request(&self.caller.agent, NOW);
        request.tool = tool.to_owned();
        request.preview = proposal.preview.clone();
        request.ask = countersign::domain::canonical::Ask::from_bytes(countersign::domain::ids::random_bytes());
        let tenant = self.world.tenant.id;
        let mut tx = self.world.db.begin().await?;
        assert!(store::requests::insert(&mut tx, &request, &proposal.title).await?);
        proposal.sealed.as_ref().unwrap().store(&mut tx, tenant, request.id, NOW).await?;
        filed(&mut tx, tenant, request.id, proposal.action(), NOW).await?;
        tx.commit().await?;
        Ok(request.id)
    }
}

pub fn tuesday() -> Value {
    json!({"start_at": "2026-12-01T10:00:00+08:00", "per_second": 20})
}

pub fn view(proposal: &Proposal) -> &BroadcastView {
    proposal.preview.view.broadcast().expect("a broadcast")
}

/// The frozen list of a proposal, and where it would be kept.
pub fn audience(proposal: &Proposal) -> (AudienceId, &Audience) {
    let Some(Sealed::Audience(id, _, audience)) = &proposal.sealed else { panic!("it freezes a list") };
    (*id, audience)
}

pub fn plan(proposal: &Proposal) -> &BroadcastPlan {
    let Action::BroadcastSchedule(plan) = proposal.action() else { panic!("it sends") };
    plan
}

pub fn excluded(proposal: &Proposal) -> Vec<(Exclusion, u64)> {
    let funnel = &view(proposal).audience.funnel;
    assert!(funnel.balances());
    assert_eq!(funnel.excluded.iter().map(|row| row.reason).collect::<Vec<_>>(), Exclusion::ALL);
    funnel.excluded.iter().filter(|row| row.count > 0).map(|row| (row.reason, row.count)).collect()
}

pub fn rules(proposal: &Proposal) -> Vec<&str> {
    proposal.preview.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

pub fn rows(proposal: &Proposal) -> Vec<(u32, ContactNo, Mark)> {
    let (_, audience) = audience(proposal);
    let people = audience.people.iter().zip(&audience.marks).enumerate();
    people.map(|(seq, (no, mark))| (u32::try_from(seq).unwrap(), ContactNo(no), *mark)).collect()
}
