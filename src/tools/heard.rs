//! What a customer said, for whoever reads it before something is done: without what could give anybody away.

use crate::domain::redact::scrub;
use crate::domain::webhooks::{Cart, CartItem};
use crate::store::conversations::Line;

/// The words of a customer's message, without what could give anybody away; of a cart, what is in it.
pub fn said(line: &Line) -> Option<String> {
    let words = line.text.as_deref().map(scrub);
    let taken_back = line.revoked_at.is_some();
    let details = line.details.as_ref().filter(|_| line.kind == "order" && !taken_back);
    let cart: Option<Cart> = details.and_then(|details| serde_json::from_value(details.clone()).ok());
    let Some(cart) = cart else { return words };
    let item = |item: &CartItem| {
        let price = item.currency.iter().chain(&item.price).cloned().collect::<Vec<_>>().join(" ");
        let price = if price.is_empty() { price } else { format!(" ({price})") };
        scrub(&format!("{} × {}{price}", item.quantity, item.product_id))
    };
    Some(words.into_iter().chain(cart.items.iter().map(item)).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use serde_json::json;

    #[test]
    fn of_a_cart_its_items_are_read() {
        let line = |kind: &str, text: Option<&str>, revoked_at| Line {
            wamid: "wamid.1".into(),
            kind: kind.into(),
            text: text.map(str::to_owned),
            details: Some(json!({"catalog_id": null, "text": null, "items": [
                {"product_id": "oolong", "quantity": 2, "price": "118.00", "currency": "HKD"},
                {"product_id": "jasmine", "quantity": 1, "price": null, "currency": null},
            ]})),
            context: None,
            sent_at: Timestamp::default(),
            edited_at: None,
            revoked_at,
        };
        let cart = "2 × oolong (HKD 118.00)\n1 × jasmine";
        assert_eq!(said(&line("order", None, None)).as_deref(), Some(cart));
        assert_eq!(said(&line("order", Some("Today"), None)), Some(format!("Today\n{cart}")));
        assert_eq!(said(&line("text", Some("Call 9123 4567"), None)).as_deref(), Some("Call …67"));
        assert_eq!(said(&line("order", None, Some(Timestamp::default()))), None, "taken back");
    }
}
