//! What a reviewer did before signing: when the page was opened, which sections were checked in which version.

use super::TABLE;
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{PersonId, RequestId, TenantId};
use crate::domain::preview::Section;
use crate::store::{Db, Error, Result, Tx, on, word};

/// Remembers that this person has this version of the request in front of them; the first time counts.
pub async fn open_review(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    person: PersonId,
    digest: Digest,
    now: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into review (request_id, person_id, digest, opened_at)
         select r.id, $3, $4, $5 from action_request r where r.tenant_id = $1 and r.id = $2 on conflict do nothing")
        .bind(tenant).bind(request).bind(person).bind(digest).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// When this person first had exactly this.
pub async fn opened_at(
    db: &Db,
    tenant: TenantId,
    request: RequestId,
    person: PersonId,
    digest: Digest,
) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = on!(read db, p => sqlx::query_as(
        "select v.opened_at from review v join action_request r on r.id = v.request_id
         where r.tenant_id = $1 and v.request_id = $2 and v.person_id = $3 and v.digest = $4")
        .bind(tenant).bind(request).bind(person).bind(digest).fetch_optional(p).await)?;
    Ok(row.map(|(at,)| at))
}

/// Ticks a section, as it is in this version.
pub async fn check_section(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    person: PersonId,
    (section, digest): (Section, Digest),
    now: Timestamp,
) -> Result<()> {
    let hit = on!(tx tx, c => sqlx::query(
        "insert into section_check (request_id, person_id, section, digest, at)
         select r.id, $3, $4, $5, $6 from action_request r where r.tenant_id = $1 and r.id = $2
         on conflict (request_id, person_id, section) do update set digest = excluded.digest, at = excluded.at")
        .bind(tenant).bind(request).bind(person).bind(section.as_str()).bind(digest).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 1 { Ok(()) } else { Err(Error::inconsistent(TABLE, "id", request, "no such request")) }
}

/// Takes a tick back.
pub async fn uncheck_section(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    person: PersonId,
    section: Section,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "delete from section_check where person_id = $3 and section = $4
            and request_id in (select id from action_request where tenant_id = $1 and id = $2)")
        .bind(tenant).bind(request).bind(person).bind(section.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

/// The sections this person has ticked, with the digest that each had.
pub async fn checked_sections(
    db: &Db,
    tenant: TenantId,
    request: RequestId,
    person: PersonId,
) -> Result<Vec<(Section, Digest)>> {
    let rows: Vec<(String, Digest)> = on!(read db, p => sqlx::query_as(
        "select k.section, k.digest from section_check k join action_request r on r.id = k.request_id
         where r.tenant_id = $1 and k.request_id = $2 and k.person_id = $3")
        .bind(tenant).bind(request).bind(person).fetch_all(p).await)?;
    rows.into_iter()
        .map(|(section, digest)| Ok((word("section_check", "section", request, &section)?, digest)))
        .collect()
}
