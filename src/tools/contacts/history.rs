//! What stands beside one contact: its conversations, orders, messages, and what the person wants to be sent.

use super::ContactItem;
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::ConversationState;
use crate::domain::deliveries::Delivery;
use crate::domain::ids::{ConversationId, OrderId, RequestId};
use crate::domain::orders::OrderState;
use crate::domain::people::Caller;
use crate::error::Result;
use crate::store;
use crate::store::conversations::Filter;
use crate::tools::{Ctx, desk};
use schemars::JsonSchema;
use serde::Serialize;

/// The newest of each kind that are shown; lists of their own show all.
const NEWEST: u32 = 20;

/// A conversation with the person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactConversation {
    /// Its id, for whatsapp.conversation.get.
    #[schemars(with = "String")]
    conversation_id: ConversationId,
    /// Where it stands.
    state: ConversationState,
    /// In which queue it is.
    queue: Option<String>,
    /// Messages of the person that nobody of the team has looked at.
    unread: u32,
    /// When the person last wrote in it.
    last_inbound_at: Timestamp,
    /// When the business last wrote in it.
    last_outbound_at: Option<Timestamp>,
}

/// An order of the person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactOrder {
    /// Its id.
    #[schemars(with = "String")]
    order_id: OrderId,
    /// In which conversation it was ordered.
    #[schemars(with = "String")]
    conversation_id: ConversationId,
    /// Where it stands.
    state: OrderState,
    /// What it comes to.
    total: String,
    /// When it was ordered.
    created_at: Timestamp,
}

/// As what a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SentAs {
    /// Of a broadcast, to many.
    Broadcast,
    /// To this person alone: an answer, a payment link, or what automation said.
    Reply,
}

/// One message to the person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LatestMessage {
    /// As what it was sent.
    kind: SentAs,
    /// The request that sent it, or made live what answered; null for what the team wrote with the app on their phone.
    #[schemars(with = "Option<String>")]
    action_request_id: Option<RequestId>,
    /// Where it stands.
    status: Delivery,
    /// Since when.
    updated_at: Timestamp,
}

/// What a person wants of a kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    /// They agreed to it.
    Agreed,
    /// They want none.
    Stopped,
    /// They have not said.
    Unsaid,
}

/// What the person wants of one kind of message.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preference {
    /// Which kind.
    category: MessageCategory,
    /// What they want.
    choice: Choice,
    /// Since when.
    since: Option<Timestamp>,
}

/// The conversations of a contact that this agent sees, the newest first, and what was ordered in them.
pub async fn dealings(
    ctx: &Ctx,
    caller: &Caller,
    contact: ContactNo,
) -> Result<(Vec<ContactConversation>, Vec<ContactOrder>)> {
    let (db, tenant) = (&ctx.db, caller.tenant());
    let with = Filter { contact: Some(contact), ..Filter::default() };
    let (mut conversations, mut orders) = (Vec::new(), Vec::new());
    for thread in store::conversations::list(db, tenant, &with, NEWEST).await? {
        if !desk::seen_by_agent(db, caller, &thread).await? {
            continue;
        }
        orders.extend(store::orders::of_conversation(db, tenant, thread.id, NEWEST).await?.into_iter().map(|it| {
            ContactOrder {
                order_id: it.id,
                conversation_id: it.conversation,
                state: it.standing.state(),
                total: it.basket.total().to_string(),
                created_at: it.created_at,
            }
        }));
        conversations.push(ContactConversation {
            conversation_id: thread.id,
            state: thread.state,
            queue: thread.queue,
            unread: thread.unread,
            last_inbound_at: thread.last_inbound_at,
            last_outbound_at: thread.last_outbound_at,
        });
    }
    orders.sort_by_key(|order| std::cmp::Reverse((order.created_at, order.order_id)));
    orders.truncate(usize::try_from(NEWEST).unwrap_or(usize::MAX));
    Ok((conversations, orders))
}

/// What was sent to a contact lately, broadcasts and replies in one order, the newest first.
pub async fn latest(ctx: &Ctx, caller: &Caller, contact: ContactNo) -> Result<Vec<LatestMessage>> {
    let (db, tenant) = (&ctx.db, caller.tenant());
    let sent = store::messages::to_contact(db, tenant, (None, contact), None, NEWEST).await?;
    let said = store::replies::page_to(db, tenant, (None, contact), None, NEWEST).await?;
    let sent = sent.into_iter().map(|it| {
        let message = LatestMessage {
            kind: SentAs::Broadcast,
            action_request_id: Some(it.request),
            status: it.row.delivery,
            updated_at: it.row.updated_at,
        };
        (it.started_at, message)
    });
    let said = said.into_iter().map(|it| {
        let message = LatestMessage {
            kind: SentAs::Reply,
            action_request_id: it.request,
            status: it.delivery,
            updated_at: it.updated_at,
        };
        (it.created_at, message)
    });
    let mut all: Vec<(Timestamp, LatestMessage)> = sent.chain(said).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.truncate(usize::try_from(NEWEST).unwrap_or(usize::MAX));
    Ok(all.into_iter().map(|(_, message)| message).collect())
}

/// What the person wants, kind by kind. A no counts before an agreement.
pub fn preferences(contact: &ContactItem) -> Vec<Preference> {
    let of = |category: &MessageCategory| {
        let stop = contact.suppressions.iter().filter(|it| it.forbids.contains(category)).map(|it| it.since).min();
        let agreed = contact.consents.iter().find(|it| it.category == *category).map(|it| it.given_at);
        let (choice, since) = match (stop, agreed) {
            (Some(since), _) => (Choice::Stopped, Some(since)),
            (None, Some(since)) => (Choice::Agreed, Some(since)),
            (None, None) => (Choice::Unsaid, None),
        };
        Preference { category: *category, choice, since }
    };
    MessageCategory::ALL.iter().map(of).collect()
}
