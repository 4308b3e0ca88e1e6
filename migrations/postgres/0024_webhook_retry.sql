-- An event that was set aside is found again by what it says, not by its place: another version may read its post otherwise.

alter table parked_event add column key bytea;
