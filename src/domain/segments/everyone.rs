//! Whether conditions are fulfilled by everybody, however they are dressed up: "has the tag or has it not" is no condition.
//!
//! Each question that the conditions ask is answered in every way that can be, and the whole is worked out for each.

use super::Condition;

/// More questions than this are not tried out: each doubles the work. Who reads the segment sees how many it takes in.
const MOST_QUESTIONS: usize = 12;

/// What a contact can be asked. `Wrote(n)` is within so many days; to be silent for as long is its contrary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question<'a> {
    Wrote(u16),
    Other(&'a Condition),
}

/// Whether every contact that there can be fulfils `include` and not `exclude`.
pub fn takes_in_everybody(include: &Condition, exclude: Option<&Condition>) -> bool {
    let mut questions = Vec::new();
    collect(include, &mut questions);
    if let Some(exclude) = exclude {
        collect(exclude, &mut questions);
    }
    if questions.len() > MOST_QUESTIONS {
        return false;
    }
    (0..1_u32 << questions.len()).filter(|answers| can_be(&questions, *answers)).all(|answers| {
        let said = |question: Question<'_>| yes(&questions, answers, question);
        holds(include, &said) && !exclude.is_some_and(|exclude| holds(exclude, &said))
    })
}

/// Whether something that a contact has, is or did decides that it belongs. What only names those who do not belong takes in
/// everybody else, known or not.
pub fn says_who_belongs(include: &Condition) -> bool {
    says(include, true)
}

/// The same of a condition that has to hold, or has not to.
fn says(condition: &Condition, wanted: bool) -> bool {
    match (condition, wanted) {
        (Condition::Not(one), _) => says(one, !wanted),
        // Of those that hold together one is enough; of those of which one holds, each may be the one.
        (Condition::All(many), true) | (Condition::Any(many), false) => many.iter().any(|one| says(one, wanted)),
        (Condition::All(many), false) | (Condition::Any(many), true) => many.iter().all(|one| says(one, wanted)),
        (Condition::WroteWithinDays(_) | Condition::SilentForDays(_), _) => true,
        (Condition::Everyone, _) => !wanted,
        (Condition::Tag(_) | Condition::Language(_) | Condition::Market(_) | Condition::Consent(_), _) => wanted,
    }
}

fn collect<'a>(condition: &'a Condition, questions: &mut Vec<Question<'a>>) {
    match condition {
        Condition::All(many) | Condition::Any(many) => many.iter().for_each(|one| collect(one, questions)),
        Condition::Not(one) => collect(one, questions),
        Condition::Everyone => {}
        other => {
            let question = question(other);
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
    }
}

const fn question(condition: &Condition) -> Question<'_> {
    match condition {
        Condition::WroteWithinDays(days) | Condition::SilentForDays(days) => Question::Wrote(*days),
        other => Question::Other(other),
    }
}

fn yes(questions: &[Question<'_>], answers: u32, question: Question<'_>) -> bool {
    questions.iter().position(|known| *known == question).is_some_and(|at| answers >> at & 1 == 1)
}

/// Who wrote within a week wrote within a month, too.
fn can_be(questions: &[Question<'_>], answers: u32) -> bool {
    let days = |wanted: bool| {
        questions.iter().enumerate().filter_map(move |(at, question)| match question {
            Question::Wrote(days) if (answers >> at & 1 == 1) == wanted => Some(*days),
            _ => None,
        })
    };
    let (wrote, silent) = (days(true).min(), days(false).max());
    wrote.zip(silent).is_none_or(|(wrote, silent)| silent < wrote)
}

fn holds(condition: &Condition, said: &impl Fn(Question<'_>) -> bool) -> bool {
    match condition {
        Condition::All(all) => all.iter().all(|one| holds(one, said)),
        Condition::Any(any) => any.iter().any(|one| holds(one, said)),
        Condition::Not(one) => !holds(one, said),
        Condition::Everyone => true,
        Condition::SilentForDays(_) => !said(question(condition)),
        other => said(question(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_condition_that_lets_everybody_through_is_seen_in_any_disguise() {
        for text in [
            r#""everyone""#,
            r#"{"all": []}"#,
            r#"{"all": ["everyone", "everyone"]}"#,
            r#"{"any": [{"tag": "x"}, "everyone"]}"#,
            r#"{"not": {"not": "everyone"}}"#,
            r#"{"not": {"any": []}}"#,
            r#"{"any": [{"tag": "x"}, {"not": {"tag": "x"}}]}"#,
            r#"{"not": {"all": [{"tag": "x"}, {"not": {"tag": "x"}}]}}"#,
            r#"{"any": [{"wrote_within_days": 7}, {"silent_for_days": 7}]}"#,
            r#"{"any": [{"wrote_within_days": 30}, {"silent_for_days": 7}]}"#,
            r#"{"any": [{"market": ["HK"]}, {"all": ["everyone", {"not": {"market": ["HK"]}}]}]}"#,
        ] {
            assert!(takes_in_everybody(&condition(text), None), "{text}");
        }
        for text in [
            r#"{"tag": "x"}"#,
            r#"{"all": ["everyone", {"tag": "x"}]}"#,
            r#"{"not": "everyone"}"#,
            r#"{"any": []}"#,
            r#"{"any": [{"tag": "x"}, {"not": {"tag": "y"}}]}"#,
            r#"{"any": [{"wrote_within_days": 7}, {"silent_for_days": 30}]}"#,
        ] {
            assert!(!takes_in_everybody(&condition(text), None), "{text}");
        }
    }

    #[test]
    fn who_does_not_belong_says_not_who_does() {
        for text in [
            r#""everyone""#,
            r#"{"not": {"tag": "nobody"}}"#,
            r#"{"not": {"market": ["HK"]}}"#,
            r#"{"all": ["everyone", {"not": {"consent": "marketing"}}]}"#,
            r#"{"any": [{"not": {"tag": "x"}}, {"not": {"tag": "y"}}]}"#,
            r#"{"any": [{"tag": "x"}, {"not": {"tag": "y"}}]}"#,
            r#"{"not": {"any": [{"tag": "x"}, {"tag": "y"}]}}"#,
            r#"{"not": {"all": [{"tag": "x"}, {"not": {"tag": "y"}}]}}"#,
            r#"{"all": []}"#,
        ] {
            assert!(!says_who_belongs(&condition(text)), "{text}");
        }
        for text in [
            r#"{"tag": "x"}"#,
            r#"{"not": {"not": {"tag": "x"}}}"#,
            r#"{"all": [{"tag": "x"}, {"not": {"tag": "y"}}]}"#,
            r#"{"any": [{"tag": "x"}, {"market": ["HK"]}]}"#,
            r#"{"not": {"any": [{"not": {"tag": "x"}}, {"tag": "y"}]}}"#,
            r#"{"not": {"wrote_within_days": 30}}"#,
            r#"{"silent_for_days": 30}"#,
            r#"{"not": "everyone"}"#,
        ] {
            assert!(says_who_belongs(&condition(text)), "{text}");
        }
    }

    #[test]
    fn an_exclusion_counts_if_anybody_can_fulfil_it() {
        let nobody = condition(r#"{"all": [{"tag": "x"}, {"not": {"tag": "x"}}]}"#);
        assert!(takes_in_everybody(&Condition::Everyone, Some(&nobody)));
        assert!(!takes_in_everybody(&Condition::Everyone, Some(&condition(r#"{"tag": "x"}"#))));
        let all_but = condition(r#"{"any": [{"tag": "x"}, {"not": {"tag": "x"}}]}"#);
        assert!(!takes_in_everybody(&all_but, Some(&condition(r#"{"tag": "x"}"#))));
    }

    #[test]
    fn too_many_questions_are_left_to_whoever_reads_the_figures() {
        let tags: Vec<String> = (0..20).map(|n| format!(r#"{{"tag": "{n}"}}, {{"not": {{"tag": "{n}"}}}}"#)).collect();
        let many = format!(r#"{{"any": [{}]}}"#, tags.join(", "));
        assert!(!takes_in_everybody(&condition(&many), None));
    }
}
