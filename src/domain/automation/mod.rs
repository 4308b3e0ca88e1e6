//! Automation: what answers customers by itself. Only what is live acts; a draft answers nobody.

pub mod auto_replies;
pub mod flows;
pub mod hours;
pub mod keywords;
pub mod names;
pub mod people;
pub mod phrases;
pub mod plan;
pub mod react;
pub mod reaction;
pub mod rehearse;
pub mod replies;
mod routes;
pub mod scope;
mod walk;
mod wordings;

use super::canonical::{Digest, NotCanonical};
use super::clock::Timestamp;
use super::ids::{AutoReplyId, FlowId, KeywordRuleId, RequestId};
use auto_replies::AutoReply;
use flows::Flow;
use keywords::KeywordRule;
use phrases::Plain;
use scope::Scope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// A kind of automation.
    Kind, "kind of automation" {
        /// Answers to keywords.
        KeywordRule = "keyword_rule",
        /// A journey, or answers to frequent questions.
        Flow = "flow",
        /// What customers read when nobody answers.
        AutoReply = "auto_reply",
    }
}

/// One rule, flow or auto-reply, whatever its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Subject {
    /// A keyword rule.
    KeywordRule(KeywordRuleId),
    /// A flow.
    Flow(FlowId),
    /// An auto-reply.
    AutoReply(AutoReplyId),
}

impl Subject {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::KeywordRule(_) => Kind::KeywordRule,
            Self::Flow(_) => Kind::Flow,
            Self::AutoReply(_) => Kind::AutoReply,
        }
    }

    /// Back from its kind and the text of its id.
    #[must_use]
    pub fn parse(kind: Kind, id: &str) -> Option<Self> {
        Some(match kind {
            Kind::KeywordRule => Self::KeywordRule(id.parse().ok()?),
            Kind::Flow => Self::Flow(id.parse().ok()?),
            Kind::AutoReply => Self::AutoReply(id.parse().ok()?),
        })
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeywordRule(id) => id.fmt(f),
            Self::Flow(id) => id.fmt(f),
            Self::AutoReply(id) => id.fmt(f),
        }
    }
}

/// What one version says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "content")]
pub enum Content {
    /// Of a keyword rule.
    KeywordRule(KeywordRule),
    /// Of a flow.
    Flow(Flow),
    /// Of an auto-reply.
    AutoReply(AutoReply),
}

impl Content {
    /// Of what it is a version.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        match self {
            Self::KeywordRule(rule) => Subject::KeywordRule(rule.id),
            Self::Flow(flow) => Subject::Flow(flow.id),
            Self::AutoReply(reply) => Subject::AutoReply(reply.id),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::KeywordRule(rule) => &rule.name,
            Self::Flow(flow) => &flow.name,
            Self::AutoReply(reply) => &reply.name,
        }
    }

    /// For whom it acts.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        match self {
            Self::KeywordRule(rule) => &rule.scope,
            Self::Flow(flow) => &flow.scope,
            Self::AutoReply(reply) => &reply.scope,
        }
    }

    /// The same, to be changed.
    pub const fn scope_mut(&mut self) -> &mut Scope {
        match self {
            Self::KeywordRule(rule) => &mut rule.scope,
            Self::Flow(flow) => &mut flow.scope,
            Self::AutoReply(reply) => &mut reply.scope,
        }
    }

    /// Over all it says: two contents with one digest act alike.
    pub fn digest(&self) -> Result<Digest, NotCanonical> {
        Digest::of(self)
    }
}

/// A stored version. It is a draft unless its subject points to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub version: u32,
    /// What it says.
    pub content: Content,
    /// Over what it says.
    pub digest: Digest,
    /// The request that stored it.
    pub request: RequestId,
    /// Since when it is there.
    pub created_at: Timestamp,
}

/// By whose leave something acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// This request was approved and made it live.
    Request(RequestId),
    /// Nobody's: it is only tried out, on messages of the past.
    Rehearsal,
}

/// A version that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live<T> {
    /// Which version.
    pub version: u32,
    /// By whose leave.
    pub authority: Authority,
    /// What it says.
    pub content: T,
}

/// A rule with its phrases as they are compared, so that each is read once and not for each message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listening {
    live: Live<KeywordRule>,
    phrases: Vec<Plain>,
}

impl Listening {
    fn of(live: Live<KeywordRule>) -> Self {
        let phrases = live.content.phrases.iter().map(|phrase| Plain::of(phrase)).collect();
        Self { live, phrases }
    }

    fn finds(&self, text: &Plain) -> bool {
        self.phrases.iter().any(|phrase| self.live.content.kind.finds(phrase, text))
    }
}

/// All that is live at one business, in the order in which it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Active {
    rules: BTreeMap<(u16, KeywordRuleId), Listening>,
    flows: BTreeMap<FlowId, Live<Flow>>,
    replies: BTreeMap<(u8, AutoReplyId), Live<AutoReply>>,
}

impl Active {
    /// With this live, in place of what was live of the same subject.
    pub fn put(&mut self, live: Live<Content>) {
        let Live { version, authority, content } = live;
        self.remove(content.subject());
        match content {
            Content::KeywordRule(content) => {
                let place = (content.priority, content.id);
                self.rules.insert(place, Listening::of(Live { version, authority, content }));
            }
            Content::Flow(content) => {
                self.flows.insert(content.id, Live { version, authority, content });
            }
            Content::AutoReply(content) => {
                self.replies.insert((content.occasion.rank(), content.id), Live { version, authority, content });
            }
        }
    }

    /// Without it.
    pub fn remove(&mut self, subject: Subject) {
        match subject {
            Subject::KeywordRule(id) => self.rules.retain(|(_, known), _| *known != id),
            Subject::Flow(id) => {
                self.flows.remove(&id);
            }
            Subject::AutoReply(id) => self.replies.retain(|(_, known), _| *known != id),
        }
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.flows.is_empty() && self.replies.is_empty()
    }

    /// Keyword rules, those that come first first.
    pub fn rules(&self) -> impl Iterator<Item = &Live<KeywordRule>> {
        self.rules.values().map(|rule| &rule.live)
    }

    /// How many phrases are looked for in each message.
    #[must_use]
    pub fn phrases(&self) -> usize {
        self.rules.values().map(|rule| rule.phrases.len()).sum()
    }

    /// The keyword rules that listen for what this text says, those that come first first.
    pub fn matching(&self, text: &Plain) -> impl Iterator<Item = &Live<KeywordRule>> {
        self.rules.values().filter(move |rule| rule.finds(text)).map(|rule| &rule.live)
    }

    /// What is live of a subject, and in which version.
    #[must_use]
    pub fn find(&self, subject: Subject) -> Option<Live<Content>> {
        fn whole<T: Clone>(live: &Live<T>, content: impl Fn(T) -> Content) -> Live<Content> {
            Live { version: live.version, authority: live.authority, content: content(live.content.clone()) }
        }
        match subject {
            Subject::KeywordRule(id) => {
                self.rules().find(|live| live.content.id == id).map(|live| whole(live, Content::KeywordRule))
            }
            Subject::Flow(id) => self.flow(id).map(|live| whole(live, Content::Flow)),
            Subject::AutoReply(id) => {
                self.auto_replies().find(|live| live.content.id == id).map(|live| whole(live, Content::AutoReply))
            }
        }
    }

    /// What starts a flow.
    pub fn starters(&self, flow: FlowId) -> impl Iterator<Item = (&str, &Scope)> {
        let rules = self.rules().map(|live| &live.content);
        let rules = rules.filter(move |rule| rule.action == keywords::Action::StartFlow(flow));
        let replies = self.auto_replies().map(|live| &live.content);
        let replies = replies.filter(move |reply| reply.fallback == Some(auto_replies::ReplyFallback::Flow(flow)));
        rules
            .map(|rule| (rule.name.as_str(), &rule.scope))
            .chain(replies.map(|reply| (reply.name.as_str(), &reply.scope)))
    }

    /// Flows.
    pub fn flows(&self) -> impl Iterator<Item = &Live<Flow>> {
        self.flows.values()
    }

    /// A flow, if it is live.
    #[must_use]
    pub fn flow(&self, id: FlowId) -> Option<&Live<Flow>> {
        self.flows.get(&id)
    }

    /// Auto-replies, those that come first first.
    pub fn auto_replies(&self) -> impl Iterator<Item = &Live<AutoReply>> {
        self.replies.values()
    }
}

#[cfg(test)]
pub mod samples;

#[cfg(test)]
mod tests {
    use super::samples::{live, rule};
    use super::*;

    #[test]
    fn rules_are_tried_by_priority_and_a_new_version_takes_the_place_of_the_old() {
        let (first, second) = (rule(10, "price"), rule(20, "price"));
        let mut active = Active::default();
        for rule in [&second, &first] {
            active.put(live(Content::KeywordRule(rule.clone())));
        }
        let order = |active: &Active| active.rules().map(|live| live.content.id).collect::<Vec<_>>();
        assert_eq!(order(&active), [first.id, second.id]);
        active.put(live(Content::KeywordRule(KeywordRule { priority: 30, ..first.clone() })));
        assert_eq!(order(&active), [second.id, first.id]);
        active.remove(Subject::KeywordRule(first.id));
        assert_eq!(order(&active), [second.id]);
    }

    #[test]
    fn any_change_of_the_words_changes_the_digest() {
        let rule = rule(10, "price");
        let digest = Content::KeywordRule(rule.clone()).digest().unwrap();
        let mut other = rule.clone();
        other.phrases.push("prices".into());
        assert_ne!(Content::KeywordRule(other).digest().unwrap(), digest);
        let read: Content = serde_json::from_str(&serde_json::to_string(&Content::KeywordRule(rule)).unwrap()).unwrap();
        assert_eq!(read.digest().unwrap(), digest);
    }
}
