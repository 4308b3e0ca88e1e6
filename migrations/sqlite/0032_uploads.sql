-- Files that agents sent for a tool to take. Their bytes are kept elsewhere, under the tenant and the id.
create table upload (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    agent_id BLOB not null references agent (id),
    hash BLOB not null,
    bytes INTEGER not null,
    name TEXT,
    received_at INTEGER not null,
    expires_at INTEGER not null,
    -- the same bytes of one agent are one upload
    unique (tenant_id, agent_id, hash)
) strict;
create index upload_by_expiry on upload (expires_at);

-- Requests that still read a file, whenever it expires.
create table upload_hold (
    upload_id BLOB not null references upload (id) on delete cascade,
    request_id BLOB not null references action_request (id),
    primary key (upload_id, request_id)
) strict, without rowid;
