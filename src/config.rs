//! Settings: `config.toml` as it is shipped holds the defaults, a file and the environment change them, unknown keys are
//! refused with the nearest one that is known.

mod environment;
mod log;
mod media;
mod oauth;
mod orders;
mod uploads;

use crate::domain::policy::signatures::Times;
use crate::domain::policy::{self, Policy};
use crate::domain::secret::Secret;
use config::{Config, File, FileFormat};
use media::Media;
use oauth::OAuth;
use orders::Orders;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uploads::Uploads;
use url::Url;

pub use log::{Log, LogFormat};

/// The shipped file: every key with its default.
const DEFAULTS: &str = include_str!("../config.toml");
/// Tables whose keys are the user's own words.
const OPEN_TABLES: &[&str] = &["policy.markets", "policy.rate_card.rates"];
/// Keys that hold nothing unless somebody sets them.
const WITHOUT_DEFAULT: &[&str] = &["policy.cost.limit.currency", "policy.cost.limit.amount"];

/// Why the settings cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("{path} cannot be read: {why}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// Not TOML.
    #[error("{path}: {why}")]
    Syntax {
        /// Which file.
        path: String,
        /// Where and what.
        why: String,
    },
    /// A key that does not exist.
    #[error("unknown setting {key} in {place}{}", .nearest.as_ref().map_or_else(String::new, |n| format!("; did you mean {n}?")))]
    Unknown {
        /// As it was written.
        key: String,
        /// Where.
        place: String,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// A value that does not fit its key.
    #[error("{0}")]
    Value(String),
}

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The listener.
    pub server: Server,
    /// The rows.
    pub database: Database,
    /// Meta.
    pub whatsapp: Whatsapp,
    /// Mail.
    pub mail: Mail,
    /// Times for deciding.
    pub approvals: Approvals,
    /// Sessions.
    pub console: Console,
    /// Files.
    pub media: Media,
    /// Files that agents send.
    pub uploads: Uploads,
    /// What customers order and how they pay.
    pub orders: Orders,
    /// Agents' door.
    pub mcp: Mcp,
    /// Access tokens that open it.
    pub oauth: OAuth,
    /// Sending.
    pub worker: Worker,
    /// Logs.
    pub log: Log,
    /// The rules.
    policy: policy::settings::Settings,
}

/// The listener.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// The origin that people and agents use, if the file names one.
    #[serde(deserialize_with = "origin")]
    public_url: Option<Url>,
    /// Further host names.
    pub allowed_hosts: Vec<String>,
    /// How long requests in flight may take at the end.
    #[serde(deserialize_with = "duration")]
    pub drain_timeout: Duration,
}

/// The rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its address, which may hold a password.
    pub url: Secret,
    /// Where it is written down how far it is; empty for beside a SQLite file, and nowhere for PostgreSQL.
    pub mark_file: PathBuf,
}

/// Meta.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whatsapp {
    /// The Graph API's address.
    pub graph_url: String,
    /// Its version.
    pub api_version: String,
    /// Hosts beside it from which files are fetched.
    pub media_hosts: Vec<String>,
    /// How often to read anew.
    #[serde(deserialize_with = "duration")]
    pub sync_every: Duration,
}

/// Mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The server's address, which may hold a password; empty for none.
    pub url: Secret,
    /// The sender.
    pub from: String,
}

/// Times for deciding.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    #[serde(deserialize_with = "duration")]
    pending_expiry: Duration,
    #[serde(deserialize_with = "duration")]
    start_expiry: Duration,
    #[serde(deserialize_with = "duration")]
    cooling_off: Duration,
    #[serde(deserialize_with = "duration")]
    min_review: Duration,
}

/// Sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// Without a click.
    #[serde(deserialize_with = "duration")]
    pub idle_timeout: Duration,
    /// In any case.
    #[serde(deserialize_with = "duration")]
    pub absolute_timeout: Duration,
}

/// Agents' door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// Tool calls a minute, for each key.
    pub calls_per_minute: std::num::NonZeroU32,
}

/// Sending.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// On their way at once.
    pub concurrency: std::num::NonZeroU16,
    /// A second, at most.
    pub rate_per_second: std::num::NonZeroU32,
    /// In doubt before people are asked.
    #[serde(deserialize_with = "duration")]
    pub unknown_after: Duration,
    /// Without a sign of life before another daemon takes over.
    #[serde(deserialize_with = "duration")]
    pub lease: Duration,
}

fn duration<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(d)?;
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| serde::de::Error::custom(format!("\"{text}\" is not a duration: write it as 72h, 5m or 1500ms")))
}

fn origin<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(d)?;
    if text.is_empty() {
        return Ok(None);
    }
    let wanted = "write it as https://approvals.example.com";
    let url: Url = text.parse().map_err(|_| serde::de::Error::custom(format!("{text} is not an address: {wanted}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(serde::de::Error::custom(format!("{text} is not an address: {wanted}")));
    }
    if url.path() != "/" || url.query().is_some() {
        return Err(serde::de::Error::custom(format!(
            "{text} has a path; the console lives at the root of its origin"
        )));
    }
    Ok(Some(url))
}

/// Reads the settings: the shipped defaults, then the command's own (as TOML), then the file, then the environment.
pub fn load(file: Option<&Path>, own_defaults: &str, variables: &[(String, String)]) -> Result<Settings, ConfigError> {
    let known = known_keys()?;
    let mut defaults = tree_of(DEFAULTS, "config.toml")?;
    let mut of_file = None;
    if let Some(path) = file {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|why| ConfigError::File { path: place.clone(), why })?;
        let tree = tree_of(&text, &place)?;
        for key in keys_of(&tree) {
            check_known(&key, &place, &known)?;
        }
        let rates = tree.pointer("/policy/rate_card/rates").is_some();
        if rates && tree.pointer("/policy/rate_card/version").is_none() {
            return Err(ConfigError::Value(
                "policy.rate_card.version: the prices are your own; give them a version of their own, such as \"2026-10\""
                    .to_owned(),
            ));
        }
        // Such a table is the user's whole: the sample's markets are not added to the user's own.
        OPEN_TABLES
            .iter()
            .filter(|table| tree.pointer(&pointer(table)).is_some())
            .for_each(|table| empty(&mut defaults, table));
        of_file = Some(text);
    }
    // Through text: handed over as a value, empty lists would get lost.
    let mut builder = Config::builder()
        .add_source(File::from_str(&defaults.to_string(), FileFormat::Json))
        .add_source(File::from_str(own_defaults, FileFormat::Toml));
    if let Some(text) = of_file {
        builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
    }
    builder = environment::add(builder, variables, &known)?;
    let built = builder.build().map_err(|e| ConfigError::Value(e.to_string()))?;
    let settings: Settings = serde_path_to_error::deserialize(built)
        .map_err(|e| ConfigError::Value(format!("{}: {}", e.path(), e.inner())))?;
    settings.check()?;
    Ok(settings)
}

impl Approvals {
    const fn times(&self) -> Times {
        Times {
            pending_expiry: self.pending_expiry,
            start_expiry: self.start_expiry,
            cooling_off: self.cooling_off,
            min_review: self.min_review,
        }
    }
}

impl Settings {
    /// The rules, with the times for deciding.
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        Policy::new(self.policy.clone(), self.approvals.times()).map_err(|e| ConfigError::Value(format!("policy: {e}")))
    }

    fn check(&self) -> Result<(), ConfigError> {
        for (key, span, least) in [
            ("whatsapp.sync_every", self.whatsapp.sync_every, Duration::from_secs(10)),
            ("approvals.pending_expiry", self.approvals.pending_expiry, Duration::from_secs(60)),
            ("approvals.start_expiry", self.approvals.start_expiry, Duration::from_secs(60)),
            ("console.idle_timeout", self.console.idle_timeout, Duration::from_secs(60)),
            ("console.absolute_timeout", self.console.absolute_timeout, Duration::from_secs(60)),
        ] {
            if span < least {
                return Err(ConfigError::Value(format!("{key}: must be at least {}s", least.as_secs())));
            }
        }
        let lease = self.worker.lease;
        if !(Duration::from_secs(3)..=Duration::from_mins(5)).contains(&lease) {
            return Err(ConfigError::Value("worker.lease: must be from 3s to 5m".to_owned()));
        }
        self.media.check()?;
        self.uploads.check()?;
        self.orders.check()?;
        self.policy().map(drop)
    }

    /// The same as an address.
    pub fn public_url(&self) -> Result<Url, ConfigError> {
        self.origin().parse().map_err(|e| ConfigError::Value(format!("server.public_url: {e}")))
    }

    /// The origin that people and agents use, without a slash at its end.
    #[must_use]
    pub fn origin(&self) -> String {
        let here = |listen: SocketAddr| match listen.ip() {
            ip if !ip.is_unspecified() => format!("http://{listen}"),
            IpAddr::V4(_) => format!("http://127.0.0.1:{}", listen.port()),
            IpAddr::V6(_) => format!("http://[::1]:{}", listen.port()),
        };
        let named = self.server.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        named.unwrap_or_else(|| here(self.server.listen))
    }
}

/// The keys of the shipped file, and those that it only mentions, are the keys there are.
fn known_keys() -> Result<BTreeSet<String>, ConfigError> {
    let mut keys: BTreeSet<String> = keys_of(&tree_of(DEFAULTS, "config.toml")?).into_iter().collect();
    keys.extend(WITHOUT_DEFAULT.iter().map(|key| (*key).to_owned()));
    Ok(keys)
}

fn tree_of(text: &str, place: &str) -> Result<Value, ConfigError> {
    let syntax = |e: config::ConfigError| ConfigError::Syntax { path: place.to_owned(), why: e.to_string() };
    let parsed = Config::builder().add_source(File::from_str(text, FileFormat::Toml)).build().map_err(syntax)?;
    parsed.try_deserialize().map_err(syntax)
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}

fn empty(tree: &mut Value, path: &str) {
    if let Some(table) = tree.pointer_mut(&pointer(path)) {
        *table = Value::Object(serde_json::Map::new());
    }
}

fn keys_of(tree: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    flatten("", tree, &mut keys);
    keys
}

fn flatten(path: &str, value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(table) if !OPEN_TABLES.contains(&path) => {
            for (name, value) in table {
                flatten(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, keys);
            }
        }
        _ => keys.push(path.to_owned()),
    }
}

fn check_known(key: &str, place: &str, known: &BTreeSet<String>) -> Result<(), ConfigError> {
    let inside_open = OPEN_TABLES
        .iter()
        .any(|table| key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    if known.contains(key) || inside_open {
        return Ok(());
    }
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(candidate, key), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7)
        .map(|(_, candidate)| candidate.clone());
    Err(ConfigError::Unknown { key: key.to_owned(), place: place.to_owned(), nearest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(text: &str) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.toml");
        std::fs::write(&path, text).unwrap();
        load(Some(&path), "", &[])
    }

    #[test]
    fn the_shipped_file_is_complete_and_its_defaults_hold() {
        let settings = load(None, "", &[]).unwrap();
        assert_eq!(settings.server.listen.port(), 8080);
        assert_eq!(settings.policy().unwrap().times, Times::default());
        assert_eq!(settings.worker.unknown_after, Duration::from_secs(3600));
        assert_eq!(settings.origin(), "http://127.0.0.1:8080");
    }

    #[test]
    fn the_file_wins_over_the_defaults_and_the_environment_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.toml");
        std::fs::write(&path, "[server]\nlisten = \"127.0.0.1:1\"\n[approvals]\ncooling_off = \"0s\"\n").unwrap();
        let environment = [
            ("COUNTERSIGN__SERVER__LISTEN".into(), "127.0.0.1:2".into()),
            ("COUNTERSIGN_AGENT_KEY".into(), "x".into()),
        ];
        assert_eq!(
            load(None, "[server]\nlisten = \"127.0.0.1:3\"", &[]).unwrap().server.listen.port(),
            3,
            "the command's own"
        );
        let settings = load(Some(&path), "", &environment).unwrap();
        assert_eq!((settings.server.listen.port(), settings.policy().unwrap().times.cooling_off), (2, Duration::ZERO));
    }

    #[test]
    fn lists_come_from_the_environment_with_commas() {
        for (written, hosts) in [
            ("a.example", vec!["a.example"]),
            (" a.example , b.example,", vec!["a.example", "b.example"]),
            ("", vec![]),
        ] {
            let environment = [("COUNTERSIGN__SERVER__ALLOWED_HOSTS".to_owned(), written.to_owned())];
            assert_eq!(load(None, "", &environment).unwrap().server.allowed_hosts, hosts, "{written}");
        }
    }

    #[test]
    fn prices_of_ones_own_have_a_version_of_their_own() {
        let rates = "[policy.rate_card.rates.GB]\nmarketing = \"0.50\"\n";
        let refused = from_file(rates).unwrap_err().to_string();
        assert!(refused.contains("policy.rate_card.version"), "{refused}");
        let card = from_file(&format!("[policy.rate_card]\nversion = \"2026-10\"\n{rates}")).unwrap().policy().unwrap();
        let markets: Vec<String> = card.settings.rate_card.rates().map(|(market, ..)| market.to_string()).collect();
        assert_eq!(markets, ["GB"], "what is named is the whole list");
    }

    #[test]
    fn spans_that_would_stop_the_service_are_refused() {
        for (key, text) in [
            ("worker.lease", "[worker]\nlease = \"1s\""),
            ("whatsapp.sync_every", "[whatsapp]\nsync_every = \"0s\""),
            ("approvals.pending_expiry", "[approvals]\npending_expiry = \"0s\""),
        ] {
            let refused = load(None, text, &[]).unwrap_err().to_string();
            assert!(refused.contains(key), "{refused}");
        }
    }

    #[test]
    fn whoever_moves_the_listener_moves_the_address_that_people_are_told() {
        for (text, origin) in [
            ("listen = \"127.0.0.1:9000\"", "http://127.0.0.1:9000"),
            ("listen = \"0.0.0.0:9000\"", "http://127.0.0.1:9000"),
            ("listen = \"[::]:9000\"", "http://[::1]:9000"),
            ("listen = \"0.0.0.0:9000\"\npublic_url = \"https://a.example\"", "https://a.example"),
        ] {
            let settings = from_file(&format!("[server]\n{text}")).unwrap();
            assert_eq!(settings.origin(), origin);
            assert_eq!(settings.public_url().unwrap().as_str(), format!("{origin}/"));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_to_write() {
        for (text, named) in [
            ("[server]\nlistn = \"127.0.0.1:1\"", "did you mean server.listen?"),
            ("[sever]\nlisten = \"127.0.0.1:1\"", "did you mean server.listen?"),
            ("[server]\nlisten = \"here\"", "server.listen"),
            ("[approvals]\ncooling_off = \"soon\"", "write it as 72h"),
            ("[worker]\nconcurrency = 0", "worker.concurrency"),
            ("[server]\npublic_url = \"https://x.example/console\"", "root of its origin"),
            ("[server]\npublic_url = \"x.example\"", "server.public_url: x.example is not an address"),
            ("[server\n", "my.toml"),
        ] {
            let refused = from_file(text).unwrap_err().to_string();
            assert!(refused.contains(named), "{text}: {refused}");
        }
        let environment = [("COUNTERSIGN__MAIL__URI".into(), "x".into())];
        let refused = load(None, "", &environment).unwrap_err().to_string();
        assert!(refused.contains("COUNTERSIGN__MAIL__URI") && refused.contains("did you mean mail.url?"), "{refused}");
    }

    #[test]
    fn a_password_in_an_address_is_not_printed() {
        let settings =
            from_file("[database]\nurl = \"postgres://me:hunter2@db/x\"\n[mail]\nurl = \"smtp://me:hunter3@mail\"")
                .unwrap();
        let printed = format!("{settings:?}");
        assert!(!printed.contains("hunter"), "{printed}");
    }
}
