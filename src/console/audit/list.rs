//! Filling the audit list from the log, with the names of those who acted.

use std::collections::HashMap;

use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Actor, AuditPage, Checkpoint, Filters, Row};
use crate::console::errors::Trouble;
use crate::console::forms::{Address, Fields};
use crate::console::page::{Here, RoleName};
use crate::console::parts::{Chip, Choice, Digest, Pager, Shown};
use crate::console::visit::Reviewer;
use crate::domain::audit::{Actor as Recorded, AuditEntry};
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::people::Role;
use crate::error::Error;
use crate::store;
use crate::store::Db;
use crate::store::audit::Filter;
use crate::words::Words;

/// Rows on one page.
const PAGE: usize = 50;

/// The parts of the log that the filter offers, by the beginning of their names.
const GROUPS: [&str; 12] = [
    "request.",
    "execution.",
    "person.",
    "agent.",
    "contact.",
    "conversation.",
    "queue.",
    "automation.",
    "template.",
    "number.",
    "tenant.",
    "sending.",
];
/// Those who act and are neither a person nor an agent.
const OTHERS: [&str; 4] = ["policy", "worker", "meta", "operator"];

/// What the people and agents of a business are called.
pub struct Names {
    people: HashMap<String, String>,
    agents: HashMap<String, String>,
    /// The one.
    business: HashMap<String, String>,
}

impl Names {
    pub async fn read(db: &Db, tenant: TenantId) -> Result<Self, Error> {
        let people = store::people::people(db, tenant).await?;
        let agents = store::people::agents(db, tenant).await?;
        let business = store::people::tenant(db, tenant).await?;
        Ok(Self {
            people: people.into_iter().map(|person| (person.id.to_string(), person.name)).collect(),
            agents: agents.into_iter().map(|agent| (agent.id.to_string(), agent.name)).collect(),
            business: business.into_iter().map(|business| (business.id.to_string(), business.name)).collect(),
        })
    }

    fn of(&self, id: &str) -> Option<&String> {
        self.people.get(id).or_else(|| self.agents.get(id)).or_else(|| self.business.get(id))
    }

    /// Who did it, as people call them.
    pub fn actor(&self, l: &Words, actor: &Recorded) -> Actor {
        let name = |id: String| self.of(&id).cloned().unwrap_or(id);
        match actor {
            Recorded::Person(id) => Actor::Person(name(id.to_string())),
            Recorded::Agent(id) => Actor::Agent(name(id.to_string())),
            Recorded::Policy(rule) => Actor::System(format!("{} {rule}", l.t("audit-policy"))),
            Recorded::Worker => Actor::System(l.t("audit-worker")),
            Recorded::Operator => Actor::System(l.t("audit-operator")),
            Recorded::Meta => Actor::Meta,
        }
    }
}

/// One entry as the list shows it.
pub fn row(l: &Words, names: &Names, entry: &AuditEntry) -> Row {
    let subject = match names.of(&entry.subject) {
        Some(name) => (name.clone(), None),
        None if entry.subject.starts_with("ar_") => {
            (short(&entry.subject), Some(format!("/requests/{}", entry.subject)))
        }
        None if entry.subject.starts_with("cv_") => {
            (short(&entry.subject), Some(format!("/conversations/{}", entry.subject)))
        }
        None => (entry.subject.clone(), None),
    };
    Row {
        seq: entry.seq,
        at: entry.at.to_jiff(),
        actor: names.actor(l, &entry.actor),
        action: entry.act.clone(),
        words: happened(l, entry),
        subject,
        digest: entry.details.get("digest").and_then(|digest| digest.as_str()).map(Digest::new),
    }
}

/// The first digits of an id: enough to tell neighbours apart.
fn short(id: &str) -> String {
    id.chars().take(9).collect()
}

/// The stored names of what happens, and the keys of their words.
const ACTS: &[(&str, &str)] = &[
    ("request.filed", "act-request-filed"),
    ("request.previewed", "act-request-previewed"),
    ("request.blocked", "act-request-blocked"),
    ("request.superseded", "act-request-superseded"),
    ("request.signed", "act-request-signed"),
    ("request.approved", "act-request-approved"),
    ("request.reopened", "act-request-reopened"),
    ("request.values_shown", "act-request-values-shown"),
    ("request.cancelled", "act-request-cancelled"),
    ("request.expired", "act-request-expired"),
    ("request.started", "act-request-started"),
    ("request.stale", "act-request-stale"),
    ("request.rechecked", "act-request-rechecked"),
    ("person.signed_in", "act-person-signed-in"),
    ("person.signed_out", "act-person-signed-out"),
    ("person.sign_in_failed", "act-person-sign-in-failed"),
    ("person.proof_failed", "act-person-proof-failed"),
    ("person.added", "act-person-added"),
    ("person.disabled", "act-person-disabled"),
    ("agent.added", "act-agent-added"),
    ("agent.revoked", "act-agent-revoked"),
    ("tenant.added", "act-tenant-added"),
    ("execution.started", "act-execution-started"),
    ("execution.paused", "act-execution-paused"),
    ("number.changed", "act-number-changed"),
    ("number.profile_changed", "act-number-profile-changed"),
    ("execution.resumed", "act-execution-resumed"),
    ("execution.resume_signed", "act-execution-resume-signed"),
    ("execution.stopped", "act-execution-stopped"),
    ("execution.cancelled", "act-execution-cancelled"),
    ("execution.finished", "act-execution-finished"),
    ("execution.in_doubt", "act-execution-in-doubt"),
    ("execution.ruled", "act-execution-ruled"),
    ("execution.ruling_signed", "act-execution-ruling-signed"),
    ("execution.ruling_contradicted", "act-execution-ruling-contradicted"),
    ("execution.taken_over", "act-execution-taken-over"),
    ("reply.sent_twice", "act-reply-sent-twice"),
    ("reply.settled_otherwise", "act-reply-settled-otherwise"),
    ("contact.opted_out", "act-contact-opted-out"),
    ("contact.opted_in", "act-contact-opted-in"),
    ("template.changed", "act-template-changed"),
    ("number.announced", "act-number-announced"),
    ("number.name_reviewed", "act-number-name-reviewed"),
    ("number.security", "act-number-security"),
    ("account.alerted", "act-account-alerted"),
    ("account.capability", "act-account-capability"),
    ("account.payment_setup", "act-account-payment-setup"),
    ("account.reviewed", "act-account-reviewed"),
    ("account.trouble", "act-account-trouble"),
    ("account.updated", "act-account-updated"),
    ("account.username", "act-account-username"),
    ("form.changed", "act-form-changed"),
    ("contact.became", "act-contact-became"),
    ("contact.identity_changed", "act-contact-identity-changed"),
    ("order.placed", "act-order-placed"),
    ("order.refused", "act-order-refused"),
    ("order.called_off", "act-order-called-off"),
    ("order.stop_asked", "act-order-stop-asked"),
    ("conversation.handed_over", "act-conversation-handed-over"),
    ("conversation.handed_on", "act-conversation-handed-on"),
    ("conversation.taken", "act-conversation-taken"),
    ("conversation.noted", "act-conversation-noted"),
    ("conversation.escalated", "act-conversation-escalated"),
    ("conversation.settled", "act-conversation-settled"),
    ("conversation.closed", "act-conversation-closed"),
    ("queue.set", "act-queue-set"),
    ("product.set", "act-product-set"),
    ("automation.made_live", "act-automation-made-live"),
    ("automation.stored", "act-automation-stored"),
    ("automation.taken_away", "act-automation-taken-away"),
    ("webhook.retried", "act-webhook-retried"),
    ("payment_link.taken_back", "act-payment-link-taken-back"),
    ("consent.recorded", "act-consent-recorded"),
    ("contact.tagged", "act-contact-tagged"),
    ("conversation.tagged", "act-conversation-tagged"),
    ("contact.added", "act-contact-added"),
    ("contact.changed", "act-contact-changed"),
    ("contact.identity_confirmed", "act-contact-identity-confirmed"),
    ("template.submitted", "act-template-submitted"),
    ("template.refused", "act-template-refused"),
    ("template.held_up", "act-template-held-up"),
    ("sending.stopped", "act-sending-stopped"),
    ("sending.resumed", "act-sending-resumed"),
    ("upload.received", "act-upload-received"),
    ("media.stored", "act-media-stored"),
];

/// What happened; a signature says what for.
fn happened(l: &Words, entry: &AuditEntry) -> String {
    match (entry.act.as_str(), entry.details.get("decision").and_then(|decision| decision.as_str())) {
        ("request.signed", Some("rejected")) => l.t("act-request-rejected"),
        ("request.signed", Some("changes_requested")) => l.t("act-request-changes"),
        _ => act(l, &entry.act),
    }
}

/// What happened, in words; the stored name where there are none.
pub fn act(l: &Words, act: &str) -> String {
    let known = ACTS.iter().find(|(name, _)| *name == act);
    known.map_or_else(|| act.to_owned(), |(_, key)| l.t(key))
}

/// The log is for some roles only; the others are told which.
pub fn permitted(who: &Reviewer) -> Result<(), Trouble> {
    if who.person.role.may_read_audit() {
        return Ok(());
    }
    let roles: Vec<_> =
        Role::ALL.iter().filter(|role| role.may_read_audit()).map(|role| RoleName::from(*role).words(&who.l)).collect();
    Err(Trouble::Forbidden(who.l.t1("error-needs-role", "roles", roles.join(", "))))
}

/// `GET /audit`, for those who may read the log.
pub async fn index(who: Reviewer) -> Response {
    let asked = Fields::of_path(&who.path);
    if let (Ok(seq), Ok(())) = (asked.get("q").trim().parse::<u64>(), permitted(&who)) {
        return Redirect::to(&format!("/audit/{seq}")).into_response();
    }
    let page = match permitted(&who) {
        Ok(()) => fill(&who, &asked).await.map_err(|error| Trouble::from_error(&who.l, error)),
        Err(trouble) => Err(trouble),
    };
    who.answer(page).await
}

async fn fill(who: &Reviewer, asked: &Fields) -> Result<AuditPage, Error> {
    let (db, tenant, l) = (&who.console.ctx.db, who.person.tenant, &who.l);
    let names = Names::read(db, tenant).await?;
    let (asked, fault) = understood(l, &names, asked);
    let filter = read(l, &asked);
    let unknown = asked.some("q").is_some() && filter.subject.is_none();
    let limit = if unknown { 0 } else { u32::try_from(PAGE + 1).unwrap_or(51) };
    let mut entries = store::audit::list(db, tenant, &filter, limit).await?;
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let address = address(&asked);
    let pager = Pager {
        shown: Shown::Some(entries.len()),
        previous: filter.before.map(|_| address.to_string()),
        next: entries.last().filter(|_| more).map(|e| address.clone().with("before", &e.seq.to_string()).to_string()),
    };
    let head = store::audit::head(db, tenant).await?;
    let latest = store::audit::list(db, tenant, &Filter::default(), 1).await?;
    Ok(AuditPage {
        l: l.clone(),
        chrome: who.chrome(l.t("nav-audit"), Here::Audit).await,
        filters: filters(l, &names, &asked, fault),
        rows: entries.iter().map(|entry| row(l, &names, entry)).collect(),
        pager,
        checkpoint: latest.first().map(|latest| Checkpoint {
            size: head.size(),
            root: Digest::new(&hex::encode(head.root())),
            at: Some(latest.at.to_jiff()),
        }),
    })
}

/// What of the address can be understood, and a word about what was left out.
fn understood(l: &Words, names: &Names, asked: &Fields) -> (Fields, Option<String>) {
    let actor = |id: &str| names.of(id).is_some() || OTHERS.contains(&id);
    let action = |name: &str| GROUPS.contains(&name) || ACTS.iter().any(|(act, _)| *act == name);
    let wrong = |name: &str| {
        let value = asked.some(name)?;
        match name {
            "from" | "to" if value.parse::<Date>().is_err() => Some(l.t("audit-fault-day")),
            "q" if !is_whole(value) => Some(l.t("audit-fault-id")),
            "actor" if !actor(value) => Some(l.t1("audit-fault-choice", "value", value)),
            "action" if !action(value) => Some(l.t1("audit-fault-choice", "value", value)),
            _ => None,
        }
    };
    let faults: Vec<(&str, String)> =
        ["from", "to", "actor", "action", "q"].into_iter().filter_map(|name| Some((name, wrong(name)?))).collect();
    // A search that names nothing stays in its field, and finds nothing.
    let left_out = faults.iter().map(|(name, _)| *name).filter(|name| *name != "q");
    (left_out.fold(asked.clone(), Fields::without), faults.first().map(|(_, fault)| fault.clone()))
}

fn is_whole(id: &str) -> bool {
    id.split_once('_').is_some_and(|(_, digits)| digits.len() == 32)
}

/// What the address asks for.
fn read(l: &Words, asked: &Fields) -> Filter {
    let day = |name: &str| asked.some(name).and_then(|text| text.parse::<Date>().ok());
    let start = |date: Date| Some(Timestamp::from(zoned(date, l.zone())?));
    // A day in the address is meant whole: its last instant is the one before the next day begins.
    let end = |date: Date| Some(Timestamp::from_micros(start(date.tomorrow().ok()?)?.micros() - 1));
    Filter {
        act: asked.some("action").map(str::to_owned),
        subject: asked.some("q").filter(|id| is_whole(id)).map(str::to_owned),
        actor: asked.some("actor").map(str::to_owned),
        from: day("from").and_then(start),
        until: day("to").and_then(end),
        before: asked.get("before").parse().ok(),
    }
}

fn zoned(date: Date, zone: &TimeZone) -> Option<jiff::Timestamp> {
    date.to_zoned(zone.clone()).ok().map(|at| at.timestamp())
}

/// This list, without its page.
fn address(asked: &Fields) -> Address {
    let keep = |address: Address, name: &str| address.with(name, asked.some(name).unwrap_or_default());
    ["q", "actor", "action", "from", "to"].into_iter().fold(Address::new("/audit"), keep)
}

fn filters(l: &Words, names: &Names, asked: &Fields, fault: Option<String>) -> Filters {
    let (actor, action) = (asked.get("actor"), asked.get("action"));
    let mut people: Vec<_> = names.people.iter().chain(&names.agents).collect();
    people.sort_by_key(|(_, name)| name.to_lowercase());
    let other = |word: &str| match word {
        "policy" => l.t("audit-policy"),
        "worker" => l.t("audit-worker"),
        "meta" => l.t("actor-meta"),
        _ => l.t("audit-operator"),
    };
    let group = |prefix: &str| match prefix {
        "request." => l.t("audit-group-request"),
        "execution." => l.t("audit-group-execution"),
        "person." => l.t("audit-group-person"),
        "agent." => l.t("audit-group-agent"),
        "contact." => l.t("audit-group-contact"),
        "conversation." => l.t("audit-group-conversation"),
        "queue." => l.t("audit-group-queue"),
        "automation." => l.t("audit-group-automation"),
        "template." => l.t("audit-group-template"),
        "number." => l.t("audit-group-number"),
        "tenant." => l.t("audit-group-tenant"),
        "sending." => l.t("audit-group-sending"),
        one => act(l, one),
    };
    let named = |id: &str| names.of(id).cloned().unwrap_or_else(|| other(id));
    let single = Some(action).filter(|action| !action.is_empty() && !GROUPS.contains(action));
    let active = [
        ("q", asked.some("q").map(str::to_owned)),
        ("actor", asked.some("actor").map(named)),
        ("action", asked.some("action").map(group)),
        ("from", asked.some("from").map(|day| format!("{} {day}", l.t("audit-from")))),
        ("to", asked.some("to").map(|day| format!("{} {day}", l.t("audit-to")))),
    ];
    let chip = |(name, text): (&str, Option<String>)| {
        Some(Chip { text: text?, without: address(asked).without(name).to_string() })
    };
    Filters {
        search: asked.get("q").to_owned(),
        actors: std::iter::once(Choice::new("", l.t("audit-any"), actor.is_empty()))
            .chain(people.into_iter().map(|(id, name)| Choice::new(id, name.clone(), actor == id)))
            .chain(OTHERS.map(|word| Choice::new(word, other(word), actor == word)))
            .collect(),
        actions: std::iter::once(Choice::new("", l.t("audit-any-action"), action.is_empty()))
            .chain(GROUPS.into_iter().chain(single).map(|prefix| Choice::new(prefix, group(prefix), action == prefix)))
            .collect(),
        from: asked.get("from").to_owned(),
        to: asked.get("to").to_owned(),
        chips: active.into_iter().filter_map(chip).collect(),
        clear: "/audit".to_owned(),
        fault,
    }
}
