//! `POST /requests/{id}/decision`: keeps the ticks, names what is missing, and leads on to the signature.

use axum::response::{IntoResponse, Redirect, Response};

use super::kept::{Kept, keep};
use crate::approvals::sign::{self, Intent};
use crate::console::errors::Trouble;
use crate::console::forms::{Fields, Named, Posted};
use crate::console::requests::{Fault, Section, Sent, Verdict, again, refusal};
use crate::console::states::State;
use crate::console::visit::Reviewer;
use crate::domain::canonical::Digest;
use crate::domain::ids::RequestId;
use crate::domain::policy::signatures::{MayNotSign, may_sign};
use crate::domain::preview::{Finding, Level};
use crate::domain::requests::{AcceptedWarning, ActionRequest, Decision, Status};
use crate::error::Error;
use crate::store;

/// The most characters of a comment, and of the reason for a warning.
const COMMENT: usize = 4_000;
const REASON: usize = 500;

/// `GET /requests/{id}/decision`: a form is sent there, nobody reads there.
pub async fn back(Named(id): Named<RequestId>) -> Redirect {
    Redirect::to(&format!("/requests/{id}"))
}

pub async fn decide(Named(id): Named<RequestId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    match take(&who, id, &fields).await {
        Ok(Some(sent)) => again(&who, id, sent).await,
        Ok(None) => Redirect::to(&format!("/requests/{id}/sign")).into_response(),
        Err(trouble) => who.answer(Err::<Response, _>(trouble)).await,
    }
}

/// Keeps what was sent; gives it back with its faults if it has any.
async fn take(who: &Reviewer, id: RequestId, fields: &Fields) -> Result<Option<Sent>, Trouble> {
    let (ctx, person) = (&who.console.ctx, &who.person);
    let failed = |error: Error| Trouble::from_error(&who.l, error);
    let dossier = sign::dossier(ctx, person.tenant, person, id).await.map_err(failed)?;
    if let Err(why) = &dossier.may_decide {
        return Err(trouble(who, why, &dossier.request).await);
    }
    let request = &dossier.request;
    let warnings = request.preview.to_accept(&dossier.findings_now);
    let verdict = Verdict::from_name(fields.get("verdict"));
    let read: Option<Digest> = fields.get("digest").parse().ok();
    let intent = Intent {
        digest: request.digest,
        decision: verdict.map_or(Decision::ChangesRequested, Decision::from),
        comment: fields.get("comment").trim().chars().take(COMMENT + 1).collect(),
        accepted: accepted(&warnings, fields),
    };
    let mut faults = Vec::new();
    if read == Some(request.digest) {
        let sections = request.preview.view.sections().iter().copied();
        let ticked: Vec<_> = sections.filter(|section| ticks(fields, (*section).into())).collect();
        sign::check(ctx, person.tenant, person, id, &ticked).await.map_err(failed)?;
    } else {
        faults.push(fault("sections", who.l.t("fault-changed")));
    }
    if verdict == Some(Verdict::Approve) && !still_warned(&warnings, fields).map_err(failed)? {
        faults.push(fault("warnings", who.l.t("fault-warnings-now")));
    }
    faults.extend(missing(who, request, verdict, &warnings, &intent, fields));
    if faults.is_empty() {
        faults.extend(not_now(who, request, &intent).await?);
    }
    let kept = Kept::new(id, intent);
    if faults.is_empty() {
        keep(&who.session, kept).await.map_err(failed)?;
        return Ok(None);
    }
    Ok(Some(Sent { kept, verdict, faults }))
}

/// Whether the form ticks a section.
fn ticks(fields: &Fields, section: Section) -> bool {
    fields.all("section").any(|name| name == section.name())
}

fn fault(field: &str, text: String) -> Fault {
    Fault { field: field.to_owned(), text }
}

/// Whether the form was filled in below the warnings that there are now.
fn still_warned(warnings: &[Finding], fields: &Fields) -> Result<bool, Error> {
    Ok(fields.get("warned") == sign::warned(warnings)?.to_string())
}

fn accepted(warnings: &[Finding], fields: &Fields) -> Vec<AcceptedWarning> {
    let mut rules: Vec<&str> = warnings.iter().map(|finding| finding.rule.as_str()).collect();
    rules.dedup();
    rules
        .into_iter()
        .filter(|rule| fields.all("accept").any(|accepted| accepted == *rule))
        .map(|rule| {
            let reason = fields.get(&format!("reason-{rule}")).trim().chars().take(REASON).collect();
            AcceptedWarning::new(rule, reason, warnings)
        })
        .collect()
}

/// What is missing, each at its field.
fn missing(
    who: &Reviewer,
    request: &ActionRequest,
    verdict: Option<Verdict>,
    warnings: &[Finding],
    intent: &Intent,
    fields: &Fields,
) -> Vec<Fault> {
    let l = &who.l;
    let mut faults = Vec::new();
    let Some(verdict) = verdict else { return vec![fault("verdict", l.t("fault-verdict"))] };
    if verdict == Verdict::Approve {
        let sections = request.preview.view.sections().iter().map(|section| Section::from(*section));
        let open: Vec<_> =
            sections.filter(|section| !ticks(fields, *section)).map(|section| section.words(l)).collect();
        if !open.is_empty() {
            faults.push(fault("sections", l.t1("fault-sections", "sections", open.join(" · "))));
        }
        let given = |rule: &str| intent.accepted.iter().any(|a| a.rule == rule && !a.reason.is_empty());
        let mut rules: Vec<_> =
            warnings.iter().map(|finding| finding.rule.as_str()).filter(|rule| !given(rule)).collect();
        rules.dedup();
        if !rules.is_empty() {
            faults.push(fault("warnings", l.t1("fault-warnings", "rules", rules.join(", "))));
        }
    } else if intent.comment.is_empty() {
        faults.push(fault("comment", l.t("fault-comment")));
    }
    if intent.comment.chars().count() > COMMENT {
        faults.push(fault("comment", l.t1("fault-comment-long", "n", COMMENT)));
    }
    faults
}

/// What stands against signing it at this moment: read too fast, or a rule that has come to forbid it.
async fn not_now(who: &Reviewer, request: &ActionRequest, intent: &Intent) -> Result<Option<Fault>, Trouble> {
    let (ctx, person, tenant) = (&who.console.ctx, &who.person, who.person.tenant);
    let failed = |error: Error| Trouble::from_error(&who.l, error);
    let signatures = store::requests::signatures(&ctx.db, tenant, request.id).await.map_err(|e| failed(e.into()))?;
    let opened = store::requests::opened_at(&ctx.db, tenant, request.id, person.id, request.digest).await;
    let opened = opened.map_err(|e| failed(e.into()))?;
    match may_sign(request, &signatures, person, opened, &ctx.policy.times, who.now) {
        Err(why @ MayNotSign::TooSoon(_)) => return Ok(Some(fault("verdict", sentence(who, &why, request).await))),
        Err(why) => return Err(trouble(who, &why, request).await),
        Ok(()) => {}
    }
    match sign::ready(ctx, tenant, person, request.id, intent).await {
        Ok(_) => Ok(None),
        Err(Error::Invalid(sentence)) => Ok(Some(fault("verdict", sentence))),
        Err(Error::Blocked(findings)) => {
            let blocks = findings.iter().filter(|finding| finding.level == Level::Block);
            let mut rules: Vec<_> = blocks.map(|finding| finding.rule.as_str()).collect();
            rules.dedup();
            Ok(Some(fault("verdict", who.l.t1("fault-blocked", "rules", rules.join(", ")))))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Why this person cannot decide it, in their language.
async fn sentence(who: &Reviewer, why: &MayNotSign, request: &ActionRequest) -> String {
    let ctx = &who.console.ctx;
    // What was stopped had begun. Without an answer it reads as taken back, which says as much.
    let begun = store::deliveries::of_request(&ctx.db, request.tenant, request.id).await.is_ok_and(|run| run.is_some());
    let state = if begun && request.status == Status::Cancelled {
        State::stopped(request.status, String::new())
    } else {
        State::of(request.status, false, request.not_before, ctx.policy.times.cooling_off, who.now)
    };
    refusal(&who.l, why, &state)
}

/// The same as the page that says so.
async fn trouble(who: &Reviewer, why: &MayNotSign, request: &ActionRequest) -> Trouble {
    let text = sentence(who, why, request).await;
    match why {
        MayNotSign::NotPending(_) | MayNotSign::NothingOpen(_) | MayNotSign::TooLate(_) => Trouble::Refused(text),
        _ => Trouble::Forbidden(text),
    }
}
