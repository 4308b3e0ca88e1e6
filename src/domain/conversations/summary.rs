//! What a team did in a time, from what happened to its threads: how many came and went, how long customers waited for an
//! answer, how long threads took, and whether what was promised was kept.

use super::{ConversationAct, Outcome};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ConversationId, PersonId};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Something that happened to a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Which thread.
    pub thread: ConversationId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: ConversationAct,
    /// Who of the team did it; none if it was the customer, automation or an agent.
    pub person: Option<PersonId>,
    /// To which queue the thread was given.
    pub queue: Option<String>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Since when the thread was open before that.
    pub open_since: Option<Timestamp>,
    /// When the business first said something after it that people or policy let out.
    pub answered_at: Option<Timestamp>,
}

/// How long something took, over several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Spread {
    /// How often it was measured.
    pub count: u64,
    /// Half of them took no longer, in seconds; null if there are none.
    pub median_seconds: Option<u64>,
    /// Nine of ten took no longer, in seconds.
    pub p90_seconds: Option<u64>,
}

impl Spread {
    /// Of these, in any order.
    #[must_use]
    pub fn of(mut spans: Vec<Duration>) -> Self {
        spans.sort_unstable();
        // The smallest value that so many in a hundred do not exceed.
        let at = |percent: usize| {
            let place = (spans.len() * percent).div_ceil(100).saturating_sub(1);
            spans.get(place).map(Duration::as_secs)
        };
        let count = u64::try_from(spans.len()).unwrap_or(u64::MAX);
        Self { count, median_seconds: at(50), p90_seconds: at(90) }
    }
}

/// How promises were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Promises {
    /// Answered in time.
    pub kept: u64,
    /// Answered too late, or not although the time is over.
    pub missed: u64,
    /// Not answered, and the time is not over.
    pub open: u64,
}

/// What happened to the threads of a queue, or of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Figures {
    /// Threads with customers who wrote for the first time.
    pub opened: u64,
    /// Threads that were closed and opened again by their customers.
    pub reopened: u64,
    /// Threads that were closed.
    pub closed: u64,
    /// What came of those.
    pub outcomes: BTreeMap<String, u64>,
    /// The share of those that were solved; null if none was closed.
    pub solved_share: Option<f64>,
    /// Hand-overs from automation to people.
    pub handed_over: u64,
    /// Threads given to a queue or a person by people.
    pub assigned: u64,
    /// Threads that had to be settled by somebody before they could be closed.
    pub escalated: u64,
    /// From the customer's opening message to the first answer that people or policy let out.
    pub first_answer: Spread,
    /// From opening to closing.
    pub handling: Spread,
    /// Whether hand-overs were answered within what their queue promises.
    pub promises: Promises,
}

/// What one person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doings {
    /// Threads that the person closed.
    pub closed: u64,
    /// Threads that the person took or gave to somebody.
    pub assigned: u64,
}

/// The figures of these happenings, which stand in the order of each thread. `due` says until when a thread that came to a queue
/// then should have been answered.
#[must_use]
pub fn figures<'a>(
    happenings: impl Iterator<Item = &'a Happening> + Clone,
    due: impl Fn(&str, Timestamp) -> Option<Timestamp>,
    now: Timestamp,
) -> Figures {
    let mut figures = Figures::default();
    let (mut answers, mut handled) = (Vec::new(), Vec::new());
    let mut rest = happenings;
    while let Some(it) = rest.next() {
        // What was said after the thread had been closed, or opened anew, answers something else.
        let ends = rest.clone().take_while(|next| next.thread == it.thread).find(|next| ends(next.act));
        let answered = it.answered_at.filter(|at| ends.is_none_or(|end| *at <= end.at));
        match it.act {
            ConversationAct::Opened | ConversationAct::Reopened => {
                let count = if it.act == ConversationAct::Opened { &mut figures.opened } else { &mut figures.reopened };
                *count += 1;
                answers.extend(answered.map(|at| at.since(it.at)));
            }
            ConversationAct::HandedOver => {
                figures.handed_over += 1;
                if let Some(due) = it.queue.as_deref().and_then(|queue| due(queue, it.at)) {
                    let promises = &mut figures.promises;
                    match answered {
                        Some(at) if at <= due => promises.kept += 1,
                        None if now <= due => promises.open += 1,
                        _ => promises.missed += 1,
                    }
                }
            }
            ConversationAct::Closed => {
                figures.closed += 1;
                let outcome = it.outcome.map_or("none", Outcome::as_str);
                *figures.outcomes.entry(outcome.to_owned()).or_default() += 1;
                handled.extend(it.open_since.map(|since| it.at.since(since)));
            }
            ConversationAct::Assigned => figures.assigned += 1,
            ConversationAct::Escalated => figures.escalated += 1,
            ConversationAct::Noted | ConversationAct::Settled => {}
        }
    }
    figures.first_answer = Spread::of(answers);
    figures.handling = Spread::of(handled);
    let solved = figures.outcomes.get(Outcome::Solved.as_str()).copied().unwrap_or_default();
    figures.solved_share = share(solved, figures.closed);
    figures
}

const fn ends(act: ConversationAct) -> bool {
    matches!(act, ConversationAct::Closed | ConversationAct::Reopened)
}

/// So much of the whole, to a thousandth; none of nothing.
#[must_use]
pub fn share(part: u64, whole: u64) -> Option<f64> {
    let thousandths = part.saturating_mul(1_000).checked_add(whole / 2)?.checked_div(whole)?;
    Some(f64::from(u32::try_from(thousandths).ok()?) / 1_000.0)
}

/// What single people did.
#[must_use]
pub fn doings<'a>(happenings: impl Iterator<Item = &'a Happening>) -> BTreeMap<PersonId, Doings> {
    let mut found: BTreeMap<PersonId, Doings> = BTreeMap::new();
    for it in happenings {
        let Some(person) = it.person else { continue };
        match it.act {
            ConversationAct::Closed => found.entry(person).or_default().closed += 1,
            ConversationAct::Assigned => found.entry(person).or_default().assigned += 1,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp::from_seconds(1_795_142_400).after(Duration::from_mins(minutes))
    }

    fn happening(thread: ConversationId, minutes: u64, act: ConversationAct) -> Happening {
        Happening {
            thread,
            at: at(minutes),
            act,
            person: None,
            queue: None,
            outcome: None,
            open_since: None,
            answered_at: None,
        }
    }

    #[test]
    fn an_answer_after_the_end_answers_something_else() {
        let thread = ConversationId::random();
        let opened = |answered: u64| {
            let opened = happening(thread, 0, ConversationAct::Opened);
            [Happening { answered_at: Some(at(answered)), ..opened }, happening(thread, 30, ConversationAct::Closed)]
        };
        let in_time = figures(opened(10).iter(), |_, _| None, at(99));
        assert_eq!(in_time.first_answer, Spread { count: 1, median_seconds: Some(600), p90_seconds: Some(600) });
        let after = figures(opened(40).iter(), |_, _| None, at(99));
        assert_eq!(after.first_answer, Spread::default());
        // Another thread's end is none of this one's.
        let other = [opened(40)[0].clone(), happening(ConversationId::random(), 30, ConversationAct::Closed)];
        assert_eq!(figures(other.iter(), |_, _| None, at(99)).first_answer.count, 1);
    }

    #[test]
    fn a_promise_is_kept_missed_or_open() {
        let thread = ConversationId::random();
        let handed = |answered: Option<u64>| Happening {
            queue: Some("sales".into()),
            answered_at: answered.map(at),
            ..happening(thread, 0, ConversationAct::HandedOver)
        };
        let due = |queue: &str, since: Timestamp| (queue == "sales").then(|| since.after(Duration::from_mins(30)));
        for (answered, now, kept, missed, open) in
            [(Some(30), 99, 1, 0, 0), (Some(31), 99, 0, 1, 0), (None, 31, 0, 1, 0), (None, 30, 0, 0, 1)]
        {
            let found = figures([handed(answered)].iter(), due, at(now));
            assert_eq!(found.promises, Promises { kept, missed, open }, "{answered:?} at {now}");
        }
        let elsewhere = Happening { queue: Some("support".into()), ..handed(None) };
        assert_eq!(figures([elsewhere].iter(), due, at(99)).promises, Promises::default(), "nothing was promised");
    }

    #[test]
    fn what_came_of_threads_is_counted_and_people_only_apart() {
        let (thread, person) = (ConversationId::random(), PersonId::random());
        let closed = |outcome: Outcome| Happening {
            person: Some(person),
            outcome: Some(outcome),
            open_since: Some(at(0)),
            ..happening(thread, 60, ConversationAct::Closed)
        };
        let all = [closed(Outcome::Solved), closed(Outcome::Solved), closed(Outcome::NoReply)];
        let found = figures(all.iter(), |_, _| None, at(99));
        assert_eq!((found.closed, found.solved_share), (3, Some(0.667)));
        assert_eq!(found.outcomes, BTreeMap::from([("solved".to_owned(), 2), ("no_reply".to_owned(), 1)]));
        assert_eq!(found.handling.median_seconds, Some(3_600));
        assert_eq!(doings(all.iter()), BTreeMap::from([(person, Doings { closed: 3, assigned: 0 })]));
        assert_eq!(share(0, 0), None);
    }

    proptest! {
        #[test]
        fn nine_of_ten_take_no_longer_and_half_no_longer_than_that(seconds in prop::collection::vec(0_u64..100_000, 1..200)) {
            let spread = Spread::of(seconds.iter().copied().map(Duration::from_secs).collect());
            let (median, p90) = (spread.median_seconds.unwrap(), spread.p90_seconds.unwrap());
            prop_assert!(median <= p90 && seconds.contains(&median) && seconds.contains(&p90));
            let within = |most: u64| seconds.iter().filter(|it| **it <= most).count();
            prop_assert!(within(median) * 2 >= seconds.len() && within(p90) * 10 >= seconds.len() * 9);
        }
    }
}
