//! Filling the request page from the dossier.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::order;
use super::people::{signatures, timeline, who};
use super::{
    AgentWords, DecisionForm, Fault, FindingView, Head, Panel, Raw, ReadFirst, RequestPage, Running, SectionCheck,
    Verdict, WarningCheck,
};
use crate::approvals::shown;
use crate::approvals::sign::{self, Dossier};
use crate::console::audit::Names;
use crate::console::decisions::{Kept, kept};
use crate::console::errors::Trouble;
use crate::console::facts;
use crate::console::findings;
use crate::console::forms::Named;
use crate::console::inbox::neighbours;
use crate::console::monitor::Progress;
use crate::console::page::{Here, RoleName};
use crate::console::parts::{Digest, Due};
use crate::console::pictures;
use crate::console::replies::{self, Said};
use crate::console::review;
use crate::console::states::State;
use crate::console::submitted;
use crate::console::visit::Reviewer;
use crate::domain::audit::{Actor as Recorded, AuditEntry};
use crate::domain::canonical::canonical;
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::people::{Person, Role};
use crate::domain::policy::signatures::{self as policy, MayNotSign};
use crate::domain::preview::{Finding, Level};
use crate::domain::requests::{ActionRequest, Status};
use crate::error::Error;
use crate::store;
use crate::tools::Ctx;
use crate::tools::contacts::import::now::{self, ImportNow};
use crate::words::Words;

/// `GET /requests/{id}`.
pub async fn show(who: Reviewer, Named(id): Named<RequestId>) -> Response {
    let page = open(&who, id, None).await;
    who.answer(page).await
}

/// The page again, with what was missing when the form came.
pub async fn again(who: &Reviewer, id: RequestId, sent: Sent) -> Response {
    let page = open(who, id, Some(sent)).await.map(|page| (StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    who.answer(page).await
}

/// The form as it was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub kept: Kept,
    pub verdict: Option<Verdict>,
    pub faults: Vec<Fault>,
}

async fn open(who: &Reviewer, id: RequestId, sent: Option<Sent>) -> Result<RequestPage, Trouble> {
    fill(who, id, sent).await.map_err(|error| Trouble::from_error(&who.l, error))
}

async fn fill(reader: &Reviewer, id: RequestId, sent: Option<Sent>) -> Result<RequestPage, Error> {
    let (ctx, l, person) = (&reader.console.ctx, &reader.l, &reader.person);
    let dossier = sign::dossier(ctx, person.tenant, person, id).await?;
    let request = &dossier.request;
    let view = &request.preview.view;
    let title = l.t2("name-request", "name", facts::whom(l, view.name()), "short", id.short());
    let mut chrome = reader.chrome(title, Here::Inbox).await;
    chrome.path = format!("/requests/{id}");
    let names = Names::read(&ctx.db, person.tenant).await?;
    let state = state(&dossier, reader, &names);
    let execution = store::deliveries::by_request(&ctx.db, person.tenant, id).await?;
    let said = replies::of_request(reader, request).await?;
    let sent = match sent {
        Some(sent) => Some(sent),
        None => kept(&reader.session, id).await.filter(|kept| kept.intent.digest == request.digest).map(|kept| Sent {
            verdict: Some(kept.intent.decision.into()),
            kept,
            faults: Vec::new(),
        }),
    };
    let panel = match &dossier.may_decide {
        Ok(()) => Panel::Open(Box::new(form(&dossier, reader, sent)?)),
        Err(why) => Panel::Closed { why: refusal(l, why, &state) },
    };
    let fresh = fresh(&dossier, l);
    Ok(RequestPage {
        head: head(&dossier, reader, &state, said.as_ref()).await?,
        signatures: signatures(l, &dossier, person.role.may_read_audit()),
        findings: findings::views(l, &request.preview.findings, true),
        findings_now: (!fresh.is_empty()).then_some(fresh),
        execution: execution.map(|(_, tally)| Running {
            monitor: format!("/broadcasts/{id}"),
            progress: Progress::from(tally),
            stop: (request.status.is_running() && person.role.may_stop()).then(|| format!("/broadcasts/{id}/stop")),
        }),
        said,
        stands: order::of_request(reader, request).await?,
        importing: importing(ctx, request).await?,
        submitted: submitted::of_request(reader, request).await?,
        submitted_stop: submitted::stop(reader, request).await?,
        pictures: pictures::of_request(reader, request).await?,
        review: review::sections(l, request, reader.now.to_jiff()),
        panel,
        values: shown::may_see(request, person).then(|| format!("/requests/{id}/values")),
        withdraw: may_withdraw(request, reader).then(|| format!("/requests/{id}/withdraw")),
        reopen: may_reopen(&dossier, person).then(|| format!("/requests/{id}/reopen")),
        who: who(l, &dossier, person),
        timeline: timeline(l, &dossier, &names, person.role.may_read_audit()),
        agent_words: AgentWords {
            agent: request.agent_name.clone(),
            text: request.reason.clone(),
            goal: view.goal().map(str::to_owned),
            characters: request.reason.chars().count(),
            reads: request
                .reads_made
                .iter()
                .map(|read| ReadFirst { tool: read.tool.clone(), at: read.at.map(Timestamp::to_jiff) })
                .collect(),
        },
        raw: raw(request)?,
        l: l.clone(),
        chrome,
    })
}

/// What the rules say now. Of a rule that spoke before, links lead to what it said then.
fn fresh(dossier: &Dossier, l: &Words) -> Vec<FindingView> {
    let preview = &dossier.request.preview;
    let mut fresh = findings::views(l, &preview.news(&dossier.findings_now), true);
    for view in &mut fresh {
        view.anchor = view.anchor.take().filter(|_| !preview.findings.iter().any(|then| then.rule == view.rule));
    }
    fresh
}

/// How far an import is; none once it has come to its end, which says more.
async fn importing(ctx: &Ctx, request: &ActionRequest) -> Result<Option<ImportNow>, Error> {
    Ok(now::of_request(ctx, request).await?.filter(|_| request.status == Status::Executing))
}

/// Who stopped it for good; empty if that was no person.
fn stopped_by(dossier: &Dossier, reader: &Reviewer, names: &Names) -> Option<String> {
    let ended = dossier.request.status == Status::Cancelled;
    let stop = |entry: &&AuditEntry| match entry.act.as_str() {
        "execution.stopped" | "execution.cancelled" => true,
        // An order that was called off may turn out to be placed.
        "order.stop_asked" => ended,
        _ => false,
    };
    let entry = dossier.history.iter().rev().find(stop)?;
    let person = matches!(entry.actor, Recorded::Person(_));
    Some(if person { names.actor(&reader.l, &entry.actor).name().to_owned() } else { String::new() })
}

/// Where it stands, in words.
fn state(dossier: &Dossier, reader: &Reviewer, names: &Names) -> State {
    let request = &dossier.request;
    if let Some(by) = stopped_by(dossier, reader, names) {
        return State::stopped(request.status, by);
    }
    let cooling = reader.console.ctx.policy.times.cooling_off;
    if request.status == Status::PendingApproval && forbidden_by(dossier).is_some() {
        return State::Blocked;
    }
    let state = State::of(request.status, !dossier.signatures.is_empty(), request.not_before, cooling, reader.now);
    state.by_tool(&request.tool)
}

/// The rules that forbid it as things stand, if any do.
fn forbidden_by(dossier: &Dossier) -> Option<String> {
    let mut rules: Vec<&str> = blocks(&dossier.findings_now).map(|finding| finding.rule.as_str()).collect();
    rules.dedup();
    (!rules.is_empty()).then(|| rules.join(", "))
}

fn blocks(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| finding.level == Level::Block)
}

/// Whether this person may take it back: before anything has begun.
pub fn may_withdraw(request: &ActionRequest, reader: &Reviewer) -> bool {
    let open = matches!(request.status, Status::PendingApproval | Status::Approved);
    open && (reader.person.role.may_stop() || request.owner == reader.person.id)
}

/// Whether this person may allow it to be asked for again.
fn may_reopen(dossier: &Dossier, person: &Person) -> bool {
    let (request, signatures) = (&dossier.request, &dossier.signatures);
    request.reopened_at.is_none() && policy::may_reopen(request, signatures, person).is_ok()
}

async fn head(dossier: &Dossier, reader: &Reviewer, state: &State, said: Option<&Said>) -> Result<Head, Error> {
    let (request, l) = (&dossier.request, &reader.l);
    let around = neighbours(&reader.console.ctx.db, &reader.person, reader.now, request.id).await?;
    let asked_at = request.created_at.to_jiff();
    let waits = request.status == Status::PendingApproval;
    Ok(Head {
        state: state.tag(l),
        next_move: match forbidden_by(dossier) {
            Some(rules) if *state == State::Blocked => l.t1("next-blocked", "rules", rules),
            _ if said.is_some_and(|said| said.under_way) => l.t("reply-under-way"),
            _ => state.next(l),
        },
        summary: review::summary(l, &request.preview),
        agent: request.agent_name.clone(),
        owner: request.owner_name.clone(),
        asked_at,
        due: waits.then(|| Due { from: asked_at, at: request.decide_by.to_jiff(), now: reader.now.to_jiff() }),
        signatures_needed: request.quorum.seats.len() as u64,
        digest: Digest::new(&request.digest.to_string()),
        list: "/inbox".to_owned(),
        previous: around.previous.map(|id| format!("/requests/{id}")),
        next: around.next.map(|id| format!("/requests/{id}")),
        position: around.position,
        outcome: review::outcome(l, request, matches!(state, State::Stopped { by } if !by.is_empty())),
        related: request.superseded_by.map(|id| (l.t("related-superseded"), format!("/requests/{id}"))),
    })
}

fn form(dossier: &Dossier, reader: &Reviewer, sent: Option<Sent>) -> Result<DecisionForm, Error> {
    let request = &dossier.request;
    let (intent, verdict, faults) =
        sent.map_or((None, None, Vec::new()), |sent| (Some(sent.kept.intent), sent.verdict, sent.faults));
    let accepted = |rule: &str| intent.as_ref().and_then(|i| i.accepted.iter().find(|a| a.rule == rule));
    let warnings = request.preview.to_accept(&dossier.findings_now);
    let mut rules: Vec<&str> = warnings.iter().map(|finding| finding.rule.as_str()).collect();
    rules.dedup();
    let seats = request.quorum.seats.len().saturating_sub(dossier.signatures.len() + 1);
    let afterwards = after_approval(reader, request, seats);
    Ok(DecisionForm {
        action: format!("/requests/{}/decision", request.id),
        digest: request.digest.to_string(),
        warned: sign::warned(&warnings)?.to_string(),
        sections: (1..)
            .zip(request.preview.view.sections())
            .map(|(number, section)| SectionCheck {
                section: (*section).into(),
                number,
                checked: dossier.checked.contains(section),
                changed: false,
            })
            .collect(),
        warnings: rules
            .into_iter()
            .map(|rule| WarningCheck {
                rule: rule.to_owned(),
                accepted: accepted(rule).is_some(),
                reason: accepted(rule).map(|a| a.reason.clone()).unwrap_or_default(),
            })
            .collect(),
        forbidden_by: forbidden_by(dossier),
        verdict,
        comment: intent.as_ref().map(|intent| intent.comment.clone()).unwrap_or_default(),
        faults,
        afterwards,
    })
}

/// What follows an approval, when so many more are needed.
pub fn after_approval(reader: &Reviewer, request: &ActionRequest, more: usize) -> String {
    let l = &reader.l;
    if more > 0 {
        return l.t1("after-more", "n", more);
    }
    if !request.preview.action.leaves_the_house() {
        return l.t("after-last-now");
    }
    l.t1("after-last", "at", l.when(sign::would_start(&reader.console.ctx, request).to_jiff()))
}

/// Why there is no decision to make, in the reader's language.
pub fn refusal(l: &Words, why: &MayNotSign, state: &State) -> String {
    match why {
        MayNotSign::NotPending(_) | MayNotSign::NothingOpen(_) => l.t1("not-pending", "state", state.words(l)),
        MayNotSign::TooLate(at) => l.t1("not-too-late", "at", l.when(at.to_jiff())),
        MayNotSign::OwnAgent => l.t("not-own"),
        MayNotSign::SignedAlready => l.t("not-twice"),
        MayNotSign::WrongRole(role, wanted) => {
            let wanted = wanted.split(" or ").filter_map(|word| word.parse::<Role>().ok());
            let wanted = wanted
                .map(|role| RoleName::from(role).words(l))
                .reduce(|a, b| l.t2("who-or", "a", a, "b", b))
                .unwrap_or_default();
            l.t2("not-role", "role", RoleName::from(*role).words(l), "wanted", wanted)
        }
        MayNotSign::Disabled => l.t("not-disabled"),
        MayNotSign::TooSoon(seconds) => l.t1("not-too-soon", "n", *seconds),
    }
}

fn raw(request: &ActionRequest) -> Result<Raw, Error> {
    let bytes = canonical(&request.preview)?.len();
    let json = serde_json::to_value(&request.preview).and_then(|value| serde_json::to_string_pretty(&value));
    Ok(Raw { json: json.map_err(Error::internal)?, bytes })
}
