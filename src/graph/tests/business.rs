//! The profile, the block list, the settings and the subscribers of a business.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::contacts::identity::UserId;
use crate::domain::messages::Recipient;
use crate::domain::redact::Number;
use crate::graph::business::{self, BlockedUser, Profile, ProfileUpdate, Vertical};
use crate::graph::uploads::Handle;

#[tokio::test]
async fn a_profile_is_read_and_changed() {
    let body = json!({"data": [{"about": "Tea", "email": "a@shop.example", "websites": ["https://shop.example"],
        "vertical": "RETAIL", "profile_picture_url": "https://p.example", "messaging_product": "whatsapp"}]});
    let double = Double::start([answer(200, &body.to_string()), done(), done(), answer(200, r#"{"data":[]}"#)]).await;
    let graph = double.graph();
    let profile = business::profile(&graph, &credentials(), "7001").await.unwrap();
    let wanted = Profile {
        about: Some("Tea".into()),
        email: Some("a@shop.example".into()),
        picture_url: Some("https://p.example".into()),
        websites: vec!["https://shop.example".into()],
        vertical: Some(Vertical::Retail),
        ..Profile::default()
    };
    assert_eq!(profile, wanted);
    let update = ProfileUpdate {
        about: Some("Tea since 1920".into()),
        address: Some(String::new()),
        description: Some("d".into()),
        email: Some("a@shop.example".into()),
        websites: Some(vec!["https://shop.example".into()]),
        vertical: Some(Vertical::Restaurant),
        picture: Some(Handle::new("4::aW")),
    };
    business::update_profile(&graph, &credentials(), "7001", &update).await.unwrap();
    business::update_profile(&graph, &credentials(), "7001", &ProfileUpdate::default()).await.unwrap();
    let seen = double.seen();
    assert!(seen[0].starts_with("GET /v25.0/7001/whatsapp_business_profile?fields=about%2C"));
    assert!(seen[1].starts_with("POST /v25.0/7001/whatsapp_business_profile HTTP/1.1"));
    assert_eq!(
        json_of(&seen[1]),
        json!({"messaging_product": "whatsapp", "about": "Tea since 1920", "address": "", "description": "d",
            "email": "a@shop.example", "websites": ["https://shop.example"], "vertical": "RESTAURANT",
            "profile_picture_handle": "4::aW"})
    );
    assert_eq!(json_of(&seen[2]), json!({"messaging_product": "whatsapp"}));
    assert!(matches!(business::profile(&graph, &credentials(), "7001").await, Err(Error::InDoubt { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn at_a_limit_of_the_profile_it_goes_and_one_more_does_not(c in "[a-zé你👍]") {
        let with = |place: &str, text: String| {
            let mut update = ProfileUpdate::default();
            match place {
                "about" => update.about = Some(text),
                "address" => update.address = Some(text),
                "description" => update.description = Some(text),
                "email" => update.email = Some(text),
                _ => update.websites = Some(vec![format!("https://{}", text.chars().skip(8).collect::<String>())]),
            }
            update.faults().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        for (place, most) in [("about", 139), ("address", 256), ("description", 512), ("email", 128), ("websites[0]", 256)] {
            prop_assert_eq!(with(place, c.repeat(most)), [""; 0], "{}", place);
            prop_assert_eq!(with(place, c.repeat(most + 1)), [format!("{place}: {} characters, at most {most} (Meta)", most + 1)]);
        }
    }
}

#[tokio::test]
async fn a_profile_that_meta_would_refuse_does_not_leave() {
    let websites =
        |n: usize| ProfileUpdate { websites: Some(vec!["https://shop.example".into(); n]), ..ProfileUpdate::default() };
    assert_eq!(websites(2).faults(), []);
    let double = Double::start([]).await;
    for (update, said) in [
        (websites(3), "websites: 3, at most 2 (Meta)"),
        (ProfileUpdate { about: Some(String::new()), ..ProfileUpdate::default() }, "about: missing"),
        (ProfileUpdate { websites: Some(vec!["shop".into()]), ..ProfileUpdate::default() }, "websites[0]: not a page"),
        (ProfileUpdate { vertical: Some(Vertical::Undefined), ..ProfileUpdate::default() }, "vertical: a word"),
    ] {
        let refused = business::update_profile(&double.graph(), &credentials(), "7001", &update).await;
        let Err(Error::NotSent { why, retry: Backoff::Never }) = refused else { panic!("{said}: {refused:?}") };
        assert!(why.starts_with(said), "{why}");
    }
    assert!(double.seen().is_empty());
}

fn people() -> Vec<Recipient> {
    vec![Recipient::phone("+85291234567").unwrap(), Recipient::from(UserId::parse("US.1349").unwrap())]
}

#[tokio::test]
async fn people_are_blocked_and_those_who_could_not_be_are_named_beside_them() {
    let whole = json!({"messaging_product": "whatsapp",
        "block_users": {"added_users": [{"input": "+85291234567", "wa_id": "85291234567"}, {"input": "US.1349", "user_id": "US.1349"}]}});
    let partial = json!({"messaging_product": "whatsapp",
        "block_users": {"added_users": [{"input": "+85291234567", "wa_id": "85291234567"}],
            "failed_users": [{"input": "US.1349", "errors": [
                {"message": "(#131047) Re-engagement message", "code": 131_047, "error_data": {"details": "no message"}}]}]},
        "error": {"message": "(#139100) Failed to block some users", "code": 139_100}});
    let double = Double::start([
        answer(200, &whole.to_string()),
        answer(400, &partial.to_string()),
        refusal(400, 139_100),
        refusal(400, 139_101),
        refusal(400, 130_429),
        refusal(400, 139_103),
        answer(500, &partial.to_string()),
        answer(200, "{}"),
    ])
    .await;
    let graph = double.graph();
    let block = async || business::block(&graph, &credentials(), "7001", &people()).await;
    let result = block().await.unwrap();
    assert_eq!((result.done.len(), result.failed.len()), (2, 0));
    assert_eq!(result.done[1].user_id.as_deref(), Some("US.1349"));
    let result = block().await.unwrap();
    let [(who, reasons)] = &result.failed[..] else { panic!("{result:?}") };
    assert_eq!((result.done.len(), who.input.as_ref().unwrap().as_str()), (1, "US.1349"));
    assert_eq!((reasons[0].code, reasons[0].details.as_deref()), (131_047, Some("no message")));
    assert!(!format!("{result:?}").contains("91234567"));
    for code in [139_100, 139_101] {
        assert!(matches!(block().await, Err(Error::Rejected(e)) if e.code == code), "{code}");
    }
    assert!(matches!(block().await, Err(Error::NotSent { retry: Backoff::Rate, .. })));
    for _ in 0..3 {
        assert!(matches!(block().await, Err(Error::InDoubt { .. })));
    }
    assert!(double.seen()[0].starts_with("POST /v25.0/7001/block_users HTTP/1.1"));
    assert_eq!(
        json_of(&double.seen()[0]),
        json!({"messaging_product": "whatsapp", "block_users": [{"user": "+85291234567"}, {"user": "US.1349"}]})
    );
}

#[tokio::test]
async fn people_are_taken_off_the_list_and_the_list_is_read_to_its_end() {
    let removed = json!({"block_users": {"removed_users": [{"input": "+85291234567", "wa_id": "85291234567"}]}});
    let first = json!({"data": [{"messaging_product": "whatsapp", "wa_id": "85291234567"}],
        "paging": {"cursors": {"after": "c1"}, "next": "x"}});
    let last = json!({"data": [{"block_users": [{"wa_id": "85291234568"}, {"user_id": "US.1349"}]}]});
    let double = Double::start([
        answer(200, &removed.to_string()),
        answer(200, &first.to_string()),
        refusal(400, 139_102),
        answer(200, &first.to_string()),
        answer(200, &last.to_string()),
    ])
    .await;
    let graph = double.graph();
    let result = business::unblock(&graph, &credentials(), "7001", &people()[..1]).await.unwrap();
    assert_eq!(result.done.len(), 1);
    let blocked = business::blocked(&graph, &credentials(), "7001").await.unwrap();
    let ids: Vec<&str> = blocked.iter().filter_map(|who| who.wa_id.as_ref()).map(Number::as_str).collect();
    assert_eq!((blocked.len(), ids), (3, vec!["85291234567", "85291234568"]));
    assert_eq!(blocked[2], BlockedUser { input: None, wa_id: None, user_id: Some("US.1349".into()) });
    let seen = double.seen();
    assert!(seen[0].starts_with("DELETE /v25.0/7001/block_users HTTP/1.1"));
    assert_eq!(json_of(&seen[0])["block_users"], json!([{"user": "+85291234567"}]));
    assert!(seen[4].starts_with("GET /v25.0/7001/block_users?limit=100&after=c1 HTTP/1.1"));
}

#[tokio::test]
async fn switches_and_subscribers() {
    let apps = json!({"data": [{"whatsapp_business_api_data": {"id": "3001", "name": "Countersign", "link": "x"},
        "override_callback_uri": "https://a.example/hook"}, {"id": "3002"}, {"name": "no id"}]});
    let double = Double::start([done(), done(), answer(200, r#"{"id":"9001"}"#), answer(200, &apps.to_string())]).await;
    let graph = double.graph();
    for (on, at) in [(true, 0), (false, 1)] {
        business::set_identity_check(&graph, &credentials(), "7001", on).await.unwrap();
        assert!(double.seen()[at].starts_with("POST /v25.0/7001/settings HTTP/1.1"));
        assert_eq!(json_of(&double.seen()[at]), json!({"user_identity_change": {"enable_identity_key_check": on}}));
    }
    business::enable_template_insights(&graph, &credentials(), "9001").await.unwrap();
    assert!(double.seen()[2].starts_with("POST /v25.0/9001?is_enabled_for_insights=true HTTP/1.1"));
    let apps = business::subscribed_apps(&graph, &credentials(), "9001").await.unwrap();
    let shown: Vec<_> = apps.iter().map(|app| (app.id.as_str(), app.override_url.as_deref())).collect();
    assert_eq!(shown, [("3001", Some("https://a.example/hook")), ("3002", None)]);
}

#[tokio::test]
async fn one_number_is_read_with_what_its_health_needs() {
    let body = json!({"id": "7001", "status": "CONNECTED", "is_pin_enabled": true, "is_on_biz_app": false, "health_status":
        {"can_send_message": "LIMITED", "entities": [{"entity_type": "WABA", "id": "9001", "can_send_message": "LIMITED"}]}});
    let double = Double::start([answer(200, &body.to_string()), answer(200, "{}")]).await;
    let number = business::phone_number(&double.graph(), &credentials(), "7001").await.unwrap();
    assert_eq!((number.is_pin_enabled, number.is_on_biz_app), (Some(true), Some(false)));
    let part = &number.health.unwrap().parts[0];
    assert_eq!((part.kind.as_str(), part.id.as_deref()), ("WABA", Some("9001")));
    let nothing = business::phone_number(&double.graph(), &credentials(), "7001").await;
    assert!(matches!(nothing, Err(Error::InDoubt { .. })));
}
