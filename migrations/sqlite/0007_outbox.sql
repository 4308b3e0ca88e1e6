-- Mails, queued in the transaction that caused them.

create table mail (
    id BLOB primary key,
    tenant_id BLOB not null references tenant (id),
    person_id BLOB not null references person (id),
    kind TEXT not null check (kind in ('request_filed', 'request_decided', 'broadcast_paused')),
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
create index mail_due on mail (state, due_at);
