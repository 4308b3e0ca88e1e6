//! What an agent sees of the team's conversations: what its owner's queues let it see, and nothing of restricted queues of others.

use crate::domain::conversations::Conversation;
use crate::domain::ids::{ConversationId, PersonId};
use crate::domain::people::Caller;
use crate::error::{Error, Result};
use crate::store::conversations::{self, Queue};
use crate::tools::Ctx;

/// The queues of a business, as one agent looks at them.
pub struct Sight {
    queues: Vec<Queue>,
    owner: PersonId,
}

impl Sight {
    /// Reads them.
    pub async fn of(ctx: &Ctx, caller: &Caller) -> Result<Self> {
        let queues = conversations::queues(&ctx.db, caller.tenant()).await?;
        Ok(Self { queues, owner: caller.agent.owner })
    }

    /// The queues that are there for it, by name.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.iter().filter(|queue| queue.is_seen_by_agents_of(self.owner))
    }

    /// The names of the others.
    pub fn hidden(&self) -> Vec<String> {
        let hidden = self.queues.iter().filter(|queue| !queue.is_seen_by_agents_of(self.owner));
        hidden.map(|queue| queue.name.clone()).collect()
    }

    /// Whether what is in this queue is there for it.
    pub fn sees(&self, queue: Option<&str>) -> bool {
        let hides = |queue: &Queue| !queue.is_seen_by_agents_of(self.owner);
        queue.is_none_or(|name| !self.queues.iter().any(|queue| queue.name == name && hides(queue)))
    }

    /// A thread; one in a restricted queue of others is not there.
    pub async fn thread(&self, ctx: &Ctx, caller: &Caller, id: ConversationId) -> Result<Conversation> {
        let thread = conversations::find(&ctx.db, caller.tenant(), id).await?;
        let seen = thread.filter(|thread| self.sees(thread.queue.as_deref()));
        seen.ok_or_else(|| Error::not_found("conversation", id))
    }
}
