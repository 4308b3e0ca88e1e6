//! What stands in threads: customers' messages, changed or taken back; the free time after an advertisement; and lists of threads.

use super::ConversationRow;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::conversations::attachments::AttachmentState;
use crate::domain::conversations::{Conversation, ConversationState, FreeEntry};
use crate::domain::ids::{AssetId, ConversationId, PersonId, TenantId};
use crate::store::{Db, Result, Source, Tx, on, row, to_json, word};
use serde_json::Value;

/// The customer changed a message; of two changes the later stands.
pub async fn edited(
    tx: &mut Tx,
    tenant: TenantId,
    (contact, wamid): (ContactNo, &str),
    text: Option<&str>,
    at: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update inbound_message set body = $4, edited_at = $5
         where tenant_id = $1 and contact_no = $2 and wamid = $3 and (edited_at is null or edited_at < $5)")
        .bind(tenant).bind(contact).bind(wamid.replace('\0', "")).bind(text.map(|text| text.replace('\0', ""))).bind(at)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// The customer took a message back: that it was there stays, what it said goes.
pub async fn revoked(tx: &mut Tx, tenant: TenantId, (contact, wamid): (ContactNo, &str), at: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update inbound_message set body = null, details = null, revoked_at = $4
         where tenant_id = $1 and contact_no = $2 and wamid = $3 and revoked_at is null")
        .bind(tenant).bind(contact).bind(wamid.replace('\0', "")).bind(at).execute(c).await.map(drop))?;
    Ok(())
}

/// What became of a customer's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// With which message it came.
    pub wamid: String,
    /// Where it is.
    pub state: AttachmentState,
    /// The file, once it is kept.
    pub asset: Option<AssetId>,
    /// What the customer's phone called it.
    pub name: Option<String>,
    /// Why it is not here.
    pub why: Option<String>,
}

row! {
    struct FileRow { wamid: String, state: String, asset_id: Option<AssetId>, filename: Option<String>, why: Option<String> }
}

/// The files that came with the messages of one customer to one number since then.
pub async fn files(
    db: &Db,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    since: Timestamp,
) -> Result<Vec<File>> {
    let rows: Vec<FileRow> = on!(read db, p => sqlx::query_as(
        "select a.wamid, a.state, a.asset_id, a.filename, a.why from inbound_message m
            join attachment a on a.tenant_id = m.tenant_id and a.wamid = m.wamid
         where m.tenant_id = $1 and m.phone_number_id = $2 and m.contact_no = $3 and m.sent_at >= $4 order by m.sent_at, m.wamid")
        .bind(tenant).bind(number).bind(contact).bind(since).fetch_all(p).await)?;
    let file = |row: FileRow| {
        let state = word("attachment", "state", &row.wamid, &row.state)?;
        Ok(File { wamid: row.wamid, state, asset: row.asset_id, name: row.filename, why: row.why })
    };
    rows.into_iter().map(file).collect()
}

/// A customer came by an advertisement; of two the later counts, and its free time begins with the next answer.
pub async fn entered(tx: &mut Tx, tenant: TenantId, number: &str, contact: ContactNo, at: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update service_window set entered_at = $4, free_until = case when free_until > $4 then free_until else null end
         where tenant_id = $1 and phone_number_id = $2 and contact_no = $3 and (entered_at is null or entered_at < $4)")
        .bind(tenant).bind(number).bind(contact).bind(at).execute(c).await.map(drop))?;
    Ok(())
}

row! {
    struct FreeRow { entered_at: Option<Timestamp>, free_until: Option<Timestamp> }
}

/// The free time after an advertisement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FreeTime {
    /// When the customer came by one.
    pub entered_at: Option<Timestamp>,
    /// Until when everything is free, if it has begun.
    pub until: Option<Timestamp>,
}

/// The free time of one customer at one number.
pub async fn free_time(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    number: &str,
    contact: ContactNo,
) -> Result<FreeTime> {
    let row: Option<FreeRow> = on!(from source.into(), c => sqlx::query_as(
        "select entered_at, free_until from service_window where tenant_id = $1 and phone_number_id = $2 and contact_no = $3")
        .bind(tenant).bind(number).bind(contact).fetch_optional(c).await)?;
    Ok(row.map(|row| FreeTime { entered_at: row.entered_at, until: row.free_until }).unwrap_or_default())
}

/// The business answered: if that is the first answer to somebody who came by an advertisement, the free time begins.
pub(super) async fn began_free(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    contact: ContactNo,
    answered_at: Timestamp,
) -> Result<()> {
    let is = free_time(&mut *tx, tenant, number, contact).await?;
    let Some(entered_at) = is.entered_at.filter(|at| is.until.is_none() && *at <= answered_at) else { return Ok(()) };
    let Some(until) = (FreeEntry { entered_at }).free_until(answered_at) else { return Ok(()) };
    told_free(tx, tenant, number, contact, until).await
}

/// Until when everything is free, by Meta's word or by ours until Meta has spoken.
pub async fn told_free(
    tx: &mut Tx,
    tenant: TenantId,
    number: &str,
    contact: ContactNo,
    until: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update service_window set free_until = $4 where tenant_id = $1 and phone_number_id = $2 and contact_no = $3")
        .bind(tenant).bind(number).bind(contact).bind(until).execute(c).await.map(drop))?;
    Ok(())
}

/// A customer's message, as it stands in the thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Meta's id of it.
    pub wamid: String,
    /// Meta's word for its kind.
    pub kind: String,
    /// Its text; none if there is none, or it was taken back.
    pub text: Option<String>,
    /// What it holds besides.
    pub details: Option<Value>,
    /// The message that it answers.
    pub context: Option<String>,
    /// When, by Meta's clock.
    pub sent_at: Timestamp,
    /// When the customer changed it.
    pub edited_at: Option<Timestamp>,
    /// When the customer took it back.
    pub revoked_at: Option<Timestamp>,
}

row! {
    struct LineRow {
        wamid: String, kind: String, body: Option<String>, details: Option<String>, context_wamid: Option<String>,
        sent_at: Timestamp, edited_at: Option<Timestamp>, revoked_at: Option<Timestamp>,
    }
}

/// What a customer wrote to one number, newest first. `before` is the time and id of the last one seen.
pub async fn lines(
    db: &Db,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    before: Option<(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Line>> {
    let (at, wamid) = before.unzip();
    let rows: Vec<LineRow> = on!(read db, p => sqlx::query_as(
        "select wamid, kind, body, details, context_wamid, sent_at, edited_at, revoked_at from inbound_message
         where tenant_id = $1 and phone_number_id = $2 and contact_no = $3 and ($4 is null or (sent_at, wamid) < ($4, $5))
         order by sent_at desc, wamid desc limit $6")
        .bind(tenant).bind(number).bind(contact).bind(at).bind(wamid).bind(i64::from(limit)).fetch_all(p).await)?;
    let line = |row: LineRow| {
        let details =
            row.details.as_deref().map(|text| crate::store::json("inbound_message", "details", &row.wamid, text));
        Ok(Line {
            details: details.transpose()?,
            wamid: row.wamid,
            kind: row.kind,
            text: row.body,
            context: row.context_wamid,
            sent_at: row.sent_at,
            edited_at: row.edited_at,
            revoked_at: row.revoked_at,
        })
    };
    rows.into_iter().map(line).collect()
}

/// A cart that a customer sent to one number and did not take back: the one of this message, or the newest.
pub async fn cart(
    db: &Db,
    tenant: TenantId,
    (number, contact): (&str, ContactNo),
    wamid: Option<&str>,
) -> Result<Option<(Value, Timestamp)>> {
    let row: Option<(String, String, Timestamp)> = on!(read db, p => sqlx::query_as(
        "select wamid, details, sent_at from inbound_message
         where tenant_id = $1 and phone_number_id = $2 and contact_no = $3 and kind = 'order' and details is not null
            and revoked_at is null and ($4 is null or wamid = $4)
         order by sent_at desc, wamid desc limit 1")
        .bind(tenant).bind(number).bind(contact).bind(wamid).fetch_optional(p).await)?;
    let cart = |(wamid, details, at): (String, String, Timestamp)| {
        Ok((crate::store::json("inbound_message", "details", &wamid, &details)?, at))
    };
    row.map(cart).transpose()
}

/// Which threads. Every part narrows; none is everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<ConversationState>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of this person of the team.
    pub person: Option<PersonId>,
    /// With this customer.
    pub contact: Option<ContactNo>,
    /// With messages that nobody has looked at, or without.
    pub unread: Option<bool>,
    /// Promised to be answered before then.
    pub late_at: Option<Timestamp>,
    /// In nobody's hands, or in somebody's.
    pub unassigned: Option<bool>,
    /// With a time for free text that goes on at this instant, or without.
    pub window: Option<(bool, Timestamp)>,
    /// The customer wrote last at this time or later.
    pub heard_from: Option<Timestamp>,
    /// The customer wrote last at this time or earlier.
    pub heard_until: Option<Timestamp>,
    /// With a message of ours of which nobody knows whether it was sent, and that people were asked about.
    pub in_doubt: bool,
    /// In none of these queues: those that the reader may not look into.
    pub hidden: Vec<String>,
    /// The one that the customer wrote to longest ago comes first, in place of last.
    pub oldest_first: bool,
    /// After this one: the cursor.
    pub after: Option<(Timestamp, ConversationId)>,
}

/// Threads, by when the customer last wrote.
pub async fn list(db: &Db, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<Conversation>> {
    macro_rules! list {
        ($hidden:literal, $beyond:literal, $order:literal) => {
            conversation!(
                "where tenant_id = $1 and ($2 is null or state = $2) and ($3 is null or queue = $3) and ($4 is null or person_id = $4)
                    and ($5 is null or contact_no = $5) and ($6 is null or (unread > 0) = $6)
                    and ($7 is null or (state = 'open' and answer_by < $7))
                    and ($12 is null or (person_id is null) = $12)
                    and ($13 is null or $13 = (exists (select 1 from service_window w where w.tenant_id = $1
                        and w.phone_number_id = conversation.phone_number_id and w.contact_no = conversation.contact_no
                        and w.closes_at > $14)))
                    and ($15 is null or last_inbound_at >= $15) and ($16 is null or last_inbound_at <= $16)
                    and (not $17 or (phone_number_id, contact_no) in (select r.phone_number_id, r.contact_no from reply r
                        where r.tenant_id = $1 and r.state = 3 and r.asked_at is not null))
                    and ($8 is null or (last_inbound_at, id) ", $beyond, " ($8, $9)) and (queue is null or queue not in ", $hidden, ")
                 order by last_inbound_at ", $order, ", id ", $order, " limit $11"
            )
        };
    }
    let sql = match (db.is_postgres(), filter.oldest_first) {
        (true, false) => list!("(select json_array_elements_text($10::json))", "<", "desc"),
        (true, true) => list!("(select json_array_elements_text($10::json))", ">", "asc"),
        (false, false) => list!("(select value from json_each($10))", "<", "desc"),
        (false, true) => list!("(select value from json_each($10))", ">", "asc"),
    };
    let (at, id) = filter.after.unzip();
    let hidden = to_json("conversation", "a filter", &filter.hidden)?;
    let rows: Vec<ConversationRow> = on!(read db, p => sqlx::query_as(sql)
        .bind(tenant).bind(filter.state.map(ConversationState::as_str)).bind(&filter.queue).bind(filter.person)
        .bind(filter.contact).bind(filter.unread).bind(filter.late_at).bind(at).bind(id).bind(hidden).bind(i64::from(limit))
        .bind(filter.unassigned).bind(filter.window.map(|(open, _)| open)).bind(filter.window.map(|(_, at)| at))
        .bind(filter.heard_from).bind(filter.heard_until).bind(filter.in_doubt).fetch_all(p).await)?;
    rows.into_iter().map(Conversation::try_from).collect()
}
