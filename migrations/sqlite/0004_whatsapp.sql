-- What the business knows: numbers, contacts, consent, segments, templates, broadcasts, conversations.

create table phone_number (
    tenant_id BLOB not null references tenant (id),
    meta_id TEXT not null,
    display TEXT not null,
    name TEXT not null,
    status TEXT not null,
    quality TEXT not null,
    portfolio_limit INTEGER,
    per_second INTEGER not null,
    synced_at INTEGER not null,
    primary key (tenant_id, meta_id)
) strict;

create table contact (
    tenant_id BLOB not null references tenant (id),
    no INTEGER not null,
    id BLOB not null unique,
    phone TEXT,
    market TEXT,
    user_id TEXT,
    name TEXT not null,
    language TEXT,
    attributes TEXT not null,
    last_inbound_at INTEGER,
    meta_capped_at INTEGER,
    experiment_at INTEGER,
    created_at INTEGER not null,
    primary key (tenant_id, no),
    unique (tenant_id, phone),
    unique (tenant_id, user_id)
) strict;

create table contact_tag (
    tenant_id BLOB not null,
    tag TEXT not null,
    contact_no INTEGER not null,
    primary key (tenant_id, tag, contact_no)
) strict, without rowid;
create index contact_tag_of_contact on contact_tag (tenant_id, contact_no);

create table consent_record (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    contact_no INTEGER not null,
    category TEXT not null,
    state TEXT not null check (state in ('granted', 'withdrawn')),
    source TEXT not null,
    evidence TEXT,
    given_at INTEGER not null,
    recorded_at INTEGER not null,
    confirmed_at INTEGER
) strict;
create index consent_record_of_contact on consent_record (tenant_id, contact_no, recorded_at);
create index consent_record_by_time on consent_record (tenant_id, recorded_at, id);

-- The consent that stands now, derived from the records in the transaction that adds one.
create table contact_consent (
    tenant_id BLOB not null,
    category TEXT not null,
    contact_no INTEGER not null,
    source TEXT not null,
    traceable INTEGER not null,
    confirmed INTEGER not null,
    given_at INTEGER not null,
    primary key (tenant_id, category, contact_no)
) strict, without rowid;

create table suppression (
    tenant_id BLOB not null,
    contact_no INTEGER not null,
    kind TEXT not null,
    at INTEGER not null,
    source TEXT not null,
    word TEXT,
    primary key (tenant_id, contact_no, kind)
) strict, without rowid;
create index suppression_by_time on suppression (tenant_id, at, contact_no);

create table segment (
    tenant_id BLOB not null references tenant (id),
    id BLOB not null,
    version INTEGER not null,
    name TEXT not null,
    include TEXT not null,
    exclude TEXT,
    created_at INTEGER not null,
    primary key (tenant_id, id, version)
) strict;

create table message_template (
    tenant_id BLOB not null references tenant (id),
    name TEXT not null,
    language TEXT not null,
    meta_id TEXT not null,
    category TEXT not null,
    status TEXT not null,
    quality TEXT not null,
    rejected_reason TEXT,
    correct_category TEXT,
    content TEXT not null,
    synced_at INTEGER not null,
    primary key (tenant_id, name, language)
) strict;
create index message_template_by_meta_id on message_template (tenant_id, meta_id);

-- A frozen list of recipients: a compressed set, and eight bytes a person that tell a changed message from the signed one.
create table audience (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    people BLOB not null,
    marks BLOB not null,
    count INTEGER not null,
    root BLOB not null,
    created_at INTEGER not null
) strict;

create table broadcast (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    name TEXT not null,
    state TEXT not null check (state in ('draft', 'requested', 'scheduled', 'running', 'paused', 'done', 'cancelled')),
    spec TEXT not null,
    schedule TEXT not null,
    audience_id BLOB not null references audience (id),
    audience_count INTEGER not null,
    created_by BLOB not null references action_request (id),
    sent_by BLOB references action_request (id),
    created_at INTEGER not null
) strict;
create index broadcast_by_time on broadcast (tenant_id, created_at, id);

-- Until when free text may be sent to a person from a number.
create table service_window (
    tenant_id BLOB not null references tenant (id),
    phone_number_id TEXT not null,
    contact_no INTEGER not null,
    opened_at INTEGER not null,
    closes_at INTEGER not null,
    primary key (tenant_id, phone_number_id, contact_no)
) strict, without rowid;

create table inbound_message (
    tenant_id BLOB not null references tenant (id),
    wamid TEXT not null,
    phone_number_id TEXT not null,
    contact_no INTEGER not null,
    kind TEXT not null,
    body TEXT,
    context_wamid TEXT,
    sent_at INTEGER not null,
    received_at INTEGER not null,
    primary key (tenant_id, wamid)
) strict;
create index inbound_message_of_contact on inbound_message (tenant_id, contact_no, sent_at);
