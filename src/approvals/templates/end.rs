//! The end of one language on its way to Meta, and of its request when it was the last one.

use crate::domain::audit::{Actor, Event, template_subject};
use crate::domain::clock::Timestamp;
use crate::domain::requests::{Failure, Status};
use crate::domain::templates::submission::{SubmissionState, SubmitItem, SubmitPlan, told_apart};
use crate::domain::templates::{MessageTemplate, Quality, TemplateStatus};
use crate::error::Result;
use crate::faults::Step;
use crate::store::templates::submissions::{self, Due, Ending, Submission};
use crate::store::{Tx, audit, requests, templates};
use crate::tools::Ctx;
use serde_json::{Value, json};

/// Writes down how it ended, with Meta's answer in the log. The last language ends the request.
pub(super) async fn settle(ctx: &Ctx, due: &Due, plan: &SubmitPlan, item: &SubmitItem, ending: &Ending) -> Result<()> {
    let (tenant, now) = (due.tenant, ctx.clock.now());
    let mut tx = ctx.db.begin().await?;
    if !submissions::settle(&mut tx, due, ending, now).await? {
        return Ok(tx.roll_back().await?);
    }
    let (act, details) = match ending {
        Ending::Taken { meta_id, status, category } => {
            remember(&mut tx, due, plan, item, ending, now).await?;
            let answer = json!({
                "request": due.request, "meta_id": meta_id.for_meta(), "status": status, "category": category,
                "category_asked": plan.category,
            });
            ("template.submitted", answer)
        }
        Ending::Refused(why) => ("template.refused", json!({"request": due.request, "why": why})),
    };
    let subject = template_subject(plan.name.as_str(), item.draft.language.as_str());
    audit::append(&mut tx, tenant, now, Event { actor: Actor::Worker, act, subject, details }).await?;
    // Entries of one business come one after the other, so whoever wrote the last one sees all that were settled.
    let all = submissions::of_request(&mut tx, tenant, due.request).await?;
    if all.iter().all(|it| matches!(it.state, SubmissionState::Taken | SubmissionState::Refused)) {
        end(&mut tx, due, plan, &all, now).await?;
    }
    tx.commit_at(Step::Submitted).await?;
    metrics::counter!("countersign_templates_submitted_total", "as" => act).increment(1);
    ctx.wake.requests();
    Ok(())
}

/// Lists show it at once, as far as Meta's own word of it has not come first.
async fn remember(
    tx: &mut Tx,
    due: &Due,
    plan: &SubmitPlan,
    item: &SubmitItem,
    ending: &Ending,
    now: Timestamp,
) -> Result<()> {
    let Ending::Taken { meta_id, status, category } = ending else { return Ok(()) };
    let content = item.draft.content();
    let known = templates::of_name(&mut *tx, due.tenant, plan.name.as_str()).await?;
    let known = known.into_iter().find(|it| it.language == item.draft.language);
    let digest = told_apart(&content)?;
    if let Some(known) = &known
        && known.meta_id == meta_id.for_meta()
        && known.status != TemplateStatus::Deleted
        && told_apart(&known.content)? == digest
    {
        return Ok(());
    }
    let template = MessageTemplate {
        name: plan.name.to_string(),
        language: item.draft.language.clone(),
        meta_id: meta_id.for_meta().to_owned(),
        category: *category,
        status: *status,
        quality: known.map_or(Quality::Unknown, |it| it.quality),
        rejected_reason: None,
        correct_category: None,
        content,
        synced_at: now,
    };
    Ok(templates::upsert(tx, due.tenant, &template).await?)
}

async fn end(tx: &mut Tx, due: &Due, plan: &SubmitPlan, all: &[Submission], now: Timestamp) -> Result<()> {
    let (to, failure) = verdict(all);
    let result = receipt(plan, all);
    // People may have been told that it takes long.
    let standing = requests::find(&mut *tx, due.tenant, due.request).await?.map_or(Status::Executing, |it| it.status);
    requests::settle(tx, due.tenant, due.request, standing, to, Some(&result), failure.as_ref(), now).await?;
    let details =
        json!({"status": to, "template": plan.name, "taken": result.get("taken"), "refused": result.get("refused")});
    let event = Event { actor: Actor::Worker, act: "execution.finished", subject: due.request.to_string(), details };
    audit::append(tx, due.tenant, now, event).await?;
    Ok(())
}

/// What Meta answered, language by language; its identifiers masked, as whoever asks may not see them.
fn receipt(plan: &SubmitPlan, all: &[Submission]) -> Value {
    let of = |state| all.iter().filter(|it| it.state == state).count();
    let line = |it: &Submission| {
        json!({
            "language": it.language, "state": it.state, "meta_id": it.meta_id, "status": it.status,
            "category": it.category, "category_asked": plan.category, "why": it.why,
        })
    };
    json!({
        "name": plan.name, "version": plan.version, "taken": of(SubmissionState::Taken),
        "refused": of(SubmissionState::Refused), "languages": all.iter().map(line).collect::<Vec<_>>(),
    })
}

/// What it comes to. Nothing that Meta refused passes for done.
fn verdict(all: &[Submission]) -> (Status, Option<Failure>) {
    let refused = all.iter().find(|it| it.state == SubmissionState::Refused);
    let taken = all.iter().any(|it| it.state == SubmissionState::Taken);
    match (refused, taken) {
        (None, _) => (Status::Succeeded, None),
        (Some(_), true) => (Status::PartiallySucceeded, None),
        (Some(refused), false) => {
            let why = refused.why.as_deref().unwrap_or("no reason was given");
            let message = format!("NOT DONE. {}: {why}.", refused.language);
            (Status::Failed, Some(Failure { code: "refused_by_meta".to_owned(), message, finding: None }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_refused_passes_for_done() {
        let it = |state| Submission {
            language: "en".parse().unwrap(),
            state,
            meta_id: None,
            status: None,
            category: None,
            why: Some("too long".to_owned()),
        };
        let (taken, refused) = (it(SubmissionState::Taken), it(SubmissionState::Refused));
        assert_eq!(verdict(std::slice::from_ref(&taken)).0, Status::Succeeded);
        assert_eq!(verdict(&[taken, refused.clone()]), (Status::PartiallySucceeded, None));
        let (status, failure) = verdict(&[refused]);
        assert_eq!((status, failure.unwrap().message.as_str()), (Status::Failed, "NOT DONE. en: too long."));
    }
}
