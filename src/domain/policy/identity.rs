//! What the rules say of one contact that is added or changed.

use super::rules::{
    CONTACT_01, CONTACT_02, CONTACT_03, CONTACT_04, CONTACT_05, CONTACT_06, CONTACT_07, CONTACT_08, TAG_01,
};
use crate::domain::canonical::Digest;
use crate::domain::contacts::tags::stands_for_consent;
use crate::domain::contacts::upsert::ContactField;
use crate::domain::ids::ContactId;
use crate::domain::phone::BadPhone;
use crate::domain::preview::{ContactChangeView, Finding};

/// The number that was given is none.
#[must_use]
pub fn bad_number(why: BadPhone) -> Finding {
    CONTACT_01.says(&[("fault", why.to_string().into())])
}

/// Somebody else has the number or the id.
#[must_use]
pub fn taken(holders: &[ContactId], contact: ContactId) -> Option<Finding> {
    let other = holders.iter().find(|holder| **holder != contact)?;
    Some(CONTACT_02.says(&[("contact", other.to_string().into())]))
}

/// What a label says that only a record of consent may say.
#[must_use]
pub fn labels<'a>(tags: impl IntoIterator<Item = &'a String>) -> Vec<Finding> {
    let said = |tag: &String| {
        let word = stands_for_consent(tag)?;
        Some(TAG_01.says(&[("phrase", tag.as_str().into()), ("title", word.into())]))
    };
    tags.into_iter().filter_map(said).collect()
}

/// What people should know of a change.
#[must_use]
pub fn notable(view: &ContactChangeView) -> Vec<Finding> {
    let changed =
        |fields: &[ContactField]| view.changes.iter().find(|it| fields.contains(&it.field) && it.touches_identity());
    let mut findings = Vec::new();
    if view.known && changed(&[ContactField::Phone, ContactField::UserId]).is_some() {
        findings.push(CONTACT_05.says(&[]));
    }
    if view.known && changed(&[ContactField::Name]).is_some() {
        findings.push(CONTACT_06.says(&[]));
    }
    if let Some(identity) = changed(&[ContactField::Identity]) {
        findings.push(CONTACT_07.says(&[("how", identity.after.as_str().into())]));
    }
    if view.changes.is_empty() {
        findings.push(CONTACT_03.says(&[]));
    }
    if !view.known {
        findings.push(CONTACT_08.says(&[]));
    }
    findings
}

/// Whether the contact is still as it was shown. Marks are of what would be written over; none where there is no contact.
#[must_use]
pub fn moved(then: Option<Digest>, now: Option<Digest>) -> Option<Finding> {
    (then != now).then(|| CONTACT_04.says(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contacts::upsert::FieldChange;
    use crate::domain::preview::Level;

    fn rules(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    fn view(known: bool, changes: &[(ContactField, bool)]) -> ContactChangeView {
        let change = |(field, before): &(ContactField, bool)| FieldChange {
            field: *field,
            name: None,
            before: before.then(|| "•".to_owned()),
            after: "in_person".to_owned(),
        };
        ContactChangeView {
            contact_id: ContactId::random(),
            who: "A••".to_owned(),
            known,
            changes: changes.iter().map(change).collect(),
            history: Vec::new(),
            suppressions: Vec::new(),
        }
    }

    #[test]
    fn people_hear_of_what_makes_somebody_else_of_a_contact() {
        use ContactField::{Identity, Language, Name, Phone, UserId};
        for (known, changes, wanted) in [
            (true, vec![], vec!["CONTACT-03"]),
            (true, vec![(Language, true)], vec![]),
            (true, vec![(Phone, true), (UserId, false)], vec!["CONTACT-05"]),
            (true, vec![(Name, true)], vec!["CONTACT-06"]),
            (true, vec![(Name, false)], vec![]),
            (true, vec![(Identity, false)], vec!["CONTACT-07"]),
            (false, vec![(Phone, false), (Name, false)], vec!["CONTACT-08"]),
        ] {
            assert_eq!(rules(&notable(&view(known, &changes))), wanted, "{known} {changes:?}");
        }
    }

    #[test]
    fn a_number_of_somebody_else_is_refused_and_ones_own_is_not() {
        let (one, two) = (ContactId::random(), ContactId::random());
        assert!(taken(&[], one).is_none() && taken(&[one], one).is_none());
        for holders in [vec![two], vec![one, two]] {
            let finding = taken(&holders, one).unwrap();
            assert!(finding.level == Level::Block && finding.message.contains(&two.to_string()), "{finding:?}");
        }
    }

    #[test]
    fn a_contact_that_came_went_or_changed_is_another() {
        let (one, two) = (Digest::of(&1).unwrap(), Digest::of(&2).unwrap());
        assert!(moved(Some(one), Some(one)).is_none() && moved(None, None).is_none());
        for (then, now) in [(Some(one), Some(two)), (Some(one), None), (None, Some(two))] {
            assert_eq!(moved(then, now).unwrap().rule, "CONTACT-04");
        }
    }
}
