-- Drafts of templates, in versions: what may be submitted to Meta.
create table template_draft (
    tenant_id uuid not null references tenant (id),
    name text not null,
    version bigint not null,
    mark text not null check (mark in ('draft', 'submit_ready', 'customer_facing')),
    content text not null,
    digest bytea not null,
    request_id uuid not null references action_request (id),
    created_at bigint not null,
    primary key (tenant_id, name, version)
);

-- Drafts on their way to Meta: one row for each language of a request.
create table template_submission (
    request_id uuid not null references action_request (id),
    tenant_id uuid not null references tenant (id),
    name text not null,
    language text not null,
    -- where the template that is replaced stood at Meta; none if it is made
    replaces text,
    state text not null check (state in ('waiting', 'asked', 'taken', 'refused')),
    -- how often what was asked for was looked for in vain, and how often anything went wrong
    looks bigint not null,
    tries bigint not null,
    due_at bigint not null,
    -- what Meta answered
    meta_id text,
    status text,
    category text,
    why text,
    created_at bigint not null,
    settled_at bigint,
    primary key (request_id, language),
    check ((state in ('taken', 'refused')) = (settled_at is not null)),
    check (state <> 'taken' or meta_id is not null)
);
create index template_submission_due on template_submission (due_at) where state in ('waiting', 'asked');
create index template_submission_by_name on template_submission (tenant_id, name, language, settled_at);
