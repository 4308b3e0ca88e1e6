//! The numbers of a business: one that sends, one that is stopped, and a stop of all.

use super::{HOSTILE, chrome, now};
use crate::console::numbers::{NumbersPage, Place, Stopped, place};
use crate::console::page::{Here, StopLine};
use crate::domain::business::SendingNumber;
use crate::domain::clock::Timestamp;
use crate::domain::masked::ProviderId;
use crate::domain::templates::Quality;
use crate::words::Words;

impl NumbersPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let number = |display: &str, quality| SendingNumber {
            id: ProviderId::new("1"),
            display: display.into(),
            name: HOSTILE.into(),
            status: "connected".into(),
            quality,
            portfolio_limit: None,
            per_second: 80,
            synced_at: Timestamp::default(),
        };
        let stopped = || Stopped {
            reason: HOSTILE.into(),
            lang: Some("en"),
            by: l.t1("numbers-by-worker", "at", l.when(now())),
            since: Some(l.t1("numbers-since", "at", l.when(now()))),
            told: 7,
        };
        let (first, second) = (number("+852 5550 1000", Quality::Green), number("+852 5550 2000", Quality::Unknown));
        let page = |places: Vec<Place>, may_stop, line: Option<Option<&str>>| {
            let mut chrome = chrome(&l.t("numbers-title"), Here::Numbers, "/numbers");
            let line = line.map(|number| StopLine { number: number.map(str::to_owned), since: now() });
            chrome.viewer.as_mut().unwrap().stops.extend(line);
            Self { l: l.clone(), chrome, places, may_stop, email: "lau@example.com".into(), longest: 300 }
        };
        let faulty = Place { fault: Some(HOSTILE.into()), ..place(l, Some(&second), Some(stopped())) };
        vec![
            page(vec![place(l, None, None), place(l, Some(&first), None), faulty], true, Some(Some("+852 5550 2000"))),
            page(vec![place(l, None, Some(stopped()))], false, Some(None)),
        ]
    }
}
