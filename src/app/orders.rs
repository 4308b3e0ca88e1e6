//! Who keeps orders and where they are paid, from the settings.

use crate::config::Settings;
use crate::order_source::{self, OrderSource};
use crate::tools::Secrets;
use crate::tools::orders::Orders;
use anyhow::Context as _;

/// Opens what orders need.
pub fn open(settings: &Settings, secrets: &Secrets) -> anyhow::Result<Orders> {
    let (url, variable) = (&settings.orders.source_url, &settings.orders.source_secret_env);
    let (payment_url, unplaced_after) = (settings.orders.payment_url()?, settings.orders.unplaced_after);
    if url.is_empty() {
        return Ok(Orders { source: None, unplaced_after, payment_url });
    }
    let secret = secrets(variable).with_context(|| {
        format!("the environment variable {variable} (orders.source_secret_env) is empty, and every call to orders.source_url is signed with it")
    })?;
    let source = OrderSource::new(&order_source::Settings::at(url), secret)?;
    Ok(Orders { source: Some(source), unplaced_after, payment_url })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::domain::orders::SourceKind;
    use crate::domain::secret::Secret;
    use std::sync::Arc;

    fn opened(file: &str, secret: Option<&'static str>) -> anyhow::Result<Orders> {
        let secrets: Secrets = Arc::new(move |_| secret.map(Secret::new));
        open(&config::load(None, file, &[]).unwrap(), &secrets)
    }

    #[test]
    fn another_source_needs_its_address_and_its_secret() {
        let elsewhere = "[orders]\nsource_url = \"https://orders.example/v1\"";
        assert_eq!(opened("", None).unwrap().kind(), SourceKind::Catalogue);
        assert_eq!(opened(elsewhere, Some("hush")).unwrap().kind(), SourceKind::Connector);
        let refused = opened(elsewhere, None).unwrap_err().to_string();
        assert!(refused.contains("COUNTERSIGN_ORDERS_SECRET"), "{refused}");
        assert!(opened("[orders]\nsource_url = \"orders.example\"", Some("hush")).is_err());
    }
}
