//! Automation: what answers customers by itself. A proposal is held against the rules and rehearsed with messages of the past;
//! the worker stores it, and makes it live or takes it away.

mod auto_replies;
mod change;
mod flows;
mod keyword_rules;
pub mod lists;
mod rehearsal;
mod says;
mod store;
mod world;

pub use store::{standing, write};

use super::envelope::{PreviewArguments, write_schema};
use super::request_view::RequestView;
use super::{Kind, Tool, schema};
use crate::domain::people::Area;
use auto_replies::EnableArguments;
use flows::FlowArguments;
use keyword_rules::RuleArguments;

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.automation_change.preview",
        title: ["Preview a change of automation", "預覽自動化變更", "预览自动化变更"],
        summary: "Works out what a flow, a keyword rule or an auto-reply would do, without doing it: each step as customers \
                  read it, what is different from what is live, and how the messages of the last 30 days would have been \
                  answered: what it takes from others, what ends in another queue or in a loop, who is left without a \
                  person. With submit, people are asked at once where the policy wants their approval.",
        read_first: &["whatsapp.flows.list", "whatsapp.keyword_rules.list", "whatsapp.policy_rules.get"],
        governance: "A person signs before anything that answers customers changes.",
        safety: "Loops, missing ways to a person, keywords that are too broad, templates that are not approved and stale \
                 prices are refused.",
        area: Area::Automation,
        wants: None,
        kind: Kind::Preview(&["whatsapp.flow.upsert", "whatsapp.keyword_rule.upsert", "whatsapp.auto_reply.enable"]),
        input: schema::<PreviewArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.flow.upsert",
        title: ["Create or change a flow", "建立或更新流程", "创建或更新流程"],
        summary: "Stores a new version of a flow (a journey or frequent questions, with buttons, ways to people and a \
                  fallback) or of the words of an auto-reply. A draft answers nobody; `becomes` makes a flow active or \
                  inactive, an auto-reply is switched with whatsapp.auto_reply.enable.",
        read_first: &["whatsapp.automation_change.preview"],
        governance: "A person signs when the flow is active or becomes so; a draft needs nobody.",
        safety: "No loop without a way out, no question without a way to a person, no template that is not approved, no \
                 stale price.",
        area: Area::Automation,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { flows::propose(ctx, caller, super::arguments(value)?).await })
        }),
        input: write_schema::<FlowArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.keyword_rule.upsert",
        title: ["Create or change a keyword rule", "建立或更新關鍵字規則", "创建或更新关键词规则"],
        summary: "Stores a new version of a keyword rule: phrases, priority and scope, and what happens (an answer, a flow, a \
                  queue, labels). A draft acts on nothing; `becomes` makes it active or inactive.",
        read_first: &["whatsapp.automation_change.preview"],
        governance: "A person signs when what acts on customers' messages changes; a draft needs nobody.",
        safety: "Keywords that take in messages about anything, rules that contradict each other and answers that lead in \
                 a circle are refused.",
        area: Area::Automation,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { keyword_rules::propose(ctx, caller, super::arguments(value)?).await })
        }),
        input: write_schema::<RuleArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.auto_reply.enable",
        title: ["Switch an auto-reply", "啟用或停用自動回覆", "启用或停用自动回复"],
        summary: "Makes an auto-reply speak, keep still, or speak for other numbers, languages, queues or hours. What it says \
                  is written with whatsapp.flow.upsert.",
        read_first: &["whatsapp.automation_change.preview"],
        governance: "A person signs, whichever way it is switched.",
        safety: "Without a fallback for those who write on, and a queue in which people take over, it is not switched on.",
        area: Area::Automation,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { auto_replies::propose(ctx, caller, super::arguments(value)?).await })
        }),
        input: write_schema::<EnableArguments>,
        output: schema::<RequestView>,
    },
];
