//! Placing orders with another system: the order is written down first, the intent becomes durable, the source is asked under the id
//! of its request, and how it answers settles it. Once it was asked, only what it says of that id ends the order: it may have it,
//! whatever has changed since.

mod end;
pub mod stop;

use crate::domain::clock::Timestamp;
use crate::domain::orders::{Act, BETWEEN_LOOKS, Next, next};
use crate::error::{Error, Result};
use crate::order_source::{Answer, Ask, Error as SourceError, OrderSource};
use crate::store::contacts;
use crate::store::orders::placing::{self, Due, Later};
use crate::tools::Ctx;
use crate::tools::orders::create;
use futures::future::join_all;
use std::time::Duration;

/// Orders that one look takes.
const AT_ONCE: u32 = 8;
/// An order is kept from others for so long, and anew before it is asked for: longer than two looks at the source and all that
/// is asked about its products in between, and longer than the call that asks for it.
const KEPT: Duration = Duration::from_mins(3);
/// What the source may take to tell of all products of an order.
const HOLDS_WITHIN: Duration = Duration::from_mins(1);
/// The longest between two looks at an order that is not settled.
const LONGEST_REST: Duration = Duration::from_mins(10);

/// Asks about what is due. How many orders were taken.
pub async fn round(ctx: &Ctx) -> Result<usize> {
    let Some(source) = &ctx.orders.source else { return Ok(0) };
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let taken = placing::due(&mut tx, (now, now.after(KEPT)), AT_ONCE).await?;
    tx.commit().await?;
    let count = taken.len();
    let ended = join_all(taken.into_iter().map(|due| one(ctx, source, due))).await;
    ended.into_iter().find_map(Result::err).map_or(Ok(count), Err)
}

/// What came of a look at one.
enum Outcome {
    /// What the source says of it.
    Answered(Answer),
    /// It is not there and is not asked for any more, for this reason.
    Absent(String),
    /// It is looked at again.
    Later(Later),
    /// The same, and people should know of it now.
    InDoubt(Later),
    /// Others have it.
    Lost,
}

async fn one(ctx: &Ctx, source: &OrderSource, mut due: Due) -> Result<()> {
    match bring(ctx, source, &mut due).await? {
        Outcome::Answered(Answer::Placed(id)) => end::answered(ctx, &due, Act::Place(id)).await,
        Outcome::Answered(Answer::Refused(why)) => end::answered(ctx, &due, Act::Refuse(why)).await,
        Outcome::Absent(why) if due.waiting.stop.is_some() => end::absent(ctx, &due, Act::CallOff(why)).await,
        Outcome::Absent(why) => end::absent(ctx, &due, Act::Refuse(why)).await,
        Outcome::Later(later) => {
            let people = due.waiting.is_for_people(ctx.clock.now());
            end::later(ctx, &due, &later, people).await
        }
        Outcome::InDoubt(later) => end::later(ctx, &due, &later, true).await,
        Outcome::Lost => Ok(()),
    }
}

/// Looks for it if it may be there, and asks for it unless something speaks against that.
async fn bring(ctx: &Ctx, source: &OrderSource, due: &mut Due) -> Result<Outcome> {
    let waiting = due.waiting;
    if waiting.asked_at.is_some() {
        match look(ctx, source, due).await {
            Ok(Some(answer)) => return Ok(Outcome::Answered(answer)),
            Ok(None) => {}
            Err(error) => return Ok(Outcome::Later(again(ctx, due, &error))),
        }
    }
    match next(&waiting, false, ctx.clock.now()) {
        Next::Ask => {}
        Next::End => return Ok(Outcome::Absent(end::known(&waiting, true))),
        Next::LookAgain => return Ok(Outcome::Later(missed(ctx, due, "it was called off"))),
        Next::Rest => return Ok(Outcome::Later(rests(ctx, due))),
    }
    match forbidden(ctx, due).await? {
        None => ask(ctx, source, due).await,
        Some(Obstacle::Unknown(why)) => Ok(Outcome::Later(again(ctx, due, &SourceError::NotSent(why)))),
        Some(Obstacle::Forbids(why)) => against(ctx, source, due, &why).await,
    }
}

async fn look(ctx: &Ctx, source: &OrderSource, due: &Due) -> std::result::Result<Option<Answer>, SourceError> {
    source.order(due.tenant, due.order.request, ctx.clock.now()).await
}

/// It may not be asked for any more. What forbids it may be the order itself, which takes the last of a product: where it was
/// asked for, the source is looked at right then.
async fn against(ctx: &Ctx, source: &OrderSource, due: &Due, why: &str) -> Result<Outcome> {
    if due.waiting.asked_at.is_some() {
        match look(ctx, source, due).await {
            Ok(Some(answer)) => return Ok(Outcome::Answered(answer)),
            Ok(None) => {}
            Err(error) => {
                let later = again(ctx, due, &error);
                return Ok(Outcome::InDoubt(Later { why: format!("{why}; and of the order: {}", later.why), ..later }));
            }
        }
    }
    match next(&due.waiting, true, ctx.clock.now()) {
        Next::End => Ok(Outcome::Absent(why.to_owned())),
        _ => Ok(Outcome::Later(missed(ctx, due, why))),
    }
}

async fn ask(ctx: &Ctx, source: &OrderSource, due: &mut Due) -> Result<Outcome> {
    let order = &due.order;
    let people = contacts::many(&ctx.db, due.tenant, &[order.contact]).await?;
    let Some(customer) = people.get(&order.contact).map(|person| person.id) else {
        return against(ctx, source, due, "the customer is not known any more").await;
    };
    let now = ctx.clock.now();
    let until = now.after(KEPT);
    let mut tx = ctx.db.begin().await?;
    if !placing::ask(&mut tx, due, (now, until)).await? {
        tx.roll_back().await?;
        return Ok(Outcome::Lost);
    }
    tx.commit().await?;
    let first = due.waiting.asked_at.is_none();
    due.until = until;
    due.waiting.misses = 0;
    let order = &due.order;
    let ask =
        Ask { business: due.tenant, key: order.request, customer, basket: &order.basket, note: order.note.as_deref() };
    Ok(match source.create(&ask, now).await {
        Ok(answer) => Outcome::Answered(answer),
        Err(error) => {
            // It may be called off at once as long as nothing was ever asked of the source.
            let unasked = first && matches!(error, SourceError::NotSent(_));
            Outcome::Later(Later { unasked, ..again(ctx, due, &error) })
        }
    })
}

/// What speaks against asking for it.
enum Obstacle {
    /// It must not be.
    Forbids(String),
    /// A source that is away says nothing, and is asked later.
    Unknown(String),
}

/// Why it is not asked for: the customer's number may have come into other hands, or the source says something else of its
/// products than what was signed.
async fn forbidden(ctx: &Ctx, due: &Due) -> Result<Option<Obstacle>> {
    let (tenant, order) = (due.tenant, &due.order);
    if let Err(doubt) = contacts::reach(&ctx.db, tenant, order.contact).await?.may_send() {
        return Ok(Some(Obstacle::Forbids(doubt.to_string())));
    }
    let holds = tokio::time::timeout(HOLDS_WITHIN, create::holds(ctx, tenant, &order.basket)).await;
    match holds {
        Ok(Ok(Ok(()))) => Ok(None),
        Ok(Ok(Err(problems))) => {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Ok(Some(Obstacle::Forbids(said.join("; "))))
        }
        Ok(Err(Error::Unavailable(why))) => Ok(Some(Obstacle::Unknown(why))),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(Some(Obstacle::Unknown("the source takes too long to tell of its products".to_owned()))),
    }
}

/// Nothing was learned; how it stands is as it was.
fn again(ctx: &Ctx, due: &Due, error: &SourceError) -> Later {
    let misses = due.waiting.misses;
    Later { at: next_look(ctx.clock.now(), due.tries), why: error.to_string(), misses, unasked: false }
}

/// The source knows nothing of it, and is looked at once more.
fn missed(ctx: &Ctx, due: &Due, why: &str) -> Later {
    let misses = due.waiting.misses + 1;
    let why = format!("{why}; the source was asked for it before and is looked at again, so far in vain");
    Later { at: ctx.clock.now().after(BETWEEN_LOOKS), why, misses, unasked: false }
}

/// It has waited for so long, or may have been dealt with before the database was put back: people have to look.
fn rests(ctx: &Ctx, due: &Due) -> Later {
    let why = format!("{}; it is left to people, and not asked for again by itself", end::known(&due.waiting, true));
    Later { at: ctx.clock.now().after(LONGEST_REST), why, misses: 0, unasked: false }
}

/// Soon at first, and then less and less often.
fn next_look(now: Timestamp, tries: u32) -> Timestamp {
    now.after(Duration::from_secs(2_u64.saturating_pow(tries.min(20))).min(LONGEST_REST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_rarer_and_never_end() {
        let waits = [0, 1, 5, 9, 10, u32::MAX].map(|tries| next_look(Timestamp::from_seconds(0), tries).seconds());
        assert_eq!(waits, [1, 2, 32, 512, 600, 600]);
    }
}
