//! The command line: one file a command.

mod agent;
mod catalogue;
mod demo;
mod mcp;
mod migrate;
mod product;
mod queue;
mod serve;
mod simulate;
mod tenant;
mod user;

use crate::app;
use crate::config::{self, Settings};
use crate::domain::ids::TenantId;
use crate::domain::people::Tenant;
use crate::store::{self, Db};
use clap::{Args, Parser, Subcommand};
use std::io::Write as _;
use std::path::PathBuf;

/// Approvals for the WhatsApp Business Platform: agents propose, people sign, workers act.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, about, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole product on this machine against a simulator, with a sample business.
    Demo(demo::Demo),
    /// Run console, MCP, webhooks and worker.
    Serve(serve::Serve),
    /// Run the Graph API simulator alone.
    Simulate(simulate::Simulate),
    /// Answer MCP on standard input and output, with the key in COUNTERSIGN_AGENT_KEY. A daemon carries out what is asked.
    Mcp(mcp::Mcp),
    /// Bring the database up to date.
    Migrate(migrate::Migrate),
    /// Print the tools.
    Catalogue(catalogue::Catalogue),
    /// Add or list tenants.
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Add, list or disable people.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Add, list or revoke agents.
    #[command(subcommand)]
    Agent(agent::AgentCommand),
    /// Add or list the queues in which conversations wait for people.
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// Set or list the products of the built-in catalogue.
    #[command(subcommand)]
    Product(product::ProductCommand),
}

/// Where the settings come from.
#[derive(Debug, Clone, Args)]
pub struct ConfigFile {
    /// File with settings; without it, config.toml in this folder if there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    fn load(&self) -> anyhow::Result<Settings> {
        let beside = PathBuf::from("config.toml");
        let file = self.config.clone().or_else(|| beside.exists().then_some(beside));
        Ok(config::load(file.as_deref(), "", &environment())?)
    }

    /// Opens the database that the settings name, up to date.
    async fn database(&self) -> anyhow::Result<Db> {
        let settings = self.load()?;
        let db = store::connect(settings.database.url.expose()).await?;
        store::migrate(&db).await?;
        Ok(db)
    }
}

/// The environment, but for what is not text.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Carries out a command.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Simulate(simulate) => simulate.run().await,
        Command::Mcp(mcp) => mcp.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Catalogue(catalogue) => catalogue.run(),
        Command::Tenant(command) => command.run().await,
        Command::User(command) => command.run().await,
        Command::Agent(command) => command.run().await,
        Command::Queue(command) => command.run().await,
        Command::Product(command) => command.run().await,
    }
}

/// Starts writing logs, as the settings say.
fn log(settings: &Settings) -> anyhow::Result<()> {
    app::logs::start(&settings.log)
}

/// Prints a line for people or programs. A reader that has gone away, as `head` does, is not an error.
fn say(line: impl std::fmt::Display) {
    let _gone = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints rows as one JSON array.
fn say_json(rows: &impl serde::Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(rows)?);
    Ok(())
}

/// A tenant by its name or id.
async fn find_tenant(db: &Db, wanted: &str) -> anyhow::Result<Tenant> {
    let tenants = store::people::tenants(db).await?;
    let id = wanted.parse::<TenantId>().ok();
    let names: Vec<&str> = tenants.iter().map(|t| t.name.as_str()).collect();
    let known = if names.is_empty() {
        "there is none yet: countersign tenant add --help".into()
    } else {
        format!("there is: {}", names.join(", "))
    };
    tenants
        .iter()
        .find(|t| Some(t.id) == id || t.name == wanted)
        .cloned()
        .ok_or_else(|| anyhow::anyhow!("there is no tenant \"{wanted}\"; {known}"))
}
