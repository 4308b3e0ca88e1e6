//! How long an import of a million contacts takes out of an uploaded CSV file, from its reading to its last row, beside the bare
//! `.import` of `sqlite3` and a bare `COPY` of PostgreSQL of the same file into a table without an index; and how much memory.
//!
//! `cargo bench --bench import`; ROWS says how many there are (1,000,000). With TEST_POSTGRES_URL also on PostgreSQL. The order of the
//! numbers is mixed, as in a real list.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::allow_attributes,
    reason = "a measurement says what it finds, and fails by panicking"
)]

mod business;

use business::{Afternoon, Business, on_each};
use countersign::approvals::begin::begin;
use countersign::approvals::{imports, submit};
use countersign::domain::ids::RequestId;
use countersign::domain::requests::Status;
use countersign::error::Error;
use countersign::objects::{Objects, Place};
use countersign::store::{Db, requests};
use countersign::tools::catalogue::catalogue;
use countersign::tools::uploads::{self, Announced};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

const HEAD: &str = "phone,name,language,tags,consent_category,consent_source,consent_date,consent_evidence,tier";
const COLUMNS: &str =
    "phone text, name text, language text, tags text, category text, source text, given text, evidence text, tier text";

fn rows() -> usize {
    std::env::var("ROWS").ok().map_or(1_000_000, |text| text.parse().expect("ROWS is a whole number"))
}

/// The list. Every number of this stretch is valid in Hong Kong; a step that shares no factor with their count mixes them.
fn list(folder: &Path) -> PathBuf {
    let path = folder.join("list.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    writeln!(file, "{HEAD}").unwrap();
    for n in 0..rows() {
        let number = 94_000_000 + n * 7_919 % 1_000_003;
        writeln!(file, "+852{number},Chan Tai Man {n},zh_HK,member;fair,marketing,web_form,2026-01-15,form {n},gold")
            .unwrap();
    }
    file.flush().unwrap();
    path
}

/// The yardstick: the same file into a bare table.
async fn bare(db: &Db, url: &str, folder: &Path, list: &Path) -> Option<Duration> {
    if !db.is_postgres() {
        let file = folder.join("bare.sqlite");
        let begun = Instant::now();
        let done = Command::new("sqlite3")
            .arg(&file)
            .args([
                &format!("create table bare ({COLUMNS})"),
                ".mode csv",
                &format!(".import --skip 1 {} bare", list.display()),
            ])
            .status();
        return done.ok().filter(std::process::ExitStatus::success).map(|_| begun.elapsed());
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create table bare ({COLUMNS})"))).execute(&mut connection).await.unwrap();
    let begun = Instant::now();
    let mut copy = connection.copy_in_raw("copy bare from stdin with (format csv, header true)").await.unwrap();
    copy.read_from(tokio::fs::File::open(list).await.unwrap()).await.unwrap();
    copy.finish().await.unwrap();
    Some(begun.elapsed())
}

/// The most memory that this process has taken so far, in megabytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) / 1024
}

/// From the upload to the request that waits for its signature.
async fn read(business: &Business, list: &Path) -> RequestId {
    let ctx = &business.ctx;
    let body = ReaderStream::with_capacity(tokio::fs::File::open(list).await.unwrap(), 256 << 10);
    let upload = uploads::receive(ctx, &business.caller, Announced::default(), body).await.unwrap();
    let preview = catalogue().find("whatsapp.contact_import.preview").unwrap();
    let ask = json!({"reason": "A measurement.", "arguments": {"name": "List", "upload_id": upload.id}});
    let stop = CancellationToken::new();
    let worker = async {
        while imports::read(ctx, Duration::from_secs(30), &stop).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let agent = async {
        loop {
            match submit::preview(ctx, &business.caller, preview, ask.clone()).await {
                Ok(view) => return view.action_request_id.parse().unwrap(),
                Err(Error::InProgress(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let (id, ()) = tokio::join!(agent, worker);
    id
}

async fn import(database: &'static str, url: String) {
    let folder = TempDir::new().unwrap();
    let list = list(folder.path());
    let mut business = business::open(&url, Afternoon::begins(), "http://127.0.0.1:9").await;
    business.ctx.media.objects = Some(Objects::open(&Place::Folder(folder.path().join("files"))).unwrap());
    let ctx = &business.ctx;
    let yardstick = bare(&ctx.db, &url, folder.path(), &list).await;
    let begun = Instant::now();
    let id = read(&business, &list).await;
    let reading = begun.elapsed();
    let now = ctx.clock.now();
    let approve = AssertSqlSafe(format!(
        "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1000000000",
        now.micros()
    ));
    match &ctx.db {
        Db::Sqlite { write, .. } => drop(sqlx::query(approve).execute(write).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::query(approve).execute(pool).await.unwrap()),
    }
    let begun = Instant::now();
    begin(ctx, business.tenant.id, id).await.unwrap();
    imports::write(ctx, &CancellationToken::new()).await.unwrap();
    let writing = begun.elapsed();
    let done = requests::find(&ctx.db, business.tenant.id, id).await.unwrap().unwrap();
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    assert_eq!(done.result.unwrap()["new"], rows());
    let beside = yardstick.map_or_else(
        || "no sqlite3 to hold it against".to_owned(),
        |bare| {
            format!(
                "bare {:.1} s ({:.1} times as long to write, {:.1} with the reading)",
                bare.as_secs_f64(),
                writing.as_secs_f64() / bare.as_secs_f64(),
                (reading + writing).as_secs_f64() / bare.as_secs_f64(),
            )
        },
    );
    println!(
        "{database}: {} contacts: read and judged in {:.1} s, written in {:.1} s; {beside}; at most {} MB",
        rows(),
        reading.as_secs_f64(),
        writing.as_secs_f64(),
        most_memory(),
    );
    ctx.db.close().await;
}

#[tokio::main]
async fn main() {
    on_each(import).await;
}
