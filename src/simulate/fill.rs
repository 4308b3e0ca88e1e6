//! Puts the parameters of a send into a template, and refuses what does not fit it with the code Meta uses.

use serde_json::Value;

use super::buttons::Button;
use super::media::Attachment;
use super::problem::Problem;
use super::shape::{Header, Shape, Text};

/// What the customer sees.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub header: Option<String>,
    pub media: Option<Attachment>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Choice>,
    /// The values of the body's variables, in order.
    pub parameters: Vec<String>,
}

/// A button on the customer's screen, with the payload that a tap sends back.
#[derive(Clone, Debug)]
pub struct Choice {
    pub label: String,
    /// None for buttons that send nothing to the business.
    pub payload: Option<String>,
    /// For a row of a list: its description, if it has one.
    pub row: Option<Option<String>>,
}

pub fn fill(shape: &Shape, components: &[Value]) -> Result<Filled, Problem> {
    let mut header = None;
    let mut body: &[Value] = &[];
    let mut buttons: Vec<(usize, &Value)> = Vec::new();
    let mut cards = 0;
    for component in components {
        let parameters = component.get("parameters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        match component.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase().as_str() {
            "header" => header = Some(parameters),
            "body" => body = parameters,
            "button" => buttons.push((button_index(component)?, component)),
            "carousel" => {
                let list = component.get("cards").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                fill_cards(shape, list)?;
                cards = list.len();
            }
            "limited_time_offer" | "order_status" | "tap_target_configuration" => {}
            "" => return Err(Problem::missing("template['components'][0]['type']")),
            other => {
                return Err(Problem::new(131_009, format!("template['components'] has an unknown type '{other}'")));
            }
        }
    }
    if cards != shape.cards.len() {
        let details =
            format!("carousel: number of cards ({cards}) does not match the template ({})", shape.cards.len());
        return Err(Problem::new(132_012, details));
    }
    let parameters = fill_text("body", &shape.body, body)?;
    let text = shape.body.fill(&parameters);
    if text.chars().count() > 1024 {
        return Err(Problem::new(132_005, "Translated body is longer than 1024 characters"));
    }
    let (header, media) = fill_header(&shape.header, header.unwrap_or_default())?;
    Ok(Filled {
        header,
        media,
        body: text,
        footer: shape.footer.clone(),
        buttons: fill_buttons(shape, &buttons)?,
        parameters,
    })
}

fn kind_of(parameter: &Value) -> &str {
    parameter.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// The values in the order of the template's variables.
fn fill_text(place: &str, text: &Text, parameters: &[Value]) -> Result<Vec<String>, Problem> {
    let (sent, expected) = (parameters.len(), text.variables.len());
    if sent != expected {
        let details = format!(
            "{place}: number of localizable_params ({sent}) does not match the expected number of params ({expected})"
        );
        return Err(Problem::new(132_000, details));
    }
    let mut values = vec![None; expected];
    for (index, parameter) in parameters.iter().enumerate() {
        let value = text_value(place, parameter)?;
        let slot = if text.named {
            let name = parameter.get("parameter_name").and_then(Value::as_str);
            let name = name.ok_or_else(|| Problem::parameter("Parameter name is missing or empty"))?;
            text.variables.iter().position(|variable| variable == name)
        } else {
            Some(index)
        };
        match slot.and_then(|slot| values.get_mut(slot)) {
            Some(place @ None) => *place = Some(value),
            _ => return Err(Problem::new(132_012, format!("{place}: a parameter_name does not fit the template"))),
        }
    }
    Ok(values.into_iter().flatten().collect())
}

fn text_value(place: &str, parameter: &Value) -> Result<String, Problem> {
    let fallback = |kind: &str| parameter.get(kind)?.get("fallback_value")?.as_str();
    let value = match kind_of(parameter) {
        "text" => parameter.get("text").and_then(Value::as_str),
        kind @ ("currency" | "date_time") => fallback(kind),
        "" => return Err(Problem::missing("type")),
        other => {
            let details = format!("{place}: Format mismatch, expected TEXT, received {}", other.to_uppercase());
            return Err(Problem::new(132_012, details));
        }
    };
    let value = value.unwrap_or_default();
    if value.is_empty() {
        return Err(Problem::new(131_008, format!("{place}: Parameter of type text is missing text value")));
    }
    if value.contains(['\n', '\t']) || value.contains("     ") {
        let sentence = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(Problem::new(100, sentence));
    }
    Ok(value.into())
}

type Head = (Option<String>, Option<Attachment>);

fn fill_header(header: &Header, parameters: &[Value]) -> Result<Head, Problem> {
    match header {
        Header::None if parameters.is_empty() => Ok((None, None)),
        Header::None => Err(Problem::new(132_000, "header: the template has no header")),
        Header::Text(text) => Ok((Some(text.fill(&fill_text("header", text, parameters)?)), None)),
        Header::Location => {
            let place = only_parameter("location", parameters)?;
            let named = |key| place.get(key).is_some_and(|value| !value.is_null());
            if !named("latitude") || !named("longitude") {
                return Err(Problem::new(131_008, "header: a location needs its latitude and longitude"));
            }
            let name = place.get("name").and_then(Value::as_str).unwrap_or("location");
            Ok((Some(format!("📍 {name}")), None))
        }
        Header::Media { kind, .. } => {
            let place = format!("template['components']['header']['parameters'][0]['{kind}']");
            Ok((None, Some(Attachment::read(kind, only_parameter(kind, parameters)?, &place)?)))
        }
    }
}

/// The content of the one parameter that a header of this kind takes.
fn only_parameter<'a>(kind: &str, parameters: &'a [Value]) -> Result<&'a Value, Problem> {
    let received = parameters.first().map_or("UNKNOWN", kind_of);
    if parameters.len() != 1 || received != kind {
        let details =
            format!("header: Format mismatch, expected {}, received {}", kind.to_uppercase(), received.to_uppercase());
        return Err(Problem::new(132_012, details));
    }
    let content = parameters.first().and_then(|parameter| parameter.get(kind));
    content.ok_or_else(|| Problem::new(131_008, format!("header: Parameter of type {kind} is missing its {kind}")))
}

/// `index` is a string in the documentation and a number in half of the world's code; both are taken.
fn button_index(component: &Value) -> Result<usize, Problem> {
    let index = component.get("index").ok_or_else(|| Problem::new(131_008, "Required parameter is missing: index"))?;
    let number = match index {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    number.filter(|number| *number < 10).ok_or_else(|| Problem::new(131_009, "buttons: index must be 0 to 9"))
}

fn fill_buttons(shape: &Shape, sent: &[(usize, &Value)]) -> Result<Vec<Choice>, Problem> {
    if let Some((index, _)) = sent.iter().find(|(index, _)| *index >= shape.buttons.len()) {
        return Err(Problem::new(132_000, format!("buttons: the template has no button at index {index}")));
    }
    shape
        .buttons
        .iter()
        .enumerate()
        .map(|(index, button)| {
            let component = sent.iter().find(|(at, _)| *at == index).map(|(_, component)| *component);
            Ok(Choice { label: button.label().to_owned(), payload: fill_button(index, button, component)?, row: None })
        })
        .collect()
}

fn fill_button(index: usize, button: &Button, component: Option<&Value>) -> Result<Option<String>, Problem> {
    let parameter = component.and_then(|component| component.pointer("/parameters/0"));
    let value = |key: &str| parameter.and_then(|parameter| parameter.get(key)).and_then(Value::as_str);
    let sub_type = component.and_then(|component| component.get("sub_type")).and_then(Value::as_str);
    let expected = match button {
        Button::QuickReply { .. } => "quick_reply",
        Button::Url { .. } | Button::Otp { .. } => "url",
        Button::CopyCode => "copy_code",
        Button::Other { .. } => return Ok(None),
    };
    if let Some(received) = sub_type.filter(|received| !received.eq_ignore_ascii_case(expected)) {
        let details = format!("buttons: Button at index {index} is of type {expected}, received {received}");
        return Err(Problem::new(132_012, details));
    }
    let missing =
        || Problem::new(131_008, format!("buttons: Button at index {index} of type {expected} requires a parameter"));
    match button {
        Button::QuickReply { text } => {
            let payload = value("payload").unwrap_or(text);
            if payload.chars().count() > 256 {
                return Err(Problem::new(131_009, "buttons: a payload has at most 256 characters"));
            }
            Ok(Some(payload.into()))
        }
        Button::Url { variable: true, .. } => {
            value("text").filter(|text| !text.is_empty()).map(|_| None).ok_or_else(missing)
        }
        Button::Otp { .. } => {
            let code = value("text").filter(|text| !text.is_empty()).ok_or_else(missing)?;
            if code.chars().count() > 15 {
                return Err(Problem::new(131_009, "buttons: a code has at most 15 characters"));
            }
            Ok(None)
        }
        Button::Url { .. } if parameter.is_some() => {
            Err(Problem::new(132_000, format!("buttons: Button at index {index} takes no parameter")))
        }
        Button::CopyCode => {
            let code = value("coupon_code").filter(|code| !code.is_empty()).ok_or_else(missing)?;
            if code.chars().count() > 20 {
                return Err(Problem::new(131_009, "buttons: a coupon code has at most 20 characters"));
            }
            Ok(None)
        }
        Button::Url { .. } | Button::Other { .. } => Ok(None),
    }
}

fn fill_cards(shape: &Shape, cards: &[Value]) -> Result<(), Problem> {
    for (card, sent) in shape.cards.iter().zip(cards) {
        let components = sent.get("components").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        fill(card, components)?;
    }
    Ok(())
}
