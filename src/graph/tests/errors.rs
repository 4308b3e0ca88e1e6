//! The table of error codes, and the reading of error objects.

use std::collections::HashSet;

use super::sends::message;
use super::*;
use crate::graph::GraphError;
use crate::graph::error_table::ROWS;
use crate::graph::errors::{Class, FatalFor, Remedy, explain, lookup};
use crate::graph::messages::{SendOutcome, send};

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
            assert!(matches!(row.class, Class::Fatal(FatalFor::Account | FatalFor::Number)), "{}", row.first);
        }
        if row.remedy == Remedy::StopTemplate {
            assert_eq!(row.class, Class::Fatal(FatalFor::Template), "{}", row.first);
        }
    }
}

/// What becomes of the row of the ledger whose message was refused with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// Goes again after a while.
    Queued,
    /// In doubt, until a webhook or a person settles it.
    Unknown,
    /// Failed, and nothing else follows.
    Failed,
    /// Failed, and the person gets no marketing any more.
    Suppressed,
    /// Failed, and the person is left alone for a day.
    Rested,
    /// Failed, and the number is known not to be reached.
    Unreachable,
    /// Failed, and nothing goes out with this template.
    TemplateStopped,
    /// Failed, and nothing goes out at all.
    AllStopped,
    /// No message at all: the list that was read is read again.
    ReadAgain,
}

use Becomes::{AllStopped, Failed, Queued, ReadAgain, Rested, Suppressed, TemplateStopped, Unknown, Unreachable};

/// Every code that Meta documents, typed a second time from its pages.
#[rustfmt::skip]
const DOCUMENTED: &[(Becomes, &[i64])] = &[
    // the whole Graph API
    (AllStopped, &[0, 3, 10, 33, 102, 190, 200, 201, 250, 298, 299, 368]),
    (Unknown, &[1, 2]),
    (Queued, &[4, 17, 32, 341, 613, 80_007, 80_008]),
    (Failed, &[100, 506]),
    // sending
    (Unreachable, &[130_403, 131_026]),
    (Queued, &[130_429, 131_056, 131_057, 131_208]),
    (Failed, &[130_472, 130_497]),
    (Unknown, &[131_000, 131_016]),
    (AllStopped, &[131_005, 131_031, 131_037, 131_042, 131_044, 131_045, 131_048, 131_063, 131_064]),
    (Failed, &[131_008, 131_009, 131_020, 131_021, 131_030, 131_035, 131_036, 131_041, 131_047, 131_051, 131_052, 131_053, 131_062]),
    (Failed, &[131_201, 131_202, 131_203, 131_204, 131_205, 131_206, 131_207]),
    (Failed, &[131_209, 131_210, 131_211, 131_212, 131_213, 131_214, 131_215]),
    (Rested, &[131_049]),
    (Suppressed, &[131_050]),
    (TemplateStopped, &[131_055]),
    (ReadAgain, &[131_059]),
    // templates in messages
    (TemplateStopped, &[132_000, 132_001, 132_007, 132_015, 132_016, 132_068, 132_069]),
    (Failed, &[132_005, 132_008, 132_012]),
    // registration of the number
    (AllStopped, &[133_000, 133_005, 133_006, 133_008, 133_009, 133_010, 133_015, 133_016]),
    (Queued, &[133_004]),
    // other products
    (AllStopped, &[134_011, 139_200]),
    (TemplateStopped, &[134_100, 134_102]),
    (Queued, &[134_101]),
    (Failed, &[135_000, 137_000, 139_100, 139_101]),
    (ReadAgain, &[139_102]),
    (Unknown, &[139_103]),
    (Failed, &[147_001, 147_002, 147_003, 147_004, 147_005, 2040, 2046, 2047]),
    // creation of templates, migration of numbers, insights, coexistence
    (Failed, &[2_388_019, 2_388_023, 2_388_024, 2_388_039, 2_388_040, 2_388_047, 2_388_072, 2_388_073, 2_388_293, 2_388_299]),
    (Failed, &[2_388_318, 2_388_330, 2_388_001, 2_388_012, 2_388_091, 2_388_093, 2_388_103]),
    (Failed, &[200_005, 200_006, 200_007, 2_593_108]),
    (Queued, &[2_494_100, 2_593_107]),
    // named by the forecast of health
    (TemplateStopped, &[141_002]),
];

/// How far a refusal reaches, where it is not the message alone; typed a second time as well.
const REACH: &[(FatalFor, &[i64])] = &[
    (
        FatalFor::Number,
        &[33, 131_037, 131_045, 131_048, 133_000, 133_005, 133_006, 133_008, 133_009, 133_010, 133_015, 133_016],
    ),
    (FatalFor::Recipient, &[130_403, 130_472, 130_497, 131_021, 131_026, 131_030, 131_036, 131_047, 131_049, 131_050]),
    (FatalFor::Recipient, &[131_062, 137_000, 2040]),
    (FatalFor::Template, &[2_388_023, 2_388_024, 2_388_039, 2_388_040, 2_388_047, 2_388_072, 2_388_073, 2_388_293]),
    (FatalFor::Template, &[2_388_299, 2_388_318, 2_388_330]),
    (FatalFor::Account, &[2_388_001, 2_388_012, 2_388_091, 2_388_093, 2_388_103]),
];

fn expected_reach(becomes: Becomes, code: i64) -> FatalFor {
    let usual = match becomes {
        AllStopped => FatalFor::Account,
        TemplateStopped => FatalFor::Template,
        _ => FatalFor::Message,
    };
    REACH.iter().find(|(_, codes)| codes.contains(&code)).map_or(usual, |(reach, _)| *reach)
}

#[test]
fn every_documented_code_has_its_row_and_what_follows_from_it() {
    for &(becomes, codes) in DOCUMENTED {
        for &code in codes {
            let row = lookup(code).unwrap_or_else(|| panic!("{code} has no row"));
            let remedy = match becomes {
                Queued => Remedy::Wait,
                Unknown => Remedy::Reconcile,
                Failed => Remedy::Fail,
                Suppressed => Remedy::SuppressMarketing,
                Rested => Remedy::RestRecipient,
                Unreachable => Remedy::MarkUnreachable,
                TemplateStopped => Remedy::StopTemplate,
                AllStopped => Remedy::StopSending,
                ReadAgain => Remedy::RestartPaging,
            };
            assert_eq!(row.remedy, remedy, "{code}");
            match becomes {
                Queued => assert!(matches!(row.class, Class::Throttled(_)), "{code}"),
                Unknown => assert_eq!(row.class, Class::Ambiguous, "{code}"),
                _ => assert_eq!(row.class, Class::Fatal(expected_reach(becomes, code)), "{code}"),
            }
        }
    }
}

#[test]
fn the_table_has_no_row_that_nobody_documented_and_no_code_is_written_down_twice() {
    let all: Vec<i64> = DOCUMENTED.iter().flat_map(|(_, codes)| *codes).copied().collect();
    let distinct: HashSet<i64> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len());
    for row in ROWS {
        assert!(distinct.contains(&row.first) && distinct.contains(&row.last), "{}", row.first);
        // Within a range that Meta documents as one, not every code has been seen.
        let whole = (row.first..=row.last).all(|code| distinct.contains(&code));
        assert!(whole || (row.first, row.last) == (200, 299), "{}", row.first);
    }
}

#[test]
fn what_waits_says_for_what() {
    let waits = |code: i64| match explain(code).class {
        Class::Throttled(backoff) => backoff,
        other => panic!("{code}: {other:?}"),
    };
    for code in [4, 17, 32, 341, 613, 80_007, 80_008, 2_593_107] {
        assert_eq!(waits(code), Backoff::CallBudget { regain: None }, "{code}");
    }
    assert_eq!([130_429, 131_208].map(waits), [Backoff::Rate; 2]);
    assert_eq!(waits(131_056), Backoff::Recipient);
    let minutes = |n: u64| Backoff::Pause(Duration::from_secs(60 * n));
    assert_eq!([131_057, 133_004, 2_494_100].map(waits), [minutes(1); 3]);
    assert_eq!(waits(134_101), minutes(10));
}

/// The same table once more, through the client: what a send ends as when Meta answers so.
#[tokio::test]
async fn a_message_refused_with_any_code_ends_as_its_row_says() {
    let acts: Vec<Act> = DOCUMENTED.iter().flat_map(|(_, codes)| *codes).map(|code| refusal(400, *code)).collect();
    let double = Double::start(acts).await;
    let graph = double.graph();
    for &(becomes, codes) in DOCUMENTED {
        for &code in codes {
            let outcome = send(&graph, &credentials(), &message()).await;
            let fits = match (becomes, &outcome) {
                (Queued, SendOutcome::NotSent { retry, .. }) => *retry != Backoff::Never,
                (Unknown, SendOutcome::Unknown { .. }) => true,
                (Queued | Unknown, _) => false,
                (_, SendOutcome::Rejected { error, fatal_for }) => {
                    error.code == code && *fatal_for == expected_reach(becomes, code)
                }
                _ => false,
            };
            assert!(fits, "{code}: {becomes:?} and {outcome:?}");
        }
    }
}

/// Words of the trade, which say nothing to the person who reads why a message failed.
const JARGON: &[&str] = &[
    "api",
    "bsuid",
    "endpoint",
    "graph",
    "http",
    "json",
    "null",
    "oauth",
    "parameter",
    "payload",
    "session",
    "subcode",
    "syntax",
    "ttl",
    "url",
    "variable",
    "waba",
    "webhook",
];

#[test]
fn sentences_are_free_of_jargon_and_each_says_something_of_its_own() {
    let mut seen = HashSet::new();
    for row in ROWS {
        let words: Vec<String> = row
            .sentence
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|w| !w.is_empty())
            .collect();
        let jargon: Vec<&String> = words.iter().filter(|word| JARGON.contains(&word.as_str())).collect();
        assert!(jargon.is_empty(), "{}: {jargon:?} in {}", row.first, row.sentence);
        assert!(
            !row.sentence.chars().any(|c| c.is_ascii_digit()) || row.sentence.contains("24 hours"),
            "{}",
            row.first
        );
        assert!(seen.insert(row.sentence), "{}: said of another code already", row.first);
        assert!(seen.insert(row.meaning), "{}: the meaning of another code", row.first);
    }
}

#[test]
fn codes_that_nobody_documented_end_one_message() {
    for code in [-1, 7, 199, 300, 131_999, 132_002, i64::MIN, i64::MAX] {
        assert_eq!((lookup(code).is_none(), explain(code).class), (true, Class::Fatal(FatalFor::Message)), "{code}");
    }
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
