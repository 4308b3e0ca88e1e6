-- Replies in doubt are put in front of people once; from then on people may decide on them.
alter table reply add column asked_at bigint;
create index reply_in_doubt on reply (updated_at) where state = 3;

-- What is known of single tries of a reply beyond its row: what people decided, and what Meta told against that.
create table reply_attempt (
    reply_id uuid not null references reply (id),
    attempt smallint not null,
    outcome text not null,
    evidence text not null,
    at bigint not null,
    authorized_by uuid references person (id),
    primary key (reply_id, attempt, outcome)
);
create index reply_attempt_second on reply_attempt (reply_id) where outcome = 'second_message';
