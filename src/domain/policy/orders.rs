//! What the rules say of an order: whether it is known who the customer is, whether product, price and stock hold at the source,
//! and what has changed since it was asked for.

use super::rules::{
    ORDER_01, ORDER_02, ORDER_03, ORDER_04, ORDER_05, ORDER_06, ORDER_07, ORDER_09, ORDER_11, ORDER_13, ORDER_14,
    SESS_12,
};
use crate::domain::clock::Timestamp;
use crate::domain::conversations::ServiceWindow;
use crate::domain::orders::{BadCart, Basket, Customer, IdentityState, Order, OrderState, Problem};
use crate::domain::preview::{Finding, IdentityView, Teller};
use std::time::Duration;

/// For so long the same lines in the same thread look like the same order.
const LATELY: Duration = Duration::from_hours(24);

/// Why nothing private goes to this person, and nothing is ordered for them.
#[must_use]
pub fn identified(identity: &IdentityView) -> Option<Finding> {
    match (identity.state, identity.changed_at) {
        (IdentityState::Marked | IdentityState::Confirmed, _) => None,
        (IdentityState::Doubtful, Some(since)) => Some(ORDER_01.says(&[("since", since.to_string().into())])),
        (IdentityState::Doubtful | IdentityState::Unconfirmed, _) => Some(ORDER_02.says(&[])),
    }
}

/// What is wrong with wishes, one finding for each.
#[must_use]
pub fn refused(problems: &[Problem]) -> Vec<Finding> {
    let of = |problem: &Problem| match problem {
        Problem::Unknown(product) => ORDER_03.says(&[("product", product.as_str().into())]),
        Problem::Price { product, claimed, price } => ORDER_04.says(&[
            ("product", product.as_str().into()),
            ("claimed", claimed.to_string().into()),
            ("price", price.to_string().into()),
        ]),
        Problem::Stock { product, left, wanted } => ORDER_05.says(&[
            ("product", product.as_str().into()),
            ("left", (*left).into()),
            ("wanted", (*wanted).into()),
        ]),
        Problem::Basket(bad) => ORDER_06.says(&[("why", bad.to_string().into())]),
    };
    problems.iter().map(of).collect()
}

/// Why a cart is none.
#[must_use]
pub fn unreadable(why: &BadCart) -> Finding {
    ORDER_07.says(&[("why", why.to_string().into())])
}

/// What people should know of an order that may be made.
#[must_use]
pub fn notable(
    told_by: Teller,
    window: Option<ServiceWindow>,
    basket: &Basket,
    before: &[Order],
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let stands = |order: &&Order| matches!(order.standing.state(), OrderState::Placing | OrderState::Placed);
    let same = |order: &&Order| order.basket == *basket && now.since(order.created_at) < LATELY;
    if let Some(order) = before.iter().filter(stands).find(same) {
        findings.push(ORDER_09.says(&[("order", order.id.short().into())]));
    }
    if told_by == Teller::Agent {
        findings.push(ORDER_11.says(&[]));
    }
    if !window.is_some_and(|window| window.is_open(now)) {
        findings.push(ORDER_14.says(&[]));
    }
    findings
}

/// What has changed with the customer since people were shown them: `to` is their address now, masked.
#[must_use]
pub fn changed(
    then: &Customer,
    to: &str,
    identity_changed_at: Option<Timestamp>,
    last_inbound_at: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if to != then.to || identity_changed_at != then.identity_changed_at {
        findings.push(SESS_12.says(&[]));
    }
    if last_inbound_at > then.heard_at {
        findings.push(ORDER_13.says(&[("at", last_inbound_at.to_string().into())]));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ContactId, ConversationId, OrderId, RequestId};
    use crate::domain::money::Currency;
    use crate::domain::orders::{Item, Price, SourceKind, SourceOrderId, Standing};

    const AT: Timestamp = Timestamp::from_seconds(1_795_142_400);

    fn rules(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    fn basket(quantity: i64) -> Basket {
        let price = Price::of_minor(Currency::HKD, 11_800).unwrap();
        let quantity = quantity.try_into().unwrap();
        Basket::new(vec![Item { product: "oolong".parse().unwrap(), name: "Oolong".into(), quantity, price }]).unwrap()
    }

    fn ordered(quantity: i64, standing: Standing, created_at: Timestamp) -> Order {
        Order {
            id: OrderId::random(),
            contact: crate::domain::contacts::ContactNo(1),
            conversation: ConversationId::random(),
            request: RequestId::random(),
            basket: basket(quantity),
            note: None,
            source: SourceKind::Catalogue,
            standing,
            created_at,
        }
    }

    #[test]
    fn nobody_orders_whom_neither_meta_nor_the_team_knows() {
        for (state, changed_at, rule) in [
            (IdentityState::Marked, None, None),
            (IdentityState::Marked, Some(AT), None),
            (IdentityState::Confirmed, None, None),
            (IdentityState::Unconfirmed, None, Some("ORDER-02")),
            (IdentityState::Doubtful, Some(AT), Some("ORDER-01")),
        ] {
            let found = identified(&IdentityView { state, changed_at, confirmed_at: None });
            assert_eq!(found.as_ref().map(|finding| finding.rule.as_str()), rule, "{state:?}");
        }
    }

    #[test]
    fn the_same_lines_again_lists_of_the_agent_and_old_wishes_are_worth_a_look() {
        let placed = || Standing::Placed(SourceOrderId::try_from("S".to_owned()).unwrap());
        let fresh = Some(ServiceWindow { opened_at: AT });
        let hour = Duration::from_hours(1);
        for (told_by, window, before, expected) in [
            (Teller::Customer, fresh, vec![], vec![]),
            (Teller::Agent, fresh, vec![], vec!["ORDER-11"]),
            (Teller::Customer, None, vec![], vec!["ORDER-14"]),
            (Teller::Customer, fresh, vec![ordered(2, placed(), AT.before(hour))], vec!["ORDER-09"]),
            (Teller::Customer, fresh, vec![ordered(2, Standing::Placing, AT.before(hour))], vec!["ORDER-09"]),
            (Teller::Customer, fresh, vec![ordered(2, Standing::Refused("no".into()), AT)], vec![]),
            (Teller::Customer, fresh, vec![ordered(3, placed(), AT)], vec![]),
            (Teller::Customer, fresh, vec![ordered(2, placed(), AT.before(LATELY))], vec![]),
        ] {
            assert_eq!(rules(&notable(told_by, window, &basket(2), &before, AT)), expected, "{told_by:?} {before:?}");
        }
    }

    #[test]
    fn another_address_or_other_hands_are_another_person() {
        let then = Customer {
            conversation: ConversationId::random(),
            contact: ContactId::random(),
            to: "+852 •••• ••34".into(),
            phone_number_id: "7001".into(),
            identity_changed_at: None,
            heard_at: AT,
        };
        let later = AT.after(Duration::from_secs(1));
        for (to, identity, heard, expected) in [
            ("+852 •••• ••34", None, AT, vec![]),
            ("+852 •••• ••35", None, AT, vec!["SESS-12"]),
            ("+852 •••• ••34", Some(AT), AT, vec!["SESS-12"]),
            ("+852 •••• ••34", None, later, vec!["ORDER-13"]),
        ] {
            assert_eq!(rules(&changed(&then, to, identity, heard)), expected);
        }
    }
}
