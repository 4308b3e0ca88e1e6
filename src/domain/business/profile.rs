//! What customers read of the business behind one of its numbers.

use serde::{Deserialize, Serialize};

/// The profile, as last read from Meta.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BusinessProfile {
    /// A line below the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it can be written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub websites: Vec<String>,
    /// Its trade, in Meta's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vertical: Option<String>,
    /// Where Meta shows its picture: an address that Meta has signed, and that ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Whether Meta has confirmed that it is who it says; none if Meta does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub official: Option<bool>,
    /// How Meta judged the name, in its word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_review: Option<String>,
}

impl BusinessProfile {
    /// The parts in which another one differs from this, by name. Meta signs the address of a picture anew each time that it is
    /// asked: only what stands before the signature tells one picture from another.
    #[must_use]
    pub fn changes(&self, to: &Self) -> Vec<&'static str> {
        let bare = |picture: &Option<String>| {
            picture.as_deref().and_then(|address| address.split('?').next()).map(str::to_owned)
        };
        let parts = [
            ("about", self.about != to.about),
            ("address", self.address != to.address),
            ("description", self.description != to.description),
            ("email", self.email != to.email),
            ("websites", self.websites != to.websites),
            ("vertical", self.vertical != to.vertical),
            ("picture", bare(&self.picture) != bare(&to.picture)),
            ("official", self.official != to.official),
            ("name_review", self.name_review != to.name_review),
        ];
        parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_was_only_signed_anew_is_no_change() {
        let profile = |about: &str, picture: &str| BusinessProfile {
            about: Some(about.into()),
            picture: Some(picture.into()),
            ..BusinessProfile::default()
        };
        let is = profile("Tea", "https://pps.whatsapp.net/v/1.jpg?oh=a&oe=1");
        assert!(is.changes(&is).is_empty());
        assert!(is.changes(&profile("Tea", "https://pps.whatsapp.net/v/1.jpg?oh=b&oe=2")).is_empty());
        assert_eq!(is.changes(&profile("Coffee", "https://pps.whatsapp.net/v/2.jpg?oh=a")), ["about", "picture"]);
        assert_eq!(is.changes(&BusinessProfile::default()), ["about", "picture"]);
    }
}
