-- When this database was last found to be older than what has happened; null if it never was.
alter table instance add column behind_since INTEGER;
