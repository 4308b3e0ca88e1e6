-- Files that are sent or were received. Their bytes are kept elsewhere, under the tenant and the hash.
create table media_asset (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    hash bytea not null,
    type text not null,
    size bigint not null,
    -- What the limits of the type hang on, such as the pixels of an image.
    content text not null,
    name text not null,
    scan text not null check (scan in ('clean', 'infected', 'not_scanned')),
    -- What was found, or why it was not scanned.
    scan_detail text,
    origin text not null check (origin in ('agent', 'person', 'inbound')),
    origin_id uuid,
    created_at bigint not null,
    last_used_at bigint,
    unique (tenant_id, hash)
);
create index media_asset_by_time on media_asset (tenant_id, created_at, id);

-- What Meta calls a file that was uploaded to it, for the one number or app that may use it, until it is forgotten there.
create table media_at_meta (
    asset_id uuid not null references media_asset (id),
    owner text not null check (owner in ('number', 'app')),
    owner_id text not null,
    meta_id text not null,
    expires_at bigint not null,
    primary key (asset_id, owner, owner_id)
);
