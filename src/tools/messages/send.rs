//! The sending of an answer that was approved: what it rests on is looked at again, and it goes into the ledger of replies in
//! the transaction that claims its request. From there on the ledger sees to it that it goes out once.

use crate::domain::clock::Timestamp;
use crate::domain::ids::{ReplyId, RequestId, TenantId};
use crate::domain::messages::session::SessionPlan;
use crate::domain::policy::media::carried_still;
use crate::domain::policy::session::{changed, may_write};
use crate::domain::preview::{Finding, Level};
use crate::domain::replies::{ReplyCause, Saying};
use crate::error::{Error, Result};
use crate::store::replies::{NewReply, Origin};
use crate::store::{self, Source, Tx};
use crate::tools::thread::{again, ground};
use serde_json::json;

/// What the rules say of sending it now.
pub async fn standing(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &SessionPlan,
    now: Timestamp,
) -> Result<Vec<Finding>> {
    let mut source = source.into();
    let thread = match plan.thread {
        Some(mark) => store::conversations::find(source.again(), tenant, mark.conversation).await?,
        None => None,
    };
    let place = match &thread {
        Some(thread) => again(source.again(), tenant, thread.clone(), plan.contact).await?,
        None => None,
    };
    let Some(place) = place else { return Ok(changed(plan, None, "", None)) };
    let footing = ground(source.again(), tenant, &place, now).await?;
    let mut findings = may_write(&footing.facts(&place), now);
    findings.extend(changed(plan, thread.as_ref(), &footing.to, footing.reach.identity_changed_at));
    if let (Some(file), Some(how)) = (plan.file, plan.content.carried()) {
        let asset = store::media::get(source, tenant, file.asset).await?;
        findings.extend(carried_still(file, asset.as_ref(), how));
    }
    Ok(findings)
}

/// Puts it into the ledger, once for each request; or says why it may not be said any more.
pub async fn start(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &SessionPlan,
    now: Timestamp,
) -> Result<std::result::Result<ReplyId, Finding>> {
    let findings = standing(&mut *tx, tenant, plan, now).await?;
    if let Some(forbids) = findings.into_iter().find(|finding| finding.level == Level::Block) {
        return Ok(Err(forbids));
    }
    let contact = match plan.thread {
        Some(mark) => store::conversations::find(&mut *tx, tenant, mark.conversation).await?.map(|it| it.contact),
        None => None,
    };
    let contact = contact.ok_or_else(|| Error::internal("a conversation was there and is gone"))?;
    let reply = NewReply {
        number: &plan.phone_number_id,
        contact,
        source: Origin::Request(request),
        cause: &ReplyCause(json!({"request": request})),
        in_reply_to: None,
        identity_hash: None,
        saying: &Saying::Message(plan.content.clone().into()),
    };
    let added = store::replies::add(tx, tenant, &[reply], now).await?;
    added.into_iter().next().map(Ok).ok_or_else(|| Error::internal("a reply was not added"))
}
