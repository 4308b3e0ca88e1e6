//! One contact that is added or changed: what is said of it, what it was before, and which of that makes somebody else of it.

use super::identity::UserId;
use super::{Contact, Language};
use crate::domain::canonical::{Digest, NotCanonical};
use crate::domain::clock::Timestamp;
use crate::domain::ids::{ContactId, DetailId};
use crate::domain::masked::{CustomerData, CustomerName, Masked, Permit, ProviderId};
use crate::domain::phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// How somebody of the team made sure who holds a number.
    Confirmation, "way of confirming" {
        /// The customer stood at the counter.
        InPerson = "in_person",
        /// By calling a number that was known before.
        CallBack = "call_back",
        /// By a paper that shows who it is.
        Document = "document",
        /// By something that only the customer knows.
        KnownAnswer = "known_answer",
    }
}

words! {
    /// A part of what is known of a contact.
    ContactField, "field of a contact" {
        /// The number.
        Phone = "phone",
        /// Meta's id of the person for this business.
        UserId = "user_id",
        /// What the person is called.
        Name = "name",
        /// What language to write in.
        Language = "language",
        /// A label.
        Tag = "tag",
        /// A further fact, such as the reference of another system.
        Attribute = "attribute",
        /// Whether somebody has made sure who holds the number.
        Identity = "identity",
    }
}

/// What is said of a contact. What is not said stays as it is.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactSaid {
    /// The number, in E.164.
    pub phone: Option<String>,
    /// Meta's id of the person for this business.
    pub user_id: Option<UserId>,
    /// What the person is called.
    pub name: Option<String>,
    /// What language to write in.
    pub language: Option<Language>,
    /// Labels to put on.
    pub tags: BTreeSet<String>,
    /// Further facts.
    pub attributes: BTreeMap<String, String>,
    /// That somebody of the team has made sure who holds the number, and how.
    pub confirmed: Option<Confirmation>,
}

/// What is signed of it: who, the digest of what is said, and the mark of what was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPlan {
    /// Who it is, or will be.
    pub contact: ContactId,
    /// Where what is said is kept.
    pub detail: DetailId,
    /// Over what is said.
    pub said: Digest,
    /// The mark of what it would write over; none if the contact is new.
    pub found: Option<Digest>,
}

/// A contact as it is, as far as a change could touch it.
#[derive(Debug, Clone)]
pub struct ContactNow {
    /// The contact.
    pub contact: Contact,
    /// The number.
    pub phone: Option<PhoneNumber>,
    /// Meta's id of the person for this business.
    pub user_id: Option<UserId>,
    /// When somebody else may have got the number.
    pub identity_changed_at: Option<Timestamp>,
}

/// One part of a contact before and after, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// Which part.
    pub field: ContactField,
    /// What the further fact is called.
    pub name: Option<String>,
    /// As it is; none if there is nothing.
    pub before: Option<String>,
    /// As it would be.
    pub after: String,
}

impl ContactSaid {
    /// The number.
    #[must_use]
    pub fn number(&self) -> Option<PhoneNumber> {
        self.phone.as_deref().and_then(|text| PhoneNumber::parse(text, None).ok())
    }

    /// Over what is said. The id under which it is kept is part of it, so that nobody finds a number by trying all of them.
    pub fn digest(&self, detail: DetailId) -> Result<Digest, NotCanonical> {
        Digest::of(&(detail, self))
    }

    /// What it changes, part by part, masked.
    #[must_use]
    pub fn changes(&self, now: Option<&ContactNow>) -> Vec<FieldChange> {
        self.told(now, None)
    }

    /// The same in full, for those who may see who somebody is.
    #[must_use]
    pub fn changes_in_full(&self, now: Option<&ContactNow>, permit: &Permit<CustomerData>) -> Vec<FieldChange> {
        self.told(now, Some(permit))
    }

    fn told(&self, now: Option<&ContactNow>, permit: Option<&Permit<CustomerData>>) -> Vec<FieldChange> {
        let (number, id) = (|phone: &PhoneNumber| number(phone, permit), |it: &UserId| id(it, permit));
        let text = |text: &String| Masked::new(CustomerName::new(text)).show(permit);
        let was = |field, before: Option<String>, after: String| FieldChange { field, name: None, before, after };
        let mut changes = Vec::new();
        let (phone, before) = (self.number(), now.and_then(|now| now.phone.as_ref()));
        if let Some(phone) = phone.as_ref().filter(|phone| before != Some(phone)) {
            changes.push(was(ContactField::Phone, before.map(number), number(phone)));
        }
        let before = now.and_then(|now| now.user_id.as_ref());
        if let Some(it) = self.user_id.as_ref().filter(|it| before != Some(it)) {
            changes.push(was(ContactField::UserId, before.map(id), id(it)));
        }
        let before = now.map(|now| &now.contact.name).filter(|name| !name.is_empty());
        let name = self.name.as_ref().map(|name| Masked::new(CustomerName::new(name)));
        if let Some(name) = name.filter(|name| !name.is_empty() && before != Some(name)) {
            changes.push(was(ContactField::Name, before.map(|name| name.show(permit)), name.show(permit)));
        }
        let before = now.and_then(|now| now.contact.language.as_ref());
        if let Some(language) = self.language.as_ref().filter(|language| before != Some(language)) {
            changes.push(was(ContactField::Language, before.map(ToString::to_string), language.to_string()));
        }
        let carried = |tag: &&String| !now.is_some_and(|now| now.contact.tags.contains(*tag));
        changes.extend(self.tags.iter().filter(carried).map(|tag| was(ContactField::Tag, None, tag.clone())));
        for (name, value) in &self.attributes {
            let before = now.and_then(|now| now.contact.attributes.get(name));
            if before != Some(value) {
                let change = was(ContactField::Attribute, before.map(text), text(value));
                changes.push(FieldChange { name: Some(name.clone()), ..change });
            }
        }
        if let Some(how) = self.confirmed {
            changes.push(was(ContactField::Identity, None, how.as_str().to_owned()));
        }
        changes
    }
}

fn number(phone: &PhoneNumber, permit: Option<&Permit<CustomerData>>) -> String {
    Masked::new(phone.clone()).show(permit)
}

/// Meta's id of a person says who it is as a number does.
fn id(id: &UserId, permit: Option<&Permit<CustomerData>>) -> String {
    if permit.is_some() { id.as_str().to_owned() } else { Masked::new(ProviderId::new(id.as_str())).to_string() }
}

impl ContactNow {
    /// By which it is told whether what is written over is still what was shown.
    pub fn mark(&self, said: &ContactSaid) -> Result<Digest, NotCanonical> {
        let facts: BTreeMap<&String, Option<&String>> =
            said.attributes.keys().map(|name| (name, self.contact.attributes.get(name))).collect();
        Digest::of(&(
            self.contact.id,
            self.phone.as_ref().map(PhoneNumber::e164),
            &self.user_id,
            self.contact.name.fingerprint(),
            &self.contact.language,
            facts,
            self.identity_changed_at,
        ))
    }
}

impl FieldChange {
    /// Whether it makes somebody else of a contact that is known, or says who that is. A name that is given to somebody without
    /// one does not.
    #[must_use]
    pub const fn touches_identity(&self) -> bool {
        match self.field {
            ContactField::Phone | ContactField::UserId | ContactField::Identity => true,
            ContactField::Name => self.before.is_some(),
            ContactField::Language | ContactField::Tag | ContactField::Attribute => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contacts::ContactNo;

    fn now(name: &str, phone: Option<&str>) -> ContactNow {
        let phone = phone.map(|text| PhoneNumber::parse(text, None).unwrap());
        let contact = Contact {
            id: ContactId::random(),
            no: ContactNo(1),
            phone: phone.clone().map(Masked::new),
            name: Masked::new(CustomerName::new(name)),
            language: None,
            tags: BTreeSet::from(["vip".to_owned()]),
            attributes: BTreeMap::from([("crm".to_owned(), "C-1".to_owned())]),
            last_inbound_at: None,
            created_at: Timestamp::default(),
        };
        ContactNow { contact, phone, user_id: None, identity_changed_at: None }
    }

    fn said(change: impl FnOnce(&mut ContactSaid)) -> ContactSaid {
        let mut said = ContactSaid::default();
        change(&mut said);
        said
    }

    #[test]
    fn only_what_makes_somebody_else_of_a_known_contact_touches_identity() {
        let is = now("Ada", Some("+85291234567"));
        for (said, fields, touches) in [
            (said(|s| s.phone = Some("+85291234567".into())), vec![], false),
            (said(|s| s.phone = Some("+85291234568".into())), vec![ContactField::Phone], true),
            (said(|s| s.user_id = UserId::parse("HK.1")), vec![ContactField::UserId], true),
            (said(|s| s.name = Some("Ada".into())), vec![], false),
            (said(|s| s.name = Some("Eve".into())), vec![ContactField::Name], true),
            (said(|s| s.language = "en".parse().ok()), vec![ContactField::Language], false),
            (said(|s| s.tags = ["vip".into(), "new".into()].into()), vec![ContactField::Tag], false),
            (said(|s| s.attributes = [("crm".into(), "C-1".into())].into()), vec![], false),
            (said(|s| s.attributes = [("crm".into(), "C-2".into())].into()), vec![ContactField::Attribute], false),
            (said(|s| s.confirmed = Some(Confirmation::Document)), vec![ContactField::Identity], true),
        ] {
            let changes = said.changes(Some(&is));
            assert_eq!(changes.iter().map(|it| it.field).collect::<Vec<_>>(), fields);
            assert_eq!(changes.iter().any(FieldChange::touches_identity), touches, "{changes:?}");
            let shown = format!("{changes:?}");
            assert!(!["91234567", "91234568", "Eve", "HK.1\"", "C-2"].iter().any(|it| shown.contains(it)), "{shown}");
        }
        let named = said(|s| s.name = Some("Ada".into())).changes(Some(&now("", None)));
        assert!(named.iter().all(|change| !change.touches_identity()), "somebody without a name gets one");
    }

    #[test]
    fn the_mark_follows_what_would_be_written_over_and_nothing_else() {
        let is = now("Ada", Some("+85291234567"));
        let change = said(|s| s.attributes = [("crm".into(), "C-2".into())].into());
        let mark = is.mark(&change).unwrap();
        let other = |change_it: fn(&mut ContactNow)| {
            let mut other = is.clone();
            change_it(&mut other);
            other.mark(&change).unwrap()
        };
        assert_eq!(
            other(|it| {
                it.contact.tags.insert("new".into());
            }),
            mark
        );
        assert_eq!(
            other(|it| {
                it.contact.attributes.insert("tier".into(), "gold".into());
            }),
            mark
        );
        for touched in [
            other(|it| {
                it.contact.attributes.insert("crm".into(), "C-3".into());
            }),
            other(|it| it.contact.name = Masked::new(CustomerName::new("Eve"))),
            other(|it| it.phone = None),
            other(|it| it.user_id = UserId::parse("HK.1")),
            other(|it| it.identity_changed_at = Some(Timestamp::default())),
        ] {
            assert_ne!(touched, mark);
        }
    }

    #[test]
    fn the_same_words_under_another_id_have_another_digest() {
        let said = said(|s| s.phone = Some("+85291234567".into()));
        let id = DetailId::random();
        assert_eq!(said.digest(id).unwrap(), said.clone().digest(id).unwrap());
        assert_ne!(said.digest(id).unwrap(), said.digest(DetailId::random()).unwrap());
    }
}
