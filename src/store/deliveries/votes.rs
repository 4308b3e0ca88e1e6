//! Who has agreed once more to something about an execution that takes all the signatures of its approval.

use super::executions::Execution;
use crate::domain::clock::Timestamp;
use crate::domain::deliveries::Agreement;
use crate::domain::ids::PersonId;
use crate::domain::people::{Person, Role};
use crate::store::{Result, Source, Tx, on, row, word};

row! {
    struct VoteRow { person_id: PersonId, role: String }
}

/// Who they are, in the order in which they agreed.
pub async fn votes(
    source: impl Into<Source<'_>>,
    execution: &Execution,
    to: Agreement,
) -> Result<Vec<(PersonId, Role)>> {
    let rows: Vec<VoteRow> = on!(from source.into(), c => sqlx::query_as(
        "select person_id, role from execution_vote where execution_id = $1 and agreed_to = $2 order by at, person_id")
        .bind(execution.id).bind(to.as_str()).fetch_all(c).await)?;
    rows.into_iter().map(|row| Ok((row.person_id, word("execution_vote", "role", row.person_id, &row.role)?))).collect()
}

/// Adds one of them.
pub async fn vote(tx: &mut Tx, execution: &Execution, to: Agreement, person: &Person, now: Timestamp) -> Result<()> {
    on!(tx tx, c => sqlx::query(
        "insert into execution_vote (execution_id, agreed_to, person_id, role, at) values ($1, $2, $3, $4, $5)")
        .bind(execution.id).bind(to.as_str()).bind(person.id).bind(person.role.as_str()).bind(now)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// It is done, or no longer open: what was agreed to is used up.
pub async fn forget_votes(tx: &mut Tx, execution: &Execution, to: Agreement) -> Result<()> {
    on!(tx tx, c => sqlx::query("delete from execution_vote where execution_id = $1 and agreed_to = $2")
        .bind(execution.id).bind(to.as_str()).execute(c).await.map(drop))?;
    Ok(())
}
