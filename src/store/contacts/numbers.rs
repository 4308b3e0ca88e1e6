//! Contacts by their numbers.

use crate::domain::contacts::ContactNo;
use crate::domain::ids::TenantId;
use crate::domain::phone::PhoneNumber;
use crate::store::{Db, Result, Source, Tx, on, to_json};
use std::collections::HashMap;

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
