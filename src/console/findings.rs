//! Findings as a reader sees them: the sentence that was signed, or the same said in the reader's language.

use fluent_bundle::FluentValue;
use jiff::Timestamp;

use super::conversations::kind_words;
use super::facts;
use super::requests::{FindingLevel, FindingView};
use super::review::orders::order_tag;
use super::review::people::confirmed;
use crate::domain::preview::{Finding, Level};
use crate::words::{Lang, Words};

/// Rules whose sentence has a translation. The rest is shown in English, and says so to screen readers.
const TRANSLATED: &[(&str, &str)] = &[
    ("AGENT-01", "finding-AGENT-01"),
    ("AGENT-02", "finding-AGENT-02"),
    ("AUD-03", "finding-AUD-03"),
    ("AUD-04", "finding-AUD-04"),
    ("AUD-05", "finding-AUD-05"),
    ("AUD-06", "finding-AUD-06"),
    ("CONSENT-01", "finding-CONSENT-01"),
    ("CONSENT-02", "finding-CONSENT-02"),
    ("CONSENT-03", "finding-CONSENT-03"),
    ("CONSENT-04", "finding-CONSENT-04"),
    ("CONSENT-05", "finding-CONSENT-05"),
    ("CONSENT-06", "finding-CONSENT-06"),
    ("FREQ-01", "finding-FREQ-01"),
    ("FREQ-02", "finding-FREQ-02"),
    ("FREQ-03", "finding-FREQ-03"),
    ("TEMPLATE-01", "finding-TEMPLATE-01"),
    ("TEMPLATE-02", "finding-TEMPLATE-02"),
    ("TEMPLATE-04", "finding-TEMPLATE-04"),
    ("TEMPLATE-07", "finding-TEMPLATE-07"),
    ("TEMPLATE-09", "finding-TEMPLATE-09"),
    ("TEMPLATE-10", "finding-TEMPLATE-10"),
    ("TEMPLATE-11", "finding-TEMPLATE-11"),
    ("QUALITY-01", "finding-QUALITY-01"),
    ("QUALITY-02", "finding-QUALITY-02"),
    ("QUALITY-03", "finding-QUALITY-03"),
    ("QUALITY-04", "finding-QUALITY-04"),
    ("QUALITY-05", "finding-QUALITY-05"),
    ("QUALITY-06", "finding-QUALITY-06"),
    ("STOP-01", "finding-STOP-01"),
    ("TIER-01", "finding-TIER-01"),
    ("TIER-02", "finding-TIER-02"),
    ("COST-05", "finding-COST-05"),
    ("SCHED-04", "finding-SCHED-04"),
    ("SCHED-06", "finding-SCHED-06"),
    ("SCHED-07", "finding-SCHED-07"),
    ("SCHED-08", "finding-SCHED-08"),
    ("SCHED-09", "finding-SCHED-09"),
    ("LINK-08", "finding-LINK-08"),
    ("LINK-10", "finding-LINK-10"),
    ("LINK-11", "finding-LINK-11"),
    ("TEXT-05", "finding-TEXT-05"),
    ("VAR-03", "finding-VAR-03"),
    ("VAR-04", "finding-VAR-04"),
    ("VAR-05", "finding-VAR-05"),
    ("SIGN-10", "finding-SIGN-10"),
    ("IMPORT-01", "finding-IMPORT-01"),
    ("IMPORT-02", "finding-IMPORT-02"),
    ("IMPORT-03", "finding-IMPORT-03"),
    ("IMPORT-04", "finding-IMPORT-04"),
    ("IMPORT-05", "finding-IMPORT-05"),
    ("IMPORT-06", "finding-IMPORT-06"),
    ("IMPORT-07", "finding-IMPORT-07"),
    ("IMPORT-08", "finding-IMPORT-08"),
    ("IMPORT-09", "finding-IMPORT-09"),
    ("IMPORT-10", "finding-IMPORT-10"),
    ("SEG-01", "finding-SEG-01"),
    ("SEG-02", "finding-SEG-02"),
    ("SEG-03", "finding-SEG-03"),
    ("SEG-04", "finding-SEG-04"),
    ("SEG-05", "finding-SEG-05"),
    ("SEG-06", "finding-SEG-06"),
    ("SEG-07", "finding-SEG-07"),
    ("SEG-08", "finding-SEG-08"),
    ("SEG-09", "finding-SEG-09"),
    ("SESS-01", "finding-SESS-01"),
    ("SESS-02", "finding-SESS-02"),
    ("SESS-03", "finding-SESS-03"),
    ("SESS-04", "finding-SESS-04"),
    ("SESS-05", "finding-SESS-05"),
    ("SESS-06", "finding-SESS-06"),
    ("SESS-07", "finding-SESS-07"),
    ("SESS-08", "finding-SESS-08"),
    ("SESS-09", "finding-SESS-09"),
    ("SESS-10", "finding-SESS-10"),
    ("SESS-11", "finding-SESS-11"),
    ("SESS-12", "finding-SESS-12"),
    ("SESS-13", "finding-SESS-13"),
    ("SESS-14", "finding-SESS-14"),
    ("HOOK-01", "finding-HOOK-01"),
    ("HOOK-02", "finding-HOOK-02"),
    ("HOOK-03", "finding-HOOK-03"),
    ("HOOK-04", "finding-HOOK-04"),
    ("HOOK-05", "finding-HOOK-05"),
    ("HOOK-06", "finding-HOOK-06"),
    ("HOOK-07", "finding-HOOK-07"),
    ("HOOK-08", "finding-HOOK-08"),
    ("ORDER-01", "finding-ORDER-01"),
    ("ORDER-02", "finding-ORDER-02"),
    ("ORDER-03", "finding-ORDER-03"),
    ("ORDER-04", "finding-ORDER-04"),
    ("ORDER-05", "finding-ORDER-05"),
    ("ORDER-06", "finding-ORDER-06"),
    ("ORDER-07", "finding-ORDER-07"),
    ("ORDER-08", "finding-ORDER-08"),
    ("ORDER-09", "finding-ORDER-09"),
    ("ORDER-10", "finding-ORDER-10"),
    ("ORDER-11", "finding-ORDER-11"),
    ("ORDER-12", "finding-ORDER-12"),
    ("ORDER-13", "finding-ORDER-13"),
    ("ORDER-14", "finding-ORDER-14"),
    ("PAY-01", "finding-PAY-01"),
    ("PAY-02", "finding-PAY-02"),
    ("PAY-03", "finding-PAY-03"),
    ("PAY-04", "finding-PAY-04"),
    ("PAY-05", "finding-PAY-05"),
    ("PAY-06", "finding-PAY-06"),
    ("PAY-07", "finding-PAY-07"),
    ("PAY-08", "finding-PAY-08"),
    ("PAY-09", "finding-PAY-09"),
    ("PAY-10", "finding-PAY-10"),
    ("SIGN-29", "finding-SIGN-29"),
    ("CONTACT-01", "finding-CONTACT-01"),
    ("CONTACT-02", "finding-CONTACT-02"),
    ("CONTACT-03", "finding-CONTACT-03"),
    ("CONTACT-04", "finding-CONTACT-04"),
    ("CONTACT-05", "finding-CONTACT-05"),
    ("CONTACT-06", "finding-CONTACT-06"),
    ("CONTACT-07", "finding-CONTACT-07"),
    ("CONTACT-08", "finding-CONTACT-08"),
    ("LEDGER-01", "finding-LEDGER-01"),
    ("LEDGER-02", "finding-LEDGER-02"),
    ("LEDGER-03", "finding-LEDGER-03"),
    ("LEDGER-04", "finding-LEDGER-04"),
    ("LEDGER-05", "finding-LEDGER-05"),
    ("LEDGER-06", "finding-LEDGER-06"),
    ("LEDGER-07", "finding-LEDGER-07"),
    ("LEDGER-08", "finding-LEDGER-08"),
    ("LEDGER-09", "finding-LEDGER-09"),
    ("LEDGER-10", "finding-LEDGER-10"),
    ("LEDGER-11", "finding-LEDGER-11"),
    ("LEDGER-12", "finding-LEDGER-12"),
    ("TAG-01", "finding-TAG-01"),
    ("TAG-02", "finding-TAG-02"),
    ("TAG-03", "finding-TAG-03"),
    ("TAG-04", "finding-TAG-04"),
    ("HAND-01", "finding-HAND-01"),
    ("HAND-02", "finding-HAND-02"),
    ("HAND-03", "finding-HAND-03"),
    ("HAND-04", "finding-HAND-04"),
    ("HAND-05", "finding-HAND-05"),
    ("HAND-06", "finding-HAND-06"),
    ("HAND-07", "finding-HAND-07"),
    ("HAND-08", "finding-HAND-08"),
    ("HAND-09", "finding-HAND-09"),
    ("HAND-10", "finding-HAND-10"),
    ("HAND-11", "finding-HAND-11"),
    ("CLOSE-01", "finding-CLOSE-01"),
    ("CLOSE-02", "finding-CLOSE-02"),
    ("CLOSE-03", "finding-CLOSE-03"),
    ("CLOSE-04", "finding-CLOSE-04"),
    ("CLOSE-05", "finding-CLOSE-05"),
    ("CLOSE-06", "finding-CLOSE-06"),
    ("AUTO-01", "finding-AUTO-01"),
    ("AUTO-02", "finding-AUTO-02"),
    ("AUTO-03", "finding-AUTO-03"),
    ("AUTO-04", "finding-AUTO-04"),
    ("AUTO-05", "finding-AUTO-05"),
    ("AUTO-06", "finding-AUTO-06"),
    ("AUTO-07", "finding-AUTO-07"),
    ("AUTO-08", "finding-AUTO-08"),
    ("AUTO-09", "finding-AUTO-09"),
    ("AUTO-10", "finding-AUTO-10"),
    ("AUTO-11", "finding-AUTO-11"),
    ("AUTO-12", "finding-AUTO-12"),
    ("AUTO-13", "finding-AUTO-13"),
    ("AUTO-14", "finding-AUTO-14"),
    ("AUTO-15", "finding-AUTO-15"),
    ("AUTO-16", "finding-AUTO-16"),
    ("AUTO-17", "finding-AUTO-17"),
    ("AUTO-18", "finding-AUTO-18"),
    ("AUTO-19", "finding-AUTO-19"),
    ("AUTO-20", "finding-AUTO-20"),
    ("AUTO-21", "finding-AUTO-21"),
    ("AUTO-22", "finding-AUTO-22"),
    ("AUTO-23", "finding-AUTO-23"),
    ("AUTO-24", "finding-AUTO-24"),
    ("AUTO-25", "finding-AUTO-25"),
    ("AUTO-26", "finding-AUTO-26"),
    ("AUTO-27", "finding-AUTO-27"),
    ("AUTO-28", "finding-AUTO-28"),
    ("AUTO-29", "finding-AUTO-29"),
    ("AUTO-30", "finding-AUTO-30"),
    ("AUTO-31", "finding-AUTO-31"),
    ("AUTO-32", "finding-AUTO-32"),
    ("AUTO-33", "finding-AUTO-33"),
    ("AUTO-34", "finding-AUTO-34"),
    ("AUTO-35", "finding-AUTO-35"),
    ("AUTO-36", "finding-AUTO-36"),
    ("AUTO-37", "finding-AUTO-37"),
    ("AUTO-38", "finding-AUTO-38"),
    ("AUTO-39", "finding-AUTO-39"),
    ("AUTO-40", "finding-AUTO-40"),
    ("AUTO-41", "finding-AUTO-41"),
    ("AUTO-42", "finding-AUTO-42"),
    ("AUTO-43", "finding-AUTO-43"),
    ("AUTO-44", "finding-AUTO-44"),
    ("MEDIA-01", "finding-MEDIA-01"),
    ("MEDIA-02", "finding-MEDIA-02"),
    ("MEDIA-03", "finding-MEDIA-03"),
    ("MEDIA-04", "finding-MEDIA-04"),
    ("MEDIA-05", "finding-MEDIA-05"),
    ("MEDIA-06", "finding-MEDIA-06"),
    ("MEDIA-07", "finding-MEDIA-07"),
    ("MEDIA-08", "finding-MEDIA-08"),
    ("MEDIA-09", "finding-MEDIA-09"),
    ("MEDIA-10", "finding-MEDIA-10"),
    ("MEDIA-11", "finding-MEDIA-11"),
    ("MEDIA-12", "finding-MEDIA-12"),
    ("MEDIA-13", "finding-MEDIA-13"),
    ("MEDIA-14", "finding-MEDIA-14"),
    ("MEDIA-15", "finding-MEDIA-15"),
    ("MEDIA-16", "finding-MEDIA-16"),
    ("MEDIA-17", "finding-MEDIA-17"),
    ("MEDIA-18", "finding-MEDIA-18"),
    ("MEDIA-19", "finding-MEDIA-19"),
    ("MEDIA-20", "finding-MEDIA-20"),
    ("DRAFT-01", "finding-DRAFT-01"),
    ("DRAFT-02", "finding-DRAFT-02"),
    ("DRAFT-03", "finding-DRAFT-03"),
    ("DRAFT-04", "finding-DRAFT-04"),
    ("DRAFT-05", "finding-DRAFT-05"),
    ("DRAFT-06", "finding-DRAFT-06"),
    ("DRAFT-07", "finding-DRAFT-07"),
    ("DRAFT-08", "finding-DRAFT-08"),
    ("DRAFT-09", "finding-DRAFT-09"),
    ("DRAFT-10", "finding-DRAFT-10"),
    ("DRAFT-11", "finding-DRAFT-11"),
    ("DRAFT-12", "finding-DRAFT-12"),
    ("DRAFT-13", "finding-DRAFT-13"),
    ("DRAFT-14", "finding-DRAFT-14"),
    ("DRAFT-15", "finding-DRAFT-15"),
    ("DRAFT-16", "finding-DRAFT-16"),
    ("DRAFT-17", "finding-DRAFT-17"),
    ("DRAFT-18", "finding-DRAFT-18"),
    ("DRAFT-19", "finding-DRAFT-19"),
    ("DRAFT-20", "finding-DRAFT-20"),
    ("DRAFT-21", "finding-DRAFT-21"),
    ("DRAFT-22", "finding-DRAFT-22"),
    ("DRAFT-23", "finding-DRAFT-23"),
    ("DRAFT-24", "finding-DRAFT-24"),
    ("DRAFT-25", "finding-DRAFT-25"),
    ("DRAFT-26", "finding-DRAFT-26"),
    ("DRAFT-27", "finding-DRAFT-27"),
    ("DRAFT-28", "finding-DRAFT-28"),
    ("DRAFT-29", "finding-DRAFT-29"),
    ("DRAFT-30", "finding-DRAFT-30"),
    ("DRAFT-31", "finding-DRAFT-31"),
    ("DRAFT-32", "finding-DRAFT-32"),
    ("DRAFT-33", "finding-DRAFT-33"),
    ("DRAFT-34", "finding-DRAFT-34"),
    ("DRAFT-35", "finding-DRAFT-35"),
    ("DRAFT-36", "finding-DRAFT-36"),
    ("DRAFT-37", "finding-DRAFT-37"),
    ("DRAFT-38", "finding-DRAFT-38"),
    ("DRAFT-39", "finding-DRAFT-39"),
    ("DRAFT-40", "finding-DRAFT-40"),
    ("DRAFT-41", "finding-DRAFT-41"),
    ("DRAFT-42", "finding-DRAFT-42"),
    ("DRAFT-43", "finding-DRAFT-43"),
    ("DRAFT-44", "finding-DRAFT-44"),
    ("DRAFT-45", "finding-DRAFT-45"),
    ("DRAFT-46", "finding-DRAFT-46"),
];

/// The findings of one list, the heaviest first. The first of each rule can be linked to.
pub fn views(l: &Words, findings: &[Finding], anchored: bool) -> Vec<FindingView> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.level);
    let mut views: Vec<FindingView> = Vec::with_capacity(sorted.len());
    for finding in sorted {
        let (sentence, lang) = sentence(l, finding);
        let again = views.iter().any(|view| view.rule == finding.rule);
        views.push(FindingView {
            level: match finding.level {
                Level::Block => FindingLevel::Block,
                Level::Warn => FindingLevel::Warn,
                Level::Note => FindingLevel::Note,
            },
            rule: finding.rule.clone(),
            sentence,
            lang,
            anchor: (anchored && !again).then(|| format!("finding-{}", finding.rule)),
            excerpt: finding.span.as_ref().map(|span| (format!("{} ", span.field), span.text.clone(), String::new())),
        });
    }
    views
}

/// What a finding says to this reader, and the language of that where it is not the reader's.
pub fn sentence(l: &Words, finding: &Finding) -> (String, Option<&'static str>) {
    let stored = || finding.message.clone();
    let english = l.lang() == Lang::En;
    // What was signed is English already, but for stable words of ours that it may hold, times, and the one of "1 people".
    let ours = |name: &str| matches!(name, "reason" | "left_out" | "how");
    let plain = !finding.facts.iter().any(|(name, value)| ours(name) || value == "1" || moment(value).is_some());
    let key = TRANSLATED.iter().find(|(rule, _)| *rule == finding.rule).map(|(_, key)| key);
    let Some(key) = key.filter(|_| !(english && plain)) else {
        return (stored(), (!english).then_some("en"));
    };
    let args: Vec<_> = finding.facts.iter().map(|(name, value)| (name.as_str(), fact(l, name, value))).collect();
    // A finding of an older version may lack a fact that today's sentence names.
    l.filled(key, &args).map_or_else(|| (stored(), (!english).then_some("en")), |text| (text, None))
}

/// How many rows fell to which reason. A finding of an older version names one reason alone.
fn left_out(l: &Words, value: &str) -> String {
    let said = |reason: &str| reason.parse().map_or_else(|_| reason.to_owned(), |reason| facts::left_out(l, reason));
    let one = |part: &str| match part.split_once(' ').map(|(count, reason)| (count.parse::<u64>(), reason)) {
        Some((Ok(count), reason)) => format!("{} ({})", said(reason), l.num(count)),
        _ => said(part),
    };
    l.series(&value.split(", ").map(one).collect::<Vec<_>>())
}

/// A time among the facts.
fn moment(value: &str) -> Option<Timestamp> {
    value.contains('T').then(|| value.parse().ok()).flatten()
}

/// A figure is grouped as the language does it; a word of ours is said in it; a name stays.
fn fact(l: &Words, name: &str, value: &str) -> FluentValue<'static> {
    let text = match name {
        "left_out" => Some(left_out(l, value)),
        "reason" => value.parse().map(|reason| facts::exclusion(l, reason)).ok(),
        "category" | "correct_category" | "signed" => value.parse().map(|category| facts::category(l, category)).ok(),
        "how" => value.parse().map(|how| confirmed(l, how)).ok(),
        "market" => value.parse().map(|market| facts::market(l, market)).ok(),
        // What customers write and what Meta calls things is no figure, even where it is made of digits.
        "phrase" | "title" | "node" | "number" | "post" | "order" | "product" | "placeholder" | "template"
        | "found" | "known" => None,
        "state" => value.parse().map(|state| order_tag(l, state).text).ok(),
        "kind" if matches!(value, "image" | "video" | "audio" | "document") => kind_words(l, value),
        "status" => Some(
            value.parse().map_or_else(|_| facts::number_status(l, value), |status| facts::template_status(l, status)),
        ),
        "place" => Some(facts::part_of_message(l, value)),
        _ => match value.parse::<u64>() {
            // As a figure, for it chooses between one and many.
            Ok(count) => return FluentValue::from(count),
            Err(_) => moment(value).map(|at| l.when(at)),
        },
    };
    FluentValue::from(text.unwrap_or_else(|| value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{TRANSLATED, sentence};
    use crate::domain::policy::rules::{self, AUD_03, CONSENT_04, LINK_09, PAY_05};
    use crate::words::{Lang, Words};

    #[test]
    fn what_is_translated_is_a_rule_with_the_same_facts() {
        for (rule, key) in TRANSLATED {
            let rule = rules::find(rule).unwrap();
            let names = rule.sentence.split('{').skip(1).map(|part| part.split('}').next().unwrap());
            let facts: Vec<_> = names.map(|name| (name, "7".into())).collect();
            for lang in Lang::ALL {
                let text = Words::hong_kong(lang).filled(key, &[]);
                assert_eq!(text.is_none(), !facts.is_empty(), "{key}: without facts there is no sentence");
            }
            let said = sentence(&Words::hong_kong(Lang::ZhHant), &rule.says(&facts));
            assert!(said.1.is_none() && !said.0.contains('⟦'), "{key}: {}", said.0);
        }
    }

    #[test]
    fn words_of_ours_are_said_and_the_rest_stays_english() {
        let facts = [("excluded", 1_000_u64.into()), ("matched", 1_500_u64.into()), ("percent", 66_u64.into())];
        let [a, b, c] = facts;
        let finding = AUD_03.says(&[a, b, c, ("reason", "no_consent".into())]);
        let (text, lang) = sentence(&Words::hong_kong(Lang::ZhHant), &finding);
        assert!(text.contains("1,500人") && text.contains("「沒有同意」") && lang.is_none(), "{text}");
        let (text, lang) = sentence(&Words::hong_kong(Lang::ZhHans), &LINK_09.says(&[("url", "x".into())]));
        assert_eq!((text.as_str(), lang), ("x cannot be read as an address.", Some("en")));
        let (text, lang) = sentence(&Words::hong_kong(Lang::En), &finding);
        assert!(text.contains("1,500 people who match") && text.contains("“No consent”") && lang.is_none(), "{text}");
        let (text, _) = sentence(&Words::hong_kong(Lang::En), &CONSENT_04.says(&[("count", 1_u64.into())]));
        assert!(text.starts_with("For 1 person this is"), "{text}");
        let paid = PAY_05.says(&[("at", "2026-11-28T13:15:05.237852Z".into())]);
        let (text, _) = sentence(&Words::hong_kong(Lang::En), &paid);
        assert!(text.contains("at Sat 28 Nov 2026, 21:15 HKT"), "{text}");
        let plain = LINK_09.says(&[("url", "x".into())]);
        assert_eq!(sentence(&Words::hong_kong(Lang::En), &plain), (plain.message, None));
    }
}
