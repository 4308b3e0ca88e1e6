//! `countersign mcp`: the tools for a program on this machine, over a pipe.

use super::{ConfigFile, log};
use crate::app;
use anyhow::Context as _;
use clap::Args;

/// Where the key comes from.
const KEY: &str = "COUNTERSIGN_AGENT_KEY";

#[derive(Debug, Args)]
pub struct Mcp {
    #[command(flatten)]
    config: ConfigFile,
}

impl Mcp {
    pub async fn run(self) -> anyhow::Result<()> {
        let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty());
        let key =
            key.with_context(|| format!("set {KEY} to the key of an agent; `countersign agent add` makes one"))?;
        let settings = self.config.load()?;
        log(&settings)?;
        app::answer_on_a_pipe(&settings, key.trim()).await
    }
}
