//! What was said, as the thread shows it: words with WhatsApp's looks, what it is besides words, and what can be tapped.

use serde_json::Value;

use super::Spoken;
use crate::console::message_text::formatted;
use crate::domain::messages::Content;
use crate::domain::redact::hide_people;
use crate::domain::replies::{ReplyCause, Saying};
use crate::words::Words;

/// A customer's message. Who reads it here may not see who people are.
pub fn theirs(l: &Words, kind: &str, text: Option<&str>, details: Option<&Value>) -> Spoken {
    let text = text.map(hide_people).unwrap_or_default();
    // What a form holds is a document for programs, and may hold anything about the person.
    let form = kind == "interactive" && details.is_some_and(|details| details.get("form").is_some());
    Spoken {
        kind: if form { Some(l.t("said-form")) } else { kind_words(l, kind) },
        body: if form { Vec::new() } else { body(&text) },
        buttons: Vec::new(),
    }
}

/// What a kind of Meta's is called; nothing for plain words.
pub fn kind_words(l: &Words, kind: &str) -> Option<String> {
    Some(match kind {
        "text" => return None,
        "image" => l.t("said-image"),
        "video" => l.t("said-video"),
        "audio" => l.t("said-audio"),
        "document" => l.t("said-document"),
        "sticker" => l.t("said-sticker"),
        "location" => l.t("said-location"),
        "contacts" => l.t("said-contacts"),
        "reaction" => l.t("said-reaction"),
        "order" => l.t("said-order"),
        "button" | "interactive" => l.t("said-tap"),
        "edit" => l.t("said-edit"),
        "revoke" => l.t("said-revoke"),
        _ => l.t("said-other"),
    })
}

/// What the team wrote with the app on their phone.
pub fn with_app(l: &Words, cause: &ReplyCause) -> Spoken {
    let text = |name: &str| cause.0.get(name).and_then(Value::as_str);
    let kind = text("kind").unwrap_or("other");
    Spoken { kind: kind_words(l, kind), body: body(text("text").unwrap_or_default()), buttons: Vec::new() }
}

/// What was approved here, word for word.
pub fn ours(l: &Words, saying: &Saying) -> Spoken {
    match saying {
        Saying::Template { name, language } => {
            let kind = Some(l.t2("said-template", "name", name, "language", language.as_str()));
            Spoken { kind, ..Spoken::default() }
        }
        Saying::Message(content) => said(l, content),
        Saying::Payment { body: text, label, .. } => {
            Spoken { kind: Some(l.t("said-payment")), body: body(text), buttons: vec![label.clone()] }
        }
    }
}

fn said(l: &Words, content: &Content) -> Spoken {
    let file =
        |kind: &str, words: Option<&str>| (kind_words(l, kind), words.unwrap_or_default().to_owned(), Vec::new());
    let (kind, text, buttons) = match content {
        Content::Text(it) => (None, it.body.clone(), Vec::new()),
        Content::Image(it) => file("image", it.caption.as_deref()),
        Content::Video(it) => file("video", it.caption.as_deref()),
        Content::Audio(_) => file("audio", None),
        Content::Document(it) => file("document", it.caption.as_deref().or(it.filename.as_deref())),
        Content::Sticker(_) => file("sticker", None),
        Content::Location(it) => file("location", it.name.as_deref().or(it.address.as_deref())),
        Content::Contacts(_) => file("contacts", None),
        Content::Reaction(it) => file("reaction", it.emoji.as_deref()),
        Content::ReplyButtons(it) => {
            (None, it.body.clone(), it.buttons.iter().map(|button| button.title.clone()).collect())
        }
        Content::List(it) => {
            let rows = it.sections.iter().flat_map(|section| &section.rows);
            (None, it.body.clone(), rows.map(|row| row.title.clone()).collect())
        }
        Content::CtaUrl(it) => (None, it.body.clone(), vec![format!("{} · {}", it.label, it.url)]),
        Content::Product(it) => (Some(l.t("said-product")), it.body.clone().unwrap_or_default(), Vec::new()),
        Content::ProductList(it) => (Some(l.t("said-product")), it.body.clone(), Vec::new()),
    };
    Spoken { kind, body: body(&text), buttons }
}

fn body(text: &str) -> Vec<Vec<crate::console::message_text::Run>> {
    if text.is_empty() { Vec::new() } else { formatted(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;
    use serde_json::json;

    fn plain(spoken: &Spoken) -> String {
        spoken.body.iter().flatten().map(|run| run.text.as_str()).collect()
    }

    #[test]
    fn a_customers_number_is_hidden_and_the_answers_to_a_form_are_not_shown() {
        let l = Words::hong_kong(Lang::En);
        let call = theirs(&l, "text", Some("Call +852 9123 4567"), None);
        assert_eq!((call.kind.as_deref(), plain(&call).as_str()), (None, "Call …67"));
        let form = theirs(&l, "interactive", Some("{\"card\":1}"), Some(&json!({"form": "booking"})));
        assert_eq!((form.kind.as_deref(), plain(&form).as_str()), (Some("Form"), ""));
        let photo = theirs(&l, "image", None, None);
        assert_eq!((photo.kind.as_deref(), photo.body.is_empty()), (Some("Photo"), true));
        assert_eq!(theirs(&l, "something_new", None, None).kind.as_deref(), Some("Message of another kind"));
    }

    #[test]
    fn what_was_approved_is_shown_with_what_can_be_tapped() {
        let l = Words::hong_kong(Lang::En);
        let saying = json!({"message": {"kind": "reply_buttons", "header": null, "body": "What is it about?", "footer": null,
            "buttons": [{"id": "1", "title": "Our teas"}, {"id": "2", "title": "Talk to us"}]}});
        let shown = ours(&l, &serde_json::from_value(saying).unwrap());
        assert_eq!(
            (plain(&shown).as_str(), shown.buttons),
            ("What is it about?", vec!["Our teas".into(), "Talk to us".into()])
        );
    }
}
