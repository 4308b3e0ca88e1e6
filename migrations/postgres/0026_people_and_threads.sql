-- What requests say of people, kept apart from them.

-- What a request carries that names somebody, or a message of theirs: no page and no log shows it, and the request holds its digest.
create table request_detail (
    id uuid primary key,
    tenant_id uuid not null references tenant (id),
    body text not null,
    created_at bigint not null
);

-- Labels on threads.
create table conversation_tag (
    tenant_id uuid not null references tenant (id),
    conversation_id uuid not null references conversation (id),
    tag text not null,
    primary key (conversation_id, tag)
);

-- Mails to those who get a conversation.
alter table mail drop constraint mail_kind_check;
alter table mail add constraint mail_kind_check
    check (kind in ('request_filed', 'request_decided', 'broadcast_paused', 'conversation_assigned'));
