//! The log of what Meta sent, for those who look for what went wrong.

use crate::domain::clock::Timestamp;
use crate::domain::masked::{Permit, ProviderIds};
use crate::domain::people::{Area, Caller};
use crate::domain::webhooks::{PostState, Progress, masked, parse};
use crate::error::{Error, Result};
use crate::store;
use crate::store::webhooks::{Aside, Filter, Found, Line};
use crate::tools::reading::{Cursor, Limit, Page, Text, after, cut, reading};
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.webhook_logs.list",
    title: ["List webhook posts", "列出 webhook 紀錄", "列出 webhook 记录"],
    summary: "Lists what Meta posted, newest first: messages, delivery statuses, reviews of templates and news of numbers, \
              what was applied, and what could not be and why. Filters: state, kind, time.",
    read_first: &["whatsapp.config.get"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Of the payload only Meta's own words and figures are shown, nothing that a person wrote, is called or is found \
             by. What has been applied is never applied again; each row says whether anything of it is left to try.",
    area: Area::Business,
    wants: None,
    kind: Kind::Read(reading!(list)),
    input: schema::<ListArguments>,
    output: schema::<Page<PostItem>>,
}];

/// Which posts. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// `waiting`, `applied`, or `parked`: it could not be read, or an event of it could not be applied.
    #[serde(default)]
    state: Option<Progress>,
    /// With an event of this kind: `message`, `status`, `template_status` and others, as `kinds` names them.
    #[serde(default)]
    kind: Option<Text<32>>,
    /// Received at this time or later.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Received at this time or earlier.
    #[serde(default)]
    until: Option<Timestamp>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One post of Meta's. It may tell of many events.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PostItem {
    /// Its place in the order of arrival.
    id: i64,
    /// Where it stands.
    state: Progress,
    /// How many events of which kind are in it; empty until it was read.
    kinds: BTreeMap<String, u64>,
    /// The business's numbers that it is about, as customers see them.
    numbers: BTreeSet<String>,
    /// When it came.
    received_at: Timestamp,
    /// When it was applied, or set aside as a whole; null while it waits.
    settled_at: Option<Timestamp>,
    /// Why nobody could read it; null if it was read.
    why: Option<String>,
    /// The events of it that could not be applied at first.
    aside: Vec<AsideItem>,
    /// Whether anything of it is left to try again. What was applied is not touched by another try.
    can_retry: bool,
    /// What Meta sent, masked; null if it cannot be read.
    payload: Option<Value>,
}

/// An event that could not be applied at first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AsideItem {
    /// Its place in the post, from 0.
    place: usize,
    /// What it is.
    kind: String,
    /// Why it could not be applied.
    why: String,
    /// How often it was tried in vain.
    tries: u64,
    /// When it was set aside.
    parked_at: Timestamp,
    /// When it was applied after all; null if it is aside.
    applied_at: Option<Timestamp>,
}

impl From<Aside> for AsideItem {
    fn from(it: Aside) -> Self {
        Self {
            place: it.place,
            kind: it.kind,
            why: it.why,
            tries: it.tries,
            parked_at: it.parked_at,
            applied_at: it.applied_at,
        }
    }
}

fn progress(found: &Found) -> Progress {
    match found.state {
        PostState::New => Progress::Waiting,
        PostState::Applied if found.aside.iter().all(|it| it.applied_at.is_some()) => Progress::Applied,
        PostState::Applied | PostState::Parked => Progress::Parked,
    }
}

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<PostItem>> {
    let kind = arguments.kind.map(Text::into_string);
    if let Some(kind) = &kind
        && !kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    {
        return Err(Error::Invalid("kind: not a word of small letters, as `kinds` of a row names them".to_owned()));
    }
    let tenant = store::people::tenant(&ctx.db, caller.tenant()).await?;
    let tenant = tenant.ok_or_else(|| Error::not_found("business", caller.tenant()))?;
    let numbers = store::business::numbers(&ctx.db, tenant.id).await?;
    let displays: BTreeMap<&str, &str> = numbers.iter().map(|it| (it.id.for_meta(), it.display.as_str())).collect();
    let filter = Filter {
        progress: arguments.state,
        kind,
        from: arguments.from,
        until: arguments.until,
        before: after("webhook_logs", arguments.cursor.as_ref())?,
    };
    let lines = store::webhooks::list(&ctx.db, tenant.id, &filter, arguments.limit.and_one()).await?;
    let (lines, next_cursor) = cut("webhook_logs", arguments.limit, lines, |line| line.found.post.id)?;
    let ids = caller.provider_ids();
    let items = lines.into_iter().map(|line| item(line, &tenant.waba_id, &displays, ids.as_ref())).collect();
    Ok(Page { items, next_cursor })
}

fn item(line: Line, account: &str, displays: &BTreeMap<&str, &str>, ids: Option<&Permit<ProviderIds>>) -> PostItem {
    let Line { found, kinds, settled_at } = line;
    let state = progress(&found);
    let events = parse(&found.post.body).unwrap_or_default();
    let own = events.iter().filter(|event| event.waba_id == account).filter_map(|it| it.phone_number_id.as_deref());
    PostItem {
        id: found.post.id,
        numbers: own.filter_map(|id| displays.get(id)).map(|&display| display.to_owned()).collect(),
        payload: masked(&found.post.body, account, ids),
        received_at: found.post.received_at,
        aside: found.aside.into_iter().map(AsideItem::from).collect(),
        can_retry: state == Progress::Parked,
        state,
        kinds,
        settled_at,
        why: found.why,
    }
}
