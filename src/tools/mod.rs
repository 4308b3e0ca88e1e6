//! The catalogue: what agents can ask for. A tool is a row in the table of its area; the door walks the rows.

pub mod audit;
pub mod automation;
pub mod broadcasts;
pub mod business;
pub mod catalogue;
pub mod consent;
pub mod contacts;
pub mod conversations;
pub mod desk;
pub mod envelope;
mod heard;
pub mod media;
pub mod messages;
pub mod orders;
pub mod reading;
pub mod request_view;
pub mod requests;
pub mod segments;
pub mod sync;
pub mod templates;
pub mod thread;
pub mod turns;
pub mod uploads;
pub mod wake;
pub mod webhooks;

use crate::domain::action::Action;
use crate::domain::audience::Audience;
use crate::domain::canonical::Digest;
use crate::domain::clock::{SharedClock, Timestamp};
use crate::domain::deliveries::Tally;
use crate::domain::ids::{AssetId, AudienceId, DetailId, ImportId, RequestId, TenantId};
use crate::domain::masked::{Attachments, Permit};
use crate::domain::media::Purpose;
use crate::domain::people::Tenant;
use crate::domain::people::{Area, Caller, Permission};
use crate::domain::policy::Policy;
use crate::domain::preview::{Finding, Preview};
use crate::domain::requests::LeftUndone;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::graph::{Credentials, Graph};
use crate::store::deliveries::{Execution, TurnedAway};
use crate::store::{self, Db, Tx};
use futures::future::BoxFuture;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::Arc;

use media::Media;
use orders::Orders;
use turns::Turns;
use wake::Wake;

/// Looks a secret up by the name of its environment variable.
pub type Secrets = Arc<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// What every tool works with.
#[derive(Clone)]
pub struct Ctx {
    /// The rows.
    pub db: Db,
    /// Meta.
    pub graph: Graph,
    /// The time.
    pub clock: SharedClock,
    /// The rules.
    pub policy: Arc<Policy>,
    /// Where people find the console, without a slash at the end.
    pub public_url: Arc<str>,
    /// The tenants' tokens.
    pub secrets: Secrets,
    /// Tells the worker of this process that there is something to do.
    pub wake: Wake,
    /// Files.
    pub media: Media,
    /// Who keeps orders, and where they are paid.
    pub orders: Orders,
    /// How many calls of tools one agent has in a minute.
    pub calls_per_minute: NonZeroU32,
    /// For what is worked out one or two at a time.
    pub turns: Turns,
}

impl Ctx {
    /// What this tenant proves itself to Meta with.
    pub fn credentials(&self, tenant: &Tenant) -> Result<Credentials> {
        let token = (self.secrets)(&tenant.token_env).ok_or_else(|| {
            Error::Unavailable(format!(
                "the environment variable {} holds no access token; nothing can be sent",
                tenant.token_env
            ))
        })?;
        Ok(Credentials { token, app_secret: tenant.app_secret_env.as_deref().and_then(|name| (self.secrets)(name)) })
    }
}

/// A tool.
pub struct Tool {
    /// Its name, with dots.
    pub name: &'static str,
    /// Its title in English, traditional and simplified Chinese.
    pub title: [&'static str; 3],
    /// What it is for.
    pub summary: &'static str,
    /// What the agent should read before.
    pub read_first: &'static [&'static str],
    /// Who has to agree.
    pub governance: &'static str,
    /// What it will never do.
    pub safety: &'static str,
    /// The noun it belongs to.
    pub area: Area,
    /// A permission that it wants beyond the usual one of its kind.
    pub wants: Option<Permission>,
    /// What it does.
    pub kind: Kind,
    /// The shape of its arguments.
    pub input: fn() -> Schema,
    /// The shape of its answer.
    pub output: fn() -> Schema,
}

/// What a read does.
pub type Read = for<'a> fn(&'a Ctx, &'a Caller, Value) -> BoxFuture<'a, Result<Value>>;

/// What a write would do. It changes nothing.
pub type Propose = for<'a> fn(&'a Ctx, &'a Caller, Value) -> BoxFuture<'a, Result<Proposal>>;

/// What a tool does, by its kind.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Answers from the rows.
    Read(Read),
    /// Shows what one of these writes would do; the first one if the call does not say.
    Preview(&'static [&'static str]),
    /// Asks for something to be done.
    Write(Propose),
    /// Says where a request stands.
    Status(Read),
}

impl Kind {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::Preview(_) => "preview",
            Self::Write(_) => "write",
            Self::Status(_) => "status",
        }
    }
}

/// A write, worked out: nothing of it has happened.
pub struct Proposal {
    /// The page that people would see, with the action inside.
    pub preview: Preview,
    /// A name for the list of requests: `Broadcast · Winter offer`.
    pub title: String,
    /// The list of people that the action's seal stands for, if it has one.
    pub sealed: Option<Sealed>,
    /// What is kept of the arguments in place of themselves, where they hold people's data that are kept in the list.
    pub kept: Option<Value>,
}

/// A list of people, or what is said of them, that belongs to a request and is kept apart from it.
pub enum Sealed {
    /// Who receives a broadcast.
    Audience(AudienceId, Digest, Audience),
    /// The rows of an import, which are kept already.
    Rows(ImportId),
    /// What a small write says of people.
    Detail(DetailId, Value),
}

impl Sealed {
    /// Stores the list with the request that it belongs to.
    pub async fn store(&self, tx: &mut Tx, tenant: TenantId, request: RequestId, now: Timestamp) -> Result<()> {
        match self {
            Self::Audience(id, root, audience) => {
                store::audience::insert(tx, tenant, *id, *root, audience, now).await?;
            }
            Self::Rows(id) => store::imports::file(tx, tenant, *id, request).await?,
            Self::Detail(id, body) => store::details::add(tx, tenant, *id, body, now).await?,
        }
        Ok(())
    }
}

impl Proposal {
    /// What the worker would do.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.preview.action
    }
}

/// What came of a write that touches nothing but our own rows.
#[derive(Debug)]
pub enum Outcome {
    /// It is done, with this to report.
    Done(Value),
    /// Part of it is done; the report names the rest under `left_out`, with the reason of each.
    Partly(Value),
    /// It may no longer be done.
    Void(Finding),
}

impl Outcome {
    /// What was done, and what was left undone: `name` is what the ids of these are called.
    fn with_the_rest(mut report: Value, name: &str, rest: &[(String, LeftUndone)]) -> Self {
        let Some(members) = report.as_object_mut().filter(|_| !rest.is_empty()) else { return Self::Done(report) };
        let left = |(id, reason): &(String, LeftUndone)| json!({name: id, "reason": reason});
        members.insert("left_out".to_owned(), rest.iter().map(left).collect());
        Self::Partly(report)
    }
}

/// What the rules say of something that is to be signed, whenever it will be carried out: at night people may sign what goes
/// out in the morning.
pub async fn standing(ctx: &Ctx, tenant: TenantId, action: &Action) -> Result<Vec<Finding>> {
    match action {
        Action::BroadcastSchedule(plan) => broadcasts::standing(ctx, tenant, plan).await,
        Action::SegmentUpsert(plan) => segments::upsert::standing(&ctx.db, tenant, plan).await,
        Action::SessionMessageSend(plan) => messages::send::standing(&ctx.db, tenant, plan, ctx.clock.now()).await,
        Action::WebhookRetry(plan) => webhooks::retry::standing(&ctx.db, tenant, plan).await,
        Action::OrderCreate(plan) => orders::create::standing(ctx, tenant, plan).await,
        Action::PaymentLinkSend(plan) => orders::pay::standing(ctx, &ctx.db, tenant, plan, ctx.clock.now()).await,
        Action::AutomationChange(plan) => automation::standing(ctx, tenant, plan).await,
        Action::ContactUpsert(plan) => contacts::upsert::standing(&ctx.db, tenant, plan).await,
        Action::TagApply(plan) => contacts::tag::standing(&ctx.db, tenant, plan).await,
        Action::ConversationAssign(plan) => desk::assign::standing(&ctx.db, tenant, plan).await,
        Action::ConversationClose(plan) => desk::close::standing(&ctx.db, tenant, plan).await,
        Action::ConsentUpdate(plan) => consent::update::standing(&ctx.db, tenant, plan, ctx.clock.now()).await,
        Action::TemplateDraftUpsert(plan) => templates::draft::standing(&ctx.db, tenant, plan).await,
        Action::TemplateSubmit(plan) => templates::submit::standing(&ctx.db, tenant, plan, ctx.clock.now()).await,
        Action::MediaAssetUpload(plan) => media::upload::standing(&ctx.db, tenant, plan, ctx.clock.now()).await,
        // A draft reaches nobody; what it becomes is checked when it is to be sent. An import looks at each person again
        // while it writes.
        Action::BroadcastCreate(_) | Action::ContactImport(_) => Ok(Vec::new()),
    }
}

/// An address under which a customer's file can be fetched for a short time; none if it may not be handed out.
pub async fn attachment_address(
    ctx: &Ctx,
    tenant: TenantId,
    file: AssetId,
    _: &Permit<Attachments>,
) -> Result<Option<String>> {
    match media::link(ctx, tenant, file, Purpose::Download).await {
        Ok(address) => Ok(Some(address)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Until when all that is left of it waits by itself: it is quiet wherever its people live, or everybody who is left was put
/// off. `None` while something goes out, and where nothing more will.
pub async fn waits_until(
    ctx: &Ctx,
    action: &Action,
    execution: &Execution,
    progress: &Tally,
) -> Result<Option<Timestamp>> {
    let Action::BroadcastSchedule(plan) = action else { return Ok(None) };
    if !execution.goes_on(progress) {
        return Ok(None);
    }
    if let Some(until) = broadcasts::quiet_until(ctx, plan) {
        return Ok(Some(until));
    }
    let now = ctx.clock.now();
    let ahead = store::deliveries::ahead(&ctx.db, execution.tenant, execution.id).await?;
    Ok(ahead.next_retry.filter(|at| *at > now && !ahead.untouched && progress.sending == 0))
}

/// What keeps messages back that were to go out already. `None` where nothing is to go out.
pub async fn turned_away(ctx: &Ctx, execution: &Execution) -> Result<Option<TurnedAway>> {
    if !execution.may_run() {
        return Ok(None);
    }
    Ok(store::deliveries::turned_away(&ctx.db, execution.tenant, execution.id).await?)
}

/// Reads arguments into their type; what does not fit is named with its place.
pub fn arguments<T: DeserializeOwned>(arguments: Value) -> Result<T> {
    if has_nul(&arguments) {
        return Err(Error::Invalid("a text holds the character U+0000, which no database keeps; leave it out".into()));
    }
    // A path to the field, because "invalid type" alone helps nobody with a nested schedule.
    serde_path_to_error::deserialize(arguments).map_err(|e| {
        let path = e.path().to_string();
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        Error::Invalid(format!("{place}{}", in_words_of_json(&e.inner().to_string())))
    })
}

/// What the parser says in words of Rust, said in those of JSON: whoever called wrote no `u32` and no `map`.
fn in_words_of_json(sentence: &str) -> String {
    let Some((found, expected)) = sentence.rsplit_once(", expected ") else { return sentence.to_owned() };
    // Not the value itself: a number that should have been a text is often a phone number.
    let found = match found.strip_prefix("invalid type: ") {
        Some(found) => {
            let kind = found.split(['`', '"']).next().unwrap_or(found).trim_end();
            let kind = match kind {
                "map" => "object",
                "sequence" => "list",
                "floating point" => "number with a fraction",
                "integer" => "number",
                "unit variant" => "a word alone",
                kind => kind,
            };
            format!("invalid type: {kind}")
        }
        None => found.to_owned(),
    };
    let expected = match expected.split(' ').next().unwrap_or(expected) {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more, that is not too large",
        "i8" | "i16" | "i32" | "i64" => "a whole number that is not too large",
        "f32" | "f64" => "a number",
        "struct" | "map" => "an object",
        "enum" => "one of the values that the schema lists",
        _ => match expected {
            "a sequence" => "a list",
            "a map" => "an object",
            "a boolean" => "true or false",
            "newtype variant" | "struct variant" => "an object with that word and what belongs to it",
            "unit" | "unit variant" => "the word alone",
            said => said,
        },
    };
    format!("{found}, expected {expected}")
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Turns a typed answer into the value that goes out.
pub fn answer(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}

/// The schema of a type, as a complete document.
#[must_use]
pub fn schema<T: JsonSchema>() -> Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .with(|s| s.transforms.push(Box::new(RecursiveTransform(without_rust_formats))))
        .into_generator()
        .into_root_schema_for::<T>()
}

/// `uint32` and its like are no formats of JSON Schema; clients warn about each.
fn without_rust_formats(schema: &mut Schema) {
    let rust = |format: &Value| format.as_str().is_some_and(|f| f.starts_with("uint") || f.starts_with("int"));
    if schema.get("format").is_some_and(rust) {
        schema.remove("format");
    }
}

impl Tool {
    /// Over name and argument schema: part of what is signed, so that a tool cannot come to mean something else.
    pub fn schema_digest(&self) -> Result<Digest> {
        Ok(Digest::of(&(self.name, (self.input)().to_value()))?)
    }

    /// Whether this caller may use it. A tool that may not be used is not listed either.
    #[must_use]
    pub fn open_to(&self, caller: &Caller) -> bool {
        let usual = match self.kind {
            Kind::Read(_) => caller.has(Permission::Read),
            // Whoever may ask may know what came of it.
            Kind::Status(_) => caller.has(Permission::Read) || caller.may_propose_anything(),
            Kind::Preview(_) | Kind::Write(_) => caller.may_propose(self.area),
        };
        usual && self.wants.is_none_or(|p| caller.has(p))
    }

    /// The name for hosts that refuse dots.
    #[must_use]
    pub fn underscore_name(&self) -> String {
        self.name.replace('.', "_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read is of interest")]
    struct Example {
        count: u32,
        shift: Option<i64>,
        share: Option<f64>,
        names: Option<Vec<String>>,
        inner: Option<Inner>,
        table: Option<BTreeMap<String, bool>>,
        how: Option<How>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only whether it can be read is of interest")]
    enum How {
        To(u32),
        Never,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read is of interest")]
    struct Inner {
        yes: bool,
    }

    #[test]
    fn a_refusal_names_the_place_and_speaks_of_json() {
        for (given, refused) in [
            (json!({"count": -1}), "count: invalid value: integer `-1`, expected a whole number, 0 or more"),
            (json!({"count": "many"}), "count: invalid type: string, expected a whole number, 0 or more"),
            (json!({"count": ", expected u32"}), "count: invalid type: string, expected a whole number, 0 or more"),
            (json!({"count": 1, "shift": 0.5}), "shift: invalid type: number with a fraction, expected a whole number"),
            (json!({"count": 1, "share": {}}), "share: invalid type: object, expected a number"),
            (json!({"count": 1, "names": {}}), "names: invalid type: object, expected a list"),
            (json!({"count": 1, "inner": "x"}), "inner: invalid type: string, expected an object"),
            (json!({"count": 1, "inner": {"yes": []}}), "inner.yes: invalid type: list, expected true or false"),
            (json!({"count": 1, "table": [1]}), "table: invalid type: list, expected an object"),
            (json!({"count": 1, "name": 1}), "name: unknown field `name`, expected one of `count`, `shift`"),
            (json!({"count": 1, "how": "to"}), "how.to: invalid type: a word alone, expected an object with that word"),
            (json!({"count": 1, "how": {"never": 1}}), "expected the word alone"),
            (json!({}), "missing field `count`"),
            (json!({"count": "\0"}), "U+0000"),
        ] {
            let error = arguments::<Example>(given.clone()).unwrap_err();
            assert_eq!(error.code(), "invalid_arguments");
            assert!(error.to_string().contains(refused), "{given}: {error}");
        }
    }
}
