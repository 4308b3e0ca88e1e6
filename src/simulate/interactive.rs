//! Reads interactive messages: buttons, lists and the like, with the limits of each.

use std::collections::HashSet;

use serde_json::Value;

use super::fill::Choice;
use super::media::Attachment;
use super::messages::{Free, at_most, text_at};
use super::problem::Problem;

const KINDS: &[&str] = &[
    "address_message",
    "button",
    "call_permission_request",
    "carousel",
    "catalog_message",
    "contact_request",
    "cta_url",
    "flow",
    "list",
    "location_request_message",
    "order_details",
    "order_status",
    "product",
    "product_list",
    "voice_call",
];

pub fn read(content: &Value) -> Result<Free, Problem> {
    let kind = text_at(content, "/type").ok_or_else(|| missing("type"))?;
    if !KINDS.contains(&kind) {
        let kinds = KINDS.join(", ").to_uppercase();
        return Err(Problem::parameter(format_args!("Param interactive['type'] must be one of {{{kinds}}}.")));
    }
    let action = content.get("action").ok_or_else(|| missing("action"))?;
    let body = text_at(content, "/body/text").unwrap_or_default();
    // Single products show themselves.
    if body.is_empty() && kind != "product" {
        return Err(missing("body']['text"));
    }
    at_most(body, if kind == "list" { 4096 } else { 1024 }, "interactive['body']['text']")?;
    at_most(text_at(content, "/footer/text").unwrap_or_default(), 60, "interactive['footer']['text']")?;
    at_most(text_at(content, "/header/text").unwrap_or_default(), 60, "interactive['header']['text']")?;
    if kind == "list" && text_at(content, "/header/type").is_some_and(|header| header != "text") {
        return Err(Problem::new(131_009, "A list takes a text header only"));
    }
    let buttons = match kind {
        "button" => reply_buttons(action)?,
        "list" => rows(action)?,
        "cta_url" => {
            let label = text_at(action, "/parameters/display_text").ok_or_else(|| missing("action']['parameters"))?;
            at_most(label, 20, "interactive['action']['parameters']['display_text']")?;
            let url = text_at(action, "/parameters/url").ok_or_else(|| missing("action']['parameters']['url"))?;
            if !url.starts_with("https://") && !url.starts_with("http://") {
                return Err(Problem::new(131_009, "The button's url is not a valid URI"));
            }
            vec![Choice { label: label.into(), payload: None, row: None }]
        }
        "carousel" => {
            let cards = action.get("cards").and_then(Value::as_array).map_or(0, Vec::len);
            if !(2..=10).contains(&cards) {
                return Err(Problem::new(131_009, "A carousel has 2 to 10 cards"));
            }
            Vec::new()
        }
        _ => Vec::new(),
    };
    let header = match text_at(content, "/header/type") {
        Some("image") => Some("image"),
        Some("video") => Some("video"),
        Some("document") => Some("document"),
        _ => None,
    };
    let read = |kind: &'static str| {
        let file = content.pointer(&format!("/header/{kind}")).ok_or_else(|| missing("header"))?;
        Attachment::read(kind, file, &format!("interactive['header']['{kind}']"))
    };
    let media = header.map(read).transpose()?;
    let part = |path: &str| text_at(content, path).filter(|text| !text.is_empty()).map(str::to_owned);
    let (header, footer) = (part("/header/text"), part("/footer/text"));
    Ok(Free { kind: "interactive", header, footer, text: body.into(), buttons, media })
}

fn missing(key: &str) -> Problem {
    Problem::new(131_008, format!("Required parameter is missing: interactive['{key}']"))
}

fn reply_buttons(action: &Value) -> Result<Vec<Choice>, Problem> {
    let list = action.get("buttons").and_then(Value::as_array).ok_or_else(|| missing("action']['buttons"))?;
    if !(1..=3).contains(&list.len()) {
        return Err(Problem::new(131_009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3"));
    }
    let mut titles = HashSet::new();
    list.iter()
        .map(|button| {
            let id = text_at(button, "/reply/id").ok_or_else(|| missing("action']['buttons']['reply']['id"))?;
            let title =
                text_at(button, "/reply/title").ok_or_else(|| missing("action']['buttons']['reply']['title"))?;
            if title.is_empty() || id.is_empty() || id.trim() != id || !titles.insert(title) {
                return Err(Problem::new(131_009, "Button ids are trimmed, and titles differ and are not empty"));
            }
            at_most(title, 20, "interactive['action']['buttons']['reply']['title']")?;
            at_most(id, 256, "interactive['action']['buttons']['reply']['id']")?;
            Ok(Choice { label: title.into(), payload: Some(id.into()), row: None })
        })
        .collect()
}

fn rows(action: &Value) -> Result<Vec<Choice>, Problem> {
    at_most(
        text_at(action, "/button").ok_or_else(|| missing("action']['button"))?,
        20,
        "interactive['action']['button']",
    )?;
    let sections = action.get("sections").and_then(Value::as_array).ok_or_else(|| missing("action']['sections"))?;
    if !(1..=10).contains(&sections.len()) {
        return Err(Problem::new(131_009, "A list has 1 to 10 sections"));
    }
    let mut choices = Vec::new();
    for section in sections {
        let title = text_at(section, "/title").unwrap_or_default();
        if title.is_empty() && sections.len() > 1 {
            return Err(missing("action']['sections']['title"));
        }
        at_most(title, 24, "interactive['action']['sections']['title']")?;
        for row in section.get("rows").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
            let id = text_at(row, "/id").ok_or_else(|| missing("action']['sections']['rows']['id"))?;
            let title = text_at(row, "/title").ok_or_else(|| missing("action']['sections']['rows']['title"))?;
            at_most(id, 200, "interactive['action']['sections']['rows']['id']")?;
            at_most(title, 24, "interactive['action']['sections']['rows']['title']")?;
            let description = text_at(row, "/description").unwrap_or_default();
            at_most(description, 72, "interactive['action']['sections']['rows']['description']")?;
            let description = (!description.is_empty()).then(|| description.to_owned());
            choices.push(Choice { label: title.into(), payload: Some(id.into()), row: Some(description) });
        }
    }
    if !(1..=10).contains(&choices.len()) {
        return Err(Problem::new(131_009, "Total row count exceeds max allowed count: 10"));
    }
    Ok(choices)
}
