### The audit log.

actor-person = Person
actor-agent = Agent
actor-system = System
actor-meta = Meta
audit-search = Request, id or digest
audit-actor = Who
audit-action = Action
audit-from = From day
audit-to = To day
audit-empty = No events match.
audit-caption = Events, the newest first
audit-col-seq = Entry
audit-col-at = Time
audit-col-actor = Who
audit-col-what = What happened
audit-col-subject = About
audit-changes = What changed
audit-field = Field
audit-before = Before
audit-after = After
audit-leaf = Entry in the log
audit-leaf-text = Exactly these bytes are hashed into the log.
audit-leaf-hash = Hash of the entry
audit-tree-size = { $n ->
    [one] of { $n } entry
   *[other] of { $n } entries
}
audit-proof = { $n ->
    [one] Proof: { $n } hash from the entry to the root
   *[other] Proof: { $n } hashes from the entry to the root
}
checkpoint-title = State of the log
checkpoint-text = Nothing in it can be changed without changing the root.
checkpoint-size = Entries
checkpoint-root = Root
checkpoint-at = Latest entry
audit-entry-title = Audit entry { $n }
