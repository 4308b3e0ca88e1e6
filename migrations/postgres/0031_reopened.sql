-- When a person allowed the content of a rejected request to be asked for again.
alter table action_request add column reopened_at bigint;
-- What may not be asked for again.
create index action_request_rejected on action_request (tenant_id, settled_at) where status = 'rejected' and reopened_at is null;
