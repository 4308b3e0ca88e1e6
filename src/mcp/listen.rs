//! Streams of clients that listen for changes of their requests. What changed stands in the rows, which every daemon can
//! read: they are looked at once a second, and soon after something happens in this process. However many streams there are
//! and whatever they name, what they cost the database is bounded.

use super::auth::Visit;
use super::{Door, resources};
use crate::domain::ids::{AgentId, RequestId};
use crate::error::{Error, Result};
use crate::store;
use crate::store::requests::Stamp;
use rmcp::service::SubscriptionContext;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the rows are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Two looks of one stream are at least this far apart, however much happens.
const BREATH: Duration = Duration::from_millis(200);
/// Addresses that one stream may name; the rest are not watched, as its acknowledgement says.
pub(super) const MOST: usize = 100;
/// Streams that one agent may hold open: a host, the one that takes over from it, and a few that were cut and not noticed yet.
const MOST_OF_ONE: usize = 4;
/// Streams that this process holds open, whoever listens.
const MOST_OF_ALL: usize = 500;
/// After this, one that was refused may try again.
const ROOM_AGAIN: Duration = Duration::from_secs(30);

/// What is watched, and how it stood when the client was last told.
type Watched = BTreeMap<RequestId, Option<Stamp>>;

/// Who listens, and on how many streams.
#[derive(Debug, Clone, Default)]
pub(super) struct Ears(Arc<Mutex<HashMap<AgentId, usize>>>);

/// The place of one stream, which is free again when this is dropped.
#[derive(Debug)]
struct Place {
    ears: Ears,
    agent: AgentId,
}

impl Ears {
    fn take(&self, agent: AgentId) -> Result<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |most: usize, whose: &str| {
            Err(Error::RateLimited {
                message: format!(
                    "{most} streams are open {whose}, the most that there may be; close one, or poll whatsapp.action_request.status"
                ),
                retry_after: ROOM_AGAIN.as_secs(),
            })
        };
        if open.values().sum::<usize>() >= MOST_OF_ALL {
            return full(MOST_OF_ALL, "here");
        }
        let own = open.entry(agent).or_default();
        if *own >= MOST_OF_ONE {
            return full(MOST_OF_ONE, "with this key");
        }
        *own += 1;
        Ok(Place { ears: self.clone(), agent })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.ears.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.agent) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.agent);
            }
        }
    }
}

/// Tells of each change until the client goes, the key is void or this process stops.
pub(super) async fn listen(door: &Door, visit: &Visit, stream: &SubscriptionContext) -> Result<()> {
    let _place = door.ears.take(visit.caller.agent.id)?;
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
            () = async { tokio::join!(woken.woken(), tokio::time::sleep(BREATH)); } => {}
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
    if visit.token.as_ref().is_some_and(|token| token.until <= now) {
        return Ok(false);
    }
    let found = store::people::agent(&door.ctx.db, agent.tenant, agent.id).await?;
    Ok(found.is_some_and(|agent| agent.shut(now).is_none()))
}

/// What has changed since the last look. To the first one all is new: a client that has read since its stream was acknowledged
/// may have read what was before a change that no look has seen. Nobody learns of a request that is another agent's.
async fn look(door: &Door, visit: &Visit, watched: &mut Watched) -> Result<Vec<RequestId>> {
    let agent = &visit.caller.agent;
    let ids: BTreeSet<RequestId> = watched.keys().copied().collect();
    let stamps = store::requests::stamps(&door.ctx.db, agent.tenant, agent.id, ids).await?;
    let mut changed = Vec::new();
    for (id, seen) in watched {
        let stamp = stamps.get(id).copied();
        if stamp != *seen {
            *seen = stamp;
            changed.push(*id);
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_listens_on_streams_without_number() {
        let (ears, agent, other) = (Ears::default(), AgentId::random(), AgentId::random());
        let mut held: Vec<Place> = (0..MOST_OF_ONE).map(|_| ears.take(agent).unwrap()).collect();
        assert_eq!(ears.take(agent).unwrap_err().code(), "rate_limited");
        let theirs = ears.take(other).unwrap();
        held.pop();
        held.push(ears.take(agent).unwrap());
        drop((held, theirs));
        assert!(ears.0.lock().unwrap().is_empty());
        let all: Vec<Place> = (0..MOST_OF_ALL).map(|_| ears.take(AgentId::random()).unwrap()).collect();
        assert!(ears.take(AgentId::random()).unwrap_err().to_string().contains("here"));
        drop(all);
        ears.take(agent).unwrap();
    }
}
