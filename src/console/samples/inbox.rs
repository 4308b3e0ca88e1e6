//! Sample inboxes: full, empty, filtered, and one with every state.

use super::{HOSTILE, at, choices, chrome, now, pager};
use crate::console::inbox::{Filters, InboxPage, Row, Tab, TabLink};
use crate::console::page::Here;
use crate::console::parts::{Chip, Due};
use crate::console::states::State;
use crate::words::Words;

fn inbox_row(l: &Words, name: &str, hours: i64, state: &State) -> Row {
    let asked_at = at("2026-11-22T05:41:00Z");
    Row {
        href: "/requests/ar_7f3k".into(),
        kind: "Broadcast".into(),
        name: name.into(),
        summary: "12,480 people · HK$9,984.00 · Tue 1 Dec 2026, 10:00 HKT".into(),
        warnings: 2,
        blocked: 1,
        needs: l.t2("inbox-signed", "made", 1_u64, "all", 2_u64),
        due: Some(Due { from: asked_at, at: asked_at + jiff::SignedDuration::from_hours(hours), now: now() }),
        agent: "promo-agent".into(),
        owner: "K. Wong".into(),
        asked_at,
        state: state.tag(l),
        next_move: state.next(l),
    }
}

impl InboxPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let tabs = |tab: Tab| TabLink {
            tab,
            href: format!("/inbox?tab={}", tab.name()),
            count: matches!(tab, Tab::Mine | Tab::Others).then_some(7),
        };
        let chips = vec![Chip { text: "promo-agent".into(), without: "/inbox".into() }];
        let filters = Filters {
            tools: choices(),
            agents: choices(),
            due: choices(),
            chips: Vec::new(),
            search: String::new(),
            clear: "/inbox?tab=mine".into(),
        };
        let page = |tab, rows, filters: Filters, next_send| Self {
            l: l.clone(),
            chrome: chrome(&l.t("nav-inbox"), Here::Inbox, "/inbox"),
            tab,
            tabs: Tab::ALL.into_iter().map(tabs).collect(),
            filters,
            pager: pager(7, 5_012),
            rows,
            next_send,
        };
        let full = vec![
            inbox_row(l, "Winter offer", 1, &State::Pending),
            inbox_row(l, "Members' evening", 3, &State::PendingSecond),
            inbox_row(l, HOSTILE, 90, &State::Pending),
        ];
        let plain = vec![inbox_row(l, "Winter offer", 72, &State::Pending)];
        let states = State::samples().iter().map(|state| inbox_row(l, "Winter offer", 72, state)).collect();
        let send = Some("Tue 1 Dec 2026, 10:00 HKT, Winter offer".to_owned());
        vec![
            page(Tab::Mine, full, filters.clone(), None),
            page(Tab::Mine, Vec::new(), filters.clone(), send),
            page(Tab::Others, plain, filters.clone(), None),
            page(Tab::Decided, Vec::new(), Filters { chips, ..filters.clone() }, None),
            page(Tab::All, states, filters, None),
        ]
    }
}
