//! What happens when its time has come: statuses, customers who write, reviews, pauses that end. Each changes the state
//! and tells the business by webhook.

use std::sync::Arc;

use serde_json::{Value, json};

use super::courier::Post;
use super::customers::{Bubble, Status, chance};
use super::future::{plan, span};
use super::problem::Problem;
use super::sends::{Sent, happens};
use super::state::{State, World};
use super::webhooks::{Line, Update, template_status};

pub enum Event {
    Status {
        sent: Arc<Sent>,
        status: Status,
    },
    Failed {
        sent: Arc<Sent>,
        problem: Problem,
    },
    Customer {
        wa_id: Arc<str>,
        phone: Arc<str>,
        act: Act,
    },
    /// The verdict on a template.
    Review {
        template: u64,
    },
    /// The end of its n-th pause.
    Unpause {
        template: u64,
        pause: u8,
    },
    /// The same update once more.
    Again(Update),
    /// A webhook that was not answered with 200.
    Retry(Post),
}

/// What a customer does.
#[derive(Clone, Debug)]
pub enum Act {
    Text {
        body: String,
        reply_to: Option<Arc<str>>,
    },
    /// A button of a message.
    Tap {
        label: String,
        payload: String,
        wamid: Arc<str>,
    },
    React {
        emoji: String,
        wamid: Arc<str>,
    },
    /// Marketing stopped or resumed in WhatsApp itself.
    Preference {
        stop: bool,
    },
}

pub fn happen(world: &World, state: &mut State, event: Event, updates: &mut Vec<Update>) {
    match event {
        Event::Status { sent, status } => status_changed(world, state, &sent, status, None, updates),
        Event::Failed { sent, problem } => {
            *state.counters.failed_by_code.entry(problem.code).or_default() += 1;
            status_changed(world, state, &sent, Status::Failed, Some(&problem), updates);
        }
        Event::Customer { wa_id, phone, act } => {
            let _ = act_of(world, state, &wa_id, &phone, act, updates);
        }
        Event::Review { template } => review(world, state, template, updates),
        Event::Unpause { template, pause } => {
            let now = world.clock.now();
            if let Some(template) = state.templates.get_mut(template)
                && template.status == "PAUSED"
                && template.pauses == pause
            {
                template.status = "APPROVED".into();
                updates.push(template_status(template, "APPROVED", Some("UNPAUSED"), now));
            }
        }
        Event::Again(update) => updates.push(update),
        Event::Retry(post) => world.courier.enqueue(post),
    }
}

fn status_changed(
    world: &World,
    state: &mut State,
    sent: &Sent,
    status: Status,
    problem: Option<&Problem>,
    updates: &mut Vec<Update>,
) {
    let now = world.clock.now();
    // After a reset the number belongs to somebody else.
    if let Some(record) = state.log.get_mut(sent.sequence).filter(|record| record.is(&sent.wamid)) {
        record.statuses.push((status, now));
        record.failed_with = problem.map(|problem| problem.code).or(record.failed_with);
    }
    let count = match status {
        Status::Accepted => return,
        Status::Sent => &mut state.counters.sent,
        Status::Delivered => &mut state.counters.delivered,
        Status::Read => &mut state.counters.read,
        Status::Failed => &mut state.counters.failed,
    };
    *count += 1;
    let Some(customer) = state.customers.get_mut(&sent.wa_id) else { return };
    customer.mark(&sent.wamid, status);
    let mut luck = chance(world.settings.seed ^ 0xd1ce, &sent.wamid, status as u64);
    let update = Update::status(sent, customer, status, problem, state.life.webhook_version, now);
    if happens(state.life.lost, &mut luck) {
        state.counters.updates_lost += 1;
        return;
    }
    if happens(state.life.duplicated, &mut luck) {
        state.counters.updates_duplicated += 1;
        world.agenda.add(&world.clock, span(state.life.sent_ms, &mut luck), Event::Again(update.clone()));
    }
    updates.push(update);
}

/// A customer acts. Answers the id of the message they wrote, or why nothing happened.
pub fn act_of(
    world: &World,
    state: &mut State,
    wa_id: &str,
    phone: &Arc<str>,
    act: Act,
    updates: &mut Vec<Update>,
) -> Result<Option<Arc<str>>, &'static str> {
    let now = world.clock.now();
    let line = state.phones.get(phone).map(Line::of).ok_or("there is no such business number")?;
    let wamid = state.new_wamid();
    let customer = state.customers.meet(wa_id, &state.life.not_on_whatsapp, now);
    if !customer.on_whatsapp {
        return Err("this person is not on WhatsApp");
    }
    if let Act::Preference { stop } = act {
        customer.stopped_marketing = stop;
        customer.last_seen = now;
        updates.push(Update::preference(line, customer, stop, now));
        return Ok(None);
    }
    let tapped = |wamid: &str| state.log.by_wamid(wamid).map(|record| record.kind);
    let (shown, mut message) = match &act {
        Act::Text { body, .. } => (body.clone(), json!({"type": "text", "text": {"body": body}})),
        Act::React { emoji, wamid } => {
            (emoji.clone(), json!({"type": "reaction", "reaction": {"message_id": **wamid, "emoji": emoji}}))
        }
        Act::Tap { label, payload, wamid } if tapped(wamid) == Some("interactive") => {
            let reply = json!({"type": "button_reply", "button_reply": {"id": payload, "title": label}});
            (label.clone(), json!({"type": "interactive", "interactive": reply}))
        }
        Act::Tap { label, payload, .. } => {
            (label.clone(), json!({"type": "button", "button": {"payload": payload, "text": label}}))
        }
        Act::Preference { .. } => return Ok(None),
    };
    let context = match &act {
        Act::Text { reply_to, .. } => reply_to.as_ref(),
        Act::Tap { wamid, .. } => Some(wamid),
        Act::React { .. } | Act::Preference { .. } => None,
    };
    if let Some(fields) = message.as_object_mut() {
        fields.insert("id".into(), Value::from(&*wamid));
        fields.insert("timestamp".into(), now.seconds().to_string().into());
        fields.insert("from_user_id".into(), Value::from(&*customer.user_id));
        if !customer.hides_number {
            fields.insert("from".into(), Value::from(&*customer.wa_id));
        }
        if let Some(id) = context {
            fields.insert("context".into(), json!({"from": *line.digits, "id": **id}));
        }
    }
    customer.open_window(phone, now);
    let bubble = Bubble {
        at: now,
        phone: phone.clone(),
        wamid: wamid.clone(),
        header: None,
        text: shown,
        footer: None,
        buttons: Vec::new(),
        status: None,
    };
    customer.show(bubble, state.limits.keep_messages);
    updates.push(Update::inbound(line, customer, message));
    state.counters.inbound += 1;
    Ok(Some(wamid))
}

/// Meta looks at a template. What is plainly a promotion does not pass as utility.
fn review(world: &World, state: &mut State, id: u64, updates: &mut Vec<Update>) {
    let now = world.clock.now();
    let Some(template) = state.templates.get_mut(id) else { return };
    if template.status != "PENDING" {
        return;
    }
    let text = template.shape.body.text.to_lowercase();
    if ["card number", "password", "卡號", "密碼"].iter().any(|word| text.contains(word)) {
        template.status = "REJECTED".into();
        template.rejected_reason = "SCAM".into();
        updates.push(template_status(template, "REJECTED", None, now));
        return;
    }
    let promotional = ["% off", "discount", "half price", "sale", "優惠", "半價", "优惠"];
    if *template.category == *"UTILITY" && promotional.iter().any(|word| text.contains(word)) {
        template.previous_category = Some(template.category.to_string());
        template.category = "MARKETING".into();
        let value = json!({"message_template_id": template.id, "message_template_name": *template.name,
            "message_template_language": *template.language, "previous_category": "UTILITY", "new_category": "MARKETING"});
        updates.push(Update::account("template_category_update", value, now));
    }
    template.status = "APPROVED".into();
    template.rejected_reason = "NONE".into();
    updates.push(template_status(template, "APPROVED", None, now));
}

/// Lets go of the held messages of a template, or drops them as a bad signal would.
pub fn settle_held(world: &World, state: &mut State, template: u64, release: bool) -> usize {
    let (settled, kept): (Vec<_>, Vec<_>) = state.held.drain(..).partition(|sent| sent.template == Some(template));
    state.held = kept;
    for sent in &settled {
        let refused = (!release).then(|| Problem::new(132_015, "The template was paused while its messages were held"));
        plan(world, &state.life, sent.clone(), refused);
    }
    settled.len()
}
