//! Amounts of money in texts: where they stand, of which currency they can be, and whether they are a price.

use super::money::Money;
use super::orders::Price;

/// All that a bare `$` can mean; and what a unit that several countries share can.
const DOLLARS: &[&str] = &["HKD", "USD", "TWD", "SGD", "MOP", "AUD", "CAD", "NZD"];
const YUAN: &[&str] = &["CNY", "HKD", "TWD", "MOP", "SGD"];

/// What stands before or after a number, and of which currencies it then is. The longest that fits is meant.
const MARKS: &[(&str, &[&str])] = &[
    ("$", DOLLARS),
    ("hk$", &["HKD"]),
    ("hk $", &["HKD"]),
    ("hkd$", &["HKD"]),
    ("us$", &["USD"]),
    ("us $", &["USD"]),
    ("usd$", &["USD"]),
    ("nt$", &["TWD"]),
    ("nt $", &["TWD"]),
    ("ntd$", &["TWD"]),
    ("mop$", &["MOP"]),
    ("s$", &["SGD"]),
    ("sg$", &["SGD"]),
    ("a$", &["AUD"]),
    ("au$", &["AUD"]),
    ("c$", &["CAD"]),
    ("ca$", &["CAD"]),
    ("nz$", &["NZD"]),
    ("¥", &["CNY", "JPY"]),
    ("￥", &["CNY", "JPY"]),
    ("cn¥", &["CNY"]),
    ("rmb¥", &["CNY"]),
    ("jp¥", &["JPY"]),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("￡", &["GBP"]),
    ("₩", &["KRW"]),
    ("₹", &["INR"]),
    ("฿", &["THB"]),
    ("hkd", &["HKD"]),
    ("usd", &["USD"]),
    ("twd", &["TWD"]),
    ("ntd", &["TWD"]),
    ("mop", &["MOP"]),
    ("sgd", &["SGD"]),
    ("aud", &["AUD"]),
    ("cad", &["CAD"]),
    ("nzd", &["NZD"]),
    ("rmb", &["CNY"]),
    ("cny", &["CNY"]),
    ("jpy", &["JPY"]),
    ("eur", &["EUR"]),
    ("gbp", &["GBP"]),
    ("chf", &["CHF"]),
    ("krw", &["KRW"]),
    ("inr", &["INR"]),
    ("thb", &["THB"]),
    ("myr", &["MYR"]),
    ("idr", &["IDR"]),
    ("php", &["PHP"]),
    ("vnd", &["VND"]),
    ("港幣", &["HKD"]),
    ("港币", &["HKD"]),
    ("美金", &["USD"]),
    ("人民幣", &["CNY"]),
    ("人民币", &["CNY"]),
    ("新台幣", &["TWD"]),
    ("新臺幣", &["TWD"]),
    ("新台币", &["TWD"]),
    ("台幣", &["TWD"]),
    ("台币", &["TWD"]),
    ("葡幣", &["MOP"]),
    ("葡币", &["MOP"]),
    ("澳門幣", &["MOP"]),
    ("澳门币", &["MOP"]),
];

/// What stands after a number only.
const UNITS: &[(&str, &[&str])] = &[
    ("元", YUAN),
    ("圓", YUAN),
    ("圆", YUAN),
    ("塊", YUAN),
    ("块", YUAN),
    ("蚊", &["HKD", "MOP"]),
    ("円", &["JPY"]),
    ("港元", &["HKD"]),
    ("美元", &["USD"]),
    ("歐元", &["EUR"]),
    ("欧元", &["EUR"]),
    ("英鎊", &["GBP"]),
    ("英镑", &["GBP"]),
    ("日圓", &["JPY"]),
    ("日元", &["JPY"]),
    ("dollar", DOLLARS),
    ("dollars", DOLLARS),
    ("us dollars", &["USD"]),
    ("hk dollars", &["HKD"]),
    ("hong kong dollars", &["HKD"]),
    ("euro", &["EUR"]),
    ("euros", &["EUR"]),
    ("yuan", &["CNY"]),
    ("yen", &["JPY"]),
];

/// Characters that make a number another one.
const MULTIPLIERS: &[char] = &['百', '千', '萬', '万', '億', '亿'];

/// An amount of money that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Where it begins, in characters.
    pub start: usize,
    /// As it stands there, with what says its currency.
    pub shown: String,
    /// Of which currencies it can be, by each of its marks.
    marks: Vec<&'static [&'static str]>,
    /// Its number, unless it is one that nobody should have to guess at.
    number: Option<String>,
}

impl Amount {
    /// Whether it is this price, as far as its currency is named.
    #[must_use]
    pub fn is(&self, price: Price) -> bool {
        let currency = price.currency();
        let of_it = self.marks.iter().all(|codes| codes.contains(&currency.as_str()));
        of_it && self.number.as_deref().is_some_and(|number| is_worth(number, price))
    }
}

/// Whether an amount as somebody wrote it down is this price. Where it names no currency, it is of the price's; one that cannot
/// be read is not.
#[must_use]
pub fn is_price(shown: &str, price: Price) -> bool {
    match named_in(shown).as_slice() {
        [] => {
            let chars: Vec<char> = shown.chars().map(narrow).collect();
            let mut numbers = chars.split(|c| !is_of_number(*c)).filter(|run| run.iter().any(char::is_ascii_digit));
            let number = numbers.next().and_then(number).filter(|_| numbers.next().is_none());
            number.is_some_and(|number| is_worth(&number, price))
        }
        [amount] => amount.is(price),
        _ => false,
    }
}

/// The amounts of money in a text.
#[must_use]
pub fn named_in(text: &str) -> Vec<Amount> {
    let chars: Vec<char> = text.chars().collect();
    let plain: Vec<char> = chars.iter().copied().map(narrow).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = plain.get(at) {
        if !first.is_ascii_digit() {
            at += 1;
            continue;
        }
        let rest = plain.get(at..).unwrap_or_default();
        let run = rest.iter().take_while(|c| is_of_number(**c)).count();
        let run = rest.get(..run).unwrap_or_default();
        let digits = run.iter().rposition(char::is_ascii_digit).map_or(run.len(), |last| last + 1);
        let (before, after) = (plain.get(..at).unwrap_or_default(), plain.get(at + digits..).unwrap_or_default());
        let times = multiplied(after);
        let (left, right) = (leading(before), trailing(after.get(times..).unwrap_or_default()));
        if left.is_some() || right.is_some() {
            let (start, end) =
                (at - left.map_or(0, |mark| mark.0), at + digits + times + right.map_or(0, |mark| mark.0));
            found.push(Amount {
                start,
                shown: chars.get(start..end).unwrap_or_default().iter().collect(),
                marks: left.into_iter().chain(right).map(|(_, codes)| codes).collect(),
                number: number(run.get(..digits).unwrap_or_default()).filter(|_| times == 0),
            });
        }
        at += run.len();
    }
    found
}

/// Wide letters and digits as the narrow ones that they stand for.
fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn small(text: &[char]) -> Vec<char> {
    text.iter().map(char::to_ascii_lowercase).collect()
}

const fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ',' | '.')
}

/// The number without what groups its thousands; none if what stands between is no such thing.
fn number(run: &[char]) -> Option<String> {
    let text: String = run.iter().collect();
    let text = text.trim_end_matches([',', '.']);
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains(',');
    let fits = !first.is_empty() && (!grouped || first.len() <= 3) && groups.all(|group| group.len() == 3);
    let rest = decimals.map_or_else(String::new, |rest| format!(".{rest}"));
    fits.then(|| format!("{}{rest}", whole.replace(',', "")))
}

fn is_worth(number: &str, price: Price) -> bool {
    Money::parse(price.currency(), number).is_ok_and(|money| money == price.money())
}

/// How many characters make the number before them a greater one.
fn multiplied(after: &[char]) -> usize {
    let gap = usize::from(after.first() == Some(&' '));
    match after.get(gap) {
        Some(c) if MULTIPLIERS.contains(c) => gap + 1,
        Some('k' | 'K' | 'm' | 'M') if gap == 0 && !after.get(1).is_some_and(char::is_ascii_alphabetic) => 1,
        _ => 0,
    }
}

type Mark = (usize, &'static [&'static str]);

/// What says the currency before a number, with the spaces between.
fn leading(before: &[char]) -> Option<Mark> {
    let gap = before.iter().rev().take_while(|c| **c == ' ').count();
    let written = before.get(..before.len() - gap)?;
    let left = small(written);
    let stands = |(mark, codes): &(&str, &'static [&'static str])| {
        let mark: Vec<char> = mark.chars().collect();
        let rest = left.strip_suffix(mark.as_slice())?;
        // Half a word says nothing.
        let whole = !(mark.first().is_some_and(char::is_ascii_alphabetic)
            && rest.last().is_some_and(char::is_ascii_alphabetic));
        whole.then_some((mark.len(), *codes))
    };
    let (length, codes) = MARKS.iter().filter_map(stands).max_by_key(|(length, _)| *length)?;
    // Letters that nobody here knows make it another country's: R$, MX$.
    let letters = written.iter().rev().skip(length).take_while(|c| c.is_ascii_alphabetic());
    let (capitals, letters) =
        letters.fold((0, 0), |(capitals, all), c| (capitals + usize::from(c.is_ascii_uppercase()), all + 1));
    let another = codes == DOLLARS && (1..=2).contains(&letters) && capitals == letters;
    Some((gap + length, if another { &[] } else { codes }))
}

/// What says it after a number. What leads to another number belongs to that one.
fn trailing(after: &[char]) -> Option<Mark> {
    let gap = after.iter().take_while(|c| **c == ' ').count();
    let right = small(after.get(gap..)?);
    let stands = |(mark, codes): &(&str, &'static [&'static str])| {
        let mark: Vec<char> = mark.chars().collect();
        let rest = right.strip_prefix(mark.as_slice())?;
        let whole = !(mark.last().is_some_and(char::is_ascii_alphabetic)
            && rest.first().is_some_and(char::is_ascii_alphabetic));
        whole.then_some((mark.len(), *codes, rest.to_vec()))
    };
    let leads_on = |rest: &[char]| rest.iter().find(|c| **c != ' ').is_some_and(char::is_ascii_digit);
    let either = MARKS.iter().filter_map(stands).filter(|(_, _, rest)| !leads_on(rest.as_slice()));
    let mark = either.chain(UNITS.iter().filter_map(stands)).max_by_key(|(length, ..)| *length);
    mark.map(|(length, codes, _)| (gap + length, codes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use proptest::prelude::*;

    fn price(code: &str, minor: i64) -> Price {
        Price::of_minor(code.parse().unwrap(), minor).unwrap()
    }

    #[test]
    fn amounts_of_money_are_told_from_other_numbers() {
        for (text, amounts) in [
            ("It is HK$128.", vec!["HK$128"]),
            ("$ 1,280.50, or 99元", vec!["$ 1,280.50", "99元"]),
            ("HKD 88 each, 12 USD more", vec!["HKD 88", "12 USD"]),
            ("HK$88 USD 12", vec!["HK$88", "USD 12"]),
            ("收費 50 蚊，或 2萬元", vec!["50 蚊", "2萬元"]),
            ("ＨＫ＄２３６", vec!["ＨＫ＄２３６"]),
            ("Open 9-18, call 2345 6789, 3 shops, 2026", vec![]),
            ("€5 or 5€", vec!["€5", "5€"]),
            ("Just$5", vec!["$5"]),
            ("3 cadres, 4 europeans", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<String> = named_in(text).into_iter().map(|amount| amount.shown).collect();
            assert_eq!(found, amounts, "{text}");
        }
    }

    #[test]
    fn an_amount_of_another_currency_is_another_amount() {
        let (hkd, cny, twd, gbp) =
            (price("HKD", 23_600), price("CNY", 23_600), price("TWD", 23_600), price("GBP", 23_600));
        for (text, price, fits) in [
            ("HK$236", hkd, true),
            ("$236", hkd, true),
            ("236 港元", hkd, true),
            ("236元", hkd, true),
            ("HKD 236.00", hkd, true),
            ("HK $236", hkd, true),
            ("US$236", hkd, false),
            ("USD236", hkd, false),
            ("236 USD", hkd, false),
            ("$236 USD", hkd, false),
            ("236 美元", hkd, false),
            ("EUR 236", hkd, false),
            ("€236", hkd, false),
            ("£236", hkd, false),
            ("NT$236", hkd, false),
            ("RMB236", hkd, false),
            ("¥236", hkd, false),
            ("R$236", hkd, false),
            ("HK$2,36", hkd, false),
            ("HK$236萬", hkd, false),
            ("HK$236k", hkd, false),
            ("RMB 236", cny, true),
            ("¥236", cny, true),
            ("236 人民币", cny, true),
            ("HK$236", cny, false),
            ("NT$236", twd, true),
            ("£236", gbp, true),
            ("$236", gbp, false),
        ] {
            let found = named_in(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found.iter().all(|amount| amount.is(price) == fits), "{text} {price}");
            assert_eq!(is_price(text, price), fits, "{text} {price}");
        }
    }

    #[test]
    fn a_number_alone_is_of_the_currency_of_the_price() {
        for (shown, fits) in
            [("236", true), ("236.00 each", true), ("2360", false), ("2 for 236", false), ("", false), ("tea", false)]
        {
            assert_eq!(is_price(shown, price("HKD", 23_600)), fits, "{shown}");
        }
        assert!(!is_price("HK$236 or US$236", price("HKD", 23_600)));
        assert!(is_price("JPY 1,250", price("JPY", 1_250)) && !is_price("1250.5", price("JPY", 1_250)));
    }

    proptest! {
        #[test]
        fn what_we_write_is_read_as_what_it_is(
            code in prop::sample::select(vec!["HKD", "USD", "TWD", "SGD", "MOP", "CNY", "JPY", "EUR", "GBP", "MYR"]),
            other in prop::sample::select(vec!["HKD", "USD", "TWD", "SGD", "MOP", "CNY", "JPY", "EUR", "GBP", "MYR"]),
            minor in 0_i64..100_000_000,
            more in 0_i64..100_000_000,
        ) {
            let (real, told) = (price(code, minor), price(other, more));
            let text = format!("Please pay {told} today.");
            let found = named_in(&text);
            prop_assert_eq!(found.len(), 1, "{}", text);
            let same = real == told;
            prop_assert!(found.iter().all(|amount| amount.is(real) == same && amount.is(told)), "{} {}", text, real);
        }

        #[test]
        fn nothing_that_anybody_writes_stops_it(text in ".{0,60}") {
            for amount in named_in(&text) {
                prop_assert!(text.contains(&amount.shown));
                prop_assert!(!amount.is(Price::zero(Currency::HKD)) || amount.shown.contains('0') || amount.shown.contains('０'));
            }
        }
    }
}
