//! What customers wrote lately, for rehearsals of what would answer them.

use super::super::{Db, Result, Source, on, row, unsigned};
use crate::domain::automation::names::Queue;
use crate::domain::automation::reaction::{Inbound, Said};
use crate::domain::clock::Timestamp;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{FlowId, TenantId};
use crate::domain::json;
use serde_json::Value;

/// A message of a customer, as far as automation would read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMessage {
    /// Who wrote.
    pub contact: ContactNo,
    /// What.
    pub inbound: Inbound,
    /// Whether the customer had never written to that number before.
    pub first: bool,
    /// The queue in which the conversation is now.
    pub queue: Option<Queue>,
}

row! {
    struct PastRow {
        wamid: String, phone_number_id: String, contact_no: ContactNo, kind: String, body: Option<String>,
        details: Option<String>, sent_at: Timestamp, queue: Option<String>, earlier: i64,
    }
}

impl From<PastRow> for PastMessage {
    fn from(row: PastRow) -> Self {
        // What cannot be read has no id; then its words decide, as they do for taps of long ago.
        let details: Option<Value> = row.details.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let tapped = details.and_then(|details| json::text(&details, "id").or_else(|| json::text(&details, "payload")));
        let inbound = Inbound {
            wamid: row.wamid,
            number: row.phone_number_id,
            said: Said::kept(&row.kind, row.body, tapped),
            at: row.sent_at,
        };
        let queue = row.queue.and_then(|name| name.parse().ok());
        Self { contact: row.contact_no, inbound, first: row.earlier == 0, queue }
    }
}

/// What was written since then, no more than so many of the newest, in the order of their coming.
pub async fn past(db: &Db, tenant: TenantId, since: Timestamp, most: u32) -> Result<Vec<PastMessage>> {
    let rows: Vec<PastRow> = on!(read db, p => sqlx::query_as(
        "select m.wamid, m.phone_number_id, m.contact_no, m.kind, m.body, m.details, m.sent_at, c.queue,
            cast(case when exists (select 1 from inbound_message e
                where e.tenant_id = m.tenant_id and e.contact_no = m.contact_no and e.phone_number_id = m.phone_number_id
                    and e.sent_at < m.sent_at) then 1 else 0 end as bigint) as earlier
         from inbound_message m left join conversation c
            on c.tenant_id = m.tenant_id and c.phone_number_id = m.phone_number_id and c.contact_no = m.contact_no
         where m.tenant_id = $1 and m.sent_at >= $2 order by m.sent_at desc, m.wamid desc limit $3")
        .bind(tenant).bind(since).bind(i64::from(most)).fetch_all(p).await)?;
    Ok(rows.into_iter().rev().map(PastMessage::from).collect())
}

/// How many customers stand at a question of a flow.
pub async fn standing_in(source: impl Into<Source<'_>>, tenant: TenantId, flow: FlowId) -> Result<u64> {
    let (count,): (i64,) = on!(from source.into(), c => sqlx::query_as(
        "select count(*) from flow_place where tenant_id = $1 and flow_id = $2")
        .bind(tenant).bind(flow).fetch_one(c).await)?;
    unsigned("flow_place", "count", flow, count)
}
