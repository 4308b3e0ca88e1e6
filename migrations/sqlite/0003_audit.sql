-- The audit log: leaves in order, and the right edge of the Merkle tree over them.

create table audit_log (
    tenant_id BLOB primary key references tenant (id),
    size INTEGER not null,
    frontier BLOB not null,
    last_at INTEGER not null
) strict, without rowid;

create table audit_entry (
    tenant_id BLOB not null references tenant (id),
    seq INTEGER not null,
    at INTEGER not null,
    actor_kind TEXT not null,
    actor_id TEXT not null,
    act TEXT not null,
    subject TEXT not null,
    leaf TEXT not null,
    hash BLOB not null,
    primary key (tenant_id, seq)
) strict;
create index audit_entry_by_subject on audit_entry (tenant_id, subject, seq);
create index audit_entry_by_act on audit_entry (tenant_id, act, seq);

-- Triggers stop accidents; what stops intent is the tree, whose root is signed and kept elsewhere.
create trigger audit_entry_no_update before update on audit_entry
    begin select raise(abort, 'the audit log is append-only'); end;
create trigger audit_entry_no_delete before delete on audit_entry
    begin select raise(abort, 'the audit log is append-only'); end;
-- REPLACE deletes without asking the trigger above; a row that is not the next one is refused
create trigger audit_entry_next before insert on audit_entry
    when new.seq <> coalesce((select max(seq) + 1 from audit_entry where tenant_id = new.tenant_id), 0)
    begin select raise(abort, 'the audit log has no gaps and no second version'); end;
