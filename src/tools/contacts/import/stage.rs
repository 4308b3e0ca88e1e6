//! The reading of a list: its rows are judged and kept, stretch by stretch, so that people see what all of them come to and the
//! worker writes what people saw. Whoever dies on the way leaves the stretches that are kept, and the next goes on after them.

use super::known;
use crate::domain::clock::Timestamp;
use crate::domain::contacts::import::{
    BadHeader, GivenRow, Judged, Layout, MOST_ROWS, ReadRow, Rejected, Report, StageState, Standing, Tally, Understood,
    settle,
};
use crate::domain::ids::ImportId;
use crate::domain::people::Caller;
use crate::domain::phone::PhoneNumber;
use crate::error::{Error, Result};
use crate::faults::Step;
use crate::sheets::{self, Unreadable};
use crate::store;
use crate::store::imports::{self, Reading, StagedImport};
use crate::tools::Ctx;
use std::collections::HashMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Rows that are judged, and later written, at once: the tenant is held for as long as that takes.
const STRETCH: usize = 10_000;
/// And the text that they have together, in bytes.
const STRETCH_BYTES: usize = 8 * 1024 * 1024;

/// Why a file is refused as a whole.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    #[error("{0}")]
    Header(#[from] BadHeader),
    #[error("it has more than {MOST_ROWS} rows; split it")]
    TooManyRows,
    #[error("it has no row under its first line")]
    NoRows,
    /// Nobody listens any more.
    #[error("its reading was interrupted")]
    Interrupted,
}

/// A stretch of rows as they were read.
type Stretch = Vec<Result<ReadRow, Rejected>>;

/// What comes out of a file.
enum Piece {
    Columns(Understood),
    Rows(Stretch),
}

/// A list of which nothing is read yet.
pub fn new(ctx: &Ctx, caller: &Caller, reading: Reading) -> StagedImport {
    StagedImport {
        id: ImportId::random(),
        tenant: caller.tenant(),
        agent: caller.agent.id,
        reading,
        upload: None,
        state: StageState::Reading,
        why: None,
        columns: None,
        last_line: 0,
        tally: Tally::default(),
        written_line: 0,
        report: Report::default(),
        created_at: ctx.clock.now(),
    }
}

/// Reads the rows of a call; there are few of them, so it is done at once and in one piece.
pub async fn rows(ctx: &Ctx, mut import: StagedImport, rows: &[GivenRow]) -> Result<StagedImport> {
    let (home, at) = (import.reading.market, import.created_at);
    let read: Stretch = (1..).zip(rows).map(|(line, row)| row.read(line, home, at)).collect();
    let (judged, known) = judge(ctx, &import, read).await?;
    let before = import.clone();
    import.tally.add(&judged, &known);
    import.last_line = u32::try_from(judged.len()).unwrap_or(u32::MAX);
    import.state = StageState::Read;
    let source = crate::domain::canonical::Digest::of(&(rows, &import.reading))?;
    let mut tx = ctx.db.begin().await?;
    imports::add(&mut tx, &before, source, at).await?;
    imports::read_on(&mut tx, &before, &import, at).await?;
    imports::add_chunk(&mut tx, import.id, &judged).await?;
    tx.commit_at(Step::Staged).await?;
    Ok(import)
}

/// Reads a file to its end, from where it was left. `false` if somebody else does, or it is to stop. Whoever keeps no stretch for as
/// long as the lease is taken for dead.
pub async fn file(
    ctx: &Ctx,
    mut import: StagedImport,
    file: File,
    (lease, stop): (Duration, &CancellationToken),
) -> Result<bool> {
    let (sender, mut pieces) = mpsc::channel(2);
    let (reading, after, at) = (import.reading.clone(), import.last_line, import.created_at);
    let reader = tokio::task::spawn_blocking(move || produce(file, &reading, after, at, &sender));
    while let Some(piece) = pieces.recv().await {
        let kept = match piece {
            Piece::Columns(columns) => {
                import.columns = Some(columns);
                continue;
            }
            Piece::Rows(rows) => keep(ctx, &mut import, rows, lease).await,
        };
        match kept {
            Ok(()) if stop.is_cancelled() => {
                imports::let_go(&ctx.db, import.id, ctx.clock.now()).await?;
                return Ok(false);
            }
            Ok(()) => {}
            Err(Error::Conflict(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    let refused = match reader.await {
        Ok(Ok(())) if import.tally.rows == 0 => Some(Refused::NoRows),
        Ok(Ok(())) if import.tally.rows > MOST_ROWS => Some(Refused::TooManyRows),
        Ok(Ok(())) => None,
        Ok(Err(refused)) => Some(refused),
        // A library fell over what somebody made for that.
        Err(_) => Some(Unreadable::Broken("it cannot be unfolded".to_owned()).into()),
    };
    end(ctx, import, refused.map(|why| why.to_string())).await
}

/// It cannot be read, for this reason.
pub async fn refuse(ctx: &Ctx, import: StagedImport, why: String) -> Result<bool> {
    end(ctx, import, Some(why)).await
}

async fn end(ctx: &Ctx, import: StagedImport, why: Option<String>) -> Result<bool> {
    let state = if why.is_some() { StageState::Unreadable } else { StageState::Read };
    let done = StagedImport { state, why, ..import.clone() };
    let mut tx = ctx.db.begin().await?;
    match imports::read_on(&mut tx, &import, &done, ctx.clock.now()).await {
        Ok(()) => {}
        Err(store::Error::Conflict(_)) => {
            tx.roll_back().await?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit_at(Step::Staged).await?;
    Ok(true)
}

/// Judges a stretch and keeps it, with the figures.
async fn keep(ctx: &Ctx, import: &mut StagedImport, rows: Stretch, lease: Duration) -> Result<()> {
    let (judged, known) = judge(ctx, import, rows).await?;
    let before = import.clone();
    import.tally.add(&judged, &known);
    if let Some(last) = judged.last() {
        import.last_line = last.as_ref().map_or_else(|rejected| rejected.line, |(_, row)| row.line);
    }
    let mut tx = ctx.db.begin().await?;
    imports::read_on(&mut tx, &before, import, ctx.clock.now().after(lease)).await?;
    imports::add_chunk(&mut tx, import.id, &judged).await?;
    tx.commit_at(Step::Staged).await?;
    Ok(())
}

/// Holds rows against the rows before them and against the contacts, each in one statement for all.
async fn judge(ctx: &Ctx, import: &StagedImport, rows: Stretch) -> Result<(Vec<Judged>, HashMap<String, Standing>)> {
    let phones: Vec<&PhoneNumber> = rows.iter().flatten().map(|row| &row.phone).collect();
    let earlier = imports::earlier(&ctx.db, import.id, &phones).await?;
    let known = known::by_phone(&ctx.db, import.tenant, &phones).await?;
    let judged = settle(rows, &earlier).into_iter().map(|row| {
        let row = row?;
        let met = known.get(row.phone.e164());
        row.judge(met)
    });
    let judged = judged.collect();
    Ok((judged, known))
}

/// Reads the rows of a file after that line, and hands them over in stretches. A thread of its own does this: what takes time is
/// the reading of numbers.
fn produce(file: File, reading: &Reading, after: u32, at: Timestamp, out: &mpsc::Sender<Piece>) -> Result<(), Refused> {
    let (mut layout, mut failed): (Option<Layout>, Option<Refused>) = (None, None);
    let (mut stretch, mut bytes, mut count) = (Stretch::new(), 0, 0_u64);
    let hand_over = |rows: &mut Stretch| {
        let rows = std::mem::take(rows);
        rows.is_empty() || out.blocking_send(Piece::Rows(rows)).is_ok()
    };
    sheets::read(file, reading.sheet.as_deref(), &mut |line, cells| {
        let Some(layout) = &layout else {
            match Layout::of(cells, &reading.columns) {
                Ok(found) => {
                    let told = out.blocking_send(Piece::Columns(found.understood().clone())).is_ok();
                    layout = Some(found);
                    return if told { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                }
                Err(why) => {
                    failed = Some(why.into());
                    return ControlFlow::Break(());
                }
            }
        };
        count += 1;
        if count > MOST_ROWS {
            failed = Some(Refused::TooManyRows);
            return ControlFlow::Break(());
        }
        if line <= after {
            return ControlFlow::Continue(());
        }
        stretch.push(layout.row(cells).read(line, reading.market, at));
        bytes += cells.size();
        if stretch.len() >= STRETCH || bytes >= STRETCH_BYTES {
            bytes = 0;
            if !hand_over(&mut stretch) {
                failed = Some(Refused::Interrupted);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    match failed {
        Some(why) => Err(why),
        None if hand_over(&mut stretch) => Ok(()),
        None => Err(Refused::Interrupted),
    }
}
