-- Action requests, the signatures under them, and what reviewers did before they signed.

create table action_request (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    tool TEXT not null,
    ask BLOB not null,
    digest BLOB not null,
    sections BLOB not null,
    title TEXT not null,
    summary TEXT not null,
    preview TEXT not null,
    arguments TEXT not null,
    reason TEXT not null,
    reads_made TEXT not null,
    status TEXT not null check (status in (
        'previewed', 'pending_approval', 'changes_requested', 'rejected', 'expired', 'cancelled', 'superseded',
        'approved', 'stale', 'executing', 'paused', 'needs_attention', 'succeeded', 'partially_succeeded', 'failed')),
    version INTEGER not null,
    agent_id BLOB not null references agent (id),
    owner_id BLOB not null references person (id),
    quorum TEXT not null,
    policy TEXT not null,
    warnings INTEGER not null,
    people INTEGER not null,
    created_at INTEGER not null,
    decide_by INTEGER not null,
    start_by INTEGER,
    not_before INTEGER,
    approved_at INTEGER,
    settled_at INTEGER,
    result TEXT,
    error TEXT,
    superseded_by BLOB references action_request (id),
    -- what is approved knows since when and until when; what has ended knows when
    check (status not in ('approved', 'executing', 'paused', 'needs_attention') or (approved_at is not null and start_by is not null)),
    check ((settled_at is null) = (status in ('previewed', 'pending_approval', 'approved', 'executing', 'paused', 'needs_attention')))
) strict;
-- one open request for one ask of one agent
create unique index action_request_open_ask on action_request (tenant_id, agent_id, ask)
    where status in ('previewed', 'pending_approval', 'approved', 'executing', 'paused', 'needs_attention');
create index action_request_by_time on action_request (tenant_id, created_at, id);
create index action_request_by_status on action_request (tenant_id, status, created_at);
create index action_request_by_agent on action_request (tenant_id, agent_id, created_at);

create table signature (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    request_id BLOB not null references action_request (id),
    person_id BLOB not null references person (id),
    person_name TEXT not null,
    role TEXT not null,
    decision TEXT not null check (decision in ('approved', 'changes_requested', 'rejected')),
    digest BLOB not null,
    comment TEXT not null,
    accepted TEXT not null,
    method TEXT not null,
    at INTEGER not null,
    -- two signatures are two people
    unique (request_id, person_id)
) strict;

create table section_check (
    request_id BLOB not null references action_request (id),
    person_id BLOB not null references person (id),
    section TEXT not null,
    digest BLOB not null,
    at INTEGER not null,
    primary key (request_id, person_id, section)
) strict, without rowid;

-- When a person first had exactly this in front of them.
create table review (
    request_id BLOB not null references action_request (id),
    person_id BLOB not null references person (id),
    digest BLOB not null,
    opened_at INTEGER not null,
    primary key (request_id, person_id, digest)
) strict, without rowid;

-- When an agent last called a tool: the evidence for "read first".
create table tool_read (
    tenant_id BLOB not null references tenant (id),
    agent_id BLOB not null references agent (id),
    tool TEXT not null,
    at INTEGER not null,
    primary key (tenant_id, agent_id, tool)
) strict, without rowid;
