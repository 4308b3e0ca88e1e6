//! What can be set of orders and payments.

use super::ConfigError;
use crate::domain::orders::PaymentUrl;
use serde::Deserialize;

/// What customers order and how they pay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// Another system that keeps products and orders; empty for the built-in catalogue.
    pub source_url: String,
    /// The variable with the secret that signs the calls to it.
    pub source_secret_env: String,
    /// Where customers pay; empty for nowhere.
    payment_url: String,
}

impl Orders {
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
}
