//! Contacts that a request names: found by their ids, or by the number or id that one of them would get.

use super::doubt_identity;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::contacts::identity::UserId;
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::phone::PhoneNumber;
use crate::store::{Db, Result, Source, Tx, on, to_json};
use std::collections::BTreeMap;

/// Those of these that are this tenant's and are still somebody of their own. Within a transaction they stay as they are until
/// it ends.
pub async fn by_ids(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    ids: impl IntoIterator<Item = ContactId>,
) -> Result<BTreeMap<ContactId, ContactNo>> {
    let source = source.into();
    let sql = match &source {
        Source::Pool(Db::Postgres(_)) => {
            "select id, no from contact where tenant_id = $1 and merged_into is null
                and id in (select cast(value as uuid) from json_array_elements_text(cast($2 as json)))"
        }
        // In one order, as everybody who holds many of them.
        Source::Held(Tx::Postgres(_)) => {
            "select id, no from contact where tenant_id = $1 and merged_into is null
                and id in (select cast(value as uuid) from json_array_elements_text(cast($2 as json)))
             order by no for update"
        }
        Source::Pool(Db::Sqlite { .. }) | Source::Held(Tx::Sqlite(_)) => {
            "select id, no from contact where tenant_id = $1 and merged_into is null
                and id in (select unhex(value) from json_each($2))"
        }
    };
    let wanted: Vec<String> = ids.into_iter().map(|id| id.uuid().simple().to_string()).collect();
    let wanted = to_json("contact", "id", &wanted)?;
    let rows: Vec<(ContactId, ContactNo)> = on!(from source, c => sqlx::query_as(sql)
        .bind(tenant).bind(wanted).fetch_all(c).await)?;
    Ok(rows.into_iter().collect())
}

/// Whoever has this number or this id now: nobody, somebody, or two.
pub async fn holders(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    phone: Option<&PhoneNumber>,
    user_id: Option<&UserId>,
) -> Result<Vec<ContactId>> {
    let rows: Vec<(ContactId,)> = on!(from source.into(), c => sqlx::query_as(
        "select id from contact where tenant_id = $1 and (phone = $2 or user_id = $3) order by no")
        .bind(tenant).bind(phone.map(PhoneNumber::e164)).bind(user_id.map(UserId::as_str)).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The contact is reached at another number or id from now on, by the word of the team: what was opened and promised at the one
/// before holds no more, and nobody has made sure yet who is at the new one.
pub async fn left_number(tx: &mut Tx, tenant: TenantId, contact: ContactNo, at: Timestamp) -> Result<()> {
    on!(tx &mut *tx, c => sqlx::query("delete from service_window where tenant_id = $1 and contact_no = $2")
        .bind(tenant).bind(contact).execute(c).await.map(drop))?;
    on!(tx &mut *tx, c => sqlx::query("update contact set identity_hash = null where tenant_id = $1 and no = $2")
        .bind(tenant).bind(contact).execute(c).await.map(drop))?;
    doubt_identity(tx, tenant, contact, at).await?;
    Ok(())
}
