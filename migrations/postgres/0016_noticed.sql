-- When this database was found to be older than what has happened, until that has been seen to: nothing is begun meanwhile.
alter table instance add column noticed_at BIGINT;
-- The transaction that wrote this row last, which the row's own xmin names as well, unless a dump was restored into this
-- database: that inserts the row as it was, and an update by whatever version or hand does not.
alter table instance add column written_in TEXT;
create function instance_written() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' or new.written_in is null then
        new.written_in := pg_current_xact_id()::xid::text;
    end if;
    return new;
end $$;
create trigger instance_written before insert or update on instance for each row execute function instance_written();
