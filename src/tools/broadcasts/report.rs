//! What became of one broadcast. What each figure means is written down in `docs/reports.md`.

use crate::domain::broadcasts::report::{Grouped, SMALLEST, grouped};
use crate::domain::broadcasts::{BroadcastState, Cost};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::deliveries::Tally;
use crate::domain::ids::{BroadcastId, RequestId};
use crate::domain::money::Money;
use crate::domain::people::Caller;
use crate::domain::phone::Market;
use crate::domain::preview::BroadcastView;
use crate::error::{Error, Result};
use crate::graph::errors::explain;
use crate::store;
use crate::store::deliveries::{Execution, Reach};
use crate::tools::Ctx;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What people do is put down to a broadcast for so many hours, without another wish and at most.
const USUAL: u32 = 72;
const LONGEST: u32 = 168;

/// Which broadcast.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportArguments {
    /// The broadcast's id, from whatsapp.broadcasts.list.
    #[schemars(with = "String")]
    broadcast_id: BroadcastId,
    /// For so many hours after the last message what people do is put down to the broadcast.
    #[serde(default = "usual", deserialize_with = "hours")]
    #[schemars(range(min = 1, max = 168))]
    attribution_hours: u32,
}

const fn usual() -> u32 {
    USUAL
}

fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<u32, D::Error> {
    let hours = u32::deserialize(deserializer)?;
    if !(1..=LONGEST).contains(&hours) {
        return Err(serde::de::Error::custom(format!("{hours} is not between 1 and {LONGEST}")));
    }
    Ok(hours)
}

/// What became of a broadcast.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Which.
    #[schemars(with = "String")]
    broadcast_id: BroadcastId,
    /// What people call it.
    name: String,
    /// Where it stands.
    state: BroadcastState,
    /// The template's name.
    template: String,
    /// What Meta takes it for, and bills it as.
    category: Option<MessageCategory>,
    /// The request that sends it; null for a draft.
    #[schemars(with = "Option<String>")]
    action_request_id: Option<RequestId>,
    /// Who was meant, and who was left out before anything was sent.
    audience: AudienceFigures,
    /// How far the messages came; null if nothing was prepared for sending.
    delivery: Option<DeliveryFigures>,
    /// What people did; null if nothing was prepared for sending, or if Meta took fewer than five messages.
    response: Option<ResponseFigures>,
    /// The same by market, of markets with at least five people.
    markets: Vec<MarketFigures>,
    /// People who live in smaller markets, or in none that is known, in one.
    other_markets: u64,
    /// What it costs.
    cost: Option<CostFigures>,
}

/// Who was meant.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AudienceFigures {
    /// Members of the segments, each segment counted by itself.
    matched: u64,
    /// People on the list that was signed.
    frozen: u64,
    /// People who were left out when it was frozen, by reason, of reasons with at least five.
    left_out: BTreeMap<String, u64>,
    /// For all other reasons together.
    left_out_for_other_reasons: u64,
}

/// How far the messages came.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryFigures {
    /// How many messages stand where. `accepted` holds what Meta took and is not known to have failed since.
    progress: Tally,
    /// People who were on the list and were not written to after all, by reason, of reasons with at least five.
    withheld: BTreeMap<String, u64>,
    /// For all other reasons together.
    withheld_for_other_reasons: u64,
    /// Why messages failed, of reasons with at least five.
    failed: Vec<FailedFigures>,
    /// For all other reasons together.
    failed_for_other_reasons: u64,
    /// When the first message could go out.
    started_at: Timestamp,
    /// When the last one had come to its end.
    finished_at: Option<Timestamp>,
}

/// Messages that failed for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailedFigures {
    /// Meta's code; null if it was not Meta who refused.
    code: Option<i32>,
    /// What it means.
    meaning: Option<&'static str>,
    /// How many.
    count: u64,
}

/// What people did who got the message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResponseFigures {
    /// From when what people did is put down to the broadcast: when it began.
    from: Timestamp,
    /// Until when: so many hours after it ended, or now.
    until: Timestamp,
    /// The hours that were asked for.
    attribution_hours: u32,
    /// People who wrote to the number that it came from.
    replied: u64,
    /// People who tapped an answer that the message offered.
    tapped: u64,
    /// People who followed a link; always null, see `clicked_unknown_because`.
    clicked: Option<u64>,
    /// Why that is not known.
    clicked_unknown_because: &'static str,
    /// People who said stop, here or at Meta.
    opted_out: u64,
    /// People who ordered something in the thread with that number.
    ordered: u64,
}

/// What became of it in one market.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MarketFigures {
    /// Which.
    market: Market,
    /// Messages that Meta took and that are not known to have failed since.
    accepted: u64,
    /// That came to a device.
    delivered: u64,
    /// That came to a screen.
    read: u64,
    /// People who wrote.
    replied: u64,
    /// People who tapped.
    tapped: u64,
    /// People who said stop.
    opted_out: u64,
    /// People who ordered.
    ordered: u64,
}

/// What it costs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostFigures {
    /// The rate card that was signed.
    rate_card: String,
    /// For everybody on the list, at those rates.
    estimated: String,
    /// Nothing goes out beyond this.
    ceiling: String,
    /// For the messages that were delivered, at those rates; null if nothing was prepared for sending. Meta's bill decides.
    delivered_at_signed_rates: Option<String>,
}

const CLICKED_UNKNOWN: &str =
    "Meta tells of links that were followed only in its own statistics of a template, not for single broadcasts.";

pub(super) async fn get(ctx: &Ctx, caller: &Caller, arguments: ReportArguments) -> Result<Report> {
    let (tenant, id) = (caller.tenant(), arguments.broadcast_id);
    let broadcast = store::broadcasts::find(&ctx.db, tenant, id).await?;
    let broadcast = broadcast.ok_or_else(|| Error::not_found("broadcast", id))?;
    let stored = store::broadcasts::page_of(&ctx.db, tenant, &broadcast).await?;
    let sent = match broadcast.sent_by {
        Some(request) => store::requests::find(&ctx.db, tenant, request).await?.map(|request| request.preview),
        None => None,
    };
    // What was signed last counts.
    let page = sent.or(stored);
    let view = page.as_ref().and_then(|page| page.view.broadcast());
    let begun = match broadcast.sent_by {
        Some(request) => store::deliveries::by_request(&ctx.db, tenant, request).await?,
        None => None,
    };
    let mut report = Report {
        broadcast_id: id,
        name: broadcast.spec.name,
        state: broadcast.state,
        template: broadcast.spec.template,
        category: view.map(|view| view.message.category),
        action_request_id: broadcast.sent_by,
        audience: audience(view, broadcast.audience_count),
        delivery: None,
        response: None,
        markets: Vec::new(),
        other_markets: 0,
        cost: view.map(|view| cost(&view.schedule.cost, None)),
    };
    let Some((execution, progress)) = begun else { return Ok(report) };
    let now = ctx.clock.now();
    let last = execution.finished_at.unwrap_or(now);
    let window = Duration::from_hours(u64::from(arguments.attribution_hours));
    let (from, until) = (execution.started_at, last.after(window).min(now));
    // It looks at every message of the broadcast.
    let turn = ctx.turns.take().await?;
    let reach = store::deliveries::reached(&ctx.db, &execution, (from, until)).await?;
    drop(turn);
    report.cost = view.map(|view| cost(&view.schedule.cost, Some(&reach)));
    report.delivery = Some(delivery(ctx, &execution, progress).await?);
    if reach.iter().map(|it| it.taken).sum::<u64>() >= SMALLEST {
        report.response = Some(response(&reach, (from, until), arguments.attribution_hours));
    }
    (report.markets, report.other_markets) = markets(reach);
    Ok(report)
}

/// The groups by their words, and how many are in the others.
fn by_word<T: ToString>(grouped: &Grouped<T>) -> (BTreeMap<String, u64>, u64) {
    let shown = grouped.shown.iter().map(|(word, count)| (word.to_string(), *count));
    (shown.collect(), grouped.others())
}

fn audience(view: Option<&BroadcastView>, frozen: u64) -> AudienceFigures {
    let funnel = view.map(|view| &view.audience.funnel);
    let reasons = funnel.into_iter().flat_map(|funnel| &funnel.excluded).map(|it| (it.reason, it.count));
    let (left_out, left_out_for_other_reasons) = by_word(&grouped(reasons));
    let matched = funnel.map_or(frozen, |funnel| funnel.matched);
    AudienceFigures { matched, frozen, left_out, left_out_for_other_reasons }
}

async fn delivery(ctx: &Ctx, execution: &Execution, progress: Tally) -> Result<DeliveryFigures> {
    let (tenant, id) = (execution.tenant, execution.id);
    let withheld = store::deliveries::withheld_by_reason(&ctx.db, tenant, id, progress.suppressed).await?;
    let (withheld, withheld_for_other_reasons) = by_word(&grouped(withheld));
    let failed = store::deliveries::failures_by_code(&ctx.db, tenant, id).await?;
    let failed = grouped(failed.into_iter().map(|failed| (failed.code, failed.count)));
    let failed_for_other_reasons = failed.others();
    let figures = |(code, count): (Option<i32>, u64)| FailedFigures {
        code,
        meaning: code.map(|code| explain(code.into()).sentence),
        count,
    };
    Ok(DeliveryFigures {
        progress,
        withheld,
        withheld_for_other_reasons,
        failed: failed.shown.into_iter().map(figures).collect(),
        failed_for_other_reasons,
        started_at: execution.started_at,
        finished_at: execution.finished_at,
    })
}

fn response(reach: &[Reach], (from, until): (Timestamp, Timestamp), attribution_hours: u32) -> ResponseFigures {
    let sum = |of: fn(&Reach) -> u64| reach.iter().map(of).sum();
    ResponseFigures {
        from,
        until,
        attribution_hours,
        replied: sum(|it| it.replied),
        tapped: sum(|it| it.tapped),
        clicked: None,
        clicked_unknown_because: CLICKED_UNKNOWN,
        opted_out: sum(|it| it.opted_out),
        ordered: sum(|it| it.ordered),
    }
}

fn markets(reach: Vec<Reach>) -> (Vec<MarketFigures>, u64) {
    let (known, unknown): (Vec<Reach>, Vec<Reach>) = reach.into_iter().partition(|it| it.market.is_some());
    let nowhere: u64 = unknown.iter().map(|it| it.taken).sum();
    // Those whose market is not known are one more group.
    let groups = known.into_iter().map(|it| (Some(it), it.taken)).chain([(None, nowhere)]);
    let grouped = grouped(groups);
    let rest: u64 = grouped.shown.iter().filter(|(it, _)| it.is_none()).map(|(_, count)| count).sum();
    let others = grouped.others() + rest;
    let figures = |(it, _): (Option<Reach>, u64)| {
        let it = it?;
        Some(MarketFigures {
            market: it.market?,
            accepted: it.taken,
            delivered: it.delivered,
            read: it.read,
            replied: it.replied,
            tapped: it.tapped,
            opted_out: it.opted_out,
            ordered: it.ordered,
        })
    };
    (grouped.shown.into_iter().filter_map(figures).collect(), others)
}

fn cost(signed: &Cost, reach: Option<&[Reach]>) -> CostFigures {
    let delivered = reach.map(|reach| {
        let of = |it: &Reach| {
            let line = signed.lines.iter().find(|line| Some(line.market) == it.market)?;
            Some(line.rate.times(it.delivered).micros)
        };
        let micros = reach.iter().filter_map(of).fold(0_i64, i64::saturating_add);
        Money { currency: signed.total.currency, micros }.to_string()
    });
    CostFigures {
        rate_card: signed.rate_card.clone(),
        estimated: signed.total.to_string(),
        ceiling: signed.ceiling.to_string(),
        delivered_at_signed_rates: delivered,
    }
}
