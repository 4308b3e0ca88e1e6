//! What happened to threads in a time, with what was said after it; and what automation decided then.

use crate::domain::audit::Actor;
use crate::domain::clock::Timestamp;
use crate::domain::conversations::summary::Happening;
use crate::domain::ids::{ConversationId, TenantId};
use crate::store::{Db, Result, json, on, row, unsigned, word};
use serde_json::Value;

row! {
    struct HappeningRow {
        conversation_id: ConversationId, queue: Option<String>, at: Timestamp, act: String, actor: String, details: String,
        open_since: Option<Timestamp>, answered_at: Option<Timestamp>,
    }
}

/// What happened to threads from then on and before then, thread by thread in its order, each with the queue in which the thread
/// is by now. `limit` keeps it within memory.
pub async fn happenings(
    db: &Db,
    tenant: TenantId,
    (from, before): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<(Option<String>, Happening)>> {
    // An automatic answer is none that people or policy let out for this customer.
    let rows: Vec<HappeningRow> = on!(read db, p => sqlx::query_as(
        "select e.conversation_id, c.queue, e.at, e.act, e.actor, e.details,
            case when e.act = 'closed' then (select max(o.at) from conversation_event o
                where o.conversation_id = e.conversation_id and o.n < e.n and o.act in ('opened', 'reopened')) end as open_since,
            case when e.act in ('opened', 'reopened', 'handed_over') then (select min(r.created_at) from reply r
                where r.tenant_id = e.tenant_id and r.phone_number_id = c.phone_number_id and r.contact_no = c.contact_no
                    and r.created_at >= e.at and r.state = 2 and r.source <> 'automation') end as answered_at
         from conversation_event e join conversation c on c.id = e.conversation_id
         where e.tenant_id = $1 and e.at >= $2 and e.at < $3
         order by e.conversation_id, e.n limit $4")
        .bind(tenant).bind(from).bind(before).bind(i64::from(limit)).fetch_all(p).await)?;
    let happening = |row: HappeningRow| {
        let id = row.conversation_id;
        let actor: Actor = json("conversation_event", "actor", id, &row.actor)?;
        let details: Value = json("conversation_event", "details", id, &row.details)?;
        let text = |name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
        let person = match actor {
            Actor::Person(id) => Some(id),
            _ => None,
        };
        let happening = Happening {
            thread: id,
            at: row.at,
            act: word("conversation_event", "act", id, &row.act)?,
            person,
            queue: text("queue"),
            outcome: text("outcome").and_then(|outcome| outcome.parse().ok()),
            open_since: row.open_since,
            answered_at: row.answered_at,
        };
        Ok((row.queue, happening))
    };
    rows.into_iter().map(happening).collect()
}

/// How many of customers' messages automation answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Automated {
    /// Messages on which it decided.
    pub messages: u64,
    /// On which it acted.
    pub acted: u64,
    /// Of those, it handed over to people.
    pub handed_over: u64,
}

row! {
    struct AutomatedRow { queue: Option<String>, messages: i64, acted: i64, handed_over: i64 }
}

/// What automation did with messages in a time, by the queue in which their threads are by now.
pub async fn automated(
    db: &Db,
    tenant: TenantId,
    (from, before): (Timestamp, Timestamp),
) -> Result<Vec<(Option<String>, Automated)>> {
    let rows: Vec<AutomatedRow> = on!(read db, p => sqlx::query_as(
        "select c.queue, count(*) as messages, count(case when r.why <> 'silent' then 1 end) as acted, count(r.queue) as handed_over
         from automation_run r join conversation c
            on c.tenant_id = r.tenant_id and c.phone_number_id = r.phone_number_id and c.contact_no = r.contact_no
         where r.tenant_id = $1 and r.at >= $2 and r.at < $3 group by c.queue")
        .bind(tenant).bind(from).bind(before).fetch_all(p).await)?;
    let count = |n: i64| unsigned("automation_run", "count", tenant, n);
    let read = |row: AutomatedRow| {
        let (messages, acted, handed_over) = (count(row.messages)?, count(row.acted)?, count(row.handed_over)?);
        Ok((row.queue, Automated { messages, acted, handed_over }))
    };
    rows.into_iter().map(read).collect()
}
