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
signature-accepted = Warnings accepted, and why
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
schedule-pace-text = { $batches ->
    [one] { $rate } a second · 1 batch of { $size }
   *[other] { $rate } a second · { $batches } batches of { $size }
}
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
schedule-waits = waits for their end
schedule-cost = Cost
schedule-rate = Rate
schedule-amount = Amount
schedule-total = Estimate
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
sign-cancel = Do not sign
sign-approve = Approve and sign
sign-changes = Request changes and sign
sign-reject = Reject and sign
decision-reopen = Let it be asked again…
decision-withdraw = Withdraw…
message-defaulted = { $n ->
    [one] { $n } person gets the default
   *[other] { $n } people get the default
}
agent-goal = What it is for, as the agent says:
name-request = { $name } – request { $short }
summary-schedule = Send template { $template } ({ $category }) to { $people ->
    [one] { $people } person
   *[other] { $people } people
} in { $markets ->
    [one] { $markets } market
   *[other] { $markets } markets
}, { $when }, at most { $ceiling }.
summary-create = Store a broadcast with template { $template } for { $people ->
    [one] { $people } person
   *[other] { $people } people
}. Nothing is sent.
summary-at-once = as soon as it is approved
category-marketing = marketing
category-utility = utility
category-authentication = one-time codes
category-service = service
quality-high = High
quality-medium = Medium
quality-low = Low
quality-unknown = Not measured
template-quality = template quality: { $quality }
template-approved = Approved by Meta
template-not-approved = At Meta: { $status }
link-https = https
link-not-https = not encrypted
link-listed = on the list of allowed domains
link-not-listed = not on the list of allowed domains
first-marketing = { $n ->
    [one] For { $n } person this is the first marketing message
   *[other] For { $n } people this is the first marketing message
}
times-none = None
times-one = One
times-two = Two
times-more = More
schedule-after-approval = depends on when it is approved
header-image = Image
header-video = Video
header-document = Document
header-location = Location
who-slot = Signature { $n }
who-you = you ({ $role })
who-any = { $n ->
    [one] { $roles }, { $n } person
   *[other] { $roles }, any of { $n } people
}
who-nobody = { $roles }: nobody can give it
who-or = { $a } or { $b }
who-owner = { $name } answers for the agent that asked.
rule-one = One signature (rule { $rule }).
rule-two = Two signatures of two people (rule { $rule }).
rule-none = No person needs to sign (rule { $rule }).
related-superseded = A newer request took the place of this one.
method-password = Password
not-pending = This request is no longer open: { $state }.
not-too-late = The time to decide ended on { $at }. The agent has to ask again.
not-own = You answer for the agent that asked for this, so someone else must decide it.
not-twice = You have signed this already. The other signature must be another person’s.
not-role = Your role is { $role }. This needs the signature of { $wanted }.
not-disabled = This account is closed.
not-too-soon = { $n ->
    [one] Read it first: a decision counts { $n } second after opening the page.
   *[other] Read it first: a decision counts { $n } seconds after opening the page.
}
fault-changed = This request changed since the page was opened. Nothing was decided and your comment is kept. Read it again.
fault-sections = Check every section before you approve. Open: { $sections }.
fault-warnings = Accept each warning with a reason. Open: { $rules }.
fault-warnings-now = The rules warn of something else now than when the page was opened. Read the findings again, and accept each warning with a reason.
fault-verdict = Choose a decision.
fault-comment = Say why. The comment goes back to the agent.
fault-comment-long = The comment is too long: at most { $n } characters.
fault-blocked = Rules forbid it by now: { $rules }. Nothing was decided.
fault-password = The password is not right. Nothing was signed.
fault-nonce = This page was used already, or a newer one is open. Nothing was signed.
after-more = { $n ->
    [one] { $n } more signature is needed after yours. Nothing is sent before it.
   *[other] { $n } more signatures are needed after yours. Nothing is sent before them.
}
after-last = Yours is the last signature. It starts by itself on { $at }. Until then and while it runs, anyone who may review may stop it.
after-last-now = Yours is the last signature. It is carried out at once.
after-no = Nothing is sent. The agent reads your comment.
done-approved = Your approval is signed and in the log.
done-changes = Your wish for changes is signed and in the log.
done-rejected = Your rejection is signed and in the log.
done-withdrawn = The request is withdrawn. Nothing will be sent.
withdraw-text = The request ends for good and nothing of it is carried out. The agent can ask again, and people sign again.
withdraw-do = Withdraw request
withdraw-not = This request is { $state }; only what has not begun can be withdrawn.
withdraw-keep = Keep it
reopen-do = Let it be asked again
reopen-text = This content was rejected, and the agent cannot ask for it again. If you allow it, the agent can ask once more, and people decide anew. Nothing is carried out by this.
reopen-keep = Leave it rejected
reopen-done = The content can be asked for again.
reopen-over = This request is not rejected, or can be asked for again already. Nothing was changed.
reopen-not = Only somebody else who could have signed this request may let it be asked again.
sample-consent = { $source }, { $at }
section-change = What changes
section-left-out = What is left out
section-effect = Whom it touches
import-new = New
import-changed = Changed
import-unchanged = Known already
import-left-out = Left out
import-rows = { $n ->
    [one] { $n } row
   *[other] { $n } rows
}
import-renamed = { $n ->
    [one] { $n } person who is known gets another name
   *[other] { $n } people who are known get another name
}
import-tags = Labels put on
import-markets = Markets:
import-sample = { $n ->
    [one] Sample of { $n } row
   *[other] Sample of { $n } rows
}
import-sample-caption = Masked rows of the list, spread over it
import-line = Row
import-person = Person
import-what = What happens
import-consent = Consent
import-known-as = known as { $name }
import-none-left-out = No row is left out.
import-listed = Rows that are left out
import-reason = Reason
import-phone = Number
import-unlisted = { $n ->
    [one] { $n } more row is left out.
   *[other] { $n } more rows are left out.
}
import-ways = Where consent comes from
import-category = For
import-source = How
import-people = People
import-between = Given
import-span = { $oldest } to { $newest }
import-no-consents = All consents of these rows are recorded already.
import-evidence = Proof, for example
import-keeps = A person who opted out stays opted out; nothing is sent.
segment-before = Before
segment-after = After
segment-version = version { $n }
segment-new = A new segment
segment-people = People it reaches
segment-was = Now
segment-enter = Come in
segment-leave = Fall out
segment-will = Then
segment-drawn = Broadcasts that were drawn from it
segment-drawn-none = No broadcast that waits or runs was drawn from it.
segment-drawn-text = What was frozen for them stays as it is.
segment-excludes = Opt-outs, blocked people and invalid numbers are in none of these counts.
summary-import = Import { $taken } of { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
} of “{ $name }”: add { $new ->
    [one] { $new } person
   *[other] { $new } people
}, change { $changed }, leave { $unchanged } as they are. Nothing is sent.
summary-segment-new = Make the segment “{ $name }”, which reaches { $people ->
    [one] { $people } person
   *[other] { $people } people
} now.
summary-segment = Change the segment “{ $name }”: { $enter ->
    [one] { $enter } person enters
   *[other] { $enter } people enter
}, { $leave ->
    [one] { $leave } leaves
   *[other] { $leave } leave
}, and it reaches { $people }.
left-out-phone = No valid number
left-out-duplicate = Number is in an earlier row
left-out-text = Text too long or not allowed
left-out-label = A label that would pass for a consent
left-out-language = Language not understood
left-out-no-consent = No consent given
left-out-category = Consent does not say to what
left-out-source = Consent does not say how
left-out-date = Consent does not say when
left-out-date-unreadable = The date of a consent cannot be read
left-out-date-ahead = Consent dated in the future
left-out-not-traceable = No reference to the proof
left-out-opted-out = Opted out
left-out-withdrawn = Consent taken back
result-import = Done: { $new ->
    [one] { $new } person
   *[other] { $new } people
} added, { $changed } changed, { $unchanged } known already, { $left_out_since_signing } left out at the last look.
result-import-kept = { $n ->
    [one] One person had changed since the request was signed: they got what was missing, and keep what they have.
   *[other] { $n } people had changed since the request was signed: they got what was missing, and keep what they have.
}
not-done = NOT DONE. { $why }
outcome-stopped = { $n ->
    [0] Stopped.
    [one] Stopped. { $n } message was not sent.
   *[other] Stopped. { $n } messages were not sent.
 }
outcome-in-doubt = { $n ->
    [one] { $stopped } One message is in doubt and waits for a decision.
   *[other] { $stopped } { $n } messages are in doubt and wait for a decision.
 }
result-segment = Done: this is version { $version } of the segment.
import-other-language = { $n ->
    [one] { $n } person is written to in another language from then on
   *[other] { $n } people are written to in another language from then on
}
import-facts = Further facts
import-replaced = replaces another value for { $n }
section-conversation = Conversation
session-to = To
session-from = From
session-window = Window closes
session-closed = The window is closed
session-so-far = What was said so far
session-nothing = Nothing was said at this number yet.
session-masked = Numbers and addresses are masked.
session-customer = Customer
session-business = Business
session-automation = Automatic answer
session-raw = As it is sent
session-plain = Nothing in it needs a person.
session-sensitive = A person decides, because
session-payment = it speaks of prices or payment
session-promise = it makes or changes a promise
session-link = it leads to pages that the policy does not list
session-media = it carries a file
session-health = it speaks of somebody's health
summary-session = Send one message from { $from } to { $who }, by { $at }.
summary-session-closed = Send one message from { $from } to { $who }, whose window is closed.
result-session = Done: Meta has taken the message.
section-events = What Meta sent
retry-post = Post { $id }
retry-received = Received
retry-numbers = Numbers
retry-unread = Nobody could read it
retry-again = All of it waits for its turn again.
retry-caption = Events to be applied
retry-place = Event
retry-kind = Kind
retry-at = Happened
retry-effect = Effect
retry-why = Why it is aside
retry-tries = Tries
retry-notes = only noted
retry-changes = changes more than the log
retry-untried = not tried yet
retry-unknown = unknown
retry-unlisted = { $n ->
    [one] { $n } more event is not listed.
   *[other] { $n } more events are not listed.
}
retry-payload = What Meta sent, masked
retry-no-payload = It cannot be shown: what cannot be read cannot be masked.
retry-figures = What would be applied
retry-posts = Posts
retry-events = Events
retry-change-events = Change more than the log
retry-note-events = Only noted
retry-once = An event that has been applied is not applied again, whoever tries.
summary-retry = Try again what Meta sent ({ $name }): { $events ->
    [one] { $events } event
   *[other] { $events } events
}, of which { $changes ->
    [one] { $changes } changes
   *[other] { $changes } change
} more than the log.
result-retry = { $applied } applied, { $aside } left aside, { $unread ->
    [one] { $unread } post that nobody can read
   *[other] { $unread } posts that nobody can read
}.
automation-keyword-rule = Keyword rule
automation-flow = Flow
automation-auto-reply = Auto-reply
automation-all = all
automation-phrases = Phrases
automation-match = Match
automation-priority = Priority
automation-purpose = Purpose
automation-journey = a journey
automation-faq = frequent questions
automation-started-by = Started by
automation-nothing-starts = nothing yet
automation-waits = Waits
automation-patience = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
} for an answer; { $tries ->
    [one] { $tries } try
   *[other] { $tries } tries
} where it is not understood
automation-when = Speaks when
automation-hours = Hours
automation-queues = Queues
automation-numbers = Our numbers
automation-languages = Languages of customers
automation-match-exact = the whole message
automation-match-word = a word of the message
automation-match-prefix = the beginning of the message
automation-match-phrase = words next to each other
automation-match-contains = letters anywhere, even within words
automation-closed = it is closed, outside these hours
automation-everybody-away = nobody of the team is there
automation-first-message = a customer writes for the first time
automation-but-closed = { $open }; closed on { $days }
automation-mon = Mon
automation-tue = Tue
automation-wed = Wed
automation-thu = Thu
automation-fri = Fri
automation-sat = Sat
automation-sun = Sun
automation-steps = What it does, step by step
automation-step-message = Says
automation-step-template = Sends the template
automation-step-question = Asks
automation-step-condition = Looks whether
automation-step-tag = Labels the customer
automation-step-hand-over = Hands over to people in
automation-step-start-flow = Starts the flow
automation-step-fallback = Does not understand
automation-step-end = Ends
automation-if-language = the customer reads { $list }
automation-if-tag = the customer has the label { $tag }
automation-if-open = it is open: { $hours }
automation-lead-next = then
automation-lead-choice = tapped:
automation-lead-typed = typed:
automation-lead-then = yes
automation-lead-otherwise = no
automation-back = back to where it was before
automation-never-reached = Nothing leads here
automation-price = Price, source, date:
automation-note = For colleagues only:
automation-draft = It is stored as a draft. A draft answers nobody, and what is live stays live.
automation-live = It becomes live. Nothing of it was live before.
automation-replaces = It becomes live in place of version { $version }, which answers nobody any more.
automation-away = It answers nobody any more.
automation-compared = Compared with version { $version }
automation-same = It says the same.
automation-place = Where
automation-before = Before
automation-after = After
automation-unlisted = Differences that are not listed: { $n }. The steps above show all of it.
automation-rehearsed = With the messages of the last { $days } days
automation-messages = Messages
automation-different = Answered otherwise than today
automation-conversations = In conversations
automation-answered = Answered by this
automation-changed = Another answer than today
automation-misrouted = Answered by something else today
automation-other-queue = In another queue than today
automation-looped = Ended by a guard against loops
automation-left = No longer reaching a person
automation-silenced = No longer answered
automation-only-newest = There were more. The newest { $n } were played.
automation-standing = Customers at a question of it now: { $n }. If that question is gone, their answer is a new message.
automation-as-of-today = Languages, labels and hours are those of today. People of the team answer in between, and are not played.
automation-by = What would have answered
automation-samples = Samples
automation-verdict = Shows
automation-heard = The customer wrote
automation-today = Today
automation-then = Then
automation-by-person = A person is asked for
automation-no-answer = No answer
automation-no-text = not shown
summary-automation-draft = Store version { $version } of the { $kind } “{ $name }” as a draft, which answers nobody.
summary-automation-live = Make version { $version } of the { $kind } “{ $name }” live. Of { $messages ->
    [one] { $messages } message
   *[other] { $messages } messages
} of the last { $days } days, { $different } would be answered otherwise than today.
summary-automation-away = Take the { $kind } “{ $name }” away, which is live in version { $version }. Of { $messages ->
    [one] { $messages } message
   *[other] { $messages } messages
} of the last { $days } days, { $different } would be answered otherwise than today.
result-automation-draft = Done: version { $version } is stored as a draft.
result-automation-live = Done: version { $version } answers customers.
result-automation-away = Done: it answers nobody any more.
contact-who = Person
contact-new = new
contact-same = Nothing changes: all of it is known.
contact-phone = Number
contact-user-id = User id at Meta
contact-name = Name
contact-language = Language
contact-tag = Label
contact-attribute = Further fact
contact-identity = Who holds the number
contact-consent-stays = Consent and opt-outs stay as they are, whatever changes above.
confirmed-in-person = Confirmed in person
confirmed-call-back = Confirmed by a call to a number known before
confirmed-document = Confirmed by a document
confirmed-known-answer = Confirmed by what only the customer knows
history-suppressed = May not be written to because
history-none = Nothing was said about consent so far.
history-history = What was said about consent
history-state = What
history-granted = Given
history-withdrawn = Taken back
history-given = When
sheet-unlisted = { $n ->
    [one] { $n } more is not listed.
   *[other] { $n } more are not listed.
}
summary-contact-new = Add the contact { $who }: { $fields }.
summary-contact-same = Change nothing of the contact { $who }.
summary-contact = Change the contact { $who }: { $fields }.
result-contact = Done: the contact is as it was signed.
history-change = Change
history-about = About
history-stop = Onto the suppression list
history-people = People
history-unchanged = Nothing changes for
history-before-after = Before and after
history-agreed = Agrees to
history-would-agree = Would agree to
history-stopped = Not written to because
history-would-stop = Would not be because
history-opted-out = Not to be written to any more
history-reversed = A no is taken back
history-act = What the customer did after the no
history-no-act = Nothing was found.
history-form = Form
history-signed = Signed
history-adds = The history is only added to: what was said before stays in it.
summary-consent-grant = Write down that { $who } agreed to { $what }.
summary-consent-withdraw = Write down that { $who } took back consent to { $what }.
summary-consent-opt-out = Write to { $who } no more about { $what }.
summary-consent-reverse = Take back the no of { $who }: they agree to { $what } again.
result-people = Done: { $changed } changed, { $unchanged } as they were.
left-undone = Left undone: { $names }.
left-undone-one = { $who } ({ $why })
left-undone-changed = changed since
left-undone-closed = closed by then
left-undone-gone = no longer there
labels-apply = Put on
labels-remove = Taken away
labels-on = On
labels-before = Before
labels-after = After
labels-segments = Segments that find people by these labels
labels-no-segment = None.
summary-labels = Labels of { $who }: put on { $apply }, take away { $remove }.
handover-with = With
handover-to-queue = Into the queue
handover-restricted = restricted: only its people see it
handover-open = open to all of the team
handover-same-queue = each stays in its queue
handover-to-person = Given to
handover-nobody = nobody yet
handover-people = People who look after it
handover-promise = Promises an answer within
handover-minutes = { $n } min
handover-note = Note for the team, as the agent wrote it
handover-note-hidden = The customer never reads notes, and is not told.
handover-told = Those who get it are told by mail.
handover-effect = What changes for those who wait
handover-conversation = Conversation
handover-from-queue = Queue now
handover-from-person = With now
handover-waiting = Waits since
handover-by = Answer by
handover-notes = Private notes
handover-escalated = Escalated
closing-outcome = Outcome
closing-labels = Labels
closing-follow-up = Come back to it
closing-opened = Open since
closing-unread = Messages that nobody has looked at
closing-why = A person decides because
closing-plain = Nothing in it needs a person.
closing-complaint = the customer complains, or a restricted queue has it
closing-payment = it is about paying, or something was ordered in it
closing-escalation = it was escalated
closing-unanswered = the customer still waits for an answer
closing-words = What the customer wrote last
closing-part = The newest { $shown } are shown; the rules looked at the newest { $read } since it was opened. All of it stands in the conversation.
closing-silent = Nothing since it was opened.
summary-handover = Handover of { $who }: into the queue { $queue }, given to { $person }.
summary-closing = Close the conversation with { $who }: { $outcome }.
result-assigned = Done: { $given } given away, { $changed } had changed and were left alone.
result-closed = Done: the conversation is closed.
template-version = Version of the draft
template-category = Category
template-reads-as = It reads as advertising by these words: { $words }
template-reads-plain = No words of advertising were found
template-mark-draft = to be worked on
template-mark-ready = ready for Meta
template-mark-customers = ready for customers
template-samples = Samples for Meta’s reviewers
template-no-sample = none yet
template-file = Sample file
template-copies-code = Copies a code
template-does-create = is created
template-does-edit = is replaced
template-does-nothing = stays as it is
template-at-meta = At Meta now: { $status }, { $category }
template-not-there = Not at Meta
template-used = What uses it now
template-used-none = No broadcast that waits or runs, and no live flow, uses it.
template-flow = Live flow
summary-template-draft = Store version { $version } of the draft of template { $name } ({ $category }; { $languages }), { $mark }. Nothing goes to Meta.
summary-template = Submit template { $name } ({ $category }, version { $version } of its draft) to Meta’s review in { $languages }; { $mark }.
result-template-draft = Done: stored as version { $version }. Nothing went to Meta.
result-template = Done: Meta has taken { $taken ->
    [one] { $taken } language
   *[other] { $taken } languages
} and refused { $refused }.
submitted-title = At Meta
submitted-language = Language
submitted-state = Submission
submitted-now = Now
submitted-why = Reason
submitted-waiting = waits for its turn
submitted-asked = asked for; the answer is not known yet
submitted-taken = taken by Meta
submitted-refused = refused
template-stop = Stop submitting
template-stop-under-way = It is tried again, less and less often, until Meta answers or somebody stops it.
template-stop-text = Meta does not have all of it yet, as far as is known. If you stop it, Meta is asked for nothing more, and the request ends for good. What Meta was asked for already it may have.
template-stop-keep = Keep trying
template-stop-over = This can no longer be stopped: it has come to its end. Nothing was changed.
template-stop-done = Stopped. Meta is asked for nothing more.
submitted-review = How Meta’s review ends is shown here as soon as Meta tells.
import-file = File
import-bytes = { $n ->
    [one] { $n } byte
   *[other] { $n } bytes
}
import-columns = Columns that are used
import-unused = Columns that are not used
import-was = before: { $was }
left-out-all = All rows that are left out, and as a file
left-out-back = Back to the request
left-out-gone = The rows are kept for 30 days after a request has ended, and no longer.
left-out-file = All of them as a CSV file
importing-title = Import
importing-done = { $done } of { $rows } rows are written

## A file that is kept

file-name = Name
file-type = Type
file-size = Size
file-pixels = Dimensions
file-scan = Virus scanner
file-scan-clean = found nothing
file-scan-infected = found { $detail }
file-scan-none = not scanned ({ $detail })
file-digest = SHA-256
file-use = Meant for
file-usable = Meta takes it for
file-kept-as = Kept as
file-kept-new = a new file
file-kept-known = the file that is there already
file-first-use = first use
file-signed-later = It reaches nobody by being kept. A person signs before it is used for the first time in a template or a message; that request shows it.
file-picture = Picture of { $name }
file-pictures = What it shows
file-save = Save the file
summary-file = Keep the file { $name } ({ $type }, { $size }), meant for { $use }.
result-file = Done: kept as { $asset }. It went nowhere.
use-header-image = a template’s header image
use-header-video = a template’s header video
use-header-document = a template’s header document
use-image = an image in a message
use-video = a video in a message
use-audio = sound in a message
use-document = a document in a message
use-sticker = a sticker
use-profile-picture = a profile picture
diff-removed = removed
diff-added = added
automation-name = Name
automation-occasion = When it speaks
automation-begins = Begins with
automation-does = Does
automation-what-template = Template
automation-what-label = Label
automation-what-queue = Queue
automation-text = Text
automation-opens = Opens the list
automation-row = List row
automation-button = Button
automation-typed = Typed answer
automation-next = Goes on to
automation-price-line = Price, source, date
automation-note-line = Note for colleagues
automation-way-typed = “{ $words }”
automation-outline = The way through it
automation-unchanged = unchanged
automation-part-new = new
automation-part-gone = taken away
automation-part-changes = { $n ->
    [one] { $n } change
   *[other] { $n } changes
}
automation-steps-unchanged = { $n ->
    [one] { $n } step says what it said.
   *[other] { $n } steps say what they said.
}
automation-values = { $n ->
    [one] The { $n } value that differs, as it is stored
   *[other] The { $n } values that differ, as they are stored
}
template-part-header = Header
template-part-body = Body
template-part-footer = Footer
template-part-button = Button { $n }
meta-status-approved = approved
meta-status-pending = in review
meta-status-rejected = rejected
meta-status-paused = paused
meta-status-disabled = disabled
meta-status-in-appeal = under appeal
meta-status-pending-deletion = about to be deleted
meta-status-deleted = deleted
meta-status-limit-exceeded = over a limit
meta-status-archived = archived
meta-status-unknown = a status that is not known
conversations-counted = { $n ->
    [one] { $n } conversation
   *[other] { $n } conversations
}
summary-labels-apply = Labels of { $who }: put on { $apply }.
summary-labels-remove = Labels of { $who }: take away { $remove }.
summary-handover-queue = Handover of { $who }: into the queue { $queue }.
summary-handover-person = Handover of { $who }: given to { $person }, each in its queue.
handover-now = With now
handover-then = then { $at }
handover-newest-note = { $n ->
    [one] { $who } – private note
   *[other] { $who } – the newest of { $n } private notes
}
closing-links = Payment links of this conversation
closing-link = Link
closing-link-order = Order
closing-link-expires = Good until
session-agreed = Agreed to
session-not-about = Not to be written to because
session-answer-only = A reply in the window that the customer opened needs no consent; it may advertise nothing.
session-agreed-nothing = no consent is recorded
session-may-write = nothing forbids it
media-link = The file lies at the address below. What Meta fetches when it is sent may be another file than the one you look at.
media-of-meta = A file that lies at Meta, by its id
media-open = Open the file
media-kept = A file that is kept here, by its id
message-kind-text = Text
message-kind-buttons = Reply buttons
message-kind-list = List
message-kind-link = Button that opens a page
message-kind-template = Template
values-title = What is written, in full
values-link = Show the masked values…
values-text = Numbers, names and further facts stand masked on the page of the request. Here they are shown once. The log keeps who saw them, when and why.
values-reason = Why you have to see them
values-fault = Say why, in up to 500 characters.
values-do = Show once
values-logged = Shown once; the log says so. After you leave this page it is masked again.
values-not = Only those who could sign this request, while it waits, are shown what it writes.
values-changed = The contact is not as it was when this was asked for, so it cannot be written any more. Nothing was shown.
automation-part-message = Message
automation-part-template = Template
automation-part-question = Question
automation-part-condition = Condition
automation-part-tag = Label
automation-part-hand-over = Hand-over
automation-part-start-flow = Start of a flow
automation-part-fallback = Not understood
automation-part-end = End
