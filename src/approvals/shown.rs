//! What stands masked on a request's page, shown once to somebody who decides on it: nobody signs what they cannot read.

use crate::domain::action::Action;
use crate::domain::audit::{Actor, Event};
use crate::domain::contacts::upsert::FieldChange;
use crate::domain::ids::RequestId;
use crate::domain::people::Person;
use crate::domain::policy::signatures::may_ever_sign;
use crate::domain::requests::{ActionRequest, Status};
use crate::error::{Error, Result};
use crate::store;
use crate::tools::Ctx;
use crate::tools::contacts::upsert::in_full;
use serde_json::json;

/// Letters of a reason.
const REASON: usize = 500;

/// Whether there is something masked that this person may be shown: whoever could sign the request, while it waits.
pub fn may_see(request: &ActionRequest, person: &Person) -> bool {
    let masked = matches!(request.preview.action, Action::ContactUpsert(_));
    let decides = may_ever_sign(request, &[], person, request.created_at).is_ok();
    masked && decides && person.customer_data().is_some()
}

/// What a contact would become, in full. That it was shown, to whom and why, is in the log before anybody reads it.
pub async fn values(ctx: &Ctx, person: &Person, id: RequestId, reason: &str) -> Result<Vec<FieldChange>> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Err(Error::Invalid(format!("say why, in up to {REASON} characters")));
    }
    let tenant = person.tenant;
    let found = store::requests::find(&ctx.db, tenant, id).await?.filter(|it| it.status != Status::Previewed);
    let request = found.ok_or_else(|| Error::not_found("request", id))?;
    let refused = || Error::Forbidden("only those who could sign this request are shown what it writes".into());
    let permit = person.customer_data().filter(|_| may_see(&request, person)).ok_or_else(refused)?;
    let Action::ContactUpsert(plan) = &request.preview.action else { return Err(refused()) };
    let mut tx = ctx.db.begin().await?;
    let changes = match in_full(&mut tx, tenant, plan, &permit).await? {
        Ok(changes) => changes,
        Err(forbids) => {
            tx.roll_back().await?;
            return Err(Error::Blocked(vec![forbids]));
        }
    };
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let details = json!({ "fields": fields, "reason": reason, "digest": request.digest });
    let event =
        Event { actor: Actor::Person(person.id), act: "request.values_shown", subject: id.to_string(), details };
    store::audit::append(&mut tx, tenant, ctx.clock.now(), event).await?;
    tx.commit().await?;
    Ok(changes)
}
