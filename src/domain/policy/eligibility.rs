//! Whether one person may be written to: the reasons of [`Exclusion`] that do not depend on the words of the message, in
//! their fixed order.

use super::settings::Settings;
use crate::domain::audience::Exclusion;
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory, Suppression, Suppressions};
use crate::domain::phone::Market;
use std::time::Duration;

/// What decides about one person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts {
    /// Whether there is a valid number.
    pub number: bool,
    /// Where that number belongs.
    pub market: Option<Market>,
    /// Why the person may not be written to.
    pub suppressions: Suppressions,
    /// The consent for the category of the message.
    pub consent: Option<Consent>,
    /// Whether there is consent for another category.
    pub other_consent: bool,
    /// Messages of the category within 7 days.
    pub last_7_days: u16,
    /// The same within 30 days.
    pub last_30_days: u16,
    /// When Meta last refused marketing for this person.
    pub meta_capped_at: Option<Timestamp>,
    /// When Meta last held the person out as an experiment.
    pub experiment_at: Option<Timestamp>,
}

/// What is the same for everybody.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// The settings of the policy.
    pub settings: &'a Settings,
    /// What kind of message.
    pub category: MessageCategory,
    /// When it goes out: consent must still count then, and caps look back from then.
    pub at: Timestamp,
}

impl Gate<'_> {
    /// Whether the person has a number that can be written to at all.
    #[must_use]
    pub fn has_number(&self, who: &Facts) -> bool {
        who.number && !who.suppressions.contains(Suppression::Invalid)
    }

    /// The reasons that come before the message itself, up to the market.
    pub fn may_be_written_to(&self, who: &Facts) -> Result<(), Exclusion> {
        if !self.has_number(who) {
            return Err(Exclusion::InvalidNumber);
        }
        let marketing = self.category == MessageCategory::Marketing;
        for (suppression, reason, holds) in [
            (Suppression::DoNotContact, Exclusion::DoNotContact, true),
            (Suppression::OptedOutOfEverything, Exclusion::OptedOutOfEverything, true),
            (Suppression::OptedOutOfMarketing, Exclusion::OptedOutOfMarketing, marketing),
            (Suppression::StoppedAtMeta, Exclusion::StoppedAtMeta, marketing),
            (Suppression::Blocked, Exclusion::Blocked, true),
        ] {
            if holds && who.suppressions.contains(suppression) {
                return Err(reason);
            }
        }
        self.agreed(who)?;
        match who.market.and_then(|market| self.settings.market(market)) {
            Some(_) => Ok(()),
            None => Err(Exclusion::MarketNotAllowed),
        }
    }

    fn agreed(&self, who: &Facts) -> Result<(), Exclusion> {
        let consents = &self.settings.consent;
        if !consents.needed_for.contains(&self.category) {
            return Ok(());
        }
        match &who.consent {
            None if who.other_consent => Err(Exclusion::ConsentDoesNotCover),
            None => Err(Exclusion::NoConsent),
            Some(consent) if consents.must_be_traceable && !consent.traceable => Err(Exclusion::ConsentNotTraceable),
            Some(consent) if !consent.counts_at(self.at) => Err(Exclusion::ConsentDoesNotCover),
            Some(_) => Ok(()),
        }
    }

    /// The reasons that come after the message: how often, and what Meta would refuse.
    pub fn may_be_written_to_again(&self, who: &Facts) -> Result<(), Exclusion> {
        if self.category != MessageCategory::Marketing {
            return Ok(());
        }
        let caps = &self.settings.frequency;
        if who.last_7_days >= caps.marketing_per_7_days || who.last_30_days >= caps.marketing_per_30_days {
            return Err(Exclusion::FrequencyCap);
        }
        let within =
            |at: Option<Timestamp>, hours: u64| at.is_some_and(|at| self.at.since(at) < Duration::from_hours(hours));
        if within(who.meta_capped_at, caps.meta_cap_hours.into()) {
            return Err(Exclusion::RecentMetaCap);
        }
        if within(who.experiment_at, u64::from(caps.meta_experiment_days) * 24) {
            return Err(Exclusion::MetaExperiment);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::ConsentSource;

    fn now() -> Timestamp {
        "2026-12-01T10:00:00+08:00".parse().unwrap()
    }

    fn good() -> Facts {
        let given_at = now().before(Duration::from_hours(100 * 24));
        Facts {
            number: true,
            market: "HK".parse().ok(),
            consent: Some(Consent { source: ConsentSource::WebForm, traceable: true, given_at, confirmed: false }),
            ..Facts::default()
        }
    }

    fn verdict(category: MessageCategory, who: &Facts) -> Result<(), Exclusion> {
        let settings = Settings::default();
        let gate = Gate { settings: &settings, category, at: now() };
        gate.may_be_written_to(who).and_then(|()| gate.may_be_written_to_again(who))
    }

    #[test]
    fn each_reason_holds_alone_and_the_first_one_counts() {
        let consent = good().consent.unwrap();
        let suppressed = |s| Suppressions::default().with(s);
        let hour = Duration::from_hours(1);
        let oral = Consent { source: ConsentSource::Oral, ..consent };
        let cases = [
            (Facts { number: false, ..good() }, Exclusion::InvalidNumber),
            (Facts { suppressions: suppressed(Suppression::Invalid), ..good() }, Exclusion::InvalidNumber),
            (Facts { suppressions: suppressed(Suppression::DoNotContact), ..good() }, Exclusion::DoNotContact),
            (
                Facts { suppressions: suppressed(Suppression::OptedOutOfEverything), ..good() },
                Exclusion::OptedOutOfEverything,
            ),
            (
                Facts { suppressions: suppressed(Suppression::OptedOutOfMarketing), ..good() },
                Exclusion::OptedOutOfMarketing,
            ),
            (Facts { suppressions: suppressed(Suppression::StoppedAtMeta), ..good() }, Exclusion::StoppedAtMeta),
            (Facts { suppressions: suppressed(Suppression::Blocked), ..good() }, Exclusion::Blocked),
            (Facts { consent: None, ..good() }, Exclusion::NoConsent),
            (
                Facts { consent: Some(Consent { traceable: false, ..consent }), ..good() },
                Exclusion::ConsentNotTraceable,
            ),
            (Facts { consent: None, other_consent: true, ..good() }, Exclusion::ConsentDoesNotCover),
            (Facts { consent: Some(oral), ..good() }, Exclusion::ConsentDoesNotCover),
            (Facts { market: "US".parse().ok(), ..good() }, Exclusion::MarketNotAllowed),
            (Facts { market: None, ..good() }, Exclusion::MarketNotAllowed),
            (Facts { last_7_days: 2, ..good() }, Exclusion::FrequencyCap),
            (Facts { last_30_days: 6, ..good() }, Exclusion::FrequencyCap),
            (Facts { meta_capped_at: Some(now().before(hour)), ..good() }, Exclusion::RecentMetaCap),
            (Facts { experiment_at: Some(now().before(hour)), ..good() }, Exclusion::MetaExperiment),
        ];
        assert_eq!(verdict(MessageCategory::Marketing, &good()), Ok(()));
        for (who, reason) in cases {
            assert_eq!(verdict(MessageCategory::Marketing, &who), Err(reason), "{who:?}");
        }
        // The order of the cases is the order of the reasons, so a person with two of them falls to the earlier one.
        for pair in cases.windows(2) {
            assert!(pair[0].1 <= pair[1].1, "{pair:?}");
        }
        let stopped_and_unwilling =
            Facts { consent: None, suppressions: suppressed(Suppression::OptedOutOfMarketing), ..good() };
        assert_eq!(verdict(MessageCategory::Marketing, &stopped_and_unwilling), Err(Exclusion::OptedOutOfMarketing));
    }

    #[test]
    fn what_concerns_marketing_leaves_other_messages_alone() {
        let who = Facts {
            suppressions: Suppressions::default().with(Suppression::StoppedAtMeta),
            last_7_days: 9,
            meta_capped_at: Some(now()),
            ..good()
        };
        assert_eq!(verdict(MessageCategory::Utility, &who), Ok(()));
        let code = Facts { consent: None, ..good() };
        assert_eq!(verdict(MessageCategory::Authentication, &code), Ok(()), "needs no consent by default");
    }
}
