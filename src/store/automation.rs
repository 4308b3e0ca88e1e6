//! Keyword rules, flows and auto-replies, in versions; which of them are live, and by which request.

mod past;
mod runs;

use super::{Db, Error, Result, Source, Tx, json, on, row, unsigned, word};
use crate::domain::automation::{Active, Authority, Content, Kind, Live, Subject, Version};
use crate::domain::canonical::{Digest, canonical};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AutoReplyId, FlowId, KeywordRuleId, RequestId, TenantId};
use uuid::Uuid;

pub use past::{PastMessage, past, standing_in};
pub use runs::{Hits, Run, RunFilter, hits, leave_place, place, put_place, recent, record, runs};

const TABLE: &str = "automation";
const VERSIONS: &str = "automation_version";

/// A subject with its newest version, and what of it is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its newest version.
    pub newest: Version,
    /// The version that is live; none if none is.
    pub live: Option<u32>,
    /// The request that last switched it on or off, and when.
    pub switched: Option<(RequestId, Timestamp)>,
}

fn subject(kind: Kind, id: Uuid) -> Subject {
    match kind {
        Kind::KeywordRule => Subject::KeywordRule(KeywordRuleId::from_uuid(id)),
        Kind::Flow => Subject::Flow(FlowId::from_uuid(id)),
        Kind::AutoReply => Subject::AutoReply(AutoReplyId::from_uuid(id)),
    }
}

const fn uuid(subject: Subject) -> Uuid {
    match subject {
        Subject::KeywordRule(id) => id.uuid(),
        Subject::Flow(id) => id.uuid(),
        Subject::AutoReply(id) => id.uuid(),
    }
}

row! {
    struct VersionRow {
        id: Uuid, version: i64, content: String, digest: Digest, request_id: RequestId, created_at: Timestamp,
    }
}

impl TryFrom<VersionRow> for Version {
    type Error = Error;
    fn try_from(row: VersionRow) -> Result<Self> {
        let content: Content = json(VERSIONS, "content", row.id, &row.content)?;
        // What answers customers is what was signed, or nothing.
        let digest = content.digest().map_err(|e| Error::inconsistent(VERSIONS, "content", row.id, e))?;
        if digest != row.digest || uuid(content.subject()) != row.id {
            return Err(Error::inconsistent(VERSIONS, "content", row.id, "it is not what its digest was made of"));
        }
        let version = unsigned(VERSIONS, "version", row.id, row.version)?;
        Ok(Self { version, content, digest, request: row.request_id, created_at: row.created_at })
    }
}

/// Stores a new version as a draft, the first if there is none; gives it back with its number.
pub async fn add_version(
    tx: &mut Tx,
    tenant: TenantId,
    content: &Content,
    request: RequestId,
    now: Timestamp,
) -> Result<Version> {
    let id = uuid(content.subject());
    let bad = |e| Error::inconsistent(VERSIONS, "content", id, e);
    let (text, digest) = (canonical(content).map_err(bad)?, content.digest().map_err(bad)?);
    on!(tx &mut *tx, c => sqlx::query(
        "insert into automation (tenant_id, id, kind) values ($1, $2, $3) on conflict (tenant_id, id) do nothing")
        .bind(tenant).bind(id).bind(content.subject().kind().as_str()).execute(c).await.map(drop))?;
    // Two writers of one version meet in the primary key, and the second fails.
    let (version,): (i64,) = on!(tx tx, c => sqlx::query_as(
        "insert into automation_version (tenant_id, id, version, name, content, digest, request_id, created_at)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7 from automation_version where tenant_id = $1 and id = $2
         returning version")
        .bind(tenant).bind(id).bind(content.name()).bind(text).bind(digest).bind(request).bind(now).fetch_one(c).await)?;
    let version = unsigned(VERSIONS, "version", id, version)?;
    Ok(Version { version, content: content.clone(), digest, request, created_at: now })
}

/// Makes a version live, or none. `expected` is what the request was made on. `false` if something else is live by now, or there
/// is no such version; the transaction of the request then has to be given up.
pub async fn switch(
    tx: &mut Tx,
    tenant: TenantId,
    subject: Subject,
    expected: Option<u32>,
    to: Option<u32>,
    request: RequestId,
    now: Timestamp,
) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update automation set live_version = $4, switched_by = $5, switched_at = $6
         where tenant_id = $1 and id = $2 and coalesce(live_version, 0) = $3 and ($4 is null or exists (
            select 1 from automation_version v where v.tenant_id = $1 and v.id = $2 and v.version = $4))")
        .bind(tenant).bind(uuid(subject)).bind(i64::from(expected.unwrap_or(0))).bind(to.map(i64::from))
        .bind(request).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

row! {
    struct StoredRow {
        id: Uuid, version: i64, content: String, digest: Digest, request_id: RequestId, created_at: Timestamp,
        live_version: Option<i64>, switched_by: Option<RequestId>, switched_at: Option<Timestamp>,
    }
}

impl TryFrom<StoredRow> for Stored {
    type Error = Error;
    fn try_from(row: StoredRow) -> Result<Self> {
        let StoredRow { id, version, content, digest, request_id, created_at, live_version, .. } = row;
        Ok(Self {
            newest: VersionRow { id, version, content, digest, request_id, created_at }.try_into()?,
            live: live_version.map(|version| unsigned(TABLE, "live_version", id, version)).transpose()?,
            switched: row.switched_by.zip(row.switched_at),
        })
    }
}

macro_rules! stored {
    ($tail:literal) => {
        concat!(
            "select v.id, v.version, v.content, v.digest, v.request_id, v.created_at, a.live_version, a.switched_by, a.switched_at
             from automation a join automation_version v on v.tenant_id = a.tenant_id and v.id = a.id
                and v.version = (select max(n.version) from automation_version n where n.tenant_id = a.tenant_id and n.id = a.id) ",
            $tail
        )
    };
}

/// The newest version of a subject, and what of it is live.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, subject: Subject) -> Result<Option<Stored>> {
    const SQL: &str = stored!("where a.tenant_id = $1 and a.id = $2 and a.kind = $3");
    let row: Option<StoredRow> = on!(from source.into(), c => sqlx::query_as(SQL)
        .bind(tenant).bind(uuid(subject)).bind(subject.kind().as_str()).fetch_optional(c).await)?;
    row.map(Stored::try_from).transpose()
}

/// One version of a subject.
pub async fn version(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    subject: Subject,
    version: u32,
) -> Result<Option<Version>> {
    let row: Option<VersionRow> = on!(from source.into(), c => sqlx::query_as(
        "select id, version, content, digest, request_id, created_at from automation_version
         where tenant_id = $1 and id = $2 and version = $3")
        .bind(tenant).bind(uuid(subject)).bind(i64::from(version)).fetch_optional(c).await)?;
    row.map(Version::try_from).transpose()
}

/// What to look for. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Not of this one.
    pub but: Option<Kind>,
    /// Live, or not.
    pub live: Option<bool>,
    /// Comes after this name and subject: the cursor.
    pub after: Option<(String, Subject)>,
}

/// Subjects by name, each with its newest version.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<Stored>> {
    const SQL: &str = stored!(
        "where a.tenant_id = $1 and ($2 is null or a.kind = $2) and ($7 is null or a.kind <> $7)
            and ($3 is null or (a.live_version is not null) = ($3 = 1)) and ($4 is null or (v.name, v.id) > ($4, $5))
         order by v.name, v.id limit $6"
    );
    let (name, last) = filter.after.clone().unzip();
    let rows: Vec<StoredRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(filter.kind.map(Kind::as_str)).bind(filter.live.map(i64::from)).bind(name)
        .bind(last.map(uuid)).bind(i64::from(limit)).bind(filter.but.map(Kind::as_str)).fetch_all(p).await)?;
    rows.into_iter().map(Stored::try_from).collect()
}

row! {
    struct LiveRow {
        id: Uuid, version: i64, content: String, digest: Digest, request_id: RequestId, created_at: Timestamp,
        switched_by: RequestId,
    }
}

/// All that is live. What cannot be read is not: it was signed as it was, or says nothing.
pub async fn active(source: impl Into<Source<'_>>, tenant: TenantId) -> Result<Active> {
    let rows: Vec<LiveRow> = on!(from source.into(), c => sqlx::query_as(
        "select v.id, v.version, v.content, v.digest, v.request_id, v.created_at, a.switched_by
         from automation a join automation_version v on v.tenant_id = a.tenant_id and v.id = a.id and v.version = a.live_version
         where a.tenant_id = $1").bind(tenant).fetch_all(c).await)?;
    let mut active = Active::default();
    for row in rows {
        let LiveRow { id, version, content, digest, request_id, created_at, switched_by } = row;
        match Version::try_from(VersionRow { id, version, content, digest, request_id, created_at }) {
            Ok(Version { version, content, .. }) => {
                active.put(Live { version, authority: Authority::Request(switched_by), content });
            }
            // Perhaps a newer daemon wrote it. A message to which it says nothing is not lost with it.
            Err(e) => {
                tracing::error!(%tenant, automation = %id, version, error = %e, "what is live cannot be read, and keeps still");
                metrics::counter!("countersign_automation_unreadable_total").increment(1);
            }
        }
    }
    Ok(active)
}

/// Reads a subject from its two columns.
fn read_subject(row: impl ToString, kind: &str, id: Uuid) -> Result<Subject> {
    Ok(subject(word(TABLE, "kind", row, kind)?, id))
}
