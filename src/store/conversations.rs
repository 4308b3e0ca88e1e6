//! Threads with customers: opened by their messages, given to queues and people, answered, closed.

use super::{Error, Result, Source, Tx, on, row, to_json, unsigned, word};
use crate::domain::audit::Actor;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::{Conversation, ConversationAct};
use crate::domain::ids::{ConversationId, PersonId, TenantId};
use serde_json::Value;
use std::time::Duration;

pub use load::{Handed, Load, handed, in_hands, loads};
pub use past::{Automated, automated, happenings};
pub use queues::{
    NewQueue, Queue, add_person, add_queue, default_queue, everybody_away, need_queue, queue, queues, remove_person,
};
pub use tags::{tag, tags, untag};
pub use threads::{
    File, Filter, FreeTime, Line, cart, edited, entered, files, free_time, lines, list, revoked, told_free,
};

row! {
    struct ConversationRow {
        id: ConversationId, phone_number_id: String, contact_no: ContactNo, state: String, queue: Option<String>,
        person_id: Option<PersonId>, handed_at: Option<Timestamp>, unread: i64, waiting_since: Option<Timestamp>,
        answer_by: Option<Timestamp>, last_inbound_at: Timestamp, last_outbound_at: Option<Timestamp>,
        answered_at: Option<Timestamp>, escalated: bool, outcome: Option<String>, follow_up_at: Option<Timestamp>,
        opened_at: Timestamp, closed_at: Option<Timestamp>, version: i64,
    }
}

macro_rules! conversation {
    ($($tail:expr),+) => {
        concat!(
            "select id, phone_number_id, contact_no, state, queue, person_id, handed_at, unread, waiting_since, answer_by,
                last_inbound_at, last_outbound_at, answered_at, escalated, outcome, follow_up_at, opened_at, closed_at, version
             from conversation ",
            $($tail),+
        )
    };
}

pub mod attachments;
mod load;
mod past;
mod queues;
mod tags;
// After the macro that it uses.
mod threads;

impl TryFrom<ConversationRow> for Conversation {
    type Error = Error;
    fn try_from(row: ConversationRow) -> Result<Self> {
        Ok(Self {
            state: word("conversation", "state", row.id, &row.state)?,
            unread: unsigned("conversation", "unread", row.id, row.unread)?,
            id: row.id,
            phone_number_id: row.phone_number_id,
            contact: row.contact_no,
            queue: row.queue,
            person: row.person_id,
            handed_at: row.handed_at,
            waiting_since: row.waiting_since,
            answer_by: row.answer_by,
            last_inbound_at: row.last_inbound_at,
            last_outbound_at: row.last_outbound_at,
            answered_at: row.answered_at,
            escalated: row.escalated,
            outcome: row.outcome,
            follow_up_at: row.follow_up_at,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            version: row.version,
        })
    }
}

/// One thread.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: ConversationId) -> Result<Option<Conversation>> {
    const SQL: &str = conversation!("where tenant_id = $1 and id = $2");
    let row: Option<ConversationRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(Conversation::try_from).transpose()
}

/// The thread with one customer at one number of the business.
pub async fn of(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    number: &str,
    contact: ContactNo,
) -> Result<Option<Conversation>> {
    const SQL: &str = conversation!("where tenant_id = $1 and phone_number_id = $2 and contact_no = $3");
    let row: Option<ConversationRow> = on!(from source.into(), c => sqlx::query_as(SQL)
        .bind(tenant).bind(number).bind(contact).fetch_optional(c).await)?;
    row.map(Conversation::try_from).transpose()
}

/// A customer's message as its thread sees it.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// At which number of the business.
    pub number: &'a str,
    /// Whose.
    pub contact: ContactNo,
    /// When, by Meta's clock.
    pub at: Timestamp,
    /// Whether somebody should answer: not if it was a reaction, or a message taken back.
    pub wants_answer: bool,
}

/// Notes it: a thread is opened, or opened again, or goes on. What automation or people have to answer waits from then on.
pub async fn heard(tx: &mut Tx, tenant: TenantId, heard: &Heard<'_>, now: Timestamp) -> Result<Conversation> {
    let before = of(&mut *tx, tenant, heard.number, heard.contact).await?;
    let waits = heard.wants_answer.then_some(heard.at);
    let act = match &before {
        None => {
            on!(tx &mut *tx, c => sqlx::query(
                "insert into conversation (id, tenant_id, phone_number_id, contact_no, state, unread, waiting_since, last_inbound_at,
                    escalated, opened_at, version) values ($1, $2, $3, $4, 'open', 1, $5, $6, $7, $6, 1)
                 on conflict (tenant_id, phone_number_id, contact_no) do nothing")
                .bind(ConversationId::random()).bind(tenant).bind(heard.number.replace('\0', "")).bind(heard.contact)
                .bind(waits).bind(heard.at).bind(false).execute(c).await.map(drop))?;
            Some(ConversationAct::Opened)
        }
        // Whoever closed it had not seen this, even if it was written before. A mark on an earlier message opens nothing.
        Some(is) => {
            let reopens = is.closed_at.is_some_and(|closed| heard.wants_answer || closed < heard.at);
            on!(tx &mut *tx, c => sqlx::query(
                "update conversation set unread = unread + 1, waiting_since = coalesce(waiting_since, $4),
                    last_inbound_at = case when last_inbound_at < $5 then $5 else last_inbound_at end,
                    state = case when $6 then 'open' else state end,
                    opened_at = case when $6 then $5 else opened_at end,
                    outcome = case when $6 then null else outcome end,
                    person_id = case when $6 then null else person_id end,
                    handed_at = case when $6 then null else handed_at end,
                    closed_at = case when $6 then null else closed_at end
                 where tenant_id = $1 and phone_number_id = $2 and contact_no = $3")
                .bind(tenant).bind(heard.number).bind(heard.contact).bind(waits).bind(heard.at).bind(reopens)
                .execute(c).await.map(drop))?;
            reopens.then_some(ConversationAct::Reopened)
        }
    };
    let is = of(&mut *tx, tenant, heard.number, heard.contact).await?;
    let is = is.ok_or_else(|| Error::inconsistent("conversation", "id", heard.contact.0, "it was not made"))?;
    if let Some(act) = act {
        note(tx, tenant, is.id, &Act { act, actor: &Actor::Meta, details: &Value::Null }, now).await?;
    }
    Ok(is)
}

/// Until when somebody should answer what waits.
pub async fn promise(tx: &mut Tx, tenant: TenantId, id: ConversationId, by: Option<Timestamp>) -> Result<()> {
    on!(tx tx, c => sqlx::query("update conversation set answer_by = $3 where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).bind(by).execute(c).await.map(drop))?;
    Ok(())
}

/// An answer of the business as its thread sees it.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// From which number of the business.
    pub number: &'a str,
    /// To whom.
    pub contact: ContactNo,
    /// When it was decided on: what came later waits on.
    pub decided_at: Timestamp,
    /// When Meta had it.
    pub at: Timestamp,
    /// Whether somebody of the team wrote it or let it out.
    pub by_person: bool,
}

/// Notes that the business wrote. What the customer wrote before that was decided on waits no more; Meta's times are whole seconds.
pub async fn answered(tx: &mut Tx, tenant: TenantId, answer: &Answer<'_>) -> Result<()> {
    let Answer { number, contact, decided_at, at, by_person } = *answer;
    threads::began_free(tx, tenant, number, contact, at).await?;
    on!(tx tx, c => sqlx::query(
        "update conversation set last_outbound_at = case when last_outbound_at > $4 then last_outbound_at else $4 end,
            answered_at = case when $5 and (answered_at is null or answered_at < $4) then $4 else answered_at end,
            handed_at = case when $5 and handed_at < $4 then null else handed_at end,
            answer_by = case when waits.since is not null or (handed_at is not null and not $5) then answer_by end,
            waiting_since = case when handed_at is not null and not $5 then waiting_since
                when waiting_since is not null then waits.since end
         from (select min(m.sent_at) as since from inbound_message m
            where m.tenant_id = $1 and m.phone_number_id = $2 and m.contact_no = $3
                and m.received_at > $6 and m.sent_at > $7 and m.kind not in ('reaction', 'revoke')) waits
         where tenant_id = $1 and phone_number_id = $2 and contact_no = $3")
        .bind(tenant).bind(number).bind(contact).bind(at).bind(by_person).bind(decided_at)
        .bind(decided_at.before(Duration::from_secs(1))).execute(c).await.map(drop))?;
    Ok(())
}

/// To whom a thread is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment<'a> {
    /// Which queue.
    pub queue: Option<&'a str>,
    /// Who in it; nobody yet if none.
    pub person: Option<PersonId>,
    /// Until when what waits should be answered there.
    pub answer_by: Option<Timestamp>,
}

/// Gives a thread to a queue or a person, if it is still as it was looked at.
pub async fn assign(
    tx: &mut Tx,
    tenant: TenantId,
    is: &Conversation,
    to: &Assignment<'_>,
    act: &Act<'_>,
    now: Timestamp,
) -> Result<()> {
    // Who takes it has not answered yet: whoever was promised a person still waits.
    let handed_at = if to.person.is_none() { Some(now) } else { is.handed_at };
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update conversation set queue = $4, person_id = $5, handed_at = $6, answer_by = $7, version = version + 1
         where tenant_id = $1 and id = $2 and version = $3")
        .bind(tenant).bind(is.id).bind(is.version).bind(to.queue).bind(to.person).bind(handed_at).bind(to.answer_by)
        .execute(c).await.map(|r| r.rows_affected()))?;
    super::ensure_one(hit, "conversation", is.id)?;
    note(tx, tenant, is.id, act, now).await
}

/// How a thread ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing<'a> {
    /// What came of it.
    pub outcome: &'a str,
    /// When somebody means to come back to it.
    pub follow_up_at: Option<Timestamp>,
}

/// Closes a thread, if it is still as it was looked at and nothing came in since.
pub async fn close(
    tx: &mut Tx,
    tenant: TenantId,
    is: &Conversation,
    closing: &Closing<'_>,
    act: &Act<'_>,
    now: Timestamp,
) -> Result<()> {
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update conversation set state = 'closed', closed_at = $4, outcome = $5, follow_up_at = $6, waiting_since = null,
            answer_by = null, handed_at = null, unread = 0, version = version + 1
         where tenant_id = $1 and id = $2 and version = $3 and state = 'open' and unread = $7")
        .bind(tenant).bind(is.id).bind(is.version).bind(now).bind(closing.outcome).bind(closing.follow_up_at).bind(i64::from(is.unread))
        .execute(c).await.map(|r| r.rows_affected()))?;
    super::ensure_one(hit, "conversation", is.id)?;
    note(tx, tenant, is.id, act, now).await
}

/// Somebody has to settle it before it can be closed, or has done so.
pub async fn escalate(
    tx: &mut Tx,
    tenant: TenantId,
    is: &Conversation,
    escalated: bool,
    act: &Act<'_>,
    now: Timestamp,
) -> Result<()> {
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "update conversation set escalated = $4, version = version + 1 where tenant_id = $1 and id = $2 and version = $3")
        .bind(tenant).bind(is.id).bind(is.version).bind(escalated).execute(c).await.map(|r| r.rows_affected()))?;
    super::ensure_one(hit, "conversation", is.id)?;
    note(tx, tenant, is.id, act, now).await
}

/// Somebody of the team has looked at it, when so many messages were unread: what came after that still is. Of two who look at
/// once, the second changes nothing.
pub async fn looked_at(tx: &mut Tx, tenant: TenantId, id: ConversationId, seen: u32) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update conversation set unread = unread - $3 where tenant_id = $1 and id = $2 and unread >= $3")
        .bind(tenant).bind(id).bind(i64::from(seen)).execute(c).await.map(drop))?;
    Ok(())
}

/// What happened to a thread besides messages.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// What.
    pub act: ConversationAct,
    /// By whom.
    pub actor: &'a Actor,
    /// To whom it was given, what was noted, what came of it.
    pub details: &'a Value,
}

/// Writes down what happened to a thread, for ever.
pub async fn note(tx: &mut Tx, tenant: TenantId, id: ConversationId, act: &Act<'_>, now: Timestamp) -> Result<()> {
    let (actor, details) =
        (to_json("conversation_event", "actor", act.actor)?, to_json("conversation_event", "details", act.details)?);
    on!(tx tx, c => sqlx::query(
        "insert into conversation_event (tenant_id, conversation_id, n, at, act, actor, details)
         select $1, $2, coalesce(max(n), 0) + 1, $3, $4, $5, $6 from conversation_event where conversation_id = $2")
        .bind(tenant).bind(id).bind(now).bind(act.act.as_str()).bind(actor).bind(details).execute(c).await.map(drop))?;
    Ok(())
}

/// One entry of a thread's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place, from 1.
    pub n: u32,
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: ConversationAct,
    /// By whom.
    pub actor: Actor,
    /// The rest.
    pub details: Value,
}

row! {
    struct EventRow { n: i64, at: Timestamp, act: String, actor: String, details: String }
}

/// What happened to a thread besides messages, oldest first.
pub async fn history(source: impl Into<Source<'_>>, tenant: TenantId, id: ConversationId) -> Result<Vec<Event>> {
    let rows: Vec<EventRow> = on!(from source.into(), c => sqlx::query_as(
        "select n, at, act, actor, details from conversation_event where tenant_id = $1 and conversation_id = $2 order by n")
        .bind(tenant).bind(id).fetch_all(c).await)?;
    let event = |row: EventRow| {
        Ok(Event {
            n: unsigned("conversation_event", "n", id, row.n)?,
            at: row.at,
            act: word("conversation_event", "act", id, &row.act)?,
            actor: super::json("conversation_event", "actor", id, &row.actor)?,
            details: super::json("conversation_event", "details", id, &row.details)?,
        })
    };
    rows.into_iter().map(event).collect()
}

/// All that two contacts have become one moves to the one that stays; of two threads at one number one goes on for both.
pub(super) async fn merge(tx: &mut Tx, tenant: TenantId, from: ContactNo, into: ContactNo) -> Result<()> {
    let both: Vec<(ConversationId, ConversationId)> = on!(tx &mut *tx, c => sqlx::query_as(
        "select f.id, i.id from conversation f join conversation i
            on i.tenant_id = f.tenant_id and i.phone_number_id = f.phone_number_id and i.contact_no = $3
         where f.tenant_id = $1 and f.contact_no = $2").bind(tenant).bind(from).bind(into).fetch_all(c).await)?;
    for (goes, stays) in both {
        let (Some(goes), Some(stays)) = (find(&mut *tx, tenant, goes).await?, find(&mut *tx, tenant, stays).await?)
        else {
            continue;
        };
        join(tx, tenant, &goes, stays).await?;
    }
    on!(tx tx, c => sqlx::query("update conversation set contact_no = $3 where tenant_id = $1 and contact_no = $2")
        .bind(tenant).bind(from).bind(into).execute(c).await.map(drop))?;
    Ok(())
}

async fn join(tx: &mut Tx, tenant: TenantId, goes: &Conversation, stays: Conversation) -> Result<()> {
    let queues = queues(&mut *tx, tenant).await?;
    let restricted = |name: &str| queues.iter().any(|queue| queue.restricted && queue.name == name);
    let is = stays.joined(goes, restricted);
    on!(tx &mut *tx, c => sqlx::query(
        "update conversation_event set conversation_id = $3,
            n = n + (select coalesce(max(e.n), 0) from conversation_event e where e.conversation_id = $3)
         where tenant_id = $1 and conversation_id = $2").bind(tenant).bind(goes.id).bind(is.id).execute(c).await.map(drop))?;
    on!(tx &mut *tx, c => sqlx::query(
        "update conversation set state = $3, queue = $4, person_id = $5, handed_at = $6, unread = $7, waiting_since = $8,
            answer_by = $9, last_inbound_at = $10, last_outbound_at = $11, answered_at = $12, escalated = $13, outcome = $14,
            follow_up_at = $15, opened_at = $16, closed_at = $17, version = $18
         where tenant_id = $1 and id = $2")
        .bind(tenant).bind(is.id).bind(is.state.as_str()).bind(is.queue.as_deref()).bind(is.person).bind(is.handed_at)
        .bind(i64::from(is.unread)).bind(is.waiting_since).bind(is.answer_by).bind(is.last_inbound_at).bind(is.last_outbound_at)
        .bind(is.answered_at).bind(is.escalated).bind(is.outcome.as_deref()).bind(is.follow_up_at).bind(is.opened_at)
        .bind(is.closed_at).bind(is.version).execute(c).await.map(drop))?;
    tags::join(tx, tenant, goes.id, is.id).await?;
    on!(tx tx, c => sqlx::query("delete from conversation where tenant_id = $1 and id = $2")
        .bind(tenant).bind(goes.id).execute(c).await.map(drop))?;
    Ok(())
}
