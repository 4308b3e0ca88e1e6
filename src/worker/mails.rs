//! Sending mails from the outbox. A mail says that something waits, and where; never what, and about nobody.

use super::Round;
use crate::approvals::engine::Engine;
use crate::domain::mails::MailKind;
use crate::error::{Error, Result};
use crate::faults::{MAILED, point};
use crate::mail::{Mail, Mailer};
use crate::store::outbox::{self, DueMail, MailOutcome};
use crate::store::{people, requests};
use crate::tools::Ctx;
use crate::tools::wake::Waiter;
use crate::words::{Lang, Words};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// After so many tries a mail is given up; the inbox still shows what it was about.
const TRIES: u32 = 12;

/// Sends what is due, one after the other.
pub struct Mails {
    engine: Arc<Engine>,
    mailer: Mailer,
    waiter: Waiter,
}

impl Mails {
    pub fn new(engine: Arc<Engine>, mailer: Mailer) -> Self {
        Self { waiter: engine.ctx.wake.on_requests(), engine, mailer }
    }
}

#[async_trait]
impl Round for Mails {
    const NAME: &'static str = "mails";

    async fn turn(&mut self) -> Result<()> {
        let ctx = &self.engine.ctx;
        while !self.engine.stop.is_cancelled()
            && let Some(due) = outbox::claim_next(&ctx.db, ctx.clock.now()).await?
        {
            send(ctx, &self.mailer, &due).await?;
        }
        Ok(())
    }

    async fn woken(&mut self) {
        self.waiter.woken().await;
    }
}

async fn send(ctx: &Ctx, mailer: &Mailer, due: &DueMail) -> Result<()> {
    let sent = match write(ctx, due).await {
        Ok(mail) => mailer.send(&mail).await.map_err(|e| (e.transient, e.in_doubt, e.why)),
        // Nothing has left; the next try may find what is missing now.
        Err(e) => Err((true, false, e.to_string())),
    };
    point(MAILED);
    let now = ctx.clock.now();
    let outcome = match sent {
        Ok(()) => MailOutcome::Sent,
        // The server may have it. A second copy is worse than one that is seen in the inbox only.
        Err((_, true, why)) => MailOutcome::Unknown(why),
        Err((true, false, why)) if due.attempt < TRIES => MailOutcome::Later(now.after(delay(due.attempt)), why),
        Err((_, false, why)) => MailOutcome::Failed(why),
    };
    let word = match &outcome {
        MailOutcome::Sent => "sent",
        MailOutcome::Later(..) => "later",
        MailOutcome::Failed(_) => "failed",
        MailOutcome::Unknown(_) => "unknown",
    };
    metrics::counter!("countersign_mails_total", "outcome" => word).increment(1);
    if let MailOutcome::Later(_, why) | MailOutcome::Failed(why) | MailOutcome::Unknown(why) = &outcome {
        tracing::warn!(mail = %due.id, attempt = due.attempt, outcome = word, why, "a mail did not go out");
    }
    outbox::settle(&ctx.db, due.tenant, due.id, &outcome, now).await?;
    Ok(())
}

fn delay(attempt: u32) -> Duration {
    Duration::from_secs(10_u64.saturating_mul(1 << attempt.min(9)))
}

async fn write(ctx: &Ctx, due: &DueMail) -> Result<Mail> {
    let request = requests::find(&ctx.db, due.tenant, due.request)
        .await?
        .ok_or_else(|| Error::not_found("action request", due.request))?;
    let tenant = people::tenant(&ctx.db, due.tenant).await?.ok_or_else(|| Error::not_found("tenant", due.tenant))?.name;
    let words = Words::hong_kong(due.language.as_deref().and_then(Lang::from_tag).unwrap_or(Lang::En));
    let [subject, lead, link] = match due.kind {
        MailKind::RequestFiled => ["mail-filed-subject", "mail-filed-lead", "mail-filed-link"],
        MailKind::RequestDecided => ["mail-decided-subject", "mail-decided-lead", "mail-decided-link"],
        MailKind::BroadcastPaused => ["mail-paused-subject", "mail-paused-lead", "mail-paused-link"],
        MailKind::ConversationAssigned => ["mail-assigned-subject", "mail-assigned-lead", "mail-assigned-link"],
    };
    let mut lines = vec![
        words.t1(lead, "tenant", &tenant),
        String::new(),
        format!("{} {}", words.t("mail-filed-tool"), request.tool),
        format!("{} {}", words.t("mail-filed-agent"), request.agent_name),
    ];
    if due.kind == MailKind::RequestFiled {
        let needs = words.t1("signatures", "n", request.quorum.seats.len());
        lines.push(format!("{} {needs}", words.t("mail-filed-needs")));
        lines.push(format!("{} {}", words.t("mail-filed-due"), words.when(due.decide_by.to_jiff())));
    }
    lines.push(format!("{} {}", words.t("mail-filed-digest"), request.digest));
    lines.push(String::new());
    let page = match due.kind {
        MailKind::ConversationAssigned => "conversations".to_owned(),
        _ => format!("requests/{}", request.id),
    };
    lines.push(format!("{}: {}/{page}", words.t(link), ctx.public_url));
    if due.kind == MailKind::RequestFiled {
        lines.push(String::new());
        lines.push(words.t("mail-filed-note"));
    }
    Ok(Mail {
        to: due.to.clone(),
        subject: words.t1(subject, "tenant", &tenant),
        text: lines.join("\n"),
        html: None,
        message_id: due.id.to_string(),
    })
}
