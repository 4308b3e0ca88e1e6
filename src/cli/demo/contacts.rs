//! The sample business's contacts: the same few thousand people every time, with everything that real lists have.

use crate::domain::clock::Timestamp;
use crate::domain::consent::{ConsentSource, Suppression};
use crate::domain::contacts::Language;
use crate::domain::phone::PhoneNumber;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many people there are.
pub const COUNT: u32 = 3_600;

/// One person as the demo makes it up.
pub struct Person {
    /// None: the number on file is not one.
    pub phone: Option<PhoneNumber>,
    pub name: String,
    pub language: Option<Language>,
    pub attributes: BTreeMap<String, String>,
    pub tags: Vec<&'static str>,
    pub last_inbound_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// For marketing.
    pub consent: Option<Given>,
    pub suppression: Option<Suppression>,
}

/// How a person agreed.
pub struct Given {
    pub source: ConsentSource,
    pub evidence: Option<String>,
    pub at: Timestamp,
}

const FAMILY: &[(&str, &str)] = &[
    ("Chan", "陳"),
    ("Wong", "黃"),
    ("Lee", "李"),
    ("Cheung", "張"),
    ("Lau", "劉"),
    ("Ng", "吳"),
    ("Ho", "何"),
    ("Leung", "梁"),
    ("Yip", "葉"),
    ("Tsang", "曾"),
    ("Kwok", "郭"),
    ("Fung", "馮"),
];
const GIVEN: &[(&str, &str)] = &[
    ("Tai Man", "大文"),
    ("Siu Ming", "小明"),
    ("Wing Sze", "詠詩"),
    ("Ka Yan", "嘉欣"),
    ("Chi Keung", "志強"),
    ("Mei Ling", "美玲"),
    ("Wai Man", "慧敏"),
    ("Kwok Wing", "國榮"),
    ("Hoi Lam", "凱琳"),
    ("Tsz Kit", "子傑"),
    ("Yuk Lan", "玉蘭"),
    ("Ho Yin", "浩然"),
    ("Sau Fong", "秀芳"),
];

/// Everybody.
pub fn people(now: Timestamp) -> Vec<Person> {
    (0..COUNT).map(|n| person(n, now)).collect()
}

/// The cards that visitors filled in at a fair, as they were typed up: most of them new, some known, some useless.
pub fn sign_ups(now: Timestamp) -> Vec<Value> {
    (0..140).map(|n| sign_up(n, now)).collect()
}

fn sign_up(n: u32, now: Timestamp) -> Value {
    let known = n.is_multiple_of(7);
    let who = if known { n * 11 } else { COUNT + n };
    let number = if n % 31 == 5 { None } else { phone(who) };
    let evidence = if n % 37 == 2 { String::new() } else { format!("card/{n}") };
    let consent = json!({
        "category": "marketing", "source": "paper", "evidence": evidence, "date": now.before(days(4 + drawn(n, 17, 3))),
    });
    json!({
        "phone": number.map_or_else(|| "6123".to_owned(), |number| number.e164().to_owned()),
        "name": name(who, !n.is_multiple_of(3)), "language": if n.is_multiple_of(3) { "en_US" } else { "zh_HK" },
        "tags": ["winter-fair"], "consents": if n % 29 == 3 { json!([]) } else { json!([consent]) },
    })
}

/// A number that looks drawn and never changes: each trait gets its own.
const fn drawn(n: u32, salt: u32, below: u32) -> u32 {
    let mut x = n.wrapping_mul(0x9E37_79B9) ^ salt.wrapping_mul(0x85EB_CA6B);
    x ^= x >> 15;
    x = x.wrapping_mul(0x2C1B_3C6D);
    x ^= x >> 12;
    x % below
}

fn days(n: u32) -> Duration {
    Duration::from_hours(24 * u64::from(n))
}

fn person(n: u32, now: Timestamp) -> Person {
    let created_at = now.before(days(30 + drawn(n, 1, 1_400)));
    let language = match drawn(n, 2, 100) {
        0..66 => Some("zh_HK"),
        66..86 => Some("en_US"),
        86..96 => Some("zh_CN"),
        96..98 => Some("fr"),
        _ => None,
    };
    let chinese = language.is_some_and(|l| l.starts_with("zh"));
    Person {
        phone: phone(n),
        name: if drawn(n, 3, 60) == 0 { String::new() } else { name(n, chinese) },
        language: language.and_then(|l| l.parse().ok()),
        attributes: attributes(n),
        tags: tags(n),
        last_inbound_at: (drawn(n, 5, 3) > 0).then(|| now.before(days(drawn(n, 6, 240)))).filter(|at| *at > created_at),
        created_at,
        consent: consent(n, created_at),
        suppression: suppression(n),
    }
}

fn phone(n: u32) -> Option<PhoneNumber> {
    let text = match drawn(n, 4, 100) {
        0..88 => format!("+8526{}", 1_000_000 + n * 173),
        88..94 => format!("+85362{}", 100_000 + n * 11),
        94..98 => format!("+6591{}", 100_000 + n * 13),
        98 => format!("+447911{}", 100_000 + n),
        _ => return None,
    };
    PhoneNumber::parse(&text, None).ok()
}

fn name(n: u32, chinese: bool) -> String {
    let pick = |list: &[(&'static str, &'static str)], salt: u32| {
        let length = u32::try_from(list.len()).unwrap_or(1);
        list.get(drawn(n, salt, length) as usize).copied().unwrap_or(("Chan", "陳"))
    };
    let (family, given) = (pick(FAMILY, 7), pick(GIVEN, 8));
    if chinese { format!("{}{}", family.1, given.1) } else { format!("{} {}", family.0, given.0) }
}

/// The branch that a person goes to, and the label that says so.
const BRANCHES: [(&str, &str); 3] = [("Central", "central"), ("Mong Kok", MONG_KOK), ("Sha Tin", SHA_TIN)];

/// Labels of those who go to a branch.
pub const MONG_KOK: &str = "mong-kok";
pub const SHA_TIN: &str = "sha-tin";

fn branch(n: u32) -> (&'static str, &'static str) {
    let [central, ..] = BRANCHES;
    BRANCHES.get(drawn(n, 10, 3) as usize).copied().unwrap_or(central)
}

fn attributes(n: u32) -> BTreeMap<String, String> {
    let order = (drawn(n, 9, 20) == 0).then(|| ("order_number".to_owned(), format!("H-{}", 4_000 + n)));
    let branch = ("branch".to_owned(), branch(n).0.to_owned());
    order.into_iter().chain([branch]).collect()
}

fn tags(n: u32) -> Vec<&'static str> {
    let mut tags = vec![branch(n).1];
    if drawn(n, 11, 100) < 55 {
        tags.push("member");
    }
    if drawn(n, 12, 100) < 9 {
        tags.push("vip");
    }
    if drawn(n, 13, 100) < 30 {
        tags.push("tea-club");
    }
    if drawn(n, 14, 100) < 2 {
        tags.push("staff");
    }
    if drawn(n, 9, 20) == 0 {
        tags.push("order-ready");
    }
    tags
}

fn consent(n: u32, created_at: Timestamp) -> Option<Given> {
    let (source, evidence) = match drawn(n, 15, 100) {
        0..52 => (ConsentSource::WebForm, Some(format!("form/{n}"))),
        52..72 => (ConsentSource::InStore, Some(format!("till/{n}"))),
        72..86 => (ConsentSource::WhatsappMessage, Some(format!("message/{n}"))),
        86..89 => (ConsentSource::Oral, Some(format!("call/{n}"))),
        89..92 => (ConsentSource::Import, None),
        _ => return None,
    };
    Some(Given { source, evidence, at: created_at })
}

fn suppression(n: u32) -> Option<Suppression> {
    Some(match drawn(n, 16, 200) {
        0..6 => Suppression::OptedOutOfEverything,
        6..11 => Suppression::OptedOutOfMarketing,
        11..13 => Suppression::StoppedAtMeta,
        13 => Suppression::Blocked,
        14 => Suppression::DoNotContact,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_list_is_the_same_every_time_and_no_number_comes_twice() {
        let now = Timestamp::from_seconds(1_795_000_000);
        let list = people(now);
        let numbers: Vec<String> = list.iter().filter_map(|p| p.phone.as_ref().map(|n| n.e164().to_owned())).collect();
        assert_eq!(numbers.len(), numbers.iter().collect::<HashSet<_>>().len());
        assert!(numbers.len() > 3_300, "{}", numbers.len());
        assert!(list.iter().filter(|p| p.suppression.is_some()).count() > 100);
        assert_eq!(
            list.iter().map(|p| &p.name).collect::<Vec<_>>(),
            people(now).iter().map(|p| &p.name).collect::<Vec<_>>()
        );
    }
}
