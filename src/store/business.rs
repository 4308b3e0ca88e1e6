//! The business's own numbers, as they were last read from Meta.

mod profiles;

pub use profiles::{ProfileRead, profile_failed, profiles, put_profile};

use super::{Error, Result, Source, Tx, on, row, unsigned, word};
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::masked::ProviderId;

row! {
    struct NumberRow {
        meta_id: String, display: String, name: String, status: String, quality: String, portfolio_limit: Option<i64>,
        per_second: i64, synced_at: Timestamp,
    }
}

impl TryFrom<NumberRow> for SendingNumber {
    type Error = Error;
    fn try_from(row: NumberRow) -> Result<Self> {
        let place = &row.display;
        Ok(Self {
            quality: word("phone_number", "quality", place, &row.quality)?,
            portfolio_limit: row
                .portfolio_limit
                .map(|limit| unsigned("phone_number", "portfolio_limit", place, limit))
                .transpose()?,
            per_second: unsigned("phone_number", "per_second", place, row.per_second)?,
            id: ProviderId::new(row.meta_id),
            display: row.display,
            name: row.name,
            status: row.status,
            synced_at: row.synced_at,
        })
    }
}

/// Stores a number as it is at Meta now.
pub async fn upsert_number(tx: &mut Tx, tenant: TenantId, number: &SendingNumber) -> Result<()> {
    let limit = number.portfolio_limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
    on!(tx tx, c => sqlx::query(
        "insert into phone_number (tenant_id, meta_id, display, name, status, quality, portfolio_limit, per_second, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (tenant_id, meta_id) do update set display = excluded.display, name = excluded.name,
            status = excluded.status, quality = excluded.quality, portfolio_limit = excluded.portfolio_limit,
            per_second = excluded.per_second, synced_at = excluded.synced_at")
        .bind(tenant).bind(number.id.for_meta()).bind(&number.display).bind(&number.name).bind(&number.status)
        .bind(number.quality.as_str()).bind(limit).bind(i64::from(number.per_second)).bind(number.synced_at)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The numbers of this tenant, by display. `after` is the display and Meta's id of the last one seen.
pub async fn list_numbers(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<SendingNumber>> {
    let rows: Vec<NumberRow> = on!(from source.into(), c => sqlx::query_as(
        "select meta_id, display, name, status, quality, portfolio_limit, per_second, synced_at from phone_number
         where tenant_id = $1 and ($2 is null or (display, meta_id) > ($2, $3)) order by display, meta_id limit $4")
        .bind(tenant).bind(after.map(|(display, _)| display.clone())).bind(after.map(|(_, id)| id.clone()))
        .bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(SendingNumber::try_from).collect()
}

/// All numbers of this tenant.
pub async fn numbers(source: impl Into<Source<'_>>, tenant: TenantId) -> Result<Vec<SendingNumber>> {
    list_numbers(source, tenant, None, u32::MAX).await
}
