//! Replies in doubt that no status of Meta's has settled: people are asked, and decide what becomes of them.

use super::end;
use crate::approvals::agree::refused;
use crate::approvals::doubts::REASON_LENGTH;
use crate::approvals::execute::signers;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, ReplyId, TenantId};
use crate::domain::mails::MailKind;
use crate::domain::orders::links::Revocation;
use crate::domain::people::Person;
use crate::domain::policy::signatures::{MayNotSign, may_rule_on_reply, rules_on_doubts};
use crate::domain::replies::{ReplyRuling, ReplySource, ReplyToken};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::orders::links;
use crate::store::replies::{self, Overdue, Reply};
use crate::store::{Db, Source, audit, outbox, people, requests};
use crate::tools::Ctx;
use crate::tools::webhooks::replies::said;
use serde_json::json;
use std::time::Duration;

/// Replies that one look asks about.
const AT_ONCE: u32 = 100;

/// Puts replies that have been in doubt for so long in front of people.
pub async fn ask(ctx: &Ctx, unknown_after: Duration) -> Result<()> {
    let now = ctx.clock.now();
    for overdue in replies::overdue(&ctx.db, now.before(unknown_after), AT_ONCE).await? {
        ask_about(ctx, overdue, now).await?;
    }
    Ok(())
}

async fn ask_about(ctx: &Ctx, overdue: Overdue, now: Timestamp) -> Result<()> {
    let Overdue { tenant, reply, source, request: id } = overdue;
    let Some(request) = requests::find(&ctx.db, tenant, id).await? else { return Ok(()) };
    let tell = to_tell(ctx, &request).await?;
    let mut tx = ctx.db.begin().await?;
    if !replies::ask(&mut tx, tenant, reply, now).await? {
        return Ok(());
    }
    // Automation was made live by a request that has long ended; only an answer that was asked for is still being carried out.
    if source == ReplySource::Request && request.status == Status::Executing {
        requests::set_status(&mut tx, tenant, id, Status::Executing, Status::NeedsAttention, now).await?;
    }
    let details = json!({"reply": reply, "in_doubt": 1});
    let event = Event { actor: Actor::Worker, act: "execution.in_doubt", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    outbox::enqueue(&mut tx, tenant, MailKind::BroadcastPaused, id, &tell, now).await?;
    tx.commit_at(Step::Asked).await?;
    Ok(())
}

/// Those who signed; where nobody had to, those who may decide.
pub(in crate::approvals) async fn to_tell(ctx: &Ctx, request: &ActionRequest) -> Result<Vec<PersonId>> {
    let signed = signers(ctx, request.tenant, request.id).await?;
    if !signed.is_empty() {
        return Ok(signed);
    }
    let roles: Vec<_> = rules_on_doubts(&request.quorum).seats.into_iter().flat_map(|seat| seat.roles).collect();
    let able = people::with_roles(&ctx.db, request.tenant, &roles).await?;
    Ok(able.into_iter().filter(|person| may_rule_on_reply(request, person).is_ok()).map(|person| person.id).collect())
}

/// What a person looks at before deciding.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// The reply.
    pub reply: Reply,
    /// What let it out.
    pub request: ActionRequest,
    /// Why this person may not decide, if so.
    pub may_rule: std::result::Result<(), MayNotSign>,
}

/// What a person decides.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// What becomes of it.
    pub ruling: ReplyRuling,
    /// The try that the person saw in doubt: a decision is about no other one.
    pub attempt: i16,
    /// What it rests on.
    pub reason: &'a str,
}

/// Reads what there is to decide on.
pub async fn doubt(ctx: &Ctx, tenant: TenantId, person: &Person, id: ReplyId) -> Result<Doubt> {
    read(&ctx.db, tenant, person, id).await
}

async fn read(source: impl Into<Source<'_>>, tenant: TenantId, person: &Person, id: ReplyId) -> Result<Doubt> {
    let mut source = source.into();
    let missing = || Error::not_found("reply", id);
    let reply = replies::find(source.again(), tenant, id).await?.ok_or_else(missing)?;
    let request = match reply.request {
        Some(request) => requests::find(source, tenant, request).await?,
        None => None,
    };
    let request = request.ok_or_else(missing)?;
    let may_rule = if reply.waits_for_people() {
        may_rule_on_reply(&request, person)
    } else {
        Err(MayNotSign::NothingOpen(request.status))
    };
    Ok(Doubt { reply, request, may_rule })
}

/// How many automatic replies this person is asked about. Those that a request sent wait with their request.
pub async fn waiting(db: &Db, person: &Person) -> Result<u64> {
    let mut count = 0;
    for (id, replies) in replies::open(db, person.tenant).await? {
        let request = requests::find(db, person.tenant, id).await?;
        if request.is_some_and(|request| may_rule_on_reply(&request, person).is_ok()) {
            count += replies;
        }
    }
    Ok(count)
}

/// Decides, alone: nothing is sent by it. `method` says how the person has just proved who they are.
pub async fn rule(
    ctx: &Ctx,
    tenant: TenantId,
    person: &Person,
    id: ReplyId,
    wish: &Wish<'_>,
    method: &str,
) -> Result<()> {
    let Wish { ruling, attempt, reason } = *wish;
    let reason = reason.trim();
    if !(1..=REASON_LENGTH).contains(&reason.chars().count()) {
        return Err(Error::Invalid(format!("reason: say in 1 to {REASON_LENGTH} characters what this rests on")));
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let Doubt { reply, request, may_rule } = read(&mut tx, tenant, person, id).await?;
    may_rule.map_err(refused)?;
    let token = ReplyToken { reply: id, attempt };
    if !replies::rule(&mut tx, tenant, token, ruling, reason, person.id, now).await? {
        return Err(Error::Conflict(
            "this is not in doubt any more, or another try of it is; nothing was decided".into(),
        ));
    }
    match ruling {
        // Nobody pays by a link that nobody got.
        ReplyRuling::Leave => links::revoke_of_reply(&mut tx, tenant, id, Revocation::NotDelivered, now).await?,
        ReplyRuling::CountAsSent => said(&mut tx, tenant, id, now).await?,
    }
    // The reason is free text and may name people: it stands beside the reply, not in the log.
    let details = json!({"reply": id, "ruling": ruling, "messages": 1, "role": person.role, "method": method});
    let actor = Actor::Person(person.id);
    let event = Event { actor, act: "execution.ruled", subject: request.id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Ruled).await?;
    ctx.wake.replies();
    // It is decided whatever comes of that; the worker ends the request otherwise.
    if reply.source == ReplySource::Request
        && let Err(error) = end::one(ctx, tenant, request.id, now).await
    {
        tracing::warn!(request = %request.id, %error, "what was decided is carried out later");
    }
    Ok(())
}
