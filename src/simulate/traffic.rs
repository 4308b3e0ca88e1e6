//! People who write by themselves: so many messages a minute, with answers that stop among them, in three scripts.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::SmallRng;
use serde::{Deserialize, Serialize};

use super::acts::Act;
use super::control::perform;
use super::customers::chance;
use super::future::{STOPS, pick};
use super::inbound::{Enclosure, Said};
use super::state::World;
use super::weighing::happens;

/// How often somebody writes, and what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traffic {
    /// Zero for silence.
    pub per_minute: f64,
    /// Texts that ask to stop, in any language.
    pub stops: f64,
    /// Texts in Chinese, among the others.
    pub chinese: f64,
    /// Enclosures instead of texts.
    pub pictures: f64,
    /// Reactions to the newest message, from people who have one.
    pub reactions: f64,
    /// Stopped and resumed marketing in WhatsApp itself.
    pub preferences: f64,
    /// How many different people write, beyond those the business has met.
    pub strangers: u32,
    /// Their numbers begin so; digits with the country code.
    pub numbers_begin: String,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            per_minute: 0.0,
            stops: 0.05,
            chinese: 0.5,
            pictures: 0.05,
            reactions: 0.05,
            preferences: 0.01,
            strangers: 200,
            numbers_begin: "8526".into(),
        }
    }
}

/// Without traffic, whether there is some is looked at so often.
const LOOKS_EVERY: Duration = Duration::from_millis(200);

const ENGLISH: [&str; 6] = [
    "Hello, are you open on Sunday?",
    "Can I return a teapot?",
    "Thanks!",
    "Do you deliver to Lamma?",
    "A table for two at seven, please.",
    "Where is my order A-17?",
];
const CHINESE: [&str; 6] = [
    "請問冬季烏龍還有貨嗎？",
    "你好，想訂兩位今晚七點",
    "几点关门？",
    "多謝",
    "请问可以送货吗？",
    "我的訂單到哪裡了？",
];

/// Lets people write for as long as the simulator lives. The pace is that of life, and may change meanwhile.
pub async fn run(world: &Arc<World>) {
    let mut owed = 0.0_f64;
    let (mut written, mut before) = (0_u64, world.clock.life());
    loop {
        let traffic = world.state().life.traffic.clone();
        let now = world.clock.life();
        let minutes = Duration::from_micros(now.saturating_sub(before)).as_secs_f64() / 60.0;
        before = now;
        // A clock that is moved forward by hand does not make everybody write at once.
        owed = (owed + minutes * traffic.per_minute.max(0.0)).min(traffic.per_minute.max(1.0));
        while owed >= 1.0 {
            owed -= 1.0;
            written += 1;
            write(world, &traffic, written);
        }
        let next = if traffic.per_minute > 0.0 {
            Duration::from_secs_f64((1.0 - owed) * 60.0 / traffic.per_minute).div_f64(world.settings.speed.max(1e-6))
        } else {
            LOOKS_EVERY
        };
        tokio::time::sleep(next.clamp(Duration::from_millis(1), LOOKS_EVERY)).await;
    }
}

fn write(world: &World, traffic: &Traffic, nth: u64) {
    let mut luck = chance(world.settings.seed, "traffic", nth);
    let Some((wa_id, phone, newest)) = somebody(world, traffic, &mut luck) else { return };
    let Some(act) = choose(traffic, newest, &mut luck) else { return };
    if let Err(why) = perform(world, &wa_id, &phone, act) {
        tracing::debug!(why, "a simulated customer could not write");
    }
}

/// Who writes, to which number, and the newest message on their screen.
fn somebody(world: &World, traffic: &Traffic, luck: &mut SmallRng) -> Option<(String, Arc<str>, Option<Arc<str>>)> {
    let state = world.state();
    let phone = state.phones.keys().nth(luck.random_range(0..state.phones.len().max(1)))?.clone();
    let met = u32::try_from(state.customers.len()).unwrap_or(u32::MAX);
    let at = luck.random_range(0..met.saturating_add(traffic.strangers).max(1));
    if at < met {
        let customer = state.customers.by_ordinal(usize::try_from(at).ok()? + 1)?;
        let newest = customer.screen.iter().rev().find(|bubble| bubble.sent.is_some() && bubble.phone == phone);
        return Some((customer.wa_id.to_string(), phone, newest.map(|bubble| bubble.wamid.clone())));
    }
    Some((format!("{}{:07}", traffic.numbers_begin, at - met), phone, None))
}

fn choose(traffic: &Traffic, newest: Option<Arc<str>>, luck: &mut SmallRng) -> Option<Act> {
    if happens(traffic.preferences, luck) {
        return Some(Act::Preference { stop: luck.random() });
    }
    if happens(traffic.stops, luck) {
        return Some(Act::text(pick(&STOPS, luck)?));
    }
    if happens(traffic.pictures, luck) {
        let enclosure = Enclosure::sample("image/jpeg", None);
        return Some(Act::Say { said: Said::Media(enclosure), reply_to: None });
    }
    if happens(traffic.reactions, luck)
        && let Some(wamid) = newest
    {
        return Some(Act::Say { said: Said::React { emoji: "👍".into(), wamid }, reply_to: None });
    }
    let said = if happens(traffic.chinese, luck) { &CHINESE } else { &ENGLISH };
    Some(Act::text(pick(said, luck)?))
}
