//! Sample broadcasts: the list, the monitor, and the page that stops one.

use super::{HOSTILE, at, choices, chrome, now, pager, progress};
use crate::approvals::agree::Signatures;
use crate::console::broadcasts::{BroadcastsPage, ResumePage, Row, StopPage};
use crate::console::doubts::DoubtsPage;
use crate::console::monitor::{Failure, LedgerRow, Live, MonitorPage, Progress, ledger_tag};
use crate::console::page::Here;
use crate::console::parts::Tone;
use crate::console::states::State;
use crate::words::Words;

impl BroadcastsPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let row = |name: &str, state: &State, progress: Option<Progress>| Row {
            href: "/broadcasts/br_1".into(),
            name: name.into(),
            template: "winter_offer".into(),
            state: state.tag(l),
            people: 12_480,
            at: Some(at("2026-12-01T02:00:00Z")),
            progress,
            stop: (*state == State::Sending).then(|| "/broadcasts/br_1/stop".to_owned()),
        };
        let page = |running, scheduled, finished| Self {
            l: l.clone(),
            chrome: chrome(&l.t("nav-broadcasts"), Here::Broadcasts, "/broadcasts"),
            running,
            scheduled,
            finished,
            pager: pager(2, 2),
        };
        let done = Progress { delivered: 9_000, read: 3_480, ..Progress::default() };
        vec![
            page(
                vec![row("Winter offer", &State::Sending, Some(progress()))],
                vec![row(HOSTILE, &State::Scheduled { at: at("2026-12-01T02:00:00Z") }, None)],
                vec![
                    row("Autumn thanks", &State::Done, Some(done)),
                    row("Stock alert", &State::Stopped { by: "M. Lau".into() }, Some(progress())),
                ],
            ),
            page(Vec::new(), Vec::new(), Vec::new()),
        ]
    }
}

impl StopPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        vec![Self {
            l: l.clone(),
            chrome: chrome(&l.t("stop-sending"), Here::Broadcasts, "/broadcasts/br_1/stop"),
            action: "/broadcasts/br_1/stop".into(),
            back: "/broadcasts/br_1".into(),
            name: "Winter offer".into(),
            progress: progress(),
            in_flight: 20,
            pause: Some("/broadcasts/br_1/pause".into()),
        }]
    }
}

impl ResumePage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let page = |not_you: Option<&str>, fault: Option<&str>| Self {
            l: l.clone(),
            chrome: chrome(&l.t("resume-title"), Here::Broadcasts, "/broadcasts/br_1/resume"),
            action: "/broadcasts/br_1/resume".into(),
            back: "/broadcasts/br_1".into(),
            name: HOSTILE.into(),
            reason: Some(HOSTILE.into()),
            reason_lang: Some("en"),
            progress: progress(),
            waiting: 3_120,
            in_doubt: fault.map(|_| (17, "/broadcasts/br_1/doubts".into())),
            not_you: not_you.map(str::to_owned),
            signatures: Signatures { all: 2, missing: 1 },
            email: "lau@example.com".into(),
            fault: fault.map(str::to_owned),
        };
        vec![page(None, None), page(None, Some(HOSTILE)), page(Some(HOSTILE), None)]
    }
}

impl DoubtsPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let page = |not_you: Option<&str>, fault: Option<&str>| Self {
            l: l.clone(),
            chrome: chrome(&l.t("doubts-title"), Here::Broadcasts, "/broadcasts/br_1/doubts"),
            action: "/broadcasts/br_1/doubts".into(),
            back: "/broadcasts/br_1".into(),
            listed: "/broadcasts/br_1?state=unknown#ledger".into(),
            name: HOSTILE.into(),
            count: 20,
            attempt: 1,
            since: Some(now()),
            ways: vec![("connection closed before the answer".into(), 18), (HOSTILE.into(), 2)],
            ways_lang: Some("en"),
            told_since: 3_120,
            last_told: Some(now()),
            not_you: not_you.map(str::to_owned),
            choices: choices(),
            signatures: Some(Signatures { all: 2, missing: 1 }),
            reason: HOSTILE.into(),
            email: "lau@example.com".into(),
            fault: fault.map(str::to_owned),
        };
        vec![page(None, None), page(None, Some(HOSTILE)), page(Some(HOSTILE), None)]
    }
}

impl Live {
    pub fn sample(l: &Words, state: &State) -> Self {
        let failure = |code: &str, meaning: &str, count, tone| Failure {
            code: code.into(),
            meaning: meaning.into(),
            lang: Some("en"),
            count,
            tone,
        };
        Self {
            state: state.tag(l),
            next_move: state.next(l),
            progress: progress(),
            failures: vec![
                failure("131026", "The message cannot be delivered to this number.", 6, Tone::Danger),
                failure("131049", "Meta held it back to keep engagement healthy.", 3, Tone::Danger),
                failure("opted_out", "Opted out after the request was signed.", 7, Tone::Plain),
            ],
            forecast: Some("About 4 min left at 20 a second.".into()),
            turned_away: (*state == State::Sending).then(|| {
                (l.t1("monitor-turned-away", "n", 17_u64), "no connection to Meta: connection refused".into())
            }),
            alarm: (*state == State::Paused)
                .then(|| "Paused: 6.1% of the audience is gone since the signature, more than the 5% allowed.".into()),
            alarm_lang: Some("en"),
            forbids: Vec::from_iter((*state == State::Paused).then(|| (HOSTILE.to_owned(), None))),
            finished: *state == State::Done,
            at: now(),
        }
    }
}

impl MonitorPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let row = |number, state, detail: Option<&str>| LedgerRow {
            number,
            phone: "+852 •••• ••34".into(),
            name: "C••• T•• M••".into(),
            language: "zh_HK".into(),
            state: ledger_tag(state, l),
            at: (state != "queued").then(now),
            detail: detail.map(str::to_owned),
        };
        let names =
            ["queued", "sending", "accepted", "sent", "delivered", "read", "failed", "suppressed", "unknown", "other"];
        let page = |state: &State, ledger: Vec<LedgerRow>| Self {
            l: l.clone(),
            chrome: chrome("Winter offer", Here::Broadcasts, "/broadcasts/br_1"),
            href: "/broadcasts/br_1".into(),
            request: "/requests/ar_7f3k".into(),
            template: "winter_offer".into(),
            number: "+852 •••• ••00".into(),
            started: Some(now()),
            finished: (*state == State::Done).then(now),
            per_second: 20,
            live: Live::sample(l, state),
            doubts: (*state == State::Paused).then(|| "/broadcasts/br_1/doubts".to_owned()),
            resume: (*state == State::Paused).then(|| "/broadcasts/br_1/resume".to_owned()),
            pause: (*state == State::Sending).then(|| "/broadcasts/br_1/stop#pause".to_owned()),
            stop: (*state == State::Sending).then(|| "/broadcasts/br_1/stop".to_owned()),
            states: choices(),
            chips: Vec::new(),
            pager: pager(10, 12_480),
            ledger,
        };
        let ledger: Vec<_> =
            (1..).zip(names).map(|(i, state)| row(i, state, (state == "failed").then_some(HOSTILE))).collect();
        let mut refreshing = page(&State::Paused, Vec::new());
        refreshing.chrome.refresh = Some(10);
        vec![page(&State::Sending, ledger.clone()), refreshing, page(&State::Done, ledger)]
    }
}
