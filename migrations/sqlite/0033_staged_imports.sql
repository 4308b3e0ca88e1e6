-- Lists of contacts, of up to a million rows, that are read piece by piece before people see what they would do. A row is
-- judged once, when it is read; what is signed is the list of seals over the stretches of rows, and they are written from here.
-- contact_import and contact_import_row are an older daemon's, and nobody else's any more; a later release takes them away.

create table staged_import (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    agent_id BLOB not null references agent (id),
    -- Over what is read and how: the same again is the same list.
    source BLOB not null,
    reading TEXT not null,
    upload_id BLOB,
    state TEXT not null check (state in ('reading', 'read', 'unreadable', 'filed', 'writing', 'written')),
    why TEXT,
    -- The columns of the file that are used, once its first line was read.
    columns TEXT,
    last_line INTEGER not null,
    tally TEXT not null,
    held_until INTEGER not null,
    request_id BLOB,
    written_line INTEGER not null,
    report TEXT not null,
    created_at INTEGER not null
) strict;
create index staged_import_by_source on staged_import (tenant_id, agent_id, source, created_at);
create index staged_import_open on staged_import (held_until) where state = 'reading';
create index staged_import_by_age on staged_import (created_at);
create index staged_import_of_request on staged_import (request_id) where request_id is not null;

create table staged_chunk (
    import_id BLOB not null references staged_import (id),
    first_line INTEGER not null,
    last_line INTEGER not null,
    taken INTEGER not null,
    new INTEGER not null,
    seal BLOB not null,
    primary key (import_id, first_line)
) strict, without rowid;

-- Whose a row is, its list says; it is not asked a million times whether there is such a list.
create table staged_row (
    import_id BLOB not null,
    line INTEGER not null,
    -- What the row does, or why it is left out.
    outcome TEXT not null,
    phone TEXT,
    market TEXT,
    -- Whom the row met when it was judged.
    found TEXT,
    -- Who is added by it, and which of the new ones of its stretch that is, from 0.
    contact_id BLOB,
    place INTEGER,
    name TEXT,
    language TEXT,
    tags TEXT,
    attributes TEXT,
    consents TEXT,
    primary key (import_id, line)
) strict, without rowid;
create index staged_row_by_phone on staged_row (import_id, phone) where phone is not null;
create index staged_row_left_out on staged_row (import_id, line) where outcome not in ('new', 'changed', 'unchanged');
