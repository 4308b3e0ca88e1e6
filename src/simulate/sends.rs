//! A send call, weighed against the account, the recipient and Meta's limits: accepted or refused.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::customers::{Bubble, Status};
use super::fill::Choice;
use super::future;
use super::log::{Outcome, Record};
use super::messages::{self, Call, Content, Outgoing, Recipient};
use super::problem::Problem;
use super::state::{State, World};
use super::tally;
use super::weighing::{Weighed, weigh};
use crate::domain::clock::Timestamp;

/// The dots go away after so long, or with the answer.
const TYPING: Duration = Duration::from_secs(25);

/// How far a message can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Whole,
    /// Reactions, and what goes to people who blocked the business, never show more than this.
    Sent,
}

/// Is it paid for?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    Charged,
    /// One of the month's first answers.
    FreeService,
    /// To somebody who came by an advertisement.
    FreeEntry {
        until: Timestamp,
    },
}

/// What its future needs to know about an accepted message.
#[derive(Debug)]
pub struct Sent {
    pub sequence: u64,
    pub wamid: Arc<str>,
    pub phone: Arc<str>,
    pub digits: Arc<str>,
    pub wa_id: Arc<str>,
    pub country: Arc<str>,
    pub opaque: Option<Arc<str>>,
    /// As in `pricing`: `marketing`, `utility`, `authentication` or `service`.
    pub category: &'static str,
    pub price: Price,
    pub template: Option<u64>,
    /// Quick replies that a tap would send.
    pub choices: Vec<Choice>,
    /// The how-manieth message this is to the customer; chance is drawn from it.
    pub nth: u64,
    pub reach: Reach,
}

impl Sent {
    /// As `pricing.type` says it.
    pub fn pricing(&self) -> &'static str {
        match self.price {
            Price::Charged => "regular",
            Price::FreeService => "free_customer_service",
            Price::FreeEntry { .. } => "free_entry_point",
        }
    }

    /// Under what analytics count it.
    pub fn counted(&self) -> tally::Kind {
        tally::Kind {
            phone: self.phone.clone(),
            country: self.country.clone(),
            template: self.template,
            category: self.category,
            pricing: self.pricing(),
        }
    }
}

/// One POST to `/messages`, or to `/marketing_messages`. `fault` is what will befall the answer, for the log.
pub fn receive(
    world: &World,
    phone: &Arc<str>,
    body: &Value,
    marketing_only: bool,
    fault: Option<&'static str>,
) -> Result<Value, Problem> {
    let now = world.clock.now();
    let call = messages::read(body);
    let mut guard = world.state();
    let state = &mut *guard;
    if let Ok(Call::MarkRead { message_id, typing }) = &call {
        return mark_read(state, message_id, *typing, now);
    }
    let mut record = Record::new(phone.clone(), now, fault);
    let weighed = match call {
        Ok(Call::Send(outgoing)) => {
            describe(&outgoing, &mut record);
            weigh(world, state, phone, &outgoing, marketing_only, now, &mut record).map(|weighed| (outgoing, weighed))
        }
        Ok(Call::MarkRead { .. }) => return Ok(json!({"success": true})),
        Err(problem) => Err(problem),
    };
    state.counters.received += 1;
    match weighed {
        Ok((outgoing, weighed)) => accept(world, state, phone, &outgoing, weighed, record),
        Err(problem) => {
            state.counters.refused += 1;
            *state.counters.refused_by_code.entry(problem.code).or_default() += 1;
            record.outcome = Outcome::Refused { code: problem.code };
            state.log.push(record, state.limits.keep_sends);
            Err(problem)
        }
    }
}

/// The customer sees that their message was read, and perhaps that somebody writes an answer.
fn mark_read(state: &mut State, message_id: &str, typing: bool, now: Timestamp) -> Result<Value, Problem> {
    let writer = state.received.writer(message_id);
    let writer = writer.ok_or_else(|| Problem::new(131_009, "message_id is not the id of a received message"))?;
    if let Some(customer) = state.customers.get_mut(&writer) {
        let phone = customer.mark_seen(message_id);
        if typing {
            customer.typing = phone.map(|phone| (phone, now.after(TYPING)));
        }
    }
    state.counters.read_receipts += 1;
    Ok(json!({"success": true}))
}

fn describe(outgoing: &Outgoing, record: &mut Record) {
    record.opaque = outgoing.opaque.clone();
    match &outgoing.content {
        Content::Template { name, language, .. } => {
            record.kind = "template";
            record.template = Some(name.clone());
            record.language = Some(language.clone());
        }
        Content::Free(free) => {
            record.kind = free.kind;
            record.text = Some(free.text.clone());
        }
    }
}

fn accept(
    world: &World,
    state: &mut State,
    phone_id: &Arc<str>,
    outgoing: &Outgoing,
    weighed: Weighed,
    mut record: Record,
) -> Result<Value, Problem> {
    let now = record.at;
    let wamid = state.new_wamid();
    let is_template = weighed.template.is_some();
    let held = weighed.paced && weighed.later.is_none();
    record.outcome = Outcome::Accepted { wamid: wamid.clone(), held };
    let opaque = record.opaque.clone();
    let sequence = state.log.push(record, state.limits.keep_sends);
    let phone = state.phones.get_mut(phone_id).ok_or_else(|| Problem::bare(131_000))?;
    let customer = state.customers.get_mut(&weighed.wa_id).ok_or_else(|| Problem::bare(131_000))?;
    let service = !is_template && !weighed.direct;
    let price = match customer.entry_until(phone_id, now) {
        Some(until) => Price::FreeEntry { until },
        None if service && phone.count_service(now) => Price::FreeService,
        None => Price::Charged,
    };
    let sent = Arc::new(Sent {
        sequence,
        wamid: wamid.clone(),
        phone: phone_id.clone(),
        digits: phone.digits.clone(),
        country: customer.country.clone(),
        wa_id: weighed.wa_id.clone(),
        opaque,
        category: weighed.category,
        price,
        template: weighed.template,
        choices: weighed.shown.buttons.iter().filter(|choice| choice.payload.is_some()).cloned().collect(),
        nth: weighed.nth,
        reach: weighed.reach,
    });
    state.counters.accepted += 1;
    if let Some(template) = weighed.template.and_then(|id| state.templates.get_mut(id)) {
        template.last_used = now;
    }
    let contact = state.customers.get_mut(&weighed.wa_id).map(|customer| {
        let shown = weighed.shown;
        let bubble = Bubble {
            at: now,
            phone: phone_id.clone(),
            wamid: wamid.clone(),
            header: shown.header,
            media: shown.media.map(|file| file.shown_name(&state.media, now)),
            text: shown.body,
            footer: shown.footer,
            buttons: shown.buttons,
            status: Some(Status::Accepted),
            sent: Some(sent.clone()),
            seen: false,
        };
        customer.typing = None;
        customer.show(bubble, state.limits.keep_messages);
        match &outgoing.to {
            Recipient::Number { .. } => json!({"input": outgoing.input, "wa_id": *customer.wa_id}),
            Recipient::User(_) => json!({"input": outgoing.input, "user_id": *customer.user_id}),
        }
    });
    if held {
        state.counters.held += 1;
        state.held.push(sent);
    } else {
        future::plan(world, &state.life, sent, weighed.later);
    }
    let mut message = json!({"id": *wamid});
    if is_template && let Some(message) = message.as_object_mut() {
        let status = if held { "held_for_quality_assessment" } else { "accepted" };
        message.insert("message_status".into(), status.into());
    }
    Ok(json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}))
}
