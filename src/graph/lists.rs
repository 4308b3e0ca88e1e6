//! Reading: one object, or a list to its end.

use serde_json::{Value, json};
use url::Url;

use crate::domain::json::{list, text};
use crate::graph::call::{Call, in_doubt};
use crate::graph::errors::Remedy;
use crate::graph::{Credentials, Error, Graph};

/// More pages than any account has; beyond it the list goes in circles.
const MOST_PAGES: usize = 2_000;

/// A list of an object.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) object: &'a str,
    pub(super) name: &'a str,
    pub(super) how: How<'a>,
}

/// How Meta wants to be asked for it.
#[derive(Clone, Copy)]
pub(super) enum How<'a> {
    /// By its own address, with a query.
    Edge(&'a [(&'a str, &'a str)]),
    /// As a field of the object, with filters in the field's name.
    Field(&'a str),
}

impl<'a> List<'a> {
    pub(super) const fn edge(object: &'a str, name: &'a str, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { object, name, how: How::Edge(query) }
    }
}

impl Graph {
    /// The fields of one object.
    pub(super) async fn object(&self, credentials: &Credentials, id: &str, fields: &str) -> Result<Value, Error> {
        self.ask(credentials, Call::get(id).with("fields", fields)).await
    }

    /// All items of a list. Only the absence of `next` ends it: a page may be short or empty. A cursor that went stale while
    /// we read starts it again, once.
    pub(super) async fn all(&self, credentials: &Credentials, wanted: List<'_>) -> Result<Vec<Value>, Error> {
        match self.pages(credentials, wanted).await {
            Err(Error::Rejected(error)) if error.row().remedy == Remedy::RestartPaging => {
                self.pages(credentials, wanted).await
            }
            other => other,
        }
    }

    async fn pages(&self, credentials: &Credentials, wanted: List<'_>) -> Result<Vec<Value>, Error> {
        let name = wanted.name;
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.page(credentials, wanted, after.as_deref()).await?;
            if !page.get("data").is_some_and(Value::is_array) {
                return Err(in_doubt(format!("the list of {name} has no data")));
            }
            items.extend_from_slice(list(&page, "data"));
            let Some(next) = page.get("paging").and_then(|paging| text(paging, "next")) else { return Ok(items) };
            // `next` is an address and may name any host, so only its cursor is taken.
            let paging = page.get("paging").and_then(|paging| paging.get("cursors")).unwrap_or(&Value::Null);
            let cursor = text(paging, "after").or_else(|| cursor_of(&next));
            if cursor.is_none() || cursor == after {
                return Err(in_doubt(format!("the list of {name} goes on, but does not say where")));
            }
            after = cursor;
        }
        Err(in_doubt(format!("the list of {name} does not end")))
    }

    async fn page(&self, credentials: &Credentials, wanted: List<'_>, after: Option<&str>) -> Result<Value, Error> {
        let List { object, name, how } = wanted;
        match how {
            How::Edge(query) => {
                let call = query.iter().fold(Call::get(object).edge(name), |call, (key, value)| call.with(key, value));
                self.ask(credentials, call.with("limit", "100").maybe("after", after)).await
            }
            How::Field(filters) => {
                let after = after.map(|cursor| format!(".after({cursor})")).unwrap_or_default();
                let mut answer = self.object(credentials, object, &format!("{name}{filters}{after}")).await?;
                // Where there is nothing in the list, Meta leaves the field out.
                Ok(answer.get_mut(name).map_or_else(|| json!({"data": []}), Value::take))
            }
        }
    }
}

fn cursor_of(next: &str) -> Option<String> {
    let url = Url::parse(next).ok()?;
    url.query_pairs().find(|(key, _)| key == "after").map(|(_, cursor)| cursor.into_owned())
}
