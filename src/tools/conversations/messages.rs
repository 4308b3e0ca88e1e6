//! The messages of one thread in one order, newest first, page by page: what the customer wrote, what was said to them alone, and
//! what they got as one of many.

use crate::domain::automation::names::NodeId;
use crate::domain::automation::{Kind, Subject};
use crate::domain::canonical::{Digest, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::Conversation;
use crate::domain::conversations::attachments::AttachmentState;
use crate::domain::deliveries::Delivery;
use crate::domain::ids::{ExecutionId, ReplyId, RequestId};
use crate::domain::masked::{Masked, ProviderId};
use crate::domain::people::Caller;
use crate::domain::redact::hide_people;
use crate::domain::replies::{ReplyCause, ReplySource};
use crate::error::Result;
use crate::graph::errors::explain;
use crate::store;
use crate::store::conversations::{File, Line};
use crate::store::messages::Sent;
use crate::store::replies::Reply;
use crate::tools::Ctx;
use crate::tools::reading::{Cursor, Limit, after, cut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

const CURSOR: &str = "thread";
/// A customer's messages that Meta may have given one and the same second.
const IN_ONE_SECOND: u32 = 50;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The customer.
    Customer,
    /// A request that was approved.
    Request,
    /// Something that answers by itself.
    Automation,
    /// Somebody of the team with the app on their phone; nobody approved it here.
    App,
    /// A broadcast, to this customer among others.
    Broadcast,
}

/// One message.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MessageItem {
    /// When: of the customer's by Meta's clock, of ours since it waited to be sent.
    at: Timestamp,
    /// Who said it.
    by: By,
    /// text, image, button, interactive, template and the like.
    kind: String,
    /// What it says; numbers and mail addresses are hidden for most. Null if it has no words, or was taken back.
    text: Option<String>,
    /// Meta's id of it, masked for most.
    message_id: Option<String>,
    /// When the customer changed it.
    edited_at: Option<Timestamp>,
    /// When the customer took it back.
    revoked_at: Option<Timestamp>,
    /// The file that came with it.
    attachment: Option<AttachmentItem>,
    /// How far ours came, in the words of whatsapp.message_delivery.list; null for the customer's.
    #[schemars(with = "Option<String>")]
    status: Option<Delivery>,
    /// Why it failed, or is in doubt.
    error: Option<String>,
    /// The request by which it was sent, or by which what answered is live.
    #[schemars(with = "Option<String>")]
    action_request_id: Option<RequestId>,
    /// What answered by itself.
    automation: Option<AutomationItem>,
}

/// A customer's file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AttachmentItem {
    /// Where it stands: waiting to be fetched, kept, refused or lost.
    state: AttachmentState,
    /// What the customer's phone called it; numbers in it are hidden for most.
    name: Option<String>,
    /// Why it is not here.
    why: Option<String>,
    /// An address under which it can be fetched for some minutes; null for keys that may not, and while it is not kept.
    url: Option<String>,
}

/// What answered by itself.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AutomationItem {
    /// Which kind.
    kind: Kind,
    /// Which rule, flow or auto-reply.
    id: String,
    /// What people call it.
    name: Option<String>,
    /// In which version.
    version: u32,
    /// At which node of a flow.
    node: Option<NodeId>,
    /// matched, asked_for_person or guarded.
    why: String,
}

/// Where a page ends. A customer's message is known by a hash: Meta's own id of it holds the customer's number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    Heard(Timestamp, Digest),
    Sent(Timestamp, ExecutionId),
    Said(Timestamp, ReplyId),
}

impl Mark {
    const fn at(&self) -> Timestamp {
        match self {
            Self::Heard(at, _) | Self::Sent(at, _) | Self::Said(at, _) => *at,
        }
    }

    /// Its place among what has the same moment: a question comes before its answer.
    const fn rank(&self) -> u8 {
        match self {
            Self::Heard(..) => 0,
            Self::Sent(..) => 1,
            Self::Said(..) => 2,
        }
    }

    /// Before which moment messages of a kind follow on this mark, where the mark is of another kind.
    fn ahead(&self, rank: u8) -> Timestamp {
        if rank < self.rank() { self.at().after(Duration::from_micros(1)) } else { self.at() }
    }
}

fn heard_mark(line: &Line) -> Mark {
    Mark::Heard(line.sent_at, Digest::from_bytes(sha256(line.wamid.as_bytes())))
}

enum Found {
    Heard(Line),
    Sent(Sent),
    Said(Box<Reply>),
}

/// One page, and the cursor that leads on.
pub async fn page(
    ctx: &Ctx,
    caller: &Caller,
    thread: &Conversation,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<(Vec<MessageItem>, Option<String>)> {
    let mark: Option<Mark> = after(CURSOR, cursor)?;
    let mut found = heard(ctx, caller, thread, mark.as_ref(), limit).await?;
    found.extend(ours(ctx, caller, thread, mark.as_ref(), limit).await?);
    // Stable: each kind comes in the order in which its own cursor leads on.
    found.sort_by_key(|(mark, _)| std::cmp::Reverse((mark.at(), mark.rank())));
    let (found, next) = cut(CURSOR, limit, found, |(mark, _)| mark.clone())?;
    let files = match found.last() {
        Some((oldest, _)) => {
            let of = (thread.phone_number_id.as_str(), thread.contact);
            store::conversations::files(&ctx.db, caller.tenant(), of, oldest.at()).await?
        }
        None => Vec::new(),
    };
    let files: HashMap<&str, &File> = files.iter().map(|file| (file.wamid.as_str(), file)).collect();
    let mut names = HashMap::new();
    let mut items = Vec::with_capacity(found.len());
    for (_, one) in &found {
        items.push(match one {
            Found::Heard(line) => theirs(ctx, caller, line, files.get(line.wamid.as_str()).copied()).await?,
            Found::Sent(sent) => of_broadcast(ctx, caller, sent).await?,
            Found::Said(reply) => said(ctx, caller, reply, &mut names).await?,
        });
    }
    Ok((items, next))
}

async fn heard(
    ctx: &Ctx,
    caller: &Caller,
    thread: &Conversation,
    mark: Option<&Mark>,
    limit: Limit,
) -> Result<Vec<(Mark, Found)>> {
    let of = (thread.phone_number_id.as_str(), thread.contact);
    let before = mark.map(|mark| match mark {
        Mark::Heard(at, _) => at.after(Duration::from_micros(1)),
        other => other.ahead(0),
    });
    let most = limit.and_one().saturating_add(IN_ONE_SECOND);
    let before = before.map(|at| (at, String::new()));
    let mut lines = store::conversations::lines(&ctx.db, caller.tenant(), of, before, most).await?;
    if let Some(Mark::Heard(at, last)) = mark {
        // What stands before the last one of the page before was on it.
        let same = lines.iter().take_while(|line| line.sent_at == *at).count();
        let is_last = |line: &Line| Digest::from_bytes(sha256(line.wamid.as_bytes())) == *last;
        let shown = lines.iter().take(same).position(is_last).map_or(same, |place| place + 1);
        lines.drain(..shown);
    }
    Ok(lines.into_iter().map(|line| (heard_mark(&line), Found::Heard(line))).collect())
}

async fn ours(
    ctx: &Ctx,
    caller: &Caller,
    thread: &Conversation,
    mark: Option<&Mark>,
    limit: Limit,
) -> Result<Vec<(Mark, Found)>> {
    let (tenant, of) = (caller.tenant(), (Some(thread.phone_number_id.as_str()), thread.contact));
    let sent = mark.map(|mark| match mark {
        Mark::Sent(at, id) => (*at, *id),
        other => (other.ahead(1), ExecutionId::from_uuid(Uuid::nil())),
    });
    let sent = store::messages::to_contact(&ctx.db, tenant, of, sent, limit.and_one()).await?;
    let said = mark.map(|mark| match mark {
        Mark::Said(at, id) => (*at, *id),
        other => (other.ahead(2), ReplyId::from_uuid(Uuid::nil())),
    });
    let said = store::replies::page_to(&ctx.db, tenant, of, said, limit.and_one()).await?;
    let sent = sent.into_iter().map(|sent| (Mark::Sent(sent.started_at, sent.execution), Found::Sent(sent)));
    let said = said.into_iter().map(|it| (Mark::Said(it.created_at, it.id), Found::Said(Box::new(it))));
    Ok(sent.chain(said).collect())
}

fn shown(caller: &Caller, text: &str) -> String {
    if caller.customer_data().is_some() { text.to_owned() } else { hide_people(text) }
}

fn message_id(caller: &Caller, wamid: &str) -> String {
    Masked::new(ProviderId::new(wamid)).show(caller.provider_ids().as_ref())
}

async fn theirs(ctx: &Ctx, caller: &Caller, line: &Line, file: Option<&File>) -> Result<MessageItem> {
    // What a form holds is a document for programs, and may hold anything about the person.
    let form = line.details.as_ref().is_some_and(|details| details.get("form").is_some());
    let text = line.text.as_deref().filter(|_| !form || caller.customer_data().is_some());
    let attachment = match file {
        Some(file) => Some(attachment(ctx, caller, file).await?),
        None => None,
    };
    Ok(MessageItem {
        at: line.sent_at,
        by: By::Customer,
        kind: line.kind.clone(),
        text: text.map(|text| shown(caller, text)),
        message_id: Some(message_id(caller, &line.wamid)),
        edited_at: line.edited_at,
        revoked_at: line.revoked_at,
        attachment,
        status: None,
        error: None,
        action_request_id: None,
        automation: None,
    })
}

async fn attachment(ctx: &Ctx, caller: &Caller, file: &File) -> Result<AttachmentItem> {
    let url = match (file.asset, caller.attachments()) {
        (Some(asset), Some(permit)) => crate::tools::attachment_address(ctx, caller.tenant(), asset, &permit).await?,
        _ => None,
    };
    Ok(AttachmentItem {
        state: file.state,
        name: file.name.as_deref().map(|name| shown(caller, name)),
        why: file.why.clone(),
        url,
    })
}

/// Only the name of the template: what this customer read of it was made for the moment of sending.
async fn of_broadcast(ctx: &Ctx, caller: &Caller, sent: &Sent) -> Result<MessageItem> {
    let request = store::requests::find(&ctx.db, caller.tenant(), sent.request).await?;
    let template = request.and_then(|request| Some(request.preview.view.broadcast()?.message.template.clone()));
    Ok(MessageItem {
        at: sent.started_at,
        by: By::Broadcast,
        kind: "template".to_owned(),
        text: template,
        message_id: sent.wamid.as_deref().map(|wamid| message_id(caller, wamid)),
        edited_at: None,
        revoked_at: None,
        attachment: None,
        status: Some(sent.row.delivery),
        error: sent.row.error_code.map(|code| explain(code.into()).sentence.to_owned()),
        action_request_id: Some(sent.request),
        automation: None,
    })
}

async fn said(
    ctx: &Ctx,
    caller: &Caller,
    reply: &Reply,
    names: &mut HashMap<(Subject, u32), Option<String>>,
) -> Result<MessageItem> {
    let automation = match reply.source {
        ReplySource::Automation => answered(ctx, caller, &reply.cause, names).await?,
        ReplySource::Request | ReplySource::App => None,
    };
    let (kind, text) = reply.words();
    Ok(MessageItem {
        at: reply.created_at,
        by: match reply.source {
            ReplySource::Request => By::Request,
            ReplySource::Automation => By::Automation,
            ReplySource::App => By::App,
        },
        kind,
        text: text.map(|text| shown(caller, &text)),
        message_id: reply.wamid.as_deref().map(|wamid| message_id(caller, wamid)),
        edited_at: None,
        revoked_at: None,
        attachment: None,
        status: Some(reply.delivery),
        error: reply.why.clone().or_else(|| reply.error_code.map(|code| explain(code.into()).sentence.to_owned())),
        action_request_id: reply.request,
        automation,
    })
}

/// What stands in the cause of an automatic answer; a guard comes with what it guarded.
async fn answered(
    ctx: &Ctx,
    caller: &Caller,
    cause: &ReplyCause,
    names: &mut HashMap<(Subject, u32), Option<String>>,
) -> Result<Option<AutomationItem>> {
    let by = cause.0.get("by").and_then(|by| by.as_array().map_or(Some(by), |pair| pair.get(1)));
    let word = |name: &str| by.and_then(|by| by.get(name)).and_then(Value::as_str);
    let subject = word("kind").zip(word("id")).and_then(|(kind, id)| Subject::parse(kind.parse().ok()?, id));
    let version = by.and_then(|by| by.get("version")).and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
    let Some((subject, version)) = subject.zip(version) else { return Ok(None) };
    let name = match names.get(&(subject, version)) {
        Some(known) => known.clone(),
        None => {
            let found = store::automation::version(&ctx.db, caller.tenant(), subject, version).await?;
            let name = found.map(|version| version.content.name().to_owned());
            names.entry((subject, version)).or_insert(name).clone()
        }
    };
    Ok(Some(AutomationItem {
        kind: subject.kind(),
        id: subject.to_string(),
        name,
        version,
        node: word("node").and_then(|node| node.parse().ok()),
        why: cause.0.get("why").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }))
}
