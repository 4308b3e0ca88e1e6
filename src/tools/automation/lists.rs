//! Lists of flows, auto-replies and keyword rules: what is live, what is only a draft, and how often it acted lately.

use super::says::{Reader, Says};
use crate::domain::automation::{Content, Kind as AutomationKind, Subject, Version};
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::people::{Area, Caller};
use crate::error::{Error, Result};
use crate::store;
use crate::store::automation::{Filter, Hits, Stored};
use crate::tools::reading::{Cursor, Limit, Page, after, cut, reading};
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// For so long hits are counted.
const COUNTED: Duration = Duration::from_hours(30 * 24);

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.flows.list",
        title: ["List flows and automatic replies", "列出流程及自動回覆", "列出流程及自动回复"],
        summary: "Lists by name what leads or answers customers by itself: journeys, answers to frequent questions, and \
                  automatic replies, with every node, button and fallback; what of it is live, what is only a draft, by which \
                  request it was switched, and how often it acted in the last 30 days. Filters: kind, live. Keyword rules are \
                  in whatsapp.keyword_rules.list.",
        read_first: &["whatsapp.config.get"],
        governance: "Only reads; nobody has to approve it.",
        safety: "A draft answers no customer before a request that people approved makes it live. The queues that customers are \
                 led to are masked for keys that may not see routing.",
        area: Area::Automation,
        wants: None,
        kind: Kind::Read(reading!(flows)),
        input: schema::<FlowArguments>,
        output: schema::<Page<AutomationItem>>,
    },
    Tool {
        name: "whatsapp.keyword_rules.list",
        title: ["List keyword rules", "列出關鍵字規則", "列出关键字规则"],
        summary: "Lists keyword rules by name: phrases and how they are looked for, what they answer or do, for which numbers and \
                  languages, their priority, what is live and what is only a draft, and how often each acted in the last 30 \
                  days. Filter: live.",
        read_first: &["whatsapp.flows.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "To which queue a rule routes, and what it tells the people there, is masked for keys that may not see routing.",
        area: Area::Automation,
        wants: None,
        kind: Kind::Read(reading!(keyword_rules)),
        input: schema::<RuleArguments>,
        output: schema::<Page<AutomationItem>>,
    },
];

/// A flow, or an auto-reply.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowOrReply {
    /// A journey, or answers to frequent questions.
    Flow,
    /// What customers read when nobody answers.
    AutoReply,
}

/// Which flows and auto-replies. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowArguments {
    /// Only flows, or only auto-replies.
    #[serde(default)]
    kind: Option<FlowOrReply>,
    /// True: only what is live. False: only drafts.
    #[serde(default)]
    live: Option<bool>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// Which keyword rules. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleArguments {
    /// True: only what is live. False: only drafts.
    #[serde(default)]
    live: Option<bool>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// Something that answers by itself, or would.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AutomationItem {
    /// Its id.
    id: String,
    /// Which kind.
    kind: AutomationKind,
    /// What people call its newest version.
    name: String,
    /// live, live_with_draft or draft. Only what is live answers customers.
    state: &'static str,
    /// The version that answers customers; null for a draft.
    live: Option<VersionItem>,
    /// The newest version, where that is another one; it answers nobody.
    draft: Option<VersionItem>,
    /// The request that last switched it on or off; null if it was never live.
    #[schemars(with = "Option<String>")]
    switched_by: Option<RequestId>,
    /// When that was.
    switched_at: Option<Timestamp>,
    /// How often it decided on a customer's message in the last 30 days, in any version.
    hits_30_days: u64,
    /// When last; null if not in the last 30 days.
    last_hit_at: Option<Timestamp>,
}

/// One version.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VersionItem {
    /// Its number, from 1.
    version: u32,
    /// What people call it.
    name: String,
    /// The request that stored it.
    #[schemars(with = "String")]
    stored_by: RequestId,
    /// When.
    stored_at: Timestamp,
    /// What it says.
    says: Says,
}

async fn flows(ctx: &Ctx, caller: &Caller, arguments: FlowArguments) -> Result<Page<AutomationItem>> {
    let kind = arguments.kind.map(|kind| match kind {
        FlowOrReply::Flow => AutomationKind::Flow,
        FlowOrReply::AutoReply => AutomationKind::AutoReply,
    });
    let filter = Filter { kind, but: Some(AutomationKind::KeywordRule), live: arguments.live, after: None };
    list(ctx, caller, "flows", filter, arguments.limit, arguments.cursor.as_ref()).await
}

async fn keyword_rules(ctx: &Ctx, caller: &Caller, arguments: RuleArguments) -> Result<Page<AutomationItem>> {
    let filter = Filter { kind: Some(AutomationKind::KeywordRule), but: None, live: arguments.live, after: None };
    list(ctx, caller, "keyword_rules", filter, arguments.limit, arguments.cursor.as_ref()).await
}

async fn list(
    ctx: &Ctx,
    caller: &Caller,
    name: &'static str,
    filter: Filter,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<Page<AutomationItem>> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let last: Option<(String, AutomationKind, String)> = after(name, cursor)?;
    let last = last.map(|(name, kind, id)| {
        let subject = Subject::parse(kind, &id);
        subject.map(|subject| (name, subject)).ok_or_else(|| Error::Invalid(format!("cursor: {id} is no id")))
    });
    let filter = Filter { after: last.transpose()?, ..filter };
    let rows = store::automation::list(&ctx.db, tenant, &filter, limit.and_one()).await?;
    let key = |stored: &Stored| {
        let content = &stored.newest.content;
        (content.name().to_owned(), content.subject().kind(), content.subject().to_string())
    };
    let (rows, next_cursor) = cut(name, limit, rows, key)?;
    let numbers = store::business::numbers(&ctx.db, tenant).await?;
    let hits = store::automation::hits(&ctx.db, tenant, now.before(COUNTED)).await?;
    let reader = Reader { numbers: &numbers, routing: caller.routing(), provider_ids: caller.provider_ids() };
    let mut items = Vec::with_capacity(rows.len());
    for stored in rows {
        let live = match stored.live {
            Some(version) if version != stored.newest.version => {
                store::automation::version(&ctx.db, tenant, stored.newest.content.subject(), version).await?
            }
            Some(_) => Some(stored.newest.clone()),
            None => None,
        };
        items.push(item(&reader, stored, live, &hits));
    }
    Ok(Page { items, next_cursor })
}

fn item(reader: &Reader<'_>, stored: Stored, live: Option<Version>, hits: &HashMap<Subject, Hits>) -> AutomationItem {
    let subject = stored.newest.content.subject();
    let draft = Some(&stored.newest).filter(|newest| stored.live != Some(newest.version));
    let state = match (stored.live, draft) {
        (Some(_), None) => "live",
        (Some(_), Some(_)) => "live_with_draft",
        (None, _) => "draft",
    };
    let hits = hits.get(&subject);
    AutomationItem {
        id: subject.to_string(),
        kind: subject.kind(),
        name: stored.newest.content.name().to_owned(),
        state,
        live: live.as_ref().map(|version| shown(reader, version)),
        draft: draft.map(|version| shown(reader, version)),
        switched_by: stored.switched.map(|(request, _)| request),
        switched_at: stored.switched.map(|(_, at)| at),
        hits_30_days: hits.map_or(0, |hits| hits.count),
        last_hit_at: hits.map(|hits| hits.last_at),
    }
}

fn shown(reader: &Reader<'_>, version: &Version) -> VersionItem {
    let content: &Content = &version.content;
    VersionItem {
        version: version.version,
        name: content.name().to_owned(),
        stored_by: version.request,
        stored_at: version.created_at,
        says: reader.says(content),
    }
}
