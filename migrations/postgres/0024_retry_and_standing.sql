-- An event that was set aside is found again by what it says, not by its place: another version may read its post otherwise.

alter table parked_event add column key bytea;

-- What the rules say by now of a request that waits, beyond what was shown with it; and how much of that forbids it.
alter table action_request add column standing text;
alter table action_request add column standing_blocks bigint not null default 0;
