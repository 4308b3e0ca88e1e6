//! Whether it lives, whether it can work, and its figures.

use crate::error::Error;
use crate::store::behind::{self, Remembered};
use crate::store::{deliveries, people, replies};
use crate::tools::{self, Ctx};
use crate::worker::{Pulse, Worker};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// Whoever asks waits no longer for a database that does not answer: probes and scrapes give up soon.
const PATIENCE: Duration = Duration::from_secs(2);

/// While the mark file is full, gone or read-only.
const UNKEPT: &str = "how far the database is cannot be written to the mark file (database.mark_file, or the .lock beside a SQLite file); the log says why. Nothing is sent until it can be";

#[derive(Clone)]
struct Health {
    ctx: Ctx,
    metrics: PrometheusHandle,
    pulse: Pulse,
    remembered: Remembered,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn router(ctx: Ctx, metrics: PrometheusHandle, worker: &Worker) -> Router {
    let (pulse, remembered) = (worker.pulse(), worker.remembered());
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .with_state(Health { ctx, metrics, pulse, remembered })
}

async fn ready(State(health): State<Health>) -> Response {
    let database = timeout(PATIENCE, health.ctx.db.ping()).await.is_ok_and(|answer| answer.is_ok());
    let worker = health.pulse.beats();
    let mut causes = Vec::new();
    if !database {
        causes.push("the database does not answer");
    }
    if !worker {
        causes.push("the worker has not moved for a while");
    }
    let status = if causes.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let (mut warnings, mut twice) = (Vec::new(), None);
    if database {
        warnings = without_token(&health.ctx).await;
        warnings.extend(restored(&health.ctx).await.unwrap_or_else(|error| Some(error.to_string())));
        warnings.extend(turned_away(&health.ctx).await.unwrap_or_else(|error| vec![error.to_string()]));
        twice = sent_twice(&health.ctx).await;
    }
    warnings.extend(without_files(&health.ctx).await);
    if health.remembered.known().unkept {
        warnings.push(UNKEPT.to_owned());
    }
    if let Some(count) = twice.filter(|count| *count > 0) {
        warnings.push(format!(
            "Meta took a second message for {count} of our tries, and nobody had decided on that: the rows of delivery_attempt and reply_attempt with outcome second_message name them"
        ));
    }
    let ready = causes.is_empty();
    let body = json!({
        "ready": ready, "database": database, "worker": worker, "sent_twice": twice, "causes": causes, "warnings": warnings,
    });
    (status, Json(body)).into_response()
}

/// How often the promise "exactly once" was broken, over all that the ledgers hold; none if they cannot be read.
async fn sent_twice(ctx: &Ctx) -> Option<u64> {
    timeout(PATIENCE, second_messages(ctx)).await.ok()?
}

async fn second_messages(ctx: &Ctx) -> Option<u64> {
    let mut count = 0;
    for tenant in people::tenants(&ctx.db).await.ok()? {
        count += deliveries::second_messages(&ctx.db, tenant.id).await.ok()?;
        count += replies::second_messages(&ctx.db, tenant.id).await.ok()?;
    }
    Some(count)
}

/// Businesses that nothing can be sent for: people can still read and decide, so that is no cause to take the daemon out.
async fn without_token(ctx: &Ctx) -> Vec<String> {
    let tenants = people::tenants(&ctx.db).await.unwrap_or_default();
    tenants.iter().filter_map(|tenant| ctx.credentials(tenant).err()).map(|error| error.to_string()).collect()
}

/// Files that cannot be kept or fetched, or are not scanned: what has to do with none goes on.
async fn without_files(ctx: &Ctx) -> Vec<String> {
    let kept = async {
        match timeout(PATIENCE, ctx.media.objects.as_ref()?.check()).await {
            Ok(answer) => answer.err().map(|error| error.to_string()),
            Err(_) => Some("the place where files are kept (media.url) does not answer".to_owned()),
        }
    };
    let scanned = async {
        let answers = timeout(PATIENCE, ctx.media.scanner.as_ref()?.answers()).await.unwrap_or(false);
        (!answers).then(|| "the virus scanner (media.clamd) does not answer: files are taken in unscanned".to_owned())
    };
    let (kept, scanned) = tokio::join!(kept, scanned);
    kept.into_iter().chain(scanned).collect()
}

/// A database that was put back, or is a copy: what people have to look at may not be all.
async fn restored(ctx: &Ctx) -> Result<Option<String>, Error> {
    let since = behind::lately(&ctx.db, ctx.clock.now()).await?;
    Ok(since.map(|since| {
        format!(
            "at {since} the database was found to be older than what has happened: it was restored from a backup, or it is a copy. What ran was made to stand still, and what had not begun was ended"
        )
    }))
}

/// Requests whose messages do not get through for now. That ends without anybody's doing.
async fn turned_away(ctx: &Ctx) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    for execution in deliveries::unfinished(&ctx.db).await? {
        if let Some(away) = tools::turned_away(ctx, &execution).await? {
            let (count, request, why) = (away.messages, execution.request, away.why);
            warnings.push(format!("messages of request {request} that wait for another try: {count}. {why}"));
        }
    }
    Ok(warnings)
}

async fn figures(State(health): State<Health>) -> Response {
    // Counted anew: what a process counted goes with it.
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let count = sent_twice(&health.ctx).await.map_or(f64::NAN, |count| count as f64);
    metrics::gauge!("countersign_sent_twice").set(count);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], health.metrics.render()).into_response()
}
