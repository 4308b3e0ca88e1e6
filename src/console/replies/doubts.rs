//! `/replies/{id}/doubts`: what is known of a message in doubt, and the decision what becomes of it.

use askama::Template;
use askama_web::WebTemplate;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::{failed, thread};
use crate::approvals::doubts::REASON_LENGTH;
use crate::approvals::replies::doubts::{self, Doubt, Wish};
use crate::console::errors::Trouble;
use crate::console::forms::{Fields, Named, Posted};
use crate::console::page::{Chrome, Here, Notice};
use crate::console::parts::{Choice, Tone};
use crate::console::proof::prove;
use crate::console::requests::refusal;
use crate::console::states::State;
use crate::console::visit::Reviewer;
use crate::domain::ids::ReplyId;
use crate::domain::policy::signatures::MayNotSign;
use crate::domain::replies::ReplyRuling;
use crate::error::Error;
use crate::words::{Lang, Words};

/// `GET /replies/{id}/doubts`.
#[derive(Template, WebTemplate)]
#[template(path = "replies/doubts.html")]
pub struct ReplyDoubtsPage {
    pub l: Words,
    pub chrome: Chrome,
    /// `/replies/{id}/doubts`.
    pub action: String,
    /// The request that let it out.
    pub request: String,
    pub name: String,
    /// The conversation that it belongs to.
    pub thread: Option<String>,
    /// The try that is in doubt: the form decides on no other.
    pub attempt: i16,
    pub since: Timestamp,
    /// What was seen when its request broke. In English, as it was written down.
    pub seen: Option<String>,
    pub seen_lang: Option<&'static str>,
    /// Why this person may not decide.
    pub not_you: Option<String>,
    pub choices: Vec<Choice>,
    pub reason: String,
    pub email: String,
    pub fault: Option<String>,
}

pub async fn new(who: Reviewer, Named(id): Named<ReplyId>) -> Response {
    let page = fill(&who, id, &Fields::default(), None).await;
    who.answer(page).await
}

pub async fn create(Named(id): Named<ReplyId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let done = put(&who, id, &fields).await;
    who.answer(done).await
}

async fn read(who: &Reviewer, id: ReplyId) -> Result<Doubt, Trouble> {
    let doubt = doubts::doubt(&who.console.ctx, who.person.tenant, &who.person, id).await;
    let doubt = doubt.map_err(|error| failed(who, error))?;
    match doubt.may_rule {
        Err(MayNotSign::NothingOpen(_)) => Err(Trouble::Refused(who.l.t("doubts-over"))),
        _ => Ok(doubt),
    }
}

async fn fill(who: &Reviewer, id: ReplyId, given: &Fields, fault: Option<String>) -> Result<ReplyDoubtsPage, Trouble> {
    let (l, Doubt { reply, request, may_rule }) = (&who.l, read(who, id).await?);
    let chosen: Option<ReplyRuling> = given.get("ruling").parse().ok();
    let mut chrome = who.chrome(l.t("doubts-title"), Here::Inbox).await;
    chrome.path = format!("/replies/{id}/doubts");
    let choice = |ruling: &ReplyRuling| Choice::new(ruling.as_str(), words(l, *ruling), chosen == Some(*ruling));
    Ok(ReplyDoubtsPage {
        action: format!("/replies/{id}/doubts"),
        request: format!("/requests/{}", request.id),
        name: l.t2("name-request", "name", request.preview.view.name(), "short", request.id.short()),
        thread: thread(who, &reply).await.map_err(|error| failed(who, error))?,
        attempt: reply.attempt,
        since: reply.updated_at.to_jiff(),
        seen: reply.why,
        seen_lang: (l.lang() != Lang::En).then_some("en"),
        not_you: may_rule.err().map(|why| refusal(l, &why, &State::OutcomeUnknown)),
        choices: ReplyRuling::ALL.iter().map(choice).collect(),
        reason: given.get("reason").to_owned(),
        email: who.person.email.clone(),
        fault,
        l: l.clone(),
        chrome,
    })
}

fn words(l: &Words, ruling: ReplyRuling) -> String {
    match ruling {
        ReplyRuling::CountAsSent => l.t("reply-count-as-sent"),
        ReplyRuling::Leave => l.t("reply-leave"),
    }
}

async fn put(who: &Reviewer, id: ReplyId, fields: &Fields) -> Result<Response, Trouble> {
    let (ctx, l) = (&who.console.ctx, &who.l);
    // Nobody gives a password for what they cannot do.
    let doubt = read(who, id).await?;
    if doubt.may_rule.is_err() {
        let page = fill(who, id, fields, None).await?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    let again = async |fault: String| {
        let page = fill(who, id, fields, Some(fault)).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let Ok(ruling) = fields.get("ruling").parse::<ReplyRuling>() else { return again(l.t("reply-choose")).await };
    if fields.get("reason").trim().is_empty() {
        return again(l.t("doubts-reason-missing")).await;
    }
    if fields.get("reason").trim().chars().count() > REASON_LENGTH {
        return again(l.t1("doubts-reason-long", "n", REASON_LENGTH as u64)).await;
    }
    let proof = prove(who, &who.person.email, fields.get("password"), "person.proof_failed").await;
    if let Err(wrong) = proof.map_err(|error| failed(who, error))? {
        let page = fill(who, id, fields, Some(wrong.sentence(l, "fault-password"))).await?;
        return Ok(wrong.answer(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    // A page without it shows no try at all.
    let wish = Wish { ruling, attempt: fields.get("attempt").parse().unwrap_or(0), reason: fields.get("reason") };
    match doubts::rule(ctx, who.person.tenant, &who.person, id, &wish, "password").await {
        Ok(()) => {}
        Err(Error::Conflict(_)) => return again(l.t("doubts-changed")).await,
        Err(error) => return Err(failed(who, error)),
    }
    // Whoever has proved who they are gets a new session id.
    who.session.cycle_id().await.map_err(|error| failed(who, Error::internal(error)))?;
    who.notify(Notice { tone: Tone::Ok, text: l.t1("doubts-done", "n", 1_u64) }).await;
    Ok(Redirect::to(&format!("/requests/{}", doubt.request.id)).into_response())
}
