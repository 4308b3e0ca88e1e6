//! A scenario: the business, its customers and life, and what happens when. Written as TOML or JSON, and made of the
//! same calls that the control endpoint takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::control::{self, carry_out, overlay};
use super::customers::chance;
use super::faults::Fault;
use super::happenings::Event;
use super::settings::{PhoneSettings, Settings};
use super::state::World;
use super::weighing::happens;

/// A scenario as it is written. What it does not say stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    pub business_name: Option<String>,
    pub waba_id: Option<String>,
    pub seed: Option<u64>,
    /// Seconds of life in a second.
    pub speed: Option<f64>,
    /// Instead of the sample business's.
    pub numbers: Vec<Number>,
    /// Instead of the sample business's: bodies of create calls, with `id`, `status` and `quality_score` if they matter.
    pub templates: Vec<Value>,
    /// Fields of the life settings that differ.
    pub life: Map<String, Value>,
    /// Fields of the limits that differ.
    pub limits: Map<String, Value>,
    /// Customers who are there from the start, as `POST customers` takes them.
    pub customers: Vec<Value>,
    pub faults: Vec<Fault>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    id: String,
    number: String,
    name: String,
    quality: Option<String>,
    throughput: Option<u32>,
    allowed: Option<Vec<String>>,
}

/// One thing that happens at a time: a call of the control endpoint, for each of many customers if it says so.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Since the start, such as `30s`, `5m` or `2h`.
    at: String,
    /// The path of the call, such as `templates` or `customers/act`.
    call: String,
    #[serde(default)]
    body: Map<String, Value>,
    /// The call is made by this share of the customers, each with their own `number`.
    share: Option<f64>,
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum Unplayable {
    #[error("the scenario is not valid TOML or JSON for a scenario: {0}")]
    Form(String),
    #[error("step {step} of the scenario: {why}")]
    Step { step: usize, why: String },
    #[error("{part} of the scenario: {why}")]
    Part { part: &'static str, why: String },
    #[error(
        "numbers, templates, waba_id, business_name, seed and speed are for the start; POST control/scenario changes the rest"
    )]
    TooLate,
}

impl Scenario {
    /// Reads TOML, or JSON if it begins with a brace.
    ///
    /// # Errors
    /// When it is neither, names something unknown, or has a step at no time.
    pub fn read(text: &str) -> Result<Self, Unplayable> {
        let format =
            if text.trim_start().starts_with('{') { config::FileFormat::Json } else { config::FileFormat::Toml };
        let source = config::Config::builder().add_source(config::File::from_str(text, format)).build();
        let scenario: Self =
            source.and_then(config::Config::try_deserialize).map_err(|error| Unplayable::Form(error.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), Unplayable> {
        for (step, at) in self.steps.iter().zip(1..) {
            after_ms(&step.at).map_err(|why| Unplayable::Step { step: at, why })?;
            if !control::knows(&step.call) || matches!(step.call.as_str(), "scenario" | "reset" | "clock") {
                let why = format!("a scenario makes no call \"{}\"", step.call);
                return Err(Unplayable::Step { step: at, why });
            }
        }
        Ok(())
    }

    /// Puts what is for the start into settings.
    ///
    /// # Errors
    /// When life or limits have a field that does not exist.
    pub fn prepare(&self, settings: &mut Settings) -> Result<(), Unplayable> {
        if let Some(name) = &self.business_name {
            settings.business_name.clone_from(name);
        }
        if let Some(id) = &self.waba_id {
            settings.waba_id.clone_from(id);
        }
        settings.seed = self.seed.unwrap_or(settings.seed);
        settings.speed = self.speed.unwrap_or(settings.speed);
        if !self.numbers.is_empty() {
            settings.phone_numbers = self.numbers.iter().map(Number::settings).collect();
        }
        if !self.templates.is_empty() {
            settings.templates.clone_from(&self.templates);
        }
        settings.life = merged("life", &settings.life, &self.life)?;
        settings.limits = merged("limits", &settings.limits, &self.limits)?;
        Ok(())
    }

    /// Begins to play: customers and faults at once, steps at their times.
    ///
    /// # Errors
    /// When a customer is not one that the control endpoint takes.
    pub fn play(&self, world: &World) -> Result<(), Unplayable> {
        for customer in &self.customers {
            let met = carry_out(world, "customers", customer);
            met.map_err(|why| Unplayable::Part { part: "a customer", why: why.to_string() })?;
        }
        for fault in &self.faults {
            world.faults().add(fault.clone());
        }
        for (step, at) in self.steps.iter().zip(1..) {
            let after = after_ms(&step.at).map_err(|why| Unplayable::Step { step: at, why })?;
            world.agenda.add(&world.clock, after, Event::Step(step.clone()));
        }
        Ok(())
    }

    /// Plays on top of what is there, as the control endpoint lets one do.
    ///
    /// # Errors
    /// When something does not fit, or is for the start only.
    pub fn join(&self, world: &World) -> Result<(), Unplayable> {
        let at_start = self.business_name.is_some() || self.waba_id.is_some() || self.seed.is_some();
        if at_start || self.speed.is_some() || !self.numbers.is_empty() || !self.templates.is_empty() {
            return Err(Unplayable::TooLate);
        }
        self.check()?;
        {
            let mut state = world.state();
            let life = merged("life", &state.life, &self.life)?;
            let limits = merged("limits", &state.limits, &self.limits)?;
            (state.life, state.limits) = (life, limits);
        }
        self.play(world)
    }
}

fn merged<T: Serialize + serde::de::DeserializeOwned>(
    part: &'static str,
    present: &T,
    change: &Map<String, Value>,
) -> Result<T, Unplayable> {
    let body = Value::Object(change.clone()).to_string().into();
    overlay(present, &body).map_err(|why| Unplayable::Part { part, why: why.to_string() })
}

impl Number {
    fn settings(&self) -> PhoneSettings {
        let plain = PhoneSettings::new(&self.id, &self.number, &self.name);
        PhoneSettings {
            quality: self.quality.clone().unwrap_or(plain.quality),
            throughput: self.throughput.unwrap_or(plain.throughput),
            allowed: self.allowed.clone(),
            ..plain
        }
    }
}

impl Step {
    /// What it does goes wrong in the log, not in the simulator.
    pub fn happen(&self, world: &World) {
        for body in self.bodies(world) {
            if let Err(why) = carry_out(world, &self.call, &body) {
                tracing::warn!(call = self.call, at = self.at, %why, "a step of the scenario did nothing");
            }
        }
    }

    /// The body, once for each customer who takes part.
    fn bodies(&self, world: &World) -> Vec<Value> {
        let Some(share) = self.share else { return vec![Value::Object(self.body.clone())] };
        let state = world.state();
        let mut people: Vec<(usize, String)> =
            state.customers.iter().map(|customer| (customer.ordinal, customer.wa_id.to_string())).collect();
        drop(state);
        people.sort_unstable();
        let takes_part = |number: &String| {
            let mut luck = chance(world.settings.seed ^ 0x57e9, &format!("{number}{}", self.at), 0);
            happens(share, &mut luck)
        };
        let chosen = people.into_iter().map(|(_, number)| number).filter(takes_part);
        chosen
            .map(|number| {
                let mut body = self.body.clone();
                body.insert("number".into(), number.into());
                Value::Object(body)
            })
            .collect()
    }
}

/// `500ms`, `30s`, `5m` or `2h`, in milliseconds.
fn after_ms(text: &str) -> Result<u64, String> {
    let wrong = || format!("\"{text}\" is not a time: write it as 500ms, 30s, 5m or 2h");
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(unit_at).ok_or_else(wrong)?;
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1_000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return Err(wrong()),
    };
    let span = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    u64::try_from(span.as_millis()).map_err(|_| wrong())
}
