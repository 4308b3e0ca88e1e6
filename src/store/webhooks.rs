//! What Meta sent, kept whole before it is answered; and what the numbers and templates say after it was applied.

mod log;

use super::{Db, Result, Tx, on, row};
use crate::domain::canonical::{Hash, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::ServiceWindow;
use crate::domain::ids::TenantId;
use crate::domain::templates::{Quality, TemplateStatus};
use std::collections::BTreeMap;
use std::time::Duration;

pub use log::{Aside, Filter, Found, Line, find, list, park_event, take_up, unpark_event};

/// A post of Meta's that waits to be applied.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its place in the order of arrival.
    pub id: i64,
    /// For whom.
    pub tenant: TenantId,
    /// As it came.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
}

row! {
    struct PostRow { id: i64, tenant_id: TenantId, body: Vec<u8>, received_at: Timestamp }
}

impl From<PostRow> for Post {
    fn from(row: PostRow) -> Self {
        Self { id: row.id, tenant: row.tenant_id, body: row.body, received_at: row.received_at }
    }
}

/// Keeps posts, and says how many of them were new: the same bytes are kept once. Whoever answers 200 must have seen the
/// commit.
pub async fn keep(tx: &mut Tx, posts: &[(TenantId, &[u8])], now: Timestamp) -> Result<u64> {
    let hash = |body: &[u8]| -> Vec<u8> { sha256(body).to_vec() };
    match tx {
        Tx::Sqlite(t) => {
            let mut kept = 0;
            for (tenant, body) in posts {
                let done = sqlx::query(
                    "insert into webhook_post (tenant_id, body_hash, body, received_at, state, events)
                     values ($1, $2, $3, $4, 'new', 0) on conflict (tenant_id, body_hash) do nothing",
                );
                let done = done.bind(tenant).bind(hash(body)).bind(*body).bind(now).execute(&mut **t).await?;
                kept += done.rows_affected();
            }
            Ok(kept)
        }
        // Each statement is a way there and back, while others wait for their answer.
        Tx::Postgres(t) => {
            let tenants: Vec<uuid::Uuid> = posts.iter().map(|(tenant, _)| tenant.uuid()).collect();
            let hashes: Vec<Vec<u8>> = posts.iter().map(|(_, body)| hash(body)).collect();
            let bodies: Vec<&[u8]> = posts.iter().map(|(_, body)| *body).collect();
            let done = sqlx::query(
                "insert into webhook_post (tenant_id, body_hash, body, received_at, state, events)
                 select tenant, hash, body, $4, 'new', 0
                 from unnest($1::uuid[], $2::bytea[], $3::bytea[]) with ordinality x (tenant, hash, body, n) order by n
                 on conflict (tenant_id, body_hash) do nothing",
            );
            let done = done.bind(tenants).bind(hashes).bind(bodies).bind(now).execute(&mut **t).await?;
            Ok(done.rows_affected())
        }
    }
}

/// The oldest posts that wait, locked against other daemons until the transaction ends. Posts of one tenant are applied in
/// the order of their arrival, so where another daemon is at work nothing is taken.
pub async fn take(tx: &mut Tx, limit: u32) -> Result<Vec<Post>> {
    if let Tx::Postgres(t) = tx {
        let (free,): (bool,) = sqlx::query_as("select pg_try_advisory_xact_lock(7201, 1)").fetch_one(&mut **t).await?;
        if !free {
            return Ok(Vec::new());
        }
    }
    let rows: Vec<PostRow> = on!(tx tx, c => sqlx::query_as(
        "select id, tenant_id, body, received_at from webhook_post where state = 'new' order by id limit $1")
        .bind(i64::from(limit)).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Post::from).collect())
}

/// What was found in a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Which post.
    pub post: i64,
    /// How many events of which kind.
    pub kinds: BTreeMap<&'static str, u64>,
}

/// Writes down that posts were applied.
pub async fn applied(tx: &mut Tx, posts: &[Read], now: Timestamp) -> Result<()> {
    macro_rules! applied {
        ($with:literal, $list:literal, $keys:literal) => {
            concat!(
                $with,
                "update webhook_post set state = 'applied', events = o_events, kinds = o_kinds, error = null, applied_at = $2 from ",
                $list,
                " where id = o_id",
                $keys
            )
        };
    }
    const SQLITE: &str = applied!(
        "with o as materialized (select json_extract(value, '$[0]') as o_id, json_extract(value, '$[1]') as o_events,
            json_extract(value, '$[2]') as o_kinds from json_each($1)) ",
        "o",
        ""
    );
    const POSTGRES: &str = applied!(
        "",
        "(select (v->>0)::bigint as o_id, (v->>1)::bigint as o_events, v->>2 as o_kinds from json_array_elements($1::json) v) o",
        " and id = any(array(select (v->>0)::bigint from json_array_elements($1::json) v))"
    );
    let mut rows = Vec::with_capacity(posts.len());
    for read in posts {
        let kinds = super::to_json("webhook_post", "kinds", &read.kinds)?;
        rows.push((read.post, read.kinds.values().sum::<u64>(), kinds));
    }
    let (sql, list) =
        (if tx.is_postgres() { POSTGRES } else { SQLITE }, super::to_json("webhook_post", "a list", &rows)?);
    on!(tx tx, c => sqlx::query(sql).bind(list).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// Sets a post aside that cannot be applied, with the reason, so that it blocks nothing.
pub async fn park(tx: &mut Tx, id: i64, why: &str, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query("update webhook_post set state = 'parked', error = $2, applied_at = $3 where id = $1 and state = 'new'")
        .bind(id).bind(reason(why)).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// A reason, fit for people to read.
fn reason(why: &str) -> String {
    why.chars().filter(|c| !c.is_control()).take(500).collect()
}

/// How the inbox stands, for people and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Posts that wait.
    pub waiting: u64,
    /// Posts that were set aside because nobody could read them.
    pub parked: u64,
    /// Events that were set aside because they could not be applied.
    pub aside: u64,
    /// When the oldest of those that wait came.
    pub oldest: Option<Timestamp>,
}

/// How the inbox stands.
pub async fn backlog(db: &Db) -> Result<Backlog> {
    let rows: Vec<(String, i64, Option<Timestamp>)> = on!(read db, p => sqlx::query_as(
        "select state, count(*), min(received_at) from webhook_post where state in ('new', 'parked') group by state").fetch_all(p).await)?;
    let mut backlog = Backlog::default();
    for (state, n, oldest) in rows {
        let n = super::unsigned("webhook_post", "count", &state, n)?;
        if state == "new" {
            (backlog.waiting, backlog.oldest) = (n, oldest);
        } else {
            backlog.parked = n;
        }
    }
    let (aside,): (i64,) = on!(read db, p => sqlx::query_as("select count(*) from parked_event where applied_at is null")
        .fetch_one(p).await)?;
    backlog.aside = super::unsigned("parked_event", "count", "aside", aside)?;
    Ok(backlog)
}

/// Forgets posts that were applied before then, unless something of them is still aside. Meta repeats what was not answered for
/// up to seven days; keep them longer.
pub async fn forget(db: &Db, before: Timestamp) -> Result<u64> {
    on!(write db, p => sqlx::query("delete from webhook_seen where at < $1").bind(before).execute(p).await.map(drop))?;
    let gone = on!(write db, p => sqlx::query(
        "delete from webhook_post where state = 'applied' and applied_at < $1
            and not exists (select 1 from parked_event e where e.post_id = webhook_post.id and e.applied_at is null)")
        .bind(before).execute(p).await.map(|r| r.rows_affected()))?;
    Ok(gone)
}

/// A message that a customer wrote.
#[derive(Debug, Clone)]
pub struct Inbound<'a> {
    /// Meta's id of it.
    pub wamid: &'a str,
    /// The number it was sent to.
    pub phone_number_id: &'a str,
    /// Who wrote.
    pub contact: ContactNo,
    /// Meta's word for its kind.
    pub kind: &'a str,
    /// Its text, if it has one.
    pub body: Option<&'a str>,
    /// What it holds besides: a place, a cart, the name of a file.
    pub details: Option<serde_json::Value>,
    /// The message that it answers.
    pub context: Option<&'a str>,
    /// When, by Meta's clock.
    pub sent_at: Timestamp,
}

/// Keeps a customer's message and opens the window for answers; `false` if it was here before.
pub async fn receive(tx: &mut Tx, tenant: TenantId, message: &Inbound<'_>, now: Timestamp) -> Result<bool> {
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "insert into inbound_message (tenant_id, wamid, phone_number_id, contact_no, kind, body, context_wamid, sent_at, received_at, details)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant_id, wamid) do nothing")
        .bind(tenant).bind(plain(message.wamid)).bind(plain(message.phone_number_id)).bind(message.contact)
        .bind(plain(message.kind)).bind(message.body.map(plain)).bind(message.context.map(plain)).bind(message.sent_at)
        .bind(now).bind(message.details.as_ref().map(|it| plain(&it.to_string()))).execute(c).await.map(|r| r.rows_affected()))?;
    if hit != 1 {
        return Ok(false);
    }
    // A message that comes late must not shorten the window that a later one has opened.
    on!(tx tx, c => sqlx::query(
        "insert into service_window (tenant_id, phone_number_id, contact_no, opened_at, closes_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, phone_number_id, contact_no) do update set opened_at = excluded.opened_at, closes_at = excluded.closes_at
            where service_window.closes_at < excluded.closes_at")
        .bind(tenant).bind(plain(message.phone_number_id)).bind(message.contact).bind(message.sent_at)
        .bind(ServiceWindow { opened_at: message.sent_at }.closes_at()).execute(c).await.map(drop))?;
    Ok(true)
}

/// Text from outside, fit for a column: PostgreSQL keeps no NUL.
fn plain(text: &str) -> String {
    text.replace('\0', "")
}

/// Remembers an event by its key; `false` if it was remembered.
pub async fn first_seen(tx: &mut Tx, tenant: TenantId, key: &Hash, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "insert into webhook_seen (tenant_id, key, at) values ($1, $2, $3) on conflict do nothing")
        .bind(tenant).bind(&key[..]).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// What Meta did with a person lately, for the next audience to respect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Refused marketing to the person, because the person gets much of it.
    Capped,
    /// Holds the person out of marketing, as an experiment.
    Experiment,
}

/// Notes it on the contact.
pub async fn refused(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactNo,
    refusal: Refusal,
    now: Timestamp,
) -> Result<()> {
    let sql = match refusal {
        Refusal::Capped => "update contact set meta_capped_at = $3 where tenant_id = $1 and no = $2",
        Refusal::Experiment => "update contact set experiment_at = $3 where tenant_id = $1 and no = $2",
    };
    on!(tx tx, c => sqlx::query(sql).bind(tenant).bind(contact).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// News of a template. What was read from Meta after the news was sent is newer than the news.
#[derive(Debug, Clone, Default)]
pub struct TemplateNews {
    /// Where it stands now.
    pub status: Option<TemplateStatus>,
    /// How people take it now.
    pub quality: Option<Quality>,
    /// What Meta takes it for now.
    pub category: Option<MessageCategory>,
    /// What Meta will take it for, as announced.
    pub correct_category: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
}

row! {
    struct NamedRow { name: String, language: String }
}

/// Writes news of a template down, and says which one it is by name and language; none if the template is not known, or the
/// news is old or no news: Meta tells of one pause in several posts.
pub async fn template_news(
    tx: &mut Tx,
    tenant: TenantId,
    meta_id: &str,
    news: &TemplateNews,
    at: Timestamp,
) -> Result<Option<(String, String)>> {
    let (status, quality) = (news.status.map(TemplateStatus::as_str), news.quality.map(Quality::as_str));
    let (category, correct) = (news.category.map(MessageCategory::as_str), news.correct_category.as_deref().map(plain));
    let reason = news.reason.as_deref().map(plain);
    let hit: Option<NamedRow> = on!(tx tx, c => sqlx::query_as(
        "update message_template set status = coalesce($3, status), quality = coalesce($4, quality),
            category = coalesce($5, category), correct_category = coalesce($6, correct_category),
            rejected_reason = coalesce($7, rejected_reason)
         where tenant_id = $1 and meta_id = $2 and synced_at < $8
            and (status <> coalesce($3, status) or quality <> coalesce($4, quality) or category <> coalesce($5, category)
                or ($6 is not null and coalesce(correct_category, '') <> $6)
                or ($7 is not null and coalesce(rejected_reason, '') <> $7))
         returning name, language")
        .bind(tenant).bind(meta_id).bind(status).bind(quality).bind(category).bind(correct).bind(reason)
        .bind(at.after(Duration::from_secs(1)))
        .fetch_optional(c).await)?;
    Ok(hit.map(|row| (row.name, row.language)))
}
