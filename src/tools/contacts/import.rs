//! Lists of contacts: what importing one would do, row by row, and the writing of it.

mod view;

use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::consent::ConsentState;
use crate::domain::contacts::ContactNo;
use crate::domain::contacts::import::{
    GivenRow, ImportPlan, ImportRow, LeftOut, RowChange, RowConsent, Standing, root,
};
use crate::domain::ids::{ConsentId, ContactId, ImportId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::phone::Market;
use crate::domain::policy::contacts::check;
use crate::domain::policy::rules::{IMPORT_07, IMPORT_08};
use crate::domain::preview::{ImportView, Preview, View};
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store::consent::NewConsent;
use crate::store::contacts::{Amendment, NewContact};
use crate::store::{self, Db, Tx};
use crate::tools::envelope::{PreviewArguments, write_schema};
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Sealed, Tool, schema};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::{HashMap, HashSet};

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.contact_import.preview",
        title: ["Preview an import of contacts", "預覽聯絡人匯入", "预览联系人导入"],
        summary: "Works out what importing a list of contacts would do, without doing it: who is new, who changes, which \
                  rows are left out and why, line by line, where consent comes from, and what the policy says. With \
                  submit, people are asked at once.",
        read_first: &["whatsapp.contacts.list", "whatsapp.consent_records.list", "whatsapp.opt_outs.list"],
        governance: "A person signs before a list is imported or consent is recorded for many.",
        safety: "A row without a traceable source of consent is left out, and so is one that would clear an opt-out.",
        area: Area::Contacts,
        wants: None,
        kind: Kind::Preview(&["whatsapp.contact.import"]),
        input: schema::<PreviewArguments>,
        output: schema::<RequestView>,
    },
    Tool {
        name: "whatsapp.contact.import",
        title: ["Import contacts", "匯入聯絡人", "导入联系人"],
        summary: "Asks for a list of contacts to be imported: numbers, names, languages, labels, further facts, and what \
                  each person agreed to, with its source, date and proof. Segments find people by the labels.",
        read_first: &["whatsapp.contact_import.preview"],
        governance: "A person signs before anything is imported.",
        safety: "Rows without a valid number or without traceable consent are left out. Importing a list twice changes \
                 nothing.",
        area: Area::Contacts,
        wants: None,
        kind: Kind::Write(|ctx, caller, value| {
            Box::pin(async move { propose(ctx, caller, crate::tools::arguments(value)?).await })
        }),
        input: write_schema::<ImportArguments>,
        output: schema::<RequestView>,
    },
];

/// The most rows of one call. What a call carries is bound by the size of a message; split longer lists.
const MOST_ROWS: usize = 2_000;

/// Arguments of whatsapp.contact.import.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportArguments {
    /// What to call the list: where it comes from, such as `Winter fair, 20 November`.
    #[schemars(length(min = 1, max = 120))]
    name: String,
    /// The rows. What is wrong with a row leaves out that row alone.
    #[schemars(length(min = 1, max = MOST_ROWS))]
    rows: Vec<GivenRow>,
    /// The country or territory of numbers without a country code; without it, such numbers are left out.
    #[serde(default)]
    default_market: Option<Market>,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: ImportArguments) -> Result<Proposal> {
    let name = arguments.name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(Error::Invalid("name: say in 1 to 120 characters where the list comes from".into()));
    }
    let count = arguments.rows.len();
    if !(1..=MOST_ROWS).contains(&count) {
        return Err(Error::Invalid(format!("rows: {count} rows; a call takes 1 to {MOST_ROWS}. Split the list")));
    }
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let read = read(&arguments, now);
    let known = standings(&ctx.db, tenant, read.iter().filter_map(|(_, row)| row.as_ref().ok())).await?;
    let judged: Vec<Judged> = read
        .into_iter()
        .map(|(line, row)| match row {
            Ok(row) => {
                let change = row.judge(known.get(row.phone.e164()));
                Judged { line, change, row: Some(row) }
            }
            Err(reason) => Judged { line, change: Err(reason), row: None },
        })
        .collect();
    let view = view::of(name, &judged, &known);
    if !view.balances() {
        return Err(Error::internal("the figures of an import do not add up"));
    }
    let findings = check(&view);
    let rows: Vec<ImportRow> = judged.into_iter().filter(|row| row.change.is_ok()).filter_map(|row| row.row).collect();
    let plan = ImportPlan {
        import: ImportId::random(),
        name: name.to_owned(),
        rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
        root: root(&rows)?,
    };
    let summary = summary(&view);
    let sealed = Some(Sealed::Rows(plan.import, rows));
    let kept =
        Some(json!({ "name": name, "rows": count, "root": plan.root, "default_market": arguments.default_market }));
    let title = format!("Import · {name}");
    let action = Action::ContactImport(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::ContactImport(Box::new(view)) };
    Ok(Proposal { preview, title, sealed, kept })
}

/// One row of the list, and what is to become of it.
struct Judged {
    line: u32,
    change: Result<RowChange, LeftOut>,
    /// As it was understood, if it was.
    row: Option<ImportRow>,
}

/// Reads every row; of those with one number the first counts.
fn read(arguments: &ImportArguments, now: Timestamp) -> Vec<(u32, Result<ImportRow, LeftOut>)> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut read = |line: u32, row: &GivenRow| {
        let row = row.read(line, arguments.default_market, now)?;
        if seen.insert(row.phone.e164().to_owned()) { Ok(row) } else { Err(LeftOut::Duplicate) }
    };
    (1..).zip(&arguments.rows).map(|(line, row)| (line, read(line, row))).collect()
}

/// What is known of the people behind these rows, by number.
async fn standings(
    db: &Db,
    tenant: TenantId,
    rows: impl Iterator<Item = &ImportRow>,
) -> Result<HashMap<String, Standing>> {
    let phones: Vec<_> = rows.map(|row| &row.phone).collect();
    let numbers = store::contacts::by_phones(db, tenant, &phones).await?;
    let people: Vec<ContactNo> = numbers.values().copied().collect();
    let mut contacts = store::contacts::many(db, tenant, &people).await?;
    let mut suppressions = store::consent::suppressions(db, tenant, &people).await?;
    let mut histories = store::consent::histories(db, tenant, &people).await?;
    let mut standing = |no: ContactNo| {
        Some(Standing {
            contact: contacts.remove(&no)?,
            suppressions: suppressions.remove(&no).unwrap_or_default().into_iter().map(|entry| entry.kind).collect(),
            history: histories.remove(&no).unwrap_or_default(),
        })
    };
    Ok(numbers.into_iter().filter_map(|(phone, no)| Some((phone, standing(no)?))).collect())
}

/// The sentence that stands above everything else.
fn summary(view: &ImportView) -> String {
    let number = |count: u64| grouped(&count.to_string());
    let people = |count: u64| format!("{} {}", number(count), if count == 1 { "person" } else { "people" });
    let left_out = view.rows - view.change.written() - view.change.unchanged;
    format!(
        "Import {} of {} rows of \"{}\": add {}, change {}, leave {} as they are. Nothing is sent.",
        number(view.rows - left_out),
        number(view.rows),
        view.name,
        people(view.change.new),
        number(view.change.changed),
        number(view.change.unchanged),
    )
}

/// Writes the rows that were signed, in the transaction that settles the request. Each person is looked at again: whoever
/// has opted out since is left out, and whoever has become known is not added twice.
pub async fn write(ctx: &Ctx, tx: &mut Tx, tenant: TenantId, plan: &ImportPlan, now: Timestamp) -> Result<Outcome> {
    let rows = match store::contacts::import_rows(&ctx.db, tenant, plan.import).await {
        // A row that cannot be read is none of those that were signed.
        Err(store::Error::Inconsistent { .. }) => Vec::new(),
        rows => rows?,
    };
    if root(&rows)? != plan.root {
        tracing::error!(import = %plan.import, "the rows of an import are not those that were signed");
        return Ok(Outcome::Void(IMPORT_07.says(&[])));
    }
    let known = standings(&ctx.db, tenant, rows.iter()).await?;
    let (mut new, mut changed, mut unchanged, mut left_out) = (Vec::new(), Vec::new(), 0_u64, 0_u64);
    for row in &rows {
        let standing = known.get(row.phone.e164());
        match (row.judge(standing), standing) {
            (Ok(RowChange::Changed), Some(standing)) => changed.push((row, standing)),
            (Ok(RowChange::Unchanged), _) => unchanged += 1,
            (Ok(_), _) => new.push(row),
            (Err(_), _) => left_out += 1,
        }
    }
    if new.len() + changed.len() == 0 && unchanged == 0 {
        return Ok(Outcome::Void(IMPORT_08.says(&[])));
    }
    let mut consents = add(tx, tenant, &new, now).await?;
    consents.extend(amend(tx, tenant, &changed).await?);
    store::consent::record(tx, tenant, &consents, now).await?;
    Ok(Outcome::Done(json!({
        "import_id": plan.import, "rows": plan.rows, "new": new.len(), "changed": changed.len(), "unchanged": unchanged,
        "left_out": left_out,
    })))
}

async fn add(tx: &mut Tx, tenant: TenantId, rows: &[&ImportRow], now: Timestamp) -> Result<Vec<NewConsent>> {
    let contacts: Vec<NewContact> = rows
        .iter()
        .map(|row| NewContact {
            id: ContactId::random(),
            phone: Some(row.phone.clone()),
            user_id: None,
            name: row.said.name.clone(),
            language: row.said.language.clone(),
            tags: row.said.tags.clone(),
            attributes: row.said.attributes.clone(),
            last_inbound_at: None,
            created_at: now,
        })
        .collect();
    let numbers = store::contacts::insert_many(tx, tenant, &contacts).await?;
    Ok(numbers
        .into_iter()
        .zip(rows)
        .flat_map(|(no, row)| row.said.consents.iter().map(move |c| granted(no, c)))
        .collect())
}

async fn amend(tx: &mut Tx, tenant: TenantId, rows: &[(&ImportRow, &Standing)]) -> Result<Vec<NewConsent>> {
    let mut consents = Vec::new();
    let mut tags: Vec<(ContactNo, &str)> = Vec::new();
    for (row, standing) in rows {
        let person = &standing.contact;
        let mut attributes = person.attributes.clone();
        attributes.extend(row.said.attributes.clone());
        let amendment = Amendment {
            contact: person.no,
            name: row.renames(person).then_some(row.said.name.as_str()),
            language: row.said.language.as_ref(),
            attributes: &attributes,
        };
        store::contacts::amend(tx, tenant, &amendment).await?;
        tags.extend(row.said.tags.iter().map(|tag| (person.no, tag.as_str())));
        consents.extend(row.new_consents(standing).map(|consent| granted(person.no, consent)));
    }
    store::contacts::tag_many(tx, tenant, &tags).await?;
    Ok(consents)
}

fn granted(contact: ContactNo, consent: &RowConsent) -> NewConsent {
    NewConsent {
        id: ConsentId::random(),
        contact,
        category: consent.category,
        state: ConsentState::Granted,
        source: consent.source,
        evidence: Some(consent.evidence.clone()),
        given_at: consent.given_at,
        confirmed_at: None,
    }
}
