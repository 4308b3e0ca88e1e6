//! Sample pages with the figures of the design reference: what the gallery renders and people look at.

use jiff::Timestamp;

use super::errors::{ErrorPage, Trouble};
use super::help::KeysPage;
use super::left_out::LeftOutPage;
use super::monitor::Progress;
use super::page::{Chrome, Here, Notice, RoleName, Viewer};
use super::parts::{Choice, Digest, Pager, Shown, Tone};
use super::review::LeftOutLine;
use super::session::SignInPage;
use crate::words::Words;

mod audit;
mod broadcasts;
mod conversations;
mod inbox;
mod numbers;
mod orders;
mod replies;
mod requests;
mod review;
mod sheet;
mod templates;

pub(super) fn pager(last: u64, total: u64) -> Pager {
    Pager { shown: Shown::Part { first: 1, last, total }, previous: None, next: Some("?page=2".into()) }
}

pub(super) fn progress() -> Progress {
    Progress {
        queued: 4_220,
        sending: 20,
        accepted: 2_040,
        delivered: 4_100,
        read: 2_081,
        failed: 9,
        suppressed: 7,
        unknown: 3,
        abandoned: 0,
        not_sent: 0,
    }
}

/// Text that must never become markup, wherever it is shown.
pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2026-11-22T06:20:05Z")
}

pub(super) fn chrome(title: &str, here: Here, path: &str) -> Chrome {
    let viewer = Viewer {
        name: "M. Lau".into(),
        role: RoleName::Compliance,
        tenant: "Harbour Retail Ltd".into(),
        waiting: 7,
        running: 2,
        may_read_audit: true,
        doubts: 1,
        stops: Vec::new(),
    };
    Chrome { viewer: Some(viewer), ..Chrome::new(title.into(), here, path.into(), now()) }
}

pub(super) fn digest() -> Digest {
    Digest::new("sha256:9a1f77c03be25d0c1b7aa7d7d0d1f2fb25a0e9c0a4f6d3f8b7c6e5d4a3b2c1d0")
}

impl SignInPage {
    pub(super) fn samples(l: &Words) -> Vec<Self> {
        let chrome = Chrome::new(l.t("session-sign-in"), Here::Elsewhere, "/login".into(), now());
        let fault = "The address or the password is not right. Nothing was opened.".to_owned();
        vec![
            Self { l: l.clone(), chrome: chrome.clone(), email: String::new(), next: "/inbox".into(), fault: None },
            Self { l: l.clone(), chrome, email: "m.lau@example.com".into(), next: "/inbox".into(), fault: Some(fault) },
        ]
    }
}

impl ErrorPage {
    pub(super) fn samples(l: &Words) -> Vec<Self> {
        let inside = || chrome("", Here::Elsewhere, "/requests/ar_x");
        let outside = || Chrome::new(String::new(), Here::Elsewhere, "/x".into(), now());
        let forbidden = Trouble::Forbidden("Only administrators, compliance and auditors read the audit log.".into());
        let refused = Trouble::Refused("This request changed at 14:02. Your comment is kept.".into());
        vec![
            Self::new(l.clone(), inside(), &Trouble::NotFound),
            Self::new(l.clone(), inside(), &forbidden),
            Self::new(l.clone(), inside(), &refused),
            Self::new(l.clone(), outside(), &Trouble::TooMany),
            Self::new(l.clone(), outside(), &Trouble::Unavailable),
            Self::new(l.clone(), outside(), &Trouble::Internal { reference: "7F3K-22".into() }),
        ]
    }
}

pub(super) fn choices() -> Vec<Choice> {
    vec![Choice::new("", "any".into(), true), Choice::new("one", "promo-agent".into(), false)]
}

impl LeftOutPage {
    pub(super) fn samples(l: &Words) -> Vec<Self> {
        let page = |rows: Vec<LeftOutLine>, gone| Self {
            l: l.clone(),
            chrome: chrome(&l.t("section-left-out"), Here::Inbox, "/requests/ar_7f3k/left-out"),
            back: "/requests/ar_7f3k#left-out".into(),
            name: HOSTILE.into(),
            count: 40,
            rows,
            gone,
            file: "/requests/ar_7f3k/left-out.csv".into(),
            pager: Pager {
                shown: Shown::Some(1),
                previous: None,
                next: Some("/requests/ar_7f3k/left-out?after=7".into()),
            },
        };
        let line = LeftOutLine { line: 7, reason: "Opted out".into(), phone: "+852 •••• ••07".into() };
        vec![page(vec![line], false), page(Vec::new(), false), page(Vec::new(), true)]
    }
}

impl KeysPage {
    pub(super) fn samples(l: &Words) -> Vec<Self> {
        let page = |keys, notice| Self {
            l: l.clone(),
            chrome: Chrome { keys, notice, ..chrome(&l.t("foot-keys"), Here::Elsewhere, "/help/keys") },
        };
        vec![page(true, None), page(false, Some(Notice { tone: Tone::Ok, text: l.t("keys-off") }))]
    }
}
