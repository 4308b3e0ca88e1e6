-- Where this database lives, so that a copy of it, or one that was put back from a backup, is told from it.
alter table instance add column identity TEXT;
