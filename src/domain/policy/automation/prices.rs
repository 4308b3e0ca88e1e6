//! Prices in texts: whether anybody has looked them up lately, and whether they are what the source of orders says.

use crate::domain::amounts::{is_price, named_in};
use crate::domain::automation::phrases::{MatchKind, Plain};
use crate::domain::automation::replies::Wording;
use crate::domain::clock::Timestamp;
use crate::domain::orders::Product;
use crate::domain::policy::rules::{AUTO_24, AUTO_25, AUTO_40};
use crate::domain::preview::{Finding, Span};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A price that was looked up longer ago may be another by now.
const STALE_AFTER_DAYS: u16 = 30;

/// What the rules say of the prices in a text.
pub(super) fn check(place: &str, wording: &Wording, products: &[Product], now: Timestamp) -> Vec<Finding> {
    let today = now.to_jiff().to_zoned(TimeZone::UTC).date();
    let mut findings = Vec::new();
    for price in wording.prices.iter().filter(|price| !is_fresh(price.as_of, today)) {
        let facts = [
            ("price", price.shown.as_str().into()),
            ("place", place.into()),
            ("as_of", price.as_of.to_string().into()),
            ("days", STALE_AFTER_DAYS.into()),
        ];
        findings.push(AUTO_24.says(&facts).at(span(place, &wording.text, &price.shown)));
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let sourced = |shown: &str| {
        let known = wording.prices.iter().filter(|price| !price.source.trim().is_empty());
        known.into_iter().any(|price| digits(&price.shown) == digits(shown))
    };
    for amount in named_in(&wording.text).into_iter().filter(|amount| !sourced(&amount.shown)) {
        let (start, shown) = (amount.start, amount.shown);
        let end = start + shown.chars().count();
        let facts = [("price", shown.as_str().into()), ("place", place.into())];
        findings.push(AUTO_25.says(&facts).at(Span { field: place.to_owned(), start, end, text: shown }));
    }
    for (shown, product) in sold(wording, products) {
        if !is_price(&shown, product.price) {
            let facts = [
                ("place", place.into()),
                ("price", shown.as_str().into()),
                ("product", product.name.as_str().into()),
                ("real", product.price.to_string().into()),
            ];
            findings.push(AUTO_40.says(&facts).at(span(place, &wording.text, &shown)));
        }
    }
    findings
}

/// Prices of products that the source knows: those that were looked up under a product's id, and one that stands alone in a text
/// that names one product.
fn sold<'p>(wording: &Wording, products: &'p [Product]) -> Vec<(String, &'p Product)> {
    let of_id = |id: &str| products.iter().find(|product| product.id.as_str() == id.trim());
    let looked_up = wording.prices.iter().filter_map(|price| Some((price.shown.clone(), of_id(&price.source)?)));
    let mut sold: Vec<_> = looked_up.collect();
    let amounts = named_in(&wording.text);
    if let (true, [amount]) = (wording.prices.is_empty(), amounts.as_slice()) {
        let text = Plain::of(&wording.text);
        let mut named = products.iter().filter(|product| MatchKind::Phrase.finds(&Plain::of(&product.name), &text));
        if let (Some(product), None) = (named.next(), named.next()) {
            sold.push((amount.shown.clone(), product));
        }
    }
    sold
}

/// Tomorrow's date may be today's elsewhere; a later one is a slip.
fn is_fresh(as_of: Date, today: Date) -> bool {
    let days = as_of.until(today).map_or(i32::MAX, |span| span.get_days());
    (-1..=i32::from(STALE_AFTER_DAYS)).contains(&days)
}

fn span(place: &str, text: &str, shown: &str) -> Span {
    let start = text.find(shown).and_then(|at| text.get(..at)).map_or(0, |before| before.chars().count());
    Span { field: place.to_owned(), start, end: start + shown.chars().count(), text: shown.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::replies::Price;

    #[test]
    fn a_price_needs_a_source_of_the_last_thirty_days() {
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        for (as_of, source, rules) in [
            ("2026-12-01", "price list 7", vec![]),
            ("2026-11-01", "price list 7", vec![]),
            ("2026-12-02", "price list 7", vec![]),
            ("2026-10-31", "price list 7", vec!["AUTO-24"]),
            ("2026-12-03", "price list 7", vec!["AUTO-24"]),
            ("2026-12-01", " ", vec!["AUTO-25"]),
        ] {
            let price = Price { shown: "HK$128".into(), source: source.into(), as_of: as_of.parse().unwrap() };
            let wording = Wording { text: "Only HK$128 today".into(), prices: vec![price] };
            let found: Vec<Finding> = check("say", &wording, &[], now);
            assert_eq!(found.iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), rules, "{as_of} {source}");
        }
        let found = check("say", &Wording::plain("Only HK$128 today"), &[], now);
        let span = found.first().and_then(|finding| finding.span.as_ref()).unwrap();
        assert_eq!((span.start, span.end, span.text.as_str()), (5, 11, "HK$128"));
    }

    #[test]
    fn a_price_of_a_product_is_what_the_source_says() {
        let product = |id: &str, name: &str, minor| Product {
            id: id.parse().unwrap(),
            name: name.into(),
            price: crate::domain::orders::Price::of_minor("HKD".parse().unwrap(), minor).unwrap(),
            stock: crate::domain::orders::Stock::Unlimited,
            as_of: "2026-12-01T00:00:00Z".parse().unwrap(),
        };
        let products = [product("oolong-100", "Winter oolong", 12_800), product("cup", "Tea cup", 128_050)];
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        for (text, source, stale) in [
            ("Winter oolong is HK$128", Some("oolong-100"), false),
            ("Winter oolong is HK$128.00", Some(" oolong-100 "), false),
            ("Winter oolong is HK$118", Some("oolong-100"), true),
            ("Winter oolong is USD 128", Some("oolong-100"), true),
            ("Winter oolong is US$128", Some("oolong-100"), true),
            ("It is HK$1,280.50", Some("cup"), false),
            ("It is HK$1,280.5", Some("cup"), false),
            ("It is HK$1,280", Some("cup"), true),
            // Another source says what it says; nobody here can tell.
            ("Winter oolong is HK$118", Some("price list 7"), false),
            ("Our WINTER  oolong: $118!", None, true),
            ("Our winter oolong: $128!", None, false),
            ("Winter oolong and a tea cup, $300 together", None, false),
            ("Winter oolong from $118 to $138", None, false),
            ("Delivery costs $30", None, false),
        ] {
            let shown = named_in(text).remove(0).shown;
            let price = |source: &str| Price {
                shown: shown.clone(),
                source: source.into(),
                as_of: "2026-12-01".parse().unwrap(),
            };
            let wording = Wording { text: text.into(), prices: source.map(price).into_iter().collect() };
            let found = check("say", &wording, &products, now);
            assert_eq!(found.iter().any(|finding| finding.rule == "AUTO-40"), stale, "{text} {source:?}: {found:?}");
        }
    }
}
