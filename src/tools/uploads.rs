//! Files that an agent sends before it asks a tool to use them: taken in piece by piece, read the same way, and taken away when
//! their time is over.
//!
//! The bytes come before the row, under an id of their own: a daemon that dies in between leaves bytes without a row, which a
//! sweep takes away.

use super::Ctx;
use crate::domain::audit::{Actor, Event};
use crate::domain::canonical::ContentHash;
use crate::domain::ids::{AgentId, TenantId, UploadId};
use crate::domain::people::Caller;
use crate::domain::redact::hide_people;
use crate::domain::uploads::{Upload, UploadName, may_upload};
use crate::error::{Error, Result};
use crate::objects::{Arriving, Objects};
use crate::store::{audit, uploads as rows};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;
use tokio_util::sync::CancellationToken;

/// Looked at in one go when expired files are taken away.
const SWEPT_AT_ONCE: u32 = 100;

/// What is said of a file before its bytes come.
#[derive(Debug, Clone, Default)]
pub struct Announced {
    /// What its sender calls it.
    pub name: Option<UploadName>,
    /// How many bytes it says there are.
    pub bytes: Option<u64>,
}

/// Why a file was not taken in. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    /// It has more bytes than one may have.
    #[error("the file is larger than {0} bytes, which is the most that is taken (uploads.max_bytes)")]
    TooLarge(u64),
    /// This agent's files that wait are too many already.
    #[error(
        "the files of this agent that wait have {kept} bytes together, and {most} is the most; they go when they expire"
    )]
    TooMuch {
        /// So many wait.
        kept: u64,
        /// So many may.
        most: u64,
    },
    /// The connection ended, or stood still, before all of it was there.
    #[error("the file broke off: {0}. Nothing of it was kept; send it again")]
    CutShort(io::Error),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

/// Takes a file in while its bytes come. The same bytes of the same agent are the upload that is there.
pub async fn receive(
    ctx: &Ctx,
    caller: &Caller,
    announced: Announced,
    body: impl Stream<Item = io::Result<Bytes>> + Unpin,
) -> Result<Upload, NotReceived> {
    let (tenant, agent, limits) = (caller.tenant(), caller.agent.id, ctx.media.uploads);
    if !may_upload(caller) {
        return Err(Error::Forbidden("this key may use no tool that takes a file".to_owned()).into());
    }
    let objects = ctx.media.objects()?;
    if announced.bytes.is_some_and(|bytes| bytes > limits.max_bytes) {
        return Err(NotReceived::TooLarge(limits.max_bytes));
    }
    let kept = rows::kept(&ctx.db, tenant, agent).await.map_err(Error::from)?;
    if kept.saturating_add(announced.bytes.unwrap_or(0)) > limits.kept_at_once() {
        return Err(NotReceived::TooMuch { kept, most: limits.kept_at_once() });
    }
    let id = UploadId::random();
    let mut arriving = objects.arriving(tenant, id).await.map_err(Error::from)?;
    let (hash, bytes) = match write(&mut arriving, body, limits.max_bytes).await {
        Ok(written) => written,
        Err(refusal) => {
            if let Err(error) = arriving.give_up().await {
                tracing::warn!(%error, "what came of a file that broke off could not be taken away");
            }
            return Err(refusal);
        }
    };
    arriving.finish().await.map_err(Error::from)?;
    let now = ctx.clock.now();
    let expires_at = now.after(limits.lifetime);
    let upload = Upload { id, tenant, agent, hash, bytes, name: announced.name, received_at: now, expires_at };
    let known = record(ctx, &upload).await?;
    if known.id != id {
        objects.take_place(tenant, id, known.id).await.map_err(Error::from)?;
    }
    Ok(known)
}

/// The bytes to where they are kept, and what they are.
async fn write(
    arriving: &mut Arriving,
    mut body: impl Stream<Item = io::Result<Bytes>> + Unpin,
    most: u64,
) -> Result<(ContentHash, u64), NotReceived> {
    let (mut hasher, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(NotReceived::CutShort)?;
        bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if bytes > most {
            return Err(NotReceived::TooLarge(most));
        }
        hasher.update(&piece);
        arriving.write(&piece).await.map_err(Error::from)?;
    }
    if bytes == 0 {
        return Err(Error::Invalid("the body is empty: send the bytes of the file as they are".to_owned()).into());
    }
    Ok((ContentHash::from_bytes(hasher.finalize().into()), bytes))
}

async fn record(ctx: &Ctx, upload: &Upload) -> Result<Upload> {
    let mut tx = ctx.db.begin().await?;
    let known = rows::add(&mut tx, upload).await?;
    if known.id == upload.id {
        // The log keeps for ever what people must not be found in, and a file may be called by a customer's number.
        let name = upload.name.as_ref().map(|name| hide_people(name.as_str()));
        let event = Event {
            actor: Actor::Agent(upload.agent),
            act: "upload.received",
            subject: upload.id.to_string(),
            details: json!({"bytes": upload.bytes, "sha256": upload.hash, "file_name": name}),
        };
        audit::append(&mut tx, upload.tenant, upload.received_at, event).await?;
    }
    tx.commit().await?;
    Ok(known)
}

/// A file of an agent's, to be read from its beginning.
pub struct Opened {
    /// What is known of it.
    pub upload: Upload,
    /// Its bytes. Where they are not those that were sent, reading ends with an error instead of the end.
    pub bytes: Box<dyn AsyncRead + Send + Unpin>,
}

/// What is known of a file that this agent sent and may still use; another's is not there.
pub async fn find(ctx: &Ctx, tenant: TenantId, agent: AgentId, id: UploadId) -> Result<Upload> {
    let found = rows::get(&ctx.db, tenant, agent, id, ctx.clock.now()).await?;
    found.ok_or_else(|| Error::not_found("upload", id))
}

/// Opens a file that this agent sent. It may be opened again for as long as it has not expired, or a request holds it.
pub async fn open(ctx: &Ctx, tenant: TenantId, agent: AgentId, id: UploadId) -> Result<Opened> {
    let upload = find(ctx, tenant, agent, id).await?;
    let bytes = ctx.media.objects()?.upload(tenant, id, upload.hash, upload.bytes).await?;
    Ok(Opened { upload, bytes: Box::new(StreamReader::new(bytes)) })
}

/// Takes away what has expired and what has no row, and says how many files that were. Stops between two files.
pub async fn sweep(ctx: &Ctx, objects: &Objects, stop: &CancellationToken) -> Result<u64> {
    let (now, mut swept) = (ctx.clock.now(), 0_u64);
    loop {
        let expired = rows::expired(&ctx.db, now, SWEPT_AT_ONCE).await?;
        let mut gone = false;
        for (tenant, id) in expired {
            if stop.is_cancelled() {
                return Ok(swept);
            }
            if rows::forget(&ctx.db, tenant, id, now).await? {
                gone = true;
                // Should that fail, it is found below on another day.
                objects.delete_upload(tenant, id).await?;
                swept = swept.saturating_add(1);
            }
        }
        if !gone {
            break;
        }
    }
    let mut old = objects.old_uploads(now);
    while !stop.is_cancelled()
        && let Some((tenant, id)) = old.try_next().await?
    {
        if !rows::exists(&ctx.db, tenant, id).await? {
            objects.delete_upload(tenant, id).await?;
            swept = swept.saturating_add(1);
        }
    }
    Ok(swept)
}
