//! What people look at before a template is stored as a draft or brought to Meta, section by section.

use super::LinksView;
use crate::domain::broadcasts::BroadcastState;
use crate::domain::canonical::Digest;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::ids::{AssetId, BroadcastId};
use crate::domain::media::Pixels;
use crate::domain::templates::draft::{DraftMark, LanguageDraft};
use crate::domain::templates::{Header, MediaKind, Rendered, TemplateContent, TemplateStatus};
use serde::{Deserialize, Serialize};

/// The four sections of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TemplateView {
    /// Its name.
    pub name: String,
    /// The version of the draft: the one that would be stored, or that goes to Meta.
    pub version: u32,
    /// For what that version is meant.
    pub mark: DraftMark,
    /// 1: what it says.
    pub message: TemplateMessageView,
    /// 2: what becomes of what stands at Meta.
    pub changes: Vec<TemplateChangeView>,
    /// 3: where it leads, and what it shows.
    pub links: LinksView,
    /// 4: what uses it now.
    pub used_by: Vec<TemplateUse>,
}

/// What it says, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TemplateMessageView {
    /// What Meta is to take it for.
    pub category: MessageCategory,
    /// The words by which it reads as advertising, in all languages.
    pub advertises: Vec<String>,
    /// Over the draft.
    pub content_digest: Digest,
    /// One entry a language.
    pub languages: Vec<TemplateLanguageView>,
}

/// One language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TemplateLanguageView {
    /// As it would be stored, with its samples.
    pub draft: LanguageDraft,
    /// With the samples in it, as a customer would read it.
    pub rendered: Rendered,
    /// The file that Meta's reviewers would see.
    pub sample_file: Option<SampleFileView>,
}

/// A file, as it is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SampleFileView {
    /// Which.
    #[schemars(with = "String")]
    pub asset_id: AssetId,
    /// What it is called.
    pub name: String,
    /// What its bytes are.
    pub media_type: String,
    /// How many bytes.
    pub size: u64,
    /// How large, if it is an image.
    pub pixels: Option<Pixels>,
    /// What the virus scanner said: `clean`, or why nothing is known.
    pub scan: String,
    /// Whether it never went to Meta before: whoever signs this agrees to that, too.
    #[serde(default)]
    pub first_use: bool,
}

words! {
    /// What is done at Meta in one language.
    TemplateDoes, "act on a template" {
        /// It is made.
        Create = "create",
        /// What stands there is replaced.
        Edit = "edit",
        /// Nothing: it says this already.
        Nothing = "nothing",
    }
}

/// One language, held against what stands at Meta.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TemplateChangeView {
    /// Which language.
    pub language: Language,
    /// What submitting it does.
    pub does: TemplateDoes,
    /// Where the one at Meta stands.
    pub status: Option<TemplateStatus>,
    /// What Meta takes that one for.
    pub category: Option<MessageCategory>,
    /// The parts that differ.
    pub parts: Vec<PartChange>,
}

/// A part that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PartChange {
    /// Which: `header`, `body`, `footer`, `button.1`.
    pub part: String,
    /// As it is at Meta.
    pub before: Option<String>,
    /// As it would be.
    pub after: Option<String>,
}

/// Something that uses the template now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum TemplateUse {
    /// A broadcast that waits or runs.
    Broadcast {
        /// Which.
        #[schemars(with = "String")]
        id: BroadcastId,
        /// What people call it.
        name: String,
        /// Where it stands.
        state: BroadcastState,
    },
    /// A flow that is live.
    Flow {
        /// What people call it.
        name: String,
    },
}

impl TemplateChangeView {
    /// The parts in which two texts differ, top to bottom.
    #[must_use]
    pub fn parts(before: Option<&TemplateContent>, after: &TemplateContent) -> Vec<PartChange> {
        let (was, will) = (before.map(lines).unwrap_or_default(), lines(after));
        let mut names: Vec<&String> = will.iter().map(|(name, _)| name).collect();
        names.extend(was.iter().map(|(name, _)| name).filter(|name| !will.iter().any(|(it, _)| it == *name)));
        let of = |lines: &[(String, String)], name: &str| {
            lines.iter().find(|(it, _)| it == name).map(|(_, text)| text.clone())
        };
        let change = |name: &String| PartChange { part: name.clone(), before: of(&was, name), after: of(&will, name) };
        names.into_iter().map(change).filter(|it| it.before != it.after).collect()
    }
}

/// Each part as one line, with its name.
fn lines(content: &TemplateContent) -> Vec<(String, String)> {
    use crate::domain::templates::Button;
    let header = content.header.as_ref().map(|header| match header {
        Header::Text(text) => text.clone(),
        Header::Media(MediaKind::Image) => "[image]".to_owned(),
        Header::Media(MediaKind::Video) => "[video]".to_owned(),
        Header::Media(MediaKind::Document) => "[document]".to_owned(),
        Header::Location => "[location]".to_owned(),
    });
    let button = |button: &Button| match button {
        Button::Url { text, url } => format!("[{text}] {url}"),
        Button::PhoneNumber { text, phone_number } => format!("[{text}] {phone_number}"),
        // Meta labels it in its own words.
        Button::CopyCode { .. } => "[copy_code]".to_owned(),
        Button::QuickReply { text } => format!("[{text}]"),
        Button::Other { kind, text } => format!("[{kind}] {text}"),
    };
    let named = |name: &str, text: Option<String>| text.map(|text| (name.to_owned(), text));
    let buttons = (1..).zip(&content.buttons).map(|(at, it): (u32, _)| (format!("button.{at}"), button(it)));
    named("header", header)
        .into_iter()
        .chain([("body".to_owned(), content.body.clone())])
        .chain(named("footer", content.footer.clone()))
        .chain(buttons)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::templates::Button;

    fn content(body: &str, footer: Option<&str>, buttons: &[&str]) -> TemplateContent {
        let button = |text: &&str| Button::QuickReply { text: (*text).to_owned() };
        TemplateContent {
            header: None,
            body: body.into(),
            footer: footer.map(str::to_owned),
            buttons: buttons.iter().map(button).collect(),
        }
    }

    #[test]
    fn only_what_differs_is_named_and_nothing_that_goes_away_is_missed() {
        let parts = |before: Option<&TemplateContent>, after: &TemplateContent| {
            let parts = TemplateChangeView::parts(before, after);
            parts.into_iter().map(|it| (it.part, it.before, it.after)).collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        let (old, new) = (content("Hi", Some("Bye"), &["A", "B"]), content("Hello", None, &["A"]));
        assert_eq!(parts(Some(&old), &old), []);
        assert_eq!(
            parts(Some(&old), &new),
            [
                ("body".into(), text("Hi"), text("Hello")),
                ("footer".into(), text("Bye"), None),
                ("button.2".into(), text("[B]"), None),
            ]
        );
        assert_eq!(parts(None, &new), [("body".into(), None, text("Hello")), ("button.1".into(), None, text("[A]"))]);
    }
}
