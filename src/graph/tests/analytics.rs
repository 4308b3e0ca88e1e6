//! Meta's figures: which are asked for, over which days, and how they are read.

use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::domain::clock::Timestamp;
use crate::graph::analytics::{
    self, BadDays, Clicks, Days, Dimension, Granularity, PricingKind, PricingQuery, TemplateQuery,
};

fn now() -> Timestamp {
    "2026-11-28T00:00:00Z".parse().unwrap()
}

fn days() -> Days {
    Days::new(date(2026, 11, 1), date(2026, 11, 7), &TimeZone::UTC).unwrap()
}

/// The `fields` of a request, as they were before they went into its address.
fn fields(request: &str) -> String {
    let line = request.lines().next().unwrap();
    let query = line.split(['?', ' ']).nth(2).unwrap();
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "fields").unwrap().1.into_owned()
}

#[test]
fn days_begin_and_end_at_midnight_of_their_zone() {
    let span = |first, last, zone: &str| {
        let days = Days::new(first, last, &TimeZone::get(zone).unwrap()).unwrap();
        (days.start().to_string(), days.end().to_string(), days.end().since(days.start()).as_secs() / 3600)
    };
    let day = date(2026, 11, 1);
    assert_eq!(span(day, day, "UTC"), ("2026-11-01T00:00:00Z".into(), "2026-11-02T00:00:00Z".into(), 24));
    assert_eq!(
        span(day, date(2026, 11, 2), "Asia/Hong_Kong"),
        ("2026-10-31T16:00:00Z".into(), "2026-11-02T16:00:00Z".into(), 48)
    );
    // The clocks go back on this day in New York, and forward on that one.
    assert_eq!(span(day, day, "America/New_York").2, 25);
    assert_eq!(span(date(2026, 3, 8), date(2026, 3, 8), "America/New_York").2, 23);
    assert_eq!(Days::new(date(2026, 11, 2), day, &TimeZone::UTC), Err(BadDays::Backwards));
    assert_eq!(Days::new(date(9999, 12, 31), date(9999, 12, 31), &TimeZone::UTC), Err(BadDays::Unreal));
}

#[tokio::test]
async fn figures_of_templates_are_read_page_by_page() {
    let point = |id: u64, sent: u64| {
        json!({"template_id": id, "start": 1_793_491_200, "end": 1_793_577_600, "sent": sent, "delivered": 9, "read": 4,
            "clicked": [{"type": "url_button", "button_content": "Look", "count": 2}],
            "cost": [{"type": "amount_spent", "value": 1.25}, {"type": "cost_per_delivered"}]})
    };
    let first = json!({"id": "9001", "template_analytics": {"data": [{"granularity": "DAILY", "data_points": [point(501, 10)]}],
        "paging": {"cursors": {"after": "c1"}, "next": "https://elsewhere.example/?after=x"}}});
    let last = json!({"id": "9001", "template_analytics": {"data": [{"data_points": [point(502, 3), {"template_id": "503", "start": 1, "end": 2}]}]}});
    let double = Double::start([answer(200, &first.to_string()), answer(200, &last.to_string())]).await;
    let query = TemplateQuery { days: days(), template_ids: vec!["501".into(), "502".into()], account_time_zone: true };
    let points = analytics::templates(&double.graph(), &credentials(), "9001", &query, now()).await.unwrap();
    let [a, b, c] = &points[..] else { panic!("{points:?}") };
    assert_eq!((a.template_id.as_str(), a.sent, a.delivered, a.read), ("501", 10, 9, Some(4)));
    assert_eq!(a.start, "2026-11-01T00:00:00Z".parse().unwrap());
    assert_eq!(a.clicked, [Clicks { kind: "url_button".into(), button: Some("Look".into()), count: 2 }]);
    assert_eq!(a.cost, [("amount_spent".to_owned(), "1.25".to_owned())]);
    assert_eq!((b.sent, c.sent, c.read), (3, 0, None));
    let seen = double.seen();
    let asked = "template_analytics.start(1793491200).end(1794096000).granularity(DAILY).template_ids([501,502])\
        .metric_types([SENT,DELIVERED,READ,CLICKED,COST]).use_waba_timezone(true)";
    assert!(seen[0].starts_with("GET /v25.0/9001?fields="));
    assert_eq!([fields(&seen[0]), fields(&seen[1])], [asked.to_owned(), format!("{asked}.after(c1)")]);
}

#[tokio::test]
async fn what_was_billed_is_read_and_told_apart() {
    let body = json!({"id": "9001", "pricing_analytics": {"data": [{"data_points": [
        {"start": 1, "end": 2, "phone_number": "85230010001", "country": "HK", "tier": "0:100000", "pricing_type": "REGULAR",
            "pricing_category": "MARKETING", "volume": 7, "cost": 5.6},
        {"start": 1, "end": 2, "pricing_type": "NEW_KIND", "volume": 1}]}]}});
    let double = Double::start([answer(200, &body.to_string()), answer(200, r#"{"id":"9001"}"#)]).await;
    let graph = double.graph();
    let query = PricingQuery {
        days: days(),
        granularity: Granularity::Monthly,
        phone_numbers: vec!["85230010001".into()],
        country_codes: vec!["HK".into(), "SG]).end(0".into()],
        categories: Vec::new(),
        dimensions: vec![Dimension::Country, Dimension::Phone, Dimension::Category, Dimension::Kind, Dimension::Tier],
    };
    let points = analytics::pricing(&graph, &credentials(), "9001", &query, now()).await.unwrap();
    assert_eq!(
        (points[0].volume, points[0].cost.as_deref(), points[0].tier.as_deref()),
        (7, Some("5.6"), Some("0:100000"))
    );
    assert_eq!(points[0].kind, Some(PricingKind::Regular));
    assert_eq!((points[1].kind.clone(), points[1].cost.clone()), (Some(PricingKind::Other("NEW_KIND".into())), None));
    assert_eq!(
        fields(&double.seen()[0]),
        "pricing_analytics.start(1793491200).end(1794096000).granularity(MONTHLY).phone_numbers([85230010001])\
         .country_codes([HK,SGend0]).metric_types([COST,VOLUME]).dimensions([COUNTRY,PHONE,PRICING_CATEGORY,PRICING_TYPE,TIER])"
    );
    let nothing = PricingQuery { granularity: Granularity::HalfHour, dimensions: Vec::new(), ..query };
    assert_eq!(analytics::pricing(&graph, &credentials(), "9001", &nothing, now()).await, Ok(Vec::new()));
    assert!(!fields(&double.seen()[1]).contains("dimensions"));
}

#[tokio::test]
async fn what_meta_has_no_figures_of_is_not_asked_for() {
    let double = Double::start([answer(200, "{}"), answer(200, "{}"), answer(200, "{}")]).await;
    let graph = double.graph();
    let of = async |templates: usize, first| {
        let days = Days::new(first, date(2026, 11, 27), &TimeZone::UTC).unwrap();
        let query = TemplateQuery { days, template_ids: vec!["501".into(); templates], account_time_zone: false };
        analytics::templates(&graph, &credentials(), "9001", &query, now()).await
    };
    let billed = async |first| {
        let days = Days::new(first, date(2026, 11, 27), &TimeZone::UTC).unwrap();
        let (all, none) = (Vec::new, Vec::new);
        let query = PricingQuery {
            days,
            granularity: Granularity::Daily,
            phone_numbers: all(),
            country_codes: all(),
            categories: all(),
            dimensions: none(),
        };
        analytics::pricing(&graph, &credentials(), "9001", &query, now()).await
    };
    let recent = date(2026, 11, 1);
    assert_eq!([of(1, recent).await, of(10, date(2026, 8, 30)).await], [Ok(vec![]), Ok(vec![])]);
    assert_eq!(billed(date(2025, 11, 28)).await, Ok(vec![]));
    for refused in [of(0, recent).await, of(11, recent).await, of(1, date(2026, 8, 29)).await] {
        assert!(matches!(refused, Err(Error::NotSent { retry: Backoff::Never, .. })), "{refused:?}");
    }
    assert!(matches!(billed(date(2025, 11, 27)).await, Err(Error::NotSent { retry: Backoff::Never, .. })));
    assert_eq!(double.seen().len(), 3);
}

#[tokio::test]
async fn a_figure_that_does_not_say_of_what_it_is_is_none() {
    let body = json!({"template_analytics": {"data": [{"data_points": [{"sent": 1}]}]}});
    let double = Double::start([answer(200, &body.to_string()), answer(200, r#"{"template_analytics":7}"#)]).await;
    let query = TemplateQuery { days: days(), template_ids: vec!["501".into()], account_time_zone: false };
    for _ in 0..2 {
        let read = analytics::templates(&double.graph(), &credentials(), "9001", &query, now()).await;
        assert!(matches!(read, Err(Error::InDoubt { .. })), "{read:?}");
    }
}
