-- Tokens that one client was given for different people open the door for different agents; without a subject, those that the
-- client was given for itself.
alter table agent add column oauth_subject TEXT;
drop index agent_by_oauth_client;
create unique index agent_by_token_holder on agent (oauth_client, coalesce(oauth_subject, '')) where oauth_client is not null;
