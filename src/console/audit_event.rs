//! One entry of the audit log: its fields, what changed, and the bytes that the log's tree is made of.

use askama::Template;
use askama_web::WebTemplate;
use axum::response::Response;
use serde_json::Value;

use super::audit::{Names, Row, row};
use super::errors::Trouble;
use super::forms::Named;
use super::page::{Chrome, Here};
use super::parts::Digest;
use super::visit::Reviewer;
use crate::domain::audit::leaf_hash;
use crate::error::Error;
use crate::store;
use crate::words::Words;

/// `GET /audit/{seq}`.
#[derive(Template, WebTemplate)]
#[template(path = "audit/show.html")]
pub struct AuditEventPage {
    pub l: Words,
    pub chrome: Chrome,
    pub row: Row,
    /// Name, before, after; for entries that record a change.
    pub changes: Vec<Change>,
    /// What else the entry says: name and value.
    pub facts: Vec<(String, String)>,
    /// The canonical JSON that is hashed.
    pub leaf: String,
    pub leaf_hash: Digest,
    /// Size of the log and its root when the proof was made.
    pub tree_size: u64,
    pub root: Digest,
    /// The hashes from the leaf to the root.
    pub proof: Vec<String>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Change {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// `GET /audit/{seq}`, for those who may read the log.
pub async fn show(who: Reviewer, Named(seq): Named<u64>) -> Response {
    let page = fill(&who, seq).await;
    who.answer(page).await
}

async fn fill(who: &Reviewer, seq: u64) -> Result<AuditEventPage, Trouble> {
    super::audit::permitted(who)?;
    entry(who, seq).await.map_err(|error| Trouble::from_error(&who.l, error))?.ok_or(Trouble::NotFound)
}

async fn entry(who: &Reviewer, seq: u64) -> Result<Option<AuditEventPage>, Error> {
    let (db, tenant) = (&who.console.ctx.db, who.person.tenant);
    let Some(entry) = store::audit::find(db, tenant, seq).await? else { return Ok(None) };
    let head = store::audit::head(db, tenant).await?;
    let leaf = entry.leaf()?;
    let hash = leaf_hash(leaf.as_bytes());
    let (changes, facts) = details(&entry.details);
    let to = |seq: u64| format!("/audit/{seq}");
    Ok(Some(AuditEventPage {
        l: who.l.clone(),
        chrome: who.chrome(who.l.t1("audit-entry-title", "n", seq), Here::Audit).await,
        row: row(&who.l, &Names::read(db, tenant).await?, &entry),
        changes,
        facts,
        leaf,
        leaf_hash: Digest::new(&hex::encode(hash)),
        tree_size: head.size(),
        root: Digest::new(&hex::encode(head.root())),
        proof: Vec::new(),
        previous: seq.checked_sub(1).map(to),
        next: Some(seq + 1).filter(|next| *next < head.size()).map(to),
    }))
}

/// Sorts the details of an entry into what changed and what is merely said.
fn details(details: &Value) -> (Vec<Change>, Vec<(String, String)>) {
    let Value::Object(details) = details else { return (Vec::new(), Vec::new()) };
    let side = |name: &str| details.get(name).and_then(Value::as_object);
    let (before, after) = (side("before"), side("after"));
    let mut fields: Vec<&String> = before.into_iter().chain(after).flat_map(|side| side.keys()).collect();
    fields.sort();
    fields.dedup();
    let changes = fields.into_iter().map(|field| Change {
        field: field.clone(),
        before: before.and_then(|side| side.get(field)).map(text),
        after: after.and_then(|side| side.get(field)).map(text),
    });
    let sided = |name: &str| ["before", "after"].contains(&name) && side(name).is_some();
    let facts = details.iter().filter(|(name, _)| !sided(name)).map(|(name, value)| (name.clone(), text(value)));
    (changes.collect(), facts.collect())
}

/// Text without its quotes, lists without brackets; the rest as JSON has it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "–".to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::details;

    #[test]
    fn what_changed_stands_beside_what_it_was() {
        let (changes, facts) = details(&json!({
            "before": {"role": "operator"}, "after": {"role": "admin", "n": 2}, "rules": ["A-1", "B-2"], "note": null
        }));
        let changes: Vec<_> = changes.into_iter().map(|c| (c.field, c.before, c.after)).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(changes, [("n".into(), None, some("2")), ("role".into(), some("operator"), some("admin"))]);
        assert_eq!(facts, [("rules".into(), "A-1, B-2".into()), ("note".into(), "–".to_owned())]);
        assert!(details(&json!(null)).1.is_empty());
    }
}
