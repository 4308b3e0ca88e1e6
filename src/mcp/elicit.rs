//! URL elicitation: an agent's host is asked to show its user the page of a request. Only to point at it: whatever the host
//! answers is no decision, and the page asks who is there.

use crate::domain::ids::RequestId;
use crate::tools::request_view::RequestView;
use rmcp::ErrorData;
use rmcp::model::{ElicitRequest, ElicitRequestParams, InputRequest, InputRequests, InputRequiredResult, JsonObject};
use serde_json::Value;

/// Asks the host to show the page, and to call again. The state names the request and nothing else: it is good only for the
/// key that made it and for the same ask, as the rows say.
pub(super) fn page(view: &RequestView) -> InputRequiredResult {
    let asked = ElicitRequestParams::UrlElicitationParams {
        meta: None,
        message: format!("People have to agree first: {} Open its page to follow it.", view.summary),
        url: view.review_url.clone(),
        elicitation_id: view.action_request_id.clone(),
    };
    let asked = InputRequests::from([("follow".to_owned(), InputRequest::Elicitation(ElicitRequest::new(asked)))]);
    InputRequiredResult::new(Some(asked), Some(view.action_request_id.clone()))
}

/// The call that comes again is about the request that its state names.
pub(super) fn resume(arguments: &mut JsonObject, state: &str) -> Result<(), ErrorData> {
    let id: RequestId = state.parse().map_err(|_| not_ours())?;
    arguments.insert("action_request_id".to_owned(), Value::String(id.to_string()));
    Ok(())
}

/// A state that this key was not given for this call.
pub(super) fn not_ours() -> ErrorData {
    ErrorData::invalid_params("requestState: not one that this key was given for this call", None)
}
