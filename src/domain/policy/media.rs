//! What the rules say of a file that is to be kept for one use.

use super::rules::{MEDIA_15, MEDIA_16, MEDIA_17};
use crate::domain::media::{AssetPlan, MediaAsset, scanned};
use crate::domain::preview::{Finding, Level};

/// The findings of a proposal beside those of the file itself: whether Meta takes it for what it is meant for, and whether it is
/// kept already.
#[must_use]
pub fn check(plan: &AssetPlan, asset: &MediaAsset, known: bool) -> Vec<Finding> {
    let misfit = asset.fits(plan.wanted).err();
    let usable: Vec<&str> = asset.uses().iter().map(|it| it.as_str()).collect();
    let misfit = misfit.map(|why| {
        let facts = [("type", asset.content.media_type().as_str().into()), ("why", why.to_string().into())];
        let usable = if usable.is_empty() { "–".to_owned() } else { usable.join(", ") };
        MEDIA_15.says(&[facts.as_slice(), &[("uses", usable.into())]].concat())
    });
    let known = known.then(|| MEDIA_16.says(&[("asset", asset.id.to_string().into())]));
    misfit.into_iter().chain(known).collect()
}

/// Why it may not be written down any more: by now a virus was found in these bytes, or they have not got their row for so long
/// that they may be gone. `kept` is what is known of them now.
#[must_use]
pub fn standing(kept: Option<&MediaAsset>, bytes_are_there: bool) -> Option<Finding> {
    match kept {
        Some(asset) => scanned(&asset.scan).filter(|finding| finding.level == Level::Block),
        None if bytes_are_there => None,
        None => Some(MEDIA_17.says(&[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::canonical::ContentHash;
    use crate::domain::clock::Timestamp;
    use crate::domain::ids::{AgentId, AssetId};
    use crate::domain::media::{Content, FileName, MediaType, Pixels, Scan, Unscanned, Use};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_142_400);

    fn plan(content: Content, size: u64, wanted: Use, scan: Scan) -> AssetPlan {
        AssetPlan {
            asset: AssetId::random(),
            hash: ContentHash::of(b"x"),
            size,
            content,
            name: FileName::clean("x", MediaType::Png),
            scan,
            wanted,
            agent: AgentId::random(),
            put_at: NOW,
        }
    }

    #[test]
    fn a_file_has_to_fit_its_own_use_and_not_any() {
        let png = Content::Png { pixels: Pixels { width: 8, height: 8 }, plain: true };
        for (content, size, wanted, known, rules) in [
            (png, 9, Use::HeaderImage, false, vec![]),
            (png, 9, Use::HeaderImage, true, vec!["MEDIA-16"]),
            (png, (5 << 20) + 1, Use::Image, false, vec!["MEDIA-15"]),
            (png, 9, Use::Sticker, false, vec!["MEDIA-15"]),
            (Content::Pdf, 9, Use::HeaderImage, true, vec!["MEDIA-15", "MEDIA-16"]),
            (Content::Pdf, 9, Use::Document, false, vec![]),
        ] {
            let plan = plan(content, size, wanted, Scan::Clean);
            let found = check(&plan, &plan.asset(NOW), known);
            assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), rules, "{wanted}");
        }
    }

    #[test]
    fn what_is_infected_or_may_be_gone_is_not_written_down() {
        let with = |scan| plan(Content::Pdf, 9, Use::Document, scan).asset(NOW);
        let rule = |kept: Option<&MediaAsset>, there| standing(kept, there).map(|it| it.rule);
        assert_eq!(rule(None, true), None);
        assert_eq!(rule(None, false).as_deref(), Some("MEDIA-17"));
        assert_eq!(rule(Some(&with(Scan::Clean)), false), None);
        assert_eq!(rule(Some(&with(Scan::NotScanned(Unscanned::Down))), false), None);
        assert_eq!(rule(Some(&with(Scan::Infected("Eicar".into()))), true).as_deref(), Some("MEDIA-08"));
    }
}
