//! A draft in the words of Meta's API.

use crate::domain::consent::MessageCategory;
use crate::domain::templates::draft::{ButtonDraft, HeaderDraft, LanguageDraft, variables};
use crate::domain::templates::{MediaKind, Place, Values};
use crate::graph::templates::{
    Category, DraftButton, DraftContent, DraftHeader, DraftText, Examples, NewTemplate, ParameterFormat, TemplateEdit,
    Written,
};
use crate::graph::uploads::Handle;

/// A template to be created. A medium on top needs the handle of its sample.
#[must_use]
pub fn new(name: &str, category: MessageCategory, draft: &LanguageDraft, sample: Option<Handle>) -> NewTemplate {
    NewTemplate {
        name: name.to_owned(),
        language: draft.language.to_string(),
        category: in_words_of_meta(category),
        format: if draft.is_named() { ParameterFormat::Named } else { ParameterFormat::Positional },
        content: content(draft, sample),
        ttl_seconds: None,
    }
}

/// An edit. The category goes with it only where it changes: Meta takes it of no approved template.
#[must_use]
pub fn edit(
    was: MessageCategory,
    category: MessageCategory,
    draft: &LanguageDraft,
    sample: Option<Handle>,
) -> TemplateEdit {
    TemplateEdit {
        category: (was != category).then(|| in_words_of_meta(category)),
        content: Some(content(draft, sample)),
        ttl_seconds: None,
    }
}

/// The category, as Meta writes it.
#[must_use]
pub fn in_words_of_meta(category: MessageCategory) -> Category {
    match category {
        MessageCategory::Marketing => Category::Marketing,
        MessageCategory::Utility => Category::Utility,
        MessageCategory::Authentication => Category::Authentication,
        // Free messages have no template; the rules let none through.
        MessageCategory::Service => Category::Other("SERVICE".to_owned()),
    }
}

fn content(draft: &LanguageDraft, sample: Option<Handle>) -> DraftContent {
    let header = draft.header.as_ref().and_then(|header| match header {
        HeaderDraft::Text(line) => Some(DraftHeader::Text(text(draft, Place::Header, line))),
        HeaderDraft::Media(media) => sample.map(|handle| match media.kind {
            MediaKind::Image => DraftHeader::Image(handle),
            MediaKind::Video => DraftHeader::Video(handle),
            MediaKind::Document => DraftHeader::Document(handle),
        }),
        HeaderDraft::Location => Some(DraftHeader::Location),
    });
    let rendered = draft.content().render(&Values::clone(&draft.samples));
    let addresses = rendered.buttons.into_iter().map(|button| button.url);
    DraftContent::Written(Written {
        header,
        body: text(draft, Place::Body, &draft.body),
        footer: draft.footer.clone(),
        buttons: draft.buttons.iter().zip(addresses).map(|(it, address)| button(it, address)).collect(),
        offer: None,
        cards: Vec::new(),
    })
}

/// Numbered samples stand in the order of their numbers, named ones in that of the text.
fn text(draft: &LanguageDraft, place: Place, text: &str) -> DraftText {
    let (slots, _) = variables(text);
    let sample = |name: &str| draft.sample_of(place, name).unwrap_or_default().to_owned();
    let examples = if slots.is_empty() {
        Examples::None
    } else if slots.iter().all(crate::domain::templates::draft::Slot::is_number) {
        let mut numbers: Vec<u64> = slots.iter().filter_map(|slot| slot.name.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Examples::Positional(numbers.iter().map(|number| sample(&number.to_string())).collect())
    } else {
        Examples::Named(slots.iter().map(|slot| (slot.name.to_owned(), sample(slot.name))).collect())
    };
    DraftText { text: text.to_owned(), examples }
}

/// Meta wants the whole address as the example of one that ends in a variable.
fn button(button: &ButtonDraft, address: Option<String>) -> DraftButton {
    match button {
        ButtonDraft::QuickReply { text } => DraftButton::QuickReply { text: text.clone() },
        ButtonDraft::Url { text, url } => {
            DraftButton::Url { text: text.clone(), url: url.clone(), example: address.filter(|filled| filled != url) }
        }
        ButtonDraft::PhoneNumber { text, phone_number } => {
            DraftButton::PhoneNumber { text: text.clone(), phone_number: phone_number.clone() }
        }
        ButtonDraft::CopyCode { example } => DraftButton::CopyCode { example: example.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn samples_go_where_meta_looks_for_them() {
        let draft: LanguageDraft = serde_json::from_value(json!({
            "language": "en", "header": {"text": "Until {{1}}"}, "body": "Hi {{2}}, your {{1}} is here.",
            "buttons": [{"url": {"text": "Look", "url": "https://shop.example/{{1}}"}}, {"quick_reply": {"text": "Stop"}}],
            "samples": {"header.1": "5 Dec", "1": "tea", "2": "Ada", "button.1.1": "winter"},
        }))
        .unwrap();
        let new = new("offer", MessageCategory::Utility, &draft, None);
        assert_eq!(
            new.content.to_json(),
            json!([
                {"type": "HEADER", "format": "TEXT", "text": "Until {{1}}", "example": {"header_text": ["5 Dec"]}},
                {"type": "BODY", "text": "Hi {{2}}, your {{1}} is here.", "example": {"body_text": [["tea", "Ada"]]}},
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": "Look", "url": "https://shop.example/{{1}}", "example": ["https://shop.example/winter"]},
                    {"type": "QUICK_REPLY", "text": "Stop"}]},
            ])
        );
        assert_eq!(new.format, ParameterFormat::Positional);
        let named: LanguageDraft = serde_json::from_value(json!({
            "language": "en", "header": {"media": {"kind": "image"}}, "body": "Hi {{name}}, welcome back.", "samples": {"name": "Ada"},
        }))
        .unwrap();
        let change = edit(MessageCategory::Utility, MessageCategory::Utility, &named, Some(Handle::new("4:h")));
        assert_eq!(change.category, None, "Meta takes no category of an approved template, not even the same");
        assert_eq!(
            change.content.unwrap().to_json(),
            json!([
                {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4:h"]}},
                {"type": "BODY", "text": "Hi {{name}}, welcome back.",
                 "example": {"body_text_named_params": [{"param_name": "name", "example": "Ada"}]}},
            ])
        );
    }
}
