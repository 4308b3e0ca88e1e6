//! Message templates, as they were last read from Meta; their drafts, and what of those is on its way there.

pub mod drafts;
pub mod submissions;

use super::{Db, Error, Result, Source, Tx, on, row, to_json, word};
use crate::domain::clock::Timestamp;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::Language;
use crate::domain::ids::TenantId;
use crate::domain::templates::{MessageTemplate, Quality, TemplateStatus};

row! {
    struct TemplateRow {
        name: String, language: String, meta_id: String, category: String, status: String, quality: String,
        rejected_reason: Option<String>, correct_category: Option<String>, content: String, synced_at: Timestamp,
    }
}

macro_rules! template {
    ($tail:literal) => {
        concat!(
            "select name, language, meta_id, category, status, quality, rejected_reason, correct_category, content, synced_at from message_template ",
            $tail
        )
    };
}

impl TryFrom<TemplateRow> for MessageTemplate {
    type Error = Error;
    fn try_from(row: TemplateRow) -> Result<Self> {
        const TABLE: &str = "message_template";
        let correct = row.correct_category.map(|c| word(TABLE, "correct_category", &row.name, &c));
        Ok(Self {
            language: word(TABLE, "language", &row.name, &row.language)?,
            category: word(TABLE, "category", &row.name, &row.category)?,
            status: word(TABLE, "status", &row.name, &row.status)?,
            quality: word(TABLE, "quality", &row.name, &row.quality)?,
            correct_category: correct.transpose()?,
            content: super::json(TABLE, "content", &row.name, &row.content)?,
            name: row.name,
            meta_id: row.meta_id,
            rejected_reason: row.rejected_reason,
            synced_at: row.synced_at,
        })
    }
}

/// Stores a template as it is at Meta now.
pub async fn upsert(tx: &mut Tx, tenant: TenantId, template: &MessageTemplate) -> Result<()> {
    let content = to_json("message_template", "content", &template.content)?;
    on!(tx tx, c => sqlx::query(
        "insert into message_template (tenant_id, name, language, meta_id, category, status, quality, rejected_reason, correct_category, content, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (tenant_id, name, language) do update set meta_id = excluded.meta_id, category = excluded.category,
            status = excluded.status, quality = excluded.quality, rejected_reason = excluded.rejected_reason,
            correct_category = excluded.correct_category, content = excluded.content, synced_at = excluded.synced_at")
        .bind(tenant).bind(&template.name).bind(template.language.as_str()).bind(&template.meta_id)
        .bind(template.category.as_str()).bind(template.status.as_str()).bind(template.quality.as_str())
        .bind(&template.rejected_reason).bind(template.correct_category.map(MessageCategory::as_str)).bind(content)
        .bind(template.synced_at).execute(c).await.map(drop))?;
    Ok(())
}

/// Every language of a template, by language.
pub async fn of_name(source: impl Into<Source<'_>>, tenant: TenantId, name: &str) -> Result<Vec<MessageTemplate>> {
    const SQL: &str = template!("where tenant_id = $1 and name = $2 order by language");
    let rows: Vec<TemplateRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(name).fetch_all(c).await)?;
    rows.into_iter().map(MessageTemplate::try_from).collect()
}

/// The template with this id at Meta, as its events name it.
pub async fn by_meta_id(db: &Db, tenant: TenantId, meta_id: &str) -> Result<Option<MessageTemplate>> {
    const SQL: &str = template!("where tenant_id = $1 and meta_id = $2 order by language limit 1");
    let row: Option<TemplateRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(meta_id).fetch_optional(p).await)?;
    row.map(MessageTemplate::try_from).transpose()
}

/// What to look for. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this name.
    pub name: Option<String>,
    /// Standing so at Meta.
    pub status: Option<TemplateStatus>,
    /// Of this category.
    pub category: Option<MessageCategory>,
    /// In this language.
    pub language: Option<Language>,
    /// Received so.
    pub quality: Option<Quality>,
    /// Comes after this name and language: the cursor.
    pub after: Option<(String, String)>,
}

/// Templates by name and language.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<MessageTemplate>> {
    const SQL: &str = template!(
        "where tenant_id = $1 and ($2 is null or name = $2) and ($3 is null or status = $3)
            and ($4 is null or category = $4) and ($5 is null or language = $5) and ($6 is null or quality = $6)
            and ($7 is null or (name, language) > ($7, $8))
         order by name, language limit $9"
    );
    let (after_name, after_language) = filter.after.clone().unzip();
    let rows: Vec<TemplateRow> = on!(read db, p => sqlx::query_as(SQL)
        .bind(tenant).bind(filter.name.clone()).bind(filter.status.map(TemplateStatus::as_str))
        .bind(filter.category.map(MessageCategory::as_str)).bind(filter.language.as_ref().map(ToString::to_string))
        .bind(filter.quality.map(Quality::as_str)).bind(after_name).bind(after_language).bind(i64::from(limit))
        .fetch_all(p).await)?;
    rows.into_iter().map(MessageTemplate::try_from).collect()
}

/// Every template in every language.
pub async fn all(db: &Db, tenant: TenantId) -> Result<Vec<MessageTemplate>> {
    list(db, tenant, &Filter::default(), u32::MAX).await
}
