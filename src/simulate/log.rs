//! What arrived: every send call that was looked at, in order, within a bounded memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use super::customers::Status;
use crate::domain::clock::Timestamp;

/// One send call.
pub struct Record {
    pub at: Timestamp,
    pub phone: Arc<str>,
    /// Digits of the recipient, once they could be read.
    pub to: Arc<str>,
    pub kind: &'static str,
    pub template: Option<Arc<str>>,
    pub language: Option<Arc<str>>,
    pub parameters: Vec<String>,
    pub text: Option<String>,
    /// The uploaded file that it carries.
    pub media: Option<Value>,
    pub opaque: Option<Arc<str>>,
    pub outcome: Outcome,
    pub statuses: Vec<(Status, Timestamp)>,
    /// The code of a `failed` status.
    pub failed_with: Option<u32>,
    /// The fault that befell the answer.
    pub fault: Option<&'static str>,
}

pub enum Outcome {
    Accepted { wamid: Arc<str>, held: bool },
    Refused { code: u32 },
}

#[derive(Default)]
pub struct SendLog {
    /// Sequence number of the oldest record that is still here.
    first: u64,
    records: VecDeque<Record>,
    by_wamid: HashMap<Arc<str>, u64>,
    /// Accepted messages by opaque data, to see duplicates at once.
    by_opaque: HashMap<Arc<str>, u32>,
    duplicates: u64,
}

impl SendLog {
    pub fn push(&mut self, record: Record, keep: usize) -> u64 {
        while self.records.len() >= keep.max(1) {
            self.forget_oldest();
        }
        let sequence = self.first + self.records.len() as u64;
        if let Outcome::Accepted { wamid, .. } = &record.outcome {
            self.by_wamid.insert(wamid.clone(), sequence);
            if let Some(opaque) = &record.opaque {
                let count = self.by_opaque.entry(opaque.clone()).or_default();
                *count += 1;
                self.duplicates += u64::from(*count > 1);
            }
        }
        self.records.push_back(record);
        sequence
    }

    fn forget_oldest(&mut self) {
        let Some(record) = self.records.pop_front() else { return };
        self.first += 1;
        if let Outcome::Accepted { wamid, .. } = &record.outcome {
            self.by_wamid.remove(wamid);
            if let Some(opaque) = &record.opaque
                && let Some(count) = self.by_opaque.get_mut(opaque)
            {
                *count -= 1;
                if *count == 0 {
                    self.by_opaque.remove(opaque);
                }
            }
        }
    }

    pub fn get_mut(&mut self, sequence: u64) -> Option<&mut Record> {
        let index = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        self.records.get_mut(index)
    }

    pub fn by_wamid(&self, wamid: &str) -> Option<&Record> {
        let sequence = self.by_wamid.get(wamid)?;
        self.records.get(usize::try_from(sequence.checked_sub(self.first)?).ok()?)
    }

    /// Accepted messages whose opaque data an earlier one had.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Different opaque data among the accepted messages that are remembered.
    pub fn distinct(&self) -> usize {
        self.by_opaque.len()
    }

    /// Records after a sequence number, with the number to go on from.
    pub fn page(&self, after: Option<u64>, limit: usize) -> (Vec<Value>, Option<u64>) {
        let from = after.map_or(self.first, |after| after.saturating_add(1)).max(self.first);
        let skip = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let items: Vec<Value> = self
            .records
            .iter()
            .zip(self.first..)
            .skip(skip)
            .take(limit)
            .map(|(record, sequence)| record.to_json(sequence))
            .collect();
        let more = skip.saturating_add(items.len()) < self.records.len();
        let next = more.then(|| from + items.len() as u64 - 1);
        (items, next)
    }
}

impl Record {
    pub fn new(phone: Arc<str>, at: Timestamp, fault: Option<&'static str>) -> Self {
        Self {
            at,
            phone,
            to: "".into(),
            kind: "unreadable",
            template: None,
            language: None,
            parameters: Vec::new(),
            text: None,
            media: None,
            opaque: None,
            outcome: Outcome::Refused { code: 100 },
            statuses: Vec::new(),
            failed_with: None,
            fault,
        }
    }

    pub fn is(&self, message: &str) -> bool {
        matches!(&self.outcome, Outcome::Accepted { wamid, .. } if **wamid == *message)
    }

    fn to_json(&self, sequence: u64) -> Value {
        let (outcome, wamid, code) = match &self.outcome {
            Outcome::Accepted { wamid, held: false } => ("accepted", Some(wamid), None),
            Outcome::Accepted { wamid, held: true } => ("held", Some(wamid), None),
            Outcome::Refused { code } => ("refused", None, Some(*code)),
        };
        let statuses: Vec<Value> =
            self.statuses.iter().map(|(status, at)| json!({"status": status, "at_us": at.micros()})).collect();
        json!({
            "seq": sequence, "at_us": self.at.micros(), "phone_number_id": *self.phone, "to": *self.to, "type": self.kind,
            "template": self.template.as_deref(), "language": self.language.as_deref(),
            "parameters": self.parameters, "text": self.text, "media": self.media, "biz_opaque_callback_data": self.opaque.as_deref(),
            "outcome": outcome, "wamid": wamid.map(|wamid| &**wamid), "code": code.or(self.failed_with),
            "statuses": statuses, "fault": self.fault,
        })
    }
}
