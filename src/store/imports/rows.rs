//! Rows of a list as they are kept between the reading and the writing, and the seals over them.

use crate::domain::canonical::{Digest, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::ContactNo;
use crate::domain::contacts::import::{
    Chunk, ImportRow, Judged, LeftOut, Rejected, RowChange, RowConsent, RowSaid, stands,
};
use crate::domain::ids::{ImportId, InOrder, TenantId};
use crate::domain::phone::PhoneNumber;
use crate::store::{Db, Error, Result, Source, Tx, json, on, row, to_json, unsigned, word};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::HashSet;
use uuid::Uuid;

const TABLE: &str = "staged_row";
/// Rows in one statement of SQLite: far below what it binds at most.
const AT_ONCE: usize = 500;

/// A row in the columns of its table.
struct Staged {
    line: i64,
    outcome: &'static str,
    phone: Option<String>,
    market: Option<String>,
    found: Option<String>,
    contact: Option<Uuid>,
    place: Option<i64>,
    name: Option<String>,
    language: Option<String>,
    tags: Option<String>,
    attributes: Option<String>,
    consents: Option<String>,
}

impl Staged {
    fn left_out(rejected: &Rejected) -> Self {
        Self {
            line: i64::from(rejected.line),
            outcome: rejected.reason.as_str(),
            phone: rejected.phone.as_ref().map(|phone| phone.e164().to_owned()),
            market: rejected.phone.as_ref().map(|phone| phone.market().to_string()),
            found: None,
            contact: None,
            place: None,
            name: None,
            language: None,
            tags: None,
            attributes: None,
            consents: None,
        }
    }

    fn taken(change: RowChange, row: &ImportRow, ids: &mut InOrder, place: &mut i64) -> Result<Self> {
        let said = &row.said;
        // In their order, as the ledger compares entries of one moment.
        let mut entries: Vec<Uuid> = said.consents.iter().map(|_| ids.draw(row.line)).collect();
        entries.sort_unstable();
        // To what, how, the proof, when, which entry it will be, and whether it stands once all of the row is recorded.
        let consents: Vec<(MessageCategory, ConsentSource, &str, i64, String, u8)> = said
            .consents
            .iter()
            .zip(entries)
            .enumerate()
            .map(|(at, (it, id))| {
                let stands = u8::from(stands(&said.consents, at));
                (it.category, it.source, it.evidence.as_str(), it.given_at.micros(), id.simple().to_string(), stands)
            })
            .collect();
        let new = (change == RowChange::New).then(|| {
            *place += 1;
            (ids.draw(row.line), *place - 1)
        });
        let filled = |text: String, empty: bool| (!empty).then_some(text);
        Ok(Self {
            line: i64::from(row.line),
            outcome: change.as_str(),
            phone: Some(row.phone.e164().to_owned()),
            market: Some(row.phone.market().to_string()),
            found: row.found.as_ref().map(|found| to_json(TABLE, "found", found)).transpose()?,
            contact: new.map(|(id, _)| id),
            place: new.map(|(_, place)| place),
            name: Some(said.name.clone()),
            language: said.language.as_ref().map(ToString::to_string),
            tags: filled(to_json(TABLE, "tags", &said.tags)?, said.tags.is_empty()),
            attributes: filled(to_json(TABLE, "attributes", &said.attributes)?, said.attributes.is_empty()),
            consents: Some(to_json(TABLE, "consents", &consents)?),
        })
    }
}

/// Keeps rows that follow each other in a list, and seals them; none if there are none.
pub async fn add_chunk(tx: &mut Tx, import: ImportId, rows: &[Judged]) -> Result<Option<Chunk>> {
    let (mut ids, mut place) = (InOrder::of(import), 0);
    let mut staged = Vec::with_capacity(rows.len());
    let mut taken = 0;
    for row in rows {
        staged.push(match row {
            Ok((change, row)) => {
                taken += 1;
                Staged::taken(*change, row, &mut ids, &mut place)?
            }
            Err(rejected) => Staged::left_out(rejected),
        });
    }
    let (Some(first), Some(last)) = (staged.first(), staged.last()) else { return Ok(None) };
    let (first, last) = (first.line, last.line);
    insert(tx, import, &staged).await?;
    let line = |line: i64| unsigned(TABLE, "line", import, line);
    let (first, last) = (line(first)?, line(last)?);
    let seal = seal(tx, import, (first, last)).await?;
    let chunk = Chunk { first, last, taken, new: unsigned(TABLE, "place", import, place)?, seal };
    on!(tx tx, c => sqlx::query(
        "insert into staged_chunk (import_id, first_line, last_line, taken, new, seal) values ($1, $2, $3, $4, $5, $6)")
        .bind(import).bind(i64::from(chunk.first)).bind(i64::from(chunk.last)).bind(i64::from(chunk.taken))
        .bind(i64::from(chunk.new)).bind(chunk.seal).execute(c).await.map(drop))?;
    Ok(Some(chunk))
}

async fn insert(tx: &mut Tx, import: ImportId, rows: &[Staged]) -> Result<()> {
    match tx {
        Tx::Sqlite(t) => {
            for rows in rows.chunks(AT_ONCE) {
                let mut sql = QueryBuilder::<Sqlite>::new(
                    "insert into staged_row (import_id, line, outcome, phone, market, found, contact_id, place, name, language, tags, attributes, consents) ",
                );
                sql.push_values(rows, |mut values, r| {
                    values.push_bind(import).push_bind(r.line).push_bind(r.outcome).push_bind(r.phone.as_deref());
                    values.push_bind(r.market.as_deref()).push_bind(r.found.as_deref()).push_bind(r.contact);
                    values.push_bind(r.place).push_bind(r.name.as_deref()).push_bind(r.language.as_deref());
                    values
                        .push_bind(r.tags.as_deref())
                        .push_bind(r.attributes.as_deref())
                        .push_bind(r.consents.as_deref());
                });
                sql.build().execute(&mut **t).await?;
            }
        }
        Tx::Postgres(t) => {
            let column = |get: fn(&Staged) -> Option<&str>| -> Vec<Option<&str>> { rows.iter().map(get).collect() };
            sqlx::query(
                "insert into staged_row (import_id, line, outcome, phone, market, found, contact_id, place, name, language, tags, attributes, consents)
                 select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])")
                .bind(import)
                .bind(rows.iter().map(|r| r.line).collect::<Vec<i64>>())
                .bind(rows.iter().map(|r| r.outcome).collect::<Vec<&str>>())
                .bind(column(|r| r.phone.as_deref()))
                .bind(column(|r| r.market.as_deref()))
                .bind(column(|r| r.found.as_deref()))
                .bind(rows.iter().map(|r| r.contact).collect::<Vec<Option<Uuid>>>())
                .bind(rows.iter().map(|r| r.place).collect::<Vec<Option<i64>>>())
                .bind(column(|r| r.name.as_deref()))
                .bind(column(|r| r.language.as_deref()))
                .bind(column(|r| r.tags.as_deref()))
                .bind(column(|r| r.attributes.as_deref()))
                .bind(column(|r| r.consents.as_deref()))
                .execute(&mut **t)
                .await?;
        }
    }
    Ok(())
}

/// Those of these numbers that stand in rows of the list already.
pub async fn earlier(
    source: impl Into<Source<'_>>,
    import: ImportId,
    phones: &[&PhoneNumber],
) -> Result<HashSet<String>> {
    let source = source.into();
    // One by one by the index: a list that grows has no statistics that could be believed.
    let sql = if source.is_postgres() {
        "select w.phone from (select value as phone from json_array_elements_text(cast($2 as json))) w
         cross join lateral (select 1 from staged_row r where r.import_id = $1 and r.phone = w.phone limit 1) found"
    } else {
        "select w.value from json_each($2) w
         where exists (select 1 from staged_row r where r.import_id = $1 and r.phone = w.value)"
    };
    let phones: Vec<&str> = phones.iter().map(|phone| phone.e164()).collect();
    let phones = to_json(TABLE, "phone", &phones)?;
    let rows: Vec<(String,)> = on!(from source, c => sqlx::query_as(sql).bind(import).bind(phones).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(phone,)| phone).collect())
}

/// A column within a seal: how long it is and what it holds, so that nothing can move from one to the next.
macro_rules! sealed {
    ($uuid:literal, $all:literal) => {
        concat!(
            "select ", $all, "(r.line || ' ' || length(r.outcome) || ':' || r.outcome || coalesce(length(r.phone) || ':' || r.phone, '-')
                || coalesce(length(r.market) || ':' || r.market, '-') || coalesce(length(r.found) || ':' || r.found, '-')
                || coalesce(", $uuid, ", '-') || coalesce(' ' || r.place || ' ', '-')
                || coalesce(length(r.name) || ':' || r.name, '-') || coalesce(length(r.language) || ':' || r.language, '-')
                || coalesce(length(r.tags) || ':' || r.tags, '-') || coalesce(length(r.attributes) || ':' || r.attributes, '-')
                || coalesce(length(r.consents) || ':' || r.consents, '-'), '' order by r.line)
             from staged_row r where r.import_id = $1 and r.line between $2 and $3"
        )
    };
}

/// Over all that is kept of these rows.
pub async fn seal(tx: &mut Tx, import: ImportId, (first, last): (u32, u32)) -> Result<Digest> {
    let sql = if tx.is_postgres() {
        sealed!("cast(r.contact_id as text)", "string_agg")
    } else {
        sealed!("hex(r.contact_id)", "group_concat")
    };
    let (text,): (Option<String>,) = on!(tx tx, c => sqlx::query_as(sql)
        .bind(import).bind(i64::from(first)).bind(i64::from(last)).fetch_one(c).await)?;
    Ok(Digest::from_bytes(sha256(text.unwrap_or_default().as_bytes())))
}

row! {
    struct RowRow {
        line: i64, no: ContactNo, outcome: String, phone: String, market: String, found: Option<String>, name: String,
        language: Option<String>, tags: Option<String>, attributes: Option<String>, consents: String,
    }
}

impl RowRow {
    fn read(self) -> Result<(RowChange, ContactNo, ImportRow)> {
        let line = self.line;
        let consents: Vec<(MessageCategory, ConsentSource, String, i64, String, u8)> =
            json(TABLE, "consents", line, &self.consents)?;
        let consents = consents.into_iter().map(|(category, source, evidence, at, _, _)| RowConsent {
            category,
            source,
            evidence,
            given_at: Timestamp::from_micros(at),
        });
        let said = RowSaid {
            name: self.name,
            language: self.language.map(|text| word(TABLE, "language", line, &text)).transpose()?,
            tags: self.tags.map(|text| json(TABLE, "tags", line, &text)).transpose()?.unwrap_or_default(),
            attributes: self
                .attributes
                .map(|text| json(TABLE, "attributes", line, &text))
                .transpose()?
                .unwrap_or_default(),
            consents: consents.collect(),
        };
        let row = ImportRow {
            line: unsigned(TABLE, "line", line, line)?,
            phone: PhoneNumber::stored(self.phone, word(TABLE, "market", line, &self.market)?),
            said,
            found: self.found.as_deref().map(|found| json(TABLE, "found", line, found)).transpose()?,
        };
        Ok((word(TABLE, "outcome", line, &self.outcome)?, self.no, row))
    }
}

/// The rows of a stretch that are imported and whose numbers are known by now, each with whose it is. Their contacts stay as they
/// are until the transaction ends.
pub async fn met(
    tx: &mut Tx,
    tenant: TenantId,
    import: ImportId,
    (first, last): (u32, u32),
) -> Result<Vec<(RowChange, ContactNo, ImportRow)>> {
    let sql = if tx.is_postgres() {
        // Two that hold many rows take them in one order, so that they never wait for each other in a circle.
        "select r.line, c.no, r.outcome, r.phone, r.market, r.found, r.name, r.language, r.tags, r.attributes, r.consents
         from staged_row r cross join lateral (
            select k.no, k.tenant_id from contact k where k.tenant_id = $1 and k.phone = r.phone offset 0) c
         join contact h on h.tenant_id = c.tenant_id and h.no = c.no
         where r.import_id = $2 and r.line between $3 and $4 and r.outcome in ('new', 'changed', 'unchanged')
         order by h.no for update of h"
    } else {
        "select r.line, c.no, r.outcome, r.phone, r.market, r.found, r.name, r.language, r.tags, r.attributes, r.consents
         from staged_row r cross join contact c on c.tenant_id = $1 and c.phone = r.phone
         where r.import_id = $2 and r.line between $3 and $4 and r.outcome in ('new', 'changed', 'unchanged')"
    };
    let rows: Vec<RowRow> = on!(tx tx, c => sqlx::query_as(sql)
        .bind(tenant).bind(import).bind(i64::from(first)).bind(i64::from(last)).fetch_all(c).await)?;
    rows.into_iter().map(RowRow::read).collect()
}

row! {
    struct LeftOutRow { line: i64, outcome: String, phone: Option<String>, market: Option<String> }
}

/// The rows after a line that are left out, in their order.
pub async fn left_out(db: &Db, tenant: TenantId, import: ImportId, after: u32, limit: u32) -> Result<Vec<Rejected>> {
    let rows: Vec<LeftOutRow> = on!(read db, p => sqlx::query_as(
        "select r.line, r.outcome, r.phone, r.market from staged_row r join staged_import i on i.id = r.import_id
         where i.tenant_id = $1 and r.import_id = $2 and r.line > $3 and r.outcome not in ('new', 'changed', 'unchanged')
         order by r.line limit $4")
        .bind(tenant).bind(import).bind(i64::from(after)).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter()
        .map(|row| {
            let market = row.market.map(|market| word(TABLE, "market", row.line, &market)).transpose()?;
            let reason: LeftOut = word(TABLE, "outcome", row.line, &row.outcome)?;
            let phone = row.phone.zip(market).map(|(e164, market)| PhoneNumber::stored(e164, market));
            Ok(Rejected { line: unsigned(TABLE, "line", import, row.line)?, phone, reason })
        })
        .collect::<Result<_, Error>>()
}
