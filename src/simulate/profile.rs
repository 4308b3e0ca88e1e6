//! The business profile of a number: what customers see of the business.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::call::{Call, unsupported};
use super::nodes::select;
use super::problem::Problem;
use super::state::World;

const FIELDS: &[&str] =
    &["about", "address", "description", "email", "messaging_product", "profile_picture_url", "vertical", "websites"];

const VERTICALS: &[&str] = &[
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "ALCOHOL",
    "ONLINE_GAMBLING",
    "PHYSICAL_GAMBLING",
    "OTC_DRUGS",
];

/// Texts and their limits, in characters.
const TEXTS: &[(&str, usize, usize)] =
    &[("about", 1, 139), ("address", 0, 256), ("description", 0, 512), ("email", 0, 128)];

/// What is set; the rest is not shown.
#[derive(Clone, Debug, Default)]
pub struct Profile(Map<String, Value>);

impl Profile {
    fn to_json(&self) -> Value {
        let mut fields = self.0.clone();
        fields.insert("messaging_product".into(), "whatsapp".into());
        Value::Object(fields)
    }

    /// Takes over the fields that a call names, or none of them if one does not fit.
    fn change(&mut self, body: &Value, is_picture: impl Fn(&str) -> bool) -> Result<(), Problem> {
        if body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
            return Err(Problem::missing("messaging_product"));
        }
        let mut changed = self.0.clone();
        for (key, least, most) in TEXTS {
            let Some(given) = body.get(key) else { continue };
            let fits = |text: &&str| (*least..=*most).contains(&text.chars().count());
            let text = given.as_str().filter(fits).ok_or_else(|| {
                Problem::parameter(format_args!("Param {key} must have {least} to {most} characters."))
            })?;
            if *key == "email" && !text.is_empty() && !text.contains('@') {
                return Err(Problem::parameter("Param email must be an e-mail address."));
            }
            changed.insert((*key).into(), text.into());
        }
        if let Some(given) = body.get("websites") {
            changed.insert("websites".into(), websites(given)?);
        }
        if let Some(given) = body.get("vertical") {
            let vertical = given.as_str().filter(|word| VERTICALS.contains(word)).ok_or_else(|| {
                Problem::parameter(format_args!("Param vertical must be one of {{{}}}.", VERTICALS.join(", ")))
            })?;
            changed.insert("vertical".into(), vertical.into());
        }
        if let Some(given) = body.get("profile_picture_handle") {
            let handle = given.as_str().filter(|handle| is_picture(handle));
            handle.ok_or_else(|| Problem::parameter("Param profile_picture_handle is not the handle of an image."))?;
            changed.insert("profile_picture_url".into(), "https://pps.whatsapp.net/v/picture.jpg".into());
        }
        self.0 = changed;
        Ok(())
    }
}

fn websites(given: &Value) -> Result<Value, Problem> {
    let wrong = || Problem::parameter("Param websites must have at most 2 URLs of at most 256 characters.");
    let list = given.as_array().filter(|list| list.len() <= 2).ok_or_else(wrong)?;
    let fits = |site: &Value| {
        let text = site.as_str().unwrap_or_default();
        text.len() <= 256 && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    };
    if list.iter().all(fits) { Ok(given.clone()) } else { Err(wrong()) }
}

/// `/{phone}/whatsapp_business_profile`.
pub fn call(world: &World, call: &Call) -> Result<Value, Problem> {
    let mut guard = world.state();
    let state = &mut *guard;
    let phone = state.phones.get_mut(call.node.as_str()).ok_or_else(|| unsupported(call))?;
    match call.method {
        Method::GET => {
            let usual = ["messaging_product"];
            let shown = select(phone.profile.to_json(), call, FIELDS, &usual, "WhatsAppBusinessProfile")?;
            Ok(json!({"data": [shown]}))
        }
        Method::POST => {
            phone.profile.change(&call.body, |handle| state.uploads.is_image(handle))?;
            Ok(json!({"success": true}))
        }
        _ => Err(unsupported(call)),
    }
}

/// `/{phone}/settings`: whether identities are checked.
pub fn settings(world: &World, call: &Call) -> Result<Value, Problem> {
    let mut state = world.state();
    let phone = state.phones.get_mut(call.node.as_str()).ok_or_else(|| unsupported(call))?;
    match call.method {
        Method::GET => Ok(json!({"user_identity_change": {"enable_identity_key_check": phone.identity_check}})),
        Method::POST => {
            let asked = call.body.pointer("/user_identity_change/enable_identity_key_check");
            let name = "user_identity_change['enable_identity_key_check']";
            phone.identity_check = asked.and_then(Value::as_bool).ok_or_else(|| Problem::missing(name))?;
            Ok(json!({"success": true}))
        }
        _ => Err(unsupported(call)),
    }
}
