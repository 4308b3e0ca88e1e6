//! What is said to one customer at a time, and how each message is known again when Meta tells of it.

use super::canonical::Hash;
use super::contacts::Language;
use super::ids::{PaymentLinkId, ReplyId};
use super::messages::Content;
use serde::{Deserialize, Serialize};

words! {
    /// Where a reply comes from.
    ReplySource, "source of a reply" {
        /// A request that people or policy approved.
        Request = "request",
        /// A rule, flow or auto-reply that is live.
        Automation = "automation",
        /// A person of the team, with the app on their phone; nobody here approved it.
        App = "app",
    }
}

words! {
    /// What a person decides about a reply in doubt. It is never sent again under the same approval: whoever still wants it
    /// said asks anew, and the window is looked at anew.
    ReplyRuling, "decision" {
        /// It arrived.
        CountAsSent = "count_as_sent",
        /// It did not arrive, and is not sent any more.
        Leave = "leave",
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Saying {
    /// Free text, or what goes with it: only in an open window.
    Message(Content),
    /// A template without variables, as Meta approved it.
    Template {
        /// Its name.
        name: String,
        /// In which language.
        language: Language,
    },
    /// A text with a button that leads to a payment. The address behind it is made at the moment of sending: it is a secret of
    /// the customer's, and stands in no row.
    Payment {
        /// Which link.
        link: PaymentLinkId,
        /// The text.
        body: String,
        /// What stands on the button.
        label: String,
    },
}

/// What caused a reply, beside its source: kept as it was said, for those who ask later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyCause(pub serde_json::Value);

/// Names one attempt at one reply: travels with it as `biz_opaque_callback_data` and comes back in every status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplyToken {
    /// Which reply.
    pub reply: ReplyId,
    /// Which try.
    pub attempt: i16,
}

impl ReplyToken {
    /// As it travels: `r1.<reply>.<attempt>.<mark>`. The mark keeps a token that was mistyped or made up from naming anything.
    #[must_use]
    pub fn to_text(self, secret: &Hash) -> String {
        format!("r1.{}.{}.{}", self.reply.uuid().simple(), self.attempt, self.mark(secret))
    }

    /// Back from a webhook.
    #[must_use]
    pub fn parse(text: &str, secret: &Hash) -> Option<Self> {
        let mut parts = text.split('.');
        let (version, reply, attempt, mark) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "r1" || parts.next().is_some() {
            return None;
        }
        let reply = ReplyId::from_uuid(uuid::Uuid::try_parse(reply).ok()?);
        let token = Self { reply, attempt: attempt.parse().ok()? };
        (token.mark(secret) == mark).then_some(token)
    }

    fn mark(self, secret: &Hash) -> String {
        use hmac::{Hmac, KeyInit, Mac};
        let Ok(mut mac) = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(secret) else { return String::new() };
        mac.update(b"reply");
        mac.update(self.reply.uuid().as_bytes());
        mac.update(&self.attempt.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        hex::encode(tag.get(..6).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_and_a_forged_one_names_nothing() {
        let secret = [7; 32];
        let token = ReplyToken { reply: ReplyId::random(), attempt: 2 };
        let text = token.to_text(&secret);
        assert_eq!(ReplyToken::parse(&text, &secret), Some(token));
        assert_eq!(ReplyToken::parse(&text, &[8; 32]), None);
        assert_eq!(ReplyToken::parse(&text.replace(".2.", ".3."), &secret), None);
        for text in ["", "r1", "r1...", &format!("{text}.x"), &text.replace("r1", "v1")] {
            assert_eq!(ReplyToken::parse(text, &secret), None, "{text}");
        }
    }
}
