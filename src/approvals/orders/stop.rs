//! Calling off an order that waits for another system. What that was never asked for ends at once; what it may have is looked for
//! there first, and if it is silent a person ends it who has asked over there.

use super::end;
use crate::approvals::execute::may_stop;
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::orders::{Act, Order, STOP_PATIENCE, Standing, Stop};
use crate::domain::people::Person;
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::orders::placing;
use crate::store::{Source, audit, orders};
use crate::tools::Ctx;
use serde_json::json;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It has ended.
    AtOnce,
    /// The source may have it, and is looked at.
    Looked,
}

async fn order(source: impl Into<Source<'_>>, tenant: TenantId, id: RequestId) -> Result<Order> {
    let order = orders::of_request(source, tenant, id).await?;
    order.ok_or_else(|| Error::not_found("order", id))
}

fn over() -> Error {
    Error::Conflict("this order does not wait any more, or was called off before; nothing was changed".into())
}

/// A person calls the order of a request off, alone. The statement that asks the source for it and this one meet at its row: one of
/// them finds what the other did.
pub async fn stop(ctx: &Ctx, tenant: TenantId, id: RequestId, person: &Person) -> Result<Stopped> {
    may_stop(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let order = order(&mut tx, tenant, id).await?;
    let wish = Stop { at: now, by: person.id };
    let stopped = placing::stop(&mut tx, tenant, order.id, wish, now.after(STOP_PATIENCE)).await?;
    let waiting = stopped.ok_or_else(over)?;
    let actor = Actor::Person(person.id);
    let done = if waiting.asked_at.is_none() {
        end::end(&mut tx, &actor, tenant, &order, Act::CallOff(end::known(&waiting, false)), now).await?;
        Stopped::AtOnce
    } else {
        let details = json!({"order": order.id});
        let event = Event { actor, act: "order.stop_asked", subject: id.to_string(), details };
        audit::append(&mut tx, tenant, now, event).await?;
        Stopped::Looked
    };
    tx.commit_at(Step::Stopped).await?;
    Ok(done)
}

/// A person ends an order that was called off, and of which the source does not say whether it has it: nobody looks for it from
/// then on but people.
pub async fn close(ctx: &Ctx, tenant: TenantId, id: RequestId, person: &Person) -> Result<()> {
    may_stop(person)?;
    let now = ctx.clock.now();
    let order = order(&ctx.db, tenant, id).await?;
    let waits = placing::waits(&ctx.db, tenant, order.id).await?;
    let waiting = waits.map(|it| it.waiting).filter(|it| it.may_be_closed(now)).ok_or_else(over)?;
    let mut tx = ctx.db.begin().await?;
    let act = Act::CallOff(format!("{}, and a person ended it all the same", end::known(&waiting, false)));
    if order.standing != Standing::Placing
        || !end::end(&mut tx, &Actor::Person(person.id), tenant, &order, act, now).await?
    {
        tx.roll_back().await?;
        return Err(over());
    }
    tx.commit_at(Step::Stopped).await?;
    Ok(())
}
