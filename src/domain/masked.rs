//! What not everyone may see: values that print as their mask until a permit opens them.

use super::canonical::{Digest, sha256};
use std::fmt;
use std::marker::PhantomData;

/// A value that has a form fit for anybody's eyes.
pub trait Mask {
    /// The form that gives nobody away.
    fn mask(&self) -> String;
}

/// Which permission opens a value of this type.
pub trait Guarded {
    /// The class of data it belongs to.
    type Class;
}

/// The right to see one class of data. Only `Caller` and `Person` make them, from what they are allowed.
pub struct Permit<Class>(PhantomData<Class>);

impl<Class> Permit<Class> {
    pub(super) const fn granted() -> Self {
        Self(PhantomData)
    }
}

/// Phones and names of customers.
pub enum CustomerData {}
/// Identifiers that Meta gave us.
pub enum ProviderIds {}
/// What the team writes down, which no customer sees.
pub enum StaffNotes {}
/// Addresses under which files of customers can be fetched.
pub enum Attachments {}
/// Figures of single members of the team.
pub enum StaffFigures {}
/// To whom automation leads customers, and what it tells those people.
pub enum Routing {}

/// Prints, serialises and debugs as its mask. Forgetting to ask for a permit shows too little, never too much.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Masked<T>(T);

impl<T: Mask + Guarded> Masked<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for those who may.
    pub const fn reveal(&self, _: &Permit<T::Class>) -> &T {
        &self.0
    }

    /// The text for somebody who holds a permit or does not.
    pub fn show(&self, permit: Option<&Permit<T::Class>>) -> String
    where
        T: fmt::Display,
    {
        permit.map_or_else(|| self.0.mask(), |p| self.reveal(p).to_string())
    }
}

impl Masked<CustomerName> {
    /// By which a later name is told from this one, without showing either.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::from_bytes(sha256(self.0.0.as_bytes()))
    }

    /// Whether there is no name.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl<T: Mask> fmt::Display for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.mask())
    }
}

impl<T: Mask> fmt::Debug for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.mask())
    }
}

impl<T: Mask> serde::Serialize for Masked<T> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0.mask())
    }
}

/// A customer's name.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct CustomerName(String);

impl CustomerName {
    /// Any text may be a name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as it goes into a message to that very person.
    #[must_use]
    pub fn for_the_message(&self) -> &str {
        &self.0
    }
}

impl Guarded for CustomerName {
    type Class = CustomerData;
}

impl Mask for CustomerName {
    /// `Chan Tai Man` becomes `C••• T•• M••`; the length of a word stays a guess beyond four characters.
    fn mask(&self) -> String {
        self.0
            .split_whitespace()
            .map(|word| {
                let hidden = word.chars().count().saturating_sub(1).clamp(1, 3);
                word.chars().take(1).chain(std::iter::repeat_n('•', hidden)).collect::<String>()
            })
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl fmt::Display for CustomerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text of one class of data, of which others only see that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Private<Class>(String, PhantomData<Class>);

impl<Class> Private<Class> {
    /// Any text may be private.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into(), PhantomData)
    }
}

impl<Class> Guarded for Private<Class> {
    type Class = Class;
}

impl<Class> Mask for Private<Class> {
    fn mask(&self) -> String {
        "•••".to_owned()
    }
}

impl<Class> fmt::Display for Private<Class> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identifier of Meta's, such as a phone number id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProviderId(String);

impl ProviderId {
    /// As Meta gave it.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// As Meta wants it back.
    #[must_use]
    pub fn for_meta(&self) -> &str {
        &self.0
    }
}

impl Guarded for ProviderId {
    type Class = ProviderIds;
}

impl Mask for ProviderId {
    fn mask(&self) -> String {
        let tail: String = self.0.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
        format!("•••{tail}")
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_initials_only() {
        for (name, shown) in [("Chan Tai Man", "C••• T•• M••"), ("陳大文", "陳••"), ("X", "X•"), ("", "")]
        {
            assert_eq!(Masked::new(CustomerName::new(name)).to_string(), shown);
        }
    }

    #[test]
    fn a_private_text_is_shown_to_its_own_permit_alone() {
        let note = Masked::new(Private::<StaffNotes>::new("She is moving to Macau."));
        assert_eq!((note.to_string(), note.show(None)), ("•••".into(), "•••".into()));
        assert_eq!(note.show(Some(&Permit::granted())), "She is moving to Macau.");
    }

    #[test]
    fn no_way_of_printing_gives_the_value_away() {
        let id = Masked::new(ProviderId::new("106540352242922"));
        assert_eq!(
            (id.to_string(), format!("{id:?}"), serde_json::to_string(&id).unwrap()),
            ("•••922".into(), "•••922".into(), "\"•••922\"".into())
        );
        assert_eq!(id.reveal(&Permit::granted()).for_meta(), "106540352242922");
    }
}
