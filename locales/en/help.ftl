### The list of keys.

keys-lead = Keys move around. They never decide, sign, send or delete, and do nothing while you type.
keys-on = Single-key shortcuts are on.
keys-off = Single-key shortcuts are off.
keys-turn-off = Turn off
keys-turn-on = Turn on
keys-key = Key
keys-does = What it does
keys-next-row = Next row
keys-previous-row = Previous row
keys-open = Open the row
keys-search = Go to search
keys-previous = Previous in this list
keys-next = Next in this list
keys-section = Go to section 1 to 5
keys-decision = Go to the decision panel
keys-up = Back to the list
keys-inbox = Inbox
keys-broadcasts = Broadcasts
keys-conversations = Conversations
keys-audit = Audit
keys-help = This list
keys-leave = Leave a field
