-- Whether somebody was sent a mail of a kind lately is asked whenever one of these kinds is due.
create index mail_lately on mail (person_id, kind, created_at);
