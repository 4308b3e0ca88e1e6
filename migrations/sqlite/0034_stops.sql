-- Why nothing goes out from a number of a business, or from any of them, until a person lets it go on.
create table sending_stop (
    tenant_id BLOB not null references tenant (id),
    -- Meta's id of the number; empty for all of them
    phone_number_id TEXT not null,
    stopped_by TEXT not null check (stopped_by in ('person', 'meta', 'worker')),
    person_id BLOB references person (id),
    reason TEXT not null,
    since INTEGER not null,
    -- when this reason was given: whoever lets it go on names the one that they have read
    told_at INTEGER not null,
    primary key (tenant_id, phone_number_id),
    check ((stopped_by = 'person') = (person_id is not null))
) strict, without rowid;
