//! Labels on people and conversations: what one may be called, and that none may stand for a consent.

use crate::domain::automation::phrases::{MatchKind, Plain};
use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::text::{mixed_words, refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most characters of a label.
pub const TAG_LENGTH: usize = 64;

/// What a label says that only a record of consent may say, in English, traditional and simplified Chinese. Segments would find
/// people by it as if they had agreed.
const CONSENT: &[&str] = &[
    "consent",
    "consents",
    "consented",
    "consenting",
    "opt in",
    "opts in",
    "opted in",
    "optin",
    "optedin",
    "double optin",
    "subscribed",
    "subscriber",
    "subscribers",
    "agreed",
    "agrees",
    "permission",
    "permitted",
    "authorised",
    "authorized",
    "allow marketing",
    "allows marketing",
    "allow promo",
    "allow promotions",
    "accepts marketing",
    "accept marketing",
    "accepted marketing",
    "marketing ok",
    "marketing okay",
    "marketing yes",
    "marketing allowed",
    "ok to contact",
    "ok to market",
    "may contact",
    "can contact",
    "may market",
    "can market",
    "gdpr ok",
    "pdpo ok",
    "同意",
    "訂閱",
    "订阅",
    "授權",
    "授权",
    "許可",
    "许可",
    "允許",
    "允许",
    "願意接收",
    "愿意接收",
    "接受推廣",
    "接受推广",
    "接受宣傳",
    "接受宣传",
    "接收推廣",
    "接收推广",
    "可推廣",
    "可推广",
    "可聯絡",
    "可联系",
    "可促銷",
    "可促销",
];

/// Labels that are put on people or conversations, or taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagPlan {
    /// On whom.
    pub contacts: BTreeSet<ContactId>,
    /// On what.
    pub conversations: BTreeSet<ConversationId>,
    /// To be put on.
    pub apply: BTreeSet<String>,
    /// To be taken away.
    pub remove: BTreeSet<String>,
    /// Whether segments found people by one of them when it was worked out.
    pub depends: bool,
}

impl TagPlan {
    /// Whether it is about more than one.
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        self.contacts.len() + self.conversations.len() > 1
    }
}

/// The word by which a label would pass for a consent; none if it does not.
#[must_use]
pub fn stands_for_consent(tag: &str) -> Option<&'static str> {
    let plain = Plain::of(tag);
    CONSENT.iter().copied().find(|phrase| MatchKind::Phrase.finds(&Plain::of(phrase), &plain))
}

/// What is wrong with a label; none if it may be put on.
#[must_use]
pub fn fault(tag: &str) -> Option<String> {
    let length = tag.chars().count();
    if !(1..=TAG_LENGTH).contains(&length) || tag.trim() != tag || tag.chars().any(char::is_control) {
        return Some(format!("a label has 1 to {TAG_LENGTH} characters, in one line and without space around it"));
    }
    if let Some(hidden) = refused(tag, "en").first() {
        return Some(format!("leave out {}", hidden.name()));
    }
    // A letter of another alphabet would make it another label than the one that people read, or hide what it says.
    mixed_words(tag).first().map(|(_, word)| format!("\"{word}\" mixes letters of several alphabets"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_label_does_not_stand_for_a_consent_in_any_spelling() {
        for tag in [
            "consent",
            "Marketing-Consent",
            "OPT_IN",
            "opt.in 2026",
            "ｏｐｔ－ｉｎ",
            "newsletter subscriber",
            "vip:opted-in",
            "已同意",
            "同意推廣",
            "已订阅",
            "願意接收優惠",
            "可推广",
        ] {
            assert!(stands_for_consent(tag).is_some(), "{tag}");
        }
        for tag in
            ["vip", "option-b", "adopting", "winter-fair", "unsubscribed", "會員", "可退貨", "content", "complaint"]
        {
            assert_eq!(stands_for_consent(tag), None, "{tag}");
        }
    }

    #[test]
    fn what_cannot_be_read_as_it_is_written_is_no_label() {
        for tag in ["", " vip", "vip ", "v\u{200b}ip", "a\nb", "vip\u{202e}", "c\u{43e}nsent"] {
            assert!(fault(tag).is_some(), "{tag:?}");
        }
        assert!(fault(&"x".repeat(TAG_LENGTH + 1)).is_some());
        for tag in ["vip", "冬季 2026", "a-b_c:d"] {
            assert_eq!(fault(tag), None, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn signs_around_the_word_do_not_hide_it(
            at in 0..CONSENT.len(), before in "[a-z]{0,5}", sign in "[-_.:/ ]{1,3}", upper in any::<bool>(),
        ) {
            let word = CONSENT[at].replace(' ', &sign);
            let tag = format!("{before}{sign}{}{sign}2026", if upper { word.to_uppercase() } else { word });
            prop_assert!(stands_for_consent(&tag).is_some(), "{tag}");
        }
    }
}
