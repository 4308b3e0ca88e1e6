//! What people look at before they sign a message to one customer, section by section.

use super::media::AssetFileView;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{MessageCategory, Suppression};
use crate::domain::ids::{AssetId, ContactId, ConversationId};
use crate::domain::media::MediaAsset;
use crate::domain::messages::session::SessionContent;
use crate::domain::messages::{Header, Section};
use serde::{Deserialize, Serialize};

words! {
    /// Why a person has to look at a message before it is sent.
    Sensitivity, "reason to ask a person" {
        /// It speaks of prices or of paying.
        Payment = "payment",
        /// It promises something, or changes what holds: money back, a guarantee, terms.
        Promise = "promise",
        /// It leads to pages that the policy does not list.
        Link = "link",
        /// It carries a file.
        Media = "media",
        /// It speaks of somebody's health.
        Health = "health",
    }
}

words! {
    /// Who said something in a thread.
    Speaker, "speaker" {
        /// The customer.
        Customer = "customer",
        /// The business: an answer under an approval, or the team with the app.
        Business = "business",
        /// What answers by itself.
        Automation = "automation",
    }
}

/// The three sections of a message to one customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SessionMessageView {
    /// 1: with whom, until when, and what was said so far.
    pub thread: ThreadView,
    /// 2: what would be said.
    pub message: SaidView,
    /// 3: why a person has to agree; empty if nobody has to.
    pub sensitive: Vec<Sensitivity>,
    /// What the customer said to being written to.
    pub standing: StandingView,
}

/// What somebody said to being written to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StandingView {
    /// To what they agreed, as it stands.
    pub agreed: Vec<MessageCategory>,
    /// Why they may not be written to, or not about everything.
    pub suppressions: Vec<Suppression>,
}

/// A thread, with the customer masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ThreadView {
    /// Which; none if the customer never wrote to this number.
    #[schemars(with = "Option<String>")]
    pub conversation_id: Option<ConversationId>,
    /// With whom.
    #[schemars(with = "String")]
    pub contact_id: ContactId,
    /// Their number, masked; empty if only Meta's id of them is known.
    pub to: String,
    /// Their name, masked.
    pub name: String,
    /// The business's number.
    pub from: String,
    /// The time in which free messages may be sent; none if it is over.
    pub window: Option<WindowView>,
    /// What was said lately, oldest first.
    pub lines: Vec<ThreadLine>,
}

/// The service window, as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WindowView {
    /// When the customer last wrote.
    pub opened_at: Timestamp,
    /// From then on only a template may be sent.
    pub closes_at: Timestamp,
    /// What was left of it.
    pub minutes_left: u64,
}

/// One message of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ThreadLine {
    /// Who said it.
    pub by: Speaker,
    /// When.
    pub at: Timestamp,
    /// What kind of message it is.
    pub kind: String,
    /// Its words, without numbers and addresses; none if it has none, or was taken back.
    pub text: Option<String>,
}

/// A message as its reader sees it, top to bottom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SaidView {
    /// What kind of message it is.
    pub kind: String,
    /// The file that it carries: its kind, and its address or the id of it.
    pub media: Option<CarriedView>,
    /// The line on top.
    pub header: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// The small line below.
    pub footer: Option<String>,
    /// What opens the list of choices, where there is one.
    pub opens: Option<String>,
    /// What can be tapped.
    pub choices: Vec<ChoiceView>,
}

/// A file that a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CarriedView {
    /// Such as `image`.
    pub kind: String,
    /// An address, Meta's id, or the id of a file that is kept here.
    pub at: String,
    /// The name under which a phone keeps it.
    pub filename: Option<String>,
    /// What it is, of a file that is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptView>,
}

/// A file that is kept here and goes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct KeptView {
    /// Which.
    #[schemars(with = "String")]
    pub asset_id: AssetId,
    /// What it is, by its bytes.
    pub file: AssetFileView,
}

/// Something to tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ChoiceView {
    /// The title of the section of a list that begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<String>,
    /// What stands on it.
    pub title: String,
    /// The line below, or the page that it opens.
    pub detail: Option<String>,
}

impl ThreadView {
    /// The customer in a few masked letters.
    #[must_use]
    pub fn who(&self) -> &str {
        if self.name.is_empty() { &self.to } else { &self.name }
    }
}

impl SaidView {
    /// The same with what is known of the file that it carries and that is kept here.
    #[must_use]
    pub fn carrying(mut self, asset: Option<&MediaAsset>) -> Self {
        if let (Some(media), Some(asset)) = (&mut self.media, asset) {
            media.kept = Some(KeptView { asset_id: asset.id, file: AssetFileView::of(asset) });
        }
        self
    }

    /// How it is read.
    #[must_use]
    pub fn of(content: &SessionContent) -> Self {
        let media = content.carried().map(|carried| CarriedView {
            kind: carried.wanted.as_str().to_owned(),
            at: carried.media.to_string(),
            filename: filename(content).map(str::to_owned),
            kept: None,
        });
        let said = Self { kind: content.kind().to_owned(), media, ..Self::default() };
        match content {
            SessionContent::Text(text) => Self { body: Some(text.body.clone()), ..said },
            SessionContent::ReplyButtons(message) => Self {
                header: line(message.header.as_ref()),
                body: Some(message.body.clone()),
                footer: message.footer.clone(),
                choices: message.buttons.iter().map(|b| ChoiceView::button(&b.title)).collect(),
                ..said
            },
            SessionContent::List(list) => Self {
                header: list.header.clone(),
                body: Some(list.body.clone()),
                footer: list.footer.clone(),
                opens: Some(list.button.clone()),
                choices: list.sections.iter().flat_map(rows).collect(),
                ..said
            },
            SessionContent::CtaUrl(link) => Self {
                header: line(link.header.as_ref()),
                body: Some(link.body.clone()),
                footer: link.footer.clone(),
                choices: vec![ChoiceView { detail: Some(link.url.clone()), ..ChoiceView::button(&link.label) }],
                ..said
            },
            SessionContent::Image(media) | SessionContent::Video(media) => Self { body: media.caption.clone(), ..said },
            SessionContent::Audio(_) => said,
            SessionContent::Document(document) => Self { body: document.caption.clone(), ..said },
            SessionContent::Location(place) => Self {
                header: place.name.clone(),
                body: Some(format!("{}, {}", place.latitude, place.longitude)),
                footer: place.address.clone(),
                ..said
            },
        }
    }
}

impl ChoiceView {
    /// One that has only what stands on it.
    #[must_use]
    pub fn button(title: &str) -> Self {
        Self { above: None, title: title.to_owned(), detail: None }
    }
}

/// The rows of a section, the first of them below its title.
fn rows(section: &Section) -> impl Iterator<Item = ChoiceView> {
    let titles = std::iter::once(section.title.clone()).chain(std::iter::repeat(None));
    section.rows.iter().zip(titles).map(|(row, above)| ChoiceView {
        above,
        title: row.title.clone(),
        detail: row.description.clone(),
    })
}

fn line(header: Option<&Header>) -> Option<String> {
    if let Some(Header::Text(text)) = header { Some(text.clone()) } else { None }
}

fn filename(content: &SessionContent) -> Option<&str> {
    match content {
        SessionContent::Document(document) => document.filename.as_deref(),
        SessionContent::ReplyButtons(message) => named(message.header.as_ref()),
        SessionContent::CtaUrl(link) => named(link.header.as_ref()),
        _ => None,
    }
}

fn named(header: Option<&Header>) -> Option<&str> {
    if let Some(Header::Document { filename, .. }) = header { filename.as_deref() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_title_of_a_section_stands_above_its_first_row() {
        let content: SessionContent = serde_json::from_value(json!({"list": {
            "body": "When?", "button": "Choose", "sections": [
                {"title": "Today", "rows": [{"id": "1", "title": "10:00"}, {"id": "2", "title": "11:00", "description": "Last one"}]},
                {"title": "Tomorrow", "rows": [{"id": "3", "title": "10:00"}]},
            ],
        }}))
        .unwrap();
        let shown = SaidView::of(&content).choices;
        let told: Vec<_> =
            shown.iter().map(|it| (it.above.as_deref(), it.title.as_str(), it.detail.as_deref())).collect();
        assert_eq!(
            told,
            [(Some("Today"), "10:00", None), (None, "11:00", Some("Last one")), (Some("Tomorrow"), "10:00", None)]
        );
    }
}
