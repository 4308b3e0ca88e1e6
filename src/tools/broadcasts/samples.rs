//! Who is shown by name of example: the extremes, and some drawn from the seal so that anybody can draw the same again.
//! What belongs to a person is masked.

use super::audience::{Frozen, Receiver};
use super::resolve::Resolved;
use crate::domain::canonical::{Digest, sha256};
use crate::domain::compose::{Filled, Form, Own};
use crate::domain::contacts::ContactNo;
use crate::domain::ids::TenantId;
use crate::domain::masked::{CustomerName, Mask};
use crate::domain::phone::{Market, PhoneNumber};
use crate::domain::preview::Sample;
use crate::error::Result;
use crate::store::{self, Db};
use std::collections::{BTreeMap, HashMap};

/// How many people are shown.
const SHOWN: usize = 10;

/// What is known of those who are shown.
pub struct Examples {
    /// The people for the list.
    pub samples: Vec<Sample>,
    /// For each language, the message of its first receiver.
    pub by_form: BTreeMap<usize, Filled>,
}

struct Looked {
    name: String,
    phone: String,
    filled: Filled,
}

/// Chooses them and looks them up.
pub async fn examples(db: &Db, tenant: TenantId, plan: &Resolved, frozen: &Frozen, root: Digest) -> Result<Examples> {
    let chosen = choose(&frozen.receivers, root);
    let mut firsts: BTreeMap<usize, &Receiver> = BTreeMap::new();
    for receiver in &frozen.receivers {
        firsts.entry(receiver.form).or_insert(receiver);
        if firsts.len() == plan.composer.forms().len() {
            break;
        }
    }
    let wanted: HashMap<ContactNo, usize> =
        chosen.iter().map(|(_, r)| *r).chain(firsts.values().copied()).map(|r| (r.no, r.form)).collect();
    let mut looked: HashMap<ContactNo, Looked> = HashMap::new();
    store::candidates::some(db, tenant, plan.category, wanted.keys().copied(), |who| {
        let form = wanted.get(&who.no).and_then(|at| plan.composer.forms().get(*at));
        let own = who.own.map_or_else(Own::default, |own| Own { name: own.name, attributes: own.attributes });
        if let Some(filled) = form.and_then(|form| form.fill(own)) {
            let phone = who.own.and_then(|own| own.phone).map_or_else(String::new, |phone| {
                let market = who.market.and_then(|m| m.parse().ok()).unwrap_or(Market::UNKNOWN);
                PhoneNumber::stored(phone.to_owned(), market).mask()
            });
            looked.insert(who.no, Looked { name: CustomerName::new(own.name).mask(), phone, filled });
        }
        Ok(())
    })
    .await?;
    let samples = chosen
        .into_iter()
        .filter_map(|(why, receiver)| {
            let Looked { name, phone, filled } = looked.get(&receiver.no)?;
            Some(sample(why, receiver, plan.composer.forms().get(receiver.form)?, name, phone, filled))
        })
        .collect();
    let by_form = firsts
        .into_iter()
        .filter_map(|(form, receiver)| Some((form, looked.get(&receiver.no)?.filled.clone())))
        .collect();
    Ok(Examples { samples, by_form })
}

fn sample(why: &str, receiver: &Receiver, form: &Form, name: &str, phone: &str, filled: &Filled) -> Sample {
    Sample {
        why: why.to_owned(),
        phone: phone.to_owned(),
        name: name.to_owned(),
        language: form.language.clone(),
        text: form.content.render(&form.masked(filled)).body,
        consent_at: receiver.consent.map(|consent| consent.given_at),
        consent_source: receiver.consent.map(|consent| consent.source),
    }
}

/// The extremes by name, then as many as are missing, drawn from the root: the n-th is the person at the place that the
/// hash of root and n names.
fn choose(receivers: &[Receiver], root: Digest) -> Vec<(&'static str, &Receiver)> {
    let mut chosen: Vec<(&'static str, &Receiver)> = Vec::new();
    let extremes = [
        ("longest_text", receivers.iter().max_by_key(|r| (r.length, std::cmp::Reverse(r.no)))),
        ("shortest_text", receivers.iter().min_by_key(|r| (r.length, r.no))),
        (
            "most_defaults",
            receivers
                .iter()
                .filter(|r| r.defaulted != 0)
                .max_by_key(|r| (r.defaulted.count_ones(), std::cmp::Reverse(r.no))),
        ),
        (
            "oldest_consent",
            receivers.iter().filter(|r| r.consent.is_some()).min_by_key(|r| (r.consent.map(|c| c.given_at), r.no)),
        ),
    ];
    for (why, receiver) in extremes {
        let Some(receiver) = receiver else { continue };
        if chosen.iter().all(|(_, known)| known.no != receiver.no) {
            chosen.push((why, receiver));
        }
    }
    let most = SHOWN.min(receivers.len());
    let mut draw = 0_u32;
    // Draws that hit somebody a second time are passed over; in a small audience that happens often.
    while chosen.len() < most && draw < 10_000 {
        if let Some(receiver) = drawn(receivers, root, draw)
            && chosen.iter().all(|(_, known)| known.no != receiver.no)
        {
            chosen.push(("drawn", receiver));
        }
        draw += 1;
    }
    chosen
}

fn drawn(receivers: &[Receiver], root: Digest, draw: u32) -> Option<&Receiver> {
    let seed = [root.bytes().as_slice(), &draw.to_be_bytes()].concat();
    let hash = sha256(&seed);
    let number = u64::from_be_bytes(*hash.first_chunk()?);
    let place = number.checked_rem(u64::try_from(receivers.len()).ok()?)?;
    receivers.get(usize::try_from(place).ok()?)
}
