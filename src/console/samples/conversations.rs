//! Sample conversations: the list, and threads with everything that can stand in one.

use super::{HOSTILE, at, choices, chrome, now, pager};
use crate::console::conversations::{
    ConversationPage, ConversationsPage, Desk, Entry, Note, Ordered, Ours, Past, Promise, Row, Spoken, Tab, TabLink,
    Theirs,
};
use crate::console::message_text::formatted;
use crate::console::monitor::ledger_tag;
use crate::console::page::Here;
use crate::console::parts::{Chip, Tag, Tone};
use crate::words::Words;

fn spoken(text: &str) -> Spoken {
    Spoken { kind: None, body: formatted(text), buttons: Vec::new() }
}

fn promise(late: bool) -> Promise {
    Promise { by: at(if late { "2026-11-22T05:40:00Z" } else { "2026-11-22T06:50:00Z" }), late }
}

impl ConversationsPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let row = |name: &str, words: &str, unread| Row {
            href: "/conversations/cv_1".into(),
            name: name.into(),
            phone: "+852 •••• ••34".into(),
            words: words.into(),
            number: Some("+852 5550 1000".into()),
            queue: (unread > 0).then(|| HOSTILE.into()),
            person: (unread == 0).then(|| "S. Ng".into()),
            waiting: (unread > 0).then(|| at("2026-11-22T05:10:00Z")),
            promise: (unread > 0).then(|| promise(unread > 1)),
            unread,
            escalated: unread > 1,
            last_at: now(),
        };
        let page = |rows, chips: Vec<Chip>| Self {
            l: l.clone(),
            chrome: chrome(&l.t("nav-conversations"), Here::Conversations, "/conversations"),
            tab: Tab::Open,
            tabs: Tab::ALL.into_iter().map(|tab| TabLink { tab, href: format!("?tab={}", tab.name()) }).collect(),
            queues: choices(),
            chips,
            clear: "/conversations".into(),
            rows,
            pager: pager(3, 3),
        };
        let chip = Chip { text: HOSTILE.into(), without: "/conversations".into() };
        vec![
            page(
                vec![
                    row("C••• T•• M••", "請問冬季烏龍還有貨嗎？", 3),
                    row(HOSTILE, HOSTILE, 1),
                    row("A••", "Thanks!", 0),
                ],
                Vec::new(),
            ),
            page(Vec::new(), Vec::new()),
            page(Vec::new(), vec![chip]),
        ]
    }
}

fn theirs(said: Spoken, change: impl FnOnce(&mut Theirs)) -> Entry {
    let mut it = Theirs { at: now(), said, file: None, edited: None, revoked: None };
    change(&mut it);
    Entry::Theirs(Box::new(it))
}

fn ours(l: &Words, said: Spoken, by: String, approved: bool, state: &str) -> Entry {
    Entry::Ours(Box::new(Ours {
        at: now(),
        said,
        by,
        approved: approved.then(|| "/requests/ar_7f3k".to_owned()),
        state: ledger_tag(state, l),
        why: (state == "suppressed").then(|| HOSTILE.into()),
        doubts: (state == "unknown").then(|| "/replies/ry_1/doubts".into()),
    }))
}

fn thread(l: &Words) -> Vec<Entry> {
    let menu = Spoken { buttons: vec!["Our teas".into(), HOSTILE.into()], ..spoken("What is it *about*?") };
    let file = Spoken { kind: Some(l.t("said-document")), ..Spoken::default() };
    let by = |key: &str| l.t2(key, "name", HOSTILE, "version", 2_u64);
    let broadcast = Spoken { kind: Some(l.t1("said-broadcast", "name", HOSTILE)), ..Spoken::default() };
    vec![
        ours(l, broadcast, l.t("said-by-broadcast"), true, "read"),
        Entry::Past(Past { at: now(), text: l.t("past-opened") }),
        theirs(spoken("Are you open on Sunday?\nCall me at …67."), |it| it.edited = Some(now())),
        ours(l, menu, by("said-by-flow"), true, "read"),
        theirs(file, |it| it.file = Some((HOSTILE.into(), Tag::new(Tone::Info, "clock", l.t("file-waiting"))))),
        theirs(spoken(HOSTILE), |_| {}),
        theirs(Spoken::default(), |it| it.revoked = Some(now())),
        Entry::Past(Past { at: now(), text: l.t1("past-handed-over", "queue", HOSTILE) }),
        Entry::Note(Note { at: now(), who: "S. Ng".into(), text: HOSTILE.into() }),
        ours(l, spoken("We open at nine."), l.t("said-by-request"), true, "suppressed"),
        ours(l, spoken("See you!"), l.t("said-by-app"), false, "sent"),
        Entry::Past(Past { at: now(), text: l.t2("past-closed", "who", "S. Ng", "outcome", l.t("outcome-solved")) }),
    ]
}

fn ordered(l: &Words) -> Ordered {
    Ordered {
        at: now(),
        state: Tag::new(Tone::Ok, "check", l.t("order-state-placed")),
        lines: vec![(2, "Winter oolong, 50 g".into()), (1, HOSTILE.into())],
        more: 3,
        total: "HK$518.00".into(),
        request: "/requests/ar_7f3k".into(),
        links: vec![(Tag::new(Tone::Info, "clock", l.t("payment-state-open")), now(), "/requests/ar_7f3l".into())],
    }
}

impl ConversationPage {
    pub fn samples(l: &Words) -> Vec<Self> {
        let page = |desk: Option<Desk>, entries: Vec<Entry>| Self {
            l: l.clone(),
            chrome: chrome("C••• T•• M••", Here::Conversations, "/conversations/cv_1"),
            href: "/conversations/cv_1".into(),
            phone: "+852 •••• ••34".into(),
            number: "+852 5550 1000".into(),
            read_ago: Some(l.t2("conversation-read-ago", "number", l.span(540), "profile", l.span(7_500))),
            tags: vec![
                Tag::new(Tone::Info, "chat", l.t("conversation-open")),
                Tag::new(Tone::Danger, "clock", l.t("conversation-late")),
            ],
            queue: desk.as_ref().map(|_| HOSTILE.into()),
            person: desk.as_ref().map(|_| "S. Ng".into()),
            waiting: Some(at("2026-11-22T05:10:00Z")),
            promise: Some(promise(desk.is_some())),
            opened: at("2026-11-20T05:10:00Z"),
            window: l.t("conversation-templates-only"),
            free: Some(l.t("conversation-free-waits")),
            earlier: Some("/conversations/cv_1?before=1".into()),
            newest: desk.is_none().then(|| "/conversations/cv_1".into()),
            others: "/conversations?contact=ct_1".into(),
            orders: if entries.is_empty() { Vec::new() } else { vec![ordered(l)] },
            entries,
            desk,
        };
        let desk = |fault: Option<&str>| Desk {
            version: 3,
            unread: 2,
            open: fault.is_none(),
            may_take: true,
            queues: choices(),
            escalated: false,
            outcomes: choices(),
            note: HOSTILE.into(),
            fault: fault.map(str::to_owned),
        };
        let escalated = Desk { escalated: true, may_take: false, unread: 0, ..desk(None) };
        vec![
            page(Some(desk(None)), thread(l)),
            page(Some(desk(Some(HOSTILE))), Vec::new()),
            page(Some(escalated), thread(l)),
            page(None, thread(l)),
        ]
    }
}
