//! Queues, and the people who look after what is in them.

use crate::domain::automation::hours::OpeningHours;
use crate::domain::automation::names::Queue as QueueName;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, TenantId};
use crate::store::{Result, Source, Tx, json, on, row, to_json, unsigned};
use std::collections::BTreeSet;
use std::time::Duration;

/// A place where threads wait for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// What the team calls it.
    pub name: String,
    /// Only its own people see what is in it.
    pub restricted: bool,
    /// When the team is there; always, if there are none.
    pub hours: Option<OpeningHours>,
    /// A customer waits no longer than that, of those hours.
    pub answer_within: Option<Duration>,
    /// Who looks after it.
    pub people: BTreeSet<PersonId>,
}

impl Queue {
    /// Whether an agent of this person sees what is in it: what is restricted is for its own people, and for the agents that
    /// they answer for.
    #[must_use]
    pub fn is_seen_by_agents_of(&self, owner: PersonId) -> bool {
        !self.restricted || self.people.contains(&owner)
    }

    /// Until when somebody who waits since then should be answered.
    #[must_use]
    pub fn answer_by(&self, since: Timestamp) -> Option<Timestamp> {
        let within = self.answer_within?;
        Some(self.hours.as_ref().map_or_else(|| since.after(within), |hours| hours.after(since, within)))
    }
}

/// One to be made.
#[derive(Debug, Clone)]
pub struct NewQueue<'a> {
    /// What the team calls it.
    pub name: &'a str,
    /// Only its own people see what is in it.
    pub restricted: bool,
    /// When the team is there.
    pub hours: Option<&'a OpeningHours>,
    /// A customer waits no longer than that.
    pub answer_within: Option<Duration>,
}

/// Makes a queue, or changes the one of that name.
pub async fn add_queue(tx: &mut Tx, tenant: TenantId, queue: &NewQueue<'_>) -> Result<()> {
    let hours = queue.hours.map(|hours| to_json("queue", "hours", hours)).transpose()?;
    let within = queue.answer_within.map(|within| i64::try_from(within.as_secs()).unwrap_or(i64::MAX));
    on!(tx tx, c => sqlx::query(
        "insert into queue (tenant_id, name, restricted, hours, answer_within) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, name) do update set restricted = excluded.restricted, hours = excluded.hours,
            answer_within = excluded.answer_within")
        .bind(tenant).bind(queue.name).bind(queue.restricted).bind(hours).bind(within).execute(c).await.map(drop))?;
    Ok(())
}

/// Makes a queue of that name, without hours and promise and for everybody; one that is there stays as it is.
pub async fn need_queue(tx: &mut Tx, tenant: TenantId, name: &str) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into queue (tenant_id, name, restricted) values ($1, $2, $3) on conflict (tenant_id, name) do nothing")
        .bind(tenant).bind(name).bind(false).execute(c).await.map(drop))?;
    Ok(())
}

/// Lets a person look after a queue.
pub async fn add_person(tx: &mut Tx, tenant: TenantId, queue: &str, person: PersonId) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into queue_person (tenant_id, queue, person_id) values ($1, $2, $3) on conflict do nothing")
        .bind(tenant).bind(queue).bind(person).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a person away from a queue; `false` if they were not there.
pub async fn remove_person(tx: &mut Tx, tenant: TenantId, queue: &str, person: PersonId) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("delete from queue_person where tenant_id = $1 and queue = $2 and person_id = $3")
        .bind(tenant).bind(queue).bind(person).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct QueueRow { name: String, restricted: bool, hours: Option<String>, answer_within: Option<i64> }
}

/// All queues of a business, by name.
pub async fn queues(source: impl Into<Source<'_>>, tenant: TenantId) -> Result<Vec<Queue>> {
    let mut source = source.into();
    let rows: Vec<QueueRow> = on!(from source.again(), c => sqlx::query_as(
        "select name, restricted, hours, answer_within from queue where tenant_id = $1 order by name")
        .bind(tenant).fetch_all(c).await)?;
    let people: Vec<(String, PersonId)> = on!(from source, c => sqlx::query_as(
        "select queue, person_id from queue_person where tenant_id = $1").bind(tenant).fetch_all(c).await)?;
    let queue = |row: QueueRow| {
        let within = row.answer_within.map(|seconds| unsigned("queue", "answer_within", &row.name, seconds));
        Ok(Queue {
            people: people.iter().filter(|(queue, _)| *queue == row.name).map(|(_, person)| *person).collect(),
            restricted: row.restricted,
            hours: row.hours.as_deref().map(|text| json("queue", "hours", &row.name, text)).transpose()?,
            answer_within: within.transpose()?.map(Duration::from_secs),
            name: row.name,
        })
    };
    rows.into_iter().map(queue).collect()
}

/// One queue.
pub async fn queue(source: impl Into<Source<'_>>, tenant: TenantId, name: &str) -> Result<Option<Queue>> {
    Ok(queues(source, tenant).await?.into_iter().find(|queue| queue.name == name))
}

/// The queue for whoever asks for a person without any rule or flow naming one.
#[must_use]
pub fn default_queue(queues: &[Queue]) -> QueueName {
    let usual = QueueName::default();
    let open = queues.iter().filter(|queue| !queue.restricted).filter_map(|queue| queue.name.parse().ok());
    open.min_by_key(|name| *name != usual).unwrap_or(usual)
}

/// Whether no queue that has hours is open at that time.
#[must_use]
pub fn everybody_away(queues: &[Queue], at: Timestamp) -> bool {
    let mut open = queues.iter().filter_map(|queue| queue.hours.as_ref()).map(|hours| hours.is_open(at)).peekable();
    open.peek().is_some() && !open.any(|open| open)
}
