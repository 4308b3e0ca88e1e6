//! Everybody the business has met, by number and by user id, and which of them wrote which message.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::customers::Customer;
use crate::domain::clock::Timestamp;

const NAMES: [&str; 16] = [
    "Ada L.",
    "陳大文",
    "Mei",
    "李秀英",
    "Tomás R.",
    "Grace H.",
    "黃志明",
    "Priya",
    "张伟",
    "Noor",
    "Ken W.",
    "林小美",
    "Olu A.",
    "Sofia",
    "周杰",
    "Hana",
];

/// Everybody the business has met.
#[derive(Default)]
pub struct Customers {
    by_wa_id: HashMap<Arc<str>, Customer>,
    by_user_id: HashMap<Arc<str>, Arc<str>>,
    order: Vec<Arc<str>>,
    /// Numbers that people gave up, and the ones they have now.
    moved: HashMap<Arc<str>, Arc<str>>,
    user_ids: u64,
}

/// User ids begin above this.
const FIRST_USER_ID: u64 = 1_349_000_000_000_000_000;

impl Customers {
    pub fn get(&self, wa_id: &str) -> Option<&Customer> {
        self.by_wa_id.get(self.now_of(wa_id))
    }

    pub fn get_mut(&mut self, wa_id: &str) -> Option<&mut Customer> {
        let Self { by_wa_id, moved, .. } = self;
        by_wa_id.get_mut(moved.get(wa_id).map_or(wa_id, |now| now))
    }

    /// The number that this person has now.
    fn now_of<'a>(&'a self, wa_id: &'a str) -> &'a str {
        self.moved.get(wa_id).map_or(wa_id, |now| now)
    }

    /// Moves a person to another number, with a new user id. The old number is on WhatsApp no more.
    pub fn change_number(&mut self, wa_id: &str, digits: &str) -> Option<&Customer> {
        if self.by_wa_id.contains_key(digits) {
            return None;
        }
        let mut customer = self.by_wa_id.remove(wa_id)?;
        let key: Arc<str> = digits.into();
        self.by_user_id.remove(&customer.user_id);
        self.user_ids += 1;
        customer.user_id = user_id(&customer.country, self.user_ids);
        self.by_user_id.insert(customer.user_id.clone(), key.clone());
        for place in self.order.iter_mut().filter(|place| ***place == *wa_id) {
            *place = key.clone();
        }
        for moved in self.moved.values_mut().filter(|moved| ***moved == *wa_id) {
            *moved = key.clone();
        }
        self.moved.insert(customer.wa_id.clone(), key.clone());
        self.moved.remove(&key);
        customer.wa_id = key.clone();
        customer.identity += 1;
        Some(self.by_wa_id.entry(key).or_insert(customer))
    }

    /// Has this number been given up?
    pub fn given_up(&self, wa_id: &str) -> bool {
        self.moved.contains_key(wa_id)
    }

    pub fn renew_user_id(&mut self, wa_id: &str) {
        let Self { by_wa_id, by_user_id, user_ids, .. } = self;
        if let Some(customer) = by_wa_id.get_mut(wa_id) {
            by_user_id.remove(&customer.user_id);
            *user_ids += 1;
            customer.user_id = user_id(&customer.country, *user_ids);
            by_user_id.insert(customer.user_id.clone(), customer.wa_id.clone());
        }
    }

    pub fn by_ordinal(&self, ordinal: usize) -> Option<&Customer> {
        self.get(self.order.get(ordinal.checked_sub(1)?)?)
    }

    pub fn wa_id_of(&self, user_id: &str) -> Option<Arc<str>> {
        self.by_user_id.get(user_id).cloned()
    }

    /// A number for somebody whose number nobody knows, in a range that is not given out.
    pub fn unlisted(&self, country: &str) -> Result<String, &'static str> {
        let region: Region = country.parse().map_err(|_| "country is two letters, such as HK")?;
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region).unwrap_or(852);
        let numbers = (1..).map(|count| format!("{code}000{count:05}"));
        let mut free = numbers.filter(|number| !self.by_wa_id.contains_key(number.as_str()));
        free.next().ok_or("there is no number left")
    }

    pub fn iter(&self) -> impl Iterator<Item = &Customer> {
        self.by_wa_id.values()
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// The person with this number, met now if never before.
    pub fn meet(&mut self, wa_id: &str, not_on_whatsapp: &[String], now: Timestamp) -> &mut Customer {
        let Self { by_wa_id, by_user_id, order, user_ids, moved } = self;
        let wa_id = moved.get(wa_id).map_or(wa_id, |now| now);
        by_wa_id.entry(wa_id.into()).or_insert_with_key(|key| {
            order.push(key.clone());
            let ordinal = order.len();
            // The only look at numbering plans, once in a customer's life: it is too slow for every send.
            let number = PHONE_NUMBER_UTIL.parse(format!("+{key}"), None).ok();
            let region = number.as_ref().and_then(|number| PHONE_NUMBER_UTIL.get_region_for_number(number));
            // A number that nobody was given still has a country code.
            let from = region.or_else(|| PHONE_NUMBER_UTIL.get_region_for_country_code(number?.country_code));
            let letters = from.map_or(*b"ZZ", |region| (region as u16).to_be_bytes());
            let country = std::str::from_utf8(&letters).unwrap_or("ZZ");
            *user_ids += 1;
            let user_id = user_id(country, *user_ids);
            by_user_id.insert(user_id.clone(), key.clone());
            let name = NAMES.iter().cycle().nth(ordinal % NAMES.len()).copied().unwrap_or_default();
            let mut customer = Customer::new(ordinal, key.clone(), user_id, country.into(), name, now);
            customer.on_whatsapp = !not_on_whatsapp.iter().any(|ending| key.ends_with(ending.as_str()));
            customer.in_united_states = region == Some(Region::US);
            customer
        })
    }
}

fn user_id(country: &str, count: u64) -> Arc<str> {
    format!("{country}.{}", FIRST_USER_ID + count).into()
}

/// Which customer wrote which message, as far as it is remembered.
#[derive(Default)]
pub struct Received {
    writers: HashMap<Arc<str>, Arc<str>>,
    order: VecDeque<Arc<str>>,
}

impl Received {
    pub fn note(&mut self, wamid: &Arc<str>, wa_id: &Arc<str>, keep: usize) {
        while self.order.len() >= keep.max(1)
            && let Some(oldest) = self.order.pop_front()
        {
            self.writers.remove(&oldest);
        }
        self.writers.insert(wamid.clone(), wa_id.clone());
        self.order.push_back(wamid.clone());
    }

    pub fn writer(&self, wamid: &str) -> Option<Arc<str>> {
        self.writers.get(wamid).cloned()
    }
}
