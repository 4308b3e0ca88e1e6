//! Drafts of templates, in versions: a change adds one, and what was submitted stays.

use crate::domain::canonical::{Digest, canonical};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::templates::draft::{DraftPlan, StoredDraft, TemplateDraft};
use crate::store::{Error, Result, Source, Tx, json, on, row, unsigned, word};

const TABLE: &str = "template_draft";

row! {
    struct DraftRow {
        name: String, version: i64, mark: String, content: String, digest: Digest, request_id: RequestId,
        created_at: Timestamp,
    }
}

macro_rules! draft {
    ($tail:literal) => {
        concat!("select name, version, mark, content, digest, request_id, created_at from template_draft ", $tail)
    };
}

impl TryFrom<DraftRow> for StoredDraft {
    type Error = Error;
    fn try_from(row: DraftRow) -> Result<Self> {
        let draft: TemplateDraft = json(TABLE, "content", &row.name, &row.content)?;
        // What goes to Meta is what was stored, or nothing.
        let digest = draft.digest().map_err(|e| Error::inconsistent(TABLE, "content", &row.name, e))?;
        if digest != row.digest {
            return Err(Error::inconsistent(TABLE, "content", &row.name, "it is not what its digest was made of"));
        }
        Ok(Self {
            version: unsigned(TABLE, "version", &row.name, row.version)?,
            mark: word(TABLE, "mark", &row.name, &row.mark)?,
            draft,
            digest,
            request: row.request_id,
            created_at: row.created_at,
        })
    }
}

/// Stores a version on top of the one that it was made on; its number. Two writers of one version meet in the primary key, and
/// the second fails.
pub async fn add_version(
    tx: &mut Tx,
    tenant: TenantId,
    plan: &DraftPlan,
    request: RequestId,
    now: Timestamp,
) -> Result<u32> {
    let DraftPlan { base, mark, draft } = plan;
    let bad = |e| Error::inconsistent(TABLE, "content", &draft.name, e);
    let (content, digest) = (canonical(draft).map_err(bad)?, draft.digest().map_err(bad)?);
    let version = base.saturating_add(1);
    on!(tx tx, c => sqlx::query(
        "insert into template_draft (tenant_id, name, version, mark, content, digest, request_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(tenant).bind(draft.name.as_str()).bind(i64::from(version)).bind(mark.as_str()).bind(content).bind(digest)
        .bind(request).bind(now).execute(c).await.map(drop))?;
    Ok(version)
}

/// The newest version of the draft of this name.
pub async fn newest(source: impl Into<Source<'_>>, tenant: TenantId, name: &str) -> Result<Option<StoredDraft>> {
    const SQL: &str = draft!("where tenant_id = $1 and name = $2 order by version desc limit 1");
    let row: Option<DraftRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(name).fetch_optional(c).await)?;
    row.map(StoredDraft::try_from).transpose()
}
