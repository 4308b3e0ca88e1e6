//! Puts the parts together: one process with its doors, opened in order and closed in order.

mod clock;
mod figures;
pub mod health;
pub mod hosts;
pub mod logs;
mod media;
mod oauth;
mod orders;
pub mod people;
pub mod shutdown;

use crate::config::Settings;
use crate::console;
use crate::domain::clock::SharedClock;
use crate::domain::secret::Secret;
use crate::files;
use crate::graph::{self, Graph};
use crate::inbound;
use crate::mail::Mailer;
use crate::mcp;
use crate::payments;
use crate::store::{self, lock::FileLock, mark_file::MarkFile};
use crate::tools::turns::Turns;
use crate::tools::wake::Wake;
use crate::tools::{Ctx, Secrets};
use crate::worker::{self, Worker};
use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use clock::SharedTime;
use hosts::Hosts;
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use tower_http::trace::TraceLayer;

/// The longest a request may take; a write tool may wait 30 s for its result.
const LONGEST_REQUEST: Duration = Duration::from_mins(1);

/// The longest that a caller may pause while it sends a body.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A daemon, opened and not yet running.
pub struct App {
    /// What it was opened with.
    pub settings: Settings,
    /// What the tools work with.
    pub ctx: Ctx,
    clock: Arc<SharedTime>,
    mailer: Option<Mailer>,
    listener: TcpListener,
    metrics: PrometheusHandle,
    mark_file: Option<MarkFile>,
    _lock: Option<FileLock>,
}

impl App {
    /// Opens everything that can fail before anybody is served. `secrets` stand before the environment.
    pub async fn open(settings: Settings, secrets: HashMap<String, Secret>) -> anyhow::Result<Self> {
        let listen = settings.server.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen on {listen}. Stop what uses it, or set server.listen to another address")
        })?;
        let url = settings.database.url.expose();
        let lock = FileLock::take(url)?;
        let mark_file = mark_file(&settings.database.mark_file, lock.as_ref())?;
        let (ctx, clock) = open(&settings, secrets).await?;
        let mailer = mailer(&settings)?;
        Ok(Self { settings, ctx, clock, mailer, listener, metrics: figures::recorder()?, mark_file, _lock: lock })
    }

    /// Where it listens; with port 0 in the settings, the port that was given.
    pub fn addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until asked to stop: the first signal lets what runs end, the second does not wait.
    pub async fn run(self) -> anyhow::Result<()> {
        let stop = CancellationToken::new();
        let server = self.serve(stop.clone());
        tokio::pin!(server);
        tokio::select! {
            result = &mut server => return result,
            () = shutdown::asked() => {},
        }
        tracing::info!("stopping: nothing new is begun; a second signal stops at once");
        stop.cancel();
        tokio::select! {
            result = &mut server => result,
            () = shutdown::asked() => {
                tracing::warn!("stopped at once; messages on their way become unknown and settle by webhook");
                Ok(())
            }
        }
    }

    /// Serves until the token is cancelled, then lets what runs end within the drain timeout.
    pub async fn serve(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let worker = Worker::start(
            self.ctx.clone(),
            self.mailer.clone(),
            worker_settings(&self.settings),
            self.mark_file.take(),
            stop.child_token(),
        )
        .await?;
        tokio::spawn(Arc::clone(&self.clock).keep(self.ctx.db.clone(), stop.child_token()));
        let router = router(&self, &worker, &stop)?;
        tracing::info!(listen = %self.listener.local_addr()?, url = %self.ctx.public_url, version = env!("CARGO_PKG_VERSION"), "ready");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let ended = axum::serve(self.listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let drain = self.settings.server.drain_timeout;
        tokio::select! {
            result = ended => result?,
            () = async { stop.cancelled().await; tokio::time::sleep(drain).await } => {
                tracing::warn!("some requests did not end within {}", humane(drain));
            }
        }
        worker.ended(drain).await;
        self.ctx.db.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Opens what the tools work with.
async fn open(settings: &Settings, secrets: HashMap<String, Secret>) -> anyhow::Result<(Ctx, Arc<SharedTime>)> {
    let db = store::connect(settings.database.url.expose()).await?;
    store::migrate(&db).await?;
    let clock = Arc::new(SharedTime::default());
    clock.align(&db).await?;
    let graph = Graph::new(&graph::Settings {
        graph_url: settings.whatsapp.graph_url.clone(),
        api_version: settings.whatsapp.api_version.clone(),
        media_hosts: settings.whatsapp.media_hosts.clone(),
        ..graph::Settings::default()
    })?;
    let policy = Arc::new(settings.policy()?);
    let secrets: Secrets = Arc::new(move |name: &str| {
        secrets.get(name).cloned().or_else(|| std::env::var(name).ok().filter(|v| !v.is_empty()).map(Secret::new))
    });
    let ctx = Ctx {
        db,
        graph,
        clock: Arc::clone(&clock) as SharedClock,
        policy,
        public_url: settings.origin().into(),
        wake: Wake::default(),
        media: media::open(settings, &secrets)?,
        orders: orders::open(settings, &secrets)?,
        calls_per_minute: settings.mcp.calls_per_minute,
        turns: Turns::default(),
        secrets,
    };
    Ok((ctx, clock))
}

/// Answers one program on standard input and output. It sends nothing to Meta: that is for the daemon, which finds in the
/// database what is asked for here.
pub async fn answer_on_a_pipe(settings: &Settings, key: &str) -> anyhow::Result<()> {
    let (ctx, clock) = open(settings, HashMap::new()).await?;
    let stop = CancellationToken::new();
    let _stops = stop.clone().drop_guard();
    tokio::spawn(clock.keep(ctx.db.clone(), stop));
    let db = ctx.db.clone();
    let ended = mcp::stdio::serve(ctx, key, settings.mcp.calls_per_minute).await;
    db.close().await;
    ended
}

fn humane(span: Duration) -> String {
    format!("{:#}", jiff::SignedDuration::try_from(span).unwrap_or_default())
}

/// Where it stands how far the database is: where the settings say, or else beside a SQLite file.
fn mark_file(path: &Path, lock: Option<&FileLock>) -> anyhow::Result<Option<MarkFile>> {
    if path.as_os_str().is_empty() {
        return Ok(lock.map(|lock| lock.mark_file().again()).transpose()?);
    }
    let file = MarkFile::open_alone(path).with_context(|| {
        let path = path.display();
        format!("the mark file {path} cannot be used. Let this user write to its folder, and name one for each daemon in database.mark_file")
    })?;
    Ok(Some(match lock {
        Some(lock) => file.of(lock.itself()),
        None => file,
    }))
}

fn mailer(settings: &Settings) -> anyhow::Result<Option<Mailer>> {
    if settings.mail.url.is_empty() {
        return Ok(None);
    }
    Ok(Some(Mailer::smtp(settings.mail.url.expose(), &settings.mail.from)?))
}

fn worker_settings(settings: &Settings) -> worker::Settings {
    worker::Settings {
        concurrency: settings.worker.concurrency.get().into(),
        rate_per_second: settings.worker.rate_per_second.get(),
        unknown_after: settings.worker.unknown_after,
        lease: settings.worker.lease,
        sync_every: settings.whatsapp.sync_every,
        drain_timeout: settings.server.drain_timeout,
    }
}

fn router(app: &App, worker: &Worker, stop: &CancellationToken) -> anyhow::Result<Router> {
    let settings = &app.settings;
    let public_url = settings.public_url()?;
    let console = console::Settings {
        https: public_url.scheme() == "https",
        idle_timeout: settings.console.idle_timeout,
        absolute_timeout: settings.console.absolute_timeout,
        rate_per_second: settings.worker.rate_per_second.get(),
    };
    let hosts = Hosts::of(settings, &public_url, app.addr()?);
    let mcp = mcp::Settings {
        public_url,
        hosts: hosts.names().to_vec(),
        calls_per_minute: settings.mcp.calls_per_minute,
        issuer: oauth::open(settings)?,
    };
    let agents = mcp::routes(app.ctx.clone(), mcp, stop.child_token());
    let by_name = from_fn_with_state(hosts, hosts::check);
    Ok(Router::new()
        .merge(console::router(app.ctx.clone(), console))
        .merge(agents.messages)
        .merge(files::router(app.ctx.clone()))
        .merge(payments::router(app.ctx.clone()))
        // Meta calls the webhook, and probes call what follows, by whatever name they were given.
        .layer(by_name.clone())
        .merge(inbound::router(app.ctx.clone()))
        .merge(health::router(app.ctx.clone(), app.metrics.clone(), worker))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, LONGEST_REQUEST))
        // A large file takes longer; that door keeps its own time.
        .merge(agents.uploads.route_layer(by_name))
        .layer(CompressionLayer::new())
        .layer(RequestBodyTimeoutLayer::new(LONGEST_PAUSE))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span)))
}

/// The path without its query: a query may hold a verify token or what somebody searched for. And without the end of an
/// address that opens a file or a payment to whoever has it.
fn span(request: &axum::extract::Request) -> tracing::Span {
    let path = request.uri().path();
    let path = [files::PATH, payments::PATH].into_iter().find(|open| path.starts_with(open)).unwrap_or(path);
    tracing::debug_span!("request", method = %request.method(), path)
}
