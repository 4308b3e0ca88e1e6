-- What agents read: threads of a queue, what happened to threads in a time, what a rule answered, and what customers read of
-- the business behind a number.

create index conversation_of_queue on conversation (tenant_id, queue, last_inbound_at, id);
create index conversation_event_by_time on conversation_event (tenant_id, at);
create index automation_run_of_subject on automation_run (tenant_id, subject_id, at);

-- The profile as it was last read from Meta, and why the last try to read it failed, if it did.
create table business_profile (
    tenant_id uuid not null references tenant (id),
    phone_number_id text not null,
    profile text,
    read_at bigint,
    tried_at bigint not null,
    failure text,
    primary key (tenant_id, phone_number_id),
    check ((profile is null) = (read_at is null))
);
