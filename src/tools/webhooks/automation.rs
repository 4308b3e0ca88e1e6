//! What is live answers a customer's message: decided, written down and put into the ledger in the transaction that keeps the
//! message, so that each message is answered at most once and nothing is said that was not decided.

use crate::domain::audit::{Actor, Event as AuditEvent};
use crate::domain::automation::Authority;
use crate::domain::automation::react::react;
use crate::domain::automation::reaction::{Act as Deed, Cause, Desk, Facts, Inbound, Limits, Reaction, Said};
use crate::domain::automation::replies::{HandOver, Outgoing, Tappable};
use crate::domain::clock::Timestamp;
use crate::domain::consent::Suppressions;
use crate::domain::contacts::{Contact, Language};
use crate::domain::conversations::{Conversation, ConversationAct, ServiceWindow};
use crate::domain::ids::TenantId;
use crate::domain::messages::{Content, List, ReplyButton, ReplyButtons, Row, Section, Text};
use crate::domain::replies::{ReplyCause, Saying};
use crate::domain::templates::TemplateStatus;
use crate::domain::webhooks::{Interactive, Message, MessageKind};
use crate::error::Result;
use crate::store::contacts::Known;
use crate::store::conversations::{Act, Assignment};
use crate::store::replies::{NewReply, Origin};
use crate::store::{Tx, audit, automation, behind, consent, contacts, conversations, replies, stops, templates};
use serde_json::json;
use std::time::Duration;

/// Answers of automation are counted over so long.
const RECENT: Duration = Duration::from_hours(24);

/// A message that was just taken into its thread.
pub(super) struct Heard<'a> {
    /// Who wrote.
    pub known: Known,
    /// What.
    pub message: &'a Message,
    /// In which thread.
    pub thread: &'a Conversation,
    /// Whether the customer had never written to this number.
    pub first: bool,
    /// When, by Meta's clock.
    pub at: Timestamp,
}

/// Answers it, if something live is meant for it. `true` if something is to be said.
pub(super) async fn answer(tx: &mut Tx, tenant: TenantId, heard: &Heard<'_>, now: Timestamp) -> Result<bool> {
    let active = automation::active(&mut *tx, tenant).await?;
    if active.is_empty() {
        return Ok(false);
    }
    let (number, no) = (heard.thread.phone_number_id.as_str(), heard.known.no);
    let inbound = Inbound {
        wamid: heard.message.id.replace('\0', ""),
        number: number.to_owned(),
        said: said(&heard.message.kind),
        at: heard.at,
    };
    let Some(contact) = contacts::many(&mut *tx, tenant, &[no]).await?.remove(&no) else { return Ok(false) };
    let place = automation::place(&mut *tx, tenant, number, no).await?;
    let reaction = {
        let reasons = consent::suppressions(&mut *tx, tenant, &[no]).await?;
        let reasons = reasons.get(&no).into_iter().flatten();
        let recent = automation::recent(&mut *tx, tenant, number, no, now.before(RECENT)).await?;
        let queues = conversations::queues(&mut *tx, tenant).await?;
        let queue = heard.thread.queue.as_deref().and_then(|name| name.parse().ok());
        let limits = Limits::usual(conversations::default_queue(&queues));
        let facts = Facts {
            language: contact.language.as_ref(),
            tags: &contact.tags,
            suppressions: reasons.fold(Suppressions::default(), |all, it| all.with(it.kind)),
            window_until: Some(ServiceWindow { opened_at: heard.at }.closes_at()),
            first_message: heard.first,
            everybody_away: conversations::everybody_away(&queues, now),
            queue: queue.as_ref(),
            desk: desk(heard.thread),
            maybe_answered: behind::lately(&mut *tx, now).await?.is_some_and(|behind| now <= behind),
            stopped: stops::of_number(&mut *tx, tenant, number).await?.is_some(),
            recent: &recent,
            limits: &limits,
        };
        react(&inbound, place.as_ref(), &active, &facts, now)
    };
    if !automation::record(tx, tenant, no, &inbound, &reaction, now).await? {
        return Ok(false);
    }
    match &reaction.place {
        Some(place) => automation::put_place(tx, tenant, number, no, place).await?,
        None if place.is_some() => automation::leave_place(tx, tenant, number, no).await?,
        None => {}
    }
    carry_out(tx, tenant, heard, &contact, &reaction, now).await
}

async fn carry_out(
    tx: &mut Tx,
    tenant: TenantId,
    heard: &Heard<'_>,
    contact: &Contact,
    reaction: &Reaction,
    now: Timestamp,
) -> Result<bool> {
    let Some(deed) = reaction.act() else { return Ok(false) };
    let tags: Vec<_> = deed.tags.iter().map(|tag| (contact.no, tag.as_str())).collect();
    contacts::tag_many(tx, tenant, &tags).await?;
    let said = say(tx, tenant, heard, contact, deed, now).await?;
    if let Some(to) = &deed.hand_over {
        hand_over(tx, tenant, heard, deed, to, now).await?;
    }
    Ok(said)
}

async fn say(
    tx: &mut Tx,
    tenant: TenantId,
    heard: &Heard<'_>,
    contact: &Contact,
    deed: &Deed,
    now: Timestamp,
) -> Result<bool> {
    // Only what was made live under an approval speaks.
    let Some(Authority::Request(request)) = deed.cause.made().map(|made| made.authority) else { return Ok(false) };
    let cause = ReplyCause(serde_json::to_value(&deed.cause).unwrap_or_default());
    let mut sayings = Vec::with_capacity(deed.replies.len());
    for outgoing in &deed.replies {
        sayings.extend(saying(tx, tenant, contact.language.as_ref(), outgoing).await?);
    }
    let new: Vec<_> = sayings
        .iter()
        .map(|saying| NewReply {
            number: &heard.thread.phone_number_id,
            contact: contact.no,
            source: Origin::Automation(request),
            cause: &cause,
            in_reply_to: Some(&heard.message.id),
            identity_hash: None,
            saying,
        })
        .collect();
    replies::add(tx, tenant, &new, now).await?;
    metrics::counter!("countersign_automatic_replies_total").increment(new.len() as u64);
    Ok(!new.is_empty())
}

/// As it stands in the ledger. A template that Meta lets nobody send in any language says nothing: it could be sent when people
/// looked.
async fn saying(
    tx: &mut Tx,
    tenant: TenantId,
    language: Option<&Language>,
    outgoing: &Outgoing,
) -> Result<Option<Saying>> {
    let tappable = |it: &Tappable| (it.id.clone(), it.title.clone(), it.description.clone());
    Ok(Some(match outgoing {
        Outgoing::Text { text } => Saying::Message(Content::Text(Text { body: text.clone(), preview_url: false })),
        Outgoing::Buttons { text, buttons } => Saying::Message(Content::ReplyButtons(ReplyButtons {
            header: None,
            body: text.clone(),
            footer: None,
            buttons: buttons.iter().map(tappable).map(|(id, title, _)| ReplyButton { id, title }).collect(),
        })),
        Outgoing::List { text, button, rows } => Saying::Message(Content::List(List {
            header: None,
            body: text.clone(),
            footer: None,
            button: button.clone(),
            sections: vec![Section {
                title: None,
                rows: rows
                    .iter()
                    .map(tappable)
                    .map(|(id, title, description)| Row { id, title, description })
                    .collect(),
            }],
        })),
        Outgoing::Template { name } => {
            let mut found = templates::of_name(&mut *tx, tenant, name).await?;
            found.retain(|it| it.status == TemplateStatus::Approved);
            let base = |of: &Language| language.is_some_and(|wanted| wanted.base() == of.base());
            let fits = found.iter().find(|it| Some(&it.language) == language);
            let fits = fits.or_else(|| found.iter().find(|it| base(&it.language))).or_else(|| found.first());
            let Some(template) = fits else {
                tracing::warn!(
                    template = name,
                    "automation means to send a template that Meta does not let anybody send"
                );
                return Ok(None);
            };
            Saying::Template { name: name.clone(), language: template.language.clone() }
        }
    }))
}

async fn hand_over(
    tx: &mut Tx,
    tenant: TenantId,
    heard: &Heard<'_>,
    deed: &Deed,
    to: &HandOver,
    now: Timestamp,
) -> Result<()> {
    let name = to.queue.as_str();
    // Whoever was promised a person waits in a queue, whether or not it was set up.
    conversations::need_queue(tx, tenant, name).await?;
    let queue = conversations::queue(&mut *tx, tenant, name).await?;
    let Some(thread) = conversations::find(&mut *tx, tenant, heard.thread.id).await? else { return Ok(()) };
    let answer_by = queue.zip(thread.waiting_since).and_then(|(queue, since)| queue.answer_by(since));
    let assignment = Assignment { queue: Some(name), person: None, answer_by };
    let details = json!({"queue": name, "note": to.note, "cause": deed.cause});
    let act = Act { act: ConversationAct::HandedOver, actor: &Actor::Worker, details: &details };
    conversations::assign(tx, tenant, &thread, &assignment, &act, now).await?;
    let details = json!({"queue": name, "why": why(&deed.cause)});
    let subject = thread.id.to_string();
    let event = AuditEvent { actor: Actor::Worker, act: "conversation.handed_over", subject, details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

const fn why(cause: &Cause) -> &'static str {
    match cause {
        Cause::Matched(_) => "matched",
        Cause::AskedForPerson(_) => "asked_for_person",
        Cause::Guarded(..) => "guarded",
    }
}

/// What automation reads of a message. A change to an earlier one, or taking it back, is no new question.
fn said(kind: &MessageKind) -> Said {
    match kind {
        MessageKind::Text { body } => Said::Text(body.clone()),
        MessageKind::Button { payload, text } => {
            Said::Tap { id: payload.clone().unwrap_or_default(), title: text.clone() }
        }
        MessageKind::Interactive(Interactive::ButtonReply { id, title } | Interactive::ListReply { id, title, .. }) => {
            Said::Tap { id: id.clone(), title: title.clone() }
        }
        MessageKind::Reaction { .. } | MessageKind::Edit { .. } | MessageKind::Revoke { .. } => Said::Nothing,
        other => Said::Other { words: other.words().map(str::to_owned) },
    }
}

fn desk(thread: &Conversation) -> Desk {
    match (thread.handed_at, thread.person) {
        (Some(since), _) => Desk::Waits(since),
        (None, Some(_)) => Desk::Assigned(thread.answered_at),
        (None, None) => Desk::Free,
    }
}
