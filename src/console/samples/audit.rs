//! Sample audit lists and entries.

use super::{HOSTILE, choices, chrome, digest, now, pager};
use crate::console::audit::{Actor, AuditPage, Checkpoint, Filters, Row};
use crate::console::audit_event::{AuditEventPage, Change};
use crate::console::page::Here;
use crate::console::parts::{Chip, Pager, Shown};
use crate::words::Words;

fn audit_row(seq: u64, actor: Actor, action: &str, words: &str, link: bool) -> Row {
    Row {
        seq,
        at: now(),
        actor,
        action: action.into(),
        words: words.into(),
        subject: ("Winter offer – 7F3K".into(), link.then(|| "/requests/ar_7f3k".to_owned())),
        digest: link.then(digest),
    }
}

impl AuditPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let filters = Filters { actors: choices(), actions: choices(), clear: "/audit".into(), ..Default::default() };
        let rows = vec![
            audit_row(48_112, Actor::Person("M. Lau".into()), "request.signed", "Request signed", true),
            audit_row(48_111, Actor::Agent(HOSTILE.into()), "request.submitted", "Request submitted", true),
            audit_row(48_110, Actor::System("policy SIGN-02".into()), "request.expired", "Request expired", false),
            audit_row(48_109, Actor::Meta, "template.paused", "Template paused by Meta", false),
        ];
        let checkpoint = Checkpoint { size: 48_112, root: digest(), at: Some(now()) };
        let page = |rows, filters, checkpoint| Self {
            l: l.clone(),
            chrome: chrome(&l.t("nav-audit"), Here::Audit, "/audit"),
            filters,
            rows,
            pager: Pager { shown: Shown::Some(4), ..pager(4, 0) },
            checkpoint,
        };
        let wrong = Filters {
            chips: vec![Chip { text: HOSTILE.into(), without: "/audit".into() }],
            from: "2026-12-01".into(),
            fault: Some("\"2026-13-40\" is not a day. Write it as 2026-12-01.".into()),
            ..filters.clone()
        };
        vec![page(rows, filters, Some(checkpoint)), page(Vec::new(), wrong, None)]
    }
}

impl AuditEventPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let change = |before: Option<&str>, after: Option<&str>| Change {
            field: "status".into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let page = |changes: Vec<Change>, link| Self {
            l: l.clone(),
            chrome: chrome(&l.t1("audit-entry-title", "n", 48_112), Here::Audit, "/audit/48112"),
            row: audit_row(48_112, Actor::Person("M. Lau".into()), "request.signed", "Request signed", link),
            proof: changes.iter().map(|_| digest().full).collect(),
            facts: vec![("digest".into(), HOSTILE.into())],
            changes,
            leaf: "{\"action\":\"request.signed\",\"seq\":48112}".into(),
            leaf_hash: digest(),
            tree_size: 48_112,
            root: digest(),
            previous: Some("/audit/48111".into()),
            next: None,
        };
        vec![
            page(vec![change(Some("pending_approval"), Some("approved")), change(None, Some(HOSTILE))], true),
            page(Vec::new(), false),
        ]
    }
}
