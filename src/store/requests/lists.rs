//! Lists of requests: the inbox's tabs, and an agent's own.

use super::{Status, TABLE};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, ConversationId, PersonId, RequestId, TenantId};
use crate::domain::people::Role;
use crate::domain::requests::Quorum;
use crate::store::{Db, Result, json, on, row, unsigned, word};

row! {
    struct LineRow {
        id: RequestId, tool: String, title: String, summary: String, status: String, warnings: i64, people: i64,
        agent_name: String, owner_name: String, owner_id: PersonId, quorum: String, created_at: Timestamp,
        decide_by: Timestamp, not_before: Option<Timestamp>, settled_at: Option<Timestamp>, signed: Option<String>, mine: i64,
        agreed: Option<String>, agreed_by_me: i64, runs: i64, standing_blocks: i64,
    }
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which request.
    pub id: RequestId,
    /// Its tool.
    pub tool: String,
    /// Its name.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Where it stands.
    pub status: Status,
    /// How many warnings.
    pub warnings: u64,
    /// How many findings forbid it by now, although none did when it was asked for. Only while it waits.
    pub blocked: u64,
    /// How many people it reaches.
    pub people: u64,
    /// Who asked.
    pub agent: String,
    /// For whom.
    pub owner: String,
    /// Who answers for the agent.
    pub owner_id: PersonId,
    /// Who must sign.
    pub quorum: Quorum,
    /// The roles of those who have approved, in their order.
    pub signed: Vec<Role>,
    /// Whether the reader has.
    pub signed_by_me: bool,
    /// The roles of those who have agreed to what it waits for after the approval, in their order.
    pub agreed: Vec<Role>,
    /// Whether the reader has.
    pub agreed_by_me: bool,
    /// Whether the worker has begun with it.
    pub begun: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be signed.
    pub decide_by: Timestamp,
    /// Before this it does not start.
    pub not_before: Option<Timestamp>,
    /// When it came to its end.
    pub settled_at: Option<Timestamp>,
}

/// What to look for in a list.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only these states; none is all.
    pub status: Vec<Status>,
    /// Only of this agent.
    pub agent: Option<AgentId>,
    /// Only of this tool.
    pub tool: Option<String>,
    /// Text in title, summary or id, any case.
    pub search: Option<String>,
    /// Only those after this one in the order of the list: the cursor.
    pub before: Option<(Timestamp, RequestId)>,
}

/// The console's tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// It waits for people; for whom is decided by the rules about signing, not here.
    Waiting,
    /// It has come to its end, or runs.
    Decided,
    /// Everything but bare previews.
    All,
}

/// Requests, newest first. `reader` is the person who looks, for the columns about that person.
pub async fn list(
    db: &Db,
    tenant: TenantId,
    reader: Option<PersonId>,
    filter: &ListFilter,
    limit: u32,
) -> Result<Vec<Line>> {
    // A list of words in one text: both databases can search it, and neither needs an array.
    let states = filter.status.iter().map(|s| format!(",{s},")).collect::<String>();
    let search = filter.search.as_ref().map(|s| s.to_lowercase());
    let id = search.as_ref().map(|s| s.strip_prefix("ar_").unwrap_or(s).to_owned());
    macro_rules! lines {
        ($hex:literal) => { concat!(
        "select r.id, r.tool, r.title, r.summary, r.status, r.warnings, r.people, a.name as agent_name, o.name as owner_name,
            r.owner_id, r.quorum, r.standing_blocks, r.created_at, r.decide_by, r.not_before, r.settled_at,
            (select string_agg(s.role, ',' order by s.at, s.id) from signature s
             where s.request_id = r.id and s.decision = 'approved') as signed,
            (select count(*) from signature s where s.request_id = r.id and s.person_id = $2) as mine,
            (select string_agg(v.role, ',' order by v.at, v.person_id) from execution_vote v join execution e on e.id = v.execution_id
             where e.request_id = r.id and v.agreed_to = case r.status when 'paused' then 'resume' else 'send_again' end) as agreed,
            (select count(*) from execution_vote v join execution e on e.id = v.execution_id
             where e.request_id = r.id and v.person_id = $2
                and v.agreed_to = case r.status when 'paused' then 'resume' else 'send_again' end) as agreed_by_me,
            (select count(*) from execution e where e.request_id = r.id) as runs
         from action_request r join agent a on a.id = r.agent_id join person o on o.id = r.owner_id
         where r.tenant_id = $1 and ($3 = '' or replace($3, ',' || r.status || ',', '') <> $3)
            and ($4 is null or r.agent_id = $4) and ($5 is null or r.tool = $5)
            and ($6 is null or replace(lower(r.title || ' ' || r.summary), $6, '') <> lower(r.title || ' ' || r.summary)
                or replace(", $hex, ", $10, '') <> ", $hex, ")
            and ($7 is null or (r.created_at, r.id) < ($7, $8))
         order by r.created_at desc, r.id desc limit $9") };
    }
    let sql =
        if db.is_postgres() { lines!("replace(cast(r.id as text), '-', '')") } else { lines!("lower(hex(r.id))") };
    let rows: Vec<LineRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(reader).bind(states).bind(filter.agent).bind(filter.tool.clone()).bind(search)
        .bind(filter.before.map(|(at, _)| at)).bind(filter.before.map(|(_, id)| id)).bind(i64::from(limit)).bind(id)
        .fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            let status = word(TABLE, "status", id, &row.status)?;
            Ok(Line {
                id,
                tool: row.tool,
                title: row.title,
                summary: row.summary,
                status,
                warnings: unsigned(TABLE, "warnings", id, row.warnings)?,
                blocked: match status {
                    Status::PendingApproval | Status::Approved => {
                        unsigned(TABLE, "standing_blocks", id, row.standing_blocks)?
                    }
                    _ => 0,
                },
                people: unsigned(TABLE, "people", id, row.people)?,
                agent: row.agent_name,
                owner: row.owner_name,
                owner_id: row.owner_id,
                quorum: json(TABLE, "quorum", id, &row.quorum)?,
                signed: roles(id, row.signed.as_deref())?,
                agreed: roles(id, row.agreed.as_deref())?,
                agreed_by_me: row.agreed_by_me > 0,
                signed_by_me: row.mine > 0,
                begun: row.runs > 0,
                created_at: row.created_at,
                decide_by: row.decide_by,
                not_before: row.not_before,
                settled_at: row.settled_at,
            })
        })
        .collect()
}

fn roles(id: RequestId, joined: Option<&str>) -> Result<Vec<Role>> {
    joined.into_iter().flat_map(|roles| roles.split(',')).map(|role| word("signature", "role", id, role)).collect()
}

/// The states that a tab shows.
#[must_use]
pub fn tab(tab: Tab) -> Vec<Status> {
    match tab {
        Tab::Waiting => vec![Status::PendingApproval, Status::NeedsAttention, Status::Paused],
        Tab::Decided => Status::ALL
            .iter()
            .copied()
            .filter(|s| {
                let waits = matches!(s, Status::PendingApproval | Status::NeedsAttention | Status::Paused);
                !waits && !matches!(s, Status::Previewed | Status::Superseded)
            })
            .collect(),
        Tab::All => Status::ALL.iter().copied().filter(|s| *s != Status::Previewed).collect(),
    }
}

/// How many of an agent's requests wait for people.
pub async fn count_open(db: &Db, tenant: TenantId, agent: AgentId) -> Result<u64> {
    let (count,): (i64,) = on!(read db, p => sqlx::query_as(
        "select count(*) from action_request where tenant_id = $1 and agent_id = $2 and status = 'pending_approval'")
        .bind(tenant).bind(agent).fetch_one(p).await)?;
    unsigned(TABLE, "count", agent, count)
}

row! {
    struct AboutRow { id: RequestId, tool: String, status: String, created_at: Timestamp, decide_by: Timestamp }
}

/// A request that has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Which request.
    pub id: RequestId,
    /// Its tool.
    pub tool: String,
    /// Where it stands.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be signed.
    pub decide_by: Timestamp,
}

/// Requests that have not come to their end and are about this thread, newest first. Whatever the tool, what is signed names the
/// thread by its id.
pub async fn about(db: &Db, tenant: TenantId, thread: ConversationId, limit: u32) -> Result<Vec<Open>> {
    let rows: Vec<AboutRow> = on!(read db, p => sqlx::query_as(
        "select id, tool, status, created_at, decide_by from action_request
         where tenant_id = $1 and status in ('pending_approval', 'approved', 'executing', 'paused', 'needs_attention')
            and replace(preview, $2, '') <> preview
         order by created_at desc, id desc limit $3")
        .bind(tenant).bind(thread.to_string()).bind(i64::from(limit)).fetch_all(p).await)?;
    let open = |row: AboutRow| {
        let status = word(TABLE, "status", row.id, &row.status)?;
        Ok(Open { id: row.id, tool: row.tool, status, created_at: row.created_at, decide_by: row.decide_by })
    };
    rows.into_iter().map(open).collect()
}
