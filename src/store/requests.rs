//! Action requests and signatures. Every change of status is a guarded update: it names the state it expects.

use super::{Db, Error, Result, Source, Tx, ensure_one, json, on, row, to_json, unsigned, word};
use crate::domain::canonical::{Ask, Digest, canonical};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, PersonId, RequestId, SignatureId, TenantId};
use crate::domain::preview::{Finding, Level, Preview};
use crate::domain::requests::{ActionRequest, Decision, Failure, Signature, Status};
use crate::domain::trace::TraceParent;

row! {
    struct RequestRow {
        id: RequestId, tenant_id: TenantId, tool: String, ask: Ask, digest: Digest, sections: Vec<u8>, preview: String,
        arguments: String, reason: String, reads_made: String, status: String, version: i64, agent_id: AgentId,
        agent_name: String, owner_id: PersonId, owner_name: String, quorum: String, policy: String, created_at: Timestamp,
        decide_by: Timestamp, start_by: Option<Timestamp>, not_before: Option<Timestamp>, approved_at: Option<Timestamp>,
        settled_at: Option<Timestamp>, result: Option<String>, error: Option<String>, superseded_by: Option<RequestId>,
        reopened_at: Option<Timestamp>, traceparent: Option<String>,
    }
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select r.id, r.tenant_id, r.tool, r.ask, r.digest, r.sections, r.preview, r.arguments, r.reason, r.reads_made,
                r.status, r.version, r.agent_id, a.name as agent_name, r.owner_id, o.name as owner_name, r.quorum, r.policy,
                r.created_at, r.decide_by, r.start_by, r.not_before, r.approved_at, r.settled_at, r.result, r.error,
                r.superseded_by, r.reopened_at, r.traceparent
             from action_request r join agent a on a.id = r.agent_id join person o on o.id = r.owner_id ",
            $tail
        )
    };
}

// After the macro that one of them uses.
mod claim;
mod lists;
mod refused;
mod reviews;
mod stamps;

pub use claim::{ApprovedPayload, Claim, claim, due, executing, not_begun, not_begun_of};
pub use lists::{Line, ListFilter, Open, Tab, about, count_open, list, tab};
pub use refused::{filed_since, refused_before, refused_lately, reopen};
pub use reviews::{check_section, checked_sections, open_review, opened_at, uncheck_section};
pub use stamps::{Stamp, stamps};

const TABLE: &str = "action_request";

impl TryFrom<RequestRow> for ActionRequest {
    type Error = Error;
    fn try_from(row: RequestRow) -> Result<Self> {
        let id = row.id;
        let preview: Preview = json(TABLE, "preview", id, &row.preview)?;
        let (hashes, rest) = row.sections.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() != preview.view.sections().len() {
            return Err(Error::inconsistent(TABLE, "sections", id, "there is not one hash for each section"));
        }
        Ok(Self {
            id,
            tenant: row.tenant_id,
            tool: row.tool,
            ask: row.ask,
            digest: row.digest,
            sections: hashes.iter().copied().map(Digest::from_bytes).collect(),
            preview,
            reason: row.reason,
            arguments: json(TABLE, "arguments", id, &row.arguments)?,
            reads_made: json(TABLE, "reads_made", id, &row.reads_made)?,
            status: word(TABLE, "status", id, &row.status)?,
            version: row.version,
            agent: row.agent_id,
            agent_name: row.agent_name,
            owner: row.owner_id,
            owner_name: row.owner_name,
            quorum: json(TABLE, "quorum", id, &row.quorum)?,
            policy: row.policy,
            created_at: row.created_at,
            decide_by: row.decide_by,
            start_by: row.start_by,
            not_before: row.not_before,
            approved_at: row.approved_at,
            settled_at: row.settled_at,
            result: row.result.as_deref().map(|t| json(TABLE, "result", id, t)).transpose()?,
            error: row.error.as_deref().map(|t| json(TABLE, "error", id, t)).transpose()?,
            superseded_by: row.superseded_by,
            reopened_at: row.reopened_at,
            trace: row.traceparent.as_deref().and_then(TraceParent::parse),
        })
    }
}

/// The preview as it is kept: canonical, so that what is stored is what was hashed.
fn preview_text(preview: &Preview) -> Result<String> {
    canonical(preview).map_err(|e| Error::inconsistent(TABLE, "preview", "a new row", e))
}

/// Adds a request. `false` if the same agent has the same ask open already.
pub async fn insert(tx: &mut Tx, request: &ActionRequest, title: &str) -> Result<bool> {
    let (people, _) = request.preview.size();
    let warnings = request.preview.warnings().count();
    let sections: Vec<u8> = request.sections.iter().flat_map(|d| d.bytes().to_vec()).collect();
    let preview = preview_text(&request.preview)?;
    let arguments = to_json(TABLE, "arguments", &request.arguments)?;
    let reads_made = to_json(TABLE, "reads_made", &request.reads_made)?;
    let quorum = to_json(TABLE, "quorum", &request.quorum)?;
    let hit = on!(tx tx, c => sqlx::query(
        "insert into action_request (id, tenant_id, tool, ask, digest, sections, title, summary, preview, arguments, reason,
            reads_made, status, version, agent_id, owner_id, quorum, policy, warnings, people, created_at, decide_by, start_by,
            not_before, approved_at, traceparent)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
            $25, $26)
         on conflict do nothing")
        .bind(request.id).bind(request.tenant).bind(&request.tool).bind(request.ask).bind(request.digest).bind(sections)
        .bind(title).bind(&request.preview.summary).bind(preview).bind(arguments).bind(&request.reason).bind(reads_made)
        .bind(request.status.as_str()).bind(request.version).bind(request.agent).bind(request.owner).bind(quorum)
        .bind(&request.policy).bind(i64::try_from(warnings).unwrap_or(i64::MAX)).bind(i64::try_from(people).unwrap_or(i64::MAX))
        .bind(request.created_at).bind(request.decide_by).bind(request.start_by).bind(request.not_before)
        .bind(request.approved_at).bind(request.trace.as_ref().map(TraceParent::as_str)).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// One request.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: RequestId) -> Result<Option<ActionRequest>> {
    const SQL: &str = select!("where r.tenant_id = $1 and r.id = $2");
    let row: Option<RequestRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(ActionRequest::try_from).transpose()
}

/// The open request of this agent for this ask.
pub async fn open_by_ask(db: &Db, tenant: TenantId, agent: AgentId, ask: Ask) -> Result<Option<ActionRequest>> {
    const SQL: &str = select!(
        "where r.tenant_id = $1 and r.agent_id = $2 and r.ask = $3 and r.status in
            ('previewed', 'pending_approval', 'approved', 'executing', 'paused', 'needs_attention')"
    );
    let row: Option<RequestRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(agent).bind(ask).fetch_optional(p).await)?;
    row.map(ActionRequest::try_from).transpose()
}

/// How many requests of this agent wait for people.
pub async fn pending_of(tx: &mut Tx, tenant: TenantId, agent: AgentId) -> Result<u64> {
    let (count,): (i64,) = on!(tx tx, c => sqlx::query_as(
        "select count(*) from action_request where tenant_id = $1 and agent_id = $2 and status = 'pending_approval'")
        .bind(tenant).bind(agent).fetch_one(c).await)?;
    unsigned(TABLE, "count", agent, count)
}

/// The latest request of this agent for this ask that ended well since then: what a repeated call after a lost answer
/// must find.
pub async fn done_by_ask(
    db: &Db,
    tenant: TenantId,
    agent: AgentId,
    ask: Ask,
    since: Timestamp,
) -> Result<Option<ActionRequest>> {
    const SQL: &str = select!(
        "where r.tenant_id = $1 and r.agent_id = $2 and r.ask = $3 and r.settled_at >= $4
            and r.status in ('succeeded', 'partially_succeeded')
         order by r.settled_at desc limit 1"
    );
    let row: Option<RequestRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(agent).bind(ask).bind(since).fetch_optional(p).await)?;
    row.map(ActionRequest::try_from).transpose()
}

/// What approval sets, beside the status.
#[derive(Debug, Clone, Copy)]
pub struct Approval {
    /// When the last signature was given, or the rule said yes.
    pub at: Timestamp,
    /// Not to be started before.
    pub not_before: Timestamp,
    /// Not to be started after.
    pub start_by: Timestamp,
}

/// Moves a preview that nothing was asked with to `pending_approval`, or with an approval to `approved`.
pub async fn submit(
    tx: &mut Tx,
    request: &ActionRequest,
    decide_by: Timestamp,
    approval: Option<Approval>,
) -> Result<()> {
    let to = if approval.is_some() { Status::Approved } else { Status::PendingApproval };
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set status = $4, version = version + 1, decide_by = $5, approved_at = $6, not_before = $7, start_by = $8
         where tenant_id = $1 and id = $2 and version = $3 and status = 'previewed'")
        .bind(request.tenant).bind(request.id).bind(request.version).bind(to.as_str()).bind(decide_by)
        .bind(approval.map(|a| a.at)).bind(approval.map(|a| a.not_before)).bind(approval.map(|a| a.start_by))
        .execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "request", request.id)
}

/// A decision's effect on the request. The expiry is compared here, in the statement that decides, with the time of the
/// decision: late never approves, whether or not anything has swept.
pub async fn decide(
    tx: &mut Tx,
    request: &ActionRequest,
    to: Status,
    approval: Option<Approval>,
    now: Timestamp,
) -> Result<()> {
    let settled = (!to.is_open()).then_some(now);
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set status = $5, version = version + 1, settled_at = $6,
            approved_at = coalesce($7, approved_at), not_before = coalesce($8, not_before), start_by = coalesce($9, start_by)
         where tenant_id = $1 and id = $2 and version = $3 and status = 'pending_approval' and digest = $4 and decide_by > $10")
        .bind(request.tenant).bind(request.id).bind(request.version).bind(request.digest).bind(to.as_str()).bind(settled)
        .bind(approval.map(|a| a.at)).bind(approval.map(|a| a.not_before)).bind(approval.map(|a| a.start_by)).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "request", request.id)
}

/// Moves a request from one status to another that may follow, or says that somebody was faster.
pub async fn set_status(
    tx: &mut Tx,
    tenant: TenantId,
    id: RequestId,
    from: Status,
    to: Status,
    now: Timestamp,
) -> Result<()> {
    settle(tx, tenant, id, from, to, None, None, now).await
}

/// Ends a request that waits for people or is approved, and must not be carried out; `false` if it does neither any more.
pub async fn void(tx: &mut Tx, tenant: TenantId, id: RequestId, why: &Failure, now: Timestamp) -> Result<bool> {
    let why = to_json(TABLE, "error", why)?;
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set status = 'stale', version = version + 1, settled_at = $3, error = $4
         where tenant_id = $1 and id = $2 and status in ('pending_approval', 'approved')")
        .bind(tenant).bind(id).bind(now).bind(why).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit > 0)
}

/// What the rules said of a request when it was last looked at while it waited, beyond what was shown with it.
pub async fn standing(db: &Db, tenant: TenantId, id: RequestId) -> Result<Vec<Finding>> {
    let found: Option<(Option<String>,)> = on!(read db, p => sqlx::query_as(
        "select standing from action_request where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).fetch_optional(p).await)?;
    let text = found.and_then(|(text,)| text);
    Ok(text.map(|text| json(TABLE, "standing", id, &text)).transpose()?.unwrap_or_default())
}

/// Notes what the rules say of it by now; `false` if it does not wait any more.
pub async fn set_standing(tx: &mut Tx, tenant: TenantId, id: RequestId, findings: &[Finding]) -> Result<bool> {
    let text = to_json(TABLE, "standing", &findings)?;
    let blocks = findings.iter().filter(|finding| finding.level == Level::Block).count();
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set standing = $3, standing_blocks = $4
         where tenant_id = $1 and id = $2 and status in ('pending_approval', 'approved')")
        .bind(tenant).bind(id).bind(text).bind(i64::try_from(blocks).unwrap_or(i64::MAX))
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit > 0)
}

/// The same, with what came out of it.
pub async fn settle(
    tx: &mut Tx,
    tenant: TenantId,
    id: RequestId,
    from: Status,
    to: Status,
    result: Option<&serde_json::Value>,
    error: Option<&Failure>,
    now: Timestamp,
) -> Result<()> {
    if !from.may_become(to) {
        return Err(Error::Conflict(format!("request {id} is {from}, which never becomes {to}; it")));
    }
    let result = result.map(|r| to_json(TABLE, "result", r)).transpose()?;
    let error = error.map(|e| to_json(TABLE, "error", e)).transpose()?;
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set status = $4, version = version + 1, settled_at = $5,
            result = coalesce($6, result), error = coalesce($7, error)
         where tenant_id = $1 and id = $2 and status = $3")
        .bind(tenant).bind(id).bind(from.as_str()).bind(to.as_str()).bind((!to.is_open()).then_some(now)).bind(result)
        .bind(error).execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "request", id)
}

/// Lets a newer request take the place of one that nothing was asked with yet, or that people have not decided.
pub async fn supersede(tx: &mut Tx, old: &ActionRequest, now: Timestamp) -> Result<()> {
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set status = 'superseded', version = version + 1, settled_at = $4
         where tenant_id = $1 and id = $2 and version = $3 and status in ('previewed', 'pending_approval')")
        .bind(old.tenant).bind(old.id).bind(old.version).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "request", old.id)
}

/// Says which request took the place of an old one; that one is stored by now.
pub async fn superseded_by(tx: &mut Tx, old: &ActionRequest, by: RequestId) -> Result<()> {
    on!(tx tx, c => sqlx::query("update action_request set superseded_by = $3 where tenant_id = $1 and id = $2")
        .bind(old.tenant).bind(old.id).bind(by).execute(c).await.map(drop))?;
    Ok(())
}

/// A request that time has ended: nobody decided, or nothing started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapsed {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub id: RequestId,
    /// Where it stood.
    pub from: Status,
}

/// Requests whose time is over, of every tenant; the caller ends each in a transaction of its own.
pub async fn lapsed(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<Lapsed>> {
    let rows: Vec<(TenantId, RequestId, String)> = on!(read db, p => sqlx::query_as(
        "select tenant_id, id, status from action_request
         where (status in ('previewed', 'pending_approval') and decide_by <= $1) or (status = 'approved' and start_by <= $1)
         order by created_at limit $2")
        .bind(now).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter()
        .map(|(tenant, id, status)| Ok(Lapsed { tenant, id, from: word(TABLE, "status", id, &status)? }))
        .collect()
}

/// Ends one of them; `false` if it moved in the meantime.
pub async fn expire(tx: &mut Tx, lapsed: Lapsed, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update action_request set status = 'expired', version = version + 1, settled_at = $4
         where tenant_id = $1 and id = $2 and status = $3
            and ((status in ('previewed', 'pending_approval') and decide_by <= $4) or (status = 'approved' and start_by <= $4))")
        .bind(lapsed.tenant).bind(lapsed.id).bind(lapsed.from.as_str()).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct SignatureRow {
        id: SignatureId, request_id: RequestId, person_id: PersonId, person_name: String, role: String, decision: String,
        digest: Digest, comment: String, accepted: String, method: String, at: Timestamp,
    }
}

/// The signatures under a request, oldest first.
pub async fn signatures(source: impl Into<Source<'_>>, tenant: TenantId, request: RequestId) -> Result<Vec<Signature>> {
    let rows: Vec<SignatureRow> = on!(from source.into(), p => sqlx::query_as(
        "select id, request_id, person_id, person_name, role, decision, digest, comment, accepted, method, at
         from signature where tenant_id = $1 and request_id = $2 order by at, id")
        .bind(tenant).bind(request).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            let decision: Decision = word("signature", "decision", row.id, &row.decision)?;
            Ok(Signature {
                id: row.id,
                request: row.request_id,
                person: row.person_id,
                name: row.person_name,
                role: word("signature", "role", row.id, &row.role)?,
                decision,
                digest: row.digest,
                comment: row.comment,
                accepted: json("signature", "accepted", row.id, &row.accepted)?,
                method: row.method,
                at: row.at,
            })
        })
        .collect()
}

/// Adds a signature. The unique index makes a second one of the same person impossible.
pub async fn add_signature(tx: &mut Tx, tenant: TenantId, signature: &Signature) -> Result<()> {
    let accepted = to_json("signature", "accepted", &signature.accepted)?;
    on!(tx tx, c => sqlx::query(
        "insert into signature (id, tenant_id, request_id, person_id, person_name, role, decision, digest, comment, accepted, method, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(signature.id).bind(tenant).bind(signature.request).bind(signature.person).bind(&signature.name)
        .bind(signature.role.as_str()).bind(signature.decision.as_str()).bind(signature.digest).bind(&signature.comment)
        .bind(accepted).bind(&signature.method).bind(signature.at).execute(c).await.map(drop))?;
    Ok(())
}
