//! An auto-reply that is switched on or off, or speaks for others than before.

use super::change::{self, live_content, stored, wanted};
use crate::domain::automation::auto_replies::{AutoReply, Occasion};
use crate::domain::automation::names::Queue;
use crate::domain::automation::plan::Becomes;
use crate::domain::automation::scope::Scope;
use crate::domain::automation::{Content, Subject};
use crate::domain::ids::AutoReplyId;
use crate::domain::people::Caller;
use crate::error::{Error, Result};
use crate::tools::{Ctx, Proposal};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Arguments of whatsapp.auto_reply.enable.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnableArguments {
    /// Which one; whatsapp.flow.upsert gave its id when it was written.
    #[schemars(with = "String", length(max = 64))]
    auto_reply_id: AutoReplyId,
    /// Whether it speaks. Without any of what follows, its newest version does.
    active: bool,
    /// When it speaks, in place of what it says of that now. This and what follows change the version that is active; where
    /// none is, the newest.
    #[serde(default)]
    occasion: Option<Occasion>,
    /// For which numbers and languages.
    #[serde(default)]
    scope: Option<Scope>,
    /// For conversations in which queues; an empty list is for all.
    #[serde(default)]
    queues: Option<BTreeSet<Queue>>,
}

impl EnableArguments {
    const fn narrows(&self) -> bool {
        self.occasion.is_some() || self.scope.is_some() || self.queues.is_some()
    }
}

pub async fn propose(ctx: &Ctx, caller: &Caller, arguments: EnableArguments) -> Result<Proposal> {
    let subject = Subject::AutoReply(arguments.auto_reply_id);
    if !arguments.active && arguments.narrows() {
        return Err(Error::Invalid("active: what is switched off has no scope; leave it out, or switch it on".into()));
    }
    let stored = stored(ctx, caller, Some(subject)).await?;
    let becomes = if arguments.active { Becomes::Active } else { Becomes::Inactive };
    let content = match &stored {
        Some(known) if arguments.narrows() => {
            let live = live_content(ctx, caller, known).await?;
            Some(narrowed(live.unwrap_or_else(|| known.newest.content.clone()), arguments))
        }
        _ => None,
    };
    change::propose(ctx, caller, wanted(ctx, caller, subject, stored, content, becomes, "auto_reply_id").await?).await
}

fn narrowed(content: Content, arguments: EnableArguments) -> Content {
    let Content::AutoReply(reply) = content else { return content };
    Content::AutoReply(AutoReply {
        occasion: arguments.occasion.unwrap_or(reply.occasion),
        scope: arguments.scope.unwrap_or(reply.scope),
        queues: arguments.queues.unwrap_or(reply.queues),
        ..reply
    })
}
