//! The sections of a change of automation: what it says step by step, what changes, and how messages of the past would be answered.

mod changes;
mod outline;

use jiff::Timestamp;

use super::messages::{SaidMessage, message};
use crate::domain::automation::Kind;
use crate::domain::automation::auto_replies::Occasion;
use crate::domain::automation::flows::{Fact, FlowKind};
use crate::domain::automation::hours::{Day, OpeningHours};
use crate::domain::automation::phrases::MatchKind;
use crate::domain::automation::plan::Becomes;
use crate::domain::automation::rehearse::Verdict;
use crate::domain::contacts::Language;
use crate::domain::preview::{
    AnswerView, AutomationView, LeadKind, LeadView, RehearsedSample, ScriptView, StepKind, StepView, TriggerView,
};
use crate::words::Words;

pub use changes::{LineDiff, PartDiff};
pub use outline::OutlineLine;

/// How many steps from the beginning a list is indented; what is further away stands with them.
const DEEPEST: u32 = 6;

/// The three sections of a change of automation.
#[derive(Clone, Debug)]
pub struct AutomationReview {
    pub kind: String,
    /// When it speaks, as names and values.
    pub trigger: Vec<(String, String)>,
    /// A flow, drawn.
    pub outline: Vec<OutlineLine>,
    pub steps: Vec<StepLine>,
    /// What becomes of it, in one sentence.
    pub becomes: String,
    pub version: u32,
    /// The version that it is compared with.
    pub compared_with: Option<u32>,
    pub parts: Vec<PartDiff>,
    /// Steps that say what they said.
    pub unchanged: usize,
    /// The same, value by value.
    pub lines: Vec<ValueDiff>,
    pub unlisted: u64,
    pub days: u64,
    pub messages: u64,
    pub only_newest: bool,
    pub different: u64,
    pub conversations: u64,
    pub standing: u64,
    pub verdicts: Vec<(String, u64)>,
    /// Kind, name, and how many messages.
    pub by: Vec<(String, String, u64)>,
    pub samples: Vec<SampleLine>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct StepLine {
    /// It says what it said before.
    pub same: bool,
    pub name: String,
    pub depth: u32,
    pub reached: bool,
    pub does: String,
    /// A template, label, queue or flow.
    pub what: Option<String>,
    pub holds: Option<String>,
    pub says: Option<SaidMessage>,
    pub prices: Vec<String>,
    pub note: Option<String>,
    pub leads: Vec<LeadLine>,
}

/// Where a step leads.
#[derive(Clone, Debug)]
pub struct LeadLine {
    pub by: String,
    pub words: String,
    /// How what is typed is looked for.
    pub matching: Option<String>,
    pub to: String,
    /// Whether a step of that name is on the page.
    pub linked: bool,
    /// Back to where the customer has been.
    pub back: bool,
}

/// One value that differs, by its place in what is stored.
#[derive(Clone, Debug)]
pub struct ValueDiff {
    pub place: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A message of the past, with the answers that it gets and would get.
#[derive(Clone, Debug)]
pub struct SampleLine {
    /// All that it shows.
    pub verdicts: String,
    pub at: Timestamp,
    pub text: Option<String>,
    pub today: Option<AnswerLine>,
    pub then: Option<AnswerLine>,
}

#[derive(Clone, Debug)]
pub struct AnswerLine {
    pub by: Option<String>,
    pub says: Vec<SaidMessage>,
    pub queue: Option<String>,
}

/// The three sections of a change of automation.
pub fn automation(l: &Words, view: &AutomationView) -> AutomationReview {
    let (change, effect) = (&view.change, &view.effect);
    let names: Vec<&str> = view.script.steps.iter().map(|step| step.name.as_str()).collect();
    let compared = change.before.as_ref().map(|before| {
        changes::compare(l, (before.name.as_str(), &before.script), (change.name.as_str(), &view.script))
    });
    let compared = compared.unwrap_or_default();
    AutomationReview {
        kind: kind(l, view.script.kind),
        trigger: trigger(l, &view.script),
        outline: outline::outline(l, &view.script),
        steps: (0..)
            .zip(&view.script.steps)
            .map(|(at, it)| StepLine { same: compared.unchanged.contains(&at), ..step(l, it, &names) })
            .collect(),
        becomes: match (change.becomes, change.replaces) {
            (Becomes::Draft, _) => l.t("automation-draft"),
            (Becomes::Active, Some(version)) => l.t1("automation-replaces", "version", version),
            (Becomes::Active, None) => l.t("automation-live"),
            (Becomes::Inactive, _) => l.t("automation-away"),
        },
        version: change.version,
        compared_with: change.compared_with,
        unchanged: compared.unchanged.len(),
        parts: compared.parts,
        lines: change
            .lines
            .iter()
            .map(|it| ValueDiff { place: it.place.clone(), before: it.before.clone(), after: it.after.clone() })
            .collect(),
        unlisted: change.unlisted,
        days: effect.days,
        messages: effect.messages,
        only_newest: effect.only_newest,
        different: effect.different,
        conversations: effect.conversations,
        standing: effect.standing,
        verdicts: effect.verdicts.iter().map(|it| (verdict(l, it.verdict), it.messages)).collect(),
        by: effect.by.iter().map(|it| (kind(l, it.kind), it.name.clone(), it.messages)).collect(),
        samples: effect.samples.iter().map(|it| sample(l, it)).collect(),
    }
}

fn kind(l: &Words, kind: Kind) -> String {
    match kind {
        Kind::KeywordRule => l.t("automation-keyword-rule"),
        Kind::Flow => l.t("automation-flow"),
        Kind::AutoReply => l.t("automation-auto-reply"),
    }
}

fn trigger(l: &Words, script: &ScriptView) -> Vec<(String, String)> {
    let everything = |list: &[String]| if list.is_empty() { l.t("automation-all") } else { list.join(", ") };
    let mut facts = match &script.trigger {
        TriggerView::Keywords { priority, matching, phrases } => vec![
            (l.t("automation-phrases"), phrases.join(" · ")),
            (l.t("automation-match"), matched(l, *matching)),
            (l.t("automation-priority"), l.num(*priority)),
        ],
        TriggerView::Started { kind, starters, timeout_minutes, tries } => {
            let starters = if starters.is_empty() { l.t("automation-nothing-starts") } else { starters.join(", ") };
            let purpose = match kind {
                FlowKind::Journey => l.t("automation-journey"),
                FlowKind::Faq => l.t("automation-faq"),
            };
            vec![
                (l.t("automation-purpose"), purpose),
                (l.t("automation-started-by"), starters),
                (l.t("automation-waits"), l.t2("automation-patience", "minutes", *timeout_minutes, "tries", *tries)),
            ]
        }
        TriggerView::Occasion { occasion, queues } => {
            let queues: Vec<String> = queues.iter().map(ToString::to_string).collect();
            let (when, open) = occurs(l, occasion);
            let hours = open.map(|open| (l.t("automation-hours"), hours(l, open)));
            let first = [(l.t("automation-when"), when)].into_iter().chain(hours);
            first.chain([(l.t("automation-queues"), everything(&queues))]).collect()
        }
    };
    facts.push((l.t("automation-numbers"), everything(&script.numbers)));
    facts.push((l.t("automation-languages"), everything(&script.languages)));
    facts
}

fn matched(l: &Words, kind: MatchKind) -> String {
    match kind {
        MatchKind::Exact => l.t("automation-match-exact"),
        MatchKind::Word => l.t("automation-match-word"),
        MatchKind::Prefix => l.t("automation-match-prefix"),
        MatchKind::Phrase => l.t("automation-match-phrase"),
        MatchKind::Contains => l.t("automation-match-contains"),
    }
}

fn occurs<'a>(l: &Words, occasion: &'a Occasion) -> (String, Option<&'a OpeningHours>) {
    match occasion {
        Occasion::Closed(hours) => (l.t("automation-closed"), Some(hours)),
        Occasion::EverybodyAway(hours) => (l.t("automation-everybody-away"), hours.as_ref()),
        Occasion::FirstMessage(hours) => (l.t("automation-first-message"), hours.as_ref()),
    }
}

fn hours(l: &Words, hours: &OpeningHours) -> String {
    let day = |(day, open): (&Day, &Vec<_>)| {
        let open: Vec<String> = open.iter().map(ToString::to_string).collect();
        format!("{} {}", weekday(l, *day), open.join(", "))
    };
    let days: Vec<String> = hours.open.iter().map(day).collect();
    let closed: Vec<String> = hours.closed_on.iter().map(ToString::to_string).collect();
    let open = format!("{}: {}", hours.zone.name(), days.join("; "));
    if closed.is_empty() { open } else { l.t2("automation-but-closed", "open", open, "days", closed.join(", ")) }
}

fn weekday(l: &Words, day: Day) -> String {
    match day {
        Day::Monday => l.t("automation-mon"),
        Day::Tuesday => l.t("automation-tue"),
        Day::Wednesday => l.t("automation-wed"),
        Day::Thursday => l.t("automation-thu"),
        Day::Friday => l.t("automation-fri"),
        Day::Saturday => l.t("automation-sat"),
        Day::Sunday => l.t("automation-sun"),
    }
}

fn step(l: &Words, view: &StepView, names: &[&str]) -> StepLine {
    StepLine {
        same: false,
        name: view.name.clone(),
        depth: view.depth.min(DEEPEST),
        reached: view.reached,
        does: does(l, view.does),
        what: view.what.clone(),
        holds: view.holds.as_ref().map(|fact| holds(l, fact)),
        says: view.says.as_ref().map(|said| message(l, said)),
        prices: view.prices.clone(),
        note: view.note.clone(),
        leads: view.leads.iter().map(|it| lead(l, it, names)).collect(),
    }
}

fn does(l: &Words, kind: StepKind) -> String {
    match kind {
        StepKind::Message => l.t("automation-step-message"),
        StepKind::Template => l.t("automation-step-template"),
        StepKind::Question => l.t("automation-step-question"),
        StepKind::Condition => l.t("automation-step-condition"),
        StepKind::Tag => l.t("automation-step-tag"),
        StepKind::HandOver => l.t("automation-step-hand-over"),
        StepKind::StartFlow => l.t("automation-step-start-flow"),
        StepKind::Fallback => l.t("automation-step-fallback"),
        StepKind::End => l.t("automation-step-end"),
    }
}

/// What kind of step it is.
fn part_name(l: &Words, kind: StepKind) -> String {
    l.t(match kind {
        StepKind::Message => "automation-part-message",
        StepKind::Template => "automation-part-template",
        StepKind::Question => "automation-part-question",
        StepKind::Condition => "automation-part-condition",
        StepKind::Tag => "automation-part-tag",
        StepKind::HandOver => "automation-part-hand-over",
        StepKind::StartFlow => "automation-part-start-flow",
        StepKind::Fallback => "automation-part-fallback",
        StepKind::End => "automation-part-end",
    })
}

/// What customers tap or type to go this way, or what must be so; nothing where it happens by itself.
fn lead_words(l: &Words, lead: &LeadView) -> String {
    let words = lead.words.join(" · ");
    match lead.by {
        LeadKind::Next => String::new(),
        LeadKind::Choice => format!("[{words}]"),
        LeadKind::Typed => l.t1("automation-way-typed", "words", words),
        LeadKind::Then => l.t("automation-lead-then"),
        LeadKind::Otherwise => l.t("automation-lead-otherwise"),
    }
}

fn holds(l: &Words, fact: &Fact) -> String {
    match fact {
        Fact::Language(languages) => {
            let languages: Vec<String> = languages.iter().map(Language::to_string).collect();
            l.t1("automation-if-language", "list", languages.join(", "))
        }
        Fact::Tag(tag) => l.t1("automation-if-tag", "tag", tag),
        Fact::Open(open) => l.t1("automation-if-open", "hours", hours(l, open)),
    }
}

fn lead(l: &Words, view: &LeadView, names: &[&str]) -> LeadLine {
    LeadLine {
        by: match view.by {
            LeadKind::Next => l.t("automation-lead-next"),
            LeadKind::Choice => l.t("automation-lead-choice"),
            LeadKind::Typed => l.t("automation-lead-typed"),
            LeadKind::Then => l.t("automation-lead-then"),
            LeadKind::Otherwise => l.t("automation-lead-otherwise"),
        },
        words: view.words.join(" · "),
        matching: view.matching.map(|kind| matched(l, kind)),
        to: view.to.clone(),
        linked: names.contains(&view.to.as_str()),
        back: view.back,
    }
}

fn verdict(l: &Words, verdict: Verdict) -> String {
    match verdict {
        Verdict::Answered => l.t("automation-answered"),
        Verdict::Changed => l.t("automation-changed"),
        Verdict::Misrouted => l.t("automation-misrouted"),
        Verdict::OtherQueue => l.t("automation-other-queue"),
        Verdict::Looped => l.t("automation-looped"),
        Verdict::LeftWithoutPerson => l.t("automation-left"),
        Verdict::Silenced => l.t("automation-silenced"),
    }
}

fn sample(l: &Words, view: &RehearsedSample) -> SampleLine {
    SampleLine {
        verdicts: view.verdicts.iter().map(|it| verdict(l, *it)).collect::<Vec<_>>().join(" · "),
        at: view.at.to_jiff(),
        text: view.text.clone(),
        today: view.today.as_ref().map(|it| answer(l, it)),
        then: view.then.as_ref().map(|it| answer(l, it)),
    }
}

fn answer(l: &Words, view: &AnswerView) -> AnswerLine {
    AnswerLine {
        by: view.by.clone(),
        says: view.says.iter().map(|said| message(l, said)).collect(),
        queue: view.queue.clone(),
    }
}

/// What would change, in one sentence made of signed figures.
pub fn summary(l: &Words, view: &AutomationView) -> String {
    let (change, effect) = (&view.change, &view.effect);
    let values = [
        ("kind", kind(l, view.script.kind).into()),
        ("name", change.name.as_str().into()),
        ("version", change.version.into()),
        ("messages", effect.messages.into()),
        ("days", effect.days.into()),
        ("different", effect.different.into()),
    ];
    match change.becomes {
        Becomes::Draft => l.t_with("summary-automation-draft", &values),
        Becomes::Active => l.t_with("summary-automation-live", &values),
        Becomes::Inactive => l.t_with("summary-automation-away", &values),
    }
}

/// What came of it.
pub fn outcome(l: &Words, view: &AutomationView, version: u64) -> String {
    match view.change.becomes {
        Becomes::Draft => l.t1("result-automation-draft", "version", version),
        Becomes::Active => l.t1("result-automation-live", "version", version),
        Becomes::Inactive => l.t("result-automation-away"),
    }
}
