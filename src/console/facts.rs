//! Words for facts whose stored names are English: exclusions, consent, samples, markets, categories, quality.

use super::parts::{Tag, Tone};
use crate::domain::audience::{Exclusion, Withheld};
use crate::domain::consent::{ConsentSource, MessageCategory};
use crate::domain::contacts::import::LeftOut;
use crate::domain::phone::Market;
use crate::domain::templates::{Quality, TemplateStatus};
use crate::words::Words;

pub fn exclusion(l: &Words, reason: Exclusion) -> String {
    match reason {
        Exclusion::InvalidNumber => l.t("excluded-invalid-number"),
        Exclusion::Duplicate => l.t("excluded-duplicate"),
        Exclusion::DoNotContact => l.t("excluded-do-not-contact"),
        Exclusion::OptedOutOfEverything => l.t("excluded-opted-out-all"),
        Exclusion::OptedOutOfMarketing => l.t("excluded-opted-out-marketing"),
        Exclusion::StoppedAtMeta => l.t("excluded-stopped-marketing-at-meta"),
        Exclusion::Blocked => l.t("excluded-blocked"),
        Exclusion::NoConsent => l.t("excluded-no-consent"),
        Exclusion::ConsentNotTraceable => l.t("excluded-consent-not-traceable"),
        Exclusion::ConsentDoesNotCover => l.t("excluded-consent-does-not-cover"),
        Exclusion::MarketNotAllowed => l.t("excluded-market-not-allowed"),
        Exclusion::NoTemplateLanguage => l.t("excluded-no-template-language"),
        Exclusion::VariableMissing => l.t("excluded-variable-missing"),
        Exclusion::FrequencyCap => l.t("excluded-our-frequency-cap"),
        Exclusion::RecentMetaCap => l.t("excluded-recent-meta-cap"),
        Exclusion::MetaExperiment => l.t("excluded-meta-experiment"),
        Exclusion::QuietHours => l.t("excluded-quiet-hours"),
        Exclusion::OverPortfolioLimit => l.t("excluded-over-portfolio-limit"),
    }
}

/// Why somebody who was signed for was not written to after all.
pub fn withheld(l: &Words, why: Withheld) -> String {
    match why {
        Withheld::Changed => l.t("withheld-changed"),
        Withheld::Gone => l.t("withheld-gone"),
        Withheld::Late => l.t("withheld-late"),
        Withheld::Excluded(reason) => exclusion(l, reason),
    }
}

/// How people agreed; none where the category needs no consent.
pub fn left_out(l: &Words, reason: LeftOut) -> String {
    match reason {
        LeftOut::InvalidPhone => l.t("left-out-phone"),
        LeftOut::Duplicate => l.t("left-out-duplicate"),
        LeftOut::BadText => l.t("left-out-text"),
        LeftOut::ConsentLabel => l.t("left-out-label"),
        LeftOut::UnknownLanguage => l.t("left-out-language"),
        LeftOut::NoConsent => l.t("left-out-no-consent"),
        LeftOut::NoCategory => l.t("left-out-category"),
        LeftOut::NoSource => l.t("left-out-source"),
        LeftOut::NoDate => l.t("left-out-date"),
        LeftOut::BadDate => l.t("left-out-date-unreadable"),
        LeftOut::DateAhead => l.t("left-out-date-ahead"),
        LeftOut::NotTraceable => l.t("left-out-not-traceable"),
        LeftOut::OptedOut => l.t("left-out-opted-out"),
        LeftOut::ConsentWithdrawn => l.t("left-out-withdrawn"),
    }
}

pub fn source(l: &Words, source: Option<ConsentSource>) -> String {
    match source {
        Some(ConsentSource::WebForm) => l.t("source-web-form"),
        Some(ConsentSource::InStore) => l.t("source-in-store"),
        Some(ConsentSource::WhatsappMessage) => l.t("source-whatsapp-message"),
        Some(ConsentSource::Paper) => l.t("source-paper"),
        Some(ConsentSource::Oral) => l.t("source-oral"),
        Some(ConsentSource::Import) => l.t("source-import"),
        None => l.t("source-none"),
    }
}

/// Why somebody is in the sample, by its stored name.
pub fn sampled(l: &Words, why: &str) -> String {
    match why {
        "longest_text" => l.t("why-longest-text"),
        "shortest_text" => l.t("why-shortest-text"),
        "most_defaults" => l.t("why-most-defaults"),
        "oldest_consent" => l.t("why-oldest-consent"),
        "drawn" => l.t("why-drawn"),
        other => other.to_owned(),
    }
}

/// Markets that have a name here; the others show their two letters.
const MARKETS: &[(&str, &str)] = &[
    ("HK", "market-HK"),
    ("MO", "market-MO"),
    ("SG", "market-SG"),
    ("TW", "market-TW"),
    ("CN", "market-CN"),
    ("MY", "market-MY"),
    ("GB", "market-GB"),
    ("US", "market-US"),
    ("JP", "market-JP"),
    ("PH", "market-PH"),
    ("TH", "market-TH"),
    ("ID", "market-ID"),
];

pub fn market(l: &Words, market: Market) -> String {
    let known = MARKETS.iter().find(|(code, _)| *code == market.as_str());
    known.map_or_else(|| market.as_str().to_owned(), |(_, key)| l.t(key))
}

pub fn category(l: &Words, category: MessageCategory) -> String {
    match category {
        MessageCategory::Marketing => l.t("category-marketing"),
        MessageCategory::Utility => l.t("category-utility"),
        MessageCategory::Authentication => l.t("category-authentication"),
        MessageCategory::Service => l.t("category-service"),
    }
}

/// Where a template stands at Meta.
pub fn template_status(l: &Words, status: TemplateStatus) -> String {
    l.t(match status {
        TemplateStatus::Approved => "meta-status-approved",
        TemplateStatus::Pending => "meta-status-pending",
        TemplateStatus::Rejected => "meta-status-rejected",
        TemplateStatus::Paused => "meta-status-paused",
        TemplateStatus::Disabled => "meta-status-disabled",
        TemplateStatus::InAppeal => "meta-status-in-appeal",
        TemplateStatus::PendingDeletion => "meta-status-pending-deletion",
        TemplateStatus::Deleted => "meta-status-deleted",
        TemplateStatus::LimitExceeded => "meta-status-limit-exceeded",
        TemplateStatus::Archived => "meta-status-archived",
        TemplateStatus::Unknown => "meta-status-unknown",
    })
}

/// Where a number stands at Meta, as it is stored; what is not known here is said in Meta's word.
pub fn number_status(l: &Words, status: &str) -> String {
    l.t(match status {
        "connected" => "number-status-connected",
        "pending" => "number-status-pending",
        "flagged" => "number-status-flagged",
        "restricted" => "number-status-restricted",
        "rate_limited" => "number-status-rate-limited",
        "banned" => "number-status-banned",
        "disconnected" => "number-status-disconnected",
        "migrated" => "number-status-migrated",
        "deleted" => "number-status-deleted",
        "unverified" => "number-status-unverified",
        "unknown" => "meta-status-unknown",
        other => return other.to_owned(),
    })
}

/// Where in a message something stands, such as `zh_HK button 1`, which what is signed says in English.
pub fn part_of_message(l: &Words, place: &str) -> String {
    if !l.lang().is_chinese() {
        return place.to_owned();
    }
    let (before, last) = place.rsplit_once(' ').unwrap_or(("", place));
    let (before, part) = match last.parse::<u64>() {
        Ok(number) => match before.strip_suffix("button") {
            Some(before) => (before.trim_end(), l.t1("template-part-button", "n", number)),
            None => return place.to_owned(),
        },
        Err(_) => match last {
            "header" => (before, l.t("template-part-header")),
            "body" => (before, l.t("template-part-body")),
            "footer" => (before, l.t("template-part-footer")),
            _ => return place.to_owned(),
        },
    };
    if before.is_empty() { part } else { format!("{before} {part}") }
}

/// Whom a small write is about: a masked name, or how many, which what was signed counts in English.
pub fn whom(l: &Words, who: &str) -> String {
    let counted = || {
        let (count, what) = who.split_once(' ')?;
        let count: u64 = count.replace(',', "").parse().ok()?;
        match what {
            "contacts" => Some(l.t1("people", "n", count)),
            "conversations" => Some(l.t1("conversations-counted", "n", count)),
            _ => None,
        }
    };
    counted().unwrap_or_else(|| who.to_owned())
}

pub fn quality(l: &Words, quality: Quality) -> Tag {
    match quality {
        Quality::Green => Tag::new(Tone::Ok, "check", l.t("quality-high")),
        Quality::Yellow => Tag::new(Tone::Warn, "warn", l.t("quality-medium")),
        Quality::Red => Tag::new(Tone::Danger, "cross", l.t("quality-low")),
        Quality::Unknown => Tag::new(Tone::Plain, "dot", l.t("quality-unknown")),
    }
}
