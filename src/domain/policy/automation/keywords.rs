//! What a keyword rule listens for: neither so broad that it answers what it is not meant for, nor what another rule answers.

use super::{Known, whole, within};
use crate::domain::automation::Live;
use crate::domain::automation::keywords::{Action, KeywordRule};
use crate::domain::automation::people::asks_for_a_person;
use crate::domain::automation::phrases::{MatchKind, Plain};
use crate::domain::policy::message::is_way_out;
use crate::domain::policy::rules::{
    AUTO_10, AUTO_11, AUTO_12, AUTO_13, AUTO_14, AUTO_15, AUTO_16, AUTO_17, AUTO_31, AUTO_32, AUTO_41, Rule,
};
use crate::domain::preview::Finding;
use crate::domain::webhooks::stop_word;
use std::collections::BTreeMap;

/// Phrases of one rule, at most.
const MOST_PHRASES: u64 = 50;

/// By which people answer whatever was asked before.
const ANSWERS: &[&str] = &[
    "yes",
    "y",
    "yeah",
    "yep",
    "ok",
    "okay",
    "k",
    "sure",
    "no",
    "n",
    "nope",
    "no thanks",
    "thanks",
    "thank you",
    "thx",
    "good",
    "great",
    "done",
    "好",
    "好的",
    "好呀",
    "好啊",
    "可以",
    "係",
    "是",
    "是的",
    "對",
    "对",
    "嗯",
    "得",
    "冇問題",
    "没问题",
    "沒問題",
    "不",
    "不是",
    "唔係",
    "不用",
    "唔使",
    "多謝",
    "谢谢",
    "謝謝",
    "唔該",
    "收到",
];

/// Words that stand in messages about anything, of the languages that customers write in.
const EVERYDAY: &[&str] = &[
    "a",
    "about",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "for",
    "from",
    "get",
    "go",
    "had",
    "has",
    "have",
    "he",
    "hello",
    "help",
    "her",
    "hey",
    "hi",
    "his",
    "how",
    "i",
    "if",
    "in",
    "is",
    "it",
    "its",
    "just",
    "me",
    "my",
    "need",
    "not",
    "now",
    "of",
    "on",
    "or",
    "our",
    "out",
    "please",
    "she",
    "so",
    "some",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "they",
    "this",
    "to",
    "too",
    "up",
    "us",
    "want",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
    "will",
    "with",
    "would",
    "you",
    "your",
    "的",
    "了",
    "在",
    "我",
    "你",
    "您",
    "他",
    "她",
    "它",
    "我哋",
    "我們",
    "我们",
    "你哋",
    "你們",
    "你们",
    "有",
    "和",
    "就",
    "人",
    "都",
    "一",
    "一個",
    "一个",
    "上",
    "也",
    "很",
    "到",
    "說",
    "说",
    "要",
    "去",
    "會",
    "会",
    "看",
    "自己",
    "這",
    "这",
    "這個",
    "这个",
    "那",
    "那個",
    "那个",
    "呢個",
    "嗰個",
    "什麼",
    "什么",
    "乜",
    "乜嘢",
    "咩",
    "點",
    "点",
    "點樣",
    "点样",
    "怎樣",
    "怎样",
    "怎麼",
    "怎么",
    "如何",
    "邊個",
    "邊度",
    "哪裡",
    "哪里",
    "幾時",
    "几时",
    "嗎",
    "吗",
    "呢",
    "呀",
    "啊",
    "想",
    "請問",
    "请问",
    "你好",
    "您好",
    "請",
    "请",
    "嘅",
    "喺",
    "咗",
    "啲",
    "可唔可以",
    "可不可以",
    "有冇",
    "有沒有",
    "有没有",
];

/// What the rules say of what it listens for.
pub(super) fn check(rule: &KeywordRule, known: &Known<'_>) -> Vec<Finding> {
    let count = u64::try_from(rule.phrases.len()).unwrap_or(u64::MAX);
    let figures = [within("phrases", count, 1, MOST_PHRASES), within("priority", rule.priority.into(), 1, 1_000)];
    let mut findings: Vec<Finding> = figures.into_iter().flatten().collect();
    for (at, phrase) in rule.phrases.iter().enumerate().take(usize::try_from(MOST_PHRASES).unwrap_or(usize::MAX)) {
        let field = format!("phrases.{}", at + 1);
        let plain = Plain::of(phrase);
        if let Some(broad) = too_broad(rule.kind, phrase, &plain) {
            let facts = [("phrase", phrase.as_str().into()), ("place", field.as_str().into())];
            findings.push(broad.says(&facts).at(whole(&field, phrase)));
            continue;
        }
        if asks_for_a_person(&plain) && rule.queue().is_none() {
            findings.push(AUTO_31.says(&[("phrase", phrase.as_str().into())]).at(whole(&field, phrase)));
        }
    }
    findings.extend(beside_others(rule, known));
    if let Action::Reply { buttons, .. } = &rule.action {
        for (at, title) in buttons.iter().enumerate() {
            if rule.finds(&Plain::of(title)).is_some() {
                let field = format!("action.button.{}", at + 1);
                findings.push(AUTO_17.says(&[("title", title.as_str().into())]).at(whole(&field, title)));
            }
        }
    }
    findings.extend(circle(rule, known));
    if let Action::Tag(tags) = &rule.action
        && (tags.is_empty() || tags.iter().any(|tag| tag.trim() != tag || tag.is_empty()))
    {
        findings.push(AUTO_10.says(&[("place", "action.tag".into())]));
    }
    findings
}

/// The rule by which the phrase answers more than it is meant for.
fn too_broad(kind: MatchKind, phrase: &str, plain: &Plain) -> Option<Rule> {
    let (letters, dense) = plain.letters();
    let exact = kind == MatchKind::Exact;
    let is_one_of = |words: &[&str]| words.iter().any(|word| Plain::of(word) == *plain);
    // A character of Chinese says about as much as a word, and stands in many others.
    let short = match kind {
        MatchKind::Exact => letters == 1 && dense == 0,
        MatchKind::Contains => letters < if dense == 0 { 3 } else { 2 },
        MatchKind::Word | MatchKind::Prefix | MatchKind::Phrase => letters < 2,
    };
    if plain.is_empty() {
        Some(AUTO_10)
    } else if stop_word(phrase).is_some() || is_way_out(plain.as_str()) {
        Some(AUTO_13)
    } else if is_one_of(ANSWERS) {
        Some(AUTO_14)
    } else if is_one_of(EVERYDAY) && !(exact && plain.words().len() > 1) {
        Some(AUTO_12)
    } else if short {
        Some(AUTO_11)
    } else if kind == MatchKind::Word && !plain.is_one_word() {
        Some(AUTO_32)
    } else {
        None
    }
}

/// Rules that are live and listen for the same.
fn beside_others(rule: &KeywordRule, known: &Known<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let others = known.active.rules().map(|live| &live.content);
    for other in others.filter(|other| other.id != rule.id && other.scope.meets(&rule.scope)) {
        let ours = rule.phrases.iter().find(|phrase| other.finds(&Plain::of(phrase)).is_some());
        let theirs = other.phrases.iter().find(|phrase| rule.finds(&Plain::of(phrase)).is_some());
        let says = |found: Rule, phrase: &String| {
            let facts = [
                ("phrase", phrase.as_str().into()),
                ("rule", other.name.as_str().into()),
                ("priority", other.priority.into()),
            ];
            found.says(&facts).at(whole("phrases", phrase))
        };
        if other.priority == rule.priority {
            findings.extend(ours.or(theirs).map(|phrase| says(AUTO_15, phrase)));
        } else if other.priority < rule.priority {
            findings.extend(ours.map(|phrase| says(AUTO_16, phrase)));
        }
    }
    findings
}

/// Rules whose buttons lead to each other and to nothing else: whoever taps goes round without ever getting out.
fn circle(rule: &KeywordRule, known: &Known<'_>) -> Option<Finding> {
    let mut around = BTreeMap::from([(rule.id, rule)]);
    let mut waiting = vec![rule];
    while let Some(one) = waiting.pop() {
        let Action::Reply { buttons, .. } = &one.action else { return None };
        // What ends with an answer, leads to a person or is for whatever else listens is a way out.
        if buttons.is_empty() {
            return None;
        }
        for title in buttons.iter().map(|title| Plain::of(title)) {
            let meets = |other: &&Live<KeywordRule>| other.content.scope.meets(&rule.scope);
            let next =
                known.active.matching(&title).filter(meets).map(|live| &live.content).find(|next| next.id != rule.id);
            let own = rule.finds(&title).is_some().then_some(rule);
            let next = match (own, next) {
                (Some(own), Some(next)) if next.priority < own.priority => next,
                (Some(own), _) => own,
                (None, Some(next)) => next,
                (None, None) => return None,
            };
            if asks_for_a_person(&title) {
                return None;
            }
            if around.insert(next.id, next).is_none() {
                waiting.push(next);
            }
        }
    }
    let names: Vec<&str> = around.values().map(|rule| rule.name.as_str()).collect();
    (names.len() > 1).then(|| AUTO_41.says(&[("names", names.join(", ").into())]).at(whole("action", &rule.name)))
}
