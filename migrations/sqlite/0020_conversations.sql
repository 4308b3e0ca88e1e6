-- Threads with customers, the people who answer them, and what is said to one person at a time.

create table queue (
    tenant_id BLOB not null references tenant (id),
    name TEXT not null,
    -- only its own people see what is in it
    restricted INTEGER not null,
    -- when the team is there; always, if there are none
    hours TEXT,
    -- a customer waits no longer than so many seconds of those hours
    answer_within INTEGER,
    primary key (tenant_id, name)
) strict, without rowid;

create table queue_person (
    tenant_id BLOB not null references tenant (id),
    queue TEXT not null,
    person_id BLOB not null references person (id),
    primary key (tenant_id, queue, person_id),
    foreign key (tenant_id, queue) references queue (tenant_id, name)
) strict, without rowid;

-- One thread for each customer at each number of the business.
create table conversation (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    phone_number_id TEXT not null,
    contact_no INTEGER not null,
    state TEXT not null check (state in ('open', 'closed')),
    queue TEXT,
    person_id BLOB references person (id),
    -- since when it waits for a person of the team, because it was handed over
    handed_at INTEGER,
    -- messages of the customer that nobody has looked at
    unread INTEGER not null,
    -- the oldest message of the customer that nobody has answered, and until when somebody should
    waiting_since INTEGER,
    answer_by INTEGER,
    last_inbound_at INTEGER not null,
    last_outbound_at INTEGER,
    -- when a person of the team last answered
    answered_at INTEGER,
    -- somebody has to settle it before it can be closed
    escalated INTEGER not null,
    outcome TEXT,
    follow_up_at INTEGER,
    opened_at INTEGER not null,
    closed_at INTEGER,
    version INTEGER not null,
    unique (tenant_id, phone_number_id, contact_no),
    check ((state = 'closed') = (closed_at is not null)),
    foreign key (tenant_id, queue) references queue (tenant_id, name)
) strict;
create index conversation_by_time on conversation (tenant_id, last_inbound_at, id);

-- What happened to a thread besides messages. It is never changed.
create table conversation_event (
    tenant_id BLOB not null references tenant (id),
    conversation_id BLOB not null references conversation (id),
    n INTEGER not null,
    at INTEGER not null,
    act TEXT not null check (act in ('opened', 'handed_over', 'assigned', 'noted', 'escalated', 'settled', 'closed', 'reopened')),
    actor TEXT not null,
    details TEXT not null,
    primary key (conversation_id, n)
) strict, without rowid;

-- What the customer's message holds besides its text, and what became of it.
alter table inbound_message add column details TEXT;
alter table inbound_message add column edited_at INTEGER;
alter table inbound_message add column revoked_at INTEGER;

-- The time after an advertisement in which everything is free of charge: when the customer came by one, and until when.
alter table service_window add column entered_at INTEGER;
alter table service_window add column free_until INTEGER;

-- Files of customers: Meta keeps them for seven days.
create table attachment (
    tenant_id BLOB not null references tenant (id),
    wamid TEXT not null,
    phone_number_id TEXT not null,
    media_id TEXT not null,
    sha256 TEXT,
    filename TEXT,
    state TEXT not null check (state in ('waiting', 'kept', 'refused', 'lost')),
    asset_id BLOB,
    why TEXT,
    tries INTEGER not null,
    due_at INTEGER not null,
    expires_at INTEGER not null,
    primary key (tenant_id, wamid),
    check ((state = 'kept') = (asset_id is not null))
) strict, without rowid;
create index attachment_due on attachment (state, due_at);

-- The ledger of what is said to one person at a time: answers that people sent, answers of automation, payment links; and
-- what the team wrote with the app, which nobody here approved. States and progress are those of `delivery`.
create table reply (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    phone_number_id TEXT not null,
    contact_no INTEGER not null,
    -- its place among the replies to one customer: the next one waits for it
    n INTEGER not null,
    source TEXT not null check (source in ('request', 'automation', 'app')),
    -- the approval under which it is sent; what the app sent has none
    request_id BLOB references action_request (id),
    -- what caused it: rule, version and node of automation; the link of a payment
    cause TEXT not null,
    in_reply_to TEXT,
    content TEXT not null,
    state INTEGER not null check (state between 0 and 6),
    attempt INTEGER not null,
    owner BLOB,
    lease_until INTEGER not null,
    due_at INTEGER not null,
    wamid TEXT,
    progress INTEGER,
    error_code INTEGER,
    why TEXT,
    created_at INTEGER not null,
    updated_at INTEGER not null,
    unique (tenant_id, phone_number_id, contact_no, n),
    check ((source = 'app') = (request_id is null)),
    check ((state = 1) = (owner is not null))
) strict;
create index reply_due on reply (due_at) where state in (0, 1);
create index reply_by_wamid on reply (tenant_id, wamid);
create index reply_by_request on reply (request_id);
