-- Executions, the shards that daemons lease, the ledger of every message.

create table execution (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    request_id BLOB not null unique references action_request (id),
    phone_number_id TEXT not null,
    category TEXT not null,
    -- what people and breakers want, and what is
    desired TEXT not null check (desired in ('run', 'pause', 'cancel')),
    state TEXT not null check (state in ('building', 'running', 'attention', 'done', 'cancelled')),
    reason TEXT,
    total INTEGER not null,
    built INTEGER not null,
    batch_size INTEGER not null,
    per_second INTEGER not null,
    -- those who had fallen away when people last agreed to go on
    drift_base INTEGER not null,
    started_at INTEGER not null,
    finished_at INTEGER
) strict;
create index execution_of_tenant on execution (tenant_id, started_at);
create index execution_by_state on execution (state);

-- The unit of lease. The intent transaction updates its row under the condition desired = 'run', and so does a stop:
-- the two meet on this row, and after the stop no intent commits.
create table shard (
    execution_id BLOB not null references execution (id),
    shard_no INTEGER not null,
    seq_from INTEGER not null,
    seq_to INTEGER not null,
    -- every row below it that still waits is in the retry queue; no row below low_seq is on its way
    next_seq INTEGER not null,
    low_seq INTEGER not null,
    owner BLOB,
    lease_until INTEGER not null,
    epoch INTEGER not null,
    desired TEXT not null,
    suppressed INTEGER not null,
    done INTEGER not null,
    primary key (execution_id, shard_no)
) strict, without rowid;

-- One row a recipient. No index on anything that changes, so that both updates of a row stay cheap.
create table delivery (
    execution_id BLOB not null,
    seq INTEGER not null,
    contact_no INTEGER not null,
    state INTEGER not null check (state between 0 and 6),
    attempt INTEGER not null,
    epoch INTEGER not null,
    wamid TEXT,
    progress INTEGER,
    error_code INTEGER,
    updated_at INTEGER not null,
    primary key (execution_id, seq),
    unique (execution_id, contact_no)
) strict, without rowid;

-- Every attempt that did not end in a plain first-time accept, and what is known of it.
create table delivery_attempt (
    execution_id BLOB not null,
    seq INTEGER not null,
    attempt INTEGER not null,
    outcome TEXT not null,
    evidence TEXT not null,
    at INTEGER not null,
    authorized_by BLOB references person (id),
    primary key (execution_id, seq, attempt, outcome)
) strict, without rowid;

-- Rows that were provably not sent, and when to try again.
create table retry_queue (
    execution_id BLOB not null,
    seq INTEGER not null,
    retry_at INTEGER not null,
    primary key (execution_id, seq)
) strict, without rowid;

-- Buckets of tokens, shared by all daemons: one a sending number, one an execution. The factor falls when Meta says
-- that a number sends too fast.
create table rate_bucket (
    tenant_id BLOB not null references tenant (id),
    bucket TEXT not null,
    factor REAL not null,
    throttled_at INTEGER not null,
    tokens REAL not null,
    at INTEGER not null,
    primary key (tenant_id, bucket)
) strict, without rowid;

create table daemon (
    id BLOB primary key,
    version TEXT not null,
    started_at INTEGER not null,
    heartbeat_at INTEGER not null
) strict;

-- One row: what makes this database this database. The secret marks the tokens that travel with messages.
create table instance (
    one INTEGER primary key check (one = 1),
    epoch INTEGER not null,
    secret BLOB not null
) strict;
