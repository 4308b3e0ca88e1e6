//! The rules about a free message, each with one that breaks it.

use super::*;
use crate::domain::consent::Suppression;
use crate::domain::messages::{Captioned, CtaUrl, List, Media, ReplyButton, ReplyButtons, Row, Section, Text};
use proptest::prelude::*;
use std::time::Duration;

const WROTE: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn text(body: &str) -> SessionContent {
    SessionContent::Text(Text { body: body.into(), preview_url: false })
}

fn links() -> Links {
    Links { allow: ["shop.example".to_owned()].into() }
}

fn rules(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn ground() -> Ground<'static> {
    Ground {
        number: "+852 3001 0001",
        barred: None,
        window: Some(ServiceWindow { opened_at: WROTE }),
        suppressions: Suppressions::default(),
        reachable: true,
    }
}

#[test]
fn what_a_text_says_decides_who_has_to_see_it() {
    use Sensitivity::{Link, Payment, Promise};
    for (body, broken, why) in [
        ("We are open from 9 to 6.", vec![], vec![]),
        ("你好，我們星期一休息。", vec![], vec![]),
        ("Your parcel was shipped this morning, see https://shop.example/track", vec![], vec![]),
        ("It is HK$128.", vec!["SESS-07"], vec![Payment]),
        ("You can PAY at the counter.", vec!["SESS-07"], vec![Payment]),
        ("The payload is here.", vec![], vec![]),
        ("運費由我們承擔", vec!["SESS-07"], vec![Payment]),
        ("运费由我们承担", vec!["SESS-07"], vec![Payment]),
        ("We will refund it.", vec!["SESS-08"], vec![Promise]),
        ("Refund: $20", vec!["SESS-07", "SESS-08"], vec![Payment, Promise]),
        ("可以退款", vec!["SESS-08"], vec![Promise]),
        ("我们保证三天内送到", vec!["SESS-08"], vec![Promise]),
        ("See https://other.example.org/x", vec!["LINK-10"], vec![Link]),
        ("Don’t miss our FLASH sale", vec!["SESS-05"], vec![]),
        ("限時搶購", vec!["SESS-05"], vec![]),
        ("限时抢购", vec!["SESS-05"], vec![]),
        ("Please send your credit-card number", vec!["SESS-06"], vec![]),
        ("請提供身份證號碼", vec!["SESS-06"], vec![]),
        ("请提供银行账号", vec!["SESS-06"], vec![]),
        ("See http://shop.example/", vec!["LINK-01"], vec![]),
        ("Hi\u{202e}there", vec!["TEXT-01"], vec![]),
        ("", vec!["SESS-04"], vec![]),
    ] {
        let found = says(&text(body), &links());
        assert_eq!(rules(&found), broken, "{body}");
        assert_eq!(sensitive(&found), why, "{body}");
    }
}

#[test]
fn a_finding_marks_the_words_it_is_about() {
    let found = says(&text("好的。We will REFUND it."), &links());
    let span = found.first().and_then(|finding| finding.span.as_ref()).unwrap();
    assert_eq!((span.field.as_str(), span.start, span.end, span.text.as_str()), ("body", 11, 17, "REFUND"));
}

#[test]
fn every_place_of_a_message_is_read() {
    let button = |title: &str| ReplyButton { id: title.to_lowercase(), title: title.into() };
    let buttons = |title: &str, footer: &str| {
        SessionContent::ReplyButtons(ReplyButtons {
            header: None,
            body: "Which one?".into(),
            footer: Some(footer.into()),
            buttons: vec![button(title)],
        })
    };
    let row = |title: &str, line: &str| Row { id: "1".into(), title: title.into(), description: Some(line.into()) };
    let list = |row: Row| {
        SessionContent::List(List {
            header: None,
            body: "Which one?".into(),
            footer: None,
            button: "Choose".into(),
            sections: vec![Section { title: None, rows: vec![row] }],
        })
    };
    let page = |url: &str| {
        let (body, label) = ("Your order".into(), "Open".into());
        SessionContent::CtaUrl(CtaUrl { header: None, body, footer: None, label, url: url.into() })
    };
    let image = |caption: &str| {
        let media = Media::Link("https://shop.example/a.jpg".into());
        SessionContent::Image(Captioned { media, caption: Some(caption.into()) })
    };
    for (content, broken) in [
        (buttons("Blue", "Small"), vec![]),
        (buttons("Refund", "Small"), vec!["SESS-08"]),
        (buttons("Blue", "Special offer"), vec!["SESS-05"]),
        (buttons(&"x".repeat(21), "Small"), vec!["SESS-04"]),
        (list(row("Oolong", "Dark")), vec![]),
        (list(row("Oolong", "HK$80")), vec!["SESS-07"]),
        (list(row(&"x".repeat(25), "Dark")), vec!["SESS-04"]),
        (page("https://shop.example/order"), vec![]),
        (page("https://elsewhere.example.org/"), vec!["LINK-02"]),
        (image("Here it is"), vec!["SESS-09"]),
        (image("Promo code TEA"), vec!["SESS-05", "SESS-09"]),
    ] {
        assert_eq!(rules(&says(&content, &links())), broken, "{:?}", content.texts());
    }
}

#[test]
fn nobody_is_written_to_outside_the_window_or_against_their_will() {
    let late = WROTE.after(Duration::from_hours(24));
    for (ground, now, broken) in [
        (ground(), WROTE, vec![]),
        (ground(), WROTE.after(Duration::from_mins(23 * 60 + 1)), vec!["SESS-10"]),
        (ground(), late, vec!["SESS-01"]),
        (Ground { window: None, ..ground() }, WROTE, vec!["SESS-01"]),
        (Ground { reachable: false, ..ground() }, WROTE, vec!["SESS-03"]),
        (Ground { barred: Some("banned"), ..ground() }, WROTE, vec!["QUALITY-05"]),
    ] {
        assert_eq!(rules(&may_write(&ground, now)), broken, "{ground:?} at {now}");
    }
    for suppression in Suppression::ALL {
        let suppressions = Suppressions::default().with(*suppression);
        let found = may_write(&Ground { suppressions, ..ground() }, WROTE);
        let forbidden = suppression.forbids(MessageCategory::Service);
        assert_eq!(rules(&found), if forbidden { vec!["SESS-02"] } else { vec![] }, "{suppression}");
    }
}

proptest! {
    #[test]
    fn any_text_is_judged_and_every_span_is_in_it(body in "\\PC{0,200}") {
        for finding in says(&text(&body), &links()) {
            if let Some(span) = finding.span {
                let stands: String = body.chars().skip(span.start).take(span.end - span.start).collect();
                prop_assert_eq!(stands, span.text);
            }
        }
    }
}
