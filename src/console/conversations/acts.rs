//! What people of the team do with a conversation, each by a form of its page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::fill::page;
use crate::console::errors::Trouble;
use crate::console::forms::{Fields, Named, Posted};
use crate::console::page::Notice;
use crate::console::parts::Tone;
use crate::console::visit::Reviewer;
use crate::domain::conversations::Outcome;
use crate::domain::ids::ConversationId;
use crate::tools::desk::{self, Deed, NOTE_LENGTH, NotDone};

/// `GET /conversations/{id}/…`: whoever had to sign in first comes back by this address, and presses again.
pub async fn before(_: Reviewer, Named(id): Named<ConversationId>) -> Response {
    Redirect::to(&format!("/conversations/{id}")).into_response()
}

/// `POST /conversations/{id}/look`.
pub async fn look(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let seen = fields.get("unread").parse().unwrap_or(0);
    done(&who, id, &fields, Deed::Look(seen), "").await
}

/// `POST /conversations/{id}/note`.
pub async fn note(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    done(&who, id, &fields, Deed::Note(fields.get("note")), &who.l.t("desk-noted")).await
}

/// `POST /conversations/{id}/take`.
pub async fn take(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    done(&who, id, &fields, Deed::Take, &who.l.t("desk-taken")).await
}

/// `POST /conversations/{id}/hand-on`.
pub async fn hand_on(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    let queue = fields.get("queue");
    done(&who, id, &fields, Deed::HandOn(queue), &who.l.t1("desk-handed-on", "queue", queue)).await
}

/// `POST /conversations/{id}/escalate`.
pub async fn escalate(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    done(&who, id, &fields, Deed::Escalate, &who.l.t("desk-escalated")).await
}

/// `POST /conversations/{id}/settle`.
pub async fn settle(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    done(&who, id, &fields, Deed::Settle, &who.l.t("desk-settled")).await
}

/// `POST /conversations/{id}/close`.
pub async fn close(Named(id): Named<ConversationId>, Posted(who, fields): Posted<Reviewer>) -> Response {
    match fields.get("outcome").parse::<Outcome>() {
        Ok(outcome) => {
            let unread = fields.get("unread").parse().unwrap_or(0);
            done(&who, id, &fields, Deed::Close(outcome, unread), &who.l.t("desk-closed")).await
        }
        Err(_) => who.answer(Err::<Response, _>(Trouble::Unreadable(who.l.t("desk-no-outcome")))).await,
    }
}

async fn done(who: &Reviewer, id: ConversationId, fields: &Fields, deed: Deed<'_>, said: &str) -> Response {
    let answer = carry_out(who, id, fields, deed, said).await;
    who.answer(answer).await
}

async fn carry_out(
    who: &Reviewer,
    id: ConversationId,
    fields: &Fields,
    deed: Deed<'_>,
    said: &str,
) -> Result<Response, Trouble> {
    let l = &who.l;
    // A form without it looked at no version that there is.
    let version = fields.get("version").parse().unwrap_or(-1);
    let done = desk::act(&who.console.ctx, &who.person, id, version, deed).await;
    match done.map_err(|error| Trouble::from_error(l, error))? {
        Ok(()) => {
            if !said.is_empty() {
                who.notify(Notice { tone: Tone::Ok, text: said.to_owned() }).await;
            }
            Ok(Redirect::to(&format!("/conversations/{id}")).into_response())
        }
        Err(NotDone::NoNote) => {
            let fault = l.t1("desk-note-wrong", "n", NOTE_LENGTH as u64);
            let page = page(who, id, Some((fields.get("note"), fault))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(NotDone::OnlyReads) => Err(Trouble::Forbidden(l.t("desk-only-reads"))),
        Err(NotDone::Changed) => Err(Trouble::Refused(l.t("desk-changed"))),
        Err(NotDone::Closed) => Err(Trouble::Refused(l.t("desk-over"))),
        Err(NotDone::Escalated) => Err(Trouble::Refused(l.t("desk-settle-first"))),
        Err(NotDone::NotYourQueue) => Err(Trouble::Refused(l.t("desk-not-your-queue"))),
    }
}
