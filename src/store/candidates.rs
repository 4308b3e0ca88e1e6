//! Those who may receive a broadcast, with everything that decides about it: read once for a preview over everybody, and
//! again for the few whose turn it is to be written to.

mod packed;

use super::among::{list as among_list, one_by_one};
use super::{Db, Error, Result, on, word};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory, Suppression, Suppressions};
use crate::domain::contacts::{ContactNo, People};
use crate::domain::deliveries::{DeliveryState, PROGRESS_FAILED};
use crate::domain::ids::{ContactId, ExecutionId, TenantId};
use futures::TryStreamExt;
use sqlx::{PgPool, Postgres, Row as _, Transaction};
use std::collections::HashMap;
use std::time::Duration;

/// One contact, as long as its row is at hand.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'r> {
    /// Its place in sets.
    pub no: ContactNo,
    /// Which one.
    pub id: ContactId,
    /// The market of a valid number; none without such a number, empty if the market is not known.
    pub market: Option<&'r str>,
    /// Preferred language.
    pub language: Option<&'r str>,
    /// When the person last wrote.
    pub last_inbound_at: Option<Timestamp>,
    /// When Meta last refused marketing for this person.
    pub meta_capped_at: Option<Timestamp>,
    /// When Meta last held the person out as an experiment.
    pub experiment_at: Option<Timestamp>,
    /// The consent that stands for the category that was asked about.
    pub consent: Option<Consent>,
    /// Name, attributes and number; only where they were asked for.
    pub own: Option<Own<'r>>,
}

/// What a message may have of its person.
#[derive(Debug, Clone, Copy)]
pub struct Own<'r> {
    /// What the person is called.
    pub name: &'r str,
    /// Further facts, as a JSON object of texts.
    pub attributes: &'r str,
    /// The number, in E.164.
    pub phone: Option<&'r str>,
}

macro_rules! candidates {
    ($own:literal, from $from:expr) => {
        concat!(
            "select c.no, c.id, case when c.phone is null then null else coalesce(c.market, '') end, c.language,
                c.last_inbound_at, c.meta_capped_at, c.experiment_at, k.source, k.traceable, k.confirmed, k.given_at",
            $own,
            " from ",
            $from
        )
    };
    ($own:literal, $tail:literal) => {
        candidates!(
            $own,
            from concat!(
                "contact c left join contact_consent k on k.tenant_id = c.tenant_id and k.category = $2 and k.contact_no = c.no
                 where c.tenant_id = $1 ",
                $tail
            )
        )
    };
}

/// A row by the places of its columns: there is one a contact, and a name would be looked up for each of them.
macro_rules! candidate {
    ($row:ident, $own:expr) => {{
        let no: ContactNo = $row.try_get(0)?;
        let consent = match $row.try_get::<Option<&str>, _>(7)? {
            None => None,
            Some(source) => Some(Consent {
                source: word("contact_consent", "source", no.0, source)?,
                traceable: $row.try_get(8)?,
                confirmed: $row.try_get(9)?,
                given_at: $row.try_get(10)?,
            }),
        };
        let own = if $own {
            Some(Own { name: $row.try_get(11)?, attributes: $row.try_get(12)?, phone: $row.try_get(13)? })
        } else {
            None
        };
        Candidate {
            no,
            id: $row.try_get(1)?,
            market: $row.try_get(2)?,
            language: $row.try_get(3)?,
            last_inbound_at: $row.try_get(4)?,
            meta_capped_at: $row.try_get(5)?,
            experiment_at: $row.try_get(6)?,
            consent,
            own,
        }
    }};
}

/// A transaction in which everybody is joined by hashing. Before a table that was just filled has statistics, the planner
/// takes it for tiny, and would hold everybody against everybody.
async fn hashing(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    let mut tx = pool.begin().await?;
    sqlx::query("set local enable_nestloop = off").execute(&mut *tx).await?;
    Ok(tx)
}

/// Hands over everybody, in no order. `own` asks for what is the person's own, which costs reading it.
pub async fn all(
    db: &Db,
    tenant: TenantId,
    category: MessageCategory,
    own: bool,
    mut each: impl FnMut(&Candidate<'_>) -> Result<()> + Send,
) -> Result<()> {
    const PLAIN: &str = candidates!("", "");
    const WITH_OWN: &str = candidates!(", c.name, c.attributes, c.phone", "");
    match db {
        Db::Sqlite { read, .. } => packed::all(read, tenant, category, own, each).await,
        Db::Postgres(pool) => {
            let sql = if own { WITH_OWN } else { PLAIN };
            let mut tx = hashing(pool).await?;
            let mut rows = sqlx::query(sql).bind(tenant).bind(category.as_str()).fetch(&mut *tx);
            while let Some(row) = rows.try_next().await? {
                each(&candidate!(row, own))?;
            }
            Ok(())
        }
    }
}

/// Hands over these contacts with what is their own, in no order.
pub async fn some(
    db: &Db,
    tenant: TenantId,
    category: MessageCategory,
    contacts: impl IntoIterator<Item = ContactNo>,
    mut each: impl FnMut(&Candidate<'_>) -> Result<()> + Send,
) -> Result<()> {
    const SQLITE: &str =
        candidates!(", c.name, c.attributes, c.phone", "and c.no in (select value from json_each($3))");
    const POSTGRES: &str = candidates!(
        ", c.name, c.attributes, c.phone",
        from concat!(
            one_by_one!("$3", "select * from contact where tenant_id = $1 and no = wanted.no", "c"),
            " left join lateral (select * from contact_consent
                where tenant_id = $1 and category = $2 and contact_no = c.no offset 0) k on true"
        )
    );
    let sql = if db.is_postgres() { POSTGRES } else { SQLITE };
    on!(read db, p => {
        let mut rows = sqlx::query(sql).bind(tenant).bind(category.as_str()).bind(among_list(contacts)).fetch(p);
        while let Some(row) = rows.try_next().await? {
            each(&candidate!(row, true))?;
        }
    });
    Ok(())
}

fn gather(rows: Vec<(ContactNo, String)>) -> Result<HashMap<u32, Suppressions>> {
    let mut found: HashMap<u32, Suppressions> = HashMap::new();
    for (no, kind) in rows {
        let kind: Suppression = word("suppression", "kind", no.0, &kind)?;
        let known = found.entry(no.0).or_default();
        *known = known.with(kind);
    }
    Ok(found)
}

/// Why people may not be written to, for everybody on the list.
pub async fn suppressions(db: &Db, tenant: TenantId) -> Result<HashMap<u32, Suppressions>> {
    gather(on!(read db, p => sqlx::query_as("select contact_no, kind from suppression where tenant_id = $1")
        .bind(tenant).fetch_all(p).await)?)
}

/// The same for these contacts.
pub async fn suppressions_of(
    db: &Db,
    tenant: TenantId,
    contacts: impl IntoIterator<Item = ContactNo>,
) -> Result<HashMap<u32, Suppressions>> {
    const SQLITE: &str = "select contact_no, kind from suppression
        where tenant_id = $1 and contact_no in (select value from json_each($2))";
    const POSTGRES: &str = concat!(
        "select contact_no, kind from ",
        one_by_one!("$2", "select * from suppression where tenant_id = $1 and contact_no = wanted.no", "s")
    );
    let sql = if db.is_postgres() { POSTGRES } else { SQLITE };
    gather(on!(read db, p => sqlx::query_as(sql).bind(tenant).bind(among_list(contacts)).fetch_all(p).await)?)
}

/// Those without consent for this category who agreed to another one.
pub async fn agreed_to_others(db: &Db, tenant: TenantId, category: MessageCategory) -> Result<People> {
    const SQL: &str =
        "select distinct o.contact_no from contact_consent o where o.tenant_id = $1 and o.category <> $2 and not exists (
            select 1 from contact_consent k where k.tenant_id = $1 and k.category = $2 and k.contact_no = o.contact_no)";
    let rows: Vec<(ContactNo,)> = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(SQL).bind(tenant).bind(category.as_str()).fetch_all(read).await?,
        Db::Postgres(pool) => {
            let mut tx = hashing(pool).await?;
            sqlx::query_as(SQL).bind(tenant).bind(category.as_str()).fetch_all(&mut *tx).await?
        }
    };
    Ok(rows.into_iter().map(|(no,)| no.0).collect())
}

/// Those of these contacts who agreed to another category. The others are asked for one by one, because the key has the
/// category before the contact.
pub async fn agreed_to_others_of(
    db: &Db,
    tenant: TenantId,
    category: MessageCategory,
    contacts: impl IntoIterator<Item = ContactNo>,
) -> Result<People> {
    const SQLITE: &str = "select contact_no from contact_consent where tenant_id = $1 and category = $2
        and contact_no in (select value from json_each($3))";
    const POSTGRES: &str = concat!(
        "select contact_no from ",
        one_by_one!(
            "$3",
            "select contact_no from contact_consent where tenant_id = $1 and category = $2 and contact_no = wanted.no",
            "c"
        )
    );
    let sql = if db.is_postgres() { POSTGRES } else { SQLITE };
    let contacts = among_list(contacts);
    let mut found = People::default();
    for other in MessageCategory::ALL.iter().filter(|other| **other != category) {
        let rows: Vec<(ContactNo,)> = on!(read db, p => sqlx::query_as(sql).bind(tenant).bind(other.as_str())
            .bind(&contacts).fetch_all(p).await)?;
        found.extend(rows.into_iter().map(|(no,)| no.0));
    }
    Ok(found)
}

/// How many messages of a category somebody had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// Within 7 days.
    pub last_7_days: u16,
    /// Within 30 days.
    pub last_30_days: u16,
}

/// The time of a message, for every cap: at most the end of its execution, for a status that comes later does not make it
/// younger.
macro_rules! time_of_message {
    () => {
        "case when e.finished_at < d.updated_at then e.finished_at else d.updated_at end"
    };
}

/// Everybody who ever had a message of this category, or is about to have one, by the ledger.
pub async fn received(
    db: &Db,
    tenant: TenantId,
    category: MessageCategory,
    at: Timestamp,
) -> Result<HashMap<u32, Received>> {
    let week = at.before(Duration::from_hours(7 * 24));
    let month = at.before(Duration::from_hours(30 * 24));
    let mut found = HashMap::new();
    on!(read db, p => {
        let mut rows = sqlx::query(
            concat!("select contact_no, cast(sum(case when at >= $3 then 1 else 0 end) as bigint),
                cast(sum(case when at >= $4 then 1 else 0 end) as bigint)
             from (select d.contact_no, ", time_of_message!(), " as at
                   from execution e join delivery d on d.execution_id = e.id
                   where e.tenant_id = $1 and e.category = $2 and (d.progress is null or d.progress <> $5)
                      and (d.state between $6 and $7 or (d.state = $8 and e.finished_at is null and e.desired <> 'cancel'))) m
             group by contact_no"))
            .bind(tenant).bind(category.as_str()).bind(week).bind(month)
            .bind(PROGRESS_FAILED).bind(DeliveryState::Sending.number()).bind(DeliveryState::Unknown.number())
            .bind(DeliveryState::Queued.number()).fetch(p);
        while let Some(row) = rows.try_next().await? {
            let no: ContactNo = row.try_get(0)?;
            let count = |number: i64| u16::try_from(number).unwrap_or(u16::MAX);
            let received = Received { last_7_days: count(row.try_get(1)?), last_30_days: count(row.try_get(2)?) };
            found.insert(no.0, received);
        }
    });
    Ok::<_, Error>(found)
}

/// The same for these contacts as it is now, by any broadcast but this one: what has gone out or may have, and what waits in
/// broadcasts that began before. Two that run side by side would otherwise both find room for the same people.
pub async fn received_by(
    db: &Db,
    tenant: TenantId,
    category: MessageCategory,
    contacts: impl IntoIterator<Item = ContactNo>,
    except: ExecutionId,
    now: Timestamp,
) -> Result<HashMap<u32, Received>> {
    let week = now.before(Duration::from_hours(7 * 24));
    let month = now.before(Duration::from_hours(30 * 24));
    // Their own rows come first and by themselves, or a planner may prefer to read every ledger of that month.
    macro_rules! received_by {
        ($theirs:expr) => {
            concat!(
                "with theirs as materialized (select execution_id, contact_no, state, progress, updated_at from ",
                $theirs,
                ") select d.contact_no, cast(sum(case when ",
                time_of_message!(),
                " >= $3 then 1 else 0 end) as bigint), cast(sum(case when ",
                time_of_message!(),
                " >= $4 then 1 else 0 end) as bigint)
                 from theirs d join execution e on e.id = d.execution_id
                 where e.tenant_id = $1 and e.category = $2 and e.id <> $5 and (e.finished_at is null or e.finished_at >= $4)
                    and (d.progress is null or d.progress <> $8)
                    and (d.state between $6 and $7 or (d.state = $9 and e.finished_at is null and e.desired <> 'cancel'
                        and (e.started_at, e.id) < (select me.started_at, me.id from execution me where me.id = $5)))
                 group by d.contact_no"
            )
        };
    }
    const SQLITE: &str = received_by!("delivery where contact_no in (select value from json_each($10))");
    const POSTGRES: &str = received_by!(one_by_one!("$10", "select * from delivery where contact_no = wanted.no", "d"));
    let sql = if db.is_postgres() { POSTGRES } else { SQLITE };
    let rows: Vec<(ContactNo, i64, i64)> = on!(read db, p => sqlx::query_as(sql).bind(tenant).bind(category.as_str())
        .bind(week).bind(month).bind(except).bind(DeliveryState::Sending.number()).bind(DeliveryState::Unknown.number())
        .bind(PROGRESS_FAILED).bind(DeliveryState::Queued.number()).bind(among_list(contacts)).fetch_all(p).await)?;
    let count = |number: i64| u16::try_from(number).unwrap_or(u16::MAX);
    let received = |(no, week, month): (ContactNo, i64, i64)| {
        (no.0, Received { last_7_days: count(week), last_30_days: count(month) })
    };
    Ok(rows.into_iter().map(received).collect())
}

/// How many different people were written to since then, by any broadcast.
pub async fn written_to_since(db: &Db, tenant: TenantId, since: Timestamp) -> Result<u64> {
    let (count,): (i64,) = on!(read db, p => sqlx::query_as(
        "select count(distinct d.contact_no) from execution e join delivery d on d.execution_id = e.id
         where e.tenant_id = $1 and (e.finished_at is null or e.finished_at >= $2)
            and d.state between $3 and $4 and d.updated_at >= $2")
        .bind(tenant).bind(since).bind(DeliveryState::Sending.number()).bind(DeliveryState::Unknown.number())
        .fetch_one(p).await)?;
    Ok(u64::try_from(count).unwrap_or(0))
}
