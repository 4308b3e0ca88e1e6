### The page that a payment link opens: customers read it, not the team.

pay-title = Pay { $business }
pay-lead = { $business } asks you to pay for your order.
pay-business = Business
pay-order = Order
pay-items = For
pay-more = { $n ->
    [one] and { $n } more product
   *[other] and { $n } more products
}
pay-amount = Amount
pay-until = This link is good until { $time }.
pay-go = Go to the payment page
pay-care = Pay only if you ordered this and the business is the one you know. It never asks for a password or a code here.
pay-gone = Nothing to pay here
pay-gone-text = This payment link is incomplete, over or was taken back. Ask the business for a new one in your conversation with it.
pay-many = Too many at once
pay-many-text = Wait a minute, then open the link again.
pay-away = Not available now
pay-away-text = Nothing was paid. Open the link again in a minute.
pay-not-now = Cannot be opened right now
pay-not-now-text = This payment link cannot be opened right now. Nothing was paid. Try again later.
