//! Saying what is to be said to one customer at a time: the intent becomes durable, what forbids it is looked at once more, one
//! request is made, and how it ended is written down. What a daemon leaves behind is in doubt, and Meta's statuses settle it.

pub mod doubts;
mod end;
pub mod stop;

use crate::domain::clock::Timestamp;
use crate::domain::messages::{OutboundMessage, Recipient};
use crate::domain::policy::session::{Ground, may_write};
use crate::domain::preview::Level;
use crate::domain::replies::{ReplySource, ReplyToken, Saying};
use crate::domain::templates::TemplateStatus;
use crate::error::Result;
use crate::faults::{ANSWERED, REQUESTING, Step, point};
use crate::graph::Backoff;
use crate::graph::messages::{self as graph, Parameters, SendOutcome, TemplateMessage, say};
use crate::store::behind::Known;
use crate::store::deliveries::{self, TokenAsk, number_bucket};
use crate::store::instance::Instance;
use crate::store::replies::{self, Ending, Intent, Settled};
use crate::store::{business, conversations, people, templates};
use crate::tools::Ctx;
use crate::tools::messages::{Facts, facts};
use crate::tools::webhooks::replies::{sent_twice, speaks_against};
use futures::future::join_all;
use std::time::Duration;
use tokio::time::Instant;

pub use end::end;

/// Replies that one look takes.
const AT_ONCE: u32 = 32;
/// A reply is tried no more often than this where nothing was sent.
const MOST_TRIES: i16 = 8;

/// Says what is due. How many replies were taken.
///
/// A lease that is over before the answer of a slow Meta is here only lets others call it in doubt for a while.
pub async fn round(ctx: &Ctx, instance: &Instance, known: Known, per_second: u32, lease: Duration) -> Result<usize> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let lapsed = replies::lapse(&mut tx, now).await?;
    let intents = replies::claim(&mut tx, instance.daemon, known, (now, now.after(lease)), AT_ONCE).await?;
    if lapsed == 0 && intents.is_empty() {
        return Ok(0);
    }
    tx.commit_at(Step::Intended).await?;
    if lapsed > 0 {
        tracing::warn!(lapsed, "replies were on their way when their daemon died; they are in doubt");
    }
    // Whoever begins a request begins it long before others take the reply for lost.
    let until = Instant::now() + lease / 2;
    let ended = join_all(intents.iter().map(|intent| one(ctx, instance, intent, per_second, until))).await;
    // Each is written down by itself; one that could not be is left for its lease to lapse.
    ended.into_iter().find_map(Result::err).map_or(Ok(intents.len()), Err)
}

async fn one(ctx: &Ctx, instance: &Instance, intent: &Intent, per_second: u32, until: Instant) -> Result<()> {
    let ending = match ready(ctx, intent, per_second).await? {
        Ok(outbound) => ending(send(ctx, instance, intent, outbound, until).await, intent, ctx.clock.now()),
        Err(ending) => ending,
    };
    metrics::counter!("countersign_replies_total", "as" => word(&ending)).increment(1);
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let (tenant, token) = (intent.tenant, ReplyToken { reply: intent.id, attempt: intent.attempt });
    let arrived = matches!(ending, Ending::Accepted(_));
    // People may have decided meanwhile, if this daemon stood still for long.
    let against = match ending {
        Ending::Accepted(_) | Ending::Failed(..) => replies::contradicted(&mut tx, tenant, token, arrived, now).await?,
        _ => None,
    };
    let settled = replies::settle(&mut tx, token, &ending, now).await?;
    if let Some(against) = against {
        speaks_against(&mut tx, tenant, token, against, now).await?;
    }
    if settled == Settled::Twice {
        sent_twice(&mut tx, tenant, token, now).await?;
    }
    if arrived {
        let by_person = intent.source == ReplySource::Request;
        conversations::answered(&mut tx, intent.tenant, &intent.number, intent.contact, now, by_person).await?;
    }
    tx.commit_at(Step::Replied).await?;
    Ok(())
}

/// To whom, if it may be said now; otherwise how it ends.
async fn ready(ctx: &Ctx, intent: &Intent, per_second: u32) -> Result<std::result::Result<Outbound, Ending>> {
    let (db, tenant, now) = (&ctx.db, intent.tenant, ctx.clock.now());
    let Facts { window, suppressions, reach } = facts(db, tenant, (&intent.number, intent.contact), now).await?;
    let number = business::numbers(db, tenant).await?.into_iter().find(|it| it.id.for_meta() == intent.number);
    let ground = Ground {
        number: number.as_ref().map_or("this number", |number| &number.display),
        barred: number.as_ref().filter(|number| !number.can_send()).map(|number| number.status.as_str()),
        window,
        suppressions,
        reachable: reach.recipient().is_some(),
    };
    let forbids = may_write(&ground, now).into_iter().find(|finding| finding.level == Level::Block);
    let to = match (forbids, reach.recipient()) {
        (None, Some(to)) => to,
        (forbids, _) => {
            let why = forbids.map_or_else(|| "Nobody knows whom to send it to.".to_owned(), |finding| finding.message);
            return Ok(Err(Ending::Suppressed(why)));
        }
    };
    let outbound = match outbound(ctx, intent, to).await? {
        Ok(outbound) => outbound,
        Err(why) => return Ok(Err(Ending::Failed(None, why))),
    };
    let buckets = [(number_bucket(&intent.number), f64::from(per_second.max(1)))];
    let grant = deliveries::take_tokens(db, tenant, &TokenAsk { buckets: &buckets, want: 1 }, now).await?;
    if grant.tokens == 0 {
        return Ok(Err(Ending::Again(now.after(grant.first), "The number sends as fast as it may.".to_owned())));
    }
    tokio::time::sleep(grant.first).await;
    Ok(Ok(outbound))
}

/// What is sent, in Meta's shape.
enum Outbound {
    Free(Box<OutboundMessage>),
    Template(Box<TemplateMessage>),
}

/// It, or why Meta would refuse it.
async fn outbound(ctx: &Ctx, intent: &Intent, to: Recipient) -> Result<std::result::Result<Outbound, String>> {
    match &intent.saying {
        Saying::Message(content) => {
            let message = OutboundMessage { to, reply_to: None, identity_key_hash: None, content: content.clone() };
            let fault = message.faults().into_iter().next();
            Ok(fault
                .map_or(Ok(Outbound::Free(Box::new(message))), |fault| Err(format!("Meta would refuse it: {fault}."))))
        }
        Saying::Template { name, language } => {
            let found = templates::of_name(&ctx.db, intent.tenant, name).await?;
            let template = found.into_iter().find(|it| it.language == *language);
            if template.is_none_or(|it| it.status != TemplateStatus::Approved) {
                return Ok(Err(format!("The template {name} is not approved in {language} now.")));
            }
            Ok(Ok(Outbound::Template(Box::new(TemplateMessage {
                phone_number_id: intent.number.clone(),
                to,
                identity_key_hash: None,
                name: name.clone(),
                language: language.to_string(),
                header: None,
                body: Parameters::None,
                buttons: Vec::new(),
                extension: None,
                callback: String::new(),
            }))))
        }
    }
}

/// The one request for this intent. A process that stood still for longer than its lease begins none: others may have taken
/// the reply for lost, and people may be looking at it.
async fn send(ctx: &Ctx, instance: &Instance, intent: &Intent, outbound: Outbound, until: Instant) -> SendOutcome {
    let not_sent = |why: &str| SendOutcome::NotSent { why: why.to_owned(), retry: Backoff::Reconnect };
    let Ok(Some(tenant)) = people::tenant(&ctx.db, intent.tenant).await else {
        return not_sent("the business could not be read");
    };
    let Ok(credentials) = ctx.credentials(&tenant) else { return not_sent("the business has no access token now") };
    if Instant::now() >= until {
        return not_sent("this daemon stood still in between");
    }
    let token = ReplyToken { reply: intent.id, attempt: intent.attempt }.to_text(&instance.secret);
    point(REQUESTING);
    let outcome = match outbound {
        Outbound::Free(message) => say(&ctx.graph, &credentials, &intent.number, &message, &token).await,
        Outbound::Template(template) => {
            graph::send(&ctx.graph, &credentials, &TemplateMessage { callback: token, ..*template }).await
        }
    };
    point(ANSWERED);
    outcome
}

fn ending(outcome: SendOutcome, intent: &Intent, now: Timestamp) -> Ending {
    match outcome {
        SendOutcome::Accepted { wamid, .. } => Ending::Accepted(wamid),
        SendOutcome::Unknown { why } => Ending::Unknown(why),
        SendOutcome::Rejected { error, .. } => {
            Ending::Failed(i32::try_from(error.code).ok(), error.row().sentence.to_owned())
        }
        SendOutcome::NotSent { why, retry } => {
            let tries = u32::from(intent.attempt.unsigned_abs());
            match retry.delay(tries).filter(|_| intent.attempt < MOST_TRIES) {
                Some(wait) => Ending::Again(now.after(wait), why),
                None => Ending::Failed(None, why),
            }
        }
    }
}

const fn word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Accepted(_) => "accepted",
        Ending::Again(..) => "again",
        Ending::Failed(..) => "failed",
        Ending::Suppressed(_) => "suppressed",
        Ending::Unknown(_) => "unknown",
    }
}
