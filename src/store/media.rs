//! Files that are sent or were received: what is known of them, and what Meta calls them. Their bytes are not here.

use super::{Db, Error, Result, Source, Tx, on, row, to_json, unsigned, word};
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, AssetId, PersonId, TenantId};
use crate::domain::masked::ProviderId;
use crate::domain::media::{AtMeta, FileName, MediaAsset, MediaType, MetaOwner, Origin, Scan, Verdict};
use std::collections::HashMap;
use uuid::Uuid;

const TABLE: &str = "media_asset";

row! {
    struct AssetRow {
        id: AssetId, hash: ContentHash, size: i64, content: String, name: String, scan: String,
        scan_detail: Option<String>, origin: String, origin_id: Option<Uuid>, created_at: Timestamp,
        last_used_at: Option<Timestamp>,
    }
}

macro_rules! asset {
    ($tail:literal) => {
        concat!(
            "select id, hash, size, content, name, scan, scan_detail, origin, origin_id, created_at, last_used_at from media_asset ",
            $tail
        )
    };
}

impl TryFrom<AssetRow> for MediaAsset {
    type Error = Error;
    fn try_from(row: AssetRow) -> Result<Self> {
        let odd = |column, what: &str| Error::inconsistent(TABLE, column, row.id, what);
        let detail = || row.scan_detail.as_deref().ok_or_else(|| odd("scan_detail", "nothing"));
        let scan = match word(TABLE, "scan", row.id, &row.scan)? {
            Verdict::Clean => Scan::Clean,
            Verdict::Infected => Scan::Infected(detail()?.to_owned()),
            Verdict::NotScanned => Scan::NotScanned(word(TABLE, "scan_detail", row.id, detail()?)?),
        };
        let origin = match (row.origin.as_str(), row.origin_id) {
            ("agent", Some(id)) => Origin::Agent(AgentId::from_uuid(id)),
            ("person", Some(id)) => Origin::Person(PersonId::from_uuid(id)),
            ("inbound", None) => Origin::Inbound,
            (other, _) => return Err(odd("origin", other)),
        };
        Ok(Self {
            id: row.id,
            hash: row.hash,
            size: unsigned(TABLE, "size", row.id, row.size)?,
            content: super::json(TABLE, "content", row.id, &row.content)?,
            name: FileName::stored(row.name),
            scan,
            origin,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    }
}

fn scan_columns(scan: &Scan) -> (&'static str, Option<&str>) {
    let detail = match scan {
        Scan::Clean => None,
        Scan::Infected(name) => Some(name.as_str()),
        Scan::NotScanned(why) => Some(why.as_str()),
    };
    (scan.verdict().as_str(), detail)
}

/// The same in a transaction of its own.
pub async fn add(db: &Db, tenant: TenantId, asset: &MediaAsset) -> Result<bool> {
    let mut tx = db.begin().await?;
    let added = insert(&mut tx, tenant, asset).await?;
    tx.commit().await?;
    Ok(added)
}

/// Stores what is known of a file. Whether it is new: with the same bytes, the first one stays as it is.
pub async fn insert(tx: &mut Tx, tenant: TenantId, asset: &MediaAsset) -> Result<bool> {
    let (scan, detail) = scan_columns(&asset.scan);
    let (origin, origin_id) = match asset.origin {
        Origin::Agent(id) => ("agent", Some(id.uuid())),
        Origin::Person(id) => ("person", Some(id.uuid())),
        Origin::Inbound => ("inbound", None),
    };
    let size = i64::try_from(asset.size).map_err(|e| Error::inconsistent(TABLE, "size", asset.id, e))?;
    let content = to_json(TABLE, "content", &asset.content)?;
    let added = on!(tx tx, c => sqlx::query(
        "insert into media_asset (id, tenant_id, hash, type, size, content, name, scan, scan_detail, origin, origin_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (tenant_id, hash) do nothing")
        .bind(asset.id).bind(tenant).bind(asset.hash).bind(asset.content.media_type().as_str()).bind(size).bind(content)
        .bind(asset.name.as_str()).bind(scan).bind(detail).bind(origin).bind(origin_id).bind(asset.created_at)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(added == 1)
}

/// One file of this tenant.
pub async fn get(source: impl Into<Source<'_>>, tenant: TenantId, id: AssetId) -> Result<Option<MediaAsset>> {
    const SQL: &str = asset!("where tenant_id = $1 and id = $2");
    let row: Option<AssetRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(MediaAsset::try_from).transpose()
}

/// The file of this tenant that has these bytes.
pub async fn by_hash(source: impl Into<Source<'_>>, tenant: TenantId, hash: ContentHash) -> Result<Option<MediaAsset>> {
    const SQL: &str = asset!("where tenant_id = $1 and hash = $2");
    let row: Option<AssetRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(hash).fetch_optional(c).await)?;
    row.map(MediaAsset::try_from).transpose()
}

/// What to look for. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this type.
    pub media_type: Option<MediaType>,
    /// Only what customers sent, or only what they did not.
    pub inbound: Option<bool>,
    /// Of which the virus scanner said this.
    pub verdict: Option<Verdict>,
    /// Is older than this one: the cursor.
    pub before: Option<(Timestamp, AssetId)>,
}

/// Files, the newest first.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<MediaAsset>> {
    const SQL: &str = asset!(
        "where tenant_id = $1 and ($2 is null or type = $2) and ($3 is null or (origin = 'inbound') = $3)
            and ($7 is null or scan = $7) and ($4 is null or (created_at, id) < ($4, $5))
         order by created_at desc, id desc limit $6"
    );
    let (before, id) = filter.before.unzip();
    let rows: Vec<AssetRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(filter.media_type.map(MediaType::as_str)).bind(filter.inbound).bind(before).bind(id)
        .bind(i64::from(limit)).bind(filter.verdict.map(Verdict::as_str)).fetch_all(p).await)?;
    rows.into_iter().map(MediaAsset::try_from).collect()
}

/// Writes down what the scanner said this time.
pub async fn set_scan(db: &Db, tenant: TenantId, id: AssetId, scan: &Scan) -> Result<()> {
    let (scan, detail) = scan_columns(scan);
    on!(write db, p => sqlx::query("update media_asset set scan = $3, scan_detail = $4 where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).bind(scan).bind(detail).execute(p).await.map(drop))?;
    Ok(())
}

fn owner_columns(owner: &MetaOwner) -> (&'static str, &str) {
    match owner {
        MetaOwner::Number(id) => ("number", id.for_meta()),
        MetaOwner::App(id) => ("app", id.for_meta()),
    }
}

/// Writes down what Meta calls a file from now on, and that it was used.
pub async fn uploaded(tx: &mut Tx, tenant: TenantId, id: AssetId, at: &AtMeta, now: Timestamp) -> Result<()> {
    // First the guarded update: another tenant's file is not there.
    let hit = on!(tx &mut *tx, c => sqlx::query("update media_asset set last_used_at = $3 where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    if hit != 1 {
        return Err(Error::Conflict(format!("file {id}")));
    }
    let (owner, owner_id) = owner_columns(&at.owner);
    on!(tx tx, c => sqlx::query(
        "insert into media_at_meta (asset_id, owner, owner_id, meta_id, expires_at) values ($1, $2, $3, $4, $5)
         on conflict (asset_id, owner, owner_id) do update set meta_id = excluded.meta_id, expires_at = excluded.expires_at")
        .bind(id).bind(owner).bind(owner_id).bind(at.id.for_meta()).bind(at.expires_at).execute(c).await.map(drop))?;
    Ok(())
}

/// What Meta calls a file, for whoever wants to use it there until then; none if it has to be uploaded anew.
pub async fn at_meta(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    id: AssetId,
    owner: &MetaOwner,
    until: Timestamp,
) -> Result<Option<AtMeta>> {
    let (kind, owner_id) = owner_columns(owner);
    let row: Option<(String, Timestamp)> = on!(from source.into(), c => sqlx::query_as(
        "select m.meta_id, m.expires_at from media_at_meta m join media_asset a on a.id = m.asset_id
         where a.tenant_id = $1 and a.id = $2 and m.owner = $3 and m.owner_id = $4 and m.expires_at > $5")
        .bind(tenant).bind(id).bind(kind).bind(owner_id).bind(until).fetch_optional(c).await)?;
    Ok(row.map(|(id, expires_at)| AtMeta { owner: owner.clone(), id: ProviderId::new(id), expires_at }))
}

/// Forgets what Meta called a file, if it still stands so here: Meta does not know it by that any more.
pub async fn forget(tx: &mut Tx, id: AssetId, at: &AtMeta) -> Result<bool> {
    let (kind, owner_id) = owner_columns(&at.owner);
    let hit = on!(tx tx, c => sqlx::query(
        "delete from media_at_meta where asset_id = $1 and owner = $2 and owner_id = $3 and meta_id = $4")
        .bind(id).bind(kind).bind(owner_id).bind(at.id.for_meta()).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct AtMetaRow { asset_id: AssetId, owner: String, owner_id: String, meta_id: String, expires_at: Timestamp }
}

/// What Meta calls the files of one page of a list, whether or not it has forgotten them: `newest` and `oldest` are the keys of
/// its first and its last file.
pub async fn all_at_meta(
    db: &Db,
    tenant: TenantId,
    (newest, oldest): ((Timestamp, AssetId), (Timestamp, AssetId)),
) -> Result<HashMap<AssetId, Vec<AtMeta>>> {
    let rows: Vec<AtMetaRow> = on!(read db, p => sqlx::query_as(
        "select m.asset_id, m.owner, m.owner_id, m.meta_id, m.expires_at
         from media_asset a join media_at_meta m on m.asset_id = a.id
         where a.tenant_id = $1 and (a.created_at, a.id) <= ($2, $3) and (a.created_at, a.id) >= ($4, $5)
         order by m.asset_id, m.owner desc, m.owner_id")
        .bind(tenant).bind(newest.0).bind(newest.1).bind(oldest.0).bind(oldest.1).fetch_all(p).await)?;
    let mut found: HashMap<AssetId, Vec<AtMeta>> = HashMap::new();
    for row in rows {
        let owner_id = ProviderId::new(row.owner_id);
        let owner = match row.owner.as_str() {
            "number" => MetaOwner::Number(owner_id),
            "app" => MetaOwner::App(owner_id),
            other => return Err(Error::inconsistent("media_at_meta", "owner", row.asset_id, other)),
        };
        let at = AtMeta { owner, id: ProviderId::new(row.meta_id), expires_at: row.expires_at };
        found.entry(row.asset_id).or_default().push(at);
    }
    Ok(found)
}
