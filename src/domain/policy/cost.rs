//! What a broadcast costs, and whether it may.

use super::rate_card::RateCard;
use super::rules::{COST_01, COST_02, COST_03, COST_04, COST_05};
use super::settings::Settings;
use crate::domain::broadcasts::{Cost, CostLine};
use crate::domain::consent::MessageCategory;
use crate::domain::money::Money;
use crate::domain::phone::Market;
use crate::domain::preview::Finding;

/// The estimate, and what the rules say of it. A market without a price has no line, and blocks.
#[must_use]
pub fn estimate(
    settings: &Settings,
    category: MessageCategory,
    markets: &[(Market, u64)],
    asked_ceiling: Option<Money>,
) -> (Cost, Vec<Finding>) {
    let card = &settings.rate_card;
    let mut findings = Vec::new();
    let mut lines = Vec::new();
    for &(market, count) in markets {
        match card.rate(market, category) {
            Some(rate) => lines.push(CostLine { market, count, rate, total: rate.times(count) }),
            None => findings.push(COST_01.says(&[
                ("rate_card", card.version.as_str().into()),
                ("category", category.as_str().into()),
                ("market", market.as_str().into()),
                ("count", count.into()),
            ])),
        }
    }
    let total = sum(card, lines.iter().map(|line| line.total));
    let estimated = total.percent(100 + settings.cost.margin_percent);
    let ceiling = asked_ceiling.unwrap_or(estimated);
    if ceiling.currency != card.currency {
        let facts = [("ceiling", ceiling.to_string().into()), ("currency", card.currency.to_string().into())];
        findings.push(COST_03.says(&facts));
    } else if total.micros > ceiling.micros {
        findings.push(COST_02.says(&[("total", total.to_string().into()), ("ceiling", ceiling.to_string().into())]));
    }
    if let Some(limit) = settings.cost.limit.filter(|limit| total.micros > limit.micros) {
        findings.push(COST_04.says(&[("total", total.to_string().into()), ("limit", limit.to_string().into())]));
    }
    (Cost { rate_card: card.version.clone(), lines, total, ceiling }, findings)
}

/// The signed cost at today's prices.
#[must_use]
pub fn recheck(settings: &Settings, category: MessageCategory, signed: &Cost) -> Vec<Finding> {
    let card = &settings.rate_card;
    let mut findings = Vec::new();
    let mut today = Money::zero(card.currency);
    for line in &signed.lines {
        match card.rate(line.market, category) {
            Some(rate) => today.micros = today.micros.saturating_add(rate.times(line.count).micros),
            None => findings.push(COST_01.says(&[
                ("rate_card", card.version.as_str().into()),
                ("category", category.as_str().into()),
                ("market", line.market.as_str().into()),
                ("count", line.count.into()),
            ])),
        }
    }
    if signed.ceiling.currency != card.currency {
        let facts = [("ceiling", signed.ceiling.to_string().into()), ("currency", card.currency.to_string().into())];
        findings.push(COST_03.says(&facts));
    } else if today.micros > signed.ceiling.micros {
        let facts = [("total", today.to_string().into()), ("ceiling", signed.ceiling.to_string().into())];
        findings.push(COST_05.says(&facts));
    }
    findings
}

fn sum(card: &RateCard, amounts: impl Iterator<Item = Money>) -> Money {
    let micros = amounts.fold(0_i64, |sum, amount| sum.saturating_add(amount.micros));
    Money { currency: card.currency, micros }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market(code: &str) -> Market {
        code.parse().unwrap()
    }

    fn money(amount: &str) -> Money {
        Money::parse("HKD".parse().unwrap(), amount).unwrap()
    }

    fn rules(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|f| f.rule.as_str()).collect()
    }

    #[test]
    fn the_sum_is_exact_and_the_ceiling_covers_it() {
        let settings = Settings::default();
        let markets = [(market("HK"), 11_240), (market("MO"), 760), (market("SG"), 480)];
        let (cost, findings) = estimate(&settings, MessageCategory::Marketing, &markets, None);
        assert_eq!(cost.total.to_string(), "HK$9,984.00");
        assert_eq!(cost.ceiling.to_string(), "HK$10,483.20");
        assert_eq!(findings, []);
        assert_eq!(recheck(&settings, MessageCategory::Marketing, &cost), []);
    }

    #[test]
    fn an_unknown_price_blocks_and_is_never_zero() {
        let settings = Settings::default();
        let (cost, findings) = estimate(&settings, MessageCategory::Marketing, &[(market("JP"), 3)], None);
        assert_eq!((cost.lines.len(), rules(&findings)), (0, vec!["COST-01"]));
        assert!(findings[0].message.contains("JP, where 3 people live"), "{}", findings[0].message);
        let (_, findings) = estimate(&settings, MessageCategory::Service, &[(market("HK"), 3)], None);
        assert_eq!(rules(&findings), ["COST-01"]);
    }

    #[test]
    fn ceilings_and_limits_hold() {
        let mut settings = Settings::default();
        settings.cost.limit = Some(money("50"));
        let markets = [(market("HK"), 100)];
        for (ceiling, broken) in [
            (Some(money("79.99")), vec!["COST-02", "COST-04"]),
            (Some(money("80")), vec!["COST-04"]),
            (Some(Money::parse("USD".parse().unwrap(), "1000").unwrap()), vec!["COST-03", "COST-04"]),
        ] {
            let (_, findings) = estimate(&settings, MessageCategory::Marketing, &markets, ceiling);
            assert_eq!(rules(&findings), broken);
        }
    }

    #[test]
    fn prices_that_rose_above_the_signed_ceiling_stop_it() {
        let settings = Settings::default();
        let (cost, _) = estimate(&settings, MessageCategory::Marketing, &[(market("HK"), 100)], None);
        let mut dearer = serde_json::to_value(&settings).unwrap();
        dearer["rate_card"]["rates"]["HK"]["marketing"] = "0.85".into();
        let dearer: Settings = serde_json::from_value(dearer).unwrap();
        assert_eq!(rules(&recheck(&dearer, MessageCategory::Marketing, &cost)), ["COST-05"]);
    }
}
