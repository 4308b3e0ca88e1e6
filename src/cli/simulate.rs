//! `countersign simulate`: the Graph API simulator alone, for developers of agents.

use super::say;
use crate::app;
use crate::simulate::{Scenario, Settings, Simulator};
use anyhow::Context as _;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Simulate {
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Where webhooks go, such as http://127.0.0.1:8080/webhooks/whatsapp.
    #[arg(long, value_name = "URL", value_parser = address)]
    webhook_url: Option<String>,
    /// A scenario in TOML or JSON: numbers, templates, customers, life, faults and timed steps. docs/scenario.toml is one.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

impl Simulate {
    pub async fn run(self) -> anyhow::Result<()> {
        let mut settings = Settings { listen: self.listen, webhook_url: self.webhook_url, ..Settings::default() };
        if let Some(file) = &self.scenario {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("the scenario {} cannot be read", file.display()))?;
            let scenario = Scenario::read(&text)?;
            scenario.prepare(&mut settings)?;
            settings.scenario = Some(scenario);
        }
        say(format_args!("WABA id {}, access token {}", settings.waba_id, settings.token));
        if let Some(secret) = &settings.app_secret {
            say(format_args!("app secret {secret}, verify token {}", settings.verify_token));
        }
        let simulator = Simulator::start(settings).await.with_context(|| {
            format!("the simulator cannot start on {}; --listen chooses another address", self.listen)
        })?;
        say(format_args!(
            "the simulated Graph API answers on http://{0}; its phones are shown at http://{0}/",
            simulator.addr()
        ));
        app::shutdown::asked().await;
        simulator.stop().await;
        Ok(())
    }
}

fn address(text: &str) -> Result<String, String> {
    let url = text.parse::<url::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(|_| text.to_owned()).ok_or_else(|| "write it as http://127.0.0.1:8080/webhooks/whatsapp".to_owned())
}
