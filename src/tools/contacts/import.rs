//! Lists of contacts: what importing one would do, row by row, and the writing of it.

mod view;

use crate::domain::action::Action;
use crate::domain::clock::Timestamp;
use crate::domain::consent::ConsentState;
use crate::domain::contacts::ContactNo;
use crate::domain::contacts::import::{
    Effect, GivenRow, ImportPlan, ImportRow, Rejected, RowChange, RowConsent, Standing, read, root,
};
use crate::domain::ids::{ConsentId, ContactId, ImportId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::phone::{Market, PhoneNumber};
use crate::domain::policy::contacts::check;
use crate::domain::policy::rules::{IMPORT_07, IMPORT_08};
use crate::domain::preview::{ImportView, Preview, View};
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store::consent::NewConsent;
use crate::store::contacts::NewContact;
use crate::store::{self, Source, Tx};
use crate::tools::envelope::{NAME_LENGTH, PreviewArguments, check_name, write_schema};
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Outcome, Proposal, Sealed, Tool, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

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
    #[schemars(length(min = 1, max = NAME_LENGTH))]
    name: String,
    /// The rows. What is wrong with a row leaves out that row alone.
    #[schemars(length(min = 1, max = MOST_ROWS))]
    rows: Vec<GivenRow>,
    /// The country or territory of numbers without a country code; without it, such numbers are left out.
    #[serde(default)]
    default_market: Option<Market>,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: ImportArguments) -> Result<Proposal> {
    let name = check_name("name", &arguments.name)?;
    let count = arguments.rows.len();
    if !(1..=MOST_ROWS).contains(&count) {
        return Err(Error::Invalid(format!("rows: {count} rows; a call takes 1 to {MOST_ROWS}. Split the list")));
    }
    let tenant = caller.tenant();
    let read = read(&arguments.rows, arguments.default_market, ctx.clock.now());
    let phones: Vec<&PhoneNumber> = read.iter().flatten().map(|row| &row.phone).collect();
    let known = standings(&ctx.db, tenant, &phones).await?;
    let judged: Vec<Judged> = read
        .into_iter()
        .map(|row| {
            let row = row?;
            let met = known.get(row.phone.e164());
            row.judge(met)
        })
        .collect();
    let view = view::of(name, &judged, &known);
    if !view.balances() {
        return Err(Error::internal("the figures of an import do not add up"));
    }
    let findings = check(&view);
    let rows: Vec<ImportRow> = judged.into_iter().flatten().map(|(_, row)| row).collect();
    let plan = ImportPlan { import: ImportId::random(), name: name.to_owned(), rows: view.taken(), root: root(&rows)? };
    let summary = summary(&view);
    let sealed = Some(Sealed::Rows(plan.import, rows));
    let kept =
        Some(json!({ "name": name, "rows": count, "root": plan.root, "default_market": arguments.default_market }));
    let title = format!("Import · {name}");
    let action = Action::ContactImport(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::ContactImport(Box::new(view)) };
    Ok(Proposal { preview, title, sealed, kept })
}

/// One row of the list: what it does, or why it is left out.
type Judged = Result<(RowChange, ImportRow), Rejected>;

/// What is known of the people behind these numbers, by number.
async fn standings(
    source: impl Into<Source<'_>>,
    tenant: TenantId,
    phones: &[&PhoneNumber],
) -> Result<HashMap<String, Standing>> {
    let mut source = source.into();
    let numbers = store::contacts::by_phones(source.again(), tenant, phones).await?;
    let people: Vec<ContactNo> = numbers.values().copied().collect();
    let mut contacts = store::contacts::many(source.again(), tenant, &people).await?;
    let mut suppressions = store::consent::suppressions(source.again(), tenant, &people).await?;
    let mut histories = store::consent::histories(source, tenant, &people).await?;
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
    format!(
        "Import {} of {} rows of \"{}\": add {}, change {}, leave {} as they are. Nothing is sent.",
        number(view.taken()),
        number(view.rows),
        view.name,
        people(view.change.new),
        number(view.change.changed),
        number(view.change.unchanged),
    )
}

/// What became of the rows, counted.
#[derive(Debug, Serialize)]
struct Report {
    import_id: ImportId,
    rows: u64,
    new: u64,
    changed: u64,
    unchanged: u64,
    /// Of those that are known, how many keep what the row would have written over: they changed after people signed.
    kept: u64,
    /// Of those that were signed, how many were left out after all: they have opted out since.
    left_out_since_signing: u64,
}

/// Writes the rows that were signed, in the transaction that settles the request. Each person is looked at again: whoever
/// has opted out since is left out, and whoever is not as the signers saw them is added to, but keeps what they have.
pub async fn write(tx: &mut Tx, tenant: TenantId, plan: &ImportPlan, now: Timestamp) -> Result<Outcome> {
    // Nobody is added by another transaction between the look at who is known and the writing.
    store::people::hold(tx, tenant).await?;
    let rows = match store::contacts::import_rows(tx, tenant, plan.import).await {
        // A row that cannot be read is none of those that were signed.
        Err(store::Error::Inconsistent { .. }) => Vec::new(),
        rows => rows?,
    };
    if root(&rows)? != plan.root {
        tracing::error!(import = %plan.import, "the rows of an import are not those that were signed");
        return Ok(Outcome::Void(IMPORT_07.says(&[])));
    }
    let phones: Vec<&PhoneNumber> = rows.iter().map(|row| &row.phone).collect();
    let known = standings(&mut *tx, tenant, &phones).await?;
    let mut report = Report {
        import_id: plan.import,
        rows: plan.rows,
        new: 0,
        changed: 0,
        unchanged: 0,
        kept: 0,
        left_out_since_signing: 0,
    };
    let (mut new, mut consents) = (Vec::new(), Vec::new());
    let mut tags: Vec<(ContactNo, &str)> = Vec::new();
    for row in &rows {
        match row.effect(known.get(row.phone.e164())) {
            Effect::Add => new.push(row),
            Effect::Nothing => report.left_out_since_signing += 1,
            Effect::Amend { standing, amendment, withheld } => {
                let no = standing.contact.no;
                *if amendment.is_empty() { &mut report.unchanged } else { &mut report.changed } += 1;
                report.kept += u64::from(withheld);
                store::contacts::amend(tx, tenant, no, &amendment).await?;
                tags.extend(amendment.tags.iter().map(|tag| (no, *tag)));
                consents.extend(amendment.consents.iter().map(|consent| granted(no, consent)));
            }
        }
    }
    if report.left_out_since_signing == plan.rows {
        return Ok(Outcome::Void(IMPORT_08.says(&[])));
    }
    report.new = new.len() as u64;
    store::contacts::tag_many(tx, tenant, &tags).await?;
    consents.extend(add(tx, tenant, &new, now).await?);
    store::consent::record(tx, tenant, &consents, now).await?;
    Ok(Outcome::Done(crate::tools::answer(&report)?))
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
