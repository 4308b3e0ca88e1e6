//! The table of error codes, and the reading of error objects.

use std::collections::HashSet;

use crate::graph::Backoff;
use crate::graph::GraphError;
use crate::graph::error_table::ROWS;
use crate::graph::errors::{Class, FatalFor, Remedy, explain, lookup};

#[test]
fn rows_are_in_order_and_do_not_overlap() {
    for pair in ROWS.windows(2) {
        assert!(pair[0].last < pair[1].first, "{} and {}", pair[0].first, pair[1].first);
    }
    assert!(ROWS.iter().all(|row| row.first <= row.last));
}

#[test]
fn every_sentence_is_one_that_a_person_can_read() {
    for row in ROWS {
        assert!(row.sentence.len() > 20 && row.sentence.ends_with('.'), "{}", row.first);
        assert!(row.sentence.starts_with(char::is_uppercase) && !row.sentence.contains(['{', '_']), "{}", row.first);
        assert!(!row.meaning.is_empty() && !row.meaning.ends_with('.'), "{}", row.first);
    }
}

#[test]
fn class_and_remedy_agree() {
    for row in ROWS {
        let fits = match row.class {
            Class::Throttled(_) => row.remedy == Remedy::Wait,
            Class::Ambiguous => row.remedy == Remedy::Reconcile,
            Class::Fatal(_) => !matches!(row.remedy, Remedy::Wait | Remedy::Reconcile),
        };
        assert!(fits, "{}: {:?} with {:?}", row.first, row.class, row.remedy);
        if row.remedy == Remedy::StopSending {
            assert_eq!(row.class, Class::Fatal(FatalFor::Account), "{}", row.first);
        }
        if row.remedy == Remedy::StopTemplate {
            assert_eq!(row.class, Class::Fatal(FatalFor::Template), "{}", row.first);
        }
    }
}

/// Written down a second time from Meta's pages: what a send of each code may lead to.
#[test]
fn every_documented_code_has_its_class() {
    let budget = Class::Throttled(Backoff::CallBudget { regain: None });
    for code in [4, 17, 32, 341, 613, 80_007, 80_008] {
        assert_eq!(explain(code).class, budget, "{code}");
    }
    assert_eq!(explain(130_429).class, Class::Throttled(Backoff::Rate));
    assert_eq!(explain(131_056).class, Class::Throttled(Backoff::Recipient));
    for code in [131_057, 133_004, 134_101] {
        assert!(matches!(explain(code).class, Class::Throttled(Backoff::Pause(_))), "{code}");
    }
    for code in [1, 2, 131_000, 131_016] {
        assert_eq!(explain(code).class, Class::Ambiguous, "{code}");
    }
    let fatal = |reach, codes: &[i64]| {
        for &code in codes {
            assert_eq!(lookup(code).map(|row| row.class), Some(Class::Fatal(reach)), "{code}");
        }
    };
    fatal(
        FatalFor::Account,
        &[0, 3, 10, 33, 102, 190, 200, 250, 299, 368, 131_005, 131_031, 131_037, 131_042, 131_044],
    );
    fatal(
        FatalFor::Account,
        &[131_045, 131_048, 131_063, 131_064, 133_000, 133_005, 133_006, 133_008, 133_009, 133_010],
    );
    fatal(FatalFor::Account, &[133_015, 133_016, 134_011, 139_200]);
    fatal(FatalFor::Recipient, &[130_403, 130_472, 130_497, 131_021, 131_026, 131_030, 131_047, 131_049, 131_050]);
    fatal(FatalFor::Recipient, &[131_036, 131_062, 137_000, 2040]);
    fatal(
        FatalFor::Template,
        &[131_055, 132_000, 132_001, 132_007, 132_015, 132_016, 132_068, 132_069, 134_100, 134_102],
    );
    fatal(FatalFor::Message, &[100, 506, 131_008, 131_009, 131_020, 131_035, 131_041, 131_051, 131_052, 131_053]);
    fatal(
        FatalFor::Message,
        &[131_201, 131_215, 132_005, 132_008, 132_012, 135_000, 2046, 2047, 139_100, 139_101, 147_001],
    );
    let creation = [2_388_019, 2_388_023, 2_388_024, 2_388_039, 2_388_040, 2_388_047, 2_388_072, 2_388_073, 2_388_293];
    let others =
        [2_388_299, 2_388_318, 2_388_330, 200_005, 200_006, 200_007, 2_388_001, 2_388_012, 2_388_091, 2_388_093];
    let rest = [2_388_103, 2_494_100, 2_593_107, 2_593_108, 131_059, 131_208, 139_102, 139_103, 147_005];
    for code in creation.into_iter().chain(others).chain(rest) {
        assert!(lookup(code).is_some(), "{code}");
    }
    assert_eq!(explain(131_050).remedy, Remedy::SuppressMarketing);
    assert_eq!(explain(131_049).remedy, Remedy::RestRecipient);
}

#[test]
fn codes_that_nobody_documented_end_one_message() {
    for code in [-1, 7, 199, 300, 131_999, 132_002, i64::MIN, i64::MAX] {
        assert_eq!((lookup(code).is_none(), explain(code).class), (true, Class::Fatal(FatalFor::Message)), "{code}");
    }
}

#[test]
fn meanings_differ_where_sentences_are_the_same() {
    let mut seen = HashSet::new();
    let repeated: Vec<_> =
        ROWS.iter().filter(|row| !seen.insert((row.meaning, row.sentence))).map(|r| r.first).collect();
    assert!(repeated.iter().all(|code| explain(*code).meaning.contains("group") || *code == 2_388_103), "{repeated:?}");
}

#[test]
fn error_objects_of_every_shape() {
    let read = |text: &str| GraphError::read(text.as_bytes());
    let error = read(
        r#"{"error":{"message":"(#131047) Re-engagement message","code":131047,"error_subcode":2494055,
            "error_data":{"details":"no reply from +852 9123 4567"},"fbtrace_id":"AbC"}}"#,
    )
    .unwrap();
    assert_eq!((error.code, error.subcode, error.title.as_str()), (131_047, Some(2_494_055), "Re-engagement message"));
    assert_eq!((error.details.as_deref(), error.trace_id.as_deref()), (Some("no reply from …67"), Some("AbC")));
    assert_eq!(error.to_string(), "code 131047/2494055, Re-engagement message: no reply from …67");

    let error = read(r#"{"error":{"message":"m","code":"4","error_data":"bare","is_transient":true}}"#).unwrap();
    assert_eq!((error.code, error.details.as_deref(), error.is_transient), (4, Some("bare"), true));
    assert_eq!(read(r#"{"error":{"code":1,"error_data":7}}"#).unwrap().details, None);
    for none in ["", "{}", "[]", "null", r#"{"error":"x"}"#, r#"{"error":{"message":"m"}}"#, r#"{"code":4}"#, "<html>"]
    {
        assert_eq!(read(none), None, "{none}");
    }
}

#[test]
fn a_subcode_tells_what_code_100_does_not() {
    let read =
        |code: i64| GraphError::read(format!(r#"{{"error":{{"code":{code},"error_subcode":2388024}}}}"#).as_bytes());
    assert_eq!(read(100).unwrap().row().first, 2_388_024);
    assert_eq!(read(190).unwrap().row().first, 190);
}
