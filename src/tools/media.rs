//! Files: taken in, fetched, shown under addresses that soon end, and swept away when nobody knows them.
//!
//! The bytes come before the row. A daemon that dies in between leaves bytes without a row, which a sweep takes away; a row
//! without bytes would be a promise that is not kept.

pub mod list;
pub mod upload;

use super::{Ctx, uploads};
use crate::domain::canonical::ContentHash;
use crate::domain::ids::{AssetId, TenantId};
use crate::domain::media::{
    self, Content, Given, LARGEST, MediaAsset, Origin, Prepared, Purpose, Reference, Scan, Unscanned,
};
use crate::domain::preview::Finding;
use crate::domain::uploads::Limits;
use crate::error::{Error, Result};
use crate::objects::{ObjectError, Objects};
use crate::scan::Scanner;
use crate::store::identity::{Identity, Kept};
use crate::store::{instance, media as rows};
use bytes::Bytes;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What files need.
#[derive(Debug, Clone)]
pub struct Media {
    /// Where their bytes are kept; none where nobody has said.
    pub objects: Option<Objects>,
    /// Looks for viruses.
    pub scanner: Option<Scanner>,
    /// How long an address for one of them is good.
    pub link_lifetime: Duration,
    /// How many bytes a customer's file may have.
    pub largest_received: u64,
    /// What agents may send for a tool to take.
    pub uploads: Limits,
    /// Seats for those whose files are looked at: each may take 200 MB of memory.
    pub seats: Arc<Semaphore>,
}

/// Files of agents that are looked at at once.
const LOOKED_AT_ONCE: usize = 2;

impl Default for Media {
    fn default() -> Self {
        Self {
            objects: None,
            scanner: None,
            link_lifetime: Duration::from_mins(5),
            largest_received: LARGEST,
            uploads: Limits::default(),
            seats: Arc::new(Semaphore::new(LOOKED_AT_ONCE)),
        }
    }
}

impl Media {
    pub(super) fn objects(&self) -> Result<&Objects> {
        self.objects.as_ref().ok_or_else(|| {
            Error::Unavailable(
                "no place for files is set up: several daemons may share this database, so media.url has to name one that all of them reach"
                    .to_owned(),
            )
        })
    }

    async fn scan(&self, bytes: &Bytes) -> Scan {
        match &self.scanner {
            Some(scanner) => scanner.scan(bytes).await,
            None => Scan::NotScanned(Unscanned::NoScanner),
        }
    }
}

impl From<ObjectError> for Error {
    fn from(e: ObjectError) -> Self {
        match e {
            ObjectError::Failed(_) => Self::Unavailable(e.to_string()),
            ObjectError::Missing(_) | ObjectError::Altered(_) => Self::internal(e),
        }
    }
}

/// A file that was taken in.
#[derive(Debug, Clone)]
pub struct Ingested {
    /// What is known of it.
    pub asset: MediaAsset,
    /// What people should know of it.
    pub findings: Vec<Finding>,
}

/// Whether there is a place where files could be kept.
pub fn ready(ctx: &Ctx) -> Result<()> {
    ctx.media.objects().map(drop)
}

/// Takes a file in: looks at it, takes out what is hidden in it, has it scanned, keeps it. The same bytes are one file,
/// however often they come. What is refused, or infected, is kept nowhere.
pub async fn ingest(ctx: &Ctx, tenant: TenantId, given: Given, origin: Origin) -> Result<Ingested> {
    let objects = ctx.media.objects()?;
    let Looked { mut asset, known, bytes, findings } = look(ctx, tenant, given, origin).await?;
    if !known {
        objects.keep(tenant, asset.hash, &bytes, ctx.clock.now()).await?;
        if !rows::add(&ctx.db, tenant, &asset).await? {
            asset = rows::by_hash(&ctx.db, tenant, asset.hash).await?.unwrap_or(asset);
        }
        // A sweep may have looked for the row before it was there, and taken the bytes away after they were.
        objects.keep(tenant, asset.hash, &bytes, ctx.clock.now()).await?;
    }
    Ok(Ingested { asset, findings })
}

/// A file that may be kept, and where it is known already, is.
struct Looked {
    asset: MediaAsset,
    /// Whether it is known already.
    known: bool,
    bytes: Bytes,
    findings: Vec<Finding>,
}

/// Looks at a file. What is new is kept nowhere yet.
async fn look(ctx: &Ctx, tenant: TenantId, given: Given, origin: Origin) -> Result<Looked> {
    let (prepared, hash) = prepare(given, origin).await?;
    let Prepared { bytes, content, name, mut findings } = prepared;
    if let Some(known) = rows::by_hash(&ctx.db, tenant, hash).await? {
        let asset = again(ctx, tenant, known, &bytes).await?;
        findings.extend(media::scanned(&asset.scan));
        return Ok(Looked { asset, known: true, bytes, findings });
    }
    let scan = ctx.media.scan(&bytes).await;
    let said = media::scanned(&scan);
    if let (Scan::Infected(_), Some(said)) = (&scan, &said) {
        return Err(Error::Blocked(vec![said.clone()]));
    }
    findings.extend(said);
    let now = ctx.clock.now();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let asset = MediaAsset {
        id: AssetId::random(),
        hash,
        size,
        content,
        name,
        scan,
        origin,
        created_at: now,
        last_used_at: None,
    };
    Ok(Looked { asset, known: false, bytes, findings })
}

/// Reading the whole of a large file takes longer than other tasks should wait.
async fn prepare(given: Given, origin: Origin) -> Result<(Prepared, ContentHash)> {
    let looked = tokio::task::spawn_blocking(move || {
        let prepared = match origin {
            Origin::Agent(_) | Origin::Person(_) => media::examine(&given),
            Origin::Inbound => media::recognise(&given),
        };
        prepared.map(|prepared| {
            let hash = ContentHash::of(&prepared.bytes);
            (prepared, hash)
        })
    });
    looked.await.map_err(Error::internal)?.map_err(Error::Blocked)
}

/// The same bytes once more: a scan that is missing is made up for, and so are bytes that got lost.
async fn again(ctx: &Ctx, tenant: TenantId, mut asset: MediaAsset, bytes: &Bytes) -> Result<MediaAsset> {
    let objects = ctx.media.objects()?;
    if matches!(asset.scan, Scan::NotScanned(_)) {
        asset.scan = ctx.media.scan(bytes).await;
        rows::set_scan(&ctx.db, tenant, asset.id, &asset.scan).await?;
    }
    if matches!(asset.scan, Scan::Infected(_)) {
        // The row stays, so that whatever names it learns why it cannot be used.
        objects.delete(tenant, asset.hash).await?;
        return Err(Error::Blocked(media::scanned(&asset.scan).into_iter().collect()));
    }
    objects.keep(tenant, asset.hash, bytes, ctx.clock.now()).await?;
    Ok(asset)
}

/// A file that may be handed out; one that a scan found infected later is as good as gone.
pub async fn usable(ctx: &Ctx, tenant: TenantId, id: AssetId) -> Result<MediaAsset> {
    let asset = rows::get(&ctx.db, tenant, id).await?;
    asset.filter(|asset| !matches!(asset.scan, Scan::Infected(_))).ok_or_else(|| Error::not_found("file", id))
}

/// A file with all of its bytes, to be uploaded to Meta.
pub async fn read(ctx: &Ctx, tenant: TenantId, id: AssetId) -> Result<(MediaAsset, Bytes)> {
    let asset = usable(ctx, tenant, id).await?;
    let bytes = ctx.media.objects()?.read(tenant, asset.hash, asset.size).await?;
    Ok((asset, bytes))
}

/// An address under which this file can be fetched for a short time.
pub async fn link(ctx: &Ctx, tenant: TenantId, id: AssetId, purpose: Purpose) -> Result<String> {
    let asset = usable(ctx, tenant, id).await?;
    if !allows(purpose, asset.content) {
        return Err(Error::Invalid(format!("file {id} is no image; it can be downloaded, and not be shown")));
    }
    let secret = instance::secret(&ctx.db).await?;
    let secret = secret.ok_or_else(|| Error::Unavailable("no daemon has worked on this database yet".to_owned()))?;
    let expires_at = ctx.clock.now().after(ctx.media.link_lifetime);
    let token = Reference { tenant, asset: id, purpose, expires_at }.sign(&secret);
    Ok(format!("{}/media/{token}", ctx.public_url))
}

const fn allows(purpose: Purpose, content: Content) -> bool {
    match purpose {
        Purpose::Download => true,
        Purpose::Inline => content.media_type().is_image(),
    }
}

/// A file on its way to whoever has an address for it.
pub struct Opened {
    /// What it is.
    pub asset: MediaAsset,
    /// For what the address is.
    pub purpose: Purpose,
    /// Its bytes.
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

/// What the end of an address opens; none if it is no token of ours, or too old, or for what is not there.
pub async fn open(ctx: &Ctx, token: &str) -> Result<Option<Opened>> {
    let Some(secret) = instance::secret(&ctx.db).await? else { return Ok(None) };
    let Some(Reference { tenant, asset, purpose, .. }) = Reference::verify(token, &secret, ctx.clock.now()) else {
        return Ok(None);
    };
    let asset = match usable(ctx, tenant, asset).await {
        Ok(asset) if allows(purpose, asset.content) => asset,
        Ok(_) | Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = ctx.media.objects()?.stream(tenant, asset.hash, asset.size).await?;
    Ok(Some(Opened { asset, purpose, bytes }))
}

/// Takes away bytes that no row names, and says how many files that were. Somebody may bring the same bytes again at that
/// moment: whoever takes them away looks for the row once more afterwards and puts them back, and whoever writes the row
/// looks for the bytes afterwards. Stops between two files.
///
/// To a copy of a database, or one from a backup, files look like nobody's that another knows well. So only the database that
/// was here first sweeps.
pub async fn sweep(ctx: &Ctx, stop: &CancellationToken) -> Result<u64> {
    let Some(objects) = &ctx.media.objects else { return Ok(0) };
    if !is_ours(ctx, objects).await? {
        tracing::warn!(
            "files that no row names stay: media.url also holds those of another database, or this one has moved. If no other database uses them, delete the object `owner` there"
        );
        return Ok(0);
    }
    let mut swept = objects.sweep_halves(ctx.clock.now()).await?;
    let mut old = objects.old(ctx.clock.now());
    while !stop.is_cancelled()
        && let Some((tenant, hash, size)) = old.try_next().await?
    {
        if is_named(ctx, tenant, hash).await? {
            continue;
        }
        let bytes = match objects.read(tenant, hash, size).await {
            Ok(bytes) => Some(bytes),
            // Another daemon's sweep was here.
            Err(ObjectError::Missing(_)) => continue,
            // Not worth being put back.
            Err(ObjectError::Altered(_)) => None,
            Err(error) => return Err(error.into()),
        };
        objects.delete(tenant, hash).await?;
        match bytes {
            Some(bytes) if is_named(ctx, tenant, hash).await? => {
                objects.keep(tenant, hash, &bytes, ctx.clock.now()).await?;
            }
            _ => swept = swept.saturating_add(1),
        }
    }
    Ok(swept)
}

/// The same for files that agents sent and that nobody uses any more.
pub async fn sweep_uploads(ctx: &Ctx, stop: &CancellationToken) -> Result<u64> {
    match &ctx.media.objects {
        Some(objects) if is_ours(ctx, objects).await? => uploads::sweep(ctx, objects, stop).await,
        _ => Ok(0),
    }
}

async fn is_ours(ctx: &Ctx, objects: &Objects) -> Result<bool> {
    let home = Identity::of(&ctx.db).await?;
    match objects.owner().await? {
        Some(owner) => Ok(home.kept_as(&owner) != Kept::Elsewhere),
        None => {
            objects.set_owner(home.to_text()).await?;
            Ok(true)
        }
    }
}

async fn is_named(ctx: &Ctx, tenant: TenantId, hash: ContentHash) -> Result<bool> {
    let row = rows::by_hash(&ctx.db, tenant, hash).await?;
    Ok(row.is_some_and(|asset| !matches!(asset.scan, Scan::Infected(_))))
}
