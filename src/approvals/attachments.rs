//! Fetching what customers send: claimed by one daemon, looked up at Meta, downloaded, compared with Meta's hash, and taken in like
//! every other file. What fails is tried again for as long as Meta keeps it.

use crate::domain::canonical::sha256;
use crate::domain::conversations::attachments::{Fetch, next_try};
use crate::domain::media::{Given, Origin};
use crate::error::{Error, Result};
use crate::graph::media::{self as graph, Fetched, MediaFile, decoded_sha256};
use crate::store::conversations::attachments::{self, Due};
use crate::store::people;
use crate::tools::Ctx;
use crate::tools::media;
use bytes::Bytes;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A daemon has a file to itself for so long.
const HELD: Duration = Duration::from_mins(15);
/// What takes longer is given up, well before others may claim the file.
const LONGEST: Duration = Duration::from_mins(12);
/// Bytes that are not those that Meta promised so often will never be.
const MOST_ALTERED: u32 = 5;

/// Claims so many files that are due, to be fetched at once.
pub async fn claim(ctx: &Ctx, most: u32) -> Result<Vec<Due>> {
    Ok(attachments::claim(&ctx.db, HELD, ctx.clock.now(), most).await?)
}

/// Fetches one of them and writes down how that ended. A daemon that stops gives it back.
pub async fn fetch(ctx: &Ctx, due: &Due, stop: &CancellationToken) -> Result<()> {
    let fetch = tokio::select! {
        biased;
        () = stop.cancelled() => Fetch::Again(ctx.clock.now(), "The daemon that fetched it stopped.".to_owned()),
        tried = tokio::time::timeout(LONGEST, once(ctx, due)) => match tried {
            Ok(Ok(fetch)) => fetch,
            Ok(Err(error)) => {
                tracing::warn!(message = due.wamid, tries = due.tries, %error, cause = ?error, "a customer's file could not be fetched");
                again(ctx, due, error.to_string())
            }
            Err(_) => again(ctx, due, format!("It did not come within {} minutes.", LONGEST.as_secs() / 60)),
        },
    };
    metrics::counter!("countersign_attachments_total", "to" => fetch.state().as_str()).increment(1);
    if let Fetch::Refused(why) | Fetch::Lost(why) = &fetch {
        tracing::warn!(message = due.wamid, tries = due.tries, why, "a customer's file is not kept");
    }
    if !attachments::settle(&ctx.db, due, &fetch).await? {
        tracing::warn!(message = due.wamid, "fetching a customer's file took so long that another daemon began anew");
    }
    Ok(())
}

fn again(ctx: &Ctx, due: &Due, why: String) -> Fetch {
    Fetch::Again(next_try(due.tries, due.expires_at, ctx.clock.now()), why)
}

async fn once(ctx: &Ctx, due: &Due) -> Result<Fetch> {
    if ctx.clock.now() >= due.expires_at {
        return Ok(Fetch::Lost("Meta keeps files for seven days, and nobody could fetch it within them.".to_owned()));
    }
    // Before anything is downloaded for nothing.
    media::ready(ctx)?;
    let (file, bytes) = match download(ctx, due).await? {
        (file, Fetched::File(bytes)) => (file, Bytes::from(bytes)),
        (_, Fetched::Expired) => return Ok(again(ctx, due, "Its address at Meta had expired.".to_owned())),
        (_, Fetched::TooLong) => {
            let most = ctx.media.largest_received >> 20;
            return Ok(Fetch::Refused(format!(
                "It is larger than the {most} MB that media.largest_received_mb takes."
            )));
        }
    };
    if is_altered(due, &file, &bytes) {
        let why = "Its bytes are not those that Meta's hash promises.".to_owned();
        return Ok(if due.tries < MOST_ALTERED { again(ctx, due, why) } else { Fetch::Refused(why) });
    }
    let given = Given { bytes, name: due.filename.clone().unwrap_or_default(), declared: file.mime_type };
    match media::ingest(ctx, due.tenant, given, Origin::Inbound).await {
        Ok(taken) => Ok(Fetch::Kept(taken.asset.id)),
        Err(Error::Blocked(findings)) => {
            let said: Vec<String> = findings.iter().map(|it| format!("{}: {}", it.rule, it.message)).collect();
            Ok(Fetch::Refused(said.join(" ")))
        }
        Err(error) => Err(error),
    }
}

/// Looks it up and downloads it. An address that has expired in between is asked for once more.
async fn download(ctx: &Ctx, due: &Due) -> Result<(MediaFile, Fetched)> {
    let tenant = people::tenant(&ctx.db, due.tenant).await?;
    let tenant = tenant.ok_or_else(|| Error::not_found("business", due.tenant))?;
    let credentials = ctx.credentials(&tenant)?;
    let failed = |e: crate::graph::Error| Error::Unavailable(format!("Meta did not give it: {e}"));
    let look = || graph::get(&ctx.graph, &credentials, &due.media_id, Some(&due.number));
    let most = usize::try_from(ctx.media.largest_received).unwrap_or(usize::MAX);
    let mut file = look().await.map_err(failed)?;
    let mut fetched = graph::download(&ctx.graph, &credentials, &file.address, most).await.map_err(failed)?;
    if fetched == Fetched::Expired {
        file = look().await.map_err(failed)?;
        fetched = graph::download(&ctx.graph, &credentials, &file.address, most).await.map_err(failed)?;
    }
    Ok((file, fetched))
}

/// Whether it is another file than the message named, or than Meta's entry says now.
fn is_altered(due: &Due, file: &MediaFile, bytes: &Bytes) -> bool {
    let found = sha256(bytes);
    let named = due.sha256.as_deref().and_then(decoded_sha256);
    [named, file.sha256].into_iter().flatten().any(|promised| promised != found)
}
