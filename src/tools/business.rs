//! The business itself: how it is set up, and the numbers it writes from.

pub mod policy;
pub mod profile;

use super::reading::{Cursor, Limit, Page, after, cut, reading};
use super::{Ctx, Kind, Tool, schema};
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::people::{Area, Caller, Tenant};
use crate::domain::templates::{Quality, TemplateStatus};
use crate::error::{Error, Result};
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.config.get",
        title: ["Read the configuration", "讀取設定", "读取设定"],
        summary: "Shows how this business is set up: the WhatsApp Business API, webhooks, sending limits, the 24-hour \
                  service window, templates, and how approvals work here.",
        read_first: &[],
        governance: "Only reads; nobody has to approve it.",
        safety: "Says whether tokens and secrets are there, never what they are; identifiers of Meta's are masked for \
                 keys that may not see them.",
        area: Area::Business,
        wants: None,
        kind: Kind::Read(reading!(config)),
        input: schema::<ConfigArguments>,
        output: schema::<Config>,
    },
    Tool {
        name: "whatsapp.phone_numbers.list",
        title: ["List phone numbers", "列出電話號碼", "列出电话号码"],
        summary: "Lists the business's own WhatsApp numbers with display name, quality rating, sending limit and \
                  connection state.",
        read_first: &["whatsapp.config.get"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Meta's identifiers are masked for keys that may not see them; details of the verification are never shown.",
        area: Area::Business,
        wants: None,
        kind: Kind::Read(reading!(phone_numbers)),
        input: schema::<NumberArguments>,
        output: schema::<Page<NumberItem>>,
    },
];

/// Nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigArguments {}

/// How the business is set up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Config {
    /// What it calls itself.
    business: String,
    /// The way to Meta.
    api: Api,
    /// The way back.
    webhook: Webhook,
    /// How much may be sent.
    sending: Sending,
    /// How long free text may be sent after a customer has written, in hours.
    service_window_hours: u32,
    /// The message templates.
    templates: Templates,
    /// How approvals work.
    approvals: Approvals,
}

/// The way to Meta.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Api {
    /// Where the Graph API is called, with its version.
    graph: String,
    /// The WhatsApp Business Account, masked for most.
    waba_id: String,
    /// Whether an access token is configured. The token itself cannot be read by anybody.
    access_token: bool,
    /// Whether calls are signed with the app secret.
    app_secret: bool,
}

/// The way back from Meta.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Webhook {
    /// Where Meta delivers events.
    url: String,
    /// Whether events are verified; without the app secret they are refused.
    signature_checked: bool,
    /// Whether Meta can verify the address.
    verify_token: bool,
}

/// How much may be sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sending {
    /// How many numbers are connected.
    connected_numbers: u64,
    /// Different people in 24 hours outside their windows; null if unlimited or not known yet.
    people_in_24_hours: Option<u64>,
    /// Messages a second that the fastest number takes.
    per_second: u32,
}

/// The message templates.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Templates {
    /// Names and languages that may be sent.
    approved: u64,
    /// Names and languages in all.
    total: u64,
    /// When they were last read from Meta; null if never.
    last_read_at: Option<Timestamp>,
}

/// How approvals work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Approvals {
    /// The version of the policy; whatsapp.policy_rules.get shows what it says.
    policy: String,
    /// How long a request waits for signatures, in hours.
    pending_expiry_hours: u64,
    /// How long after approval it may still start, in hours.
    start_expiry_hours: u64,
    /// How long a broadcast stands still after the last signature, in seconds.
    cooling_off_seconds: u64,
    /// Where people decide.
    console: String,
}

async fn config(ctx: &Ctx, caller: &Caller, _: ConfigArguments) -> Result<Config> {
    let tenant = tenant(ctx, caller).await?;
    let numbers = store::business::numbers(&ctx.db, tenant.id).await?;
    let templates = store::templates::all(&ctx.db, tenant.id).await?;
    // Only whether there is one; what it says stays where it is.
    let there = |name: Option<&str>| name.and_then(|name| (ctx.secrets)(name)).is_some_and(|secret| !secret.is_empty());
    let app_secret = there(tenant.app_secret_env.as_deref());
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let hours = |span: std::time::Duration| span.as_secs() / 3600;
    let times = &ctx.policy.times;
    Ok(Config {
        api: Api {
            graph: ctx.graph.base().to_owned(),
            waba_id: Masked::new(ProviderId::new(&tenant.waba_id)).show(caller.provider_ids().as_ref()),
            access_token: there(Some(&tenant.token_env)),
            app_secret,
        },
        webhook: Webhook {
            url: format!("{}/webhooks/whatsapp", ctx.public_url),
            signature_checked: app_secret,
            verify_token: there(tenant.verify_token_env.as_deref()),
        },
        sending: Sending {
            connected_numbers: count(numbers.iter().filter(|n| n.can_send()).count()),
            // One limit for the whole portfolio; the numbers can only differ while Meta changes it.
            people_in_24_hours: numbers.iter().filter_map(|n| n.portfolio_limit).min(),
            per_second: numbers.iter().map(|n| n.per_second).max().unwrap_or(0),
        },
        service_window_hours: 24,
        templates: Templates {
            approved: count(templates.iter().filter(|t| t.status == TemplateStatus::Approved).count()),
            total: count(templates.len()),
            last_read_at: templates.iter().map(|t| t.synced_at).max(),
        },
        approvals: Approvals {
            policy: ctx.policy.version.clone(),
            pending_expiry_hours: hours(times.pending_expiry),
            start_expiry_hours: hours(times.start_expiry),
            cooling_off_seconds: times.cooling_off.as_secs(),
            console: ctx.public_url.to_string(),
        },
        business: tenant.name,
    })
}

async fn tenant(ctx: &Ctx, caller: &Caller) -> Result<Tenant> {
    let found = store::people::tenant(&ctx.db, caller.tenant()).await?;
    found.ok_or_else(|| Error::not_found("business", caller.tenant()))
}

/// Which numbers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberArguments {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One of the business's numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NumberItem {
    /// Meta's id of it, masked for most. `display_phone_number` names it just as well, wherever a number is asked for.
    id: String,
    /// The number as customers see it.
    display_phone_number: String,
    /// The name as customers see it.
    verified_name: String,
    /// Meta's word for its connection; only `connected` can send.
    status: String,
    /// Whether it can send now.
    can_send: bool,
    /// How its messages are received.
    quality: Quality,
    /// Different people in 24 hours, over all numbers of the business; null if unlimited or not known yet.
    messaging_limit: Option<u64>,
    /// Messages a second that Meta takes from it.
    per_second: u32,
    /// When it was last read from Meta.
    last_read_at: Timestamp,
}

async fn phone_numbers(ctx: &Ctx, caller: &Caller, arguments: NumberArguments) -> Result<Page<NumberItem>> {
    let last: Option<(String, String)> = after("phone_numbers", arguments.cursor.as_ref())?;
    // The cursor holds the display twice rather than Meta's id, which not every caller may see.
    let numbers = store::business::numbers(&ctx.db, caller.tenant()).await?;
    let skip = last.map_or(0, |(display, _)| numbers.iter().take_while(|n| n.display <= display).count());
    let most = usize::try_from(arguments.limit.and_one()).unwrap_or(usize::MAX);
    let rows: Vec<SendingNumber> = numbers.into_iter().skip(skip).take(most).collect();
    let (rows, next_cursor) = cut("phone_numbers", arguments.limit, rows, |n| (n.display.clone(), String::new()))?;
    let permit = caller.provider_ids();
    let item = |number: SendingNumber| NumberItem {
        can_send: number.can_send(),
        id: Masked::new(number.id).show(permit.as_ref()),
        display_phone_number: number.display,
        verified_name: number.name,
        status: number.status,
        quality: number.quality,
        messaging_limit: number.portfolio_limit,
        per_second: number.per_second,
        last_read_at: number.synced_at,
    };
    Ok(Page { items: rows.into_iter().map(item).collect(), next_cursor })
}
