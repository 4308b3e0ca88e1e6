//! What can be set of orders and payments.

use super::{ConfigError, duration};
use crate::domain::orders::PaymentUrl;
use serde::Deserialize;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Nobody is asked about an order before its source could have come back, and none is left alone for longer than this.
const UNPLACED: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(30 * 24);

/// What customers order and how they pay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// Another system that keeps products and orders; empty for the built-in catalogue.
    pub source_url: String,
    /// The variable with the secret that signs the calls to it.
    pub source_secret_env: String,
    /// How long an order may wait for that system before people are asked.
    #[serde(deserialize_with = "duration")]
    pub unplaced_after: Duration,
    /// Where customers pay; empty for nowhere.
    payment_url: String,
}

impl Orders {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if UNPLACED.contains(&self.unplaced_after) {
            return self.payment_url().map(drop);
        }
        Err(ConfigError::Value("orders.unplaced_after: write a time from 1m to 30 days (720h)".to_owned()))
    }

    /// Where customers pay, if anywhere.
    pub fn payment_url(&self) -> Result<Option<PaymentUrl>, ConfigError> {
        let set = Some(self.payment_url.as_str()).filter(|url| !url.is_empty());
        set.map(PaymentUrl::parse).transpose().map_err(|e| ConfigError::Value(format!("orders.payment_url: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;

    #[test]
    fn an_address_that_nobody_could_pay_at_is_refused_at_the_start() {
        let url = |text: &str| format!("[orders]\npayment_url = {text:?}");
        assert!(load(None, "", &[]).unwrap().orders.payment_url().unwrap().is_none());
        assert!(load(None, &url("https://pay.example/{order}"), &[]).unwrap().orders.payment_url().unwrap().is_some());
        let refused = load(None, &url("http://pay.example/{order}"), &[]).unwrap_err().to_string();
        assert!(refused.contains("orders.payment_url: customers pay over https only"), "{refused}");
    }

    #[test]
    fn an_order_waits_for_a_minute_at_least_and_a_month_at_most() {
        for (text, fits) in [("30s", false), ("1m", true), ("24h", true), ("720h", true), ("721h", false)] {
            assert_eq!(load(None, &format!("[orders]\nunplaced_after = {text:?}"), &[]).is_ok(), fits, "{text}");
        }
    }
}
