//! Single messages: what became of each one that was sent, and answers to one customer.

pub mod send;
pub mod session;

use super::reading::{Cursor, Limit, after, cut, reading};
use super::{Ctx, Kind, Tool, desk, schema};
use crate::domain::audience::Withheld;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::deliveries::{Delivery, LedgerRow, Tally};
use crate::domain::ids::{BroadcastId, ContactId, ConversationId, ExecutionId, ReplyId, RequestId};
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::people::{Area, Caller};
use crate::domain::replies::ReplySource;
use crate::error::{Error, Result};
use crate::graph::errors::explain;
use crate::store;
use crate::store::messages::Answer;
use crate::store::replies::Reply;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.message_delivery.list",
    title: ["List message deliveries", "列出訊息送達狀態", "列出消息送达状态"],
    summary: "Reads the delivery ledger of one request or broadcast, or of one contact (broadcasts and answers): for each message whether it was \
              sent, delivered, read, refused (with Meta's code and what it means) or answered. With a request or broadcast it \
              also counts. Name exactly one of action_request_id, broadcast_id, contact_id, conversation_id; `status` narrows.",
    read_first: &["whatsapp.broadcasts.list or whatsapp.conversation.get"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Shows messages of this business only, one report at a time, with customers masked unless this key may see \
             them.",
    area: Area::Messages,
    wants: None,
    kind: Kind::Read(reading!(list)),
    input: schema::<ListArguments>,
    output: schema::<DeliveryPage>,
}];

/// Which messages. Exactly one of the four ids is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Those of this request.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    action_request_id: Option<RequestId>,
    /// Those of this broadcast.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    broadcast_id: Option<BroadcastId>,
    /// Those to this contact, newest first.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    contact_id: Option<ContactId>,
    /// Those to the customer of this conversation from its number, newest first.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    conversation_id: Option<ConversationId>,
    /// Standing so. Only with a request or broadcast.
    #[serde(default)]
    status: Option<Delivery>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// Messages, and how many stand where.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryPage {
    /// The messages of this page.
    items: Vec<DeliveryItem>,
    /// Give this back as `cursor` to read on; null on the last page.
    next_cursor: Option<String>,
    /// How many messages of the whole request stand where; null when asked for a contact or a conversation.
    counts: Option<Tally>,
    /// Failures of the whole request by Meta's code, the most frequent first.
    failures: Vec<FailureCount>,
    /// Why people were not written to, for the whole request. Who opted out at the last moment is counted under `late`.
    withheld: Vec<WithheldCount>,
}

/// People of one request who were not written to, for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WithheldCount {
    /// A reason of the preview, `changed_since_signing`, `contact_gone` or `late`.
    #[schemars(with = "String")]
    reason: Withheld,
    /// How many.
    count: u64,
}

/// Failures of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailureCount {
    /// Meta's code; null if it was not Meta who refused.
    code: Option<i32>,
    /// How many.
    count: u64,
    /// What the code means.
    meaning: Option<&'static str>,
}

/// One message to one person.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryItem {
    /// The request that sends it, or made live what answered; null for what the team wrote with the app on their phone.
    #[schemars(with = "Option<String>")]
    action_request_id: Option<RequestId>,
    /// To whom.
    #[schemars(with = "Option<String>")]
    contact_id: Option<ContactId>,
    /// The number, masked for most.
    phone: Option<String>,
    /// The name, masked for most.
    name: String,
    /// Where it stands.
    status: Delivery,
    /// Which try this is.
    attempt: i16,
    /// Meta's id of the message, masked for most.
    message_id: Option<String>,
    /// Why it failed.
    error: Option<DeliveryError>,
    /// When the person first answered this message.
    replied_at: Option<Timestamp>,
    /// When the person first tapped a button of it.
    tapped_at: Option<Timestamp>,
    /// When its state last changed.
    updated_at: Timestamp,
}

/// Why a message failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryError {
    /// Meta's code.
    code: i32,
    /// What it means and what can be done.
    meaning: &'static str,
}

/// A row of the ledger before it is shown.
struct Found {
    request: Option<RequestId>,
    contact: ContactNo,
    wamid: Option<String>,
    row: LedgerRow,
}

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<DeliveryPage> {
    let ListArguments { action_request_id, broadcast_id, contact_id, conversation_id, .. } = arguments;
    match (action_request_id, broadcast_id, contact_id, conversation_id) {
        (Some(request), None, None, None) => {
            let found = store::requests::find(&ctx.db, caller.tenant(), request).await?;
            // Every agent of a business may read its reports; a request of another business is not there.
            found.ok_or_else(|| Error::not_found("action request", request))?;
            of_request(ctx, caller, Some(request), &arguments).await
        }
        (None, Some(broadcast), None, None) => {
            let request = store::messages::request_of(&ctx.db, caller.tenant(), broadcast).await?;
            let request = request.ok_or_else(|| Error::not_found("broadcast", broadcast))?;
            of_request(ctx, caller, request, &arguments).await
        }
        (None, None, Some(contact), None) if arguments.status.is_none() => {
            let no = store::contacts::number_of(&ctx.db, caller.tenant(), contact).await?;
            let no = no.ok_or_else(|| Error::not_found("contact", contact))?;
            to_contact(ctx, caller, (None, no), &arguments).await
        }
        (None, None, None, Some(conversation)) if arguments.status.is_none() => {
            let thread = desk::find_for_agent(&ctx.db, caller, conversation).await?;
            to_contact(ctx, caller, (Some(&thread.phone_number_id), thread.contact), &arguments).await
        }
        (None, None, Some(_), None) | (None, None, None, Some(_)) => Err(Error::Invalid(
            "status: narrows a request or broadcast only; leave it out to read all messages to a contact or in a conversation".into(),
        )),
        _ => Err(Error::Invalid("name exactly one of action_request_id, broadcast_id, contact_id, conversation_id".into())),
    }
}

async fn of_request(
    ctx: &Ctx,
    caller: &Caller,
    request: Option<RequestId>,
    arguments: &ListArguments,
) -> Result<DeliveryPage> {
    let tenant = caller.tenant();
    let last: Option<u32> = after("deliveries", arguments.cursor.as_ref())?;
    let execution = match request {
        Some(request) => {
            store::deliveries::by_request(&ctx.db, tenant, request).await?.map(|(e, tally)| (request, e.id, tally))
        }
        None => None,
    };
    let Some((request, execution, counts)) = execution else {
        return single(ctx, caller, request, arguments).await;
    };
    let most = arguments.limit.and_one();
    let rows = store::deliveries::ledger_page(&ctx.db, tenant, execution, last, most, arguments.status).await?;
    let (rows, next_cursor) = cut("deliveries", arguments.limit, rows, |entry| entry.row.seq)?;
    let found =
        rows.into_iter().map(|e| Found { request: Some(request), contact: e.contact_no, wamid: e.wamid, row: e.row });
    let items = items(ctx, caller, found.collect()).await?;
    let failures = store::deliveries::failures_by_code(&ctx.db, tenant, execution).await?;
    let failure = |f: store::deliveries::Failed| FailureCount {
        code: f.code,
        count: f.count,
        meaning: f.code.map(|code| explain(code.into()).sentence),
    };
    let withheld = store::deliveries::withheld_by_reason(&ctx.db, tenant, execution, counts.suppressed).await?;
    Ok(DeliveryPage {
        items,
        next_cursor,
        counts: Some(counts),
        failures: failures.into_iter().map(failure).collect(),
        withheld: withheld.into_iter().map(|(reason, count)| WithheldCount { reason, count }).collect(),
    })
}

/// What was sent to one contact, from one number or any, broadcasts and replies in one order: when it began, and among what began at the same moment
/// by id.
async fn to_contact(
    ctx: &Ctx,
    caller: &Caller,
    (number, contact): (Option<&str>, ContactNo),
    arguments: &ListArguments,
) -> Result<DeliveryPage> {
    let last: Option<(Timestamp, Uuid)> = after("deliveries_to", arguments.cursor.as_ref())?;
    let (tenant, most) = (caller.tenant(), arguments.limit.and_one());
    let sent = last.map(|(at, id)| (at, ExecutionId::from_uuid(id)));
    let sent = store::messages::to_contact(&ctx.db, tenant, (number, contact), sent, most).await?;
    let said = last.map(|(at, id)| (at, ReplyId::from_uuid(id)));
    let said = store::replies::page_to(&ctx.db, tenant, (number, contact), said, most).await?;
    let sent = sent.into_iter().map(|s| {
        let found = Found { request: Some(s.request), contact, wamid: s.wamid, row: s.row };
        ((s.started_at, s.execution.uuid()), found)
    });
    let mut rows: Vec<_> = sent.chain(said.into_iter().map(|r| ((r.created_at, r.id.uuid()), of_reply(r)))).collect();
    rows.sort_by(|(a, _), (b, _)| b.cmp(a));
    let (rows, next_cursor) = cut("deliveries_to", arguments.limit, rows, |(key, _)| *key)?;
    Ok(DeliveryPage {
        items: items(ctx, caller, rows.into_iter().map(|(_, found)| found).collect()).await?,
        next_cursor,
        counts: None,
        failures: vec![],
        withheld: vec![],
    })
}

/// The message of a request that sends one; an empty report where nothing has begun.
async fn single(
    ctx: &Ctx,
    caller: &Caller,
    request: Option<RequestId>,
    arguments: &ListArguments,
) -> Result<DeliveryPage> {
    let reply = match request {
        Some(request) => store::replies::of_request(&ctx.db, caller.tenant(), request).await?,
        None => vec![],
    };
    let reply = reply.into_iter().find(|reply| reply.source == ReplySource::Request);
    let counts = reply.as_ref().map(|reply| Tally::of_one(reply.delivery, reply.wamid.is_some())).unwrap_or_default();
    let code = reply.as_ref().filter(|reply| reply.delivery == Delivery::Failed).map(|reply| reply.error_code);
    let failure =
        |code: Option<i32>| FailureCount { code, count: 1, meaning: code.map(|code| explain(code.into()).sentence) };
    let shown = reply.filter(|reply| arguments.status.is_none_or(|status| status == reply.delivery));
    Ok(DeliveryPage {
        items: items(ctx, caller, shown.into_iter().map(of_reply).collect()).await?,
        next_cursor: None,
        counts: Some(counts),
        failures: code.into_iter().map(failure).collect(),
        withheld: vec![],
    })
}

fn of_reply(reply: Reply) -> Found {
    let Reply { request, contact, wamid, delivery, attempt, error_code, updated_at, .. } = reply;
    Found { request, contact, wamid, row: LedgerRow { seq: 0, delivery, attempt, error_code, updated_at } }
}

/// Everything that stands beside the rows, read once for all of them.
async fn items(ctx: &Ctx, caller: &Caller, found: Vec<Found>) -> Result<Vec<DeliveryItem>> {
    let numbers: Vec<ContactNo> = found.iter().map(|f| f.contact).collect();
    let contacts = store::contacts::many(&ctx.db, caller.tenant(), &numbers).await?;
    let answers = store::messages::answers(&ctx.db, caller.tenant(), &numbers).await?;
    let mut of: HashMap<&str, Vec<&Answer>> = HashMap::new();
    for answer in &answers {
        of.entry(&answer.to).or_default().push(answer);
    }
    Ok(found.iter().map(|f| item(f, contacts.get(&f.contact), &of, caller)).collect())
}

fn item(
    found: &Found,
    contact: Option<&Contact>,
    answers: &HashMap<&str, Vec<&Answer>>,
    caller: &Caller,
) -> DeliveryItem {
    let (customer, provider) = (caller.customer_data(), caller.provider_ids());
    let to_this = found.wamid.as_deref().and_then(|wamid| answers.get(wamid)).map(Vec::as_slice).unwrap_or_default();
    let tapped = |answer: &&&Answer| matches!(answer.kind.as_str(), "button" | "interactive");
    DeliveryItem {
        action_request_id: found.request,
        contact_id: contact.map(|c| c.id),
        phone: contact.and_then(|c| c.phone.as_ref()).map(|phone| phone.show(customer.as_ref())),
        name: contact.map(|c| c.name.show(customer.as_ref())).unwrap_or_default(),
        status: found.row.delivery,
        attempt: found.row.attempt,
        message_id: found.wamid.as_ref().map(|wamid| Masked::new(ProviderId::new(wamid)).show(provider.as_ref())),
        error: found.row.error_code.map(|code| DeliveryError { code, meaning: explain(code.into()).sentence }),
        replied_at: to_this.first().map(|answer| answer.at),
        tapped_at: to_this.iter().find(tapped).map(|answer| answer.at),
        updated_at: found.row.updated_at,
    }
}
