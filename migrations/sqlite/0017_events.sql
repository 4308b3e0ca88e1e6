-- Who a contact is beyond a number, what they were before, and what is remembered of Meta's events.

-- Meta's id of the person for the group of businesses, their name on WhatsApp, and the mark of who holds the number.
alter table contact add column parent_user_id TEXT;
alter table contact add column username TEXT;
alter table contact add column identity_hash TEXT;
alter table contact add column identity_changed_at INTEGER;
-- When the person last told Meta about marketing, by Meta's clock: an older wish that comes late changes nothing.
alter table contact add column wished_at INTEGER;
-- The contact that this one turned out to be; it has no number and no id of its own any more.
alter table contact add column merged_into INTEGER;

create table contact_former (
    tenant_id BLOB not null references tenant (id),
    contact_no INTEGER not null,
    kind TEXT not null check (kind in ('phone', 'user_id')),
    value TEXT not null,
    until INTEGER not null,
    -- Meta's message that said so; the same one says it once
    wamid TEXT not null,
    primary key (tenant_id, contact_no, kind, wamid)
) strict, without rowid;
create index contact_former_by_value on contact_former (tenant_id, kind, value);

-- Events that change the same thing twice when they are applied twice, by the hash of what they say and when.
create table webhook_seen (
    tenant_id BLOB not null references tenant (id),
    key BLOB not null,
    at INTEGER not null,
    primary key (tenant_id, key)
) strict, without rowid;
create index webhook_seen_by_time on webhook_seen (at);

-- What a post was about: how many events of which kind.
alter table webhook_post add column kinds TEXT;

-- Events that could not be applied, by their place in their post, set aside so that the rest is not held up.
create table parked_event (
    tenant_id BLOB not null references tenant (id),
    post_id INTEGER not null references webhook_post (id) on delete cascade,
    place INTEGER not null,
    kind TEXT not null,
    why TEXT not null,
    parked_at INTEGER not null,
    applied_at INTEGER,
    primary key (post_id, place)
) strict, without rowid;
create index parked_event_of_tenant on parked_event (tenant_id, parked_at);
