//! What becomes of an accepted message: drawn once, when it is accepted, and written into the agenda.

use std::sync::Arc;

use rand::RngExt;
use rand::rngs::SmallRng;

use super::acts::Act;
use super::customers::{Status, chance};
use super::happenings::Event;
use super::inbound::Said;
use super::problem::Problem;
use super::sends::{Reach, Sent};
use super::settings::Life;
use super::state::World;
use super::weighing::happens;

const ANSWERS: [&str; 6] = [
    "Thank you!",
    "好的，謝謝",
    "Is the branch in Central open on Sunday?",
    "谢谢",
    "Nice, I'll come by 🍵",
    "可以預訂嗎？",
];
pub const STOPS: [&str; 6] = ["STOP", "停止", "退訂", "退订", "Stop", "取消"];

/// Writes the statuses of a message into the agenda, and perhaps an answer.
pub fn plan(world: &World, life: &Life, sent: Arc<Sent>, refused: Option<Problem>) {
    // Another stream than the one that weighed the message, or both would draw the same numbers.
    let mut luck = chance(world.settings.seed ^ 0x5eed, &sent.wa_id, sent.nth);
    let add = |after: u64, event: Event| world.agenda.add(&world.clock, after, event);
    let status = |after: u64, status: Status| add(after, Event::Status { sent: sent.clone(), status });
    let at_sent = span(life.sent_ms, &mut luck);
    if let Some(problem) = refused {
        return add(at_sent, Event::Failed { sent, problem });
    }
    status(at_sent, Status::Sent);
    if sent.reach == Reach::Sent {
        return;
    }
    let at_delivered = at_sent + span(life.delivered_ms, &mut luck);
    let at_read = at_delivered + span(life.read_ms, &mut luck);
    if happens(life.failed_after_sent, &mut luck) {
        let problem = Problem::new(131_026, "Message undeliverable");
        return add(at_delivered, Event::Failed { sent, problem });
    }
    if happens(life.never_delivered, &mut luck) {
        return;
    }
    if happens(life.never_read, &mut luck) {
        return status(at_delivered, Status::Delivered);
    }
    if happens(life.read_without_delivered, &mut luck) {
        status(at_read, Status::Read);
    } else if happens(life.reordered, &mut luck) {
        status(at_delivered, Status::Read);
        status(at_read, Status::Delivered);
    } else {
        status(at_delivered, Status::Delivered);
        status(at_read, Status::Read);
    }
    if let Some(act) = answer(life, &sent, &mut luck) {
        let after = at_read + span(life.reply_ms, &mut luck);
        add(after, Event::Customer { wa_id: sent.wa_id.clone(), phone: sent.phone.clone(), act });
    }
}

fn answer(life: &Life, sent: &Sent, luck: &mut SmallRng) -> Option<Act> {
    let marketing = sent.category == "marketing";
    if marketing && happens(life.marketing_stops, luck) {
        return Some(Act::Preference { stop: true });
    }
    if marketing && happens(life.stops, luck) {
        return Some(Act::text(pick(&STOPS, luck)?));
    }
    if !happens(life.replies, luck) {
        return None;
    }
    let choice = sent.choices.get(luck.random_range(0..=sent.choices.len()));
    Some(match choice {
        Some(choice) => {
            let label = choice.label.clone();
            let payload = choice.payload.clone().unwrap_or_default();
            Act::Say { said: Said::Tap { label, payload, wamid: sent.wamid.clone() }, reply_to: None }
        }
        None => Act::Say { said: Said::text(pick(&ANSWERS, luck)?), reply_to: Some(sent.wamid.clone()) },
    })
}

/// Does somebody say that they want no more?
pub fn is_stop(text: &str) -> bool {
    STOPS.iter().any(|stop| stop.eq_ignore_ascii_case(text.trim()))
}

pub fn pick<'a>(list: &[&'a str], luck: &mut SmallRng) -> Option<&'a str> {
    list.get(luck.random_range(0..list.len())).copied()
}

/// A delay within a span, in milliseconds.
pub fn span((from, to): (u64, u64), luck: &mut SmallRng) -> u64 {
    luck.random_range(from..=to.max(from))
}
