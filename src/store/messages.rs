//! Single messages, read from the person's side: open windows, what was sent to one person, what came back.

use super::among::{among, list as among_list};
use super::{Db, Error, Result, Source, on, row, unsigned, word};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::ServiceWindow;
use crate::domain::deliveries::{Delivery, DeliveryState, LedgerRow};
use crate::domain::ids::{BroadcastId, ExecutionId, RequestId, TenantId};
use std::collections::HashMap;

/// A time in which free text may be sent to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// From which of the business's numbers, by Meta's id.
    pub phone_number_id: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// Until when.
    pub closes_at: Timestamp,
}

row! {
    struct WindowRow { phone_number_id: String, opened_at: Timestamp, closes_at: Timestamp }
}

/// The windows of one person that are open now.
pub async fn open_windows(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    contact: ContactNo,
    now: Timestamp,
) -> Result<Vec<Window>> {
    let rows: Vec<WindowRow> = on!(from source.into(), c => sqlx::query_as(
        "select phone_number_id, opened_at, closes_at from service_window
         where tenant_id = $1 and contact_no = $2 and closes_at > $3 order by closes_at desc, phone_number_id")
        .bind(tenant).bind(contact).bind(now).fetch_all(c).await)?;
    let window = |row: WindowRow| Window {
        phone_number_id: row.phone_number_id,
        opened_at: row.opened_at,
        closes_at: row.closes_at,
    };
    Ok(rows.into_iter().map(window).collect())
}

/// Since when the window of a customer with one number is open, if it still is.
pub async fn open_window(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    now: Timestamp,
) -> Result<Option<ServiceWindow>> {
    let row: Option<(Timestamp,)> = on!(from source.into(), c => sqlx::query_as(
        "select opened_at from service_window
         where tenant_id = $1 and phone_number_id = $2 and contact_no = $3 and closes_at > $4")
        .bind(tenant).bind(number).bind(contact).bind(now).fetch_optional(c).await)?;
    Ok(row.map(|(opened_at,)| ServiceWindow { opened_at }))
}

/// A message of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardMessage {
    /// Whose.
    pub contact: ContactNo,
    /// At which of the business's numbers, by Meta's id.
    pub phone_number_id: String,
    /// Meta's word for its kind.
    pub kind: String,
    /// Its text; none if there is none, or it was taken back.
    pub text: Option<String>,
    /// When, by Meta's clock.
    pub sent_at: Timestamp,
    /// When the customer took it back.
    pub revoked_at: Option<Timestamp>,
}

row! {
    struct HeardRow {
        contact_no: ContactNo, phone_number_id: String, kind: String, body: Option<String>, sent_at: Timestamp,
        revoked_at: Option<Timestamp>,
    }
}

/// The message of a customer that Meta knows by this id.
pub async fn heard(source: impl Into<Source<'_>>, tenant: TenantId, wamid: &str) -> Result<Option<HeardMessage>> {
    let row: Option<HeardRow> = on!(from source.into(), c => sqlx::query_as(
        "select contact_no, phone_number_id, kind, body, sent_at, revoked_at from inbound_message
         where tenant_id = $1 and wamid = $2").bind(tenant).bind(wamid).fetch_optional(c).await)?;
    Ok(row.map(|row| HeardMessage {
        contact: row.contact_no,
        phone_number_id: row.phone_number_id,
        kind: row.kind,
        text: row.body,
        sent_at: row.sent_at,
        revoked_at: row.revoked_at,
    }))
}

row! {
    struct WindowOfRow { phone_number_id: String, contact_no: ContactNo, closes_at: Timestamp }
}

/// When the windows of these people close or closed, by number of the business and person.
pub async fn windows_of(
    db: &Db,
    tenant: TenantId,
    contacts: &[ContactNo],
) -> Result<HashMap<(String, ContactNo), Timestamp>> {
    let sql = among!(
        db,
        "select phone_number_id, contact_no, closes_at from service_window where tenant_id = $1 and contact_no",
        "$2",
        ""
    );
    let rows: Vec<WindowOfRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|row| ((row.phone_number_id, row.contact_no), row.closes_at)).collect())
}

/// One message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The request that sent it.
    pub request: RequestId,
    /// Its execution.
    pub execution: ExecutionId,
    /// From which of the business's numbers, by Meta's id.
    pub phone_number_id: String,
    /// When that began.
    pub started_at: Timestamp,
    /// Meta's id of the message.
    pub wamid: Option<String>,
    /// Its row of the ledger.
    pub row: LedgerRow,
}

row! {
    struct SentRow {
        request_id: RequestId, execution_id: ExecutionId, phone_number_id: String, started_at: Timestamp, seq: i64, state: i16, attempt: i16,
        wamid: Option<String>, progress: Option<i16>, error_code: Option<i32>, updated_at: Timestamp, desired: String,
    }
}

impl TryFrom<SentRow> for Sent {
    type Error = Error;
    fn try_from(row: SentRow) -> Result<Self> {
        let state = DeliveryState::from_number(row.state)
            .ok_or_else(|| Error::inconsistent("delivery", "state", row.seq, row.state))?;
        Ok(Self {
            request: row.request_id,
            execution: row.execution_id,
            phone_number_id: row.phone_number_id,
            started_at: row.started_at,
            wamid: row.wamid,
            row: LedgerRow {
                seq: unsigned("delivery", "seq", row.seq, row.seq)?,
                delivery: Delivery::of(
                    state,
                    row.progress,
                    word("execution", "desired", row.execution_id, &row.desired)?,
                ),
                attempt: row.attempt,
                error_code: row.error_code,
                updated_at: row.updated_at,
            },
        })
    }
}

/// What was sent to one person, from one number or any, newest first. `after` is the start and execution of the last one seen.
pub async fn to_contact(
    db: &Db,
    tenant: TenantId,
    (number, contact): (Option<&str>, ContactNo),
    after: Option<(Timestamp, ExecutionId)>,
    limit: u32,
) -> Result<Vec<Sent>> {
    let (after_at, after_id) = after.unzip();
    let rows: Vec<SentRow> = on!(read db, p => sqlx::query_as(
        "select e.request_id, d.execution_id, e.phone_number_id, e.started_at, d.seq, d.state, d.attempt, d.wamid, d.progress, d.error_code, d.updated_at, e.desired
         from execution e join delivery d on d.execution_id = e.id and d.contact_no = $2
         where e.tenant_id = $1 and ($3 is null or (e.started_at, e.id) < ($3, $4)) and ($6 is null or e.phone_number_id = $6)
         order by e.started_at desc, e.id desc limit $5")
        .bind(tenant).bind(contact).bind(after_at).bind(after_id).bind(i64::from(limit)).bind(number).fetch_all(p).await)?;
    rows.into_iter().map(Sent::try_from).collect()
}

/// What a person answered to one message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// To which message.
    pub to: String,
    /// Meta's word for what it is: `text`, `button`, `interactive`, `image`, ..
    pub kind: String,
    /// When.
    pub at: Timestamp,
}

row! {
    struct AnswerRow { context_wamid: String, kind: String, sent_at: Timestamp }
}

/// What these people answered to messages of ours, oldest first.
pub async fn answers(db: &Db, tenant: TenantId, contacts: &[ContactNo]) -> Result<Vec<Answer>> {
    let sql = among!(
        db,
        "select context_wamid, kind, sent_at from inbound_message where tenant_id = $1 and context_wamid is not null and contact_no",
        "$2",
        "order by sent_at, wamid"
    );
    let rows: Vec<AnswerRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(among_list(contacts.iter().copied())).fetch_all(p).await)?;
    Ok(rows.into_iter().map(|row| Answer { to: row.context_wamid, kind: row.kind, at: row.sent_at }).collect())
}

/// The request that sends a broadcast. The outer none says that there is no such broadcast.
pub async fn request_of(db: &Db, tenant: TenantId, broadcast: BroadcastId) -> Result<Option<Option<RequestId>>> {
    let row: Option<(Option<RequestId>,)> = on!(read db, p => sqlx::query_as(
        "select sent_by from broadcast where tenant_id = $1 and id = $2").bind(tenant).bind(broadcast).fetch_optional(p).await)?;
    Ok(row.map(|(sent_by,)| sent_by))
}
