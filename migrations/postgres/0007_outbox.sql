-- Mails, queued in the transaction that caused them.

create table mail (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    person_id uuid not null references person (id),
    kind text not null check (kind in ('request_filed', 'request_decided', 'broadcast_paused')),
    request_id uuid not null references action_request (id),
    state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'unknown')),
    attempts bigint not null,
    due_at bigint not null,
    created_at bigint not null,
    sent_at bigint,
    error text,
    -- one mail of a kind about one request to one person
    unique (request_id, person_id, kind)
);
create index mail_due on mail (state, due_at);
