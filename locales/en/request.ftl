### The request page and the signing page.

head-asked = Asked by
head-for = For
head-at = Asked at
head-due = Due
head-needs = Needs
head-digest = Digest
execution-title = Execution
execution-monitor = Open the monitor
stop-sending = Stop sending
checked-of = { $made } of { $all } checked
decide = Decide
signatures-title = Signatures
verdict-approve = Approve
verdict-changes = Request changes
verdict-reject = Reject
verdict-approved = Approved
verdict-changes-requested = Changes requested
verdict-rejected = Rejected
meaning-approve = I approve that exactly this is carried out.
meaning-changes = I ask for changes; this version is not carried out.
meaning-reject = I reject this; it is not carried out.
findings-title = Findings
findings-tally = { $blocks } block · { $warnings } warn · { $notes } note
findings-none = No rule found anything to say about this request.
findings-now = Checked again just now
findings-now-none = None of the findings above holds any more.
finding-block = Block
finding-warn = Warn
finding-note = Note
section-message = Message
section-audience = Audience
section-consent = Consent and policy
section-schedule = Schedule and cost
section-links = Links and media
message-raw = As stored, with its variables
message-hidden = { $n ->
    [one] { $n } hidden character
   *[other] { $n } hidden characters
}
message-hidden-none = No hidden characters
diff-title = Changes since { $against }
diff-added = added:
diff-removed = removed:
audience-frozen = frozen { $at }
audience-matched = Matched by the segment
audience-excluded = Excluded
audience-receives = Will receive
audience-markets = Markets:
audience-sample = { $n ->
    [one] Sample of { $n } recipient
   *[other] Sample of { $n } recipients
}
audience-sample-caption = Masked recipients with the text that each would get
audience-root = Frozen list
audience-shrink = Until it is sent the list can only shrink.
sample-why = Drawn as
sample-person = Recipient
sample-language = Language
sample-text = Text
consent-policy = Policy { $version }
consent-sources = Where consent came from
consent-month = Marketing messages in the last 30 days
consent-week = Marketing messages in the last 7 days
schedule-starts = Starts
schedule-at-once = As soon as it is approved
schedule-ends = Ends about
schedule-pace = Pace
schedule-pace-text = { $rate } a second · { $batches } batches of { $size }
schedule-number = From
schedule-limit = Portfolio limit
schedule-limit-text = { $limit } in 24 hours, { $used } used
schedule-limit-none = No limit
schedule-local = Local time in each market
schedule-market = Market
schedule-people = People
schedule-local-time = Local time
schedule-quiet = Quiet hours
schedule-outside = outside them
schedule-inside = inside them
schedule-cost = Cost
schedule-rate = Rate
schedule-amount = Amount
schedule-total = At most
schedule-ceiling = Ceiling { $ceiling } · rate card { $card }
links-none = No links.
media-none = No media.
agent-title = In the agent's words
agent-unverified = Not verified
agent-by = { $n ->
    [one] Written by { $agent }. Plain text, { $n } character.
   *[other] Written by { $agent }. Plain text, { $n } characters.
}
agent-reads = What it read before asking
agent-not-read = not read
raw-title = Raw payload
raw-size = { $n ->
    [one] canonical JSON, { $n } byte
   *[other] canonical JSON, { $n } bytes
}
decision-title = Your decision
decision-sections = I have checked
decision-changed = changed
decision-show = Show
decision-warnings = Accept warnings
decision-reason = Reason for accepting { $rule }
decision-reason-hint = Reason
decision-verdict = Decision
decision-comment = Comment
decision-comment-hint = Needed to request changes or to reject. The agent reads it.
decision-continue = Continue to sign
decision-stop = Stop or withdraw…
decision-faults = { $n ->
    [one] { $n } thing is missing. Nothing was decided.
   *[other] { $n } things are missing. Nothing was decided.
}
who-title = Who signs
who-not = Not allowed
timeline-title = Timeline
sign-back = Back to the request
sign-decision = Decision
sign-meaning = Meaning
sign-accepted = Warning accepted
sign-prove = Prove that it is you
sign-why = Every signature asks for it again.
sign-read = I have read all five sections on this screen
sign-cancel = Do not sign
sign-approve = Approve and sign
sign-changes = Request changes and sign
sign-reject = Reject and sign
