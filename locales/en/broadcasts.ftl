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
rate-title = Messages accepted over time
rate-desc = One bar for each step of time; the table below has the numbers.
rate-table = Show as a table
rate-at = From
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
stop-undo-text = Sending the rest later needs the same signatures again.
stop-reason = Reason
stop-reason-hint = Optional. Everyone who signed reads it.
stop-keep = Keep sending
