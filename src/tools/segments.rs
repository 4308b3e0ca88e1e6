//! Segments: named parts of the contacts, and how many people each of them reaches.

pub mod upsert;

use super::reading::{Cursor, Limit, Page, after, cut, reading};
use super::{Ctx, Kind, Tool, schema};
use crate::domain::clock::Timestamp;
use crate::domain::consent::{Consent, MessageCategory};
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{SegmentId, TenantId};
use crate::domain::people::{Area, Caller};
use crate::domain::segments::{Condition, Segment};
use crate::error::Result;
use crate::store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

pub const TOOLS: &[Tool] = &[Tool {
    name: "whatsapp.segments.list",
    title: ["List segments", "列出分眾", "列出客户分组"],
    summary: "Lists segments by name, with their conditions and exclusions, how many people each of them reaches now, and \
              for which categories of template those people have given consent.",
    read_first: &["whatsapp.contacts.list", "whatsapp.consent_records.list"],
    governance: "Only reads; nobody has to approve it.",
    safety: "Nobody who opted out, is blocked or has no valid number is in any of the counts.",
    area: Area::Segments,
    wants: None,
    kind: Kind::Read(reading!(list)),
    input: schema::<ListArguments>,
    output: schema::<Page<SegmentItem>>,
}];

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListArguments {
    /// Only this segment.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    segment_id: Option<SegmentId>,
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// One segment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SegmentItem {
    /// Its id, for whatsapp.broadcast.preview.
    #[schemars(with = "String")]
    id: SegmentId,
    /// A change makes a new version; this is the newest.
    version: u32,
    /// What people call it.
    name: String,
    /// Who belongs.
    include: Condition,
    /// Who of those does not.
    exclude: Option<Condition>,
    /// The same in words.
    in_words: String,
    /// How many people it reaches: without opt-outs, blocked people and invalid numbers.
    people: u64,
    /// How many of those have given consent, by category of template.
    consented: Vec<Consented>,
    /// Since when this version holds.
    created_at: Timestamp,
}

/// How many people have given consent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Consented {
    /// For templates of this category.
    category: MessageCategory,
    /// How many.
    people: u64,
}

/// The categories that a template can have.
const CATEGORIES: [MessageCategory; 3] =
    [MessageCategory::Marketing, MessageCategory::Utility, MessageCategory::Authentication];

async fn list(ctx: &Ctx, caller: &Caller, arguments: ListArguments) -> Result<Page<SegmentItem>> {
    let tenant = caller.tenant();
    let last: Option<(String, SegmentId)> = after("segments", arguments.cursor.as_ref())?;
    let rows = match arguments.segment_id {
        Some(id) => store::segments::find(&ctx.db, tenant, id).await?.into_iter().collect(),
        None => store::segments::list(&ctx.db, tenant, last.as_ref(), arguments.limit.and_one()).await?,
    };
    let (segments, next_cursor) = cut("segments", arguments.limit, rows, |s| (s.name.clone(), s.id))?;
    let counts = count(ctx, tenant, &segments).await?;
    let item = |(segment, count): (Segment, Count)| SegmentItem {
        id: segment.id,
        version: segment.version,
        in_words: segment.in_words(),
        name: segment.name,
        include: segment.include,
        exclude: segment.exclude,
        people: count.people,
        consented: CATEGORIES
            .into_iter()
            .zip(count.consented)
            .map(|(category, people)| Consented { category, people })
            .collect(),
        created_at: segment.created_at,
    };
    Ok(Page { items: segments.into_iter().zip(counts).map(item).collect(), next_cursor })
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    people: u64,
    consented: [u64; CATEGORIES.len()],
}

/// Counts for all segments in one walk over the contacts.
async fn count(ctx: &Ctx, tenant: TenantId, segments: &[Segment]) -> Result<Vec<Count>> {
    let now = ctx.clock.now();
    let traceable = ctx.policy.settings.consent.must_be_traceable;
    let counts_now = |consent: &Consent| consent.counts_at(now) && (consent.traceable || !traceable);
    let mut counts = vec![Count::default(); segments.len()];
    walk(ctx, tenant, segments, |member_of, consents| {
        for (count, _) in counts.iter_mut().zip(member_of).filter(|(_, member)| **member) {
            count.people += 1;
            for (category, sum) in CATEGORIES.iter().zip(&mut count.consented) {
                *sum += u64::from(consents.iter().any(|(c, consent)| c == category && counts_now(consent)));
            }
        }
    })
    .await?;
    Ok(counts)
}

/// People that are read at once: enough to be quick, few enough to stay small.
const CHUNK: u32 = 20_000;

/// Visits everybody who may be written to, with whether they belong to each of these segments and what they agreed to.
async fn walk(
    ctx: &Ctx,
    tenant: TenantId,
    segments: &[Segment],
    mut visit: impl FnMut(&[bool], &[(MessageCategory, Consent)]),
) -> Result<()> {
    if segments.is_empty() {
        return Ok(());
    }
    let now = ctx.clock.now();
    let named: BTreeSet<&str> = segments.iter().flat_map(Segment::tags).collect();
    let tags = store::population::tag_sets(&ctx.db, tenant, &named).await?;
    let suppressed = store::population::suppressed(&ctx.db, tenant).await?;
    let mut standing: HashMap<ContactNo, Vec<(MessageCategory, Consent)>> = HashMap::new();
    for category in CATEGORIES {
        for (no, consent) in store::population::consents(&ctx.db, tenant, category).await? {
            standing.entry(no).or_default().push((category, consent));
        }
    }
    let mut member_of = vec![false; segments.len()];
    let mut last = ContactNo(0);
    loop {
        let people = store::population::people(&ctx.db, tenant, last, CHUNK).await?;
        let Some(end) = people.last() else { return Ok(()) };
        last = end.no;
        for person in people.iter().filter(|p| p.market.is_some() && !suppressed.contains(p.no.0)) {
            let consents = standing.get(&person.no).map(Vec::as_slice).unwrap_or_default();
            let traits = person.traits(consents);
            for (member, segment) in member_of.iter_mut().zip(segments) {
                *member = segment.has(&traits, &tags, now);
            }
            visit(&member_of, consents);
        }
    }
}
