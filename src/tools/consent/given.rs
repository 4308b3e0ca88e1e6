//! What an agent says that is to be written into the ledger of consent.

use crate::domain::clock::Timestamp;
use crate::domain::consent::update::{ConsentChange, CustomerAct, Stop};
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::import::{GivenConsent, date};
use crate::error::{Error, Result};
use crate::tools::reading::Text;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What is to be written down.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GivenChange {
    /// They agreed.
    Grant(GivenConsent),
    /// They took back what they agreed to.
    Withdraw(GivenWithdrawal),
    /// They are not to be written to any more.
    OptOut(GivenStop),
    /// The contact said no, and says yes again.
    Reverse(GivenReversal),
}

/// Something that is taken back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenWithdrawal {
    /// To what.
    category: MessageCategory,
    /// How it was said.
    source: ConsentSource,
    /// Where the proof lies, if there is any.
    #[serde(default)]
    evidence: Option<Text<200>>,
    /// When: 2026-11-20, or a time with its offset; now, if it is left out.
    #[serde(default)]
    date: Option<Text<40>>,
}

/// What stops.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenStop {
    /// What the person wants no more, or what the business decides.
    of: Stop,
    /// How it was said.
    source: ConsentSource,
    /// Where the proof lies, if there is any.
    #[serde(default)]
    evidence: Option<Text<200>>,
}

/// What takes a no back. Name either the message or the form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenReversal {
    /// What the customer agreed to again, in their own words. What is not named stays refused.
    #[schemars(length(min = 1))]
    categories: BTreeSet<MessageCategory>,
    /// Meta's id of the customer's message that says so, written after the no.
    #[serde(default)]
    inbound_message_id: Option<Text<256>>,
    /// The form that the customer signed after the no.
    #[serde(default)]
    signed_form: Option<GivenForm>,
}

/// A form that the customer signed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenForm {
    /// Where it lies.
    reference: Text<200>,
    /// When it was signed: a time with its offset, or a day, which counts from its first moment in UTC.
    date: Text<40>,
}

impl GivenChange {
    /// What it comes to, or what is wrong with it.
    pub fn read(&self, now: Timestamp) -> Result<ConsentChange> {
        let bad = |place: &str, why: &dyn std::fmt::Display| Error::Invalid(format!("change.{place}: {why}"));
        let text = |text: &Option<Text<200>>| text.as_ref().map(|text| text.as_str().trim().to_owned());
        match self {
            Self::Grant(given) => given.read(now).map(ConsentChange::Grant).map_err(|why| bad("grant", &why)),
            Self::Withdraw(given) => Ok(ConsentChange::Withdraw {
                category: given.category,
                source: given.source,
                evidence: text(&given.evidence).filter(|text| !text.is_empty()),
                given_at: match &given.date {
                    Some(day) => date(day.as_str().trim(), now).map_err(|why| bad("withdraw.date", &why))?,
                    None => now,
                },
            }),
            Self::OptOut(given) => Ok(ConsentChange::OptOut {
                of: given.of,
                source: given.source,
                evidence: text(&given.evidence).filter(|text| !text.is_empty()),
            }),
            Self::Reverse(given) => {
                if given.categories.is_empty() {
                    return Err(bad("reverse.categories", &"name what the customer agreed to"));
                }
                let act = match (&given.inbound_message_id, &given.signed_form) {
                    (Some(id), None) => CustomerAct::Message { wamid: id.as_str().trim().to_owned() },
                    (None, Some(form)) if !form.reference.as_str().trim().is_empty() => CustomerAct::Form {
                        reference: form.reference.as_str().trim().to_owned(),
                        signed_at: date(form.date.as_str().trim(), now)
                            .map_err(|why| bad("reverse.signed_form.date", &why))?,
                    },
                    _ => {
                        return Err(bad(
                            "reverse",
                            &"name either inbound_message_id or signed_form, with its reference",
                        ));
                    }
                };
                Ok(ConsentChange::Reverse { categories: given.categories.clone(), act })
            }
        }
    }
}
