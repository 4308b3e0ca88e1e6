//! Prices in texts: where they stand, whether anybody has looked them up lately, and whether they are what the source of orders says.

use crate::domain::automation::phrases::{MatchKind, Plain};
use crate::domain::automation::replies::Wording;
use crate::domain::clock::Timestamp;
use crate::domain::money::Currency;
use crate::domain::orders::Product;
use crate::domain::policy::rules::{AUTO_24, AUTO_25, AUTO_40};
use crate::domain::preview::{Finding, Span};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A price that was looked up longer ago may be another by now.
const STALE_AFTER_DAYS: u16 = 30;

/// Signs and words before an amount, and after it.
const SIGNS: &[char] = &['$', '＄', '¥', '￥', '€', '£', '₩', '₹', '฿'];
const UNITS: &[char] = &['元', '蚊', '塊', '块', '圓', '圆', '円', '€'];
const CODES: &[&str] = &["hkd", "usd", "rmb", "cny", "twd", "sgd", "mop", "eur", "gbp", "jpy", "myr", "aud", "cad"];

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
    for (start, shown) in named_in(&wording.text).into_iter().filter(|(_, shown)| !sourced(shown)) {
        let end = start + shown.chars().count();
        let facts = [("price", shown.as_str().into()), ("place", place.into())];
        findings.push(AUTO_25.says(&facts).at(Span { field: place.to_owned(), start, end, text: shown }));
    }
    for (shown, product) in sold(wording, products) {
        if !is_price_of(&shown, product) {
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
    if let (true, [(_, shown)]) = (wording.prices.is_empty(), amounts.as_slice()) {
        let text = Plain::of(&wording.text);
        let mut named = products.iter().filter(|product| MatchKind::Phrase.finds(&Plain::of(&product.name), &text));
        if let (Some(product), None) = (named.next(), named.next()) {
            sold.push((shown.clone(), product));
        }
    }
    sold
}

/// Whether an amount as it is written is what the product costs. An amount that cannot be read is not.
fn is_price_of(shown: &str, product: &Product) -> bool {
    let currency = product.price.currency();
    let letters: String = shown.chars().filter(char::is_ascii_alphabetic).flat_map(char::to_lowercase).collect();
    let named = if letters == "rmb" { "cny" } else { letters.as_str() };
    let other = CODES.contains(&named) && !currency.as_str().eq_ignore_ascii_case(named);
    !other && coins(shown, currency) == Some(product.price.minor())
}

/// An amount in the smallest coins of a currency.
fn coins(shown: &str, currency: Currency) -> Option<i64> {
    let number: String = shown.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let (whole, rest) = number.split_once('.').unwrap_or((&number, ""));
    let decimals = usize::try_from(currency.decimals()).ok()?;
    (rest.len() <= decimals && !rest.contains('.')).then_some(())?;
    format!("{whole}{rest:0<decimals$}").parse().ok()
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

/// The amounts of money in a text, each with its place in characters.
pub fn named_in(text: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = chars.get(at..).unwrap_or_default();
        if !rest.first().is_some_and(char::is_ascii_digit) {
            at += 1;
            continue;
        }
        let run = rest.iter().take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '.')).count();
        let digits =
            rest.get(..run).unwrap_or_default().iter().rposition(char::is_ascii_digit).map_or(run, |last| last + 1);
        let before = chars.get(..at).unwrap_or_default();
        let after = chars.get(at + digits..).unwrap_or_default();
        if let Some((left, right)) = money(before, after) {
            let (start, end) = (at - left, at + digits + right);
            found.push((start, chars.get(start..end).unwrap_or_default().iter().collect()));
        }
        at += run;
    }
    found
}

/// How many characters before and after a number make it an amount of money.
fn money(before: &[char], after: &[char]) -> Option<(usize, usize)> {
    let gap = before.iter().rev().take_while(|c| **c == ' ').count();
    let left = before.get(..before.len() - gap)?;
    if left.last().is_some_and(|c| SIGNS.contains(c)) {
        return Some((gap + 1, 0));
    }
    if is_code(left.get(left.len().saturating_sub(3)..)?) {
        return Some((gap + 3, 0));
    }
    let gap = after.iter().take_while(|c| **c == ' ').count();
    let right = after.get(gap..)?;
    if right.first().is_some_and(|c| UNITS.contains(c)) {
        return Some((0, gap + 1));
    }
    is_code(right.get(..3)?).then_some((0, gap + 3))
}

fn is_code(letters: &[char]) -> bool {
    let word: String = letters.iter().flat_map(|c| c.to_lowercase()).collect();
    CODES.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::automation::replies::Price;

    #[test]
    fn amounts_of_money_are_told_from_other_numbers() {
        for (text, amounts) in [
            ("It is HK$128.", vec!["$128"]),
            ("$ 1,280.50, or 99元", vec!["$ 1,280.50", "99元"]),
            ("HKD 88 each, 12 USD more", vec!["HKD 88", "12 USD"]),
            ("收費 50 蚊", vec!["50 蚊"]),
            ("Open 9-18, call 2345 6789, 3 shops, 2026", vec![]),
            ("€5", vec!["€5"]),
            ("", vec![]),
        ] {
            let found: Vec<String> = named_in(text).into_iter().map(|(_, shown)| shown).collect();
            assert_eq!(found, amounts, "{text}");
        }
    }

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
        assert_eq!((span.start, span.end, span.text.as_str()), (7, 11, "$128"));
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
            let shown = named_in(text).remove(0).1;
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
