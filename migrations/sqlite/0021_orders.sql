-- What can be ordered where no other system keeps it.
create table product (
    tenant_id BLOB not null references tenant (id),
    id TEXT not null,
    name TEXT not null,
    -- in the smallest coins of its currency
    price INTEGER not null check (price >= 0),
    currency TEXT not null,
    -- as much as anybody wants, if there is none
    stock INTEGER check (stock >= 0),
    as_of INTEGER not null,
    primary key (tenant_id, id)
) strict, without rowid;

-- One order for each request that asked for one.
create table customer_order (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    conversation_id BLOB not null references conversation (id),
    contact_no INTEGER not null,
    request_id BLOB not null unique references action_request (id),
    items TEXT not null,
    note TEXT,
    source TEXT not null check (source in ('catalogue', 'connector')),
    state TEXT not null check (state in ('placing', 'placed', 'refused', 'cancelled')),
    source_id TEXT,
    -- why it was refused, or why it still waits
    why TEXT,
    -- how often the source was asked, and when it is asked again
    tries INTEGER not null,
    due_at INTEGER not null,
    created_at INTEGER not null,
    updated_at INTEGER not null,
    check ((state in ('placed', 'cancelled')) = (source_id is not null)),
    check (state <> 'refused' or why is not null)
) strict;
create index customer_order_due on customer_order (due_at) where state = 'placing';
create index customer_order_by_conversation on customer_order (conversation_id, created_at);

-- Addresses under which orders are paid. What opens one stands in the customer's message alone.
create table payment_link (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    order_id BLOB not null references customer_order (id),
    conversation_id BLOB not null references conversation (id),
    contact_no INTEGER not null,
    request_id BLOB not null unique references action_request (id),
    amount INTEGER not null check (amount >= 0),
    currency TEXT not null,
    -- none before its message is sent
    token_hash BLOB unique,
    reply_id BLOB references reply (id),
    created_at INTEGER not null,
    expires_at INTEGER not null,
    revoked_at INTEGER,
    revoked_for TEXT check (revoked_for in ('withdrawn', 'not_delivered', 'identity_changed', 'order_ended')),
    opened_at INTEGER,
    used_at INTEGER,
    check ((revoked_at is null) = (revoked_for is null))
) strict;
create index payment_link_by_order on payment_link (order_id);
create index payment_link_by_reply on payment_link (reply_id);
create index payment_link_by_contact on payment_link (tenant_id, contact_no) where revoked_at is null;

-- With this mark of the person, Meta delivers the message to nobody else.
alter table reply add column identity_hash TEXT;

-- When somebody of the team last made sure who holds the number.
alter table contact add column identity_confirmed_at INTEGER;
