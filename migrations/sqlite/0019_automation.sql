-- What answers customers by itself: keyword rules, flows and auto-replies, in versions. One version at most is live; the row
-- names the request that last switched it on or off.

create table automation (
    tenant_id BLOB not null references tenant (id),
    id BLOB not null,
    kind TEXT not null check (kind in ('keyword_rule', 'flow', 'auto_reply')),
    live_version INTEGER,
    switched_by BLOB references action_request (id),
    switched_at INTEGER,
    primary key (tenant_id, id),
    check (live_version is null or switched_by is not null),
    check ((switched_by is null) = (switched_at is null))
) strict;

create table automation_version (
    tenant_id BLOB not null,
    id BLOB not null,
    version INTEGER not null,
    name TEXT not null,
    content TEXT not null,
    digest BLOB not null,
    request_id BLOB not null references action_request (id),
    created_at INTEGER not null,
    primary key (tenant_id, id, version),
    foreign key (tenant_id, id) references automation (tenant_id, id)
) strict;

-- The question of a flow at which a customer stands.
create table flow_place (
    tenant_id BLOB not null references tenant (id),
    phone_number_id TEXT not null,
    contact_no INTEGER not null,
    flow_id BLOB not null,
    version INTEGER not null,
    node TEXT not null,
    tries INTEGER not null,
    turns INTEGER not null,
    since INTEGER not null,
    primary key (tenant_id, phone_number_id, contact_no)
) strict, without rowid;

-- What automation did with a customer's message. The key lets it act on each once.
create table automation_run (
    tenant_id BLOB not null references tenant (id),
    wamid TEXT not null,
    phone_number_id TEXT not null,
    contact_no INTEGER not null,
    at INTEGER not null,
    why TEXT not null,
    silence TEXT,
    guard TEXT,
    kind TEXT,
    subject_id BLOB,
    version INTEGER,
    request_id BLOB references action_request (id),
    node TEXT,
    replies INTEGER not null,
    queue TEXT,
    primary key (tenant_id, wamid),
    check ((why = 'silent') = (silence is not null)),
    check ((why = 'guarded') = (guard is not null)),
    check ((kind is null) = (subject_id is null) and (kind is null) = (version is null) and (kind is null) = (request_id is null))
) strict;
create index automation_run_of_contact on automation_run (tenant_id, contact_no, phone_number_id, at);
create index automation_run_by_time on automation_run (tenant_id, at, wamid);
