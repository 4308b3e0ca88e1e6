//! What people did after a broadcast: how many wrote, tapped, opted out or ordered, by the market in which they live.

use crate::domain::clock::Timestamp;
use crate::domain::phone::Market;
use crate::store::deliveries::Execution;
use crate::store::{Db, Result, on, row, unsigned, word};

/// The people of one market to whom Meta took a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// In which market; none where the contact is gone or has no valid number any more.
    pub market: Option<Market>,
    /// Messages that Meta took.
    pub taken: u64,
    /// On a device, or further.
    pub delivered: u64,
    /// On a screen.
    pub read: u64,
    /// Wrote to the number that the broadcast came from.
    pub replied: u64,
    /// Tapped an answer that the message offered.
    pub tapped: u64,
    /// Said stop, here or at Meta.
    pub opted_out: u64,
    /// Ordered something that was placed.
    pub ordered: u64,
}

row! {
    struct ReachRow {
        market: Option<String>, taken: i64, delivered: i64, read: i64, replied: i64, tapped: i64, opted_out: i64, ordered: i64,
    }
}

/// What became of an execution's messages, and what their readers did from then on and before then. A reaction, or a message taken
/// back, is no reply.
pub async fn reached(db: &Db, execution: &Execution, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Reach>> {
    let rows: Vec<ReachRow> = on!(read db, p => sqlx::query_as(
        "select c.market, count(*) as taken, count(case when d.progress in (2, 3) then 1 end) as delivered,
            count(case when d.progress = 3 then 1 end) as read,
            count(case when exists (select 1 from inbound_message m where m.tenant_id = $1 and m.contact_no = d.contact_no
                and m.sent_at >= $4 and m.sent_at < $5 and m.phone_number_id = $3
                and m.kind not in ('reaction', 'revoke')) then 1 end) as replied,
            count(case when exists (select 1 from inbound_message m where m.tenant_id = $1 and m.contact_no = d.contact_no
                and m.sent_at >= $4 and m.sent_at < $5 and m.context_wamid = d.wamid
                and m.kind in ('button', 'interactive')) then 1 end) as tapped,
            count(case when exists (select 1 from suppression s where s.tenant_id = $1 and s.contact_no = d.contact_no
                and s.kind in ('opted_out_all', 'opted_out_marketing', 'stopped_marketing_at_meta')
                and s.at >= $4 and s.at < $5) then 1 end) as opted_out,
            count(case when exists (select 1 from customer_order o join conversation v on v.id = o.conversation_id
                where v.tenant_id = $1 and v.phone_number_id = $3 and v.contact_no = d.contact_no and o.state = 'placed'
                and o.created_at >= $4 and o.created_at < $5) then 1 end) as ordered
         from delivery d left join contact c on c.tenant_id = $1 and c.no = d.contact_no
         where d.execution_id = $2 and d.state = 2 and (d.progress is null or d.progress <> 9)
         group by c.market order by c.market")
        .bind(execution.tenant).bind(execution.id).bind(&execution.phone_number_id).bind(from).bind(before)
        .fetch_all(p).await)?;
    let count = |n: i64| unsigned("delivery", "count", execution.id, n);
    let reach = |row: ReachRow| {
        Ok(Reach {
            market: row.market.as_deref().map(|market| word("contact", "market", execution.id, market)).transpose()?,
            taken: count(row.taken)?,
            delivered: count(row.delivered)?,
            read: count(row.read)?,
            replied: count(row.replied)?,
            tapped: count(row.tapped)?,
            opted_out: count(row.opted_out)?,
            ordered: count(row.ordered)?,
        })
    };
    rows.into_iter().map(reach).collect()
}
