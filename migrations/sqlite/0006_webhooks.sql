-- What Meta sent: kept whole before it is answered, applied afterwards.

create table webhook_post (
    id INTEGER primary key autoincrement,
    tenant_id BLOB not null references tenant (id),
    body_hash BLOB not null,
    body BLOB not null,
    received_at INTEGER not null,
    state TEXT not null check (state in ('new', 'applied', 'parked')),
    events INTEGER not null,
    error TEXT,
    applied_at INTEGER,
    -- Meta repeats what was answered late; the same bytes are the same event
    unique (tenant_id, body_hash)
) strict;
create index webhook_post_new on webhook_post (state, id);
