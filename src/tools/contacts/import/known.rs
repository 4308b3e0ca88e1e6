//! What is known of the people behind the rows of a list.

use crate::domain::contacts::ContactNo;
use crate::domain::contacts::import::Standing;
use crate::domain::ids::TenantId;
use crate::domain::phone::PhoneNumber;
use crate::error::Result;
use crate::store::{Db, Source, consent, contacts};
use std::collections::HashMap;

/// Of the people behind these numbers, by number.
pub async fn by_phone(db: &Db, tenant: TenantId, phones: &[&PhoneNumber]) -> Result<HashMap<String, Standing>> {
    let numbers = contacts::by_phones(db, tenant, phones).await?;
    let people: Vec<ContactNo> = numbers.values().copied().collect();
    let mut known = of(db, tenant, &people).await?;
    Ok(numbers.into_iter().filter_map(|(phone, no)| Some((phone, known.remove(&no)?))).collect())
}

/// Of these people.
pub async fn of(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    people: &[ContactNo],
) -> Result<HashMap<ContactNo, Standing>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let mut source = source.into();
    let contacts = contacts::many(source.again(), tenant, people).await?;
    let mut suppressions = consent::suppressions(source.again(), tenant, people).await?;
    let mut histories = consent::histories(source, tenant, people).await?;
    let standing = |(no, contact)| {
        let suppressions = suppressions.remove(&no).unwrap_or_default().into_iter().map(|entry| entry.kind).collect();
        (no, Standing { contact, suppressions, history: histories.remove(&no).unwrap_or_default() })
    };
    Ok(contacts.into_iter().map(standing).collect())
}
