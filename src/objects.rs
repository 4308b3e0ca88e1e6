//! The bytes of files: in a folder, or in a bucket that speaks S3. A name says what is in it, so nothing is ever changed.

mod uploads;

use std::fmt;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, Error as StoreError, ObjectStore, ObjectStoreExt as _, RetryConfig};
use url::Url;

use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::secret::Secret;

/// The largest file takes less, even over a slow line.
const PATIENCE: Duration = Duration::from_mins(2);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Written now and then to see whether a folder can be written to.
const PROBE: &str = "probe";
/// Says which database's files these are.
const OWNER: &str = "owner";
/// An object as old as this that no row names is nobody's. What is about to get its row is younger by far.
pub const ORPHANED_AFTER: Duration = Duration::from_hours(24);

pub use uploads::Arriving;

/// Where the bytes are kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder, made if it is not there.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Bucket),
}

/// A bucket that speaks S3.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What all names in it begin with; may be empty.
    pub prefix: String,
    /// The server; none for Amazon's.
    pub endpoint: Option<Url>,
    /// Where it is.
    pub region: String,
    /// Who asks.
    pub access_key: Secret,
    /// The proof.
    pub secret_key: Secret,
}

/// Why nothing can be kept there, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("media.url: {place} cannot be used: {why}. {hint}")]
pub struct ObjectsSetupError {
    place: String,
    why: String,
    hint: &'static str,
}

/// Why an object was not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It is not there.
    #[error("the file {0} is not where it was kept")]
    Missing(ContentHash),
    /// It is there, and is not what its name says.
    #[error("what is kept as {0} is something else")]
    Altered(ContentHash),
    /// The place does not answer, is full, or refuses.
    #[error("the place where files are kept (media.url) failed: {0}")]
    Failed(String),
}

/// Keeps the files of all tenants, each under its own name. Several daemons may share it.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    folder: Option<PathBuf>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("folder", &self.folder).field("prefix", &self.prefix.as_ref()).finish()
    }
}

impl Objects {
    /// Opens the place. A folder is made; whether a bucket is there shows with the first question.
    pub fn open(place: &Place) -> Result<Self, ObjectsSetupError> {
        match place {
            Place::Folder(folder) => {
                let refused = |why: String| ObjectsSetupError {
                    place: folder.display().to_string(),
                    why,
                    hint: "Let this user write to it, or name another folder",
                };
                std::fs::create_dir_all(folder).map_err(|why| refused(why.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|why| refused(why.to_string()))?;
                // What a row promises has to be on the disk before the row is.
                let store = Arc::new(store.with_fsync(true));
                Ok(Self { store, prefix: Path::default(), folder: Some(folder.clone()) })
            }
            Place::Bucket(bucket) => {
                let refused = |why: String| ObjectsSetupError {
                    place: format!("the bucket {}", bucket.name),
                    why,
                    hint: "Check media.url, media.endpoint and media.region",
                };
                let prefix = Path::parse(&bucket.prefix).map_err(|why| refused(why.to_string()))?;
                let store = s3(bucket).map_err(|why| refused(why.to_string()))?;
                Ok(Self { store: Arc::new(store), prefix, folder: None })
            }
        }
    }

    /// Keeps these bytes under their hash, unless they are there. Who gives them a row afterwards calls this once more, so
    /// that no sweep that went on meanwhile has the last word.
    pub async fn keep(
        &self,
        tenant: TenantId,
        hash: ContentHash,
        bytes: &Bytes,
        now: Timestamp,
    ) -> Result<(), ObjectError> {
        let path = self.path(tenant, hash);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match self.store.head(&path).await {
            // One that is old may be nobody's, and about to be swept away. Written anew, it is young.
            Ok(meta) if meta.size == size && now.since(age(&meta)) < ORPHANED_AFTER / 2 => return Ok(()),
            Ok(_) | Err(StoreError::NotFound { .. }) => {}
            Err(why) => return Err(failed(hash, &why)),
        }
        // Two that do this at once write the same.
        self.store.put(&path, bytes.clone().into()).await.map(drop).map_err(|why| failed(hash, &why))
    }

    /// The bytes as they come, as many as there have to be.
    pub async fn stream(
        &self,
        tenant: TenantId,
        hash: ContentHash,
        size: u64,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, ObjectError> {
        let found = self.store.get(&self.path(tenant, hash)).await.map_err(|why| failed(hash, &why))?;
        if found.meta.size != size {
            return Err(ObjectError::Altered(hash));
        }
        Ok(found.into_stream().map_err(io::Error::other).boxed())
    }

    /// All of the bytes, held against their hash.
    pub async fn read(&self, tenant: TenantId, hash: ContentHash, size: u64) -> Result<Bytes, ObjectError> {
        let found = self.store.get(&self.path(tenant, hash)).await.map_err(|why| failed(hash, &why))?;
        if found.meta.size != size {
            return Err(ObjectError::Altered(hash));
        }
        let bytes = found.bytes().await.map_err(|why| failed(hash, &why))?;
        if ContentHash::of(&bytes) == hash { Ok(bytes) } else { Err(ObjectError::Altered(hash)) }
    }

    /// Takes them away; it is no fault if they are gone.
    pub async fn delete(&self, tenant: TenantId, hash: ContentHash) -> Result<(), ObjectError> {
        match self.store.delete(&self.path(tenant, hash)).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(why) => Err(failed(hash, &why)),
        }
    }

    /// What has been there for so long that it has a row, or is nobody's; with its size.
    pub fn old(&self, now: Timestamp) -> BoxStream<'_, Result<(TenantId, ContentHash, u64), ObjectError>> {
        let objects = self.store.list(Some(&self.prefix));
        let old = objects.try_filter(move |meta| std::future::ready(now.since(age(meta)) >= ORPHANED_AFTER));
        // What we did not name is not ours to judge.
        let ours = old.try_filter_map(|meta| {
            std::future::ready(Ok(self.named(&meta.location).map(|(tenant, hash)| (tenant, hash, meta.size))))
        });
        ours.map_err(|why| ObjectError::Failed(why.to_string())).boxed()
    }

    /// Where the database lives that sweeps here, as it wrote that down.
    pub async fn owner(&self) -> Result<Option<String>, ObjectError> {
        match self.store.get(&self.prefix.clone().join(OWNER)).await {
            Ok(found) => {
                let text = found.bytes().await.map_err(|why| ObjectError::Failed(why.to_string()))?;
                Ok(Some(String::from_utf8_lossy(&text).into_owned()))
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(why) => Err(ObjectError::Failed(why.to_string())),
        }
    }

    /// Writes that down.
    pub async fn set_owner(&self, home: String) -> Result<(), ObjectError> {
        let written = self.store.put(&self.prefix.clone().join(OWNER), home.into()).await;
        written.map(drop).map_err(|why| ObjectError::Failed(why.to_string()))
    }

    /// Takes away what was half written to a folder when a daemon died. A bucket holds no halves.
    pub async fn sweep_halves(&self, now: Timestamp) -> Result<u64, ObjectError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let swept = tokio::task::spawn_blocking(move || {
            let mut count = 0;
            halves(&folder, now, &mut |file| {
                std::fs::remove_file(file)?;
                count += 1;
                Ok(())
            })
            .map(|()| count)
        });
        swept
            .await
            .map_err(|why| ObjectError::Failed(why.to_string()))?
            .map_err(|why| ObjectError::Failed(why.to_string()))
    }

    /// Whether files could be kept and fetched now. A folder is written to; a bucket is only asked, because each write is
    /// paid for.
    pub async fn check(&self) -> Result<(), ObjectError> {
        let probe = self.prefix.clone().join(PROBE);
        let answer = match self.folder {
            Some(_) => self.store.put(&probe, Bytes::new().into()).await.map(drop),
            None => self.store.head(&probe).await.map(drop),
        };
        match answer {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(why) => Err(ObjectError::Failed(why.to_string())),
        }
    }

    /// `tn_…/ab/abcd…`: the second part keeps folders short.
    fn path(&self, tenant: TenantId, hash: ContentHash) -> Path {
        let digits = hex::encode(hash.bytes());
        let start: String = digits.chars().take(2).collect();
        self.prefix.clone().join(tenant.to_string()).join(start).join(digits)
    }

    /// The way back.
    fn named(&self, path: &Path) -> Option<(TenantId, ContentHash)> {
        let parts: Vec<_> = path.prefix_match(&self.prefix)?.collect();
        let [tenant, _, digits] = parts.as_slice() else { return None };
        let hash = format!("sha256:{}", digits.as_ref()).parse().ok()?;
        Some((tenant.as_ref().parse().ok()?, hash))
    }
}

fn s3(bucket: &Bucket) -> Result<impl ObjectStore + use<>, StoreError> {
    // By name, and not from the environment: the settings say all that counts.
    let plain = bucket.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
    let client = ClientOptions::new().with_timeout(PATIENCE).with_connect_timeout(CONNECT_PATIENCE);
    let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: 2, retry_timeout: PATIENCE };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(bucket.access_key.expose())
        .with_secret_access_key(bucket.secret_key.expose())
        .with_client_options(client)
        .with_allow_http(plain)
        .with_retry(retry)
        // Not every server has it.
        .with_disable_bulk_delete(true);
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    builder.build()
}

fn failed(hash: ContentHash, why: &StoreError) -> ObjectError {
    match why {
        StoreError::NotFound { .. } => ObjectError::Missing(hash),
        why => ObjectError::Failed(why.to_string()),
    }
}

/// When it was written, by the clock of the place.
fn age(meta: &object_store::ObjectMeta) -> Timestamp {
    Timestamp::from_micros(meta.last_modified.timestamp_micros())
}

/// Files that are not yet called what they are to be called end in a number sign and a number.
fn halves(folder: &FilePath, now: Timestamp, found: &mut impl FnMut(&FilePath) -> io::Result<()>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() {
            halves(&path, now, found)?;
        } else if kind.is_file() && entry.file_name().to_string_lossy().contains('#') {
            let written = jiff::Timestamp::try_from(entry.metadata()?.modified()?).map_err(io::Error::other)?;
            if now.since(written.into()) >= ORPHANED_AFTER {
                found(&path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
