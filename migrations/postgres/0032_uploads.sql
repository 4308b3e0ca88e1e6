-- Files that agents sent for a tool to take. Their bytes are kept elsewhere, under the tenant and the id.
create table upload (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    agent_id uuid not null references agent (id),
    hash bytea not null,
    bytes bigint not null,
    name text,
    received_at bigint not null,
    expires_at bigint not null,
    -- the same bytes of one agent are one upload
    unique (tenant_id, agent_id, hash)
);
create index upload_by_expiry on upload (expires_at);

-- Requests that still read a file, whenever it expires.
create table upload_hold (
    upload_id uuid not null references upload (id) on delete cascade,
    request_id uuid not null references action_request (id),
    primary key (upload_id, request_id)
);
