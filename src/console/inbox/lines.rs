//! Filling the inbox: whose move each request is, and the pages.

use std::time::Duration;

use axum::response::Response;

use super::query::Query;
use super::{InboxPage, Row, Tab, TabLink};
use crate::console::errors::Trouble;
use crate::console::facts;
use crate::console::forms::{Address, Fields};
use crate::console::page::Here;
use crate::console::parts::{Due, Pager, Shown};
use crate::console::states::State;
use crate::console::visit::Reviewer;
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::people::Person;
use crate::domain::policy::signatures::{next_seat, rules_on_doubts};
use crate::domain::requests::{Seat, Status};
use crate::error::Error;
use crate::store;
use crate::store::Db;
use crate::store::requests::{Line, ListFilter};
use crate::tools::Kind;
use crate::tools::catalogue::catalogue;
use crate::words::{Lang, Words};

/// Rows on one page.
const PAGE: usize = 50;
/// What waits is sorted by urgency, so it is read whole; more than this is not worked off by reading a list.
const WAITING: u32 = 5_000;

/// What the navigation counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Requests that this person may decide now.
    pub mine: u64,
    /// Broadcasts that are being sent.
    pub running: u64,
}

impl Counts {
    pub async fn of(db: &Db, person: &Person, now: Timestamp) -> store::Result<Self> {
        let status =
            store::requests::tab(store::requests::Tab::Waiting).into_iter().chain([Status::Executing]).collect();
        let filter = ListFilter { status, ..ListFilter::default() };
        let lines = store::requests::list(db, person.tenant, Some(person.id), &filter, WAITING).await?;
        let mut counts = Self::default();
        for line in &lines {
            counts.mine += u64::from(waits_for(line, person, now));
            counts.running += u64::from(line.status == Status::Executing);
        }
        Ok(counts)
    }
}

/// Whether this person may sign it now, let it go on, or decide on what of it is in doubt: the rules of the decisions themselves, on what a
/// list knows.
fn waits_for(line: &Line, person: &Person, now: Timestamp) -> bool {
    let sits = |seat: &Seat| seat.roles.contains(&person.role);
    let next_agrees = || !line.agreed_by_me && next_seat(&line.quorum, line.agreed.iter().copied()).is_some_and(sits);
    let may = match line.status {
        Status::PendingApproval => {
            let next = next_seat(&line.quorum, line.signed.iter().copied());
            now < line.decide_by && !line.signed_by_me && next.is_some_and(sits)
        }
        Status::Paused => next_agrees(),
        // To count them as sent, or to leave them, takes one who could have signed; to send them again takes all who did.
        Status::NeedsAttention => next_agrees() || next_seat(&rules_on_doubts(&line.quorum), []).is_some_and(sits),
        _ => false,
    };
    may && line.owner_id != person.id
}

/// The requests around one in the list of those that wait for this person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    pub previous: Option<RequestId>,
    pub next: Option<RequestId>,
    /// Its place and how many there are.
    pub position: Option<(u64, u64)>,
}

pub async fn neighbours(db: &Db, person: &Person, now: Timestamp, id: RequestId) -> store::Result<Around> {
    let waiting = ListFilter { status: vec![Status::PendingApproval], ..ListFilter::default() };
    let waiting = store::requests::list(db, person.tenant, Some(person.id), &waiting, WAITING).await?;
    let mut mine: Vec<_> = waiting.into_iter().filter(|line| waits_for(line, person, now)).collect();
    mine.sort_by_key(|line| (line.decide_by, line.id));
    let Some(at) = mine.iter().position(|line| line.id == id) else { return Ok(Around::default()) };
    let near = |at: Option<usize>| at.and_then(|at| mine.get(at)).map(|line| line.id);
    Ok(Around {
        previous: near(at.checked_sub(1)),
        next: near(at.checked_add(1)),
        position: Some((at as u64 + 1, mine.len() as u64)),
    })
}

/// `GET /inbox`.
pub async fn index(who: Reviewer) -> Response {
    let page = fill(&who).await.map_err(|error| Trouble::from_error(&who.l, error));
    who.answer(page).await
}

async fn fill(who: &Reviewer) -> Result<InboxPage, Error> {
    let (db, person, now) = (&who.console.ctx.db, &who.person, who.now);
    let asked = Fields::of_path(&who.path);
    let tab = Tab::from_name(asked.get("tab")).unwrap_or(Tab::Mine);
    let query = Query::read(&asked, tab);
    let waiting = store::requests::tab(store::requests::Tab::Waiting);
    let waiting = ListFilter { status: waiting, ..ListFilter::default() };
    let waiting = store::requests::list(db, person.tenant, Some(person.id), &waiting, WAITING).await?;
    let mine = waiting.iter().filter(|line| waits_for(line, person, now)).count();
    let counts = (mine as u64, (waiting.len() - mine) as u64);
    let tools = match tab {
        Tab::Mine | Tab::Others => waiting.iter().map(|line| line.tool.clone()).chain(query.tool.clone()).collect(),
        Tab::Decided | Tab::All => writes(query.tool.as_deref()),
    };
    let agents = store::people::agents(db, person.tenant).await?;
    let (lines, pager) = match tab {
        Tab::Mine | Tab::Others => {
            let of_tab = |line: &Line| waits_for(line, person, now) == (tab == Tab::Mine) && query.fits(line, now);
            let mut lines: Vec<_> = waiting.into_iter().filter(of_tab).collect();
            lines.sort_by_key(|line| (line.decide_by, line.id));
            by_number(lines, &asked, &query)
        }
        Tab::Decided | Tab::All => {
            let of_tab = if tab == Tab::All { store::requests::Tab::All } else { store::requests::Tab::Decided };
            let agent = agents.iter().find(|agent| Some(&agent.name) == query.agent.as_ref()).map(|agent| agent.id);
            let filter = ListFilter {
                status: store::requests::tab(of_tab),
                agent,
                tool: query.tool.clone(),
                search: query.search.clone(),
                before: cursor(asked.get("before")),
            };
            let unknown_agent = query.agent.is_some() && agent.is_none();
            let limit = if unknown_agent { 0 } else { u32::try_from(PAGE + 1).unwrap_or(51) };
            let lines = store::requests::list(db, person.tenant, Some(person.id), &filter, limit).await?;
            by_time(lines, filter.before.is_some(), &query)
        }
    };
    let names = agents.into_iter().map(|agent| agent.name).collect();
    let next_send = if tab == Tab::Mine && lines.is_empty() { next_send(who).await? } else { None };
    let cooling = who.console.ctx.policy.times.cooling_off;
    Ok(InboxPage {
        l: who.l.clone(),
        chrome: who.chrome(who.l.t("nav-inbox"), Here::Inbox).await,
        tab,
        tabs: Tab::ALL.into_iter().map(|tab| link(tab, counts)).collect(),
        filters: query.filters(&who.l, tools, names),
        rows: lines.iter().map(|line| row(&who.l, line, cooling, now)).collect(),
        pager,
        next_send,
    })
}

/// What requests may be of, whether there are any or not.
fn writes(asked: Option<&str>) -> Vec<String> {
    let writes = catalogue().tools().iter().filter(|tool| matches!(tool.kind, Kind::Write(_))).map(|tool| tool.name);
    writes.chain(asked).map(str::to_owned).collect()
}

fn link(tab: Tab, (mine, others): (u64, u64)) -> TabLink {
    let count = match tab {
        Tab::Mine => Some(mine),
        Tab::Others => Some(others),
        Tab::Decided | Tab::All => None,
    };
    TabLink { tab, href: Address::new("/inbox").with("tab", tab.name()).to_string(), count }
}

/// Requests for a single message or order.
const SINGLE: [&str; 3] =
    ["whatsapp.session_message.send", "whatsapp.payment_link.send", "whatsapp.order.create_from_chat"];

fn row(l: &Words, line: &Line, cooling: Duration, now: Timestamp) -> Row {
    let state = match line.status {
        Status::Cancelled if line.begun => State::Stopped { by: String::new() },
        status => State::of(status, !line.signed.is_empty(), line.not_before, cooling, now).by_tool(&line.tool),
    };
    let (kind, name) = line.title.split_once(" · ").unwrap_or(("", &line.title));
    let open = line.status == Status::PendingApproval;
    let english = l.lang() == Lang::En;
    let kind = match line.tool.as_str() {
        "whatsapp.broadcast.schedule" => l.t("kind-broadcast"),
        "whatsapp.broadcast.create" => l.t("kind-draft"),
        "whatsapp.contact.import" => l.t("kind-import"),
        "whatsapp.segment.upsert" => l.t("kind-segment"),
        "whatsapp.session_message.send" => l.t("kind-session"),
        "whatsapp.webhook.retry" => l.t("kind-retry"),
        "whatsapp.order.create_from_chat" => l.t("kind-order"),
        "whatsapp.payment_link.send" => l.t("kind-payment"),
        // An auto-reply is written by the same tool as a flow; what is stored in English says which.
        "whatsapp.flow.upsert" if kind == "Auto-reply" => l.t("kind-auto-reply"),
        "whatsapp.flow.upsert" => l.t("kind-flow"),
        "whatsapp.keyword_rule.upsert" => l.t("kind-keyword-rule"),
        "whatsapp.auto_reply.enable" => l.t("kind-auto-reply"),
        "whatsapp.contact.upsert" => l.t("kind-contact"),
        "whatsapp.consent.update" => l.t("kind-consent"),
        "whatsapp.tag.apply" => l.t("kind-labels"),
        "whatsapp.conversation.assign" => l.t("kind-handover"),
        "whatsapp.conversation.close" => l.t("kind-closing"),
        "whatsapp.template_draft.upsert" => l.t("kind-template-draft"),
        "whatsapp.template.submit" => l.t("kind-template"),
        "whatsapp.media_asset.upload" => l.t("kind-file"),
        _ => kind.to_owned(),
    };
    Row {
        href: match line.status {
            // Its page leads on to where it is decided.
            Status::NeedsAttention if SINGLE.contains(&line.tool.as_str()) => format!("/requests/{}", line.id),
            Status::NeedsAttention => format!("/broadcasts/{}/doubts", line.id),
            Status::Paused => format!("/broadcasts/{}/resume", line.id),
            _ => format!("/requests/{}", line.id),
        },
        kind,
        name: facts::whom(l, name),
        // The sentence is stored in English; other languages get what can be said in them.
        summary: match line.people {
            _ if english => l.dated(&line.summary),
            0 => String::new(),
            people => l.t1("people", "n", people),
        },
        warnings: line.warnings,
        blocked: line.blocked,
        needs: match line.quorum.seats.len() {
            0 => l.t("inbox-unsigned"),
            all => l.t2("inbox-signed", "made", line.signed.len(), "all", all),
        },
        due: open.then(|| Due { from: line.created_at.to_jiff(), at: line.decide_by.to_jiff(), now: now.to_jiff() }),
        agent: line.agent.clone(),
        owner: line.owner.clone(),
        asked_at: line.created_at.to_jiff(),
        state: state.tag(l),
        next_move: state.next(l),
    }
}

/// A page of a list that is all at hand, by its number.
fn by_number(lines: Vec<Line>, asked: &Fields, query: &Query) -> (Vec<Line>, Pager) {
    let total = lines.len();
    let last = total.div_ceil(PAGE).max(1);
    let page = asked.get("page").parse::<usize>().unwrap_or(1).clamp(1, last);
    let lines: Vec<_> = lines.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    let first = if lines.is_empty() { 0 } else { (page - 1) * PAGE + 1 };
    let to = |page: usize| query.address().with("page", &page.to_string()).to_string();
    let pager = Pager {
        shown: Shown::Part { first: first as u64, last: ((page - 1) * PAGE + lines.len()) as u64, total: total as u64 },
        previous: (page > 1).then(|| to(page - 1)),
        next: (page < last).then(|| to(page + 1)),
    };
    (lines, pager)
}

/// A page of a list that goes on and on, after the row that the one before ended with.
fn by_time(mut lines: Vec<Line>, later: bool, query: &Query) -> (Vec<Line>, Pager) {
    let more = lines.len() > PAGE;
    lines.truncate(PAGE);
    let next = lines.last().filter(|_| more).map(|line| {
        let cursor = format!("{}-{}", line.created_at.micros(), line.id);
        query.address().with("before", &cursor).to_string()
    });
    let pager = Pager { shown: Shown::Some(lines.len()), previous: later.then(|| query.address().to_string()), next };
    (lines, pager)
}

fn cursor(text: &str) -> Option<(Timestamp, RequestId)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

/// What goes out next, for whom nothing waits.
async fn next_send(who: &Reviewer) -> Result<Option<String>, Error> {
    let filter = ListFilter { status: vec![Status::Approved], ..ListFilter::default() };
    let lines = store::requests::list(&who.console.ctx.db, who.person.tenant, None, &filter, 500).await?;
    let soonest =
        lines.iter().filter_map(|line| Some((line.not_before?, line))).min_by_key(|(at, line)| (*at, line.id));
    Ok(soonest.map(|(at, line)| {
        let name = line.title.split_once(" · ").map_or(line.title.as_str(), |(_, name)| name);
        who.l.t2("inbox-next-what", "at", who.l.when(at.to_jiff()), "name", name)
    }))
}
