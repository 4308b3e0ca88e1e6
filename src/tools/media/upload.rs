//! Keeping a file for later use: what it is, whether Meta takes it for what it is meant for; and the writing.

use super::{Looked, look};
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, TenantId, UploadId};
use crate::domain::media::{AssetPlan, Given, LARGEST, Origin, Use, humane};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::media::{check, standing as stands};
use crate::domain::policy::rules::MEDIA_02;
use crate::domain::preview::{AssetView, Finding, Level, Preview, View};
use crate::error::{Error, Result};
use crate::objects::ORPHANED_AFTER;
use crate::store::{Source, Tx, audit, media as rows};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Tool, schema, uploads};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

/// The most bytes within a message; what has more goes to /uploads.
const INLINE: usize = 512 << 10;
/// The same as base64 writes it.
const INLINE_LETTERS: usize = INLINE.div_ceil(3) * 4;
/// The most characters of a name that is given.
const NAME: usize = 255;
/// Bytes without a row are looked for no later than this: well before a sweep could take them away.
const ROW_WITHIN: Duration = Duration::from_hours(ORPHANED_AFTER.as_secs() / 3_600 / 2);

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.media_asset.upload",
    title: ["Upload a media file", "上載媒體檔案", "上传媒体文件"],
    summary: "Keeps an image, video, sound or document of the business's, checked for one use. The result's asset_id names it from \
              then on: as the sample file of a template's header, or as the file of a reply. The same bytes are one file. Nothing \
              reaches Meta before it is used.",
    read_first: &["whatsapp.media_assets.list", "whatsapp.template_submit.preview"],
    governance: "Nobody has to agree to a file being kept. A person signs before a template or message uses it, and that request \
                 shows it.",
    safety: "What a file is, its bytes say. One that is not what its name says, that Meta does not take for its use, or in which the \
             scanner finds a virus is refused and kept nowhere; place, device and author are taken out of pictures.",
    area: Area::Media,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<UploadArguments>,
    output: schema::<RequestView>,
}];

/// Arguments of whatsapp.media_asset.upload. Give upload_id or content_base64.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadArguments {
    /// What POST /uploads answered, for files of any size.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    upload_id: Option<UploadId>,
    /// The file itself, up to 512 KB, in base64.
    #[serde(default)]
    #[schemars(length(max = INLINE_LETTERS))]
    content_base64: Option<String>,
    /// What it is called, with the ending of its type; without it, as it was called when it was uploaded.
    #[serde(default)]
    #[schemars(length(max = NAME))]
    file_name: Option<String>,
    /// For what it is meant.
    #[serde(rename = "use")]
    wanted: Use,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: UploadArguments) -> Result<Proposal> {
    if arguments.file_name.as_ref().is_some_and(|name| name.chars().count() > NAME) {
        return Err(Error::Invalid(format!("file_name: longer than {NAME} characters")));
    }
    let (tenant, agent, wanted) = (caller.tenant(), caller.agent.id, arguments.wanted);
    let _seat = ctx.media.seats.acquire().await.map_err(Error::internal)?;
    let inline = arguments.content_base64.is_some();
    let (bytes, called) = match (arguments.upload_id, arguments.content_base64) {
        (Some(id), None) => sent(ctx, caller, id).await?,
        (None, Some(text)) => (decoded(&text)?, String::new()),
        _ => return Err(Error::Invalid("give either upload_id or content_base64".to_owned())),
    };
    let name = arguments.file_name.unwrap_or(called);
    let kept = inline.then(|| json!({"content": ContentHash::of(&bytes), "file_name": name, "use": wanted}));
    let put_at = ctx.clock.now();
    let given = Given { bytes, name, declared: None };
    let Looked { asset, known, bytes, mut findings } = look(ctx, tenant, given, Origin::Agent(agent)).await?;
    let plan = AssetPlan {
        asset: asset.id,
        hash: asset.hash,
        size: asset.size,
        content: asset.content,
        name: asset.name.clone(),
        scan: asset.scan.clone(),
        wanted,
        agent,
        put_at,
    };
    findings.extend(check(&plan, &asset, known));
    if !known && findings.iter().all(|finding| finding.level != Level::Block) {
        // The bytes come before the row. Should it never come, they are swept away.
        ctx.media.objects()?.keep(tenant, asset.hash, &bytes, put_at).await?;
    }
    let view = AssetView::of(&asset, wanted, known);
    let (size, kind) = (humane(asset.size), asset.content.media_type());
    let summary = format!("Keep the file {} ({kind}, {size}), meant for {wanted}.", asset.name);
    let title = format!("File · {}", asset.name);
    let action = Action::MediaAssetUpload(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::MediaAsset(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept })
}

/// A file that this agent sent before, with what it was called then.
async fn sent(ctx: &Ctx, caller: &Caller, id: UploadId) -> Result<(Bytes, String)> {
    let mut opened = uploads::open(ctx, caller.tenant(), caller.agent.id, id).await?;
    let size = opened.upload.bytes;
    if size > LARGEST {
        return Err(Error::Blocked(vec![MEDIA_02.says(&[("size", size.into()), ("limit", humane(LARGEST).into())])]));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    opened.bytes.read_to_end(&mut bytes).await.map_err(Error::internal)?;
    let called = opened.upload.name.map(|name| name.to_string()).unwrap_or_default();
    Ok((bytes.into(), called))
}

fn decoded(text: &str) -> Result<Bytes> {
    if text.len() > INLINE_LETTERS {
        return Err(Error::Invalid(format!(
            "content_base64: a file of more than {} goes to POST /uploads, and its upload_id here",
            humane(u64::try_from(INLINE).unwrap_or(u64::MAX))
        )));
    }
    let bytes = STANDARD.decode(text);
    Ok(bytes.map_err(|why| Error::Invalid(format!("content_base64: this is not base64: {why}")))?.into())
}

/// What the rules say of writing it down now.
pub async fn standing(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &AssetPlan,
    now: Timestamp,
) -> Result<Vec<Finding>> {
    let kept = rows::by_hash(source, tenant, plan.hash).await?;
    Ok(stands(kept.as_ref(), now.since(plan.put_at) < ROW_WITHIN).into_iter().collect())
}

/// Writes it down, in the transaction that settles its request. Where the same bytes have their row, that is the file.
pub async fn write(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &AssetPlan,
    now: Timestamp,
) -> Result<Outcome> {
    // A file with these bytes that comes in between is met by the index, and stays as it is.
    if let Some(forbids) = standing(&mut *tx, tenant, plan, now).await?.pop() {
        return Ok(Outcome::Void(forbids));
    }
    let added = rows::insert(tx, tenant, &plan.asset(now)).await?;
    let kept = rows::by_hash(&mut *tx, tenant, plan.hash).await?;
    let asset = kept.map_or(plan.asset, |asset| asset.id);
    if added {
        let details = json!({
            "request": request, "sha256": plan.hash, "bytes": plan.size, "type": plan.content.media_type(),
            "scan": plan.scan.verdict(), "use": plan.wanted,
        });
        let event = Event { actor: Actor::Worker, act: "media.stored", subject: asset.to_string(), details };
        audit::append(tx, tenant, now, event).await?;
    }
    Ok(Outcome::Done(json!({"asset_id": asset, "new": added})))
}
