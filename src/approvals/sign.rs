//! What a person reads before deciding, and the decision.

use super::submit::{approval, reviewers};
use crate::domain::audit::{Actor, AuditEntry, Event};
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, SignatureId, TenantId};
use crate::domain::mails::MailKind;
use crate::domain::people::{Caller, Person};
use crate::domain::policy::rules::SIGN_10;
use crate::domain::policy::signatures::{MayNotSign, may_ever_sign, may_reopen, may_sign, open_seats};
use crate::domain::preview::{Finding, Level, Section};
use crate::domain::requests::{AcceptedWarning, ActionRequest, Decision, Failure, Signature, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store;
use crate::tools::requests::own;
use crate::tools::{Ctx, broadcasts};
use serde_json::{Value, json};

/// Everything that a person needs to decide, on one page.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The request.
    pub request: ActionRequest,
    /// The signatures so far.
    pub signatures: Vec<Signature>,
    /// Whether this person may decide it, or why not.
    pub may_decide: Result<(), MayNotSign>,
    /// The sections that this person has checked, as they are now.
    pub checked: Vec<Section>,
    /// What the rules say now, to be held against what they said when it was filed.
    pub findings_now: Vec<Finding>,
    /// Those who could fill the seats that are still open.
    pub could_sign: Vec<Person>,
    /// What happened to it, oldest first.
    pub history: Vec<AuditEntry>,
}

/// How many entries of its history a page shows, at most.
const HISTORY: u32 = 200;

/// Puts the page together, and remembers that this person had it.
pub async fn dossier(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId) -> Result<Dossier> {
    let request = find(ctx, tenant, id).await?;
    let now = ctx.clock.now();
    let signatures = store::requests::signatures(&ctx.db, tenant, id).await?;
    let may_decide = may_ever_sign(&request, &signatures, person, now);
    if may_decide.is_ok() {
        let mut tx = ctx.db.begin().await?;
        store::requests::open_review(&mut tx, tenant, id, person.id, request.digest, now).await?;
        tx.commit().await?;
    }
    let open_roles: Vec<_> =
        open_seats(&request.quorum, &signatures).into_iter().flat_map(|seat| seat.roles.clone()).collect();
    let could_sign = store::people::with_roles(&ctx.db, tenant, &open_roles)
        .await?
        .into_iter()
        .filter(|p| p.id != request.owner && !signatures.iter().any(|s| s.person == p.id))
        .collect();
    let filter = store::audit::Filter { subject: Some(id.to_string()), ..Default::default() };
    let mut history = store::audit::list(&ctx.db, tenant, &filter, HISTORY).await?;
    history.reverse();
    let findings_now = if request.status.is_open() { fresh_findings(ctx, &request).await? } else { Vec::new() };
    let checked = checked(ctx, &request, person).await?;
    Ok(Dossier { request, signatures, may_decide, checked, findings_now, could_sign, history })
}

async fn find(ctx: &Ctx, tenant: TenantId, id: RequestId) -> Result<ActionRequest> {
    // A bare preview was shown to nobody and asks for nothing; people see it once it is submitted.
    store::requests::find(&ctx.db, tenant, id)
        .await?
        .filter(|r| r.status != Status::Previewed)
        .ok_or_else(|| Error::not_found("request", id))
}

/// A tick counts for the section as it was ticked; a section that reads differently now is open again.
async fn checked(ctx: &Ctx, request: &ActionRequest, person: &Person) -> Result<Vec<Section>> {
    let ticks = store::requests::checked_sections(&ctx.db, request.tenant, request.id, person.id).await?;
    Ok(request.sections().filter(|section| ticks.contains(section)).map(|(section, _)| section).collect())
}

async fn fresh_findings(ctx: &Ctx, request: &ActionRequest) -> Result<Vec<Finding>> {
    let mut findings = crate::tools::standing(ctx, request.tenant, &request.preview.action).await?;
    if request.policy != ctx.policy.version {
        let (filed, now) = (request.policy.as_str(), ctx.policy.version.as_str());
        findings.insert(0, SIGN_10.says(&[("filed", filed.into()), ("now", now.into())]));
    }
    Ok(findings)
}

/// Keeps the ticks that a person has set, each bound to its section as it is.
pub async fn check(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId, ticked: &[Section]) -> Result<()> {
    let request = find(ctx, tenant, id).await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    for (section, digest) in request.sections() {
        if ticked.contains(&section) {
            store::requests::check_section(&mut tx, tenant, id, person.id, (section, digest), now).await?;
        } else {
            store::requests::uncheck_section(&mut tx, tenant, id, person.id, section).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// What a person wants to sign.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Intent {
    /// What it stands over: the digest that the page showed.
    pub digest: Digest,
    /// What is decided.
    pub decision: Decision,
    /// Why.
    pub comment: String,
    /// The warnings that are taken on.
    pub accepted: Vec<AcceptedWarning>,
}

/// The most characters a comment may have.
const COMMENT_LENGTH: usize = 4_000;

/// Whether this could be signed now: everything that `decide` will ask, without deciding. The page before the signature
/// calls it, so that nobody gives a password for what cannot be done.
pub async fn ready(
    ctx: &Ctx,
    tenant: TenantId,
    person: &Person,
    id: RequestId,
    intent: &Intent,
) -> Result<ActionRequest> {
    let request = find(ctx, tenant, id).await?;
    let signatures = store::requests::signatures(&ctx.db, tenant, id).await?;
    let opened = store::requests::opened_at(&ctx.db, tenant, id, person.id, request.digest).await?;
    may_sign(&request, &signatures, person, opened, &ctx.policy.times, ctx.clock.now()).map_err(refused)?;
    if intent.digest != request.digest {
        return Err(Error::Conflict(
            "this request changed since the page was opened. Nothing was decided; read it again".into(),
        ));
    }
    if intent.comment.chars().count() > COMMENT_LENGTH {
        return Err(Error::Invalid(format!("the comment is too long: at most {COMMENT_LENGTH} characters")));
    }
    if intent.decision == Decision::Approved {
        ready_to_approve(ctx, &request, person, intent).await?;
    } else if intent.comment.trim().is_empty() {
        return Err(Error::Invalid("say why: the comment goes back to whoever asked".into()));
    }
    Ok(request)
}

fn refused(why: MayNotSign) -> Error {
    match why {
        MayNotSign::NotPending(_) | MayNotSign::NothingOpen(_) | MayNotSign::TooLate(_) => {
            Error::Conflict(why.to_string())
        }
        MayNotSign::TooSoon(_) => Error::Invalid(why.to_string()),
        _ => Error::Forbidden(why.to_string()),
    }
}

async fn ready_to_approve(ctx: &Ctx, request: &ActionRequest, person: &Person, intent: &Intent) -> Result<()> {
    let checked = checked(ctx, request, person).await?;
    if let Some(open) = request.preview.view.sections().iter().find(|section| !checked.contains(section)) {
        return Err(Error::Invalid(format!(
            "the section {} is not checked; nothing was decided",
            open.as_str().replace('_', " ")
        )));
    }
    let now = fresh_findings(ctx, request).await?;
    let accepted = |finding: &Finding| intent.accepted.iter().any(|warning| warning.covers(finding));
    if let Some(open) = request.preview.to_accept(&now).iter().find(|finding| !accepted(finding)) {
        return Err(Error::Invalid(format!(
            "the warning {} is not accepted as it is now: read it, and give a reason for it",
            open.rule
        )));
    }
    let blocks: Vec<Finding> = now.into_iter().filter(|f| f.level == Level::Block).collect();
    if blocks.is_empty() { Ok(()) } else { Err(Error::Blocked(blocks)) }
}

/// Decides. `method` says how the person has just proved who they are.
pub async fn decide(
    ctx: &Ctx,
    tenant: TenantId,
    person: &Person,
    id: RequestId,
    intent: &Intent,
    method: &str,
) -> Result<ActionRequest> {
    let request = ready(ctx, tenant, person, id, intent).await?;
    let now = ctx.clock.now();
    let mut signatures = store::requests::signatures(&ctx.db, tenant, id).await?;
    let signature = Signature {
        id: SignatureId::random(),
        request: id,
        person: person.id,
        name: person.name.clone(),
        role: person.role,
        decision: intent.decision,
        digest: request.digest,
        comment: intent.comment.trim().to_owned(),
        accepted: intent.accepted.clone(),
        method: method.to_owned(),
        at: now,
    };
    signatures.push(signature.clone());
    let to = match intent.decision {
        Decision::Rejected => Status::Rejected,
        Decision::ChangesRequested => Status::ChangesRequested,
        Decision::Approved if open_seats(&request.quorum, &signatures).is_empty() => Status::Approved,
        Decision::Approved => Status::PendingApproval,
    };
    let approved = (to == Status::Approved).then(|| approval(&request, &ctx.policy.times, now));
    let mut tx = ctx.db.begin().await?;
    store::requests::decide(&mut tx, &request, to, approved, now).await?;
    store::requests::add_signature(&mut tx, tenant, &signature).await?;
    store::audit::append(&mut tx, tenant, now, signed(&request, &signature)).await?;
    if let Some(approved) = approved {
        let details = json!({
            "digest": request.digest, "rule": request.quorum.rule, "not_before": approved.not_before, "start_by": approved.start_by,
        });
        let event = Event {
            actor: Actor::Policy(request.quorum.rule.clone()),
            act: "request.approved",
            subject: id.to_string(),
            details,
        };
        store::audit::append(&mut tx, tenant, now, event).await?;
    }
    match to {
        Status::Rejected | Status::ChangesRequested => store::broadcasts::release(&mut tx, tenant, id).await?,
        Status::Approved => broadcasts::approved(&mut tx, tenant, &request.preview.action).await?,
        _ => {}
    }
    if to != Status::PendingApproval {
        store::outbox::enqueue(&mut tx, tenant, MailKind::RequestDecided, id, &[request.owner], now).await?;
    }
    tx.commit_at(Step::Signed).await?;
    ctx.wake.requests();
    find(ctx, tenant, id).await
}

fn signed(request: &ActionRequest, signature: &Signature) -> Event {
    let rules: Vec<&str> = signature.accepted.iter().map(|a| a.rule.as_str()).collect();
    Event {
        actor: Actor::Person(signature.person),
        act: "request.signed",
        subject: request.id.to_string(),
        details: json!({
            "signature": signature.id, "decision": signature.decision, "role": signature.role, "digest": signature.digest,
            "method": signature.method, "accepted_warnings": rules,
        }),
    }
}

/// Takes back what has not begun. What runs is stopped, not withdrawn.
pub async fn withdraw(
    ctx: &Ctx,
    tenant: TenantId,
    person: &Person,
    id: RequestId,
    reason: &str,
) -> Result<ActionRequest> {
    let request = find(ctx, tenant, id).await?;
    if !person.role.may_stop() && request.owner != person.id {
        return Err(Error::Forbidden(format!("your role is {}; it stops nothing", person.role)));
    }
    let why = json!({ "was": request.status, "digest": request.digest, "reason_given": !reason.trim().is_empty() });
    cancel(ctx, &request, Actor::Person(person.id), why, None).await
}

/// Allows what was rejected to be asked for again. Whoever could have said that no decides it, and nobody for themselves.
pub async fn reopen(ctx: &Ctx, tenant: TenantId, person: &Person, id: RequestId) -> Result<ActionRequest> {
    let request = find(ctx, tenant, id).await?;
    let signatures = store::requests::signatures(&ctx.db, tenant, id).await?;
    may_reopen(&request, &signatures, person).map_err(|why| Error::Forbidden(why.to_string()))?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    if !store::requests::reopen(&mut tx, tenant, id, now).await? {
        tx.roll_back().await?;
        return Err(Error::Conflict(format!("this request is {} or open again already", request.status)));
    }
    let details = json!({ "digest": request.digest });
    let event = Event { actor: Actor::Person(person.id), act: "request.reopened", subject: id.to_string(), details };
    store::audit::append(&mut tx, tenant, now, event).await?;
    tx.commit().await?;
    ctx.wake.requests();
    find(ctx, tenant, id).await
}

/// The agent that asked takes back what has not begun.
pub async fn take_back(ctx: &Ctx, caller: &Caller, id: RequestId) -> Result<ActionRequest> {
    let request = own(ctx, caller, id).await?;
    let why = json!({ "was": request.status, "digest": request.digest });
    let message = "WITHDRAWN. This key took the request back before anything of it had begun.".to_owned();
    let failure = Failure { code: Failure::WITHDRAWN.to_owned(), message, finding: None };
    cancel(ctx, &request, Actor::Agent(caller.agent.id), why, Some(&failure)).await
}

/// Ends what has not begun, and tells those who were asked to sign it.
async fn cancel(
    ctx: &Ctx,
    request: &ActionRequest,
    actor: Actor,
    details: Value,
    failure: Option<&Failure>,
) -> Result<ActionRequest> {
    let (tenant, id) = (request.tenant, request.id);
    if !matches!(request.status, Status::PendingApproval | Status::Approved) {
        return Err(Error::Conflict(format!(
            "this request is {}; only what has not begun can be withdrawn",
            request.status
        )));
    }
    let now = ctx.clock.now();
    let spared = match actor {
        Actor::Person(person) => person,
        _ => request.owner,
    };
    let mut tx = ctx.db.begin().await?;
    store::requests::settle(&mut tx, tenant, id, request.status, Status::Cancelled, None, failure, now).await?;
    let event = Event { actor, act: "request.cancelled", subject: id.to_string(), details };
    store::audit::append(&mut tx, tenant, now, event).await?;
    store::broadcasts::release(&mut tx, tenant, id).await?;
    let told = reviewers(&ctx.db, tenant, &request.quorum, spared).await?;
    store::outbox::enqueue(&mut tx, tenant, MailKind::RequestDecided, id, &told, now).await?;
    tx.commit_at(Step::Withdrawn).await?;
    ctx.wake.requests();
    find(ctx, tenant, id).await
}

/// Names these warnings as they are now: a form that was filled in below others accepts none of them.
pub fn warned(warnings: &[Finding]) -> Result<Digest> {
    let said: Vec<_> = warnings.iter().map(|finding| (&finding.rule, &finding.facts)).collect();
    Ok(Digest::of(&said)?)
}

/// When the approval of this moment would let it start: what the signing page says.
#[must_use]
pub fn would_start(ctx: &Ctx, request: &ActionRequest) -> Timestamp {
    approval(request, &ctx.policy.times, ctx.clock.now()).not_before
}
