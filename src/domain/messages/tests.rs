//! The limits of every kind of message: at the limit it goes, one more and it does not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(content: Value) -> Content {
    serde_json::from_value(content.clone()).unwrap_or_else(|e| panic!("{e}: {content}"))
}

fn message(content: Content) -> OutboundMessage {
    let to = Recipient::phone("+85291234567").unwrap();
    OutboundMessage { to, reply_to: None, identity_key_hash: None, content }
}

fn faults(content: Value) -> Vec<String> {
    message(read(content)).faults().iter().map(ToString::to_string).collect()
}

fn row(id: &str) -> Value {
    json!({"id": id, "title": "Oolong"})
}

fn reply(id: &str, title: &str) -> Value {
    json!({"id": id, "title": title})
}

/// One message of each kind that Meta takes, with everything that it can have.
fn good() -> Vec<Value> {
    let (id, link) = (json!({"id": "1013"}), json!({"link": "https://cdn.example/a.pdf"}));
    vec![
        json!({"kind": "text", "body": "你好", "preview_url": true}),
        json!({"kind": "image", "media": id, "caption": "Oolong"}),
        json!({"kind": "video", "media": link}),
        json!({"kind": "audio", "media": id, "voice": true}),
        json!({"kind": "document", "media": link, "caption": "c", "filename": "menu.pdf"}),
        json!({"kind": "sticker", "media": id}),
        json!({"kind": "location", "latitude": "22.2855", "longitude": "-114.1577", "name": "Shop", "address": "Central"}),
        json!({"kind": "contacts", "contacts": [{"name": {"formatted_name": "K. Wong", "first_name": "K."},
            "birthday": "1990-02-28", "phones": [{"phone": "+852 9123 4567", "type": "CELL", "wa_id": "85291234567"}],
            "emails": [{"email": "k@shop.example", "type": "WORK"}], "urls": [{"url": "https://shop.example"}],
            "addresses": [{"city": "Hong Kong", "country_code": "HK"}], "org": {"company": "Shop"}}]}),
        json!({"kind": "reaction", "message_id": "wamid.A", "emoji": "👍🏽"}),
        json!({"kind": "reaction", "message_id": "wamid.A"}),
        json!({"kind": "reply_buttons", "header": {"image": id}, "body": "b", "footer": "f",
            "buttons": [reply("a", "Yes"), reply("b", "No"), reply("c", "Later")]}),
        json!({"kind": "list", "header": "h", "body": "b", "footer": "f", "button": "Choose", "sections": [
            {"title": "Teas", "rows": [row("a"), {"id": "b", "title": "Green", "description": "Fresh"}]},
            {"title": "Cups", "rows": [row("c")]}]}),
        json!({"kind": "cta_url", "header": {"document": {"media": id, "filename": "a.pdf"}}, "body": "b", "footer": "f",
            "label": "Look", "url": "https://shop.example/w?u=1"}),
        json!({"kind": "product", "catalog_id": "77", "product_retailer_id": "sku-1", "body": "b", "footer": "f"}),
        json!({"kind": "product_list", "header": "h", "body": "b", "footer": "f", "catalog_id": "77",
            "sections": [{"title": "Teas", "product_retailer_ids": ["sku-1", "sku-2"]}]}),
    ]
}

#[test]
fn every_kind_passes_and_is_stored_as_it_was() {
    for content in good() {
        assert_eq!(faults(content.clone()), [""; 0], "{content}");
        let stored = serde_json::to_value(message(read(content.clone()))).unwrap();
        assert_eq!(stored["content"]["kind"], content["kind"]);
        let again: OutboundMessage = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!((again.content == read(content), serde_json::to_value(again).unwrap()), (true, stored));
    }
}

#[test]
fn a_field_that_nobody_knows_is_refused() {
    for mut content in good() {
        content["category"] = json!("utility");
        assert!(serde_json::from_value::<Content>(content.clone()).is_err(), "{content}");
    }
    let mut stored = serde_json::to_value(message(read(good().remove(0)))).unwrap();
    stored["category"] = json!("utility");
    assert!(serde_json::from_value::<OutboundMessage>(stored).is_err());
}

/// A limit: its field, how many characters Meta takes there, and a message with a text of that length in that field.
type Limit = (&'static str, usize, fn(&str) -> Value);

const TEXTS: &[Limit] = &[
    ("body", 4096, |t| json!({"kind": "text", "body": t})),
    ("caption", 1024, |t| json!({"kind": "image", "media": {"id": "1"}, "caption": t})),
    ("caption", 1024, |t| json!({"kind": "video", "media": {"id": "1"}, "caption": t})),
    ("caption", 1024, |t| json!({"kind": "document", "media": {"id": "1"}, "caption": t})),
    ("body", 1024, |t| json!({"kind": "reply_buttons", "body": t, "buttons": [reply("a", "Yes")]})),
    ("footer", 60, |t| json!({"kind": "reply_buttons", "body": "b", "footer": t, "buttons": [reply("a", "Yes")]})),
    (
        "header.text",
        60,
        |t| json!({"kind": "reply_buttons", "header": {"text": t}, "body": "b", "buttons": [reply("a", "Yes")]}),
    ),
    ("buttons[0].title", 20, |t| json!({"kind": "reply_buttons", "body": "b", "buttons": [reply("a", t)]})),
    ("buttons[0].id", 256, |t| json!({"kind": "reply_buttons", "body": "b", "buttons": [reply(t, "Yes")]})),
    ("body", 4096, |t| json!({"kind": "list", "body": t, "button": "b", "sections": [{"rows": [row("a")]}]})),
    (
        "header",
        60,
        |t| json!({"kind": "list", "header": t, "body": "b", "button": "b", "sections": [{"rows": [row("a")]}]}),
    ),
    (
        "footer",
        60,
        |t| json!({"kind": "list", "footer": t, "body": "b", "button": "b", "sections": [{"rows": [row("a")]}]}),
    ),
    ("button", 20, |t| json!({"kind": "list", "body": "b", "button": t, "sections": [{"rows": [row("a")]}]})),
    (
        "sections[0].title",
        24,
        |t| json!({"kind": "list", "body": "b", "button": "b", "sections": [{"title": t, "rows": [row("a")]}]}),
    ),
    (
        "sections[0].rows[0].id",
        200,
        |t| json!({"kind": "list", "body": "b", "button": "b", "sections": [{"rows": [row(t)]}]}),
    ),
    (
        "sections[0].rows[0].title",
        24,
        |t| json!({"kind": "list", "body": "b", "button": "b", "sections": [{"rows": [{"id": "a", "title": t}]}]}),
    ),
    ("sections[0].rows[0].description", 72, |t| {
        json!({"kind": "list", "body": "b", "button": "b",
            "sections": [{"rows": [{"id": "a", "title": "t", "description": t}]}]})
    }),
    ("body", 1024, |t| json!({"kind": "cta_url", "body": t, "label": "Go", "url": "https://e.example"})),
    ("footer", 60, |t| json!({"kind": "cta_url", "body": "b", "footer": t, "label": "Go", "url": "https://e.example"})),
    ("label", 20, |t| json!({"kind": "cta_url", "body": "b", "label": t, "url": "https://e.example"})),
    ("body", 1024, |t| json!({"kind": "product", "catalog_id": "7", "product_retailer_id": "s", "body": t})),
    ("footer", 60, |t| json!({"kind": "product", "catalog_id": "7", "product_retailer_id": "s", "footer": t})),
    ("header", 60, |t| products(&json!({"header": t}))),
    ("body", 1024, |t| products(&json!({"body": t}))),
    ("footer", 60, |t| products(&json!({"footer": t}))),
    ("sections[0].title", 24, |t| products(&json!({"sections": [{"title": t, "product_retailer_ids": ["s"]}]}))),
];

fn products(with: &Value) -> Value {
    let sections = json!([{"title": "t", "product_retailer_ids": ["s"]}]);
    let mut list = json!({"kind": "product_list", "header": "h", "body": "b", "catalog_id": "7", "sections": sections});
    for (key, value) in with.as_object().unwrap() {
        list[key] = value.clone();
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever characters it is made of, and however many bytes they take.
    #[test]
    fn at_a_limit_a_text_goes_and_one_more_character_does_not(c in "[a-zé你👍]") {
        for (place, most, content) in TEXTS {
            prop_assert_eq!(faults(content(&c.repeat(*most))), [""; 0], "{}", place);
            let one_more = faults(content(&c.repeat(most + 1)));
            let grouped = |n: usize| crate::domain::text::grouped(&n.to_string());
            let said = format!("{place}: {} characters, at most {} (Meta)", grouped(most + 1), grouped(*most));
            prop_assert_eq!(one_more, [said]);
        }
    }

    #[test]
    fn whatever_is_written_the_check_comes_to_an_end(text in "\\PC{0,40}") {
        for (_, _, content) in TEXTS {
            let found = faults(content(&text));
            prop_assert!(found.iter().all(|fault| fault.contains(": ")), "{:?}", found);
        }
        let content = json!({"kind": "reaction", "message_id": text, "emoji": text});
        prop_assert!(faults(content).len() <= 2);
    }
}

#[test]
fn a_text_that_must_be_there_is_missed() {
    for (place, _, content) in TEXTS {
        for empty in ["", "  ", "\n"] {
            let found = faults(content(empty));
            assert!(found.contains(&format!("{place}: missing, and Meta requires it")), "{place} {empty:?}: {found:?}");
        }
    }
}

#[test]
fn lists_have_their_lengths() {
    let buttons = |n: usize| {
        let all: Vec<Value> = (0..n).map(|i| reply(&i.to_string(), &format!("No {i}"))).collect();
        faults(json!({"kind": "reply_buttons", "body": "b", "buttons": all}))
    };
    let rows = |sections: &[usize]| {
        let section = |(s, n): (usize, &usize)| {
            let rows: Vec<Value> = (0..*n).map(|r| row(&format!("{s}.{r}"))).collect();
            json!({"title": format!("s{s}"), "rows": rows})
        };
        let sections: Vec<Value> = sections.iter().enumerate().map(section).collect();
        faults(json!({"kind": "list", "body": "b", "button": "b", "sections": sections}))
    };
    let goods = |sections: &[usize]| {
        let section = |n: &usize| json!({"title": "s", "product_retailer_ids": vec!["s"; *n]});
        faults(products(&json!({"sections": sections.iter().map(section).collect::<Vec<_>>()})))
    };
    let cards = |n: usize| {
        let card = json!({"name": {"formatted_name": "K. Wong", "last_name": "Wong"}});
        faults(json!({"kind": "contacts", "contacts": vec![card; n]}))
    };
    for (found, said) in [
        (buttons(1), None),
        (buttons(3), None),
        (buttons(0), Some("buttons: 0, at least 1 (Meta); at most 3")),
        (buttons(4), Some("buttons: 4, at most 3 (Meta)")),
        (rows(&[10]), None),
        (rows(&[1; 10]), None),
        (rows(&[]), Some("sections: 0, at least 1 (Meta); at most 10")),
        (rows(&[5, 6]), Some("rows of all sections: 11, at most 10 (Meta)")),
        (rows(&[1, 0]), Some("sections[1].rows: 0, at least 1 (Meta); at most 10")),
        (goods(&[30]), None),
        (goods(&[3; 10]), None),
        (goods(&[15, 16]), Some("product_retailer_ids of all sections: 31, at most 30 (Meta)")),
        (goods(&[1; 11]), Some("sections: 11, at most 10 (Meta)")),
        (cards(1), None),
        (cards(257), None),
        (cards(0), Some("contacts: 0, at least 1 (Meta); at most 257")),
        (cards(258), Some("contacts: 258, at most 257 (Meta)")),
    ] {
        assert_eq!(found.first().map(String::as_str), said, "{found:?}");
    }
}

#[test]
fn forms_are_checked_where_meta_wants_one() {
    for (content, said) in [
        (
            json!({"kind": "reply_buttons", "body": "b", "buttons": [reply("a", "Yes"), reply("b", "Yes")]}),
            "buttons[1].title: the same",
        ),
        (
            json!({"kind": "reply_buttons", "body": "b", "buttons": [reply("a", "Yes"), reply("a", "No")]}),
            "buttons[1].id: the same",
        ),
        (
            json!({"kind": "reply_buttons", "body": "b", "buttons": [reply(" a", "Yes")]}),
            "buttons[0].id: begins or ends with a space",
        ),
        (
            json!({"kind": "list", "body": "b", "button": "b", "sections": [{"rows": [row("a")]}, {"title": "t", "rows": [row("b")]}]}),
            "sections[0].title: missing",
        ),
        (
            json!({"kind": "list", "body": "b", "button": "b", "sections": [{"title": "s", "rows": [row("a")]}, {"title": "t", "rows": [row("a")]}]}),
            "sections[1].rows[0].id: the same",
        ),
        (json!({"kind": "cta_url", "body": "b", "label": "Go", "url": "http://e.example"}), "url: not a link"),
        (json!({"kind": "cta_url", "body": "b", "label": "Go", "url": "https://me:pass@e.example"}), "url: not a link"),
        (json!({"kind": "image", "media": {"link": "http://e.example/a.png"}}), "media.link: not a link"),
        (json!({"kind": "sticker", "media": {"id": "../1"}}), "media.id: not an id"),
        (json!({"kind": "audio", "media": {"id": ""}}), "media.id: not an id"),
        (json!({"kind": "document", "media": {"id": "1"}, "filename": "../a.pdf"}), "filename: not a file name"),
        (json!({"kind": "location", "latitude": "91", "longitude": "0"}), "latitude: not a place on earth"),
        (json!({"kind": "location", "latitude": "0", "longitude": "180.1"}), "longitude: not a place on earth"),
        (json!({"kind": "location", "latitude": "1e1", "longitude": "0"}), "latitude: not a place on earth"),
        (json!({"kind": "location", "latitude": "NaN", "longitude": "0"}), "latitude: not a place on earth"),
        (
            json!({"kind": "contacts", "contacts": [{"name": {"formatted_name": "K. Wong"}}]}),
            "contacts[0].name: needs a part",
        ),
        (
            json!({"kind": "contacts", "contacts": [{"name": {"formatted_name": "K", "first_name": "K"}, "emails": [{"email": "k"}]}]}),
            "contacts[0].emails[0].email: not a mail address",
        ),
        (json!({"kind": "reaction", "message_id": "1", "emoji": "👍"}), "message_id: not the id of a message"),
        (json!({"kind": "reaction", "message_id": "wamid.A", "emoji": "ok"}), "emoji: not an emoji"),
        (json!({"kind": "reaction", "message_id": "wamid.A", "emoji": "好"}), "emoji: not an emoji"),
        (json!({"kind": "product", "catalog_id": "", "product_retailer_id": "s"}), "catalog_id: missing"),
    ] {
        let found = faults(content.clone());
        assert!(found.len() == 1 && found[0].starts_with(said), "{content}: {found:?}");
    }
    for emoji in ["👍", "❤️", "1️⃣", "👨‍👩‍👧‍👦", "🇭🇰", "🅰️", "ℹ️", "㊗️"] {
        assert_eq!(faults(json!({"kind": "reaction", "message_id": "wamid.A", "emoji": emoji})), [""; 0], "{emoji}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(json!({"kind": "list", "body": "", "button": "b".repeat(21), "sections": []}));
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn an_answer_names_the_message_that_it_answers_and_a_reaction_only_its_own() {
    let mut answer = message(read(json!({"kind": "text", "body": "b"})));
    answer.reply_to = Some("wamid.A".into());
    assert_eq!(answer.faults(), []);
    answer.reply_to = Some("A".into());
    assert_eq!(answer.faults()[0].place, "reply_to");
    let mut reaction = message(read(json!({"kind": "reaction", "message_id": "wamid.A", "emoji": "👍"})));
    reaction.reply_to = Some("wamid.A".into());
    assert_eq!(reaction.faults().len(), 1);
    (reaction.reply_to, reaction.identity_key_hash) = (None, Some(" ".into()));
    assert_eq!(reaction.faults()[0].place, "identity_key_hash");
}

#[test]
fn a_token_of_512_characters_is_the_longest() {
    assert_eq!([1, 512].map(|n| check_callback(&"é".repeat(n))), [Ok(()), Ok(())]);
    assert_eq!(
        check_callback(&"é".repeat(513)).unwrap_err().to_string(),
        "callback: 513 characters, at most 512 (Meta)"
    );
    assert!(check_callback("").is_err());
}

#[test]
fn a_message_shows_its_kind_and_nothing_of_what_it_says() {
    let shown = format!("{:?}", message(read(json!({"kind": "text", "body": "call 9123 4567"}))));
    assert!(shown.contains("text") && !shown.contains("4567") && !shown.contains("call"), "{shown}");
}

#[test]
fn a_file_that_is_kept_here_has_to_be_uploaded_before_it_is_sent() {
    let id = "as_0123456789abcdef0123456789abcdef";
    let media = json!({ "asset_id": id });
    for content in [
        json!({"kind": "image", "media": media}),
        json!({"kind": "video", "media": media}),
        json!({"kind": "audio", "media": media}),
        json!({"kind": "document", "media": media}),
        json!({"kind": "sticker", "media": media}),
        json!({"kind": "cta_url", "header": {"image": media}, "body": "b", "label": "l", "url": "https://shop.example"}),
        json!({"kind": "reply_buttons", "header": {"document": {"media": media}}, "body": "b",
            "buttons": [{"id": "1", "title": "One"}]}),
    ] {
        let mut content = read(content);
        assert_eq!(content.faults(), [], "people may be asked about it");
        let found = message(content.clone()).faults();
        assert!(found.len() == 1 && found[0].place == "media.asset_id", "{found:?}");
        let carried = content.media_mut().unwrap();
        assert_eq!(carried.to_string(), id);
        *carried = Media::Id("1013".into());
        assert_eq!(message(content).faults(), []);
    }
    assert!(serde_json::from_value::<Media>(json!({"asset_id": "1013"})).is_err(), "an id of ours, in its own form");
}
