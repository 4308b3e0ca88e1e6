-- Who has agreed once more to what takes the signatures of the approval, while more people have to.

create table execution_vote (
    execution_id uuid not null references execution (id),
    agreed_to text not null check (agreed_to in ('resume', 'send_again')),
    person_id uuid not null references person (id),
    role text not null,
    at bigint not null,
    primary key (execution_id, agreed_to, person_id)
);
