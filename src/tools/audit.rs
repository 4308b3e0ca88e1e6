//! The audit log, for those who may read it.

use super::reading::{Cursor, Limit, Text, after, cut, reading};
use super::{Ctx, Kind, Tool, schema};
use crate::domain::audit::{Actor, AuditEntry, leaf_hash};
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::people::{Area, Caller, Permission};
use crate::error::Result;
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.audit_logs.list",
    title: ["List audit entries", "列出稽核紀錄", "列出审计记录"],
    summary: "Reads the audit log, newest first: who did what to which contact, consent, template, broadcast, \
              conversation, automation or webhook. Filters: act, subject, actor, time.",
    read_first: &["whatsapp.contact.get or whatsapp.broadcasts.list"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Entries can be neither changed nor removed: each is a leaf of a hash tree whose root is in the answer. Only \
             for keys with the audit permission; people and customers appear by id, identifiers of Meta's masked.",
    area: Area::Audit,
    wants: Some(Permission::Audit),
    kind: Kind::Read(reading!(list)),
    input: schema::<ListArguments>,
    output: schema::<AuditPage>,
}];

/// Which entries. Every filter narrows; without any, all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Acts that begin with this: `request.` or `request.signed`.
    #[serde(default)]
    act: Option<Text<64>>,
    /// About exactly this id: a request, a contact, a template.
    #[serde(default)]
    subject: Option<Text<200>>,
    /// By this agent or person (an id), or by this kind of actor: agent, person, policy, worker, meta, operator.
    #[serde(default)]
    actor: Option<Text<64>>,
    /// At this time or later.
    #[serde(default)]
    from: Option<Timestamp>,
    /// At this time or earlier.
    #[serde(default)]
    until: Option<Timestamp>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// Entries, and the tree that they are leaves of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditPage {
    /// The entries of this page, newest first.
    items: Vec<EntryItem>,
    /// Give this back as `cursor` to read on; null on the last page.
    next_cursor: Option<String>,
    /// The log as a whole.
    log: LogItem,
}

/// The log as a whole.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogItem {
    /// How many entries it has.
    size: u64,
    /// The root of the hash tree over all of them (RFC 6962).
    root: Digest,
}

/// One entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryItem {
    /// Its place in the log, from 0.
    seq: u64,
    /// When.
    at: Timestamp,
    /// Who.
    actor: ActorItem,
    /// What, as a stable word.
    act: String,
    /// To what, by id.
    subject: String,
    /// The details that matter later.
    details: Value,
    /// The hash of the entry as a leaf of the tree.
    leaf_hash: Digest,
}

/// Who did it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActorItem {
    /// agent, person, policy, worker, meta or operator.
    kind: &'static str,
    /// Which agent, person or rule.
    id: Option<String>,
}

fn actor(actor: &Actor) -> ActorItem {
    let (kind, id) = match actor {
        Actor::Agent(id) => ("agent", Some(id.to_string())),
        Actor::Person(id) => ("person", Some(id.to_string())),
        Actor::Policy(rule) => ("policy", Some(rule.clone())),
        Actor::Worker => ("worker", None),
        Actor::Meta => ("meta", None),
        Actor::Operator => ("operator", None),
    };
    ActorItem { kind, id }
}

fn entry(entry: AuditEntry, caller: &Caller) -> Result<EntryItem> {
    let leaf = entry.leaf()?;
    let entry = entry.shown(caller.provider_ids().as_ref());
    Ok(EntryItem {
        leaf_hash: Digest::from_bytes(leaf_hash(leaf.as_bytes())),
        actor: actor(&entry.actor),
        seq: entry.seq,
        at: entry.at,
        act: entry.act,
        subject: entry.subject,
        details: entry.details,
    })
}

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<AuditPage> {
    let filter = store::audit::Filter {
        act: arguments.act.map(Text::into_string),
        subject: arguments.subject.map(Text::into_string),
        actor: arguments.actor.map(Text::into_string),
        from: arguments.from,
        until: arguments.until,
        before: after("audit_logs", arguments.cursor.as_ref())?,
    };
    let rows = store::audit::list(&ctx.db, caller.tenant(), &filter, arguments.limit.and_one()).await?;
    let (rows, next_cursor) = cut("audit_logs", arguments.limit, rows, |entry| entry.seq)?;
    let head = store::audit::head(&ctx.db, caller.tenant()).await?;
    let log = LogItem { size: head.size(), root: Digest::from_bytes(head.root()) };
    Ok(AuditPage { items: rows.into_iter().map(|row| entry(row, caller)).collect::<Result<_>>()?, next_cursor, log })
}
