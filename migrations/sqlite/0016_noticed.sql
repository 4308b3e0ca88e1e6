-- When this database was found to be older than what has happened, until that has been seen to: nothing is begun meanwhile.
alter table instance add column noticed_at INTEGER;
