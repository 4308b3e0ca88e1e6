-- Drafts of templates, in versions: what may be submitted to Meta.
create table template_draft (
    tenant_id BLOB not null references tenant (id),
    name TEXT not null,
    version INTEGER not null,
    mark TEXT not null check (mark in ('draft', 'submit_ready', 'customer_facing')),
    content TEXT not null,
    digest BLOB not null,
    request_id BLOB not null references action_request (id),
    created_at INTEGER not null,
    primary key (tenant_id, name, version)
) strict;

-- Drafts on their way to Meta: one row for each language of a request.
create table template_submission (
    request_id BLOB not null references action_request (id),
    tenant_id BLOB not null references tenant (id),
    name TEXT not null,
    language TEXT not null,
    -- where the template that is replaced stood at Meta; none if it is made
    replaces TEXT,
    state TEXT not null check (state in ('waiting', 'asked', 'taken', 'refused')),
    -- how often what was asked for was looked for in vain, and how often anything went wrong
    looks INTEGER not null,
    tries INTEGER not null,
    due_at INTEGER not null,
    -- what Meta answered
    meta_id TEXT,
    status TEXT,
    category TEXT,
    why TEXT,
    created_at INTEGER not null,
    settled_at INTEGER,
    primary key (request_id, language),
    check ((state in ('taken', 'refused')) = (settled_at is not null)),
    check (state <> 'taken' or meta_id is not null)
) strict;
create index template_submission_due on template_submission (due_at) where state in ('waiting', 'asked');
create index template_submission_by_name on template_submission (tenant_id, name, language, settled_at);
