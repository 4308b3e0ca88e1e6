//! What a customer sees of our attention: that a message was read, and that somebody is typing.

use serde_json::{Value, json};

use crate::graph::call::{Body, Call};
use crate::graph::{Credentials, Error, Graph};

/// Shows the customer's message, and all before it, as read. A repetition changes nothing.
pub async fn mark_read(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    wamid: &str,
) -> Result<(), Error> {
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
    tell(graph, credentials, phone_number_id, &body).await
}

/// Shows that somebody is typing, until the answer or for 25 seconds. Meta marks the message as read with it.
pub async fn show_typing(
    graph: &Graph,
    credentials: &Credentials,
    phone_number_id: &str,
    wamid: &str,
) -> Result<(), Error> {
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid,
        "typing_indicator": {"type": "text"}});
    tell(graph, credentials, phone_number_id, &body).await
}

async fn tell(graph: &Graph, credentials: &Credentials, phone_number_id: &str, body: &Value) -> Result<(), Error> {
    graph.done(credentials, Call::post(phone_number_id, Body::Json(body)).edge("messages")).await
}
