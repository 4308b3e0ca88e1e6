//! `countersign queue`: where conversations wait, and who looks after them.

use super::{ConfigFile, find_tenant, say, say_json};
use crate::app;
use crate::domain::automation::hours::OpeningHours;
use crate::store;
use crate::store::conversations::NewQueue;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Add a queue, or change the one of that name; people are added to those it has.
    Add(Add),
    /// List the queues of a business.
    List(List),
}

#[derive(Debug, Args)]
pub struct Add {
    /// What the team calls it.
    name: String,
    /// Name or id of the business.
    #[arg(long)]
    tenant: String,
    /// Only its own people, and those who oversee everything, see what is in it.
    #[arg(long)]
    restricted: bool,
    /// When the team is there, as JSON: {"zone": "Asia/Hong_Kong", "open": {"mon": ["09:00-18:00"]}}. Always, if left out.
    #[arg(long, value_name = "JSON", value_parser = opening_hours)]
    hours: Option<OpeningHours>,
    /// A customer is promised an answer within this, of those hours, such as 30m.
    #[arg(long, value_name = "SPAN", value_parser = span)]
    answer_within: Option<Duration>,
    /// E-mail address of somebody who looks after it; may be given several times.
    #[arg(long = "person", value_name = "EMAIL")]
    people: Vec<String>,
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

fn opening_hours(text: &str) -> Result<OpeningHours, String> {
    serde_json::from_str(text).map_err(|error| format!("these are not opening hours: {error}"))
}

fn span(text: &str) -> Result<Duration, String> {
    let span = text.parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    span.filter(|span| span.as_secs() > 0)
        .ok_or_else(|| format!("\"{text}\" is not a length of time: write it as 30m or 2h"))
}

impl QueueCommand {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let queue = NewQueue {
            name: self.name.trim(),
            restricted: self.restricted,
            hours: self.hours.as_ref(),
            answer_within: self.answer_within,
        };
        app::people::set_queue(&db, tenant.id, &queue, &self.people).await?;
        let set = store::conversations::queue(&db, tenant.id, queue.name).await?.context("the queue is gone again")?;
        if self.json {
            return say_json(&json!({ "name": set.name, "restricted": set.restricted, "people": set.people }));
        }
        say(format_args!("the queue {} is there, with {} people", set.name, set.people.len()));
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let db = self.config.database().await?;
        let tenant = find_tenant(&db, &self.tenant).await?;
        let queues = store::conversations::queues(&db, tenant.id).await?;
        let people = store::people::people(&db, tenant.id).await?;
        let emails = |queue: &store::conversations::Queue| -> Vec<String> {
            people
                .iter()
                .filter(|person| queue.people.contains(&person.id))
                .map(|person| person.email.clone())
                .collect()
        };
        if self.json {
            let rows: Vec<_> = queues
                .iter()
                .map(|queue| {
                    json!({
                        "name": queue.name, "restricted": queue.restricted, "hours": queue.hours,
                        "answer_within_seconds": queue.answer_within.map(|within| within.as_secs()), "people": emails(queue),
                    })
                })
                .collect();
            return say_json(&rows);
        }
        for queue in &queues {
            let closed = if queue.restricted { "  (restricted)" } else { "" };
            say(format_args!("{}{closed}  {}", queue.name, emails(queue).join(", ")));
        }
        Ok(())
    }
}
