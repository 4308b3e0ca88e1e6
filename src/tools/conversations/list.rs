//! Lists of threads: whose they are, who waits in them, and until when free text may be sent.

use super::sight::Sight;
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::conversations::{Conversation, ConversationState};
use crate::domain::ids::{ContactId, ConversationId, PersonId};
use crate::domain::people::{Caller, Person};
use crate::error::{Error, Result};
use crate::store;
use crate::store::conversations::Filter;
use crate::tools::Ctx;
use crate::tools::reading::{Cursor, Limit, Page, Text, after, cut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Which threads. Every filter narrows; without any, all that this key may see.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// In this state.
    #[serde(default)]
    state: Option<ConversationState>,
    /// In this queue, by its name.
    #[serde(default)]
    queue: Option<Text<64>>,
    /// In the hands of this person of the team.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    person_id: Option<PersonId>,
    /// True: only those in somebody's hands. False: only those in nobody's.
    #[serde(default)]
    assigned: Option<bool>,
    /// With this customer.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    contact_id: Option<ContactId>,
    /// True: only those with messages that nobody of the team has looked at. False: only those without.
    #[serde(default)]
    unread: Option<bool>,
    /// True: only those that should have been answered by now.
    #[serde(default)]
    late: bool,
    /// True: only those in which free text may be sent now. False: only those in which it may not.
    #[serde(default)]
    window_open: Option<bool>,
    /// The customer wrote last at this time or later.
    #[serde(default)]
    heard_from: Option<Timestamp>,
    /// The customer wrote last at this time or earlier.
    #[serde(default)]
    heard_until: Option<Timestamp>,
    /// In which order.
    #[serde(default)]
    sort: Sort,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// The order of threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    /// The one that the customer wrote to last comes first.
    #[default]
    HeardNewest,
    /// The one that the customer wrote to longest ago comes first.
    HeardOldest,
}

impl Sort {
    /// A cursor of one order means nothing in the other.
    const fn cursor(self) -> &'static str {
        match self {
            Self::HeardNewest => "conversations",
            Self::HeardOldest => "conversations_oldest",
        }
    }
}

/// One thread.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConversationItem {
    /// Its id, for whatsapp.conversation.get.
    #[schemars(with = "String")]
    pub id: ConversationId,
    /// With whom.
    #[schemars(with = "Option<String>")]
    pub contact_id: Option<ContactId>,
    /// The customer's number, masked for most; null if there is no valid one.
    pub phone: Option<String>,
    /// The customer's name, masked for most.
    pub name: String,
    /// At which of the business's numbers; null if it has gone.
    pub number: Option<String>,
    /// Where it stands.
    pub state: ConversationState,
    /// In which queue it is.
    pub queue: Option<String>,
    /// Who of the team has it.
    pub person: Option<PersonItem>,
    /// Since when it waits for a person because it was handed over.
    pub handed_over_at: Option<Timestamp>,
    /// Messages of the customer that nobody of the team has looked at.
    pub unread: u32,
    /// The oldest message of the customer that nobody has answered.
    pub waiting_since: Option<Timestamp>,
    /// Until when an answer was promised.
    pub answer_by: Option<Timestamp>,
    /// Whether that has passed.
    pub late: bool,
    /// Whether somebody has to settle it before it can be closed.
    pub escalated: bool,
    /// Until when free text may be sent.
    pub window: WindowItem,
    /// When the customer last wrote.
    pub last_inbound_at: Timestamp,
    /// When the business last wrote.
    pub last_outbound_at: Option<Timestamp>,
    /// Since when it is open, this time.
    pub opened_at: Timestamp,
    /// Since when it is closed.
    pub closed_at: Option<Timestamp>,
    /// What came of it: solved, not_solved, no_reply or misdirected.
    pub outcome: Option<String>,
    /// When somebody means to come back to it.
    pub follow_up_at: Option<Timestamp>,
}

/// A person of the team.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PersonItem {
    /// Which one.
    #[schemars(with = "String")]
    pub id: PersonId,
    /// The name.
    pub name: String,
}

/// The time in which free text may be sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WindowItem {
    /// Whether it may be sent now; otherwise only an approved template may.
    pub open: bool,
    /// Until when, or when that ended; null if the customer never wrote.
    pub closes_at: Option<Timestamp>,
}

pub async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<ConversationItem>> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let sight = Sight::of(ctx, caller).await?;
    let contact = match arguments.contact_id {
        Some(id) => {
            let no = store::contacts::number_of(&ctx.db, tenant, id).await?;
            Some(no.ok_or_else(|| Error::not_found("contact", id))?)
        }
        None => None,
    };
    let filter = Filter {
        state: arguments.state,
        queue: arguments.queue.map(Text::into_string),
        person: arguments.person_id,
        unassigned: arguments.assigned.map(|assigned| !assigned),
        contact,
        unread: arguments.unread,
        late_at: arguments.late.then_some(now),
        window: arguments.window_open.map(|open| (open, now)),
        heard_from: arguments.heard_from,
        heard_until: arguments.heard_until,
        in_doubt: false,
        hidden: sight.hidden(),
        oldest_first: arguments.sort == Sort::HeardOldest,
        after: after(arguments.sort.cursor(), arguments.cursor.as_ref())?,
    };
    let rows = store::conversations::list(&ctx.db, tenant, &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) =
        cut(arguments.sort.cursor(), arguments.limit, rows, |thread| (thread.last_inbound_at, thread.id))?;
    Ok(Page { items: items(ctx, caller, rows).await?, next_cursor })
}

/// Everything that stands beside threads, read once for all of them.
pub async fn items(ctx: &Ctx, caller: &Caller, threads: Vec<Conversation>) -> Result<Vec<ConversationItem>> {
    let tenant = caller.tenant();
    let numbers: Vec<ContactNo> = threads.iter().map(|thread| thread.contact).collect();
    let beside = Beside {
        contacts: store::contacts::many(&ctx.db, tenant, &numbers).await?,
        windows: store::messages::windows_of(&ctx.db, tenant, &numbers).await?,
        people: store::people::people(&ctx.db, tenant).await?,
        numbers: store::business::numbers(&ctx.db, tenant).await?,
        now: ctx.clock.now(),
    };
    Ok(threads.into_iter().map(|thread| beside.item(caller, thread)).collect())
}

struct Beside {
    contacts: HashMap<ContactNo, Contact>,
    windows: HashMap<(String, ContactNo), Timestamp>,
    people: Vec<Person>,
    numbers: Vec<SendingNumber>,
    now: Timestamp,
}

impl Beside {
    fn item(&self, caller: &Caller, thread: Conversation) -> ConversationItem {
        let (permit, late) = (caller.customer_data(), thread.is_late(self.now));
        let contact = self.contacts.get(&thread.contact);
        let number = self.numbers.iter().find(|number| number.id.for_meta() == thread.phone_number_id);
        let person = self.people.iter().find(|person| Some(person.id) == thread.person);
        let closes_at = self.windows.get(&(thread.phone_number_id, thread.contact)).copied();
        ConversationItem {
            id: thread.id,
            contact_id: contact.map(|contact| contact.id),
            phone: contact.and_then(|contact| contact.phone.as_ref()).map(|phone| phone.show(permit.as_ref())),
            name: contact.map(|contact| contact.name.show(permit.as_ref())).unwrap_or_default(),
            number: number.map(|number| number.display.clone()),
            state: thread.state,
            queue: thread.queue,
            person: person.map(|person| PersonItem { id: person.id, name: person.name.clone() }),
            handed_over_at: thread.handed_at,
            unread: thread.unread,
            waiting_since: thread.waiting_since,
            answer_by: thread.answer_by,
            late,
            escalated: thread.escalated,
            window: WindowItem { open: closes_at.is_some_and(|at| self.now < at), closes_at },
            last_inbound_at: thread.last_inbound_at,
            last_outbound_at: thread.last_outbound_at,
            opened_at: thread.opened_at,
            closed_at: thread.closed_at,
            outcome: thread.outcome,
            follow_up_at: thread.follow_up_at,
        }
    }
}
