//! From what an agent describes to what there is: the template's languages, the number, the segments in their versions.

use super::arguments::{check_schedule, check_spec};
use crate::domain::broadcasts::{Broadcast, BroadcastSpec, BroadcastState, Schedule};
use crate::domain::business::SendingNumber;
use crate::domain::compose::Composer;
use crate::domain::consent::MessageCategory;
use crate::domain::contacts::{Language, People};
use crate::domain::ids::{BroadcastId, SegmentId, TenantId};
use crate::domain::preview::{AudienceView, View};
use crate::domain::segments::Segment;
use crate::domain::templates::{MessageTemplate, TemplateStatus};
use crate::error::{Error, Result};
use crate::store::{self, Db};

/// A broadcast that was described, with everything it names.
pub struct Resolved {
    pub spec: BroadcastSpec,
    pub schedule: Schedule,
    /// The languages that will be used, as Meta has them.
    pub variants: Vec<MessageTemplate>,
    /// Languages that were asked for and do not exist.
    pub missing: Vec<Language>,
    /// All languages in which the template exists.
    pub known: Vec<Language>,
    /// What Meta takes the template for.
    pub category: MessageCategory,
    pub composer: Composer,
    pub number: SendingNumber,
    pub segments: Vec<Segment>,
    pub exclude: Vec<Segment>,
    /// The stored broadcast, if it is one.
    pub stored: Option<Stored>,
}

/// A draft with the people who were frozen with it: nobody else can receive it.
pub struct Stored {
    pub id: BroadcastId,
    pub people: People,
    /// The audience as it was shown then: its segments, who fell out, and when.
    pub view: AudienceView,
}

/// A new broadcast.
pub async fn described(db: &Db, tenant: TenantId, spec: BroadcastSpec, schedule: Schedule) -> Result<Resolved> {
    check_spec(&spec)?;
    let segments = find_segments(db, tenant, &spec.segments).await?;
    let exclude = find_segments(db, tenant, &spec.exclude_segments).await?;
    resolve(db, tenant, spec, schedule, segments, exclude, None).await
}

/// A stored broadcast: its words and its people are fixed, what is true of them is looked at again.
pub async fn stored(db: &Db, tenant: TenantId, id: BroadcastId, schedule: Schedule) -> Result<Resolved> {
    let broadcast = store::broadcasts::find(db, tenant, id).await?.ok_or_else(|| Error::not_found("broadcast", id))?;
    if !matches!(broadcast.state, BroadcastState::Draft | BroadcastState::Requested) {
        return Err(Error::Conflict(format!(
            "the broadcast {id} is {}; only a draft can be scheduled. Create a new broadcast to send it again",
            broadcast.state
        )));
    }
    let frozen = frozen(db, tenant, &broadcast).await?;
    resolve(db, tenant, broadcast.spec, schedule, Vec::new(), Vec::new(), Some(frozen)).await
}

async fn frozen(db: &Db, tenant: TenantId, broadcast: &Broadcast) -> Result<Stored> {
    let page = store::broadcasts::page_of(db, tenant, broadcast).await?;
    let lost = || Error::internal(format!("{} has lost its frozen audience", broadcast.id));
    let page = page.ok_or_else(lost)?;
    let seal = page.action.audience().ok_or_else(lost)?;
    let audience = store::audience::load(db, tenant, seal.id).await?.filter(|audience| audience.fits(seal));
    let View::Broadcast(view) = page.view else { return Err(lost()) };
    Ok(Stored { id: broadcast.id, people: audience.ok_or_else(lost)?.people, view: view.audience })
}

async fn find_segments(db: &Db, tenant: TenantId, ids: &[SegmentId]) -> Result<Vec<Segment>> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let segment = store::segments::find(db, tenant, *id).await?;
        found.push(segment.ok_or_else(|| Error::not_found("segment", id))?);
    }
    Ok(found)
}

async fn resolve(
    db: &Db,
    tenant: TenantId,
    spec: BroadcastSpec,
    schedule: Schedule,
    segments: Vec<Segment>,
    exclude: Vec<Segment>,
    stored: Option<Stored>,
) -> Result<Resolved> {
    check_schedule(&schedule)?;
    let all = store::templates::of_name(db, tenant, &spec.template).await?;
    let known: Vec<Language> = all.iter().map(|template| template.language.clone()).collect();
    let Some(first) = all.first() else { return Err(Error::not_found("template", &spec.template)) };
    let some_category = first.category;
    let (variants, missing) = languages(all, &spec)?;
    let category = variants.first().map_or(some_category, |variant| variant.category);
    let number = sender(store::business::numbers(db, tenant).await?, spec.from.as_deref())?;
    let composer = Composer::new(
        variants.iter().map(|variant| (variant.language.clone(), variant.content.clone())),
        spec.default_language.as_ref(),
        &spec.variables,
    );
    Ok(Resolved { spec, schedule, variants, missing, known, category, composer, number, segments, exclude, stored })
}

/// The languages to use: those that were asked for; otherwise every approved one, or all if none is, so that the findings
/// say why.
fn languages(all: Vec<MessageTemplate>, spec: &BroadcastSpec) -> Result<(Vec<MessageTemplate>, Vec<Language>)> {
    let has = |language: &Language| all.iter().any(|template| template.language == *language);
    let wanted = spec.languages.iter().chain(&spec.default_language);
    let mut missing: Vec<Language> = wanted.filter(|language| !has(language)).cloned().collect();
    missing.dedup();
    if let Some(default) = &spec.default_language
        && !spec.languages.is_empty()
        && !spec.languages.contains(default)
    {
        return Err(Error::Invalid(format!(
            "broadcast.default_language: {default} is not among languages; add it there"
        )));
    }
    let approved = all.iter().any(|template| template.status == TemplateStatus::Approved);
    let variants = all.into_iter().filter(|template| {
        if spec.languages.is_empty() {
            // The default is used even if it is not approved: leaving it out in silence would change who gets what.
            !approved
                || template.status == TemplateStatus::Approved
                || spec.default_language.as_ref() == Some(&template.language)
        } else {
            spec.languages.contains(&template.language)
        }
    });
    Ok((variants.collect(), missing))
}

fn sender(numbers: Vec<SendingNumber>, from: Option<&str>) -> Result<SendingNumber> {
    let names = numbers.iter().map(|number| number.display.as_str()).collect::<Vec<_>>().join(", ");
    let none = numbers.is_empty();
    let mut fitting = numbers.into_iter().filter(|number| from.is_none_or(|name| number.is_called(name)));
    match (fitting.next(), fitting.next(), from) {
        (Some(number), None, _) => Ok(number),
        _ if none => Err(Error::Invalid("this business has no phone number to send from yet".into())),
        (None, _, Some(_)) => Err(Error::Invalid(format!("broadcast.from: no such number; there is {names}"))),
        _ => Err(Error::Invalid(format!("broadcast.from: say which number sends; there are {names}"))),
    }
}
