//! Frozen audiences: stored when their request is filed, read when it is carried out.

use super::{Db, Error, Result, Tx, on, row};
use crate::domain::audience::Audience;
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::People;
use crate::domain::ids::{AudienceId, TenantId};

/// Stores a frozen audience under the root that is signed.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    id: AudienceId,
    root: Digest,
    audience: &Audience,
    now: Timestamp,
) -> Result<()> {
    let mut people = Vec::with_capacity(audience.people.serialized_size());
    audience.people.serialize_into(&mut people).map_err(|e| Error::inconsistent("audience", "people", id, e))?;
    let count = i64::try_from(audience.people.len()).unwrap_or(i64::MAX);
    on!(tx tx, c => sqlx::query(
        "insert into audience (id, tenant_id, people, marks, count, root, created_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(id).bind(tenant).bind(people).bind(audience.mark_bytes()).bind(count).bind(root).bind(now)
        .execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct AudienceRow { people: Vec<u8>, marks: Vec<u8>, count: i64, root: Digest }
}

/// A frozen audience. One whose parts do not fit their root is an error: somebody has changed the rows.
pub async fn load(db: &Db, tenant: TenantId, id: AudienceId) -> Result<Option<Audience>> {
    let row: Option<AudienceRow> = on!(read db, p => sqlx::query_as(
        "select people, marks, count, root from audience where tenant_id = $1 and id = $2").bind(tenant).bind(id).fetch_optional(p).await)?;
    let Some(row) = row else { return Ok(None) };
    let people = People::deserialize_from(row.people.as_slice())
        .map_err(|e| Error::inconsistent("audience", "people", id, e))?;
    let audience = Audience::from_parts(people, &row.marks)
        .ok_or_else(|| Error::inconsistent("audience", "marks", id, "there is not one mark for each person"))?;
    if i64::try_from(audience.people.len()) != Ok(row.count) {
        return Err(Error::inconsistent("audience", "count", id, row.count));
    }
    if audience.root() != row.root {
        return Err(Error::inconsistent("audience", "root", id, "people and marks are not those it was made of"));
    }
    Ok(Some(audience))
}
