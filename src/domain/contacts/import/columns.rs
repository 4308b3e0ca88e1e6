//! Which column of a file says what: found by the names in its first line, or named by whoever sends it.

use super::given::{GivenConsent, GivenRow};
use crate::domain::redact::scrub;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Headers that an error repeats, and how much of each.
const REPEATED: usize = 30;
const HEADER: usize = 64;

words! {
    /// What a column can say, in the order in which people are shown it.
    Field, "field" {
        /// The number.
        Phone = "phone",
        /// What the person is called.
        Name = "name",
        /// What language to write in.
        Language = "language",
        /// Labels, with `;`, `,` or `|` between them.
        Tags = "tags",
        /// To what the person agreed: one category, or several as labels are written.
        Category = "consent_category",
        /// How.
        Source = "consent_source",
        /// When.
        Date = "consent_date",
        /// Where the proof lies.
        Evidence = "consent_evidence",
    }
}

impl Field {
    /// The headers by which it is found without being named.
    const fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Phone => &["phone", "phone_number", "mobile", "電話", "电话"],
            Self::Name => &["name", "full_name", "姓名"],
            Self::Language => &["language"],
            Self::Tags => &["tags", "labels"],
            Self::Category => &["consent_category"],
            Self::Source => &["consent_source"],
            Self::Date => &["consent_date"],
            Self::Evidence => &["consent_evidence"],
        }
    }
}

/// The columns of a file by their headers; what is left out is found by its usual name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// The header of the number; usually `phone`.
    pub phone: Option<String>,
    /// Of the name; usually `name`.
    pub name: Option<String>,
    /// Of the language; usually `language`.
    pub language: Option<String>,
    /// Of the labels, with `;`, `,` or `|` between them; usually `tags`.
    pub tags: Option<String>,
    /// Of what the person agreed to; usually `consent_category`.
    pub consent_category: Option<String>,
    /// Of how; usually `consent_source`.
    pub consent_source: Option<String>,
    /// Of when; usually `consent_date`.
    pub consent_date: Option<String>,
    /// Of where the proof lies; usually `consent_evidence`.
    pub consent_evidence: Option<String>,
    /// Further facts: the name of each, with the header of its column.
    pub attributes: BTreeMap<String, String>,
}

impl Columns {
    const fn named(&self, field: Field) -> Option<&String> {
        match field {
            Field::Phone => self.phone.as_ref(),
            Field::Name => self.name.as_ref(),
            Field::Language => self.language.as_ref(),
            Field::Tags => self.tags.as_ref(),
            Field::Category => self.consent_category.as_ref(),
            Field::Source => self.consent_source.as_ref(),
            Field::Date => self.consent_date.as_ref(),
            Field::Evidence => self.consent_evidence.as_ref(),
        }
    }
}

/// The cells of one row of a file: one text, and where each cell ends in it.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Cells<'a> {
    /// Of a text and the ends of its cells.
    #[must_use]
    pub const fn new(text: &'a str, ends: &'a [usize]) -> Self {
        Self { text, ends }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.ends.len()
    }

    /// One of them, without the space around it; empty where the row is shorter.
    #[must_use]
    pub fn get(&self, at: usize) -> &'a str {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let cell = self.ends.get(at).and_then(|end| self.text.get(start..*end));
        cell.unwrap_or_default().trim()
    }

    /// How long all of them are together, in bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.text.len()
    }

    fn all(&self) -> impl Iterator<Item = &'a str> {
        (0..self.count()).map(|at| self.get(at))
    }

    /// Whether nothing stands in any.
    #[must_use]
    pub fn are_empty(&self) -> bool {
        self.all().all(str::is_empty)
    }
}

/// How the columns were understood: part of what people sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Understood {
    /// What each column that is used says, with its header.
    pub used: Vec<UsedColumn>,
    /// The headers of those that are not.
    pub unused: Vec<String>,
}

/// A column that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UsedColumn {
    /// What it says: a word of ours, or the name of a further fact.
    pub says: String,
    /// Its header.
    pub header: String,
}

/// Where each cell is found.
#[derive(Debug, Clone)]
pub struct Layout {
    fields: BTreeMap<Field, usize>,
    facts: Vec<(String, usize)>,
    understood: Understood,
}

/// Why the first line does not say what the columns are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// A column is named that is not there.
    #[error("columns.{0}: no column has that header; the first line has {1}")]
    Missing(String, String),
    /// Nothing says whose rows these are.
    #[error(
        "no column is the number: call one \"phone\" in the first line, or name it in columns.phone. The first line has {0}"
    )]
    NoPhone(String),
    /// Two columns could be meant.
    #[error("two columns have the header \"{0}\"; call one of them otherwise")]
    Twice(String),
}

/// Headers are alike whatever their case and the spaces in them.
fn alike(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-'], "_")
}

fn short(header: &str) -> String {
    scrub(&header.chars().take(HEADER).collect::<String>())
}

impl Layout {
    /// From the first line of a file.
    pub fn of(header: Cells<'_>, columns: &Columns) -> Result<Self, BadHeader> {
        let headers: Vec<String> = header.all().map(alike).collect();
        let listed = || {
            let named = header.all().filter(|text| !text.is_empty()).take(REPEATED);
            named.map(|text| format!("\"{}\"", short(text))).collect::<Vec<_>>().join(", ")
        };
        let find = |wanted: &str| {
            let wanted = alike(wanted);
            let mut places = headers.iter().enumerate().filter(|(_, header)| **header == wanted).map(|(at, _)| at);
            match (places.next(), places.next()) {
                (Some(_), Some(_)) => Err(BadHeader::Twice(short(&wanted))),
                (place, _) => Ok(place),
            }
        };
        let named = |what: String, header: &str| find(header)?.ok_or_else(|| BadHeader::Missing(what, listed()));
        let mut fields = BTreeMap::new();
        for field in Field::ALL {
            let place = match columns.named(*field) {
                Some(header) => Some(named(field.to_string(), header)?),
                None => field.usual().iter().find_map(|usual| find(usual).transpose()).transpose()?,
            };
            fields.extend(place.map(|at| (*field, at)));
        }
        if !fields.contains_key(&Field::Phone) {
            return Err(BadHeader::NoPhone(listed()));
        }
        let facts = columns
            .attributes
            .iter()
            .map(|(name, header)| Ok((name.clone(), named(format!("attributes.{name}"), header)?)))
            .collect::<Result<Vec<_>, BadHeader>>()?;
        let column = |says: String, at: usize| UsedColumn { says, header: short(header.get(at)) };
        let used = fields.iter().map(|(field, at)| column(field.to_string(), *at));
        let used = used.chain(facts.iter().map(|(name, at)| column(name.clone(), *at))).collect();
        let is_used = |at: &usize| fields.values().chain(facts.iter().map(|(_, at)| at)).any(|place| place == at);
        let unused = (0..header.count()).filter(|at| !is_used(at)).map(|at| short(header.get(at)));
        let understood = Understood { used, unused: unused.filter(|text| !text.is_empty()).take(REPEATED).collect() };
        Ok(Self { fields, facts, understood })
    }

    /// What was understood.
    #[must_use]
    pub const fn understood(&self) -> &Understood {
        &self.understood
    }

    /// A row of the file, as it is given: from here on there is no difference to one that came in a call. What begins with a
    /// sign of equality is a text like any other.
    #[must_use]
    pub fn row(&self, cells: Cells<'_>) -> GivenRow {
        let cell = |field: Field| self.fields.get(&field).map_or("", |at| cells.get(*at));
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        GivenRow {
            phone: cell(Field::Phone).to_owned(),
            name: cell(Field::Name).to_owned(),
            language: filled(cell(Field::Language)),
            tags: several(cell(Field::Tags)).map(str::to_owned).collect(),
            attributes: self
                .facts
                .iter()
                .filter_map(|(name, at)| Some((name.clone(), filled(cells.get(*at))?)))
                .collect(),
            consents: consents(cell),
        }
    }
}

fn several(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', ',', '|']).map(str::trim).filter(|part| !part.is_empty())
}

fn consents<'a>(cell: impl Fn(Field) -> &'a str) -> Vec<GivenConsent> {
    let [category, source, date, evidence] = [Field::Category, Field::Source, Field::Date, Field::Evidence].map(cell);
    let to = |category: &str| GivenConsent {
        category: category.to_owned(),
        source: source.to_owned(),
        evidence: evidence.to_owned(),
        date: date.to_owned(),
    };
    if [category, source, date, evidence].iter().all(|text| text.is_empty()) {
        return Vec::new();
    }
    let each: Vec<GivenConsent> = several(category).map(to).collect();
    if each.is_empty() { vec![to("")] } else { each }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(cells: &[&str], look: impl FnOnce(Cells<'_>) -> T) -> T {
        let ends: Vec<usize> = cells
            .iter()
            .scan(0, |end, cell| {
                *end += cell.len();
                Some(*end)
            })
            .collect();
        look(Cells::new(&cells.concat(), &ends))
    }

    fn layout(header: &[&str], columns: &Columns) -> Result<Layout, BadHeader> {
        with(header, |cells| Layout::of(cells, columns))
    }

    #[test]
    fn columns_are_found_by_their_usual_names_or_by_those_given() {
        let usual = [
            "Name",
            "Phone Number",
            "consent-category",
            "CONSENT_SOURCE",
            "consent_date",
            "consent_evidence",
            "Shoe size",
        ];
        let found = layout(&usual, &Columns::default()).unwrap();
        let says: Vec<&str> = found.understood().used.iter().map(|column| column.says.as_str()).collect();
        assert_eq!(says, ["phone", "name", "consent_category", "consent_source", "consent_date", "consent_evidence"]);
        assert_eq!(found.understood().unused, ["Shoe size"]);
        let columns = Columns {
            phone: Some("Tel.".into()),
            attributes: BTreeMap::from([("tier".into(), "Level".into())]),
            ..Columns::default()
        };
        let found = layout(&["Tel.", "Level", "tags"], &columns).unwrap();
        let row = with(&["=1+1", " gold ", "a;b, c|"], |cells| found.row(cells));
        assert_eq!((row.phone.as_str(), row.attributes["tier"].as_str()), ("=1+1", "gold"), "a formula is a text");
        assert_eq!((row.tags, row.consents.len()), (vec!["a".to_owned(), "b".into(), "c".into()], 0));
        let short = with(&["1"], |cells| found.row(cells));
        assert!(short.attributes.is_empty() && short.tags.is_empty(), "what is not there is not said");
    }

    #[test]
    fn a_first_line_that_does_not_say_what_the_columns_are_is_refused_in_words() {
        let tier = Columns { attributes: BTreeMap::from([("tier".into(), "Level".into())]), ..Columns::default() };
        let tel = Columns { phone: Some("Tel".into()), ..Columns::default() };
        for (header, columns, says) in [
            (vec!["Level", "Name"], &tier, "columns.phone"),
            (vec!["phone", "Name"], &tier, "columns.attributes.tier"),
            (vec!["phone"], &tel, "columns.phone"),
            (vec!["phone", "Phone"], &Columns::default(), "two columns"),
            (vec!["+852 9123 4567", "ann@example.com"], &Columns::default(), "no column is the number"),
        ] {
            let why = layout(&header, columns).unwrap_err().to_string();
            assert!(why.contains(says) && !why.contains("9123") && !why.contains("ann@"), "{why}");
        }
    }

    #[test]
    fn each_category_of_a_cell_is_a_consent_with_the_same_proof() {
        let found =
            layout(&["phone", "consent_category", "consent_source", "consent_date"], &Columns::default()).unwrap();
        let of = |cells: &[&str]| with(cells, |cells| found.row(cells)).consents;
        let both = of(&["1", "marketing; utility", "paper", "2026-11-20"]);
        let categories: Vec<&str> = both.iter().map(|consent| consent.category.as_str()).collect();
        assert_eq!((categories, both[1].source.as_str()), (vec!["marketing", "utility"], "paper"));
        assert_eq!(of(&["1", "", "paper", ""])[0].category, "", "the row is refused for what is missing");
        assert!(of(&["1"]).is_empty());
    }
}
