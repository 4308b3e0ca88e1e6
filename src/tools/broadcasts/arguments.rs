//! What the two writes take, and the bounds that their schemas promise.

use crate::domain::broadcasts::{BroadcastSpec, Schedule, Variable};
use crate::domain::compose::MOST_VARIABLES;
use crate::domain::ids::BroadcastId;
use crate::error::{Error, Result};
use crate::tools::envelope::check_name;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Arguments of whatsapp.broadcast.create.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateArguments {
    /// What to store.
    pub broadcast: BroadcastSpec,
    /// When to send it; without it, it stays a draft.
    #[serde(default)]
    pub schedule: Option<Schedule>,
}

/// Arguments of whatsapp.broadcast.schedule: a stored broadcast or a new one, and when.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleArguments {
    /// A stored draft, as whatsapp.broadcasts.list shows it. Its frozen audience can only shrink.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    pub broadcast_id: Option<BroadcastId>,
    /// A new broadcast, instead of a stored one.
    #[serde(default)]
    pub broadcast: Option<BroadcastSpec>,
    /// When, how fast, in what batches.
    #[serde(default)]
    pub schedule: Schedule,
}

fn within(place: &str, text: &str, most: usize) -> Result<()> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(Error::Invalid(format!("{place}: must not be empty")));
    }
    if length > most {
        return Err(Error::Invalid(format!("{place}: {length} characters are too many; at most {most}")));
    }
    Ok(())
}

fn at_most(place: &str, count: usize, most: usize) -> Result<()> {
    if count > most { Err(Error::Invalid(format!("{place}: {count} are too many; at most {most}"))) } else { Ok(()) }
}

/// A description within the bounds of its schema.
pub fn check_spec(spec: &BroadcastSpec) -> Result<()> {
    check_name("broadcast.name", &spec.name)?;
    within("broadcast.template", &spec.template, 512)?;
    if let Some(goal) = &spec.goal {
        within("broadcast.goal", goal, 1000)?;
    }
    if spec.segments.is_empty() {
        return Err(Error::Invalid("broadcast.segments: name at least one segment".into()));
    }
    at_most("broadcast.segments", spec.segments.len(), 20)?;
    at_most("broadcast.exclude_segments", spec.exclude_segments.len(), 20)?;
    at_most("broadcast.languages", spec.languages.len(), 40)?;
    at_most("broadcast.variables", spec.variables.len(), MOST_VARIABLES)?;
    let distinct: BTreeSet<_> = spec.segments.iter().chain(&spec.exclude_segments).collect();
    if distinct.len() != spec.segments.len() + spec.exclude_segments.len() {
        return Err(Error::Invalid("broadcast.segments: a segment stands there twice, or is excluded as well".into()));
    }
    for (key, variable) in &spec.variables {
        let place = format!("broadcast.variables.{}", key.chars().take(64).collect::<String>());
        within(&place, key, 64)?;
        match variable {
            Variable::Text(text) => at_most(&place, text.chars().count(), 1024)?,
            Variable::ContactName { default } => {
                at_most(&place, default.as_ref().map_or(0, |d| d.chars().count()), 1024)?;
            }
            Variable::Attribute { name, default } => {
                within(&format!("{place}.attribute.name"), name, 64)?;
                at_most(&place, default.as_ref().map_or(0, |d| d.chars().count()), 1024)?;
            }
        }
    }
    Ok(())
}

/// A schedule within the bounds of its schema.
pub fn check_schedule(schedule: &Schedule) -> Result<()> {
    for (place, number, most) in
        [("schedule.per_second", schedule.per_second, 1_000), ("schedule.batch_size", schedule.batch_size, 10_000)]
    {
        if !(1..=most).contains(&number) {
            return Err(Error::Invalid(format!("{place}: {number} is not between 1 and {most}")));
        }
    }
    if let (Some(start), Some(end)) = (schedule.start_at, schedule.finish_by)
        && end <= start
    {
        return Err(Error::Invalid(format!("schedule.finish_by: {end} is not after start_at, {start}")));
    }
    Ok(())
}
