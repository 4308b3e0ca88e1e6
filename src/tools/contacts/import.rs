//! Lists of contacts: what importing one would do, row by row, whether its rows come in the call or out of a file.

mod known;
pub mod now;
pub mod stage;
pub mod write;

use crate::domain::action::Action;
use crate::domain::canonical::Digest;
use crate::domain::contacts::import::{
    Columns, GivenRow, ImportFile, ImportPlan, MOST_NAMES, StageState, Understood, root,
};
use crate::domain::ids::UploadId;
use crate::domain::people::{Area, Caller};
use crate::domain::phone::Market;
use crate::domain::policy::contacts::check;
use crate::domain::policy::rules::{IMPORT_09, IMPORT_10};
use crate::domain::preview::{ImportView, Preview, View};
use crate::domain::redact::hide_people;
use crate::domain::text::grouped;
use crate::domain::uploads::Upload;
use crate::error::{Error, Result};
use crate::store::imports::{self, Reading, StagedImport};
use crate::tools::envelope::{NAME_LENGTH, PreviewArguments, check_name, write_schema};
use crate::tools::reading::Text;
use crate::tools::request_view::RequestView;
use crate::tools::{Ctx, Kind, Proposal, Sealed, Tool, schema, uploads};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::fs::File;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncSeekExt as _, AsyncWriteExt as _, BufReader};
use tokio_util::sync::CancellationToken;

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "whatsapp.contact_import.preview",
        title: ["Preview an import of contacts", "預覽聯絡人匯入", "预览联系人导入"],
        summary: "Works out what importing a list of contacts would do, without doing it: who is new, who changes, which \
                  rows are left out and why, line by line, where consent comes from, and what the policy says. The rows \
                  come in the call, or from an uploaded CSV or XLSX file. With submit, people are asked at once.",
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
                  each person agreed to, with its source, date and proof. Up to 2,000 rows come in the call, up to 1,000,000 from \
                  an uploaded CSV or XLSX file, of which a large one is read while you call again. Segments find people by the \
                  labels.",
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

/// The most rows of one call. What a call carries is bound by the size of a message; longer lists are uploaded.
const MOST_ROWS: usize = 2_000;
/// A file of so many bytes is read while its call waits; a larger one by the worker.
const SMALL: u64 = 512 * 1024;
/// Nobody else reads it for so long meanwhile.
const LEASE: Duration = Duration::from_mins(1);
/// So long a call waits for a file that the worker reads.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Bytes of a file that are brought at once.
const PIECE: usize = 256 * 1024;
/// What was read of a file is good for so long: after it, the rows are held against the contacts anew.
const HOLDS: Duration = Duration::from_mins(15);

/// Arguments of whatsapp.contact.import.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportArguments {
    /// What to call the list: where it comes from, such as `Winter fair, 20 November`.
    #[schemars(length(min = 1, max = NAME_LENGTH))]
    name: String,
    /// The rows, unless they are in a file. What is wrong with a row leaves out that row alone.
    #[serde(default)]
    #[schemars(length(min = 1, max = MOST_ROWS))]
    rows: Option<Vec<GivenRow>>,
    /// The file, as `POST /uploads` answered it: CSV in UTF-8, or XLSX. Its first line names the columns.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    upload_id: Option<UploadId>,
    /// Which column of the file says what, where its first line has other names.
    #[serde(default)]
    columns: Columns,
    /// The sheet of a workbook; without it, the first that is not hidden.
    #[serde(default)]
    sheet: Option<Text<64>>,
    /// The country or territory of numbers without a country code; without it, such numbers are left out.
    #[serde(default)]
    default_market: Option<Market>,
}

async fn propose(ctx: &Ctx, caller: &Caller, arguments: ImportArguments) -> Result<Proposal> {
    let name = check_name("name", &arguments.name)?.to_owned();
    let market = arguments.default_market;
    match (arguments.rows, arguments.upload_id) {
        (Some(rows), None) => {
            if arguments.columns != Columns::default() || arguments.sheet.is_some() {
                return Err(Error::Invalid(
                    "columns, sheet: only with upload_id; rows say themselves what is what".into(),
                ));
            }
            let count = rows.len();
            if !(1..=MOST_ROWS).contains(&count) {
                return Err(Error::Invalid(format!(
                    "rows: {count} rows; a call takes 1 to {MOST_ROWS}. Split the list, or upload it as a file"
                )));
            }
            let reading = Reading { market, ..Reading::default() };
            let import = stage::rows(ctx, stage::new(ctx, caller, reading), &rows).await?;
            proposal(ctx, &name, &import, None).await
        }
        (None, Some(upload)) => {
            let sheet = arguments.sheet.map(Text::into_string);
            from_file(ctx, caller, &name, upload, Reading { market, columns: arguments.columns, sheet }).await
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Error::Invalid("rows, upload_id: give one of them, the rows or the file that they are in".into()))
        }
    }
}

async fn from_file(ctx: &Ctx, caller: &Caller, name: &str, upload: UploadId, reading: Reading) -> Result<Proposal> {
    let upload = uploads::find(ctx, caller.tenant(), caller.agent.id, upload).await?;
    let source = Digest::of(&(upload.hash, &reading))?;
    let (whose, now) = ((caller.tenant(), caller.agent.id), ctx.clock.now());
    let small = upload.bytes <= SMALL;
    let mut import = match imports::find_by_source(&ctx.db, whose, source, now.before(HOLDS)).await? {
        Some(import) => import,
        None => {
            let import = StagedImport { upload: Some(upload.id), ..stage::new(ctx, caller, reading) };
            let mut tx = ctx.db.begin().await?;
            imports::add(&mut tx, &import, source, if small { now.after(LEASE) } else { now }).await?;
            tx.commit().await?;
            if small {
                read(ctx, import.clone(), (LEASE, &CancellationToken::new())).await?;
            }
            ctx.wake.imports();
            import
        }
    };
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        import = imports::find(&ctx.db, import.tenant, import.id).await?.ok_or_else(gone)?;
        if import.state != StageState::Reading || tokio::time::Instant::now() >= until {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    match import.state {
        StageState::Read => proposal(ctx, name, &import, Some(upload)).await,
        StageState::Unreadable => {
            let problem = import.why.unwrap_or_default();
            Err(Error::Blocked(vec![IMPORT_09.says(&[("problem", problem.into())])]))
        }
        StageState::Reading => Err(Error::InProgress(format!(
            "the file is being read: {} rows so far; nobody is asked before all of it was",
            grouped(&import.tally.rows.to_string())
        ))),
        // Another call made a request of it at this moment.
        StageState::Filed | StageState::Writing | StageState::Written => Err(gone()),
    }
}

fn gone() -> Error {
    Error::Conflict("a request was made of this file at this moment; call again".to_owned())
}

/// Reads the file of a list, from where it was left; an upload that is not there any more makes it unreadable.
pub async fn read(ctx: &Ctx, import: StagedImport, (lease, stop): (Duration, &CancellationToken)) -> Result<bool> {
    let Some(upload) = import.upload else {
        return stage::refuse(ctx, import, "the call that brought its rows was interrupted".to_owned()).await;
    };
    let opened = match uploads::open(ctx, import.tenant, import.agent, upload).await {
        Ok(opened) => opened,
        Err(Error::NotFound { .. }) => {
            return stage::refuse(ctx, import, "the upload is not kept any more; send it again".to_owned()).await;
        }
        Err(error) => return Err(error),
    };
    match spool(opened.bytes).await {
        Ok(file) => stage::file(ctx, import, file, (lease, stop)).await,
        Err(why) if why.kind() == io::ErrorKind::InvalidData => {
            stage::refuse(ctx, import, "its bytes are not those that were sent; send it again".to_owned()).await
        }
        Err(why) => Err(Error::Unavailable(format!("the file cannot be read at the moment: {why}"))),
    }
}

/// Brings all of it to this machine: a workbook is read here and there, and nothing may be believed before the end has come. The
/// file has no name and goes with the process.
async fn spool(bytes: Box<dyn AsyncRead + Send + Unpin>) -> io::Result<File> {
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
    let mut file = tokio::fs::File::from_std(file);
    tokio::io::copy_buf(&mut BufReader::with_capacity(PIECE, bytes), &mut file).await?;
    file.flush().await?;
    file.rewind().await?;
    Ok(file.into_std().await)
}

async fn proposal(ctx: &Ctx, name: &str, import: &StagedImport, upload: Option<Upload>) -> Result<Proposal> {
    let file = upload.map(|upload| ImportFile {
        // What people see, and the log keeps, names nobody; a file may be called by a customer's number.
        name: upload.name.as_ref().map_or_else(String::new, |name| hide_people(name.as_str())),
        bytes: upload.bytes,
        sha256: upload.hash,
        columns: import.columns.clone().unwrap_or(Understood { used: Vec::new(), unused: Vec::new() }),
    });
    let view = import.tally.view(name, file.clone());
    if !view.balances() {
        return Err(Error::internal("the figures of an import do not add up"));
    }
    let mut findings = check(&view);
    if import.tally.has_too_many_names() {
        findings.push(IMPORT_10.says(&[("most", (MOST_NAMES as u64).into())]));
    }
    let root = root(&imports::chunks(&ctx.db, import.tenant, import.id).await?)?;
    let kept = Some(json!({
        "name": name, "rows": view.rows, "root": root, "default_market": import.reading.market, "upload_id": import.upload,
        "columns": import.reading.columns, "sheet": import.reading.sheet,
    }));
    let plan = ImportPlan { import: import.id, name: name.to_owned(), rows: view.taken(), root, file };
    let summary = summary(&view);
    let sealed = Some(Sealed::Rows(plan.import));
    let title = format!("Import · {name}");
    let action = Action::ContactImport(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::ContactImport(Box::new(view)) };
    Ok(Proposal { preview, title, sealed, kept })
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
