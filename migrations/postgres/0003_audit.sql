-- The audit log: leaves in order, and the right edge of the Merkle tree over them.

create table audit_log (
    tenant_id uuid primary key references tenant (id),
    size bigint not null,
    frontier bytea not null,
    last_at bigint not null
);

create table audit_entry (
    tenant_id uuid not null references tenant (id),
    seq bigint not null,
    at bigint not null,
    actor_kind text not null,
    actor_id text not null,
    act text not null,
    subject text not null,
    leaf text not null,
    hash bytea not null,
    primary key (tenant_id, seq)
);
create index audit_entry_by_subject on audit_entry (tenant_id, subject, seq);
create index audit_entry_by_act on audit_entry (tenant_id, act, seq);

-- Triggers stop accidents; what stops intent is the tree, whose root is signed and kept elsewhere.
create function audit_entry_is_final() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only';
end $$;
create trigger audit_entry_no_change before update or delete on audit_entry
    for each row execute function audit_entry_is_final();
create trigger audit_entry_no_truncate before truncate on audit_entry
    for each statement execute function audit_entry_is_final();
