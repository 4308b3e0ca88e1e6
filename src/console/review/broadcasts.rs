//! From the stored view of a broadcast to its five sections. Nothing is looked up: what is shown is what was signed.

use super::{
    AudienceSection, BroadcastReview, ConsentSection, CostLine, Header, LinkView, LinksSection, MarketTime,
    MessageSection, SamplePerson, ScheduleSection, SegmentLine, Variable, Variant,
};
use crate::console::conditions;
use crate::console::facts;
use crate::console::message_text::{formatted, pieces};
use crate::console::parts::{Digest, Proof, Share};
use crate::domain::clock::Timestamp;
use crate::domain::preview::{
    AudienceView, BroadcastView, ConsentView, LanguageView, LinksView, MessageView, ScheduleView,
};
use crate::domain::templates::{self, MediaKind, TemplateContent, TemplateStatus};
use crate::words::Words;
use jiff::tz::TimeZone;
use std::time::Duration;

/// The five sections of a broadcast; `root` is that of the frozen list.
pub fn broadcast(l: &Words, view: &BroadcastView, root: &str) -> BroadcastReview {
    BroadcastReview {
        message: message(l, &view.message),
        audience: audience(l, &view.audience, root),
        consent: consent(l, &view.consent),
        schedule: schedule(l, &view.schedule, view.audience.markets.iter().map(|m| (m.market, m.count)).collect()),
        links: links(l, &view.links),
    }
}

fn message(l: &Words, view: &MessageView) -> MessageSection {
    MessageSection {
        template: view.template.clone(),
        category: facts::category(l, view.category),
        variants: view.languages.iter().map(|language| variant(l, language)).collect(),
    }
}

fn variant(l: &Words, view: &LanguageView) -> Variant {
    let status = match view.status {
        TemplateStatus::Approved => Proof { holds: true, text: l.t("template-approved") },
        other => {
            Proof { holds: false, text: l.t1("template-not-approved", "status", facts::template_status(l, other)) }
        }
    };
    let quality = facts::quality(l, view.quality);
    let low = matches!(view.quality, templates::Quality::Red | templates::Quality::Yellow);
    Variant {
        language: view.language.to_string(),
        lang: view.language.bcp47(),
        dir: if matches!(view.language.base(), "ar" | "fa" | "he" | "ur") { "rtl" } else { "ltr" },
        people: view.recipients,
        header: header(l, view),
        body: formatted(&view.rendered.body),
        footer: view.rendered.footer.clone(),
        buttons: view.rendered.buttons.iter().map(|button| button.label.clone()).collect(),
        raw: pieces(&stored(&view.raw)),
        variables: view
            .variables
            .iter()
            .map(|variable| Variable {
                name: format!("{{{{{}}}}}", variable.name),
                source: conditions::variable(l, &variable.value),
                sample: variable.sample.clone(),
                defaulted: variable.defaulted,
            })
            .collect(),
        hidden_characters: view.invisible.len(),
        proofs: vec![status, Proof { holds: !low, text: l.t1("template-quality", "quality", quality.text) }],
    }
}

fn header(l: &Words, view: &LanguageView) -> Option<Header> {
    Some(match view.raw.header.as_ref()? {
        templates::Header::Text(text) => Header::Text(view.rendered.header.clone().unwrap_or_else(|| text.clone())),
        templates::Header::Media(MediaKind::Image) => Header::Media(l.t("header-image")),
        templates::Header::Media(MediaKind::Video) => Header::Media(l.t("header-video")),
        templates::Header::Media(MediaKind::Document) => Header::Media(l.t("header-document")),
        templates::Header::Location => Header::Media(l.t("header-location")),
    })
}

/// The template as one text, top to bottom; what a button leads to stands behind it.
pub(super) fn stored(content: &TemplateContent) -> String {
    let header = match &content.header {
        Some(templates::Header::Text(text)) => Some(text.clone()),
        Some(templates::Header::Media(kind)) => Some(format!("[{kind}]")),
        Some(templates::Header::Location) => Some("[location]".to_owned()),
        None => None,
    };
    let buttons = content.buttons.iter().map(|button| match button {
        templates::Button::Url { text, url } => format!("[{text}] {url}"),
        templates::Button::PhoneNumber { text, phone_number } => format!("[{text}] {phone_number}"),
        other => format!("[{}]", other.label()),
    });
    let lines = header.into_iter().chain([content.body.clone()]).chain(content.footer.clone()).chain(buttons);
    lines.collect::<Vec<_>>().join("\n")
}

fn audience(l: &Words, view: &AudienceView, root: &str) -> AudienceSection {
    AudienceSection {
        segments: view
            .segments
            .iter()
            .map(|segment| SegmentLine {
                name: segment.segment.name.clone(),
                version: segment.segment.version,
                in_words: conditions::segment(l, segment),
                matched: segment.matched,
            })
            .collect(),
        frozen_at: view.frozen_at.to_jiff(),
        matched: view.funnel.matched,
        exclusions: view
            .funnel
            .excluded
            .iter()
            .map(|row| Share { name: facts::exclusion(l, row.reason), count: row.count })
            .collect(),
        receives: view.funnel.will_receive,
        markets: view
            .markets
            .iter()
            .map(|market| Share { name: facts::market(l, market.market), count: market.count })
            .collect(),
        sample: view
            .samples
            .iter()
            .map(|person| SamplePerson {
                why: facts::sampled(l, &person.why),
                phone: person.phone.clone(),
                name: person.name.clone(),
                language: person.language.to_string(),
                lang: person.language.bcp47(),
                text: person.text.clone(),
                consent: person.consent_at.map(|at| (at.to_jiff(), facts::source(l, person.consent_source))),
            })
            .collect(),
        root: Digest::new(root),
    }
}

fn consent(l: &Words, view: &ConsentView) -> ConsentSection {
    let times = |[none, one, two, more]: [u64; 4]| {
        let share = |name, count| Share { name, count };
        vec![
            share(l.t("times-none"), none),
            share(l.t("times-one"), one),
            share(l.t("times-two"), two),
            share(l.t("times-more"), more),
        ]
    };
    let first = (view.first_marketing > 0)
        .then(|| Proof { holds: true, text: l.t1("first-marketing", "n", view.first_marketing) });
    ConsentSection {
        policy_version: view.policy.clone(),
        sources: view
            .sources
            .iter()
            .map(|row| Share { name: facts::source(l, row.source), count: row.count })
            .collect(),
        frequency: times(view.last_30_days),
        frequency_week: times(view.last_7_days),
        proofs: first.into_iter().collect(),
    }
}

fn schedule(
    l: &Words,
    view: &ScheduleView,
    people: std::collections::BTreeMap<crate::domain::phone::Market, u64>,
) -> ScheduleSection {
    let starts = view.schedule.start_at;
    let ends = starts.map(|at| at.after(Duration::from_secs(view.seconds)));
    let local = |zone: &str, at: Option<Timestamp>| match at {
        Some(at) => TimeZone::get(zone).map_or_else(|_| l.when(at.to_jiff()), |zone| l.when_in(at.to_jiff(), &zone)),
        None => l.t("schedule-after-approval"),
    };
    let cost = &view.cost;
    ScheduleSection {
        starts: starts.map(Timestamp::to_jiff),
        ends: ends.map(Timestamp::to_jiff),
        markets: view
            .local
            .iter()
            .map(|clock| MarketTime {
                market: facts::market(l, clock.market),
                people: people.get(&clock.market).copied().unwrap_or_default(),
                local: local(&clock.zone, starts),
                quiet: clock.quiet,
            })
            .collect(),
        per_second: view.schedule.per_second.into(),
        batches: view.batches,
        batch_size: view.schedule.batch_size.into(),
        rate_card: cost.rate_card.clone(),
        costs: cost
            .lines
            .iter()
            .map(|line| CostLine {
                market: facts::market(l, line.market),
                people: line.count,
                rate: line.rate.to_string(),
                amount: line.total.to_string(),
            })
            .collect(),
        total: cost.total.to_string(),
        ceiling: cost.ceiling.to_string(),
        limit: view.portfolio_limit,
        used: view.portfolio_used,
        number: view.from.clone(),
        quality: facts::quality(l, view.number_quality),
    }
}

pub(super) fn links(l: &Words, view: &LinksView) -> LinksSection {
    let proofs = |link: &crate::domain::preview::LinkView| {
        let https = link.url.starts_with("https://");
        let proof = |holds: bool, yes: String, no: String| Proof { holds, text: if holds { yes } else { no } };
        vec![
            proof(https, l.t("link-https"), l.t("link-not-https")),
            proof(link.allowed, l.t("link-listed"), l.t("link-not-listed")),
        ]
    };
    LinksSection {
        links: view
            .links
            .iter()
            .map(|link| LinkView {
                domain: link.domain.clone(),
                address: link.url.clone(),
                place: facts::part_of_message(l, &link.place),
                proofs: proofs(link),
            })
            .collect(),
        media: view.media.clone(),
    }
}

/// What would be sent, in one sentence made of signed figures; `sends` tells it from a draft that is only stored.
pub fn summary(l: &Words, view: &BroadcastView, sends: bool) -> String {
    let people = view.audience.funnel.will_receive;
    if !sends {
        return l.t2("summary-create", "template", &view.message.template, "people", people);
    }
    let start = view.schedule.schedule.start_at;
    let values = [
        ("template", view.message.template.as_str().into()),
        ("category", facts::category(l, view.message.category).into()),
        ("people", people.into()),
        ("markets", view.audience.markets.len().into()),
        ("when", start.map_or_else(|| l.t("summary-at-once"), |at| l.when(at.to_jiff())).into()),
        ("ceiling", view.schedule.cost.ceiling.to_string().into()),
    ];
    l.t_with("summary-schedule", &values)
}
