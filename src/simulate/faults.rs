//! Faults on demand: what goes wrong, with which calls, and how often.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What goes wrong. The first group happens instead of the work, the second after it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nobody listens for `ms`: connections are refused, those that are open are reset.
    Refuse,
    /// The connection is reset; nothing was done.
    ResetBeforeRead,
    /// 500 with Graph's envelope (`code`, else 131000); nothing was done.
    #[serde(rename = "status_500_unprocessed")]
    Status500Unprocessed,
    /// A proxy's HTML page with 502; nothing was done.
    #[serde(rename = "html_502_unprocessed")]
    Html502Unprocessed,
    /// 307 to a place where nobody listens; nothing was done.
    Redirect,
    /// Throttled: `code`, else 130429. Nothing was done.
    RateLimit,
    /// Any Graph error (`code`, `details`); nothing was done.
    Error,
    /// The work begins after `ms`.
    Delay,

    /// The work was done; the connection is reset.
    ResetAfterProcess,
    /// The work was done; the connection is closed without an answer.
    DropAnswer,
    /// The work was done; nothing comes back, and the connection stays open for `ms` (an hour if not given).
    Hang,
    /// The work was done; the answer comes after `ms`, perhaps later than its statuses.
    DelayAnswer,
    /// 500 with Graph's envelope (`code`, else 131000), though the work was done.
    #[serde(rename = "status_500_processed")]
    Status500Processed,
    /// A proxy's HTML page with 502, though the work was done.
    #[serde(rename = "html_502_processed")]
    Html502Processed,
    /// The answer comes in pieces, within `ms`; the work was done.
    Drip,
    /// 200 with somebody else's HTML page; the work was done.
    #[serde(rename = "foreign_200")]
    Foreign200,
    /// 200 with an empty body; the work was done.
    #[serde(rename = "empty_200")]
    Empty200,
    /// 200 with `{}`: readable and without an id; the work was done.
    #[serde(rename = "no_id_200")]
    NoId200,
    /// 200 with half of the JSON and nothing more to come; the work was done.
    #[serde(rename = "truncated_200")]
    Truncated200,
    /// 200 that promises more bytes than arrive before the connection breaks; the work was done.
    #[serde(rename = "cut_200")]
    Cut200,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Refuse => "refuse",
            Kind::ResetBeforeRead => "reset_before_read",
            Kind::Status500Unprocessed => "status_500_unprocessed",
            Kind::Html502Unprocessed => "html_502_unprocessed",
            Kind::Redirect => "redirect",
            Kind::RateLimit => "rate_limit",
            Kind::Error => "error",
            Kind::Delay => "delay",
            Kind::ResetAfterProcess => "reset_after_process",
            Kind::DropAnswer => "drop_answer",
            Kind::Hang => "hang",
            Kind::DelayAnswer => "delay_answer",
            Kind::Status500Processed => "status_500_processed",
            Kind::Html502Processed => "html_502_processed",
            Kind::Drip => "drip",
            Kind::Foreign200 => "foreign_200",
            Kind::Empty200 => "empty_200",
            Kind::NoId200 => "no_id_200",
            Kind::Truncated200 => "truncated_200",
            Kind::Cut200 => "cut_200",
        }
    }
}

/// A fault as it is asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: Kind,
    /// How often it strikes; without it, until it is removed.
    #[serde(default)]
    pub count: Option<u64>,
    /// Only every k-th matching call.
    #[serde(default = "one")]
    pub every: u64,
    /// Matching calls that are spared first.
    #[serde(default)]
    pub skip: u64,
    #[serde(default)]
    pub ms: Option<u64>,
    #[serde(default)]
    pub code: Option<u32>,
    /// HTTP status of an `error`, if not the usual one of its code.
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub details: Option<String>,
    #[serde(default, rename = "match")]
    pub only: Match,
}

fn one() -> u64 {
    1
}

/// Which calls a fault strikes: sends, unless `endpoint` says otherwise.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// `messages`, `message_templates`, `phone_numbers`, `node`, … or `any`.
    #[serde(default)]
    pub endpoint: Option<String>,
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub phone_number_id: Option<String>,
    /// Digits of the recipient, or how they end.
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default)]
    pub template: Option<String>,
    /// How `biz_opaque_callback_data` begins.
    #[serde(default)]
    pub opaque: Option<String>,
}

/// One Graph call, as far as faults look at it.
pub struct Seen<'a> {
    pub method: &'a str,
    pub endpoint: &'a str,
    pub node: &'a str,
    pub body: &'a Value,
}

impl Match {
    fn fits(&self, call: &Seen<'_>) -> bool {
        let endpoint = self.endpoint.as_deref().unwrap_or("messages");
        let text = |path: &str| call.body.pointer(path).and_then(Value::as_str).unwrap_or_default();
        (endpoint == "any" || endpoint == call.endpoint)
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(call.method))
            && self.phone_number_id.as_ref().is_none_or(|id| id == call.node)
            && self.template.as_ref().is_none_or(|name| name == text("/template/name"))
            && self.opaque.as_ref().is_none_or(|start| text("/biz_opaque_callback_data").starts_with(start))
            && self.to.as_ref().is_none_or(|ending| {
                let digits: String = text("/to").chars().filter(char::is_ascii_digit).collect();
                digits.ends_with(ending.trim_start_matches('+'))
            })
    }
}

#[derive(Default)]
pub struct Faults {
    last_id: u64,
    set: Vec<Armed>,
    struck: u64,
}

struct Armed {
    id: u64,
    fault: Fault,
    matched: u64,
    struck: u64,
}

impl Faults {
    pub fn add(&mut self, fault: Fault) -> u64 {
        self.last_id += 1;
        self.set.push(Armed { id: self.last_id, fault, matched: 0, struck: 0 });
        self.last_id
    }

    /// Removes one, or all.
    pub fn remove(&mut self, id: Option<u64>) -> usize {
        let before = self.set.len();
        self.set.retain(|armed| id.is_some_and(|id| id != armed.id));
        before - self.set.len()
    }

    pub fn clear(&mut self) {
        *self = Self { last_id: self.last_id, ..Self::default() };
    }

    /// The fault that strikes this call. Every fault counts its matches; the first one whose turn it is wins.
    pub fn strike(&mut self, call: &Seen<'_>) -> Option<Fault> {
        let mut chosen = None;
        for armed in &mut self.set {
            if !armed.fault.only.fits(call) || armed.fault.count.is_some_and(|count| armed.struck >= count) {
                continue;
            }
            armed.matched += 1;
            let turn = armed.matched.saturating_sub(armed.fault.skip);
            if chosen.is_none() && turn > 0 && turn.is_multiple_of(armed.fault.every.max(1)) {
                armed.struck += 1;
                self.struck += 1;
                chosen = Some(armed.fault.clone());
            }
        }
        chosen
    }

    pub fn summary(&self) -> Value {
        let set: Vec<Value> = self
            .set
            .iter()
            .map(
                |armed| json!({"id": armed.id, "fault": armed.fault, "matched": armed.matched, "struck": armed.struck}),
            )
            .collect();
        json!({"faults": set, "struck": self.struck})
    }
}

impl Fault {
    pub fn wait(&self, otherwise: Duration) -> Duration {
        self.ms.map_or(otherwise, Duration::from_millis)
    }
}
