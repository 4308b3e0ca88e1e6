//! What people of the team do with conversations in the console: look, note, take, hand on, escalate, close. They send nothing
//! from there: an answer is a request.

pub mod assign;
pub mod close;

use super::Ctx;
use crate::domain::audit::{Actor, Event as AuditEvent};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::{Access, Conversation, ConversationAct, ConversationState, Member, Outcome, Place};
use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::people::{Caller, Person};
use crate::error::{Error, Result};
use crate::store::conversations::{self, Act, Assignment, Closing, Queue};
use crate::store::{Db, Tx, audit, contacts};
use serde_json::{Value, json};

/// Characters of a note.
pub const NOTE_LENGTH: usize = 2_000;

/// What somebody does with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed<'a> {
    /// Has looked at so many messages that were unread.
    Look(u32),
    /// Writes something down that the customer does not see.
    Note(&'a str),
    /// Looks after it from now on.
    Take,
    /// Puts it into a queue, where it waits for somebody.
    HandOn(&'a str),
    /// Says that it must be settled before it can be closed.
    Escalate,
    /// Says that it is settled.
    Settle,
    /// Ends it, with so many messages that nobody has looked at: those on the page, which are dealt with.
    Close(Outcome, u32),
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDone {
    /// This person only reads it.
    OnlyReads,
    /// It is not as it was looked at.
    Changed,
    /// It is closed.
    Closed,
    /// It has to be settled first.
    Escalated,
    /// The queue is not there, or not this person's.
    NotYourQueue,
    /// The note is empty, or too long.
    NoNote,
}

/// A conversation as one person sees it.
#[derive(Debug)]
pub struct Seen {
    /// It.
    pub thread: Conversation,
    /// What the person may do with it: never nothing.
    pub access: Access,
    /// The queues that the person may put it into.
    pub queues: Vec<Queue>,
}

/// Whether and how a person belongs to a queue.
fn place(person: &Person, queue: &Queue) -> Place {
    let member = if queue.people.contains(&person.id) {
        Member::Yes
    } else if queue.people.is_empty() {
        Member::NobodyIs
    } else {
        Member::No
    };
    if queue.restricted { Place::Restricted(member) } else { Place::Open(member) }
}

/// The queues whose conversations are not there for this person.
#[must_use]
pub fn hidden(person: &Person, queues: &[Queue]) -> Vec<String> {
    let hidden = queues.iter().filter(|queue| !Access::of(person.role, place(person, queue)).sees());
    hidden.map(|queue| queue.name.clone()).collect()
}

/// Whether an agent sees a conversation: what is in a restricted queue is for its own people, and for the agents they answer for.
pub async fn seen_by_agent(db: &Db, caller: &Caller, thread: &Conversation) -> Result<bool> {
    let Some(name) = &thread.queue else { return Ok(true) };
    let queue = conversations::queue(db, caller.tenant(), name).await?;
    Ok(queue.is_none_or(|queue| queue.is_seen_by_agents_of(caller.agent.owner)))
}

/// A conversation, for an agent that sees it.
pub async fn find_for_agent(db: &Db, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    let missing = || Error::not_found("conversation", id);
    let thread = conversations::find(db, caller.tenant(), id).await?.ok_or_else(missing)?;
    if seen_by_agent(db, caller, &thread).await? { Ok(thread) } else { Err(missing()) }
}

/// The customer of a conversation in a few masked letters.
async fn called(db: &Db, tenant: TenantId, thread: &Conversation) -> Result<String> {
    let contact = contacts::many(db, tenant, &[thread.contact]).await?.remove(&thread.contact);
    let name = contact.as_ref().map(|it| it.name.to_string()).filter(|name| !name.is_empty());
    let phone = || contact.as_ref().and_then(|it| it.phone.as_ref()).map(ToString::to_string);
    Ok(name.or_else(phone).unwrap_or_else(|| "•••".to_owned()))
}

fn works_in<'q>(person: &Person, queues: &'q [Queue]) -> impl Iterator<Item = &'q Queue> {
    queues.iter().filter(|queue| Access::of(person.role, place(person, queue)) == Access::WorksOn)
}

fn access(person: &Person, queues: &[Queue], thread: &Conversation) -> Access {
    let queue = thread.queue.as_ref().and_then(|name| queues.iter().find(|queue| queue.name == *name));
    Access::of(person.role, queue.map_or(Place::Nowhere, |queue| place(person, queue)))
}

/// A conversation. One that is in a queue of others is not there.
pub async fn find(ctx: &Ctx, person: &Person, id: ConversationId) -> Result<Seen> {
    let thread = conversations::find(&ctx.db, person.tenant, id).await?;
    let queues = conversations::queues(&ctx.db, person.tenant).await?;
    let seen = thread.map(|thread| (access(person, &queues, &thread), thread)).filter(|(access, _)| access.sees());
    let (access, thread) = seen.ok_or_else(|| Error::not_found("conversation", id))?;
    Ok(Seen { queues: works_in(person, &queues).cloned().collect(), thread, access })
}

/// Does it, if the conversation is still as it was looked at. A note or a look changes nothing that others decide on.
pub async fn act(
    ctx: &Ctx,
    person: &Person,
    id: ConversationId,
    version: i64,
    deed: Deed<'_>,
) -> Result<std::result::Result<(), NotDone>> {
    let (tenant, now) = (person.tenant, ctx.clock.now());
    let mut tx = ctx.db.begin().await?;
    let thread = conversations::find(&mut tx, tenant, id).await?;
    let queues = conversations::queues(&mut tx, tenant).await?;
    let thread = thread.ok_or_else(|| Error::not_found("conversation", id))?;
    match access(person, &queues, &thread) {
        Access::Hidden => return Err(Error::not_found("conversation", id)),
        Access::Reads => return Ok(Err(NotDone::OnlyReads)),
        Access::WorksOn => {}
    }
    if let Err(why) = fits(&thread, version, deed) {
        return Ok(Err(why));
    }
    let to = match deed {
        Deed::HandOn(name) => works_in(person, &queues).find(|queue| queue.name == name),
        _ => None,
    };
    if matches!(deed, Deed::HandOn(_)) && to.is_none() {
        return Ok(Err(NotDone::NotYourQueue));
    }
    let done = match carry_out(&mut tx, person, &thread, deed, to, now).await {
        // Somebody was faster, in the same moment.
        Err(Error::Conflict(_)) => return Ok(Err(NotDone::Changed)),
        other => other?,
    };
    let details = match deed {
        Deed::HandOn(queue) => json!({ "queue": queue }),
        Deed::Close(outcome, _) => json!({ "outcome": outcome }),
        _ => Value::Null,
    };
    if let Some(act) = done {
        let event = AuditEvent { actor: Actor::Person(person.id), act, subject: id.to_string(), details };
        audit::append(&mut tx, tenant, now, event).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Whether it can be done with the conversation as it is.
fn fits(thread: &Conversation, version: i64, deed: Deed<'_>) -> std::result::Result<(), NotDone> {
    match deed {
        Deed::Look(_) => return Ok(()),
        Deed::Note(text) => {
            let good = (1..=NOTE_LENGTH).contains(&text.trim().chars().count());
            return if good { Ok(()) } else { Err(NotDone::NoNote) };
        }
        _ => {}
    }
    if thread.version != version {
        return Err(NotDone::Changed);
    }
    if thread.state == ConversationState::Closed {
        return Err(NotDone::Closed);
    }
    match deed {
        Deed::Close(..) if thread.escalated => Err(NotDone::Escalated),
        // The customer wrote again meanwhile.
        Deed::Close(_, unread) if thread.unread != unread => Err(NotDone::Changed),
        _ => Ok(()),
    }
}

/// Writes it down, and gives the word by which the audit log knows it; that somebody looked does not belong there.
async fn carry_out(
    tx: &mut Tx,
    person: &Person,
    thread: &Conversation,
    deed: Deed<'_>,
    to: Option<&Queue>,
    now: Timestamp,
) -> Result<Option<&'static str>> {
    let (tenant, actor) = (person.tenant, Actor::Person(person.id));
    let act = |act, details| Act { act, actor: &actor, details };
    match deed {
        Deed::Look(seen) => {
            conversations::looked_at(tx, tenant, thread.id, seen).await?;
            Ok(None)
        }
        Deed::Note(text) => {
            let details = json!({ "note": text.trim() });
            conversations::note(tx, tenant, thread.id, &act(ConversationAct::Noted, &details), now).await?;
            Ok(Some("conversation.noted"))
        }
        Deed::Take => {
            let details = json!({ "person": person.id });
            let to =
                Assignment { queue: thread.queue.as_deref(), person: Some(person.id), answer_by: thread.answer_by };
            conversations::assign(tx, tenant, thread, &to, &act(ConversationAct::Assigned, &details), now).await?;
            Ok(Some("conversation.taken"))
        }
        Deed::HandOn(name) => {
            let details = json!({ "queue": name });
            let answer_by = thread.waiting_since.and_then(|since| to?.answer_by(since));
            let to = Assignment { queue: Some(name), person: None, answer_by };
            conversations::assign(tx, tenant, thread, &to, &act(ConversationAct::Assigned, &details), now).await?;
            Ok(Some("conversation.handed_on"))
        }
        Deed::Escalate => {
            let act = act(ConversationAct::Escalated, &Value::Null);
            conversations::escalate(tx, tenant, thread, true, &act, now).await?;
            Ok(Some("conversation.escalated"))
        }
        Deed::Settle => {
            let act = act(ConversationAct::Settled, &Value::Null);
            conversations::escalate(tx, tenant, thread, false, &act, now).await?;
            Ok(Some("conversation.settled"))
        }
        Deed::Close(outcome, _) => {
            let details = json!({ "outcome": outcome });
            let closing = Closing { outcome: outcome.as_str(), follow_up_at: None };
            conversations::close(tx, tenant, thread, &closing, &act(ConversationAct::Closed, &details), now).await?;
            Ok(Some("conversation.closed"))
        }
    }
}
