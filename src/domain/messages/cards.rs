//! Contact cards and places.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::fault::Faults;

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// In decimal degrees, as a text: a number would come back with other digits.
    pub latitude: String,
    /// The same.
    pub longitude: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// One card. It names somebody and tells how to reach them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactCard {
    /// Who.
    pub name: ContactName,
    /// Born on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<Date>,
    /// Numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<ContactPhone>,
    /// Mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<ContactEmail>,
    /// Pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<ContactUrl>,
    /// Places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<ContactAddress>,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<ContactOrg>,
}

/// A name with its parts.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactName {
    /// As it is shown.
    pub formatted_name: String,
    /// Given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Of the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Before, such as Dr.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// After, such as Jr.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
}

/// A number on a card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactPhone {
    /// As it is shown.
    pub phone: String,
    /// Such as CELL or WORK.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The same at WhatsApp: with it the card has a button to write to them, without it one to invite them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
}

/// A mail address on a card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactEmail {
    /// The address.
    pub email: String,
    /// Such as HOME or WORK.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A page on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactUrl {
    /// Its address.
    pub url: String,
    /// Such as COMPANY.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A place on a card.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactAddress {
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// Town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// Country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// Such as HOME or WORK.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// Where somebody works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactOrg {
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Location {
    pub(super) fn check(&self, faults: &mut Faults) {
        for (place, degrees, most) in [("latitude", &self.latitude, 90.0), ("longitude", &self.longitude, 180.0)] {
            let plain = degrees.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
            let good = plain && degrees.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most);
            faults.form(place, good, "not a place on earth: write decimal degrees, such as 22.2855");
        }
        faults.optional("name", self.name.as_deref(), usize::MAX);
        faults.optional("address", self.address.as_deref(), usize::MAX);
    }
}

impl ContactCard {
    pub(super) fn check(&self, at: usize, faults: &mut Faults) {
        let name = &self.name;
        faults.required(format_args!("contacts[{at}].name.formatted_name"), &name.formatted_name, usize::MAX);
        let parts = [&name.first_name, &name.last_name, &name.middle_name, &name.prefix, &name.suffix];
        faults.form(
            format_args!("contacts[{at}].name"),
            parts.into_iter().flatten().any(|part| !part.trim().is_empty()),
            "needs a part beside formatted_name, such as first_name",
        );
        for (p, phone) in self.phones.iter().enumerate() {
            faults.required(format_args!("contacts[{at}].phones[{p}].phone"), &phone.phone, usize::MAX);
        }
        for (e, email) in self.emails.iter().enumerate() {
            let good = email.email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
            faults.form(format_args!("contacts[{at}].emails[{e}].email"), good, "not a mail address");
        }
        for (u, url) in self.urls.iter().enumerate() {
            faults.https(format_args!("contacts[{at}].urls[{u}].url"), &url.url);
        }
    }
}

/// Somebody's name, number and birthday stay out of logs.
impl fmt::Debug for ContactCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactCard").finish_non_exhaustive()
    }
}
