//! Rows as they are given, judged and sealed.

use super::*;
use crate::domain::contacts::ContactNo;
use crate::domain::ids::{ConsentId, ContactId};

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

fn row() -> ImportRow {
    given().read(1, None, now()).unwrap()
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
    let wrong: [(Change<GivenRow>, LeftOut); 16] = [
        (|row| row.phone.clear(), LeftOut::InvalidPhone),
        (|row| row.phone = "9123 4567".into(), LeftOut::InvalidPhone),
        (|row| row.phone = "+852 0000".into(), LeftOut::InvalidPhone),
        (|row| row.name = "x".repeat(201), LeftOut::BadText),
        (|row| row.name = "a\nb".into(), LeftOut::BadText),
        (|row| row.tags = vec![" ".into()], LeftOut::BadText),
        (|row| row.tags = (0..21).map(|n| n.to_string()).collect(), LeftOut::BadText),
        (|row| row.language = Some("Cantonese".into()), LeftOut::UnknownLanguage),
        (|row| row.consents.clear(), LeftOut::NoConsent),
        (|row| row.consents[0].category.clear(), LeftOut::NoCategory),
        (|row| row.consents[0].source = "website".into(), LeftOut::NoSource),
        (|row| row.consents[0].date = "20/11/2026".into(), LeftOut::NoDate),
        (|row| row.consents[0].date = "2026-11-23".into(), LeftOut::DateAhead),
        (|row| row.consents[0].date = "2026-11-22T14:00:01+08:00".into(), LeftOut::DateAhead),
        (|row| row.consents[0].evidence = "  ".into(), LeftOut::NotTraceable),
        (|row| row.consents.push(GivenConsent::default()), LeftOut::NoCategory),
    ];
    for (n, (change, reason)) in wrong.into_iter().enumerate() {
        let mut row = given();
        change(&mut row);
        assert_eq!(row.read(1, None, now()).unwrap_err(), reason, "case {n}");
    }
}

#[test]
fn a_number_is_read_in_its_market_and_a_date_anywhere_on_earth() {
    let mut local = given();
    local.phone = "9123 4567".into();
    assert_eq!(local.read(1, "HK".parse().ok(), now()).unwrap().phone.e164(), "+85291234567");
    // In Hong Kong it is the 22nd while it is still the 21st in London.
    let early: Timestamp = "2026-11-22T07:00:00+08:00".parse().unwrap();
    local.consents[0].date = "2026-11-22".into();
    assert_eq!(local.read(1, "HK".parse().ok(), early).unwrap().said.consents[0].given_at, early);
}

#[test]
fn a_list_that_is_imported_twice_changes_nothing() {
    assert_eq!(row().judge(None), Ok(RowChange::New));
    assert_eq!(row().judge(Some(&known())), Ok(RowChange::Unchanged));
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
        assert_eq!(row.judge(Some(&known())), Ok(RowChange::Changed));
    }
    let mut says_less = row();
    says_less.said = RowSaid { name: String::new(), language: None, tags: BTreeSet::new(), ..says_less.said };
    assert_eq!(says_less.judge(Some(&known())), Ok(RowChange::Unchanged), "what is known stays");
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
        assert_eq!(row().judge(Some(&known)), verdict, "{suppression}");
    }
    // A stop of marketing says nothing of receipts.
    let mut utility = row();
    utility.said.consents[0].category = MessageCategory::Utility;
    let stopped = Standing { suppressions: vec![Suppression::OptedOutOfMarketing], ..known() };
    assert_eq!(utility.judge(Some(&stopped)), Ok(RowChange::Changed));

    let mut withdrawn = known();
    let no = ConsentRecord { state: ConsentState::Withdrawn, given_at: now(), ..withdrawn.history[0].clone() };
    withdrawn.history.push(no);
    assert_eq!(row().judge(Some(&withdrawn)), Err(LeftOut::ConsentWithdrawn));
    let mut later = row();
    later.said.consents[0].given_at = now().after(Duration::from_secs(1));
    assert_eq!(later.judge(Some(&withdrawn)), Err(LeftOut::ConsentWithdrawn), "not by a later date either");
    assert_eq!(utility.judge(Some(&withdrawn)), Ok(RowChange::Changed), "and only what was taken back");
}

#[test]
fn the_root_changes_with_every_word_of_every_row() {
    let base = root(&[row()]).unwrap();
    let changes: [Change<ImportRow>; 4] = [
        |row| row.line = 2,
        |row| row.phone = PhoneNumber::parse("+852 9123 4568", None).unwrap(),
        |row| row.said.name.push('!'),
        |row| row.said.consents[0].source = ConsentSource::Oral,
    ];
    for change in changes {
        let mut row = row();
        change(&mut row);
        assert_ne!(root(&[row]).unwrap(), base);
    }
    assert_ne!(root(&[]).unwrap(), base);
    assert_eq!(root(&[row()]).unwrap(), base);
}
