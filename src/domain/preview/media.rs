//! What people look at of a file that is kept, section by section.

use super::Finding;
use crate::domain::canonical::{ContentHash, Digest, NotCanonical};
use crate::domain::ids::AssetId;
use crate::domain::media::{MediaAsset, MediaType, Pixels, Use, Verdict};
use serde::{Deserialize, Serialize};

/// The two sections of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AssetView {
    /// 1: what it is, by its bytes.
    pub file: AssetFileView,
    /// For what it is meant.
    pub wanted: Use,
    /// All that Meta takes it for.
    pub usable_as: Vec<Use>,
    /// 2: what it is kept as.
    #[schemars(with = "String")]
    pub asset_id: AssetId,
    /// Whether these bytes are kept already.
    pub known: bool,
}

/// A file, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AssetFileView {
    /// Under which name it is downloaded.
    pub name: String,
    /// What its bytes are.
    pub media_type: MediaType,
    /// How many.
    pub size: u64,
    /// How large, if it is an image.
    pub pixels: Option<Pixels>,
    /// Over the bytes.
    pub sha256: ContentHash,
    /// What the virus scanner said.
    pub scan: Verdict,
    /// What it found, or why it said nothing.
    pub scan_detail: Option<String>,
}

impl AssetFileView {
    /// Of a file as it is or would be kept.
    #[must_use]
    pub fn of(asset: &MediaAsset) -> Self {
        Self {
            name: asset.name.to_string(),
            media_type: asset.content.media_type(),
            size: asset.size,
            pixels: asset.content.pixels(),
            sha256: asset.hash,
            scan: asset.scan.verdict(),
            scan_detail: asset.scan.detail().map(str::to_owned),
        }
    }
}

impl AssetView {
    /// Of a file as it is or would be kept.
    #[must_use]
    pub fn of(asset: &MediaAsset, wanted: Use, known: bool) -> Self {
        Self { file: AssetFileView::of(asset), wanted, usable_as: asset.uses(), asset_id: asset.id, known }
    }

    /// One digest a section, in the order of the page.
    pub(super) fn digests(&self, findings: &[Finding]) -> Result<Vec<Digest>, NotCanonical> {
        let file = Digest::of(&(&self.file, self.wanted, &self.usable_as));
        [file, Digest::of(&(self.asset_id, self.known, findings))].into_iter().collect()
    }
}
