//! Labels on people and conversations: what one may be called, and that none may stand for a consent.

use crate::domain::ids::{ContactId, ConversationId};
use crate::domain::lexicon::{Lexicon, Reading};
use crate::domain::text::{mixed_words, refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The most characters of a label.
pub const TAG_LENGTH: usize = 64;

/// What a label says that only a record of consent may say. Segments would find people by it as if they had agreed. Chinese stands
/// here as the mainland writes it; either way of writing is found.
const CONSENT: &[&str] = &[
    "consent|consents|consented|consenting",
    "opt|opts|opted|opting in",
    "optin|optins|optedin",
    "subscribed|subscriber|subscribers|subscribes|subscription|subscriptions",
    "agree|agrees|agreed",
    "permission|permissions|permitted",
    "authorised|authorized|authorises|authorizes",
    "gdpr|pdpo|ccpa|tcpa ok|okay|yes|compliant|cleared|signed",
    "ok|okay|fine|free|happy|willing|good to contact|message|market|send|text|whatsapp|email|mail|call|promote|reach|hear",
    "may|can contact|message|market|text|whatsapp|send|promote|broadcast",
    "may|can be contacted|messaged|marketed|texted",
    "contactable|marketable|messageable",
    "reachable for|by marketing|promo|promos|promotion|promotions|offers|whatsapp",
    "wants|want|wanted|likes|accepts|accept|accepted|accepting|allows|allow|allowed|receives|receive|receiving|gets|welcomes|okays|\
     okayed|approves|approved|requests|requested|ok|okay|yes … marketing|promo|promos|promotion|promotions|promotional|offer|offers|\
     deals|ads|advertising|adverts|newsletter|newsletters|broadcast|broadcasts|messages|msgs|whatsapp|campaigns|mailings",
    "marketing|promo|promos|promotion|promotions|promotional|offer|offers|deals|ads|advertising|newsletter|newsletters|broadcast|\
     broadcasts|message|messages|messaging|msg|msgs|whatsapp|wa|sms|contact|mailing|mailings|campaign|campaigns \
     ok|okay|yes|y|allowed|allow|accepted|approved|wanted|welcome|granted|enabled|true|given|confirmed|fine",
    "同意",
    "订阅",
    "授权",
    "许可",
    "允许",
    "准许",
    "愿意 … 收|接收|接受|联络|联系",
    "愿收",
    "接受|接收|收取|想收|想要|要收|乐意收 … 推广|宣传|优惠|促销|营销|广告|讯息|消息|信息|资讯|通讯|短讯|推送",
    "可|可以|能 推广|宣传|促销|营销|联络|联系|发送|群发|推送|传讯|发讯息|发消息|whatsapp",
    "推广|宣传|促销|营销|优惠|广告|讯息|消息|whatsapp|群发|推送 ok|okay|yes|可|可以|已确认|接受|无妨|没问题",
    "已登记 … 优惠|推广|资讯",
];

static STANDS_FOR_CONSENT: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::of(&[CONSENT]));

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

/// The words by which a label would pass for a consent; none if it does not.
#[must_use]
pub fn stands_for_consent(tag: &str) -> Option<String> {
    STANDS_FOR_CONSENT.found(&Reading::of(tag)).into_iter().next().map(|said| said.words)
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
            "promo ok",
            "promo:OK!",
            "OK promo",
            "wants offers",
            "wants our weekly offers",
            "WhatsApp-allowed",
            "whatsapp_yes",
            "wa ok",
            "ok to message",
            "OK2024 ok-to-text",
            "may be contacted",
            "marketing: y",
            "accepts broadcasts",
            "happy to hear",
            "已同意",
            "同意推廣",
            "已订阅",
            "願意接收優惠",
            "接收優惠",
            "接受推廣訊息",
            "想收最新優惠",
            "可推广",
            "可WhatsApp",
            "推廣OK",
            "優惠：可",
        ] {
            assert!(stands_for_consent(tag).is_some(), "{tag}");
        }
        for tag in [
            "vip",
            "option-b",
            "adopting",
            "winter-fair",
            "unsubscribed",
            "會員",
            "可退貨",
            "content",
            "complaint",
            "special offer 2025",
            "offer holder",
            "no marketing",
            "do not contact",
            "promo code used",
            "message the manager",
            "order ok",
            "refund allowed",
            "canned tea",
            "優惠券客戶",
            "已退訂",
            "可取貨",
            "接受訂單",
            "推廣拒收",
        ] {
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
            word in prop::sample::select(vec!["consent", "opted in", "ok to message", "promo ok", "同意", "接收優惠"]),
            before in "[a-z]{0,5}", sign in "[-_.:/ ]{1,3}", upper in any::<bool>(),
        ) {
            let word = word.replace(' ', &sign);
            let tag = format!("{before}{sign}{}{sign}2026", if upper { word.to_uppercase() } else { word });
            prop_assert!(stands_for_consent(&tag).is_some(), "{tag}");
        }
    }
}
