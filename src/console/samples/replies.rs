//! Sample pages of questions before something is done, and of a message in doubt.

use super::{HOSTILE, choices, chrome, now};
use crate::console::confirm::{ConfirmPage, What};
use crate::console::page::Here;
use crate::console::replies::doubts::ReplyDoubtsPage;
use crate::words::Words;

impl ConfirmPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        [What::Withdraw, What::Stop, What::StopTemplate, What::TakeBack, What::Reopen]
            .into_iter()
            .map(|what| {
                let action = format!("/requests/ar_7f3k/{}", what.word());
                Self {
                    l: l.clone(),
                    chrome: chrome(&what.title(l), Here::Inbox, &action),
                    what,
                    action,
                    back: "/requests/ar_7f3k".into(),
                    name: HOSTILE.into(),
                    summary: "Send one text message from +852 5550 1000 to C••• T•• M••.".into(),
                }
            })
            .collect()
    }
}

impl ReplyDoubtsPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let page = |not_you: Option<&str>, fault: Option<&str>| Self {
            l: l.clone(),
            chrome: chrome(&l.t("doubts-title"), Here::Inbox, "/replies/ry_1/doubts"),
            action: "/replies/ry_1/doubts".into(),
            request: "/requests/ar_7f3k".into(),
            name: HOSTILE.into(),
            thread: Some("/conversations/cv_1".into()),
            attempt: 1,
            since: now(),
            seen: Some(HOSTILE.into()),
            seen_lang: Some("en"),
            not_you: not_you.map(str::to_owned),
            choices: choices(),
            reason: HOSTILE.into(),
            email: "lau@example.com".into(),
            fault: fault.map(str::to_owned),
        };
        vec![page(None, None), page(None, Some(HOSTILE)), page(Some("Your role is Manager."), None)]
    }
}
