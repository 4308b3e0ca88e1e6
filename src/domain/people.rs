//! Who there is: tenants, people with roles, agents with permissions, and the caller that any of them is.

use super::clock::Timestamp;
use super::ids::{AgentId, PersonId, TenantId};
use super::masked::{Attachments, CustomerData, Permit, ProviderIds, Routing, StaffFigures, StaffNotes};
use super::trace::TraceParent;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One business. Secrets stand in the environment; the row knows only their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Which one.
    pub id: TenantId,
    /// What it calls itself.
    pub name: String,
    /// Its WhatsApp Business Account at Meta.
    pub waba_id: String,
    /// Environment variable with the access token.
    pub token_env: String,
    /// Environment variable with the app secret, which signs webhooks.
    pub app_secret_env: Option<String>,
    /// Environment variable with the word that Meta must say when it verifies the webhook.
    pub verify_token_env: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

words! {
    /// What a person is here for.
    Role, "role" {
        /// Users, agents, settings.
        Admin = "admin",
        /// Reviews and signs.
        Compliance = "compliance",
        /// Gives the second signature.
        Principal = "principal",
        /// Watches broadcasts and stops them.
        Operator = "operator",
        /// Reads requests and reports.
        Manager = "manager",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Data protection officer.
        Dpo = "dpo",
    }
}

impl Role {
    /// Whether it may put a signature under a request.
    #[must_use]
    pub const fn may_sign(self) -> bool {
        matches!(self, Self::Compliance | Self::Principal)
    }

    /// Whether it may stop what runs.
    #[must_use]
    pub const fn may_stop(self) -> bool {
        matches!(self, Self::Compliance | Self::Principal | Self::Operator | Self::Admin)
    }

    /// Whether it may work on conversations: take, hand on, close. The others only read them.
    #[must_use]
    pub const fn may_look_after_customers(self) -> bool {
        matches!(self, Self::Compliance | Self::Principal | Self::Operator | Self::Manager | Self::Admin)
    }

    /// Whether it may read what is in queues that are restricted to others.
    #[must_use]
    pub const fn may_see_every_queue(self) -> bool {
        matches!(self, Self::Compliance | Self::Principal | Self::Auditor | Self::Dpo)
    }

    /// Whether it may read the audit log.
    #[must_use]
    pub const fn may_read_audit(self) -> bool {
        matches!(self, Self::Admin | Self::Compliance | Self::Principal | Self::Auditor)
    }
}

/// Someone who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Which one.
    pub id: PersonId,
    /// Of which business.
    pub tenant: TenantId,
    /// The sign-in name.
    pub email: String,
    /// The name that stands under a signature.
    pub name: String,
    /// What for.
    pub role: Role,
    /// Since when the account may not be used.
    pub disabled_at: Option<Timestamp>,
}

impl Person {
    /// The right to see phones and names, if it has it: nobody signs what they cannot read.
    #[must_use]
    pub fn customer_data(&self) -> Option<Permit<CustomerData>> {
        self.role.may_sign().then(Permit::granted)
    }
}

/// What an agent may do, or which class of data it may see. The words after `--permissions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Call every read tool, and ask where requests stand.
    Read,
    /// Call previews and writes of every area, and ask where requests stand.
    Propose,
    /// Call previews and writes of one area.
    ProposeIn(Area),
    /// See phones and names of customers.
    ContactsPii,
    /// See private staff notes.
    Notes,
    /// See attachment addresses.
    Attachments,
    /// See figures of single members of staff.
    StaffMetrics,
    /// See identifiers of Meta's.
    ProviderIds,
    /// See to whom automation leads customers.
    Routing,
    /// Read the audit log.
    Audit,
}

words! {
    /// The nouns that tools belong to.
    Area, "area" {
        /// Numbers, profile, policy.
        Business = "business",
        /// Contacts, imports, tags.
        Contacts = "contacts",
        /// Segments.
        Segments = "segments",
        /// Consent and opt-outs.
        Consent = "consent",
        /// Conversations and hand-overs.
        Conversations = "conversations",
        /// Single messages and their delivery.
        Messages = "messages",
        /// Message templates.
        Templates = "templates",
        /// Broadcasts.
        Broadcasts = "broadcasts",
        /// Flows, keyword rules, auto-replies.
        Automation = "automation",
        /// Orders and payment links.
        Orders = "orders",
        /// Media.
        Media = "media",
        /// Events from Meta.
        Webhooks = "webhooks",
        /// Action requests.
        Requests = "requests",
        /// The audit log.
        Audit = "audit",
    }
}

impl Permission {
    /// Each that is not about one area, by its word.
    pub const PLAIN: &'static [(&'static str, Self)] = &[
        ("read", Self::Read),
        ("propose", Self::Propose),
        ("contacts:pii", Self::ContactsPii),
        ("notes", Self::Notes),
        ("attachments", Self::Attachments),
        ("staff_metrics", Self::StaffMetrics),
        ("provider_ids", Self::ProviderIds),
        ("routing", Self::Routing),
        ("audit", Self::Audit),
    ];
}

/// What is left of permissions by the scopes of an access token, which are named alike: nothing more than both allow. A broad
/// scope includes the narrow ones.
#[must_use]
pub fn narrowed(permissions: &BTreeSet<Permission>, scopes: &BTreeSet<String>) -> BTreeSet<Permission> {
    let scopes = scopes.iter().filter_map(|word| word.parse::<Permission>().ok());
    let both = |scope: Permission| -> Vec<Permission> {
        match scope {
            Permission::Propose => {
                let proposes = |p: &&Permission| matches!(p, Permission::Propose | Permission::ProposeIn(_));
                permissions.iter().filter(proposes).copied().collect()
            }
            Permission::ProposeIn(_) if permissions.contains(&Permission::Propose) => vec![scope],
            plain => permissions.get(&plain).copied().into_iter().collect(),
        }
    };
    scopes.flat_map(both).collect()
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProposeIn(area) => write!(f, "propose:{area}"),
            plain => f.write_str(Self::PLAIN.iter().find(|(_, p)| p == plain).map_or("", |(word, _)| word)),
        }
    }
}

impl FromStr for Permission {
    type Err = super::UnknownWord;
    fn from_str(text: &str) -> Result<Self, super::UnknownWord> {
        if let Some(area) = text.strip_prefix("propose:") {
            return area.parse().map(Self::ProposeIn);
        }
        Self::PLAIN.iter().find(|(word, _)| *word == text).map(|(_, p)| *p).ok_or_else(|| {
            let mut known: Vec<&str> = Self::PLAIN.iter().map(|(word, _)| *word).collect();
            known.push("propose:AREA");
            super::UnknownWord::new("permission", text, &known)
        })
    }
}

words! {
    /// How an agent's host wants tool names spelled.
    NameStyle, "name style" {
        /// `whatsapp.broadcast.preview`
        Dotted = "dotted",
        /// `whatsapp_broadcast_preview`, for hosts whose model refuses dots
        Underscore = "underscore",
    }
}

/// Who is given access tokens by an authorization server, in its own words. A client that people sign in to holds a token for each
/// of them: each is an agent of its own, so that nobody signs what they asked for themselves through an agent of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// The `client_id` of the program.
    pub client: String,
    /// The `sub` of the person who signed in to it; none where it holds tokens for itself.
    pub subject: Option<String>,
}

/// A program that calls tools with a key, and the person who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Which one.
    pub id: AgentId,
    /// Of which business.
    pub tenant: TenantId,
    /// What its owner calls it.
    pub name: String,
    /// Who answers for it, and so may not sign what it asks for.
    pub owner: PersonId,
    /// The owner's name, for those who read a request.
    pub owner_name: String,
    /// Since when the owner's account is closed: nobody answers for the agent any more.
    pub owner_disabled_at: Option<Timestamp>,
    /// What it may do and see.
    pub permissions: BTreeSet<Permission>,
    /// How it wants names spelled, when it does not say.
    pub names: NameStyle,
    /// Whether its host may be asked to point its user at a page (URL elicitation).
    pub elicits: bool,
    /// Whose access tokens open the door for it, if any do.
    pub tokens_of: Option<TokenHolder>,
    /// The first characters of its key, to tell keys apart.
    pub key_prefix: String,
    /// Since when its key is void.
    pub revoked_at: Option<Timestamp>,
    /// When its key stops by itself.
    pub expires_at: Option<Timestamp>,
}

impl Agent {
    /// Why its key opens nothing, if it does not.
    #[must_use]
    pub fn shut(&self, now: Timestamp) -> Option<&'static str> {
        if self.revoked_at.is_some() {
            Some("this key has been revoked")
        } else if self.owner_disabled_at.is_some() {
            Some("the account of this key's owner is closed; ask for a key of somebody else's")
        } else if self.expires_at.is_some_and(|at| at <= now) {
            Some("this key has expired")
        } else {
            None
        }
    }
}

/// Whoever calls a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The agent, with what it may do.
    pub agent: Agent,
    /// Where the call stands in a trace of the agent's host.
    pub trace: Option<TraceParent>,
}

impl Caller {
    /// An agent that calls, outside of any trace.
    #[must_use]
    pub const fn new(agent: Agent) -> Self {
        Self { agent, trace: None }
    }

    /// Whose data it may touch.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.agent.tenant
    }

    /// Whether it has this permission.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.agent.permissions.contains(&permission)
    }

    /// Whether it may propose changes in any area.
    #[must_use]
    pub fn may_propose_anything(&self) -> bool {
        self.agent.permissions.iter().any(|p| matches!(p, Permission::Propose | Permission::ProposeIn(_)))
    }

    /// Whether it may ask for writes of an area.
    #[must_use]
    pub fn may_propose(&self, area: Area) -> bool {
        self.has(Permission::Propose) || self.has(Permission::ProposeIn(area))
    }

    /// The right to see phones and names, if it has it.
    #[must_use]
    pub fn customer_data(&self) -> Option<Permit<CustomerData>> {
        self.has(Permission::ContactsPii).then(Permit::granted)
    }

    /// The right to see identifiers of Meta's, if it has it.
    #[must_use]
    pub fn provider_ids(&self) -> Option<Permit<ProviderIds>> {
        self.has(Permission::ProviderIds).then(Permit::granted)
    }

    /// The right to see private notes of the team, if it has it.
    #[must_use]
    pub fn notes(&self) -> Option<Permit<StaffNotes>> {
        self.has(Permission::Notes).then(Permit::granted)
    }

    /// The right to fetch files of customers, if it has it.
    #[must_use]
    pub fn attachments(&self) -> Option<Permit<Attachments>> {
        self.has(Permission::Attachments).then(Permit::granted)
    }

    /// The right to see figures of single members of the team, if it has it.
    #[must_use]
    pub fn staff_figures(&self) -> Option<Permit<StaffFigures>> {
        self.has(Permission::StaffMetrics).then(Permit::granted)
    }

    /// The right to see to whom automation leads customers, if it has it: who may ask to change a rule must be able to read it.
    #[must_use]
    pub fn routing(&self) -> Option<Permit<Routing>> {
        (self.has(Permission::Routing) || self.may_propose(Area::Automation)).then(Permit::granted)
    }
}

/// The worker, which must hand the real number to Meta.
#[derive(Debug, Clone, Copy)]
pub struct SendingWorker(());

impl SendingWorker {
    /// The worker alone reveals numbers without being a caller: to address the message itself.
    #[must_use]
    pub const fn permit() -> Permit<CustomerData> {
        Permit::granted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_allows_what_its_scopes_and_its_agent_both_allow() {
        let set = |words: &str| words.split_whitespace().map(|word| word.parse().unwrap()).collect::<BTreeSet<_>>();
        for (agent, scopes, left) in [
            ("read propose", "read", "read"),
            ("read", "read propose audit", "read"),
            ("read propose", "propose:contacts openid", "propose:contacts"),
            ("propose:contacts propose:media", "propose", "propose:contacts propose:media"),
            ("propose:contacts", "propose:media", ""),
            ("read contacts:pii", "", ""),
        ] {
            let scopes = scopes.split_whitespace().map(str::to_owned).collect();
            assert_eq!(narrowed(&set(agent), &scopes), set(left), "{agent} {scopes:?}");
        }
    }

    #[test]
    fn a_permission_survives_its_word_and_a_wrong_one_names_the_right_ones() {
        for word in ["read", "propose", "propose:broadcasts", "contacts:pii", "audit"] {
            assert_eq!(word.parse::<Permission>().unwrap().to_string(), word);
        }
        let refused = "contact:pii".parse::<Permission>().unwrap_err().to_string();
        assert!(refused.contains("contacts:pii"), "{refused}");
        assert!("propose:everything".parse::<Permission>().unwrap_err().to_string().contains("broadcasts"));
    }
}
