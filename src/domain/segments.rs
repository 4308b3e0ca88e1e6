//! Segments: which contacts, by conditions over what the business knows of them.

mod everyone;

use super::clock::Timestamp;
use super::consent::{Consent, MessageCategory};
use super::contacts::{ContactNo, Language, People};
use super::ids::SegmentId;
use super::phone::Market;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// What must hold for a contact to belong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Every one of these.
    All(#[schemars(length(max = 20))] Vec<Condition>),
    /// At least one of these.
    Any(#[schemars(length(max = 20))] Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// Carries this tag.
    Tag(String),
    /// Prefers one of these languages.
    Language(BTreeSet<Language>),
    /// Has a number of one of these markets.
    Market(BTreeSet<Market>),
    /// Has given consent for this category.
    Consent(MessageCategory),
    /// Wrote to the business within so many days.
    WroteWithinDays(u16),
    /// Has not written to the business for so many days.
    SilentForDays(u16),
    /// No condition: everybody. Only to be combined with others.
    Everyone,
}

/// A named part of the contacts. A change makes a new version; what was approved on an old one stays on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Which one.
    pub id: SegmentId,
    /// From 1.
    pub version: u32,
    /// What people call it.
    pub name: String,
    /// Who belongs.
    pub include: Condition,
    /// Who of those does not.
    pub exclude: Option<Condition>,
    /// Since when this version holds.
    pub created_at: Timestamp,
}

/// A new version of a segment, to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPlan {
    /// Which one.
    pub segment: SegmentId,
    /// The version that it is made on; 0 if the segment is new. On any other it is void.
    pub base: u32,
    /// What people call it.
    pub name: String,
    /// Who belongs.
    pub include: Condition,
    /// Who of those does not.
    pub exclude: Option<Condition>,
}

impl SegmentPlan {
    /// The segment as it would be.
    #[must_use]
    pub fn segment(&self, now: Timestamp) -> Segment {
        Segment {
            id: self.segment,
            version: self.base + 1,
            name: self.name.clone(),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            created_at: now,
        }
    }
}

/// What a condition may ask about one contact.
#[derive(Debug, Clone, Copy)]
pub struct Traits<'a> {
    /// Its place in tag sets.
    pub no: ContactNo,
    /// Preferred language.
    pub language: Option<&'a Language>,
    /// Market of a valid number.
    pub market: Option<Market>,
    /// When the person last wrote.
    pub last_inbound_at: Option<Timestamp>,
    /// The consent for the category that is asked about, if it is asked about.
    pub consents: &'a [(MessageCategory, Consent)],
}

/// The members of each tag that the conditions name.
pub type TagSets = HashMap<String, People>;

impl Condition {
    /// Whether this contact fulfils it.
    #[must_use]
    pub fn holds(&self, who: &Traits<'_>, tags: &TagSets, now: Timestamp) -> bool {
        match self {
            Self::All(all) => all.iter().all(|c| c.holds(who, tags, now)),
            Self::Any(any) => any.iter().any(|c| c.holds(who, tags, now)),
            Self::Not(not) => !not.holds(who, tags, now),
            Self::Tag(tag) => tags.get(tag).is_some_and(|members| members.contains(who.no.0)),
            Self::Language(languages) => who.language.is_some_and(|l| languages.contains(l)),
            Self::Market(markets) => who.market.is_some_and(|m| markets.contains(&m)),
            Self::Consent(category) => who.consents.iter().any(|(c, consent)| c == category && consent.counts_at(now)),
            Self::WroteWithinDays(days) => who.last_inbound_at.is_some_and(|at| now.since(at) <= days_of(*days)),
            Self::SilentForDays(days) => who.last_inbound_at.is_none_or(|at| now.since(at) > days_of(*days)),
            Self::Everyone => true,
        }
    }

    /// The tags it names.
    pub fn tags<'a>(&'a self, found: &mut BTreeSet<&'a str>) {
        match self {
            Self::All(many) | Self::Any(many) => many.iter().for_each(|c| c.tags(found)),
            Self::Not(one) => one.tags(found),
            Self::Tag(tag) => {
                found.insert(tag);
            }
            _ => {}
        }
    }

    /// The categories whose consent it asks about.
    pub fn consents(&self, found: &mut BTreeSet<MessageCategory>) {
        match self {
            Self::All(many) | Self::Any(many) => many.iter().for_each(|c| c.consents(found)),
            Self::Not(one) => one.consents(found),
            Self::Consent(category) => {
                found.insert(*category);
            }
            _ => {}
        }
    }

    /// What is wrong with it as people or agents write it: too deep, too long, or empty where it must not be.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        const MANY: usize = 200;
        self.fault_at(1).or_else(|| {
            let count = self.size();
            (count > MANY).then(|| format!("{count} conditions are too many; at most {MANY} in all"))
        })
    }

    fn size(&self) -> usize {
        match self {
            Self::All(many) | Self::Any(many) => many.iter().map(Self::size).sum::<usize>() + 1,
            Self::Not(one) => one.size() + 1,
            _ => 1,
        }
    }

    fn fault_at(&self, depth: usize) -> Option<String> {
        const DEEPEST: usize = 6;
        const MANY: usize = 20;
        const TAG: usize = 64;
        if depth > DEEPEST {
            return Some(format!("conditions lie more than {DEEPEST} deep in each other"));
        }
        match self {
            Self::All(many) | Self::Any(many) if many.is_empty() || many.len() > MANY => {
                Some(format!("all and any take 1 to {MANY} conditions"))
            }
            Self::All(many) | Self::Any(many) => many.iter().find_map(|one| one.fault_at(depth + 1)),
            Self::Not(one) => one.fault_at(depth + 1),
            Self::Tag(tag) if tag.trim() != tag || tag.is_empty() || tag.chars().count() > TAG => {
                Some(format!("a tag has 1 to {TAG} characters, without space around it"))
            }
            Self::Language(set) if set.is_empty() => Some("language takes at least one language".into()),
            Self::Market(set) if set.is_empty() => Some("market takes at least one market".into()),
            Self::WroteWithinDays(0) | Self::SilentForDays(0) => Some("days are counted from 1".into()),
            _ => None,
        }
    }

    /// In words, for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let join = |many: &[Self], word: &str| many.iter().map(Self::in_words).collect::<Vec<_>>().join(word);
        let list = |words: Vec<&str>| words.join(" or ");
        match self {
            Self::All(all) => format!("({})", join(all, " and ")),
            Self::Any(any) => format!("({})", join(any, " or ")),
            Self::Not(not) => format!("not {}", not.in_words()),
            Self::Tag(tag) => format!("tag {tag}"),
            Self::Language(l) => format!("language {}", list(l.iter().map(Language::as_str).collect())),
            Self::Market(m) => format!("market {}", list(m.iter().map(Market::as_str).collect())),
            Self::Consent(category) => format!("consent for {category}"),
            Self::WroteWithinDays(days) => format!("wrote within {days} days"),
            Self::SilentForDays(days) => format!("silent for {days} days"),
            Self::Everyone => "everyone".into(),
        }
    }
}

const fn days_of(days: u16) -> Duration {
    Duration::from_hours(days as u64 * 24)
}

impl Segment {
    /// Whether this contact belongs.
    #[must_use]
    pub fn has(&self, who: &Traits<'_>, tags: &TagSets, now: Timestamp) -> bool {
        self.include.holds(who, tags, now) && !self.exclude.as_ref().is_some_and(|c| c.holds(who, tags, now))
    }

    /// The categories whose consent its conditions ask about.
    #[must_use]
    pub fn consents(&self) -> BTreeSet<MessageCategory> {
        let mut found = BTreeSet::new();
        self.include.consents(&mut found);
        if let Some(exclude) = &self.exclude {
            exclude.consents(&mut found);
        }
        found
    }

    /// Whether it takes in every contact, whoever there is, or says only who does not belong.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        everyone::takes_in_everybody(&self.include, self.exclude.as_ref()) || !everyone::says_who_belongs(&self.include)
    }

    /// The tags that its conditions name.
    #[must_use]
    pub fn tags(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.include.tags(&mut found);
        if let Some(exclude) = &self.exclude {
            exclude.tags(&mut found);
        }
        found
    }

    /// In words, for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.exclude.as_ref().map_or_else(
            || self.include.in_words(),
            |exclude| format!("{}, without {}", self.include.in_words(), exclude.in_words()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consents_that_it_asks_about_are_found() {
        let condition: Condition =
            serde_json::from_str(r#"{"all": [{"not": {"consent": "utility"}}, {"consent": "marketing"}]}"#).unwrap();
        let mut asked = BTreeSet::new();
        condition.consents(&mut asked);
        assert_eq!(asked.into_iter().collect::<Vec<_>>(), [MessageCategory::Marketing, MessageCategory::Utility]);
    }

    #[test]
    fn conditions_are_read_as_they_are_written() {
        let segment = Segment {
            id: SegmentId::random(),
            version: 1,
            name: "HK members".into(),
            include: serde_json::from_str(
                r#"{"all": [{"tag": "member"}, {"market": ["HK", "MO"]}, {"wrote_within_days": 30}]}"#,
            )
            .unwrap(),
            exclude: Some(serde_json::from_str(r#"{"tag": "staff"}"#).unwrap()),
            created_at: Timestamp::default(),
        };
        let now = Timestamp::from_seconds(1_790_000_000);
        let tags =
            TagSets::from([("member".into(), People::from_iter([1, 2, 3])), ("staff".into(), People::from_iter([3]))]);
        let who = |no, market: &str, days| Traits {
            no: ContactNo(no),
            language: None,
            market: market.parse().ok(),
            last_inbound_at: Some(now.before(days_of(days))),
            consents: &[],
        };
        assert!(segment.has(&who(1, "HK", 30), &tags, now));
        assert!(!segment.has(&who(1, "HK", 31), &tags, now), "too long ago");
        assert!(!segment.has(&who(2, "SG", 1), &tags, now), "elsewhere");
        assert!(!segment.has(&who(3, "HK", 1), &tags, now), "excluded");
        assert!(!segment.has(&who(4, "HK", 1), &tags, now), "no member");
        assert_eq!(segment.in_words(), "(tag member and market HK or MO and wrote within 30 days), without tag staff");
        assert!(serde_json::from_str::<Condition>(r#"{"tags": "x"}"#).is_err());
    }
}
