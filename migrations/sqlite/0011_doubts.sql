-- Who asked for messages in doubt to be sent again, while more people have to.

create table doubt_vote (
    execution_id BLOB not null references execution (id),
    person_id BLOB not null references person (id),
    role TEXT not null,
    at INTEGER not null,
    primary key (execution_id, person_id)
) strict, without rowid;
