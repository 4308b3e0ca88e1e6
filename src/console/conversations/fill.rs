//! Filling one conversation: who it is with, whose turn it is, until when what may be said, and what this person may do.

use std::collections::HashMap;

use axum::response::Response;

use super::lines::{Span, entries};
use super::list::{called, promise};
use super::orders::ordered;
use super::{ConversationPage, Desk};
use crate::console::errors::Trouble;
use crate::console::forms::{Address, Fields, Named};
use crate::console::page::Here;
use crate::console::parts::{Choice, Tag, Tone};
use crate::console::visit::Reviewer;
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{MessageCategory, Suppressions};
use crate::domain::conversations::{Access, Conversation, ConversationState, Outcome};
use crate::domain::ids::{ConversationId, PersonId};
use crate::error::Error;
use crate::store;
use crate::tools::desk::{self, Seen};
use crate::words::Words;

/// `GET /conversations/{id}`.
pub async fn show(who: Reviewer, Named(id): Named<ConversationId>) -> Response {
    let page = page(&who, id, None).await;
    who.answer(page).await
}

/// The page; with a note that could not be kept, and why, if there is one.
pub async fn page(
    who: &Reviewer,
    id: ConversationId,
    refused: Option<(&str, String)>,
) -> Result<ConversationPage, Trouble> {
    let seen = desk::find(&who.console.ctx, &who.person, id).await;
    let seen = seen.map_err(|error| Trouble::from_error(&who.l, error))?;
    fill(who, &seen, refused).await.map_err(|error| Trouble::from_error(&who.l, error))
}

async fn fill(who: &Reviewer, seen: &Seen, refused: Option<(&str, String)>) -> Result<ConversationPage, Error> {
    let (db, tenant, l, thread) = (&who.console.ctx.db, who.person.tenant, &who.l, &seen.thread);
    let href = format!("/conversations/{}", thread.id);
    let people = store::people::people(db, tenant).await?;
    let people: HashMap<PersonId, String> = people.into_iter().map(|person| (person.id, person.name)).collect();
    let contact = store::contacts::many(db, tenant, &[thread.contact]).await?.remove(&thread.contact);
    let (name, phone) = called(l, contact.as_ref());
    let numbers = store::business::numbers(db, tenant).await?;
    let number = numbers.iter().find(|number| number.id.for_meta() == thread.phone_number_id);
    let before = Fields::of_path(&who.path).get("before").parse().ok().map(Timestamp::from_micros);
    let span = Span::read(who, thread, before).await?;
    let earlier = span.earlier().map(|at| Address::new(&href).with("before", &at.micros().to_string()).to_string());
    let others = contact.as_ref().map(|contact| contact.id.to_string()).unwrap_or_default();
    let mut chrome = who.chrome(name, Here::Conversations).await;
    // A form that was refused is no address to come back to.
    chrome.path.clone_from(&href);
    Ok(ConversationPage {
        entries: entries(who, thread, span, &people).await?,
        orders: ordered(who, thread).await?,
        phone,
        number: number.map_or_else(|| l.t("conversation-number-gone"), |number| number.display.clone()),
        read_ago: read_ago(who, number).await?,
        tags: tags(who, thread).await?,
        queue: thread.queue.clone(),
        person: thread.person.map(|id| people.get(&id).cloned().unwrap_or_else(|| id.to_string())),
        waiting: thread.waiting_since.map(Timestamp::to_jiff),
        promise: promise(thread, who.now),
        opened: thread.opened_at.to_jiff(),
        window: window(who, thread).await?,
        free: free(who, thread).await?,
        earlier,
        newest: before.map(|_| href.clone()),
        others: Address::new("/conversations").with("contact", &others).to_string(),
        desk: (seen.access == Access::WorksOn).then(|| desk(who, seen, refused)),
        href,
        l: l.clone(),
        chrome,
    })
}

fn desk(who: &Reviewer, seen: &Seen, refused: Option<(&str, String)>) -> Desk {
    let (l, thread) = (&who.l, &seen.thread);
    let elsewhere = seen.queues.iter().filter(|queue| Some(&queue.name) != thread.queue.as_ref());
    let (note, fault) = refused.map_or_else(Default::default, |(note, fault)| (note.to_owned(), Some(fault)));
    let outcome = |outcome: &Outcome| Choice::new(outcome.as_str(), outcome_words(l, outcome.as_str()), false);
    Desk {
        version: thread.version,
        unread: thread.unread,
        open: thread.state == ConversationState::Open,
        may_take: thread.person != Some(who.person.id),
        queues: elsewhere.map(|queue| Choice::new(&queue.name, queue.name.clone(), false)).collect(),
        escalated: thread.escalated,
        outcomes: Outcome::ALL.iter().map(outcome).collect(),
        note,
        fault,
    }
}

/// What came of it, in words; as it was written down where there are none.
pub fn outcome_words(l: &Words, outcome: &str) -> String {
    match outcome.parse() {
        Ok(Outcome::Solved) => l.t("outcome-solved"),
        Ok(Outcome::NotSolved) => l.t("outcome-not-solved"),
        Ok(Outcome::NoReply) => l.t("outcome-no-reply"),
        Ok(Outcome::Misdirected) => l.t("outcome-misdirected"),
        Err(_) => outcome.to_owned(),
    }
}

async fn tags(who: &Reviewer, thread: &Conversation) -> Result<Vec<Tag>, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let mut tags = vec![match (thread.state, &thread.outcome) {
        (ConversationState::Open, _) => Tag::new(Tone::Info, "chat", l.t("conversation-open")),
        (ConversationState::Closed, None) => Tag::new(Tone::Plain, "check", l.t("conversation-closed")),
        (ConversationState::Closed, Some(outcome)) => {
            let outcome = outcome_words(l, outcome);
            Tag::new(Tone::Plain, "check", l.t1("conversation-closed-with", "outcome", outcome))
        }
    }];
    if thread.is_late(who.now) {
        tags.push(Tag::new(Tone::Danger, "clock", l.t("conversation-late")));
    }
    if thread.escalated {
        tags.push(Tag::new(Tone::Warn, "warn", l.t("conversation-escalated")));
    }
    let reasons = store::consent::suppressions(db, tenant, &[thread.contact]).await?;
    let reasons = reasons.get(&thread.contact).into_iter().flatten();
    let reasons = reasons.fold(Suppressions::default(), |all, it| all.with(it.kind));
    if reasons.forbidding(MessageCategory::Service).is_some() {
        tags.push(Tag::new(Tone::Danger, "stop", l.t("conversation-suppressed")));
    }
    let labels = store::conversations::tags(db, tenant, thread.id).await?;
    tags.extend(labels.into_iter().map(|label| Tag::new(Tone::Plain, "dot", label)));
    Ok(tags)
}

/// How old is what is known of a number and its profile.
async fn read_ago(who: &Reviewer, number: Option<&SendingNumber>) -> Result<Option<String>, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let Some(number) = number else { return Ok(None) };
    let read = store::business::profiles(db, tenant).await?.into_iter().find(|read| read.number == number.id);
    let ago = |at: Timestamp| l.span(who.now.since(at).as_secs());
    Ok(Some(match read.and_then(|read| read.profile) {
        Some((_, at)) => l.t2("conversation-read-ago", "number", ago(number.synced_at), "profile", ago(at)),
        None => l.t1("conversation-number-read-ago", "number", ago(number.synced_at)),
    }))
}

/// What may be sent, and until when.
async fn window(who: &Reviewer, thread: &Conversation) -> Result<String, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let windows = store::messages::open_windows(db, tenant, thread.contact, who.now).await?;
    let window = windows.into_iter().find(|window| window.phone_number_id == thread.phone_number_id);
    Ok(window.map_or_else(
        || l.t("conversation-templates-only"),
        |window| {
            let left = l.span(window.closes_at.since(who.now).as_secs());
            l.t2("conversation-free-text", "until", l.when(window.closes_at.to_jiff()), "left", left)
        },
    ))
}

async fn free(who: &Reviewer, thread: &Conversation) -> Result<Option<String>, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let free = store::conversations::free_time(db, tenant, &thread.phone_number_id, thread.contact).await?;
    Ok(match (free.entered_at, free.until) {
        (_, Some(until)) if until > who.now => Some(l.t1("conversation-free-until", "until", l.when(until.to_jiff()))),
        (_, Some(until)) => Some(l.t1("conversation-free-over", "until", l.when(until.to_jiff()))),
        (Some(_), None) => Some(l.t("conversation-free-waits")),
        (None, None) => None,
    })
}
