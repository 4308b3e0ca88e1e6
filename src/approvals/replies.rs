//! Saying what is to be said to one customer at a time: the intent becomes durable, what forbids it is looked at once more, one
//! request is made, and how it ended is written down. What a daemon leaves behind is in doubt, and Meta's statuses settle it.

pub mod doubts;
mod end;
mod files;
pub mod stop;

use super::stops;
use crate::domain::business::stop::{StopReach, StoppedBy};
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppressions;
use crate::domain::ids::{DaemonId, ReplyId};
use crate::domain::messages::{Content, OutboundMessage, Recipient};
use crate::domain::orders::links::{LinkToken, PATH, Revocation, message};
use crate::domain::policy::session::{Ground, may_write};
use crate::domain::preview::Level;
use crate::domain::replies::{ReplyToken, Saying};
use crate::domain::templates::TemplateStatus;
use crate::error::Result;
use crate::faults::{ANSWERED, REQUESTING, Step, point};
use crate::graph::messages::{self as graph, Parameters, SendOutcome, TemplateMessage};
use crate::graph::{Backoff, Credentials};
use crate::store::behind::Known;
use crate::store::deliveries::{self, TokenAsk, number_bucket};
use crate::store::instance::Instance;
use crate::store::orders::links::{self, Armed, Try};
use crate::store::replies::{self, Ending, Failed, Intent, Settled};
use crate::store::{self, Tx, business, people, templates};
use crate::tools::Ctx;
use crate::tools::thread::{Facts, facts};
use crate::tools::webhooks::replies::{said, sent_twice, speaks_against, undelivered};
use std::time::Duration;
use tokio::time::Instant;

use files::{Lacking, Readied, Used};

pub use end::end;

/// Why nothing was sent by a daemon that no longer has the reply.
const STOOD_STILL: &str = "this daemon stood still in between";
/// Why a message is tried once more with its file uploaded anew.
const FORGOTTEN: &str = "Meta does not know its file any more";
/// A reply is tried no more often than this where nothing was sent.
const MOST_TRIES: i16 = 8;

/// A reply that this daemon may say, until then: whoever begins a request begins it long before others take the reply for lost.
pub struct Held {
    intent: Intent,
    until: Instant,
}

impl Held {
    /// Which one.
    pub const fn reply(&self) -> ReplyId {
        self.intent.id
    }
}

/// Takes replies that are due, no more than so many.
///
/// A lease that is over before the answer of a slow Meta is here only lets others call it in doubt for a while.
pub async fn take(ctx: &Ctx, instance: &Instance, known: Known, lease: Duration, most: usize) -> Result<Vec<Held>> {
    let now = ctx.clock.now();
    let until = Instant::now() + lease / 2;
    let mut tx = ctx.db.begin().await?;
    let lapsed = replies::lapse(&mut tx, now).await?;
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let intents = replies::claim(&mut tx, instance.daemon, known, (now, now.after(lease)), most).await?;
    if lapsed == 0 && intents.is_empty() {
        tx.roll_back().await?;
        return Ok(Vec::new());
    }
    tx.commit_at(Step::Intended).await?;
    if lapsed > 0 {
        tracing::warn!(lapsed, "replies were on their way when their daemon died; they are in doubt");
    }
    Ok(intents.into_iter().map(|intent| Held { intent, until }).collect())
}

/// Says one, or finds that it may not be said now, and writes down how that ended.
pub async fn say(ctx: &Ctx, instance: &Instance, held: &Held, per_second: u32) -> Result<()> {
    let Held { intent, until } = held;
    let limits = deliveries::number_limits(&ctx.db, intent.tenant, &intent.number).await?;
    let rate = limits.map_or(per_second, |limits| limits.per_second.min(per_second)).max(1);
    let (ending, too_fast, stop, forgotten) = match ready(ctx, instance.daemon, intent, rate).await? {
        Ok(outbound) => {
            let used = outbound.used();
            let outcome = send(ctx, instance, intent, outbound, *until).await;
            let too_fast = matches!(outcome, SendOutcome::NotSent { retry: Backoff::Rate, .. });
            let stop = stop_for(&outcome, intent);
            let forgotten = used.filter(|used| files::is_forgotten(&outcome, used, intent));
            let ending = match &forgotten {
                Some(_) => Ending::Again(ctx.clock.now(), FORGOTTEN.to_owned()),
                None => ending(outcome, intent, ctx.clock.now()),
            };
            (ending, too_fast, stop, forgotten)
        }
        Err(Unsaid::Lacks(file)) => return files::bring(ctx, intent, &file).await,
        Err(Unsaid::Ends(ending)) => (ending, false, None, None),
    };
    metrics::counter!("countersign_replies_total", "as" => word(&ending)).increment(1);
    write_down(ctx, intent, &ending, stop.as_ref(), forgotten.as_ref()).await?;
    if let Some((reach, why)) = &stop {
        stops::halt_running(ctx, intent.tenant, reach, "breaker", why).await?;
    }
    if too_fast {
        let (bucket, now) = (number_bucket(&intent.number), ctx.clock.now());
        deliveries::slow_down(&ctx.db, intent.tenant, &bucket, f64::from(rate), now).await?;
    }
    Ok(())
}

/// From where nothing more goes out after this, and why: Meta would refuse all of it as it has refused this one.
fn stop_for(outcome: &SendOutcome, intent: &Intent) -> Option<(StopReach, String)> {
    let SendOutcome::Rejected { error, fatal_for } = outcome else { return None };
    let reach = stops::reach_of(*fatal_for, &intent.number)?;
    Some((reach, error.row().sentence.to_owned()))
}

async fn write_down(
    ctx: &Ctx,
    intent: &Intent,
    ending: &Ending,
    stop: Option<&(StopReach, String)>,
    forgotten: Option<&Used>,
) -> Result<()> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let (tenant, token) = (intent.tenant, ReplyToken { reply: intent.id, attempt: intent.attempt });
    let arrived = matches!(ending, Ending::Accepted(_));
    // People may have decided meanwhile, if this daemon stood still for long.
    let against = match ending {
        Ending::Accepted(_) | Ending::Failed(..) => replies::contradicted(&mut tx, tenant, token, arrived, now).await?,
        _ => None,
    };
    let settled = replies::settle(&mut tx, token, ending, now).await?;
    if let Some(against) = against {
        speaks_against(&mut tx, tenant, token, against, now).await?;
    }
    if settled == Settled::Twice {
        sent_twice(&mut tx, tenant, token, now).await?;
    }
    if arrived {
        said(&mut tx, tenant, intent.id, now).await?;
    }
    // What others have by now, or people have decided on, comes to whatever that comes to.
    if settled == Settled::Written {
        came_to_nothing(&mut tx, intent, ending, now).await?;
    }
    if let Some(Used { asset, at }) = forgotten {
        store::media::forget(&mut tx, *asset, at).await?;
    }
    // In the same transaction: what goes back to wait is not taken up again before the stop is there.
    if let Some((reach, why)) = stop {
        stops::put_in(&mut tx, tenant, (reach, StoppedBy::Worker), why, now).await?;
    }
    tx.commit_at(Step::Replied).await?;
    Ok(())
}

/// What follows from a message that will not arrive. One that is in doubt may yet, and its link stays good.
async fn came_to_nothing(tx: &mut Tx, intent: &Intent, ending: &Ending, now: Timestamp) -> Result<()> {
    if let Ending::Failed(Some(code), _) = ending {
        let failed = Failed { contact: intent.contact, code: *code, identity_hash: intent.identity_hash.clone() };
        undelivered(tx, intent.tenant, intent.id, &failed, now).await?;
    }
    if let (Saying::Payment { link, .. }, Ending::Failed(..) | Ending::Suppressed(_)) = (&intent.saying, ending) {
        links::revoke(tx, intent.tenant, *link, Revocation::NotDelivered, now).await?;
    }
    Ok(())
}

/// To whom, if it may be said now; otherwise how it ends, or what has to be done first.
async fn ready(ctx: &Ctx, me: DaemonId, intent: &Intent, rate: u32) -> Result<std::result::Result<Outbound, Unsaid>> {
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
    // What is private goes only to the person it was meant for.
    let guarded = intent.identity_hash.is_some() || matches!(intent.saying, Saying::Payment { .. });
    if let Some(doubt) = reach.may_send().err().filter(|_| guarded) {
        return Ok(Err(Ending::Suppressed(format!("Not sent: {doubt}.")).into()));
    }
    let forbids = may_write(&ground, now).into_iter().find(|finding| finding.level == Level::Block);
    let to = match (forbids, reach.recipient()) {
        (None, Some(to)) => to,
        (forbids, _) => {
            let why = forbids.map_or_else(|| "Nobody knows whom to send it to.".to_owned(), |finding| finding.message);
            return Ok(Err(Ending::Suppressed(why).into()));
        }
    };
    let outbound = match outbound(ctx, me, intent, to, suppressions).await? {
        Ok(outbound) => outbound,
        Err(unsaid) => return Ok(Err(unsaid)),
    };
    let buckets = [(number_bucket(&intent.number), f64::from(rate))];
    let grant = deliveries::take_tokens(db, tenant, &TokenAsk { buckets: &buckets, want: 1 }, now).await?;
    if grant.tokens == 0 {
        return Ok(Err(Ending::Waits(now.after(grant.first)).into()));
    }
    tokio::time::sleep(grant.first).await;
    // Whoever stops this number from here on finds a request that has begun.
    if store::stops::of_number(db, tenant, &intent.number).await?.is_some() {
        return Ok(Err(Ending::Waits(now).into()));
    }
    Ok(Ok(outbound))
}

/// What is sent, in Meta's shape.
enum Outbound {
    /// With Meta's id of the kept file that it carries.
    Free(Box<OutboundMessage>, Option<Used>),
    Template(Box<TemplateMessage>),
}

impl Outbound {
    fn used(&self) -> Option<Used> {
        if let Self::Free(_, used) = self { used.clone() } else { None }
    }
}

/// Why it is not said now.
enum Unsaid {
    /// It ends so.
    Ends(Ending),
    /// The file that it carries is not at Meta yet.
    Lacks(Lacking),
}

impl From<Ending> for Unsaid {
    fn from(ending: Ending) -> Self {
        Self::Ends(ending)
    }
}

/// It, or how it ends because Meta would refuse it, or this customer wants none of its kind, or nobody could pay by it, or its file
/// is another.
async fn outbound(
    ctx: &Ctx,
    me: DaemonId,
    intent: &Intent,
    to: Recipient,
    suppressions: Suppressions,
) -> Result<std::result::Result<Outbound, Unsaid>> {
    match &intent.saying {
        Saying::Message(content) => Ok(match files::ready(ctx, intent, content).await? {
            Readied::Yes(content, used) => free(intent, to, content, used),
            Readied::Lacks(file) => Err(Unsaid::Lacks(file)),
            Readied::Void(why) => Err(Ending::Suppressed(why).into()),
        }),
        Saying::Payment { link, body, label } => {
            let token = LinkToken::random();
            let (hash, now) = (token.hash(), ctx.clock.now());
            let mut tx = ctx.db.begin().await?;
            let by = Try { reply: intent.id, attempt: intent.attempt, by: me };
            let armed = links::arm(&mut tx, intent.tenant, *link, by, &hash, now).await?;
            tx.commit().await?;
            match armed {
                Armed::Yes => {}
                Armed::Over => {
                    let why = "Its payment link is over or was taken back, or there is no such order any more.";
                    return Ok(Err(Ending::Suppressed(why.to_owned()).into()));
                }
                Armed::Lost => return Ok(Err(Ending::Again(now, STOOD_STILL.to_owned()).into())),
            }
            let url = format!("{}{PATH}{}", ctx.public_url, token.reveal());
            Ok(free(intent, to, message(body, label, url).into(), None))
        }
        Saying::Template { name, language } => {
            let found = templates::of_name(&ctx.db, intent.tenant, name).await?;
            let template = found.into_iter().find(|it| it.language == *language);
            let Some(template) = template.filter(|it| it.status == TemplateStatus::Approved) else {
                let why = format!("The template {name} is not approved in {language} now.");
                return Ok(Err(Ending::Failed(None, why).into()));
            };
            // An answer is asked for, but a template may advertise all the same.
            if let Some(reason) = suppressions.forbidding(template.category) {
                let why = format!("The customer may not be sent a {} template ({reason}).", template.category);
                return Ok(Err(Ending::Suppressed(why).into()));
            }
            Ok(Ok(Outbound::Template(Box::new(TemplateMessage {
                phone_number_id: intent.number.clone(),
                to,
                identity_key_hash: intent.identity_hash.clone(),
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

/// A message in Meta's shape, unless it would be refused there.
fn free(intent: &Intent, to: Recipient, content: Content, used: Option<Used>) -> std::result::Result<Outbound, Unsaid> {
    let identity_key_hash = intent.identity_hash.clone();
    let message = OutboundMessage { to, reply_to: None, identity_key_hash, content };
    match message.faults().into_iter().next() {
        Some(fault) => Err(Ending::Failed(None, format!("Meta would refuse it: {fault}.")).into()),
        None => Ok(Outbound::Free(Box::new(message), used)),
    }
}

/// The one request for this intent. A process that stood still for longer than its lease begins none: others may have taken
/// the reply for lost, and people may be looking at it.
async fn send(ctx: &Ctx, instance: &Instance, intent: &Intent, outbound: Outbound, until: Instant) -> SendOutcome {
    let credentials = match credentials(ctx, intent).await {
        Ok(credentials) => credentials,
        Err(outcome) => return outcome,
    };
    if Instant::now() >= until {
        return not_sent(STOOD_STILL);
    }
    let token = ReplyToken { reply: intent.id, attempt: intent.attempt }.to_text(&instance.secret);
    point(REQUESTING);
    let outcome = match outbound {
        Outbound::Free(message, _) => graph::say(&ctx.graph, &credentials, &intent.number, &message, &token).await,
        Outbound::Template(template) => {
            graph::send(&ctx.graph, &credentials, &TemplateMessage { callback: token, ..*template }).await
        }
    };
    point(ANSWERED);
    outcome
}

fn not_sent(why: &str) -> SendOutcome {
    SendOutcome::NotSent { why: why.to_owned(), retry: Backoff::Reconnect }
}

/// Those of the business, or why nothing can be sent without.
async fn credentials(ctx: &Ctx, intent: &Intent) -> std::result::Result<Credentials, SendOutcome> {
    let Ok(Some(tenant)) = people::tenant(&ctx.db, intent.tenant).await else {
        return Err(not_sent("the business could not be read"));
    };
    ctx.credentials(&tenant).map_err(|_| not_sent("the business has no access token now"))
}

fn ending(outcome: SendOutcome, intent: &Intent, now: Timestamp) -> Ending {
    match outcome {
        SendOutcome::Accepted { wamid, .. } => Ending::Accepted(wamid),
        SendOutcome::Unknown { why } => Ending::Unknown(why),
        // Meta took nothing, and not because of this message: it waits until that has been put in order.
        SendOutcome::Rejected { error, fatal_for } if stops::reach_of(fatal_for, &intent.number).is_some() => {
            Ending::Again(now, error.row().sentence.to_owned())
        }
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
        Ending::Again(..) | Ending::Waits(_) => "again",
        Ending::Failed(..) => "failed",
        Ending::Suppressed(_) => "suppressed",
        Ending::Unknown(_) => "unknown",
    }
}
