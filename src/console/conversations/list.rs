//! Filling the list of conversations: whose turn it is, since when somebody waits, and until when they were promised an answer.

use std::collections::HashMap;

use axum::response::Response;

use super::{ConversationsPage, Promise, Row, Tab, TabLink, spoken};
use crate::console::errors::Trouble;
use crate::console::forms::{Address, Fields};
use crate::console::page::Here;
use crate::console::parts::{Chip, Choice, Pager, Shown};
use crate::console::visit::Reviewer;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::conversations::{Conversation, ConversationState};
use crate::domain::ids::{ContactId, ConversationId, PersonId};
use crate::domain::redact::hide_people;
use crate::error::Error;
use crate::store;
use crate::store::conversations::{Filter, Queue};
use crate::tools::desk;
use crate::words::Words;

/// Conversations on one page.
const PAGE: usize = 25;
/// Characters of the last words: enough to know what it is about.
const WORDS: usize = 90;

/// `GET /conversations`.
pub async fn index(who: Reviewer) -> Response {
    let page = fill(&who).await.map_err(|error| Trouble::from_error(&who.l, error));
    who.answer(page).await
}

/// What the address asks for.
struct Asked {
    tab: Tab,
    queue: Option<String>,
    /// With its place in the store: none is nobody of this business, who has no conversations.
    contact: Option<(ContactId, Option<ContactNo>)>,
    after: Option<(Timestamp, ConversationId)>,
}

impl Asked {
    async fn read(who: &Reviewer) -> Result<Self, Error> {
        let asked = Fields::of_path(&who.path);
        let contact = match asked.get("contact").parse::<ContactId>() {
            Ok(id) => Some((id, store::contacts::number_of(&who.console.ctx.db, who.person.tenant, id).await?)),
            Err(_) => None,
        };
        Ok(Self {
            tab: Tab::from_name(asked.get("tab")).unwrap_or(Tab::Open),
            queue: asked.some("queue").map(|queue| queue.chars().take(100).collect()),
            contact,
            after: cursor(asked.get("before")),
        })
    }

    fn clear(&self) -> Address {
        Address::new("/conversations").with("tab", self.tab.name())
    }

    fn address(&self) -> Address {
        let contact = self.contact.map(|(id, _)| id.to_string()).unwrap_or_default();
        self.clear().with("queue", self.queue.as_deref().unwrap_or_default()).with("contact", &contact)
    }

    fn filter(&self, me: PersonId, hidden: Vec<String>, now: Timestamp) -> Filter {
        let state = match self.tab {
            Tab::Closed => Some(ConversationState::Closed),
            // What is in doubt is so wherever its conversation stands.
            Tab::InDoubt => None,
            _ => Some(ConversationState::Open),
        };
        Filter {
            // Of one customer everything is shown, whatever became of it.
            state: state.filter(|_| self.contact.is_none()),
            queue: self.queue.clone(),
            person: (self.tab == Tab::Mine).then_some(me),
            contact: self.contact.and_then(|(_, no)| no),
            unread: (self.tab == Tab::Unread).then_some(true),
            late_at: (self.tab == Tab::Late).then_some(now),
            in_doubt: self.tab == Tab::InDoubt,
            hidden,
            after: self.after,
            ..Filter::default()
        }
    }
}

fn cursor(text: &str) -> Option<(Timestamp, ConversationId)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

async fn fill(who: &Reviewer) -> Result<ConversationsPage, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let asked = Asked::read(who).await?;
    let queues = store::conversations::queues(db, tenant).await?;
    let hidden = desk::hidden(&who.person, &queues);
    let filter = asked.filter(who.person.id, hidden.clone(), who.now);
    let limit = u32::try_from(PAGE + 1).unwrap_or(26);
    let nobody = matches!(asked.contact, Some((_, None)));
    let limit = if nobody { 0 } else { limit };
    let mut threads = store::conversations::list(db, tenant, &filter, limit).await?;
    let more = threads.len() > PAGE;
    threads.truncate(PAGE);
    let cursor = |last: &Conversation| format!("{}-{}", last.last_inbound_at.micros(), last.id);
    let pager = Pager {
        shown: Shown::Some(threads.len()),
        previous: asked.after.map(|_| asked.address().to_string()),
        next: threads.last().filter(|_| more).map(|last| asked.address().with("before", &cursor(last)).to_string()),
    };
    let tab = |tab: Tab| TabLink { tab, href: asked.address().with("tab", tab.name()).to_string() };
    Ok(ConversationsPage {
        l: l.clone(),
        chrome: who.chrome(l.t("nav-conversations"), Here::Conversations).await,
        tab: asked.tab,
        tabs: Tab::ALL.into_iter().map(tab).collect(),
        queues: choices(l, &queues, &hidden, asked.queue.as_deref()),
        chips: chips(l, &asked),
        clear: asked.clear().to_string(),
        rows: rows(who, &threads).await?,
        pager,
    })
}

fn choices(l: &Words, queues: &[Queue], hidden: &[String], chosen: Option<&str>) -> Vec<Choice> {
    let any = Choice::new("", l.t("conversations-any-queue"), chosen.is_none());
    let seen = queues.iter().filter(|queue| !hidden.contains(&queue.name));
    let seen = seen.map(|queue| Choice::new(&queue.name, queue.name.clone(), chosen == Some(queue.name.as_str())));
    std::iter::once(any).chain(seen).collect()
}

fn chips(l: &Words, asked: &Asked) -> Vec<Chip> {
    let without = |name: &str| asked.address().without(name).to_string();
    let queue = asked.queue.as_ref().map(|queue| Chip { text: queue.clone(), without: without("queue") });
    let contact = asked.contact.map(|_| Chip { text: l.t("conversations-one-customer"), without: without("contact") });
    queue.into_iter().chain(contact).collect()
}

/// How a customer is called here: name and number, masked. Whoever has neither is named in words.
pub fn called(l: &Words, contact: Option<&Contact>) -> (String, String) {
    let name = contact.map(|contact| contact.name.to_string()).filter(|name| !name.is_empty());
    let phone = contact.and_then(|contact| contact.phone.as_ref()).map(ToString::to_string);
    (name.unwrap_or_else(|| l.t("conversation-no-name")), phone.unwrap_or_else(|| l.t("conversation-no-number")))
}

/// Until when a conversation should be answered, if somebody waits.
pub fn promise(thread: &Conversation, now: Timestamp) -> Option<Promise> {
    thread.answer_by.map(|by| Promise { by: by.to_jiff(), late: thread.is_late(now) })
}

async fn rows(who: &Reviewer, threads: &[Conversation]) -> Result<Vec<Row>, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let contacts: Vec<ContactNo> = threads.iter().map(|thread| thread.contact).collect();
    let contacts = store::contacts::many(db, tenant, &contacts).await?;
    let people = store::people::people(db, tenant).await?;
    let people: HashMap<PersonId, String> = people.into_iter().map(|person| (person.id, person.name)).collect();
    let numbers = store::business::numbers(db, tenant).await?;
    let mut rows = Vec::with_capacity(threads.len());
    for thread in threads {
        let (name, phone) = called(l, contacts.get(&thread.contact));
        let number = numbers.iter().find(|number| number.id.for_meta() == thread.phone_number_id);
        rows.push(Row {
            href: format!("/conversations/{}", thread.id),
            words: last_words(who, thread).await?,
            name,
            phone,
            number: number.filter(|_| numbers.len() > 1).map(|number| number.display.clone()),
            queue: thread.queue.clone(),
            person: thread.person.map(|id| people.get(&id).cloned().unwrap_or_else(|| id.to_string())),
            waiting: thread.waiting_since.map(Timestamp::to_jiff),
            promise: promise(thread, who.now),
            unread: thread.unread,
            escalated: thread.escalated,
            last_at: thread.last_inbound_at.to_jiff(),
        });
    }
    Ok(rows)
}

/// What the customer wrote last, in one line.
async fn last_words(who: &Reviewer, thread: &Conversation) -> Result<String, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let of = (thread.phone_number_id.as_str(), thread.contact);
    let Some(line) = store::conversations::lines(db, tenant, of, None, 1).await?.into_iter().next() else {
        return Ok(String::new());
    };
    if line.revoked_at.is_some() {
        return Ok(l.t("thread-revoked"));
    }
    let said = spoken::theirs(l, &line.kind, line.text.as_deref(), line.details.as_ref());
    let text = if said.body.is_empty() { None } else { line.text.as_deref() };
    let words = hide_people(text.unwrap_or_default()).split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = words.chars().take(WORDS).collect();
    let words = if cut.len() < words.len() { format!("{cut}…") } else { cut };
    Ok(match said.kind {
        Some(kind) if words.is_empty() => kind,
        Some(kind) => format!("{kind} · {words}"),
        None => words,
    })
}
