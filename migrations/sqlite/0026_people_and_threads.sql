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

-- Mails to those who get a conversation. A check cannot be widened here; the rows move.
create table mail_with_more_kinds (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    person_id BLOB not null references person (id),
    kind TEXT not null check (kind in ('request_filed', 'request_decided', 'broadcast_paused', 'conversation_assigned')),
    request_id BLOB not null references action_request (id),
    state TEXT not null check (state in ('queued', 'sending', 'sent', 'failed', 'unknown')),
    attempts INTEGER not null,
    due_at INTEGER not null,
    created_at INTEGER not null,
    sent_at INTEGER,
    error TEXT,
    -- one mail of a kind about one request to one person
    unique (request_id, person_id, kind)
) strict;
insert into mail_with_more_kinds select * from mail;
drop table mail;
alter table mail_with_more_kinds rename to mail;
create index mail_due on mail (state, due_at);
