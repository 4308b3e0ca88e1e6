//! Trying again what Meta sent and could not be applied: what would be applied, why it was not, and who has to agree.

use crate::domain::action::Action;
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::conversations::ServiceWindow;
use crate::domain::ids::TenantId;
use crate::domain::people::{Area, Caller};
use crate::domain::policy::webhooks::{gone, notable, refused};
use crate::domain::preview::{AsideEvent, AsidePost, Finding, Preview, RetryEffect, RetryView, View};
use crate::domain::text::grouped;
use crate::domain::webhooks::{Event, Left, MOST_POSTS, Replay, RetriedPost, RetryPlan, masked};
use crate::error::{Error, Result};
use crate::store::webhooks::{Aside, Found};
use crate::store::{self, Db, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.webhook.retry",
    title: ["Retry webhook posts", "重試 webhook", "重试 webhook"],
    summary: "Applies again what Meta posted and could not be applied: messages, delivery statuses, reviews of templates. \
              Of a post whose events were set aside those are tried, each at most once; a post that nobody could read waits \
              for its turn again. The result says of each post what was applied, and what stays aside and why.",
    read_first: &["whatsapp.webhook_logs.list"],
    governance: "A person signs when more than one event is tried, or one that changes more than the log; otherwise nobody \
                 has to.",
    safety: "What has been applied is never applied again: an event is known by its key, and a post of which nothing is left \
             is refused.",
    area: Area::Business,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<RetryArguments>,
    output: schema::<RequestView>,
}];

/// Events that a page lists of one post, at most.
const LISTED: usize = 25;
/// Characters that a page shows of what Meta sent, at most.
const SHOWN: usize = 4_000;

/// Arguments of whatsapp.webhook.retry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryArguments {
    /// The posts to try again, by the `id` that whatsapp.webhook_logs.list shows; those with `can_retry`.
    #[schemars(length(min = 1, max = MOST_POSTS))]
    post_ids: Vec<i64>,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: RetryArguments) -> Result<Proposal> {
    let wanted = arguments.post_ids.len();
    if !(1..=MOST_POSTS).contains(&wanted) {
        return Err(Error::Invalid(format!("post_ids: name 1 to {MOST_POSTS} posts; {wanted} are named")));
    }
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let account = account(&ctx.db, tenant).await?;
    let numbers = store::business::numbers(&ctx.db, tenant).await?;
    let displays: BTreeMap<&str, &str> = numbers.iter().map(|it| (it.id.for_meta(), it.display.as_str())).collect();
    let mut effect = RetryEffect { posts: 0, events: 0, changes: 0, in_vain: 0, old: 0, kinds: BTreeMap::new() };
    let (mut plan, mut posts, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for id in BTreeSet::from_iter(arguments.post_ids) {
        let found = store::webhooks::find(&ctx.db, tenant, id).await?;
        let found = found.ok_or_else(|| Error::not_found("webhook post", id))?;
        let left = found.left(&account);
        findings.extend(refused(id, &left));
        let (events, places) = match left {
            Left::Whole(events) => (events.into_iter().enumerate().collect(), None),
            Left::Events(events) => {
                let places = events.iter().map(|(place, _)| *place).collect();
                (events, Some(places))
            }
            Left::Waits | Left::Nothing | Left::Unreadable(_) | Left::ReadsOtherwise => continue,
        };
        plan.push(RetriedPost { post: id, body: ContentHash::of(&found.post.body), places });
        count(&mut effect, &found, &events, now);
        posts.push(shown(&found, &events, &account, &displays));
    }
    findings.extend(notable(&effect));
    let ids: Vec<String> = plan.iter().map(|it| it.post.to_string()).collect();
    let name = format!("post {}", ids.join(", "));
    let title = format!("Webhook · {name}");
    let summary = summary(&effect, &ids);
    let view = RetryView { name, posts, effect };
    let action = Action::WebhookRetry(RetryPlan { posts: plan });
    let preview = Preview { summary, action, findings, view: View::WebhookRetry(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

async fn account(db: &Db, tenant: TenantId) -> Result<String> {
    let found = store::people::tenant(db, tenant).await?;
    Ok(found.ok_or_else(|| Error::not_found("business", tenant))?.waba_id)
}

fn aside_at(found: &Found, place: usize) -> Option<&Aside> {
    found.aside.iter().find(|it| it.place == place && it.applied_at.is_none())
}

fn count(effect: &mut RetryEffect, found: &Found, events: &[(usize, Event)], now: Timestamp) {
    effect.posts += 1;
    for (place, event) in events {
        effect.events += 1;
        effect.changes += u64::from(event.what.replay() == Replay::Changes);
        // The first try is the one after which it was set aside.
        effect.in_vain += u64::from(aside_at(found, *place).is_some_and(|it| it.tries > 1));
        let window = event.at.map(|at| ServiceWindow { opened_at: Timestamp::from_seconds(at) });
        effect.old += u64::from(window.is_some_and(|window| !window.is_open(now)));
        *effect.kinds.entry(event.what.word().to_owned()).or_default() += 1;
    }
}

fn shown(found: &Found, events: &[(usize, Event)], account: &str, displays: &BTreeMap<&str, &str>) -> AsidePost {
    let line = |(place, event): &(usize, Event)| {
        let aside = aside_at(found, *place);
        AsideEvent {
            place: *place,
            kind: event.what.word().to_owned(),
            at: event.at.map(Timestamp::from_seconds),
            effect: event.what.replay(),
            why: aside.map(|it| it.why.clone()),
            tries: aside.map_or(0, |it| it.tries),
        }
    };
    let ids = events.iter().filter_map(|(_, event)| event.phone_number_id.as_deref());
    let payload = masked(&found.post.body, account, None).map(|payload| cut(&format!("{payload:#}")));
    AsidePost {
        id: found.post.id,
        received_at: found.post.received_at,
        numbers: ids.filter_map(|id| displays.get(id)).map(|&display| display.to_owned()).collect(),
        unread: found.why.clone(),
        events: events.iter().take(LISTED).map(line).collect(),
        unlisted: u64::try_from(events.len().saturating_sub(LISTED)).unwrap_or(u64::MAX),
        payload,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\n…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The sentence that stands above everything else.
fn summary(effect: &RetryEffect, ids: &[String]) -> String {
    let counted = |n: u64, one: &str| format!("{} {one}{}", grouped(&n.to_string()), if n == 1 { "" } else { "s" });
    let (events, posts) = (counted(effect.events, "event"), counted(effect.posts, "post"));
    format!(
        "Try again {events} of {posts} that Meta sent ({}); changing more than the log: {}.",
        ids.join(", "),
        effect.changes
    )
}

/// What the rules say of trying it now.
pub async fn standing(db: &Db, tenant: TenantId, plan: &RetryPlan) -> Result<Vec<Finding>> {
    let (open, refusals) = look(db, tenant, plan).await?;
    // Part of it may have been applied by another request; the rest is what is tried.
    Ok(if open { Vec::new() } else { refusals })
}

/// Whether anything of it is left to try, and why the rest is not.
async fn look(db: &Db, tenant: TenantId, plan: &RetryPlan) -> Result<(bool, Vec<Finding>)> {
    let account = account(db, tenant).await?;
    let (mut open, mut refusals) = (false, Vec::new());
    for it in &plan.posts {
        let found = store::webhooks::find(db, tenant, it.post).await?;
        match found.filter(|found| ContentHash::of(&found.post.body) == it.body) {
            None => refusals.push(gone(it.post)),
            Some(found) => match refused(it.post, &found.left(&account)) {
                None => open = true,
                Some(why) => refusals.push(why),
            },
        }
    }
    Ok((open, refusals))
}

/// Lets the posts that nobody could read wait for their turn, in the transaction that claims the request. Or says why nothing is
/// left to try.
pub async fn start(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    plan: &RetryPlan,
) -> Result<std::result::Result<(), Finding>> {
    if let Some(forbids) = standing(&ctx.db, tenant, plan).await?.into_iter().next() {
        return Ok(Err(forbids));
    }
    for it in plan.posts.iter().filter(|it| it.places.is_none()) {
        // Another request may have been faster; then it waits already, or is through.
        store::webhooks::take_up(tx, tenant, it.post).await?;
    }
    Ok(Ok(()))
}
