-- When this database was found to be older than what has happened, until that has been seen to: nothing is begun meanwhile.
alter table instance add column noticed_at BIGINT;
-- The transaction that wrote this row, which the row's own xmin names as well, unless a dump was restored into this database.
alter table instance add column written_in TEXT;
