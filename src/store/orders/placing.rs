//! Orders that wait for another system: who sees to them and until when, what is known of them there, and who called them off.

use crate::domain::clock::Timestamp;
use crate::domain::ids::{OrderId, PersonId, TenantId};
use crate::domain::orders::{Order, Stop, USUAL_WAIT, Waiting};
use crate::store::deliveries::Sql;
use crate::store::{Db, Result, Tx, on, row, unsigned};

row! {
    struct WaitRow {
        id: OrderId, tenant_id: TenantId, tries: i64, due_at: Timestamp, why: Option<String>, created_at: Timestamp,
        asked_at: Option<Timestamp>, misses: i64, stopped_at: Option<Timestamp>, stopped_by: Option<PersonId>,
        people_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    () => {
        "id, tenant_id, tries, due_at, why, created_at, asked_at, misses, stopped_at, stopped_by, people_at"
    };
}

impl WaitRow {
    fn waiting(&self) -> Result<Waiting> {
        Ok(Waiting {
            asked_at: self.asked_at,
            misses: unsigned("customer_order", "misses", self.id, self.misses)?,
            stop: self.stopped_at.zip(self.stopped_by).map(|(at, by)| Stop { at, by }),
            people_at: self.people_at.unwrap_or_else(|| self.created_at.after(USUAL_WAIT)),
        })
    }
}

/// How an order stands that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// Why it is not settled.
    pub why: Option<String>,
    /// When its source is asked again.
    pub due_at: Timestamp,
    /// What is known of it.
    pub waiting: Waiting,
}

/// Why an order still waits for its source, and what is known. None for one that does not wait.
pub async fn waits(db: &Db, tenant: TenantId, id: OrderId) -> Result<Option<Waits>> {
    const SQL: &str =
        concat!("select ", columns!(), " from customer_order where tenant_id = $1 and id = $2 and state = 'placing'");
    let row: Option<WaitRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(p).await)?;
    row.map(|row| Ok(Waits { waiting: row.waiting()?, due_at: row.due_at, why: row.why })).transpose()
}

/// An order that a source is to be asked about.
#[derive(Debug, Clone)]
pub struct Due {
    /// Of which business.
    pub tenant: TenantId,
    /// The order.
    pub order: Order,
    /// How often it was taken before.
    pub tries: u32,
    /// What is known of it.
    pub waiting: Waiting,
    /// Until when it is kept from others: whoever finds another time in the row has lost it.
    pub until: Timestamp,
}

/// Takes orders that wait for their source, and keeps them from others until then. In a database that is found to be older than
/// what has happened nothing is taken.
pub async fn due(tx: &mut Tx, (now, until): (Timestamp, Timestamp), limit: u32) -> Result<Vec<Due>> {
    macro_rules! take {
        ($lock:literal) => {
            concat!(
                "update customer_order set tries = tries + 1, due_at = $2
                 where not exists (select 1 from instance i where i.one = 1 and i.noticed_at is not null)
                    and state = 'placing' and id in (select id from customer_order where state = 'placing' and due_at <= $1
                    order by due_at, id limit $3",
                $lock,
                ") returning ",
                columns!()
            )
        };
    }
    const TAKE: Sql = Sql { sqlite: take!(""), postgres: take!(" for update skip locked") };
    let sql = TAKE.of(tx);
    let rows: Vec<WaitRow> =
        on!(tx &mut *tx, c => sqlx::query_as(sql).bind(now).bind(until).bind(i64::from(limit)).fetch_all(c).await)?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(order) = super::find(&mut *tx, row.tenant_id, row.id).await? else { continue };
        let tries: u32 = unsigned("customer_order", "tries", row.id, row.tries - 1)?;
        taken.push(Due { tenant: row.tenant_id, order, tries, waiting: row.waiting()?, until: row.due_at });
    }
    Ok(taken)
}

/// The intent: the source may have it from here on, and it is kept from others until then. `false` if others have taken it, a person
/// has called it off, or the database is found to be older than what has happened.
pub async fn ask(tx: &mut Tx, due: &Due, (now, until): (Timestamp, Timestamp)) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update customer_order set asked_at = coalesce(asked_at, $3), misses = 0, due_at = $4
         where id = $1 and state = 'placing' and due_at = $2 and stopped_at is null
            and not exists (select 1 from instance i where i.one = 1 and i.noticed_at is not null)")
        .bind(due.order.id).bind(due.until).bind(now).bind(until).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Holds it in this transaction; `false` if others have taken it by now.
pub async fn hold(tx: &mut Tx, due: &Due) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update customer_order set due_at = due_at where id = $1 and state = 'placing' and due_at = $2")
        .bind(due.order.id).bind(due.until).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// What is known of an order that is looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// When.
    pub at: Timestamp,
    /// Why it is not settled.
    pub why: String,
    /// Looks in a row at which the source knew nothing of it.
    pub misses: u32,
    /// Whether the source was never asked for it after all.
    pub unasked: bool,
}

/// It is looked at again then; `false` if others have taken it by now.
pub async fn later(tx: &mut Tx, due: &Due, later: &Later) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update customer_order set due_at = $3, why = $4, misses = $5, asked_at = case when $6 then null else asked_at end
         where id = $1 and state = 'placing' and due_at = $2")
        .bind(due.order.id).bind(due.until).bind(later.at).bind(later.why.replace('\0', "")).bind(i64::from(later.misses))
        .bind(later.unasked).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// A person calls it off: it is asked for no more and looked for at once, and whoever has it now has lost it. What is known of
/// it; none if it does not wait any more, or was called off before.
pub async fn stop(
    tx: &mut Tx,
    tenant: TenantId,
    id: OrderId,
    stop: Stop,
    people_at: Timestamp,
) -> Result<Option<Waiting>> {
    const SQL: &str = concat!(
        "update customer_order set stopped_at = $3, stopped_by = $4, due_at = $3, misses = 0,
            people_at = case when people_at <= $5 then people_at else $5 end
         where tenant_id = $1 and id = $2 and state = 'placing' and stopped_at is null returning ",
        columns!()
    );
    let row: Option<WaitRow> = on!(tx tx, c => sqlx::query_as(SQL).bind(tenant).bind(id).bind(stop.at).bind(stop.by)
        .bind(people_at).fetch_optional(c).await)?;
    row.map(|row| row.waiting()).transpose()
}

/// In a database that has gone back in time, what waits may have been asked for, refused or called off since: it is looked for,
/// and left to people.
pub async fn doubt_all(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(on!(tx tx, c => sqlx::query(
        "update customer_order set asked_at = coalesce(asked_at, $1), misses = 0, due_at = $1, people_at = $1,
            why = 'the database was put back, and this may have been dealt with since'
         where state = 'placing'").bind(now).execute(c).await.map(|r| r.rows_affected()))?)
}
