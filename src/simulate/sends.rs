//! A send call, weighed against the account, the recipient and Meta's limits: accepted or refused.

use std::sync::Arc;

use rand::RngExt;
use rand::rngs::SmallRng;
use serde_json::{Value, json};

use super::customers::{Bubble, Customer, Status, chance};
use super::fill::{self, Choice, Filled};
use super::future;
use super::log::{Outcome, Record};
use super::messages::{self, Call, Content, Outgoing, Recipient};
use super::phones::Phone;
use super::problem::Problem;
use super::state::{State, World};
use super::templates;
use crate::domain::clock::Timestamp;

/// What its future needs to know about an accepted message.
#[derive(Debug)]
pub struct Sent {
    pub sequence: u64,
    pub wamid: Arc<str>,
    pub phone: Arc<str>,
    pub digits: Arc<str>,
    pub wa_id: Arc<str>,
    pub opaque: Option<Arc<str>>,
    /// As in `pricing`: `marketing`, `utility`, `authentication` or `service`.
    pub category: &'static str,
    pub free: bool,
    pub template: Option<u64>,
    /// Quick replies that a tap would send.
    pub choices: Vec<Choice>,
    /// The how-manieth message this is to the customer; chance is drawn from it.
    pub nth: u64,
}

/// A message that passed the checks which Meta makes at once.
struct Weighed {
    wa_id: Arc<str>,
    nth: u64,
    category: &'static str,
    template: Option<u64>,
    paced: bool,
    shown: Filled,
    /// A refusal that comes by webhook.
    later: Option<Problem>,
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
    if let Ok(Call::MarkRead { message_id }) = &call {
        return mark_read(state, message_id);
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

fn mark_read(state: &mut State, message_id: &str) -> Result<Value, Problem> {
    if !message_id.starts_with("wamid.") {
        return Err(Problem::new(131_009, "message_id is not the id of a received message"));
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

fn weigh(
    world: &World,
    state: &mut State,
    phone_id: &Arc<str>,
    outgoing: &Outgoing,
    marketing_only: bool,
    now: Timestamp,
    record: &mut Record,
) -> Result<Weighed, Problem> {
    let State { phones, templates, customers, people_today, life, limits, blocked_with, .. } = state;
    if let Some(code) = blocked_with {
        return Err(Problem::bare(*code));
    }
    let phone = phones.get_mut(phone_id).ok_or_else(|| Problem::no_such_object("POST", phone_id))?;
    phone.admit(now)?;
    let wa_id = match &outgoing.to {
        Recipient::Number { digits, international: true } => digits.clone(),
        Recipient::Number { digits, international: false } => format!("{}{digits}", phone.country_code),
        Recipient::User(user_id) => customers
            .wa_id_of(user_id)
            .ok_or_else(|| Problem::new(131_009, "recipient is not a user id of this business"))?
            .to_string(),
    };
    check_recipient(phone, &wa_id)?;
    let customer = customers.meet(&wa_id, &life.not_on_whatsapp, now);
    let wa_id = customer.wa_id.clone();
    record.to = wa_id.clone();
    if !customer.admit_pair(phone_id, limits, now) {
        return Err(Problem::new(
            131_056,
            "Too many messages were sent from this number to the same user in a short period",
        ));
    }
    let window = customer.window_open(phone_id, now);
    let nth = customer.sends + 1;
    let mut luck = chance(world.settings.seed, &wa_id, nth);
    let mut weighed = Weighed {
        wa_id: wa_id.clone(),
        nth,
        category: "service",
        template: None,
        paced: false,
        shown: Filled::default(),
        later: None,
    };
    let verdict = match &outgoing.content {
        Content::Template { name, language, components } => {
            let template = templates.find(name, language).ok_or_else(|| templates::missing(name, language))?;
            template.check_sendable()?;
            weighed.category = category(&template.category);
            if marketing_only && weighed.category != "marketing" {
                return Err(Problem::new(131_055, "Only marketing templates can be sent here"));
            }
            if weighed.category == "authentication" && matches!(outgoing.to, Recipient::User(_)) {
                return Err(Problem::new(131_062, "Authentication templates need a phone number"));
            }
            weighed.template = Some(template.id);
            weighed.paced = template.paced;
            weighed.shown = fill::fill(&template.shape, components)?;
            record.parameters.clone_from(&weighed.shown.parameters);
            let marketing = weighed.category == "marketing";
            reachable(customer).and_then(|()| {
                if marketing {
                    welcome(customer, window, life.marketing_withheld, limits, now, &mut luck)
                } else {
                    Ok(())
                }
            })
        }
        Content::Free(_) if marketing_only => {
            return Err(Problem::new(131_055, "Only marketing templates can be sent here"));
        }
        Content::Free(free) => {
            weighed.shown = Filled { body: free.text.clone(), buttons: free.buttons.clone(), ..Filled::default() };
            reachable(customer).and_then(|()| if window { Ok(()) } else { Err(outside_window()) })
        }
    };
    let verdict = verdict.and_then(|()| {
        if window || people_today.admit(&wa_id, &limits.messaging_limit, now) {
            return Ok(());
        }
        Err(Problem::new(131_048, "The messaging limit for unique users in 24 hours is reached"))
    });
    customer.sends = nth;
    match verdict {
        Err(problem) if life.refused_later.contains(&problem.code) => weighed.later = Some(problem),
        Err(problem) => return Err(problem),
        Ok(()) => {}
    }
    Ok(weighed)
}

fn check_recipient(phone: &Phone, wa_id: &str) -> Result<(), Problem> {
    if *phone.digits == *wa_id {
        return Err(Problem::new(131_021, "Sender and recipient are the same phone number"));
    }
    if phone.allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|number| number == wa_id)) {
        return Err(Problem::new(131_030, "The recipient is not in the list of allowed numbers of this test number"));
    }
    Ok(())
}

fn reachable(customer: &Customer) -> Result<(), Problem> {
    if customer.on_whatsapp {
        return Ok(());
    }
    Err(Problem::new(131_026, "Message undeliverable"))
}

fn outside_window() -> Problem {
    let details =
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.";
    Problem::new(131_047, details)
}

/// Would Meta deliver marketing to this person now?
fn welcome(
    customer: &mut Customer,
    window: bool,
    withheld: f64,
    limits: &super::settings::Limits,
    now: Timestamp,
    luck: &mut SmallRng,
) -> Result<(), Problem> {
    if customer.stopped_marketing {
        return Err(Problem::new(131_050, "The user has stopped receiving marketing messages from this business"));
    }
    let blocked = limits.us_marketing_blocked && customer.in_united_states;
    if blocked || (!window && (!customer.admit_marketing(limits.marketing_per_day, now) || happens(withheld, luck))) {
        let details = "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.";
        return Err(Problem::new(131_049, details));
    }
    Ok(())
}

/// A draw that takes any number for a share.
pub fn happens(share: f64, luck: &mut SmallRng) -> bool {
    luck.random::<f64>() < share
}

fn category(word: &str) -> &'static str {
    match word {
        "MARKETING" => "marketing",
        "AUTHENTICATION" => "authentication",
        _ => "utility",
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
    let sent = Arc::new(Sent {
        sequence,
        wamid: wamid.clone(),
        phone: phone_id.clone(),
        digits: phone.digits.clone(),
        wa_id: weighed.wa_id.clone(),
        opaque,
        category: weighed.category,
        free: !is_template && phone.count_service(now),
        template: weighed.template,
        choices: weighed.shown.buttons.iter().filter(|choice| choice.payload.is_some()).cloned().collect(),
        nth: weighed.nth,
    });
    state.counters.accepted += 1;
    let contact = state.customers.get_mut(&weighed.wa_id).map(|customer| {
        let shown = weighed.shown;
        let bubble = Bubble {
            at: now,
            phone: phone_id.clone(),
            wamid: wamid.clone(),
            header: shown.header,
            text: shown.body,
            footer: shown.footer,
            buttons: shown.buttons,
            status: Some(Status::Accepted),
        };
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
