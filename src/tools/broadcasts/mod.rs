//! Broadcasts: one template to many people. A proposal freezes who gets what; the worker asks here again before it sends.

mod arguments;
mod audience;
mod list;
mod messages;
mod propose;
mod recheck;
mod record;
mod report;
mod resolve;
mod samples;
mod view;

pub use messages::messages_for;
pub use recheck::{quiet_until, refresh, standing};
pub use record::{approved, create, filed};

use super::envelope::{PreviewArguments, write_schema};
use super::reading::{Page, reading};
use super::request_view::RequestView;
use super::{Kind, Tool, schema};
use crate::domain::people::Area;
use arguments::{CreateArguments, ScheduleArguments};

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.broadcasts.list",
        title: ["List broadcasts", "列出廣播", "列出广播"],
        summary: "Lists broadcasts, newest first: drafts and what was asked for, with audience, template, schedule, approval, \
                  how far the sending is and why messages failed. Filter: state.",
        read_first: &["whatsapp.segments.list", "whatsapp.templates.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Counts of people leave out opt-outs and everybody without the consent that the broadcast needs.",
        area: Area::Broadcasts,
        wants: None,
        kind: Kind::Read(reading!(list::list)),
        input: schema::<list::ListArguments>,
        output: schema::<Page<list::BroadcastItem>>,
    },
    Tool {
        name: "whatsapp.broadcast.preview",
        title: ["Preview a broadcast", "預覽廣播", "预览广播"],
        summary: "Works out what a broadcast would do, without doing it: who receives it and why others do not, the \
                  message in each language, consent, frequency, schedule, cost, limits and links, and what the policy \
                  says of them. With submit, people are asked at once where the policy wants their approval.",
        read_first: &[
            "whatsapp.segments.list",
            "whatsapp.consent_records.list",
            "whatsapp.template.get",
            "whatsapp.policy_rules.get",
        ],
        governance: "A person signs before anything is sent to many.",
        safety: "Leaves out everybody who opted out, is blocked or has no valid number, and refuses templates that are not \
                 approved.",
        area: Area::Broadcasts,
        wants: None,
        kind: Kind::Preview(&["whatsapp.broadcast.schedule", "whatsapp.broadcast.create"]),
        input: schema::<PreviewArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.broadcast.create",
        title: ["Create a broadcast", "建立廣播", "建立广播"],
        summary: "Stores a broadcast as a draft with its template, variables, exclusions, goal and frozen audience. With a \
                  schedule it asks for sending as well.",
        read_first: &["whatsapp.broadcast.preview"],
        governance: "A draft needs nobody; before it is scheduled or sent, a person signs.",
        safety: "No broadcast without an approved template and an audience filtered by consent.",
        area: Area::Broadcasts,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { propose::create(ctx, caller, super::arguments(value)?).await })
        }),
        input: write_schema::<CreateArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.broadcast.schedule",
        title: ["Schedule a broadcast", "安排廣播", "安排广播"],
        summary: "Asks for a broadcast to be sent: a stored draft by its id, or one described in the call; when it starts, \
                  how fast, in what batches, and what happens if it has to stop.",
        read_first: &["whatsapp.broadcast.preview", "whatsapp.broadcasts.list"],
        governance: "A person signs before anything is sent; large or costly ones need two.",
        safety: "Template, quality, consent and opt-outs are checked again before every batch.",
        area: Area::Broadcasts,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { propose::schedule(ctx, caller, super::arguments(value)?).await })
        }),
        input: write_schema::<ScheduleArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.campaign_report.get",
        title: ["Read a broadcast's report", "讀取廣播報告", "读取广播报告"],
        summary: "Shows what became of one broadcast: who was meant and who was left out and why, how far the messages came, why \
                  some failed, who wrote, tapped, said stop or ordered within `attribution_hours` (72 without it), the same by \
                  market, and the cost as estimated and for what was delivered.",
        read_first: &["whatsapp.broadcasts.list", "whatsapp.message_delivery.list"],
        governance: "Only reads; nobody has to approve it.",
        safety: "Counts people and names nobody. Groups of fewer than five are not shown by themselves, and what is put down to \
                 the broadcast ends with the hours that the report names.",
        area: Area::Broadcasts,
        wants: None,
        kind: Kind::Read(reading!(report::get)),
        input: schema::<report::ReportArguments>,
        output: schema::<report::Report>,
    },
];
