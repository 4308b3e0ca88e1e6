-- Tenants, the people who sign in, the agents that call tools.

create table tenant (
    id uuid primary key,
    name text not null unique,
    waba_id text not null unique,
    token_env text not null,
    app_secret_env text,
    verify_token_env text,
    created_at bigint not null
);

create table person (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    email text not null unique,
    name text not null,
    role text not null check (role in ('admin', 'compliance', 'principal', 'operator', 'manager', 'auditor', 'dpo')),
    password_hash text not null,
    language text,
    created_at bigint not null,
    disabled_at bigint
);
create index person_of_tenant on person (tenant_id);

create table agent (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    name text not null,
    owner_id uuid not null references person (id),
    permissions text not null,
    names text not null check (names in ('dotted', 'underscore')),
    key_hash bytea not null unique,
    key_prefix text not null,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint,
    unique (tenant_id, name)
);

-- The id of a session is its bearer's proof, so only its hash is kept.
create table http_session (
    id_hash bytea primary key,
    data text not null,
    expires_at bigint not null
);

-- Failed sign-ins by a keyed hash of account and address.
create table sign_in_failure (
    key_hash bytea primary key,
    failures bigint not null,
    first_at bigint not null,
    last_at bigint not null
);
