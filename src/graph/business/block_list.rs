//! Customers whom the business has blocked, one list for each of its numbers.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::domain::json::{list, text};
use crate::domain::messages::Recipient;
use crate::domain::redact::Number;
use crate::graph::call::{Answer, Body, Call, in_doubt};
use crate::graph::lists::List;
use crate::graph::{Credentials, Error, Graph, GraphError};

/// What became of a change of the list. Both parts can have people in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockResult {
    /// Blocked, or not any more.
    pub done: Vec<BlockedUser>,
    /// Left as they were, each with Meta's reasons.
    pub failed: Vec<(BlockedUser, Vec<GraphError>)>,
}

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedUser {
    /// As we named them; nothing in a list that was read.
    pub input: Option<Number>,
    pub wa_id: Option<Number>,
    pub user_id: Option<String>,
}

/// Some went through and some did not.
const PARTIAL: i64 = 139_100;

/// Blocks people. Only those who wrote in the last 24 hours can be blocked; a repetition changes nothing.
pub async fn block(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    people: &[Recipient],
) -> Result<BlockResult, Error> {
    change(graph, credentials, Call::post(phone_number_id, Body::Nothing), people, "added_users").await
}

/// Takes people off the list.
pub async fn unblock(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    people: &[Recipient],
) -> Result<BlockResult, Error> {
    change(graph, credentials, Call::delete(phone_number_id), people, "removed_users").await
}

/// Everybody on the list.
pub async fn blocked(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
) -> Result<Vec<BlockedUser>, Error> {
    let items = graph.all(credentials, List::edge(phone_number_id, "block_users", &[])).await?;
    // Meta puts people into the list itself, or into lists within it.
    let people = items.iter().flat_map(|item| match list(item, "block_users") {
        [] => std::slice::from_ref(item),
        inner => inner,
    });
    Ok(people.map(user).collect())
}

async fn change(
    graph: &Graph,
    credentials: &Credentials,
    call: Call<'_>,
    people: &[Recipient],
    done: &str,
) -> Result<BlockResult, Error> {
    let users: Vec<Value> = people.iter().map(|who| json!({"user": who.as_str()})).collect();
    let body = json!({"messaging_product": "whatsapp", "block_users": users});
    let answer = graph.answer(credentials, call.edge("block_users").carrying(&body)).await?;
    let partial = answer.status.is_client_error()
        && GraphError::read(&answer.body).is_some_and(|error| error.code == PARTIAL)
        && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|body| body.get("block_users").is_some());
    // The refusal of some is no refusal of the call: both parts stand in the body.
    let answer = if partial { Answer::new(StatusCode::OK, answer.body) } else { answer };
    let body: Value = serde_json::from_slice(&answer.proves()?).unwrap_or_default();
    let both = body.get("block_users").ok_or_else(|| in_doubt("the answer does not say who was changed".to_owned()))?;
    let failed = list(both, "failed_users").iter().map(|item| {
        let reasons = list(item, "errors").iter().filter_map(GraphError::from_object).collect();
        (user(item), reasons)
    });
    Ok(BlockResult { done: list(both, done).iter().map(user).collect(), failed: failed.collect() })
}

fn user(item: &Value) -> BlockedUser {
    BlockedUser {
        input: text(item, "input").map(Number::new),
        wa_id: text(item, "wa_id").map(Number::new),
        user_id: text(item, "user_id"),
    }
}
