//! Who there is, in columns: what the conditions of segments ask, for all contacts at once or for some.

use super::among::{among, list as among_list};
use super::{Db, Result, on, row, word};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory};
use crate::domain::contacts::{ContactNo, Language, People};
use crate::domain::ids::TenantId;
use crate::domain::phone::Market;
use crate::domain::segments::{TagSets, Traits};
use std::collections::{BTreeSet, HashMap};

/// What conditions ask about one contact, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Which one.
    pub no: ContactNo,
    /// Preferred language.
    pub language: Option<Language>,
    /// Market of a valid number; none if there is no valid number.
    pub market: Option<Market>,
    /// When the person last wrote.
    pub last_inbound_at: Option<Timestamp>,
}

impl Person {
    /// As the conditions take it.
    #[must_use]
    pub const fn traits<'a>(&'a self, consents: &'a [(MessageCategory, Consent)]) -> Traits<'a> {
        Traits {
            no: self.no,
            language: self.language.as_ref(),
            market: self.market,
            last_inbound_at: self.last_inbound_at,
            consents,
        }
    }
}

row! {
    struct PersonRow { no: ContactNo, market: Option<String>, language: Option<String>, last_inbound_at: Option<Timestamp> }
}

fn read(rows: Vec<PersonRow>) -> Result<Vec<Person>> {
    // There are few languages and markets and many people: each word is parsed once.
    let mut languages: HashMap<String, Language> = HashMap::new();
    let mut markets: HashMap<String, Market> = HashMap::new();
    let mut people = Vec::with_capacity(rows.len());
    for row in rows {
        let language = match row.language {
            Some(text) => Some(match languages.get(&text) {
                Some(known) => known.clone(),
                None => {
                    let parsed: Language = word("contact", "language", row.no.0, &text)?;
                    languages.entry(text).or_insert(parsed).clone()
                }
            }),
            None => None,
        };
        let market = match row.market {
            Some(text) => Some(match markets.get(&text) {
                Some(known) => *known,
                None => {
                    let parsed: Market = word("contact", "market", row.no.0, &text)?;
                    *markets.entry(text).or_insert(parsed)
                }
            }),
            None => None,
        };
        people.push(Person { no: row.no, language, market, last_inbound_at: row.last_inbound_at });
    }
    Ok(people)
}

/// The next contacts after one, in the order of their numbers.
pub async fn people(db: &Db, tenant: TenantId, after: ContactNo, limit: u32) -> Result<Vec<Person>> {
    let rows: Vec<PersonRow> = on!(read db, p => sqlx::query_as(
        "select no, market, language, last_inbound_at from contact where tenant_id = $1 and no > $2 order by no limit $3")
        .bind(tenant).bind(after).bind(i64::from(limit)).fetch_all(p).await)?;
    read(rows)
}

/// These contacts, in the order of their numbers.
pub async fn some(db: &Db, tenant: TenantId, contacts: &[ContactNo]) -> Result<Vec<Person>> {
    let sql = among!(
        db,
        "select no, market, language, last_inbound_at from contact where tenant_id = $1 and no",
        "$2",
        "order by no"
    );
    let rows: Vec<PersonRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(p).await)?;
    read(rows)
}

/// The members of each of these tags.
pub async fn tag_sets(db: &Db, tenant: TenantId, tags: &BTreeSet<&str>) -> Result<TagSets> {
    let mut sets = TagSets::new();
    for tag in tags {
        let rows: Vec<(ContactNo,)> = on!(read db, p => sqlx::query_as(
            "select contact_no from contact_tag where tenant_id = $1 and tag = $2 order by contact_no")
            .bind(tenant).bind(*tag).fetch_all(p).await)?;
        sets.insert((*tag).to_owned(), rows.into_iter().map(|(no,)| no.0).collect());
    }
    Ok(sets)
}

/// Everybody on the suppression list, for whatever reason.
pub async fn suppressed(db: &Db, tenant: TenantId) -> Result<People> {
    let rows: Vec<(ContactNo,)> = on!(read db, p => sqlx::query_as(
        "select distinct contact_no from suppression where tenant_id = $1").bind(tenant).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|(no,)| no.0).collect())
}

row! {
    struct ConsentRow { contact_no: ContactNo, source: String, traceable: bool, confirmed: bool, given_at: Timestamp }
}

/// The consent that stands for one category, by contact.
pub async fn consents(db: &Db, tenant: TenantId, category: MessageCategory) -> Result<HashMap<ContactNo, Consent>> {
    let rows: Vec<ConsentRow> = on!(read db, p => sqlx::query_as(
        "select contact_no, source, traceable, confirmed, given_at from contact_consent where tenant_id = $1 and category = $2")
        .bind(tenant).bind(category.as_str()).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            let source = word("contact_consent", "source", row.contact_no.0, &row.source)?;
            let (traceable, confirmed, given_at) = (row.traceable, row.confirmed, row.given_at);
            Ok((row.contact_no, Consent { source, traceable, given_at, confirmed }))
        })
        .collect()
}
