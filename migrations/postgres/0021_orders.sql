-- What can be ordered where no other system keeps it.
create table product (
    tenant_id uuid not null references tenant (id),
    id text not null,
    name text not null,
    -- in the smallest coins of its currency
    price bigint not null check (price >= 0),
    currency text not null,
    -- as much as anybody wants, if there is none
    stock bigint check (stock >= 0),
    as_of bigint not null,
    primary key (tenant_id, id)
);

-- One order for each request that asked for one.
create table customer_order (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    conversation_id uuid not null references conversation (id),
    contact_no bigint not null,
    request_id uuid not null unique references action_request (id),
    items text not null,
    note text,
    source text not null check (source in ('catalogue', 'connector')),
    state text not null check (state in ('placing', 'placed', 'refused', 'cancelled')),
    source_id text,
    -- why it was refused, or why it still waits
    why text,
    -- how often the source was asked, and when it is asked again
    tries bigint not null,
    due_at bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    check ((state in ('placed', 'cancelled')) = (source_id is not null)),
    check (state <> 'refused' or why is not null)
);
create index customer_order_due on customer_order (due_at) where state = 'placing';
create index customer_order_by_conversation on customer_order (conversation_id, created_at);

-- Addresses under which orders are paid. What opens one stands in the customer's message alone.
create table payment_link (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    order_id uuid not null references customer_order (id),
    conversation_id uuid not null references conversation (id),
    contact_no bigint not null,
    request_id uuid not null unique references action_request (id),
    amount bigint not null check (amount >= 0),
    currency text not null,
    -- none before its message is sent
    token_hash bytea unique,
    reply_id uuid references reply (id),
    created_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    revoked_for text check (revoked_for in ('withdrawn', 'not_delivered', 'identity_changed', 'order_ended')),
    opened_at bigint,
    used_at bigint,
    check ((revoked_at is null) = (revoked_for is null))
);
create index payment_link_by_order on payment_link (order_id);
create index payment_link_by_reply on payment_link (reply_id);
create index payment_link_by_contact on payment_link (tenant_id, contact_no) where revoked_at is null;

-- With this mark of the person, Meta delivers the message to nobody else.
alter table reply add column identity_hash text;

-- When somebody of the team last made sure who holds the number.
alter table contact add column identity_confirmed_at bigint;
