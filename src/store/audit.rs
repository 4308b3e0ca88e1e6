//! The audit log: appended to in the transaction of the change it describes.

use super::{Db, Error, Result, Tx, on, row};
use crate::domain::audit::{Actor, AuditEntry, Event, Frontier, leaf_hash};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;

row! {
    struct LogRow { size: i64, frontier: Vec<u8>, last_at: Timestamp }
}

/// Writes one entry and moves the tree's edge; gives the entry's number. If this fails, so must the change.
pub async fn append(tx: &mut Tx, tenant: TenantId, now: Timestamp, event: Event) -> Result<u64> {
    // The update comes first, so that two writers of one tenant's log wait for each other here.
    on!(tx &mut *tx, c => sqlx::query(
        "insert into audit_log (tenant_id, size, frontier, last_at) values ($1, 0, $2, 0)
         on conflict (tenant_id) do update set size = audit_log.size")
        .bind(tenant).bind(Vec::<u8>::new()).execute(c).await.map(drop))?;
    let log: LogRow = on!(tx &mut *tx, c => sqlx::query_as(
        "select size, frontier, last_at from audit_log where tenant_id = $1").bind(tenant).fetch_one(c).await)?;
    let size = u64::try_from(log.size).map_err(|_| Error::inconsistent("audit_log", "size", tenant, log.size))?;
    let mut frontier = Frontier::from_parts(size, &log.frontier)
        .map_err(|e| Error::inconsistent("audit_log", "frontier", tenant, e))?;
    // The order of the log is the order of its numbers; a clock that stepped back must not seem to reorder it.
    let at = now.max(log.last_at);
    let entry = AuditEntry {
        seq: size,
        at,
        actor: event.actor,
        act: event.act.to_owned(),
        subject: event.subject,
        details: event.details,
    };
    let leaf = entry.leaf().map_err(|e| Error::inconsistent("audit_entry", "leaf", size, e))?;
    let hash = leaf_hash(leaf.as_bytes());
    frontier.push(hash);
    let (kind, id) = actor_columns(&entry.actor);
    on!(tx &mut *tx, c => sqlx::query(
        "insert into audit_entry (tenant_id, seq, at, actor_kind, actor_id, act, subject, leaf, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(tenant).bind(log.size).bind(at).bind(kind).bind(id).bind(entry.act).bind(entry.subject)
        .bind(leaf).bind(hash.to_vec()).execute(c).await.map(drop))?;
    on!(tx &mut *tx, c => sqlx::query("update audit_log set size = $2, frontier = $3, last_at = $4 where tenant_id = $1")
        .bind(tenant).bind(log.size + 1).bind(frontier.bytes()).bind(at).execute(c).await.map(drop))?;
    Ok(size)
}

fn actor_columns(actor: &Actor) -> (&'static str, String) {
    match actor {
        Actor::Agent(id) => ("agent", id.to_string()),
        Actor::Person(id) => ("person", id.to_string()),
        Actor::Policy(rule) => ("policy", rule.clone()),
        Actor::Worker => ("worker", String::new()),
        Actor::Meta => ("meta", String::new()),
        Actor::Operator => ("operator", String::new()),
    }
}

/// What to look for. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Begins with this: `request.` or `request.signed`.
    pub act: Option<String>,
    /// Exactly this id.
    pub subject: Option<String>,
    /// The id of who did it, or one of the words `policy`, `worker`, `meta`, `operator`.
    pub actor: Option<String>,
    /// Not earlier.
    pub from: Option<Timestamp>,
    /// Not later.
    pub until: Option<Timestamp>,
    /// Only entries before this number: the cursor.
    pub before: Option<u64>,
}

row! {
    struct EntryRow { seq: i64, leaf: String }
}

/// Entries, newest first.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<AuditEntry>> {
    // A range of words instead of `like`, whose idea of case differs between the databases.
    let act_end = filter.act.as_ref().map(|act| format!("{act}\u{10FFFF}"));
    let rows: Vec<EntryRow> = on!(read db, p => sqlx::query_as(
        "select seq, leaf from audit_entry where tenant_id = $1
            and ($2 is null or (act >= $2 and act < $3)) and ($4 is null or subject = $4)
            and ($5 is null or actor_id = $5 or actor_kind = $5)
            and ($6 is null or at >= $6) and ($7 is null or at <= $7) and ($8 is null or seq < $8)
         order by seq desc limit $9")
        .bind(tenant).bind(filter.act.clone()).bind(act_end).bind(filter.subject.clone()).bind(filter.actor.clone())
        .bind(filter.from).bind(filter.until).bind(filter.before.map(|b| i64::try_from(b).unwrap_or(i64::MAX)))
        .bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(read).collect()
}

/// One entry by its number.
pub async fn find(db: &Db, tenant: TenantId, seq: u64) -> Result<Option<AuditEntry>> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    let row: Option<EntryRow> = on!(read db, p => sqlx::query_as(
        "select seq, leaf from audit_entry where tenant_id = $1 and seq = $2").bind(tenant).bind(seq).fetch_optional(p).await)?;
    row.map(read).transpose()
}

fn read(row: EntryRow) -> Result<AuditEntry> {
    super::json("audit_entry", "leaf", row.seq, &row.leaf)
}

/// How many entries there are, and the root over them.
pub async fn head(db: &Db, tenant: TenantId) -> Result<Frontier> {
    let row: Option<LogRow> = on!(read db, p => sqlx::query_as(
        "select size, frontier, last_at from audit_log where tenant_id = $1").bind(tenant).fetch_optional(p).await)?;
    let Some(row) = row else { return Ok(Frontier::default()) };
    let size = super::unsigned("audit_log", "size", tenant, row.size)?;
    Frontier::from_parts(size, &row.frontier).map_err(|e| Error::inconsistent("audit_log", "frontier", tenant, e))
}

/// The hashes of all leaves in order, as they stand in the table.
pub async fn leaf_hashes(db: &Db, tenant: TenantId) -> Result<Vec<Vec<u8>>> {
    let rows: Vec<(Vec<u8>,)> = on!(read db, p => sqlx::query_as(
        "select hash from audit_entry where tenant_id = $1 order by seq").bind(tenant).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}
