//! The shape of a message, before the SDK sees it: what is no JSON-RPC request gets a JSON-RPC error that says why, where
//! the SDK would answer 415 with a line of plain text.

use super::MAX_BODY;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rmcp::model::{ClientJsonRpcMessage, InitializeRequestParams};
use serde_json::{Map, Value, json};

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const INVALID_PARAMS: i64 = -32602;

/// Reads the body, and lets it on if it is one message.
pub(super) async fn check(request: Request, next: Next) -> Response {
    // Other methods and types have their own answers, further on.
    if request.method() != Method::POST || !is_json(&request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        let message = format!("the message is larger than {MAX_BODY} bytes, or was cut off");
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, &Value::Null, INVALID_REQUEST, &message);
    };
    match inspect(&bytes) {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(fault) => refuse(StatusCode::BAD_REQUEST, &fault.id, fault.code, &fault.message),
    }
}

fn is_json(request: &Request) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn refuse(status: StatusCode, id: &Value, code: i64, message: &str) -> Response {
    (status, Json(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}))).into_response()
}

#[derive(Debug)]
struct Fault {
    id: Value,
    code: i64,
    message: String,
}

fn inspect(bytes: &[u8]) -> Result<(), Fault> {
    let fault = |id: &Value, code: i64, message: &str| Err(Fault { id: id.clone(), code, message: message.to_owned() });
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(e) => return fault(&Value::Null, PARSE_ERROR, &format!("the body is not JSON: {e}")),
    };
    let members = match &value {
        Value::Object(members) => members,
        Value::Array(_) => {
            return fault(&Value::Null, INVALID_REQUEST, "batches are no part of MCP: send one message at a time");
        }
        _ => return fault(&Value::Null, INVALID_REQUEST, "a message is a JSON object with jsonrpc, method and id"),
    };
    let id = match members.get("id") {
        None => &Value::Null,
        Some(id @ Value::String(_)) => id,
        Some(id @ Value::Number(number)) if number.is_i64() || number.is_u64() => id,
        Some(_) => return fault(&Value::Null, INVALID_REQUEST, "id: must be a text or a whole number"),
    };
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return fault(id, INVALID_REQUEST, "jsonrpc: must be \"2.0\"");
    }
    match members.get("method") {
        Some(Value::String(_)) => {}
        None if members.contains_key("result") || members.contains_key("error") => {}
        _ => return fault(id, INVALID_REQUEST, "method: must be a text such as tools/call"),
    }
    if members.get("params").is_some_and(|params| !params.is_object()) {
        return fault(id, INVALID_PARAMS, "params: must be an object");
    }
    if members.get("method").and_then(Value::as_str) == Some("tools/call") {
        let params = members.get("params").unwrap_or(&Value::Null);
        if !params.get("name").is_some_and(Value::is_string) {
            return fault(id, INVALID_PARAMS, "params.name: must be the name of a tool");
        }
        if params.get("arguments").is_some_and(|arguments| !arguments.is_object()) {
            return fault(id, INVALID_PARAMS, "params.arguments: must be an object");
        }
    }
    if members.get("method").and_then(Value::as_str) == Some("initialize") && !is_modern(members) {
        // The SDK would take it for a method that it does not know.
        let params = members.get("params").cloned().unwrap_or_default();
        if let Err(e) = serde_json::from_value::<InitializeRequestParams>(params) {
            return fault(
                id,
                INVALID_PARAMS,
                &format!("params: must have protocolVersion, capabilities and clientInfo: {e}"),
            );
        }
    }
    match serde_json::from_value::<ClientJsonRpcMessage>(value.clone()) {
        Ok(_) => Ok(()),
        Err(e) => fault(id, INVALID_PARAMS, &format!("the message does not fit its method: {e}")),
    }
}

/// Whether the message says of itself that it is of a revision without a handshake.
fn is_modern(members: &Map<String, Value>) -> bool {
    members
        .get("params")
        .and_then(|params| params.get("_meta")?.get("io.modelcontextprotocol/protocolVersion"))
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_named_with_the_code_of_the_standard() {
        for (text, code, says) in [
            ("", PARSE_ERROR, "not JSON"),
            ("{", PARSE_ERROR, "not JSON"),
            (&"[".repeat(100_000), PARSE_ERROR, "not JSON"),
            ("[]", INVALID_REQUEST, "batches"),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, INVALID_REQUEST, "batches"),
            ("7", INVALID_REQUEST, "object"),
            ("{}", INVALID_REQUEST, "jsonrpc"),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, INVALID_REQUEST, "jsonrpc"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, INVALID_REQUEST, "id"),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, INVALID_REQUEST, "id"),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, INVALID_REQUEST, "id"),
            (r#"{"jsonrpc":"2.0","id":1}"#, INVALID_REQUEST, "method"),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, INVALID_REQUEST, "method"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}"#, INVALID_PARAMS, "params"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#, INVALID_PARAMS, "protocolVersion"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, INVALID_PARAMS, "protocolVersion"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, INVALID_PARAMS, "params.name"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#, INVALID_PARAMS, "params.name"),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":[1]}}"#,
                INVALID_PARAMS,
                "params.arguments",
            ),
        ] {
            let fault = inspect(text.as_bytes()).unwrap_err();
            assert_eq!(fault.code, code, "{text:.80}");
            assert!(fault.message.contains(says), "{text:.80}: {}", fault.message);
        }
    }

    #[test]
    fn a_message_passes() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x","arguments":{}}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"no/such/method","params":{}}"#,
        ] {
            assert!(inspect(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
