//! What is written over contacts that are known, for many at once.

use crate::domain::contacts::import::Amendment;
use crate::domain::contacts::{ContactNo, Language};
use crate::domain::ids::TenantId;
use crate::store::{Error, Result, Tx, on, to_json};
use std::collections::BTreeMap;

/// Changes what is known of contacts, each named once. Further facts that are not named stay.
pub async fn amend(tx: &mut Tx, tenant: TenantId, new: &[(ContactNo, &Amendment<'_>)]) -> Result<()> {
    type Changed<'a> = (u32, Option<&'a str>, Option<&'a str>, &'a BTreeMap<&'a str, &'a str>);
    let says = |it: &Amendment<'_>| it.name.is_some() || it.language.is_some() || !it.attributes.is_empty();
    let changed: Vec<Changed<'_>> = new
        .iter()
        .filter(|(_, it)| says(it))
        .map(|(no, it)| (no.0, it.name, it.language.map(Language::as_str), &it.attributes))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let sql = if tx.is_postgres() {
        "update contact c set name = coalesce(u.v ->> 1, c.name), language = coalesce(u.v ->> 2, c.language),
            attributes = cast(cast(c.attributes as jsonb) || cast(u.v ->> 3 as jsonb) as text)
         from json_array_elements(cast($2 as json)) u(v)
         where c.tenant_id = $1 and c.no = cast(u.v ->> 0 as bigint)"
    } else {
        "update contact set name = coalesce(u.value ->> 1, name), language = coalesce(u.value ->> 2, language),
            attributes = json_patch(attributes, u.value -> 3)
         from json_each($2) u where contact.tenant_id = $1 and contact.no = u.value ->> 0"
    };
    let wanted = changed.len() as u64;
    let changed = to_json("contact", "*", &changed)?;
    let hit = on!(tx tx, c => sqlx::query(sql).bind(tenant).bind(changed).execute(c).await.map(|r| r.rows_affected()))?;
    if hit == wanted { Ok(()) } else { Err(Error::Conflict("a contact of the list".to_owned())) }
}
