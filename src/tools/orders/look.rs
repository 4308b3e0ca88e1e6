//! The customer and the thread that an order or a payment is for: as people are shown them, and as they are when it counts.

use crate::domain::clock::Timestamp;
use crate::domain::conversations::Conversation;
use crate::domain::ids::{ConversationId, TenantId};
use crate::domain::orders::{Customer, identity};
use crate::domain::people::Caller;
use crate::domain::policy::orders::{changed, identified};
use crate::domain::policy::rules::SESS_11;
use crate::domain::preview::{Finding, IdentityView, ThreadView};
use crate::error::{Error, Result};
use crate::store::{self, Source};
use crate::tools::Ctx;
use crate::tools::thread::{Footing, Place, Whom, again, ground, lines, place, view};

/// A customer in a thread, as looked at.
pub struct Look {
    pub place: Place,
    pub thread: Conversation,
    pub footing: Footing,
}

impl Look {
    /// At the thread that an agent named.
    pub async fn at(ctx: &Ctx, caller: &Caller, id: ConversationId) -> Result<Self> {
        let place = place(ctx, caller, Whom::Conversation(id)).await?;
        let thread = place.thread.clone().ok_or_else(|| Error::not_found("conversation", id))?;
        let footing = ground(&ctx.db, caller.tenant(), &place, ctx.clock.now()).await?;
        Ok(Self { place, thread, footing })
    }

    /// At the thread of something that was worked out before; none if the thread is gone, or is another customer's by now.
    pub async fn again(
        source: impl Into<Source<'_>>,
        tenant: TenantId,
        then: &Customer,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let mut source = source.into();
        let Some(thread) = store::conversations::find(source.again(), tenant, then.conversation).await? else {
            return Ok(None);
        };
        let Some(place) = again(source.again(), tenant, thread.clone(), then.contact).await? else { return Ok(None) };
        let footing = ground(source, tenant, &place, now).await?;
        Ok(Some(Self { place, thread, footing }))
    }

    /// What is known of who holds the number.
    pub fn identity(&self) -> IdentityView {
        let reach = &self.footing.reach;
        let (changed_at, confirmed_at) = (reach.identity_changed_at, reach.identity_confirmed_at);
        IdentityView {
            state: identity(reach.identity_hash.as_deref(), changed_at, confirmed_at),
            changed_at,
            confirmed_at,
        }
    }

    /// As it is signed.
    pub fn customer(&self) -> Customer {
        Customer {
            conversation: self.thread.id,
            contact: self.place.contact.id,
            to: self.footing.to.clone(),
            phone_number_id: self.thread.phone_number_id.clone(),
            identity_changed_at: self.footing.reach.identity_changed_at,
            heard_at: self.thread.last_inbound_at,
        }
    }

    /// As people see it.
    pub async fn view(&self, ctx: &Ctx, tenant: TenantId) -> Result<ThreadView> {
        let lines = lines(ctx, tenant, &self.place).await?;
        Ok(view(&self.place, self.footing.window, lines, ctx.clock.now()))
    }
}

/// What the rules say of the customer now, where they said nothing before.
pub fn still(then: &Customer, look: Option<&Look>) -> Vec<Finding> {
    let Some(look) = look else { return vec![SESS_11.says(&[])] };
    let mut findings: Vec<Finding> = identified(&look.identity()).into_iter().collect();
    let changed_at = look.footing.reach.identity_changed_at;
    findings.extend(changed(then, &look.footing.to, changed_at, look.thread.last_inbound_at));
    findings
}
