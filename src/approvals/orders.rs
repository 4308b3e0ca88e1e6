//! Placing orders with another system: the order is written down first, the source is asked under the id of its request, and
//! how it answers settles it. Of an order that was asked for before, the source is asked whether it has it.

use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::orders::{Act, Standing};
use crate::domain::requests::{Failure, Status};
use crate::error::{Error, Result};
use crate::order_source::{Answer, Ask, Error as SourceError, OrderSource};
use crate::store::orders::{self, Due};
use crate::store::{Tx, audit, contacts, requests};
use crate::tools::Ctx;
use crate::tools::orders::create;
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;

/// Orders that one look takes.
const AT_ONCE: u32 = 8;
/// Longer than two calls can take.
const KEPT: Duration = Duration::from_mins(2);
/// The longest between two looks at an order that is not settled.
const LONGEST_REST: Duration = Duration::from_mins(10);

/// Asks about what is due. How many orders were taken.
pub async fn round(ctx: &Ctx) -> Result<usize> {
    let Some(source) = &ctx.orders.source else { return Ok(0) };
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let taken = orders::due(&mut tx, (now, now.after(KEPT)), AT_ONCE).await?;
    tx.commit().await?;
    let ended = join_all(taken.iter().map(|due| one(ctx, source, due))).await;
    ended.into_iter().find_map(Result::err).map_or(Ok(taken.len()), Err)
}

async fn one(ctx: &Ctx, source: &OrderSource, due: &Due) -> Result<()> {
    let answered = ask(ctx, source, due).await?;
    let now = ctx.clock.now();
    let (act, word) = match answered {
        Ok(Answer::Placed(id)) => (Act::Place(id), "order.placed"),
        Ok(Answer::Refused(why)) | Err(SourceError::Refused(why)) => (Act::Refuse(why), "order.refused"),
        Err(error @ (SourceError::NotSent(_) | SourceError::InDoubt(_))) => {
            tracing::warn!(order = %due.order.id, tries = due.tries + 1, %error, "an order is not placed yet; its source is asked again");
            let mut tx = ctx.db.begin().await?;
            orders::later(&mut tx, due.tenant, due.order.id, next_look(now, due.tries), &error.to_string()).await?;
            return Ok(tx.commit().await?);
        }
    };
    let mut tx = ctx.db.begin().await?;
    if orders::act(&mut tx, due.tenant, due.order.id, &act, now).await? {
        let details = match &act {
            Act::Place(id) => json!({"request": due.order.request, "source_id": id}),
            Act::Refuse(why) => json!({"request": due.order.request, "why": why}),
            Act::Cancel => json!({}),
        };
        let event = Event { actor: Actor::Worker, act: word, subject: due.order.id.to_string(), details };
        audit::append(&mut tx, due.tenant, now, event).await?;
        end(&mut tx, due, act, now).await?;
    }
    Ok(tx.commit().await?)
}

/// The request has come to its end with its order.
async fn end(tx: &mut Tx, due: &Due, act: Act, now: Timestamp) -> Result<()> {
    let (tenant, id) = (due.tenant, due.order.request);
    let (to, standing, failure) = match act {
        Act::Place(id) => (Status::Succeeded, Standing::Placed(id), None),
        Act::Refuse(why) => {
            let message = format!("NOT DONE. The order was not placed: {why}");
            let failure = Failure { code: "refused".to_owned(), message, finding: None };
            (Status::Failed, Standing::Refused(why), Some(failure))
        }
        Act::Cancel => return Ok(()),
    };
    let runs = requests::find(&mut *tx, tenant, id).await?.is_some_and(|it| it.status == Status::Executing);
    if !runs {
        return Ok(());
    }
    let result = create::result(&due.order, &standing);
    requests::settle(tx, tenant, id, Status::Executing, to, Some(&result), failure.as_ref(), now).await?;
    let why = failure.map(|failure| failure.message);
    let details = json!({"status": to, "result": result, "why": why});
    let event = Event { actor: Actor::Worker, act: "execution.finished", subject: id.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

/// What the source says of it. The first time nobody has asked for it yet; after that it may be there, whatever we know.
async fn ask(ctx: &Ctx, source: &OrderSource, due: &Due) -> Result<Result<Answer, SourceError>> {
    let order = &due.order;
    if due.tries > 0 {
        match source.order(due.tenant, order.request, ctx.clock.now()).await {
            Ok(None) => {}
            Ok(Some(answer)) => return Ok(Ok(answer)),
            // That the question was refused says nothing of the order.
            Err(SourceError::Refused(why)) => return Ok(Err(SourceError::InDoubt(why))),
            Err(error) => return Ok(Err(error)),
        }
    }
    let people = contacts::many(&ctx.db, due.tenant, &[order.contact]).await?;
    let Some(customer) = people.get(&order.contact).map(|person| person.id) else {
        return Ok(Err(SourceError::Refused("the customer is not known any more".to_owned())));
    };
    if let Some(why) = forbidden(ctx, due).await? {
        return Ok(Err(why));
    }
    let ask =
        Ask { business: due.tenant, key: order.request, customer, basket: &order.basket, note: order.note.as_deref() };
    Ok(source.create(&ask, ctx.clock.now()).await)
}

/// Why it is not asked for any more: the customer's number may have come into other hands, or the source says something else of
/// its products than what was signed. A source that is away says nothing, and is asked later.
async fn forbidden(ctx: &Ctx, due: &Due) -> Result<Option<SourceError>> {
    let (tenant, order) = (due.tenant, &due.order);
    if let Err(doubt) = contacts::reach(&ctx.db, tenant, order.contact).await?.may_send() {
        return Ok(Some(SourceError::Refused(doubt.to_string())));
    }
    match create::holds(ctx, tenant, &order.basket).await {
        Ok(Ok(())) => Ok(None),
        Ok(Err(problems)) => {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Ok(Some(SourceError::Refused(said.join("; "))))
        }
        Err(Error::Unavailable(why)) => Ok(Some(SourceError::NotSent(why))),
        Err(error) => Err(error),
    }
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
