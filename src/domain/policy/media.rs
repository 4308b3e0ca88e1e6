//! What the rules say of a file that is to be kept for one use.

use super::rules::{MEDIA_15, MEDIA_16, MEDIA_17, MEDIA_18, MEDIA_19, MEDIA_20};
use crate::domain::media::{AssetPlan, Content, KeptFile, MediaAsset, Use, humane, scanned};
use crate::domain::messages::session::Carried;
use crate::domain::preview::{Finding, Level};

/// The findings of a proposal beside those of the file itself: whether Meta takes it for what it is meant for, and whether it is
/// kept already.
#[must_use]
pub fn check(plan: &AssetPlan, asset: &MediaAsset, known: bool) -> Vec<Finding> {
    let known = known.then(|| MEDIA_16.says(&[("asset", asset.id.to_string().into())]));
    unfit(asset, plan.wanted).into_iter().chain(known).collect()
}

/// Why Meta does not take it for this.
fn unfit(asset: &MediaAsset, wanted: Use) -> Option<Finding> {
    let why = asset.fits(wanted).err()?;
    let usable: Vec<&str> = asset.uses().iter().map(|it| it.as_str()).collect();
    let usable = if usable.is_empty() { "–".to_owned() } else { usable.join(", ") };
    let facts = [("type", asset.content.media_type().as_str().into()), ("why", why.to_string().into())];
    Some(MEDIA_15.says(&[facts.as_slice(), &[("uses", usable.into())]].concat()))
}

/// What is said of a kept file that a message to a customer carries: what the scanner found, whether Meta takes it as what it is
/// meant for, and that a person has to look at it.
#[must_use]
pub fn carried(asset: &MediaAsset, carried: Carried<'_>) -> Vec<Finding> {
    let scanned = scanned(&asset.scan);
    if scanned.as_ref().is_some_and(|finding| finding.level == Level::Block) {
        return scanned.into_iter().collect();
    }
    let kind = asset.content.media_type().as_str();
    let unspoken = carried.voice && !matches!(asset.content, Content::Ogg { voice: true });
    let against = unfit(asset, carried.wanted)
        .or_else(|| unspoken.then(|| MEDIA_18.says(&[("name", asset.name.to_string().into()), ("type", kind.into())])));
    let size = humane(asset.size);
    let shown = MEDIA_20.says(&[("name", asset.name.to_string().into()), ("type", kind.into()), ("size", size.into())]);
    against.into_iter().chain(scanned).chain([shown]).collect()
}

/// The same of the file that people were shown, as it stands now. With other bytes it is another file.
#[must_use]
pub fn carried_still(kept: KeptFile, asset: Option<&MediaAsset>, how: Carried<'_>) -> Vec<Finding> {
    match asset.filter(|asset| asset.hash == kept.hash) {
        Some(asset) => carried(asset, how),
        None => vec![MEDIA_19.says(&[("asset", kept.asset.to_string().into())])],
    }
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
    use crate::domain::media::{FileName, MediaType, Pixels, Scan, Unscanned};
    use crate::domain::messages::Media;

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
    fn a_file_in_a_message_is_held_against_what_it_is_sent_as() {
        let media = Media::Asset(AssetId::random());
        let png = Content::Png { pixels: Pixels { width: 8, height: 8 }, plain: true };
        let (clean, virus) = (Scan::Clean, Scan::Infected("Eicar".into()));
        let down = Scan::NotScanned(Unscanned::Down);
        for (content, size, scan, wanted, voice, rules) in [
            (png, 9, &clean, Use::Image, false, vec!["MEDIA-20"]),
            (png, 9, &down, Use::Image, false, vec!["MEDIA-13", "MEDIA-20"]),
            (png, 9, &virus, Use::Image, false, vec!["MEDIA-08"]),
            (png, 5 << 20, &clean, Use::Image, false, vec!["MEDIA-20"]),
            (png, (5 << 20) + 1, &clean, Use::Image, false, vec!["MEDIA-15", "MEDIA-20"]),
            (png, 9, &clean, Use::Document, false, vec!["MEDIA-15", "MEDIA-20"]),
            (Content::Mp4 { playable: false }, 9, &clean, Use::Video, false, vec!["MEDIA-15", "MEDIA-20"]),
            (Content::Pdf, 100 << 20, &clean, Use::Document, false, vec!["MEDIA-20"]),
            (Content::Mp3, 9, &clean, Use::Audio, false, vec!["MEDIA-20"]),
            (Content::Mp3, 9, &clean, Use::Audio, true, vec!["MEDIA-18", "MEDIA-20"]),
            (Content::Ogg { voice: true }, 9, &clean, Use::Audio, true, vec!["MEDIA-20"]),
            (Content::Ogg { voice: false }, 9, &clean, Use::Audio, true, vec!["MEDIA-15", "MEDIA-20"]),
        ] {
            let asset = plan(content, size, wanted, scan.clone()).asset(NOW);
            let how = Carried { wanted, voice, media: &media };
            let rules_of = |found: Vec<Finding>| found.iter().map(|it| it.rule.clone()).collect::<Vec<_>>();
            assert_eq!(rules_of(carried(&asset, how)), rules, "{content:?} as {wanted}");
            let kept = KeptFile { asset: asset.id, hash: asset.hash };
            assert_eq!(rules_of(carried_still(kept, Some(&asset), how)), rules);
            let other = KeptFile { hash: ContentHash::of(b"other"), ..kept };
            assert_eq!(rules_of(carried_still(other, Some(&asset), how)), ["MEDIA-19"], "other bytes are another file");
            assert_eq!(rules_of(carried_still(kept, None, how)), ["MEDIA-19"]);
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
