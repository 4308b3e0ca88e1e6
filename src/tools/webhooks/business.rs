//! What Meta tells of the business: written down once, looked at anew, and where Meta forbids it nothing more goes out.

use super::Follow;
use crate::domain::audit::{Actor, Event as AuditEvent, template_subject};
use crate::domain::business::stop::StopReach;
use crate::domain::canonical::sha256;
use crate::domain::clock::Timestamp;
use crate::domain::ids::TenantId;
use crate::domain::redact::scrub;
use crate::domain::templates::{Quality, TemplateStatus};
use crate::domain::webhooks::{Event, Security, TemplateEvent, TemplateRef, What};
use crate::error::Result;
use crate::graph::errors::{Remedy, explain};
use crate::store::webhooks::{self, TemplateNews};
use crate::store::{Tx, audit, business};
use serde_json::{Value, json};

/// What stays of an event beyond what is read anew after it.
struct News {
    act: &'static str,
    subject: String,
    details: Value,
    /// Why nothing more may go out.
    stop: Option<String>,
}

impl News {
    fn of_account(act: &'static str, details: Value) -> Self {
        Self { act, subject: "account".to_owned(), details, stop: None }
    }

    fn stopping(mut self, why: Option<String>) -> Self {
        self.stop = why;
        self
    }
}

/// An event about the business itself.
pub(super) async fn told(
    tx: &mut Tx,
    tenant: TenantId,
    event: &Event,
    at: Timestamp,
    now: Timestamp,
    follow: &mut Follow,
) -> Result<()> {
    follow.read_again |= !matches!(event.what, What::Payment(_) | What::Echo(_) | What::FormEvent(_));
    if let Some((template, news)) = of_template(&event.what) {
        return changed(tx, tenant, (template, title(&event.what)), &news, at, now).await;
    }
    let Some(news) = news(&event.what) else { return Ok(()) };
    // Meta repeats what was not answered in time, in other posts than before.
    if !webhooks::first_seen(tx, tenant, &sha256(event.dedup_key.as_bytes()), now).await? {
        return Ok(());
    }
    if let Some(why) = news.stop {
        follow.stops.push((reach(tx, tenant, &event.what).await?, why));
    }
    let event = AuditEvent { actor: Actor::Meta, act: news.act, subject: news.subject, details: news.details };
    audit::append(tx, tenant, now, event).await?;
    Ok(())
}

/// What concerns one number stops that number alone, as far as it is one that we know.
async fn reach(tx: &mut Tx, tenant: TenantId, what: &What) -> Result<StopReach> {
    let What::Security(Security { display_phone_number: Some(display), .. }) = what else {
        return Ok(StopReach::Business);
    };
    let numbers = business::numbers(tx, tenant).await?;
    let number = numbers.into_iter().find(|number| number.is_called(display.as_str()));
    Ok(number.map_or(StopReach::Business, |number| StopReach::Number(number.id.for_meta().to_owned())))
}

fn of_template(what: &What) -> Option<(&TemplateRef, TemplateNews)> {
    Some(match what {
        What::TemplateStatus(t) => {
            let status = status_of(&t.event);
            (&t.template, TemplateNews { status, reason: t.reason.clone(), ..TemplateNews::default() })
        }
        What::TemplateQuality(t) => {
            let quality = t.new.to_lowercase().parse().unwrap_or(Quality::Unknown);
            (&t.template, TemplateNews { quality: Some(quality), ..TemplateNews::default() })
        }
        What::TemplateCategory(t) => {
            // An announced change names the present category as the new one, and the coming one apart.
            let category = t.new_category.to_lowercase().parse().ok();
            let correct_category = t.correct_category.clone();
            (&t.template, TemplateNews { category, correct_category, ..TemplateNews::default() })
        }
        _ => return None,
    })
}

/// Which pause it is, in Meta's word.
fn title(what: &What) -> Option<&str> {
    match what {
        What::TemplateStatus(t) => t.title.as_deref(),
        _ => None,
    }
}

async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    (template, title): (&TemplateRef, Option<&str>),
    news: &TemplateNews,
    at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let known = webhooks::template_news(tx, tenant, &template.id, news, at).await?;
    let Some((name, language)) = known else { return Ok(()) };
    let details = json!({
        "status": news.status, "quality": news.quality, "category": news.category,
        "correct_category": news.correct_category, "title": title.map(word),
    });
    let subject = template_subject(&name, &language);
    audit::append(tx, tenant, now, AuditEvent { actor: Actor::Meta, act: "template.changed", subject, details })
        .await?;
    Ok(())
}

fn news(what: &What) -> Option<News> {
    Some(match what {
        What::PhoneQuality(number) => News::of_account(
            "number.announced",
            json!({"event": word(&number.event), "limit": number.limit.as_deref().map(word)}),
        ),
        What::PhoneName(name) => News::of_account(
            "number.name_reviewed",
            json!({"decision": word(&name.decision), "reason": name.reason.as_deref().map(word)}),
        ),
        What::BusinessUsername(name) => News::of_account("account.username", json!({"status": word(&name.status)})),
        What::Security(security) => {
            let why =
                format!("Meta says that somebody touched the protection of a number ({}).", word(&security.event));
            News::of_account("number.security", json!({"event": word(&security.event)})).stopping(Some(why))
        }
        What::AccountUpdate(update) => {
            let why = format!("Meta says that the account may not send now ({}).", word(&update.event));
            let restrictions: Vec<String> = update.restrictions.iter().map(|it| word(it)).collect();
            let details = json!({
                "event": word(&update.event), "restrictions": restrictions,
                "violation": update.violation.as_deref().map(word), "ban": update.ban_state.as_deref().map(word),
            });
            News::of_account("account.updated", details).stopping(update.stops_sending().then_some(why))
        }
        What::AccountReview(review) => {
            let refused = review.decision.eq_ignore_ascii_case("REJECTED");
            let why = "Meta's review of the account ended with a refusal.".to_owned();
            News::of_account("account.reviewed", json!({"decision": word(&review.decision)}))
                .stopping(refused.then_some(why))
        }
        What::AccountAlert(alert) => News::of_account(
            "account.alerted",
            json!({
                "type": word(&alert.kind), "severity": alert.severity.as_deref().map(word),
                "status": alert.status.as_deref().map(word), "entity": alert.entity.as_deref().map(word),
            }),
        ),
        What::Capability(capability) => News::of_account(
            "account.capability",
            json!({"people_a_day": capability.people_a_day.as_deref().map(word), "numbers": capability.most_numbers}),
        ),
        What::FormEvent(form) => News {
            act: "form.changed",
            subject: format!("form/{}", word(&form.form_id)),
            details: json!({"event": word(&form.event), "status": form.status.as_deref().map(word)}),
            stop: None,
        },
        What::PaymentSetup(setup) => News::of_account(
            "account.payment_setup",
            json!({"name": scrub(&setup.name), "status": setup.status.as_deref().map(word)}),
        ),
        What::Trouble(error) => {
            let known = explain(error.code);
            let stops = known.remedy == Remedy::StopSending;
            News::of_account("account.trouble", json!({"code": error.code, "meaning": known.meaning}))
                .stopping(stops.then(|| format!("Meta reports {} ({}).", known.meaning, error.code)))
        }
        _ => return None,
    })
}

/// A word of Meta's, fit for the audit log: a stable word has letters, digits and underscores, and no end without end.
fn word(word: &str) -> String {
    word.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ')).take(64).collect()
}

fn status_of(event: &TemplateEvent) -> Option<TemplateStatus> {
    Some(match event {
        TemplateEvent::Approved | TemplateEvent::Reinstated | TemplateEvent::Unarchived => TemplateStatus::Approved,
        TemplateEvent::Pending => TemplateStatus::Pending,
        TemplateEvent::Rejected => TemplateStatus::Rejected,
        // A warning, or a lock for a time: Meta may let it through, we do not.
        TemplateEvent::Flagged | TemplateEvent::Locked | TemplateEvent::Paused => TemplateStatus::Paused,
        TemplateEvent::Disabled => TemplateStatus::Disabled,
        TemplateEvent::InAppeal => TemplateStatus::InAppeal,
        TemplateEvent::PendingDeletion => TemplateStatus::PendingDeletion,
        TemplateEvent::Deleted => TemplateStatus::Deleted,
        TemplateEvent::LimitExceeded => TemplateStatus::LimitExceeded,
        TemplateEvent::Archived => TemplateStatus::Archived,
        TemplateEvent::Other(_) => TemplateStatus::Unknown,
    })
}
