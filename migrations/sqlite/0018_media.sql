-- Files that are sent or were received. Their bytes are kept elsewhere, under the tenant and the hash.
create table media_asset (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    hash BLOB not null,
    type TEXT not null,
    size INTEGER not null,
    -- What the limits of the type hang on, such as the pixels of an image.
    content TEXT not null,
    name TEXT not null,
    scan TEXT not null check (scan in ('clean', 'infected', 'not_scanned')),
    -- What was found, or why it was not scanned.
    scan_detail TEXT,
    origin TEXT not null check (origin in ('agent', 'person', 'inbound')),
    origin_id BLOB,
    created_at INTEGER not null,
    last_used_at INTEGER,
    unique (tenant_id, hash)
) strict;
create index media_asset_by_time on media_asset (tenant_id, created_at, id);

-- What Meta calls a file that was uploaded to it, for the one number or app that may use it, until it is forgotten there.
create table media_at_meta (
    asset_id BLOB not null references media_asset (id),
    owner TEXT not null check (owner in ('number', 'app')),
    owner_id TEXT not null,
    meta_id TEXT not null,
    expires_at INTEGER not null,
    primary key (asset_id, owner, owner_id)
) strict, without rowid;
