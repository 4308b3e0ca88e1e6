//! Reading: one object, or a list to its end.

use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::domain::json::{list, text};
use crate::graph::errors::Remedy;
use crate::graph::{Call, Credentials, Error, Graph, in_doubt};

/// More pages than any account has; beyond it the list goes in circles.
const MOST_PAGES: usize = 2_000;

impl Graph {
    /// The fields of one object.
    pub(super) async fn object(&self, credentials: &Credentials, id: &str, fields: &str) -> Result<Value, Error> {
        let query = [("fields", fields)];
        self.read(credentials, Call { method: Method::GET, object: id, edge: None, query: &query, body: None }).await
    }

    /// All items of an edge. Only the absence of `next` ends the list: a page may be short or empty. A cursor that went
    /// stale while we read starts it again, once.
    pub(super) async fn all(
        &self,
        credentials: &Credentials,
        id: &str,
        edge: &str,
        fields: &str,
    ) -> Result<Vec<Value>, Error> {
        match self.pages(credentials, id, edge, fields).await {
            Err(Error::Rejected(error)) if error.row().remedy == Remedy::RestartPaging => {
                self.pages(credentials, id, edge, fields).await
            }
            other => other,
        }
    }

    async fn pages(&self, credentials: &Credentials, id: &str, edge: &str, fields: &str) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("fields", fields), ("limit", "100")];
            query.extend(after.as_deref().map(|cursor| ("after", cursor)));
            let call = Call { method: Method::GET, object: id, edge: Some(edge), query: &query, body: None };
            let page = self.read(credentials, call).await?;
            if !page.get("data").is_some_and(Value::is_array) {
                return Err(in_doubt(format!("the list of {edge} has no data")));
            }
            items.extend_from_slice(list(&page, "data"));
            let Some(next) = page.get("paging").and_then(|paging| text(paging, "next")) else { return Ok(items) };
            // `next` is an address and may name any host, so only its cursor is taken.
            let paging = page.get("paging").and_then(|paging| paging.get("cursors")).unwrap_or(&Value::Null);
            let cursor = text(paging, "after").or_else(|| cursor_of(&next));
            if cursor.is_none() || cursor == after {
                return Err(in_doubt(format!("the list of {edge} goes on, but does not say where")));
            }
            after = cursor;
        }
        Err(in_doubt(format!("the list of {edge} does not end")))
    }

    async fn read(&self, credentials: &Credentials, call: Call<'_>) -> Result<Value, Error> {
        let answer = self.call(credentials, call).await?;
        let value = serde_json::from_slice::<Value>(&answer).ok().filter(Value::is_object);
        value.ok_or_else(|| in_doubt(format!("the answer of {} bytes is not a JSON object", answer.len())))
    }
}

fn cursor_of(next: &str) -> Option<String> {
    let url = Url::parse(next).ok()?;
    url.query_pairs().find(|(key, _)| key == "after").map(|(_, cursor)| cursor.into_owned())
}
