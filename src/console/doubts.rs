//! `/broadcasts/{id}/doubts`: what is known of messages in doubt, and the decision what becomes of them.

use askama::Template;
use askama_web::WebTemplate;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::errors::Trouble;
use super::forms::{Fields, Named, Posted};
use super::page::{Chrome, Here, Notice};
use super::parts::{Choice, Tone};
use super::proof::prove;
use super::requests::refusal;
use super::states::State;
use super::visit::Reviewer;
use crate::approvals::agree::Signatures;
use crate::approvals::doubts::{self, Doubts, Ruled, Wish};
use crate::domain;
use crate::domain::deliveries::Ruling;
use crate::domain::ids::RequestId;
use crate::domain::policy::doubts::usual_ruling;
use crate::domain::policy::signatures::MayNotSign;
use crate::error::Error;
use crate::words::{Lang, Words};

/// `GET /broadcasts/{id}/doubts`.
#[derive(Template, WebTemplate)]
#[template(path = "broadcasts/doubts.html")]
pub struct DoubtsPage {
    pub l: Words,
    pub chrome: Chrome,
    /// `/broadcasts/{id}/doubts`.
    pub action: String,
    pub back: String,
    /// The rows of the ledger that are in doubt.
    pub listed: String,
    pub name: String,
    pub count: u64,
    /// The latest try among them: the form decides on no later one.
    pub attempt: i16,
    pub since: Option<Timestamp>,
    /// What was seen when their requests broke, and how often. In English, as it was written down.
    pub ways: Vec<(String, u64)>,
    pub ways_lang: Option<&'static str>,
    pub told_since: u64,
    pub last_told: Option<Timestamp>,
    /// Why this person may not decide.
    pub not_you: Option<String>,
    pub choices: Vec<Choice>,
    /// Signatures that sending again takes, where that is among the choices.
    pub signatures: Option<Signatures>,
    pub reason: String,
    pub email: String,
    pub fault: Option<String>,
}

pub async fn new(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = fill(&who, id, &Fields::default(), None).await;
    who.answer(page).await
}

pub async fn create(Named(id): Named<RequestId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let done = put(&who, id, &fields).await;
    who.answer(done).await
}

async fn read(who: &Reviewer, id: RequestId) -> Result<Doubts, Trouble> {
    let doubts = doubts::doubts(&who.console.ctx, who.person.tenant, &who.person, id).await;
    let doubts = doubts.map_err(|error| Trouble::from_error(&who.l, error))?;
    match doubts.may_rule {
        Err(MayNotSign::NothingOpen(_)) => Err(Trouble::Refused(who.l.t("doubts-over"))),
        _ => Ok(doubts),
    }
}

async fn fill(who: &Reviewer, id: RequestId, given: &Fields, fault: Option<String>) -> Result<DoubtsPage, Trouble> {
    let (l, doubts) = (&who.l, read(who, id).await?);
    let Doubts { request, evidence, may_rule, may_send_again, signatures } = doubts;
    let may = |ruling: Ruling| if ruling == Ruling::SendAgain { &may_send_again } else { &may_rule };
    let category = request.preview.view.broadcast().map(|view| view.message.category);
    let chosen: Option<Ruling> = given.get("ruling").parse().ok().or_else(|| category.and_then(usual_ruling));
    let mut chrome = who.chrome(l.t("doubts-title"), Here::Broadcasts).await;
    chrome.path = format!("/broadcasts/{id}/doubts");
    let choice = |ruling: Ruling| Choice::new(ruling.as_str(), words(l, ruling), chosen == Some(ruling));
    Ok(DoubtsPage {
        action: format!("/broadcasts/{id}/doubts"),
        back: format!("/broadcasts/{id}"),
        listed: format!("/broadcasts/{id}?state=unknown#ledger"),
        name: request.preview.view.name().to_owned(),
        count: evidence.count,
        attempt: evidence.attempt,
        since: evidence.since.map(domain::clock::Timestamp::to_jiff),
        ways: evidence.ways,
        ways_lang: (l.lang() != Lang::En).then_some("en"),
        told_since: evidence.told_since,
        last_told: evidence.last_told.map(domain::clock::Timestamp::to_jiff),
        not_you: not_you(&may_rule, &may_send_again).map(|why| refusal(l, why, &State::OutcomeUnknown)),
        choices: Ruling::ALL.iter().filter(|ruling| may(**ruling).is_ok()).map(|ruling| choice(*ruling)).collect(),
        signatures: may_send_again.is_ok().then_some(signatures),
        reason: given.get("reason").to_owned(),
        email: who.person.email.clone(),
        fault,
        l: l.clone(),
        chrome,
    })
}

/// Why there is nothing that this person may decide.
fn not_you<'a>(
    may_rule: &'a Result<(), MayNotSign>,
    may_send_again: &'a Result<(), MayNotSign>,
) -> Option<&'a MayNotSign> {
    may_send_again.as_ref().err().and_then(|_| may_rule.as_ref().err())
}

fn words(l: &Words, ruling: Ruling) -> String {
    match ruling {
        Ruling::CountAsSent => l.t("doubts-count-as-sent"),
        Ruling::Leave => l.t("doubts-leave"),
        Ruling::SendAgain => l.t("doubts-send-again"),
    }
}

async fn put(who: &Reviewer, id: RequestId, fields: &Fields) -> Result<Response, Trouble> {
    let (ctx, l) = (&who.console.ctx, &who.l);
    let failed = |error: Error| Trouble::from_error(l, error);
    // Nobody gives a password for what they cannot do.
    let doubts = read(who, id).await?;
    if not_you(&doubts.may_rule, &doubts.may_send_again).is_some() {
        let page = fill(who, id, fields, None).await?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    let again = async |fault: String| {
        let page = fill(who, id, fields, Some(fault)).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let Ok(ruling) = fields.get("ruling").parse::<Ruling>() else { return again(l.t("doubts-choose")).await };
    if fields.get("reason").trim().is_empty() {
        return again(l.t("doubts-reason-missing")).await;
    }
    if fields.get("reason").trim().chars().count() > doubts::REASON_LENGTH {
        return again(l.t1("doubts-reason-long", "n", doubts::REASON_LENGTH as u64)).await;
    }
    let proof = prove(who, &who.person.email, fields.get("password"), "person.proof_failed").await.map_err(failed)?;
    if let Err(wrong) = proof {
        let page = fill(who, id, fields, Some(wrong.sentence(l, "fault-password"))).await?;
        return Ok(wrong.answer(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    // A page without it shows no try at all.
    let wish = Wish { ruling, attempt: fields.get("attempt").parse().unwrap_or(0), reason: fields.get("reason") };
    let ruled = doubts::rule(ctx, who.person.tenant, &who.person, id, &wish, "password").await;
    let text = match ruled {
        Ok(Ruled::Done(count)) => l.t1("doubts-done", "n", count),
        Ok(Ruled::Waits(more)) => l.t1("doubts-waits", "n", more as u64),
        // Over, or other than it was: what is left is shown with what was typed.
        Err(Error::Conflict(_)) => return again(l.t("doubts-changed")).await,
        Err(error) => return Err(failed(error)),
    };
    // Whoever has proved who they are gets a new session id.
    who.session.cycle_id().await.map_err(|e| failed(Error::internal(e)))?;
    who.notify(Notice { tone: Tone::Ok, text }).await;
    Ok(Redirect::to(&format!("/broadcasts/{id}")).into_response())
}
