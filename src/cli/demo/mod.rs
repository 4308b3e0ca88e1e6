//! `countersign demo`: the whole product on this machine, against the simulator, with a sample business in which something
//! is always waiting.

mod answers;
mod cast;
mod contacts;
mod keys;
mod life;
mod offers;
mod pace;
mod seed;
mod staff;
mod story;
mod teas;
mod templates;
mod till;

use super::{environment, log, say};
use crate::app::App;
use crate::config;
use crate::domain::secret::Secret;
use crate::simulate::{Life, PhoneSettings, Settings as SimulatorSettings, Simulator};
use crate::store::lock::FileLock;
use anyhow::Context as _;
use clap::Args;
use keys::Keys;
use pace::Pace;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Args)]
#[command(
    after_help = "It listens on 127.0.0.1:8080; COUNTERSIGN__SERVER__LISTEN=127.0.0.1:9000 chooses another port."
)]
pub struct Demo {
    /// Folder for the database and the sign-ins; made if it is not there, kept for the next time.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// Minutes of the demo's story in a minute: 1 is life, 10 for whoever cannot wait.
    #[arg(long, value_name = "N", default_value = "1")]
    pace: Pace,
}

/// The database's file in the folder.
const DATABASE: &str = "demo.sqlite";

/// Names of the secrets; nothing of this kind is ever in the database.
const TOKEN: &str = "DEMO_TOKEN";
const APP_SECRET: &str = "DEMO_APP_SECRET";
const VERIFY_TOKEN: &str = "DEMO_VERIFY_TOKEN";

impl Demo {
    pub async fn run(self) -> anyhow::Result<()> {
        let made = !self.data.exists();
        std::fs::create_dir_all(&self.data).with_context(|| {
            format!("the folder {} cannot be made. Choose another with --data DIR", self.data.display())
        })?;
        let ended = self.serve().await;
        if made {
            // A start that came to nothing leaves nothing; a folder that holds something stays.
            std::fs::remove_dir(&self.data).ok();
        }
        ended
    }

    async fn serve(&self) -> anyhow::Result<()> {
        let simulator = Simulator::start(simulated(self.pace)).await.context("the simulator cannot be started")?;
        let settings = config::load(None, &defaults(&self.data, &simulator.url(), self.pace), &environment())?;
        log(&settings)?;
        let keys = Keys::read(&self.data)?;
        if keys.is_none() && settings.database.url.expose() == database(&self.data) {
            remove_half_made(&self.data)?;
        }
        let app = App::open(settings, secrets()).await?;
        let keys = match keys {
            Some(keys) if seed::is_there(&app.ctx.db).await? => keys,
            _ => {
                say("making the sample business…");
                let keys = seed::business(&app.ctx, self.pace).await?;
                keys.write(&self.data)?;
                keys
            }
        };
        life::introduce(&app.ctx, &simulator).await?;
        let listen = app.addr()?;
        simulator.set_webhook_url(Some(&format!("http://{}/webhooks/whatsapp", reachable(listen))));
        announce(&app, &simulator, &keys);
        let ctx = app.ctx.clone();
        let ended = {
            let running = app.run();
            tokio::pin!(running);
            tokio::select! {
                ended = &mut running => ended,
                () = life::go_on(&ctx, &simulator, self.pace) => running.await,
            }
        };
        simulator.stop().await;
        ended
    }
}

fn database(data: &Path) -> String {
    format!("sqlite://{}", data.join(DATABASE).display())
}

/// A start that was broken off before it wrote down its sign-ins left a business that nobody can enter.
fn remove_half_made(data: &Path) -> anyhow::Result<()> {
    if !data.join(DATABASE).exists() {
        return Ok(());
    }
    let _nobody_works_on_it = FileLock::take(&database(data))?;
    for end in ["", "-wal", "-shm"] {
        let file = data.join(format!("{DATABASE}{end}"));
        match std::fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(e).with_context(|| format!("{} cannot be removed", file.display()));
            }
            _ => {}
        }
    }
    say("an earlier start was broken off; beginning anew");
    Ok(())
}

/// The address by which the simulator reaches the daemon: one that listens everywhere is reached on this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = if listen.ip().is_unspecified() { std::net::Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}

/// The simulated Meta, a little quicker and less lucky than life, so that there is something to see.
fn simulated(pace: Pace) -> SimulatorSettings {
    let defaults = SimulatorSettings::default();
    let life = Life {
        read_ms: (2_000, 30_000),
        reply_ms: (4_000, 40_000),
        failed_after_sent: 0.02,
        marketing_withheld: 0.02,
        ..Life::default()
    };
    let number = |id, display, name| PhoneSettings { identity_check: true, ..PhoneSettings::new(id, display, name) };
    let phone_numbers = vec![
        number(cast::SHOP, "+852 5550 1000", seed::BUSINESS),
        number(cast::CARE, "+852 5550 2000", "Harbour Tea House Care"),
        number(cast::MACAU, "+852 5550 3000", "Harbour Tea House Macau"),
    ];
    SimulatorSettings {
        business_name: seed::BUSINESS.into(),
        life,
        phone_numbers,
        templates: templates::all(),
        speed: pace.factor(),
        ..defaults
    }
}

fn secrets() -> HashMap<String, Secret> {
    let simulated = SimulatorSettings::default();
    let app_secret = simulated.app_secret.unwrap_or_default();
    [(TOKEN, simulated.token), (APP_SECRET, app_secret), (VERIFY_TOKEN, simulated.verify_token)]
        .map(|(name, value)| (name.to_owned(), Secret::new(value)))
        .into()
}

/// What the demo sets differently; the environment may still say otherwise.
fn defaults(data: &Path, graph_url: &str, pace: Pace) -> String {
    // A quoted TOML string takes any path once backslashes and quotes are escaped, which Debug does.
    let url = database(data);
    let cooling_off = pace.of(Duration::from_secs(10)).as_millis();
    // No shorter one is taken.
    let sync_every = pace.of(Duration::from_secs(20)).max(Duration::from_secs(10)).as_millis();
    format!(
        "[database]\nurl = {url:?}\n[whatsapp]\ngraph_url = {graph_url:?}\nsync_every = \"{sync_every}ms\"\n\
         [approvals]\ncooling_off = \"{cooling_off}ms\"\n\
         # Some people are in two broadcasts of the story and in those that wait.\n[policy.frequency]\nmarketing_per_7_days = 4\n\
         [policy.agents]\nbroadcasts_per_hour = 1000\n\
         [policy.links]\nallow = [\"shop.example\"]\n\
         [orders]\npayment_url = \"https://shop.example/pay?order={{order}}&amount={{amount}}\"\n\
         # A demo is looked at in the evening too.\n[policy.schedule]\nquiet_hours_for = []\n\
         [log]\nlevel = \"warn,countersign=info\"\n"
    )
}

fn announce(app: &App, simulator: &Simulator, keys: &Keys) {
    let url = &app.ctx.public_url;
    say(format_args!("\nCountersign demo: {}\n", seed::BUSINESS));
    say(format_args!("  console   {url}/"));
    say(format_args!("  phones    {}/   what the simulated customers see", simulator.url()));
    say(format_args!("  MCP       {url}/mcp"));
    say(format_args!("  agent key {}\n", keys.agent_key));
    say("  sign in as");
    for person in &keys.people {
        say(format_args!("    {:<28} {:<26} {} ({})", person.email, person.password, person.name, person.role));
    }
    say(
        "\nThe compliance officer finds broadcasts waiting, and customers write. In the first five minutes of a new folder\n\
         Meta pauses a template and stops a number: the lines below tell when. Stop with Ctrl-C; the data is kept.\n",
    );
}
