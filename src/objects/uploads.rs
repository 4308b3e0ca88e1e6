//! Files that agents send: written piece by piece while they come, so that none is in memory, and read the same way.

use super::{ORPHANED_AFTER, ObjectError, Objects, age, failed};
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{TenantId, UploadId};
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStoreExt as _, WriteMultipart};
use sha2::{Digest as _, Sha256};
use std::io;

/// Where they are, apart from the files that are kept.
const FOLDER: &str = "uploads";
/// As much of a file is in memory before it is written; a bucket takes no smaller pieces.
const PIECE: usize = 5 << 20;
/// Pieces on their way at once, beside the one that fills.
const PIECES_AT_ONCE: usize = 1;

/// A file on its way in. It is there when it is finished, and nothing of it before.
pub struct Arriving(WriteMultipart);

impl Arriving {
    /// Takes the next bytes, as fast as they can be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        self.0.wait_for_capacity(PIECES_AT_ONCE).await.map_err(|why| away(&why))?;
        self.0.write(bytes);
        Ok(())
    }

    /// That was all of it.
    pub async fn finish(self) -> Result<(), ObjectError> {
        self.0.finish().await.map(drop).map_err(|why| away(&why))
    }

    /// It is not wanted any more.
    pub async fn give_up(self) -> Result<(), ObjectError> {
        self.0.abort().await.map_err(|why| away(&why))
    }
}

impl Objects {
    /// Begins to write a file that comes.
    pub async fn arriving(&self, tenant: TenantId, id: UploadId) -> Result<Arriving, ObjectError> {
        let begun = self.store.put_multipart(&self.upload_path(tenant, id)).await.map_err(|why| away(&why))?;
        Ok(Arriving(WriteMultipart::new_with_chunk_size(begun, PIECE)))
    }

    /// Its bytes as they come. Where they are not those that were sent, the last thing that comes is an error: what read them
    /// must not be used.
    pub async fn upload(
        &self,
        tenant: TenantId,
        id: UploadId,
        hash: ContentHash,
        bytes: u64,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, ObjectError> {
        let found = self.store.get(&self.upload_path(tenant, id)).await.map_err(|why| failed(hash, &why))?;
        if found.meta.size != bytes {
            return Err(ObjectError::Altered(hash));
        }
        let pieces = found.into_stream().map_err(io::Error::other).boxed();
        let checked = stream::try_unfold((pieces, Some(Sha256::new())), move |(mut pieces, hasher)| async move {
            let Some(mut hasher) = hasher else { return Ok(None) };
            if let Some(piece) = pieces.try_next().await? {
                hasher.update(&piece);
                return Ok(Some((piece, (pieces, Some(hasher)))));
            }
            if ContentHash::from_bytes(hasher.finalize().into()) == hash {
                return Ok(None);
            }
            Err(io::Error::new(io::ErrorKind::InvalidData, ObjectError::Altered(hash)))
        });
        Ok(checked.boxed())
    }

    /// Puts the bytes of one in the place of those of another, which are the same unless they got lost.
    pub async fn take_place(&self, tenant: TenantId, id: UploadId, of: UploadId) -> Result<(), ObjectError> {
        let (from, to) = (self.upload_path(tenant, id), self.upload_path(tenant, of));
        self.store.rename(&from, &to).await.map_err(|why| away(&why))
    }

    /// Takes a file away; it is no fault if it is gone.
    pub async fn delete_upload(&self, tenant: TenantId, id: UploadId) -> Result<(), ObjectError> {
        match self.store.delete(&self.upload_path(tenant, id)).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(why) => Err(away(&why)),
        }
    }

    /// Those that have been there for so long that they have a row, or are nobody's.
    pub fn old_uploads(&self, now: Timestamp) -> BoxStream<'_, Result<(TenantId, UploadId), ObjectError>> {
        let all = self.store.list(Some(&self.prefix.clone().join(FOLDER)));
        let old = all.try_filter(move |meta| std::future::ready(now.since(age(meta)) >= ORPHANED_AFTER));
        let ours = old.try_filter_map(|meta| std::future::ready(Ok(self.named_upload(&meta.location))));
        ours.map_err(|why| away(&why)).boxed()
    }

    fn upload_path(&self, tenant: TenantId, id: UploadId) -> Path {
        self.prefix.clone().join(FOLDER).join(tenant.to_string()).join(id.to_string())
    }

    fn named_upload(&self, path: &Path) -> Option<(TenantId, UploadId)> {
        let parts: Vec<_> = path.prefix_match(&self.prefix)?.collect();
        let [_, tenant, id] = parts.as_slice() else { return None };
        Some((tenant.as_ref().parse().ok()?, id.as_ref().parse().ok()?))
    }
}

fn away(why: &StoreError) -> ObjectError {
    ObjectError::Failed(why.to_string())
}
