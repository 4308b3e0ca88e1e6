-- Lists of contacts that agents asked to import. The rows hold people's data, so they are kept apart from the request that
-- is signed over their root.

create table contact_import (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    count bigint not null,
    root bytea not null,
    created_at bigint not null
);

create table contact_import_row (
    import_id uuid not null references contact_import (id),
    line bigint not null,
    phone text not null,
    market text not null,
    said text not null,
    primary key (import_id, line)
);
