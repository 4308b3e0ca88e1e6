//! Filling the monitor: the ledger in figures and row by row, with what a person may see of each recipient.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Failure, LedgerRow, Live, LiveFragment, MonitorPage, Progress, ledger_tag, ledger_words};
use crate::approvals::doubts;
use crate::console::audit::Names;
use crate::console::errors::Trouble;
use crate::console::facts;
use crate::console::findings::sentence;
use crate::console::forms::{Address, Fields, Named};
use crate::console::page::Here;
use crate::console::parts::{Chip, Choice, Pager, Shown, Tone};
use crate::console::states::State;
use crate::console::visit::Reviewer;
use crate::domain::action::Action;
use crate::domain::audience::Withheld;
use crate::domain::audit::{Actor as Recorded, AuditEntry};
use crate::domain::broadcasts::seconds;
use crate::domain::clock::Timestamp;
use crate::domain::compose::Composer;
use crate::domain::contacts::Language;
use crate::domain::deliveries::{Delivery, Desired, Tally};
use crate::domain::ids::{BroadcastId, RequestId, TenantId};
use crate::domain::preview::Level;
use crate::domain::requests::{ActionRequest, Status};
use crate::error::Error;
use crate::graph::errors::{explain, lookup};
use crate::store;
use crate::store::Db;
use crate::store::deliveries::{Entry, Execution, Failed};
use crate::tools;
use crate::words::{Lang, Words};

/// Rows of the ledger on one page.
const PAGE: usize = 50;

/// Error codes whose meaning has words in every language; the others are explained in English.
const CODES: &[(i32, &str)] = &[
    (131026, "code-131026"),
    (131047, "code-131047"),
    (131049, "code-131049"),
    (131050, "code-131050"),
    (131051, "code-131051"),
    (130472, "code-130472"),
    (130429, "code-130429"),
    (131056, "code-131056"),
    (131048, "code-131048"),
    (131031, "code-131031"),
    (132015, "code-132015"),
    (132016, "code-132016"),
    (131042, "code-131042"),
    (131000, "code-131000"),
];

/// `GET /broadcasts/{id}`, by the request that sends it; a broadcast's own id leads there.
pub async fn show(who: Reviewer, Named(id): Named<String>) -> Response {
    if let Ok(broadcast) = id.parse::<BroadcastId>() {
        let found = store::broadcasts::find(&who.console.ctx.db, who.person.tenant, broadcast).await;
        let to = found.map_err(|error| Trouble::from_error(&who.l, error.into()));
        let to = to.and_then(|found| found.and_then(|b| b.sent_by).ok_or(Trouble::NotFound));
        return who.answer(to.map(|request| Redirect::to(&format!("/broadcasts/{request}")))).await;
    }
    match found(&who, &id).await {
        Ok(Some(run)) => {
            let page = page(&who, run).await.map_err(|error| Trouble::from_error(&who.l, error));
            who.answer(page).await
        }
        // Nothing of it has begun: what there is to see is the request.
        Ok(None) => Redirect::to(&format!("/requests/{id}")).into_response(),
        Err(trouble) => who.answer(Err::<Response, _>(trouble)).await,
    }
}

/// `GET /broadcasts/{id}/live`: the part that changes, for the page's script. It has no other use, so it has no page
/// for its errors.
pub async fn live(who: Reviewer, Named(id): Named<String>) -> Response {
    let Ok(Some(run)) = found(&who, &id).await else { return StatusCode::NOT_FOUND.into_response() };
    match figures(&who, &run).await {
        Ok(live) => LiveFragment { l: who.l.clone(), live }.into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures of a broadcast could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// A request that is, or was, being carried out.
struct Run {
    request: ActionRequest,
    execution: Execution,
    tally: Tally,
}

/// The run of a request; `None` if nothing of it has begun.
async fn found(who: &Reviewer, id: &str) -> Result<Option<Run>, Trouble> {
    let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
    let failed = |error: store::Error| Trouble::from_error(&who.l, error.into());
    let id: RequestId = id.parse().map_err(|_| Trouble::NotFound)?;
    let request = store::requests::find(db, tenant, id).await.map_err(failed)?;
    let run = store::deliveries::by_request(db, tenant, id).await.map_err(failed)?;
    let request = request.ok_or(Trouble::NotFound)?;
    Ok(run.map(|(execution, tally)| Run { request, execution, tally }))
}

async fn page(who: &Reviewer, run: Run) -> Result<MonitorPage, Error> {
    let (l, id) = (&who.l, run.request.id);
    let view = run.request.preview.view.broadcast().ok_or_else(|| Error::not_found("broadcast", id))?;
    let href = format!("/broadcasts/{id}");
    let asked = Fields::of_path(&who.path);
    let chosen: Option<Delivery> = asked.get("state").parse().ok();
    let (ledger, pager) = ledger(who, &run, &asked, chosen).await?;
    let mut chrome = who.chrome(view.name.clone(), Here::Broadcasts).await;
    let live = figures(who, &run).await?;
    chrome.refresh = (asked.get("refresh") == "10" && !live.finished).then_some(10);
    let chip = |state: Delivery| Chip { text: ledger_words(state.as_str(), l), without: format!("{href}#ledger") };
    let may_stop = run.request.status.is_running() && who.person.role.may_stop();
    Ok(MonitorPage {
        request: format!("/requests/{id}"),
        template: view.message.template.clone(),
        number: view.schedule.from.clone(),
        started: Some(run.execution.started_at.to_jiff()),
        finished: run.execution.finished_at.map(Timestamp::to_jiff),
        per_second: run.execution.per_second.into(),
        doubts: doubts::is_open(&run.request, &run.execution, run.tally.unknown).then(|| format!("{href}/doubts")),
        resume: (run.request.status == Status::Paused).then(|| format!("{href}/resume")),
        pause: (may_stop && run.execution.desired == Desired::Run && run.request.status == Status::Executing)
            .then(|| format!("{href}/stop#pause")),
        stop: (may_stop && run.execution.desired != Desired::Cancel).then(|| format!("{href}/stop")),
        states: states(l, chosen),
        chips: chosen.map(chip).into_iter().collect(),
        ledger,
        pager,
        live,
        href,
        l: l.clone(),
        chrome,
    })
}

async fn figures(who: &Reviewer, run: &Run) -> Result<Live, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let failed = store::deliveries::failures_by_code(db, tenant, run.execution.id).await?;
    let withheld = store::deliveries::withheld_by_reason(db, tenant, run.execution.id, run.tally.suppressed).await?;
    let withheld = withheld.into_iter().map(|(why, count)| suppressed(l, why, count));
    let over = run.execution.finished_at.is_some();
    let progress = Progress::from(run.tally);
    let state = if run.execution.desired == Desired::Cancel {
        State::stopped(run.request.status, person_who(db, tenant, run.request.id, "execution.stopped").await?)
    } else {
        let cooling = who.console.ctx.policy.times.cooling_off;
        State::of(run.request.status, false, run.request.not_before, cooling, who.now)
    };
    let number = store::deliveries::number_limits(db, tenant, &run.execution.phone_number_id).await?;
    let number = number.map_or(u32::MAX, |number| number.per_second).min(who.console.settings.rate_per_second);
    let rate = number.min(run.execution.per_second).max(1);
    let waits = tools::waits_until(&who.console.ctx, &run.request.preview.action, &run.execution, &run.tally).await?;
    let forecast = || match waits {
        Some(until) => l.t1("monitor-quiet", "until", l.when(until.to_jiff())),
        None => {
            l.t2("monitor-forecast", "span", l.span(seconds(progress.queued, rate).max(1)), "rate", u64::from(rate))
        }
    };
    let goes_on = run.request.status == Status::Executing && run.execution.goes_on(&run.tally);
    let (alarm, alarm_lang) = why_halted(who, &run.execution).await?;
    let forbids = forbids(who, run).await?;
    let away = tools::turned_away(&who.console.ctx, &run.execution).await?;
    Ok(Live {
        state: state.tag(l),
        next_move: state.next(l),
        progress,
        failures: failed.iter().map(|failed| failure(l, failed)).chain(withheld).collect(),
        // Nobody knows when Meta takes messages again.
        forecast: (goes_on && away.is_none()).then(forecast),
        turned_away: away.map(|away| (l.t1("monitor-turned-away", "n", away.messages), away.why)),
        alarm_lang,
        alarm,
        forbids,
        finished: over,
        at: who.now.to_jiff(),
    })
}

/// What would not let it go on as things are now, which may be another thing than what stopped it.
async fn forbids(who: &Reviewer, run: &Run) -> Result<Vec<(String, Option<&'static str>)>, Error> {
    let execution = &run.execution;
    if execution.desired != Desired::Pause || execution.finished_at.is_some() {
        return Ok(Vec::new());
    }
    let mut now = tools::standing(&who.console.ctx, who.person.tenant, &run.request.preview.action).await?;
    now.retain(|it| it.level == Level::Block && execution.reason.as_ref() != Some(&it.message));
    Ok(now.iter().map(|finding| sentence(&who.l, finding)).collect())
}

/// Why it does not go on, and the language that is said in. What a person did is said in the reader's own; the worker's
/// sentences are English.
pub async fn why_halted(
    who: &Reviewer,
    execution: &Execution,
) -> Result<(Option<String>, Option<&'static str>), Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let Some(reason) = execution.halted() else { return Ok((None, None)) };
    let (act, key) = match execution.desired {
        Desired::Cancel => ("execution.stopped", "state-stopped"),
        _ => ("execution.paused", "monitor-paused-by"),
    };
    let person = person_who(db, tenant, execution.request, act).await?;
    if person.is_empty() {
        return Ok((Some(reason.to_owned()), (l.lang() != Lang::En).then_some("en")));
    }
    Ok((Some(l.t1(key, "name", person)), None))
}

/// Which person did this to the sending last; empty where it was no person.
pub async fn person_who(db: &Db, tenant: TenantId, request: RequestId, act: &str) -> Result<String, Error> {
    let filter =
        store::audit::Filter { act: Some(act.into()), subject: Some(request.to_string()), ..Default::default() };
    let entries: Vec<AuditEntry> = store::audit::list(db, tenant, &filter, 1).await?;
    let Some(entry) = entries.first().filter(|entry| matches!(entry.actor, Recorded::Person(_))) else {
        return Ok(String::new());
    };
    let names = Names::read(db, tenant).await?;
    Ok(names.actor(&Words::hong_kong(Lang::En), &entry.actor).name().to_owned())
}

fn failure(l: &Words, failed: &Failed) -> Failure {
    let (meaning, lang) = failed.code.map_or_else(|| (l.t("failures-none-text"), None), |code| meaning(l, code));
    Failure {
        code: failed.code.map_or_else(|| l.t("failures-none"), |code| code.to_string()),
        meaning,
        lang,
        count: failed.count,
        tone: Tone::Danger,
    }
}

/// Why people were not written to.
fn suppressed(l: &Words, why: Withheld, count: u64) -> Failure {
    Failure { code: l.t("ledger-suppressed"), meaning: facts::withheld(l, why), lang: None, count, tone: Tone::Plain }
}

/// What a code of Meta's means, and the language that is said in.
fn meaning(l: &Words, code: i32) -> (String, Option<&'static str>) {
    match CODES.iter().find(|(known, _)| *known == code) {
        Some((_, key)) => (l.t(key), None),
        None if lookup(code.into()).is_none() => (l.t("code-unlisted"), None),
        None => (explain(code.into()).sentence.to_owned(), (l.lang() != Lang::En).then_some("en")),
    }
}

fn states(l: &Words, chosen: Option<Delivery>) -> Vec<Choice> {
    let any = Choice::new("", l.t("ledger-all"), chosen.is_none());
    let rest = Delivery::ALL
        .iter()
        .map(|state| Choice::new(state.as_str(), ledger_words(state.as_str(), l), chosen == Some(*state)));
    std::iter::once(any).chain(rest).collect()
}

async fn ledger(
    who: &Reviewer,
    run: &Run,
    asked: &Fields,
    chosen: Option<Delivery>,
) -> Result<(Vec<LedgerRow>, Pager), Error> {
    let (db, tenant, l, execution) = (&who.console.ctx.db, who.person.tenant, &who.l, &run.execution);
    let after: Option<u32> = asked.get("after").parse().ok();
    let limit = u32::try_from(PAGE + 1).unwrap_or(51);
    let mut entries = store::deliveries::ledger_page(db, tenant, execution.id, after, limit, chosen).await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let numbers: Vec<_> = entries.iter().map(|entry| entry.contact_no).collect();
    let contacts = store::contacts::many(db, tenant, &numbers).await?;
    let composer = composer(&run.request);
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let contact = contacts.get(&entry.contact_no);
            let text = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
            LedgerRow {
                number: u64::from(entry.row.seq) + 1,
                phone: text(contact.and_then(|c| c.phone.as_ref()).map(ToString::to_string)),
                name: text(contact.map(|c| c.name.to_string()).filter(|name| !name.is_empty())),
                language: text(composer.as_ref().and_then(|composer| language(composer, contact?.language.as_ref()))),
                state: ledger_tag(entry.row.delivery.as_str(), l),
                at: (entry.row.delivery != Delivery::Queued).then(|| entry.row.updated_at.to_jiff()),
                detail: detail(l, entry),
            }
        })
        .collect();
    let address = || {
        let state = chosen.map_or("", Delivery::as_str);
        Address::new(&format!("/broadcasts/{}", execution.request)).with("state", state)
    };
    let next = entries.last().filter(|_| more).map(|last| address().with("after", &last.row.seq.to_string()));
    let pager = Pager {
        shown: Shown::Some(rows.len()),
        previous: after.map(|_| format!("{}#ledger", address())),
        next: next.map(|address| format!("{address}#ledger")),
    };
    Ok((rows, pager))
}

/// The message that was signed, in its languages.
fn composer(request: &ActionRequest) -> Option<Composer> {
    let (Action::BroadcastSchedule(plan), view) = (&request.preview.action, request.preview.view.broadcast()?) else {
        return None;
    };
    let forms = view.message.languages.iter().map(|form| (form.language.clone(), form.raw.clone()));
    Some(Composer::new(forms, plan.default_language.as_ref(), &plan.variables))
}

/// The language that a person gets, by their own.
fn language(composer: &Composer, own: Option<&Language>) -> Option<String> {
    let form = composer.form_for(own.map(Language::as_str)).and_then(|at| composer.forms().get(at))?;
    Some(form.language.to_string())
}

fn detail(l: &Words, entry: &Entry) -> Option<String> {
    let code = entry.row.error_code?;
    Some(l.t2("ledger-code", "code", code.to_string(), "meaning", meaning(l, code).0))
}
