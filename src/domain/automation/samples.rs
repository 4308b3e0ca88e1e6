//! Small rules, flows and auto-replies for the tests.

use super::auto_replies::{AutoReply, Occasion, ReplyFallback};
use super::flows::{Fallback, Flow, FlowKind};
use super::keywords::{Action, KeywordRule};
use super::names::Queue;
use super::phrases::MatchKind;
use super::reaction::{Answered, Desk, Facts, Inbound, Limits, Said};
use super::replies::{HandOver, Wording};
use super::scope::Scope;
use super::{Active, Authority, Content, Live};
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppressions;
use crate::domain::ids::{AutoReplyId, FlowId, KeywordRuleId, RequestId};
use std::collections::BTreeSet;
use std::time::Duration;

/// 2026-11-30T02:00:00Z, a Monday morning in Hong Kong.
pub const NOW: Timestamp = Timestamp::from_seconds(1_796_004_000);

/// A rule that answers this word with itself.
pub fn rule(priority: u16, phrase: &str) -> KeywordRule {
    KeywordRule {
        id: KeywordRuleId::random(),
        name: format!("About {phrase}"),
        priority,
        scope: Scope::default(),
        kind: MatchKind::Word,
        phrases: vec![phrase.to_owned()],
        action: Action::Reply { say: Wording::plain(format!("You said {phrase}")), buttons: Vec::new() },
    }
}

/// People who wait in this queue.
pub fn queue(name: &str) -> HandOver {
    HandOver { queue: name.parse().unwrap(), note: None, say: None }
}

/// A flow with these nodes, written as JSON.
pub fn flow(start: &str, nodes: serde_json::Value) -> Flow {
    Flow {
        id: FlowId::random(),
        name: "Menu".into(),
        kind: FlowKind::Faq,
        scope: Scope::default(),
        start: start.parse().unwrap(),
        nodes: serde_json::from_value(nodes).unwrap(),
        fallback: Fallback { say: Wording::plain("Please choose."), tries: 2, next: "desk".parse().unwrap() },
        person: queue("flow desk"),
        timeout_minutes: 60,
    }
}

/// A menu with opening hours, a way to a person, and an end.
pub fn menu() -> Flow {
    flow(
        "hello",
        serde_json::json!({
            "hello": {"message": {"say": {"text": {"text": "Welcome!"}}, "next": "menu"}},
            "menu": {"question": {
                "ask": {"text": "What is it about?"},
                "menu": {"buttons": [
                    {"id": "hours", "title": "Opening hours", "next": "hours"},
                    {"id": "person", "title": "Somebody else", "next": "desk"},
                ]},
                "typed": [{"match": "contains", "phrases": ["open", "幾點"], "next": "hours"}],
            }},
            "hours": {"message": {"say": {"text": {"text": "From 9 to 6."}}, "next": "bye"}},
            "bye": {"end": {"say": {"text": "See you!"}}},
            "desk": {"hand_over": {"queue": "sales", "say": {"text": "A colleague will answer."}}},
        }),
    )
}

/// An auto-reply that hands over whoever writes on.
pub fn auto_reply(occasion: Occasion) -> AutoReply {
    AutoReply {
        id: AutoReplyId::random(),
        name: "Away".into(),
        occasion,
        scope: Scope::default(),
        queues: BTreeSet::new(),
        say: Wording::plain("We are away."),
        fallback: Some(ReplyFallback::Person),
        person: Some(queue("night desk")),
    }
}

/// Made live by some request.
pub fn live(content: Content) -> Live<Content> {
    Live { version: 1, authority: Authority::Request(RequestId::random()), content }
}

/// All of these, live.
pub fn active(contents: impl IntoIterator<Item = Content>) -> Active {
    let mut active = Active::default();
    for content in contents {
        active.put(live(content));
    }
    active
}

/// A text to number 1.
pub fn text(text: &str) -> Inbound {
    Inbound { wamid: "wamid.1".into(), number: "1".into(), said: Said::Text(text.into()), at: NOW }
}

/// A tap.
pub fn tap(id: &str, title: &str) -> Inbound {
    Inbound { said: Said::Tap { id: id.into(), title: title.into() }, ..text("") }
}

/// What facts borrow.
pub struct Known {
    pub tags: BTreeSet<String>,
    pub recent: Vec<Answered>,
    pub limits: Limits,
}

impl Default for Known {
    fn default() -> Self {
        let queue: Queue = "desk".parse().unwrap();
        Self { tags: BTreeSet::new(), recent: Vec::new(), limits: Limits::usual(queue) }
    }
}

impl Known {
    /// Somebody in an open window with whom nobody of the team talks.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            language: None,
            tags: &self.tags,
            suppressions: Suppressions::default(),
            window_until: Some(NOW.after(Duration::from_hours(23))),
            first_message: false,
            everybody_away: false,
            queue: None,
            desk: Desk::Free,
            maybe_answered: false,
            stopped: false,
            recent: &self.recent,
            limits: &self.limits,
        }
    }
}
