//! A keyword rule, as an agent writes it.

use super::change::{self, stored, wanted};
use super::flows::draft;
use crate::domain::automation::keywords::{Action, KeywordRule};
use crate::domain::automation::phrases::MatchKind;
use crate::domain::automation::plan::Becomes;
use crate::domain::automation::scope::Scope;
use crate::domain::automation::{Content, Subject};
use crate::domain::ids::KeywordRuleId;
use crate::domain::people::Caller;
use crate::error::Result;
use crate::tools::envelope::{NAME_LENGTH, check_name};
use crate::tools::{Ctx, Proposal};
use schemars::JsonSchema;
use serde::Deserialize;

/// Arguments of whatsapp.keyword_rule.upsert.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleArguments {
    /// The rule to change, as whatsapp.keyword_rules.list shows it; without it, a new one is made.
    #[serde(default)]
    #[schemars(with = "Option<String>", length(max = 64))]
    keyword_rule_id: Option<KeywordRuleId>,
    /// What it says. Leave it out to make the newest version active as it is stored, or the rule inactive.
    #[serde(default)]
    rule: Option<RuleBody>,
    /// What becomes of it: a draft beside what is active, active in place of that, or inactive.
    #[serde(default = "draft")]
    #[schemars(with = "String", extend("enum" = ["draft", "active", "inactive"]))]
    becomes: Becomes,
}

/// What a keyword rule says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH))]
    name: String,
    /// Of several rules that match, the one with the lowest number acts.
    #[schemars(range(min = 1, max = 1000))]
    priority: u16,
    /// For which numbers and languages it acts; for all without it.
    #[serde(default)]
    scope: Scope,
    /// How the phrases are looked for: as the whole message, one word of it, its beginning, words in a row, or letters anywhere.
    #[serde(rename = "match")]
    #[schemars(with = "String", extend("enum" = ["exact", "word", "prefix", "phrase", "contains"]))]
    kind: MatchKind,
    /// Any of these.
    #[schemars(length(min = 1, max = 50))]
    phrases: Vec<String>,
    /// What happens.
    action: Action,
}

pub async fn propose(ctx: &Ctx, caller: &Caller, arguments: RuleArguments) -> Result<Proposal> {
    let id = arguments.keyword_rule_id.unwrap_or_else(KeywordRuleId::random);
    let content = match arguments.rule {
        Some(body) => Some(Content::KeywordRule(KeywordRule {
            id,
            name: check_name("rule.name", &body.name)?.to_owned(),
            priority: body.priority,
            scope: body.scope,
            kind: body.kind,
            phrases: body.phrases,
            action: body.action,
        })),
        None => None,
    };
    let known = arguments.keyword_rule_id.map(Subject::KeywordRule);
    let stored = stored(ctx, caller, known).await?;
    let wanted = wanted(ctx, caller, Subject::KeywordRule(id), stored, content, arguments.becomes, "rule").await?;
    change::propose(ctx, caller, wanted).await
}
