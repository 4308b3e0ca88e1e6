//! Files that replies carry and that are kept here: held against what was signed, brought to Meta before the intent to send
//! stands, and brought once more where Meta has forgotten them. An upload is not a send: whoever dies on the way repeats it.

use super::{came_to_nothing, credentials, ending, not_sent, stop_for, word, write_down};
use crate::approvals::stops;
use crate::domain::action::Action;
use crate::domain::business::stop::StoppedBy;
use crate::domain::ids::AssetId;
use crate::domain::masked::ProviderId;
use crate::domain::media::{AtMeta, KeptFile, MetaOwner};
use crate::domain::messages::{Content, Media};
use crate::domain::policy::media::carried_still;
use crate::domain::policy::rules::MEDIA_19;
use crate::domain::preview::Level;
use crate::domain::replies::ReplyToken;
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::graph::media::{self as graph, Upload};
use crate::graph::messages::{SendOutcome, not_uploaded};
use crate::store::replies::{self, Ending, Intent, Settled};
use crate::store::{media as rows, requests};
use crate::tools::{Ctx, media};
use std::time::Duration;

/// Nobody else brings the same file for the same reply for so long,
const HELD: Duration = Duration::from_secs(20);
/// and a second more for so many bytes.
const BYTES_A_SECOND: u64 = 512 << 10;

/// How a reply stands with the file that it carries.
pub(super) enum Readied {
    /// Meta knows all that it needs; by this id, if it carries a kept file.
    Yes(Content, Option<Used>),
    /// Meta has to get the file first.
    Lacks(Lacking),
    /// It is not what was signed, for this reason.
    Void(String),
}

/// A file that Meta has to get.
pub(super) struct Lacking {
    file: KeptFile,
    size: u64,
}

/// Meta's id of a file, as it stands in a message.
#[derive(Clone)]
pub(super) struct Used {
    pub asset: AssetId,
    pub at: AtMeta,
}

/// Puts Meta's id of a kept file in the place of ours, if it is still the file that was signed.
pub(super) async fn ready(ctx: &Ctx, intent: &Intent, content: &Content) -> Result<Readied> {
    let mut content = content.clone();
    let Some(media) = content.media_mut() else { return Ok(Readied::Yes(content, None)) };
    let Media::Asset(id) = *media else { return Ok(Readied::Yes(content, None)) };
    let void = || Ok(Readied::Void(MEDIA_19.says(&[("asset", id.to_string().into())]).message));
    let signed = requests::find(&ctx.db, intent.tenant, intent.request).await?.map(|it| it.preview.action);
    let Some(Action::SessionMessageSend(plan)) = signed else { return void() };
    let (Some(file), Some(how)) = (plan.file.filter(|file| file.asset == id), plan.content.carried()) else {
        return void();
    };
    let asset = rows::get(&ctx.db, intent.tenant, id).await?;
    let said = carried_still(file, asset.as_ref(), how);
    if let Some(forbids) = said.into_iter().find(|finding| finding.level == Level::Block) {
        return Ok(Readied::Void(forbids.message));
    }
    let owner = MetaOwner::Number(ProviderId::new(&intent.number));
    let until = AtMeta::needed_until(ctx.clock.now());
    match rows::at_meta(&ctx.db, intent.tenant, id, &owner, until).await? {
        Some(at) => {
            *media = Media::Id(at.id.for_meta().to_owned());
            Ok(Readied::Yes(content, Some(Used { asset: id, at })))
        }
        None => Ok(Readied::Lacks(Lacking { file, size: asset.map_or(0, |asset| asset.size) })),
    }
}

/// Whether Meta refused the message because it has forgotten the file. An id that is younger than the reply was not forgotten, so
/// a reply is brought its file anew once at most.
pub(super) fn is_forgotten(outcome: &SendOutcome, used: &Used, intent: &Intent) -> bool {
    let missed = matches!(outcome, SendOutcome::Rejected { error, .. } if error.may_miss_a_file());
    missed && used.at.is_older_than(intent.created_at)
}

/// Brings a file to Meta and has the reply taken up again, or writes down why it cannot be sent. The intent is given back first:
/// whoever dies from here on has plainly sent nothing.
pub(super) async fn bring(ctx: &Ctx, intent: &Intent, lacking: &Lacking) -> Result<()> {
    let Lacking { file, size } = lacking;
    let held = HELD.saturating_add(Duration::from_secs(size / BYTES_A_SECOND));
    write_down(ctx, intent, &Ending::Waits(ctx.clock.now().after(held)), None, None).await?;
    let brought = tokio::time::timeout(held, upload(ctx, intent, *file)).await;
    let brought = brought.unwrap_or_else(|_| Err(not_sent("the file did not reach Meta in time")));
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let (ending, stop, step) = match brought {
        Ok(at) => {
            rows::uploaded(&mut tx, intent.tenant, file.asset, &at, now).await?;
            (Ending::Waits(now), None, Step::Uploaded)
        }
        Err(outcome) => {
            let stop = stop_for(&outcome, intent);
            let ending = match ending(outcome, intent, now) {
                // Meta's code is about the file, and says nothing of the customer.
                Ending::Failed(_, why) => Ending::Failed(None, format!("The file did not get to Meta. {why}")),
                other => other,
            };
            (ending, stop, Step::Replied)
        }
    };
    metrics::counter!("countersign_replies_total", "as" => word(&ending)).increment(1);
    let token = ReplyToken { reply: intent.id, attempt: intent.attempt };
    if replies::prepared(&mut tx, token, &ending, now).await? == Settled::Written {
        came_to_nothing(&mut tx, intent, &ending, now).await?;
    }
    if let Some((reach, why)) = &stop {
        stops::put_in(&mut tx, intent.tenant, (reach, StoppedBy::Worker), why, now).await?;
    }
    tx.commit_at(step).await?;
    if let Some((reach, why)) = &stop {
        stops::halt_running(ctx, intent.tenant, reach, "breaker", why).await?;
    }
    Ok(())
}

/// One upload of the very bytes that were signed; or what it means for the message that there was none.
async fn upload(ctx: &Ctx, intent: &Intent, file: KeptFile) -> std::result::Result<AtMeta, SendOutcome> {
    let credentials = credentials(ctx, intent).await?;
    // Large files are in memory no more than a few at once.
    let Ok(_seat) = ctx.media.seats.acquire().await else { return Err(not_sent("this daemon stops")) };
    let (asset, bytes) = match media::read(ctx, intent.tenant, file.asset).await {
        Ok((asset, bytes)) if asset.hash == file.hash => (asset, bytes),
        // The next look at it says what has become of it.
        Ok(_) | Err(Error::NotFound { .. }) => return Err(not_sent("the file has changed")),
        Err(error) => {
            tracing::warn!(file = %file.asset, %error, cause = ?error, "a file of a reply could not be read");
            return Err(not_sent("the file cannot be read where it is kept"));
        }
    };
    let (mime_type, filename) = (asset.content.media_type().to_string(), asset.name.to_string());
    let upload = Upload { bytes, mime_type, filename };
    let answer = graph::upload(&ctx.graph, &credentials, &intent.number, upload).await;
    answer.map(|id| AtMeta::uploaded(&intent.number, id, ctx.clock.now())).map_err(not_uploaded)
}
