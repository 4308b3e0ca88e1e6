//! The members of `messages`: what customers send, what becomes of what we sent, and who changed.

use serde_json::Value;

use super::error;
use crate::domain::json::{flag, int, list, text};
use crate::domain::redact::Number;
use crate::domain::webhooks::{
    Article, Card, Cart, CartItem, ChangeKind, DeliveryStatus, Echo, Interactive, Location, Media, MediaKind, Message,
    MessageKind, Payment, PersonChange, Preference, Pricing, Referral, Sender, Status, UserPreference, What,
};

/// A message within a message: a changed one. Deeper ones are not Meta's.
const DEEPEST: usize = 1;

/// Meta's ids have up to a few hundred characters.
const LONGEST_ID: usize = 512;

/// A customer's message, or the news that a customer is another one now.
pub(super) fn message(item: &Value, contacts: &[Value]) -> Option<What> {
    let id = id(item)?;
    let mut from = sender(item, "from", "from_user_id", "from_parent_user_id");
    if text(item, "type")? == "system" {
        return changed(id, from, item.get("system")?).map(What::PersonChange);
    }
    let contact = contacts.iter().find(|contact| {
        let is = |key, id: Option<&str>| id.is_some() && text(contact, key).as_deref() == id;
        is("wa_id", from.phone.as_ref().map(Number::as_str)) || is("user_id", from.user_id.as_deref())
    });
    let said = |key| contact.and_then(|contact| text(contact, key));
    from.user_id = from.user_id.or_else(|| said("user_id"));
    from.parent_user_id = from.parent_user_id.or_else(|| said("parent_user_id"));
    from.phone = from.phone.or_else(|| said("wa_id").map(Number::new));
    let profile = contact.and_then(|contact| contact.get("profile")).unwrap_or(&Value::Null);
    let context = item.get("context").unwrap_or(&Value::Null);
    Some(What::Message(Box::new(Message {
        id,
        kind: kind(item, 0)?,
        context_id: text(context, "id"),
        forwarded: ["forwarded", "frequently_forwarded"].iter().any(|key| flag(context, key) == Some(true)),
        about: context.get("referred_product").and_then(article),
        referral: item.get("referral").filter(|it| it.is_object()).map(referral),
        profile_name: text(profile, "name"),
        username: text(profile, "username"),
        identity_hash: said("identity_key_hash").or_else(|| text(item, "identity_key_hash")),
        errors: list(item, "errors").iter().filter_map(error).collect(),
        from,
    })))
}

/// Meta's id of a message. The database finds it by an index, which holds no text of any length.
fn id(item: &Value) -> Option<String> {
    text(item, "id").filter(|id| id.len() <= LONGEST_ID)
}

fn sender(item: &Value, phone: &str, user_id: &str, parent: &str) -> Sender {
    Sender {
        phone: text(item, phone).map(Number::new),
        user_id: text(item, user_id),
        parent_user_id: text(item, parent),
    }
}

fn kind(item: &Value, depth: usize) -> Option<MessageKind> {
    let word = text(item, "type")?;
    let content = item.get(&word).unwrap_or(&Value::Null);
    Some(match word.as_str() {
        "text" => MessageKind::Text { body: text(content, "body").unwrap_or_default() },
        "button" => {
            MessageKind::Button { payload: text(content, "payload"), text: text(content, "text").unwrap_or_default() }
        }
        "interactive" => MessageKind::Interactive(interactive(content)),
        "location" => location(content).map_or(MessageKind::Other { kind: word }, MessageKind::Location),
        "contacts" => MessageKind::Contacts(list(item, "contacts").iter().map(card).collect()),
        "reaction" => match text(content, "message_id") {
            Some(to) => MessageKind::Reaction { to, emoji: text(content, "emoji") },
            None => MessageKind::Other { kind: word },
        },
        "order" => MessageKind::Order(cart(content)),
        "edit" => match (text(content, "original_message_id"), content.get("message")) {
            (Some(original), Some(to)) if depth < DEEPEST => match kind(to, depth + 1) {
                Some(to) => MessageKind::Edit { original, to: Box::new(to) },
                None => MessageKind::Other { kind: word },
            },
            _ => MessageKind::Other { kind: word },
        },
        "revoke" => match text(content, "original_message_id") {
            Some(original) => MessageKind::Revoke { original },
            None => MessageKind::Other { kind: word },
        },
        "unsupported" | "unknown" => MessageKind::Unsupported { what: text(content, "type") },
        _ => match (MediaKind::of(&word), text(content, "id")) {
            (Some(kind), Some(id)) => MessageKind::Media(media(kind, id, content)),
            _ => MessageKind::Other { kind: word },
        },
    })
}

fn media(kind: MediaKind, id: String, content: &Value) -> Media {
    Media {
        kind,
        id,
        mime_type: text(content, "mime_type"),
        sha256: text(content, "sha256"),
        caption: text(content, "caption"),
        filename: text(content, "filename"),
        voice_or_animated: flag(content, "voice").or_else(|| flag(content, "animated")).unwrap_or(false),
    }
}

fn interactive(content: &Value) -> Interactive {
    let kind = text(content, "type").unwrap_or_default();
    let reply = content.get(&kind).unwrap_or(&Value::Null);
    let (id, title) = (text(reply, "id"), text(reply, "title").unwrap_or_default());
    match (kind.as_str(), id) {
        ("button_reply", Some(id)) => Interactive::ButtonReply { id, title },
        ("list_reply", Some(id)) => Interactive::ListReply { id, title, description: text(reply, "description") },
        ("nfm_reply", _) => {
            Interactive::FormReply { name: text(reply, "name"), response: text(reply, "response_json") }
        }
        ("call_permission_reply", _) => Interactive::CallPermission { response: text(reply, "response") },
        _ => Interactive::Other { kind },
    }
}

fn location(content: &Value) -> Option<Location> {
    Some(Location {
        latitude: text(content, "latitude")?,
        longitude: text(content, "longitude")?,
        name: text(content, "name"),
        address: text(content, "address"),
    })
}

fn card(item: &Value) -> Card {
    let name = item.get("name").and_then(|name| text(name, "formatted_name")).unwrap_or_default();
    let phones = list(item, "phones").iter().filter_map(|phone| text(phone, "wa_id").or_else(|| text(phone, "phone")));
    let own = text(item, "origin").is_some_and(|origin| origin.to_ascii_lowercase().contains("request"));
    Card { name, phones: phones.map(Number::new).collect(), own }
}

fn article(item: &Value) -> Option<Article> {
    Some(Article { catalog_id: text(item, "catalog_id"), product_id: text(item, "product_retailer_id")? })
}

fn cart(content: &Value) -> Cart {
    let item = |item: &Value| {
        Some(CartItem {
            product_id: text(item, "product_retailer_id")?,
            quantity: int(item, "quantity")?,
            price: text(item, "item_price"),
            currency: text(item, "currency"),
        })
    };
    Cart {
        catalog_id: text(content, "catalog_id"),
        text: text(content, "text"),
        items: list(content, "product_items").iter().filter_map(item).collect(),
    }
}

fn referral(item: &Value) -> Referral {
    Referral {
        source_type: text(item, "source_type"),
        source_id: text(item, "source_id"),
        headline: text(item, "headline"),
        click_id: text(item, "ctwa_clid"),
    }
}

fn changed(id: String, from: Sender, system: &Value) -> Option<PersonChange> {
    let kind = ChangeKind::from(text(system, "type")?.as_str());
    let mut after = sender(system, "wa_id", "user_id", "parent_user_id");
    // Who keeps the number keeps it under both names.
    if kind == ChangeKind::UserId {
        after.phone = after.phone.or_else(|| from.phone.clone());
    }
    let change = PersonChange { id, kind, before: from, after };
    (!change.before.is_nobody()).then_some(change)
}

/// What a person of the business wrote with the app on their phone.
pub(super) fn echo(item: &Value) -> Option<Echo> {
    let to = sender(item, "to", "to_user_id", "to_parent_user_id");
    Some(Echo { id: id(item)?, kind: kind(item, 0)?, to }).filter(|echo| !echo.to.is_nobody())
}

/// The fate of a message of ours, or of the payment that it asked for.
pub(super) fn status(item: &Value) -> Option<What> {
    let (wamid, word) = (id(item)?, text(item, "status")?);
    if text(item, "type").as_deref() == Some("payment") {
        let reference = item.get("payment").and_then(|payment| text(payment, "reference_id"))?;
        return Some(What::Payment(Payment { wamid, reference, status: word.to_ascii_lowercase() }));
    }
    Some(What::Status(Status {
        wamid,
        status: DeliveryStatus::from(word.as_str()),
        recipient: sender(item, "recipient_id", "recipient_user_id", "recipient_parent_user_id"),
        identity_hash: text(item, "recipient_identity_key_hash"),
        callback: text(item, "biz_opaque_callback_data"),
        pricing: item.get("pricing").filter(|p| p.is_object()).map(|p| Pricing {
            billable: flag(p, "billable"),
            model: text(p, "pricing_model"),
            kind: text(p, "type"),
            category: text(p, "category"),
        }),
        errors: list(item, "errors").iter().filter_map(error).collect(),
    }))
}

/// What a person told WhatsApp itself about marketing.
pub(super) fn preference(item: &Value) -> Option<What> {
    let value = match text(item, "value")?.to_ascii_lowercase().as_str() {
        "stop" => Preference::Stop,
        "resume" => Preference::Resume,
        _ => return None,
    };
    let who = sender(item, "wa_id", "user_id", "parent_user_id");
    // A wish of nobody in particular cannot be honoured; it stays visible as unknown.
    let wish = UserPreference { who, category: text(item, "category"), value };
    (!wish.who.is_nobody()).then_some(What::UserPreference(wish))
}
