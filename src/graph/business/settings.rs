//! What can be switched at a number or an account, and who is told of what happens there.

use serde_json::json;

use crate::domain::json::text;
use crate::graph::call::{Body, Call};
use crate::graph::lists::List;
use crate::graph::{Credentials, Error, Graph};

/// An app that gets the account's webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribedApp {
    pub id: String,
    pub name: Option<String>,
    /// Where this account's webhooks go, if not to the app's own address.
    pub override_url: Option<String>,
}

/// Lets Meta tell by a hash whether the person behind a number is still the same, or not any more. Set again, it stays.
pub async fn set_identity_check(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    on: bool,
) -> Result<(), Error> {
    let body = json!({"user_identity_change": {"enable_identity_key_check": on}});
    graph.done(credentials, Call::post(phone_number_id, Body::Json(&body)).edge("settings")).await
}

/// Switches the figures of templates on. Meta does not let anybody switch them off again.
pub async fn enable_template_insights(graph: &Graph, credentials: &Credentials, waba: &str) -> Result<(), Error> {
    let call = Call::post(waba, Body::Nothing).with("is_enabled_for_insights", "true");
    // Meta answers with the account's id, or that it is done.
    graph.ask(credentials, call).await.map(drop)
}

/// The apps that get the account's webhooks. Where ours is not among them, nothing of what happens reaches us.
pub async fn subscribed_apps(
    graph: &Graph,
    credentials: &Credentials,
    waba: &str,
) -> Result<Vec<SubscribedApp>, Error> {
    let items = graph.all(credentials, List::edge(waba, "subscribed_apps", &[])).await?;
    let app = |item: &serde_json::Value| {
        let app = item.get("whatsapp_business_api_data").unwrap_or(item);
        Some(SubscribedApp {
            id: text(app, "id")?,
            name: text(app, "name"),
            override_url: text(item, "override_callback_uri"),
        })
    };
    Ok(items.iter().filter_map(app).collect())
}
