//! Streams of clients that listen for changes of their requests. What changed stands in the rows, which every daemon can
//! read: they are looked at once a second, and at once when something happens in this process.

use super::auth::Visit;
use super::{Door, resources};
use crate::domain::ids::RequestId;
use crate::error::Result;
use crate::store;
use crate::store::requests::Stamp;
use rmcp::service::SubscriptionContext;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often the rows are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Addresses that one stream may name; the rest are not watched, as its acknowledgement says.
pub(super) const MOST: usize = 100;

/// What is watched, and how it stood when the client was last told.
type Watched = BTreeMap<RequestId, Option<Stamp>>;

/// Tells of each change until the client goes, the key is void or this process stops.
pub(super) async fn listen(door: &Door, visit: &Visit, stream: &SubscriptionContext) -> Result<()> {
    let named = stream.accepted().resource_subscriptions.iter().flatten();
    let mut watched: Watched = named.filter_map(|uri| resources::id_at(uri)).map(|id| (id, None)).collect();
    let mut woken = door.ctx.wake.on_requests();
    loop {
        for id in look(door, visit, &mut watched).await? {
            if stream.sink().notify_resource_updated(resources::uri(id)).await.is_err() {
                return Ok(());
            }
        }
        tokio::select! {
            () = stream.cancelled() => return Ok(()),
            () = woken.woken() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if !opens(door, visit).await? {
            return Ok(());
        }
    }
}

/// Whether the key still opens this door: a stream may outlive it.
async fn opens(door: &Door, visit: &Visit) -> Result<bool> {
    let agent = &visit.caller.agent;
    let now = door.ctx.clock.now();
    if visit.until.is_some_and(|until| until <= now) {
        return Ok(false);
    }
    let found = store::people::agent(&door.ctx.db, agent.tenant, agent.id).await?;
    Ok(found.is_some_and(|agent| agent.shut(now).is_none()))
}

/// What has changed since the last look. To the first one all is new: a client that has read since its stream was acknowledged
/// may have read what was before a change that no look has seen. Nobody learns of a request that is another agent's.
async fn look(door: &Door, visit: &Visit, watched: &mut Watched) -> Result<Vec<RequestId>> {
    let agent = &visit.caller.agent;
    let mut changed = Vec::new();
    for (id, seen) in watched {
        let stamp = store::requests::stamp(&door.ctx.db, agent.tenant, agent.id, *id).await?;
        if stamp != *seen {
            *seen = stamp;
            changed.push(*id);
        }
    }
    Ok(changed)
}
