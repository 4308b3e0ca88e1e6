//! `countersign agent`: the programs that call tools.

use super::{ConfigFile, find_tenant, say, say_json};
use crate::app;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::people::{Agent, NameStyle, Permission, TokenHolder};
use crate::store;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Add an agent and print its key, once.
    Add(Add),
    /// List the agents of a business.
    List(List),
    /// Make an agent's key void.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub struct Add {
    /// What to call it.
    name: String,
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    /// E-mail address of the person who answers for it. That person cannot sign what it asks for.
    #[arg(long)]
    owner: String,
    /// What it may do and see, by commas: read, propose, propose:AREA, contacts:pii, notes, attachments, staff_metrics,
    /// provider_ids, routing, audit.
    #[arg(long, value_delimiter = ',', required = true)]
    permissions: Vec<Permission>,
    /// How its host wants tool names spelled: dotted or underscore.
    #[arg(long, default_value = "dotted")]
    names: NameStyle,
    /// Let writes ask its host to show its user the page of a request (URL elicitation). Only for hosts with a
    /// person in front of them: others fail the call.
    #[arg(long)]
    elicit_url: bool,
    /// Its client_id at the authorization server of [oauth]: access tokens that were given to it open the door, and no key is
    /// made. What they allow is narrowed to their scopes, which are named like permissions.
    #[arg(long, value_name = "CLIENT_ID")]
    oauth_client: Option<String>,
    /// The sub of the person who signs in to that client. Needed for clients that people sign in to; left out for one that
    /// gets tokens for itself (client credentials).
    #[arg(long, value_name = "SUB", requires = "oauth_client")]
    oauth_subject: Option<String>,
    /// Days after which the key stops by itself.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..))]
    expires_in: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub struct List {
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// Its name.
    name: String,
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    #[command(flatten)]
    config: ConfigFile,
}

impl AgentCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Revoke(revoke) => revoke.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let expires_at = SystemClock.now().after(Duration::from_hours(24 * u64::from(self.expires_in)));
        let permissions = self.permissions.into_iter().collect();
        let new = app::people::NewAgent {
            name: &self.name,
            owner: &self.owner,
            permissions,
            names: self.names,
            elicits: self.elicit_url,
            tokens_of: self.oauth_client.map(|client| TokenHolder { client, subject: self.oauth_subject }),
            expires_at,
        };
        let (agent, key) = app::people::add_agent(&db, tenant.id, new).await?;
        // Whoever comes with tokens has no use for a second way in.
        let key = Some(key).filter(|_| agent.tokens_of.is_none());
        if self.json {
            let mut row = row(&agent);
            if let (Value::Object(object), Some(key)) = (&mut row, key) {
                object.insert("key".into(), Value::String(key));
            }
            return say_json(&row);
        }
        say(format_args!("added {} for {}", agent.name, agent.owner_name));
        match (&agent.tokens_of, key) {
            (Some(TokenHolder { client, subject: None }), _) => {
                say(format_args!("opened by access tokens that {client} was given for itself"));
            }
            (Some(TokenHolder { client, subject: Some(subject) }), _) => {
                say(format_args!("opened by access tokens that {client} was given for {subject}"));
            }
            (None, Some(key)) => say(format_args!("key, shown this once: {key}")),
            (None, None) => {}
        }
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let agents = store::people::agents(&db, tenant.id).await?;
        if self.json {
            return say_json(&agents.iter().map(row).collect::<Vec<_>>());
        }
        for agent in &agents {
            let permissions: Vec<String> = agent.permissions.iter().map(ToString::to_string).collect();
            let void = if agent.revoked_at.is_some() { "  (revoked)" } else { "" };
            say(format_args!(
                "{}  {}…  for {}  {}{void}",
                agent.name,
                agent.key_prefix,
                agent.owner_name,
                permissions.join(",")
            ));
        }
        Ok(())
    }
}

impl Revoke {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        app::people::revoke_agent(&db, tenant.id, &self.name).await?;
        say(format_args!("the key of {} is void from now on", self.name));
        Ok(())
    }
}

fn row(agent: &Agent) -> Value {
    let permissions: Vec<String> = agent.permissions.iter().map(ToString::to_string).collect();
    json!({
        "id": agent.id, "name": agent.name, "owner": agent.owner_name, "permissions": permissions, "names": agent.names,
        "elicits_url": agent.elicits, "oauth_client": agent.tokens_of.as_ref().map(|of| &of.client),
        "oauth_subject": agent.tokens_of.as_ref().and_then(|of| of.subject.as_ref()),
        "key_prefix": agent.key_prefix, "expires_at": agent.expires_at, "revoked_at": agent.revoked_at,
    })
}
