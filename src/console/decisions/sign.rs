//! `/requests/{id}/sign`: the act restated, and the password that signs it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::SignPage;
use super::kept::{Kept, forget, kept};
use crate::approvals::sign;
use crate::console::errors::Trouble;
use crate::console::forms::{Named, Posted};
use crate::console::page::{Here, Notice};
use crate::console::parts::{Digest, Tone};
use crate::console::proof::{Refusal, prove};
use crate::console::requests::{Verdict, after_approval};
use crate::console::review;
use crate::console::visit::Reviewer;
use crate::domain::ids::RequestId;
use crate::domain::policy::signatures::open_seats;
use crate::domain::requests::{ActionRequest, Decision};
use crate::error::Error;
use crate::store;

/// What there is to show: the page, or the way back to the request with the reason why there is none.
enum Outcome {
    Page(Box<SignPage>),
    /// Not signed; the page says why, and the status whether it is worth trying again by itself.
    Fault(Box<SignPage>, Refusal),
    Back(RequestId),
}

pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let outcome = restate(&who, id).await;
    answer(&who, outcome).await
}

pub async fn create(Named(id): Named<RequestId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let outcome = put(&who, id, fields.get("nonce"), fields.get("password")).await;
    answer(&who, outcome).await
}

async fn answer(who: &Reviewer, outcome: Result<Outcome, Trouble>) -> Response {
    let response = outcome.map(|outcome| match outcome {
        Outcome::Page(page) => page.into_response(),
        Outcome::Fault(page, refusal) => refusal.answer(StatusCode::UNPROCESSABLE_ENTITY, *page),
        Outcome::Back(id) => Redirect::to(&format!("/requests/{id}")).into_response(),
    });
    who.answer(response).await
}

async fn restate(who: &Reviewer, id: RequestId) -> Result<Outcome, Trouble> {
    let Some(kept) = kept(&who.session, id).await else {
        seen(who, id).await?;
        return Ok(Outcome::Back(id));
    };
    match sign::ready(&who.console.ctx, who.person.tenant, &who.person, id, &kept.intent).await {
        Ok(request) => Ok(Outcome::Page(Box::new(page(who, &request, kept, None).await?))),
        Err(error) => refused(who, id, error).await,
    }
}

/// The request is there for this person, or the page is not found.
async fn seen(who: &Reviewer, id: RequestId) -> Result<ActionRequest, Trouble> {
    let dossier = sign::dossier(&who.console.ctx, who.person.tenant, &who.person, id).await;
    dossier.map(|dossier| dossier.request).map_err(|error| Trouble::from_error(&who.l, error))
}

/// What can no longer be signed is said on the request itself.
async fn refused(who: &Reviewer, id: RequestId, error: Error) -> Result<Outcome, Trouble> {
    let text = match Trouble::from_error(&who.l, error) {
        Trouble::Forbidden(text) | Trouble::Refused(text) | Trouble::Unreadable(text) => text,
        trouble => return Err(trouble),
    };
    who.notify(Notice { tone: Tone::Danger, text }).await;
    Ok(Outcome::Back(id))
}

async fn put(who: &Reviewer, id: RequestId, nonce: &str, password: &str) -> Result<Outcome, Trouble> {
    let failed = |error: Error| Trouble::from_error(&who.l, error);
    let Some(kept) = kept(&who.session, id).await.filter(|kept| kept.nonce == nonce) else {
        seen(who, id).await?;
        // A second click on the button, whose first has done it.
        match standing(who, id).await? {
            Some(decision) => done(who, decision).await,
            None => who.notify(Notice { tone: Tone::Danger, text: who.l.t("fault-nonce") }).await,
        }
        return Ok(Outcome::Back(id));
    };
    if let Err(refusal) = prove(who, &who.person.email, password, "person.proof_failed").await.map_err(failed)? {
        let request = seen(who, id).await?;
        let fault = refusal.sentence(&who.l, "fault-password");
        return Ok(Outcome::Fault(Box::new(page(who, &request, kept, Some(fault)).await?), refusal));
    }
    let decided = sign::decide(&who.console.ctx, who.person.tenant, &who.person, id, &kept.intent, "password").await;
    match decided {
        Ok(_) => {}
        // Signed at the same moment in another window.
        Err(_) if standing(who, id).await? == Some(kept.intent.decision) => {}
        Err(error) => return refused(who, id, error).await,
    }
    forget(&who.session, id).await.map_err(failed)?;
    // Whoever has proved who they are gets a new session id.
    who.session.cycle_id().await.map_err(|e| failed(Error::internal(e)))?;
    done(who, kept.intent.decision).await;
    Ok(Outcome::Back(id))
}

async fn done(who: &Reviewer, decision: Decision) {
    let text = match decision {
        Decision::Approved => who.l.t("done-approved"),
        Decision::ChangesRequested => who.l.t("done-changes"),
        Decision::Rejected => who.l.t("done-rejected"),
    };
    who.notify(Notice { tone: Tone::Ok, text }).await;
}

/// What this person has signed here.
async fn standing(who: &Reviewer, id: RequestId) -> Result<Option<Decision>, Trouble> {
    let signatures = store::requests::signatures(&who.console.ctx.db, who.person.tenant, id).await;
    let signatures = signatures.map_err(|error| Trouble::from_error(&who.l, error.into()))?;
    Ok(signatures.into_iter().find(|signature| signature.person == who.person.id).map(|signature| signature.decision))
}

async fn page(who: &Reviewer, request: &ActionRequest, kept: Kept, fault: Option<String>) -> Result<SignPage, Trouble> {
    let (l, id, intent) = (&who.l, request.id, kept.intent);
    let verdict = Verdict::from(intent.decision);
    let title = match verdict {
        Verdict::Approve => l.t("sign-approve"),
        Verdict::RequestChanges => l.t("sign-changes"),
        Verdict::Reject => l.t("sign-reject"),
    };
    let signatures = store::requests::signatures(&who.console.ctx.db, who.person.tenant, id).await;
    let signatures = signatures.map_err(|error| Trouble::from_error(l, error.into()))?;
    let more = open_seats(&request.quorum, &signatures).len().saturating_sub(1);
    let afterwards = match verdict {
        Verdict::Approve => after_approval(who, request, more),
        Verdict::RequestChanges | Verdict::Reject => l.t("after-no"),
    };
    let mut chrome = who.chrome(title, Here::Inbox).await;
    chrome.path = format!("/requests/{id}/sign");
    Ok(SignPage {
        l: l.clone(),
        chrome,
        action: format!("/requests/{id}/sign"),
        back: format!("/requests/{id}"),
        name: l.t2("name-request", "name", request.preview.view.name(), "short", id.short()),
        verdict,
        summary: review::summary(l, &request.preview),
        afterwards,
        comment: intent.comment,
        accepted: intent.accepted.into_iter().map(|accepted| (accepted.rule, accepted.reason)).collect(),
        digest: Digest::new(&request.digest.to_string()),
        nonce: kept.nonce,
        email: who.person.email.clone(),
        fault,
    })
}
