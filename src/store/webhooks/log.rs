//! The log of posts: what came, what was in it, what of it was set aside and taken up again.

use super::{Post, PostRow};
use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::webhooks::{Event, Left, Missing, PostState, Progress, left};
use crate::store::{Db, Result, Tx, json, on, row, unsigned, word};
use std::collections::BTreeMap;

/// An event that could not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its place in the post.
    pub place: usize,
    /// What it is, as [`crate::domain::webhooks::What::word`] names it.
    pub kind: String,
    /// Its [`crate::domain::webhooks::Event::key`]; none if it was set aside before keys were kept.
    pub key: Option<Hash>,
    /// Why.
    pub why: String,
    /// Since when.
    pub parked_at: Timestamp,
    /// How often it was tried in vain.
    pub tries: u64,
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
    /// Why nobody could read it.
    pub why: Option<String>,
    /// What was set aside of it, in its order.
    pub aside: Vec<Aside>,
}

impl Found {
    /// What of it is left to try, for the business that has this account.
    #[must_use]
    pub fn left(&self, account: &str) -> Left {
        let open = self.aside.iter().filter(|it| it.applied_at.is_none());
        let missing = |it: &Aside| Missing { place: it.place, kind: it.kind.clone(), key: it.key };
        left(self.state, &self.post.body, account, &open.map(missing).collect::<Vec<_>>())
    }
}

row! {
    struct AsideRow {
        place: i64, kind: String, key: Option<Vec<u8>>, why: String, parked_at: Timestamp, tries: i64,
        applied_at: Option<Timestamp>,
    }
}

/// One post, whatever its state.
pub async fn find(db: &Db, tenant: TenantId, id: i64) -> Result<Option<Found>> {
    let post: Option<PostRow> = on!(read db, p => sqlx::query_as(
        "select id, tenant_id, body, received_at from webhook_post where tenant_id = $1 and id = $2")
        .bind(tenant).bind(id).fetch_optional(p).await)?;
    let Some(post) = post else { return Ok(None) };
    let (state, why): (String, Option<String>) = on!(read db, p => sqlx::query_as(
        "select state, error from webhook_post where id = $1").bind(id).fetch_one(p).await)?;
    Ok(Some(Found {
        post: post.into(),
        state: word("webhook_post", "state", id, &state)?,
        why,
        aside: aside(db, tenant, id).await?,
    }))
}

async fn aside(db: &Db, tenant: TenantId, post: i64) -> Result<Vec<Aside>> {
    let rows: Vec<AsideRow> = on!(read db, p => sqlx::query_as(
        "select place, kind, key, why, parked_at, tries, applied_at from parked_event
         where tenant_id = $1 and post_id = $2 order by place")
        .bind(tenant).bind(post).fetch_all(p).await)?;
    let aside = rows.into_iter().map(|row| {
        Ok(Aside {
            place: unsigned("parked_event", "place", post, row.place)?,
            kind: row.kind,
            key: row.key.and_then(|key| Hash::try_from(key).ok()),
            why: row.why,
            parked_at: row.parked_at,
            tries: unsigned("parked_event", "tries", post, row.tries)?,
            applied_at: row.applied_at,
        })
    });
    aside.collect()
}

/// Which posts. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// How far they are.
    pub progress: Option<Progress>,
    /// With an event of this kind, as [`crate::domain::webhooks::What::word`] names it.
    pub kind: Option<String>,
    /// Not earlier.
    pub from: Option<Timestamp>,
    /// Not later.
    pub until: Option<Timestamp>,
    /// Only posts that came before this one: the cursor.
    pub before: Option<i64>,
}

/// A post as a line of the log.
#[derive(Debug, Clone)]
pub struct Line {
    /// What came, and what was set aside of it.
    pub found: Found,
    /// How many events of which kind; none before it was read.
    pub kinds: BTreeMap<String, u64>,
    /// When it was applied, or set aside as a whole.
    pub settled_at: Option<Timestamp>,
}

row! {
    struct LineRow { id: i64, kinds: Option<String>, applied_at: Option<Timestamp> }
}

/// Posts, the newest first. A post has a place before it can be seen, so one that is committed late may appear among those that were
/// read; none is given twice.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<Line>> {
    // The parts of `or` would make both databases walk all posts to find the few that are aside.
    macro_rules! lines {
        ($progress:literal) => {
            concat!(
                "select id, kinds, applied_at from webhook_post where tenant_id = $1 and ($2 is null or kinds like $2)
                    and ($3 is null or received_at >= $3) and ($4 is null or received_at <= $4) and ($5 is null or id < $5)",
                $progress,
                " order by id desc limit $6"
            )
        };
    }
    let sql = match filter.progress {
        None => lines!(""),
        Some(Progress::Waiting) => lines!(" and state = 'new'"),
        Some(Progress::Applied) => lines!(
            " and state = 'applied' and not exists (select 1 from parked_event e
                where e.tenant_id = $1 and e.post_id = webhook_post.id and e.applied_at is null)"
        ),
        Some(Progress::Parked) => lines!(
            " and id in (select p.id from webhook_post p where p.tenant_id = $1 and p.state = 'parked'
                union select e.post_id from parked_event e where e.tenant_id = $1 and e.applied_at is null)"
        ),
    };
    // `kinds` is a JSON object with a kind for each key.
    let kind = filter.kind.as_ref().map(|kind| format!("%\"{kind}\":%"));
    let rows: Vec<LineRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(kind).bind(filter.from).bind(filter.until).bind(filter.before).bind(i64::from(limit))
        .fetch_all(p).await)?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        // One by one: a post may be of three megabytes, and what was forgotten meanwhile is no line any more.
        let Some(found) = find(db, tenant, row.id).await? else { continue };
        let kinds = row.kinds.as_deref().map(|kinds| json("webhook_post", "kinds", row.id, kinds)).transpose()?;
        let kinds = kinds.unwrap_or_default();
        lines.push(Line { found, kinds, settled_at: row.applied_at });
    }
    Ok(lines)
}

/// Sets one event of a post aside, with the reason. One that is aside already was tried in vain once more.
pub async fn park_event(
    tx: &mut Tx,
    post: &Post,
    place: usize,
    event: &Event,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into parked_event (tenant_id, post_id, place, kind, key, why, parked_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (post_id, place) do update set why = excluded.why, tries = parked_event.tries + 1
            where parked_event.applied_at is null")
        .bind(post.tenant).bind(post.id).bind(i64::try_from(place).unwrap_or(i64::MAX)).bind(event.what.word())
        .bind(&event.key()[..]).bind(super::reason(why)).bind(now).execute(c).await.map(drop))?;
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
