//! Orders, and the products of the built-in catalogue. What an order takes from the stock it takes in the transaction that
//! writes it down, and each request makes one order, however often it is begun.

pub mod links;
pub mod placing;
mod products;

use super::{Db, Error, Result, Source, Tx, on, row, to_json, word};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{ConversationId, OrderId, RequestId, TenantId};
use crate::domain::orders::{Act, Basket, Order, OrderState, ProductId, SourceKind, SourceOrderId, Standing};

pub use products::{catalogue, found, put};

row! {
    struct OrderRow {
        id: OrderId, contact_no: ContactNo, conversation_id: ConversationId, request_id: RequestId, items: String,
        note: Option<String>, source: String, state: String, source_id: Option<String>, why: Option<String>, created_at: Timestamp,
    }
}

macro_rules! columns {
    () => {
        "id, contact_no, conversation_id, request_id, items, note, source, state, source_id, why, created_at"
    };
}

macro_rules! order {
    ($tail:literal) => {
        concat!("select ", columns!(), " from customer_order ", $tail)
    };
}

impl TryFrom<OrderRow> for Order {
    type Error = Error;
    fn try_from(row: OrderRow) -> Result<Self> {
        let odd = |column, what: &str| Error::inconsistent("customer_order", column, row.id, what);
        let source_id =
            row.source_id.map(SourceOrderId::try_from).transpose().map_err(|e| odd("source_id", &e.to_string()))?;
        let standing = match (word("customer_order", "state", row.id, &row.state)?, source_id, row.why) {
            (OrderState::Placing, None, _) => Standing::Placing,
            (OrderState::Placed, Some(id), _) => Standing::Placed(id),
            (OrderState::Cancelled, None, Some(why)) => Standing::Cancelled(why),
            (OrderState::Refused, None, Some(why)) => Standing::Refused(why),
            _ => return Err(odd("state", "what does not go with it")),
        };
        Ok(Self {
            basket: super::json("customer_order", "items", row.id, &row.items)?,
            source: word("customer_order", "source", row.id, &row.source)?,
            id: row.id,
            contact: row.contact_no,
            conversation: row.conversation_id,
            request: row.request_id,
            note: row.note,
            standing,
            created_at: row.created_at,
        })
    }
}

/// An order to be created.
#[derive(Debug, Clone)]
pub struct NewOrder<'a> {
    /// Under which request.
    pub request: RequestId,
    /// Where it was ordered.
    pub conversation: ConversationId,
    /// By whom.
    pub contact: ContactNo,
    /// What.
    pub basket: &'a Basket,
    /// What the source should know besides.
    pub note: Option<&'a str>,
    /// Who keeps it.
    pub source: SourceKind,
    /// If it has to wait for them: from when on people look at it.
    pub people_at: Timestamp,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is written down; in the built-in catalogue it is placed by that, another source is asked next.
    New(Order),
    /// This request had made it before.
    There(Order),
    /// Of this product there is not enough any more, or not at that price. Nothing was changed.
    Gone(ProductId),
}

/// Creates an order, once for each request.
pub async fn create(tx: &mut Tx, tenant: TenantId, new: &NewOrder<'_>, now: Timestamp) -> Result<Created> {
    let id = OrderId::random();
    let items = to_json("customer_order", "items", new.basket)?;
    let (state, source_id) = match new.source {
        // The catalogue is in this database: what is written here is placed.
        SourceKind::Catalogue => (OrderState::Placed, Some(id.to_string())),
        SourceKind::Connector => (OrderState::Placing, None),
    };
    let hit = on!(tx &mut *tx, c => sqlx::query(
        "insert into customer_order (id, tenant_id, conversation_id, contact_no, request_id, items, note, source, state, source_id,
            tries, due_at, created_at, updated_at, people_at)
         select $1, $2, v.id, $4, $5, $6, $7, $8, $9, $10, 0, $11, $11, $11, $12 from conversation v
            where v.tenant_id = $2 and v.id = $3 and v.contact_no = $4
         on conflict (request_id) do nothing")
        .bind(id).bind(tenant).bind(new.conversation).bind(new.contact).bind(new.request).bind(items).bind(new.note)
        .bind(new.source.as_str()).bind(state.as_str()).bind(source_id).bind(now).bind(new.people_at)
        .execute(c).await.map(|r| r.rows_affected()))?;
    if hit == 0 {
        let there = of_request(&mut *tx, tenant, new.request).await?;
        return there.map(Created::There).ok_or_else(|| Error::Conflict(format!("conversation {}", new.conversation)));
    }
    if new.source == SourceKind::Catalogue
        && let Some(gone) = products::take(tx, tenant, new.basket).await?
    {
        on!(tx tx, c => sqlx::query("delete from customer_order where id = $1").bind(id).execute(c).await.map(drop))?;
        return Ok(Created::Gone(gone));
    }
    let order =
        find(tx, tenant, id).await?.ok_or_else(|| Error::inconsistent("customer_order", "id", id, "it is gone"))?;
    Ok(Created::New(order))
}

/// One order.
pub async fn find(source: impl Into<Source<'_>>, tenant: TenantId, id: OrderId) -> Result<Option<Order>> {
    const SQL: &str = order!("where tenant_id = $1 and id = $2");
    let row: Option<OrderRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(id).fetch_optional(c).await)?;
    row.map(Order::try_from).transpose()
}

/// The order that a request made.
pub async fn of_request(source: impl Into<Source<'_>>, tenant: TenantId, request: RequestId) -> Result<Option<Order>> {
    const SQL: &str = order!("where tenant_id = $1 and request_id = $2");
    let row: Option<OrderRow> =
        on!(from source.into(), c => sqlx::query_as(SQL).bind(tenant).bind(request).fetch_optional(c).await)?;
    row.map(Order::try_from).transpose()
}

/// What was ordered in a thread, newest first.
pub async fn of_conversation(db: &Db, tenant: TenantId, id: ConversationId, limit: u32) -> Result<Vec<Order>> {
    const SQL: &str = order!("where tenant_id = $1 and conversation_id = $2 order by created_at desc, id limit $3");
    let rows: Vec<OrderRow> =
        on!(read db, p => sqlx::query_as(SQL).bind(tenant).bind(id).bind(i64::from(limit)).fetch_all(p).await)?;
    rows.into_iter().map(Order::try_from).collect()
}

/// Lets something happen to an order; `false` if that is not legal as it stands.
pub async fn act(tx: &mut Tx, tenant: TenantId, id: OrderId, act: &Act, now: Timestamp) -> Result<bool> {
    let Some(order) = find(&mut *tx, tenant, id).await? else { return Ok(false) };
    let before = order.standing.state();
    let Some(after) = before.next(act) else { return Ok(false) };
    let (source_id, why) = match act {
        Act::Place(id) => (Some(id.as_str()), None),
        Act::Refuse(why) | Act::CallOff(why) => (None, Some(why.replace('\0', ""))),
    };
    let hit = on!(tx tx, c => sqlx::query(
        "update customer_order set state = $4, source_id = coalesce($5, source_id), why = $6, updated_at = $7
         where tenant_id = $1 and id = $2 and state = $3")
        .bind(tenant).bind(id).bind(before.as_str()).bind(after.as_str()).bind(source_id).bind(why).bind(now)
        .execute(c).await.map(|r| r.rows_affected()))?;
    Ok(hit == 1)
}

/// What a contact ordered that has become another was ordered by that one, in the thread that is that one's.
pub(super) async fn merge(tx: &mut Tx, tenant: TenantId, from: ContactNo, into: ContactNo) -> Result<()> {
    const MOVED: [&str; 2] = [
        "update customer_order set contact_no = $3 where tenant_id = $1 and contact_no = $2",
        "update payment_link set contact_no = $3 where tenant_id = $1 and contact_no = $2",
    ];
    for sql in MOVED {
        on!(tx &mut *tx, c => sqlx::query(sql).bind(tenant).bind(from).bind(into).execute(c).await.map(drop))?;
    }
    Ok(())
}
