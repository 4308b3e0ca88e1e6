//! A flow, or the words of an auto-reply, as an agent writes them.

use super::change::{self, Wanted, stored, wanted};
use crate::domain::automation::auto_replies::{AutoReply, Occasion, ReplyFallback};
use crate::domain::automation::flows::{Fallback, Flow, FlowKind, Node};
use crate::domain::automation::names::{NodeId, Queue};
use crate::domain::automation::plan::Becomes;
use crate::domain::automation::replies::{HandOver, Wording};
use crate::domain::automation::scope::Scope;
use crate::domain::automation::{Content, Subject};
use crate::domain::ids::{AutoReplyId, FlowId};
use crate::domain::people::Caller;
use crate::error::{Error, Result};
use crate::tools::envelope::{NAME_LENGTH, check_name};
use crate::tools::{Ctx, Proposal};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Arguments of whatsapp.flow.upsert: a flow, or an auto-reply.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowArguments {
    /// The flow to change, as whatsapp.flows.list shows it; without it, a new one is made.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    flow_id: Option<FlowId>,
    /// What the flow says. Leave it out to make the newest version active as it is stored, or the flow inactive.
    #[serde(default)]
    flow: Option<FlowBody>,
    /// The auto-reply to change; without it, a new one is made.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    auto_reply_id: Option<AutoReplyId>,
    /// What the auto-reply says. It is stored as a draft.
    #[serde(default)]
    auto_reply: Option<AutoReplyBody>,
    /// What becomes of it: a draft beside what is active, active in place of that, or inactive.
    #[serde(default = "draft")]
    becomes: Becomes,
}

pub(super) const fn draft() -> Becomes {
    Becomes::Draft
}

/// What a flow says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowBody {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH))]
    name: String,
    /// What it is for.
    kind: FlowKind,
    /// For which numbers and languages it may be started; for all without it.
    #[serde(default)]
    scope: Scope,
    /// The node with which it begins.
    start: NodeId,
    /// Its nodes by name.
    nodes: BTreeMap<NodeId, Node>,
    /// What happens with an answer that is none of those it knows.
    fallback: Fallback,
    /// Who takes over when the customer asks for a person, or the flow must not go on.
    person: HandOver,
    /// After so many minutes without an answer it is over.
    #[serde(default = "an_hour")]
    timeout_minutes: u16,
}

const fn an_hour() -> u16 {
    60
}

/// What an auto-reply says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoReplyBody {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH))]
    name: String,
    /// When it speaks.
    occasion: Occasion,
    /// For which numbers and languages; for all without it.
    #[serde(default)]
    scope: Scope,
    /// Only for conversations in these queues; for all without it.
    #[serde(default)]
    queues: BTreeSet<Queue>,
    /// What it says.
    say: Wording,
    /// What happens to those who write on. It must be there before it is switched on.
    #[serde(default)]
    fallback: Option<ReplyFallback>,
    /// Who takes over. It must be there before it is switched on.
    #[serde(default)]
    person: Option<HandOver>,
}

pub async fn propose(ctx: &Ctx, caller: &Caller, arguments: FlowArguments) -> Result<Proposal> {
    let of_flow = arguments.flow_id.is_some() || arguments.flow.is_some();
    let of_reply = arguments.auto_reply_id.is_some() || arguments.auto_reply.is_some();
    let wanted = match (of_flow, of_reply) {
        (true, false) => flow(ctx, caller, arguments).await?,
        (false, true) => auto_reply(ctx, caller, arguments).await?,
        _ => return Err(Error::Invalid("describe either `flow` or `auto_reply`, or name the one to change".into())),
    };
    change::propose(ctx, caller, wanted).await
}

async fn flow(ctx: &Ctx, caller: &Caller, arguments: FlowArguments) -> Result<Wanted> {
    let id = arguments.flow_id.unwrap_or_else(FlowId::random);
    let known = arguments.flow_id.map(Subject::Flow);
    let content = match arguments.flow {
        Some(body) => Some(Content::Flow(Flow {
            id,
            name: check_name("flow.name", &body.name)?.to_owned(),
            kind: body.kind,
            scope: body.scope,
            start: body.start,
            nodes: body.nodes,
            fallback: body.fallback,
            person: body.person,
            timeout_minutes: body.timeout_minutes,
        })),
        None => None,
    };
    let stored = stored(ctx, caller, known).await?;
    wanted(ctx, caller, Subject::Flow(id), stored, content, arguments.becomes, "flow").await
}

async fn auto_reply(ctx: &Ctx, caller: &Caller, arguments: FlowArguments) -> Result<Wanted> {
    if arguments.becomes != Becomes::Draft {
        return Err(Error::Invalid(
            "becomes: an auto-reply is written as a draft; whatsapp.auto_reply.enable switches it on or off".into(),
        ));
    }
    let id = arguments.auto_reply_id.unwrap_or_else(AutoReplyId::random);
    let known = arguments.auto_reply_id.map(Subject::AutoReply);
    let content = match arguments.auto_reply {
        Some(body) => Some(Content::AutoReply(AutoReply {
            id,
            name: check_name("auto_reply.name", &body.name)?.to_owned(),
            occasion: body.occasion,
            scope: body.scope,
            queues: body.queues,
            say: body.say,
            fallback: body.fallback,
            person: body.person,
        })),
        None => None,
    };
    let stored = stored(ctx, caller, known).await?;
    wanted(ctx, caller, Subject::AutoReply(id), stored, content, Becomes::Draft, "auto_reply").await
}
