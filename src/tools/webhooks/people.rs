//! What customers do: they write, they end it, they become others. Each message opens the window for answers, and a STOP is
//! heard before anything else is sent.

use super::automation;
use crate::domain::audit::{Actor, Event as AuditEvent};
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppression;
use crate::domain::contacts::identity::{Identity, UserId};
use crate::domain::conversations::Conversation;
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::phone::PhoneNumber;
use crate::domain::redact::Number;
use crate::domain::webhooks::{ChangeKind, Message, MessageKind, PersonChange, Preference, Sender, UserPreference};
use crate::error::Result;
use crate::store::contacts::{Became, Found, Known, Seen};
use crate::store::conversations::Heard;
use crate::store::conversations::attachments::{self, Attachment};
use crate::store::webhooks::{self, Inbound};
use crate::store::{Tx, audit, consent, contacts, conversations};
use serde_json::json;

/// A customer wrote. `true` if something is to be said to them.
pub(super) async fn wrote(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    message: &Message,
    at: Timestamp,
    arrived: Timestamp,
) -> Result<bool> {
    let Some(who) = identity(&message.from) else {
        return Err(super::aside("a customer's message that names neither a phone number nor a user id"));
    };
    let name = message.profile_name.as_deref().unwrap_or_default().replace('\0', "");
    let known = know(tx, tenant, &who, &name, (&message.id, at), arrived).await?;
    let inbound = Inbound {
        wamid: &message.id,
        phone_number_id: number,
        contact: known.no,
        kind: message.kind.as_str(),
        body: message.kind.text(),
        details: message.kind.details(),
        context: message.context_id.as_deref(),
        sent_at: at,
    };
    if !webhooks::receive(tx, tenant, &inbound, arrived).await? {
        return Ok(false);
    }
    contacts::wrote(tx, tenant, known.no, at).await?;
    let (thread, first) = converse(tx, tenant, number, known, message, at, arrived).await?;
    let seen = Seen { username: message.username.as_deref(), identity_hash: message.identity_hash.as_deref(), at };
    if contacts::seen(tx, tenant, known.no, &seen).await? {
        told(tx, tenant, known.id, "contact.identity_changed", json!({"by": "hash"}), arrived).await?;
    }
    if let Some((kind, word)) = message.opts_out()
        && consent::suppress(tx, tenant, known.no, kind, "message", Some(word), arrived).await?
    {
        told(tx, tenant, known.id, "contact.opted_out", json!({ "suppression": kind }), arrived).await?;
    }
    // After the STOP, which nothing answers.
    automation::answer(tx, tenant, &automation::Heard { known, message, thread: &thread, first, at }, arrived).await
}

/// Takes the message into the thread with its sender, and says whether that was begun by it.
async fn converse(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    known: Known,
    message: &Message,
    at: Timestamp,
    arrived: Timestamp,
) -> Result<(Conversation, bool)> {
    let first = conversations::of(&mut *tx, tenant, number, known.no).await?.is_none();
    match &message.kind {
        MessageKind::Edit { original, to } => {
            conversations::edited(tx, tenant, (known.no, original), to.text(), at).await?;
        }
        MessageKind::Revoke { original } => conversations::revoked(tx, tenant, (known.no, original), at).await?,
        MessageKind::Media(media) => {
            let file = Attachment {
                wamid: &message.id,
                number,
                media_id: &media.id,
                sha256: media.sha256.as_deref(),
                filename: media.filename.as_deref(),
            };
            attachments::attach(tx, tenant, &file, at, arrived).await?;
        }
        _ => {}
    }
    if message.referral.is_some() {
        conversations::entered(tx, tenant, number, known.no, at).await?;
    }
    // Whoever says STOP is not answered, and waits for nobody.
    let wants_answer = !matches!(message.kind, MessageKind::Reaction { .. } | MessageKind::Revoke { .. })
        && message.opts_out().is_none();
    let heard = Heard { number, contact: known.no, at, wants_answer };
    let thread = conversations::heard(tx, tenant, &heard, arrived).await?;
    // Whoever waits in a queue is answered within what that queue promises.
    if thread.answer_by.is_none()
        && let Some(since) = thread.waiting_since
        && let Some(name) = &thread.queue
        && let Some(queue) = conversations::queue(&mut *tx, tenant, name).await?
    {
        conversations::promise(tx, tenant, thread.id, queue.answer_by(since)).await?;
    }
    Ok((thread, first))
}

/// A person has another number or id from now on, or somebody else may hold the number.
pub(super) async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    change: &PersonChange,
    at: Timestamp,
    arrived: Timestamp,
) -> Result<()> {
    let Some(before) = identity(&change.before) else { return Ok(()) };
    // Told again, it is found by what it has given up.
    let Some(Found { known, formerly: false }) = contacts::of(tx, tenant, &before, at).await? else { return Ok(()) };
    match (&change.kind, identity(&change.after)) {
        (ChangeKind::Number | ChangeKind::UserId, Some(after)) => {
            let became = contacts::become_another(tx, tenant, known, &after, (&change.id, at)).await?;
            became_another(tx, tenant, known, became, arrived).await
        }
        (ChangeKind::Identity, _) => {
            if contacts::doubt_identity(tx, tenant, known.no, at).await? {
                told(tx, tenant, known.id, "contact.identity_changed", json!({"by": "message"}), arrived).await?;
            }
            Ok(())
        }
        _ => {
            tracing::warn!("a person became another in a way that this version does not know; nothing was changed");
            Ok(())
        }
    }
}

/// A person switched marketing off at Meta, or on again. That lifts only what was switched off there, never a STOP; and of two
/// wishes the later one counts, whichever comes first.
pub(super) async fn wished(
    tx: &mut Tx,
    tenant: TenantId,
    wish: &UserPreference,
    at: Timestamp,
    arrived: Timestamp,
) -> Result<()> {
    let Some(who) = identity(&wish.who) else { return Ok(()) };
    let known = match wish.value {
        Preference::Stop => Some(contacts::know(tx, tenant, &who, "", at, arrived).await?),
        Preference::Resume => contacts::of(tx, tenant, &who, at).await?,
    };
    let Some(Found { known, .. }) = known else { return Ok(()) };
    if !contacts::wished(tx, tenant, known.no, at).await? {
        return Ok(());
    }
    let kind = Suppression::StoppedAtMeta;
    let (act, changed) = match wish.value {
        Preference::Stop => {
            ("contact.opted_out", consent::suppress(tx, tenant, known.no, kind, "meta", None, arrived).await?)
        }
        Preference::Resume => ("contact.opted_in", consent::lift(tx, tenant, known.no, kind).await?),
    };
    if changed {
        told(tx, tenant, known.id, act, json!({ "suppression": kind }), arrived).await?;
    }
    Ok(())
}

/// The contact of whoever wrote. A number and an id that were two contacts' so far are one person's.
async fn know(
    tx: &mut Tx,
    tenant: TenantId,
    identity: &Identity,
    name: &str,
    by: (&str, Timestamp),
    arrived: Timestamp,
) -> Result<Known> {
    let Found { known, formerly } = contacts::know(tx, tenant, identity, name, by.1, arrived).await?;
    if !formerly {
        let became = contacts::become_another(tx, tenant, known, identity, by).await?;
        became_another(tx, tenant, known, became, arrived).await?;
    }
    Ok(known)
}

async fn became_another(tx: &mut Tx, tenant: TenantId, known: Known, became: Became, now: Timestamp) -> Result<()> {
    let details = match became {
        Became::Same | Became::More => return Ok(()),
        Became::Another => json!({}),
        Became::OneWith(other) => json!({ "merged": other.id }),
    };
    told(tx, tenant, known.id, "contact.became", details, now).await
}

async fn told(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactId,
    act: &'static str,
    details: serde_json::Value,
    now: Timestamp,
) -> Result<()> {
    let event = AuditEvent { actor: Actor::Meta, act, subject: contact.to_string(), details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

/// Who it is; `None` where neither number nor id can be one.
pub(super) fn identity(sender: &Sender) -> Option<Identity> {
    let user_id = |id: &Option<String>| id.as_deref().and_then(UserId::parse);
    let identity = Identity::new(sender.phone.as_ref().and_then(phone), user_id(&sender.user_id))?;
    Some(identity.within(user_id(&sender.parent_user_id)))
}

/// Meta writes numbers without their plus.
fn phone(number: &Number) -> Option<PhoneNumber> {
    PhoneNumber::parse(&format!("+{}", number.as_str().trim_start_matches('+')), None).ok()
}
