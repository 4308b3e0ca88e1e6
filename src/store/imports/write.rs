//! Writing a stretch of rows: whoever is new is added straight out of the kept rows.

use crate::domain::clock::Timestamp;
use crate::domain::ids::{ImportId, TenantId};
use crate::store::contacts::next_no;
use crate::store::{Error, Result, Tx, on, to_json};

/// The rows of a stretch that add nobody, although they were to: somebody has their number by now.
pub type Missed = Vec<u32>;

/// The new ones of a stretch, but for those that were missed.
macro_rules! new_rows {
    (sqlite) => {
        "r.import_id = $4 and r.line between $5 and $6 and r.outcome = 'new' and r.line not in (select value from json_each($7))"
    };
    (postgres) => {
        "r.import_id = $4 and r.line between $5 and $6 and r.outcome = 'new'
            and r.line not in (select cast(value as bigint) from json_array_elements_text(cast($7 as json)))"
    };
}

/// What of a stretch is added, table by table: people, their labels, what they agreed to, and what of that stands. $1 is the
/// tenant, $2 the number of the first, $3 the time.
const SQLITE: [&str; 4] = [
    concat!(
        "insert into contact (tenant_id, no, id, phone, market, name, language, attributes, created_at)
         select $1, $2 + r.place, r.contact_id, r.phone, r.market, r.name, r.language, coalesce(r.attributes, '{}'), $3
         from staged_row r where ", new_rows!(sqlite), " order by r.place"
    ),
    concat!(
        "insert into contact_tag (tenant_id, tag, contact_no)
         select $1, v.value, $2 + r.place from staged_row r cross join json_each(r.tags) v
         where r.tags is not null and $3 is not null and ", new_rows!(sqlite)
    ),
    concat!(
        "insert into consent_record (tenant_id, recorded_at, contact_no, category, state, source, evidence, given_at, id)
         select $1, $3, $2 + r.place, v.value ->> 0, 'granted', v.value ->> 1, v.value ->> 2, v.value ->> 3, unhex(v.value ->> 4)
         from staged_row r cross join json_each(r.consents) v where ", new_rows!(sqlite)
    ),
    concat!(
        "insert into contact_consent (tenant_id, contact_no, category, source, traceable, confirmed, given_at)
         select $1, $2 + r.place, v.value ->> 0, v.value ->> 1, (v.value ->> 2) is not null, 0, v.value ->> 3
         from staged_row r cross join json_each(r.consents) v where v.value ->> 5 = 1 and $3 is not null and ", new_rows!(sqlite)
    ),
];

/// The same in the words of the other.
const POSTGRES: [&str; 4] = [
    concat!(
        "insert into contact (tenant_id, no, id, phone, market, name, language, attributes, created_at)
         select $1, cast($2 as bigint) + r.place, r.contact_id, r.phone, r.market, r.name, r.language,
            coalesce(r.attributes, '{}'), cast($3 as bigint)
         from staged_row r where ", new_rows!(postgres), " order by r.line"
    ),
    concat!(
        "insert into contact_tag (tenant_id, tag, contact_no)
         select $1, v.value, cast($2 as bigint) + r.place
         from staged_row r cross join lateral json_array_elements_text(cast(r.tags as json)) v
         where r.tags is not null and cast($3 as bigint) is not null and ", new_rows!(postgres), " order by r.line"
    ),
    concat!(
        "insert into consent_record (tenant_id, recorded_at, contact_no, category, state, source, evidence, given_at, id)
         select $1, cast($3 as bigint), cast($2 as bigint) + r.place, v.value ->> 0, 'granted', v.value ->> 1, v.value ->> 2,
            cast(v.value ->> 3 as bigint), cast(v.value ->> 4 as uuid)
         from staged_row r cross join lateral json_array_elements(cast(r.consents as json)) v
         where ", new_rows!(postgres), " order by r.line"
    ),
    concat!(
        "insert into contact_consent (tenant_id, contact_no, category, source, traceable, confirmed, given_at)
         select $1, cast($2 as bigint) + r.place, v.value ->> 0, v.value ->> 1, (v.value ->> 2) is not null, false,
            cast(v.value ->> 3 as bigint)
         from staged_row r cross join lateral json_array_elements(cast(r.consents as json)) v
         where v.value ->> 5 = '1' and cast($3 as bigint) is not null and ", new_rows!(postgres), " order by r.line"
    ),
];

/// Adds whoever is new in a stretch, with labels and consent, but for the rows that were missed. `new` is how many there are with
/// these. The tenant is held: nobody else adds anybody meanwhile.
pub async fn add_new(
    tx: &mut Tx,
    (tenant, import): (TenantId, ImportId),
    (first, last): (u32, u32),
    new: u32,
    missed: &Missed,
    now: Timestamp,
) -> Result<u64> {
    let from = next_no(tx, tenant).await?;
    from.checked_add(new).ok_or_else(|| Error::inconsistent("contact", "no", tenant, "too many"))?;
    let missed = to_json("staged_row", "line", missed)?;
    let mut added = 0;
    for (at, sql) in if tx.is_postgres() { POSTGRES } else { SQLITE }.into_iter().enumerate() {
        let hit = on!(tx &mut *tx, c => sqlx::query(sql)
            .bind(tenant).bind(i64::from(from)).bind(now).bind(import).bind(i64::from(first)).bind(i64::from(last))
            .bind(missed.as_str()).execute(c).await.map(|r| r.rows_affected()))?;
        if at == 0 {
            added = hit;
        }
    }
    Ok(added)
}
