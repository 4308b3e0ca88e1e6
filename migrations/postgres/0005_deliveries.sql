-- Executions, the shards that daemons lease, the ledger of every message.

create table execution (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    request_id uuid not null unique references action_request (id),
    phone_number_id text not null,
    category text not null,
    -- what people and breakers want, and what is
    desired text not null check (desired in ('run', 'pause', 'cancel')),
    state text not null check (state in ('building', 'running', 'attention', 'done', 'cancelled')),
    reason text,
    total bigint not null,
    built bigint not null,
    batch_size bigint not null,
    per_second bigint not null,
    -- those who had fallen away when people last agreed to go on
    drift_base bigint not null,
    started_at bigint not null,
    finished_at bigint
);
create index execution_of_tenant on execution (tenant_id, started_at);
create index execution_by_state on execution (state);

-- The unit of lease. The intent transaction updates its row under the condition desired = 'run', and so does a stop:
-- the two meet on this row, and after the stop no intent commits.
create table shard (
    execution_id uuid not null references execution (id),
    shard_no bigint not null,
    seq_from bigint not null,
    seq_to bigint not null,
    -- every row below it that still waits is in the retry queue; no row below low_seq is on its way
    next_seq bigint not null,
    low_seq bigint not null,
    owner uuid,
    lease_until bigint not null,
    epoch bigint not null,
    desired text not null,
    suppressed bigint not null,
    done boolean not null,
    primary key (execution_id, shard_no)
);

-- One row a recipient. No index on anything that changes, so that both updates of a row stay cheap.
create table delivery (
    execution_id uuid not null,
    seq bigint not null,
    contact_no bigint not null,
    state smallint not null check (state between 0 and 6),
    attempt smallint not null,
    epoch bigint not null,
    wamid text,
    progress smallint,
    error_code integer,
    updated_at bigint not null,
    primary key (execution_id, seq),
    unique (execution_id, contact_no)
) with (fillfactor = 60);

-- Every attempt that did not end in a plain first-time accept, and what is known of it.
create table delivery_attempt (
    execution_id uuid not null,
    seq bigint not null,
    attempt smallint not null,
    outcome text not null,
    evidence text not null,
    at bigint not null,
    authorized_by uuid references person (id),
    primary key (execution_id, seq, attempt, outcome)
);

-- Rows that were provably not sent, and when to try again.
create table retry_queue (
    execution_id uuid not null,
    seq bigint not null,
    retry_at bigint not null,
    primary key (execution_id, seq)
);

-- Buckets of tokens, shared by all daemons: one a sending number, one an execution. The factor falls when Meta says
-- that a number sends too fast.
create table rate_bucket (
    tenant_id uuid not null references tenant (id),
    bucket text not null,
    factor double precision not null,
    throttled_at bigint not null,
    tokens double precision not null,
    at bigint not null,
    primary key (tenant_id, bucket)
);

create table daemon (
    id uuid primary key,
    version text not null,
    started_at bigint not null,
    heartbeat_at bigint not null
);

-- One row: what makes this database this database. The secret marks the tokens that travel with messages.
create table instance (
    one bigint primary key check (one = 1),
    epoch bigint not null,
    secret bytea not null
);
