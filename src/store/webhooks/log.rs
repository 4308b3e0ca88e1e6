//! The log of posts: what came, what was in it, what of it was set aside and taken up again.

use super::{Post, PostRow};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::webhooks::PostState;
use crate::store::{Db, Result, Tx, on, row, unsigned, word};

/// An event that could not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its place in the post.
    pub place: usize,
    /// What it is, as [`crate::domain::webhooks::What::word`] names it.
    pub kind: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub parked_at: Timestamp,
    /// When it was applied after all.
    pub applied_at: Option<Timestamp>,
}

/// A post with what became of it.
#[derive(Debug, Clone)]
pub struct Found {
    /// As it came.
    pub post: Post,
    /// Where it stands.
    pub state: PostState,
    /// What was set aside of it, in its order.
    pub aside: Vec<Aside>,
}

row! {
    struct AsideRow { place: i64, kind: String, why: String, parked_at: Timestamp, applied_at: Option<Timestamp> }
}

/// One post, whatever its state.
pub async fn find(db: &Db, tenant: TenantId, id: i64) -> Result<Option<Found>> {
    let post: Option<PostRow> = on!(read db, p => sqlx::query_as(
        "select id, tenant_id, body, received_at from webhook_post where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).fetch_optional(p).await)?;
    let Some(post) = post else { return Ok(None) };
    let (state,): (String,) = on!(read db, p => sqlx::query_as("select state from webhook_post where id = $1")
        .bind(id).fetch_one(p).await)?;
    let rows: Vec<AsideRow> = on!(read db, p => sqlx::query_as(
        "select place, kind, why, parked_at, applied_at from parked_event where tenant_id = $1 and post_id = $2 order by place")
        .bind(tenant).bind(id).fetch_all(p).await)?;
    let aside = rows.into_iter().map(|row| {
        Ok(Aside {
            place: unsigned("parked_event", "place", id, row.place)?,
            kind: row.kind,
            why: row.why,
            parked_at: row.parked_at,
            applied_at: row.applied_at,
        })
    });
    Ok(Some(Found {
        post: post.into(),
        state: word("webhook_post", "state", id, &state)?,
        aside: aside.collect::<Result<_>>()?,
    }))
}

/// Sets one event of a post aside, with the reason.
pub async fn park_event(tx: &mut Tx, post: &Post, place: usize, kind: &str, why: &str, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into parked_event (tenant_id, post_id, place, kind, why, parked_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (post_id, place) do update set why = excluded.why")
        .bind(post.tenant).bind(post.id).bind(i64::try_from(place).unwrap_or(i64::MAX)).bind(kind).bind(super::reason(why)).bind(now)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that an event that was set aside is applied now; `false` if it is not aside. Ends with the transaction that applies it.
pub async fn unpark_event(tx: &mut Tx, tenant: TenantId, post: i64, place: usize, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update parked_event set applied_at = $4 where tenant_id = $1 and post_id = $2 and place = $3 and applied_at is null")
        .bind(tenant).bind(post).bind(i64::try_from(place).unwrap_or(i64::MAX)).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Lets a post that nobody could read wait again.
pub async fn take_up(tx: &mut Tx, tenant: TenantId, post: i64) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update webhook_post set state = 'new', error = null, applied_at = null where tenant_id = $1 and id = $2 and state = 'parked'")
        .bind(tenant).bind(post).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}
