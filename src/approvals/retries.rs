//! The carrying-out of a retry: what of Meta's posts is aside is tried, and the request ends with what the rows say of it. Whoever
//! dies on the way begins again: what is applied is not aside any more.

use super::inbox;
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::requests::{Failure, Status};
use crate::domain::webhooks::{PostState, RetriedPost, RetryPlan, events_of};
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::store::webhooks as posts;
use crate::store::{self, audit, people, requests};
use crate::tools::Ctx;
use serde::Serialize;
use serde_json::json;

/// Requests that are worked on in one look.
const AT_ONCE: u32 = 20;

/// What became of one post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct PostOutcome {
    post_id: i64,
    /// Events of the request that are applied now.
    applied: usize,
    /// Events that stay aside.
    aside: usize,
    /// Whether nobody can read it, or it is gone.
    unread: bool,
    /// Why it was not applied, as far as it was not.
    why: Option<String>,
}

/// Tries what is to be tried again. `true` if numbers or accounts are to be read again.
pub async fn round(ctx: &Ctx, secret: &Hash) -> Result<bool> {
    let mut read_again = false;
    for (tenant, id) in requests::executing(&ctx.db, "whatsapp.webhook.retry", AT_ONCE).await? {
        let Some(request) = requests::find(&ctx.db, tenant, id).await? else { continue };
        if let Action::WebhookRetry(plan) = &request.preview.action {
            read_again |= carry_out(ctx, secret, tenant, id, plan).await?;
        }
    }
    Ok(read_again)
}

async fn carry_out(ctx: &Ctx, secret: &Hash, tenant: TenantId, id: RequestId, plan: &RetryPlan) -> Result<bool> {
    let mut read_again = false;
    for it in plan.posts.iter().filter(|it| it.places.is_none()) {
        // It goes the way of all posts; what became of it shows when it is through.
        if posts::find(&ctx.db, tenant, it.post).await?.is_some_and(|found| found.state == PostState::New) {
            return Ok(false);
        }
    }
    for it in plan.posts.iter().filter(|it| it.places.is_some()) {
        match inbox::retry(ctx, secret, tenant, it.post).await {
            Ok(retried) => read_again |= retried.read_again,
            // Nothing of it is left: by another request, or by this one before somebody died.
            Err(Error::Conflict(_) | Error::NotFound { .. }) => {}
            Err(e) => return Err(e),
        }
    }
    let account = people::tenant(&ctx.db, tenant).await?.map_or_else(String::new, |tenant| tenant.waba_id);
    let mut outcomes = Vec::with_capacity(plan.posts.len());
    for it in &plan.posts {
        outcomes.push(outcome(ctx, tenant, &account, it).await?);
    }
    end(ctx, tenant, id, &outcomes, ctx.clock.now()).await?;
    Ok(read_again)
}

/// How one post stands, as far as this request is about it.
async fn outcome(ctx: &Ctx, tenant: TenantId, account: &str, it: &RetriedPost) -> Result<PostOutcome> {
    let none = PostOutcome { post_id: it.post, applied: 0, aside: 0, unread: true, why: None };
    let Some(found) = posts::find(&ctx.db, tenant, it.post).await? else {
        return Ok(PostOutcome { why: Some("the post is not there any more".to_owned()), ..none });
    };
    if found.state != PostState::Applied {
        return Ok(PostOutcome { why: found.why, ..none });
    }
    let all = match &it.places {
        Some(places) => places.len(),
        None => events_of(&found.post.body, account).map_or(0, |events| events.len()),
    };
    let open = found.aside.iter().filter(|it| it.applied_at.is_none());
    let why = open.clone().next().map(|it| it.why.clone());
    let aside = open.count();
    Ok(PostOutcome { applied: all.saturating_sub(aside), aside, unread: false, why, ..none })
}

async fn end(ctx: &Ctx, tenant: TenantId, id: RequestId, outcomes: &[PostOutcome], now: Timestamp) -> Result<()> {
    let applied: usize = outcomes.iter().map(|it| it.applied).sum();
    let aside: usize = outcomes.iter().map(|it| it.aside).sum();
    let unread = outcomes.iter().filter(|it| it.unread).count();
    let (to, failure) = verdict(outcomes);
    let result = json!({"applied": applied, "aside": aside, "unread": unread, "posts": outcomes});
    let mut tx = ctx.db.begin().await?;
    match requests::settle(&mut tx, tenant, id, Status::Executing, to, Some(&result), failure.as_ref(), now).await {
        Ok(()) => {}
        // Another daemon was faster.
        Err(store::Error::Conflict(_)) => return Ok(tx.roll_back().await?),
        Err(error) => return Err(error.into()),
    }
    for it in outcomes {
        let details = json!({"request": id, "applied": it.applied, "aside": it.aside, "unread": it.unread});
        let subject = format!("webhook_post/{}", it.post_id);
        audit::append(&mut tx, tenant, now, Event { actor: Actor::Worker, act: "webhook.retried", subject, details })
            .await?;
    }
    let details = json!({"status": to, "applied": applied, "aside": aside, "unread": unread});
    let event = Event { actor: Actor::Worker, act: "execution.finished", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, now, event).await?;
    tx.commit_at(Step::Ended).await?;
    ctx.wake.requests();
    Ok(())
}

/// What it comes to. Nothing that stays aside passes for done.
fn verdict(outcomes: &[PostOutcome]) -> (Status, Option<Failure>) {
    let left = outcomes.iter().any(|it| it.unread || it.aside > 0);
    let done = outcomes.iter().any(|it| it.applied > 0);
    match (left, done) {
        (false, _) => (Status::Succeeded, None),
        (true, true) => (Status::PartiallySucceeded, None),
        (true, false) => {
            let why = outcomes.iter().find_map(|it| it.why.as_deref()).unwrap_or("nothing could be applied");
            let message = format!("NOT DONE. Nothing could be applied: {why}.");
            (Status::Failed, Some(Failure { code: "not_applied".to_owned(), message, finding: None }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_stays_aside_passes_for_done() {
        let post = |applied, aside, unread| PostOutcome { post_id: 1, applied, aside, unread, why: None };
        for (outcomes, wanted) in [
            (vec![post(1, 0, false)], Status::Succeeded),
            (vec![post(0, 0, false)], Status::Succeeded),
            (vec![post(0, 1, false)], Status::Failed),
            (vec![post(0, 0, true)], Status::Failed),
            (vec![post(2, 1, false)], Status::PartiallySucceeded),
            (vec![post(2, 0, false), post(0, 0, true)], Status::PartiallySucceeded),
        ] {
            let (status, failure) = verdict(&outcomes);
            assert_eq!(status, wanted, "{outcomes:?}");
            assert_eq!(failure.is_some(), wanted == Status::Failed);
        }
    }
}
