//! One thread with all that somebody who answers should know.

use super::list::{ConversationItem, items};
use super::messages::{MessageItem, page};
use super::sight::Sight;
use crate::domain::audit::Actor;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{MessageCategory, Suppression};
use crate::domain::contacts::{ContactNo, Language};
use crate::domain::conversations::{Conversation, ConversationAct};
use crate::domain::ids::{ConversationId, OrderId, PersonId, RequestId};
use crate::domain::masked::{Masked, Private, StaffNotes};
use crate::domain::orders::OrderState;
use crate::domain::people::{Caller, Person};
use crate::domain::redact::hide_people;
use crate::domain::requests::Status;
use crate::error::{Error, Result};
use crate::store;
use crate::store::conversations::Event;
use crate::tools::Ctx;
use crate::tools::reading::{Cursor, Limit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// Entries of a thread's history that are shown, the latest ones.
const HISTORY: usize = 100;
/// Orders and requests that are shown.
const BESIDE: u32 = 20;

/// Which thread, and which page of its messages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetArguments {
    /// The thread's id, from whatsapp.conversations.list.
    #[schemars(with = "String")]
    conversation_id: ConversationId,
    /// How many messages a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One thread.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConversationDetail {
    /// The thread.
    conversation: ConversationItem,
    /// Who the customer is, and whether one may write.
    customer: Customer,
    /// The messages of this page, newest first.
    messages: Vec<MessageItem>,
    /// Give this back as `cursor` to read older messages; null on the last page.
    next_cursor: Option<String>,
    /// What happened besides messages, newest first, at most the latest 100 entries.
    history: Vec<HistoryItem>,
    /// Requests about this thread that have not come to their end, newest first.
    open_requests: Vec<RequestItem>,
    /// What was ordered in it, newest first.
    orders: Vec<OrderItem>,
}

/// The customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Customer {
    /// Preferred language.
    language: Option<Language>,
    /// Labels.
    tags: BTreeSet<String>,
    /// The kinds of message for which there is consent that one may rely on.
    consents: Vec<MessageCategory>,
    /// Reasons not to write.
    suppressions: Vec<SuppressionItem>,
    /// Whether it is certain who holds the number.
    identity: IdentityItem,
}

/// A reason not to write.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SuppressionItem {
    /// Why.
    reason: Suppression,
    /// Since when.
    since: Timestamp,
    /// Whether it forbids answers in this thread, too.
    forbids_answers: bool,
}

/// Who holds the number.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IdentityItem {
    /// Since when somebody else may hold the number without anybody having made sure; null if there is no doubt.
    doubtful_since: Option<Timestamp>,
    /// When Meta last said that somebody else holds it.
    changed_at: Option<Timestamp>,
    /// When somebody of the team last made sure.
    confirmed_at: Option<Timestamp>,
}

/// One entry of the history.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryItem {
    /// When.
    at: Timestamp,
    /// What.
    act: ConversationAct,
    /// By whom: customer, automation, agent or a person's name.
    by: String,
    /// To which queue; masked if that is not there for this key.
    queue: Option<String>,
    /// To whom of the team.
    person: Option<String>,
    /// What came of the thread.
    outcome: Option<String>,
    /// What the team wrote down, masked for keys that may not see notes.
    note: Option<String>,
}

/// A request about this thread.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequestItem {
    /// Its id, for whatsapp.action_request.status.
    #[schemars(with = "String")]
    action_request_id: RequestId,
    /// Its tool.
    tool: String,
    /// Where it stands, in the words of whatsapp.action_request.status.
    #[schemars(with = "String")]
    status: Status,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it can be signed.
    decide_by: Timestamp,
}

/// An order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrderItem {
    /// Its id.
    #[schemars(with = "String")]
    order_id: OrderId,
    /// Where it stands.
    state: OrderState,
    /// What it comes to.
    total: String,
    /// When it was ordered.
    created_at: Timestamp,
}

pub async fn get(ctx: &Ctx, caller: &Caller, arguments: GetArguments) -> Result<ConversationDetail> {
    let tenant = caller.tenant();
    let sight = Sight::of(ctx, caller).await?;
    let thread = sight.thread(ctx, caller, arguments.conversation_id).await?;
    let (messages, next_cursor) = page(ctx, caller, &thread, arguments.limit, arguments.cursor.as_ref()).await?;
    let requests = store::requests::about(&ctx.db, tenant, thread.id, BESIDE).await?;
    let orders = store::orders::of_conversation(&ctx.db, tenant, thread.id, BESIDE).await?;
    let request = |it: store::requests::Open| RequestItem {
        action_request_id: it.id,
        tool: it.tool,
        status: it.status,
        created_at: it.created_at,
        decide_by: it.decide_by,
    };
    let order = |it: crate::domain::orders::Order| OrderItem {
        order_id: it.id,
        state: it.standing.state(),
        total: it.basket.total().to_string(),
        created_at: it.created_at,
    };
    let customer = customer(ctx, caller, thread.contact).await?;
    let history = history(ctx, caller, &sight, &thread).await?;
    let item = items(ctx, caller, vec![thread]).await?.pop();
    Ok(ConversationDetail {
        conversation: item.ok_or_else(|| Error::not_found("conversation", arguments.conversation_id))?,
        customer,
        messages,
        next_cursor,
        history,
        open_requests: requests.into_iter().map(request).collect(),
        orders: orders.into_iter().map(order).collect(),
    })
}

async fn customer(ctx: &Ctx, caller: &Caller, no: ContactNo) -> Result<Customer> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let contact = store::contacts::many(&ctx.db, tenant, &[no]).await?.remove(&no);
    let consents = store::consent::standing(&ctx.db, tenant, &[no]).await?.remove(&no).unwrap_or_default();
    let reasons = store::consent::suppressions(&ctx.db, tenant, &[no]).await?.remove(&no).unwrap_or_default();
    let reach = store::contacts::reach(&ctx.db, tenant, no).await?;
    let rules = &ctx.policy.settings.consent;
    let counts = consents.iter().filter(|(_, consent)| rules.rely_on(consent, now));
    let reason = |it: crate::domain::consent::OptOut| SuppressionItem {
        reason: it.kind,
        since: it.at,
        forbids_answers: it.kind.forbids(MessageCategory::Service),
    };
    let (language, tags) = contact.map(|contact| (contact.language, contact.tags)).unwrap_or_default();
    Ok(Customer {
        language,
        tags,
        consents: counts.map(|(category, _)| *category).collect(),
        suppressions: reasons.into_iter().map(reason).collect(),
        identity: IdentityItem {
            doubtful_since: reach.may_send().err().map(|doubt| doubt.since),
            changed_at: reach.identity_changed_at,
            confirmed_at: reach.identity_confirmed_at,
        },
    })
}

async fn history(ctx: &Ctx, caller: &Caller, sight: &Sight, thread: &Conversation) -> Result<Vec<HistoryItem>> {
    let events = store::conversations::history(&ctx.db, caller.tenant(), thread.id).await?;
    let people = store::people::people(&ctx.db, caller.tenant()).await?;
    Ok(events.iter().rev().take(HISTORY).map(|event| past(caller, sight, &people, event)).collect())
}

fn past(caller: &Caller, sight: &Sight, people: &[Person], event: &Event) -> HistoryItem {
    let word = |name: &str| event.details.get(name).and_then(Value::as_str);
    let named = |id: PersonId| people.iter().find(|person| person.id == id).map(|person| person.name.clone());
    HistoryItem {
        at: event.at,
        act: event.act,
        by: by(&event.actor, people),
        queue: word("queue").map(|name| if sight.sees(Some(name)) { name.to_owned() } else { "•••".to_owned() }),
        person: word("person").and_then(|id| id.parse().ok()).and_then(named),
        outcome: word("outcome").map(str::to_owned),
        note: word("note").map(|text| note(caller, text)),
    }
}

/// Who did something to a thread, in a word or by name.
pub fn by(actor: &Actor, people: &[Person]) -> String {
    match actor {
        Actor::Person(id) => {
            let person = people.iter().find(|person| person.id == *id);
            person.map_or_else(|| id.to_string(), |person| person.name.clone())
        }
        Actor::Meta => "customer".to_owned(),
        Actor::Agent(_) => "agent".to_owned(),
        Actor::Worker | Actor::Policy(_) => "automation".to_owned(),
        Actor::Operator => "operator".to_owned(),
    }
}

/// A private note, for those who may read it; whoever may not see customers finds none of their numbers in it.
pub fn note(caller: &Caller, text: &str) -> String {
    let text = if caller.customer_data().is_some() { text.to_owned() } else { hide_people(text) };
    Masked::new(Private::<StaffNotes>::new(text)).show(caller.notes().as_ref())
}
