-- Where the call that made a request stood in a trace of its agent's host (W3C Trace Context).
alter table action_request add column traceparent TEXT;
-- Whether this agent's host may be pointed at a page by URL elicitation. Hosts without a user fail the whole call.
alter table agent add column elicits INTEGER not null default 0;
-- By what client_id an authorization server knows it, where access tokens open the door instead of a key.
alter table agent add column oauth_client TEXT;
create unique index agent_by_oauth_client on agent (oauth_client) where oauth_client is not null;
