//! Lists of contacts that were asked for: read piece by piece, judged, signed, and written piece by piece. What is done is in the
//! row of the list, in the transaction that does it, so that whoever comes next goes on from there.

mod rows;
mod write;

use super::{Db, Error, Result, Source, Tx, ensure_one, json, on, row, to_json, unsigned, word};
use crate::domain::canonical::Digest;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::import::{Chunk, Columns, Report, StageState, Tally, Understood};
use crate::domain::ids::{AgentId, ImportId, RequestId, TenantId, UploadId};
use crate::domain::phone::Market;
use serde::{Deserialize, Serialize};

pub use rows::{add_chunk, earlier, left_out, met, seal};
pub use write::{Missed, add_new};

const TABLE: &str = "staged_import";

/// How the rows of a list are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Where numbers without a country code belong.
    pub market: Option<Market>,
    /// Which column says what.
    pub columns: Columns,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
}

/// A list, as far as it is.
#[derive(Debug, Clone)]
pub struct StagedImport {
    /// Which.
    pub id: ImportId,
    /// Whose.
    pub tenant: TenantId,
    /// The agent that asked.
    pub agent: AgentId,
    /// How it is read.
    pub reading: Reading,
    /// The file, if its rows did not come in the call.
    pub upload: Option<UploadId>,
    /// How far it is.
    pub state: StageState,
    /// Why it cannot be read.
    pub why: Option<String>,
    /// How the columns of the file were understood.
    pub columns: Option<Understood>,
    /// The last line that is judged.
    pub last_line: u32,
    /// The figures so far.
    pub tally: Tally,
    /// The last line that is written.
    pub written_line: u32,
    /// What was written so far.
    pub report: Report,
    /// When it was asked for: what is in the future is so by this time.
    pub created_at: Timestamp,
}

row! {
    struct ImportRow {
        id: ImportId, tenant_id: TenantId, agent_id: AgentId, reading: String, upload_id: Option<UploadId>, state: String,
        why: Option<String>, columns: Option<String>, last_line: i64, tally: String, written_line: i64, report: String,
        created_at: Timestamp,
    }
}

impl TryFrom<ImportRow> for StagedImport {
    type Error = Error;
    fn try_from(row: ImportRow) -> Result<Self> {
        let id = row.id;
        Ok(Self {
            id,
            tenant: row.tenant_id,
            agent: row.agent_id,
            reading: json(TABLE, "reading", id, &row.reading)?,
            upload: row.upload_id,
            state: word(TABLE, "state", id, &row.state)?,
            why: row.why,
            columns: row.columns.as_deref().map(|text| json(TABLE, "columns", id, text)).transpose()?,
            last_line: unsigned(TABLE, "last_line", id, row.last_line)?,
            tally: json(TABLE, "tally", id, &row.tally)?,
            written_line: unsigned(TABLE, "written_line", id, row.written_line)?,
            report: json(TABLE, "report", id, &row.report)?,
            created_at: row.created_at,
        })
    }
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "select i.id, i.tenant_id, i.agent_id, i.reading, i.upload_id, i.state, i.why, i.columns, i.last_line, i.tally,
                i.written_line, i.report, i.created_at from staged_import i ",
            $tail
        )
    };
}

/// Adds a list of which nothing is read yet; `source` is over what is read and how. Until `held` nobody else reads it.
pub async fn add(tx: &mut Tx, import: &StagedImport, source: Digest, held: Timestamp) -> Result<()> {
    let reading = to_json(TABLE, "reading", &import.reading)?;
    let tally = to_json(TABLE, "tally", &import.tally)?;
    let report = to_json(TABLE, "report", &import.report)?;
    on!(tx tx, c => sqlx::query(
        "insert into staged_import (id, tenant_id, agent_id, source, reading, upload_id, state, last_line, tally, held_until,
            written_line, report, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, 0, $10, $11)")
        .bind(import.id).bind(import.tenant).bind(import.agent).bind(source).bind(reading).bind(import.upload)
        .bind(import.state.as_str()).bind(tally).bind(held).bind(report).bind(import.created_at)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The newest list of this agent that was read from the same source since then and that no request is about.
pub async fn find_by_source(
    db: &Db,
    (tenant, agent): (TenantId, AgentId),
    source: Digest,
    since: Timestamp,
) -> Result<Option<StagedImport>> {
    const SQL: &str = select!(
        "where i.tenant_id = $1 and i.agent_id = $2 and i.source = $3 and i.created_at >= $4
            and i.state in ('reading', 'read', 'unreadable')
         order by i.created_at desc limit 1"
    );
    let row: Option<ImportRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(agent).bind(source).bind(since).fetch_optional(p).await)?;
    row.map(StagedImport::try_from).transpose()
}

/// One list; none if it is not this tenant's.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: ImportId) -> Result<Option<StagedImport>> {
    const SQL: &str = select!("where i.tenant_id = $1 and i.id = $2");
    let row: Option<ImportRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(StagedImport::try_from).transpose()
}

/// The list that a request is about.
pub async fn of_request(db: &Db, tenant: TenantId, request: RequestId) -> Result<Option<StagedImport>> {
    const SQL: &str = select!("where i.tenant_id = $1 and i.request_id = $2");
    let row: Option<ImportRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(request).fetch_optional(p).await)?;
    row.map(StagedImport::try_from).transpose()
}

/// Takes a list that nobody reads at the moment, and keeps others from it until then.
pub async fn take(db: &Db, now: Timestamp, until: Timestamp) -> Result<Option<StagedImport>> {
    let mut tx = db.begin().await?;
    // Of two daemons the second finds what the first has left.
    let sql = if db.is_postgres() {
        "update staged_import set held_until = $2 where id = (
            select id from staged_import where state = 'reading' and held_until <= $1 order by held_until limit 1
            for update skip locked) returning tenant_id, id"
    } else {
        "update staged_import set held_until = $2 where id = (
            select id from staged_import where state = 'reading' and held_until <= $1 order by held_until limit 1)
         returning tenant_id, id"
    };
    let taken: Option<(TenantId, ImportId)> =
        on!(tx &mut tx, c => sqlx::query_as(sql).bind(now).bind(until).fetch_optional(c).await)?;
    let Some((tenant, id)) = taken else {
        tx.roll_back().await?;
        return Ok(None);
    };
    let import = find(&mut tx, tenant, id).await?;
    tx.commit().await?;
    Ok(import)
}

/// Notes how far the reading is; somebody else may have read on meanwhile, which is a conflict.
pub async fn read_on(tx: &mut Tx, before: &StagedImport, now: &StagedImport, held: Timestamp) -> Result<()> {
    let tally = to_json(TABLE, "tally", &now.tally)?;
    let columns = now.columns.as_ref().map(|columns| to_json(TABLE, "columns", columns)).transpose()?;
    let hit = on!(tx tx, c => sqlx::query(
        "update staged_import set last_line = $3, tally = $4, columns = $5, state = $6, why = $7, held_until = $8
         where id = $1 and state = 'reading' and last_line = $2")
        .bind(before.id).bind(i64::from(before.last_line)).bind(i64::from(now.last_line)).bind(tally).bind(columns)
        .bind(now.state.as_str()).bind(&now.why).bind(held).execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "import", before.id)
}

/// Gives it back to whoever comes next.
pub async fn let_go(db: &Db, id: ImportId, now: Timestamp) -> Result<()> {
    on!(write db, p => sqlx::query("update staged_import set held_until = $2 where id = $1 and state = 'reading'")
        .bind(id).bind(now).execute(p).await.map(drop))?;
    Ok(())
}

/// From now on a request is about it. Of two that are made at once only one is.
pub async fn file(tx: &mut Tx, tenant: TenantId, id: ImportId, request: RequestId) -> Result<()> {
    let hit = on!(tx tx, c => sqlx::query(
        "update staged_import set state = 'filed', request_id = $3 where tenant_id = $1 and id = $2 and state = 'read'")
        .bind(tenant).bind(id).bind(request).execute(c).await.map(|r| r.rows_affected()))?;
    ensure_one(hit, "import", id)
}

row! {
    struct ChunkRow { first_line: i64, last_line: i64, taken: i64, new: i64, seal: Digest }
}

/// Its stretches of rows, in their order.
pub async fn chunks(source: impl Into<Source<'_>>, tenant: TenantId, id: ImportId) -> Result<Vec<Chunk>> {
    let rows: Vec<ChunkRow> = on!(from source.into(), c => sqlx::query_as(
        "select k.first_line, k.last_line, k.taken, k.new, k.seal from staged_chunk k join staged_import i on i.id = k.import_id
         where i.tenant_id = $1 and i.id = $2 order by k.first_line")
        .bind(tenant).bind(id).fetch_all(c).await)?;
    let number = |column: &'static str, number: i64| unsigned("staged_chunk", column, id, number);
    rows.into_iter()
        .map(|row| {
            Ok(Chunk {
                first: number("first_line", row.first_line)?,
                last: number("last_line", row.last_line)?,
                taken: number("taken", row.taken)?,
                new: number("new", row.new)?,
                seal: row.seal,
            })
        })
        .collect()
}

/// Notes how far the writing is; `false` if somebody else has written these rows, or nothing of it is written any more. The row is
/// held until the transaction ends.
pub async fn write_on(
    tx: &mut Tx,
    (tenant, id): (TenantId, ImportId),
    (from, to): (u32, u32),
    state: StageState,
) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update staged_import set written_line = $4, state = $5
         where tenant_id = $1 and id = $2 and written_line = $3 and state in ('filed', 'writing')")
        .bind(tenant).bind(id).bind(i64::from(from)).bind(i64::from(to)).bind(state.as_str())
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Keeps what was written so far.
pub async fn report(tx: &mut Tx, id: ImportId, report: &Report) -> Result<()> {
    let report = to_json(TABLE, "report", report)?;
    on!(tx tx, c => sqlx::query("update staged_import set report = $2 where id = $1")
        .bind(id).bind(report).execute(c).await.map(drop))?;
    Ok(())
}

/// Lists that nobody needs any more: asked for before the one time without a request, or with one that ended before the other.
/// Their rows are people's data.
pub async fn forgettable(db: &Db, asked: Timestamp, ended: Timestamp, limit: u32) -> Result<Vec<ImportId>> {
    let rows: Vec<(ImportId,)> = on!(read db, p => sqlx::query_as(
        "select i.id from staged_import i left join action_request r on r.id = i.request_id
         where i.created_at < $1 and (i.request_id is null or r.settled_at < $2) order by i.created_at limit $3")
        .bind(asked).bind(ended).bind(i64::from(limit)).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes away so many of its rows; `false` once it is gone with all of them.
pub async fn forget(tx: &mut Tx, id: ImportId, rows: u32) -> Result<bool> {
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "delete from staged_row where import_id = $1 and line <= (
            select max(line) from (select line from staged_row where import_id = $1 order by line limit $2) first)")
        .bind(id).bind(i64::from(rows)).execute(c).await.map(|r| r.rows_affected()))?;
    if hit > 0 {
        return Ok(true);
    }
    for sql in ["delete from staged_chunk where import_id = $1", "delete from staged_import where id = $1"] {
        on!(tx &mut *tx, c => sqlx::query(sql).bind(id).execute(c).await.map(drop))?;
    }
    Ok(false)
}
