-- Who asked for messages in doubt to be sent again, while more people have to.

create table doubt_vote (
    execution_id uuid not null references execution (id),
    person_id uuid not null references person (id),
    role text not null,
    at bigint not null,
    primary key (execution_id, person_id)
);
