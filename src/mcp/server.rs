//! The handler: lists are walks over the catalogue, a call finds its row and does what the row's kind says.

use super::auth::Visit;
use super::refusal::{fault, refusal};
use super::{Door, describe, elicit, listen, resources, tasks};
use crate::approvals::submit;
use crate::domain::people::Caller;
use crate::domain::requests::Status;
use crate::error::Error;
use crate::store;
use crate::tools::catalogue::catalogue;
use crate::tools::request_view::RequestView;
use crate::tools::{self, Kind, Tool};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, GetTaskParams,
    GetTaskResult, Implementation, InitializeRequestParams, InitializeResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SubscriptionFilter, Tool as Described, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;
use std::sync::Arc;

/// Tools on one page of the list; all of them, until there are more than clients take at once.
const PAGE: usize = 100;
/// For how long a client may keep the list: a minute after a change of permissions it sees the new one.
const LIST_HOLDS_MS: u64 = 60_000;

const INSTRUCTIONS: &str = "Reads answer at once. Previews and writes never act by themselves: they answer with a durable \
    action request, and where policy asks for it, people who are not you review and sign it in a web console; share its \
    review_url with your user. Poll whatsapp.action_request.status with its id, no faster than poll_after_ms says; a \
    rejected or blocked request is final, so do not submit the same content again.";

/// What a call came to.
enum Answer {
    Value(Value),
    /// A write, which is a request now.
    Asked(Box<RequestView>),
}

/// What the client of this very call says that it can do. It is not remembered: the next call may come from another.
struct Client {
    keeps_tasks: bool,
    opens_pages: bool,
    follows_links: bool,
}

impl Client {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        // Tasks and pages came with this revision, and neither means the same before.
        let modern = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        let can = context.client_capabilities().filter(|_| modern).unwrap_or_default();
        let opens_pages = can.elicitation.as_ref().is_some_and(|how| how.url.is_some());
        let follows_links = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2025_06_18);
        Self { keeps_tasks: can.supports_tasks(), opens_pages, follows_links }
    }
}

/// Whether this key may ask where its requests stand.
fn may_ask(visit: &Visit) -> bool {
    catalogue().find("whatsapp.action_request.status").is_some_and(|tool| tool.open_to(&visit.caller))
}

#[derive(Clone)]
pub(super) struct Server {
    door: Arc<Door>,
    info: ServerConfig,
    /// Who calls, where the door has one caller only: a process at the other end of a pipe.
    only: Option<Visit>,
}

impl Server {
    pub(super) fn new(door: Arc<Door>, only: Option<Visit>) -> Self {
        let implementation = Implementation::new("countersign", env!("CARGO_PKG_VERSION")).with_title("Countersign");
        let capabilities = ServerCapabilities::builder().enable_tools().enable_resources().enable_resources_subscribe();
        let info = ServerConfig::new(capabilities.enable_tasks().build())
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS);
        Self { door, info, only }
    }

    /// Who calls. The layers before have put it there, so its absence is a fault of ours.
    async fn visit(&self, context: &RequestContext<RoleServer>) -> Result<Visit, ErrorData> {
        let visit = match &self.only {
            Some(only) => Some(only.again(&self.door.ctx).await?),
            None => {
                let parts = context.extensions.get::<http::request::Parts>();
                parts.and_then(|parts| parts.extensions.get::<Visit>()).cloned()
            }
        };
        let visit = visit.ok_or_else(|| ErrorData::internal_error("the caller is not known", None))?;
        Ok(visit.traced(context.meta.get_traceparent()))
    }

    /// Who asks for a request of its own by another way than the status tool, at the pace and with the rights of that one.
    async fn asks(&self, context: &RequestContext<RoleServer>) -> Result<Visit, ErrorData> {
        let visit = self.visit(context).await?;
        self.door.pace(&visit).map_err(|error| fault(&error, None))?;
        if !may_ask(&visit) {
            return Err(fault(&Error::Forbidden("this key may not ask where requests stand".into()), None));
        }
        Ok(visit)
    }

    async fn answer(&self, visit: &Visit, tool: &'static Tool, arguments: Value) -> Result<Answer, Error> {
        let (ctx, caller) = (&self.door.ctx, visit.caller.as_ref());
        self.door.pace(visit)?;
        if !tool.open_to(caller) {
            return Err(visit.forbidden(tool, &describe::name(tool, visit.names)));
        }
        Ok(match tool.kind {
            Kind::Read(read) => {
                let value = read(ctx, caller, arguments).await?;
                self.note(caller, tool).await?;
                Answer::Value(value)
            }
            Kind::Status(status) => Answer::Value(status(ctx, caller, arguments).await?),
            Kind::Preview(_) => Answer::Value(tools::answer(&submit::preview(ctx, caller, tool, arguments).await?)?),
            Kind::Write(_) => Answer::Asked(Box::new(submit::write(ctx, caller, tool, arguments).await?)),
        })
    }

    /// What a write answers: the request, or, to a client that said it knows them, the task or the page that it is.
    fn asked(visit: &Visit, client: &Client, view: &RequestView) -> Result<CallToolResponse, ErrorData> {
        if visit.caller.agent.elicits && client.opens_pages && view.status == Status::PendingApproval {
            return Ok(elicit::page(view).into());
        }
        if client.keeps_tasks
            && let Some(task) = tasks::begun(view)
        {
            return Ok(task.into());
        }
        let value = tools::answer(view).map_err(|error| fault(&error, None))?;
        let mut result = CallToolResult::structured(value);
        if client.follows_links {
            result.content.push(tasks::link(view));
        }
        Ok(result.into())
    }

    /// Remembers the read: reviewers see whether the agent looked before it asked.
    async fn note(&self, caller: &Caller, tool: &Tool) -> Result<(), Error> {
        let ctx = &self.door.ctx;
        let agent = caller.agent.id;
        store::tool_reads::record(&ctx.db, caller.tenant(), agent, tool.name, ctx.clock.now()).await?;
        Ok(())
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
        let mut answer = self.negotiate_initialize(&request)?;
        // Who begins with a handshake is told of nothing that came after it.
        answer.capabilities.extensions = None;
        if let Some(resources) = &mut answer.capabilities.resources {
            resources.subscribe = None;
        }
        Ok(answer)
    }

    fn get_tool(&self, name: &str) -> Option<Described> {
        describe::by_name(name)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let visit = self.visit(&context).await?;
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
        let visit = self.visit(&context).await?;
        let Some(tool) = catalogue().find(&request.name) else {
            let name: String = request.name.chars().take(128).collect();
            return Err(ErrorData::invalid_params(
                format!("there is no tool {name}; tools/list names those that this key may use"),
                None,
            ));
        };
        let mut client = Client::of(&context);
        let mut arguments = request.arguments.unwrap_or_default();
        let again = request.request_state.is_some();
        if let Some(state) = request.request_state {
            // The page was offered; whatever became of that, this is the same request.
            client.opens_pages = false;
            elicit::resume(&mut arguments, &state)?;
        }
        match self.answer(&visit, tool, Value::Object(arguments)).await {
            Ok(Answer::Value(value)) => Ok(CallToolResult::structured(value).into()),
            Ok(Answer::Asked(view)) => Self::asked(&visit, &client, &view),
            Err(Error::NotFound { .. } | Error::AskMismatch(_)) if again => Err(elicit::not_ours()),
            Err(error) => {
                log(&error, tool);
                Ok(CallToolResult::structured_error(refusal(&error)).into())
            }
        }
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let visit = self.asks(&context).await?;
        resources::list(&self.door.ctx, &visit.caller, page.and_then(|page| page.cursor)).await
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(resources::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let visit = self.asks(&context).await?;
        Ok(resources::read(&self.door.ctx, &visit.caller, &request.uri).await?.into())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut filter = requested.supported_by(&self.info.capabilities);
        if let Some(addresses) = &mut filter.resource_subscriptions {
            addresses.retain(|address| resources::id_at(address).is_some());
            addresses.truncate(listen::MOST);
        }
        Some(filter)
    }

    async fn listen(&self, stream: SubscriptionContext) -> Result<(), ErrorData> {
        let visit = self.asks(stream.request_context()).await?;
        listen::listen(&self.door, &visit, &stream).await.map_err(|error| fault(&error, None))
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let visit = self.asks(&context).await?;
        tasks::standing(&tasks::find(&self.door.ctx, &visit.caller, &request.task_id).await?)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let visit = self.asks(&context).await?;
        // None of ours asks its client for anything.
        tasks::find(&self.door.ctx, &visit.caller, &request.task_id).await.map(drop)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let visit = self.asks(&context).await?;
        tasks::cancel(&self.door.ctx, &visit.caller, &request.task_id).await
    }
}
