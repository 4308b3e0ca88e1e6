//! Stops of all that goes out from a number, or from a business. Whoever begins anything looks here.

use super::{Error, Result, Source, Tx, on, row};
use crate::domain::business::stop::{Stop, StopReach, StoppedBy};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, TenantId};

const TABLE: &str = "sending_stop";

row! {
    struct StopRow {
        phone_number_id: String, stopped_by: String, person_id: Option<PersonId>, reason: String, since: Timestamp,
        told_at: Timestamp,
    }
}

impl TryFrom<StopRow> for Stop {
    type Error = Error;
    fn try_from(row: StopRow) -> Result<Self> {
        let by = match (row.stopped_by.as_str(), row.person_id) {
            ("person", Some(person)) => StoppedBy::Person(person),
            ("meta", None) => StoppedBy::Meta,
            ("worker", None) => StoppedBy::Worker,
            (other, _) => return Err(Error::inconsistent(TABLE, "stopped_by", &row.phone_number_id, other)),
        };
        let reach = match row.phone_number_id {
            all if all.is_empty() => StopReach::Business,
            number => StopReach::Number(number),
        };
        Ok(Self { reach, by, reason: row.reason, since: row.since, told_at: row.told_at })
    }
}

/// How far it reaches, as the column says it.
fn column(reach: &StopReach) -> &str {
    match reach {
        StopReach::Number(number) => number,
        StopReach::Business => "",
    }
}

/// What came of putting one down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Nothing goes out from here on.
    New,
    /// It stood already, for another reason, or by somebody else.
    Another,
    /// It stood already, for this very reason.
    Known,
}

/// Puts a stop down. Of several reasons the latest counts; since when nothing goes out stays.
pub async fn put(
    tx: &mut Tx,
    tenant: TenantId,
    (reach, by): (&StopReach, StoppedBy),
    reason: &str,
    now: Timestamp,
) -> Result<Put> {
    let (word, person) = match by {
        StoppedBy::Person(person) => ("person", Some(person)),
        StoppedBy::Meta => ("meta", None),
        StoppedBy::Worker => ("worker", None),
    };
    let reason = reason.replace('\0', "");
    // Two that stop it at once meet at its key: the second one finds what the first has put down.
    let new = on!(tx &mut *tx, c => sqlx::query(
        "insert into sending_stop (tenant_id, phone_number_id, stopped_by, person_id, reason, since, told_at)
         values ($1, $2, $3, $4, $5, $6, $6) on conflict (tenant_id, phone_number_id) do nothing")
        .bind(tenant).bind(column(reach)).bind(word).bind(person).bind(&reason).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if new == 1 {
        return Ok(Put::New);
    }
    let other = on!(tx tx, c => sqlx::query(
        "update sending_stop set stopped_by = $3, person_id = $4, reason = $5, told_at = $6
         where tenant_id = $1 and phone_number_id = $2 and (stopped_by <> $3 or reason <> $5)")
        .bind(tenant).bind(column(reach)).bind(word).bind(person).bind(&reason).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(if other == 1 { Put::Another } else { Put::Known })
}

/// Lifts the stop whose reason was given then; `false` if it is gone, or has another reason by now.
pub async fn lift(tx: &mut Tx, tenant: TenantId, reach: &StopReach, told_at: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "delete from sending_stop where tenant_id = $1 and phone_number_id = $2 and told_at = $3")
        .bind(tenant).bind(column(reach)).bind(told_at).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// All stops of a business, the one of all its numbers first.
pub async fn all(source: impl Into<Source<'_>>, tenant: TenantId) -> Result<Vec<Stop>> {
    let rows: Vec<StopRow> = on!(from source.into(), c => sqlx::query_as(
        "select phone_number_id, stopped_by, person_id, reason, since, told_at from sending_stop
         where tenant_id = $1 order by phone_number_id")
        .bind(tenant).fetch_all(c).await)?;
    rows.into_iter().map(Stop::try_from).collect()
}

/// Why nothing goes out from this number, if that is so.
pub async fn of_number(source: impl Into<Source<'_>>, tenant: TenantId, number: &str) -> Result<Option<Stop>> {
    Ok(all(source, tenant).await?.into_iter().find(|stop| stop.reach.covers(number)))
}
