### Broadcasts: list, monitor, stop.

broadcasts-running = Sending
broadcasts-scheduled = Scheduled
broadcasts-finished = Finished
broadcasts-caption = name, state, people, start, progress
broadcasts-col-name = Broadcast
broadcasts-col-at = Start
broadcasts-col-progress = Progress
broadcasts-empty = No broadcasts yet.
broadcasts-empty-hint = An agent creates one with
monitor-request = The signed request
monitor-template = Template
monitor-pace = Pace
monitor-started = Started
monitor-finished = Finished
monitor-progress = Progress
monitor-sum = { $n ->
    [one] The counts sum to { $n } message
   *[other] The counts sum to { $n } messages
}
monitor-updated = updated { $at }
failures-title = Why messages failed or were suppressed
failures-code = Code
failures-meaning = Meaning
failures-count = Messages
live-pause = Pause updates
live-resume = Resume updates
live-refresh = Refresh
live-auto-on = Refresh every 10 seconds
live-auto-off = Stop refreshing
ledger-title = Every message
ledger-caption = Messages of this broadcast with their latest state
ledger-empty = No messages match.
ledger-empty-hint = The list of messages is made when sending starts.
ledger-number = No.
ledger-at = Changed, { $zone }
ledger-detail-at = Changed
ledger-detail = Detail
stop-back = Back to the broadcast
stop-never = Will not be sent
stop-never-text = { $n ->
    [one] { $n } queued message
   *[other] { $n } queued messages
}
stop-flight = May still leave
stop-flight-text = { $n ->
    [one] { $n } message that is on its way to Meta
   *[other] { $n } messages that are on their way to Meta
}
stop-gone = Stays sent
stop-gone-text = { $n ->
    [one] { $n } message that Meta has accepted
   *[other] { $n } messages that Meta has accepted
}
stop-undo = Can it be undone?
stop-undo-text = No. Whoever wants the rest sent asks for a new broadcast, which is signed anew.
stop-keep = Do not stop
monitor-forecast = About { $span } left at { $rate } a second.
monitor-quiet = Everybody who is left waits until { $until }, most often because it is quiet where they live. It goes on by itself.
monitor-turned-away = { $n ->
    [one] Meta did not take one message yet. It is tried again by itself. What was seen:
   *[other] Meta did not take { $n } messages yet. They are tried again by themselves. What was seen:
}
monitor-paused-by = Paused by { $name }.
monitor-forbids = As things are now:
ledger-all = Any state
ledger-code = Meta { $code }: { $meaning }
failures-none = No code
failures-none-text = Refused without a code.
stop-over = This has come to its end or was stopped already. Nothing was changed.
stop-done = Stopped. { $left ->
    [one] { $left } message
   *[other] { $left } messages
} will not be sent; { $flight ->
    [one] { $flight } was on its way
   *[other] { $flight } were on their way
} and may still arrive.
code-131026 = The message cannot be delivered to this number.
code-131047 = More than 24 hours have passed since the person last wrote.
code-131049 = Meta held it back to keep engagement healthy.
code-131050 = The person switched marketing messages off.
code-131051 = Meta does not know this type of message.
code-130472 = Meta holds the person out of marketing as an experiment.
code-130429 = Too many messages at once.
code-131056 = Too many messages to the same person.
code-131048 = Meta limits the number because of its quality.
code-131031 = Meta has locked the account.
code-132015 = Meta has paused the template.
code-132016 = Meta has disabled the template.
code-131042 = There is a problem with payment at Meta.
code-131000 = Something went wrong at Meta.
code-unlisted = Meta refused the message for a reason this version does not know.
monitor-doubts = Decide on the unknown outcomes
doubts-title = Outcome unknown: decide
doubts-lead = { $n ->
    [one] One message may have left for Meta, and no answer tells. It may have arrived.
   *[other] { $n } messages may have left for Meta, and no answer tells. They may have arrived.
}
doubts-since = In doubt since
doubts-how = What was seen
doubts-how-none = Nothing was written down.
doubts-told = Meta since then
doubts-told-text = { $n ->
    [one] Told of one other message of this broadcast.
   *[other] Told of { $n } other messages of this broadcast.
}
doubts-last = Last word of Meta
doubts-last-never = None on this broadcast
doubts-listed = The messages, one by one
doubts-wait = A webhook that comes late settles them without you, also after a decision; if it contradicts the decision, the audit log says so.
doubts-decide = Decide for all of them
doubts-what = What becomes of them
doubts-count-as-sent = They arrived: count them as sent
doubts-leave = They did not arrive: leave them
doubts-send-again = Send them again. A person may get the message twice
doubts-signatures = { $n ->
    [one] To send again takes one signature, as the broadcast did.
   *[other] To send again takes { $n } signatures of different people, as the broadcast did; the others decide here too.
}
doubts-reason = What this rests on
doubts-reason-missing = Say what this rests on. Nothing was decided.
doubts-changed = This has changed since you opened it. Nothing was decided. Read it again.
doubts-reason-long = The reason may have up to { $n } characters. Nothing was decided.
doubts-choose = Choose what becomes of them. Nothing was decided.
doubts-confirm = Decide
doubts-not-now = Wait for Meta
doubts-over = Nothing of this waits for a decision any more. Nothing was changed.
doubts-done = { $n ->
    [one] Decided for one message.
   *[other] Decided for { $n } messages.
}
doubts-waits = { $n ->
    [one] Signed. One more person has to sign before they are sent again.
   *[other] Signed. { $n } more people have to sign before they are sent again.
}
resume-sending = Let it go on…
resume-title = Let the sending go on
resume-why = Why it stands still
resume-goes-out = Would go out
resume-goes-out-text = { $n ->
    [one] One message that waits
   *[other] { $n } messages that wait
}
resume-in-doubt = In doubt
resume-in-doubt-text = { $n ->
    [one] One message that may have been sent; it does not go out.
   *[other] { $n } messages that may have been sent; they do not go out.
}
resume-checked = Looked at again
resume-checked-text = Template, quality, limits, and of each person consent and opt-outs, before the next message.
resume-agree = Agree
resume-signatures = { $n ->
    [one] This takes one signature, as the broadcast did.
   *[other] This takes { $n } signatures of different people, as the broadcast did.
}
resume-sign = Sign and let it go on
resume-not-now = Not now
resume-over = This does not stand still any more. Nothing was changed.
resume-stopped = This was stopped, and what was stopped does not go on. Nothing was changed. Whoever wants the rest sent asks for a new broadcast.
resume-number-stopped = Nothing goes out from the number of this broadcast. Let the number go on first. Nothing was changed.
resume-goes = It goes on.
resume-waits = { $n ->
    [one] Signed. One more person has to sign before it goes on.
   *[other] Signed. { $n } more people have to sign before it goes on.
}
pause-title = Or only pause it
pause-text = Nothing more is sent for now. To go on later takes the same signatures as the broadcast.
pause-sending = Pause sending
pause-done = Paused. Messages on their way may still arrive.
signatures-missing = { $n ->
    [one] One of them is still missing.
   *[other] { $n } of them are still missing.
}
pause-over = This does not run now: it is paused, was stopped, or has come to its end. Nothing was changed.
