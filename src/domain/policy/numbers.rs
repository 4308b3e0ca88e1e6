//! Whether the number that sends may send.

use super::rules::{QUALITY_03, QUALITY_04, QUALITY_05};
use super::settings::Settings;
use crate::domain::business::SendingNumber;
use crate::domain::consent::MessageCategory;
use crate::domain::preview::Finding;
use crate::domain::templates::Quality;

/// What the rules say of it. The same before sending as at the preview.
#[must_use]
pub fn check(number: &SendingNumber, category: MessageCategory, settings: &Settings) -> Vec<Finding> {
    let name = || ("number", number.display.as_str().into());
    let mut findings = Vec::new();
    if !number.can_send() {
        findings.push(QUALITY_05.says(&[name(), ("status", number.status.as_str().into())]));
    }
    let marketing = category == MessageCategory::Marketing;
    match number.quality {
        Quality::Red if marketing && settings.quality.refuse_low_number => findings.push(QUALITY_03.says(&[name()])),
        Quality::Red | Quality::Yellow => findings.push(QUALITY_04.says(&[name()])),
        Quality::Green | Quality::Unknown => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::masked::ProviderId;

    #[test]
    fn only_a_connected_number_of_good_quality_passes_in_silence() {
        let settings = Settings::default();
        let rules = |status: &str, quality, category| -> Vec<String> {
            let number = SendingNumber {
                id: ProviderId::new("1"),
                display: "+852 3001 0001".into(),
                name: "Shop".into(),
                status: status.into(),
                quality,
                portfolio_limit: None,
                per_second: 80,
                synced_at: Timestamp::default(),
            };
            check(&number, category, &settings).into_iter().map(|f| f.rule).collect()
        };
        let (marketing, utility) = (MessageCategory::Marketing, MessageCategory::Utility);
        assert_eq!(rules("connected", Quality::Green, marketing), Vec::<String>::new());
        assert_eq!(rules("flagged", Quality::Green, marketing), ["QUALITY-05"]);
        assert_eq!(rules("connected", Quality::Red, marketing), ["QUALITY-03"]);
        assert_eq!(rules("connected", Quality::Red, utility), ["QUALITY-04"]);
        assert_eq!(rules("connected", Quality::Yellow, marketing), ["QUALITY-04"]);
    }
}
