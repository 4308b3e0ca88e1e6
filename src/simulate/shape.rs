//! What a template's components say about the messages made from it: which variables, media and buttons it has.
//! Read once when the template is created, with the rules that Meta's review applies to the form.

use serde_json::Value;

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

#[derive(Clone, Debug, Default)]
pub enum Header {
    #[default]
    None,
    Text(Text),
    /// `image`, `video` or `document`.
    Media(&'static str),
    Location,
}

/// A text with variables.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub text: String,
    pub variables: Vec<String>,
    pub named: bool,
}

#[derive(Clone, Debug)]
pub enum Button {
    QuickReply { text: String },
    Url { text: String, variable: bool },
    CopyCode,
    Other { text: String },
}

impl Button {
    pub fn label(&self) -> &str {
        match self {
            Button::QuickReply { text } | Button::Url { text, .. } | Button::Other { text } => text,
            Button::CopyCode => "Copy code",
        }
    }
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
    let mut has_body = false;
    for component in list {
        let kind = component.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
        match kind.as_str() {
            "HEADER" => shape.header = read_header(component, named)?,
            "BODY" => {
                has_body = true;
                shape.body = read_body(component, named, category)?;
            }
            "FOOTER" => shape.footer = read_footer(component)?,
            "BUTTONS" => shape.buttons = read_buttons(component)?,
            "CAROUSEL" => shape.cards = read_cards(component, named, category)?,
            "LIMITED_TIME_OFFER" => {}
            other => return Err(Problem::parameter(format_args!("Param components has an unknown type {other:?}."))),
        }
    }
    if !has_body {
        return Err(Problem::template(2_388_072, "Message body is missing", "A template needs a BODY component."));
    }
    Ok(shape)
}

fn text_of(component: &Value) -> &str {
    component.get("text").and_then(Value::as_str).unwrap_or_default()
}

fn too_long(text: &str, most: usize, what: &str) -> Result<(), Problem> {
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
            need_examples(component, &text, ["header_text", "header_text_named_params"])?;
            Ok(Header::Text(text))
        }
        format @ ("IMAGE" | "VIDEO" | "DOCUMENT" | "GIF") => {
            let handle = component.pointer("/example/header_handle/0").and_then(Value::as_str);
            if handle.is_none_or(str::is_empty) {
                return Err(wrong("A media header needs example.header_handle."));
            }
            Ok(Header::Media(match format {
                "IMAGE" => "image",
                "DOCUMENT" => "document",
                _ => "video",
            }))
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

fn read_buttons(component: &Value) -> Result<Vec<Button>, Problem> {
    let wrong = |sentence: &str| Problem::parameter(format_args!("Invalid buttons: {sentence}"));
    let list = component.get("buttons").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.is_empty() || list.len() > 10 {
        return Err(wrong("a template has 1 to 10 buttons"));
    }
    let mut buttons = Vec::with_capacity(list.len());
    for button in list {
        let text = text_of(button).to_owned();
        too_long(&text, 25, "button label")?;
        let kind = button.get("type").and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() && matches!(kind, "QUICK_REPLY" | "URL" | "PHONE_NUMBER") {
            return Err(wrong("every button needs a text"));
        }
        buttons.push(match kind {
            "QUICK_REPLY" => Button::QuickReply { text },
            "URL" => {
                let url = button.get("url").and_then(Value::as_str).unwrap_or_default();
                let variable = url.ends_with("}}");
                if !url.starts_with("https://") && !url.starts_with("http://") {
                    return Err(wrong("a URL button needs a url"));
                }
                if url.contains("{{") && !variable {
                    return Err(wrong("a url's variable stands at its end"));
                }
                if variable && button.get("example").is_none() {
                    return Err(wrong("a url with a variable needs an example"));
                }
                Button::Url { text, variable }
            }
            "COPY_CODE" => Button::CopyCode,
            "OTP" => Button::Url { text: if text.is_empty() { "Copy code".into() } else { text }, variable: true },
            "PHONE_NUMBER"
            | "FLOW"
            | "CATALOG"
            | "MPM"
            | "SPM"
            | "VOICE_CALL"
            | "ORDER_DETAILS"
            | "REQUEST_CONTACT_INFO"
            | "CALL_PERMISSION_REQUEST" => Button::Other { text },
            _ => return Err(wrong("unknown button type")),
        });
    }
    let replies: Vec<bool> = buttons.iter().map(|button| matches!(button, Button::QuickReply { .. })).collect();
    if replies.windows(2).filter(|pair| matches!(pair, [false, true])).count()
        > usize::from(replies.first() == Some(&false))
    {
        return Err(wrong("quick replies must stand together"));
    }
    if buttons.iter().filter(|button| matches!(button, Button::Url { .. })).count() > 2 {
        return Err(wrong("a template has at most 2 URL buttons"));
    }
    Ok(buttons)
}

fn read_cards(component: &Value, named: bool, category: &str) -> Result<Vec<Shape>, Problem> {
    let cards = component.get("cards").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !(2..=10).contains(&cards.len()) {
        return Err(Problem::parameter("Invalid carousel: it has 2 to 10 cards."));
    }
    cards
        .iter()
        .map(|card| {
            let components = card.get("components").cloned().unwrap_or_default();
            read(&components, named, category)
        })
        .collect()
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
