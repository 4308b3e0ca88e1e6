//! The consent history, the consent that stands now, and the suppression list.

use super::among::{among, list as among_list};
use super::{Db, Error, Result, Source, Tx, on, row, word};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{
    Consent, ConsentRecord, ConsentSource, ConsentState, MessageCategory, OptOut, Suppression,
};
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{ConsentId, ContactId, TenantId};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What a person said, to be written down.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// Which entry it will be.
    pub id: ConsentId,
    /// Whose.
    pub contact: ContactNo,
    /// For what.
    pub category: MessageCategory,
    /// Given or taken back.
    pub state: ConsentState,
    /// How.
    pub source: ConsentSource,
    /// Where the proof lies.
    pub evidence: Option<String>,
    /// When the person said so.
    pub given_at: Timestamp,
    /// When an oral consent was confirmed in writing.
    pub confirmed_at: Option<Timestamp>,
}

/// Rows in one statement: far below what either database binds at most.
const CHUNK: usize = 500;

/// Appends to the history and brings what stands now up to date, in the same transaction. What the person said last counts,
/// whatever the order in which it is written down.
pub async fn record(tx: &mut Tx, tenant: TenantId, records: &[NewConsent], now: Timestamp) -> Result<()> {
    for chunk in records.chunks(CHUNK) {
        append(tx, tenant, chunk, now).await?;
        derive(tx, tenant, chunk).await?;
    }
    Ok(())
}

async fn append(tx: &mut Tx, tenant: TenantId, chunk: &[NewConsent], now: Timestamp) -> Result<()> {
    match tx {
        Tx::Sqlite(t) => {
            let mut sql = QueryBuilder::<Sqlite>::new(
                "insert into consent_record (tenant_id, id, contact_no, category, state, source, evidence, given_at, recorded_at, confirmed_at) ",
            );
            sql.push_values(chunk, |mut values, r| {
                values.push_bind(tenant).push_bind(r.id).push_bind(r.contact).push_bind(r.category.as_str());
                values.push_bind(r.state.as_str()).push_bind(r.source.as_str()).push_bind(r.evidence.clone());
                values.push_bind(r.given_at).push_bind(now).push_bind(r.confirmed_at);
            });
            sql.build().execute(&mut **t).await?;
        }
        Tx::Postgres(t) => {
            let words = |get: fn(&NewConsent) -> &'static str| -> Vec<&'static str> { chunk.iter().map(get).collect() };
            sqlx::query(
                "insert into consent_record (tenant_id, recorded_at, id, contact_no, category, state, source, evidence, given_at, confirmed_at)
                 select $1, $2, * from unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[])")
                .bind(tenant)
                .bind(now)
                .bind(chunk.iter().map(|r| r.id.uuid()).collect::<Vec<Uuid>>())
                .bind(chunk.iter().map(|r| i64::from(r.contact.0)).collect::<Vec<i64>>())
                .bind(words(|r| r.category.as_str()))
                .bind(words(|r| r.state.as_str()))
                .bind(words(|r| r.source.as_str()))
                .bind(chunk.iter().map(|r| r.evidence.clone()).collect::<Vec<Option<String>>>())
                .bind(chunk.iter().map(|r| r.given_at.micros()).collect::<Vec<i64>>())
                .bind(chunk.iter().map(|r| r.confirmed_at.map(Timestamp::micros)).collect::<Vec<Option<i64>>>())
                .execute(&mut **t)
                .await?;
        }
    }
    Ok(())
}

/// Works out again what stands for the contacts and categories of these records, from their whole history.
async fn derive(tx: &mut Tx, tenant: TenantId, chunk: &[NewConsent]) -> Result<()> {
    let contacts = among_list(chunk.iter().map(|r| r.contact));
    let categories: BTreeSet<MessageCategory> = chunk.iter().map(|r| r.category).collect();
    for category in categories {
        derive_one(tx, tenant, category, &contacts).await?;
    }
    Ok(())
}

/// Works out again what stands for these contacts, after their history was changed by other hands than [`record`].
pub(super) async fn derive_all(tx: &mut Tx, tenant: TenantId, contacts: &[ContactNo]) -> Result<()> {
    let contacts = among_list(contacts.iter().copied());
    for category in MessageCategory::ALL {
        derive_one(tx, tenant, *category, &contacts).await?;
    }
    Ok(())
}

async fn derive_one(tx: &mut Tx, tenant: TenantId, category: MessageCategory, contacts: &str) -> Result<()> {
    let clear =
        among!(tx, "delete from contact_consent where tenant_id = $1 and category = $3 and contact_no", "$2", "");
    on!(tx &mut *tx, c => sqlx::query(clear).bind(tenant).bind(contacts).bind(category.as_str()).execute(c).await.map(drop))?;
    let fill = among!(
        tx,
        "insert into contact_consent (tenant_id, category, contact_no, source, traceable, confirmed, given_at)
         select r.tenant_id, r.category, r.contact_no, r.source, r.evidence is not null, r.confirmed_at is not null, r.given_at
         from consent_record r where r.tenant_id = $1 and r.contact_no",
        "$2",
        "and r.category = $3 and r.state = 'granted' and not exists (
            select 1 from consent_record l where l.tenant_id = r.tenant_id and l.contact_no = r.contact_no
                and l.category = r.category and (l.given_at, l.recorded_at, l.id) > (r.given_at, r.recorded_at, r.id))"
    );
    on!(tx tx, c => sqlx::query(fill).bind(tenant).bind(contacts).bind(category.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct RecordRow {
        id: ConsentId, contact_id: ContactId, contact_no: ContactNo, category: String, state: String, source: String, evidence: Option<String>,
        given_at: Timestamp, recorded_at: Timestamp, confirmed_at: Option<Timestamp>,
    }
}

impl TryFrom<RecordRow> for ConsentRecord {
    type Error = Error;
    fn try_from(row: RecordRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            contact: row.contact_id,
            category: word("consent_record", "category", row.id, &row.category)?,
            state: word("consent_record", "state", row.id, &row.state)?,
            source: word("consent_record", "source", row.id, &row.source)?,
            evidence: row.evidence,
            given_at: row.given_at,
            recorded_at: row.recorded_at,
            confirmed_at: row.confirmed_at,
        })
    }
}

/// Which entries of the history. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this person.
    pub contact: Option<ContactNo>,
    /// For this.
    pub category: Option<MessageCategory>,
    /// Given, or taken back.
    pub state: Option<ConsentState>,
    /// By this road.
    pub source: Option<ConsentSource>,
    /// Written down at this time or later.
    pub from: Option<Timestamp>,
    /// Not later.
    pub until: Option<Timestamp>,
    /// Comes after this one: the cursor.
    pub after: Option<(Timestamp, ConsentId)>,
}

/// The history, what was written down last first.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<(ContactNo, ConsentRecord)>> {
    let (after_at, after_id) = filter.after.unzip();
    let rows: Vec<RecordRow> = on!(read db, p => sqlx::query_as(
        "select r.id, c.id as contact_id, r.contact_no, r.category, r.state, r.source, r.evidence, r.given_at, r.recorded_at, r.confirmed_at
         from consent_record r join contact c on c.tenant_id = r.tenant_id and c.no = r.contact_no
         where r.tenant_id = $1 and ($2 is null or r.contact_no = $2) and ($3 is null or r.category = $3)
            and ($4 is null or r.state = $4) and ($5 is null or r.source = $5)
            and ($6 is null or r.recorded_at >= $6) and ($7 is null or r.recorded_at <= $7)
            and ($8 is null or (r.recorded_at, r.id) < ($8, $9))
         order by r.recorded_at desc, r.id desc limit $10")
        .bind(tenant).bind(filter.contact).bind(filter.category.map(MessageCategory::as_str))
        .bind(filter.state.map(ConsentState::as_str)).bind(filter.source.map(ConsentSource::as_str))
        .bind(filter.from).bind(filter.until).bind(after_at).bind(after_id).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(|row| Ok((row.contact_no, ConsentRecord::try_from(row)?))).collect()
}

row! {
    struct StandingRow {
        contact_no: ContactNo, category: String, source: String, traceable: bool, confirmed: bool, given_at: Timestamp,
    }
}

/// The consent that stands now, for each of these contacts.
pub async fn standing(
    db: &Db,
    tenant: TenantId,
    contacts: &[ContactNo],
) -> Result<HashMap<ContactNo, Vec<(MessageCategory, Consent)>>> {
    let sql = among!(
        db,
        "select contact_no, category, source, traceable, confirmed, given_at from contact_consent where tenant_id = $1 and contact_no",
        "$2",
        "order by category"
    );
    let rows: Vec<StandingRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(p).await)?;
    let mut of: HashMap<ContactNo, Vec<(MessageCategory, Consent)>> = HashMap::new();
    for row in rows {
        let no = row.contact_no.0;
        let consent = Consent {
            source: word("contact_consent", "source", no, &row.source)?,
            traceable: row.traceable,
            given_at: row.given_at,
            confirmed: row.confirmed,
        };
        let category = word("contact_consent", "category", no, &row.category)?;
        of.entry(row.contact_no).or_default().push((category, consent));
    }
    Ok(of)
}

/// Everything that these contacts ever said, oldest entry first.
pub async fn histories(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    contacts: &[ContactNo],
) -> Result<HashMap<ContactNo, Vec<ConsentRecord>>> {
    let source = source.into();
    let sql = among!(
        source,
        "select r.id, c.id as contact_id, r.contact_no, r.category, r.state, r.source, r.evidence, r.given_at, r.recorded_at, r.confirmed_at
         from consent_record r join contact c on c.tenant_id = r.tenant_id and c.no = r.contact_no
         where r.tenant_id = $1 and r.contact_no",
        "$2",
        "order by r.recorded_at, r.id"
    );
    let rows: Vec<RecordRow> = on!(from source, c => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(c).await)?;
    let mut of: HashMap<ContactNo, Vec<ConsentRecord>> = HashMap::new();
    for row in rows {
        of.entry(row.contact_no).or_default().push(row.try_into()?);
    }
    Ok(of)
}

/// Puts a person on the suppression list; `false` if that entry was there already, which then stays as it is.
pub async fn suppress(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactNo,
    kind: Suppression,
    source: &str,
    word: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "insert into suppression (tenant_id, contact_no, kind, at, source, word) values ($1, $2, $3, $4, $5, $6) on conflict do nothing")
        .bind(tenant).bind(contact).bind(kind.as_str()).bind(now).bind(source).bind(word)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Takes one entry off the suppression list; `false` if it was not there.
pub async fn lift(tx: &mut Tx, tenant: TenantId, contact: ContactNo, kind: Suppression) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("delete from suppression where tenant_id = $1 and contact_no = $2 and kind = $3")
        .bind(tenant).bind(contact).bind(kind.as_str()).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct OptOutRow {
        contact_id: ContactId, contact_no: ContactNo, kind: String, at: Timestamp, source: String, word: Option<String>,
    }
}

impl OptOutRow {
    fn read(self) -> Result<(ContactNo, OptOut)> {
        let kind = word("suppression", "kind", self.contact_no.0, &self.kind)?;
        Ok((
            self.contact_no,
            OptOut { contact: self.contact_id, kind, at: self.at, source: self.source, word: self.word },
        ))
    }
}

/// Which entries of the suppression list. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct OptOutFilter {
    /// Of this person.
    pub contact: Option<ContactNo>,
    /// For this reason.
    pub kind: Option<Suppression>,
    /// Since this time or later.
    pub from: Option<Timestamp>,
    /// Not later.
    pub until: Option<Timestamp>,
    /// Comes after this one: the cursor.
    pub after: Option<(Timestamp, ContactNo, Suppression)>,
}

/// The suppression list, newest first.
pub async fn opt_outs(
    db: &Db,
    tenant: TenantId,
    filter: &OptOutFilter,
    limit: u32,
) -> Result<Vec<(ContactNo, OptOut)>> {
    let after_at = filter.after.map(|(at, ..)| at);
    let after_no = filter.after.map(|(_, no, _)| no);
    let after_kind = filter.after.map(|(_, _, kind)| kind.as_str());
    let rows: Vec<OptOutRow> = on!(read db, p => sqlx::query_as(
        "select c.id as contact_id, s.contact_no, s.kind, s.at, s.source, s.word
         from suppression s join contact c on c.tenant_id = s.tenant_id and c.no = s.contact_no
         where s.tenant_id = $1 and ($2 is null or s.contact_no = $2) and ($3 is null or s.kind = $3)
            and ($4 is null or s.at >= $4) and ($5 is null or s.at <= $5)
            and ($6 is null or (s.at, s.contact_no, s.kind) < ($6, $7, $8))
         order by s.at desc, s.contact_no desc, s.kind desc limit $9")
        .bind(tenant).bind(filter.contact).bind(filter.kind.map(Suppression::as_str)).bind(filter.from).bind(filter.until)
        .bind(after_at).bind(after_no).bind(after_kind).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(OptOutRow::read).collect()
}

/// All entries of each of these contacts.
pub async fn suppressions(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    contacts: &[ContactNo],
) -> Result<HashMap<ContactNo, Vec<OptOut>>> {
    let source = source.into();
    let sql = among!(
        source,
        "select c.id as contact_id, s.contact_no, s.kind, s.at, s.source, s.word
         from suppression s join contact c on c.tenant_id = s.tenant_id and c.no = s.contact_no
         where s.tenant_id = $1 and s.contact_no",
        "$2",
        "order by s.at, s.kind"
    );
    let rows: Vec<OptOutRow> = on!(from source, c => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(c).await)?;
    let mut of: HashMap<ContactNo, Vec<OptOut>> = HashMap::new();
    for row in rows {
        let (no, entry) = row.read()?;
        of.entry(no).or_default().push(entry);
    }
    Ok(of)
}
