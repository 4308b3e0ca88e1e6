//! Going on with what stands still: why it does, how far it is, and the password of whoever agrees.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::ResumePage;
use crate::approvals::resume::{self, Resumed, Standstill};
use crate::console::errors::Trouble;
use crate::console::forms::{Named, Posted};
use crate::console::monitor::{Progress, why_halted};
use crate::console::page::{Here, Notice};
use crate::console::parts::Tone;
use crate::console::proof::prove;
use crate::console::requests::refusal;
use crate::console::states::State;
use crate::console::visit::Reviewer;
use crate::domain::deliveries::Desired;
use crate::domain::ids::RequestId;
use crate::domain::policy::signatures::MayNotSign;
use crate::error::Error;
use crate::store::deliveries::Execution;
use crate::words::Words;

/// `GET /broadcasts/{id}/resume`.
pub async fn agree(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id, None).await;
    who.answer(page).await
}

/// `POST /broadcasts/{id}/resume`.
pub async fn agreed(Named(id): Named<RequestId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let done = put(&who, id, fields.get("password")).await;
    who.answer(done).await
}

async fn fill(who: &Reviewer, id: RequestId, fault: Option<String>) -> Result<ResumePage, Trouble> {
    let l = &who.l;
    let still = resume::standstill(&who.console.ctx, who.person.tenant, &who.person, id).await;
    let Standstill { request, execution, tally, fallen_away, may_agree, stopped, signatures } =
        still.map_err(|error| Trouble::from_error(l, error))?;
    if let Err(MayNotSign::NothingOpen(_)) = may_agree {
        return Err(over(l, &execution));
    }
    if stopped {
        return Err(Trouble::Refused(l.t("resume-number-stopped")));
    }
    let (reason, reason_lang) = why_halted(who, &execution).await.map_err(|error| Trouble::from_error(l, error))?;
    let mut chrome = who.chrome(l.t("resume-title"), Here::Broadcasts).await;
    chrome.path = format!("/broadcasts/{id}/resume");
    Ok(ResumePage {
        action: format!("/broadcasts/{id}/resume"),
        back: format!("/broadcasts/{id}"),
        name: request.preview.view.name().to_owned(),
        reason,
        reason_lang,
        waiting: tally.queued.saturating_sub(fallen_away),
        in_doubt: (tally.unknown > 0).then(|| (tally.unknown, format!("/broadcasts/{id}/doubts"))),
        progress: Progress::from(tally),
        not_you: may_agree.err().map(|why| refusal(l, &why, &State::Paused)),
        signatures,
        email: who.person.email.clone(),
        fault,
        l: l.clone(),
        chrome,
    })
}

/// It does not stand still, or will not go on.
fn over(l: &Words, execution: &Execution) -> Trouble {
    Trouble::Refused(l.t(if execution.desired == Desired::Cancel { "resume-stopped" } else { "resume-over" }))
}

async fn put(who: &Reviewer, id: RequestId, password: &str) -> Result<Response, Trouble> {
    let (ctx, l) = (&who.console.ctx, &who.l);
    let failed = |error: Error| Trouble::from_error(l, error);
    // Nobody gives a password for what they cannot do.
    let page = fill(who, id, None).await?;
    if page.not_you.is_some() {
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    let proof = prove(who, &who.person.email, password, "person.proof_failed").await.map_err(failed)?;
    if let Err(wrong) = proof {
        let page = fill(who, id, Some(wrong.sentence(l, "fault-password"))).await?;
        return Ok(wrong.answer(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    let text = match resume::resume(ctx, who.person.tenant, &who.person, id, "password").await {
        Ok(Resumed::Goes) => l.t("resume-goes"),
        Ok(Resumed::Waits(more)) => l.t1("resume-waits", "n", more as u64),
        Err(Error::Conflict(_)) => return Err(Trouble::Refused(l.t("resume-over"))),
        Err(error) => return Err(failed(error)),
    };
    // Whoever has proved who they are gets a new session id.
    who.session.cycle_id().await.map_err(|e| failed(Error::internal(e)))?;
    who.notify(Notice { tone: Tone::Ok, text }).await;
    Ok(Redirect::to(&format!("/broadcasts/{id}")).into_response())
}
