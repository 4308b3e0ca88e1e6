//! `countersign user`: the people who sign in.

use super::{ConfigFile, find_tenant, say, say_json};
use crate::app;
use crate::domain::people::Role;
use crate::store;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Read as _;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person.
    Add(Add),
    /// List the people of a business.
    List(List),
    /// Close a person's account; what they signed stays.
    Disable(Disable),
}

#[derive(Debug, Args)]
pub struct Add {
    /// E-mail address, which is the sign-in name.
    email: String,
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    /// The name that stands under a signature.
    #[arg(long)]
    name: String,
    /// admin, compliance, principal, operator, manager, auditor or dpo.
    #[arg(long)]
    role: Role,
    /// Read the password from standard input; without it, one is made and printed once.
    #[arg(long)]
    password_stdin: bool,
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
pub struct Disable {
    /// E-mail address.
    email: String,
    #[command(flatten)]
    config: ConfigFile,
}

impl UserCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Disable(disable) => disable.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let made = (!self.password_stdin).then(app::people::make_password);
        let password = match &made {
            Some(made) => made.clone(),
            None => read_password()?,
        };
        let person = app::people::add_person(&db, tenant.id, &self.email, &self.name, self.role, &password).await?;
        if self.json {
            return say_json(&json!({
                "id": person.id, "email": person.email, "name": person.name, "role": person.role, "password": made,
            }));
        }
        say(format_args!("added {} ({}) as {}", person.name, person.email, person.role));
        if let Some(made) = made {
            say(format_args!("password, shown this once: {made}"));
        }
        Ok(())
    }
}

fn read_password() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let people = store::people::people(&db, tenant.id).await?;
        if self.json {
            let rows: Vec<_> = people
                .iter()
                .map(|p| json!({ "id": p.id, "email": p.email, "name": p.name, "role": p.role, "disabled_at": p.disabled_at }))
                .collect();
            return say_json(&rows);
        }
        for person in &people {
            let closed = if person.disabled_at.is_some() { "  (closed)" } else { "" };
            say(format_args!("{}  {}  {}{closed}", person.email, person.name, person.role));
        }
        Ok(())
    }
}

impl Disable {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let person = app::people::disable_person(&db, &self.email).await?;
        say(format_args!("closed the account of {} ({})", person.name, person.email));
        Ok(())
    }
}
