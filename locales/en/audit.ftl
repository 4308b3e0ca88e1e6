### The audit log.

actor-person = Person
actor-agent = Agent
actor-system = System
actor-meta = Meta
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
act-request-filed = Request filed
act-request-previewed = Preview made
act-request-blocked = Request blocked by policy
act-request-superseded = Request replaced by a newer one
act-request-signed = Request signed
act-request-approved = Request approved
act-request-cancelled = Request withdrawn
act-request-expired = Request expired
act-request-started = Execution started
act-request-stale = Approval void: content changed
act-person-signed-in = Signed in
act-person-signed-out = Signed out
act-person-sign-in-failed = Sign-in failed
act-person-proof-failed = Wrong password when signing
act-person-added = Person added
act-person-disabled = Account closed
act-agent-added = Agent added
act-agent-revoked = Agent key revoked
act-tenant-added = Business added
audit-details = Details
audit-any = Anyone
audit-any-action = Any action
audit-group-request = Requests
audit-group-person = People
audit-group-agent = Agents
audit-policy = Policy
audit-worker = Worker
audit-operator = Operator of the machine
audit-fault-day = A day in the address is not a date; it was left out. Write it as 2026-12-01.
audit-fault-id = Search for a whole id, such as the one in the address of a request, or for the number of an entry.
audit-search = Id, or number of an entry
act-number-changed = A number changed at Meta
act-execution-started = Sending started
act-execution-paused = Sending paused
act-execution-resumed = Sending resumed
act-execution-resume-signed = Signed to let it go on
act-execution-stopped = Sending stopped
act-execution-cancelled = Sending ended by the worker
act-execution-finished = Execution ended
act-execution-in-doubt = Some outcomes unknown
act-execution-ruled = Decided on unknown outcomes
act-execution-ruling-signed = Signed to send again
act-execution-ruling-contradicted = Arrived against a decision
act-execution-taken-over = Taken over by another daemon
act-contact-opted-out = Customer opted out
act-contact-opted-in = Customer opted in
act-template-changed = Template changed at Meta
audit-group-execution = Sending
