-- Tenants, the people who sign in, the agents that call tools.

create table tenant (
    id BLOB primary key,
    name TEXT not null unique,
    waba_id TEXT not null unique,
    token_env TEXT not null,
    app_secret_env TEXT,
    verify_token_env TEXT,
    created_at INTEGER not null
) strict;

create table person (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    email TEXT not null unique,
    name TEXT not null,
    role TEXT not null check (role in ('admin', 'compliance', 'principal', 'operator', 'manager', 'auditor', 'dpo')),
    password_hash TEXT not null,
    language TEXT,
    created_at INTEGER not null,
    disabled_at INTEGER
) strict;
create index person_of_tenant on person (tenant_id);

create table agent (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    name TEXT not null,
    owner_id BLOB not null references person (id),
    permissions TEXT not null,
    names TEXT not null check (names in ('dotted', 'underscore')),
    key_hash BLOB not null unique,
    key_prefix TEXT not null,
    created_at INTEGER not null,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    unique (tenant_id, name)
) strict;

-- The id of a session is its bearer's proof, so only its hash is kept.
create table http_session (
    id_hash BLOB primary key,
    data TEXT not null,
    expires_at INTEGER not null
) strict, without rowid;

-- Failed sign-ins by a keyed hash of account and address.
create table sign_in_failure (
    key_hash BLOB primary key,
    failures INTEGER not null,
    first_at INTEGER not null,
    last_at INTEGER not null
) strict, without rowid;
