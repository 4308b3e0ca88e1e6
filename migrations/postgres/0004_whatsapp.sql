-- What the business knows: numbers, contacts, consent, segments, templates, broadcasts, conversations.

create table phone_number (
    tenant_id uuid not null references tenant (id),
    meta_id text not null,
    display text not null,
    name text not null,
    status text not null,
    quality text not null,
    portfolio_limit bigint,
    per_second bigint not null,
    synced_at bigint not null,
    primary key (tenant_id, meta_id)
);

create table contact (
    tenant_id uuid not null references tenant (id),
    no bigint not null,
    id uuid not null unique,
    phone text,
    market text,
    user_id text,
    name text not null,
    language text,
    attributes text not null,
    last_inbound_at bigint,
    meta_capped_at bigint,
    experiment_at bigint,
    created_at bigint not null,
    primary key (tenant_id, no),
    unique (tenant_id, phone),
    unique (tenant_id, user_id)
);

create table contact_tag (
    tenant_id uuid not null,
    tag text not null,
    contact_no bigint not null,
    primary key (tenant_id, tag, contact_no)
);
create index contact_tag_of_contact on contact_tag (tenant_id, contact_no);

create table consent_record (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    contact_no bigint not null,
    category text not null,
    state text not null check (state in ('granted', 'withdrawn')),
    source text not null,
    evidence text,
    given_at bigint not null,
    recorded_at bigint not null,
    confirmed_at bigint
);
create index consent_record_of_contact on consent_record (tenant_id, contact_no, recorded_at);
create index consent_record_by_time on consent_record (tenant_id, recorded_at, id);

-- The consent that stands now, derived from the records in the transaction that adds one.
create table contact_consent (
    tenant_id uuid not null,
    category text not null,
    contact_no bigint not null,
    source text not null,
    traceable boolean not null,
    confirmed boolean not null,
    given_at bigint not null,
    primary key (tenant_id, category, contact_no)
);

create table suppression (
    tenant_id uuid not null,
    contact_no bigint not null,
    kind text not null,
    at bigint not null,
    source text not null,
    word text,
    primary key (tenant_id, contact_no, kind)
);
create index suppression_by_time on suppression (tenant_id, at, contact_no);

create table segment (
    tenant_id uuid not null references tenant (id),
    id uuid not null,
    version bigint not null,
    name text not null,
    include text not null,
    exclude text,
    created_at bigint not null,
    primary key (tenant_id, id, version)
);

create table message_template (
    tenant_id uuid not null references tenant (id),
    name text not null,
    language text not null,
    meta_id text not null,
    category text not null,
    status text not null,
    quality text not null,
    rejected_reason text,
    correct_category text,
    content text not null,
    synced_at bigint not null,
    primary key (tenant_id, name, language)
);
create index message_template_by_meta_id on message_template (tenant_id, meta_id);

-- A frozen list of recipients: a compressed set, and eight bytes a person that tell a changed message from the signed one.
create table audience (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    people bytea not null,
    marks bytea not null,
    count bigint not null,
    root bytea not null,
    created_at bigint not null
);

create table broadcast (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    name text not null,
    state text not null check (state in ('draft', 'requested', 'scheduled', 'running', 'paused', 'done', 'cancelled')),
    spec text not null,
    schedule text not null,
    audience_id uuid not null references audience (id),
    audience_count bigint not null,
    created_by uuid not null references action_request (id),
    sent_by uuid references action_request (id),
    created_at bigint not null
);
create index broadcast_by_time on broadcast (tenant_id, created_at, id);

-- Until when free text may be sent to a person from a number.
create table service_window (
    tenant_id uuid not null references tenant (id),
    phone_number_id text not null,
    contact_no bigint not null,
    opened_at bigint not null,
    closes_at bigint not null,
    primary key (tenant_id, phone_number_id, contact_no)
);

create table inbound_message (
    tenant_id uuid not null references tenant (id),
    wamid text not null,
    phone_number_id text not null,
    contact_no bigint not null,
    kind text not null,
    body text,
    context_wamid text,
    sent_at bigint not null,
    received_at bigint not null,
    primary key (tenant_id, wamid)
);
create index inbound_message_of_contact on inbound_message (tenant_id, contact_no, sent_at);
