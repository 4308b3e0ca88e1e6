//! The next rows of a shard, with their messages, made ready before any intent: a template that cannot be filled in must
//! not leave a row that looks as if it had been sent.

use super::{Job, Ledger};
use crate::domain::audience::NotNow;
use crate::domain::contacts::ContactNo;
use crate::domain::preview::{Finding, Level};
use crate::error::{Error, Result};
use crate::graph::messages::TemplateMessage;
use crate::store::deliveries::{Exclude, Later, Waiting};
use std::collections::HashMap;
use tokio::time::Instant;

/// Rows made ready at a time.
pub const CHUNK: u32 = 250;

/// A row with its message.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Which row.
    pub seq: u32,
    /// To whom.
    pub contact: ContactNo,
    /// Tries so far.
    pub attempt: i16,
    /// What the person gets, still without a token.
    pub message: TemplateMessage,
    /// When it was made so.
    pub since: Instant,
}

/// Rows made ready.
#[derive(Debug, Default)]
pub struct Batch {
    /// To be sent, in their order.
    pub ready: Vec<Ready>,
    /// Not to be sent any more.
    pub excluded: Vec<Exclude>,
    /// To be sent later.
    pub later: Vec<Later>,
    /// What a fresh look at the facts found; if it forbids to go on, the rest is empty.
    pub look: Option<Look>,
}

/// A fresh look at the facts.
#[derive(Debug, Default)]
pub struct Look {
    /// What forbids to go on.
    pub blocked: Vec<Finding>,
    /// How many people have fallen away since it was signed.
    pub gone: u64,
}

/// Looks at the facts again.
pub async fn look(ledger: &dyn Ledger, job: &Job) -> Result<Look> {
    let findings = job.script.recheck().await?;
    let blocked = findings.into_iter().filter(|f| f.level == Level::Block).collect();
    Ok(Look { blocked, gone: ledger.fallen_away(&job.execution).await? })
}

/// Makes the rows from one number up to another ready; with `check`, after another look at the facts.
pub async fn load(ledger: &dyn Ledger, job: &Job, from: u32, to: u32, check: bool) -> Result<Batch> {
    let look = if check { Some(look(ledger, job).await?) } else { None };
    if look.as_ref().is_some_and(|look| job.forbids(look)) {
        return Ok(Batch { look, ..Batch::default() });
    }
    let rows = ledger.waiting(job.execution.id, from, to).await?;
    Ok(Batch { look, ..prepare(job, &rows).await? })
}

/// Makes these rows ready.
pub async fn prepare(job: &Job, rows: &[Waiting]) -> Result<Batch> {
    let mut batch = Batch::default();
    if rows.is_empty() {
        return Ok(batch);
    }
    let wanted: Vec<(u32, ContactNo)> = rows.iter().map(|row| (row.seq, row.contact_no)).collect();
    let mut messages: HashMap<u32, _> = job.script.messages(&wanted).await?.into_iter().collect();
    let since = Instant::now();
    for row in rows {
        match messages.remove(&row.seq) {
            Some(Ok(message)) => {
                let (seq, contact, attempt) = (row.seq, row.contact_no, row.attempt);
                batch.ready.push(Ready { seq, contact, attempt, message, since });
            }
            Some(Err(NotNow::Never(why))) => batch.excluded.push(Exclude { seq: row.seq, why }),
            Some(Err(NotNow::Until(at))) => batch.later.push(Later { seq: row.seq, at }),
            // A person without a word about them would wait for ever, in front of everybody else.
            None => return Err(Error::internal(format!("row {} has neither message nor reason", row.seq))),
        }
    }
    Ok(batch)
}
