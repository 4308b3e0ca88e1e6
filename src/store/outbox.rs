//! Mails that wait to be sent: queued in the transaction that caused them, claimed before they go out.

use super::{Db, Result, Tx, on, row, unsigned, word};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{MailId, PersonId, RequestId, TenantId};
use crate::domain::mails::MailKind;

/// Queues a mail to each of these people. One mail of a kind about one request to one person: a second call is nothing.
pub async fn enqueue(
    tx: &mut Tx,
    tenant: TenantId,
    kind: MailKind,
    request: RequestId,
    to: &[PersonId],
    now: Timestamp,
) -> Result<()> {
    for person in to {
        on!(tx &mut *tx, c => sqlx::query(
            "insert into mail (id, tenant_id, person_id, kind, request_id, state, attempts, due_at, created_at)
             values ($1, $2, $3, $4, $5, 'queued', 0, $6, $6) on conflict do nothing")
            .bind(MailId::random()).bind(tenant).bind(*person).bind(kind.as_str()).bind(request).bind(now)
            .execute(c).await.map(drop))?;
    }
    Ok(())
}

/// The same where one mail in a while is enough: whoever was sent one of this kind since then gets none.
pub async fn enqueue_one_since(
    tx: &mut Tx,
    tenant: TenantId,
    kind: MailKind,
    request: RequestId,
    to: &[PersonId],
    (since, now): (Timestamp, Timestamp),
) -> Result<()> {
    for person in to {
        on!(tx &mut *tx, c => sqlx::query(
            "insert into mail (id, tenant_id, person_id, kind, request_id, state, attempts, due_at, created_at)
             select $1, $2, $3, $4, $5, 'queued', 0, $6, $6
                where not exists (select 1 from mail m where m.tenant_id = $2 and m.person_id = $3 and m.kind = $4 and m.created_at > $7)
             on conflict do nothing")
            .bind(MailId::random()).bind(tenant).bind(*person).bind(kind.as_str()).bind(request).bind(now).bind(since)
            .execute(c).await.map(drop))?;
    }
    Ok(())
}

row! {
    struct MailRow {
        tenant_id: TenantId, kind: String, request_id: RequestId, attempts: i64, email: String,
        language: Option<String>, decide_by: Timestamp,
    }
}

/// A mail that this daemon has claimed: it goes out now or comes back to the queue by proof, never by time.
#[derive(Debug, Clone)]
pub struct DueMail {
    /// Which.
    pub id: MailId,
    /// Whose.
    pub tenant: TenantId,
    /// About what.
    pub kind: MailKind,
    /// Which request.
    pub request: RequestId,
    /// The try that this is, from 1.
    pub attempt: u32,
    /// To whom.
    pub to: String,
    /// In which language.
    pub language: Option<String>,
    /// Until when the request can be decided.
    pub decide_by: Timestamp,
}

/// Claims the next mail that is due. The claim is durable before anything is sent, so that a crash in between leaves a mail
/// in doubt rather than sending it twice.
pub async fn claim_next(db: &Db, now: Timestamp) -> Result<Option<DueMail>> {
    const CLAIM: [&str; 2] = [
        "update mail set state = 'sending', attempts = attempts + 1 where id in
            (select id from mail where state = 'queued' and due_at <= $1 order by due_at limit 1) and state = 'queued' returning id",
        "update mail set state = 'sending', attempts = attempts + 1 where id in
            (select id from mail where state = 'queued' and due_at <= $1 order by due_at limit 1 for update skip locked) returning id",
    ];
    let [sqlite, postgres] = CLAIM;
    let sql = if db.is_postgres() { postgres } else { sqlite };
    let claimed: Option<(MailId,)> = on!(write db, p => sqlx::query_as(sql).bind(now).fetch_optional(p).await)?;
    let Some((id,)) = claimed else { return Ok(None) };
    let row: MailRow = on!(write db, p => sqlx::query_as(
        "select m.tenant_id, m.kind, m.request_id, m.attempts, p.email, p.language, r.decide_by
         from mail m join person p on p.id = m.person_id join action_request r on r.id = m.request_id where m.id = $1")
        .bind(id).fetch_one(p).await)?;
    Ok(Some(DueMail {
        id,
        tenant: row.tenant_id,
        kind: word("mail", "kind", id, &row.kind)?,
        request: row.request_id,
        attempt: unsigned("mail", "attempts", id, row.attempts)?,
        to: row.email,
        language: row.language,
        decide_by: row.decide_by,
    }))
}

/// What became of a claimed mail.
#[derive(Debug, Clone)]
pub enum MailOutcome {
    /// The server took it.
    Sent,
    /// The server refused it for now, or could not be reached; nothing was taken.
    Later(Timestamp, String),
    /// The server refused it for good, or it was refused too often.
    Failed(String),
    /// The server may have taken it.
    Unknown(String),
}

/// Writes down what became of it.
pub async fn settle(db: &Db, tenant: TenantId, id: MailId, outcome: &MailOutcome, now: Timestamp) -> Result<()> {
    let (state, due, sent, error) = match outcome {
        MailOutcome::Sent => ("sent", None, Some(now), None),
        MailOutcome::Later(at, why) => ("queued", Some(*at), None, Some(why)),
        MailOutcome::Failed(why) => ("failed", None, None, Some(why)),
        MailOutcome::Unknown(why) => ("unknown", None, None, Some(why)),
    };
    on!(write db, p => sqlx::query(
        "update mail set state = $3, due_at = coalesce($4, due_at), sent_at = $5, error = $6
         where tenant_id = $1 and id = $2 and state = 'sending'")
        .bind(tenant).bind(id).bind(state).bind(due).bind(sent).bind(error).execute(p).await.map(drop))?;
    Ok(())
}

/// Mails that a daemon held when it died. Whether they went out cannot be told, so they are not sent again; the inbox shows
/// what they were about. Called once at start on SQLite, where nobody else can be sending.
pub async fn give_up_on_held(db: &Db) -> Result<u64> {
    Ok(
        on!(write db, p => sqlx::query("update mail set state = 'unknown', error = 'the daemon stopped while sending' where state = 'sending'")
        .execute(p).await.map(|r| r.rows_affected()))?,
    )
}
