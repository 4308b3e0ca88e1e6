//! Meta's judgement of templates: the verdict on what was submitted, pauses for poor quality, and the archive.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::customers::chance;
use super::super::future::span;
use super::super::happenings::Event;
use super::super::settings::Life;
use super::super::state::{State, World};
use super::super::webhooks::{Update, template_status};
use super::standing::{Reason, Standing};
use super::{Template, Templates};
use crate::domain::clock::Timestamp;

/// Without a create, edit or send for so long, a template goes to the archive.
const IDLE: Duration = Duration::from_secs(365 * 24 * 3600);
/// And is deleted after so long there.
const ARCHIVED: Duration = Duration::from_secs(28 * 24 * 3600);
/// One that was paused by pacing can be unpaused after so long.
pub const EARLIEST_UNPAUSE: Duration = Duration::from_secs(5 * 60);

/// What the control endpoint orders for reviews to come.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Templates of this name only.
    name: Option<String>,
    language: Option<String>,
    verdict: Verdict,
    /// Instead of the usual time.
    after_ms: Option<u64>,
    /// For so many reviews; without it, for all.
    count: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approve,
    Reject {
        reason: Reason,
        recommendation: Option<String>,
    },
    /// Approved in another category than the one that was asked for.
    Recategorise(String),
    /// The review never ends.
    Hold,
}

/// Orders in the sequence in which they came; the first that fits counts.
#[derive(Default)]
pub struct Orders(Vec<Order>);

impl Orders {
    pub fn add(&mut self, order: Order) -> Value {
        self.0.push(order);
        json!(self.0)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    fn position(&self, template: &Template) -> Option<usize> {
        self.0.iter().position(|order| {
            order.name.as_ref().is_none_or(|name| **name == *template.name)
                && order.language.as_ref().is_none_or(|language| **language == *template.language)
        })
    }

    fn delay(&self, template: &Template) -> Option<u64> {
        self.0.get(self.position(template)?)?.after_ms
    }

    /// The verdict that was ordered for this review, which uses the order up.
    fn take(&mut self, template: &Template) -> Option<Verdict> {
        let at = self.position(template)?;
        let order = self.0.get_mut(at)?;
        let verdict = order.verdict.clone();
        if let Some(count) = &mut order.count {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(at);
            }
        }
        Some(verdict)
    }
}

/// Lets a submitted template wait for its verdict.
pub fn later(world: &World, state: &State, id: u64) {
    let Some(template) = state.templates.get(id) else { return };
    let mut luck = chance(world.settings.seed, "review", id);
    let after = state.orders.delay(template).unwrap_or_else(|| span(state.life.review_ms, &mut luck));
    world.agenda.add(&world.clock, after, Event::Review { template: id });
}

/// The verdict on a template, as ordered or by what it says.
pub fn happens(world: &World, state: &mut State, id: u64, updates: &mut Vec<Update>) {
    let now = world.clock.now();
    let Some(template) = state.templates.get(id).filter(|template| template.status == Standing::Pending) else {
        return;
    };
    let verdict = state.orders.take(template).unwrap_or_else(|| judge(&state.templates, template));
    let Some(template) = state.templates.get_mut(id) else { return };
    match verdict {
        Verdict::Hold => return,
        Verdict::Reject { reason, recommendation } => {
            template.status = Standing::Rejected;
            template.rejected_reason = reason;
            updates.push(rejected(template, recommendation, now));
            return;
        }
        Verdict::Recategorise(category) => {
            let before = std::mem::replace(&mut template.category, category.as_str().into());
            if *before != *category {
                let value = named(template, json!({"previous_category": *before, "new_category": category}));
                updates.push(Update::account("template_category_update", value, now));
                template.previous_category = Some(before.to_string());
            }
        }
        Verdict::Approve => {}
    }
    template.status = Standing::Approved;
    template.rejected_reason = Reason::None;
    updates.push(template_status(template, "APPROVED", None, now));
    if std::mem::take(&mut template.edited) {
        updates.push(components(template, now));
    }
}

/// What is plainly a promotion does not pass as utility, and nobody may ask for secrets or say the same twice.
fn judge(templates: &Templates, template: &Template) -> Verdict {
    let text = template.shape.body.text.to_lowercase();
    if ["card number", "password", "卡號", "密碼"].iter().any(|word| text.contains(word)) {
        return Verdict::Reject { reason: Reason::Scam, recommendation: None };
    }
    let says_the_same = |other: &&Template| {
        other.id != template.id
            && other.status != Standing::Rejected
            && other.language == template.language
            && other.shape.body.text == template.shape.body.text
            && other.shape.footer == template.shape.footer
    };
    let authentication = *template.category == *"AUTHENTICATION";
    if !authentication && let Some(other) = templates.iter().find(says_the_same) {
        let recommendation = format!("Body and footer are those of {}: change the wording.", other.name);
        return Verdict::Reject { reason: Reason::InvalidFormat, recommendation: Some(recommendation) };
    }
    let promotional = ["% off", "discount", "half price", "sale", "優惠", "半價", "优惠"];
    if *template.category == *"UTILITY" && promotional.iter().any(|word| text.contains(word)) {
        return Verdict::Recategorise("MARKETING".into());
    }
    Verdict::Approve
}

fn rejected(template: &Template, recommendation: Option<String>, now: Timestamp) -> Update {
    let mut update = template_status(template, "REJECTED", None, now);
    if let (Some(recommendation), Update::Other { value: Value::Object(fields), .. }) = (recommendation, &mut update) {
        let info = json!({"reason": template.rejected_reason, "recommendation": recommendation});
        fields.insert("rejection_info".into(), info);
    }
    update
}

/// Adds what every webhook about a template names. Ids are numbers there, and strings everywhere else.
pub fn named(template: &Template, mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("message_template_id".into(), template.id.into());
        fields.insert("message_template_name".into(), Value::from(&*template.name));
        fields.insert("message_template_language".into(), Value::from(&*template.language));
    }
    value
}

/// The webhook of new components.
fn components(template: &Template, now: Timestamp) -> Update {
    let mut value = named(template, json!({"message_template_element": template.shape.body.text}));
    if let Some(fields) = value.as_object_mut() {
        if let Some(title) = template.shape.title() {
            fields.insert("message_template_title".into(), title.into());
        }
        if let Some(footer) = &template.shape.footer {
            fields.insert("message_template_footer".into(), footer.as_str().into());
        }
        let list = template.components.as_array().map_or(&[][..], Vec::as_slice);
        let buttons = list.iter().filter_map(|component| component.get("buttons")?.as_array()).flatten();
        let buttons: Vec<Value> = buttons
            .map(|button| {
                json!({"message_template_button_type": button.get("type"),
                    "message_template_button_text": button.get("text"),
                    "message_template_button_url": button.get("url"),
                    "message_template_button_phone_number": button.get("phone_number")})
            })
            .collect();
        if !buttons.is_empty() {
            fields.insert("message_template_buttons".into(), buttons.into());
        }
    }
    Update::account("message_template_components_update", value, now)
}

/// Pauses a template for its quality: three hours, then six, then for good.
pub fn pause(world: &World, template: &mut Template, updates: &mut Vec<Update>) {
    let now = world.clock.now();
    if matches!(template.status, Standing::Paused | Standing::Disabled) {
        return;
    }
    template.pauses = template.pauses.saturating_add(1);
    template.paused_at = now;
    let (status, title, hours) = match template.pauses {
        1 => (Standing::Paused, "FIRST_PAUSE", 3),
        2 => (Standing::Paused, "SECOND_PAUSE", 6),
        _ => (Standing::Disabled, "DISABLED", 0),
    };
    template.status = status;
    updates.push(template_status(template, status.word(), Some(title), now));
    if status == Standing::Paused {
        let end = Event::Unpause { template: template.id, pause: template.pauses };
        world.agenda.add(&world.clock, hours * 3_600_000, end);
    }
}

/// Ends a pause.
pub fn unpause(template: &mut Template, now: Timestamp) -> Update {
    template.status = Standing::Approved;
    template_status(template, "APPROVED", Some("UNPAUSED"), now)
}

/// Changes the quality, and tells the business.
pub fn rate(template: &mut Template, quality: &str, now: Timestamp, updates: &mut Vec<Update>) {
    let value = named(template, json!({"previous_quality_score": template.quality, "new_quality_score": quality}));
    updates.push(Update::account("message_template_quality_update", value, now));
    quality.clone_into(&mut template.quality);
    template.quality_since = now;
}

/// How a template is received: messages that arrived, and people who wanted no more of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opinion {
    delivered: u32,
    complaints: u32,
}

/// Notes a delivered message.
pub fn delivered(world: &World, state: &mut State, id: u64, updates: &mut Vec<Update>) {
    let State { templates, life, .. } = state;
    if let Some(template) = templates.get_mut(id) {
        template.opinion.delivered = template.opinion.delivered.saturating_add(1);
        drift(world, life, template, updates);
    }
}

/// Notes that somebody stopped or blocked the business because of this template.
pub fn complained(world: &World, state: &mut State, id: u64, updates: &mut Vec<Update>) {
    let State { templates, life, .. } = state;
    if let Some(template) = templates.get_mut(id) {
        template.opinion.complaints = template.opinion.complaints.saturating_add(1);
        drift(world, life, template, updates);
    }
}

/// Judges the quality anew once enough messages arrived. The worst pauses the template.
fn drift(world: &World, life: &Life, template: &mut Template, updates: &mut Vec<Update>) {
    let Some(enough) = life.quality_after else { return };
    let Opinion { delivered, complaints } = template.opinion;
    if delivered < enough.max(1) || !template.status.sendable() {
        return;
    }
    let share = f64::from(complaints) / f64::from(delivered);
    let quality = if share >= life.quality_red {
        "RED"
    } else if share >= life.quality_yellow {
        "YELLOW"
    } else {
        "GREEN"
    };
    if quality != template.quality {
        rate(template, quality, world.clock.now(), updates);
    }
    if quality == "RED" {
        template.opinion = Opinion::default();
        pause(world, template, updates);
    }
}

/// Archives what nobody used for a year, and deletes what lay in the archive.
pub fn age(templates: &mut Templates, now: Timestamp, updates: &mut Vec<Update>) {
    let mut gone = Vec::new();
    for template in templates.iter_mut() {
        let idle = now.since(template.last_used);
        match template.status {
            Standing::Archived if idle >= ARCHIVED => gone.push(template.id),
            Standing::Approved | Standing::Rejected | Standing::Paused | Standing::Flagged if idle >= IDLE => {
                template.status = Standing::Archived;
                template.last_used = now;
                updates.push(template_status(template, "ARCHIVED", None, now));
            }
            _ => {}
        }
    }
    for template in gone.into_iter().filter_map(|id| templates.remove(id, now)) {
        updates.push(template_status(&template, "DELETED", None, now));
    }
}
