//! What the rules say of a payment link: whether the order can be paid, by whom, for how long, and what its message may say.

use super::message::letters;
use super::rules::{PAY_01, PAY_02, PAY_03, PAY_04, PAY_05, PAY_06, PAY_07, PAY_08, PAY_09, PAY_10, SESS_04, SESS_07};
use super::session::wording;
use crate::domain::addresses::named_in;
use crate::domain::amounts;
use crate::domain::clock::Timestamp;
use crate::domain::conversations::Conversation;
use crate::domain::messages::Content;
use crate::domain::orders::links::{PaymentLink, check_lifetime, check_thread, message};
use crate::domain::orders::{IdentityState, Order, OrderState, Price};
use crate::domain::preview::Finding;
use std::time::Duration;

/// On what ground an order would be asked to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// What would be paid.
    pub order: &'a Order,
    /// Where the link would go.
    pub thread: &'a Conversation,
    /// What is known of who holds the number.
    pub identity: IdentityState,
    /// Links for the same order so far.
    pub links: &'a [PaymentLink],
    /// Whether there is a place to pay at.
    pub payable: bool,
}

/// Whether it may be asked to be paid at this time.
#[must_use]
pub fn may_ask(ground: &Ground<'_>, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let order = || ("order", ground.order.id.short().into());
    let state = ground.order.standing.state();
    if state != OrderState::Placed {
        findings.push(PAY_01.says(&[order(), ("state", state.as_str().into())]));
    }
    if check_thread(ground.order.contact, ground.thread).is_err() {
        findings.push(PAY_02.says(&[]));
    }
    if !ground.payable {
        findings.push(PAY_04.says(&[]));
    }
    if ground.order.basket.total().minor() == 0 {
        findings.push(PAY_10.says(&[order()]));
    }
    if let Some(at) = ground.links.iter().filter_map(|link| link.used_at).max() {
        findings.push(PAY_05.says(&[("at", at.to_string().into())]));
    }
    if ground.links.iter().any(|link| link.is_open(now)) {
        findings.push(PAY_06.says(&[]));
    }
    if ground.identity == IdentityState::Confirmed {
        findings.push(PAY_09.says(&[]));
    }
    findings
}

/// Whether a link may be good for so long.
#[must_use]
pub fn lives(minutes: u32, most_hours: u16) -> Option<Finding> {
    let (wanted, most) = (Duration::from_mins(minutes.into()), Duration::from_hours(most_hours.into()));
    let bad = check_lifetime(wanted, most).err()?;
    Some(PAY_03.says(&[("why", bad.to_string().into())]))
}

/// What the rules say of the message around a link to an address like this one. That it speaks of money is what it is for.
#[must_use]
pub fn says(body: &str, label: &str, url: String, total: Price) -> Vec<Finding> {
    let faults = Content::from(message(body, label, url)).faults();
    let mut findings: Vec<Finding> =
        faults.iter().map(|fault| SESS_04.says(&[("fault", fault.to_string().into())])).collect();
    for (place, text) in [("body", body), ("label", label)] {
        findings.extend(letters(place, text, ""));
        findings.extend(wording(place, text).into_iter().filter(|finding| finding.rule != SESS_07.id));
        for (_, address) in named_in(text) {
            findings.push(PAY_08.says(&[("address", address.into())]));
        }
        for amount in amounts::named_in(text).into_iter().filter(|amount| !amount.is(total)) {
            findings.push(PAY_07.says(&[("amount", amount.shown.into()), ("total", total.to_string().into())]));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contacts::ContactNo;
    use crate::domain::conversations::ConversationState;
    use crate::domain::ids::{ConversationId, OrderId, PaymentLinkId, RequestId};
    use crate::domain::money::Currency;
    use crate::domain::orders::{Basket, Item, SourceKind, SourceOrderId, Standing};
    use proptest::prelude::*;

    const AT: Timestamp = Timestamp::from_seconds(1_795_142_400);
    const PAGE: &str = "https://tea.example/p/x";

    fn price(minor: i64) -> Price {
        Price::of_minor(Currency::HKD, minor).unwrap()
    }

    fn order(minor: i64, standing: Standing) -> Order {
        let quantity = 1.try_into().unwrap();
        let item = Item { product: "oolong".parse().unwrap(), name: "Oolong".into(), quantity, price: price(minor) };
        Order {
            id: OrderId::random(),
            contact: ContactNo(1),
            conversation: ConversationId::random(),
            request: RequestId::random(),
            basket: Basket::new(vec![item]).unwrap(),
            note: None,
            source: SourceKind::Catalogue,
            standing,
            created_at: AT,
        }
    }

    fn thread(contact: u32) -> Conversation {
        Conversation {
            id: ConversationId::random(),
            phone_number_id: "7001".into(),
            contact: ContactNo(contact),
            state: ConversationState::Open,
            queue: None,
            person: None,
            handed_at: None,
            unread: 0,
            waiting_since: None,
            answer_by: None,
            last_inbound_at: AT,
            last_outbound_at: None,
            answered_at: None,
            escalated: false,
            outcome: None,
            follow_up_at: None,
            opened_at: AT,
            closed_at: None,
            version: 1,
        }
    }

    fn link(of: &Order, used_at: Option<Timestamp>) -> PaymentLink {
        PaymentLink {
            id: PaymentLinkId::random(),
            order: of.id,
            conversation: of.conversation,
            contact: of.contact,
            request: RequestId::random(),
            amount: of.basket.total(),
            created_at: AT,
            expires_at: AT.after(Duration::from_hours(1)),
            revoked: None,
            opened_at: None,
            used_at,
        }
    }

    fn rules(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    #[test]
    fn only_an_order_that_stands_is_paid_by_whoever_ordered_it() {
        let placed = || Standing::Placed(SourceOrderId::try_from("S".to_owned()).unwrap());
        let fine = order(11_800, placed());
        let (open, used) = (link(&fine, None), link(&fine, Some(AT)));
        for (order, contact, identity, links, payable, expected) in [
            (&fine, 1, IdentityState::Marked, vec![], true, vec![]),
            (&order(11_800, Standing::Placing), 1, IdentityState::Marked, vec![], true, vec!["PAY-01"]),
            (&order(11_800, Standing::Refused("no".into())), 1, IdentityState::Marked, vec![], true, vec!["PAY-01"]),
            (&fine, 2, IdentityState::Marked, vec![], true, vec!["PAY-02"]),
            (&fine, 1, IdentityState::Marked, vec![], false, vec!["PAY-04"]),
            (&order(0, placed()), 1, IdentityState::Marked, vec![], true, vec!["PAY-10"]),
            (&fine, 1, IdentityState::Marked, vec![open], true, vec!["PAY-06"]),
            (&fine, 1, IdentityState::Marked, vec![used], true, vec!["PAY-05"]),
            (&fine, 1, IdentityState::Confirmed, vec![], true, vec!["PAY-09"]),
        ] {
            let ground = Ground { order, thread: &thread(contact), identity, links: &links, payable };
            // A link that was followed a moment ago may be followed again, and is taken back as well.
            let found = may_ask(&ground, AT.after(Duration::from_mins(20)));
            assert_eq!(rules(&found), expected);
        }
    }

    #[test]
    fn a_link_lives_for_hours_at_most() {
        for (minutes, rule) in [(4, Some("PAY-03")), (5, None), (1_440, None), (1_441, Some("PAY-03"))] {
            assert_eq!(lives(minutes, 24).map(|finding| finding.rule).as_deref(), rule, "{minutes}");
        }
    }

    #[test]
    fn the_text_names_this_amount_or_none_and_no_other_page() {
        for (body, label, expected) in [
            ("Your order is ready.", "Pay", vec![]),
            ("Please pay HK$236.00 for two.", "Pay", vec![]),
            ("請付 236 元", "付款", vec![]),
            ("Please pay HK$263.00.", "Pay", vec!["PAY-07"]),
            ("Please pay US$236.00.", "Pay", vec!["PAY-07"]),
            ("Please pay EUR 236.", "Pay", vec!["PAY-07"]),
            ("Please pay", "Pay HK$1", vec!["PAY-07"]),
            ("Or pay at http://evil.example/x", "Pay", vec!["PAY-08"]),
            ("Send us your card number.", "Pay", vec!["SESS-06"]),
            ("Flash sale: buy now!", "Pay", vec!["SESS-05"]),
            ("", "Pay", vec!["SESS-04"]),
            ("Ready.", "A label of more than twenty", vec!["SESS-04"]),
        ] {
            assert_eq!(rules(&says(body, label, PAGE.to_owned(), price(23_600))), expected, "{body} [{label}]");
        }
    }

    proptest! {
        #[test]
        fn no_other_amount_passes_for_this_one(total in 1_i64..100_000_000, other in 1_i64..100_000_000) {
            let named = format!("Please pay {}.", price(other));
            let found = says(&named, "Pay", PAGE.to_owned(), price(total));
            prop_assert_eq!(found.iter().any(|finding| finding.rule == "PAY-07"), total != other, "{}", named);
        }
    }
}
