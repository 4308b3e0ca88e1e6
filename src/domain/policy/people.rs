//! What the figures of an audience mean: who falls out, and what is worth knowing of those who stay.

use super::rules::{
    AUD_01, AUD_03, AUD_04, AUD_05, AUD_06, CONSENT_01, CONSENT_02, CONSENT_03, CONSENT_04, CONSENT_05, CONSENT_06,
    FREQ_01, FREQ_02, FREQ_03, SCHED_04, TEXT_07, TIER_01, TIER_02, VAR_03, VAR_04, VAR_05,
};
use super::segments::{FEW, are_nearly_all};
use super::settings::Settings;
use crate::domain::audience::{Exclusion, Funnel};
use crate::domain::consent::MessageCategory;
use crate::domain::phone::Market;
use crate::domain::preview::Finding;

/// An audience in figures.
#[derive(Debug, Clone)]
pub struct Figures<'a> {
    /// What kind of message.
    pub category: MessageCategory,
    /// From those who match to those who receive.
    pub funnel: &'a Funnel,
    /// How many of all contacts are in one of the segments, and how many there are.
    pub reach: (u64, u64),
    /// Receivers for whom it is the first marketing message.
    pub first_marketing: u64,
    /// Receivers by messages within 30 days, as many as the place says; the last place is that many or more.
    pub last_30_days: &'a [u64],
    /// Receivers whose consent was given by word of mouth and not confirmed.
    pub unconfirmed: u64,
    /// Receivers with a default, by placeholder.
    pub defaulted: &'a [(String, u64)],
    /// Receivers whose finished text is longer than [`MOST_CHARACTERS`], and the longest of them all.
    pub too_long: (u64, u64),
    /// People left out because their market is quiet throughout.
    pub quiet: &'a [(Market, u64)],
    /// Meta's limit in 24 hours, and how much of it is used.
    pub portfolio: Option<(u64, u64)>,
}

/// Characters of a template's body with its values in it. Meta refuses a longer one with code 132005.
pub const MOST_CHARACTERS: u64 = 1024;

/// What the rules say of them.
#[must_use]
pub fn check(figures: &Figures<'_>, settings: &Settings) -> Vec<Finding> {
    let mut findings = size(figures, settings);
    findings.extend(consent(figures));
    findings.extend(frequency(figures, settings));
    findings.extend(message(figures, settings));
    findings.extend(limits(figures, settings));
    findings
}

fn out(figures: &Figures<'_>, reasons: &[Exclusion]) -> u64 {
    figures.funnel.excluded.iter().filter(|row| reasons.contains(&row.reason)).map(|row| row.count).sum()
}

fn size(figures: &Figures<'_>, settings: &Settings) -> Vec<Finding> {
    let funnel = figures.funnel;
    let mut findings = Vec::new();
    if funnel.will_receive == 0 {
        let reasons = funnel.excluded.iter().filter(|row| row.count > 0);
        let reasons: Vec<String> = reasons.map(|row| format!("{} {}", row.count, row.reason)).collect();
        let reasons = if reasons.is_empty() { "nobody matches".to_owned() } else { reasons.join(", ") };
        findings.push(AUD_01.says(&[("matched", funnel.matched.into()), ("reasons", reasons.into())]));
    }
    let excluded = funnel.excluded_total();
    let percent = (excluded * 100).checked_div(funnel.matched).unwrap_or(0);
    let most = funnel.excluded.iter().max_by_key(|row| row.count);
    if let Some(most) = most.filter(|_| percent > u64::from(settings.audience.warn_excluded_percent)) {
        findings.push(AUD_03.says(&[
            ("excluded", excluded.into()),
            ("matched", funnel.matched.into()),
            ("percent", percent.into()),
            ("reason", most.reason.as_str().into()),
        ]));
    }
    let (taken_in, everybody) = figures.reach;
    if everybody >= FEW && are_nearly_all(taken_in, everybody) {
        findings.push(AUD_06.says(&[("count", taken_in.into()), ("everybody", everybody.into())]));
    }
    for (rule, reason) in [(AUD_04, Exclusion::Duplicate), (AUD_05, Exclusion::MarketNotAllowed)] {
        let count = out(figures, &[reason]);
        if count > 0 {
            findings.push(rule.says(&[("count", count.into())]));
        }
    }
    findings
}

fn consent(figures: &Figures<'_>) -> Vec<Finding> {
    let opted_out = [
        Exclusion::DoNotContact,
        Exclusion::OptedOutOfEverything,
        Exclusion::OptedOutOfMarketing,
        Exclusion::StoppedAtMeta,
        Exclusion::Blocked,
    ];
    [
        (CONSENT_01, out(figures, &[Exclusion::NoConsent])),
        (CONSENT_02, out(figures, &[Exclusion::ConsentNotTraceable])),
        (CONSENT_03, out(figures, &[Exclusion::ConsentDoesNotCover])),
        (CONSENT_04, figures.first_marketing),
        (CONSENT_05, figures.unconfirmed),
        (CONSENT_06, out(figures, &opted_out)),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(rule, count)| {
        // Only one of the sentences names the category; a fact that no sentence uses does no harm.
        rule.says(&[("count", count.into()), ("category", figures.category.as_str().into())])
    })
    .collect()
}

fn frequency(figures: &Figures<'_>, settings: &Settings) -> Vec<Finding> {
    let caps = &settings.frequency;
    let mut findings = Vec::new();
    let capped = out(figures, &[Exclusion::FrequencyCap]);
    if capped > 0 {
        findings.push(FREQ_01.says(&[
            ("count", capped.into()),
            ("per_7_days", caps.marketing_per_7_days.into()),
            ("per_30_days", caps.marketing_per_30_days.into()),
        ]));
    }
    let often: u64 = figures.last_30_days.iter().skip(caps.warn_from.into()).sum();
    if often > 0 && figures.category == MessageCategory::Marketing && caps.warn_from > 0 {
        findings.push(FREQ_02.says(&[("count", often.into()), ("warn_from", caps.warn_from.into())]));
    }
    let held = out(figures, &[Exclusion::RecentMetaCap, Exclusion::MetaExperiment]);
    if held > 0 {
        findings.push(FREQ_03.says(&[("count", held.into())]));
    }
    findings
}

fn message(figures: &Figures<'_>, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, reason) in [(VAR_03, Exclusion::VariableMissing), (VAR_05, Exclusion::NoTemplateLanguage)] {
        let count = out(figures, &[reason]);
        if count > 0 {
            findings.push(rule.says(&[("count", count.into())]));
        }
    }
    let receivers = figures.funnel.will_receive;
    for (placeholder, count) in figures.defaulted {
        if count * 100 > receivers * u64::from(settings.audience.warn_defaulted_percent) {
            findings.push(VAR_04.says(&[
                ("count", (*count).into()),
                ("receivers", receivers.into()),
                ("placeholder", placeholder.as_str().into()),
            ]));
        }
    }
    let (count, longest) = figures.too_long;
    if count > 0 {
        let facts = [("count", count.into()), ("most", MOST_CHARACTERS.into()), ("longest", longest.into())];
        findings.push(TEXT_07.says(&facts));
    }
    findings
}

fn limits(figures: &Figures<'_>, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (market, count) in figures.quiet {
        let quiet = settings.market(*market).and_then(|rule| rule.quiet);
        findings.push(SCHED_04.says(&[
            ("market", market.as_str().into()),
            ("quiet", quiet.map(|hours| hours.to_string()).unwrap_or_default().into()),
            ("count", (*count).into()),
        ]));
    }
    if let Some((limit, used)) = figures.portfolio {
        let over = out(figures, &[Exclusion::OverPortfolioLimit]);
        let facts = [("limit", limit.into()), ("used", used.into()), ("count", over.into())];
        if over > 0 && used >= limit {
            findings.push(TIER_02.says(&facts));
        } else if over > 0 {
            findings.push(TIER_01.says(&facts));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(reasons: &[(Exclusion, u64)], receive: u64, change: impl FnOnce(&mut Figures<'_>)) -> Vec<String> {
        let mut funnel = Funnel::empty();
        for &(reason, count) in reasons {
            (0..count).for_each(|_| funnel.count(Err(reason)));
        }
        (0..receive).for_each(|_| funnel.count(Ok(())));
        let mut figures = Figures {
            category: MessageCategory::Marketing,
            funnel: &funnel,
            reach: (funnel.matched, 1_000),
            first_marketing: 0,
            last_30_days: &[receive],
            unconfirmed: 0,
            defaulted: &[],
            too_long: (0, 0),
            quiet: &[],
            portfolio: None,
        };
        change(&mut figures);
        check(&figures, &Settings::default()).into_iter().map(|f| f.rule).collect()
    }

    #[test]
    fn each_figure_worth_a_word_gets_one() {
        use Exclusion as E;
        let defaulted: &[_] = vec![("1".to_owned(), 21)].leak();
        let quiet: &[_] = vec![("MO".parse().unwrap(), 2)].leak();
        assert_eq!(rules(&[], 100, |_| {}), Vec::<String>::new());
        assert_eq!(rules(&[], 0, |_| {}), ["AUD-01"]);
        assert_eq!(rules(&[], 9, |f| f.reach = (95, 100)), ["AUD-06"]);
        assert_eq!(rules(&[], 9, |f| f.reach = (94, 100)), Vec::<String>::new());
        assert_eq!(rules(&[], 9, |f| f.reach = (9, 9)), Vec::<String>::new());
        assert_eq!(rules(&[(E::NoConsent, 51)], 49, |_| {}), ["AUD-03", "CONSENT-01"]);
        assert_eq!(rules(&[(E::NoConsent, 50)], 50, |_| {}), ["CONSENT-01"]);
        assert_eq!(rules(&[(E::Duplicate, 1)], 9, |_| {}), ["AUD-04"]);
        assert_eq!(rules(&[(E::MarketNotAllowed, 1)], 9, |_| {}), ["AUD-05"]);
        assert_eq!(rules(&[(E::ConsentNotTraceable, 1)], 9, |_| {}), ["CONSENT-02"]);
        assert_eq!(rules(&[(E::ConsentDoesNotCover, 1)], 9, |_| {}), ["CONSENT-03"]);
        assert_eq!(rules(&[], 9, |f| f.first_marketing = 3), ["CONSENT-04"]);
        assert_eq!(rules(&[], 9, |f| f.unconfirmed = 3), ["CONSENT-05"]);
        assert_eq!(rules(&[(E::Blocked, 1), (E::StoppedAtMeta, 1)], 9, |_| {}), ["CONSENT-06"]);
        assert_eq!(rules(&[(E::FrequencyCap, 1)], 9, |_| {}), ["FREQ-01"]);
        assert_eq!(rules(&[], 9, |f| f.last_30_days = &[5, 3, 1]), ["FREQ-02"]);
        assert_eq!(rules(&[], 9, |f| f.last_30_days = &[5, 4, 0]), Vec::<String>::new());
        assert_eq!(rules(&[(E::RecentMetaCap, 1)], 9, |_| {}), ["FREQ-03"]);
        assert_eq!(rules(&[(E::VariableMissing, 1)], 9, |_| {}), ["VAR-03"]);
        assert_eq!(rules(&[(E::NoTemplateLanguage, 1)], 9, |_| {}), ["VAR-05"]);
        assert_eq!(rules(&[], 100, |f| f.defaulted = defaulted), ["VAR-04"]);
        assert_eq!(rules(&[], 100, |f| f.too_long = (1, 1_025)), ["TEXT-07"]);
        assert_eq!(rules(&[(E::QuietHours, 2)], 9, |f| f.quiet = quiet), ["SCHED-04"]);
        assert_eq!(rules(&[(E::OverPortfolioLimit, 1)], 9, |f| f.portfolio = Some((10, 1))), ["TIER-01"]);
        assert_eq!(
            rules(&[(E::OverPortfolioLimit, 9)], 0, |f| f.portfolio = Some((10, 10))),
            ["AUD-01", "AUD-03", "TIER-02"]
        );
    }
}
