-- Action requests, the signatures under them, and what reviewers did before they signed.

create table action_request (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    tool text not null,
    ask bytea not null,
    digest bytea not null,
    sections bytea not null,
    title text not null,
    summary text not null,
    preview text not null,
    arguments text not null,
    reason text not null,
    reads_made text not null,
    status text not null check (status in (
        'previewed', 'pending_approval', 'changes_requested', 'rejected', 'expired', 'cancelled', 'superseded',
        'approved', 'stale', 'executing', 'paused', 'needs_attention', 'succeeded', 'partially_succeeded', 'failed')),
    version bigint not null,
    agent_id uuid not null references agent (id),
    owner_id uuid not null references person (id),
    quorum text not null,
    policy text not null,
    warnings bigint not null,
    people bigint not null,
    created_at bigint not null,
    decide_by bigint not null,
    start_by bigint,
    not_before bigint,
    approved_at bigint,
    settled_at bigint,
    result text,
    error text,
    superseded_by uuid references action_request (id),
    -- what is approved knows since when and until when; what has ended knows when
    check (status not in ('approved', 'executing', 'paused', 'needs_attention') or (approved_at is not null and start_by is not null)),
    check ((settled_at is null) = (status in ('previewed', 'pending_approval', 'approved', 'executing', 'paused', 'needs_attention')))
);
-- one open request for one ask of one agent
create unique index action_request_open_ask on action_request (tenant_id, agent_id, ask)
    where status in ('previewed', 'pending_approval', 'approved', 'executing', 'paused', 'needs_attention');
create index action_request_by_time on action_request (tenant_id, created_at, id);
create index action_request_by_status on action_request (tenant_id, status, created_at);
create index action_request_by_agent on action_request (tenant_id, agent_id, created_at);

create table signature (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    request_id uuid not null references action_request (id),
    person_id uuid not null references person (id),
    person_name text not null,
    role text not null,
    decision text not null check (decision in ('approved', 'changes_requested', 'rejected')),
    digest bytea not null,
    comment text not null,
    accepted text not null,
    method text not null,
    at bigint not null,
    -- two signatures are two people
    unique (request_id, person_id)
);

create table section_check (
    request_id uuid not null references action_request (id),
    person_id uuid not null references person (id),
    section text not null,
    digest bytea not null,
    at bigint not null,
    primary key (request_id, person_id, section)
);

-- When a person first had exactly this in front of them.
create table review (
    request_id uuid not null references action_request (id),
    person_id uuid not null references person (id),
    digest bytea not null,
    opened_at bigint not null,
    primary key (request_id, person_id, digest)
);

-- When an agent last called a tool: the evidence for "read first".
create table tool_read (
    tenant_id uuid not null references tenant (id),
    agent_id uuid not null references agent (id),
    tool text not null,
    at bigint not null,
    primary key (tenant_id, agent_id, tool)
);
