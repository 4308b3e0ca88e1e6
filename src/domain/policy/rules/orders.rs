//! The table of orders and of what customers are asked to pay.

use super::Rule;
use crate::domain::preview::Level;

rules! {
    /// Those of orders and payment links.
    ORDERS
    ORDER_01 = Block "ORDER-01" "Identity in doubt"
        "Somebody else may hold the customer's number since {since}. Have somebody of the team make sure who it is, outside WhatsApp, and confirm it; then ask again.";
    ORDER_02 = Block "ORDER-02" "Identity not confirmed"
        "Nobody knows who holds the customer's number: Meta tells no mark of the person, and nobody of the team has confirmed who it is. Turn on the identity check for the number at Meta, or confirm the customer; then ask again.";
    ORDER_03 = Block "ORDER-03" "Unknown product"
        "The source of orders has no product {product}. Name one that it has.";
    ORDER_04 = Block "ORDER-04" "Other price"
        "{product} costs {price} at the source, not {claimed}. Tell the customer the price of today before anything is ordered.";
    ORDER_05 = Block "ORDER-05" "Not enough of it"
        "Of {product} there are {left} left, and {wanted} are wanted.";
    ORDER_06 = Block "ORDER-06" "Lines that make no order"
        "The lines do not make one order: {why}.";
    ORDER_07 = Block "ORDER-07" "Cart that cannot be read"
        "The cart cannot be read: {why}. Put the lines together from the conversation.";
    ORDER_08 = Block "ORDER-08" "Other customer"
        "The conversation is not one with the customer who was named.";
    ORDER_09 = Warn "ORDER-09" "Ordered already"
        "Order {order} of the last 24 hours, in the same conversation, has the same lines. Check that the customer wants them twice.";
    ORDER_10 = Block "ORDER-10" "Other source"
        "Orders are kept by another system now than when this was asked for. Ask for a new request.";
    ORDER_11 = Warn "ORDER-11" "Not the customer's own list"
        "The agent put the lines together; the customer sent no cart with them. Read in the conversation what they asked for, how much of it and at what price.";
    ORDER_12 = Block "ORDER-12" "Source does not answer"
        "The source of orders does not answer now, so nobody knows whether price and stock still hold: {why}. Try again later.";
    ORDER_13 = Warn "ORDER-13" "Customer has written again"
        "The customer has written again since this was asked for, last at {at}. Read it, and check that they still want this.";
    ORDER_14 = Warn "ORDER-14" "Long since the customer wrote"
        "The customer last wrote more than 24 hours ago. Check that they still want it.";
    PAY_01 = Block "PAY-01" "Order that nobody can pay"
        "Order {order} is {state}. Only an order that its source has taken can be paid.";
    PAY_02 = Block "PAY-02" "Other conversation"
        "The conversation is not one with the customer who ordered. A payment link goes to them only.";
    PAY_03 = Block "PAY-03" "Not short-lived"
        "It cannot be sent so: {why}.";
    PAY_04 = Block "PAY-04" "Nowhere to pay"
        "No payment provider is set (orders.payment_url), so a link would lead nowhere.";
    PAY_05 = Warn "PAY-05" "Followed before"
        "The customer went on to the payment of this order at {at}. They may have paid: ask the payment provider before you ask the customer again.";
    PAY_06 = Note "PAY-06" "An earlier link ends"
        "An earlier link for this order is still good. It is taken back when this one is sent, so that nobody pays twice.";
    PAY_07 = Block "PAY-07" "Other amount in the text"
        "The text names {amount}, and the order costs {total}. Name what is paid, or no amount.";
    PAY_08 = Block "PAY-08" "Address in the text"
        "The text names an address of its own ({address}). Beside the payment link nothing else may be opened; leave it out.";
    PAY_09 = Warn "PAY-09" "Goes to whoever holds the number"
        "Meta tells no mark of this person, so it cannot hold the message back from somebody else who has the number by then. Turn on the identity check for the number at Meta.";
    PAY_10 = Block "PAY-10" "Nothing to pay"
        "Order {order} costs nothing.";
}
