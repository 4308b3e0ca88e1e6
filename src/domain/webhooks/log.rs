//! What may be shown of a post to those who look for what went wrong: its shape and Meta's own words, and nothing of a person.

use super::parse::delivery;
use crate::domain::json::text;
use crate::domain::masked::{Masked, Permit, ProviderId, ProviderIds};
use serde_json::Value;

words! {
    /// Where a post stands.
    PostState, "state of a post" {
        /// Waits.
        New = "new",
        /// Its events are applied, or set aside one by one.
        Applied = "applied",
        /// Nobody could read it.
        Parked = "parked",
    }
}

words! {
    /// What people look for in the log of posts.
    Progress, "progress of a post" {
        /// Not looked at yet.
        Waiting = "waiting",
        /// All of it is applied.
        Applied = "applied",
        /// It could not be read, or events of it could not be applied.
        Parked = "parked",
    }
}

/// Members whose value is a word or a figure of Meta's. All others may hold what a person wrote, is called or is found by.
const SHOWN: &[&str] = &[
    "alert_severity",
    "alert_status",
    "alert_type",
    "animated",
    "billable",
    "category",
    "code",
    "correct_category",
    "currency",
    "current_limit",
    "decision",
    "entity_type",
    "event",
    "expiration",
    "expiration_timestamp",
    "field",
    "forwarded",
    "frequently_forwarded",
    "max_daily_conversations_per_business",
    "max_phone_numbers_per_business",
    "max_phone_numbers_per_waba",
    "message_template_category",
    "message_template_language",
    "message_template_name",
    "messaging_product",
    "mime_type",
    "new_category",
    "new_quality_score",
    "new_status",
    "object",
    "old_limit",
    "old_status",
    "previous_category",
    "previous_quality_score",
    "pricing_model",
    "quantity",
    "reason",
    "rejection_reason",
    "restriction_type",
    "source_type",
    "status",
    "time",
    "timestamp",
    "title",
    "type",
    "value",
    "violation_type",
    "voice",
    "waba_ban_state",
];

/// Meta's identifiers, for those who may see them.
const IDENTIFIERS: &[&str] = &["message_template_id"];

/// What stands for a text that is not shown.
const MASK: &str = "…";
/// Deeper than anything of Meta's.
const DEEPEST: usize = 24;
/// More elements of a list tell nothing new; how many there were is said.
const MOST: usize = 20;

/// The part of the post that is about this account, with everything masked that is not a word of Meta's: one app may serve
/// several businesses. `None` if it cannot be told apart.
#[must_use]
pub fn masked(body: &[u8], account: &str, ids: Option<&Permit<ProviderIds>>) -> Option<Value> {
    let mut delivery = delivery(body).ok()?;
    let entries = delivery.get_mut("entry").and_then(Value::as_array_mut)?;
    entries.retain(|entry| text(entry, "id").as_deref() == Some(account));
    Some(mask(&delivery, ids, false, 0))
}

fn mask(value: &Value, ids: Option<&Permit<ProviderIds>>, shown: bool, depth: usize) -> Value {
    match value {
        _ if depth > DEEPEST => MASK.into(),
        Value::Object(members) => {
            let mask = |(key, value): (&String, &Value)| {
                if let Some(id) = IDENTIFIERS.contains(&key.as_str()).then(|| identifier(value)).flatten() {
                    return (key.clone(), Masked::new(id).show(ids).into());
                }
                let known = SHOWN.binary_search(&key.as_str()).is_ok();
                (key.clone(), mask(value, ids, known && !value.is_object(), depth + 1))
            };
            members.iter().map(mask).collect()
        }
        Value::Array(items) => {
            let mut list: Vec<Value> = items.iter().take(MOST).map(|item| mask(item, ids, shown, depth + 1)).collect();
            if items.len() > MOST {
                list.push(format!("{MASK} and {} more", items.len() - MOST).into());
            }
            Value::Array(list)
        }
        Value::String(text) if shown && is_word(text) => value.clone(),
        Value::Number(_) if shown => value.clone(),
        Value::String(_) | Value::Number(_) => MASK.into(),
        Value::Bool(_) | Value::Null => value.clone(),
    }
}

/// Meta writes its identifiers as texts and as numbers.
fn identifier(value: &Value) -> Option<ProviderId> {
    match value {
        Value::Number(number) => Some(ProviderId::new(number.to_string())),
        Value::String(text) if text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(ProviderId::new(text))
        }
        _ => None,
    }
}

/// A word or a figure, and none that could be a phone number: a time has ten digits and begins with one.
fn is_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ' | '+' | ';' | '=');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    text.len() <= 64 && text.chars().all(plain) && (digits < 7 || (text.len() == 10 && text.starts_with('1')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_list_can_be_searched() {
        assert!(SHOWN.is_sorted());
    }

    #[test]
    fn words_of_meta_are_shown_and_nothing_of_a_person() {
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "9001", "changes": [{"field": "messages", "value": {
            "metadata": {"display_phone_number": "15550109999", "phone_number_id": "7001"},
            "contacts": [{"profile": {"name": "Ada L.", "username": "lovelace9"}, "wa_id": "15550100001", "user_id": "US.1"}],
            "messages": [{"from": "15550100001", "id": "wamid.A", "timestamp": "1790000000", "type": "text", "text": {"body": "my card is 4111"}}],
            "statuses": [{"id": "wamid.B", "status": "failed", "errors": [{"code": 131026, "title": "Message undeliverable",
                "error_data": {"details": "to 15550100001"}}]}]}}]}]});
        let shown = masked(body.to_string().as_bytes(), "9001", None).unwrap();
        let message = &shown["entry"][0]["changes"][0]["value"]["messages"][0];
        assert_eq!((&message["type"], &message["timestamp"]), (&json!("text"), &json!("1790000000")));
        assert_eq!(shown["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"][0]["code"], 131_026);
        let text = shown.to_string();
        for secret in ["Ada", "lovelace9", "15550100001", "4111", "wamid", "US.1", "7001", "9001"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }

    #[test]
    fn identifiers_are_for_those_who_may_see_them() {
        for id in [json!(700_000_000_000_022_u64), json!("700000000000022")] {
            let value = json!({ "message_template_id": id });
            assert_eq!(mask(&value, None, false, 0)["message_template_id"], "•••022");
            let permit = Permit::granted();
            assert_eq!(mask(&value, Some(&permit), false, 0)["message_template_id"], "700000000000022");
        }
        assert_eq!(mask(&json!({"message_template_id": "Ada"}), None, false, 0)["message_template_id"], MASK);
    }

    #[test]
    fn a_person_does_not_hide_in_a_word_of_metas() {
        for value in [json!("15550100001"), json!("Ada said: \"hi\""), json!("+1 555 010 0001"), json!("退訂")] {
            let shown = mask(&json!({"type": value, "title": value, "status": [value]}), None, false, 0);
            assert!(!shown.to_string().contains(value.as_str().unwrap()), "{shown}");
        }
        let many = mask(&json!({ "statuses": vec![1; 1_000] }), None, false, 0);
        assert_eq!(many["statuses"].as_array().unwrap().len(), MOST + 1);
    }

    #[test]
    fn what_is_about_another_business_is_left_out() {
        let entry = |id: &str, event: &str| json!({"id": id, "changes": [{"field": "account_update", "value": {"event": event}}]});
        let body =
            json!({"object": "whatsapp_business_account", "entry": [entry("9001", "MINE"), entry("9002", "THEIRS")]});
        let shown = masked(body.to_string().as_bytes(), "9001", None).unwrap().to_string();
        assert!(shown.contains("MINE") && !shown.contains("THEIRS"), "{shown}");
        assert_eq!((masked(b"no json", "9001", None), masked(b"[]", "9001", None)), (None, None));
    }
}
