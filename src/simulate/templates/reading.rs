//! Reads the body of a create call: name, language, category, lifetime, components.

use std::collections::VecDeque;

use serde_json::Value;

use super::super::problem::Problem;
use super::super::shape;
use super::review::Opinion;
use super::standing::{Reason, Standing};
use super::{Template, Templates, languages};
use crate::domain::clock::Timestamp;

/// Template ids are above this.
const FIRST_ID: u64 = 700_000_000_000_000;

impl Templates {
    pub(super) fn read(&mut self, body: &Value, now: Timestamp) -> Result<Template, Problem> {
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let name = text("name").ok_or_else(|| Problem::missing("name"))?;
        let wanted = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=512).contains(&name.len()) || !name.bytes().all(wanted) {
            let sentence = "Param name must have 1 to 512 lower-case letters, digits and underscores.";
            return Err(Problem::parameter(sentence));
        }
        let language = text("language").ok_or_else(|| Problem::missing("language"))?;
        if !languages::known(language) {
            return Err(Problem::parameter("Param language must be one of the supported language codes."));
        }
        let category = text("category").ok_or_else(|| Problem::missing("category"))?;
        check_category(category)?;
        let parameter_format = match text("parameter_format").unwrap_or("POSITIONAL") {
            "NAMED" | "named" => "NAMED",
            "POSITIONAL" | "positional" => "POSITIONAL",
            _ => return Err(Problem::parameter("Param parameter_format must be one of {NAMED, POSITIONAL}.")),
        };
        let components = body.get("components").ok_or_else(|| Problem::missing("components"))?.clone();
        let shape = shape::read(&components, parameter_format == "NAMED", category)?;
        let ttl = ttl(body, category)?;
        self.last_id = self.last_id.max(FIRST_ID) + 1;
        Ok(Template {
            id: self.last_id,
            name: name.into(),
            language: language.into(),
            category: category.into(),
            status: Standing::Pending,
            components,
            shape,
            parameter_format,
            quality: "UNKNOWN".into(),
            quality_since: now,
            rejected_reason: Reason::None,
            previous_category: None,
            correct_category: None,
            ttl,
            pauses: 0,
            paused_at: now,
            paced: false,
            last_used: now,
            opinion: Opinion::default(),
            edited: false,
            edits: VecDeque::new(),
        })
    }
}

pub fn check_category(category: &str) -> Result<(), Problem> {
    if matches!(category, "MARKETING" | "UTILITY" | "AUTHENTICATION") {
        return Ok(());
    }
    Err(Problem::parameter("Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}."))
}

/// How long Meta tries to deliver; −1 is 30 days where that is allowed.
pub fn ttl(body: &Value, category: &str) -> Result<Option<i64>, Problem> {
    let Some(given) = body.get("message_send_ttl_seconds").filter(|given| !given.is_null()) else { return Ok(None) };
    let (from, to, month) = match category {
        "AUTHENTICATION" => (30, 900, true),
        "UTILITY" => (30, 43_200, true),
        _ => (43_200, 2_592_000, false),
    };
    let seconds = given.as_i64().filter(|seconds| (from..=to).contains(seconds) || (month && *seconds == -1));
    seconds.map(Some).ok_or_else(|| {
        let sentence = format!("Param message_send_ttl_seconds must be {from} to {to} for {category} templates.");
        Problem::parameter(sentence)
    })
}
