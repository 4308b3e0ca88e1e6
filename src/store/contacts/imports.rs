//! Lists of contacts that wait to be imported, and the writing of them.

use crate::domain::clock::Timestamp;
use crate::domain::contacts::import::{ImportRow, root};
use crate::domain::contacts::{ContactNo, Language};
use crate::domain::ids::{ImportId, TenantId};
use crate::domain::phone::PhoneNumber;
use crate::store::{Db, Error, Result, Tx, json, on, row, to_json, unsigned, word};
use std::collections::{BTreeMap, HashMap};

const ROWS: &str = "contact_import_row";

/// Stores the rows of a list under the root that is signed.
pub async fn add_import(tx: &mut Tx, tenant: TenantId, id: ImportId, rows: &[ImportRow], now: Timestamp) -> Result<()> {
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let root = root(rows).map_err(|e| Error::inconsistent("contact_import", "root", id, e))?;
    on!(tx &mut *tx, c => sqlx::query(
        "insert into contact_import (id, tenant_id, count, root, created_at) values ($1, $2, $3, $4, $5)")
        .bind(id).bind(tenant).bind(count).bind(root).bind(now).execute(c).await.map(drop))?;
    let columns: Vec<(u32, &str, String, String)> = rows
        .iter()
        .map(|row| Ok((row.line, row.phone.e164(), row.phone.market().to_string(), to_json(ROWS, "said", &row.said)?)))
        .collect::<Result<_>>()?;
    // All rows in one parameter, unfolded by the database in its own words.
    let sql = if tx.is_postgres() {
        "insert into contact_import_row (import_id, line, phone, market, said)
         select $1, (v->>0)::bigint, v->>1, v->>2, v->>3 from json_array_elements($2::json) v"
    } else {
        "insert into contact_import_row (import_id, line, phone, market, said)
         select $1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]')
         from json_each($2)"
    };
    let columns = to_json(ROWS, "said", &columns)?;
    on!(tx tx, c => sqlx::query(sql).bind(id).bind(columns).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct RowRow { line: i64, phone: String, market: String, said: String }
}

/// The rows of a list, in their order; none if it is not this tenant's. The caller holds them against the signed root.
pub async fn import_rows(db: &Db, tenant: TenantId, id: ImportId) -> Result<Vec<ImportRow>> {
    let rows: Vec<RowRow> = on!(read db, p => sqlx::query_as(
        "select r.line, r.phone, r.market, r.said from contact_import_row r join contact_import i on i.id = r.import_id
         where i.tenant_id = $1 and i.id = $2 order by r.line").bind(tenant).bind(id).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(ImportRow {
                line: unsigned(ROWS, "line", id, row.line)?,
                phone: PhoneNumber::stored(row.phone, word(ROWS, "market", row.line, &row.market)?),
                said: json(ROWS, "said", row.line, &row.said)?,
            })
        })
        .collect()
}

/// Those of these numbers that are known, by number.
pub async fn by_phones(db: &Db, tenant: TenantId, phones: &[&PhoneNumber]) -> Result<HashMap<String, ContactNo>> {
    let sql = if db.is_postgres() {
        "select phone, no from contact where tenant_id = $1 and phone in (select value from json_array_elements_text(cast($2 as json)))"
    } else {
        "select phone, no from contact where tenant_id = $1 and phone in (select value from json_each($2))"
    };
    let list: Vec<&str> = phones.iter().map(|phone| phone.e164()).collect();
    let list = to_json("contact", "phone", &list)?;
    let rows: Vec<(String, ContactNo)> =
        on!(read db, p => sqlx::query_as(sql).bind(tenant).bind(list).fetch_all(p).await)?;
    Ok(rows.into_iter().collect())
}

/// What becomes of one contact.
#[derive(Debug, Clone)]
pub struct Amendment<'a> {
    /// Whose.
    pub contact: ContactNo,
    /// Another name, if there is one.
    pub name: Option<&'a str>,
    /// Another language, if there is one.
    pub language: Option<&'a Language>,
    /// All further facts, the old ones among them.
    pub attributes: &'a BTreeMap<String, String>,
}

/// Changes what is known of a contact.
pub async fn amend(tx: &mut Tx, tenant: TenantId, new: &Amendment<'_>) -> Result<()> {
    let attributes = to_json("contact", "attributes", new.attributes)?;
    let hit = on!(tx tx, c => sqlx::query(
        "update contact set name = coalesce($3, name), language = coalesce($4, language), attributes = $5
         where tenant_id = $1 and no = $2")
        .bind(tenant).bind(new.contact).bind(new.name).bind(new.language.map(Language::as_str)).bind(attributes)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 { Ok(()) } else { Err(Error::Conflict(format!("contact {}", new.contact.0))) }
}
