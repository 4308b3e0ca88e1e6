//! The page that people see of a broadcast: its five sections, out of what was frozen.

use super::audience::Frozen;
use super::resolve::Resolved;
use super::samples::Examples;
use crate::domain::addresses::named_in;
use crate::domain::audience::SegmentVersion;
use crate::domain::broadcasts::{Cost, Variable, Variant};
use crate::domain::clock::Timestamp;
use crate::domain::compose::{Form, HIDDEN, bit};
use crate::domain::consent::ConsentSource;
use crate::domain::policy::Policy;
use crate::domain::policy::links::{Address, check as check_link};
use crate::domain::policy::message::texts;
use crate::domain::policy::schedule::local_times;
use crate::domain::preview::{
    AudienceView, BroadcastView, ConsentView, Finding, LanguageView, LinkView, LinksView, MarketCount, MessageView,
    ScheduleView, SegmentView, SourceCount, VariableView,
};
use crate::domain::segments::Segment;
use crate::domain::templates::{Button, Header, Place, Values};
use crate::domain::text::refused;
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// All five sections, and what the rules say of the links.
pub fn page(
    plan: &Resolved,
    frozen: &Frozen,
    examples: Examples,
    cost: Cost,
    policy: &Policy,
    now: Timestamp,
) -> (BroadcastView, Vec<Finding>) {
    let (links, findings) = links(plan, policy);
    let settings = &policy.settings;
    let markets = frozen.markets();
    let view = BroadcastView {
        name: plan.spec.name.clone(),
        goal: plan.spec.goal.clone(),
        message: MessageView {
            template: plan.spec.template.clone(),
            category: plan.category,
            languages: languages(plan, frozen, &examples),
        },
        audience: AudienceView {
            segments: segments(plan, frozen),
            frozen_at: plan.stored.as_ref().map_or(now, |stored| stored.view.frozen_at),
            funnel: frozen.funnel.clone(),
            markets: markets.iter().map(|&(market, count)| MarketCount { market, count }).collect(),
            samples: examples.samples,
        },
        consent: ConsentView {
            policy: policy.version.clone(),
            sources: sources(frozen),
            first_marketing: first_marketing(plan, frozen),
            last_7_days: frozen.buckets(|received| received.last_7_days),
            last_30_days: frozen.buckets(|received| received.last_30_days),
        },
        schedule: ScheduleView {
            schedule: plan.schedule.clone(),
            batches: frozen.course.batches,
            seconds: frozen.course.seconds,
            local: local_times(settings, plan.category, &frozen.course, &markets),
            cost,
            from: plan.number.display.clone(),
            number_quality: plan.number.quality,
            portfolio_limit: plan.number.portfolio_limit,
            portfolio_used: frozen.portfolio_used,
        },
        links,
    };
    (view, findings)
}

/// What is signed of each language.
pub fn variants(plan: &Resolved, frozen: &Frozen) -> Result<Vec<Variant>> {
    let forms = plan.composer.forms().iter().enumerate();
    forms
        .map(|(at, form)| {
            Ok(Variant {
                language: form.language.clone(),
                content: form.content.digest()?,
                recipients: frozen.of_form(at),
            })
        })
        .collect()
}

fn languages(plan: &Resolved, frozen: &Frozen, examples: &Examples) -> Vec<LanguageView> {
    let forms = plan.composer.forms().iter().enumerate().zip(&plan.variants);
    forms
        .map(|((at, form), template)| {
            let example = examples.by_form.get(&at);
            let shown = example.map_or_else(|| hidden(form), |filled| form.masked(filled));
            LanguageView {
                language: form.language.clone(),
                recipients: frozen.of_form(at),
                status: template.status,
                quality: template.quality,
                raw: form.content.clone(),
                rendered: form.content.render(&shown),
                variables: variables(form, at, frozen, &shown),
                invisible: invisible(form),
            }
        })
        .collect()
}

/// Where nobody receives a language, what would be a person's own is a blank.
fn hidden(form: &Form) -> Values {
    let value = |variable: &Variable| match variable {
        Variable::Text(text) => text.clone(),
        _ => HIDDEN.to_owned(),
    };
    form.slots().iter().map(|(key, variable)| (key.clone(), value(variable))).collect()
}

fn variables(form: &Form, at: usize, frozen: &Frozen, shown: &Values) -> Vec<VariableView> {
    let slots = form.slots().iter().enumerate();
    slots
        .map(|(slot, (key, variable))| VariableView {
            name: key.clone(),
            value: variable.clone(),
            source: in_words(variable),
            sample: shown.get(key).cloned().unwrap_or_default(),
            defaulted: frozen.defaulted(at, slot),
        })
        .collect()
}

fn in_words(variable: &Variable) -> String {
    let or = |default: &Option<String>| default.as_ref().map_or_else(String::new, |text| format!(", or \"{text}\""));
    match variable {
        Variable::Text(text) => format!("the text \"{text}\""),
        Variable::ContactName { default } => format!("the contact's name{}", or(default)),
        Variable::Attribute { name, default } => format!("the contact's {name}{}", or(default)),
    }
}

fn invisible(form: &Form) -> Vec<String> {
    texts(&form.content)
        .iter()
        .flat_map(|(place, text)| {
            let found = refused(text, form.language.base());
            found.into_iter().map(move |found| format!("{} at {place} {}", found.name(), found.at))
        })
        .collect()
}

fn segments(plan: &Resolved, frozen: &Frozen) -> Vec<SegmentView> {
    if let Some(stored) = &plan.stored {
        return stored.view.segments.clone();
    }
    let view = |segment: &Segment, matched: Option<u64>| SegmentView {
        segment: SegmentVersion { id: segment.id, version: segment.version, name: segment.name.clone() },
        include: segment.include.clone(),
        exclude: segment.exclude.clone(),
        in_words: segment.in_words(),
        left_out: matched.is_none(),
        matched,
    };
    let views = plan.segments.iter().zip(&frozen.matched).map(|(segment, matched)| view(segment, Some(*matched)));
    views.chain(plan.exclude.iter().map(|segment| view(segment, None))).collect()
}

fn sources(frozen: &Frozen) -> Vec<SourceCount> {
    let mut counts: BTreeMap<Option<ConsentSource>, u64> = BTreeMap::new();
    for receiver in &frozen.receivers {
        *counts.entry(receiver.consent.map(|consent| consent.source)).or_default() += 1;
    }
    let mut counts: Vec<SourceCount> =
        counts.into_iter().map(|(source, count)| SourceCount { source, count }).collect();
    counts.sort_by_key(|row| std::cmp::Reverse(row.count));
    counts
}

/// For how many it is the first marketing message.
pub fn first_marketing(plan: &Resolved, frozen: &Frozen) -> u64 {
    if plan.category == crate::domain::consent::MessageCategory::Marketing { frozen.tally(|r| r.first) } else { 0 }
}

fn links(plan: &Resolved, policy: &Policy) -> (LinksView, Vec<Finding>) {
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut links: Vec<LinkView> = Vec::new();
    let mut findings = Vec::new();
    let mut media = Vec::new();
    for form in plan.composer.forms() {
        let language = &form.language;
        if let Some(Header::Media(kind)) = &form.content.header {
            media.push(format!("{language} {kind}"));
        }
        for (place, field, button, start, url) in addresses(form) {
            let address = Address { place: &place, field: &field, button, start, url: &url };
            let (view, found) = check_link(&address, &policy.settings.links);
            findings.extend(found);
            if seen.insert((view.url.clone(), view.domain.clone())) {
                links.push(view);
            }
        }
    }
    (LinksView { links, media }, findings)
}

/// Every address of a message: behind its buttons as it is stored, in its texts with what everybody gets filled in.
fn addresses(form: &Form) -> Vec<(String, String, bool, usize, String)> {
    let language = &form.language;
    let buttons = form.content.buttons.iter().enumerate().filter_map(|(at, button)| match button {
        Button::Url { url, .. } => {
            let number = at + 1;
            Some((format!("{language} button {number}"), format!("{language}.button.{number}"), true, 0, url.clone()))
        }
        _ => None,
    });
    let rendered = form.content.render(&form.for_review());
    let named = [
        (Place::Header, "header", rendered.header),
        (Place::Body, "body", Some(rendered.body)),
        (Place::Body, "footer", rendered.footer),
    ];
    let in_texts = named.into_iter().flat_map(|(_, place, text)| {
        let found = named_in(text.as_deref().unwrap_or_default());
        found
            .into_iter()
            .map(move |(start, url)| (format!("{language} {place}"), format!("{language}.{place}"), false, start, url))
    });
    buttons.chain(in_texts).collect()
}

impl Frozen {
    /// How many receivers a condition holds for.
    pub fn tally(&self, holds: impl Fn(&super::audience::Receiver) -> bool) -> u64 {
        self.receivers.iter().map(|receiver| u64::from(holds(receiver))).sum()
    }

    fn of_form(&self, form: usize) -> u64 {
        self.tally(|receiver| receiver.form == form)
    }

    /// How many get the default in one slot of one language.
    pub fn defaulted(&self, form: usize, slot: usize) -> u64 {
        self.tally(|receiver| receiver.form == form && receiver.defaulted & bit(slot) != 0)
    }

    fn buckets(&self, of: impl Fn(&crate::store::candidates::Received) -> u16) -> [u64; 4] {
        let at_least = |count: u16| self.tally(|receiver| of(&receiver.received) >= count);
        let (one, two, more) = (at_least(1), at_least(2), at_least(3));
        [self.count() - one, one - two, two - more, more]
    }
}
