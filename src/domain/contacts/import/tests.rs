//! Rows as they are given, judged and sealed.

use super::*;
use crate::domain::consent::{ConsentRecord, ConsentState, Suppression};
use crate::domain::contacts::{Contact, ContactNo};
use crate::domain::ids::{ConsentId, ContactId};
use crate::domain::masked::{CustomerName, Masked};
use crate::domain::phone::Market;
use std::collections::HashSet;
use std::time::Duration;

fn now() -> Timestamp {
    "2026-11-22T14:00:00+08:00".parse().unwrap()
}

fn given() -> GivenRow {
    GivenRow {
        phone: "+852 9123 4567".into(),
        name: "Chan Tai Man".into(),
        language: Some("zh_HK".into()),
        tags: vec!["member".into()],
        attributes: BTreeMap::from([("tier".into(), "gold".into())]),
        consents: vec![GivenConsent {
            category: "marketing".into(),
            source: "web_form".into(),
            evidence: "form 12".into(),
            date: "2026-11-20".into(),
        }],
    }
}

/// The rows of a whole list.
fn read(rows: &[GivenRow], home: Option<Market>, now: Timestamp) -> Vec<Result<ImportRow, Rejected>> {
    let rows = (1..).zip(rows).map(|(line, row)| row.read(line, home, now)).collect();
    settle(rows, &HashSet::new())
}

fn alone(row: GivenRow) -> Result<ImportRow, Rejected> {
    read(&[row], None, now()).remove(0)
}

fn row() -> ImportRow {
    alone(given()).unwrap()
}

/// What a row does to somebody, or why it may not.
fn judged(row: ImportRow, known: &Standing) -> Result<RowChange, LeftOut> {
    row.judge(Some(known)).map(|(change, _)| change).map_err(|rejected| rejected.reason)
}

fn known() -> Standing {
    let row = row();
    let entry = ConsentRecord {
        id: ConsentId::random(),
        contact: ContactId::random(),
        category: MessageCategory::Marketing,
        state: ConsentState::Granted,
        source: ConsentSource::WebForm,
        evidence: Some("form 12".into()),
        given_at: row.said.consents[0].given_at,
        recorded_at: now(),
        confirmed_at: None,
    };
    let contact = Contact {
        id: entry.contact,
        no: ContactNo(1),
        phone: Some(Masked::new(row.phone.clone())),
        name: row.name(),
        language: row.said.language.clone(),
        tags: row.said.tags.clone(),
        attributes: row.said.attributes,
        last_inbound_at: None,
        created_at: now(),
    };
    Standing { contact, suppressions: Vec::new(), history: vec![entry] }
}

type Change<T> = fn(&mut T);

#[test]
fn what_is_wrong_with_a_row_is_named() {
    let wrong: [(Change<GivenRow>, LeftOut); 22] = [
        (|row| row.phone.clear(), LeftOut::InvalidPhone),
        (|row| row.phone = "9123 4567".into(), LeftOut::InvalidPhone),
        (|row| row.phone = "+852 0000".into(), LeftOut::InvalidPhone),
        (|row| row.name = "x".repeat(201), LeftOut::BadText),
        (|row| row.name = "a\nb".into(), LeftOut::BadText),
        (|row| row.name = "Ann\u{202e}evil".into(), LeftOut::BadText),
        (|row| row.tags = vec!["v\u{200b}ip".into()], LeftOut::BadText),
        (|row| row.tags = vec!["vip".into(), "opted-in".into()], LeftOut::ConsentLabel),
        (|row| row.tags = vec![" ".into()], LeftOut::BadText),
        (|row| row.tags = (0..21).map(|n| n.to_string()).collect(), LeftOut::BadText),
        (|row| row.language = Some("Cantonese".into()), LeftOut::UnknownLanguage),
        (|row| row.consents.clear(), LeftOut::NoConsent),
        (|row| row.consents[0].category.clear(), LeftOut::NoCategory),
        (|row| row.consents[0].source = "website".into(), LeftOut::NoSource),
        (|row| row.consents[0].date = " ".into(), LeftOut::NoDate),
        (|row| row.consents[0].date = "20/11/2026".into(), LeftOut::BadDate),
        (|row| row.consents[0].date = "2026-13-45".into(), LeftOut::BadDate),
        (|row| row.consents[0].date = "2026-11-23".into(), LeftOut::DateAhead),
        (|row| row.consents[0].date = "2026-11-22T14:00:01+08:00".into(), LeftOut::DateAhead),
        (|row| row.consents[0].evidence = "  ".into(), LeftOut::NotTraceable),
        (|row| row.consents.push(GivenConsent::default()), LeftOut::NoCategory),
        (
            |row| {
                row.consents.push(GivenConsent::default());
                row.consents[0].source.clear();
            },
            LeftOut::NoCategory,
        ),
    ];
    for (n, (change, reason)) in wrong.into_iter().enumerate() {
        let mut row = given();
        change(&mut row);
        let rejected = alone(row).unwrap_err();
        assert_eq!((rejected.line, rejected.reason), (1, reason), "case {n}");
        assert_eq!(rejected.phone.is_none(), reason == LeftOut::InvalidPhone, "whose row it is can be shown");
    }
}

#[test]
fn of_rows_with_one_number_the_first_counts_whatever_else_they_say() {
    let [good, mut silent, mut other] = [given(), given(), given()];
    silent.consents.clear();
    other.phone = "+852 9123 4568".into();
    let reasons = |rows: &[GivenRow]| -> Vec<Option<LeftOut>> {
        read(rows, None, now()).into_iter().map(|row| row.err().map(|rejected| rejected.reason)).collect()
    };
    let twice = Some(LeftOut::Duplicate);
    assert_eq!(reasons(&[good.clone(), silent.clone(), other.clone(), good.clone()]), [None, twice, None, twice]);
    assert_eq!(reasons(&[silent, good]), [Some(LeftOut::NoConsent), twice]);
    assert_eq!(reasons(&[other.clone()]), [None]);
    let earlier = HashSet::from(["+85291234568".to_owned()]);
    let later = settle(vec![other.read(7, None, now())], &earlier).remove(0).unwrap_err();
    assert_eq!((later.line, later.reason), (7, LeftOut::Duplicate), "as it does of rows that are far apart");
}

#[test]
fn a_number_is_read_in_its_market_and_a_date_anywhere_on_earth() {
    let mut local = given();
    local.phone = "9123 4567".into();
    let home = "HK".parse().ok();
    let in_hong_kong = |row: &GivenRow, at| read(std::slice::from_ref(row), home, at).remove(0).unwrap();
    assert_eq!(in_hong_kong(&local, now()).phone.e164(), "+85291234567");
    // In Hong Kong it is the 22nd while it is still the 21st in London.
    let early: Timestamp = "2026-11-22T07:00:00+08:00".parse().unwrap();
    local.consents[0].date = "2026-11-22".into();
    assert_eq!(in_hong_kong(&local, early).said.consents[0].given_at, early);
}

#[test]
fn a_list_that_is_imported_twice_changes_nothing() {
    assert_eq!(row().judge(None), Ok((RowChange::New, row())));
    assert_eq!(judged(row(), &known()), Ok(RowChange::Unchanged));
    let says_more: [Change<ImportRow>; 5] = [
        |row| row.said.name = "Chan Siu Man".into(),
        |row| row.said.language = "en".parse().ok(),
        |row| assert!(row.said.tags.insert("vip".into())),
        |row| assert!(row.said.attributes.insert("tier".into(), "silver".into()).is_some()),
        |row| row.said.consents[0].evidence = "form 13".into(),
    ];
    for change in says_more {
        let mut row = row();
        change(&mut row);
        assert_eq!(judged(row, &known()), Ok(RowChange::Changed));
    }
    let mut says_less = row();
    says_less.said = RowSaid { name: String::new(), language: None, tags: BTreeSet::new(), ..says_less.said };
    assert_eq!(judged(says_less, &known()), Ok(RowChange::Unchanged), "what is known stays");
}

#[test]
fn no_row_clears_an_opt_out() {
    for (suppression, verdict) in [
        (Suppression::OptedOutOfEverything, Err(LeftOut::OptedOut)),
        (Suppression::OptedOutOfMarketing, Err(LeftOut::OptedOut)),
        (Suppression::StoppedAtMeta, Err(LeftOut::OptedOut)),
        (Suppression::DoNotContact, Err(LeftOut::OptedOut)),
        (Suppression::Blocked, Err(LeftOut::OptedOut)),
        (Suppression::Invalid, Ok(RowChange::Unchanged)),
    ] {
        let known = Standing { suppressions: vec![suppression], ..known() };
        assert_eq!(judged(row(), &known), verdict, "{suppression}");
    }
    // A stop of marketing says nothing of receipts.
    let mut utility = row();
    utility.said.consents[0].category = MessageCategory::Utility;
    let stopped = Standing { suppressions: vec![Suppression::OptedOutOfMarketing], ..known() };
    assert_eq!(judged(utility.clone(), &stopped), Ok(RowChange::Changed));

    let mut withdrawn = known();
    let no = ConsentRecord { state: ConsentState::Withdrawn, given_at: now(), ..withdrawn.history[0].clone() };
    withdrawn.history.push(no);
    assert_eq!(judged(row(), &withdrawn), Err(LeftOut::ConsentWithdrawn));
    let mut later = row();
    later.said.consents[0].given_at = now().after(Duration::from_secs(1));
    assert_eq!(judged(later, &withdrawn), Err(LeftOut::ConsentWithdrawn), "not by a later date either");
    assert_eq!(judged(utility.clone(), &withdrawn), Ok(RowChange::Changed), "and only what was taken back");
}

/// What is written of a row over somebody, beyond labels and consents.
fn overwrites(row: &ImportRow, known: &Standing) -> (Option<String>, Vec<String>, bool) {
    match row.effect(Some(known)) {
        Effect::Amend { amendment, withheld, .. } => (
            amendment.name.map(str::to_owned),
            amendment.attributes.values().map(ToString::to_string).collect(),
            withheld,
        ),
        effect => panic!("{effect:?}"),
    }
}

#[test]
fn whoever_changed_after_it_was_signed_keeps_what_they_have() {
    let mut says_more = row();
    says_more.said.name = "Chan Siu Man".into();
    says_more.said.attributes.insert("tier".into(), "silver".into());
    says_more.said.tags.insert("vip".into());
    let before = known();
    let (_, signed) = says_more.clone().judge(Some(&before)).unwrap();
    let silver = || vec!["silver".to_owned()];
    assert_eq!(overwrites(&signed, &before), (Some("Chan Siu Man".into()), silver(), false), "as they were signed");

    let mut renamed = before.clone();
    renamed.contact.name = Masked::new(CustomerName::new("Chan Dai Man"));
    assert_eq!(overwrites(&signed, &renamed), (None, vec![], true), "somebody gave another name since");
    let mut promoted = before.clone();
    promoted.contact.attributes.insert("tier".into(), "platinum".into());
    assert_eq!(overwrites(&signed, &promoted), (None, vec![], true));
    let mut elsewhere = before.clone();
    elsewhere.contact.attributes.insert("stall".into(), "12".into());
    elsewhere.contact.tags.insert("fair".into());
    assert!(!overwrites(&signed, &elsewhere).2, "what the row does not touch may change");

    // Signed as new: whoever wrote in before it was written is added to.
    let (_, as_new) = says_more.judge(None).unwrap();
    let Effect::Amend { amendment, withheld, .. } = as_new.effect(Some(&before)) else { panic!("known by now") };
    assert_eq!((amendment.name, amendment.tags.as_slice(), withheld), (None, ["vip"].as_slice(), true));
    let mut bare = before.clone();
    bare.contact.name = Masked::new(CustomerName::new(""));
    bare.contact.attributes.clear();
    assert_eq!(overwrites(&as_new, &bare), (Some("Chan Siu Man".into()), silver(), false), "what is missing is filled");
    assert!(matches!(as_new.effect(None), Effect::Add));
    assert!(matches!(signed.effect(None), Effect::Nothing), "whoever was erased since is not added again");
    let stopped = Standing { suppressions: vec![Suppression::OptedOutOfMarketing], ..before };
    assert!(matches!(signed.effect(Some(&stopped)), Effect::Nothing));
}

#[test]
fn a_proof_does_not_say_whose_it_is() {
    for (evidence, shown) in [
        ("form 12", "form 12"),
        ("till 20261120-0013", "till 20261120-0013"),
        ("form of Chan Tai Man", "form of C••• T•• M••"),
        ("call from 9123-4567", "call from …67"),
        ("mail of ann@example.com", "mail of [address]"),
        ("call from 9123/4567", "•••"),
        ("form of CHAN TAI MAN", "•••"),
    ] {
        let mut row = row();
        row.said.consents[0].evidence = evidence.into();
        assert_eq!(row.proof(&row.said.consents[0]), shown);
    }
}

#[test]
fn the_root_changes_with_every_stretch() {
    let base = Chunk { first: 1, last: 9, taken: 5, new: 3, seal: Digest::from_bytes([1; 32]) };
    let after = Chunk { first: 10, last: 12, ..base };
    let whole = root(&[base, after]).unwrap();
    let others = [
        Chunk { first: 2, ..base },
        Chunk { last: 8, ..base },
        Chunk { taken: 4, ..base },
        Chunk { new: 2, ..base },
        Chunk { seal: Digest::from_bytes([2; 32]), ..base },
    ];
    for other in others {
        assert_ne!(root(&[other, after]).unwrap(), whole);
    }
    assert_ne!(root(&[after, base]).unwrap(), whole);
    assert_ne!(root(&[base]).unwrap(), whole);
}
