-- An event that was set aside is found again by what it says, not by its place: another version may read its post otherwise.

alter table parked_event add column key BLOB;

-- What the rules say by now of a request that waits, beyond what was shown with it; and how much of that forbids it.
alter table action_request add column standing TEXT;
alter table action_request add column standing_blocks INTEGER not null default 0;
