-- Orders that wait for another system: what is known of them there, that a person called one off, and from when on people look.
-- Links that a database which was put back may have forgotten to be paid. A check cannot be widened here; the rows move.
create table payment_link_kept as select * from payment_link;
drop table payment_link;

create table customer_order_waiting (
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
    -- why it was refused or called off, or why it still waits
    why TEXT,
    -- how often a worker has taken it, and when it is taken again
    tries INTEGER not null,
    due_at INTEGER not null,
    created_at INTEGER not null,
    updated_at INTEGER not null,
    -- since when the source may have it, and how often in a row it knew nothing of it
    asked_at INTEGER,
    misses INTEGER not null default 0,
    stopped_at INTEGER,
    stopped_by BLOB references person (id),
    -- from then on people look at it; none for what an older daemon wrote
    people_at INTEGER,
    check ((state = 'placed') = (source_id is not null)),
    check (state not in ('refused', 'cancelled') or why is not null),
    check ((stopped_at is null) = (stopped_by is null))
) strict;
insert into customer_order_waiting (id, tenant_id, conversation_id, contact_no, request_id, items, note, source, state, source_id, why, tries,
        due_at, created_at, updated_at, asked_at)
    select id, tenant_id, conversation_id, contact_no, request_id, items, note, source, state,
        case when state = 'cancelled' then null else source_id end,
        case when state = 'cancelled' then coalesce(why, 'called off') else why end,
        tries, due_at, created_at, updated_at, case when tries > 0 then created_at end
    from customer_order;
drop table customer_order;
alter table customer_order_waiting rename to customer_order;
create index customer_order_due on customer_order (due_at) where state = 'placing';
create index customer_order_by_conversation on customer_order (conversation_id, created_at);

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
    revoked_for TEXT check (revoked_for in ('withdrawn', 'not_delivered', 'identity_changed', 'restored')),
    opened_at INTEGER,
    used_at INTEGER,
    check ((revoked_at is null) = (revoked_for is null))
) strict;
insert into payment_link select id, tenant_id, order_id, conversation_id, contact_no, request_id, amount, currency, token_hash, reply_id,
        created_at, expires_at, revoked_at, case when revoked_for = 'order_ended' then 'withdrawn' else revoked_for end, opened_at, used_at
    from payment_link_kept;
drop table payment_link_kept;
create index payment_link_by_order on payment_link (order_id);
create index payment_link_by_reply on payment_link (reply_id);
create index payment_link_by_contact on payment_link (tenant_id, contact_no) where revoked_at is null;
