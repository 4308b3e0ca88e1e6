//! The writing of a list that people signed, stretch by stretch, each in a transaction of its own. Everybody is looked at again:
//! whoever has opted out since is left out, and whoever is not as the signers saw them is added to, but keeps what they have.

use super::known;
use crate::domain::clock::Timestamp;
use crate::domain::consent::ConsentState;
use crate::domain::contacts::ContactNo;
use crate::domain::contacts::import::{
    Amendment, Chunk, Effect, ImportPlan, Report, RowChange, RowConsent, StageState, root,
};
use crate::domain::ids::{ConsentId, TenantId};
use crate::domain::policy::rules::{IMPORT_07, IMPORT_08};
use crate::error::Result;
use crate::store::consent::NewConsent;
use crate::store::imports::{self, StagedImport};
use crate::store::{self, Tx};
use crate::tools::Outcome;
use serde_json::{Value, json};

/// How far one look got.
#[derive(Debug)]
pub enum Went {
    /// There is more to write.
    On,
    /// All of it is written, or none may be.
    Ended(Outcome),
    /// What is left is not what was signed, and some of it was written before that was found.
    Halted(Value),
    /// Another daemon is writing.
    Elsewhere,
}

/// Begins to write. A short list is written at once, in the transaction that settles its request.
pub async fn start(tx: &mut Tx, tenant: TenantId, plan: &ImportPlan, now: Timestamp) -> Result<Went> {
    if signed(tx, tenant, plan).await?.is_some_and(|chunks| chunks.len() > 1) {
        let begun = imports::write_on(tx, (tenant, plan.import), (0, 0), StageState::Writing).await?;
        return Ok(if begun { Went::On } else { Went::Elsewhere });
    }
    go_on(tx, tenant, plan, now).await
}

/// The stretches that were signed; none if those that are kept are others, or cannot even be read.
async fn signed(tx: &mut Tx, tenant: TenantId, plan: &ImportPlan) -> Result<Option<Vec<Chunk>>> {
    let chunks = match imports::chunks(&mut *tx, tenant, plan.import).await {
        Err(store::Error::Inconsistent { .. }) => return Ok(None),
        chunks => chunks?,
    };
    Ok((root(&chunks)? == plan.root).then_some(chunks))
}

/// What is kept is not what was signed: nothing more of it is written.
fn altered(plan: &ImportPlan, import: &StagedImport) -> Went {
    tracing::error!(import = %plan.import, line = import.written_line, "the rows of an import are not those that were signed");
    if import.written_line == 0 {
        Went::Ended(Outcome::Void(IMPORT_07.says(&[])))
    } else {
        Went::Halted(result(plan, &import.report))
    }
}

/// Writes the next stretch.
pub async fn go_on(tx: &mut Tx, tenant: TenantId, plan: &ImportPlan, now: Timestamp) -> Result<Went> {
    let Some(import) = imports::find(&mut *tx, tenant, plan.import).await? else {
        return Ok(Went::Ended(Outcome::Void(IMPORT_07.says(&[]))));
    };
    let Some(chunks) = signed(tx, tenant, plan).await? else { return Ok(altered(plan, &import)) };
    let left = chunks.iter().filter(|chunk| chunk.last > import.written_line);
    let Some(chunk) = left.clone().next() else { return ended(plan, &import.report) };
    let state = if left.count() == 1 { StageState::Written } else { StageState::Writing };
    if !imports::write_on(tx, (tenant, plan.import), (import.written_line, chunk.last), state).await? {
        // Somebody writes, or nothing of this list may be written.
        let open = matches!(import.state, StageState::Filed | StageState::Writing);
        return Ok(if open { Went::Elsewhere } else { Went::Ended(Outcome::Void(IMPORT_07.says(&[]))) });
    }
    // Nobody is added by another transaction between the look at who is known and the writing.
    store::people::hold(tx, tenant).await?;
    if imports::seal(tx, plan.import, (chunk.first, chunk.last)).await? != chunk.seal {
        return Ok(altered(plan, &import));
    }
    let mut report = import.report;
    report.add(&stretch(tx, tenant, plan, chunk, now).await?);
    imports::report(tx, plan.import, &report).await?;
    if state == StageState::Written { ended(plan, &report) } else { Ok(Went::On) }
}

fn ended(plan: &ImportPlan, report: &Report) -> Result<Went> {
    let nobody = report.left_out_since_signing == plan.rows;
    let outcome = if nobody { Outcome::Void(IMPORT_08.says(&[])) } else { Outcome::Done(result(plan, report)) };
    Ok(Went::Ended(outcome))
}

fn result(plan: &ImportPlan, report: &Report) -> Value {
    json!({
        "import_id": plan.import, "rows": plan.rows, "new": report.new, "changed": report.changed,
        "unchanged": report.unchanged, "kept": report.kept, "left_out_since_signing": report.left_out_since_signing,
    })
}

async fn stretch(tx: &mut Tx, tenant: TenantId, plan: &ImportPlan, chunk: &Chunk, now: Timestamp) -> Result<Report> {
    let lines = (chunk.first, chunk.last);
    let met = imports::met(tx, tenant, plan.import, lines).await?;
    let people: Vec<ContactNo> = met.iter().map(|(_, no, _)| *no).collect();
    let known = known::of(&mut *tx, tenant, &people).await?;
    let mut report = Report::default();
    let mut amendments: Vec<(ContactNo, Amendment<'_>)> = Vec::new();
    for (_, no, row) in &met {
        match row.effect(known.get(no)) {
            Effect::Add | Effect::Nothing => report.left_out_since_signing += 1,
            Effect::Amend { amendment, withheld, .. } => {
                *if amendment.is_empty() { &mut report.unchanged } else { &mut report.changed } += 1;
                report.kept += u64::from(withheld);
                amendments.push((*no, amendment));
            }
        }
    }
    let all: Vec<(ContactNo, &Amendment<'_>)> = amendments.iter().map(|(no, it)| (*no, it)).collect();
    store::contacts::amend(tx, tenant, &all).await?;
    let tags: Vec<(ContactNo, &str)> =
        amendments.iter().flat_map(|(no, it)| it.tags.iter().map(|tag| (*no, *tag))).collect();
    store::contacts::tag_many(tx, tenant, &tags).await?;
    let consents: Vec<NewConsent> =
        amendments.iter().flat_map(|(no, it)| it.consents.iter().map(|consent| granted(*no, consent))).collect();
    store::consent::record(tx, tenant, &consents, now).await?;

    let missed: Vec<u32> = met.iter().filter(|(was, ..)| *was == RowChange::New).map(|(_, _, row)| row.line).collect();
    // Of those who were known some are no longer kept; nobody is added again who was erased.
    let gone = u64::from(chunk.taken - chunk.new).saturating_sub((met.len() - missed.len()) as u64);
    report.left_out_since_signing += gone;
    report.new = imports::add_new(tx, (tenant, plan.import), lines, chunk.new, &missed, now).await?;
    Ok(report)
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
