//! The handler: lists are walks over the catalogue, a call finds its row and does what the row's kind says.

use super::auth::Visit;
use super::{Door, describe};
use crate::approvals::submit;
use crate::domain::people::Caller;
use crate::error::Error;
use crate::store;
use crate::tools::catalogue::catalogue;
use crate::tools::{self, Kind, Tool};
use governor::clock::{Clock as _, DefaultClock};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, InitializeRequestParams,
    InitializeResult, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool as Described,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Tools on one page of the list; all of them, until there are more than clients take at once.
const PAGE: usize = 100;
/// For how long a client may keep the list: a minute after a change of permissions it sees the new one.
const LIST_HOLDS_MS: u64 = 60_000;

const INSTRUCTIONS: &str = "Reads answer at once. Previews and writes never act by themselves: they answer with a durable \
    action request, and where policy asks for it, people who are not you review and sign it in a web console; share its \
    review_url with your user. Poll whatsapp.action_request.status with its id, no faster than poll_after_ms says; a \
    rejected or blocked request is final, so do not submit the same content again.";

#[derive(Clone)]
pub(super) struct Server {
    door: Arc<Door>,
    info: ServerConfig,
}

impl Server {
    pub(super) fn new(door: Arc<Door>) -> Self {
        let implementation = Implementation::new("countersign", env!("CARGO_PKG_VERSION")).with_title("Countersign");
        let info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS);
        Self { door, info }
    }

    /// Who calls. The layers before have put it there, so its absence is a fault of ours.
    fn visit(context: &RequestContext<RoleServer>) -> Result<Visit, ErrorData> {
        let parts = context.extensions.get::<http::request::Parts>();
        let visit = parts.and_then(|parts| parts.extensions.get::<Visit>()).cloned();
        visit.ok_or_else(|| ErrorData::internal_error("the caller is not known", None))
    }

    async fn answer(&self, visit: &Visit, tool: &'static Tool, arguments: Value) -> Result<Value, Error> {
        let (ctx, caller) = (&self.door.ctx, visit.caller.as_ref());
        self.pace(visit)?;
        if !tool.open_to(caller) {
            let name = describe::name(tool, visit.names);
            return Err(Error::Forbidden(format!("this key may not use {name}")));
        }
        match tool.kind {
            Kind::Read(read) => {
                let value = read(ctx, caller, arguments).await?;
                self.note(caller, tool).await?;
                Ok(value)
            }
            Kind::Status(status) => status(ctx, caller, arguments).await,
            Kind::Preview(_) => {
                // Before what it files: reviewers see that it was previewed.
                self.note(caller, tool).await?;
                tools::answer(&submit::preview(ctx, caller, tool, arguments).await?)
            }
            Kind::Write(_) => tools::answer(&submit::write(ctx, caller, tool, arguments).await?),
        }
    }

    /// Counts the call against the key's minute.
    fn pace(&self, visit: &Visit) -> Result<(), Error> {
        let Err(early) = self.door.calls.check_key(&visit.caller.agent.id) else { return Ok(()) };
        let retry_after = early.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        visit.retry_after.store(retry_after, Ordering::Relaxed);
        let allowed = early.quota().burst_size();
        Err(Error::RateLimited {
            message: format!("this key may make {allowed} calls a minute; the next one in {retry_after} s"),
            retry_after,
        })
    }

    /// Remembers the read: reviewers see whether the agent looked before it asked.
    async fn note(&self, caller: &Caller, tool: &Tool) -> Result<(), Error> {
        let ctx = &self.door.ctx;
        let agent = caller.agent.id;
        store::tool_reads::record(&ctx.db, caller.tenant(), agent, tool.name, ctx.clock.now()).await?;
        Ok(())
    }
}

/// A refusal as agents read it: a stable word, what happened, what to do.
fn refusal(error: &Error) -> Value {
    // What it says may repeat what was given, and that may be anything.
    let message = clipped(&error.to_string());
    let mut body = json!({
        "code": error.code(), "message": message, "hint": error.hint(), "retryable": error.retryable(),
    });
    if let Some(members) = body.as_object_mut() {
        match error {
            Error::Blocked(findings) => {
                members.insert("findings".into(), json!(findings));
            }
            Error::RateLimited { retry_after, .. } => {
                members.insert("retry_after_seconds".into(), json!(retry_after));
            }
            _ => {}
        }
    }
    json!({ "error": body })
}

/// The most characters of a sentence to an agent; whoever writes more into an argument knows it.
const SENTENCE: usize = 2_000;

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SENTENCE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn log(error: &Error, tool: &Tool) {
    if let Error::Internal(cause) = error {
        tracing::error!(tool = tool.name, error = %cause, "a tool failed");
    } else {
        tracing::debug!(tool = tool.name, code = error.code(), "a tool refused");
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.info.clone()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    fn get_tool(&self, name: &str) -> Option<Described> {
        describe::by_name(name)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let visit = Self::visit(&context)?;
        let open = catalogue().tools().iter().copied().filter(|tool| tool.open_to(&visit.caller));
        // The cursor is the name of the last tool seen: it holds when the set of tools changes in between.
        let after = page.and_then(|page| page.cursor);
        if let Some(cursor) = &after
            && catalogue().find(cursor).is_none()
        {
            return Err(ErrorData::invalid_params("cursor: not one that tools/list has given", None));
        }
        let after = after.as_deref().and_then(|cursor| catalogue().find(cursor)).map_or("", |tool| tool.name);
        let mut rest = open.filter(|tool| tool.name > after);
        let page: Vec<&'static Tool> = rest.by_ref().take(PAGE).collect();
        let next = rest.next().and_then(|_| page.last()).map(|tool| tool.name.to_owned());
        let items = page.into_iter().map(|tool| describe::describe(tool, visit.names)).collect();
        let mut list =
            ListToolsResult::with_all_items(items).with_ttl_ms(LIST_HOLDS_MS).with_cache_scope(CacheScope::Private);
        list.next_cursor = next;
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let visit = Self::visit(&context)?;
        let Some(tool) = catalogue().find(&request.name) else {
            let name: String = request.name.chars().take(128).collect();
            return Err(ErrorData::invalid_params(
                format!("there is no tool {name}; tools/list names those that this key may use"),
                None,
            ));
        };
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        Ok(match self.answer(&visit, tool, arguments).await {
            Ok(value) => CallToolResult::structured(value).into(),
            Err(error) => {
                log(&error, tool);
                CallToolResult::structured_error(refusal(&error)).into()
            }
        })
    }
}
