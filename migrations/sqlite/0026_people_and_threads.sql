-- What requests say of people, kept apart from them.

-- What a request carries that names somebody, or a message of theirs: no page and no log shows it, and the request holds its digest.
create table request_detail (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    body TEXT not null,
    created_at INTEGER not null
) strict;

-- Labels on threads.
create table conversation_tag (
    tenant_id BLOB not null references tenant (id),
    conversation_id BLOB not null references conversation (id),
    tag TEXT not null,
    primary key (conversation_id, tag)
) strict, without rowid;
