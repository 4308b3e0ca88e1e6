-- The log of posts is read per business, newest first, and by what is still aside; an event knows how often it was tried.

alter table parked_event add column tries bigint not null default 1;
create index webhook_post_of_tenant on webhook_post (tenant_id, id);
create index webhook_post_unread on webhook_post (tenant_id, id) where state = 'parked';
create index parked_event_open on parked_event (tenant_id, post_id) where applied_at is null;
