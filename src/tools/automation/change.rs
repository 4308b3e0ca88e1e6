//! A change of automation, worked out: what is stored or switched, what the rules say of it, and the page that people see.

use super::rehearsal::{self, DAYS};
use super::world::World;
use crate::domain::action::Action;
use crate::domain::automation::plan::{AutomationPlan, Becomes, Step};
use crate::domain::automation::rehearse::Change;
use crate::domain::automation::{Content, Kind, Subject};
use crate::domain::people::Caller;
use crate::domain::policy::automation::switch::{left_behind, nothing_changes, rehearsed};
use crate::domain::policy::automation::{Known, check, check_draft};
use crate::domain::preview::scripts::differences;
use crate::domain::preview::{
    AutomationView, Finding, Level, Preview, RehearsalView, ScriptBefore, ScriptChange, ScriptView, View,
};
use crate::domain::text::grouped;
use crate::error::{Error, Result};
use crate::store;
use crate::store::automation::Stored;
use crate::tools::{Ctx, Proposal};

/// What is asked for, before anybody has looked at it.
pub struct Wanted {
    subject: Subject,
    stored: Option<Stored>,
    step: Step,
}

/// What is stored of the one that an agent named. Another business's is not there.
pub async fn stored(ctx: &Ctx, caller: &Caller, named: Option<Subject>) -> Result<Option<Stored>> {
    let Some(subject) = named else { return Ok(None) };
    let found = store::automation::find(&ctx.db, caller.tenant(), subject).await?;
    Ok(Some(found.ok_or_else(|| Error::not_found(called(subject.kind()), subject))?))
}

/// What the version that is live says; none if none is.
pub async fn live_content(ctx: &Ctx, caller: &Caller, stored: &Stored) -> Result<Option<Content>> {
    let Some(live) = stored.live else { return Ok(None) };
    if live == stored.newest.version {
        return Ok(Some(stored.newest.content.clone()));
    }
    let subject = stored.newest.content.subject();
    let version = store::automation::version(&ctx.db, caller.tenant(), subject, live).await?;
    Ok(version.map(|version| version.content))
}

/// What is done, from what an agent described and what is there. `place` is where it describes that.
pub async fn wanted(
    ctx: &Ctx,
    caller: &Caller,
    subject: Subject,
    stored: Option<Stored>,
    content: Option<Content>,
    becomes: Becomes,
    place: &str,
) -> Result<Wanted> {
    let invalid = |what: &str| Err(Error::Invalid(format!("{place}: {what}")));
    let content = match content {
        Some(mut content) => {
            // Lists show numbers, and Meta's ids only to some: an agent can name what it was shown.
            let numbers = store::business::numbers(&ctx.db, caller.tenant()).await?;
            content
                .scope_mut()
                .name_by_id(numbers.iter().map(|number| (number.display.as_str(), number.id.for_meta())));
            Some(content)
        }
        None => None,
    };
    let step = match (content, becomes, &stored) {
        (Some(content), Becomes::Draft, _) => Step::Draft(Box::new(content)),
        (Some(content), Becomes::Active, known) => {
            let digest = content.digest()?;
            // What is stored like this already is made live, not stored once more.
            if known.as_ref().is_some_and(|known| known.newest.digest == digest) {
                Step::Activate(digest)
            } else {
                Step::Publish(Box::new(content))
            }
        }
        (None, Becomes::Active, Some(known)) => Step::Activate(known.newest.digest),
        (None, Becomes::Inactive, Some(_)) => Step::Retire,
        (Some(_), Becomes::Inactive, _) => return invalid("leave it out to make what is active inactive"),
        (None, Becomes::Draft, _) => return invalid("say what it should say; only that can be stored"),
        (None, _, None) => return invalid("say what it should say, or name the one to switch"),
    };
    Ok(Wanted { subject, stored, step })
}

/// What a kind is called in English.
const fn called(kind: Kind) -> &'static str {
    match kind {
        Kind::KeywordRule => "keyword rule",
        Kind::Flow => "flow",
        Kind::AutoReply => "auto-reply",
    }
}

/// What a change is about, and what it is compared with.
struct Versions {
    /// The version that would be stored, made live or taken away.
    after: Content,
    /// What it takes the place of.
    before: Option<(u32, Content)>,
}

async fn versions(ctx: &Ctx, caller: &Caller, plan: &AutomationPlan, stored: Option<&Stored>) -> Result<Versions> {
    let live = match stored {
        Some(known) => known.live.zip(live_content(ctx, caller, known).await?),
        None => None,
    };
    let newest = stored.map(|known| (known.newest.version, known.newest.content.clone()));
    let gone = || Error::internal("a version that is to be switched is not there");
    Ok(match &plan.step {
        Step::Draft(content) | Step::Publish(content) => {
            Versions { after: Content::clone(content), before: live.or(newest) }
        }
        Step::Activate(_) => Versions { after: newest.ok_or_else(gone)?.1, before: live },
        Step::Retire => Versions { after: live.or(newest).ok_or_else(gone)?.1, before: None },
    })
}

pub async fn propose(ctx: &Ctx, caller: &Caller, wanted: Wanted) -> Result<Proposal> {
    let (tenant, now) = (caller.tenant(), ctx.clock.now());
    let Wanted { subject, stored, step } = wanted;
    let base = stored.as_ref().map_or(0, |known| known.newest.version);
    let plan = AutomationPlan { subject, base, live: stored.as_ref().and_then(|known| known.live), step };
    let Versions { after, before } = versions(ctx, caller, &plan, stored.as_ref()).await?;
    let world = World::with_products(ctx, tenant, &after).await?;
    let known = world.known(&ctx.policy.settings, now);
    let mut findings = judged(&plan, &after, stored.as_ref(), &known)?;
    let effect = if findings.iter().any(|finding| finding.level == Level::Block) {
        // Nobody is shown what is refused.
        RehearsalView::nothing(DAYS)
    } else {
        let change = match plan.becomes() {
            Becomes::Inactive => Change::Remove(subject),
            Becomes::Draft | Becomes::Active => Change::Put(Box::new(after.clone())),
        };
        let (rehearsal, effect) = rehearsal::play(ctx, tenant, change, &world).await?;
        findings.extend(rehearsed(&rehearsal, &plan, DAYS));
        effect
    };
    let (lines, unlisted) = before.as_ref().map_or((Vec::new(), 0), |(_, before)| differences(before, &after));
    let change = ScriptChange {
        id: subject.to_string(),
        name: after.name().to_owned(),
        becomes: plan.becomes(),
        version: plan.version(),
        replaces: plan.live.filter(|_| plan.becomes() == Becomes::Active),
        compared_with: before.as_ref().map(|(version, _)| *version),
        before: before.map(|(_, before)| ScriptBefore {
            name: before.name().to_owned(),
            script: ScriptView::of(&before, &world),
        }),
        lines,
        unlisted,
    };
    let view = AutomationView { script: ScriptView::of(&after, &world), change, effect };
    let summary = summary(subject.kind(), &view);
    let kind = called(subject.kind());
    let (head, rest) = kind.split_at_checked(1).unwrap_or((kind, ""));
    let title = format!("{}{rest} · {}", head.to_uppercase(), view.change.name);
    let action = Action::AutomationChange(Box::new(plan));
    let preview = Preview { summary, action, findings, view: View::Automation(Box::new(view)) };
    Ok(Proposal { preview, title, sealed: None, kept: None })
}

/// What the rules say before anything is rehearsed.
fn judged(plan: &AutomationPlan, after: &Content, stored: Option<&Stored>, known: &Known<'_>) -> Result<Vec<Finding>> {
    let newest = stored.map(|known| known.newest.digest);
    let same = match &plan.step {
        Step::Draft(content) | Step::Publish(content) => newest == Some(content.digest()?),
        Step::Activate(_) => plan.live == Some(plan.base),
        Step::Retire => plan.live.is_none(),
    };
    if same {
        return Ok(vec![nothing_changes()]);
    }
    let mut findings = match plan.becomes() {
        Becomes::Draft => check_draft(after, known),
        Becomes::Active => check(after, known),
        Becomes::Inactive => Vec::new(),
    };
    findings.extend(left_behind(after, plan.becomes(), known));
    Ok(findings)
}

/// The sentence that stands above everything else.
fn summary(kind: Kind, view: &AutomationView) -> String {
    let (change, effect) = (&view.change, &view.effect);
    let (kind, name, version) = (called(kind), &change.name, change.version);
    let number = |count: u64| grouped(&count.to_string());
    let past = format!(
        "Of {} messages of the last {} days, {} would be answered otherwise than today.",
        number(effect.messages),
        effect.days,
        number(effect.different)
    );
    match (change.becomes, change.replaces) {
        (Becomes::Draft, _) => {
            format!("Store version {version} of the {kind} \"{name}\" as a draft, which answers nobody.")
        }
        (Becomes::Active, Some(live)) => {
            format!("Make version {version} of the {kind} \"{name}\" live in place of version {live}. {past}")
        }
        (Becomes::Active, None) => format!("Make version {version} of the {kind} \"{name}\" live. {past}"),
        (Becomes::Inactive, _) => {
            format!("Take the {kind} \"{name}\" away, which is live in version {version}. {past}")
        }
    }
}
