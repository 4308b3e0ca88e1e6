//! What a version of something automatic says, as agents read it. To whom it leads customers, and what it tells those people, is
//! masked for keys that may not see that.

use crate::domain::automation::Content;
use crate::domain::automation::auto_replies::{AutoReply, Occasion, ReplyFallback};
use crate::domain::automation::flows::{Fact, Flow, FlowKind, Node, Say};
use crate::domain::automation::keywords::{Action, KeywordRule};
use crate::domain::automation::names::NodeId;
use crate::domain::automation::phrases::MatchKind;
use crate::domain::automation::replies::{HandOver, Menu};
use crate::domain::automation::scope::Scope;
use crate::domain::business::SendingNumber;
use crate::domain::contacts::Language;
use crate::domain::ids::FlowId;
use crate::domain::masked::{Masked, Permit, Private, ProviderId, ProviderIds, Routing};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// What one version says.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// A keyword rule.
    KeywordRule(RuleSays),
    /// A flow.
    Flow(FlowSays),
    /// An auto-reply.
    AutoReply(AutoReplySays),
}

/// For which messages it acts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScopeItem {
    /// To these numbers of the business; to all if there are none.
    numbers: Vec<String>,
    /// Of customers with these languages; of all if there are none.
    languages: BTreeSet<Language>,
}

/// Who takes over from automation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PersonItem {
    /// The queue in which the conversation then waits, masked for keys that may not see routing.
    queue: String,
    /// What the people there are told, masked likewise.
    note: Option<String>,
    /// What the customer is told.
    say: Option<String>,
}

/// What a keyword rule says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleSays {
    /// Of several rules that match, the one with the lowest number acts.
    priority: u16,
    /// For which messages.
    scope: ScopeItem,
    /// How the phrases are looked for.
    #[serde(rename = "match")]
    kind: MatchKind,
    /// Any of these.
    phrases: Vec<String>,
    /// reply, start_flow, route or tag.
    action: &'static str,
    /// What it answers.
    say: Option<String>,
    /// What can be tapped below the answer.
    buttons: Vec<String>,
    /// The flow that it starts.
    #[schemars(with = "Option<String>")]
    flow_id: Option<FlowId>,
    /// To whom it routes.
    routes_to: Option<PersonItem>,
    /// The labels that the customer gets.
    tags: BTreeSet<String>,
}

/// What a flow says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowSays {
    /// journey, or faq for answers to frequent questions.
    purpose: FlowKind,
    /// For whom it may be started.
    scope: ScopeItem,
    /// The node at which it begins.
    start: NodeId,
    /// Its nodes.
    nodes: Vec<NodeItem>,
    /// What is said to an answer that no question knows, how often, and where it goes on then.
    fallback: FallbackItem,
    /// Who takes over when the customer asks for a person.
    person: PersonItem,
    /// After so many minutes without an answer it is over.
    timeout_minutes: u16,
}

/// One node of a flow.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NodeItem {
    /// Its name.
    id: NodeId,
    /// message, question, condition, tag, hand_over or end.
    kind: &'static str,
    /// What the customer reads.
    say: Option<String>,
    /// The template that is sent instead of a text.
    template: Option<String>,
    /// What can be tapped, and where it leads.
    buttons: Vec<ButtonItem>,
    /// What can be typed instead, and where it leads.
    typed: Vec<TypedItem>,
    /// What is looked at to choose the way.
    condition: Option<Fact>,
    /// The label that the customer gets.
    tag: Option<String>,
    /// To whom the conversation is handed.
    hands_over_to: Option<PersonItem>,
    /// Where it can go on.
    next: Vec<NodeId>,
}

/// Something to tap.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ButtonItem {
    /// What stands on it.
    title: String,
    /// Where it leads.
    next: NodeId,
}

/// An answer that is typed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TypedItem {
    /// Any of these.
    phrases: Vec<String>,
    /// Where it leads.
    next: NodeId,
}

/// What happens with an answer that is not known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FallbackItem {
    /// What is said before the customer may try again.
    say: String,
    /// How often.
    tries: u8,
    /// Where it goes on then.
    next: NodeId,
}

/// What an auto-reply says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AutoReplySays {
    /// When it speaks, with its hours.
    occasion: Occasion,
    /// For which messages.
    scope: ScopeItem,
    /// Only in these queues, masked for keys that may not see routing; in all if there are none.
    queues: Vec<String>,
    /// What it says.
    say: String,
    /// What happens to those who write on: person, or the flow that they are led through. Null only in a draft.
    fallback: Option<ReplyFallback>,
    /// Who takes over. Null only in a draft.
    person: Option<PersonItem>,
}

/// Whoever reads it.
pub struct Reader<'a> {
    pub numbers: &'a [SendingNumber],
    pub routing: Option<Permit<Routing>>,
    pub provider_ids: Option<Permit<ProviderIds>>,
}

impl Reader<'_> {
    pub fn says(&self, content: &Content) -> Says {
        match content {
            Content::KeywordRule(rule) => Says::KeywordRule(self.rule(rule)),
            Content::Flow(flow) => Says::Flow(self.flow(flow)),
            Content::AutoReply(reply) => Says::AutoReply(self.auto_reply(reply)),
        }
    }

    fn private(&self, text: &str) -> String {
        Masked::new(Private::<Routing>::new(text)).show(self.routing.as_ref())
    }

    fn person(&self, to: &HandOver) -> PersonItem {
        PersonItem {
            queue: self.private(to.queue.as_str()),
            note: to.note.as_deref().map(|note| self.private(note)),
            say: to.say.as_ref().map(|say| say.text.clone()),
        }
    }

    /// A number by its digits; one that Meta no longer lists by Meta's id.
    fn scope(&self, scope: &Scope) -> ScopeItem {
        let number = |id: &String| {
            let known = self.numbers.iter().find(|number| number.id.for_meta() == id);
            let unknown = || Masked::new(ProviderId::new(id)).show(self.provider_ids.as_ref());
            known.map_or_else(unknown, |number| number.display.clone())
        };
        ScopeItem { numbers: scope.numbers.iter().map(number).collect(), languages: scope.languages.clone() }
    }

    fn rule(&self, rule: &KeywordRule) -> RuleSays {
        let mut item = RuleSays {
            priority: rule.priority,
            scope: self.scope(&rule.scope),
            kind: rule.kind,
            phrases: rule.phrases.clone(),
            action: "reply",
            say: None,
            buttons: Vec::new(),
            flow_id: None,
            routes_to: None,
            tags: BTreeSet::new(),
        };
        match &rule.action {
            Action::Reply { say, buttons } => {
                (item.say, item.buttons) = (Some(say.text.clone()), buttons.clone());
            }
            Action::StartFlow(flow) => (item.action, item.flow_id) = ("start_flow", Some(*flow)),
            Action::Route(to) => (item.action, item.routes_to) = ("route", Some(self.person(to))),
            Action::Tag(tags) => (item.action, item.tags) = ("tag", tags.clone()),
        }
        item
    }

    fn flow(&self, flow: &Flow) -> FlowSays {
        FlowSays {
            purpose: flow.kind,
            scope: self.scope(&flow.scope),
            start: flow.start.clone(),
            nodes: flow.nodes.iter().map(|(id, node)| self.node(id, node)).collect(),
            fallback: FallbackItem {
                say: flow.fallback.say.text.clone(),
                tries: flow.fallback.tries,
                next: flow.fallback.next.clone(),
            },
            person: self.person(&flow.person),
            timeout_minutes: flow.timeout_minutes,
        }
    }

    fn node(&self, id: &NodeId, node: &Node) -> NodeItem {
        let mut item = NodeItem {
            id: id.clone(),
            kind: "end",
            say: None,
            template: None,
            buttons: Vec::new(),
            typed: Vec::new(),
            condition: None,
            tag: None,
            hands_over_to: None,
            next: node.next().into_iter().cloned().collect(),
        };
        match node {
            Node::Message { say: Say::Text(say), .. } => (item.kind, item.say) = ("message", Some(say.text.clone())),
            Node::Message { say: Say::Template(name), .. } => {
                (item.kind, item.template) = ("message", Some(name.clone()));
            }
            Node::Question(question) => {
                (item.kind, item.say) = ("question", Some(question.ask.text.clone()));
                let choices = question.menu.iter().flat_map(Menu::choices);
                let button = |title: &str, next: &NodeId| ButtonItem { title: title.to_owned(), next: next.clone() };
                item.buttons = choices.map(|choice| button(&choice.title, &choice.next)).collect();
                let typed = question.typed.iter();
                item.typed = typed.map(|it| TypedItem { phrases: it.phrases.clone(), next: it.next.clone() }).collect();
            }
            Node::Condition { holds, .. } => (item.kind, item.condition) = ("condition", Some(holds.clone())),
            Node::Tag { tag, .. } => (item.kind, item.tag) = ("tag", Some(tag.clone())),
            Node::HandOver(to) => (item.kind, item.hands_over_to) = ("hand_over", Some(self.person(to))),
            Node::End { say } => item.say = say.as_ref().map(|say| say.text.clone()),
        }
        item
    }

    fn auto_reply(&self, reply: &AutoReply) -> AutoReplySays {
        AutoReplySays {
            occasion: reply.occasion.clone(),
            scope: self.scope(&reply.scope),
            queues: reply.queues.iter().map(|queue| self.private(queue.as_str())).collect(),
            say: reply.say.text.clone(),
            fallback: reply.fallback.clone(),
            person: reply.person.as_ref().map(|to| self.person(to)),
        }
    }
}
