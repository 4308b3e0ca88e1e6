//! What the demo's team does about carts: the agent asks for the order and for the link by which it is paid. Of one customer the
//! demo signs both; those of the others wait for whoever tries the demo.

use super::seed;
use super::staff::Staff;
use crate::approvals::submit;
use crate::domain::action::Action;
use crate::domain::conversations::Conversation;
use crate::domain::ids::OrderId;
use crate::domain::orders::OrderState;
use crate::domain::people::Caller;
use crate::domain::requests::{ActionRequest, Status};
use crate::store::{conversations, orders, requests, tool_reads};
use crate::tools::catalogue;
use anyhow::Context as _;
use serde_json::{Value, json};

const CREATE: &str = "whatsapp.order.create_from_chat";
const PAY: &str = "whatsapp.payment_link.send";
const PREVIEW: &str = "whatsapp.order_payment_message.preview";

/// What the customer reads, and what stands on the button.
pub struct Wording {
    pub text: &'static str,
    pub button: &'static str,
}

impl Staff<'_> {
    /// Goes one step further with the cart of a conversation. What people have turned down stays so.
    pub async fn sell(&self, thread: &Conversation, wording: &Wording, signs: bool) -> anyhow::Result<()> {
        let (db, tenant) = (&self.ctx.db, self.tenant().id);
        let at = (thread.phone_number_id.as_str(), thread.contact);
        if conversations::cart(db, tenant, at, None).await?.is_none() {
            return Ok(());
        }
        let Some(asked) = self.asked(CREATE, thread).await? else {
            let own = json!({"conversation_id": thread.id, "cart": "newest"});
            return self.ask(CREATE, own, "The customer sent a cart.").await;
        };
        if asked.status == Status::PendingApproval {
            return self.agree(&asked, signs).await;
        }
        let Some(order) = orders::of_request(db, tenant, asked.id).await? else { return Ok(()) };
        if order.standing.state() != OrderState::Placed {
            return Ok(());
        }
        match self.asked(PAY, thread).await? {
            None => self.ask(PAY, link(thread, order.id, wording), "The order is placed and can be paid.").await,
            Some(asked) if asked.status == Status::PendingApproval => self.agree(&asked, signs).await,
            Some(_) => Ok(()),
        }
    }

    async fn agree(&self, request: &ActionRequest, signs: bool) -> anyhow::Result<()> {
        if signs {
            self.read_and_sign(request.id).await.with_context(|| format!("{} could not be signed", request.tool))?;
            tracing::info!("the demo signs for M. Lau: {}", request.preview.summary);
        }
        Ok(())
    }

    /// The newest request of the agent's with this tool for this conversation.
    async fn asked(&self, tool: &str, thread: &Conversation) -> anyhow::Result<Option<ActionRequest>> {
        let filter = requests::ListFilter {
            agent: Some(self.agent.id),
            tool: Some(tool.to_owned()),
            ..requests::ListFilter::default()
        };
        for line in requests::list(&self.ctx.db, self.tenant().id, None, &filter, 20).await? {
            let Some(request) = requests::find(&self.ctx.db, self.tenant().id, line.id).await? else { continue };
            let customer = match &request.preview.action {
                Action::OrderCreate(plan) => &plan.customer,
                Action::PaymentLinkSend(plan) => &plan.customer,
                _ => continue,
            };
            if customer.conversation == thread.id {
                return Ok(Some(request));
            }
        }
        Ok(None)
    }

    /// Reads, looks at the preview, and lets it wait for a signature.
    async fn ask(&self, write: &str, own: Value, reason: &str) -> anyhow::Result<()> {
        let caller = Caller::new(self.agent.clone());
        seed::read(self.ctx, &caller, "whatsapp.policy_rules.get", json!({})).await?;
        let preview =
            catalogue::catalogue().find(PREVIEW).with_context(|| format!("the catalogue has no {PREVIEW}"))?;
        tool_reads::record(&self.ctx.db, caller.tenant(), caller.agent.id, PREVIEW, self.ctx.clock.now()).await?;
        let arguments = json!({"write_tool": write, "arguments": own, "reason": reason});
        let filed = submit::preview(self.ctx, &caller, preview, arguments).await?;
        tracing::info!("the agent asks: {}", filed.summary);
        Ok(())
    }
}

fn link(thread: &Conversation, order: OrderId, wording: &Wording) -> Value {
    json!({"order_id": order, "conversation_id": thread.id, "text": wording.text, "button": wording.button})
}
