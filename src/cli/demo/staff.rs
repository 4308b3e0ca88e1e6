//! What the demo's team does: signs the broadcasts of its story, lets the answers go live, and looks after customers. It acts
//! on what stands in the rows, and leaves to whoever tries the demo what they have taken in hand.

use super::cast::{Cast, Part};
use super::pace::Pace;
use super::seed::{self, COMPLAINTS, SERVICE_AGENT, SUPPORT};
use super::till::Wording;
use super::{answers, offers};
use crate::approvals::sign::{self, Intent};
use crate::approvals::submit;
use crate::domain::conversations::{Conversation, ConversationState, Outcome};
use crate::domain::ids::{ConversationId, RequestId};
use crate::domain::people::{Agent, Caller, Person, Tenant};
use crate::domain::requests::{AcceptedWarning, Decision, Status};
use crate::store::{automation, conversations, people, requests};
use crate::tools::desk::{self, Deed};
use crate::tools::{self, Ctx, catalogue};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const BROADCAST: &str = "whatsapp.broadcast.schedule";
const REPLY: &str = "whatsapp.session_message.send";

/// Whose carts are sold, how they are asked to pay, and whether the demo signs for it.
const CARTS: [(Part, Wording, bool); 2] = [
    (
        Part::Shopper,
        Wording { text: "Your tea is set aside. Once it is paid, it leaves the shop today.", button: "Pay" },
        true,
    ),
    (Part::Guest, Wording { text: "你的茶具已預留，付款後即日寄出。", button: "付款" }, false),
];

/// So often the team looks up.
const LOOKS: Duration = Duration::from_secs(2);

/// The people of the story, and the agent that works for them.
pub struct Staff<'a> {
    pub ctx: &'a Ctx,
    tenant: Tenant,
    lau: Person,
    ng: Person,
    wong: Person,
    pub agent: Agent,
    /// Carts that came to nothing, and are left alone.
    left: Mutex<BTreeSet<ConversationId>>,
}

impl<'a> Staff<'a> {
    /// Calls them together; nobody comes if the business was made by an earlier version, without them.
    pub async fn gather(ctx: &'a Ctx) -> anyhow::Result<Option<Self>> {
        let Some(tenant) = people::tenants(&ctx.db).await?.into_iter().find(|it| it.name == seed::BUSINESS) else {
            return Ok(None);
        };
        let team = people::people(&ctx.db, tenant.id).await?;
        let agents = people::agents(&ctx.db, tenant.id).await?;
        let who = |email: &str| team.iter().find(|person| person.email == email).cloned();
        let agent = agents.into_iter().find(|agent| agent.name == SERVICE_AGENT);
        let (lau, ng, wong) = (who(seed::COMPLIANCE), who(seed::OPERATOR), who(seed::MANAGER));
        Ok(match (lau, ng, wong, agent) {
            (Some(lau), Some(ng), Some(wong), Some(agent)) => {
                Some(Self { ctx, tenant, lau, ng, wong, agent, left: Mutex::default() })
            }
            _ => None,
        })
    }

    /// The business they work for.
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Opens the shop, if it has never been open: what has to be signed is signed, and the answers go live. `false` if they are
    /// live already, or somebody has turned them down.
    pub async fn open(&self) -> anyhow::Result<bool> {
        if !automation::active(&self.ctx.db, self.tenant.id).await?.is_empty() {
            return Ok(false);
        }
        let Some(launch) = self.sign_broadcasts().await? else { return Ok(false) };
        answers::make_live(self.ctx, self.tenant.id, launch).await?;
        tracing::info!("the answers to customers are live: keywords, a menu, greetings");
        Ok(true)
    }

    /// Looks after customers for as long as it is let.
    pub async fn work(&self, cast: &Cast, pace: Pace) -> anyhow::Result<()> {
        loop {
            self.look_after(cast).await?;
            tokio::time::sleep(pace.of(LOOKS)).await;
        }
    }

    /// Signs what waits of the story's broadcasts, and gives the one by which the answers go live, once it is signed.
    async fn sign_broadcasts(&self) -> anyhow::Result<Option<RequestId>> {
        let filter = requests::ListFilter {
            agent: Some(self.agent.id),
            tool: Some(BROADCAST.to_owned()),
            ..requests::ListFilter::default()
        };
        let found = requests::list(&self.ctx.db, self.tenant.id, None, &filter, 50).await?;
        let waiting: Vec<_> = found.iter().filter(|line| line.status == Status::PendingApproval).collect();
        for line in &waiting {
            sign::dossier(self.ctx, self.tenant.id, &self.lau, line.id).await?;
        }
        if !waiting.is_empty() {
            // Nobody may sign what they have opened a moment ago.
            tokio::time::sleep(self.ctx.policy.times.min_review + Duration::from_millis(100)).await;
        }
        for line in &waiting {
            self.sign(line.id).await.with_context(|| format!("{} could not be signed", line.title))?;
            tracing::info!("the demo signs for M. Lau: {}", line.title);
        }
        let Some(launch) = found.iter().find(|line| line.title.contains(offers::LAUNCH)) else { return Ok(None) };
        // What whoever tries the demo has turned down lets nothing go live.
        let signed = requests::signatures(&self.ctx.db, self.tenant.id, launch.id).await?;
        let approved = signed.iter().any(|signature| signature.decision == Decision::Approved);
        Ok(approved.then_some(launch.id))
    }

    /// Reads a request for as long as that takes at least, and signs it.
    pub async fn read_and_sign(&self, id: RequestId) -> anyhow::Result<()> {
        sign::dossier(self.ctx, self.tenant.id, &self.lau, id).await?;
        tokio::time::sleep(self.ctx.policy.times.min_review + Duration::from_millis(100)).await;
        self.sign(id).await
    }

    async fn sign(&self, id: RequestId) -> anyhow::Result<()> {
        let tenant = self.tenant.id;
        let request = requests::find(&self.ctx.db, tenant, id).await?.context("the request is gone")?;
        sign::check(self.ctx, tenant, &self.lau, id, request.preview.view.sections()).await?;
        let now = tools::standing(self.ctx, tenant, &request.preview.action).await?;
        let warnings = request.preview.to_accept(&now);
        let accept = |rule: &str| AcceptedWarning::new(rule, "Part of the demo.".to_owned(), &warnings);
        let intent = Intent {
            digest: request.digest,
            decision: Decision::Approved,
            comment: "Signed by the demo, and by no person.".to_owned(),
            accepted: warnings.iter().map(|finding| accept(&finding.rule)).collect(),
        };
        // How M. Lau proved to be M. Lau: not at all, and the audit log says so.
        sign::decide(self.ctx, tenant, &self.lau, id, &intent, "demo").await?;
        Ok(())
    }

    async fn look_after(&self, cast: &Cast) -> anyhow::Result<()> {
        if let Some(thread) = self.thread(cast, Part::Regular).await? {
            self.serve(&thread).await?;
        }
        if let Some(thread) = self.thread(cast, Part::Broken).await?.filter(|it| is_in(it, COMPLAINTS)) {
            self.complain(&thread).await?;
        }
        if let Some(thread) = self.thread(cast, Part::Closing).await?
            && thread.state == ConversationState::Open
            && thread.waiting_since.is_none()
        {
            self.does(&self.ng, &thread, Deed::Close(Outcome::Solved, thread.unread)).await?;
        }
        for (part, wording, signs) in CARTS {
            if let Some(thread) = self.thread(cast, part).await? {
                self.look_after_cart(&thread, &wording, signs).await;
            }
        }
        Ok(())
    }

    /// Whoever tries the demo may have turned something down, or sold the last of it.
    async fn look_after_cart(&self, thread: &Conversation, wording: &Wording, signs: bool) {
        if self.left.lock().unwrap_or_else(PoisonError::into_inner).contains(&thread.id) {
            return;
        }
        if let Err(error) = self.sell(thread, wording, signs).await {
            tracing::warn!("a cart is left alone: {error:#}");
            self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(thread.id);
        }
    }

    /// A regular customer: somebody takes over, an answer goes out, and when they are content it is closed.
    async fn serve(&self, thread: &Conversation) -> anyhow::Result<()> {
        if thread.state == ConversationState::Closed {
            return Ok(());
        }
        let answered = thread.answered_at;
        if is_in(thread, SUPPORT) && thread.person.is_none() {
            self.does(&self.ng, thread, Deed::Note("Buys the winter oolong every year. Set two tins aside.")).await?;
            self.does(&self.ng, thread, Deed::Take).await?;
        } else if thread.person.is_some() && answered.is_none() {
            let text = "Welcome back! We have set two tins of the winter oolong aside for you in Central.";
            self.reply(thread, text, "The customer asked for a person; S. Ng has set the tea aside.").await?;
        } else if answered.is_some_and(|at| at < thread.last_inbound_at) {
            self.does(&self.ng, thread, Deed::Close(Outcome::Solved, thread.unread)).await?;
        }
        Ok(())
    }

    /// Something is broken: it stays with one person until it is settled, and money is promised with a signature only.
    async fn complain(&self, thread: &Conversation) -> anyhow::Result<()> {
        if thread.person.is_none() && thread.state == ConversationState::Open {
            let note = "The box was dented already when it left the warehouse, says the driver.";
            self.does(&self.wong, thread, Deed::Note(note)).await?;
            self.does(&self.wong, thread, Deed::Take).await?;
        } else if thread.person == Some(self.wong.id) && !thread.escalated && thread.answered_at.is_none() {
            self.does(&self.wong, thread, Deed::Escalate).await?;
            let text = "We are sorry. We refund HK$680 for the teapot within three days.";
            self.reply(thread, text, "The teapot arrived broken; K. Wong wants to give the money back.").await?;
        }
        Ok(())
    }

    async fn thread(&self, cast: &Cast, part: Part) -> anyhow::Result<Option<Conversation>> {
        let Some(player) = cast.player(part) else { return Ok(None) };
        Ok(conversations::of(&self.ctx.db, self.tenant.id, part.writes_to(), player.contact).await?)
    }

    async fn does(&self, person: &Person, thread: &Conversation, deed: Deed<'_>) -> anyhow::Result<()> {
        match desk::act(self.ctx, person, thread.id, thread.version, deed).await? {
            Ok(()) => tracing::info!("{} looks after a conversation: {}", person.name, word(deed)),
            // Whoever tries the demo was faster.
            Err(why) => tracing::debug!(?why, "{} left a conversation as it is", person.name),
        }
        Ok(())
    }

    /// The agent answers for the team. Where that is sensitive, the answer waits for a signature.
    async fn reply(&self, thread: &Conversation, text: &str, reason: &str) -> anyhow::Result<()> {
        let caller = Caller::new(self.agent.clone());
        seed::read(self.ctx, &caller, "whatsapp.policy_rules.get", json!({})).await?;
        let own = json!({ "conversation_id": thread.id, "message": { "text": { "body": text } } });
        let find =
            |name: &str| catalogue::catalogue().find(name).with_context(|| format!("the catalogue has no {name}"));
        let preview = json!({ "arguments": own, "reason": reason, "submit": false });
        let request = submit::preview(self.ctx, &caller, find("whatsapp.session_message.preview")?, preview).await?;
        let Value::Object(mut write) = own else { return Ok(()) };
        write.insert("reason".to_owned(), reason.into());
        write.insert("action_request_id".to_owned(), request.action_request_id.into());
        write.insert("wait_ms".to_owned(), 0.into());
        let request = submit::write(self.ctx, &caller, find(REPLY)?, Value::Object(write)).await?;
        tracing::info!(status = %request.status, "the agent answers a customer for the team");
        Ok(())
    }
}

fn is_in(thread: &Conversation, queue: &str) -> bool {
    thread.queue.as_deref() == Some(queue)
}

const fn word(deed: Deed<'_>) -> &'static str {
    match deed {
        Deed::Look(_) => "looks",
        Deed::Note(_) => "writes a note",
        Deed::Take => "takes it",
        Deed::HandOn(_) => "hands it on",
        Deed::Escalate => "says that it has to be settled",
        Deed::Settle => "says that it is settled",
        Deed::Close(..) => "closes it",
    }
}
