//! `countersign serve`: the daemon.

use super::{ConfigFile, log};
use crate::app::App;
use clap::Args;
use std::collections::HashMap;

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    config: ConfigFile,
}

impl Serve {
    pub async fn run(self) -> anyhow::Result<()> {
        let settings = self.config.load()?;
        log(&settings)?;
        App::open(settings, HashMap::new()).await?.run().await
    }
}
