//! Where the languages of a template stand that a request brings to Meta, and how Meta's review of them ended.

use super::facts;
use super::visit::Reviewer;
use crate::domain::action::Action;
use crate::domain::requests::ActionRequest;
use crate::domain::templates::TemplateStatus;
use crate::domain::templates::submission::SubmissionState;
use crate::error::Error;
use crate::store::templates::{self, submissions};
use crate::words::Words;

/// One language.
#[derive(Clone, Debug)]
pub struct SubmittedLine {
    pub language: String,
    /// On its way, or how that ended.
    pub state: String,
    /// Where it stands at Meta by now.
    pub now: Option<String>,
    /// Why Meta refused it, or why it still waits, in English as it was written down.
    pub why: Option<String>,
}

/// The languages that a request brings to Meta; none if it brings none, or has not begun.
pub async fn of_request(who: &Reviewer, request: &ActionRequest) -> Result<Vec<SubmittedLine>, Error> {
    let Action::TemplateSubmit(plan) = &request.preview.action else { return Ok(Vec::new()) };
    let db = &who.console.ctx.db;
    let submitted = submissions::of_request(db, request.tenant, request.id).await?;
    let live = templates::of_name(db, request.tenant, plan.name.as_str()).await?;
    let line = |it: submissions::Submission| {
        let taken = it.state == SubmissionState::Taken;
        let now = live.iter().find(|template| taken && template.language == it.language);
        let rejected = now.filter(|template| template.status == TemplateStatus::Rejected);
        SubmittedLine {
            state: words(&who.l, it.state),
            now: now.map(|template| facts::template_status(&who.l, template.status)),
            why: rejected.and_then(|template| template.rejected_reason.clone()).or(it.why),
            language: it.language.to_string(),
        }
    };
    Ok(submitted.into_iter().map(line).collect())
}

/// Whether something of it is on its way to Meta, so that it can be stopped.
pub async fn is_open(who: &Reviewer, request: &ActionRequest) -> Result<bool, Error> {
    let submitted = submissions::of_request(&who.console.ctx.db, request.tenant, request.id).await?;
    let under_way =
        |it: &submissions::Submission| matches!(it.state, SubmissionState::Waiting | SubmissionState::Asked);
    Ok(request.status.is_running() && submitted.iter().any(under_way))
}

/// Where this person stops it, while there is something to stop.
pub async fn stop(who: &Reviewer, request: &ActionRequest) -> Result<Option<String>, Error> {
    let may = who.person.role.may_stop() && matches!(request.preview.action, Action::TemplateSubmit(_));
    Ok((may && is_open(who, request).await?).then(|| format!("/requests/{}/stop", request.id)))
}

fn words(l: &Words, state: SubmissionState) -> String {
    l.t(match state {
        SubmissionState::Waiting => "submitted-waiting",
        SubmissionState::Asked => "submitted-asked",
        SubmissionState::Taken => "submitted-taken",
        SubmissionState::Refused => "submitted-refused",
    })
}
