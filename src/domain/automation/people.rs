//! How customers ask for a person. Whatever else automation does, these words end it.

use super::phrases::Plain;
use std::sync::LazyLock;

/// What people call whom they want to talk to, the longest first where one holds another.
const WORDS: &[&str] = &[
    "customer service representative",
    "customer service",
    "customer support",
    "representative",
    "operator",
    "someone real",
    "somebody real",
    "human being",
    "humans",
    "human",
    "agents",
    "agent",
    "person",
    "staff",
    "真人客服",
    "人工客服",
    "人工服務",
    "人工服务",
    "客服人員",
    "客服人员",
    "客戶服務",
    "客户服务",
    "真人",
    "人工",
    "客服",
];

/// The same as they are compared.
static PLAIN_WORDS: LazyLock<Vec<Plain>> = LazyLock::new(|| WORDS.iter().map(|word| Plain::of(word)).collect());

/// What may stand around such a word; anything else makes the message one about something else.
const AROUND: &[&str] = &[
    "a", "an", "the", "to", "with", "i", "id", "im", "me", "my", "you", "your", "we", "want", "wanna", "need", "would",
    "like", "can", "could", "may", "please", "pls", "plz", "hi", "hello", "talk", "speak", "chat", "connect",
    "transfer", "get", "give", "is", "there", "any", "real", "live", "now", "service", "support", "for", "let", "have",
    "some",
];

/// The same in Chinese, character by character.
const AROUND_CHINESE: &str = "我你您想要找同跟和與与請请轉转接搵聯联絡络系繫有冇沒没嗎吗呢可以能不唔該该一個个位講讲傾倾說说話话聊下呀啊啦吧先幫帮手需麻煩烦快點点直用叫派人員员";

/// Whether the whole message asks for a person and for nothing else.
#[must_use]
pub fn asks_for_a_person(text: &Plain) -> bool {
    PLAIN_WORDS.iter().any(|word| {
        let wanted = word.words();
        let mut places = text.words().windows(wanted.len().max(1)).enumerate().filter(|(_, some)| *some == wanted);
        places.any(|(at, _)| {
            let rest = text.words().iter().enumerate().filter(|(i, _)| *i < at || *i >= at + wanted.len());
            rest.map(|(_, word)| word.as_str()).all(is_around)
        })
    })
}

fn is_around(word: &str) -> bool {
    AROUND.contains(&word) || AROUND_CHINESE.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_asked_for_in_many_words() {
        for text in [
            "human",
            "HUMAN!!",
            "Agent",
            "agent please",
            "I want to talk to a human",
            "can I speak with a real person?",
            "Customer service",
            "真人",
            "客服",
            "人工",
            "轉人工",
            "转人工客服",
            "我想搵真人傾",
            "請幫我轉接客服人員",
            "有没有真人？",
            "我要找客服",
        ] {
            assert!(asks_for_a_person(&Plain::of(text)), "{text}");
        }
    }

    #[test]
    fn to_name_a_person_is_not_to_ask_for_one() {
        for text in [
            "",
            "please",
            "我想要",
            "travel agent prices",
            "is this tea good for a person with diabetes",
            "人工智能",
            "真人秀幾點",
            "客服電話幾多號",
            "human resources",
            "two-person tent",
        ] {
            assert!(!asks_for_a_person(&Plain::of(text)), "{text}");
        }
    }
}
