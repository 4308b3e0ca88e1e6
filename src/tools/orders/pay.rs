//! A payment link in a conversation: who is asked to pay what, for how long, in which words; and the sending of it, once, through
//! the ledger of replies.

use super::look::{Look, still};
use super::shown;
use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ConversationId, OrderId, RequestId, TenantId};
use crate::domain::orders::links::{PATH, PaymentLink, Revocation, message};
use crate::domain::orders::{IdentityState, LinkPlan, Order, PaymentUrl, Standing};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::orders::identified;
use crate::domain::policy::payments::{Ground, lives, may_ask, says};
use crate::domain::policy::rules::PAY_01;
use crate::domain::policy::session::may_write;
use crate::domain::policy::standing::stops;
use crate::domain::preview::{Finding, PaidOrderView, PaymentLinkView, Preview, SaidView, TermsView, View};
use crate::domain::replies::{ReplyCause, Saying};
use crate::domain::requests::Accepted;
use crate::error::{Error, Result};
use crate::store::orders::{self, links};
use crate::store::replies::{self, NewReply, Origin};
use crate::store::{Source, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Proposal, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.payment_link.send",
    title: ["Send a payment link", "傳送付款連結", "发送付款链接"],
    summary: "Sends the customer who ordered one message with a link to a page of ours, from which they go on to the payment. \
              You write the text and the button; amount and address come from the order. `order.link` of \
              whatsapp.action_request.status says later whether it was followed.",
    read_first: &["whatsapp.order_payment_message.preview"],
    governance: "A person signs every payment link.",
    safety: "It is good for hours at most, in the one conversation with the customer who ordered, and opens for nobody once \
             their number may have changed hands. Nobody but that customer ever sees its address.",
    area: Area::Orders,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<SendArguments>,
    output: schema::<RequestView>,
}];

/// How long a link is good where nobody says.
const USUAL_MINUTES: u32 = 120;

/// Arguments of whatsapp.payment_link.send.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendArguments {
    /// What is paid: an order that its source has taken.
    #[schemars(with = "String", length(max = 64))]
    order_id: OrderId,
    /// Where the link goes: a conversation with the customer who ordered.
    #[schemars(with = "String", length(max = 64))]
    conversation_id: ConversationId,
    /// The text above the link, in the customer's language. It names the order's amount or none, and no other address.
    #[schemars(length(min = 1, max = 1024))]
    text: String,
    /// What stands on the button.
    #[schemars(length(min = 1, max = 20))]
    button: String,
    /// How many minutes the link is good from when it is sent, at least 5; two hours if left out. Policy says how many at most.
    #[serde(default)]
    #[schemars(range(min = 5))]
    minutes: Option<u32>,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: SendArguments) -> Result<Proposal> {
    let SendArguments { order_id, conversation_id, text, button, minutes } = arguments;
    if text.trim().is_empty() {
        return Err(Error::Invalid("text: say what is to be paid".to_owned()));
    }
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let look = Look::at(ctx, caller, conversation_id).await?;
    let order = find(ctx, caller, order_id, &look).await?;
    let earlier = links::of_order(&ctx.db, tenant, order.id).await?;
    let most = ctx.policy.settings.orders.max_link_hours;
    let minutes = minutes.unwrap_or_else(|| USUAL_MINUTES.min(u32::from(most) * 60));
    let identity = look.identity();
    let mut findings: Vec<Finding> = identified(&identity).into_iter().collect();
    findings.extend(may_write(&look.footing.facts(&look.place), now));
    findings.extend(may_ask(&asked(ctx, &look, &order, &earlier), now));
    findings.extend(lives(minutes, most));
    findings.extend(says(&text, &button, address(ctx, &"A".repeat(43)), order.basket.total()));
    findings.sort_by_key(|finding| finding.level);
    let view = PaymentLinkView {
        identity,
        thread: look.view(ctx, tenant).await?,
        order: paid(&order),
        terms: TermsView {
            amount: order.basket.total().money(),
            minutes,
            page: ctx.public_url.to_string(),
            pays_at: ctx.orders.payment_url.as_ref().map(PaymentUrl::origin).map(str::to_owned),
            guarded: identity.state == IdentityState::Marked,
        },
        message: SaidView::of(&message(&text, &button, address(ctx, "…"))),
    };
    let (summary, title) = (summary(&view), format!("Payment link · {}", view.thread.who()));
    let plan = LinkPlan {
        customer: look.customer(),
        order: order.id,
        amount: order.basket.total(),
        minutes,
        body: text,
        label: button,
    };
    let action = Action::PaymentLinkSend(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::PaymentLink(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

/// The address of a link, with this in place of what opens it.
fn address(ctx: &Ctx, token: &str) -> String {
    format!("{}{PATH}{token}", ctx.public_url)
}

/// The order that an agent named. One from a conversation that it may not see does not exist for it.
async fn find(ctx: &Ctx, caller: &Caller, id: OrderId, look: &Look) -> Result<Order> {
    let missing = || Error::not_found("order", id);
    let order = orders::find(&ctx.db, caller.tenant(), id).await?.ok_or_else(missing)?;
    if order.conversation != look.thread.id {
        match Look::at(ctx, caller, order.conversation).await {
            Err(Error::NotFound { .. }) => return Err(missing()),
            other => drop(other?),
        }
    }
    Ok(order)
}

fn asked<'a>(ctx: &Ctx, look: &'a Look, order: &'a Order, links: &'a [PaymentLink]) -> Ground<'a> {
    let payable = ctx.orders.payment_url.is_some();
    Ground { order, thread: &look.thread, identity: look.identity().state, links, payable }
}

fn paid(order: &Order) -> PaidOrderView {
    PaidOrderView {
        id: order.id,
        source_order_id: match &order.standing {
            Standing::Placed(id) => Some(id.as_str().to_owned()),
            Standing::Placing | Standing::Refused(_) | Standing::Cancelled(_) => None,
        },
        state: order.standing.state(),
        source: order.source,
        ordered_at: order.created_at,
        lines: shown::ordered(&order.basket),
        total: order.basket.total().money(),
    }
}

/// The sentence that stands above everything else.
fn summary(view: &PaymentLinkView) -> String {
    let (who, order, terms) = (view.thread.who(), view.order.id.short(), &view.terms);
    format!(
        "Send {who} a link by which {} is paid for order {order}; it is good for {} minutes.",
        terms.amount, terms.minutes
    )
}

/// What the rules say of sending it now.
pub async fn standing(
    ctx: &Ctx,
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &LinkPlan,
    now: Timestamp,
) -> Result<Vec<Finding>> {
    let mut source = source.into();
    let look = Look::again(source.again(), tenant, &plan.customer, now).await?;
    let mut findings = still(&plan.customer, look.as_ref());
    let Some(look) = look else { return Ok(findings) };
    findings.extend(may_write(&look.footing.facts(&look.place), now));
    findings.extend(lives(plan.minutes, ctx.policy.settings.orders.max_link_hours));
    let Some(order) = orders::find(source.again(), tenant, plan.order).await? else { return Ok(findings) };
    let earlier = links::of_order(source, tenant, order.id).await?;
    findings.extend(may_ask(&asked(ctx, &look, &order, &earlier), now));
    Ok(findings)
}

/// Makes the link and puts its message into the ledger of replies, once for each request, in the transaction that claims it; or
/// says why it may not be sent any more. What led to the same order before leads nowhere from then on.
pub async fn start(
    ctx: &Ctx,
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &LinkPlan,
    accepted: &Accepted,
    now: Timestamp,
) -> Result<std::result::Result<PaymentLink, Finding>> {
    let findings = standing(ctx, &mut *tx, tenant, plan, now).await?;
    if let Some(forbids) = findings.into_iter().find(|finding| stops(finding, accepted)) {
        return Ok(Err(forbids));
    }
    let gone = || PAY_01.says(&[("order", plan.order.short().into()), ("state", "gone".into())]);
    let Some(look) = Look::again(&mut *tx, tenant, &plan.customer, now).await? else { return Ok(Err(gone())) };
    links::revoke_of_order(tx, tenant, plan.order, Revocation::Withdrawn, now).await?;
    let times = (now, now.after(Duration::from_mins(plan.minutes.into())));
    let link = links::add(tx, tenant, (request, plan.order, look.thread.id), times).await?;
    let Some(link) = link.filter(|link| link.amount == plan.amount) else { return Ok(Err(gone())) };
    let reply = NewReply {
        number: &plan.customer.phone_number_id,
        contact: look.thread.contact,
        source: Origin::Request(request),
        cause: &ReplyCause(json!({"request": request, "payment_link": link.id})),
        in_reply_to: None,
        // With it, Meta delivers the message to nobody else.
        identity_hash: look.footing.reach.may_send().ok().flatten(),
        saying: &Saying::Payment { link: link.id, body: plan.body.clone(), label: plan.label.clone() },
    };
    replies::add(tx, tenant, &[reply], now).await?;
    Ok(Ok(link))
}
