//! `countersign simulate`: the Graph API simulator alone, for developers of agents.

use super::say;
use crate::app;
use crate::simulate::{Settings, Simulator};
use clap::Args;
use std::net::SocketAddr;

#[derive(Debug, Args)]
pub struct Simulate {
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Where webhooks go, such as http://127.0.0.1:8080/webhooks/whatsapp.
    #[arg(long, value_name = "URL", value_parser = address)]
    webhook_url: Option<String>,
}

impl Simulate {
    pub async fn run(self) -> anyhow::Result<()> {
        let settings = Settings { listen: self.listen, webhook_url: self.webhook_url, ..Settings::default() };
        say(format_args!("WABA id {}, access token {}", settings.waba_id, settings.token));
        if let Some(secret) = &settings.app_secret {
            say(format_args!("app secret {secret}, verify token {}", settings.verify_token));
        }
        let simulator = Simulator::start(settings)
            .await
            .map_err(|e| anyhow::anyhow!("cannot listen on {}: {e}. Choose another with --listen", self.listen))?;
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
