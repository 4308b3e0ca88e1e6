//! The end of an order that waited for another system, and of its request with it; or that people are told of it.

use crate::approvals::replies::doubts::to_tell;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::mails::MailKind;
use crate::domain::orders::{Act, LOOKS, Order, Standing, Waiting};
use crate::domain::requests::{Failure, Status};
use crate::error::Result;
use crate::store::orders::placing::{self, Due, Later};
use crate::store::{Tx, audit, orders, outbox, requests};
use crate::tools::Ctx;
use crate::tools::orders::create;
use serde_json::json;

/// What is known of it at the source, where that has not said that it has it. `looked`: it has said that it knows nothing of it.
pub(super) fn known(waiting: &Waiting, looked: bool) -> String {
    match (waiting.asked_at, looked) {
        (None, _) => "the source was never asked for it".to_owned(),
        (Some(_), true) if waiting.misses + 1 >= LOOKS => format!("the source knew nothing of it at {LOOKS} looks"),
        (Some(_), true) => "the source was asked for it and knows nothing of it".to_owned(),
        (Some(_), false) => "the source was asked for it and has not said whether it has it".to_owned(),
    }
}

/// The source has said what it is: that is welcome whoever has the order by now.
pub(super) async fn answered(ctx: &Ctx, due: &Due, act: Act) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    end(&mut tx, &Actor::Worker, due.tenant, &due.order, act, ctx.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// It ends by our own judgement: only whoever has it may.
pub(super) async fn absent(ctx: &Ctx, due: &Due, act: Act) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if !placing::hold(&mut tx, due).await? {
        return Ok(tx.roll_back().await?);
    }
    end(&mut tx, &Actor::Worker, due.tenant, &due.order, act, ctx.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// It is looked at again; `people`: and they have to look as well.
pub(super) async fn later(ctx: &Ctx, due: &Due, later: &Later, people: bool) -> Result<()> {
    let (tenant, id) = (due.tenant, due.order.request);
    tracing::warn!(order = %due.order.id, tries = due.tries + 1, why = later.why, "an order is not placed yet; it is looked at again");
    let request = requests::find(&ctx.db, tenant, id).await?.filter(|it| people && it.status == Status::Executing);
    let tell = match &request {
        Some(request) => to_tell(ctx, request).await?,
        None => Vec::new(),
    };
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    if !placing::later(&mut tx, due, later).await? {
        return Ok(tx.roll_back().await?);
    }
    if request.is_some() {
        requests::set_status(&mut tx, tenant, id, Status::Executing, Status::NeedsAttention, now).await?;
        let details = json!({"order": due.order.id, "why": later.why});
        let event = Event { actor: Actor::Worker, act: "execution.in_doubt", subject: id.to_string(), details };
        audit::append(&mut tx, tenant, now, event).await?;
        outbox::enqueue(&mut tx, tenant, MailKind::BroadcastPaused, id, &tell, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Lets it end, and its request with it; `false` if it had ended before.
pub(super) async fn end(
    tx: &mut Tx,
    actor: &Actor,
    tenant: TenantId,
    order: &Order,
    act: Act,
    now: Timestamp,
) -> Result<bool> {
    if !orders::act(&mut *tx, tenant, order.id, &act, now).await? {
        return Ok(false);
    }
    let (word, details) = match &act {
        Act::Place(id) => ("order.placed", json!({"request": order.request, "source_id": id})),
        Act::Refuse(why) => ("order.refused", json!({"request": order.request, "why": why})),
        Act::CallOff(why) => ("order.called_off", json!({"request": order.request, "why": why})),
    };
    let event = Event { actor: actor.clone(), act: word, subject: order.id.to_string(), details };
    audit::append(&mut *tx, tenant, now, event).await?;
    let (to, standing, failure) = match act {
        Act::Place(id) => (Status::Succeeded, Standing::Placed(id), None),
        Act::Refuse(why) => {
            let message = format!("NOT DONE. The order was not placed: {why}");
            let failure = Failure { code: "refused".to_owned(), message, finding: None };
            (Status::Failed, Standing::Refused(why), Some(failure))
        }
        Act::CallOff(why) => {
            let message = format!("STOPPED. A person called the order off: {why}. Ask your user before you ask again.");
            let failure = Failure { code: "stopped".to_owned(), message, finding: None };
            (Status::Cancelled, Standing::Cancelled(why), Some(failure))
        }
    };
    let id = order.request;
    let Some(from) = requests::find(&mut *tx, tenant, id).await?.map(|it| it.status).filter(|it| it.is_running())
    else {
        return Ok(true);
    };
    let result = create::result(order, &standing);
    requests::settle(tx, tenant, id, from, to, Some(&result), failure.as_ref(), now).await?;
    let why = failure.map(|failure| failure.message);
    let details = json!({"status": to, "result": result, "why": why});
    let act = if matches!(actor, Actor::Person(_)) { "execution.stopped" } else { "execution.finished" };
    let event = Event { actor: actor.clone(), act, subject: id.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    Ok(true)
}
