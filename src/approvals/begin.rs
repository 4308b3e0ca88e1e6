//! The beginning of the carrying-out: an approved request is claimed, once, and what it needs is made in the same
//! transaction. And the other end of waiting: what nobody decided or began in time.

use super::submit::schema_of;
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::broadcasts::{BroadcastPlan, BroadcastState};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ExecutionId, RequestId, TenantId};
use crate::domain::orders::Standing;
use crate::domain::preview::Finding;
use crate::domain::requests::{Accepted, ActionRequest, Failure, Status};
use crate::domain::trace::TraceParent;
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::deliveries::{self, NewExecution};
use crate::store::{self, Tx, audit, broadcasts, requests};
use crate::tools::contacts::import::write::Went;
use crate::tools::{self, Ctx, Outcome};
use serde_json::{Value, json};

/// Requests that are ended in one look.
const LAPSED_AT_ONCE: u32 = 100;

/// Claims an approved request and begins it. Nothing happens if another daemon was faster.
pub async fn begin(ctx: &Ctx, tenant: TenantId, id: RequestId) -> Result<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let mut unknown = None;
    let schema = |tool: &str| schema_of(tool).map_err(|error| unknown = Some(error)).ok();
    let claim = match requests::claim(&mut tx, tenant, id, schema, now).await {
        Ok(Some(claim)) => claim,
        Ok(None) => return unknown.map_or(Ok(()), Err),
        Err(e @ store::Error::Altered { .. }) => {
            drop(tx);
            return refuse(ctx, tenant, id, &e).await;
        }
        Err(e) => return Err(e.into()),
    };
    let digest = claim.payload.digest();
    // The caller's trace ended long ago; whoever follows it from there finds this line by its id.
    let trace_id = claim.request.trace.as_ref().map(TraceParent::trace_id);
    tracing::info!(request = %id, tool = claim.request.tool, trace_id, "begun");
    match claim.payload.into_action() {
        Action::BroadcastCreate(draft) => {
            tools::broadcasts::create(&mut tx, tenant, id, &draft, now).await?;
            let result = json!({"broadcast_id": draft.broadcast, "recipients": draft.audience.count});
            end(&mut tx, tenant, id, Outcome::Done(result), now).await?;
        }
        Action::ContactImport(plan) => {
            match tools::contacts::import::write::start(&mut tx, tenant, &plan, now).await? {
                Went::Ended(outcome) => end(&mut tx, tenant, id, outcome, now).await?,
                Went::On | Went::Halted(_) | Went::Elsewhere => {
                    let details = json!({"import": plan.import, "rows": plan.rows, "digest": digest});
                    tell(&mut tx, tenant, id, "execution.started", details, now).await?;
                }
            }
        }
        Action::SegmentUpsert(plan) => {
            let outcome = tools::segments::upsert::store(&mut tx, tenant, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::ContactUpsert(plan) => {
            let outcome = tools::contacts::upsert::write(&mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::ConsentUpdate(plan) => {
            let outcome = tools::consent::update::write(&mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::TagApply(plan) => {
            let outcome = tools::contacts::tag::write(ctx, &mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::ConversationAssign(plan) => {
            let outcome = tools::desk::assign::write(ctx, &mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::ConversationClose(plan) => {
            let outcome = tools::desk::close::write(ctx, &mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::SessionMessageSend(plan) => {
            match tools::messages::send::start(&mut tx, tenant, id, &plan, now).await? {
                Ok(reply) => {
                    let details = json!({"reply": reply, "digest": digest});
                    tell(&mut tx, tenant, id, "execution.started", details, now).await?;
                }
                Err(finding) => end(&mut tx, tenant, id, Outcome::Void(finding), now).await?,
            }
        }
        Action::WebhookRetry(plan) => match tools::webhooks::retry::start(ctx, &mut tx, tenant, &plan).await? {
            Ok(()) => {
                let ids: Vec<i64> = plan.posts.iter().map(|it| it.post).collect();
                tell(&mut tx, tenant, id, "execution.started", json!({"posts": ids, "digest": digest}), now).await?;
            }
            Err(finding) => end(&mut tx, tenant, id, Outcome::Void(finding), now).await?,
        },
        Action::OrderCreate(plan) => {
            let accepted = accepted(&mut tx, &claim.request).await?;
            match tools::orders::create::start(ctx, &mut tx, tenant, id, &plan, &accepted, now).await? {
                Ok(order) if order.standing == Standing::Placing => {
                    let details = json!({"order": order.id, "digest": digest});
                    tell(&mut tx, tenant, id, "execution.started", details, now).await?;
                }
                Ok(order) => {
                    let result = tools::orders::create::result(&order, &order.standing);
                    end(&mut tx, tenant, id, Outcome::Done(result), now).await?;
                }
                Err(finding) => end(&mut tx, tenant, id, Outcome::Void(finding), now).await?,
            }
        }
        Action::PaymentLinkSend(plan) => {
            let accepted = accepted(&mut tx, &claim.request).await?;
            match tools::orders::pay::start(ctx, &mut tx, tenant, id, &plan, &accepted, now).await? {
                Ok(link) => {
                    let details = json!({"order": link.order, "payment_link": link.id, "digest": digest});
                    tell(&mut tx, tenant, id, "execution.started", details, now).await?;
                }
                Err(finding) => end(&mut tx, tenant, id, Outcome::Void(finding), now).await?,
            }
        }
        Action::AutomationChange(plan) => {
            let outcome = tools::automation::write(ctx, &mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::TemplateDraftUpsert(plan) => {
            let outcome = tools::templates::draft::store(&mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::MediaAssetUpload(plan) => {
            let outcome = tools::media::upload::write(&mut tx, tenant, id, &plan, now).await?;
            end(&mut tx, tenant, id, outcome, now).await?;
        }
        Action::TemplateSubmit(plan) => match tools::templates::submit::start(&mut tx, tenant, id, &plan, now).await? {
            Ok(()) => {
                let languages: Vec<&str> = plan.items.iter().map(|it| it.draft.language.as_str()).collect();
                let details = json!({"template": plan.name, "languages": languages, "digest": digest});
                tell(&mut tx, tenant, id, "execution.started", details, now).await?;
            }
            Err(finding) => end(&mut tx, tenant, id, Outcome::Void(finding), now).await?,
        },
        Action::BroadcastSchedule(plan) => {
            let execution = start(&mut tx, tenant, id, &plan, now).await?;
            let details = json!({"execution": execution, "digest": digest, "people": plan.audience.count});
            tell(&mut tx, tenant, id, "execution.started", details, now).await?;
        }
    }
    tx.commit_at(Step::Claimed).await?;
    ctx.wake.requests();
    ctx.wake.replies();
    ctx.wake.posts();
    ctx.wake.templates();
    ctx.wake.imports();
    Ok(())
}

/// The warnings that whoever signed it knew of.
async fn accepted(tx: &mut Tx, request: &ActionRequest) -> Result<Accepted> {
    let signatures = requests::signatures(tx, request.tenant, request.id).await?;
    let taken_on = signatures.into_iter().flat_map(|signature| signature.accepted).collect();
    Ok(Accepted::of(&request.preview.findings, taken_on))
}

/// What touches nothing but our own rows has ended when it begins.
pub(super) async fn end(tx: &mut Tx, tenant: TenantId, id: RequestId, outcome: Outcome, now: Timestamp) -> Result<()> {
    let (to, result, failure) = match outcome {
        Outcome::Done(result) => (Status::Succeeded, Some(result), None),
        Outcome::Partly(result) => (Status::PartiallySucceeded, Some(result), None),
        Outcome::Void(finding) => {
            let message = format!("NOT DONE. {}", finding.message);
            (Status::Stale, None, Some(Failure { code: "stale".to_owned(), message, finding: Some(finding) }))
        }
    };
    requests::settle(tx, tenant, id, Status::Executing, to, result.as_ref(), failure.as_ref(), now).await?;
    let why = failure.map(|failure| failure.message);
    let details = json!({"status": to, "result": result, "why": why});
    tell(tx, tenant, id, "execution.finished", details, now).await
}

async fn start(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &BroadcastPlan,
    now: Timestamp,
) -> Result<ExecutionId> {
    let id = ExecutionId::random();
    let new = NewExecution {
        id,
        request,
        phone_number_id: &plan.phone_number_id,
        category: plan.category,
        total: u32::try_from(plan.audience.count).map_err(Error::internal)?,
        batch_size: plan.schedule.batch_size,
        per_second: plan.schedule.per_second,
    };
    deliveries::add(tx, tenant, &new, now).await?;
    deliveries::follow(tx, tenant, request, BroadcastState::Running).await?;
    Ok(id)
}

async fn tell(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    act: &'static str,
    details: Value,
    now: Timestamp,
) -> Result<()> {
    let event = Event { actor: Actor::Worker, act, subject: request.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

/// What is stored is not what was signed: somebody changed the row, or this program means something else by the tool than
/// the one that people signed under. Nothing is carried out.
async fn refuse(ctx: &Ctx, tenant: TenantId, id: RequestId, why: &store::Error) -> Result<()> {
    tracing::error!(request = %id, error = %why, "a request is not what was signed; it is not carried out");
    let mut tx = ctx.db.begin().await?;
    let message = "NOT DONE. What is stored is not what was signed. Preview it again.";
    if void_in(&mut tx, ctx, tenant, id, "digest", message, None).await? {
        tx.commit_at(Step::Voided).await?;
    }
    Ok(())
}

/// Ends a request that waits for people or is approved, and must not be carried out any more. `false` if another daemon, or a
/// person, was faster.
pub(super) async fn void_in(
    tx: &mut Tx,
    ctx: &Ctx,
    tenant: TenantId,
    id: RequestId,
    why: &str,
    message: &str,
    finding: Option<&Finding>,
) -> Result<bool> {
    let now = ctx.clock.now();
    let failure = Failure { code: "stale".to_owned(), message: message.to_owned(), finding: finding.cloned() };
    if !requests::void(tx, tenant, id, &failure, now).await? {
        return Ok(false);
    }
    broadcasts::release(tx, tenant, id).await?;
    tell(tx, tenant, id, "request.stale", json!({"why": why}), now).await?;
    Ok(true)
}

/// Ends what nobody decided, and what did not start, in time.
pub async fn lapse(ctx: &Ctx, now: Timestamp) -> Result<()> {
    for lapsed in requests::lapsed(&ctx.db, now, LAPSED_AT_ONCE).await? {
        let mut tx = ctx.db.begin().await?;
        if requests::expire(&mut tx, lapsed, now).await? {
            broadcasts::release(&mut tx, lapsed.tenant, lapsed.id).await?;
            let details = json!({"from": lapsed.from});
            tell(&mut tx, lapsed.tenant, lapsed.id, "request.expired", details, now).await?;
            tx.commit_at(Step::Expired).await?;
        }
    }
    Ok(())
}
