//! Lists of contacts that wait to be imported, and the writing of them.

use crate::domain::clock::Timestamp;
use crate::domain::contacts::import::{Amendment, ImportRow};
use crate::domain::contacts::{ContactNo, Language};
use crate::domain::ids::{ImportId, TenantId};
use crate::domain::phone::PhoneNumber;
use crate::store::{Db, Error, Result, Source, Tx, json, on, row, to_json, unsigned, word};
use std::collections::HashMap;

const ROWS: &str = "contact_import_row";

/// Stores the rows of a list. What is signed is the root over them.
pub async fn add_import(tx: &mut Tx, tenant: TenantId, id: ImportId, rows: &[ImportRow], now: Timestamp) -> Result<()> {
    on!(tx &mut *tx, c => sqlx::query("insert into contact_import (id, tenant_id, created_at) values ($1, $2, $3)")
        .bind(id).bind(tenant).bind(now).execute(c).await.map(drop))?;
    let columns: Vec<(u32, &str, String, String, Option<String>)> = rows
        .iter()
        .map(|row| {
            let found = row.found.as_ref().map(|found| to_json(ROWS, "found", found)).transpose()?;
            let said = to_json(ROWS, "said", &row.said)?;
            Ok((row.line, row.phone.e164(), row.phone.market().to_string(), said, found))
        })
        .collect::<Result<_>>()?;
    // All rows in one parameter, unfolded by the database in its own words.
    let sql = if tx.is_postgres() {
        "insert into contact_import_row (import_id, line, phone, market, said, found)
         select $1, (v->>0)::bigint, v->>1, v->>2, v->>3, v->>4 from json_array_elements($2::json) v"
    } else {
        "insert into contact_import_row (import_id, line, phone, market, said, found)
         select $1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]')
         from json_each($2)"
    };
    let columns = to_json(ROWS, "*", &columns)?;
    on!(tx tx, c => sqlx::query(sql).bind(id).bind(columns).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct RowRow { line: i64, phone: String, market: String, said: String, found: Option<String> }
}

/// The rows of a list, in their order; none if it is not this tenant's. The caller holds them against the signed root.
pub async fn import_rows(tx: &mut Tx, tenant: TenantId, id: ImportId) -> Result<Vec<ImportRow>> {
    let rows: Vec<RowRow> = on!(tx tx, c => sqlx::query_as(
        "select r.line, r.phone, r.market, r.said, r.found
         from contact_import_row r join contact_import i on i.id = r.import_id
         where i.tenant_id = $1 and i.id = $2 order by r.line").bind(tenant).bind(id).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            Ok(ImportRow {
                line: unsigned(ROWS, "line", id, row.line)?,
                phone: PhoneNumber::stored(row.phone, word(ROWS, "market", row.line, &row.market)?),
                said: json(ROWS, "said", row.line, &row.said)?,
                found: row.found.as_deref().map(|found| json(ROWS, "found", row.line, found)).transpose()?,
            })
        })
        .collect()
}

/// Those of these numbers that are known, by number. Within a transaction their contacts stay as they are until it ends.
/// Somebody's opt-out does not wait for that; it stands beside the contact, and is asked again before anything is sent.
pub async fn by_phones(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    phones: &[&PhoneNumber],
) -> Result<HashMap<String, ContactNo>> {
    let source = source.into();
    let sql = match &source {
        Source::Pool(Db::Postgres(_)) => {
            "select phone, no from contact
             where tenant_id = $1 and phone in (select value from json_array_elements_text(cast($2 as json)))"
        }
        // Two that hold many rows take them in one order, so that they never wait for each other in a circle.
        Source::Held(Tx::Postgres(_)) => {
            "select phone, no from contact
             where tenant_id = $1 and phone in (select value from json_array_elements_text(cast($2 as json)))
             order by no for update"
        }
        Source::Pool(Db::Sqlite { .. }) | Source::Held(Tx::Sqlite(_)) => {
            "select phone, no from contact where tenant_id = $1 and phone in (select value from json_each($2))"
        }
    };
    let phones: Vec<&str> = phones.iter().map(|phone| phone.e164()).collect();
    let phones = to_json("contact", "phone", &phones)?;
    let rows: Vec<(String, ContactNo)> = on!(from source, c => sqlx::query_as(sql)
        .bind(tenant).bind(phones).fetch_all(c).await)?;
    Ok(rows.into_iter().collect())
}

/// Changes what is known of contacts. Further facts that are not named stay.
pub async fn amend(tx: &mut Tx, tenant: TenantId, contact: ContactNo, new: &Amendment<'_>) -> Result<()> {
    if new.name.is_none() && new.language.is_none() && new.attributes.is_empty() {
        return Ok(());
    }
    let sql = if tx.is_postgres() {
        "update contact set name = coalesce($3, name), language = coalesce($4, language),
            attributes = cast(cast(attributes as jsonb) || cast($5 as jsonb) as text)
         where tenant_id = $1 and no = $2"
    } else {
        "update contact set name = coalesce($3, name), language = coalesce($4, language),
            attributes = json_patch(attributes, $5)
         where tenant_id = $1 and no = $2"
    };
    let attributes = to_json("contact", "attributes", &new.attributes)?;
    let hit = on!(tx tx, c => sqlx::query(sql)
        .bind(tenant).bind(contact).bind(new.name).bind(new.language.map(Language::as_str)).bind(attributes)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 { Ok(()) } else { Err(Error::Conflict(format!("contact {}", contact.0))) }
}
