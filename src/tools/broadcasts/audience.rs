//! Freezing an audience: everybody is looked at once, each person who matches gets one verdict, and those who remain are
//! sealed with a mark of exactly what they will get.

use super::resolve::Resolved;
use crate::domain::audience::{Audience, Exclusion, Funnel, Mark, fingerprint, mark};
use crate::domain::canonical::NotCanonical;
use crate::domain::clock::Timestamp;
use crate::domain::compose::Own;
use crate::domain::consent::{Consent, MessageCategory, Suppressions};
use crate::domain::contacts::{ContactNo, Language, People};
use crate::domain::ids::TenantId;
use crate::domain::phone::Market;
use crate::domain::policy::eligibility::{Facts, Gate};
use crate::domain::policy::hours::Quiet;
use crate::domain::policy::schedule::Course;
use crate::domain::policy::settings::Settings;
use crate::domain::segments::{Segment, TagSets, Traits};
use crate::error::{Error, Result};
use crate::store::candidates::{Candidate, Received};
use crate::store::{self, Db};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// One who receives it.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub no: ContactNo,
    /// Which language of the message, by its place.
    pub form: usize,
    pub market: Market,
    pub consent: Option<Consent>,
    pub received: Received,
    /// Whether the person never had a message of the category.
    pub first: bool,
    /// Which placeholders have the default, as bits.
    pub defaulted: u64,
    /// Characters of the text.
    pub length: usize,
    mark: Mark,
}

/// A frozen audience with what is worth knowing of it.
pub struct Frozen {
    /// By their numbers.
    pub receivers: Vec<Receiver>,
    pub audience: Audience,
    pub funnel: Funnel,
    /// Members of each segment.
    pub matched: Vec<u64>,
    /// How many of all contacts are in one of the segments, and how many there are.
    pub reach: (u64, u64),
    /// People left out because their market is quiet throughout.
    pub quiet: Vec<(Market, u64)>,
    pub course: Course,
    /// How many people were written to in the 24 hours before it starts.
    pub portfolio_used: u64,
}

/// What is looked up once for everybody.
struct Known {
    suppressions: HashMap<u32, Suppressions>,
    others: People,
    received: HashMap<u32, Received>,
    tags: TagSets,
    /// Consent for further categories that segments ask about.
    consents: Vec<(MessageCategory, HashMap<ContactNo, Consent>)>,
    portfolio_used: u64,
}

/// Looks at everybody and freezes those who receive it.
pub async fn freeze(db: &Db, tenant: TenantId, plan: &Resolved, settings: &Settings, now: Timestamp) -> Result<Frozen> {
    let at = plan.schedule.start_at.unwrap_or(now).max(now);
    let known = look_up(db, tenant, plan, at, now).await?;
    let gate = Gate { settings, category: plan.category, at };
    let mut gathering = Gathering {
        plan,
        gate,
        now,
        known: &known,
        languages: Vec::new(),
        consents: Vec::new(),
        receivers: Vec::new(),
        funnel: plan.stored.as_ref().map_or_else(Funnel::empty, |stored| Funnel::resumed(&stored.view.funnel)),
        matched: vec![0; plan.segments.len()],
        reach: (0, 0),
        broken: None,
    };
    store::candidates::all(db, tenant, plan.category, plan.composer.is_personal(), |who| {
        gathering.take(who);
        Ok(())
    })
    .await?;
    if let Some(broken) = gathering.broken {
        return Err(broken.into());
    }
    let (receivers, funnel, matched, reach) =
        (gathering.receivers, gathering.funnel, gathering.matched, gathering.reach);
    let draft = Frozen {
        receivers,
        audience: Audience { people: People::new(), marks: Vec::new() },
        funnel,
        matched,
        reach,
        quiet: Vec::new(),
        course: Course::of(&plan.schedule, 0, plan.number.per_second),
        portfolio_used: known.portfolio_used,
    };
    let frozen = draft.cut(plan, settings);
    if frozen.funnel.balances() { Ok(frozen) } else { Err(Error::internal("the figures of an audience do not add up")) }
}

async fn look_up(db: &Db, tenant: TenantId, plan: &Resolved, at: Timestamp, now: Timestamp) -> Result<Known> {
    let segments = || plan.segments.iter().chain(&plan.exclude);
    let tags: BTreeSet<&str> = segments().flat_map(|segment| segment.tags()).collect();
    let categories: BTreeSet<MessageCategory> =
        segments().flat_map(Segment::consents).filter(|category| *category != plan.category).collect();
    let day = Duration::from_hours(24);
    // What is used now no longer counts for a start that is a day away.
    let soon = at.since(now) < day;
    let (suppressions, others, received, tags, portfolio_used) = tokio::try_join!(
        store::candidates::suppressions(db, tenant),
        store::candidates::agreed_to_others(db, tenant, plan.category),
        store::candidates::received(db, tenant, plan.category, at),
        store::population::tag_sets(db, tenant, &tags),
        store::candidates::written_to_since(db, tenant, at.before(day)),
    )?;
    let mut consents = Vec::new();
    for category in categories {
        consents.push((category, store::population::consents(db, tenant, category).await?));
    }
    let portfolio_used = if soon { portfolio_used } else { 0 };
    Ok(Known { suppressions, others, received, tags, consents, portfolio_used })
}

struct Gathering<'a> {
    plan: &'a Resolved,
    gate: Gate<'a>,
    now: Timestamp,
    known: &'a Known,
    /// Languages of people, each parsed once.
    languages: Vec<Language>,
    consents: Vec<(MessageCategory, Consent)>,
    receivers: Vec<Receiver>,
    funnel: Funnel,
    matched: Vec<u64>,
    reach: (u64, u64),
    broken: Option<NotCanonical>,
}

impl Gathering<'_> {
    fn take(&mut self, who: &Candidate<'_>) {
        let market: Option<Market> = who.market.and_then(|market| market.parse().ok());
        let times = self.times_matched(who, market);
        self.reach.1 += 1;
        if times == 0 {
            return;
        }
        self.reach.0 += 1;
        let received = self.known.received.get(&who.no.0).copied();
        let facts = Facts {
            number: who.market.is_some(),
            market,
            suppressions: self.known.suppressions.get(&who.no.0).copied().unwrap_or_default(),
            consent: who.consent,
            other_consent: self.known.others.contains(who.no.0),
            last_7_days: received.map_or(0, |r| r.last_7_days),
            last_30_days: received.map_or(0, |r| r.last_30_days),
            meta_capped_at: who.meta_capped_at,
            experiment_at: who.experiment_at,
        };
        let again = if self.gate.has_number(&facts) { Exclusion::Duplicate } else { Exclusion::InvalidNumber };
        match self.judge(who, &facts, received) {
            Ok(receiver) => {
                self.receivers.push(receiver);
                self.funnel.count(Ok(()));
            }
            Err(reason) => self.funnel.count(Err(reason)),
        }
        (1..times).for_each(|_| self.funnel.count(Err(again)));
    }

    /// How many of the segments the person is in; none for a member of an excluded one.
    fn times_matched(&mut self, who: &Candidate<'_>, market: Option<Market>) -> usize {
        if let Some(stored) = &self.plan.stored {
            return usize::from(stored.people.contains(who.no.0));
        }
        let language = who.language.and_then(|code| {
            if let Some(at) = self.languages.iter().position(|known| known.as_str() == code) {
                return Some(at);
            }
            self.languages.push(code.parse().ok()?);
            Some(self.languages.len() - 1)
        });
        self.consents.clear();
        self.consents.extend(who.consent.map(|consent| (self.plan.category, consent)));
        for (category, consents) in &self.known.consents {
            self.consents.extend(consents.get(&who.no).map(|consent| (*category, *consent)));
        }
        let traits = Traits {
            no: who.no,
            language: language.and_then(|at| self.languages.get(at)),
            market,
            last_inbound_at: who.last_inbound_at,
            consents: &self.consents,
        };
        let tags = &self.known.tags;
        if self.plan.exclude.iter().any(|segment| segment.has(&traits, tags, self.now)) {
            return 0;
        }
        let mut times = 0;
        for (segment, count) in self.plan.segments.iter().zip(&mut self.matched) {
            if segment.has(&traits, tags, self.now) {
                times += 1;
                *count += 1;
            }
        }
        times
    }

    fn judge(&mut self, who: &Candidate<'_>, facts: &Facts, received: Option<Received>) -> Result<Receiver, Exclusion> {
        self.gate.may_be_written_to(facts)?;
        let market = facts.market.ok_or(Exclusion::MarketNotAllowed)?;
        let composer = &self.plan.composer;
        let at = composer.form_for(who.language).ok_or(Exclusion::NoTemplateLanguage)?;
        let form = composer.forms().get(at).ok_or(Exclusion::NoTemplateLanguage)?;
        let own = who.own.map_or_else(Own::default, |own| Own { name: own.name, attributes: own.attributes });
        let filled;
        let (values, defaulted) = match form.common() {
            Some(values) => (values, 0),
            None => {
                filled = form.fill(own).ok_or(Exclusion::VariableMissing)?;
                (&filled.values, filled.defaulted)
            }
        };
        self.gate.may_be_written_to_again(facts)?;
        let mark = match fingerprint(who.id, &form.language, values) {
            Ok(fingerprint) => mark(&fingerprint),
            Err(broken) => {
                self.broken = Some(broken);
                Mark::default()
            }
        };
        Ok(Receiver {
            no: who.no,
            form: at,
            market,
            consent: who.consent,
            received: received.unwrap_or_default(),
            first: received.is_none(),
            defaulted,
            length: form.length(values),
            mark,
        })
    }
}

impl Frozen {
    /// Leaves out those whose market is quiet throughout, and those beyond Meta's limit; then seals the rest.
    fn cut(mut self, plan: &Resolved, settings: &Settings) -> Self {
        self.receivers.sort_unstable_by_key(|receiver| receiver.no);
        let course = Course::of(&plan.schedule, self.count(), plan.number.per_second);
        let markets = self.markets();
        let quiet: BTreeSet<Market> = markets
            .iter()
            .map(|(market, _)| *market)
            .filter(|market| course.quiet_in(settings, plan.category, *market) == Some(Quiet::Throughout))
            .collect();
        // If it is quiet everywhere, the schedule is wrong, not the audience; the findings say so.
        if quiet.len() < markets.len() {
            self.quiet = markets.into_iter().filter(|(market, _)| quiet.contains(market)).collect();
            self.leave_out(Exclusion::QuietHours, |_, receiver| quiet.contains(&receiver.market));
        }
        if let Some(limit) = plan.number.portfolio_limit {
            let left = usize::try_from(limit.saturating_sub(self.portfolio_used)).unwrap_or(usize::MAX);
            self.leave_out(Exclusion::OverPortfolioLimit, |at, _| at >= left);
        }
        self.course = Course::of(&plan.schedule, self.count(), plan.number.per_second);
        self.audience = Audience {
            people: self.receivers.iter().map(|receiver| receiver.no.0).collect(),
            marks: self.receivers.iter().map(|receiver| receiver.mark).collect(),
        };
        self
    }

    fn leave_out(&mut self, reason: Exclusion, mut out: impl FnMut(usize, &Receiver) -> bool) {
        let before = self.receivers.len();
        let mut at = 0;
        self.receivers.retain(|receiver| {
            let keep = !out(at, receiver);
            at += 1;
            keep
        });
        let gone = u64::try_from(before - self.receivers.len()).unwrap_or(0);
        self.funnel.move_to(reason, gone);
    }

    /// How many receive it.
    pub fn count(&self) -> u64 {
        u64::try_from(self.receivers.len()).unwrap_or(u64::MAX)
    }

    /// Receivers by market.
    pub fn markets(&self) -> Vec<(Market, u64)> {
        let mut counts: BTreeMap<Market, u64> = BTreeMap::new();
        for receiver in &self.receivers {
            *counts.entry(receiver.market).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(market, count)| (std::cmp::Reverse(*count), *market));
        counts
    }
}
