//! How much waits in each queue and in whose hands, and who handed what to whom.

use crate::domain::audit::Actor;
use crate::domain::clock::Timestamp;
use crate::domain::conversations::ConversationAct;
use crate::domain::ids::{ConversationId, PersonId, TenantId};
use crate::store::{Db, Result, json, on, row, unsigned, word};
use serde_json::Value;

/// What is open in one queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Load {
    /// Threads that are open.
    pub open: u64,
    /// In nobody's hands.
    pub unassigned: u64,
    /// With messages that nobody has looked at.
    pub unread: u64,
    /// In which the customer waits for an answer.
    pub waiting: u64,
    /// In which that was promised for an earlier time.
    pub late: u64,
    /// Since when the one that has waited longest waits.
    pub oldest_wait: Option<Timestamp>,
}

row! {
    struct LoadRow {
        queue: Option<String>, open: i64, unassigned: i64, unread: i64, waiting: i64, late: i64, oldest_wait: Option<Timestamp>,
    }
}

/// The open threads of each queue that has some; those in no queue stand under none.
pub async fn loads(db: &Db, tenant: TenantId, now: Timestamp) -> Result<Vec<(Option<String>, Load)>> {
    let rows: Vec<LoadRow> = on!(read db, p => sqlx::query_as(
        "select queue, count(*) as open, count(case when person_id is null then 1 end) as unassigned,
            count(case when unread > 0 then 1 end) as unread, count(waiting_since) as waiting,
            count(case when answer_by < $2 then 1 end) as late, min(waiting_since) as oldest_wait
         from conversation where tenant_id = $1 and state = 'open' group by queue order by queue")
        .bind(tenant).bind(now).fetch_all(p).await)?;
    let count = |n: i64| unsigned("conversation", "count", tenant, n);
    let load = |row: LoadRow| {
        let load = Load {
            open: count(row.open)?,
            unassigned: count(row.unassigned)?,
            unread: count(row.unread)?,
            waiting: count(row.waiting)?,
            late: count(row.late)?,
            oldest_wait: row.oldest_wait,
        };
        Ok((row.queue, load))
    };
    rows.into_iter().map(load).collect()
}

/// How many open threads of each queue single people have.
pub async fn in_hands(db: &Db, tenant: TenantId) -> Result<Vec<(Option<String>, PersonId, u64)>> {
    let rows: Vec<(Option<String>, PersonId, i64)> = on!(read db, p => sqlx::query_as(
        "select queue, person_id, count(*) from conversation
         where tenant_id = $1 and state = 'open' and person_id is not null group by queue, person_id")
        .bind(tenant).fetch_all(p).await)?;
    let read = |(queue, person, n)| Ok((queue, person, unsigned("conversation", "count", person, n)?));
    rows.into_iter().map(read).collect()
}

/// A thread given to a queue or a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Which thread.
    pub thread: ConversationId,
    /// In which queue it is by now.
    pub queue: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Handed over by automation, or assigned.
    pub act: ConversationAct,
    /// By whom.
    pub actor: Actor,
    /// To which queue or person, and with what note.
    pub details: Value,
}

row! {
    struct HandedRow { conversation_id: ConversationId, queue: Option<String>, at: Timestamp, act: String, actor: String, details: String }
}

/// The latest of those since then, newest first.
pub async fn handed(db: &Db, tenant: TenantId, since: Timestamp, limit: u32) -> Result<Vec<Handed>> {
    let rows: Vec<HandedRow> = on!(read db, p => sqlx::query_as(
        "select e.conversation_id, c.queue, e.at, e.act, e.actor, e.details
         from conversation_event e join conversation c on c.id = e.conversation_id
         where e.tenant_id = $1 and e.at >= $2 and e.act in ('handed_over', 'assigned')
         order by e.at desc, e.conversation_id, e.n desc limit $3")
        .bind(tenant).bind(since).bind(i64::from(limit)).fetch_all(p).await)?;
    let handed = |row: HandedRow| {
        Ok(Handed {
            act: word("conversation_event", "act", row.conversation_id, &row.act)?,
            actor: json("conversation_event", "actor", row.conversation_id, &row.actor)?,
            details: json("conversation_event", "details", row.conversation_id, &row.details)?,
            thread: row.conversation_id,
            queue: row.queue,
            at: row.at,
        })
    };
    rows.into_iter().map(handed).collect()
}
