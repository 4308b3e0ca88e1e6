//! The business's own files: what they are, what the virus scanner said, what Meta takes them for, and where they are in use.

use super::link;
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::ids::AssetId;
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::media::{AtMeta, MediaAsset, MediaType, MetaOwner, Origin, Purpose, Use, Verdict};
use crate::domain::people::{Area, Caller};
use crate::error::Result;
use crate::store;
use crate::tools::reading::{Cursor, Limit, Page, after, cut, reading};
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.media_assets.list",
    title: ["List media files", "列出媒體檔案", "列出媒体文件"],
    summary: "Lists the business's own files, the newest first: type, size, dimensions, what the virus scanner said, what Meta \
              takes each for (a template's header, a message, a profile picture), with which numbers and apps it is uploaded \
              and until when Meta keeps it. Filters: type, scan. Files of customers are in whatsapp.conversation.get.",
    read_first: &["whatsapp.templates.list"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Gives signed addresses that end after some minutes, never the place where a file is kept, and none for a file in \
             which a virus was found. Meta's ids are masked for keys that may not see them.",
    area: Area::Media,
    wants: None,
    kind: Kind::Read(reading!(list)),
    input: schema::<ListArguments>,
    output: schema::<Page<AssetItem>>,
}];

/// Which files. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Of this type.
    #[serde(default, rename = "type")]
    media_type: Option<MediaType>,
    /// Of which the virus scanner said this.
    #[serde(default)]
    scan: Option<Verdict>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AssetItem {
    /// Its id.
    #[schemars(with = "String")]
    id: AssetId,
    /// Under which name it is downloaded.
    name: String,
    /// What its bytes are.
    #[serde(rename = "type")]
    media_type: MediaType,
    /// How many bytes.
    size: u64,
    /// How many pixels an image has from left to right.
    width: Option<u32>,
    /// And from top to bottom.
    height: Option<u32>,
    /// What the virus scanner said.
    scan: Verdict,
    /// What it found, or why it said nothing.
    scan_detail: Option<String>,
    /// What Meta takes it for; nothing where a virus was found.
    usable_as: Vec<Use>,
    /// agent, or person.
    uploaded_by: &'static str,
    /// When.
    created_at: Timestamp,
    /// When it went to Meta last.
    last_used_at: Option<Timestamp>,
    /// Where it is uploaded at Meta.
    at_meta: Vec<AtMetaItem>,
    /// Where it can be fetched for a short time; null where a virus was found.
    url: Option<String>,
    /// When that address ends.
    url_expires_at: Option<Timestamp>,
}

/// A file as Meta has it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AtMetaItem {
    /// For what: number, for messages from it; app, for samples of templates and pictures of profiles.
    used_for: &'static str,
    /// The number, or Meta's id of the app, masked for most.
    owner: String,
    /// What Meta calls the file, masked for most.
    meta_id: String,
    /// When Meta forgets it, or forgot it; it is uploaded anew when it is used after that.
    expires_at: Timestamp,
    /// Whether Meta still has it.
    valid: bool,
}

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<AssetItem>> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let filter = store::media::Filter {
        media_type: arguments.media_type,
        inbound: Some(false),
        verdict: arguments.scan,
        before: after("media_assets", arguments.cursor.as_ref())?,
    };
    let rows = store::media::list(&ctx.db, tenant, &filter, arguments.limit.and_one()).await?;
    let key = |asset: &MediaAsset| (asset.created_at, asset.id);
    let (rows, next_cursor) = cut("media_assets", arguments.limit, rows, key)?;
    let (Some(newest), Some(oldest)) = (rows.first().map(key), rows.last().map(key)) else {
        return Ok(Page { items: Vec::new(), next_cursor });
    };
    let mut at_meta = store::media::all_at_meta(&ctx.db, tenant, (newest, oldest)).await?;
    let numbers = store::business::numbers(&ctx.db, tenant).await?;
    let mut items = Vec::with_capacity(rows.len());
    for asset in rows {
        let places = at_meta.remove(&asset.id).unwrap_or_default();
        let places = places.iter().map(|at| place(caller, &numbers, at, now)).collect();
        items.push(item(ctx, caller, asset, places, now).await?);
    }
    Ok(Page { items, next_cursor })
}

async fn item(
    ctx: &Ctx,
    caller: &Caller,
    asset: MediaAsset,
    at_meta: Vec<AtMetaItem>,
    now: Timestamp,
) -> Result<AssetItem> {
    let infected = asset.scan.verdict() == Verdict::Infected;
    let url = if infected { None } else { Some(link(ctx, caller.tenant(), asset.id, Purpose::Download).await?) };
    let pixels = asset.content.pixels();
    Ok(AssetItem {
        id: asset.id,
        name: asset.name.as_str().to_owned(),
        media_type: asset.content.media_type(),
        size: asset.size,
        width: pixels.map(|pixels| pixels.width),
        height: pixels.map(|pixels| pixels.height),
        scan: asset.scan.verdict(),
        usable_as: asset.uses(),
        uploaded_by: match asset.origin {
            Origin::Person(_) => "person",
            Origin::Agent(_) | Origin::Inbound => "agent",
        },
        created_at: asset.created_at,
        last_used_at: asset.last_used_at,
        at_meta,
        url_expires_at: url.as_ref().map(|_| now.after(ctx.media.link_lifetime)),
        url,
        scan_detail: asset.scan.detail().map(str::to_owned),
    })
}

fn place(caller: &Caller, numbers: &[SendingNumber], at: &AtMeta, now: Timestamp) -> AtMetaItem {
    let permit = caller.provider_ids();
    let shown = |id: &ProviderId| Masked::new(id.clone()).show(permit.as_ref());
    let (used_for, owner) = match &at.owner {
        MetaOwner::Number(id) => {
            let known = numbers.iter().find(|number| number.id == *id);
            ("number", known.map_or_else(|| shown(id), |number| number.display.clone()))
        }
        MetaOwner::App(id) => ("app", shown(id)),
    };
    let valid = now < at.expires_at;
    AtMetaItem { used_for, owner, meta_id: shown(&at.id), expires_at: at.expires_at, valid }
}
