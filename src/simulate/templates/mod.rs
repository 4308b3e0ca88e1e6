//! The account's message templates: what is remembered of them, and the rules of creating, editing and deleting.

pub mod calls;
mod languages;
mod reading;
pub mod review;
pub mod standing;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::problem::Problem;
use super::settings::Limits;
use super::shape::{self, Shape};
use crate::domain::clock::Timestamp;
use standing::{Reason, Standing};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
/// An approved template can be edited so often in 30 days.
const EDITS_IN_MONTH: usize = 10;

/// What read calls may ask for.
pub const FIELDS: &[&str] = &[
    "id",
    "name",
    "language",
    "status",
    "category",
    "components",
    "parameter_format",
    "sub_category",
    "quality_score",
    "rejected_reason",
    "previous_category",
    "correct_category",
    "message_send_ttl_seconds",
    "library_template_name",
    "cta_url_link_tracking_opted_out",
    "degrees_of_freedom_spec",
    "health_status",
];
/// What they get when they do not say.
pub const DEFAULT_FIELDS: &[&str] = &["name", "parameter_format", "components", "language", "status", "category", "id"];

/// One template in one language.
#[derive(Clone)]
pub struct Template {
    pub id: u64,
    pub name: Arc<str>,
    pub language: Arc<str>,
    pub category: Arc<str>,
    pub status: Standing,
    pub components: Value,
    pub shape: Shape,
    pub parameter_format: &'static str,
    pub quality: String,
    pub quality_since: Timestamp,
    pub rejected_reason: Reason,
    pub previous_category: Option<String>,
    pub correct_category: Option<String>,
    pub ttl: Option<i64>,
    /// Pauses so far: the third is for good.
    pub pauses: u8,
    /// Since when it is paused, while it is.
    pub paused_at: Timestamp,
    /// New sends are held until quality is known.
    pub paced: bool,
    /// Created, edited, sent or taken out of the archive last; a year later it is archived.
    pub last_used: Timestamp,
    /// What people thought of it since its quality was judged last.
    pub opinion: review::Opinion,
    /// Its new components were not approved yet.
    edited: bool,
    edits: VecDeque<Timestamp>,
}

impl Template {
    pub fn to_json(&self) -> Value {
        let able = if self.status.sendable() { "AVAILABLE" } else { "BLOCKED" };
        let mut entity =
            json!({"entity_type": "MESSAGE_TEMPLATE", "id": self.id.to_string(), "can_send_message": able});
        if !self.status.sendable()
            && let Some(fields) = entity.as_object_mut()
        {
            let error = json!({"error_code": 141_002, "error_description": "The template is not approved",
                "possible_solution": "Send another template, or wait for the approval"});
            fields.insert("errors".into(), json!([error]));
        }
        let mut json = json!({
            "id": self.id.to_string(), "name": *self.name, "language": *self.language, "status": self.status,
            "category": *self.category, "components": self.components, "parameter_format": self.parameter_format,
            "quality_score": {"score": self.quality, "date": self.quality_since.seconds()},
            "rejected_reason": self.rejected_reason,
            "health_status": {"can_send_message": able, "entities": [entity]},
        });
        if let Some(fields) = json.as_object_mut() {
            let optional = [
                ("previous_category", self.previous_category.as_deref().map(Value::from)),
                ("correct_category", self.correct_category.as_deref().map(Value::from)),
                ("message_send_ttl_seconds", self.ttl.map(Value::from)),
            ];
            fields.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        }
        json
    }

    /// May it be sent? The answer is Meta's code when it may not.
    pub fn check_sendable(&self) -> Result<(), Problem> {
        match self.status {
            Standing::Approved | Standing::Flagged => Ok(()),
            Standing::Paused => {
                Err(Problem::new(132_015, "Template is paused due to low quality so it cannot be sent"))
            }
            Standing::Disabled => {
                Err(Problem::new(132_016, "Template has been paused too many times and is disabled for good"))
            }
            _ => Err(missing(&self.name, &self.language)),
        }
    }
}

/// Code 132001: this name in this language is not there, or not approved.
pub fn missing(name: &str, language: &str) -> Problem {
    Problem::new(132_001, format!("template name ({name}) does not exist in {language}"))
}

/// All templates of the account.
#[derive(Default)]
pub struct Templates {
    by_id: BTreeMap<u64, Template>,
    ids: HashMap<Arc<str>, HashMap<Arc<str>, u64>>,
    /// Names of deleted approved templates, and since when.
    locked: HashMap<Arc<str>, Timestamp>,
    created: VecDeque<Timestamp>,
    last_id: u64,
}

impl Templates {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Template> {
        self.by_id.values()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Template> {
        self.by_id.values_mut()
    }

    pub fn get(&self, id: u64) -> Option<&Template> {
        self.by_id.get(&id)
    }

    pub fn get_mut(&mut self, id: u64) -> Option<&mut Template> {
        self.by_id.get_mut(&id)
    }

    pub fn find(&self, name: &str, language: &str) -> Option<&Template> {
        self.by_id.get(self.ids.get(name)?.get(language)?)
    }

    /// Puts a template of the sample business in place, in any state.
    pub fn seed(&mut self, body: &Value, now: Timestamp) -> Result<(), Problem> {
        let mut template = self.read(body, now)?;
        if let Some(id) = body.get("id").and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok())) {
            template.id = id;
        }
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        template.status = match text("status") {
            Some(word) => {
                Standing::parse(word).ok_or_else(|| Problem::parameter("Param status is not one that Meta knows."))?
            }
            None => Standing::Approved,
        };
        template.quality = text("quality_score").unwrap_or("UNKNOWN").to_owned();
        template.rejected_reason = text("rejected_reason").and_then(Reason::parse).unwrap_or(Reason::None);
        template.pauses = u8::from(template.status == Standing::Paused);
        self.put(template);
        Ok(())
    }

    /// A create call. The answer's status is always `PENDING`; the verdict comes later.
    pub fn create(
        &mut self,
        body: &Value,
        limits: &Limits,
        samples: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<&Template, Problem> {
        let template = self.read(body, now)?;
        check_samples(&template.shape, samples)?;
        if self.find(&template.name, &template.language).is_some() {
            let sentence = format!("There is already {} content for this template.", template.language);
            return Err(Problem::template(2_388_024, "Content in this language already exists", sentence));
        }
        if self.locked.get(&template.name).is_some_and(|since| now.since(*since) < MONTH) {
            let sentence = "A deleted template's name cannot be used again for 30 days.";
            return Err(Problem::template(2_388_023, "Message template is being deleted", sentence));
        }
        if self.by_id.len() >= limits.templates {
            let sentence = format!("The account already has {} templates.", self.by_id.len());
            return Err(Problem::template(2_388_019, "Template limit reached", sentence));
        }
        while self.created.front().is_some_and(|at| now.since(*at) >= HOUR) {
            self.created.pop_front();
        }
        if self.created.len() >= usize::try_from(limits.creations_per_hour).unwrap_or(usize::MAX) {
            return Err(Problem::new(80_008, "Too many templates were created in the last hour"));
        }
        self.created.push_back(now);
        let id = template.id;
        self.put(template);
        self.by_id.get(&id).ok_or_else(|| Problem::bare(131_000))
    }

    /// An edit call: category and components are replaced as a whole, and the template goes back to review.
    pub fn edit(
        &mut self,
        id: u64,
        body: &Value,
        samples: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let template = self.by_id.get_mut(&id).ok_or_else(|| Problem::no_such_object("POST", &id.to_string()))?;
        let refuse = |sentence: &str| Problem::template(2_388_039, "This template can't be edited", sentence);
        let changes = ["category", "components", "message_send_ttl_seconds"];
        if !changes.iter().any(|key| body.get(key).is_some()) {
            return Err(Problem::missing("components"));
        }
        if !template.status.editable() {
            return Err(refuse("Only approved, rejected and paused templates can be edited."));
        }
        let category = body.get("category").and_then(Value::as_str).unwrap_or(&template.category).to_owned();
        if template.status == Standing::Approved {
            if category != *template.category {
                return Err(refuse("The category of an approved template cannot be edited."));
            }
            while template.edits.front().is_some_and(|at| now.since(*at) >= MONTH) {
                template.edits.pop_front();
            }
            if template.edits.len() >= EDITS_IN_MONTH || template.edits.back().is_some_and(|at| now.since(*at) < DAY) {
                return Err(refuse("An approved template can be edited once in 24 hours and 10 times in 30 days."));
            }
        }
        reading::check_category(&category)?;
        let components = body.get("components").unwrap_or(&template.components).clone();
        let shape = shape::read(&components, template.parameter_format == "NAMED", &category)?;
        if body.get("components").is_some() {
            check_samples(&shape, samples)?;
        }
        let ttl = reading::ttl(body, &category)?.or(template.ttl);
        if template.status == Standing::Approved {
            template.edits.push_back(now);
        }
        (template.shape, template.ttl) = (shape, ttl);
        template.edited |= components != template.components;
        template.components = components;
        template.category = category.into();
        template.status = Standing::Pending;
        template.last_used = now;
        Ok(())
    }

    /// Deletes the languages with these ids, or all of the name. Answers what went.
    pub fn delete(&mut self, name: &str, only: &[u64], now: Timestamp) -> Result<Vec<Template>, Problem> {
        let ids: Vec<u64> = self.ids.get(name).into_iter().flat_map(HashMap::values).copied().collect();
        let ids: Vec<u64> = ids.into_iter().filter(|known| only.is_empty() || only.contains(known)).collect();
        if ids.is_empty() || ids.len() < only.len() {
            return Err(Problem::template(2_593_002, "Message template not found", "There is no such template."));
        }
        if ids.iter().any(|id| self.by_id.get(id).is_some_and(|template| template.status == Standing::Disabled)) {
            return Err(Problem::template(2_388_039, "This template can't be deleted", "A disabled template stays."));
        }
        Ok(ids.iter().filter_map(|id| self.remove(*id, now)).collect())
    }

    /// Takes one away. The name of an approved one rests for 30 days.
    fn remove(&mut self, id: u64, now: Timestamp) -> Option<Template> {
        let template = self.by_id.remove(&id)?;
        if template.status == Standing::Approved {
            self.locked.insert(template.name.clone(), now);
        }
        if let Some(languages) = self.ids.get_mut(&template.name) {
            languages.remove(&template.language);
        }
        Some(template)
    }

    fn put(&mut self, template: Template) {
        self.ids.entry(template.name.clone()).or_default().insert(template.language.clone(), template.id);
        self.by_id.insert(template.id, template);
    }
}

/// A sample of a media header is the handle of an upload that was finished.
fn check_samples(shape: &Shape, known: impl Fn(&str) -> bool) -> Result<(), Problem> {
    if shape.samples().all(known) {
        return Ok(());
    }
    let sentence = "example.header_handle is not the handle of a finished upload.";
    Err(Problem::template(2_388_047, "Header format is incorrect", sentence))
}
