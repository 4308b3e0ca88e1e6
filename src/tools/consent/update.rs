//! A change of what customers agreed to: whom it is about, what the ledger says before and after, who has to agree; and the writing.

use super::given::GivenChange;
use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::clock::Timestamp;
use crate::domain::consent::update::{ChangeKind, ConsentChange, ConsentPlan, CustomerAct, Entries, Entry, Ledger};
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::ids::{ConsentId, ContactId, DetailId, RequestId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::policy::consent::{Heard, act_at, check};
use crate::domain::policy::rules::SIGN_29;
use crate::domain::preview::{ActView, ConsentChangeView, Finding, Level, PersonConsent, Preview, View};
use crate::domain::redact::scrub;
use crate::domain::requests::LeftUndone;
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store::consent::NewConsent;
use crate::store::{self, Source, Tx};
use crate::tools::envelope::write_schema;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Sealed, Tool, desk, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.consent.update",
    title: ["Change consent", "更新同意紀錄", "更新同意记录"],
    summary: "Asks for the consent of one or more contacts to be written down: that they agreed to a kind of message, that they \
              took it back, that they are not to be written to any more, or that somebody who had said no says yes again. The \
              history is only ever added to.",
    read_first: &["whatsapp.consent_records.list", "whatsapp.opt_outs.list"],
    governance: "Two people sign when a no becomes a yes again, one when more than one contact is changed; otherwise nobody has \
                 to, and an opt-out of one contact takes effect at once.",
    safety: "A no is taken back only by what the customer did after it, a message of theirs that is kept here or a form they \
             signed, and for one contact at a time. What was switched off at Meta is switched on there.",
    area: Area::Consent,
    wants: None,
    kind: Kind::Write(|ctx, caller, value| {
        Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
    }),
    input: write_schema::<UpdateArguments>,
    output: schema::<RequestView>,
}];

/// The most contacts of one call.
const MOST: usize = 500;
/// People whose ledger a page shows.
const LISTED: usize = 10;

/// Arguments of whatsapp.consent.update.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateArguments {
    /// Whose consent. A reversal names one contact.
    #[schemars(with = "BTreeSet<String>", length(min = 1, max = MOST))]
    contact_ids: BTreeSet<ContactId>,
    /// What is to be written down.
    change: GivenChange,
}

/// Whom a change is about, as they are.
struct Person {
    contact: Contact,
    ledger: Ledger,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: UpdateArguments) -> Result<Proposal> {
    let wanted = arguments.contact_ids.len();
    if !(1..=MOST).contains(&wanted) {
        return Err(Error::Invalid(format!("contact_ids: name 1 to {MOST} contacts; {wanted} are named")));
    }
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let change = arguments.change.read(now)?;
    let people = people(&ctx.db, tenant, &arguments.contact_ids).await?;
    if let Some(missing) = arguments.contact_ids.iter().find(|id| !people.contains_key(id)) {
        return Err(Error::not_found("contact", missing));
    }
    let heard = match heard(&ctx.db, tenant, &change, people.values()).await? {
        Some((heard, number, no)) => {
            let thread = store::conversations::of(&ctx.db, tenant, &number, no).await?;
            // What stands in a restricted queue is not there for this agent.
            let seen = match &thread {
                Some(thread) => desk::seen_by_agent(&ctx.db, caller, thread).await?,
                None => true,
            };
            seen.then_some(heard)
        }
        None => None,
    };
    let ledgers: Vec<&Ledger> = people.values().map(|person| &person.ledger).collect();
    let findings = check(&change, &ledgers, heard.as_ref(), now);
    let view = view(&change, &people, heard.as_ref(), now);
    let detail = DetailId::random();
    let plan =
        ConsentPlan { contacts: arguments.contact_ids, kind: change.kind(), detail, said: change.digest(detail)? };
    let summary = summary(&view);
    let title = format!("Consent · {}", view.who);
    let kept = Some(json!({"contact_ids": plan.contacts, "change": plan.kind, "said": plan.said}));
    let sealed = Some(Sealed::Detail(detail, serde_json::to_value(&change).map_err(Error::internal)?));
    let action = Action::ConsentUpdate(plan);
    let preview = Preview { summary, action, findings, view: View::ConsentUpdate(Box::new(view)) };
    Ok(Proposal { preview, title, sealed, kept })
}

/// Those of these who are there, with all that they said. Within a transaction they stay as they are until it ends.
async fn people(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    contacts: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, Person>> {
    let mut source = source.into();
    let numbers = store::contacts::by_ids(source.again(), tenant, contacts.iter().copied()).await?;
    let all: Vec<ContactNo> = numbers.values().copied().collect();
    let mut found = store::contacts::many(source.again(), tenant, &all).await?;
    let mut suppressions = store::consent::suppressions(source.again(), tenant, &all).await?;
    let mut histories = store::consent::histories(source, tenant, &all).await?;
    let mut person = |(id, no): (ContactId, ContactNo)| {
        let ledger = Ledger {
            suppressions: suppressions.remove(&no).unwrap_or_default(),
            history: histories.remove(&no).unwrap_or_default(),
        };
        Some((id, Person { contact: found.remove(&no)?, ledger }))
    };
    Ok(numbers.into_iter().filter_map(&mut person).collect())
}

/// The message that a reversal names, if it is one of this very customer; with the number that it was sent to.
async fn heard<'p>(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    change: &ConsentChange,
    mut people: impl Iterator<Item = &'p Person>,
) -> Result<Option<(Heard, String, ContactNo)>> {
    let ConsentChange::Reverse { act: CustomerAct::Message { wamid }, .. } = change else { return Ok(None) };
    let Some(message) = store::messages::heard(source, tenant, wamid).await? else { return Ok(None) };
    let own = people.any(|person| person.contact.no == message.contact);
    let heard = Heard {
        kind: message.kind,
        text: message.text,
        sent_at: message.sent_at,
        revoked: message.revoked_at.is_some(),
    };
    Ok(own.then_some((heard, message.phone_number_id, message.contact)))
}

fn view(
    change: &ConsentChange,
    people: &BTreeMap<ContactId, Person>,
    heard: Option<&Heard>,
    now: Timestamp,
) -> ConsentChangeView {
    let at = act_at(change, heard);
    let entries = |person: &Person| person.ledger.entries(change, at, now);
    let unchanged = people.values().filter(|person| entries(person).is_empty()).count();
    let shown =
        |(id, person): (&ContactId, &Person)| PersonConsent::of(*id, &person.contact, &person.ledger, &entries(person));
    let who = match people.values().next() {
        Some(only) if people.len() == 1 && !only.contact.name.is_empty() => only.contact.name.to_string(),
        Some(only) if people.len() == 1 => only.contact.phone.as_ref().map_or("•••".to_owned(), ToString::to_string),
        _ => format!("{} contacts", grouped(&people.len().to_string())),
    };
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let said = |evidence: &Option<String>| evidence.as_deref().map(scrub);
    let view = ConsentChangeView {
        who,
        change: change.kind(),
        categories: change.categories(),
        stop: None,
        source: None,
        evidence: None,
        given_at: None,
        act: None,
        people: number(people.len()),
        unchanged: number(unchanged),
        persons: people.iter().take(LISTED).map(shown).collect(),
        unlisted: number(people.len().saturating_sub(LISTED)),
    };
    match change {
        ConsentChange::Grant(consent) => ConsentChangeView {
            source: Some(consent.source),
            evidence: Some(scrub(&consent.evidence)),
            given_at: Some(consent.given_at),
            ..view
        },
        ConsentChange::Withdraw { source, evidence, given_at, .. } => {
            ConsentChangeView { source: Some(*source), evidence: said(evidence), given_at: Some(*given_at), ..view }
        }
        ConsentChange::OptOut { of, source, evidence } => {
            ConsentChangeView { stop: Some((*of).into()), source: Some(*source), evidence: said(evidence), ..view }
        }
        ConsentChange::Reverse { act, .. } => {
            let act = match act {
                CustomerAct::Form { reference, signed_at } => {
                    Some(ActView { at: *signed_at, form: Some(scrub(reference)), text: None })
                }
                CustomerAct::Message { .. } => heard.map(|heard| ActView {
                    at: heard.sent_at,
                    form: None,
                    text: Some(heard.text.as_deref().map(scrub).unwrap_or_default()),
                }),
            };
            ConsentChangeView { act, ..view }
        }
    }
}

/// The sentence that stands above everything else.
fn summary(view: &ConsentChangeView) -> String {
    let words: Vec<&str> = view.categories.iter().map(|category| category.as_str()).collect();
    let (who, words) = (&view.who, words.join(", "));
    match view.change {
        ChangeKind::Grant => format!("Write down that {who} agreed to {words}."),
        ChangeKind::Withdraw => format!("Write down that {who} took back consent to {words}."),
        ChangeKind::OptOut => format!("Write to {who} no more about {words}."),
        ChangeKind::Reverse => format!("Take back the no of {who}: they agree to {words} again."),
    }
}

/// The change that was signed, with whom it is about, as they are now; or why it may not be written.
async fn look(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &ConsentPlan,
    now: Timestamp,
) -> Result<std::result::Result<(ConsentChange, BTreeMap<ContactId, Person>, Option<Timestamp>), Finding>> {
    let mut source = source.into();
    let change: Option<ConsentChange> = store::details::find(source.again(), tenant, plan.detail).await?;
    let signed = |change: &ConsentChange| change.digest(plan.detail).is_ok_and(|digest| digest == plan.said);
    let Some(change) = change.filter(signed) else { return Ok(Err(SIGN_29.says(&[]))) };
    // Whoever was found to be somebody else since is that one, and has said what that one said.
    let people = people(source.again(), tenant, &plan.contacts).await?;
    let heard = heard(source, tenant, &change, people.values()).await?.map(|(heard, ..)| heard);
    let ledgers: Vec<&Ledger> = people.values().map(|person| &person.ledger).collect();
    let forbids = check(&change, &ledgers, heard.as_ref(), now).into_iter().find(|it| it.level == Level::Block);
    let at = act_at(&change, heard.as_ref());
    Ok(forbids.map_or(Ok((change, people, at)), Err))
}

/// What the rules say of writing it now.
pub async fn standing(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    plan: &ConsentPlan,
    now: Timestamp,
) -> Result<Vec<Finding>> {
    Ok(look(source, tenant, plan, now).await?.err().into_iter().collect())
}

/// Writes it, in the transaction that settles its request.
pub async fn write(
    tx: &mut Tx,
    tenant: TenantId,
    request: RequestId,
    plan: &ConsentPlan,
    now: Timestamp,
) -> Result<Outcome> {
    let (change, people, at) = match look(&mut *tx, tenant, plan, now).await? {
        Ok(found) => found,
        Err(forbids) => return Ok(Outcome::Void(forbids)),
    };
    let mut changed = 0_u64;
    for (id, person) in &people {
        let entries = person.ledger.entries(&change, at, now);
        if entries.is_empty() {
            continue;
        }
        put(tx, tenant, person.contact.no, &entries, now).await?;
        let act = match change.kind() {
            ChangeKind::Grant | ChangeKind::Withdraw => "consent.recorded",
            ChangeKind::OptOut => "contact.opted_out",
            ChangeKind::Reverse => "contact.opted_in",
        };
        let details = json!({"request": request, "change": change.kind(), "categories": change.categories()});
        let event = Event { actor: Actor::Worker, act, subject: id.to_string(), details };
        store::audit::append(tx, tenant, now, event).await?;
        changed += 1;
    }
    let unchanged = u64::try_from(people.len()).unwrap_or(u64::MAX).saturating_sub(changed);
    let gone = plan.contacts.iter().filter(|id| !people.contains_key(*id));
    let rest: Vec<_> = gone.map(|id| (id.to_string(), LeftUndone::Gone)).collect();
    Ok(Outcome::with_the_rest(json!({"changed": changed, "unchanged": unchanged}), "contact_id", &rest))
}

async fn put(tx: &mut Tx, tenant: TenantId, no: ContactNo, entries: &Entries, now: Timestamp) -> Result<()> {
    let record = |entry: &Entry| NewConsent {
        id: ConsentId::random(),
        contact: no,
        category: entry.category,
        state: entry.state,
        source: entry.source,
        evidence: entry.evidence.clone(),
        given_at: entry.given_at,
        confirmed_at: None,
    };
    let records: Vec<NewConsent> = entries.records.iter().map(record).collect();
    store::consent::record(tx, tenant, &records, now).await?;
    if let Some(kind) = entries.suppress {
        store::consent::suppress(tx, tenant, no, kind, "request", None, now).await?;
    }
    for kind in &entries.lift {
        store::consent::lift(tx, tenant, no, *kind).await?;
    }
    if let Some(stop) = &entries.keep_marketing {
        store::consent::suppress(tx, tenant, no, stop.kind, &stop.source, stop.word.as_deref(), stop.at).await?;
    }
    Ok(())
}
