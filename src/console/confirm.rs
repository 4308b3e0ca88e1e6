//! One question before something is done with a request that a second click would not undo.

use askama::Template;
use askama_web::WebTemplate;

use super::facts;
use super::page::{Chrome, Here};
use super::review;
use super::visit::Reviewer;
use crate::domain::requests::ActionRequest;
use crate::words::Words;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Taken back, before anything of it has begun.
    Withdraw,
    /// Stopped, before its message leaves.
    Stop,
    /// Stopped, before Meta has it.
    StopTemplate,
    /// Taken back, whether its message has been sent or not.
    TakeBack,
    /// Allowed to be asked for again, after it was rejected.
    Reopen,
    /// Called off, while its order waits for another system.
    StopOrder,
    /// Ended, though that system does not say whether it has the order.
    CloseOrder,
}

impl What {
    /// The end of its address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Withdraw => "withdraw",
            Self::Stop | Self::StopTemplate => "stop",
            Self::TakeBack => "take-back",
            Self::Reopen => "reopen",
            Self::StopOrder => "stop-order",
            Self::CloseOrder => "close-order",
        }
    }

    pub fn title(self, l: &Words) -> String {
        match self {
            Self::Withdraw => l.t("withdraw-do"),
            Self::Stop => l.t("stop-sending"),
            Self::StopTemplate => l.t("template-stop"),
            Self::TakeBack => l.t("payment-take-back"),
            Self::Reopen => l.t("reopen-do"),
            Self::StopOrder => l.t("order-stop"),
            Self::CloseOrder => l.t("order-close"),
        }
    }

    pub fn text(self, l: &Words) -> String {
        match self {
            Self::Withdraw => l.t("withdraw-text"),
            Self::Stop => l.t("reply-stop-text"),
            Self::StopTemplate => l.t("template-stop-text"),
            Self::TakeBack => l.t("payment-take-back-text"),
            Self::Reopen => l.t("reopen-text"),
            Self::StopOrder => l.t("order-stop-text"),
            Self::CloseOrder => l.t("order-close-text"),
        }
    }

    pub fn keep(self, l: &Words) -> String {
        match self {
            Self::Withdraw => l.t("withdraw-keep"),
            Self::Stop => l.t("stop-keep"),
            Self::StopTemplate => l.t("template-stop-keep"),
            Self::TakeBack => l.t("payment-keep"),
            Self::Reopen => l.t("reopen-keep"),
            Self::StopOrder | Self::CloseOrder => l.t("order-keep"),
        }
    }

    pub const fn button(self) -> &'static str {
        match self {
            Self::Withdraw | Self::CloseOrder => "button--danger",
            Self::Stop | Self::StopTemplate | Self::TakeBack | Self::StopOrder => "button--stop",
            Self::Reopen => "button--main",
        }
    }

    pub const fn icon(self) -> &'static str {
        match self {
            Self::Withdraw | Self::Stop | Self::StopTemplate | Self::TakeBack | Self::StopOrder | Self::CloseOrder => {
                "stop"
            }
            Self::Reopen => "left",
        }
    }
}

/// `GET /requests/{id}/withdraw` and its like.
#[derive(Template, WebTemplate)]
#[template(path = "requests/confirm.html")]
pub struct ConfirmPage {
    pub l: Words,
    pub chrome: Chrome,
    pub what: What,
    /// `/requests/{id}/withdraw`.
    pub action: String,
    pub back: String,
    pub name: String,
    pub summary: String,
}

impl ConfirmPage {
    pub async fn new(who: &Reviewer, request: &ActionRequest, what: What) -> Self {
        let (l, id) = (&who.l, request.id);
        Self {
            l: l.clone(),
            chrome: who.chrome(what.title(l), Here::Inbox).await,
            what,
            action: format!("/requests/{id}/{}", what.word()),
            back: format!("/requests/{id}"),
            name: l.t2("name-request", "name", facts::whom(l, request.preview.view.name()), "short", id.short()),
            summary: review::summary(l, &request.preview),
        }
    }
}
