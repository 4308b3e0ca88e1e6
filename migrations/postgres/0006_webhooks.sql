-- What Meta sent: kept whole before it is answered, applied afterwards.

create table webhook_post (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references tenant (id),
    body_hash bytea not null,
    body bytea not null,
    received_at bigint not null,
    state text not null check (state in ('new', 'applied', 'parked')),
    events bigint not null,
    error text,
    applied_at bigint,
    -- Meta repeats what was answered late; the same bytes are the same event
    unique (tenant_id, body_hash)
);
create index webhook_post_new on webhook_post (state, id);
