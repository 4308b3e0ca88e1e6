-- Who has agreed once more to what takes the signatures of the approval, while more people have to.

create table execution_vote (
    execution_id BLOB not null references execution (id),
    agreed_to TEXT not null check (agreed_to in ('resume', 'send_again')),
    person_id BLOB not null references person (id),
    role TEXT not null,
    at INTEGER not null,
    primary key (execution_id, agreed_to, person_id)
) strict, without rowid;
