-- Lists of contacts that agents asked to import. The rows hold people's data, so they are kept apart from the request that
-- is signed over their root.

create table contact_import (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    count INTEGER not null,
    root BLOB not null,
    created_at INTEGER not null
) strict;

create table contact_import_row (
    import_id BLOB not null references contact_import (id),
    line INTEGER not null,
    phone TEXT not null,
    market TEXT not null,
    said TEXT not null,
    primary key (import_id, line)
) strict, without rowid;
