//! Everybody, out of SQLite, a few thousand people in one value. The driver hands each value of each row from one thread to
//! another; for people by the hundred thousand that costs more than reading them, so the database packs them as JSON.

use super::{Candidate, Own};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory};
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{ContactId, TenantId};
use crate::store::{Error, Result, json, unsigned, word};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use sqlx::SqlitePool;
use std::borrow::Cow;
use uuid::Uuid;

/// Numbers in one value.
const PAGE: u32 = 2_000;
/// Values that are made while one is read.
const AHEAD: usize = 2;

/// One person, in the order of the columns.
#[derive(Deserialize)]
struct Packed<'a>(
    u32,
    #[serde(borrow)] Text<'a>,
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    #[serde(borrow)] Option<Given<'a>>,
    #[serde(borrow)] Option<Said<'a>>,
);

/// Source, whether traceable, whether confirmed, and when.
#[derive(Deserialize)]
struct Given<'a>(#[serde(borrow)] Text<'a>, u8, u8, i64);

/// Name, attributes, number.
#[derive(Deserialize)]
struct Said<'a>(#[serde(borrow)] Text<'a>, #[serde(borrow)] Text<'a>, #[serde(borrow)] Option<Text<'a>>);

/// A text that is copied only where JSON had to escape it. As a type of its own, because within an option serde copies a plain
/// `Cow` always.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

macro_rules! pack {
    ($own:literal) => {
        concat!(
            "select json_group_array(json_array(c.no, hex(c.id),
                case when c.phone is null then null else coalesce(c.market, '') end, c.language,
                c.last_inbound_at, c.meta_capped_at, c.experiment_at,
                case when k.source is null then null else json_array(k.source, k.traceable, k.confirmed, k.given_at) end, ",
            $own,
            ")) from contact c
              left join contact_consent k on k.tenant_id = c.tenant_id and k.category = $2 and k.contact_no = c.no
              where c.tenant_id = $1 and c.no >= $3 and c.no < $4"
        )
    };
}

/// Hands over everybody, in no order.
pub async fn all(
    read: &SqlitePool,
    tenant: TenantId,
    category: MessageCategory,
    own: bool,
    mut each: impl FnMut(&Candidate<'_>) -> Result<()> + Send,
) -> Result<()> {
    const PLAIN: &str = pack!("null");
    const WITH_OWN: &str = pack!("json_array(c.name, c.attributes, c.phone)");
    let sql = if own { WITH_OWN } else { PLAIN };
    let (last,): (Option<i64>,) =
        sqlx::query_as("select max(no) from contact where tenant_id = $1").bind(tenant).fetch_one(read).await?;
    let last: u32 = unsigned("contact", "no", tenant, last.unwrap_or(0))?;
    let page = |number: u32| async move {
        let from = i64::from(number) * i64::from(PAGE);
        sqlx::query_scalar::<_, String>(sql)
            .bind(tenant)
            .bind(category.as_str())
            .bind(from)
            .bind(from + i64::from(PAGE))
            .fetch_one(read)
            .await
    };
    let mut pages = stream::iter(0..=last / PAGE).map(page).buffered(AHEAD);
    while let Some(text) = pages.try_next().await? {
        let people: Vec<Packed<'_>> = json("contact", "packed", tenant, &text)?;
        for person in &people {
            each(&person.candidate()?)?;
        }
    }
    Ok(())
}

impl Packed<'_> {
    fn candidate(&self) -> Result<Candidate<'_>> {
        let Self(no, id, market, language, last_inbound_at, meta_capped_at, experiment_at, given, said) = self;
        let at = |micros: &Option<i64>| micros.map(Timestamp::from_micros);
        let uuid = Uuid::try_parse(&id.0).map_err(|e| Error::inconsistent("contact", "id", no, e))?;
        let consent = match given {
            None => None,
            Some(Given(source, traceable, confirmed, given_at)) => Some(Consent {
                source: word("contact_consent", "source", no, &source.0)?,
                traceable: *traceable != 0,
                confirmed: *confirmed != 0,
                given_at: Timestamp::from_micros(*given_at),
            }),
        };
        Ok(Candidate {
            no: ContactNo(*no),
            id: ContactId::from_uuid(uuid),
            market: market.as_ref().map(|market| &*market.0),
            language: language.as_ref().map(|language| &*language.0),
            last_inbound_at: at(last_inbound_at),
            meta_capped_at: at(meta_capped_at),
            experiment_at: at(experiment_at),
            consent,
            own: said.as_ref().map(|Said(name, attributes, phone)| Own {
                name: &name.0,
                attributes: &attributes.0,
                phone: phone.as_ref().map(|phone| &*phone.0),
            }),
        })
    }
}
