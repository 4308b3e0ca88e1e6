### Orders and payment links: their request pages, where they stand, and what the rules say of them.

kind-order = Order
kind-payment = Payment link
section-identity = Customer
section-items = Order
identity-marked = Same person, by Meta’s mark
identity-confirmed = Confirmed by the team
identity-unconfirmed = Not confirmed
identity-doubtful = In doubt
identity-customer = Customer
identity-at = Writes to
identity-changed = Number in other hands
identity-team = Team made sure
identity-never = never
order-told = Asked for by
order-told-cart = the customer, with a cart of { $at }
order-told-customer = the customer, with a cart
order-told-agent = the agent, from what it read in the conversation
order-source = Kept by
order-source-catalogue = the built-in catalogue
order-source-connector = another system
order-source-id = Its id there
order-note = Note
order-note-none = none
order-caption = Lines of the order
order-product = Product
order-quantity = Quantity
order-price = Price
order-amount = Amount
order-claimed = { $price } was named
order-stock = In stock
order-as-of = as of { $at }
order-unclaimed = no price was named
order-unlimited = any number
order-total = Total
order-once = It is created once. Customer, price and stock are looked at again when you sign and before it is created.
order-stands = Where it stands
order-state-placing = Waits for its source
order-state-placed = Placed
order-state-refused = Refused by its source
order-state-cancelled = Called off
order-why = Why
order-asked-again = Asked again
order-called-off = Called off
order-stop = Call the order off
order-stop-text = The order is not asked for any more. If its source was never asked for it, this ends at once. If it was, it is looked for there first: if the source has it, it stands, and has to be called off there.
order-keep = Let it wait
order-stop-done = Called off. The source was never asked for it.
order-stop-looked = Called off. Its source may have it, and is looked at; what comes of it stands here.
order-stop-over = This order does not wait any more, or was called off before. Nothing was changed.
order-close = End it without an answer
order-close-text = The source has not said whether it has this order. Ask there first. From then on nobody looks for it any more: if the source has it, it has to be called off there.
order-close-done = Ended. Whether the source has it is not known.
payment-amount = To be paid
payment-good = Good for
payment-minutes = { $n ->
    [one] { $n } minute from when it is sent
   *[other] { $n } minutes from when it is sent
}
payment-page = Opens
payment-at = Leads on to
payment-nowhere = nowhere: no payment provider is set
payment-guard = Delivered to
payment-guarded = this person only, by Meta’s mark
payment-unguarded = whoever holds the number by then
payment-order = Order
payment-ordered = Ordered
payment-one-place = It goes to this conversation alone. When the number may have come into other hands, it opens nothing.
payment-secret = What opens the link is made when it is sent, in place of “…”. It stands in the customer’s message alone: not here, not in the log, and the agent never has it.
payment-link = Payment link
payment-expires = Good until
payment-followed = Customer went on to the payment
payment-state-open = Open
payment-state-followed = Followed
payment-state-expired = Over
payment-state-revoked = Taken back
payment-take-back = Take the link back
payment-take-back-text = From then on nobody can pay by this link, whether its message has been read or not. A message that has not left yet is not sent. It cannot be undone; the agent may ask for a new link.
payment-take-back-done = The link is taken back. It opens nothing any more.
payment-take-back-over = The link opens nothing any more, so there is nothing to take back.
payment-keep = Leave it open
summary-order = Order { $n ->
    [one] { $n } product
   *[other] { $n } products
} for { $who }, { $total } in all.
summary-payment = Send { $who } a link by which { $amount } is paid for order { $order }; it is good for { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}.
result-order = Done: the order is placed.
act-payment-link-taken-back = Payment link taken back
conversation-orders = Orders
conversation-order-line = { $n } × { $name }
conversation-order-more = { $n ->
    [one] and { $n } more product
   *[other] and { $n } more products
}
conversation-order-request = How it came about
conversation-link-until = until { $at }
finding-ORDER-01 = Somebody else may hold the customer’s number since { $since }. Have somebody of the team make sure who it is, outside WhatsApp, and confirm it; then ask again.
finding-ORDER-02 = Nobody knows who holds the customer’s number: Meta tells no mark of the person, and nobody of the team has confirmed who it is. Turn on the identity check for the number at Meta, or confirm the customer; then ask again.
finding-ORDER-03 = The source of orders has no product { $product }. Name one that it has.
finding-ORDER-04 = { $product } costs { $price } at the source, not { $claimed }. Tell the customer the price of today before anything is ordered.
finding-ORDER-05 = Of { $product } there are { $left } left, and { $wanted } are wanted.
finding-ORDER-06 = The lines do not make one order: { $why }.
finding-ORDER-07 = The cart cannot be read: { $why }. Put the lines together from the conversation.
finding-ORDER-08 = The conversation is not one with the customer who was named.
finding-ORDER-09 = Order { $order } of the last 24 hours, in the same conversation, has the same lines. Check that the customer wants them twice.
finding-ORDER-10 = Orders are kept by another system now than when this was asked for. Ask for a new request.
finding-ORDER-11 = The agent put the lines together; the customer sent no cart with them. Read in the conversation what they asked for, how much of it and at what price.
finding-ORDER-12 = The source of orders does not answer now, so nobody knows whether price and stock still hold: { $why }. Try again later.
finding-ORDER-13 = The customer has written again since this was asked for, last at { $at }. Read it, and check that they still want this.
finding-ORDER-14 = The customer last wrote more than 24 hours ago. Check that they still want it.
finding-PAY-01 = Order { $order } is { $state }. Only an order that its source has taken can be paid.
finding-PAY-02 = The conversation is not one with the customer who ordered. A payment link goes to them only.
finding-PAY-03 = It cannot be sent so: { $why }.
finding-PAY-04 = No payment provider is set (orders.payment_url), so a link would lead nowhere.
finding-PAY-05 = The customer went on to the payment of this order at { $at }. They may have paid: ask the payment provider before you ask the customer again.
finding-PAY-06 = An earlier link for this order is still good. It is taken back when this one is sent, so that nobody pays twice.
finding-PAY-07 = The text names { $amount }, and the order costs { $total }. Name what is paid, or no amount.
finding-PAY-08 = The text names an address of its own ({ $address }). Beside the payment link nothing else may be opened; leave it out.
finding-PAY-09 = Meta tells no mark of this person, so it cannot hold the message back from somebody else who has the number by then. Turn on the identity check for the number at Meta.
finding-PAY-10 = Order { $order } costs nothing.
