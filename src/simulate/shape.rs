//! What a template's components say about the messages made from it: which variables, media and buttons it has.
//! Read once when the template is created, with the rules that Meta's review applies to the form.

use serde_json::Value;

use super::buttons::{self, Button};
use super::problem::Problem;

/// A template's components, understood.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub header: Header,
    pub body: Text,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
    /// The cards of a carousel, each a small template.
    pub cards: Vec<Shape>,
}

impl Shape {
    /// Handles of the samples of all media headers.
    pub fn samples(&self) -> impl Iterator<Item = &str> {
        let headers = std::iter::once(&self.header).chain(self.cards.iter().map(|card| &card.header));
        headers
            .filter_map(|header| if let Header::Media { sample, .. } = header { Some(sample.as_str()) } else { None })
    }

    /// The text of the header, if it has one.
    pub fn title(&self) -> Option<&str> {
        if let Header::Text(text) = &self.header { Some(&text.text) } else { None }
    }
}

#[derive(Clone, Debug, Default)]
pub enum Header {
    #[default]
    None,
    Text(Text),
    Media {
        /// `image`, `video` or `document`.
        kind: &'static str,
        /// The handle of the sample that reviewers look at.
        sample: String,
    },
    Location,
}

/// A text with variables.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub text: String,
    pub variables: Vec<String>,
    pub named: bool,
}

impl Text {
    /// Puts the values in place of the variables.
    pub fn fill(&self, values: &[String]) -> String {
        self.variables
            .iter()
            .zip(values)
            .fold(self.text.clone(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
    }
}

/// Reads the components of a create or edit call.
pub fn read(components: &Value, named: bool, category: &str) -> Result<Shape, Problem> {
    let Some(list) = components.as_array() else {
        return Err(Problem::parameter("Param components must be an array."));
    };
    let mut shape = Shape::default();
    let (mut has_body, mut offer) = (false, false);
    for component in list {
        let kind = component.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
        match kind.as_str() {
            "HEADER" => shape.header = read_header(component, named)?,
            "BODY" => {
                has_body = true;
                shape.body = read_body(component, named, category)?;
            }
            "FOOTER" => shape.footer = read_footer(component)?,
            "BUTTONS" => shape.buttons = buttons::read(component)?,
            "CAROUSEL" => shape.cards = read_cards(component, named, category)?,
            "LIMITED_TIME_OFFER" => {
                offer = true;
                let text = component.pointer("/limited_time_offer/text").and_then(Value::as_str);
                too_long(text.ok_or_else(|| Problem::missing("limited_time_offer['text']"))?, 16, "offer")?;
            }
            other => return Err(Problem::parameter(format_args!("Param components has an unknown type {other:?}."))),
        }
    }
    if !has_body {
        return Err(Problem::template(2_388_072, "Message body is missing", "A template needs a BODY component."));
    }
    fits_category(&shape, offer, category)?;
    Ok(shape)
}

/// Offers and carousels are marketing, and codes have their own button.
fn fits_category(shape: &Shape, offer: bool, category: &str) -> Result<(), Problem> {
    let wrong = |sentence: &str| Err(Problem::parameter(format_args!("Invalid components: {sentence}.")));
    if (offer || !shape.cards.is_empty()) && category != "MARKETING" {
        return wrong("a limited-time offer and a carousel are for MARKETING templates");
    }
    if offer && (shape.footer.is_some() || shape.body.text.chars().count() > 600) {
        return wrong("a limited-time offer has a body of at most 600 characters and no footer");
    }
    if category == "AUTHENTICATION" {
        let codes = shape.buttons.iter().filter(|button| matches!(button, Button::Otp { .. })).count();
        if codes != 1 || !matches!(shape.header, Header::None) {
            return wrong("an AUTHENTICATION template has one OTP button and no header");
        }
    } else if shape.buttons.iter().any(|button| matches!(button, Button::Otp { .. })) {
        return wrong("an OTP button is for AUTHENTICATION templates");
    }
    Ok(())
}

pub fn text_of(component: &Value) -> &str {
    component.get("text").and_then(Value::as_str).unwrap_or_default()
}

pub fn too_long(text: &str, most: usize, what: &str) -> Result<(), Problem> {
    if text.chars().count() <= most {
        return Ok(());
    }
    let sentence = format!("The {what} may have at most {most} characters.");
    Err(Problem::template(2_388_040, "Character limit exceeded", sentence))
}

fn read_header(component: &Value, named: bool) -> Result<Header, Problem> {
    let wrong = |sentence: &str| Problem::template(2_388_047, "Header format is incorrect", sentence);
    match component.get("format").and_then(Value::as_str).unwrap_or_default() {
        "TEXT" => {
            let text = Text { text: text_of(component).into(), variables: variables(text_of(component))?, named };
            too_long(&text.text, 60, "header")?;
            if text.text.is_empty() {
                return Err(wrong("A text header needs a text."));
            }
            if text.variables.len() > 1 {
                return Err(wrong("A header may have one variable."));
            }
            if text.text.contains(['*', '_', '~', '`', '\n']) {
                return Err(wrong("A header has no formatting and no line breaks."));
            }
            need_examples(component, &text, ["header_text", "header_text_named_params"])?;
            Ok(Header::Text(text))
        }
        format @ ("IMAGE" | "VIDEO" | "DOCUMENT" | "GIF") => {
            let handle = component.pointer("/example/header_handle/0").and_then(Value::as_str);
            if handle.is_none_or(str::is_empty) {
                return Err(wrong("A media header needs example.header_handle."));
            }
            let kind = match format {
                "IMAGE" => "image",
                "DOCUMENT" => "document",
                _ => "video",
            };
            Ok(Header::Media { kind, sample: handle.unwrap_or_default().to_owned() })
        }
        "LOCATION" => Ok(Header::Location),
        _ => Err(wrong("The header's format must be TEXT, IMAGE, VIDEO, DOCUMENT, GIF or LOCATION.")),
    }
}

fn read_body(component: &Value, named: bool, category: &str) -> Result<Text, Problem> {
    if category == "AUTHENTICATION" {
        // The wording is Meta's own; only the code varies.
        let advice = component.get("add_security_recommendation").and_then(Value::as_bool).unwrap_or(false);
        let text = format!(
            "*{{{{1}}}}* is your verification code.{}",
            if advice { " For your security, do not share this code." } else { "" }
        );
        return Ok(Text { text, variables: vec!["1".into()], named: false });
    }
    let text = Text { text: text_of(component).into(), variables: variables(text_of(component))?, named };
    let wrong = |sentence: &str| Problem::template(2_388_072, "Message body format is incorrect", sentence);
    too_long(&text.text, 1024, "body")?;
    if text.text.trim().is_empty() {
        return Err(wrong("The body needs a text."));
    }
    for (index, name) in text.variables.iter().enumerate() {
        let positional = name.bytes().all(|byte| byte.is_ascii_digit());
        if positional == named {
            return Err(wrong("Variables must fit the parameter format: {{1}} or {{name}}, not both."));
        }
        if positional && *name != (index + 1).to_string() {
            return Err(wrong("Numbered variables start at 1 and leave no gap."));
        }
        if named && !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err(wrong("A variable's name has lower-case letters, digits and underscores."));
        }
    }
    let trimmed = text.text.trim();
    if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
        let sentence = "The body may not start or end with a variable.";
        return Err(Problem::template(2_388_299, "Variables can't be at the start or end", sentence));
    }
    if text.text.contains("}}{{") {
        return Err(wrong("Two variables may not touch."));
    }
    if text.text.split_whitespace().filter(|word| !word.contains("{{")).count() == 0 && !text.variables.is_empty() {
        let sentence = "There are too many variables for the length of the text.";
        return Err(Problem::template(2_388_293, "Too many variables", sentence));
    }
    need_examples(component, &text, ["body_text", "body_text_named_params"])?;
    Ok(text)
}

/// One example value for each variable, in the place that the format asks for.
fn need_examples(component: &Value, text: &Text, keys: [&str; 2]) -> Result<(), Problem> {
    if text.variables.is_empty() {
        return Ok(());
    }
    let example = component.get("example");
    let [positional, named] = keys;
    let count = if text.named {
        example.and_then(|e| e.get(named)).and_then(Value::as_array).map_or(0, Vec::len)
    } else {
        let list = example.and_then(|e| e.get(positional)).and_then(Value::as_array);
        // A body has a list of lists; a header has a list.
        list.map_or(0, |list| list.first().and_then(Value::as_array).map_or(list.len(), Vec::len))
    };
    if count == text.variables.len() {
        return Ok(());
    }
    let sentence = format!("{} variables need as many examples; there are {count}.", text.variables.len());
    Err(Problem::template(2_388_072, "Examples are missing", sentence))
}

fn read_footer(component: &Value) -> Result<Option<String>, Problem> {
    if let Some(minutes) = component.get("code_expiration_minutes") {
        return match minutes.as_u64() {
            Some(minutes @ 1..=90) => Ok(Some(format!("This code expires in {minutes} minutes."))),
            _ => Err(Problem::template(2_388_073, "Footer format is incorrect", "A code expires in 1 to 90 minutes.")),
        };
    }
    let text = text_of(component);
    too_long(text, 60, "footer")?;
    if text.is_empty() || text.contains("{{") {
        let sentence = "A footer needs a text and takes no variables.";
        return Err(Problem::template(2_388_073, "Footer format is incorrect", sentence));
    }
    Ok(Some(text.into()))
}

fn read_cards(component: &Value, named: bool, category: &str) -> Result<Vec<Shape>, Problem> {
    let cards = component.get("cards").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !(2..=10).contains(&cards.len()) {
        return Err(Problem::parameter("Invalid carousel: it has 2 to 10 cards."));
    }
    let cards: Result<Vec<Shape>, Problem> = cards
        .iter()
        .map(|card| {
            let components = card.get("components").cloned().unwrap_or_default();
            let shape = read(&components, named, category)?;
            too_long(&shape.body.text, 160, "card body")?;
            if !matches!(shape.header, Header::Media { kind: "image" | "video", .. }) || shape.buttons.len() > 2 {
                return Err(Problem::parameter(
                    "Invalid carousel: a card has an image or a video, and at most 2 buttons.",
                ));
            }
            Ok(shape)
        })
        .collect();
    let cards = cards?;
    let form = |card: &Shape| -> Vec<std::mem::Discriminant<Button>> {
        card.buttons.iter().map(std::mem::discriminant).collect()
    };
    if cards.windows(2).any(|pair| matches!(pair, [a, b] if form(a) != form(b))) {
        return Err(Problem::parameter("Invalid carousel: all cards have the same components."));
    }
    Ok(cards)
}

/// The names between double braces, in order of first use.
fn variables(text: &str) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::template(2_388_072, "Variables are malformed", "Variables are written {{1}} or {{name}}.");
    let mut names: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").ok_or_else(wrong)?;
        if before.contains("}}") || name.is_empty() || name.contains(['{', '}', '#', '$', '%', ' ']) {
            return Err(wrong());
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.into());
        }
        rest = behind;
    }
    if rest.contains("}}") {
        return Err(wrong());
    }
    Ok(names)
}
