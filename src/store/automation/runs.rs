//! What automation did with each message, and where it left the customer.

use super::super::{Db, Error, Result, Source, Tx, on, row, unsigned, word};
use super::{read_subject, uuid};
use crate::domain::automation::flows::Place;
use crate::domain::automation::names::{NodeId, Queue};
use crate::domain::automation::reaction::{Answered, Cause, Guard, Inbound, Made, Outcome, Reaction, Silence};
use crate::domain::automation::{Authority, Subject};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{FlowId, RequestId, TenantId};
use std::collections::HashMap;
use uuid::Uuid;

const TABLE: &str = "automation_run";
const PLACES: &str = "flow_place";

/// Why a run did what it did, as words of the column.
const MATCHED: &str = "matched";
const ASKED: &str = "asked_for_person";
const GUARDED: &str = "guarded";
const SILENT: &str = "silent";

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The message.
    pub wamid: String,
    /// To which of the business's numbers, by Meta's id.
    pub number: String,
    /// Who wrote.
    pub contact: ContactNo,
    /// When it was decided.
    pub at: Timestamp,
    /// Why it acted, or why not.
    pub decided: Result<Cause, Silence>,
    /// Messages that it sent.
    pub replies: u32,
    /// The queue to which it handed over.
    pub queue: Option<Queue>,
}

/// Writes down what is done with a message, before it is done. `false` if that message was decided on before: whoever reads that
/// sends nothing.
pub async fn record(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactNo,
    inbound: &Inbound,
    reaction: &Reaction,
    now: Timestamp,
) -> Result<bool> {
    let (why, silence, guard) = match &reaction.outcome {
        Outcome::Silent(silence) => (SILENT, Some(silence.as_str()), None),
        Outcome::Acts(act) => match &act.cause {
            Cause::Matched(_) => (MATCHED, None, None),
            Cause::AskedForPerson(_) => (ASKED, None, None),
            Cause::Guarded(guard, _) => (GUARDED, None, Some(guard.as_str())),
        },
    };
    let made = reaction.made();
    let request = made.map(|made| match made.authority {
        Authority::Request(request) => Ok(request),
        Authority::Rehearsal => {
            Err(Error::inconsistent(TABLE, "request_id", &inbound.wamid, "a rehearsal answers nobody"))
        }
    });
    let replies = reaction.act().map_or(0, |act| act.replies.len());
    let queue = reaction.act().and_then(|act| act.hand_over.as_ref()).map(|to| to.queue.as_str().to_owned());
    let hit = on!(tx tx, c => sqlx::query(
        "insert into automation_run (tenant_id, wamid, phone_number_id, contact_no, at, why, silence, guard, kind, subject_id, version, request_id, node, replies, queue)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (tenant_id, wamid) do nothing")
        .bind(tenant).bind(&inbound.wamid).bind(&inbound.number).bind(contact).bind(now).bind(why).bind(silence).bind(guard)
        .bind(made.map(|made| made.subject.kind().as_str())).bind(made.map(|made| uuid(made.subject)))
        .bind(made.map(|made| i64::from(made.version))).bind(request.transpose()?)
        .bind(made.and_then(|made| made.node.as_ref()).map(|node| node.as_str().to_owned()))
        .bind(i64::try_from(replies).unwrap_or(i64::MAX)).bind(queue).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct RunRow {
        wamid: String, phone_number_id: String, contact_no: ContactNo, at: Timestamp, why: String, silence: Option<String>,
        guard: Option<String>, kind: Option<String>, subject_id: Option<Uuid>, version: Option<i64>,
        request_id: Option<RequestId>, node: Option<String>, replies: i64, queue: Option<String>,
    }
}

impl RunRow {
    fn made(&self) -> Result<Option<Made>> {
        let (Some(kind), Some(id), Some(version), Some(request)) =
            (&self.kind, self.subject_id, self.version, self.request_id)
        else {
            return Ok(None);
        };
        let node = self.node.as_deref().map(|node| word::<NodeId>(TABLE, "node", &self.wamid, node));
        Ok(Some(Made {
            subject: read_subject(&self.wamid, kind, id)?,
            version: unsigned(TABLE, "version", &self.wamid, version)?,
            authority: Authority::Request(request),
            node: node.transpose()?,
        }))
    }

    fn decided(&self) -> Result<Result<Cause, Silence>> {
        let bad = |what: &str| Error::inconsistent(TABLE, "why", &self.wamid, what);
        let made = self.made()?;
        Ok(match self.why.as_str() {
            SILENT => {
                let silence = self.silence.as_deref().ok_or_else(|| bad("a silence without a reason"))?;
                Err(word(TABLE, "silence", &self.wamid, silence)?)
            }
            GUARDED => {
                let guard = self.guard.as_deref().ok_or_else(|| bad("a guard without a name"))?;
                Ok(Cause::Guarded(word::<Guard>(TABLE, "guard", &self.wamid, guard)?, made))
            }
            ASKED => Ok(Cause::AskedForPerson(made)),
            MATCHED => Ok(Cause::Matched(made.ok_or_else(|| bad("nothing that was live"))?)),
            other => return Err(bad(other)),
        })
    }
}

impl TryFrom<RunRow> for Run {
    type Error = Error;
    fn try_from(row: RunRow) -> Result<Self> {
        let queue = row.queue.as_deref().map(|queue| word::<Queue>(TABLE, "queue", &row.wamid, queue));
        Ok(Self {
            decided: row.decided()?,
            replies: unsigned(TABLE, "replies", &row.wamid, row.replies)?,
            queue: queue.transpose()?,
            wamid: row.wamid,
            number: row.phone_number_id,
            contact: row.contact_no,
            at: row.at,
        })
    }
}

/// Which runs. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// With this person.
    pub contact: Option<ContactNo>,
    /// Decided by this, in any version.
    pub subject: Option<Subject>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Come after this one: the cursor.
    pub after: Option<(Timestamp, String)>,
}

/// Runs, newest first.
pub async fn runs(db: &Db, tenant: TenantId, filter: &RunFilter, limit: u32) -> Result<Vec<Run>> {
    let (after_at, after_wamid) = filter.after.clone().unzip();
    let rows: Vec<RunRow> = on!(read db, p => sqlx::query_as(
        "select wamid, phone_number_id, contact_no, at, why, silence, guard, kind, subject_id, version, request_id, node, replies, queue
         from automation_run where tenant_id = $1 and ($2 is null or contact_no = $2) and ($3 is null or subject_id = $3)
            and ($4 is null or at >= $4) and ($5 is null or (at, wamid) < ($5, $6))
         order by at desc, wamid desc limit $7")
        .bind(tenant).bind(filter.contact).bind(filter.subject.map(uuid)).bind(filter.since).bind(after_at)
        .bind(after_wamid).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(Run::try_from).collect()
}

/// How often something live decided on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hits {
    /// How often.
    pub count: u64,
    /// When last.
    pub last_at: Timestamp,
}

row! {
    struct HitsRow { kind: String, subject_id: Uuid, n: i64, last_at: Timestamp }
}

/// How often each subject decided since then, in any version. Those that never did are not in it.
pub async fn hits(db: &Db, tenant: TenantId, since: Timestamp) -> Result<HashMap<Subject, Hits>> {
    let rows: Vec<HitsRow> = on!(read db, p => sqlx::query_as(
        "select kind, subject_id, count(*) as n, max(at) as last_at from automation_run
         where tenant_id = $1 and subject_id is not null and at >= $2 group by kind, subject_id")
        .bind(tenant).bind(since).fetch_all(p).await)?;
    let hits = |row: HitsRow| {
        let count = unsigned(TABLE, "count", row.subject_id, row.n)?;
        Ok((read_subject(row.subject_id, &row.kind, row.subject_id)?, Hits { count, last_at: row.last_at }))
    };
    rows.into_iter().map(hits).collect()
}

row! {
    struct AnsweredRow { wamid: String, at: Timestamp, kind: Option<String>, subject_id: Option<Uuid> }
}

/// What automation answered to a person from a number since then, oldest first. A run that kept still answered nothing.
pub async fn recent(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    number: &str,
    contact: ContactNo,
    since: Timestamp,
) -> Result<Vec<Answered>> {
    let rows: Vec<AnsweredRow> = on!(from source.into(), c => sqlx::query_as(
        "select wamid, at, kind, subject_id from automation_run
         where tenant_id = $1 and contact_no = $2 and phone_number_id = $3 and at >= $4 and why <> 'silent' order by at, wamid")
        .bind(tenant).bind(contact).bind(number).bind(since).fetch_all(c).await)?;
    let read = |row: AnsweredRow| {
        let by = row.kind.as_deref().zip(row.subject_id).map(|(kind, id)| read_subject(&row.wamid, kind, id));
        Ok(Answered { at: row.at, by: by.transpose()? })
    };
    rows.into_iter().map(read).collect()
}

row! {
    struct PlaceRow { flow_id: FlowId, version: i64, node: String, tries: i64, turns: i64, since: Timestamp }
}

/// Where a person stands in a flow, on one of the business's numbers.
pub async fn place(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    number: &str,
    contact: ContactNo,
) -> Result<Option<Place>> {
    let row: Option<PlaceRow> = on!(from source.into(), c => sqlx::query_as(
        "select flow_id, version, node, tries, turns, since from flow_place
         where tenant_id = $1 and phone_number_id = $2 and contact_no = $3")
        .bind(tenant).bind(number).bind(contact).fetch_optional(c).await)?;
    let read = |row: PlaceRow| {
        Ok(Place {
            flow: row.flow_id,
            version: unsigned(PLACES, "version", row.flow_id, row.version)?,
            node: word(PLACES, "node", row.flow_id, &row.node)?,
            tries: unsigned(PLACES, "tries", row.flow_id, row.tries)?,
            turns: unsigned(PLACES, "turns", row.flow_id, row.turns)?,
            since: row.since,
        })
    };
    row.map(read).transpose()
}

/// Writes down where a person stands.
pub async fn put_place(tx: &mut Tx, tenant: TenantId, number: &str, contact: ContactNo, place: &Place) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into flow_place (tenant_id, phone_number_id, contact_no, flow_id, version, node, tries, turns, since)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (tenant_id, phone_number_id, contact_no) do update set flow_id = excluded.flow_id,
            version = excluded.version, node = excluded.node, tries = excluded.tries, turns = excluded.turns, since = excluded.since")
        .bind(tenant).bind(number).bind(contact).bind(place.flow).bind(i64::from(place.version)).bind(place.node.as_str())
        .bind(i64::from(place.tries)).bind(i64::from(place.turns)).bind(place.since).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a person out of whatever flow it was.
pub async fn leave_place(tx: &mut Tx, tenant: TenantId, number: &str, contact: ContactNo) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "delete from flow_place where tenant_id = $1 and phone_number_id = $2 and contact_no = $3")
        .bind(tenant).bind(number).bind(contact).execute(c).await.map(drop))?;
    Ok(())
}
