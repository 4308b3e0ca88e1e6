//! What a write would do, section by section: the values that the request page shows for a reviewer to check.
//!
//! Every value comes from the stored, signed payload. Money and local times arrive written out, since they depend on
//! currencies and markets; everything else is formatted by the page.

mod automation;
mod broadcasts;
mod contacts;
mod conversations;
mod media;
pub mod messages;
pub mod orders;
pub mod people;
mod segments;
pub mod sheet;
mod templates;
mod webhooks;

use jiff::Timestamp;

use super::message_text::{Piece, Run};
use super::parts::{Digest, Proof, Share, Tag, Tone};
use super::requests::Outcome;
use crate::console::findings;
use crate::domain::preview::{Preview, View};
use crate::domain::requests::{ActionRequest, LeftUndone, Status};
use crate::words::{Lang, Words};

pub use automation::{
    AnswerLine, AutomationReview, LeadLine, LineDiff, OutlineLine, PartDiff, SampleLine, StepLine, ValueDiff,
};
pub use contacts::{ConsentLine, FileFacts, ImportPerson, ImportReview, LeftOutLine};
pub use messages::{SaidLine, SaidMessage, SessionReview};
pub use orders::{CustomerReview, FoundLine, OrderLine, OrderReview, PaymentReview};
pub use segments::{DrawnLine, SegmentReview, SegmentSide};
pub use sheet::{Sheet, SheetCell, SheetFact, SheetPart, SheetReview, SheetSaid, SheetTable, Writer};
pub use templates::{ChangeLine, PartLine, TemplateReview, TemplateVariant, UseLine};
pub use webhooks::{EventLine, PostReview, RetryReview};

/// The sections of a request, by kind of write.
#[derive(Clone, Debug)]
pub enum Review {
    Broadcast(Box<BroadcastReview>),
    Import(Box<ImportReview>),
    Segment(Box<SegmentReview>),
    Session(Box<SessionReview>),
    Retry(Box<RetryReview>),
    Order(Box<OrderReview>),
    PaymentLink(Box<PaymentReview>),
    Automation(Box<AutomationReview>),
    Sheet(Box<SheetReview>),
    Template(Box<TemplateReview>),
}

/// The sections of a request, at this moment.
pub fn sections(l: &Words, request: &ActionRequest, now: Timestamp) -> Review {
    let preview = &request.preview;
    match &preview.view {
        View::Broadcast(view) => {
            let root = preview.action.audience().map(|seal| seal.root.to_string()).unwrap_or_default();
            Review::Broadcast(Box::new(broadcasts::broadcast(l, view, &root)))
        }
        View::ContactImport(view) => Review::Import(Box::new(contacts::import(l, view, request))),
        View::Segment(view) => Review::Segment(Box::new(segments::segment(l, view))),
        View::SessionMessage(view) => Review::Session(Box::new(messages::session(l, view, now))),
        View::WebhookRetry(view) => Review::Retry(Box::new(webhooks::retry(l, view))),
        View::Order(view) => Review::Order(Box::new(orders::order(l, view, now))),
        View::PaymentLink(view) => Review::PaymentLink(Box::new(orders::payment(l, view, now))),
        View::Automation(view) => Review::Automation(Box::new(automation::automation(l, view))),
        View::ContactUpsert(view) => Review::Sheet(Box::new(people::contact(l, view))),
        View::ConsentUpdate(view) => Review::Sheet(Box::new(people::consent(l, view))),
        View::TagApply(view) => Review::Sheet(Box::new(people::tags(l, view))),
        View::ConversationAssign(view) => Review::Sheet(Box::new(conversations::assignment(l, view))),
        View::ConversationClose(view) => Review::Sheet(Box::new(conversations::closing(l, view))),
        View::Template(view) => Review::Template(Box::new(templates::template(l, view))),
        View::MediaAsset(view) => Review::Sheet(Box::new(media::file(l, view))),
    }
}

/// The one sentence that says what would happen. In English it is the signed one, with its times as people
/// write them; the others are made of signed figures.
pub fn summary(l: &Words, preview: &Preview) -> String {
    if l.lang() == Lang::En {
        return l.dated(&preview.summary);
    }
    match &preview.view {
        View::Broadcast(view) => broadcasts::summary(l, view, preview.action.leaves_the_house()),
        View::ContactImport(view) => contacts::summary(l, view),
        View::Segment(view) => segments::summary(l, view),
        View::SessionMessage(view) => messages::summary(l, view),
        View::WebhookRetry(view) => webhooks::summary(l, view),
        View::Order(view) => orders::order_summary(l, view),
        View::PaymentLink(view) => orders::payment_summary(l, view),
        View::Automation(view) => automation::summary(l, view),
        View::ContactUpsert(view) => people::contact_summary(l, view),
        View::ConsentUpdate(view) => people::consent_summary(l, view),
        View::TagApply(view) => people::tags_summary(l, view),
        View::ConversationAssign(view) => conversations::assignment_summary(l, view),
        View::ConversationClose(view) => conversations::closing_summary(l, view),
        View::Template(view) => templates::summary(l, view, preview.action.leaves_the_house()),
        View::MediaAsset(view) => media::summary(l, view),
    }
}

/// What came of a request, where no monitor shows it: why it was not done, or what was written. Why the worker ended it is
/// said in its own sentence, in English.
pub fn outcome(l: &Words, request: &ActionRequest, stopped_by_person: bool) -> Option<Outcome> {
    if let Some(failure) = &request.error {
        let said = failure.finding.as_ref().map(|finding| findings::sentence(l, finding));
        let figure = |name: &str| request.result.as_ref().and_then(|result| result.get(name)?.as_u64());
        let (left, in_doubt) = (figure("not_sent"), figure("unknown").filter(|count| *count > 0));
        let (text, lang) = match said {
            Some((why, None)) => (l.t1("not-done", "why", why), None),
            // Who stopped it stands beside it.
            _ if stopped_by_person && left.is_some() => {
                let stopped = l.t1("outcome-stopped", "n", left.unwrap_or(0));
                let in_doubt = in_doubt.map(|count| l.t2("outcome-in-doubt", "stopped", &stopped, "n", count));
                (in_doubt.unwrap_or(stopped), None)
            }
            _ => (l.dated(&failure.message), (l.lang() != Lang::En).then_some("en")),
        };
        return Some(Outcome { tone: Tone::Danger, text, lang });
    }
    let figure = |name: &str| request.result.as_ref()?.get(name)?.as_u64();
    let text = match &request.preview.view {
        View::Broadcast(_) => return None,
        View::ContactImport(_) => {
            let figures = ["new", "changed", "unchanged", "left_out_since_signing"]
                .map(|name| Some((name, figure(name)?.into())));
            let written = l.t_with("result-import", &figures.into_iter().collect::<Option<Vec<_>>>()?);
            let kept = request.result.as_ref()?.get("kept")?.as_u64()?;
            if kept == 0 { written } else { format!("{written} {}", l.t1("result-import-kept", "n", kept)) }
        }
        View::Segment(_) => l.t1("result-segment", "version", figure("version")?),
        View::SessionMessage(_) | View::PaymentLink(_) => request.result.as_ref().map(|_| l.t("result-session"))?,
        View::Order(_) => request.result.as_ref().map(|_| l.t("result-order"))?,
        View::WebhookRetry(_) => {
            let (applied, aside, unread) = (figure("applied")?, figure("aside")?, figure("unread")?);
            l.t3("result-retry", "applied", applied, "aside", aside, "unread", unread)
        }
        View::Automation(view) => automation::outcome(l, view, figure("version")?),
        View::ContactUpsert(_) => request.result.as_ref().map(|_| l.t("result-contact"))?,
        View::ConversationAssign(_) => {
            let given = l.t2("result-assigned", "given", figure("assigned")?, "changed", figure("changed_since")?);
            with_left_out(l, request, given)
        }
        View::ConversationClose(_) => request.result.as_ref().map(|_| l.t("result-closed"))?,
        View::ConsentUpdate(_) | View::TagApply(_) => {
            let changed = l.t2("result-people", "changed", figure("changed")?, "unchanged", figure("unchanged")?);
            with_left_out(l, request, changed)
        }
        View::Template(_) => match figure("taken") {
            Some(taken) => l.t2("result-template", "taken", taken, "refused", figure("refused")?),
            None => l.t1("result-template-draft", "version", figure("version")?),
        },
        View::MediaAsset(_) => l.t1("result-file", "asset", request.result.as_ref()?.get("asset_id")?.as_str()?),
    };
    let tone = if request.status == Status::PartiallySucceeded { Tone::Warn } else { Tone::Ok };
    Some(Outcome { tone, text, lang: None })
}

/// With those of whom nothing was done after all, and why.
fn with_left_out(l: &Words, request: &ActionRequest, text: String) -> String {
    let left = request.result.as_ref().and_then(|result| result.get("left_out")?.as_array()).cloned();
    let called = |id: &str| match &request.preview.view {
        View::ConversationAssign(view) => {
            view.threads.iter().find(|line| line.conversation_id.to_string() == id).map(|line| line.who.clone())
        }
        _ => None,
    };
    let one = |entry: serde_json::Value| {
        let id = entry.get("conversation_id").or_else(|| entry.get("contact_id"))?.as_str()?.to_owned();
        let why = match entry.get("reason")?.as_str()?.parse().ok()? {
            LeftUndone::Changed => l.t("left-undone-changed"),
            LeftUndone::Closed => l.t("left-undone-closed"),
            LeftUndone::Gone => l.t("left-undone-gone"),
        };
        Some(l.t2("left-undone-one", "who", called(&id).unwrap_or(id), "why", why))
    };
    let named: Vec<String> = left.unwrap_or_default().into_iter().filter_map(one).collect();
    if named.is_empty() {
        return text;
    }
    let names = named.join(if l.lang().is_chinese() { "；" } else { "; " });
    format!("{text} {}", l.t1("left-undone", "names", names))
}

/// The five sections of a broadcast.
#[derive(Clone, Debug)]
pub struct BroadcastReview {
    pub message: MessageSection,
    pub audience: AudienceSection,
    pub consent: ConsentSection,
    pub schedule: ScheduleSection,
    pub links: LinksSection,
}

/// 1: the message in each language.
#[derive(Clone, Debug)]
pub struct MessageSection {
    pub template: String,
    /// In words.
    pub category: String,
    pub variants: Vec<Variant>,
}

/// The message in one language: as seen and as stored.
#[derive(Clone, Debug)]
pub struct Variant {
    /// As Meta names it: `zh_HK`.
    pub language: String,
    /// For the `lang` attribute: `zh-Hant-HK`.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    pub people: u64,
    pub header: Option<Header>,
    pub body: Vec<Vec<Run>>,
    pub footer: Option<String>,
    pub buttons: Vec<String>,
    /// The stored text, header to buttons.
    pub raw: Vec<Piece>,
    pub variables: Vec<Variable>,
    pub hidden_characters: usize,
    pub proofs: Vec<Proof>,
}

#[derive(Clone, Debug)]
pub enum Header {
    Text(String),
    /// "image, 1125×600, PNG, 84 KB".
    Media(String),
}

#[derive(Clone, Debug)]
pub struct Variable {
    /// `{{1}}`.
    pub name: String,
    /// Where the value comes from, in English.
    pub source: String,
    pub sample: String,
    /// How many people get the default.
    pub defaulted: u64,
}

/// 2: who would receive it, and why others would not.
#[derive(Clone, Debug)]
pub struct AudienceSection {
    pub segments: Vec<SegmentLine>,
    pub frozen_at: Timestamp,
    pub matched: u64,
    /// Every reason, also those that excluded nobody, in the order in which they are tried.
    pub exclusions: Vec<Share>,
    pub receives: u64,
    pub markets: Vec<Share>,
    pub sample: Vec<SamplePerson>,
    /// The root of the frozen list of people.
    pub root: Digest,
}

/// A segment, as it was when the list was frozen.
#[derive(Clone, Debug)]
pub struct SegmentLine {
    pub name: String,
    pub version: u32,
    /// Its conditions.
    pub in_words: String,
    /// None for one whose people are left out.
    pub matched: Option<u64>,
}

impl AudienceSection {
    pub fn excluded(&self) -> u64 {
        self.exclusions.iter().map(|reason| reason.count).sum()
    }

    pub fn balances(&self) -> bool {
        self.receives.checked_add(self.excluded()) == Some(self.matched)
    }
}

/// One of the recipients, masked, with the text that they would get.
#[derive(Clone, Debug)]
pub struct SamplePerson {
    /// "longest text", or "drawn".
    pub why: String,
    pub phone: String,
    pub name: String,
    pub language: String,
    pub lang: String,
    pub text: String,
    /// When and how they agreed.
    pub consent: Option<(Timestamp, String)>,
}

/// 3: on what basis they are written to.
#[derive(Clone, Debug)]
pub struct ConsentSection {
    pub policy_version: String,
    /// Consent sources; they sum to the recipients.
    pub sources: Vec<Share>,
    /// Marketing messages that the recipients got in the last 30 days; they sum to the recipients.
    pub frequency: Vec<Share>,
    /// The same over 7 days; empty when it is not counted.
    pub frequency_week: Vec<Share>,
    pub proofs: Vec<Proof>,
}

/// 4: when, how fast, at what cost.
#[derive(Clone, Debug)]
pub struct ScheduleSection {
    /// `None`: as soon as it is approved.
    pub starts: Option<Timestamp>,
    pub ends: Option<Timestamp>,
    pub markets: Vec<MarketTime>,
    pub per_second: u64,
    pub batches: u64,
    pub batch_size: u64,
    pub rate_card: String,
    pub costs: Vec<CostLine>,
    pub total: String,
    pub ceiling: String,
    /// Messages that Meta allows in 24 hours, `None` for no limit, and how many are used.
    pub limit: Option<u64>,
    pub used: u64,
    pub number: String,
    pub quality: Tag,
}

/// The local time of a market, and what it means there.
#[derive(Clone, Debug)]
pub struct MarketTime {
    pub market: String,
    pub people: u64,
    /// "Tue 1 Dec 2026, 10:00 HKT".
    pub local: String,
    /// Inside the quiet hours; `None` where that depends on when it begins.
    pub quiet: Option<bool>,
}

#[derive(Clone, Debug)]
pub struct CostLine {
    pub market: String,
    pub people: u64,
    pub rate: String,
    pub amount: String,
}

/// 5: where it leads, and what it carries.
#[derive(Clone, Debug)]
pub struct LinksSection {
    pub links: Vec<LinkView>,
    pub media: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct LinkView {
    /// The registrable domain: what decides whose page it is.
    pub domain: String,
    /// The whole address, variables included.
    pub address: String,
    /// Languages and the button or text that it stands in.
    pub place: String,
    pub proofs: Vec<Proof>,
}
