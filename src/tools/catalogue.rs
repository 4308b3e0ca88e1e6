//! All tools in one table, and each found by either of its two spellings.

use super::Tool;
use super::{
    audit, automation, broadcasts, business, consent, contacts, conversations, desk, media, messages, orders, requests,
    segments, templates, webhooks,
};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The tables of all areas.
const TABLES: &[&[Tool]] = &[
    business::TOOLS,
    business::policy::TOOLS,
    business::profile::TOOLS,
    contacts::TOOLS,
    contacts::import::TOOLS,
    segments::TOOLS,
    segments::upsert::TOOLS,
    consent::TOOLS,
    messages::TOOLS,
    messages::session::TOOLS,
    templates::TOOLS,
    broadcasts::TOOLS,
    requests::TOOLS,
    audit::TOOLS,
    webhooks::log::TOOLS,
    webhooks::retry::TOOLS,
    orders::TOOLS,
    orders::create::TOOLS,
    orders::pay::TOOLS,
    automation::TOOLS,
    contacts::upsert::TOOLS,
    consent::update::TOOLS,
    contacts::tag::TOOLS,
    desk::assign::TOOLS,
    desk::close::TOOLS,
    conversations::TOOLS,
    automation::lists::TOOLS,
    media::list::TOOLS,
    media::upload::TOOLS,
    templates::quality::TOOLS,
    templates::draft::TOOLS,
    templates::submit::TOOLS,
];

// Two tools with one name, in either spelling, do not compile: one of them would be unreachable.
const _: () = assert!(one_to_one(TABLES), "two tools share a name, or would when dots become underscores");

/// Every tool of the product.
pub struct Catalogue {
    tools: Vec<&'static Tool>,
    by_name: HashMap<String, &'static Tool>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut tools: Vec<&'static Tool> = TABLES.iter().copied().flatten().collect();
    tools.sort_by_key(|tool| tool.name);
    let both = |tool: &'static Tool| [(tool.name.to_owned(), tool), (tool.underscore_name(), tool)];
    let by_name = tools.iter().copied().flat_map(both).collect();
    Catalogue { tools, by_name }
});

/// The one catalogue there is.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    /// All tools, by name.
    #[must_use]
    pub fn tools(&self) -> &[&'static Tool] {
        &self.tools
    }

    /// The tool of this name, with dots or with underscores. The names hold underscores of their own, so only the table
    /// can tell which dots were replaced.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        self.by_name.get(name).copied()
    }
}

const fn one_to_one(tables: &[&[Tool]]) -> bool {
    let mut rest = tables;
    while let [table, others @ ..] = rest {
        let mut own = *table;
        while let [tool, after @ ..] = own {
            if holds(after, tool.name) || any_holds(others, tool.name) {
                return false;
            }
            own = after;
        }
        rest = others;
    }
    true
}

const fn any_holds(tables: &[&[Tool]], name: &str) -> bool {
    let mut rest = tables;
    while let [table, others @ ..] = rest {
        if holds(table, name) {
            return true;
        }
        rest = others;
    }
    false
}

const fn holds(table: &[Tool], name: &str) -> bool {
    let mut rest = table;
    while let [tool, others @ ..] = rest {
        if alike(tool.name.as_bytes(), name.as_bytes()) {
            return true;
        }
        rest = others;
    }
    false
}

/// Whether two names are one when dots count as underscores.
const fn alike(a: &[u8], b: &[u8]) -> bool {
    let (mut a, mut b) = (a, b);
    loop {
        match (a, b) {
            ([], []) => return true,
            ([x, rest_a @ ..], [y, rest_b @ ..]) if flat(*x) == flat(*y) => (a, b) = (rest_a, rest_b),
            _ => return false,
        }
    }
}

const fn flat(byte: u8) -> u8 {
    if byte == b'.' { b'_' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_lead_to_one_tool_and_nothing_else_does() {
        for tool in catalogue().tools() {
            for name in [tool.name.to_owned(), tool.underscore_name()] {
                assert_eq!(catalogue().find(&name).unwrap().name, tool.name);
            }
        }
        for name in ["", "whatsapp", "whatsapp.config_get", "WHATSAPP.CONFIG.GET", "whatsapp.config.get "] {
            assert!(catalogue().find(name).is_none(), "{name}");
        }
        assert!(alike(b"a.b_c", b"a_b.c") && !alike(b"a.b", b"a.b.c") && !alike(b"a.b", b"a-b"));
    }

    #[test]
    fn every_row_is_complete_and_within_what_hosts_take() {
        for tool in catalogue().tools() {
            let name = tool.name;
            assert!(name.starts_with("whatsapp.") && tool.underscore_name().len() <= 48, "{name}");
            assert!(tool.title.iter().all(|t| !t.is_empty()) && !tool.summary.contains("  "), "{name}");
            assert!(
                tool.governance.ends_with('.') && tool.safety.ends_with('.') && !tool.safety.contains("  "),
                "{name}"
            );
            for schema in [(tool.input)(), (tool.output)()] {
                assert_eq!(schema.get("type").and_then(|t| t.as_str()), Some("object"), "{name}");
            }
            let closed = (tool.input)().get("additionalProperties").cloned();
            assert_eq!(closed, Some(serde_json::Value::Bool(false)), "{name} takes unknown arguments");
        }
    }
}
