//! Where customers pay: the address of the payment provider, with places for what is to be paid.

use super::{Order, Price, Standing};
use std::fmt::Write as _;
use url::{Host, Url};

/// The places.
const PLACES: [&str; 4] = ["order", "amount", "minor", "currency"];

/// An address with places in it, checked once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentUrl {
    template: String,
    origin: String,
}

/// Why a text is no such address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: write it as https://pay.example.com/checkout?ref={{order}}&amount={{amount}}&currency={{currency}}")]
pub struct BadPaymentUrl(&'static str);

impl PaymentUrl {
    /// Reads it. What is filled in can change neither the host nor anything before it.
    pub fn parse(template: &str) -> Result<Self, BadPaymentUrl> {
        let url =
            Url::parse(&fill(template, |_| Some("0".to_owned())).ok_or(BadPaymentUrl("it has an unknown place"))?)
                .map_err(|_| BadPaymentUrl("it is no address"))?;
        let here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => return Err(BadPaymentUrl("it names no host")),
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(BadPaymentUrl("customers pay over https only"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadPaymentUrl("it must not hold a user or password"));
        }
        let origin = url.origin().ascii_serialization();
        // As it is written, so that no place stands where the host does.
        let rest = template.strip_prefix(&origin).filter(|rest| rest.starts_with(['/', '?']));
        if rest.is_none() {
            return Err(BadPaymentUrl("before its path it is not written plainly and in small letters"));
        }
        if !template.contains("{order}") {
            return Err(BadPaymentUrl("it does not say {order}, so that nobody would know what is paid"));
        }
        Ok(Self { template: template.to_owned(), origin })
    }

    /// Scheme, host and port: where pages may lead.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Where this order is paid; `None` where the source does not have it.
    #[must_use]
    pub fn of(&self, order: &Order, amount: Price) -> Option<String> {
        let Standing::Placed(id) = &order.standing else { return None };
        fill(&self.template, |place| match place {
            "order" => Some(id.as_str().to_owned()),
            "amount" => Some(amount.amount()),
            "minor" => Some(amount.minor().to_string()),
            "currency" => Some(amount.currency().to_string()),
            _ => None,
        })
    }
}

/// Fills the places, escaped so that each value stays one value; `None` where a place is none of ours.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, behind) = after.split_once('}')?;
        filled.push_str(before);
        let value = PLACES.contains(&place).then(|| value(place)).flatten()?;
        for byte in value.bytes() {
            match byte {
                b if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') => filled.push(char::from(b)),
                b => write!(filled, "%{b:02X}").ok()?,
            }
        }
        rest = behind;
    }
    filled.push_str(rest);
    (!rest.contains('}')).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
    use crate::domain::contacts::ContactNo;
    use crate::domain::ids::{ConversationId, OrderId, RequestId};
    use crate::domain::money::Currency;
    use crate::domain::orders::{Basket, Item, SourceKind, SourceOrderId};

    #[test]
    fn values_fill_their_places_and_nothing_else() {
        let price = Price::of_minor(Currency::HKD, 11_800).unwrap();
        let item =
            Item { product: "oolong".parse().unwrap(), name: "Oolong".into(), quantity: 1.try_into().unwrap(), price };
        let order = Order {
            id: OrderId::random(),
            contact: ContactNo(1),
            conversation: ConversationId::random(),
            request: RequestId::random(),
            basket: Basket::new(vec![item]).unwrap(),
            note: None,
            source: SourceKind::Connector,
            standing: Standing::Placed(SourceOrderId::try_from("S/1&a=b?#{amount}".to_owned()).unwrap()),
            created_at: Timestamp::from_seconds(0),
        };
        let url = PaymentUrl::parse("https://pay.example/{order}?a={amount}&m={minor}&c={currency}").unwrap();
        assert_eq!(url.origin(), "https://pay.example");
        assert_eq!(
            url.of(&order, price).unwrap(),
            "https://pay.example/S%2F1%26a%3Db%3F%23%7Bamount%7D?a=118.00&m=11800&c=HKD"
        );
        assert_eq!(url.of(&Order { standing: Standing::Placing, ..order }, price), None);
    }

    #[test]
    fn an_address_leads_to_one_host_over_tls() {
        for fine in
            ["https://pay.example?ref={order}", "https://pay.example:8443/x/{order}", "http://127.0.0.1:9/{order}"]
        {
            assert!(PaymentUrl::parse(fine).is_ok(), "{fine}");
        }
        for bad in [
            "",
            "pay.example/{order}",
            "http://pay.example/{order}",
            "https://{order}.example/",
            "https://pay.example{order}",
            "https://pay.example@{order}/",
            "https://me:secret@pay.example/{order}",
            "https://pay.example/{order",
            "https://pay.example/order}",
            "https://pay.example/{order}/{secret}",
            "https://pay.example/",
            "javascript:{order}",
        ] {
            assert!(PaymentUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
