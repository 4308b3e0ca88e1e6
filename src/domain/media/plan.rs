//! A file that an agent asks to have kept, as it was looked at: what the worker writes down, and what people see of it.

use super::{Content, FileName, MediaAsset, Origin, Scan, Use};
use crate::domain::canonical::ContentHash;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{AgentId, AssetId};
use serde::{Deserialize, Serialize};

/// A file that is kept, with the bytes that it had when somebody looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Which.
    pub asset: AssetId,
    /// Over its bytes.
    pub hash: ContentHash,
}

/// A file to be kept, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetPlan {
    /// Which it will be; the one that has these bytes, if there was one.
    pub asset: AssetId,
    /// Over the bytes as they are kept.
    pub hash: ContentHash,
    /// How many bytes.
    pub size: u64,
    /// What they are.
    pub content: Content,
    /// Under which name it is downloaded.
    pub name: FileName,
    /// What the scanner said.
    pub scan: Scan,
    /// For what it was checked.
    pub wanted: Use,
    /// Who sent it.
    pub agent: AgentId,
    /// When the bytes were put where files are kept: without a row they do not stay there for long.
    pub put_at: Timestamp,
}

impl AssetPlan {
    /// The row that it becomes.
    #[must_use]
    pub fn asset(&self, now: Timestamp) -> MediaAsset {
        MediaAsset {
            id: self.asset,
            hash: self.hash,
            size: self.size,
            content: self.content,
            name: self.name.clone(),
            scan: self.scan.clone(),
            origin: Origin::Agent(self.agent),
            created_at: now,
            last_used_at: None,
        }
    }
}
