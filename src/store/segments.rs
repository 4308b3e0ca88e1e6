//! Segments, in versions: a change adds one, and what was approved on an old one stays on it.

use super::{Db, Error, Result, Source, Tx, on, row, to_json, unsigned};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{SegmentId, TenantId};
use crate::domain::segments::{Condition, Segment};

row! {
    struct SegmentRow {
        id: SegmentId, version: i64, name: String, include: String, exclude: Option<String>, created_at: Timestamp,
    }
}

macro_rules! segment {
    ($tail:literal) => {
        concat!("select s.id, s.version, s.name, s.include, s.exclude, s.created_at from segment s ", $tail)
    };
}

impl TryFrom<SegmentRow> for Segment {
    type Error = Error;
    fn try_from(row: SegmentRow) -> Result<Self> {
        let read = |column, text: &str| -> Result<Condition> { super::json("segment", column, row.id, text) };
        Ok(Self {
            id: row.id,
            version: unsigned("segment", "version", row.id, row.version)?,
            include: read("include", &row.include)?,
            exclude: row.exclude.as_deref().map(|text| read("exclude", text)).transpose()?,
            name: row.name,
            created_at: row.created_at,
        })
    }
}

/// Stores a new version of a segment, the first if there is none; gives it back with its number.
pub async fn add_version(
    tx: &mut Tx,
    tenant: TenantId,
    id: SegmentId,
    name: &str,
    include: &Condition,
    exclude: Option<&Condition>,
    now: Timestamp,
) -> Result<Segment> {
    let include_text = to_json("segment", "include", include)?;
    let exclude_text = exclude.map(|condition| to_json("segment", "exclude", condition)).transpose()?;
    // Two writers of one version meet in the primary key, and the second fails.
    let (version,): (i64,) = on!(tx tx, c => sqlx::query_as(
        "insert into segment (tenant_id, id, version, name, include, exclude, created_at)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 from segment where tenant_id = $1 and id = $2
         returning version")
        .bind(tenant).bind(id).bind(name).bind(include_text).bind(exclude_text).bind(now).fetch_one(c).await)?;
    Ok(Segment {
        id,
        version: unsigned("segment", "version", id, version)?,
        name: name.to_owned(),
        include: include.clone(),
        exclude: exclude.cloned(),
        created_at: now,
    })
}

/// The newest version of a segment.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: SegmentId) -> Result<Option<Segment>> {
    const SQL: &str = segment!("where s.tenant_id = $1 and s.id = $2 order by s.version desc limit 1");
    let row: Option<SegmentRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(Segment::try_from).transpose()
}

/// The segment whose newest version has this name.
pub async fn by_name(source: impl Into<Source<'_>>, tenant: TenantId, name: &str) -> Result<Option<Segment>> {
    const SQL: &str = segment!(
        "where s.tenant_id = $1 and s.name = $2
            and s.version = (select max(v.version) from segment v where v.tenant_id = s.tenant_id and v.id = s.id)
         order by s.created_at limit 1"
    );
    let row: Option<SegmentRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(name).fetch_optional(c).await)?;
    row.map(Segment::try_from).transpose()
}

/// One version of a segment.
pub async fn version(db: &Db, tenant: TenantId, id: SegmentId, version: u32) -> Result<Option<Segment>> {
    const SQL: &str = segment!("where s.tenant_id = $1 and s.id = $2 and s.version = $3");
    let row: Option<SegmentRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(id).bind(i64::from(version)).fetch_optional(p).await)?;
    row.map(Segment::try_from).transpose()
}

/// The newest version of each segment, by name. `after` is the name and id of the last one seen.
pub async fn list(db: &Db, tenant: TenantId, after: Option<&(String, SegmentId)>, limit: u32) -> Result<Vec<Segment>> {
    const SQL: &str = segment!(
        "where s.tenant_id = $1
            and s.version = (select max(v.version) from segment v where v.tenant_id = s.tenant_id and v.id = s.id)
            and ($2 is null or (s.name, s.id) > ($2, $3))
         order by s.name, s.id limit $4"
    );
    let rows: Vec<SegmentRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(after.map(|(name, _)| name.clone())).bind(after.map(|(_, id)| *id)).bind(i64::from(limit))
        .fetch_all(p).await)?;
    rows.into_iter().map(Segment::try_from).collect()
}
