//! What waits is looked at again when something has changed at Meta: who decides hears of it at once, and what can never be carried
//! out any more ends. What runs looks for itself.

use super::begin::void_in;
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::policy::standing::lasts;
use crate::domain::preview::{Finding, Level};
use crate::error::Result;
use crate::faults::Step;
use crate::store::{audit, requests};
use crate::tools::{self, Ctx};
use serde_json::json;

/// Looks at all requests of a business that wait for people, or are approved and not begun. One that cannot be looked at keeps
/// the others from nothing: it is looked at again before it is signed, and before it begins.
pub async fn open(ctx: &Ctx, tenant: TenantId) -> Result<()> {
    for id in requests::not_begun_of(&ctx.db, tenant).await? {
        if let Err(error) = one(ctx, tenant, id).await {
            tracing::warn!(%tenant, request = %id, %error, "a request that waits could not be looked at again");
        }
    }
    Ok(())
}

async fn one(ctx: &Ctx, tenant: TenantId, id: RequestId) -> Result<()> {
    let Some(request) = requests::find(&ctx.db, tenant, id).await? else { return Ok(()) };
    if !rests_on_meta(&request.preview.action) {
        return Ok(());
    }
    let now = tools::standing(ctx, tenant, &request.preview.action).await?;
    if let Some(finding) = now.iter().find(|finding| lasts(finding)) {
        return end(ctx, tenant, id, finding).await;
    }
    let (news, before) = (request.preview.news(&now), requests::standing(&ctx.db, tenant, id).await?);
    if news == before {
        return Ok(());
    }
    let at = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    if !requests::set_standing(&mut tx, tenant, id, &news).await? {
        // It was decided or begun in the meantime.
        return Ok(tx.roll_back().await?);
    }
    let rules = |findings: &[Finding], level| -> Vec<String> {
        findings.iter().filter(|finding| finding.level == level).map(|finding| finding.rule.clone()).collect()
    };
    let details = json!({
        "blocks": rules(&news, Level::Block), "warnings": rules(&news, Level::Warn),
        "were": before.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(),
    });
    let event = Event { actor: Actor::Worker, act: "request.rechecked", subject: id.to_string(), details };
    audit::append(&mut tx, tenant, at, event).await?;
    // Whoever dies before this looks again.
    tx.commit().await?;
    Ok(())
}

/// Whether what it would do depends on what Meta says of templates and numbers.
const fn rests_on_meta(action: &Action) -> bool {
    match action {
        Action::BroadcastSchedule(_)
        | Action::SessionMessageSend(_)
        | Action::PaymentLinkSend(_)
        | Action::AutomationChange(_)
        | Action::TemplateSubmit(_) => true,
        // What an order rests on, its source says.
        Action::BroadcastCreate(_)
        | Action::ContactImport(_)
        | Action::SegmentUpsert(_)
        | Action::WebhookRetry(_)
        | Action::OrderCreate(_)
        | Action::ContactUpsert(_)
        | Action::ConsentUpdate(_)
        | Action::TagApply(_)
        | Action::ConversationAssign(_)
        | Action::ConversationClose(_)
        | Action::TemplateDraftUpsert(_)
        | Action::MediaAssetUpload(_) => false,
    }
}

/// What was shown will never be what would happen: nobody is asked to sign it any more, and the agent may ask anew.
async fn end(ctx: &Ctx, tenant: TenantId, id: RequestId, finding: &Finding) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let message = format!("NOT DONE. {}", finding.message);
    if void_in(&mut tx, ctx, tenant, id, &finding.rule, &message, Some(finding)).await? {
        tx.commit_at(Step::Voided).await?;
        return Ok(());
    }
    Ok(tx.roll_back().await?)
}
