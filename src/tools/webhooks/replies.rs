//! What Meta tells of single messages of the business: how far ours came, and what the team wrote with the app.

use super::remedies;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::replies::{ReplyCause, ReplyToken};
use crate::domain::webhooks::{Echo, Status};
use crate::error::Result;
use crate::store::contacts::Found;
use crate::store::deliveries::Reached;
use crate::store::replies::{self, Told};
use crate::store::{Tx, contacts, conversations};
use serde_json::json;

/// A status of a reply. If this database does not know the reply: when it must have been begun, which is long ago for all that
/// it can tell.
pub(super) async fn told(
    tx: &mut Tx,
    tenant: TenantId,
    token: ReplyToken,
    status: &Status,
    reached: Reached,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    match replies::apply_status(tx, tenant, token, &status.wamid, reached, now).await? {
        Told::Known => Ok(None),
        Told::Failed(contact, code) => {
            remedies(tx, tenant, &[(contact, i64::from(code))], now).await?;
            Ok(None)
        }
        Told::Twice => {
            tracing::error!(reply = %token.reply, attempt = token.attempt, "Meta names a second message for one reply: a person got it twice");
            Ok(None)
        }
        Told::Forgotten => {
            metrics::counter!("countersign_webhook_unknown_tokens_total").increment(1);
            tracing::error!(reply = %token.reply, attempt = token.attempt, "a status names a reply that this database does not know: was it restored from a backup?");
            Ok(Some(Timestamp::from_micros(0)))
        }
    }
}

/// The team wrote with the app: it stands in the conversation, and what the customer wrote before is answered.
pub(super) async fn echoed(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    echo: &Echo,
    at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let Some(who) = super::people::identity(&echo.to) else { return Ok(()) };
    let Found { known, .. } = contacts::know(tx, tenant, &who, "", at, now).await?;
    let said = ReplyCause(json!({"kind": echo.kind.as_str(), "text": echo.kind.text()}));
    if replies::echo(tx, tenant, (number, known.no), &echo.id, &said, (at, now)).await? {
        conversations::answered(tx, tenant, number, known.no, at, true).await?;
    }
    Ok(())
}
