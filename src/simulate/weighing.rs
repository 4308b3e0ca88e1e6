//! What Meta checks before it takes a message: the account, the number, the recipient, the window and the limits.

use std::sync::Arc;

use rand::RngExt;
use rand::rngs::SmallRng;

use super::business::Weight;
use super::customers::{Customer, chance};
use super::fill::{self, Filled};
use super::log::Record;
use super::media::Medium;
use super::messages::{Content, Outgoing, Recipient};
use super::phones::Phone;
use super::problem::Problem;
use super::sends::Reach;
use super::settings::Limits;
use super::state::{State, World};
use super::templates;
use crate::domain::clock::Timestamp;

/// A message that passed the checks which Meta makes at once.
pub struct Weighed {
    pub wa_id: Arc<str>,
    pub nth: u64,
    pub category: &'static str,
    pub template: Option<u64>,
    pub paced: bool,
    pub shown: Filled,
    /// A refusal that comes by webhook.
    pub later: Option<Problem>,
    pub reach: Reach,
    pub direct: bool,
}

pub fn weigh(
    world: &World,
    state: &mut State,
    phone_id: &Arc<str>,
    outgoing: &Outgoing,
    marketing_only: bool,
    now: Timestamp,
    record: &mut Record,
) -> Result<Weighed, Problem> {
    let State { phones, templates, customers, people_today, life, limits, account, media, .. } = state;
    account.admit()?;
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
    let given_up = customers.given_up(&wa_id) && matches!(outgoing.to, Recipient::Number { .. });
    let customer = customers.meet(&wa_id, &life.not_on_whatsapp, now);
    let wa_id = customer.wa_id.clone();
    record.to = wa_id.clone();
    if phone.blocked.contains(&wa_id) {
        return Err(Problem::new(130_403, "The business has blocked this user"));
    }
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
        reach: if customer.blocks_business { Reach::Sent } else { Reach::Whole },
        direct: outgoing.direct.is_some(),
    };
    let here = || if given_up { Err(Problem::bare(131_026)) } else { reachable(customer) };
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
            if marketing && account.marketing_disabled && !marketing_only {
                return Err(Problem::new(131_063, "Send marketing templates by marketing_messages"));
            }
            here().and_then(|()| {
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
            weighed.shown = Filled {
                header: free.header.clone(),
                footer: free.footer.clone(),
                body: free.text.clone(),
                buttons: free.buttons.clone(),
                media: free.media.clone(),
                ..Filled::default()
            };
            if free.kind == "reaction" {
                weighed.reach = Reach::Sent;
            }
            weighed.category = outgoing.direct.unwrap_or("service");
            here().and_then(|()| if window || weighed.direct { Ok(()) } else { Err(outside_window()) })
        }
    };
    account.allow(Weight { category: weighed.category, window, direct: weighed.direct }, now)?;
    if let Some(attachment) = &weighed.shown.media {
        record.media = attachment.check(media, phone_id, now)?.map(Medium::in_log);
    }
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
        // Meta fetches links after it has answered.
        Ok(()) if outgoing.identity.as_ref().is_some_and(|given| *given != customer.identity_hash()) => {
            weighed.later = Some(Problem::new(137_000, "The person behind this number is not the one who was meant"));
        }
        Ok(()) => weighed.later = weighed.shown.media.as_ref().and_then(|file| file.check_link().err()),
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
    limits: &Limits,
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
