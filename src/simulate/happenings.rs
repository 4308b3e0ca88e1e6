//! What happens when its time has come: statuses, customers who write, reviews, pauses that end. Each changes the state
//! and tells the business by webhook.

use std::sync::Arc;

use super::acts::{self, Act};
use super::courier::Post;
use super::customers::{Status, chance};
use super::future::{plan, span};
use super::problem::Problem;
use super::scenario::Step;
use super::sends::Sent;
use super::state::{State, World};
use super::templates::review;
use super::templates::standing::Standing;
use super::webhooks::{Told, Update};
use super::weighing::happens;

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
    /// Something that a scenario has for this time; happens outside the lock.
    Step(Step),
    /// The same update once more.
    Again(Update),
    /// A webhook that was not answered with 200.
    Retry(Post),
}

pub fn happen(world: &World, state: &mut State, event: Event, updates: &mut Vec<Update>) {
    match event {
        Event::Status { sent, status } => status_changed(world, state, &sent, status, None, updates),
        Event::Failed { sent, problem } => {
            *state.counters.failed_by_code.entry(problem.code).or_default() += 1;
            status_changed(world, state, &sent, Status::Failed, Some(&problem), updates);
        }
        Event::Customer { wa_id, phone, act } => {
            let _ = acts::act(world, state, &wa_id, &phone, act, updates);
        }
        Event::Review { template } => review::happens(world, state, template, updates),
        Event::Unpause { template, pause } => {
            let now = world.clock.now();
            if let Some(template) = state.templates.get_mut(template)
                && template.status == Standing::Paused
                && template.pauses == pause
            {
                updates.push(review::unpause(template, now));
            }
        }
        Event::Step(_) => {}
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
    state.tally.status(sent, status, now);
    if status == Status::Delivered
        && let Some(template) = sent.template
    {
        review::delivered(world, state, template, updates);
    }
    let Some(customer) = state.customers.get_mut(&sent.wa_id) else { return };
    customer.mark(&sent.wamid, status);
    let mut luck = chance(world.settings.seed ^ 0xd1ce, &sent.wamid, status as u64);
    let checks = state.phones.get(&sent.phone).is_some_and(|phone| phone.identity_check);
    let told = Told { version: state.life.webhook_version, identity: checks };
    let update = Update::status(sent, customer, status, problem, told, now);
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
