//! Broadcasts: stored when their request is carried out or filed, and where they stand.

use super::{Db, Error, Result, Tx, on, row, to_json, unsigned, word};
use crate::domain::broadcasts::{Broadcast, BroadcastSpec, BroadcastState, Schedule};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AudienceId, BroadcastId, RequestId, TenantId};
use crate::domain::preview::Preview;

/// A broadcast to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewBroadcast<'a> {
    /// Which it will be.
    pub id: BroadcastId,
    /// As it was described.
    pub spec: &'a BroadcastSpec,
    /// How it would go out.
    pub schedule: &'a Schedule,
    /// Its frozen audience, which is stored already.
    pub audience: AudienceId,
    /// How many people that is.
    pub audience_count: u64,
    /// Where it stands.
    pub state: BroadcastState,
    /// The request that stores it.
    pub created_by: RequestId,
    /// The request that sends it, if that is known.
    pub sent_by: Option<RequestId>,
}

/// Stores a broadcast. `false` if it is stored already, so that carrying out a request twice stores one.
pub async fn insert(tx: &mut Tx, tenant: TenantId, new: &NewBroadcast<'_>, now: Timestamp) -> Result<bool> {
    let spec = to_json("broadcast", "spec", new.spec)?;
    let schedule = to_json("broadcast", "schedule", new.schedule)?;
    let count = i64::try_from(new.audience_count).unwrap_or(i64::MAX);
    let hit = on!(tx tx, c => sqlx::query(
        "insert into broadcast (id, tenant_id, name, state, spec, schedule, audience_id, audience_count, created_by, sent_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing")
        .bind(new.id).bind(tenant).bind(&new.spec.name).bind(new.state.as_str()).bind(spec).bind(schedule)
        .bind(new.audience).bind(count).bind(new.created_by).bind(new.sent_by).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct BroadcastRow {
        id: BroadcastId, state: String, spec: String, audience_count: i64, created_by: RequestId,
        sent_by: Option<RequestId>, created_at: Timestamp,
    }
}

macro_rules! broadcast {
    ($tail:literal) => {
        concat!(
            "select b.id, b.state, b.spec, b.audience_count, b.created_by, b.sent_by, b.created_at from broadcast b ",
            $tail
        )
    };
}

impl TryFrom<BroadcastRow> for Broadcast {
    type Error = Error;
    fn try_from(row: BroadcastRow) -> Result<Self> {
        Ok(Self {
            spec: super::json("broadcast", "spec", row.id, &row.spec)?,
            state: word("broadcast", "state", row.id, &row.state)?,
            audience_count: unsigned("broadcast", "audience_count", row.id, row.audience_count)?,
            id: row.id,
            created_by: row.created_by,
            sent_by: row.sent_by,
            created_at: row.created_at,
        })
    }
}

/// One broadcast.
pub async fn find(db: &Db, tenant: TenantId, id: BroadcastId) -> Result<Option<Broadcast>> {
    const SQL: &str = broadcast!("where b.tenant_id = $1 and b.id = $2");
    let row: Option<BroadcastRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(p).await)?;
    row.map(Broadcast::try_from).transpose()
}

/// Which broadcasts. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// That stand here.
    pub state: Option<BroadcastState>,
    /// Come after this one: the cursor.
    pub after: Option<(Timestamp, BroadcastId)>,
}

/// Broadcasts, newest first.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<Broadcast>> {
    const SQL: &str = broadcast!(
        "where b.tenant_id = $1 and ($2 is null or b.state = $2) and ($3 is null or (b.created_at, b.id) < ($3, $4))
         order by b.created_at desc, b.id desc limit $5"
    );
    let rows: Vec<BroadcastRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(filter.state.map(BroadcastState::as_str)).bind(filter.after.map(|(at, _)| at))
        .bind(filter.after.map(|(_, id)| id)).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(Broadcast::try_from).collect()
}

/// All broadcasts that stand in one of these, oldest first.
pub async fn in_states(db: &Db, tenant: TenantId, states: &[BroadcastState]) -> Result<Vec<Broadcast>> {
    const SQL: &str = broadcast!("where b.tenant_id = $1 and b.state = $2 order by b.created_at, b.id");
    let mut found = Vec::new();
    for state in states {
        let rows: Vec<BroadcastRow> =
            on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(state.as_str()).fetch_all(p).await)?;
        found.extend(rows);
    }
    found.into_iter().map(Broadcast::try_from).collect()
}

row! {
    struct PageRow { preview: String }
}

/// The page of the request that stored a broadcast: what was frozen then.
pub async fn page_of(db: &Db, tenant: TenantId, broadcast: &Broadcast) -> Result<Option<Preview>> {
    let row: Option<PageRow> = on!(read db, p => sqlx::query_as(
        "select preview from action_request where tenant_id = $1 and id = $2")
        .bind(tenant).bind(broadcast.created_by).fetch_optional(p).await)?;
    row.map(|row| super::json("action_request", "preview", broadcast.created_by, &row.preview)).transpose()
}

/// Sets where a broadcast stands; `false` if it is not this tenant's.
pub async fn set_state(tx: &mut Tx, tenant: TenantId, id: BroadcastId, state: BroadcastState) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query("update broadcast set state = $3 where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).bind(state.as_str()).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Gives a stored broadcast to the request that sends it. `false` if another request has it, or if it has gone out: two
/// requests for one broadcast would send it twice.
pub async fn attach_request(tx: &mut Tx, tenant: TenantId, id: BroadcastId, request: RequestId) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update broadcast set sent_by = $3, state = 'requested'
         where tenant_id = $1 and id = $2 and (state = 'draft' or (state = 'requested' and sent_by = $3))")
        .bind(tenant).bind(id).bind(request).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Takes broadcasts back from a request that came to its end before anything went out: a draft is a draft again, and what
/// was stored with the request itself is cancelled.
pub async fn release(tx: &mut Tx, tenant: TenantId, request: RequestId) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update broadcast set state = case when created_by = $2 then 'cancelled' else 'draft' end,
            sent_by = case when created_by = $2 then sent_by else null end
         where tenant_id = $1 and sent_by = $2 and state in ('requested', 'scheduled')")
        .bind(tenant).bind(request).execute(c).await.map(drop))?;
    Ok(())
}
