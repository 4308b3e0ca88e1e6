//! Words for whom a segment takes in, and for where a variable gets its value, in the reader's language.

use super::facts;
use crate::domain::broadcasts::Variable;
use crate::domain::contacts::Language;
use crate::domain::preview::SegmentView;
use crate::domain::segments::Condition;
use crate::words::Words;

/// A segment of an audience.
pub fn segment(l: &Words, segment: &SegmentView) -> String {
    let inside = both(l, &segment.include, segment.exclude.as_ref());
    if segment.left_out { l.t1("condition-left-out", "inside", inside) } else { inside }
}

/// Who belongs, without whom.
pub fn both(l: &Words, include: &Condition, exclude: Option<&Condition>) -> String {
    let include = words(l, include);
    match exclude {
        Some(exclude) => l.t2("condition-without", "include", include, "exclude", words(l, exclude)),
        None => include,
    }
}

fn words(l: &Words, condition: &Condition) -> String {
    match condition {
        Condition::All(all) => group(l, "condition-and", all),
        Condition::Any(any) => group(l, "condition-or", any),
        Condition::Not(not) => l.t1("condition-not", "inside", words(l, not)),
        Condition::Tag(tag) => l.t1("condition-tag", "name", tag),
        Condition::Language(languages) => {
            l.t1("condition-language", "list", join(l, "condition-or", languages.iter().map(Language::to_string)))
        }
        Condition::Market(markets) => {
            let names = markets.iter().map(|market| facts::market(l, *market));
            l.t1("condition-market", "list", join(l, "condition-or", names))
        }
        Condition::Consent(category) => l.t1("condition-consent", "category", facts::category(l, *category)),
        Condition::WroteWithinDays(days) => l.t1("condition-wrote", "days", u64::from(*days)),
        Condition::SilentForDays(days) => l.t1("condition-silent", "days", u64::from(*days)),
        Condition::Everyone => l.t("condition-everyone"),
    }
}

fn group(l: &Words, key: &'static str, many: &[Condition]) -> String {
    l.t1("condition-group", "inside", join(l, key, many.iter().map(|one| words(l, one))))
}

fn join(l: &Words, key: &'static str, words: impl Iterator<Item = String>) -> String {
    words.reduce(|left, right| l.t2(key, "left", left, "right", right)).unwrap_or_default()
}

/// Where a variable gets its value, and what stands in where there is none.
pub fn variable(l: &Words, variable: &Variable) -> String {
    let (source, default) = match variable {
        Variable::Text(text) => (l.t1("variable-text", "text", text), None),
        Variable::ContactName { default } => (l.t("variable-name"), default.as_ref()),
        Variable::Attribute { name, default } => (l.t1("variable-attribute", "name", name), default.as_ref()),
    };
    match default {
        Some(default) => l.t2("variable-or", "source", source, "default", default),
        None => source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn conditions_are_read_in_every_language() {
        let include: Condition = serde_json::from_str(
            r#"{"all": [{"tag": "member"}, {"market": ["HK", "MO"]}, {"any": [{"wrote_within_days": 30},
                {"not": {"consent": "marketing"}}]}]}"#,
        )
        .unwrap();
        let exclude = Condition::Tag("staff".into());
        let read = |lang| both(&Words::hong_kong(lang), &include, Some(&exclude));
        assert_eq!(
            read(Lang::En),
            "(tag member and market Hong Kong or Macau and (wrote within 30 days or not consent for marketing)), \
             without tag staff"
        );
        assert_eq!(
            read(Lang::ZhHant),
            "（標籤 member 且 市場 香港 或 澳門 且 （30 天內曾發訊息 或 並非（同意接收促銷））），不包括標籤 staff"
        );
    }

    #[test]
    fn a_variable_names_what_stands_in() {
        let name = Variable::ContactName { default: Some("friend".into()) };
        assert_eq!(variable(&Words::hong_kong(Lang::En), &name), "the contact’s name, or “friend”");
        assert_eq!(variable(&Words::hong_kong(Lang::ZhHans), &name), "联系人姓名，没有则用“friend”");
    }
}
