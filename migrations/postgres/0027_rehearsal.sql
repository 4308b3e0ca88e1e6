-- A change of automation is rehearsed with what customers wrote lately, the newest first.

create index inbound_message_newest on inbound_message (tenant_id, sent_at, wamid);
