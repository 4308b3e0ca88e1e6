//! `countersign catalogue`: the tools that agents find.

use super::{say, say_json};
use crate::tools::catalogue::catalogue;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub struct Catalogue {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Catalogue {
    pub fn run(self) -> anyhow::Result<()> {
        if self.json {
            let rows: Vec<_> = catalogue()
                .tools()
                .iter()
                .map(|tool| {
                    json!({
                        "name": tool.name, "kind": tool.kind.as_str(), "area": tool.area, "title": tool.title,
                        "summary": tool.summary, "read_first": tool.read_first, "governance": tool.governance,
                        "safety": tool.safety,
                    })
                })
                .collect();
            return say_json(&rows);
        }
        for tool in catalogue().tools() {
            say(format_args!("{:<8} {:<42} {}", tool.kind.as_str(), tool.name, tool.summary));
        }
        Ok(())
    }
}
