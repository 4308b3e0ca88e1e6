//! Messages in an open conversation, as Meta wants them.

use serde_json::{Map, Value, json};

use super::envelope;
use super::parts::{add, file, media};
use crate::domain::messages::{
    Content, CtaUrl, Header, List, OutboundMessage, Product, ProductList, ReplyButton, ReplyButtons,
};

/// The request's body.
pub(super) fn to_json(message: &OutboundMessage, callback: &str) -> Value {
    let (kind, content) = (message.content.kind(), content(&message.content));
    let mut body = envelope(&message.to, message.identity_key_hash.as_deref(), callback, kind, &content);
    add(&mut body, "context", message.reply_to.as_ref().map(|wamid| json!({"message_id": wamid})));
    body
}

fn content(content: &Content) -> Value {
    match content {
        Content::Text(text) => json!({"body": text.body, "preview_url": text.preview_url}),
        Content::Image(picture) | Content::Video(picture) => {
            with(media(&picture.media), [("caption", picture.caption.as_deref())])
        }
        Content::Audio(audio) => {
            let mut file = media(&audio.media);
            if audio.voice {
                file.insert("voice".to_owned(), json!(true));
            }
            Value::Object(file)
        }
        Content::Document(document) => {
            let words = [("caption", document.caption.as_deref()), ("filename", document.filename.as_deref())];
            with(media(&document.media), words)
        }
        Content::Sticker(sticker) => Value::Object(media(&sticker.media)),
        Content::Location(place) => {
            let degrees = json!({"latitude": place.latitude, "longitude": place.longitude});
            let words = [("name", place.name.as_deref()), ("address", place.address.as_deref())];
            with(object(degrees), words)
        }
        // Stored as Meta spells them.
        Content::Contacts(cards) => json!(cards.contacts),
        Content::Reaction(reaction) => {
            json!({"message_id": reaction.message_id, "emoji": reaction.emoji.as_deref().unwrap_or_default()})
        }
        Content::ReplyButtons(buttons) => reply_buttons(buttons),
        Content::List(list) => list_message(list),
        Content::CtaUrl(link) => cta_url(link),
        Content::Product(product) => single_product(product),
        Content::ProductList(products) => product_list(products),
    }
}

fn reply_buttons(message: &ReplyButtons) -> Value {
    let reply = |button: &ReplyButton| json!({"type": "reply", "reply": {"id": button.id, "title": button.title}});
    let action = json!({"buttons": message.buttons.iter().map(reply).collect::<Vec<_>>()});
    let header = message.header.as_ref().map(header);
    interactive("button", header, Some(&message.body), message.footer.as_deref(), action)
}

fn list_message(message: &List) -> Value {
    let sections: Vec<Value> = message
        .sections
        .iter()
        .map(|section| {
            let rows = section.rows.iter().map(|row| {
                let ids = json!({"id": row.id, "title": row.title});
                with(object(ids), [("description", row.description.as_deref())])
            });
            let rows = Map::from_iter([("rows".to_owned(), Value::Array(rows.collect()))]);
            with(rows, [("title", section.title.as_deref())])
        })
        .collect();
    let action = json!({"button": message.button, "sections": sections});
    let header = message.header.as_deref().map(line);
    interactive("list", header, Some(&message.body), message.footer.as_deref(), action)
}

fn cta_url(message: &CtaUrl) -> Value {
    let action = json!({"name": "cta_url", "parameters": {"display_text": message.label, "url": message.url}});
    let header = message.header.as_ref().map(header);
    interactive("cta_url", header, Some(&message.body), message.footer.as_deref(), action)
}

fn single_product(message: &Product) -> Value {
    let action = json!({"catalog_id": message.catalog_id, "product_retailer_id": message.product_retailer_id});
    interactive("product", None, message.body.as_deref(), message.footer.as_deref(), action)
}

fn product_list(message: &ProductList) -> Value {
    let sections: Vec<Value> = message
        .sections
        .iter()
        .map(|section| {
            let items = section.product_retailer_ids.iter().map(|id| json!({"product_retailer_id": id}));
            let items = Map::from_iter([("product_items".to_owned(), Value::Array(items.collect()))]);
            with(items, [("title", section.title.as_deref())])
        })
        .collect();
    let action = json!({"catalog_id": message.catalog_id, "sections": sections});
    let header = Some(line(&message.header));
    interactive("product_list", header, Some(&message.body), message.footer.as_deref(), action)
}

fn interactive(kind: &str, header: Option<Value>, body: Option<&str>, footer: Option<&str>, action: Value) -> Value {
    let mut message = object(json!({"type": kind, "action": action}));
    let text = |text: &str| json!({"text": text});
    let parts = [("header", header), ("body", body.map(text)), ("footer", footer.map(text))];
    message.extend(parts.into_iter().filter_map(|(key, part)| Some((key.to_owned(), part?))));
    Value::Object(message)
}

fn header(header: &Header) -> Value {
    match header {
        Header::Text(text) => line(text),
        Header::Image(picture) => json!({"type": "image", "image": media(picture)}),
        Header::Video(film) => json!({"type": "video", "video": media(film)}),
        Header::Document { media, filename } => {
            json!({"type": "document", "document": file(media, filename.as_deref())})
        }
    }
}

fn line(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Members that stand there only where they say something.
fn with<const N: usize>(mut map: Map<String, Value>, members: [(&str, Option<&str>); N]) -> Value {
    map.extend(members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))));
    Value::Object(map)
}
