//! Messages with something to tap: reply buttons, a list, a link, products.

use serde::{Deserialize, Serialize};

use super::fault::Faults;
use super::limits::{
    BODY, BUTTON, BUTTON_ID, BUTTONS, FOOTER, HEADER, LIST_BODY, PRODUCTS, ROW_DESCRIPTION, ROW_ID, ROWS, SECTIONS,
    TITLE,
};
use super::media::{Media, filename};

/// What stands on top of a message with buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Header {
    /// A line of text.
    Text(String),
    /// A picture.
    Image(Media),
    /// A film.
    Video(Media),
    /// A file.
    Document {
        /// The file.
        media: Media,
        /// The name under which a phone keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
}

/// A text with up to three answers to tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyButtons {
    /// On top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The text.
    pub body: String,
    /// The small line below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The answers.
    pub buttons: Vec<ReplyButton>,
}

/// An answer to tap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyButton {
    /// Comes back when it is tapped.
    pub id: String,
    /// What stands on it.
    pub title: String,
}

/// A text with a list to choose from. Only a line of text may stand on top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// On top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The text.
    pub body: String,
    /// The small line below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What stands on the button that opens the list.
    pub button: String,
    /// The rows, in sections.
    pub sections: Vec<Section>,
}

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// What stands above them; required as soon as there is a second section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Comes back when it is chosen.
    pub id: String,
    /// What stands in it.
    pub title: String,
    /// The line below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A text with a button that opens a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CtaUrl {
    /// On top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The text.
    pub body: String,
    /// The small line below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What stands on the button.
    pub label: String,
    /// The page.
    pub url: String,
}

/// One product of the catalogue. It shows itself, so nothing stands on top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The catalogue, by Meta's id.
    pub catalog_id: String,
    /// The product, by the business's own number.
    pub product_retailer_id: String,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The small line below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
}

/// Several products of the catalogue. A line of text must stand on top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductList {
    /// On top.
    pub header: String,
    /// The text.
    pub body: String,
    /// The small line below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The catalogue, by Meta's id.
    pub catalog_id: String,
    /// The products, in sections.
    pub sections: Vec<ProductSection>,
}

/// Products that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductSection {
    /// What stands above them; required as soon as there is a second section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The products, by the business's own numbers.
    pub product_retailer_ids: Vec<String>,
}

impl Header {
    fn check(&self, faults: &mut Faults) {
        match self {
            Self::Text(text) => faults.required("header.text", text, HEADER),
            Self::Image(media) | Self::Video(media) => media.check("header", faults),
            Self::Document { media, filename: name } => {
                media.check("header", faults);
                filename("header.filename", name.as_deref(), faults);
            }
        }
    }
}

impl ReplyButtons {
    pub(super) fn check(&self, faults: &mut Faults) {
        self.header.iter().for_each(|header| header.check(faults));
        faults.required("body", &self.body, BODY);
        faults.optional("footer", self.footer.as_deref(), FOOTER);
        faults.count("buttons", self.buttons.len(), 1..=BUTTONS);
        for (at, button) in self.buttons.iter().enumerate() {
            faults.required(format_args!("buttons[{at}].title"), &button.title, BUTTON);
            id(&format!("buttons[{at}].id"), &button.id, BUTTON_ID, faults);
        }
        let buttons = || self.buttons.iter().enumerate();
        faults.distinct(buttons().map(|(at, button)| (format!("buttons[{at}].title"), button.title.as_str())));
        faults.distinct(buttons().map(|(at, button)| (format!("buttons[{at}].id"), button.id.as_str())));
    }
}

impl List {
    pub(super) fn check(&self, faults: &mut Faults) {
        faults.optional("header", self.header.as_deref(), HEADER);
        faults.required("body", &self.body, LIST_BODY);
        faults.optional("footer", self.footer.as_deref(), FOOTER);
        faults.required("button", &self.button, BUTTON);
        let lengths = self.sections.iter().map(|section| (section.title.as_deref(), section.rows.len()));
        sections(lengths, "rows", ROWS, faults);
        for (place, row) in self.rows() {
            id(&format!("{place}.id"), &row.id, ROW_ID, faults);
            faults.required(format_args!("{place}.title"), &row.title, TITLE);
            faults.optional(format_args!("{place}.description"), row.description.as_deref(), ROW_DESCRIPTION);
        }
        faults.distinct(self.rows().map(|(place, row)| (format!("{place}.id"), row.id.as_str())));
    }

    /// All rows, each with its place.
    fn rows(&self) -> impl Iterator<Item = (String, &Row)> {
        self.sections.iter().enumerate().flat_map(|(s, section)| {
            section.rows.iter().enumerate().map(move |(r, row)| (format!("sections[{s}].rows[{r}]"), row))
        })
    }
}

impl CtaUrl {
    pub(super) fn check(&self, faults: &mut Faults) {
        self.header.iter().for_each(|header| header.check(faults));
        faults.required("body", &self.body, BODY);
        faults.optional("footer", self.footer.as_deref(), FOOTER);
        faults.required("label", &self.label, BUTTON);
        faults.https("url", &self.url);
    }
}

impl Product {
    pub(super) fn check(&self, faults: &mut Faults) {
        faults.optional("body", self.body.as_deref(), BODY);
        faults.optional("footer", self.footer.as_deref(), FOOTER);
        faults.required("catalog_id", &self.catalog_id, usize::MAX);
        faults.required("product_retailer_id", &self.product_retailer_id, usize::MAX);
    }
}

impl ProductList {
    pub(super) fn check(&self, faults: &mut Faults) {
        faults.required("header", &self.header, HEADER);
        faults.required("body", &self.body, BODY);
        faults.optional("footer", self.footer.as_deref(), FOOTER);
        faults.required("catalog_id", &self.catalog_id, usize::MAX);
        let lengths = self.sections.iter().map(|s| (s.title.as_deref(), s.product_retailer_ids.len()));
        sections(lengths, "product_retailer_ids", PRODUCTS, faults);
        for (s, section) in self.sections.iter().enumerate() {
            for (p, product) in section.product_retailer_ids.iter().enumerate() {
                faults.required(format_args!("sections[{s}].product_retailer_ids[{p}]"), product, usize::MAX);
            }
        }
    }
}

/// Sections, each with its title and how many items it has.
fn sections<'a>(
    all: impl ExactSizeIterator<Item = (Option<&'a str>, usize)>,
    items: &str,
    most: usize,
    faults: &mut Faults,
) {
    let (count, mut total) = (all.len(), 0);
    faults.count("sections", count, 1..=SECTIONS);
    for (at, (title, length)) in all.enumerate() {
        total += length;
        let place = format!("sections[{at}].title");
        match title {
            // One section speaks for itself.
            None if count <= 1 => {}
            title => faults.required(place, title.unwrap_or_default(), TITLE),
        }
        if length == 0 {
            faults.count(format_args!("sections[{at}].{items}"), 0, 1..=most);
        }
    }
    // Meta counts them over all sections.
    if total > 0 {
        faults.count(format_args!("{items} of all sections"), total, 1..=most);
    }
}

/// What comes back from a phone: it must survive the way as it is.
fn id(place: &str, id: &str, most: usize, faults: &mut Faults) {
    faults.required(place, id, most);
    faults.form(place, id.trim() == id, "begins or ends with a space, which Meta does not take");
}
