-- What answers customers by itself: keyword rules, flows and auto-replies, in versions. One version at most is live; the row
-- names the request that last switched it on or off.

create table automation (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    kind text not null check (kind in ('keyword_rule', 'flow', 'auto_reply')),
    live_version bigint,
    switched_by uuid references action_request (id),
    switched_at bigint,
    primary key (tenant_id, id),
    check (live_version is null or switched_by is not null),
    check ((switched_by is null) = (switched_at is null))
);

create table automation_version (
    tenant_id uuid not null,
    id uuid not null,
    version bigint not null,
    name text not null,
    content text not null,
    digest bytea not null,
    request_id uuid not null references action_request (id),
    created_at bigint not null,
    primary key (tenant_id, id, version),
    foreign key (tenant_id, id) references automation (tenant_id, id)
);

-- The question of a flow at which a customer stands.
create table flow_place (
    tenant_id uuid not null references tenant (id),
    phone_number_id text not null,
    contact_no bigint not null,
    flow_id uuid not null,
    version bigint not null,
    node text not null,
    tries bigint not null,
    turns bigint not null,
    since bigint not null,
    primary key (tenant_id, phone_number_id, contact_no)
);

-- What automation did with a customer's message. The key lets it act on each once.
create table automation_run (
    tenant_id uuid not null references tenant (id),
    wamid text not null,
    phone_number_id text not null,
    contact_no bigint not null,
    at bigint not null,
    why text not null,
    silence text,
    guard text,
    kind text,
    subject_id uuid,
    version bigint,
    request_id uuid references action_request (id),
    node text,
    replies bigint not null,
    queue text,
    primary key (tenant_id, wamid),
    check ((why = 'silent') = (silence is not null)),
    check ((why = 'guarded') = (guard is not null)),
    check ((kind is null) = (subject_id is null) and (kind is null) = (version is null) and (kind is null) = (request_id is null))
);
create index automation_run_of_contact on automation_run (tenant_id, contact_no, phone_number_id, at);
create index automation_run_by_time on automation_run (tenant_id, at, wamid);
