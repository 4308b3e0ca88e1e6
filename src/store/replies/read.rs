//! Replies as they are read: what was said to whom, and how far it came.

use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::deliveries::{Delivery, DeliveryState, Desired};
use crate::domain::ids::{ReplyId, RequestId, TenantId};
use crate::domain::replies::{ReplyCause, ReplySource, Saying};
use crate::store::{Db, Error, Result, Source, json, on, row, word};

/// One reply, for those who may read it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Which one.
    pub id: ReplyId,
    /// Where it comes from.
    pub source: ReplySource,
    /// Under whose approval; what the app sent has none.
    pub request: Option<RequestId>,
    /// What caused it.
    pub cause: ReplyCause,
    /// The customer's message that it answers.
    pub in_reply_to: Option<String>,
    /// What it says; none for what the app sent, whose words are in its cause.
    pub saying: Option<Saying>,
    /// Where it stands.
    pub delivery: Delivery,
    /// Meta's id of it.
    pub wamid: Option<String>,
    /// Meta's error, if any.
    pub error_code: Option<i32>,
    /// Why it was not sent, or is in doubt.
    pub why: Option<String>,
    /// Which try.
    pub attempt: i16,
    /// Since when it waits, or waited.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When people were asked what becomes of it, if they were.
    pub asked_at: Option<Timestamp>,
    /// From which number, by Meta's id.
    pub number: String,
    /// To whom.
    pub contact: ContactNo,
}

impl Reply {
    /// Whether people may decide about it: it is in doubt, and they were asked.
    #[must_use]
    pub fn waits_for_people(&self) -> bool {
        self.delivery == Delivery::Unknown && self.asked_at.is_some()
    }

    /// Its kind, and its words if it has some. Those that the app sent are in its cause.
    #[must_use]
    pub fn words(&self) -> (String, Option<String>) {
        match &self.saying {
            Some(Saying::Message(content)) => (content.kind().to_owned(), content.words().map(str::to_owned)),
            Some(Saying::Template { name, .. }) => ("template".to_owned(), Some(name.clone())),
            Some(Saying::Payment { body, .. }) => ("payment_link".to_owned(), Some(body.clone())),
            None => {
                let word = |name: &str| self.cause.0.get(name).and_then(|value| value.as_str()).map(str::to_owned);
                (word("kind").unwrap_or_default(), word("text"))
            }
        }
    }
}

row! {
    struct ReplyRow {
        id: ReplyId, source: String, request_id: Option<RequestId>, cause: String, in_reply_to: Option<String>, content: String,
        state: i16, progress: Option<i16>, wamid: Option<String>, error_code: Option<i32>, why: Option<String>, attempt: i16, created_at: Timestamp,
        updated_at: Timestamp, asked_at: Option<Timestamp>, phone_number_id: String, contact_no: ContactNo,
    }
}

macro_rules! reply {
    ($tail:literal) => {
        concat!(
            "select id, source, request_id, cause, in_reply_to, content, state, progress, wamid, error_code, why, attempt, created_at,
                updated_at, asked_at, phone_number_id, contact_no from reply ",
            $tail
        )
    };
}

impl TryFrom<ReplyRow> for Reply {
    type Error = Error;
    fn try_from(row: ReplyRow) -> Result<Self> {
        let state = DeliveryState::from_number(row.state)
            .ok_or_else(|| Error::inconsistent("reply", "state", row.id, row.state))?;
        Ok(Self {
            source: word("reply", "source", row.id, &row.source)?,
            cause: json("reply", "cause", row.id, &row.cause)?,
            saying: json("reply", "content", row.id, &row.content)?,
            delivery: Delivery::of(state, row.progress, Desired::Run),
            id: row.id,
            request: row.request_id,
            in_reply_to: row.in_reply_to,
            wamid: row.wamid,
            error_code: row.error_code,
            why: row.why,
            attempt: row.attempt,
            created_at: row.created_at,
            updated_at: row.updated_at,
            asked_at: row.asked_at,
            number: row.phone_number_id,
            contact: row.contact_no,
        })
    }
}

/// One reply.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: ReplyId) -> Result<Option<Reply>> {
    const SQL: &str = reply!("where tenant_id = $1 and id = $2");
    let row: Option<ReplyRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(Reply::try_from).transpose()
}

/// What was said to one customer from one number, newest first.
pub async fn to_contact(db: &Db, tenant: TenantId, number: &str, contact: ContactNo, limit: u32) -> Result<Vec<Reply>> {
    const SQL: &str =
        reply!("where tenant_id = $1 and phone_number_id = $2 and contact_no = $3 order by n desc limit $4");
    let rows: Vec<ReplyRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(number).bind(contact)
        .bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(Reply::try_from).collect()
}

/// What was said to one customer from one number from then on and before then, oldest first.
pub async fn between(
    db: &Db,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    (from, before): (Timestamp, Option<Timestamp>),
    limit: u32,
) -> Result<Vec<Reply>> {
    const SQL: &str = reply!(
        "where tenant_id = $1 and phone_number_id = $2 and contact_no = $3 and created_at >= $4 and ($5 is null or created_at < $5)
         order by n desc limit $6"
    );
    let rows: Vec<ReplyRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(number).bind(contact).bind(from)
        .bind(before).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().rev().map(Reply::try_from).collect()
}

/// What was said to one customer, from one number or any, newest first. `after` is the time and id of the last one seen.
pub async fn page_to(
    db: &Db,
    tenant: TenantId,
    (number, contact): (Option<&str>, ContactNo),
    after: Option<(Timestamp, ReplyId)>,
    limit: u32,
) -> Result<Vec<Reply>> {
    const SQL: &str = reply!(
        "where tenant_id = $1 and contact_no = $2 and ($3 is null or (created_at, id) < ($3, $4))
            and ($6 is null or phone_number_id = $6)
         order by created_at desc, id desc limit $5"
    );
    let (after_at, after_id) = after.unzip();
    let rows: Vec<ReplyRow> = on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(contact).bind(after_at).bind(after_id)
        .bind(i64::from(limit)).bind(number).fetch_all(p).await)?;
    rows.into_iter().map(Reply::try_from).collect()
}

/// What one request lets out, oldest first.
pub async fn of_request(source: impl Into<Source<'_>>, tenant: TenantId, request: RequestId) -> Result<Vec<Reply>> {
    const SQL: &str = reply!("where tenant_id = $1 and request_id = $2 order by created_at, n");
    let rows: Vec<ReplyRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(request).fetch_all(c).await)?;
    rows.into_iter().map(Reply::try_from).collect()
}

/// Requests for a single message that are being carried out although all that they let out has come to its end.
pub async fn ended(db: &Db, limit: u32) -> Result<Vec<(TenantId, RequestId)>> {
    Ok(on!(read db, p => sqlx::query_as(
        "select a.tenant_id, a.id from tenant t join action_request a on a.tenant_id = t.id and a.status in ('executing', 'needs_attention')
         where exists (select 1 from reply r where r.request_id = a.id and r.tenant_id = a.tenant_id and r.source = 'request')
            and not exists (select 1 from reply r
                where r.request_id = a.id and r.tenant_id = a.tenant_id and r.source = 'request' and r.state in (0, 1, 3))
         limit $1")
        .bind(i64::from(limit)).fetch_all(p).await)?)
}
