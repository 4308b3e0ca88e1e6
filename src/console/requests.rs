//! The request page: everything that is needed to decide, on one screen, in one GET.

mod order;
mod people;
mod sections;
mod show;

use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;

use super::message_text::{Look, Piece, pieces};
use super::monitor::Progress;
use super::page::Chrome;
use super::parts::{Digest, Due, Tag, Tone};
use super::pictures::Picture;
use super::replies::Said;
use super::review::{Header, Review, SheetPart, Writer};
use super::submitted::SubmittedLine;
use super::word_diff::Fate;
use crate::domain::requests::Decision;
use crate::tools::contacts::import::now::ImportNow;
use crate::words::Words;

pub use order::{LinkStands, OrderStands, link_tag};
pub use sections::{Section, SectionCheck};
pub use show::{Sent, after_approval, again, may_withdraw, refusal, show};

/// `GET /requests/{id}`.
#[derive(Template, WebTemplate)]
#[template(path = "requests/show.html")]
pub struct RequestPage {
    pub l: Words,
    pub chrome: Chrome,
    pub head: Head,
    pub signatures: Vec<SignatureBlock>,
    pub findings: Vec<FindingView>,
    /// What the rules say today and did not say then.
    pub findings_now: Option<Vec<FindingView>>,
    pub execution: Option<Running>,
    /// The message to one customer, once it is in its ledger.
    pub said: Option<Said>,
    /// Where its order or payment link stands, once the worker has begun.
    pub stands: Option<OrderStands>,
    /// How far an import is while it is written.
    pub importing: Option<ImportNow>,
    /// The languages of a template that are on their way to Meta, or were.
    pub submitted: Vec<SubmittedLine>,
    /// Where what is on its way to Meta is stopped.
    pub submitted_stop: Option<String>,
    /// What it is about, to look at.
    pub pictures: Vec<Picture>,
    pub review: Review,
    pub panel: Panel,
    /// `/requests/{id}/values`, where something is masked that the person may be shown.
    pub values: Option<String>,
    /// `/requests/{id}/withdraw`, where the person may.
    pub withdraw: Option<String>,
    /// `/requests/{id}/reopen`, where the person may.
    pub reopen: Option<String>,
    pub who: Who,
    pub timeline: Vec<Event>,
    pub agent_words: AgentWords,
    pub raw: Raw,
}

/// Name, state, and the one sentence that says what would happen.
#[derive(Clone, Debug)]
pub struct Head {
    pub state: Tag,
    /// Whose move it is.
    pub next_move: String,
    /// "Send template winter_offer (marketing) to 12,480 people in 3 markets …".
    pub summary: String,
    pub agent: String,
    pub owner: String,
    pub asked_at: Timestamp,
    pub due: Option<Due>,
    pub signatures_needed: u64,
    pub digest: Digest,
    /// The list that the person came from.
    pub list: String,
    pub previous: Option<String>,
    pub next: Option<String>,
    /// "4 of 7", as numbers.
    pub position: Option<(u64, u64)>,
    /// The request that took this one's place, or whose place it took: sentence and address.
    pub related: Option<(String, String)>,
    /// What came of it, where no monitor shows it.
    pub outcome: Option<Outcome>,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub tone: Tone,
    pub text: String,
    /// The language of the text, where it is not the page's.
    pub lang: Option<&'static str>,
}

impl Outcome {
    pub fn icon(&self) -> &'static str {
        if self.tone == Tone::Ok { "check" } else { "cross" }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    Block,
    Warn,
    Note,
}

impl FindingLevel {
    pub fn tag(self, l: &Words) -> Tag {
        match self {
            Self::Block => Tag::new(Tone::Danger, "cross", l.t("finding-block")),
            Self::Warn => Tag::new(Tone::Warn, "warn", l.t("finding-warn")),
            Self::Note => Tag::new(Tone::Info, "info", l.t("finding-note")),
        }
    }
}

/// The result of one rule. Blocks come first.
#[derive(Clone, Debug)]
pub struct FindingView {
    pub level: FindingLevel,
    pub rule: String,
    pub sentence: String,
    /// The language of the sentence, where it is not the page's.
    pub lang: Option<&'static str>,
    /// What links lead to; only the first finding of a rule has it.
    pub anchor: Option<String>,
    /// The text that it is about: before, marked, after.
    pub excerpt: Option<(String, String, String)>,
}

/// Counts of a list of findings, for its heading.
pub struct Tally {
    pub blocks: usize,
    pub warnings: usize,
    pub notes: usize,
}

impl RequestPage {
    pub fn tally(&self) -> Tally {
        let all = || self.findings.iter().chain(self.findings_now.iter().flatten());
        let count = |level| all().filter(|finding| finding.level == level).count();
        Tally {
            blocks: count(FindingLevel::Block),
            warnings: count(FindingLevel::Warn),
            notes: count(FindingLevel::Note),
        }
    }
}

/// A decision that was made.
#[derive(Clone, Debug)]
pub struct SignatureBlock {
    pub name: String,
    pub role: String,
    pub verdict: Verdict,
    pub at: Timestamp,
    /// How they proved who they are: "Password".
    pub method: String,
    pub comment: Option<String>,
    /// The warnings that were accepted, by their rule, each with its reason.
    pub accepted: Vec<(String, String)>,
    pub digest: Digest,
    pub audit_seq: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approve,
    RequestChanges,
    Reject,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::Approve, Self::RequestChanges, Self::Reject];

    /// In the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::RequestChanges => "request_changes",
            Self::Reject => "reject",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    pub fn words(self, l: &Words) -> String {
        match self {
            Self::Approve => l.t("verdict-approve"),
            Self::RequestChanges => l.t("verdict-changes"),
            Self::Reject => l.t("verdict-reject"),
        }
    }

    /// What the signature means, in the first person.
    pub fn meaning(self, l: &Words) -> String {
        match self {
            Self::Approve => l.t("meaning-approve"),
            Self::RequestChanges => l.t("meaning-changes"),
            Self::Reject => l.t("meaning-reject"),
        }
    }

    /// What a signature block calls it afterwards.
    pub fn past(self, l: &Words) -> Tag {
        match self {
            Self::Approve => Tag::new(Tone::Ok, "check", l.t("verdict-approved")),
            Self::RequestChanges => Tag::new(Tone::Info, "edit", l.t("verdict-changes-requested")),
            Self::Reject => Tag::new(Tone::Danger, "cross", l.t("verdict-rejected")),
        }
    }
}

/// What this person can do here.
#[derive(Clone, Debug)]
pub enum Panel {
    Open(Box<DecisionForm>),
    /// Nothing, and why, as a sentence.
    Closed {
        why: String,
    },
}

/// "Your decision".
#[derive(Clone, Debug)]
pub struct DecisionForm {
    /// `/requests/{id}/decision`.
    pub action: String,
    /// The whole digest that this page shows; what comes back with the form.
    pub digest: String,
    /// Names the warnings that this page shows, as they are; what comes back with the form.
    pub warned: String,
    pub sections: Vec<SectionCheck>,
    pub warnings: Vec<WarningCheck>,
    /// The rules that forbid it by now, so that it cannot be approved.
    pub forbidden_by: Option<String>,
    pub verdict: Option<Verdict>,
    pub comment: String,
    /// What was missing when it was sent; each names the id of its field.
    pub faults: Vec<Fault>,
    /// What happens after the last signature.
    pub afterwards: String,
}

impl DecisionForm {
    /// What can be chosen.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let possible = |verdict: &Verdict| *verdict != Verdict::Approve || self.forbidden_by.is_none();
        Verdict::ALL.into_iter().filter(possible).collect()
    }

    pub fn chose(&self, verdict: &Verdict) -> bool {
        self.verdict == Some(*verdict)
    }

    pub fn fault(&self, field: &str) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == field).map(|fault| fault.text.as_str())
    }

    pub fn checked(&self) -> usize {
        self.sections.iter().filter(|section| section.checked).count()
    }
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Approved => Self::Approve,
            Decision::ChangesRequested => Self::RequestChanges,
            Decision::Rejected => Self::Reject,
        }
    }
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approve => Self::Approved,
            Verdict::RequestChanges => Self::ChangesRequested,
            Verdict::Reject => Self::Rejected,
        }
    }
}

/// A warning to be accepted, with a reason.
#[derive(Clone, Debug)]
pub struct WarningCheck {
    pub rule: String,
    pub accepted: bool,
    pub reason: String,
}

#[derive(Clone, Debug)]
pub struct Fault {
    pub field: String,
    pub text: String,
}

/// Who signs, who did, who may not.
#[derive(Clone, Debug, Default)]
pub struct Who {
    pub slots: Vec<Slot>,
    /// "K. Wong asked for this request."
    pub not_allowed: Vec<String>,
    /// The rule that decided how many, and its reason.
    pub rule: String,
}

#[derive(Clone, Debug)]
pub struct Slot {
    /// "1st signature".
    pub title: String,
    /// "you (Compliance)", "Principal, any of 3 people".
    pub person: String,
    pub done: bool,
}

/// One line of the timeline.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: Timestamp,
    pub actor: String,
    pub act: String,
    pub note: Option<String>,
    pub tone: Tone,
    pub audit_seq: Option<u64>,
}

/// What the agent wrote, last and framed.
#[derive(Clone, Debug)]
pub struct AgentWords {
    pub agent: String,
    pub text: String,
    /// What the agent says it is for.
    pub goal: Option<String>,
    pub characters: usize,
    /// The reads that the tool's description asks for, and when the agent made them.
    pub reads: Vec<ReadFirst>,
}

impl AgentWords {
    /// Its reason, with what nobody would see made visible: a character that turns the reading direction is a lie.
    pub fn said(&self) -> Vec<Piece> {
        pieces(&self.text)
    }

    /// Its goal, the same way.
    pub fn hoped(&self) -> Option<Vec<Piece>> {
        self.goal.as_deref().map(pieces)
    }
}

#[derive(Clone, Debug)]
pub struct ReadFirst {
    pub tool: String,
    pub at: Option<Timestamp>,
}

/// The canonical payload, as signed.
#[derive(Clone, Debug)]
pub struct Raw {
    pub json: String,
    pub bytes: usize,
}

/// The execution, in short, with the way to its monitor.
#[derive(Clone, Debug)]
pub struct Running {
    pub monitor: String,
    pub progress: Progress,
    /// `None` when there is nothing to stop, or the person may not.
    pub stop: Option<String>,
}
