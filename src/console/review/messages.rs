//! The sections of a message to one customer: the thread so far, the message as its reader sees it, and why a person decides.

use jiff::Timestamp;

use super::media::known;
use super::people::suppression;
use super::sheet::list;
use crate::console::conversations::kind_words;
use crate::console::facts;
use crate::console::message_text::{Piece, Run, formatted, hidden_count, pieces};
use crate::domain::preview::{ChoiceView, SaidView, Sensitivity, SessionMessageView, Speaker, ThreadLine};
use crate::words::Words;

/// The three sections of a message to one customer.
#[derive(Clone, Debug)]
pub struct SessionReview {
    pub to: String,
    pub name: String,
    pub from: String,
    /// When the customer's window closes; `None` if it is closed.
    pub closes: Option<Timestamp>,
    pub now: Timestamp,
    pub lines: Vec<SaidLine>,
    /// What kind of message it is.
    pub kind: String,
    pub message: SaidMessage,
    /// Why a person has to agree.
    pub reasons: Vec<String>,
    /// To what the customer agreed, and why they may not be written to.
    pub agreed: String,
    pub forbidden: String,
}

/// One message of the thread.
#[derive(Clone, Debug)]
pub struct SaidLine {
    pub by: String,
    pub by_customer: bool,
    pub at: Timestamp,
    /// What it is, where there are no words to show.
    pub kind: String,
    pub text: Option<Vec<Piece>>,
}

/// The message, top to bottom.
#[derive(Clone, Debug)]
pub struct SaidMessage {
    pub media: Option<CarriedFile>,
    pub header: Option<String>,
    pub body: Vec<Vec<Run>>,
    pub footer: Option<String>,
    pub opens: Option<String>,
    /// What can be tapped.
    pub choices: Vec<SaidChoice>,
    /// The same as it is sent.
    pub raw: Vec<Piece>,
    pub hidden_characters: usize,
}

/// Something to tap.
#[derive(Clone, Debug)]
pub struct SaidChoice {
    /// The title of the section that begins with it.
    pub above: Option<String>,
    pub title: String,
    /// The line below, or the page that opens.
    pub detail: Option<String>,
}

/// A file that a message carries.
#[derive(Clone, Debug)]
pub struct CarriedFile {
    pub kind: String,
    /// An address, or the id of it, Meta's or ours.
    pub at: String,
    /// The name under which a phone keeps it.
    pub name: Option<String>,
    /// The address, where it can be opened.
    pub href: Option<String>,
    /// What is known of it, if it is kept here.
    pub kept: Vec<(String, String)>,
}

/// The three sections of a message to one customer, at this moment.
pub fn session(l: &Words, view: &SessionMessageView, now: Timestamp) -> SessionReview {
    SessionReview {
        to: view.thread.to.clone(),
        name: view.thread.name.clone(),
        from: view.thread.from.clone(),
        closes: view.thread.window.map(|window| window.closes_at.to_jiff()),
        now,
        lines: view.thread.lines.iter().map(|line| said(l, line)).collect(),
        kind: kind(l, &view.message.kind),
        message: message(l, &view.message),
        reasons: view.sensitive.iter().map(|reason| why(l, *reason)).collect(),
        agreed: match view.standing.agreed.as_slice() {
            [] => l.t("session-agreed-nothing"),
            all => list(all.iter().map(|category| facts::category(l, *category))),
        },
        forbidden: match view.standing.suppressions.as_slice() {
            [] => l.t("session-may-write"),
            all => list(all.iter().map(|reason| suppression(l, *reason))),
        },
    }
}

pub fn said(l: &Words, line: &ThreadLine) -> SaidLine {
    SaidLine {
        by: match line.by {
            Speaker::Customer => l.t("session-customer"),
            Speaker::Business => l.t("session-business"),
            Speaker::Automation => l.t("session-automation"),
        },
        by_customer: line.by == Speaker::Customer,
        at: line.at.to_jiff(),
        kind: kind(l, &line.kind),
        text: line.text.as_deref().map(pieces),
    }
}

/// What kind of message of ours or of a customer it is, in words.
fn kind(l: &Words, kind: &str) -> String {
    match kind {
        "text" => l.t("message-kind-text"),
        "reply_buttons" => l.t("message-kind-buttons"),
        "list" => l.t("message-kind-list"),
        "cta_url" => l.t("message-kind-link"),
        "template" => l.t("message-kind-template"),
        other => kind_words(l, other).unwrap_or_default(),
    }
}

fn choice(choice: &ChoiceView) -> SaidChoice {
    SaidChoice { above: choice.above.clone(), title: choice.title.clone(), detail: choice.detail.clone() }
}

/// A message as its reader sees it.
pub fn message(l: &Words, view: &SaidView) -> SaidMessage {
    let choices = view.choices.iter().flat_map(|choice| {
        let tapped = match &choice.detail {
            Some(detail) => format!("[{}] {detail}", choice.title),
            None => format!("[{}]", choice.title),
        };
        choice.above.clone().into_iter().chain([tapped])
    });
    let file = view.media.as_ref().map(|media| format!("[{}] {}", media.kind, media.at));
    let parts = [file, view.header.clone(), view.body.clone(), view.footer.clone(), view.opens.clone()];
    let stored = parts.into_iter().flatten().chain(choices).collect::<Vec<_>>().join("\n");
    SaidMessage {
        media: view.media.as_ref().map(|media| CarriedFile {
            kind: kind(l, &media.kind),
            at: media.at.clone(),
            name: media.filename.clone(),
            href: Some(media.at.clone()).filter(|at| at.starts_with("https://")),
            kept: media.kept.as_ref().map(|kept| known(l, &kept.file)).unwrap_or_default(),
        }),
        header: view.header.clone(),
        body: view.body.as_deref().map(formatted).unwrap_or_default(),
        footer: view.footer.clone(),
        opens: view.opens.clone(),
        choices: view.choices.iter().map(choice).collect(),
        hidden_characters: hidden_count(&stored),
        raw: pieces(&stored),
    }
}

fn why(l: &Words, reason: Sensitivity) -> String {
    match reason {
        Sensitivity::Payment => l.t("session-payment"),
        Sensitivity::Promise => l.t("session-promise"),
        Sensitivity::Link => l.t("session-link"),
        Sensitivity::Media => l.t("session-media"),
        Sensitivity::Health => l.t("session-health"),
    }
}

/// What would be said, in one sentence made of signed figures.
pub fn summary(l: &Words, view: &SessionMessageView) -> String {
    let (from, who) = (view.thread.from.clone(), view.thread.who());
    match view.thread.window {
        Some(window) => l.t3("summary-session", "from", from, "who", who, "at", l.when(window.closes_at.to_jiff())),
        None => l.t2("summary-session-closed", "from", from, "who", who),
    }
}
