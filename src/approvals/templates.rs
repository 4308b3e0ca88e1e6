//! Bringing templates to Meta, language by language: what stands there is read first, the intent becomes durable, one request is
//! made, and what Meta answered is written down. An answer that was lost is found by reading: name and language are unique at
//! Meta, so nothing is made twice, and no edit is repeated while it may be under review.

mod end;
pub mod stop;

use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::masked::ProviderId;
use crate::domain::media::MediaType;
use crate::domain::people::Tenant;
use crate::domain::templates::MessageTemplate;
use crate::domain::templates::submission::{Change, Next, Obstacle, SubmitItem, SubmitPlan, Wanted, next, told_apart};
use crate::error::{Error, Result};
use crate::faults::{ANSWERED, REQUESTING, Step, point};
use crate::graph::templates::{self as graph, Created};
use crate::graph::uploads::{self, Handle, Sample};
use crate::graph::{Credentials, Error as GraphError};
use crate::store::templates::submissions::{self, Again, Due, Ending};
use crate::store::{people, requests};
use crate::tools::templates::meta;
use crate::tools::{Ctx, media, sync};
use futures::future::join_all;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Languages that are seen to at once.
const AT_ONCE: u32 = 8;
/// Between two looks for what was asked for.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);
/// The longest between two looks at what does not come to its end.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// How Meta calls the app whose token asks.
const OWN_APP: &str = "app";
/// Meta's code for a name that exists in this language.
const EXISTS: i64 = 2_388_024;

/// A language that this daemon sees to, until then: whoever finds another time in the row has lost it.
struct Held {
    due: Due,
    until: AtomicI64,
}

impl Held {
    fn until(&self) -> Timestamp {
        Timestamp::from_micros(self.until.load(Ordering::SeqCst))
    }
}

/// What came of seeing to one.
enum Outcome {
    /// It has come to its end.
    Ended(Ending),
    /// It is looked at again, after so long, for this reason.
    Later(Again, Duration, String),
    /// Another daemon has it.
    Lost,
}

/// Sees to what is due. How many languages were taken.
pub async fn round(ctx: &Ctx, lease: Duration) -> Result<usize> {
    let now = ctx.clock.now();
    let until = now.after(lease);
    let mut tx = ctx.db.begin().await?;
    let taken = submissions::take(&mut tx, (now, until), AT_ONCE).await?;
    if taken.is_empty() {
        tx.roll_back().await?;
        return Ok(0);
    }
    tx.commit().await?;
    let count = taken.len();
    let held = taken.into_iter().map(|due| Held { due, until: AtomicI64::new(until.micros()) });
    let ended = join_all(held.map(|held| hold(ctx, held, lease))).await;
    ended.into_iter().find_map(Result::err).map_or(Ok(count), Err)
}

/// Sees to one, and keeps it from others meanwhile: a file may take long.
async fn hold(ctx: &Ctx, held: Held, lease: Duration) -> Result<()> {
    let work = one(ctx, &held);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(lease / 3) => {
                let until = ctx.clock.now().after(lease);
                if !submissions::keep(&ctx.db, &held.due, (held.until(), until)).await? {
                    return Ok(());
                }
                held.until.store(until.micros(), Ordering::SeqCst);
            }
        }
    }
}

async fn one(ctx: &Ctx, held: &Held) -> Result<()> {
    let due = &held.due;
    let request = requests::find(&ctx.db, due.tenant, due.request).await?;
    let tenant = people::tenant(&ctx.db, due.tenant).await?;
    let (Some(request), Some(tenant)) = (request, tenant) else {
        return Err(Error::internal("a template is on its way by no request"));
    };
    let Action::TemplateSubmit(plan) = &request.preview.action else {
        return Err(Error::internal("a template is on its way by a request for something else"));
    };
    let Some(item) = plan.item(&due.language) else {
        return Err(Error::internal("a template is on its way in a language that nobody asked for"));
    };
    match bring(ctx, held, &tenant, plan, item).await? {
        Outcome::Ended(ending) => end::settle(ctx, due, plan, item, &ending).await,
        Outcome::Later(again, after, why) => {
            tracing::warn!(request = %due.request, language = %due.language, %why, "a template is looked at again");
            let mut tx = ctx.db.begin().await?;
            submissions::later(&mut tx, due, again, ctx.clock.now().after(after), &why).await?;
            Ok(tx.commit_at(Step::Submitted).await?)
        }
        Outcome::Lost => Ok(()),
    }
}

/// Looks at what stands there, and asks for what is missing.
async fn bring(ctx: &Ctx, held: &Held, tenant: &Tenant, plan: &SubmitPlan, item: &SubmitItem) -> Result<Outcome> {
    let (due, draft) = (&held.due, &item.draft);
    let credentials = match ctx.credentials(tenant) {
        Ok(credentials) => credentials,
        Err(error) => return Ok(Outcome::Later(Again::Unread, rest(due.tries), error.to_string())),
    };
    let live = match read(ctx, &credentials, tenant, plan, item).await {
        Ok(live) => live,
        Err(error) => return Ok(Outcome::Later(Again::Unread, wait(&error, due.tries), error.to_string())),
    };
    let wanted = Wanted { content: told_apart(&draft.content())?, category: plan.category };
    let there = live.as_ref().map(|it| told_apart(&it.content).map(|content| (it, content))).transpose()?;
    let edits = match next(&item.change, &wanted, there, due.asked) {
        Next::There => return Ok(live.map_or(Outcome::Lost, |it| Outcome::Ended(taken(it)))),
        Next::Look => {
            return Ok(Outcome::Later(Again::NotFound, BETWEEN_LOOKS, "Meta does not show it yet".to_owned()));
        }
        Next::Void(obstacle) => return Ok(Outcome::Ended(Ending::Refused(sentence(obstacle)))),
        Next::Create => None,
        Next::Edit(id) => Some(id),
    };
    let sample = match sample(ctx, &credentials, due, item).await? {
        Ok(sample) => sample,
        Err(outcome) => return Ok(outcome),
    };
    let mut tx = ctx.db.begin().await?;
    if !submissions::ask(&mut tx, due, held.until()).await? {
        tx.roll_back().await?;
        return Ok(Outcome::Lost);
    }
    tx.commit_at(Step::Submitting).await?;
    point(REQUESTING);
    let answered = match edits {
        None => {
            let new = meta::new(plan.name.as_str(), plan.category, draft, sample);
            graph::create(&ctx.graph, &credentials, &tenant.waba_id, &new).await
        }
        Some(id) => {
            let was = if let Change::Edit(before) = &item.change { before.category } else { plan.category };
            let change = meta::edit(was, plan.category, draft, sample);
            let done = graph::edit(&ctx.graph, &credentials, &id, &change).await;
            let category = meta::in_words_of_meta(plan.category);
            done.map(|()| Created { id, status: graph::TemplateStatus::Pending, category })
        }
    };
    point(ANSWERED);
    Ok(outcome(answered, plan, due.tries))
}

fn outcome(answered: std::result::Result<Created, GraphError>, plan: &SubmitPlan, tries: u32) -> Outcome {
    match answered {
        Ok(created) => Outcome::Ended(Ending::Taken {
            meta_id: ProviderId::new(created.id),
            status: sync::status(&created.status),
            category: sync::category(&created.category).unwrap_or(plan.category),
        }),
        Err(GraphError::NotSent { why, retry }) => match retry.delay(tries) {
            Some(after) => Outcome::Later(Again::NotDone, after, why),
            None => Outcome::Ended(Ending::Refused(why)),
        },
        // Perhaps it is ours, from a try whose answer was lost.
        Err(GraphError::Rejected(error)) if error.row().first == EXISTS => {
            Outcome::Later(Again::InDoubt, Duration::ZERO, error.to_string())
        }
        Err(GraphError::Rejected(error)) => Outcome::Ended(Ending::Refused(format!("Meta refused it: {error}"))),
        Err(error @ GraphError::InDoubt { .. }) => Outcome::Later(Again::InDoubt, BETWEEN_LOOKS, error.to_string()),
    }
}

fn taken(live: MessageTemplate) -> Ending {
    let MessageTemplate { meta_id, status, category, .. } = live;
    Ending::Taken { meta_id: ProviderId::new(meta_id), status, category }
}

/// What stands at Meta under this name in this language.
async fn read(
    ctx: &Ctx,
    credentials: &Credentials,
    tenant: &Tenant,
    plan: &SubmitPlan,
    item: &SubmitItem,
) -> std::result::Result<Option<MessageTemplate>, GraphError> {
    let all = graph::named(&ctx.graph, credentials, &tenant.waba_id, plan.name.as_str()).await?;
    let now = ctx.clock.now();
    let mut all = all.into_iter().filter_map(|it| sync::template(it, now));
    Ok(all.find(|it| it.language == item.draft.language))
}

/// The file for reviewers, uploaded anew: it does no harm to have it at Meta twice, and nobody sees it there.
async fn sample(
    ctx: &Ctx,
    credentials: &Credentials,
    due: &Due,
    item: &SubmitItem,
) -> Result<std::result::Result<Option<Handle>, Outcome>> {
    let Some(file) = &item.sample else { return Ok(Ok(None)) };
    let (asset, bytes) = match media::read(ctx, due.tenant, file.asset).await {
        Ok(read) => read,
        Err(error @ Error::NotFound { .. }) => return Ok(Err(Outcome::Ended(Ending::Refused(error.to_string())))),
        Err(error) => return Ok(Err(Outcome::Later(Again::Unread, rest(due.tries), error.to_string()))),
    };
    if asset.hash != file.hash {
        let why = "the sample file is not the one that was signed".to_owned();
        return Ok(Err(Outcome::Ended(Ending::Refused(why))));
    }
    let sample = Sample {
        filename: asset.name.as_str().to_owned(),
        mime_type: MediaType::as_str(asset.content.media_type()).to_owned(),
        length: asset.size,
    };
    let uploaded = match uploads::begin(&ctx.graph, credentials, OWN_APP, &sample).await {
        Ok(session) => uploads::send(&ctx.graph, credentials, &session, bytes, 0).await,
        Err(error) => Err(error),
    };
    Ok(match uploaded {
        Ok(handle) => Ok(Some(handle)),
        Err(GraphError::Rejected(error)) => {
            Err(Outcome::Ended(Ending::Refused(format!("Meta refused the sample file: {error}"))))
        }
        Err(error) => Err(Outcome::Later(Again::Unread, wait(&error, due.tries), error.to_string())),
    })
}

/// Why it cannot be done any more, in a sentence.
fn sentence(obstacle: Obstacle) -> String {
    match obstacle {
        Obstacle::Another => "at Meta stands another text under this name than the one that was shown".to_owned(),
        Obstacle::Gone => "the template is not at Meta any more".to_owned(),
        Obstacle::Closed(status) => format!("the template is {status} at Meta, which lets nobody edit it so"),
    }
}

/// How long Meta is left alone after this.
fn wait(error: &GraphError, tries: u32) -> Duration {
    match error {
        GraphError::NotSent { retry, .. } => retry.delay(tries).unwrap_or(LONGEST_REST),
        GraphError::Rejected(_) | GraphError::InDoubt { .. } => rest(tries),
    }
}

/// Soon at first, and then less and less often.
fn rest(tries: u32) -> Duration {
    Duration::from_secs(2_u64.saturating_pow(tries.min(20))).min(LONGEST_REST)
}
