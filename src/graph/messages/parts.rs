//! The parts of a template that take values, and how Meta wants them.

use serde_json::{Map, Value, json};

use crate::domain::messages::{Faults, Media};
use crate::domain::money::Money;

/// A template's variables are all numbered or all named.
#[derive(Clone, PartialEq)]
pub enum Parameters {
    None,
    Positional(Vec<Parameter>),
    Named(Vec<(String, Parameter)>),
}

/// The value of one variable.
#[derive(Clone, PartialEq)]
pub enum Parameter {
    Text(String),
    /// An amount that each phone writes in its own way; the text where it cannot.
    Currency {
        fallback: String,
        amount: Money,
    },
    /// A time, which phones show as it is written here.
    DateTime {
        fallback: String,
    },
}

#[derive(Clone, PartialEq)]
pub enum Header {
    Text(Parameters),
    Image(Media),
    Video(Media),
    Document { media: Media, filename: Option<String> },
    Location { latitude: String, longitude: String, name: String, address: String },
    Product { catalog_id: String, product_retailer_id: String },
}

/// The value of one button, by its place in the template.
#[derive(Clone, PartialEq)]
pub struct Button {
    pub index: u8,
    pub value: ButtonValue,
}

#[derive(Clone, PartialEq)]
pub enum ButtonValue {
    /// Replaces the variable at the end of the button's address.
    UrlSuffix(String),
    /// Comes back in the webhook when the person taps it.
    QuickReply(String),
    CouponCode(String),
    Flow {
        token: String,
        data: Option<Value>,
    },
    /// Opens the catalogue; the product whose picture is shown, or else the first.
    Catalog {
        thumbnail: Option<String>,
    },
    /// Opens a choice of products.
    Products {
        thumbnail: String,
        sections: Vec<ProductSection>,
    },
    /// Opens an order to be paid: Meta's `order_details`, as the country's rules want it.
    OrderDetails(Value),
    /// Calls the business on WhatsApp; for so many minutes, or Meta's seven days.
    VoiceCall {
        minutes: Option<u32>,
    },
}

/// Products that belong together.
#[derive(Clone, PartialEq)]
pub struct ProductSection {
    pub title: String,
    pub product_retailer_ids: Vec<String>,
}

/// What comes back when a quick reply is tapped.
const PAYLOAD: usize = 256;
/// Letters and digits of a coupon.
const COUPON: usize = 20;
/// The highest place of a button.
const LAST_BUTTON: u8 = 9;
/// Products of one button.
const PRODUCTS: usize = 30;
/// Sections of one button.
const SECTIONS: usize = 10;
/// The title of such a section.
const TITLE: usize = 24;

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The components of a template or of a card that have values.
pub(super) fn components(header: Option<&Header>, body: &Parameters, buttons: &[Button]) -> Vec<Value> {
    let mut components = Vec::new();
    if let Some(parameters) = header.map(Header::to_json).filter(|p| !p.is_empty()) {
        components.push(json!({"type": "header", "parameters": parameters}));
    }
    let body = body.to_json();
    if !body.is_empty() {
        components.push(json!({"type": "body", "parameters": body}));
    }
    components.extend(buttons.iter().map(Button::to_json));
    components
}

/// Notes what Meta would not take of the values of buttons.
pub(super) fn check_buttons(place: &str, buttons: &[Button], faults: &mut Faults) {
    for (at, button) in buttons.iter().enumerate() {
        let place = format_args!("{place}[{at}]");
        faults.form(
            format_args!("{place}.index"),
            button.index <= LAST_BUTTON && buttons.iter().filter(|other| other.index == button.index).count() == 1,
            "a template has ten buttons at most, each with one value (Meta)",
        );
        match &button.value {
            ButtonValue::QuickReply(payload) => faults.required(format_args!("{place}.payload"), payload, PAYLOAD),
            ButtonValue::CouponCode(code) => {
                faults.required(format_args!("{place}.coupon_code"), code, COUPON);
                let plain = code.chars().all(char::is_alphanumeric);
                faults.form(format_args!("{place}.coupon_code"), plain, "a coupon has letters and digits only (Meta)");
            }
            ButtonValue::Products { sections, .. } => {
                faults.count(format_args!("{place}.sections"), sections.len(), 1..=SECTIONS);
                let products = sections.iter().map(|section| section.product_retailer_ids.len()).sum();
                faults.count(format_args!("{place}.products"), products, 1..=PRODUCTS);
                for section in sections {
                    faults.required(format_args!("{place}.sections.title"), &section.title, TITLE);
                }
            }
            ButtonValue::UrlSuffix(_)
            | ButtonValue::Flow { .. }
            | ButtonValue::Catalog { .. }
            | ButtonValue::OrderDetails(_)
            | ButtonValue::VoiceCall { .. } => {}
        }
    }
}

impl Parameters {
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Positional(values) => values.len(),
            Self::Named(values) => values.len(),
        }
    }

    fn to_json(&self) -> Vec<Value> {
        match self {
            Self::None => Vec::new(),
            Self::Positional(values) => values.iter().map(Parameter::to_json).collect(),
            Self::Named(values) => {
                let named = values.iter().map(|(name, value)| {
                    let mut parameter = value.to_json();
                    add(&mut parameter, "parameter_name", Some(json!(name)));
                    parameter
                });
                named.collect()
            }
        }
    }
}

impl Parameter {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!({"type": "text", "text": text}),
            Self::Currency { fallback, amount } => json!({"type": "currency", "currency": {
                "fallback_value": fallback, "code": amount.currency.to_string(), "amount_1000": amount.micros / 1000}}),
            Self::DateTime { fallback } => json!({"type": "date_time", "date_time": {"fallback_value": fallback}}),
        }
    }
}

impl Header {
    pub(super) fn check(&self, place: &str, faults: &mut Faults) {
        match self {
            Self::Image(media) | Self::Video(media) | Self::Document { media, .. } => {
                media.check(place, faults);
                media.check_uploaded(place, faults);
            }
            Self::Text(_) | Self::Location { .. } | Self::Product { .. } => {}
        }
    }

    fn to_json(&self) -> Vec<Value> {
        match self {
            Self::Text(parameters) => parameters.to_json(),
            Self::Image(picture) => vec![json!({"type": "image", "image": media(picture)})],
            Self::Video(film) => vec![json!({"type": "video", "video": media(film)})],
            Self::Document { media, filename } => {
                vec![json!({"type": "document", "document": file(media, filename.as_deref())})]
            }
            Self::Location { latitude, longitude, name, address } => {
                let location = json!({"latitude": latitude, "longitude": longitude, "name": name, "address": address});
                vec![json!({"type": "location", "location": location})]
            }
            Self::Product { catalog_id, product_retailer_id } => {
                let product = json!({"catalog_id": catalog_id, "product_retailer_id": product_retailer_id});
                vec![json!({"type": "product", "product": product})]
            }
        }
    }
}

/// A member of an object, where there is something to say.
pub(super) fn add(object: &mut Value, key: &str, member: Option<Value>) {
    if let (Some(object), Some(member)) = (object.as_object_mut(), member) {
        object.insert(key.to_owned(), member);
    }
}

/// A file by its id or its address.
pub(super) fn media(media: &Media) -> Map<String, Value> {
    let key = match media {
        // Ours never leaves: it is refused before.
        Media::Id(_) | Media::Asset(_) => "id",
        Media::Link(_) => "link",
    };
    Map::from_iter([(key.to_owned(), json!(media.to_string()))])
}

/// The same with the name under which a phone keeps it.
pub(super) fn file(file: &Media, filename: Option<&str>) -> Map<String, Value> {
    let mut document = media(file);
    document.extend(filename.map(|name| ("filename".to_owned(), json!(name))));
    document
}

impl Button {
    fn to_json(&self) -> Value {
        let action = |action: Value| Some(json!({"type": "action", "action": action}));
        let (sub_type, parameter) = match &self.value {
            ButtonValue::UrlSuffix(text) => ("url", Some(json!({"type": "text", "text": text}))),
            ButtonValue::QuickReply(payload) => ("quick_reply", Some(json!({"type": "payload", "payload": payload}))),
            ButtonValue::CouponCode(code) => ("copy_code", Some(json!({"type": "coupon_code", "coupon_code": code}))),
            ButtonValue::Flow { token, data } => {
                let mut flow = Map::from_iter([("flow_token".to_owned(), json!(token))]);
                flow.extend(data.iter().map(|data| ("flow_action_data".to_owned(), data.clone())));
                ("flow", action(Value::Object(flow)))
            }
            ButtonValue::Catalog { thumbnail } => {
                let thumbnail = thumbnail.as_ref().map(|product| json!({"thumbnail_product_retailer_id": product}));
                ("catalog", thumbnail.and_then(action))
            }
            ButtonValue::Products { thumbnail, sections } => {
                let sections: Vec<Value> = sections.iter().map(ProductSection::to_json).collect();
                ("mpm", action(json!({"thumbnail_product_retailer_id": thumbnail, "sections": sections})))
            }
            ButtonValue::OrderDetails(order) => ("order_details", action(json!({"order_details": order}))),
            ButtonValue::VoiceCall { minutes } => {
                ("voice_call", minutes.map(|minutes| json!({"type": "ttl_minutes", "ttl_minutes": minutes})))
            }
        };
        let mut button = json!({"type": "button", "sub_type": sub_type, "index": self.index.to_string()});
        add(&mut button, "parameters", parameter.map(|parameter| json!([parameter])));
        button
    }
}

impl ProductSection {
    fn to_json(&self) -> Value {
        let items: Vec<Value> = self.product_retailer_ids.iter().map(|id| json!({"product_retailer_id": id})).collect();
        json!({"title": self.title, "product_items": items})
    }
}
