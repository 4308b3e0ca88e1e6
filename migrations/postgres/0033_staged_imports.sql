-- Lists of contacts, of up to a million rows, that are read piece by piece before people see what they would do. A row is
-- judged once, when it is read; what is signed is the list of seals over the stretches of rows, and they are written from here.
-- contact_import and contact_import_row are an older daemon's, and nobody else's any more; a later release takes them away.

create table staged_import (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    agent_id uuid not null references agent (id),
    -- Over what is read and how: the same again is the same list.
    source bytea not null,
    reading text not null,
    upload_id uuid,
    state text not null check (state in ('reading', 'read', 'unreadable', 'filed', 'writing', 'written')),
    why text,
    -- The columns of the file that are used, once its first line was read.
    columns text,
    last_line bigint not null,
    tally text not null,
    held_until bigint not null,
    request_id uuid,
    written_line bigint not null,
    report text not null,
    created_at bigint not null
);
create index staged_import_by_source on staged_import (tenant_id, agent_id, source, created_at);
create index staged_import_open on staged_import (held_until) where state = 'reading';
create index staged_import_by_age on staged_import (created_at);
create index staged_import_of_request on staged_import (request_id) where request_id is not null;

create table staged_chunk (
    import_id uuid not null references staged_import (id),
    first_line bigint not null,
    last_line bigint not null,
    taken bigint not null,
    new bigint not null,
    seal bytea not null,
    primary key (import_id, first_line)
);

-- Whose a row is, its list says; it is not asked a million times whether there is such a list.
create table staged_row (
    import_id uuid not null,
    line bigint not null,
    -- What the row does, or why it is left out.
    outcome text not null,
    phone text,
    market text,
    -- Whom the row met when it was judged.
    found text,
    -- Who is added by it, and which of the new ones of its stretch that is, from 0.
    contact_id uuid,
    place bigint,
    name text,
    language text,
    tags text,
    attributes text,
    consents text,
    primary key (import_id, line)
);
create index staged_row_by_phone on staged_row (import_id, phone) where phone is not null;
create index staged_row_left_out on staged_row (import_id, line) where outcome not in ('new', 'changed', 'unchanged');

-- As in 0010: of a list that is being filled the planner knows nothing yet, and would read all of it for each few rows.
alter table staged_row alter column import_id set statistics 0;
alter table staged_chunk alter column import_id set statistics 0;
