//! `countersign migrate`: the tables, brought up to date.

use super::{ConfigFile, say};
use clap::Args;

#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    config: ConfigFile,
}

impl Migrate {
    pub async fn run(self) -> anyhow::Result<()> {
        self.config.database().await?;
        say("the database is up to date");
        Ok(())
    }
}
