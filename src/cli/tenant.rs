//! `countersign tenant`: the businesses.

use super::{ConfigFile, say, say_json};
use crate::app;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::ids::TenantId;
use crate::domain::people::Tenant;
use crate::store;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Add a business.
    Add(Add),
    /// List the businesses.
    List(List),
}

#[derive(Debug, Args)]
pub struct Add {
    /// What it calls itself.
    name: String,
    /// Id of its WhatsApp Business Account at Meta.
    #[arg(long)]
    waba_id: String,
    /// Environment variable that holds its access token; the token itself is never stored.
    #[arg(long, value_name = "VAR")]
    token_env: String,
    /// Environment variable that holds the app secret; webhooks are refused without it.
    #[arg(long, value_name = "VAR")]
    app_secret_env: Option<String>,
    /// Environment variable that holds the word that Meta says when it verifies the webhook.
    #[arg(long, value_name = "VAR")]
    verify_token_env: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, Args)]
pub struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl TenantCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        if self.name.trim().is_empty() || self.waba_id.is_empty() || !self.waba_id.bytes().all(|b| b.is_ascii_digit()) {
            anyhow::bail!(
                "--waba-id is the number that Meta shows for the WhatsApp Business Account, such as 102290129340398"
            );
        }
        for name in
            [Some(&self.token_env), self.app_secret_env.as_ref(), self.verify_token_env.as_ref()].into_iter().flatten()
        {
            if name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                anyhow::bail!(
                    "give the name of an environment variable, such as WHATSAPP_TOKEN, not the secret itself"
                );
            }
        }
        let db = self.config.database().await?;
        let tenant = Tenant {
            id: TenantId::random(),
            name: self.name.trim().to_owned(),
            waba_id: self.waba_id,
            token_env: self.token_env,
            app_secret_env: self.app_secret_env,
            verify_token_env: self.verify_token_env,
            created_at: SystemClock.now(),
        };
        app::people::add_tenant(&db, &tenant).await?;
        if self.json {
            return say_json(&row(&tenant));
        }
        say(format_args!("added {} ({})", tenant.name, tenant.id));
        if tenant.app_secret_env.is_none() {
            say("note: without --app-secret-env no webhook is accepted, so deliveries and STOP words will not be seen");
        }
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let tenants = store::people::tenants(&self.config.database().await?).await?;
        if self.json {
            return say_json(&tenants.iter().map(row).collect::<Vec<_>>());
        }
        for tenant in &tenants {
            say(format_args!(
                "{}  {}  WABA {}  token from {}",
                tenant.id, tenant.name, tenant.waba_id, tenant.token_env
            ));
        }
        Ok(())
    }
}

fn row(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id, "name": tenant.name, "waba_id": tenant.waba_id, "token_env": tenant.token_env,
        "app_secret_env": tenant.app_secret_env, "verify_token_env": tenant.verify_token_env, "created_at": tenant.created_at,
    })
}
