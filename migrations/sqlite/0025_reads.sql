-- What agents read: threads of a queue, what happened to threads in a time, what a rule answered, and what customers read of
-- the business behind a number.

create index conversation_of_queue on conversation (tenant_id, queue, last_inbound_at, id);
create index conversation_event_by_time on conversation_event (tenant_id, at);
create index automation_run_of_subject on automation_run (tenant_id, subject_id, at);

-- The profile as it was last read from Meta, and why the last try to read it failed, if it did.
create table business_profile (
    tenant_id BLOB not null references tenant (id),
    phone_number_id TEXT not null,
    profile TEXT,
    read_at INTEGER,
    tried_at INTEGER not null,
    failure TEXT,
    primary key (tenant_id, phone_number_id),
    check ((profile is null) = (read_at is null))
) strict, without rowid;
