//! Contacts and their tags.

mod amend;
mod chosen;
mod identity;
mod numbers;

use super::among::{among, list as among_list};
use super::{Db, Error, Result, Source, Tx, on, row, to_json, word};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::{Contact, ContactNo, Language};
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::masked::{CustomerName, Masked};
use crate::domain::phone::{Market, PhoneNumber};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

pub use amend::amend;
pub use chosen::{by_ids, holders, left_number};
pub use identity::{
    Became, Found, Reach, Seen, become_another, confirm_identity, doubt_identity, know, mismatched, of, reach, seen,
    wished,
};
pub use numbers::by_phones;

row! {
    struct ContactRow {
        id: ContactId, no: ContactNo, phone: Option<String>, market: Option<String>, name: String,
        language: Option<String>, attributes: String, last_inbound_at: Option<Timestamp>, created_at: Timestamp,
    }
}

macro_rules! contact {
    ($($tail:literal),+) => {
        concat!(
            "select c.id, c.no, c.phone, c.market, c.name, c.language, c.attributes, c.last_inbound_at, c.created_at from contact c ",
            $($tail),+
        )
    };
}

impl ContactRow {
    fn read(self, tags: BTreeSet<String>) -> Result<Contact> {
        let id = self.id;
        let market: Option<Market> = self.market.map(|m| word("contact", "market", id, &m)).transpose()?;
        Ok(Contact {
            id,
            no: self.no,
            phone: self.phone.zip(market).map(|(e164, market)| Masked::new(PhoneNumber::stored(e164, market))),
            name: Masked::new(CustomerName::new(self.name)),
            language: self.language.map(|l| word("contact", "language", id, &l)).transpose()?,
            tags,
            attributes: super::json("contact", "attributes", id, &self.attributes)?,
            last_inbound_at: self.last_inbound_at,
            created_at: self.created_at,
        })
    }
}

/// Somebody to be added.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// Which one it will be.
    pub id: ContactId,
    /// The number, if there is a valid one.
    pub phone: Option<PhoneNumber>,
    /// Meta's id of the person within this business.
    pub user_id: Option<String>,
    /// What the person is called.
    pub name: String,
    /// What language to write in.
    pub language: Option<Language>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// Further facts.
    pub attributes: BTreeMap<String, String>,
    /// When the person last wrote.
    pub last_inbound_at: Option<Timestamp>,
    /// Since when the business knows the person.
    pub created_at: Timestamp,
}

/// Rows in one statement: far below what either database binds at most.
const CHUNK: usize = 500;

/// Adds contacts, as many as there are; gives their numbers in the same order. A number that is there already, or twice
/// in the list, is a unique violation and adds nobody.
pub async fn insert_many(tx: &mut Tx, tenant: TenantId, contacts: &[NewContact]) -> Result<Vec<ContactNo>> {
    let first = next_no(tx, tenant).await?;
    let count = u32::try_from(contacts.len()).unwrap_or(u32::MAX);
    let last = first.checked_add(count).ok_or_else(|| Error::inconsistent("contact", "no", tenant, "too many"))?;
    let numbers: Vec<ContactNo> = (first..last).map(ContactNo).collect();
    let numbered: Vec<(ContactNo, &NewContact)> = numbers.iter().copied().zip(contacts).collect();
    for chunk in numbered.chunks(CHUNK) {
        insert_chunk(tx, tenant, chunk).await?;
    }
    let tags: Vec<(ContactNo, &str)> =
        numbered.iter().flat_map(|(no, c)| c.tags.iter().map(|tag| (*no, tag.as_str()))).collect();
    tag_many(tx, tenant, &tags).await?;
    Ok(numbers)
}

/// The next free number, with the tenant held, so that no number is given twice.
pub(super) async fn next_no(tx: &mut Tx, tenant: TenantId) -> Result<u32> {
    super::people::hold(tx, tenant).await?;
    let (last,): (Option<i64>,) = on!(tx &mut *tx, c => sqlx::query_as(
        "select max(no) from contact where tenant_id = $1").bind(tenant).fetch_one(c).await)?;
    super::unsigned("contact", "no", tenant, last.unwrap_or(0) + 1)
}

async fn insert_chunk(tx: &mut Tx, tenant: TenantId, chunk: &[(ContactNo, &NewContact)]) -> Result<()> {
    let attributes: Vec<String> =
        chunk.iter().map(|(_, c)| to_json("contact", "attributes", &c.attributes)).collect::<Result<_>>()?;
    match tx {
        Tx::Sqlite(t) => {
            // A named parameter is looked up one by one there; the builder writes plain ones.
            let mut sql = QueryBuilder::<Sqlite>::new(
                "insert into contact (tenant_id, no, id, phone, market, user_id, name, language, attributes, last_inbound_at, created_at) ",
            );
            sql.push_values(chunk.iter().zip(&attributes), |mut values, ((no, c), attributes)| {
                values.push_bind(tenant).push_bind(*no).push_bind(c.id);
                values.push_bind(c.phone.as_ref().map(|p| p.e164().to_owned()));
                values.push_bind(c.phone.as_ref().map(|p| p.market().to_string()));
                values.push_bind(c.user_id.clone()).push_bind(c.name.clone());
                values.push_bind(c.language.as_ref().map(ToString::to_string)).push_bind(attributes.clone());
                values.push_bind(c.last_inbound_at).push_bind(c.created_at);
            });
            sql.build().execute(&mut **t).await?;
        }
        Tx::Postgres(t) => {
            let column = |get: &dyn Fn(&NewContact) -> Option<String>| -> Vec<Option<String>> {
                chunk.iter().map(|(_, c)| get(c)).collect()
            };
            sqlx::query(
                "insert into contact (tenant_id, no, id, phone, market, user_id, name, language, attributes, last_inbound_at, created_at)
                 select $1, * from unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[])")
                .bind(tenant)
                .bind(chunk.iter().map(|(no, _)| i64::from(no.0)).collect::<Vec<i64>>())
                .bind(chunk.iter().map(|(_, c)| c.id.uuid()).collect::<Vec<Uuid>>())
                .bind(column(&|c| c.phone.as_ref().map(|p| p.e164().to_owned())))
                .bind(column(&|c| c.phone.as_ref().map(|p| p.market().to_string())))
                .bind(column(&|c| c.user_id.clone()))
                .bind(column(&|c| Some(c.name.clone())))
                .bind(column(&|c| c.language.as_ref().map(ToString::to_string)))
                .bind(attributes)
                .bind(chunk.iter().map(|(_, c)| c.last_inbound_at.map(Timestamp::micros)).collect::<Vec<Option<i64>>>())
                .bind(chunk.iter().map(|(_, c)| c.created_at.micros()).collect::<Vec<i64>>())
                .execute(&mut **t)
                .await?;
        }
    }
    Ok(())
}

/// Labels contacts; a label that is there already stays.
pub async fn tag_many(tx: &mut Tx, tenant: TenantId, tags: &[(ContactNo, &str)]) -> Result<()> {
    for chunk in tags.chunks(CHUNK) {
        match tx {
            Tx::Sqlite(t) => {
                let mut sql = QueryBuilder::<Sqlite>::new("insert into contact_tag (tenant_id, tag, contact_no) ");
                sql.push_values(chunk, |mut values, (no, tag)| {
                    values.push_bind(tenant).push_bind((*tag).to_owned()).push_bind(*no);
                });
                sql.push(" on conflict do nothing");
                sql.build().execute(&mut **t).await?;
            }
            Tx::Postgres(t) => {
                sqlx::query(
                    "insert into contact_tag (tenant_id, tag, contact_no) select $1, * from unnest($2::text[], $3::bigint[]) on conflict do nothing")
                    .bind(tenant)
                    .bind(chunk.iter().map(|(_, tag)| (*tag).to_owned()).collect::<Vec<String>>())
                    .bind(chunk.iter().map(|(no, _)| i64::from(no.0)).collect::<Vec<i64>>())
                    .execute(&mut **t)
                    .await?;
            }
        }
    }
    Ok(())
}

/// Takes a label away; `false` if it was not there.
pub async fn untag(tx: &mut Tx, tenant: TenantId, contact: ContactNo, tag: &str) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("delete from contact_tag where tenant_id = $1 and tag = $2 and contact_no = $3")
        .bind(tenant).bind(tag).bind(contact).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// A contact by its two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Which one.
    pub id: ContactId,
    /// Its place in sets.
    pub no: ContactNo,
}

row! {
    struct KnownRow { id: ContactId, no: ContactNo }
}

/// The place of a contact in sets; none if it is not this tenant's.
pub async fn number_of(db: &Db, tenant: TenantId, id: ContactId) -> Result<Option<ContactNo>> {
    let row: Option<KnownRow> = on!(read db, p => sqlx::query_as(
        "select id, no from contact where tenant_id = $1 and id = $2").bind(tenant).bind(id).fetch_optional(p).await)?;
    Ok(row.map(|row| row.no))
}

/// Notes that the person wrote; an older message changes nothing.
pub async fn wrote(tx: &mut Tx, tenant: TenantId, contact: ContactNo, at: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update contact set last_inbound_at = $3 where tenant_id = $1 and no = $2 and (last_inbound_at is null or last_inbound_at < $3)")
        .bind(tenant).bind(contact).bind(at).execute(c).await.map(drop))?;
    Ok(())
}

/// One contact.
pub async fn find(db: &Db, tenant: TenantId, id: ContactId) -> Result<Option<Contact>> {
    const SQL: &str = contact!("where c.tenant_id = $1 and c.id = $2");
    let row: Option<ContactRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(p).await)?;
    Ok(with_tags(db, tenant, row.into_iter().collect()).await?.pop())
}

/// Those of these who are this tenant's, by their numbers.
pub async fn many(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    contacts: &[ContactNo],
) -> Result<HashMap<ContactNo, Contact>> {
    let mut source = source.into();
    let sql = among!(
        source,
        "select c.id, c.no, c.phone, c.market, c.name, c.language, c.attributes, c.last_inbound_at, c.created_at from contact c where c.tenant_id = $1 and c.no",
        "$2",
        ""
    );
    let rows: Vec<ContactRow> = on!(from &mut source, c => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(c).await)?;
    Ok(with_tags(source, tenant, rows).await?.into_iter().map(|contact| (contact.no, contact)).collect())
}

/// What to look for. Every part narrows; none is everybody.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Carries this tag.
    pub tag: Option<String>,
    /// Prefers this language.
    pub language: Option<Language>,
    /// Has a number of this market.
    pub market: Option<Market>,
    /// Has this very number.
    pub phone: Option<PhoneNumber>,
    /// Has standing consent for this.
    pub consent: Option<MessageCategory>,
    /// Is on the suppression list, or is not.
    pub suppressed: Option<bool>,
    /// Wrote at this time or later.
    pub wrote_since: Option<Timestamp>,
    /// Whom the business came to know last comes first, in place of last.
    pub newest_first: bool,
    /// Comes after this one: the cursor.
    pub after: Option<ContactNo>,
}

/// Contacts in the order in which the business came to know them.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<Contact>> {
    macro_rules! list {
        ($beyond:literal, $order:literal) => {
            contact!(
                "where c.tenant_id = $1 and ($2 is null or c.no ", $beyond, " $2)
                    and ($3 is null or exists (select 1 from contact_tag t where t.tenant_id = c.tenant_id and t.tag = $3 and t.contact_no = c.no))
                    and ($4 is null or c.language = $4) and ($5 is null or c.market = $5) and ($6 is null or c.phone = $6)
                    and ($7 is null or exists (select 1 from contact_consent k where k.tenant_id = c.tenant_id and k.category = $7 and k.contact_no = c.no))
                    and ($8 is null or $8 = (case when exists (select 1 from suppression s where s.tenant_id = c.tenant_id and s.contact_no = c.no) then 1 else 0 end))
                    and ($9 is null or c.last_inbound_at >= $9)
                 order by c.no ", $order, " limit $10"
            )
        };
    }
    let sql = if filter.newest_first { list!("<", "desc") } else { list!(">", "asc") };
    let rows: Vec<ContactRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(filter.after).bind(filter.tag.clone()).bind(filter.language.as_ref().map(ToString::to_string))
        .bind(filter.market.map(|m| m.to_string())).bind(filter.phone.as_ref().map(|phone| phone.e164().to_owned()))
        .bind(filter.consent.map(MessageCategory::as_str)).bind(filter.suppressed.map(i32::from)).bind(filter.wrote_since)
        .bind(i64::from(limit)).fetch_all(p).await)?;
    with_tags(db, tenant, rows).await
}

row! {
    struct TagRow { contact_no: ContactNo, tag: String }
}

async fn with_tags(source: impl Into<Source<'_>>, tenant: TenantId, rows: Vec<ContactRow>) -> Result<Vec<Contact>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let source = source.into();
    let sql = among!(source, "select contact_no, tag from contact_tag where tenant_id = $1 and contact_no", "$2", "");
    let tags: Vec<TagRow> = on!(from source, c => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(rows.iter().map(|row| row.no))).fetch_all(c).await)?;
    let mut of: HashMap<ContactNo, BTreeSet<String>> = HashMap::new();
    for row in tags {
        of.entry(row.contact_no).or_default().insert(row.tag);
    }
    let tagged = rows.into_iter().map(|row| (of.remove(&row.no).unwrap_or_default(), row));
    tagged.map(|(tags, row)| row.read(tags)).collect()
}
