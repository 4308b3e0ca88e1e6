//! An answer to one customer within the service window: what would be said, to whom, until when, and who has to agree.

use crate::domain::action::Action;
use crate::domain::ids::{ContactId, ConversationId, TenantId};
use crate::domain::media::{KeptFile, MediaAsset, Origin};
use crate::domain::messages::Media;
use crate::domain::messages::session::{SessionContent, SessionPlan, ThreadMark};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::media::carried;
use crate::domain::policy::session::{may_write, says, sensitive};
use crate::domain::preview::{Preview, SaidView, SessionMessageView, ThreadView, View};
use crate::error::{Error, Result};
use crate::store;
use crate::tools::envelope::{PreviewArguments, write_schema};
use crate::tools::request_view::RequestView;
use crate::tools::thread::{Whom, ground, lines, place, standing, view};
use crate::tools::{Ctx, Kind, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.session_message.preview",
        title: ["Preview a reply", "預覽回覆", "预览回复"],
        summary: "Shows what a reply within the 24-hour service window would be: to whom, how much of the window is left, \
                  the message with its file and buttons as the customer sees it, the conversation around it, and whether a \
                  person has to agree and why. Sends nothing.",
        read_first: &["whatsapp.conversation.get", "whatsapp.policy_rules.get"],
        governance: "A person signs when it speaks of prices or payment, promises or changes terms, leads to pages that \
                     the policy does not list, or carries a file; otherwise nobody has to.",
        safety: "Outside the customer's 24-hour window, and to customers who opted out of everything, it is refused: only an \
                 approved template may be sent then.",
        area: Area::Messages,
        wants: None,
        kind: Kind::Preview(&["whatsapp.session_message.send"]),
        input: schema::<PreviewArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.session_message.send",
        title: ["Send a reply", "傳送回覆", "发送回复"],
        summary: "Sends one reply to one customer within the 24-hour service window: text, reply buttons, a list, a button \
                  that opens a page, an image, video, audio, document or a place. Name the conversation, or the contact and \
                  the number it is sent from. A file of your own: POST /uploads, keep it with whatsapp.media_asset.upload, name \
                  it by asset_id.",
        read_first: &["whatsapp.session_message.preview"],
        governance: "A person signs what is sensitive or about payment; the preview says whether it is.",
        safety: "Window and opt-outs are looked at again right before sending, advertising is refused, and a message goes out \
                 at most once.",
        area: Area::Messages,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
        }),
        input: write_schema::<SendArguments>,
        output: schema::<RequestView>,
    },
];

/// Arguments of whatsapp.session_message.send. Name the conversation, or the contact and the number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendArguments {
    /// The conversation to answer in.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    conversation_id: Option<ConversationId>,
    /// The contact to answer, with `from`.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    contact_id: Option<ContactId>,
    /// The business's number to send from, as whatsapp.config.get shows it; only with `contact_id`.
    #[serde(default)]
    #[schemars(length(max = 64))]
    from: Option<String>,
    /// What to say. Meta's limits hold; what is wrong is named with its place.
    message: SessionContent,
}

impl SendArguments {
    fn whom(&self) -> Result<Whom<'_>> {
        match (self.conversation_id, self.contact_id, self.from.as_deref()) {
            (Some(id), None, None) => Ok(Whom::Conversation(id)),
            (None, Some(contact), from) => Ok(Whom::Contact(contact, from)),
            _ => Err(Error::Invalid(
                "name either conversation_id, or contact_id with from, the number to send from".to_owned(),
            )),
        }
    }
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: SendArguments) -> Result<Proposal> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let place = place(ctx, caller, arguments.whom()?).await?;
    let ground = ground(&ctx.db, tenant, &place, now).await?;
    let mut content = arguments.message;
    let asset = kept(ctx, tenant, &content).await?;
    if let Some(asset) = &asset {
        content.name_document(&asset.name);
    }
    let mut findings = may_write(&ground.facts(&place), now);
    findings.extend(says(&content, &ctx.policy.settings.links));
    if let (Some(asset), Some(how)) = (&asset, content.carried()) {
        findings.extend(carried(asset, how));
    }
    findings.sort_by_key(|finding| finding.level);
    let view = SessionMessageView {
        thread: view(&place, ground.window, lines(ctx, tenant, &place).await?, now),
        message: SaidView::of(&content).carrying(asset.as_ref()),
        sensitive: sensitive(&findings),
        standing: standing(&ctx.db, tenant, &place).await?,
    };
    let summary = summary(&view);
    let title = format!("Reply · {}", view.thread.who());
    let plan = SessionPlan {
        thread: place.thread.as_ref().map(|thread| ThreadMark {
            conversation: thread.id,
            version: thread.version,
            heard_at: thread.last_inbound_at,
        }),
        contact: place.contact.id,
        to: ground.to,
        phone_number_id: place.number.id.for_meta().to_owned(),
        content,
        file: asset.map(|asset| KeptFile { asset: asset.id, hash: asset.hash }),
    };
    let action = Action::SessionMessageSend(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::SessionMessage(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

/// The kept file that it names. What a customer sent is theirs, and goes to nobody else.
async fn kept(ctx: &Ctx, tenant: TenantId, content: &SessionContent) -> Result<Option<MediaAsset>> {
    let Some(Media::Asset(id)) = content.carried().map(|it| it.media) else { return Ok(None) };
    let asset = store::media::get(&ctx.db, tenant, *id).await?.filter(|it| it.origin != Origin::Inbound);
    asset.map(Some).ok_or_else(|| Error::not_found("file", id))
}

/// The sentence that stands above everything else.
fn summary(view: &SessionMessageView) -> String {
    let ThreadView { from, window, .. } = &view.thread;
    let (kind, who) = (view.message.kind.replace('_', " "), view.thread.who());
    match window {
        Some(window) => format!("Send one {kind} message from {from} to {who}, by {}.", window.closes_at),
        None => format!("Send one {kind} message from {from} to {who}, whose window is closed."),
    }
}
