//! The Tasks extension: a second face of the requests that writes make. A task is the request under its own id, so it
//! outlives this process, and whoever may not see the request has no such task.

use super::refusal::fault;
use super::resources::uri;
use crate::approvals::sign::take_back;
use crate::domain::clock::Timestamp;
use crate::domain::ids::RequestId;
use crate::domain::people::Caller;
use crate::domain::requests::{Failure, Status};
use crate::error::Error;
use crate::tools::catalogue::catalogue;
use crate::tools::request_view::{RequestView, view};
use crate::tools::requests::own;
use crate::tools::{self, Ctx};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolResult, ContentBlock, CreateTaskResult, DetailedTask, GetTaskResult, JsonObject, Resource, Task,
    TaskPayload, TaskStatus,
};
use serde_json::{Value, json};

/// The request that a task is.
pub(super) async fn find(ctx: &Ctx, caller: &Caller, task: &str) -> Result<RequestView, ErrorData> {
    let found = async { view(ctx, own(ctx, caller, id(task)?).await?).await };
    found.await.map_err(no_task)
}

/// Takes it back, if nothing of it has begun; otherwise the wish is heard and nothing changes. Whoever may not ask for it may
/// not take it back either: a narrower key of the same agent only looks.
pub(super) async fn cancel(ctx: &Ctx, caller: &Caller, task: &str) -> Result<(), ErrorData> {
    let done = async {
        let request = own(ctx, caller, id(task)?).await?;
        if !catalogue().find(&request.tool).is_some_and(|tool| tool.open_to(caller)) {
            return Err(Error::Forbidden(format!(
                "this key may not use {}, so it takes none of its back",
                request.tool
            )));
        }
        take_back(ctx, caller, request.id).await
    };
    match done.await {
        Ok(_) | Err(Error::Conflict(_)) => Ok(()),
        Err(error) => Err(no_task(error)),
    }
}

fn id(task: &str) -> Result<RequestId, Error> {
    task.parse().map_err(|_| Error::not_found("task", task))
}

/// What is not there, and what is another's, has the code that the extension gives to both.
fn no_task(error: Error) -> ErrorData {
    match error {
        Error::NotFound { .. } => ErrorData::invalid_params(error.to_string(), None),
        other => fault(&other, None),
    }
}

/// The task that a call becomes whose request is not through yet.
pub(super) fn begun(view: &RequestView) -> Option<CreateTaskResult> {
    view.status.is_open().then(|| CreateTaskResult::new(task(view)))
}

/// The task as it stands.
pub(super) fn standing(view: &RequestView) -> Result<GetTaskResult, ErrorData> {
    let payload = match view.status {
        status if status.is_open() => TaskPayload::Working,
        Status::Cancelled if view.error.as_ref().is_some_and(|why| why.code == Failure::WITHDRAWN) => {
            TaskPayload::Cancelled
        }
        _ => TaskPayload::Completed { result: ended(view)? },
    };
    Ok(GetTaskResult::new(DetailedTask::new(task(view), payload)))
}

fn task(view: &RequestView) -> Task {
    let changed = last_change(view).to_string();
    let task = Task::new(&view.action_request_id, TaskStatus::Working, view.created_at.to_string(), changed)
        .with_status_message(message(view));
    // It is kept as long as the business keeps its records, which is no time that could be told here.
    match view.poll_after_ms {
        Some(interval) => task.with_poll_interval_ms(interval),
        None => task,
    }
}

/// When something last happened to it that people or the worker did.
fn last_change(view: &RequestView) -> Timestamp {
    let signed = view.approval.signatures.iter().map(|signature| signature.at);
    let carried_out = view.execution.iter().flat_map(|it| [Some(it.started_at), it.finished_at]).flatten();
    signed.chain(carried_out).fold(view.created_at, Timestamp::max)
}

/// In one line for the agent's user. Names of people stay in the console.
fn message(view: &RequestView) -> String {
    let needed = view.approval.signatures_required;
    match view.status {
        Status::PendingApproval => {
            format!("waiting for approval, {} of {needed} signatures", view.approval.signatures.len())
        }
        Status::Approved => "approved, and not begun yet".to_owned(),
        Status::Executing => "being carried out".to_owned(),
        Status::Paused => "paused by a person".to_owned(),
        Status::NeedsAttention => "a person has to decide what cannot be known".to_owned(),
        status => view.error.as_ref().map_or_else(|| status.to_string(), |why| why.message.clone()),
    }
}

/// What the call would have answered, had it waited. What was not done is an error, and says in its first line that asking
/// again is no way round: models take an error for passing trouble.
fn ended(view: &RequestView) -> Result<JsonObject, ErrorData> {
    let done = matches!(view.status, Status::Succeeded | Status::PartiallySucceeded);
    let mut document = tools::answer(view).map_err(|error| fault(&error, None))?;
    if let (false, Some(members)) = (done, document.as_object_mut()) {
        members.insert("executed".into(), json!(false));
        if let Some(error) = members.get_mut("error").and_then(Value::as_object_mut) {
            error.insert("final".into(), json!(true));
        }
    }
    let mut result =
        if done { CallToolResult::structured(document) } else { CallToolResult::structured_error(document) };
    if !done {
        result.content.insert(0, ContentBlock::text(message(view)));
    }
    result.content.push(link(view));
    match serde_json::to_value(result).map_err(|error| ErrorData::internal_error(error.to_string(), None))? {
        Value::Object(members) => Ok(members),
        _ => Err(ErrorData::internal_error("a result is an object", None)),
    }
}

/// Where to read on, for clients that follow links.
pub(super) fn link(view: &RequestView) -> ContentBlock {
    let address = view.action_request_id.parse().map_or_else(|_| String::new(), uri);
    ContentBlock::resource_link(Resource::new(address, view.action_request_id.clone()).with_title(&view.summary))
}
