//! How the account stands with Meta: restrictions, bans, reviews, and what they do to sends.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::problem::Problem;
use crate::domain::clock::Timestamp;

/// What a restricted account may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forbidden {
    /// Messages outside the window.
    #[serde(rename = "RESTRICTED_BIZ_INITIATED_MESSAGING")]
    Beginning,
    /// Messages inside the window.
    #[serde(rename = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")]
    Answering,
    #[serde(rename = "RESTRICTED_ADD_PHONE_NUMBER_ACTION")]
    AddingNumbers,
    #[serde(rename = "RESTRICTED_UTILITY_TEMPLATES")]
    Utility,
    #[serde(rename = "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES")]
    DirectUtility,
}

/// Sends without a template outside the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectSend {
    #[default]
    Disabled,
    Enabled,
    /// For misuse.
    Blocked,
}

/// The account, as far as Meta has an opinion of it.
#[derive(Default)]
pub struct Account {
    /// Every send fails with this code.
    pub blocked_with: Option<u32>,
    /// Until when what is forbidden.
    pub restrictions: Vec<(Forbidden, Timestamp)>,
    pub banned: bool,
    /// None while it was never questioned.
    pub review: Option<Review>,
    pub direct_send: DirectSend,
    /// Marketing goes by `/marketing_messages` only.
    pub marketing_disabled: bool,
    /// Template analytics were switched on; that cannot be undone.
    pub insights: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Review {
    Approved,
    Rejected,
    Pending,
    Deferred,
}

/// What one send is, as far as restrictions look at it.
#[derive(Clone, Copy)]
pub struct Weight {
    pub category: &'static str,
    pub window: bool,
    pub direct: bool,
}

impl Account {
    fn forbids(&self, what: Forbidden, now: Timestamp) -> bool {
        self.restrictions.iter().any(|(forbidden, until)| *forbidden == what && now < *until)
    }

    /// May the account send at all?
    pub fn admit(&self) -> Result<(), Problem> {
        if let Some(code) = self.blocked_with {
            return Err(Problem::bare(code));
        }
        if self.banned {
            return Err(Problem::new(131_031, "The account has been disabled for a violation of policy"));
        }
        if self.review == Some(Review::Rejected) {
            return Err(Problem::new(368, "The review of the account ended with a rejection"));
        }
        Ok(())
    }

    /// May it send this?
    pub fn allow(&self, weight: Weight, now: Timestamp) -> Result<(), Problem> {
        let Weight { category, window, direct } = weight;
        if direct {
            match self.direct_send {
                DirectSend::Disabled => {
                    return Err(Problem::parameter("Direct Send is not enabled for this account"));
                }
                DirectSend::Blocked => {
                    return Err(Problem::new(139_200, "Access to Direct Send is blocked for this account"));
                }
                DirectSend::Enabled if self.forbids(Forbidden::DirectUtility, now) => {
                    return Err(Problem::new(131_064, "Utility messages are restricted because of misuse"));
                }
                DirectSend::Enabled => {}
            }
        }
        if category == "utility" && self.forbids(Forbidden::Utility, now) {
            return Err(Problem::new(131_064, "Utility templates are restricted because of misuse"));
        }
        let forbidden = if window { Forbidden::Answering } else { Forbidden::Beginning };
        if self.forbids(forbidden, now) {
            return Err(Problem::new(368, "The account is restricted from sending this message"));
        }
        Ok(())
    }

    /// `AVAILABLE`, `LIMITED` or `BLOCKED`, with the reasons.
    pub fn health(&self, waba_id: &str, now: Timestamp) -> (&'static str, Value) {
        let limited: Vec<Value> = self
            .restrictions
            .iter()
            .filter(|(_, until)| now < *until)
            .map(|(what, until)| format!("{} until {until}", json!(what).as_str().unwrap_or_default()).into())
            .collect();
        let word = match self.admit() {
            Err(_) => "BLOCKED",
            Ok(()) if limited.is_empty() => "AVAILABLE",
            Ok(()) => "LIMITED",
        };
        let mut entity = json!({"entity_type": "WABA", "id": waba_id, "can_send_message": word});
        if let Some(fields) = entity.as_object_mut() {
            if let Err(problem) = self.admit() {
                let error = json!({"error_code": problem.code, "error_description": problem.title(),
                    "possible_solution": "See the account's quality page"});
                fields.insert("errors".into(), json!([error]));
            } else if !limited.is_empty() {
                fields.insert("additional_info".into(), limited.into());
            }
        }
        (word, entity)
    }

    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.banned {
            "DISABLED"
        } else if self.health("", now).0 == "AVAILABLE" {
            "ACTIVE"
        } else {
            "RESTRICTED"
        }
    }

    pub fn summary(&self) -> Value {
        let restrictions: Vec<Value> =
            self.restrictions.iter().map(|(what, until)| json!({"type": what, "until": until.to_string()})).collect();
        json!({"blocked_with": self.blocked_with, "restrictions": restrictions, "banned": self.banned,
            "review": self.review, "direct_send": self.direct_send, "marketing_disabled": self.marketing_disabled})
    }
}
