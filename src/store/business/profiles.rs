//! What customers read of the business, number by number, as it was last read from Meta; and why it could not be read since.

use crate::domain::business::BusinessProfile;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::masked::ProviderId;
use crate::store::{Result, Source, Tx, json, on, row, to_json};

const TABLE: &str = "business_profile";

/// What is known of one number's profile.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileRead {
    /// Of which number, by Meta's id.
    pub number: ProviderId,
    /// The profile, and when it was read; none if it never could be.
    pub profile: Option<(BusinessProfile, Timestamp)>,
    /// Why the last try failed, and when that was; none if it did not.
    pub failure: Option<(String, Timestamp)>,
}

row! {
    struct ProfileRow {
        phone_number_id: String, profile: Option<String>, read_at: Option<Timestamp>, tried_at: Timestamp, failure: Option<String>,
    }
}

/// The profiles of all numbers of this tenant that were ever asked for.
pub async fn profiles(source: impl Into<Source<'_>>, tenant: TenantId) -> Result<Vec<ProfileRead>> {
    let rows: Vec<ProfileRow> = on!(from source.into(), c => sqlx::query_as(
        "select phone_number_id, profile, read_at, tried_at, failure from business_profile
         where tenant_id = $1 order by phone_number_id").bind(tenant).fetch_all(c).await)?;
    let read = |row: ProfileRow| {
        let profile = row.profile.as_deref().map(|text| json(TABLE, "profile", tenant, text)).transpose()?;
        Ok(ProfileRead {
            number: ProviderId::new(row.phone_number_id),
            profile: profile.zip(row.read_at),
            failure: row.failure.map(|why| (why, row.tried_at)),
        })
    };
    rows.into_iter().map(read).collect()
}

/// Stores a profile as it is at Meta now.
pub async fn put_profile(
    tx: &mut Tx,
    tenant: TenantId,
    number: &ProviderId,
    profile: &BusinessProfile,
    now: Timestamp,
) -> Result<()> {
    let text = to_json(TABLE, "profile", profile)?;
    on!(tx tx, c => sqlx::query(
        "insert into business_profile (tenant_id, phone_number_id, profile, read_at, tried_at) values ($1, $2, $3, $4, $4)
         on conflict (tenant_id, phone_number_id) do update set profile = excluded.profile, read_at = excluded.read_at,
            tried_at = excluded.tried_at, failure = null")
        .bind(tenant).bind(number.for_meta()).bind(text).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// Notes why a profile could not be read. What was read before stands.
pub async fn profile_failed(
    tx: &mut Tx,
    tenant: TenantId,
    number: &ProviderId,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into business_profile (tenant_id, phone_number_id, tried_at, failure) values ($1, $2, $3, $4)
         on conflict (tenant_id, phone_number_id) do update set tried_at = excluded.tried_at, failure = excluded.failure")
        .bind(tenant).bind(number.for_meta()).bind(now).bind(why.replace('\0', "")).execute(c).await.map(drop))?;
    Ok(())
}
