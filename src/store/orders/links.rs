//! Payment links as rows. Of what opens one there is a hash, and only once its message is about to be sent.

use crate::domain::canonical::Hash;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{ConversationId, DaemonId, OrderId, PaymentLinkId, ReplyId, RequestId, TenantId};
use crate::domain::orders::links::{GRACE, PaymentLink, Revocation};
use crate::domain::orders::{Order, Price, Standing};
use crate::store::{Db, Error, Result, Source, Tx, behind, on, row, word};

row! {
    struct LinkRow {
        id: PaymentLinkId, order_id: OrderId, conversation_id: ConversationId, contact_no: ContactNo, request_id: RequestId,
        amount: i64, currency: String, created_at: Timestamp, expires_at: Timestamp, revoked_at: Option<Timestamp>,
        revoked_for: Option<String>, opened_at: Option<Timestamp>, used_at: Option<Timestamp>,
    }
}

macro_rules! link {
    ($tail:literal) => {
        concat!(
            "select id, order_id, conversation_id, contact_no, request_id, amount, currency, created_at, expires_at, revoked_at,
                revoked_for, opened_at, used_at from payment_link ",
            $tail
        )
    };
}

impl TryFrom<LinkRow> for PaymentLink {
    type Error = Error;
    fn try_from(row: LinkRow) -> Result<Self> {
        let amount = Price::of_minor(word("payment_link", "currency", row.id, &row.currency)?, row.amount);
        let why = row.revoked_for.map(|why| word("payment_link", "revoked_for", row.id, &why)).transpose()?;
        Ok(Self {
            amount: amount.ok_or_else(|| Error::inconsistent("payment_link", "amount", row.id, row.amount))?,
            id: row.id,
            order: row.order_id,
            conversation: row.conversation_id,
            contact: row.contact_no,
            request: row.request_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked: row.revoked_at.zip(why),
            opened_at: row.opened_at,
            used_at: row.used_at,
        })
    }
}

/// Makes the link of a request, once, for what the order costs. `None` if nobody may pay that order in that thread: the source
/// does not have it, or another customer ordered it.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    (request, order, conversation): (RequestId, OrderId, ConversationId),
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<Option<PaymentLink>> {
    let Some(Order { basket, standing: Standing::Placed(_), .. }) = super::find(&mut *tx, tenant, order).await? else {
        return Ok(None);
    };
    let amount = basket.total();
    on!(tx &mut *tx, c => sqlx::query(
        "insert into payment_link (id, tenant_id, order_id, conversation_id, contact_no, request_id, amount, currency, created_at, expires_at)
         select $1, $2, o.id, v.id, o.contact_no, $5, $6, $7, $8, $9
            from customer_order o join conversation v on v.tenant_id = o.tenant_id and v.contact_no = o.contact_no
            where o.tenant_id = $2 and o.id = $3 and o.state = 'placed' and v.id = $4
         on conflict (request_id) do nothing")
        .bind(PaymentLinkId::random()).bind(tenant).bind(order).bind(conversation).bind(request).bind(amount.minor())
        .bind(amount.currency().as_str()).bind(now).bind(expires_at).execute(c).await.map(drop))?;
    of_request(tx, tenant, request).await
}

/// One link.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: PaymentLinkId) -> Result<Option<PaymentLink>> {
    const SQL: &str = link!("where tenant_id = $1 and id = $2");
    let row: Option<LinkRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(PaymentLink::try_from).transpose()
}

/// The link that a request made.
pub async fn of_request(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    request: RequestId,
) -> Result<Option<PaymentLink>> {
    const SQL: &str = link!("where tenant_id = $1 and request_id = $2");
    let row: Option<LinkRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(request).fetch_optional(c).await)?;
    row.map(PaymentLink::try_from).transpose()
}

/// The links for an order, newest first.
pub async fn of_order(source: impl Into<Source<'_>>, tenant: TenantId, order: OrderId) -> Result<Vec<PaymentLink>> {
    const SQL: &str = link!("where tenant_id = $1 and order_id = $2 order by created_at desc, id");
    let rows: Vec<LinkRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(order).fetch_all(c).await)?;
    rows.into_iter().map(PaymentLink::try_from).collect()
}

/// A try to send the message of a link, and the daemon that has it.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    /// Which message.
    pub reply: ReplyId,
    /// Which try.
    pub attempt: i16,
    /// By whom.
    pub by: DaemonId,
}

/// What came of giving a link what opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Armed {
    /// This opens it, and what opened it before opens nothing.
    Yes,
    /// It is over, taken back or used, or its order is not to be paid any more.
    Over,
    /// The try is somebody else's by now: its link is none of this daemon's business.
    Lost,
}

/// Gives a link what opens it from now on, with the message that carries it.
pub async fn arm(
    tx: &mut Tx,
    tenant: TenantId,
    link: PaymentLinkId,
    by: Try,
    hash: &Hash,
    now: Timestamp,
) -> Result<Armed> {
    // The reply is written as well, so that this and whoever takes it away follow one another.
    let held = on!(tx &mut *tx, c => sqlx::query(
        "update reply set updated_at = updated_at where tenant_id = $1 and id = $2 and attempt = $3 and state = 1 and owner = $4")
        .bind(tenant).bind(by.reply).bind(by.attempt).bind(by.by).execute(c).await.map(|r| r.rows_affected()))?;
    if held == 0 {
        return Ok(Armed::Lost);
    }
    let hit = on!(tx tx, c => sqlx::query(
        "update payment_link set token_hash = $4, reply_id = $3
         where tenant_id = $1 and id = $2 and revoked_at is null and used_at is null and expires_at > $5
            and exists (select 1 from customer_order o where o.id = order_id and o.state = 'placed')")
        .bind(tenant).bind(link).bind(by.reply).bind(hash.to_vec()).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(if hit == 1 { Armed::Yes } else { Armed::Over })
}

row! {
    struct OfRow { tenant_id: TenantId, id: PaymentLinkId }
}

/// What a token opens.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Of which business.
    pub tenant: TenantId,
    /// The link.
    pub link: PaymentLink,
    /// What is paid.
    pub order: Order,
}

/// What a token leads to at this time.
#[derive(Debug, Clone)]
pub enum Opening {
    /// To this.
    Open(Box<Opened>),
    /// To nothing: it is wrong, over, taken back or used.
    Closed,
    /// Nobody can say: the database was found to be older than what has happened, and that waits to be seen to.
    NotNow,
}

impl From<Option<Opened>> for Opening {
    fn from(opened: Option<Opened>) -> Self {
        opened.map_or(Self::Closed, |opened| Self::Open(Box::new(opened)))
    }
}

/// What this opens now, and that it was looked at. To look uses nothing up: programs that show previews of links look as well.
pub async fn open(db: &Db, hash: &Hash, now: Timestamp) -> Result<Opening> {
    if behind::noticed(db).await?.is_some() {
        return Ok(Opening::NotNow);
    }
    open_here(db, hash, now).await.map(Opening::from)
}

async fn open_here(db: &Db, hash: &Hash, now: Timestamp) -> Result<Option<Opened>> {
    let of: Option<OfRow> = on!(read db, p => sqlx::query_as("select tenant_id, id from payment_link where token_hash = $1")
        .bind(hash.to_vec()).fetch_optional(p).await)?;
    let Some(OfRow { tenant_id, id }) = of else { return Ok(None) };
    let Some(opened) = opened(db, tenant_id, id, now).await? else { return Ok(None) };
    if opened.link.opened_at.is_none() {
        on!(write db, p => sqlx::query("update payment_link set opened_at = $3 where tenant_id = $1 and id = $2 and opened_at is null")
            .bind(tenant_id).bind(id).bind(now).execute(p).await.map(drop))?;
    }
    Ok(Some(opened))
}

async fn opened(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    id: PaymentLinkId,
    now: Timestamp,
) -> Result<Option<Opened>> {
    let mut source = source.into();
    let Some(link) = find(source.again(), tenant, id).await?.filter(|link| link.is_open(now)) else { return Ok(None) };
    let order = super::find(source, tenant, link.order).await?;
    let order = order.filter(|order| matches!(order.standing, Standing::Placed(_)));
    Ok(order.map(|order| Opened { tenant, link, order }))
}

/// The customer goes on to the payment: the first time is noted, and within the grace it may be done again.
pub async fn take(tx: &mut Tx, hash: &Hash, now: Timestamp) -> Result<Opening> {
    let taken = take_here(tx, hash, now).await?;
    if taken.is_none() && behind::noticed(&mut *tx).await?.is_some() {
        return Ok(Opening::NotNow);
    }
    Ok(taken.into())
}

async fn take_here(tx: &mut Tx, hash: &Hash, now: Timestamp) -> Result<Option<Opened>> {
    let of: Option<OfRow> = on!(tx &mut *tx, c => sqlx::query_as(
        "update payment_link set used_at = coalesce(used_at, $2), opened_at = coalesce(opened_at, $2)
         where token_hash = $1 and revoked_at is null and expires_at > $2 and (used_at is null or used_at > $3)
            and exists (select 1 from customer_order o where o.id = order_id and o.state = 'placed')
            and not exists (select 1 from instance i where i.one = 1 and i.noticed_at is not null)
         returning tenant_id, id")
        .bind(hash.to_vec()).bind(now).bind(now.before(GRACE)).fetch_optional(c).await)?;
    let Some(OfRow { tenant_id, id }) = of else { return Ok(None) };
    opened(tx, tenant_id, id, now).await
}

/// Takes a link back; `false` if that was done before.
pub async fn revoke(tx: &mut Tx, tenant: TenantId, id: PaymentLinkId, why: Revocation, now: Timestamp) -> Result<bool> {
    let hit = on!(tx tx, c => sqlx::query(
        "update payment_link set revoked_at = $3, revoked_for = $4 where tenant_id = $1 and id = $2 and revoked_at is null")
        .bind(tenant).bind(id).bind(now).bind(why.as_str()).execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// Takes back what a message carried.
pub async fn revoke_of_reply(
    tx: &mut Tx,
    tenant: TenantId,
    reply: ReplyId,
    why: Revocation,
    now: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update payment_link set revoked_at = $3, revoked_for = $4 where tenant_id = $1 and reply_id = $2 and revoked_at is null")
        .bind(tenant).bind(reply).bind(now).bind(why.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes back all that a person could open.
pub async fn revoke_of_contact(
    tx: &mut Tx,
    tenant: TenantId,
    contact: ContactNo,
    why: Revocation,
    now: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update payment_link set revoked_at = $3, revoked_for = $4 where tenant_id = $1 and contact_no = $2 and revoked_at is null")
        .bind(tenant).bind(contact).bind(now).bind(why.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes back all that lead to an order.
pub async fn revoke_of_order(
    tx: &mut Tx,
    tenant: TenantId,
    order: OrderId,
    why: Revocation,
    now: Timestamp,
) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "update payment_link set revoked_at = $3, revoked_for = $4 where tenant_id = $1 and order_id = $2 and revoked_at is null")
        .bind(tenant).bind(order).bind(now).bind(why.as_str()).execute(c).await.map(drop))?;
    Ok(())
}

/// In a database that has gone back in time, a link may have been paid or taken back since: nobody pays by it any more.
pub async fn doubt_all(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(on!(tx tx, c => sqlx::query(
        "update payment_link set revoked_at = $1, revoked_for = $2 where revoked_at is null and expires_at > $1")
        .bind(now).bind(Revocation::Restored.as_str()).execute(c).await.map(|r| r.rows_affected()))?)
}
