//! Stopping all that goes out from a number, or from a business, and letting it go on. It is one row, which whatever begins
//! anything looks at: replies and automation keep still and go on where they were; broadcasts stand still, each until the people
//! who agreed to it agree again.

use super::execute::{self, Halt, may_stop};
use super::recheck;
use crate::domain::audit::{Actor, Event, number_subject};
use crate::domain::business::stop::{StopReach, StoppedBy};
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::Desired;
use crate::domain::ids::TenantId;
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::people::Person;
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::graph::errors::FatalFor;
use crate::store::deliveries::Execution;
use crate::store::stops::{self, Put};
use crate::store::{Tx, audit, business, deliveries};
use crate::tools::Ctx;
use serde_json::{Value, json};

/// The longest reason, in characters.
pub const REASON_LENGTH: usize = 300;

/// How far a refusal of Meta's reaches beyond its message and what that is made of.
pub(super) fn reach_of(fatal_for: FatalFor, number: &str) -> Option<StopReach> {
    match fatal_for {
        FatalFor::Account => Some(StopReach::Business),
        FatalFor::Number => Some(StopReach::Number(number.to_owned())),
        FatalFor::Message | FatalFor::Recipient | FatalFor::Template => None,
    }
}

/// Puts a stop down in a transaction that there is anyway. `true` if people have not read of it.
pub(super) async fn put_in(
    tx: &mut Tx,
    tenant: TenantId,
    (reach, by): (&StopReach, StoppedBy),
    reason: &str,
    now: Timestamp,
) -> Result<bool> {
    let put = stops::put(tx, tenant, (reach, by), reason, now).await?;
    if put == Put::Known {
        return Ok(false);
    }
    // What a person writes is free text and may name people: it stands beside the stop, not in the log.
    let (actor, why) = match by {
        StoppedBy::Person(person) => (Actor::Person(person), Value::Null),
        StoppedBy::Meta => (Actor::Meta, json!(reason)),
        StoppedBy::Worker => (Actor::Worker, json!(reason)),
    };
    tell(tx, tenant, (actor, "sending.stopped"), reach, json!({"why": why, "stood": put == Put::Another}), now).await?;
    metrics::counter!("countersign_sending_stops_total").increment(1);
    tracing::error!(business = %tenant, %reason, "nothing more goes out until a person lets it go on");
    Ok(true)
}

async fn tell(
    tx: &mut Tx,
    tenant: TenantId,
    (actor, act): (Actor, &'static str),
    reach: &StopReach,
    details: Value,
    now: Timestamp,
) -> Result<()> {
    let subject = match reach {
        StopReach::Number(number) => number_subject(&ProviderId::new(number)),
        StopReach::Business => "account".to_owned(),
    };
    audit::append(tx, tenant, now, Event { actor, act, subject, details }).await?;
    Ok(())
}

/// Stops what Meta has told to stop, in the transaction that writes down what it told.
pub(super) async fn told_in(tx: &mut Tx, ctx: &Ctx, tenant: TenantId, reach: &StopReach, reason: &str) -> Result<()> {
    put_in(tx, tenant, (reach, StoppedBy::Meta), reason, ctx.clock.now()).await?;
    let halt = Halt { to: Desired::Pause, rule: "account", reason: reason.to_owned() };
    for execution in running(ctx, tenant, reach).await? {
        execute::halt_in(tx, ctx, &execution, &halt).await?;
    }
    Ok(())
}

async fn running(ctx: &Ctx, tenant: TenantId, reach: &StopReach) -> Result<Vec<Execution>> {
    let mut running = deliveries::unfinished(&ctx.db).await?;
    running.retain(|execution| execution.tenant == tenant && reach.covers(&execution.phone_number_id));
    Ok(running)
}

/// Lets the broadcasts stand still that a stop reaches, each in a transaction of its own. Whoever dies on the way leaves them to
/// the next look at their facts, which finds the stop.
pub(super) async fn halt_running(
    ctx: &Ctx,
    tenant: TenantId,
    reach: &StopReach,
    rule: &'static str,
    reason: &str,
) -> Result<()> {
    let halt = Halt { to: Desired::Pause, rule, reason: reason.to_owned() };
    for execution in running(ctx, tenant, reach).await? {
        execute::halt(ctx, &execution, &halt).await?;
    }
    Ok(())
}

/// The worker stops all that Meta would refuse as it has just refused one message.
pub(super) async fn met(ctx: &Ctx, tenant: TenantId, reach: &StopReach, reason: &str) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if put_in(&mut tx, tenant, (reach, StoppedBy::Worker), reason, ctx.clock.now()).await? {
        tx.commit_at(Step::Barred).await?;
    } else {
        tx.roll_back().await?;
    }
    halt_running(ctx, tenant, reach, "breaker", reason).await?;
    look_again(ctx, tenant).await;
    Ok(())
}

/// What waits for people reads of it at once.
async fn look_again(ctx: &Ctx, tenant: TenantId) {
    if let Err(error) = recheck::open(ctx, tenant).await {
        tracing::warn!(%error, "what waits is looked at again later");
    }
}

/// A person stops all of it, alone and at once. When this comes back, no further request begins anywhere.
pub async fn stop(ctx: &Ctx, tenant: TenantId, reach: &StopReach, reason: &str, person: &Person) -> Result<()> {
    may_stop(person)?;
    let reason = reason.trim();
    if !(1..=REASON_LENGTH).contains(&reason.chars().count()) {
        return Err(Error::Invalid(format!("reason: say in 1 to {REASON_LENGTH} characters why")));
    }
    let mut tx = ctx.db.begin().await?;
    known(&mut tx, tenant, reach).await?;
    if stops::all(&mut tx, tenant).await?.iter().any(|stop| stop.reach == *reach) {
        return Err(Error::Conflict("nothing goes out from there already; nothing was changed".to_owned()));
    }
    put_in(&mut tx, tenant, (reach, StoppedBy::Person(person.id)), reason, ctx.clock.now()).await?;
    tx.commit_at(Step::Barred).await?;
    halt_running(ctx, tenant, reach, "person", &format!("Stopped by {}.", person.name)).await?;
    look_again(ctx, tenant).await;
    Ok(())
}

/// A person lets it go on, having read the reason that was given then. `method` says how they have just proved who they are.
pub async fn lift(
    ctx: &Ctx,
    tenant: TenantId,
    reach: &StopReach,
    told_at: Timestamp,
    person: &Person,
    method: &str,
) -> Result<()> {
    may_stop(person)?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    if !stops::lift(&mut tx, tenant, reach, told_at).await? {
        return Err(Error::Conflict("this stop is gone, or has another reason by now; nothing was changed".to_owned()));
    }
    let details = json!({"role": person.role, "method": method});
    tell(&mut tx, tenant, (Actor::Person(person.id), "sending.resumed"), reach, details, now).await?;
    tx.commit_at(Step::Freed).await?;
    look_again(ctx, tenant).await;
    ctx.wake.replies();
    ctx.wake.requests();
    Ok(())
}

/// Only numbers of this business are stopped.
async fn known(tx: &mut Tx, tenant: TenantId, reach: &StopReach) -> Result<()> {
    let StopReach::Number(number) = reach else { return Ok(()) };
    let numbers = business::numbers(&mut *tx, tenant).await?;
    let there = numbers.iter().any(|it| it.id.for_meta() == number);
    if there { Ok(()) } else { Err(Error::not_found("phone number", Masked::new(ProviderId::new(number)))) }
}
