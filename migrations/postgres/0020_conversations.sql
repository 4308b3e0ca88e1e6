-- Threads with customers, the people who answer them, and what is said to one person at a time.

create table queue (
    tenant_id uuid not null references tenant (id),
    name text not null,
    -- only its own people see what is in it
    restricted boolean not null,
    -- when the team is there; always, if there are none
    hours text,
    -- a customer waits no longer than so many seconds of those hours
    answer_within bigint,
    primary key (tenant_id, name)
);

create table queue_person (
    tenant_id uuid not null references tenant (id),
    queue text not null,
    person_id uuid not null references person (id),
    primary key (tenant_id, queue, person_id),
    foreign key (tenant_id, queue) references queue (tenant_id, name)
);

-- One thread for each customer at each number of the business.
create table conversation (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    phone_number_id text not null,
    contact_no bigint not null,
    state text not null check (state in ('open', 'closed')),
    queue text,
    person_id uuid references person (id),
    -- since when it waits for a person of the team, because it was handed over
    handed_at bigint,
    -- messages of the customer that nobody has looked at
    unread bigint not null,
    -- the oldest message of the customer that nobody has answered, and until when somebody should
    waiting_since bigint,
    answer_by bigint,
    last_inbound_at bigint not null,
    last_outbound_at bigint,
    -- when a person of the team last answered
    answered_at bigint,
    -- somebody has to settle it before it can be closed
    escalated boolean not null,
    outcome text,
    follow_up_at bigint,
    opened_at bigint not null,
    closed_at bigint,
    version bigint not null,
    unique (tenant_id, phone_number_id, contact_no),
    check ((state = 'closed') = (closed_at is not null)),
    foreign key (tenant_id, queue) references queue (tenant_id, name)
);
create index conversation_by_time on conversation (tenant_id, last_inbound_at, id);

-- What happened to a thread besides messages. It is never changed.
create table conversation_event (
    tenant_id uuid not null references tenant (id),
    conversation_id uuid not null references conversation (id),
    n bigint not null,
    at bigint not null,
    act text not null check (act in ('opened', 'handed_over', 'assigned', 'noted', 'escalated', 'settled', 'closed', 'reopened')),
    actor text not null,
    details text not null,
    primary key (conversation_id, n)
);

-- What the customer's message holds besides its text, and what became of it.
alter table inbound_message add column details text;
alter table inbound_message add column edited_at bigint;
alter table inbound_message add column revoked_at bigint;

-- The time after an advertisement in which everything is free of charge: when the customer came by one, and until when.
alter table service_window add column entered_at bigint;
alter table service_window add column free_until bigint;

-- Files of customers: Meta keeps them for seven days.
create table attachment (
    tenant_id uuid not null references tenant (id),
    wamid text not null,
    phone_number_id text not null,
    media_id text not null,
    sha256 text,
    filename text,
    state text not null check (state in ('waiting', 'kept', 'refused', 'lost')),
    asset_id uuid,
    why text,
    tries bigint not null,
    due_at bigint not null,
    expires_at bigint not null,
    primary key (tenant_id, wamid),
    check ((state = 'kept') = (asset_id is not null))
);
create index attachment_due on attachment (state, due_at);

-- The ledger of what is said to one person at a time: answers that people sent, answers of automation, payment links; and
-- what the team wrote with the app, which nobody here approved. States and progress are those of `delivery`.
create table reply (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    phone_number_id text not null,
    contact_no bigint not null,
    -- its place among the replies to one customer: the next one waits for it
    n bigint not null,
    source text not null check (source in ('request', 'automation', 'app')),
    -- the approval under which it is sent; what the app sent has none
    request_id uuid references action_request (id),
    -- what caused it: rule, version and node of automation; the link of a payment
    cause text not null,
    in_reply_to text,
    content text not null,
    state smallint not null check (state between 0 and 6),
    attempt smallint not null,
    owner uuid,
    lease_until bigint not null,
    due_at bigint not null,
    wamid text,
    progress smallint,
    error_code integer,
    why text,
    created_at bigint not null,
    updated_at bigint not null,
    unique (tenant_id, phone_number_id, contact_no, n),
    check ((source = 'app') = (request_id is null)),
    check ((state = 1) = (owner is not null))
);
create index reply_due on reply (due_at) where state in (0, 1);
create index reply_by_wamid on reply (tenant_id, wamid);
create index reply_by_request on reply (request_id);

-- As for other lists of a business (0010_statistics): what the planner knows is old exactly when it matters.
alter table conversation alter column tenant_id set statistics 0;
alter table reply alter column tenant_id set statistics 0;
