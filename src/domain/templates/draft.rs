//! Drafts of templates: what may be submitted to Meta, language by language, before Meta has seen any of it.

use super::{Button, Header, MediaKind, Place, TemplateContent};
use crate::domain::canonical::{Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::ids::{AssetId, RequestId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// As many languages has one draft at most.
pub const MOST_LANGUAGES: usize = 20;

/// The name of a template: with a language, what Meta knows it by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TemplateName(String);

/// Why a text is no name of a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no name of a template: write 1 to 512 lower-case letters, digits and underscores")]
pub struct BadTemplateName(String);

impl TemplateName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for TemplateName {
    type Err = BadTemplateName;
    fn from_str(text: &str) -> Result<Self, BadTemplateName> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if (1..=512).contains(&text.len()) && text.bytes().all(good) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadTemplateName(text.chars().take(80).collect()))
    }
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TemplateName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for TemplateName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TemplateName".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z0-9_]{1,512}$" })
    }
}

words! {
    /// For what a version of a draft is meant.
    DraftMark, "mark of a draft" {
        /// To be worked on.
        Draft = "draft",
        /// To be submitted to Meta as it is.
        SubmitReady = "submit_ready",
        /// To be shown to customers as it is.
        CustomerFacing = "customer_facing",
    }
}

/// A template as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateDraft {
    /// Shared by its languages.
    pub name: TemplateName,
    /// What Meta is to take it for.
    pub category: MessageCategory,
    /// What it says, in each language.
    pub languages: Vec<LanguageDraft>,
}

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguageDraft {
    /// Which language, as Meta writes it.
    pub language: Language,
    /// The line or medium on top.
    #[serde(default)]
    pub header: Option<HeaderDraft>,
    /// The text. Variables are written `{{1}}`, `{{2}}` or by names such as `{{first_name}}`, all in one way.
    pub body: String,
    /// The small line below, without variables.
    #[serde(default)]
    pub footer: Option<String>,
    /// What can be tapped.
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub buttons: Vec<ButtonDraft>,
    /// A made-up value for each variable, for Meta's reviewers: `1` or a name for the text, `header.1`, `button.1.1`.
    #[serde(default)]
    pub samples: BTreeMap<String, String>,
}

/// The top of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HeaderDraft {
    /// A line of text, with one variable at most.
    Text(String),
    /// A medium; which one is given when sending.
    Media(MediaDraft),
    /// A place on the map.
    Location,
}

/// A medium on top, with the one that Meta's reviewers look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaDraft {
    /// What kind of medium.
    pub kind: MediaKind,
    /// A file that is kept here, by its id (`as_…`).
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    pub sample: Option<AssetId>,
}

/// Something to tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ButtonDraft {
    /// Answers with a prepared text.
    QuickReply {
        /// Its label.
        text: String,
    },
    /// Opens a page; one variable may stand at the end of its address.
    Url {
        /// Its label.
        text: String,
        /// Its address.
        url: String,
    },
    /// Calls a number.
    PhoneNumber {
        /// Its label.
        text: String,
        /// Whom it calls, with the country.
        phone_number: String,
    },
    /// Copies a code, which is given when sending.
    CopyCode {
        /// A made-up code.
        example: String,
    },
}

impl ButtonDraft {
    /// What stands on it; Meta's own words on one that copies a code.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::QuickReply { text } | Self::Url { text, .. } | Self::PhoneNumber { text, .. } => Some(text),
            Self::CopyCode { .. } => None,
        }
    }
}

impl LanguageDraft {
    /// What it says, as it will be read back from Meta.
    #[must_use]
    pub fn content(&self) -> TemplateContent {
        TemplateContent {
            header: self.header.as_ref().map(|header| match header {
                HeaderDraft::Text(text) => Header::Text(text.clone()),
                HeaderDraft::Media(media) => Header::Media(media.kind),
                HeaderDraft::Location => Header::Location,
            }),
            body: self.body.clone(),
            footer: self.footer.clone(),
            buttons: self.buttons.iter().map(Button::from).collect(),
        }
    }

    /// The file that reviewers are shown, and as what.
    #[must_use]
    pub const fn sample(&self) -> Option<(MediaKind, Option<AssetId>)> {
        match &self.header {
            Some(HeaderDraft::Media(media)) => Some((media.kind, media.sample)),
            _ => None,
        }
    }

    /// Whether its variables have names; otherwise they have numbers, or there are none.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.content().texts().iter().any(|(_, text)| variables(text).0.iter().any(|it| !it.is_number()))
    }

    /// The sample for a variable of this place.
    #[must_use]
    pub fn sample_of(&self, place: Place, name: &str) -> Option<&str> {
        self.samples.get(&place.key(name)).map(String::as_str)
    }
}

impl From<&ButtonDraft> for Button {
    fn from(button: &ButtonDraft) -> Self {
        match button {
            ButtonDraft::QuickReply { text } => Self::QuickReply { text: text.clone() },
            ButtonDraft::Url { text, url } => Self::Url { text: text.clone(), url: url.clone() },
            ButtonDraft::PhoneNumber { text, phone_number } => {
                Self::PhoneNumber { text: text.clone(), phone_number: phone_number.clone() }
            }
            // Meta labels it, and says so only when it is read.
            ButtonDraft::CopyCode { .. } => Self::CopyCode { text: String::new() },
        }
    }
}

impl TemplateDraft {
    /// Over all of it: two drafts with one digest are submitted alike.
    pub fn digest(&self) -> Result<Digest, NotCanonical> {
        Digest::of(self)
    }
}

/// A version that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDraft {
    /// From 1.
    pub version: u32,
    /// For what it is meant.
    pub mark: DraftMark,
    /// What it says.
    pub draft: TemplateDraft,
    /// Over what it says.
    pub digest: Digest,
    /// The request that stored it.
    pub request: RequestId,
    /// Since when it is there.
    pub created_at: Timestamp,
}

/// A version to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftPlan {
    /// The version that it was made on; 0 if it is the first.
    pub base: u32,
    /// For what it is meant.
    pub mark: DraftMark,
    /// What it says.
    pub draft: TemplateDraft,
}

/// A variable in a text, with its place in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot<'a> {
    /// What stands between the braces.
    pub name: &'a str,
    /// Its first brace.
    pub start: usize,
    /// The character after its last one.
    pub end: usize,
}

impl Slot<'_> {
    /// Whether it is told by its number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.name.bytes().all(|b| b.is_ascii_digit())
    }
}

/// Braces that make no variable, with their place in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadBraces {
    /// Where they begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// What is wrong with them.
    pub fault: &'static str,
}

/// The variables of a text, and the braces that make none.
#[must_use]
pub fn variables(text: &str) -> (Vec<Slot<'_>>, Vec<BadBraces>) {
    let (mut slots, mut bad) = (Vec::new(), Vec::new());
    let (mut rest, mut at) = (text, 0);
    let count = |text: &str| text.chars().count();
    loop {
        let (open, close) = (rest.find("{{"), rest.find("}}"));
        let Some(first) = open.into_iter().chain(close).min() else { break };
        let start = at + rest.get(..first).map_or(0, count);
        let (end, next) = match (open, close) {
            (Some(open), Some(close)) if open < close => {
                let name = rest.get(open + 2..close).unwrap_or_default();
                let end = start + count(name) + 4;
                match name_fault(name) {
                    None => slots.push(Slot { name, start, end }),
                    Some(fault) => bad.push(BadBraces { start, end, fault }),
                }
                (end, close + 2)
            }
            (_, Some(close)) => {
                bad.push(BadBraces { start, end: start + 2, fault: "two closing braces without two opening ones" });
                (start + 2, close + 2)
            }
            (_, None) => {
                bad.push(BadBraces { start, end: start + 2, fault: "two opening braces without two closing ones" });
                break;
            }
        };
        (at, rest) = (end, rest.get(next..).unwrap_or_default());
    }
    (slots, bad)
}

fn name_fault(name: &str) -> Option<&'static str> {
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    let word = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if name.is_empty() {
        Some("braces without a name")
    } else if digits && name.starts_with('0') {
        Some("a number that begins with 0")
    } else if !word {
        Some("a name with other characters than lower-case letters, digits and underscores")
    } else if !digits && name.starts_with(|c: char| c.is_ascii_digit()) {
        Some("a name that begins with a digit")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_what_meta_takes() {
        for good in ["a", "winter_offer_2", "0", &"x".repeat(512)] {
            assert_eq!(good.parse::<TemplateName>().unwrap().as_str(), good);
        }
        for bad in ["", "Winter", "a b", "a-b", "é", &"x".repeat(513)] {
            assert!(bad.parse::<TemplateName>().unwrap_err().to_string().contains("lower-case"), "{bad}");
        }
    }

    #[test]
    fn variables_are_found_with_their_places() {
        let names =
            |text: &'static str| variables(text).0.iter().map(|it| (it.name, it.start, it.end)).collect::<Vec<_>>();
        assert_eq!(names("你好 {{1}}, {{first_name}}"), [("1", 3, 8), ("first_name", 10, 24)]);
        assert_eq!(names("no { } braces"), []);
        for (text, fault) in [
            ("{{", "without two closing"),
            ("a }} b", "without two opening"),
            ("{{}}", "without a name"),
            ("{{ 1 }}", "other characters"),
            ("{{First}}", "other characters"),
            ("{{01}}", "begins with 0"),
            ("{{1a}}", "begins with a digit"),
            ("{{a#}}", "other characters"),
        ] {
            let (found, bad) = variables(text);
            assert!(found.is_empty() && bad.len() == 1 && bad[0].fault.contains(fault), "{text}: {bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_between_words_is_found_there(
            before in "[a-zé你]{0,6}",
            name in "[1-9][0-9]?|[a-z_][a-z0-9_]{0,8}",
            after in "[a-zé你]{0,6}",
        ) {
            let text = format!("{before}{{{{{name}}}}}{after}");
            let (found, bad) = variables(&text);
            prop_assert!(bad.is_empty());
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!((found[0].name, found[0].start), (name.as_str(), before.chars().count()));
            let there: String = text.chars().skip(found[0].start).take(found[0].end - found[0].start).collect();
            prop_assert_eq!(there, format!("{{{{{name}}}}}"));
        }

        #[test]
        fn every_pair_of_braces_is_a_variable_or_a_fault(text in "[{}a1 ]{0,24}") {
            let (found, bad) = variables(&text);
            prop_assert_eq!(found.is_empty() && bad.is_empty(), !text.contains("{{") && !text.contains("}}"));
        }
    }
}
