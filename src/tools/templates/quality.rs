//! How templates fare at Meta: quality, pauses and what became of messages, with advice for those who send.

use crate::domain::audit::{AuditEntry, template_subject};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::Language;
use crate::domain::people::{Area, Caller};
use crate::domain::templates::quality::{Advice, Change, Pause, PauseStage, advice, pauses};
use crate::domain::templates::{MessageTemplate, Quality, TemplateStatus};
use crate::error::{Error, Result};
use crate::store;
use crate::tools::reading::{Text, reading};
use crate::tools::{Ctx, Kind, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::str::FromStr;
use std::time::Duration;

/// Entries of the history that are looked at.
const HISTORY: u32 = 200;
/// For so long back what became of messages is counted, and over so many broadcasts.
const COUNTED: Duration = Duration::from_hours(30 * 24);
const BROADCASTS: u32 = 200;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.template_quality.get",
    title: ["Read a template's quality", "讀取訊息範本品質", "读取消息模板质量"],
    summary: "Shows how one template fares at Meta, in every language or in one: quality, whether and until when it is paused and \
              which of Meta's pauses that is, the history of both, what became of the messages of the last 30 days, and what \
              follows for the pace of sending. Says how old that is.",
    read_first: &["whatsapp.template.get"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Changes nothing at Meta and nothing here: the advice is for whoever plans a broadcast, and the limits that hold are \
             looked at again before each batch.",
    area: Area::Templates,
    wants: None,
    kind: Kind::Read(reading!(get)),
    input: schema::<QualityArguments>,
    output: schema::<TemplateQuality>,
}];

/// Which template.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityArguments {
    /// The template's name, from whatsapp.templates.list.
    name: Text<512>,
    /// Only this language; without it, every one.
    #[serde(default)]
    language: Option<Language>,
}

/// How a template fares.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TemplateQuality {
    /// Its name.
    name: String,
    /// One entry a language: Meta judges each by itself.
    languages: Vec<LanguageQuality>,
    /// What became of its messages in all languages, over the latest 200 broadcasts of the business.
    last_30_days: Figures,
}

/// How one language of it fares.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LanguageQuality {
    /// Which language.
    language: Language,
    /// Where it stands at Meta.
    status: TemplateStatus,
    /// Whether it may be sent now.
    sendable: bool,
    /// How it is received.
    quality: Quality,
    /// The pause that goes on; null if none does.
    pause: Option<Pause>,
    /// How often Meta has paused or disabled it for low quality so far.
    strikes: usize,
    /// do_not_send, stop, slow_down, start_small or go_on.
    advice: Advice,
    /// The same in a sentence.
    advice_in_words: &'static str,
    /// What Meta told of it, newest first.
    history: Vec<HistoryItem>,
    /// When it was last read from Meta.
    last_read_at: Timestamp,
    /// How long ago that is, in seconds.
    age_seconds: u64,
}

/// One thing that Meta told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryItem {
    /// When it was written down.
    at: Timestamp,
    /// Where it stood from then on, if that changed.
    status: Option<TemplateStatus>,
    /// How it was received from then on, if that changed.
    quality: Option<Quality>,
    /// Which pause it was, if Meta said so.
    stage: Option<PauseStage>,
}

/// What became of the messages of its broadcasts.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Figures {
    /// Broadcasts that were begun.
    broadcasts: u64,
    /// Messages that Meta took.
    taken: u64,
    /// That came to a device.
    delivered: u64,
    /// That came to a screen.
    read: u64,
    /// That Meta refused or could not deliver.
    failed: u64,
    /// How many people blocked or reported it: Meta tells nobody, and shows it in the quality alone.
    blocked_or_reported: Option<u64>,
}

async fn get(ctx: &Ctx, caller: &Caller, arguments: QualityArguments) -> Result<TemplateQuality> {
    let (tenant, name) = (caller.tenant(), arguments.name.into_string());
    let mut found = store::templates::of_name(&ctx.db, tenant, &name).await?;
    if let Some(wanted) = &arguments.language {
        found.retain(|template| template.language == *wanted);
    }
    if found.is_empty() {
        let language = arguments.language.map(|language| format!(" in {language}")).unwrap_or_default();
        return Err(Error::not_found("template", format!("{name}{language}")));
    }
    let mut languages = Vec::with_capacity(found.len());
    for template in found {
        languages.push(of_language(ctx, caller, template).await?);
    }
    Ok(TemplateQuality { last_30_days: figures(ctx, caller, &name).await?, name, languages })
}

async fn of_language(ctx: &Ctx, caller: &Caller, template: MessageTemplate) -> Result<LanguageQuality> {
    let now = ctx.clock.now();
    let filter = store::audit::Filter {
        act: Some("template.changed".to_owned()),
        subject: Some(template_subject(&template.name, template.language.as_str())),
        ..store::audit::Filter::default()
    };
    let entries = store::audit::list(&ctx.db, caller.tenant(), &filter, HISTORY).await?;
    let told: Vec<Change> = entries.iter().rev().map(change).collect();
    let (status, quality, pauses) = (template.status, template.quality, pauses(&told));
    let barred = matches!(status, TemplateStatus::Paused | TemplateStatus::Disabled);
    let advice = advice(status, quality, &pauses, now);
    let history = told.iter().rev().filter(|change| change.status.is_some() || change.quality.is_some());
    let item = |change: &Change| HistoryItem {
        at: change.at,
        status: change.status,
        quality: change.quality,
        stage: change.stage,
    };
    Ok(LanguageQuality {
        status,
        sendable: status == TemplateStatus::Approved,
        quality,
        pause: pauses.last().copied().filter(|_| barred),
        strikes: pauses.iter().filter(|pause| pause.stage != PauseStage::Pacing).count(),
        advice,
        advice_in_words: advice.in_words(),
        history: history.map(item).collect(),
        last_read_at: template.synced_at,
        age_seconds: now.since(template.synced_at).as_secs(),
        language: template.language,
    })
}

/// Events tell what is new; readings tell what was before and what is after.
fn change(entry: &AuditEntry) -> Change {
    let after = entry.details.get("after").unwrap_or(&entry.details);
    let before = entry.details.get("before");
    Change {
        at: entry.at,
        status: new(before, after, "status"),
        quality: new(before, after, "quality"),
        stage: after.get("title").and_then(Value::as_str).and_then(PauseStage::titled),
    }
}

fn new<T: FromStr>(before: Option<&Value>, after: &Value, name: &str) -> Option<T> {
    let is = after.get(name)?;
    let changed = before.and_then(|before| before.get(name)) != Some(is);
    is.as_str().filter(|_| changed)?.parse().ok()
}

async fn figures(ctx: &Ctx, caller: &Caller, name: &str) -> Result<Figures> {
    let (tenant, since) = (caller.tenant(), ctx.clock.now().before(COUNTED));
    let filter = store::broadcasts::Filter::default();
    let broadcasts = store::broadcasts::list(&ctx.db, tenant, &filter, BROADCASTS).await?;
    let mut figures = Figures::default();
    for request in broadcasts.iter().filter(|it| it.spec.template == name).filter_map(|it| it.sent_by) {
        let Some((execution, tally)) = store::deliveries::by_request(&ctx.db, tenant, request).await? else { continue };
        if execution.started_at < since {
            continue;
        }
        figures.broadcasts += 1;
        figures.taken += tally.taken();
        figures.delivered += tally.delivered;
        figures.read += tally.read;
        figures.failed += tally.failed;
    }
    Ok(figures)
}
