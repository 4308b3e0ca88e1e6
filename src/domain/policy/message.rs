//! What a message says: approved, complete, readable, honest about its sender and about how to opt out.

use super::rules::{
    QUALITY_01, QUALITY_02, TEMPLATE_01, TEMPLATE_02, TEMPLATE_03, TEMPLATE_04, TEMPLATE_05, TEMPLATE_06, TEMPLATE_07,
    TEMPLATE_08, TEXT_01, TEXT_02, TEXT_03, TEXT_04, TEXT_05, TEXT_06, VAR_01, VAR_02,
};
use super::settings::Settings;
use crate::domain::broadcasts::{BroadcastSpec, Variable};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::preview::{Finding, Span};
use crate::domain::templates::{Button, Header, MessageTemplate, Quality, TemplateContent, TemplateStatus};
use crate::domain::text::{is_composed, mixed_words, refused, value_fault};
use std::collections::BTreeSet;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// As it was described.
    pub spec: &'a BroadcastSpec,
    /// The languages that will be used.
    pub variants: &'a [MessageTemplate],
    /// Languages that were asked for and do not exist.
    pub missing: &'a [Language],
    /// All languages in which it exists.
    pub known: &'a [Language],
    /// The name by which customers know the sender.
    pub sender: &'a str,
    /// When.
    pub now: Timestamp,
}

/// What the rules say of a message.
#[must_use]
pub fn check(message: &Message<'_>, settings: &Settings) -> Vec<Finding> {
    let mut findings = availability(message, settings);
    findings.extend(variables(message));
    for variant in message.variants {
        findings.extend(characters(&variant.language, &variant.content));
        findings.extend(courtesy(variant.category, &variant.language, &variant.content, message.sender));
    }
    findings
}

fn availability(message: &Message<'_>, settings: &Settings) -> Vec<Finding> {
    let template = message.spec.template.as_str();
    let mut findings = Vec::new();
    let known = message.known.iter().map(Language::as_str).collect::<Vec<_>>().join(", ");
    for language in message.missing {
        findings.push(TEMPLATE_03.says(&[
            ("template", template.into()),
            ("language", language.as_str().into()),
            ("known", known.as_str().into()),
        ]));
    }
    for variant in message.variants {
        findings.extend(state(variant, settings));
    }
    let categories: BTreeSet<&str> = message.variants.iter().map(|v| v.category.as_str()).collect();
    if categories.len() > 1 {
        let categories = categories.into_iter().collect::<Vec<_>>().join(", ");
        findings.push(TEMPLATE_05.says(&[("template", template.into()), ("categories", categories.into())]));
    }
    if message.variants.iter().any(|v| v.category == MessageCategory::Authentication) {
        findings.push(TEMPLATE_08.says(&[("template", template.into())]));
    }
    let oldest = message.variants.iter().map(|v| v.synced_at).min().unwrap_or(message.now);
    let hours = message.now.since(oldest).as_secs() / 3600;
    if hours > u64::from(settings.quality.warn_template_older_than_hours) {
        findings.push(TEMPLATE_07.says(&[("template", template.into()), ("hours", hours.into())]));
    }
    findings
}

/// What Meta's word on one language forbids. The same before sending as at the preview.
#[must_use]
pub fn state(variant: &MessageTemplate, settings: &Settings) -> Vec<Finding> {
    let facts = [("template", variant.name.as_str().into()), ("language", variant.language.as_str().into())];
    let with = |more: (&'static str, String)| [facts[0].clone(), facts[1].clone(), (more.0, more.1.into())];
    let mut findings = Vec::new();
    match variant.status {
        TemplateStatus::Approved => {}
        TemplateStatus::Paused => findings.push(TEMPLATE_02.says(&facts)),
        other => findings.push(TEMPLATE_01.says(&with(("status", other.to_string())))),
    }
    match variant.quality {
        Quality::Red if settings.quality.refuse_low_template => findings.push(QUALITY_01.says(&facts)),
        Quality::Red | Quality::Yellow => findings.push(QUALITY_02.says(&facts)),
        Quality::Green | Quality::Unknown => {}
    }
    if let Some(correct) = variant.correct_category.filter(|correct| *correct != variant.category) {
        let [template, language] = facts.clone();
        let category = ("category", variant.category.as_str().into());
        findings.push(TEMPLATE_04.says(&[template, language, category, ("correct_category", correct.as_str().into())]));
    }
    for part in unfillable(&variant.content) {
        findings.push(TEMPLATE_06.says(&with(("part", part))));
    }
    findings
}

/// Parts that want more than texts when they are sent.
fn unfillable(content: &TemplateContent) -> Vec<String> {
    let header = match &content.header {
        Some(Header::Media(kind)) => {
            Some(format!("a header with {} {kind}", if kind.as_str() == "image" { "an" } else { "a" }))
        }
        Some(Header::Location) => Some("a header with a place".to_owned()),
        _ => None,
    };
    let buttons = content.buttons.iter().filter_map(|button| match button {
        Button::CopyCode { .. } => Some("a button that copies a code".to_owned()),
        Button::Other { kind, .. } => Some(format!("a button of the kind {kind}")),
        _ => None,
    });
    header.into_iter().chain(buttons).collect()
}

fn variables(message: &Message<'_>) -> Vec<Finding> {
    let spec = message.spec;
    let mut findings = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for variant in message.variants {
        let placeholders = variant.content.placeholders();
        for placeholder in placeholders.iter().filter(|key| !spec.variables.contains_key(*key)) {
            findings.push(VAR_01.says(&[
                ("template", spec.template.as_str().into()),
                ("placeholder", placeholder.as_str().into()),
                ("language", variant.language.as_str().into()),
            ]));
        }
        known.extend(placeholders);
    }
    for (key, variable) in &spec.variables {
        if !known.contains(key) && !message.variants.is_empty() {
            let names =
                if known.is_empty() { "none".to_owned() } else { known.iter().cloned().collect::<Vec<_>>().join(", ") };
            let facts = [
                ("placeholder", key.as_str().into()),
                ("template", spec.template.as_str().into()),
                ("known", names.into()),
            ];
            findings.push(VAR_02.says(&facts));
        }
        let text = match variable {
            Variable::Text(text) => Some(text),
            Variable::ContactName { default } | Variable::Attribute { default, .. } => default.as_ref(),
        };
        let Some(text) = text else { continue };
        let field = format!("variables.{key}");
        if let Some(fault) = value_fault(text) {
            findings.push(
                TEXT_06.says(&[("placeholder", key.as_str().into()), ("fault", fault.into())]).at(whole(&field, text)),
            );
        }
        findings.extend(letters(&field, text, ""));
    }
    findings
}

/// Characters that hide or mislead, in every text of a language.
pub(super) fn characters(language: &Language, content: &TemplateContent) -> Vec<Finding> {
    texts(content)
        .into_iter()
        .flat_map(|(place, text)| letters(&format!("{language}.{place}"), text, language.base()))
        .collect()
}

/// Every text that its recipient reads, with its name.
#[must_use]
pub fn texts(content: &TemplateContent) -> Vec<(String, &str)> {
    let header = match &content.header {
        Some(Header::Text(text)) => Some(("header".to_owned(), text.as_str())),
        _ => None,
    };
    let footer = content.footer.as_deref().map(|text| ("footer".to_owned(), text));
    let buttons = content.buttons.iter().enumerate().map(|(at, button)| (format!("button.{}", at + 1), button.label()));
    header.into_iter().chain([("body".to_owned(), content.body.as_str())]).chain(footer).chain(buttons).collect()
}

/// Characters that hide or mislead, in a text of this name.
pub(super) fn letters(field: &str, text: &str, language: &str) -> Vec<Finding> {
    let span = |start: usize, length: usize| Span {
        field: field.to_owned(),
        start,
        end: start + length,
        text: text.chars().skip(start).take(length).collect(),
    };
    let place = || ("place", field.into());
    let mut findings: Vec<Finding> = refused(text, language)
        .iter()
        .map(|found| TEXT_01.says(&[place(), ("character", found.name().into())]).at(span(found.at, 1)))
        .collect();
    if !is_composed(text) {
        findings.push(TEXT_02.says(&[place()]).at(whole(field, text)));
    }
    for (start, word) in mixed_words(text) {
        let length = word.chars().count();
        findings.push(TEXT_03.says(&[place(), ("word", word.into())]).at(span(start, length)));
    }
    findings
}

pub(super) fn whole(field: &str, text: &str) -> Span {
    Span { field: field.to_owned(), start: 0, end: text.chars().count(), text: text.to_owned() }
}

/// Who writes, and how to make it stop: in every language of a marketing message.
pub(super) fn courtesy(
    category: MessageCategory,
    language: &Language,
    content: &TemplateContent,
    sender: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if category != MessageCategory::Marketing {
        return findings;
    }
    let named = || ("language", language.as_str().into());
    if !says_how_to_opt_out(content, language) {
        findings.push(TEXT_04.says(&[named()]).at(whole(&format!("{language}.body"), &content.body)));
    }
    let all = texts(content).into_iter().map(|(_, text)| text.to_lowercase()).collect::<Vec<_>>().join("\n");
    if !sender.trim().is_empty() && !all.contains(&sender.trim().to_lowercase()) {
        findings.push(TEXT_05.says(&[named(), ("sender", sender.into())]));
    }
    findings
}

/// Words of which one must stand in the text, the small line or on a button, in the language of the message.
const OPT_OUT: &[(&str, &[&str])] = &[
    ("en", &["stop", "unsubscribe", "opt out", "opt-out"]),
    ("zh", &["停止", "退訂", "退订", "取消接收", "取消訂閱", "取消订阅", "拒收", "stop"]),
    ("pt", &["parar", "sair", "cancelar", "stop"]),
    ("es", &["parar", "baja", "cancelar", "stop"]),
    ("fr", &["arrêt", "désabonner", "désinscrire", "stop"]),
    ("de", &["abbestellen", "abmelden", "stopp", "stop"]),
    ("id", &["berhenti", "stop"]),
    ("ms", &["berhenti", "henti", "stop"]),
    ("ja", &["停止", "解除", "stop"]),
    ("ko", &["수신거부", "수신 거부", "중지", "stop"]),
    ("th", &["ยกเลิก", "หยุด", "stop"]),
    ("vi", &["dừng", "hủy", "ngừng", "stop"]),
];

/// Whether the message says how to make it stop. In a language without a list, any word of the lists counts.
#[must_use]
pub fn says_how_to_opt_out(content: &TemplateContent, language: &Language) -> bool {
    let own = OPT_OUT.iter().find(|(base, _)| *base == language.base()).map(|(_, words)| *words);
    let any = || OPT_OUT.iter().flat_map(|(_, words)| words.iter());
    texts(content).iter().filter(|(place, _)| place != "header").any(|(_, text)| {
        let text = text.to_lowercase();
        own.map_or_else(|| any().any(|word| text.contains(word)), |words| words.iter().any(|word| text.contains(word)))
    })
}

/// Whether a button is a way out: whoever taps it does what the template told them to. The same words by which the rule above
/// lets the template pass, in any language.
#[must_use]
pub fn is_way_out(button: &str) -> bool {
    let button = button.to_lowercase();
    OPT_OUT.iter().flat_map(|(_, words)| words.iter()).any(|word| button.contains(word))
}

#[cfg(test)]
mod tests;
