//! The thread that a message belongs to: with whom, from which number, until when, and what was said in it so far.

use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::consent::update::Ledger;
use crate::domain::consent::{MessageCategory, Suppressions};
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::conversations::{Conversation, ServiceWindow};
use crate::domain::ids::{ContactId, ConversationId, TenantId};
use crate::domain::people::Caller;
use crate::domain::policy::session::{Ground, minutes_left};
use crate::domain::preview::{Speaker, StandingView, ThreadLine, ThreadView, WindowView};
use crate::domain::redact::scrub;
use crate::domain::replies::ReplySource;
use crate::error::{Error, Result};
use crate::store::contacts::Reach;
use crate::store::conversations::Line;
use crate::store::replies::Reply;
use crate::store::{self, Db, Source};
use crate::tools::heard::said;
use crate::tools::{Ctx, desk};

/// Messages that are shown around an answer.
const LINES: usize = 12;

/// To whom, as an agent names it.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// The customer of this thread, from its number.
    Conversation(ConversationId),
    /// This customer, from this number of the business.
    Contact(ContactId, Option<&'a str>),
}

/// Where something would be said.
pub struct Place {
    pub contact: Contact,
    pub number: SendingNumber,
    /// None if the customer never wrote there.
    pub thread: Option<Conversation>,
}

/// What an agent named. What it may not see does not exist for it.
pub async fn place(ctx: &Ctx, caller: &Caller, whom: Whom<'_>) -> Result<Place> {
    let tenant = caller.tenant();
    let numbers = store::business::numbers(&ctx.db, tenant).await?;
    let place = match whom {
        Whom::Conversation(id) => {
            let missing = || Error::not_found("conversation", id);
            let thread = store::conversations::find(&ctx.db, tenant, id).await?.ok_or_else(missing)?;
            let contact = contact(&ctx.db, tenant, thread.contact).await?.ok_or_else(missing)?;
            let number = numbers.into_iter().find(|number| number.id.for_meta() == thread.phone_number_id);
            let gone = || Error::Conflict(format!("the number of {id} is no longer one of this business's numbers"));
            Place { contact, number: number.ok_or_else(gone)?, thread: Some(thread) }
        }
        Whom::Contact(id, from) => {
            let contact = store::contacts::find(&ctx.db, tenant, id).await?;
            let contact = contact.ok_or_else(|| Error::not_found("contact", id))?;
            let number = sender(numbers, from)?;
            let thread = store::conversations::of(&ctx.db, tenant, number.id.for_meta(), contact.no).await?;
            Place { contact, number, thread }
        }
    };
    if let Some(thread) = &place.thread {
        may_see(ctx, caller, thread, place.contact.id, whom).await?;
    }
    Ok(place)
}

/// What the agent may not see is not there.
async fn may_see(ctx: &Ctx, caller: &Caller, thread: &Conversation, contact: ContactId, whom: Whom<'_>) -> Result<()> {
    if desk::seen_by_agent(&ctx.db, caller, thread).await? {
        return Ok(());
    }
    Err(match whom {
        Whom::Conversation(id) => Error::not_found("conversation", id),
        Whom::Contact(..) => Error::not_found("contact", contact),
    })
}

fn sender(numbers: Vec<SendingNumber>, from: Option<&str>) -> Result<SendingNumber> {
    let names = numbers.iter().map(|number| number.display.as_str()).collect::<Vec<_>>().join(", ");
    let mut fitting = numbers.into_iter().filter(|number| from.is_none_or(|name| number.is_called(name)));
    match (fitting.next(), fitting.next()) {
        (Some(number), None) => Ok(number),
        _ => Err(Error::Invalid(format!("from: name one of the business's numbers; there is {names}"))),
    }
}

async fn contact(source: impl Into<Source<'_>>, tenant: TenantId, no: ContactNo) -> Result<Option<Contact>> {
    Ok(store::contacts::many(source, tenant, &[no]).await?.remove(&no))
}

/// On what ground the customer would be written to.
pub struct Footing {
    pub window: Option<ServiceWindow>,
    pub suppressions: Suppressions,
    /// The address, masked; empty if there is none.
    pub to: String,
    /// How they are reached, and who Meta says they are.
    pub reach: Reach,
}

impl Footing {
    /// As the rules look at it.
    pub fn facts<'a>(&self, place: &'a Place) -> Ground<'a> {
        Ground {
            number: &place.number.display,
            barred: (!place.number.can_send()).then_some(place.number.status.as_str()),
            window: self.window,
            suppressions: self.suppressions,
            reachable: !self.to.is_empty(),
        }
    }
}

/// What decides whether a customer may be written to from a number.
pub struct Facts {
    pub window: Option<ServiceWindow>,
    pub suppressions: Suppressions,
    pub reach: Reach,
}

/// Reads it. The number is named by Meta's id.
pub async fn facts(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    now: Timestamp,
) -> Result<Facts> {
    let mut source = source.into();
    let window = store::messages::open_window(source.again(), tenant, (number, contact), now).await?;
    let reasons = store::consent::suppressions(source.again(), tenant, &[contact]).await?;
    let reasons = reasons.get(&contact).into_iter().flatten();
    Ok(Facts {
        window,
        suppressions: reasons.fold(Suppressions::default(), |all, entry| all.with(entry.kind)),
        reach: store::contacts::reach(source, tenant, contact).await?,
    })
}

/// Reads the ground on which the customer of a place would be written to.
pub async fn ground(source: impl Into<Source<'_>>, tenant: TenantId, place: &Place, now: Timestamp) -> Result<Footing> {
    let at = (place.number.id.for_meta(), place.contact.no);
    let Facts { window, suppressions, reach } = facts(source, tenant, at, now).await?;
    let phone = place.contact.phone.as_ref().map(ToString::to_string);
    // A number that is not valid is an address all the same, as far as Meta is concerned.
    let unnamed =
        reach.phone.as_ref().map(|_| "•••".to_owned()).or_else(|| reach.user_id.as_ref().map(|_| "•••".to_owned()));
    Ok(Footing { window, suppressions, to: phone.or(unnamed).unwrap_or_default(), reach })
}

/// A place as it is now, for the thread of a plan; none if the thread, its customer or its number is gone.
pub async fn again(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    thread: Conversation,
    customer: ContactId,
) -> Result<Option<Place>> {
    let mut source = source.into();
    let contact = contact(source.again(), tenant, thread.contact).await?.filter(|contact| contact.id == customer);
    let numbers = store::business::numbers(source, tenant).await?;
    let number = numbers.into_iter().find(|number| number.id.for_meta() == thread.phone_number_id);
    Ok(contact.zip(number).map(|(contact, number)| Place { contact, number, thread: Some(thread) }))
}

/// A thread as people look at it, with what was said in it.
#[must_use]
pub fn view(place: &Place, window: Option<ServiceWindow>, lines: Vec<ThreadLine>, now: Timestamp) -> ThreadView {
    let open = window.filter(|window| window.is_open(now));
    ThreadView {
        conversation_id: place.thread.as_ref().map(|thread| thread.id),
        contact_id: place.contact.id,
        to: place.contact.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
        name: place.contact.name.to_string(),
        from: place.number.display.clone(),
        window: open.map(|window| WindowView {
            opened_at: window.opened_at,
            closes_at: window.closes_at(),
            minutes_left: minutes_left(window, now),
        }),
        lines,
    }
}

/// What the customer of a place said to being written to.
pub async fn standing(db: &Db, tenant: TenantId, place: &Place) -> Result<StandingView> {
    let no = place.contact.no;
    let history = store::consent::histories(db, tenant, &[no]).await?.remove(&no).unwrap_or_default();
    let suppressions = store::consent::suppressions(db, tenant, &[no]).await?.remove(&no).unwrap_or_default();
    let ledger = Ledger { history, suppressions };
    Ok(StandingView {
        agreed: MessageCategory::ALL.iter().copied().filter(|category| ledger.stands(*category)).collect(),
        suppressions: ledger.suppressions.iter().map(|entry| entry.kind).collect(),
    })
}

/// What was said lately, oldest first, without what could give anybody away.
pub async fn lines(ctx: &Ctx, tenant: TenantId, place: &Place) -> Result<Vec<ThreadLine>> {
    let at = (place.number.id.for_meta(), place.contact.no);
    let most = u32::try_from(LINES).unwrap_or(u32::MAX);
    let heard = store::conversations::lines(&ctx.db, tenant, at, None, most).await?;
    let said = store::replies::to_contact(&ctx.db, tenant, at.0, at.1, most).await?;
    let mut lines: Vec<ThreadLine> =
        heard.into_iter().map(of_customer).chain(said.into_iter().map(of_business)).collect();
    lines.sort_by_key(|line| line.at);
    Ok(lines.split_off(lines.len().saturating_sub(LINES)))
}

fn of_customer(line: Line) -> ThreadLine {
    let text = said(&line);
    ThreadLine { by: Speaker::Customer, at: line.sent_at, kind: line.kind, text }
}

fn of_business(reply: Reply) -> ThreadLine {
    let by = if reply.source == ReplySource::Automation { Speaker::Automation } else { Speaker::Business };
    let (kind, text) = reply.words();
    ThreadLine { by, at: reply.created_at, kind, text: text.as_deref().map(scrub) }
}
