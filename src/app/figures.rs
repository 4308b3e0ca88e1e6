//! What `/metrics` counts, each figure with what it says. `tests/tidy.rs` holds the list against the source.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

const COUNTERS: &[(&str, &str)] = &[
    ("countersign_commit_failures_total", "Commits of sending that failed or whose outcome is not known."),
    (
        "countersign_contradicted_decisions_total",
        "Decisions on messages in doubt that Meta's statuses disproved later.",
    ),
    ("countersign_database_behind_total", "Losses that were seen to: the database was older than what has happened."),
    ("countersign_executions_total", "Executions that ended, by how."),
    ("countersign_attachments_total", "Files of customers, by what became of each try to fetch one."),
    ("countersign_payment_links_followed_total", "Payment links by which a customer went on to the payment."),
    ("countersign_automatic_replies_total", "Replies that rules, flows and auto-replies gave."),
    (
        "countersign_automation_unreadable_total",
        "Looks at live automation that this daemon cannot read, so that it keeps still.",
    ),
    ("countersign_halts_total", "Sending halted by the daemon, by the rule that did it."),
    ("countersign_mails_total", "Mails, by what became of them."),
    ("countersign_replies_total", "Replies to single customers, by what became of each try."),
    ("countersign_sending_stops_total", "Stops of all that goes out from a number or a business."),
    ("countersign_sends_total", "Requests to send a message, by what became of them."),
    ("countersign_suppressed_total", "Messages not sent because their person wants none, or may get none."),
    ("countersign_takeovers_total", "Shards taken over from a daemon that was gone."),
    ("countersign_templates_submitted_total", "Languages of templates that were brought to Meta, by how."),
    ("countersign_webhook_events_parked_total", "Events from Meta set aside because they could not be applied."),
    ("countersign_webhook_events_unknown_total", "Events from Meta that this version does not act on."),
    (
        "countersign_webhook_events_unreadable_total",
        "Events that say nothing this version can act on, and were set aside.",
    ),
    ("countersign_webhook_posts_parked_total", "Posts from Meta set aside because nobody could read them."),
    ("countersign_webhook_posts_repeated_total", "Posts from Meta that had come before."),
    ("countersign_webhook_posts_total", "Posts from Meta that were taken up."),
    ("countersign_webhook_refused_total", "Posts to the webhook that were refused, by why."),
    ("countersign_webhook_statuses_total", "Statuses of messages that Meta told, by whose message."),
    ("countersign_webhook_unknown_tokens_total", "Statuses of messages of ours that the database does not know."),
    ("countersign_worker_errors_total", "Turns of the worker that failed and were tried again, by which."),
];

const GAUGES: &[(&str, Unit, &str)] = &[
    ("countersign_send_slots_free", Unit::Count, "Requests that could go to Meta at once now, of worker.concurrency."),
    (
        "countersign_sent_twice",
        Unit::Count,
        "Tries for which Meta took two messages that nobody decided on. Must stay 0; NaN while the database does not answer.",
    ),
    ("countersign_webhook_events_aside", Unit::Count, "Events from Meta that are set aside."),
    ("countersign_webhook_lag_seconds", Unit::Seconds, "Age of the oldest post from Meta that waits to be applied."),
    ("countersign_webhook_posts_parked", Unit::Count, "Posts from Meta that are set aside."),
    ("countersign_webhook_posts_waiting", Unit::Count, "Posts from Meta that wait to be applied."),
];

const HISTOGRAMS: &[(&str, &str)] = &[
    ("countersign_commit_seconds", "How long commits of sending take."),
    ("countersign_send_seconds", "How long Meta takes to answer a request to send."),
];

/// Starts counting. One process counts once, however often it opens a daemon.
pub fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("figures are counted elsewhere already; /metrics stays empty");
    }
    for (name, says) in COUNTERS {
        describe_counter!(*name, *says);
    }
    for (name, unit, says) in GAUGES {
        describe_gauge!(*name, *unit, *says);
    }
    for (name, says) in HISTOGRAMS {
        describe_histogram!(*name, Unit::Seconds, *says);
    }
    Ok(RECORDER.get_or_init(|| handle).clone())
}
