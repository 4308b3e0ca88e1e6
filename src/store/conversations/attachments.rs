//! Files of customers: noted with their message, claimed to be fetched, and what became of them.

use crate::domain::clock::Timestamp;
use crate::domain::conversations::attachments::{AttachmentState, Fetch, KEPT_AT_META};
use crate::domain::ids::{AssetId, TenantId};
use crate::store::{Db, Error, Result, Tx, on, row, unsigned, word};
use std::time::Duration;

const TABLE: &str = "attachment";

/// A file that a customer sent.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// With which message.
    pub wamid: &'a str,
    /// To which number of the business.
    pub number: &'a str,
    /// Meta's id of it.
    pub media_id: &'a str,
    /// Its hash, as Meta writes it.
    pub sha256: Option<&'a str>,
    /// What the customer's phone called it.
    pub filename: Option<&'a str>,
}

/// Notes that it is to be fetched before Meta forgets it.
pub async fn attach(
    tx: &mut Tx,
    tenant: TenantId,
    file: &Attachment<'_>,
    sent_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let plain = |text: &str| text.replace('\0', "");
    on!(tx tx, c => sqlx::query(
        "insert into attachment (tenant_id, wamid, phone_number_id, media_id, sha256, filename, state, tries, due_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $8) on conflict do nothing")
        .bind(tenant).bind(plain(file.wamid)).bind(plain(file.number)).bind(plain(file.media_id)).bind(file.sha256.map(plain))
        .bind(file.filename.map(plain)).bind(now).bind(sent_at.after(KEPT_AT_META)).execute(c).await.map(drop))?;
    Ok(())
}

/// A file that was claimed, to be fetched by whoever claimed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub tenant: TenantId,
    /// With which message it came.
    pub wamid: String,
    /// To which number of the business.
    pub number: String,
    /// Meta's id of it.
    pub media_id: String,
    /// Its hash, as Meta wrote it into the message.
    pub sha256: Option<String>,
    /// What the customer's phone called it.
    pub filename: Option<String>,
    /// Which try this is, from 1.
    pub tries: u32,
    /// When Meta forgets it.
    pub expires_at: Timestamp,
}

row! {
    struct DueRow {
        tenant_id: TenantId, wamid: String, phone_number_id: String, media_id: String, sha256: Option<String>,
        filename: Option<String>, tries: i64, expires_at: Timestamp,
    }
}

impl TryFrom<DueRow> for Due {
    type Error = Error;
    fn try_from(row: DueRow) -> Result<Self> {
        Ok(Self {
            tries: unsigned(TABLE, "tries", &row.wamid, row.tries)?,
            tenant: row.tenant_id,
            wamid: row.wamid,
            number: row.phone_number_id,
            media_id: row.media_id,
            sha256: row.sha256,
            filename: row.filename,
            expires_at: row.expires_at,
        })
    }
}

/// Claims files that are due, those first that have waited longest. Nobody else gets them for `held`; after each try of which
/// nothing was heard, for longer: a file by which daemons die must not keep them from all others.
pub async fn claim(db: &Db, held: Duration, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
    macro_rules! claim {
        ($lock:literal) => {
            concat!(
                "update attachment set tries = tries + 1, due_at = $1 + $2 * (tries + 1)
                 where state = 'waiting' and (tenant_id, wamid) in (select tenant_id, wamid from attachment
                    where state = 'waiting' and due_at <= $1 order by due_at, wamid limit $3",
                $lock,
                ") returning tenant_id, wamid, phone_number_id, media_id, sha256, filename, tries, expires_at"
            )
        };
    }
    let sql = if db.is_postgres() { claim!(" for update skip locked") } else { claim!("") };
    let held = i64::try_from(held.as_micros()).unwrap_or(i64::MAX);
    let rows: Vec<DueRow> = on!(write db, p => sqlx::query_as(sql)
        .bind(now).bind(held).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(Due::try_from).collect()
}

/// Writes down how that try ended; `false` if the file was claimed anew in the meantime.
pub async fn settle(db: &Db, due: &Due, fetch: &Fetch) -> Result<bool> {
    let (asset, why, at) = match fetch {
        Fetch::Kept(asset) => (Some(*asset), None, None),
        Fetch::Refused(why) | Fetch::Lost(why) => (None, Some(why), None),
        Fetch::Again(at, why) => (None, Some(why), Some(*at)),
    };
    let hit = on!(write db, p => sqlx::query(
        "update attachment set state = $4, asset_id = $5, why = $6, due_at = coalesce($7, due_at)
         where tenant_id = $1 and wamid = $2 and tries = $3 and state = 'waiting'")
        .bind(due.tenant).bind(&due.wamid).bind(i64::from(due.tries)).bind(fetch.state().as_str()).bind(asset)
        .bind(why.map(|why| why.replace('\0', ""))).bind(at).execute(p).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// A customer's file, for those who may read the thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub state: AttachmentState,
    /// The file, once it is kept.
    pub asset: Option<AssetId>,
    /// Why it is not kept, or not yet.
    pub why: Option<String>,
    /// How often it was tried.
    pub tries: u32,
    /// From when on it is tried again, while it waits.
    pub due_at: Timestamp,
}

row! {
    struct StandingRow { state: String, asset_id: Option<AssetId>, why: Option<String>, tries: i64, due_at: Timestamp }
}

/// What became of the file that came with a message.
pub async fn of_message(db: &Db, tenant: TenantId, wamid: &str) -> Result<Option<Standing>> {
    let row: Option<StandingRow> = on!(read db, p => sqlx::query_as(
        "select state, asset_id, why, tries, due_at from attachment where tenant_id = $1 and wamid = $2")
        .bind(tenant).bind(wamid).fetch_optional(p).await)?;
    let standing = |row: StandingRow| {
        Ok(Standing {
            state: word(TABLE, "state", wamid, &row.state)?,
            asset: row.asset_id,
            why: row.why,
            tries: unsigned(TABLE, "tries", wamid, row.tries)?,
            due_at: row.due_at,
        })
    };
    row.map(standing).transpose()
}
