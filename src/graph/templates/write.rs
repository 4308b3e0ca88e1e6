//! Creating, editing and deleting templates at Meta.

use serde_json::json;

use super::{Category, NewTemplate, TemplateEdit, TemplateStatus};
use crate::domain::json::{flag, text};
use crate::graph::call::{Body, Call, in_doubt, never};
use crate::graph::{Credentials, Error, Graph};

/// What Meta made of a new template.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    pub id: String,
    /// Usually pending: a person or a machine at Meta looks at it.
    pub status: TemplateStatus,
    /// What Meta takes it for. Where it is not what was asked for, other prices and other consents apply.
    pub category: Category,
}

/// What became of a wish to send a paused template again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpaused {
    Done,
    /// Meta's reason, such as that it is too soon.
    NotYet(String),
}

/// Creates it. Name and language are unique: when the outcome is in doubt, read the templates of that name.
pub async fn create(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
    template: &NewTemplate,
) -> Result<Created, Error> {
    check_name(&template.name)?;
    let body = template.to_json();
    let answer = graph.ask(credentials, Call::post(waba, Body::Json(&body)).edge("message_templates")).await?;
    let id = text(&answer, "id").ok_or_else(|| in_doubt("the new template has no id".to_owned()))?;
    let category = text(&answer, "category").map(|word| Category::from(word.as_str()));
    Ok(Created {
        id,
        status: TemplateStatus::from(text(&answer, "status").as_deref().unwrap_or("PENDING")),
        category: category.unwrap_or_else(|| template.category.clone()),
    })
}

/// Edits it. An approved template may be edited once in 24 hours and ten times in 30 days, so a repetition costs.
pub async fn edit(
    graph: &Graph,
    credentials: &Credentials,
    template_id: &str,
    edit: &TemplateEdit,
) -> Result<(), Error> {
    let body = edit.to_json();
    graph.done(credentials, Call::post(template_id, Body::Json(&body))).await
}

/// Deletes a template in all its languages. The name of an approved one cannot be used again for 30 days.
pub async fn delete(graph: &Graph, credentials: &Credentials, waba: &str, name: &str) -> Result<(), Error> {
    check_name(name)?;
    graph.done(credentials, Call::delete(waba).edge("message_templates").with("name", name)).await
}

/// Deletes one language of a template.
pub async fn delete_one(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
    name: &str,
    template_id: &str,
) -> Result<(), Error> {
    check_name(name)?;
    // Without the id, all languages would go.
    if template_id.is_empty() {
        return Err(never("the id of the template is missing".to_owned()));
    }
    let call = Call::delete(waba).edge("message_templates").with("hsm_id", template_id).with("name", name);
    graph.done(credentials, call).await
}

/// Asks Meta to let a paused template be sent again, which it takes from five minutes after the pause on.
pub async fn unpause(graph: &Graph, credentials: &Credentials, template_id: &str) -> Result<Unpaused, Error> {
    let nothing = json!({});
    let answer = graph.ask(credentials, Call::post(template_id, Body::Json(&nothing)).edge("unpause")).await?;
    match (flag(&answer, "success"), text(&answer, "reason")) {
        (Some(true), _) => Ok(Unpaused::Done),
        (_, Some(reason)) => Ok(Unpaused::NotYet(crate::domain::redact::scrub(&reason))),
        _ => Err(in_doubt("Meta answered, but neither that it is done nor why not".to_owned())),
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=512).contains(&name.len()) && name.bytes().all(good) {
        return Ok(());
    }
    Err(never("a template's name has 1 to 512 lower-case letters, digits and underscores (Meta)".to_owned()))
}
