//! What automation looks at when a customer writes, and what it decides.

use super::flows::Place;
use super::names::{NodeId, Queue};
use super::phrases::Plain;
use super::replies::{HandOver, Outgoing};
use super::{Authority, Subject};
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppressions;
use crate::domain::contacts::Language;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// A customer's message, as far as automation reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Meta's id of it.
    pub wamid: String,
    /// The business's number that it came to, by Meta's id.
    pub number: String,
    /// What it holds.
    pub said: Said,
    /// When it was sent.
    pub at: Timestamp,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A text.
    Text(String),
    /// A tap on a button or on a row of a list.
    Tap {
        /// The id that was given to it.
        id: String,
        /// What stands on it.
        title: String,
    },
    /// A picture, a place, an order: something that only a person can answer, with the words below it.
    Other {
        /// The caption.
        words: Option<String>,
    },
    /// Nothing that wants an answer: a reaction, a note of the system.
    Nothing,
}

impl Said {
    /// As a row of the past keeps it: Meta's word for its kind, its text, and the id of what was tapped. What came after it, a
    /// change or a reaction, is no new question, and what was taken back says nothing.
    #[must_use]
    pub fn kept(kind: &str, text: Option<String>, tapped: Option<String>) -> Self {
        match (kind, text) {
            ("text", Some(text)) => Self::Text(text),
            ("button", Some(title)) => Self::Tap { id: tapped.unwrap_or_default(), title },
            ("interactive", Some(title)) if tapped.is_some() => Self::Tap { id: tapped.unwrap_or_default(), title },
            ("text" | "button" | "reaction" | "edit" | "revoke", _) => Self::Nothing,
            ("image" | "video" | "audio" | "document" | "sticker" | "order", words) => Self::Other { words },
            _ => Self::Other { words: None },
        }
    }

    /// Its words.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Tap { title: text, .. } => Some(text),
            Self::Other { words } => words.as_deref(),
            Self::Nothing => None,
        }
    }

    /// Its words as phrases are looked for in them.
    #[must_use]
    pub fn plain(&self) -> Plain {
        self.words().map(Plain::of).unwrap_or_default()
    }
}

/// Who has the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    /// Nobody: automation may answer.
    Free,
    /// It was handed over and waits for a person, since then.
    Waits(Timestamp),
    /// Somebody of the team, who answered last then; none if not yet.
    Assigned(Option<Timestamp>),
}

/// An answer that automation gave to this customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// When.
    pub at: Timestamp,
    /// By what; none if by a guard or because a person was asked for.
    pub by: Option<Subject>,
}

/// How much automation may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For so long after a person of the team has answered, automation keeps still.
    pub after_a_person: Duration,
    /// For so long what was handed over waits for a person before automation answers again.
    pub wait_for_a_person: Duration,
    /// So many answers within `burst_within` are two machines that talk to each other.
    pub burst: usize,
    /// See `burst`.
    pub burst_within: Duration,
    /// Answers to one customer in 24 hours.
    pub per_day: usize,
    /// The queue for whoever asks for a person outside a flow, or is handed over by a guard.
    pub queue: Queue,
}

impl Limits {
    /// The usual figures, with this queue.
    #[must_use]
    pub const fn usual(queue: Queue) -> Self {
        Self {
            after_a_person: Duration::from_mins(30),
            wait_for_a_person: Duration::from_hours(24),
            burst: 12,
            burst_within: Duration::from_mins(3),
            per_day: 60,
            queue,
        }
    }
}

/// What is known of the customer and the conversation.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What language the customer reads.
    pub language: Option<&'a Language>,
    /// The customer's labels.
    pub tags: &'a BTreeSet<String>,
    /// Why the customer may not be written to.
    pub suppressions: Suppressions,
    /// Until when free text may be sent; none if it may not.
    pub window_until: Option<Timestamp>,
    /// Whether the customer has never written to this number before.
    pub first_message: bool,
    /// Whether nobody of the team is there.
    pub everybody_away: bool,
    /// The queue in which the conversation is.
    pub queue: Option<&'a Queue>,
    /// Who has the conversation.
    pub desk: Desk,
    /// Whether it may have been answered already: it came before the database lost what followed.
    pub maybe_answered: bool,
    /// Whether nothing goes out from this number until a person lets it go on.
    pub stopped: bool,
    /// What automation answered in the last 24 hours, in any order.
    pub recent: &'a [Answered],
    /// How much automation may do.
    pub limits: &'a Limits,
}

/// The version that acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Which rule, flow or auto-reply.
    #[serde(flatten)]
    pub subject: Subject,
    /// Which version.
    pub version: u32,
    /// By whose leave it is live.
    pub authority: Authority,
    /// The last node of a flow that it came to.
    pub node: Option<NodeId>,
}

words! {
    /// What keeps automation from going on for ever.
    Guard, "guard" {
        /// A flow came to the same node twice without an answer, or said too much in a row, or led nowhere.
        Loop = "loop",
        /// The customer gave more answers in a flow than any question should take.
        TooManyTurns = "too_many_turns",
        /// Answers follow each other as fast as only machines write.
        PingPong = "ping_pong",
        /// The customer got as many answers in a day as anybody gets.
        DailyCap = "daily_cap",
    }
}

/// Why automation acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why", content = "by")]
pub enum Cause {
    /// Something live was meant for this message.
    Matched(Made),
    /// The customer asked for a person. It was in this flow, or this rule names the queue.
    AskedForPerson(Option<Made>),
    /// A guard ended what this was about to do.
    Guarded(Guard, Option<Made>),
}

impl Cause {
    /// The version behind it.
    #[must_use]
    pub const fn made(&self) -> Option<&Made> {
        match self {
            Self::Matched(made) => Some(made),
            Self::AskedForPerson(made) | Self::Guarded(_, made) => made.as_ref(),
        }
    }
}

/// What automation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Why.
    pub cause: Cause,
    /// What is sent, in this order.
    pub replies: Vec<Outgoing>,
    /// To whom the conversation is handed.
    pub hand_over: Option<HandOver>,
    /// Labels that the customer gets.
    pub tags: BTreeSet<String>,
}

words! {
    /// Why automation keeps still.
    Silence, "reason to keep still" {
        /// The customer said stop.
        StopWord = "stop_word",
        /// The customer may not be written to.
        Suppressed = "suppressed",
        /// Free text may no longer be sent.
        WindowClosed = "window_closed",
        /// A person of the team is answering.
        PersonAnswers = "person_answers",
        /// The conversation waits for a person.
        WaitsForPerson = "waits_for_person",
        /// The message wants no answer.
        NothingSaid = "nothing_said",
        /// The customer has read the auto-reply already, and there is nothing more to say.
        SaidAlready = "said_already",
        /// It came before the database lost what followed, so it may have been answered.
        MaybeAnswered = "maybe_answered",
        /// Nothing goes out from this number until a person lets it go on.
        Stopped = "stopped",
        /// Nothing live is meant for this message.
        NothingMatches = "nothing_matches",
    }
}

impl Silence {
    /// For people, in English.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::StopWord => "The customer asked not to be written to.",
            Self::Suppressed => "The customer may not be written to.",
            Self::WindowClosed => "More than 24 hours have passed, so that free text may not be sent.",
            Self::PersonAnswers => "A person of the team is answering.",
            Self::WaitsForPerson => "The conversation was handed over and waits for a person.",
            Self::NothingSaid => "The message wants no answer.",
            Self::SaidAlready => "The customer has read the automatic reply already.",
            Self::MaybeAnswered => "The database was restored since it came, so it may have been answered already.",
            Self::Stopped => "Nothing goes out from this number until a person lets it go on.",
            Self::NothingMatches => "No rule, flow or automatic reply is meant for this message.",
        }
    }
}

/// Acts or keeps still, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Does something.
    Acts(Box<Act>),
    /// Does nothing.
    Silent(Silence),
}

/// What a message leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// What is done.
    pub outcome: Outcome,
    /// Where the customer stands afterwards; none if in no flow.
    pub place: Option<Place>,
}

impl Reaction {
    /// What is done, if anything is.
    #[must_use]
    pub fn act(&self) -> Option<&Act> {
        match &self.outcome {
            Outcome::Acts(act) => Some(act),
            Outcome::Silent(_) => None,
        }
    }

    /// Why nothing is done.
    #[must_use]
    pub const fn silence(&self) -> Option<Silence> {
        match &self.outcome {
            Outcome::Acts(_) => None,
            Outcome::Silent(silence) => Some(*silence),
        }
    }

    /// The same, with nothing said.
    #[must_use]
    pub fn without_words(mut self) -> Self {
        if let Outcome::Acts(act) = &mut self.outcome {
            act.replies.clear();
        }
        self
    }

    /// The version that decided.
    #[must_use]
    pub fn made(&self) -> Option<&Made> {
        self.act()?.cause.made()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_past_reads_as_the_message_did() {
        let tap = |id: &str| Said::Tap { id: id.into(), title: "x".into() };
        for (kind, text, tapped, said) in [
            ("text", Some("x"), None, Said::Text("x".into())),
            ("text", None, None, Said::Nothing),
            ("button", Some("x"), None, tap("")),
            ("button", Some("x"), Some("7"), tap("7")),
            ("interactive", Some("x"), Some("7"), tap("7")),
            ("interactive", Some("{}"), None, Said::Other { words: None }),
            ("reaction", Some("x"), None, Said::Nothing),
            ("edit", Some("x"), None, Said::Nothing),
            ("image", Some("x"), None, Said::Other { words: Some("x".into()) }),
            ("location", Some("x"), None, Said::Other { words: None }),
        ] {
            assert_eq!(
                Said::kept(kind, text.map(Into::into), tapped.map(Into::into)),
                said,
                "{kind} {text:?} {tapped:?}"
            );
        }
    }
}
