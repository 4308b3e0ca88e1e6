//! A small business to test against: a tenant, the person who answers for its agents, and agents with keys.

use std::collections::{BTreeMap, BTreeSet};

use countersign::domain::business::SendingNumber;
use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{ConsentSource, ConsentState, MessageCategory};
use countersign::domain::contacts::ContactNo;
use countersign::domain::contacts::identity::{Identity, UserId};
use countersign::domain::ids::{AgentId, ConsentId, ContactId, PersonId, SegmentId, TenantId};
use countersign::domain::masked::ProviderId;
use countersign::domain::people::{Agent, NameStyle, Person, Role, Tenant};
use countersign::domain::phone::PhoneNumber;
use countersign::domain::segments::Condition;
use countersign::domain::templates::{MessageTemplate, Quality, TemplateContent, TemplateStatus};
use countersign::store::Db;
use countersign::store::consent::{self, NewConsent};
use countersign::store::contacts::{self, NewContact};
use countersign::store::{business, people, segments, templates};

/// 2026-11-20T02:40:00Z, a Friday morning in Hong Kong.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_142_400);

pub struct World {
    pub db: Db,
    pub tenant: Tenant,
    pub owner: Person,
}

impl World {
    /// A business with one person and nothing else.
    pub async fn new(db: &Db, name: &str) -> Self {
        let tenant = Tenant {
            id: TenantId::random(),
            name: name.to_owned(),
            waba_id: format!("10000000{}", TenantId::random().short()),
            token_env: "TEST_TOKEN".to_owned(),
            app_secret_env: Some("TEST_APP_SECRET".to_owned()),
            verify_token_env: None,
            created_at: NOW,
        };
        let owner = Person {
            id: PersonId::random(),
            tenant: tenant.id,
            email: format!("owner@{}.example", tenant.id.short().to_lowercase()),
            name: "K. Wong".to_owned(),
            role: Role::Operator,
            disabled_at: None,
        };
        let mut tx = db.begin().await.unwrap();
        people::add_tenant(&mut tx, &tenant).await.unwrap();
        people::add_person(&mut tx, &owner, "no password opens this", NOW).await.unwrap();
        tx.commit().await.unwrap();
        Self { db: db.clone(), tenant, owner }
    }

    /// An agent with these permissions, as the words after `--permissions`; gives its key.
    pub async fn agent(&self, name: &str, permissions: &str) -> (Agent, String) {
        self.agent_with(name, permissions, |_| {}).await
    }

    /// As `agent`, with a say in the rest of the row.
    pub async fn agent_with(&self, name: &str, permissions: &str, change: impl FnOnce(&mut Agent)) -> (Agent, String) {
        let key = format!("cs_test_{}", AgentId::random());
        let mut agent = Agent {
            id: AgentId::random(),
            tenant: self.tenant.id,
            name: name.to_owned(),
            owner: self.owner.id,
            owner_name: self.owner.name.clone(),
            owner_disabled_at: None,
            permissions: permissions.split(',').filter(|w| !w.is_empty()).map(|w| w.parse().unwrap()).collect(),
            names: NameStyle::Dotted,
            elicits: false,
            tokens_of: None,
            key_prefix: key.chars().take(12).collect(),
            revoked_at: None,
            expires_at: None,
        };
        change(&mut agent);
        let mut tx = self.db.begin().await.unwrap();
        people::add_agent(&mut tx, &agent, &people::key_hash(&key), NOW).await.unwrap();
        tx.commit().await.unwrap();
        (agent, key)
    }

    /// Adds contacts and gives their numbers.
    pub async fn contacts(&self, contacts: &[NewContact]) -> Vec<ContactNo> {
        let mut tx = self.db.begin().await.unwrap();
        let numbers = contacts::insert_many(&mut tx, self.tenant.id, contacts).await.unwrap();
        tx.commit().await.unwrap();
        numbers
    }

    /// Everything that a broadcast needs: a number, an approved template, people who agreed, and a segment of them.
    pub async fn ready_to_send(&self, people: usize) -> (SegmentId, Vec<ContactNo>) {
        let numbers = self.contacts(&(0..people).map(person).collect::<Vec<_>>()).await;
        self.consent(&numbers).await;
        let segment = SegmentId::random();
        let member = Condition::Tag("member".to_owned());
        let number = SendingNumber {
            id: ProviderId::new("106540352242922"),
            display: "+852 3001 0001".to_owned(),
            name: "Shop".to_owned(),
            status: "connected".to_owned(),
            quality: Quality::Green,
            portfolio_limit: Some(10_000),
            per_second: 80,
            synced_at: NOW,
        };
        let mut tx = self.db.begin().await.unwrap();
        segments::add_version(&mut tx, self.tenant.id, segment, "Members", &member, None, NOW).await.unwrap();
        business::upsert_number(&mut tx, self.tenant.id, &number).await.unwrap();
        for language in ["en", "zh_HK"] {
            let template = MessageTemplate {
                name: "winter_offer".to_owned(),
                language: language.parse().unwrap(),
                meta_id: format!("5943004252-{language}"),
                category: MessageCategory::Marketing,
                status: TemplateStatus::Approved,
                quality: Quality::Green,
                rejected_reason: None,
                correct_category: None,
                content: TemplateContent {
                    header: None,
                    body: "Hi {{1}}, winter oolong has arrived.".to_owned(),
                    footer: Some("Reply STOP to opt out".to_owned()),
                    buttons: vec![],
                },
                synced_at: NOW,
            };
            templates::upsert(&mut tx, self.tenant.id, &template).await.unwrap();
        }
        tx.commit().await.unwrap();
        (segment, numbers)
    }

    /// Writes consent for marketing down for each of these.
    pub async fn consent(&self, contacts: &[ContactNo]) {
        let records: Vec<NewConsent> = contacts.iter().map(|no| granted(*no, MessageCategory::Marketing)).collect();
        let mut tx = self.db.begin().await.unwrap();
        consent::record(&mut tx, self.tenant.id, &records, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The n-th person of Hong Kong: `+852 9100 0000` and up.
pub fn person(n: usize) -> NewContact {
    NewContact {
        id: ContactId::random(),
        phone: Some(PhoneNumber::parse(&format!("+8529{:07}", 1_000_000 + n), None).unwrap()),
        user_id: None,
        name: format!("Chan Tai Man {n}"),
        language: Some(if n.is_multiple_of(2) { "en" } else { "zh_HK" }.parse().unwrap()),
        tags: BTreeSet::from(["member".to_owned()]),
        attributes: BTreeMap::from([("tier".to_owned(), "gold".to_owned())]),
        last_inbound_at: None,
        created_at: NOW,
    }
}

/// Somebody as Meta names them: by number, by id, or by both.
pub fn who(phone: Option<&str>, user_id: Option<&str>) -> Identity {
    let phone = phone.map(|text| PhoneNumber::parse(text, None).unwrap());
    Identity::new(phone, user_id.map(|text| UserId::parse(text).unwrap())).unwrap()
}

pub fn granted(contact: ContactNo, category: MessageCategory) -> NewConsent {
    NewConsent {
        id: ConsentId::random(),
        contact,
        category,
        state: ConsentState::Granted,
        source: ConsentSource::WebForm,
        evidence: Some("form 12".to_owned()),
        given_at: NOW,
        confirmed_at: None,
    }
}
