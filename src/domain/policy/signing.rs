//! Whose signature each write takes: one table, by which requests are decided and which agents can read.

use super::signatures::{one_signature, two_signatures};
use crate::domain::requests::Quorum;

/// How many people must sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nobody,
    One,
    Two,
}

/// When a request of these tools takes which signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningRule {
    /// By which a request names the rule that was applied to it.
    pub id: &'static str,
    /// The write tools that it is about.
    pub tools: &'static [&'static str],
    /// Which of their requests. `{people}` and `{cost}` stand for limits of the policy.
    pub when: &'static str,
    takes: Takes,
}

impl SigningRule {
    /// Who must sign.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        match self.takes {
            Takes::Nobody => Quorum::nobody(self.id),
            Takes::One => one_signature(self.id),
            Takes::Two => two_signatures(self.id),
        }
    }
}

macro_rules! signing {
    ($($name:ident = $takes:ident $id:literal [$($tool:literal),+] $when:literal;)*) => {
        $(#[doc = $when]
        pub(super) const $name: SigningRule =
            SigningRule { id: $id, tools: &[$(concat!("whatsapp.", $tool)),+], when: $when, takes: Takes::$takes };)*
        /// All of them, tool by tool. Of those of one tool, the first that fits counts.
        pub const SIGNING: &[SigningRule] = &[$($name,)*];
    };
}

signing! {
    SIGN_00 = Nobody "SIGN-00" ["broadcast.create"]
        "a broadcast that is stored as a draft, without a schedule";
    SIGN_02 = Two "SIGN-02" ["broadcast.create", "broadcast.schedule"]
        "a broadcast to be sent to more than {people} people";
    SIGN_03 = Two "SIGN-03" ["broadcast.create", "broadcast.schedule"]
        "a broadcast to be sent that costs more than {cost}, or whose cost is in another currency";
    SIGN_01 = One "SIGN-01" ["broadcast.create", "broadcast.schedule"]
        "any other broadcast to be sent";
    SIGN_04 = One "SIGN-04" ["contact.import"]
        "a list of contacts to be imported";
    SIGN_05 = One "SIGN-05" ["segment.upsert"]
        "a segment from which a broadcast that waits or runs was drawn, or that takes in all or nearly all people, or whose name looks like another's";
    SIGN_06 = Nobody "SIGN-06" ["segment.upsert"]
        "any other segment";
    SIGN_07 = One "SIGN-07" ["session_message.send"]
        "an answer that speaks of money or health, promises something, leads elsewhere or carries a file";
    SIGN_08 = Nobody "SIGN-08" ["session_message.send"]
        "any other answer within the 24-hour window";
    SIGN_20 = One "SIGN-20" ["contact.upsert"]
        "a known contact gets another number, user id or name, or is confirmed to be who holds the number";
    SIGN_21 = Nobody "SIGN-21" ["contact.upsert"]
        "any other change of one contact, and a new one";
    SIGN_22 = Two "SIGN-22" ["consent.update"]
        "an opt-out or a withdrawal that is taken back, with what the customer did after it";
    SIGN_23 = One "SIGN-23" ["consent.update"]
        "consent or opt-outs of more than one contact";
    SIGN_24 = Nobody "SIGN-24" ["consent.update"]
        "consent or an opt-out of one contact";
    SIGN_25 = One "SIGN-25" ["tag.apply"]
        "more than one contact is labelled, and a segment finds people by one of the labels";
    SIGN_26 = Nobody "SIGN-26" ["tag.apply"]
        "any other labelling";
    SIGN_27 = One "SIGN-27" ["conversation.assign", "conversation.close"]
        "more than one conversation, a restricted queue that gives or takes, or a conversation to be closed that is about a complaint or a payment, is escalated, or waits for an answer";
    SIGN_28 = Nobody "SIGN-28" ["conversation.assign", "conversation.close"]
        "any other conversation to be given or closed";
    SIGN_32 = One "SIGN-32" ["auto_reply.enable"]
        "an auto-reply that is switched on, switched off, or changed while it is on";
    SIGN_31 = One "SIGN-31" ["keyword_rule.upsert"]
        "a keyword rule that is switched on, switched off, or changed while it is on";
    SIGN_30 = One "SIGN-30" ["flow.upsert", "auto_reply.enable"]
        "a flow or an auto-reply that is live or becomes live, drafts of it included";
    SIGN_33 = Nobody "SIGN-33" ["flow.upsert", "keyword_rule.upsert", "auto_reply.enable"]
        "a draft of what is not live";
    SIGN_17 = One "SIGN-17" ["webhook.retry"]
        "more than one event, or one that changes more than the log";
    SIGN_18 = Nobody "SIGN-18" ["webhook.retry"]
        "one event that changes nothing but the log";
    SIGN_35 = One "SIGN-35" ["order.create_from_chat"]
        "an order to be made";
    SIGN_36 = One "SIGN-36" ["payment_link.send"]
        "a payment link to be sent";
    SIGN_40 = Nobody "SIGN-40" ["template_draft.upsert"]
        "a draft of a template that is only worked on";
    SIGN_41 = One "SIGN-41" ["template_draft.upsert"]
        "a draft of a template that is marked as ready for Meta or for customers";
    SIGN_42 = One "SIGN-42" ["template.submit"]
        "a template to be submitted to Meta";
    SIGN_43 = Nobody "SIGN-43" ["media_asset.upload"]
        "a file to be kept, which goes nowhere by that: what it is used in is signed";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_rule_has_an_id_and_a_sentence_of_its_own() {
        let ids: BTreeSet<&str> = SIGNING.iter().map(|rule| rule.id).collect();
        let sentences: BTreeSet<&str> = SIGNING.iter().map(|rule| rule.when).collect();
        assert_eq!((ids.len(), sentences.len()), (SIGNING.len(), SIGNING.len()));
        for rule in SIGNING {
            assert_eq!(rule.quorum().rule, rule.id);
            assert_eq!(rule.quorum().needs_people(), rule.takes != Takes::Nobody, "{}", rule.id);
        }
    }
}
