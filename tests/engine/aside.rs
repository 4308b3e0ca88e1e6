//! Events that cannot be applied: each set aside alone, with its reason; tried again by a person; applied once.

use countersign::approvals::inbox::{self, Retried};
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::webhooks::PostState;
use countersign::store::contacts;
use countersign::store::webhooks::{self, Backlog};
use serde_json::{Value, json};

use super::inbox::{Door, SECRET, event};
use super::sql;
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::world::who;

on_both!(
    an_event_that_cannot_be_applied_is_set_aside_alone,
    two_daemons_at_one_poisoned_post_lose_nothing_of_the_next,
    what_nobody_could_read_waits_again,
    an_event_that_was_told_twice_is_written_down_once,
    what_is_missing_of_a_known_field_is_seen_and_the_rest_is_heard,
);

/// From now on the database refuses one message, as it would refuse one that contradicts its rows.
async fn refuse(door: &Door, wamid: &str) {
    if door.stage.db.is_postgres() {
        let function = format!(
            "create or replace function refuse() returns trigger language plpgsql as $$ begin
                if new.wamid = '{wamid}' then raise exception 'refused' using errcode = '23514'; end if; return new; end $$"
        );
        sql!(&door.stage.db, sqlx::AssertSqlSafe(function));
        sql!(
            &door.stage.db,
            "create or replace trigger refuse before insert on inbound_message for each row execute function refuse()"
        );
    } else {
        sql!(&door.stage.db, "drop trigger if exists refuse");
        let trigger = format!(
            "create trigger refuse before insert on inbound_message when new.wamid = '{wamid}'
            begin select raise(abort, 'refused'); end"
        );
        sql!(&door.stage.db, sqlx::AssertSqlSafe(trigger));
    }
}

fn text(wamid: &str, from: &str) -> Value {
    json!({"from": from, "id": wamid, "timestamp": SystemClock.now().seconds().to_string(), "type": "text", "text": {"body": "STOP"}})
}

async fn keep(door: &Door, body: &[u8]) -> i64 {
    let mut tx = door.stage.db.begin().await.unwrap();
    webhooks::keep(&mut tx, &[(door.stage.tenant, body)], SystemClock.now()).await.unwrap();
    tx.commit().await.unwrap();
    // The last round may not have let go of the posts yet.
    until("the post waits", std::time::Duration::from_secs(5), async || {
        let mut tx = door.stage.db.begin().await.unwrap();
        let last = webhooks::take(&mut tx, 9).await.unwrap().last().map(|post| post.id);
        // Before anybody else asks: who asks meanwhile finds none.
        tx.roll_back().await.unwrap();
        last
    })
    .await
}

async fn an_event_that_cannot_be_applied_is_set_aside_alone(test: TestDb) {
    let door = Door::new(&test).await;
    refuse(&door, "wamid.2").await;
    let messages: Vec<_> = (1..=3).map(|n| text(&format!("wamid.{n}"), &format!("8529123456{n}"))).collect();
    let value = json!({"metadata": {"phone_number_id": super::NUMBER}, "messages": messages});
    let post = keep(&door, &event(&door.stage.business.waba_id, "messages", value)).await;
    while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    assert_eq!(door.backlog().await, Backlog { aside: 1, ..Backlog::default() }, "the post itself is through");
    assert_eq!(door.opted_out().await.len(), 2, "the first and the last are heard");
    let found = webhooks::find(&door.stage.db, door.stage.tenant, post).await.unwrap().unwrap();
    assert_eq!(found.state, PostState::Applied);
    let [aside] = &found.aside[..] else { panic!("{:?}", found.aside) };
    assert_eq!((aside.place, aside.kind.as_str(), aside.applied_at), (1, "message", None));
    assert!(aside.why.contains("refused"), "{}", aside.why);

    let retry = async || inbox::retry(&door.ctx, SECRET, door.stage.tenant, post).await;
    assert_eq!(retry().await.unwrap(), Retried { aside: 1, ..Retried::default() }, "nothing has changed yet");
    let found = webhooks::find(&door.stage.db, door.stage.tenant, post).await.unwrap().unwrap();
    assert_eq!(found.aside[0].tries, 2, "and it is counted");
    refuse(&door, "another").await;
    assert_eq!(retry().await.unwrap(), Retried { applied: 1, ..Retried::default() });
    assert_eq!(door.opted_out().await.len(), 3);
    let again = retry().await.unwrap_err().to_string();
    assert!(again.contains("has been applied"), "{again}");
    let mut tx = door.stage.db.begin().await.unwrap();
    let heard =
        contacts::of(&mut tx, door.stage.tenant, &who(Some("+85291234562"), None), SystemClock.now()).await.unwrap();
    assert!(heard.is_some());
    assert!(inbox::retry(&door.ctx, SECRET, door.stage.tenant, post + 1).await.is_err(), "there is no such post");
}

async fn what_is_missing_of_a_known_field_is_seen_and_the_rest_is_heard(test: TestDb) {
    let door = Door::new(&test).await;
    let number = json!({"phone_number_id": super::NUMBER});
    let from_nobody = json!({"id": "wamid.2", "timestamp": "1", "type": "text", "text": {"body": "Hello"}});
    let mixed =
        json!({"metadata": number, "messages": [{"type": "text"}, from_nobody, text("wamid.3", "85291234563")]});
    let nowhere = json!({"messages": [text("wamid.4", "85291234564")]});
    let account = &door.stage.business.waba_id;
    for (field, value, why) in [
        ("messages", json!({"metadata": number, "messages": "nonsense"}), vec!["the field messages"]),
        (
            "message_template_status_update",
            json!({"event": "APPROVED"}),
            vec!["the field message_template_status_update"],
        ),
        ("messages", mixed, vec!["the field messages", "neither a phone number nor a user id"]),
        ("messages", nowhere, vec!["names no number of the business"]),
        ("brand_new_field", json!({"a": 1}), vec![]),
    ] {
        let post = keep(&door, &event(account, field, value)).await;
        while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
        let found = webhooks::find(&door.stage.db, door.stage.tenant, post).await.unwrap().unwrap();
        assert_eq!((found.state, found.aside.len()), (PostState::Applied, why.len()), "{field}: {:?}", found.aside);
        for (aside, why) in found.aside.iter().zip(&why) {
            assert!(aside.why.contains(why) && aside.applied_at.is_none(), "{}", aside.why);
        }
        let retried = inbox::retry(&door.ctx, SECRET, door.stage.tenant, post).await;
        match why.len() {
            0 => assert!(retried.is_err(), "nothing is left of {field}"),
            aside => assert_eq!(retried.unwrap(), Retried { aside, ..Retried::default() }, "it still says nothing"),
        }
    }
    assert_eq!(door.opted_out().await.len(), 1, "whoever can be heard is heard");
}

async fn two_daemons_at_one_poisoned_post_lose_nothing_of_the_next(test: TestDb) {
    const POSTS: usize = 4;
    let door = Door::new(&test).await;
    refuse(&door, "wamid.poison").await;
    for post in 0..POSTS {
        let mut messages = vec![text("wamid.poison", "85291239999")];
        messages.extend((0..4).map(|n| text(&format!("wamid.{post}.{n}"), &format!("852912{post:02}{n:03}"))));
        let value = json!({"metadata": {"phone_number_id": super::NUMBER}, "messages": messages});
        keep(&door, &event(&door.stage.business.waba_id, "messages", value)).await;
    }
    let daemon = async || {
        while door.backlog().await.waiting > 0 {
            inbox::round(&door.ctx, SECRET).await.unwrap();
        }
    };
    tokio::join!(daemon(), daemon());
    assert_eq!(door.backlog().await, Backlog { aside: POSTS as u64, ..Backlog::default() });
    assert_eq!(door.opted_out().await.len(), POSTS * 4, "everybody but the poison is heard");
}

async fn what_nobody_could_read_waits_again(test: TestDb) {
    let door = Door::new(&test).await;
    let post = keep(&door, b"{\"object\": \"whatsapp_business_acc").await;
    while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    assert_eq!(door.backlog().await.parked, 1);
    assert!(inbox::retry(&door.ctx, SECRET, door.stage.tenant, post).await.is_err(), "it cannot be read today either");
    assert_eq!(door.backlog().await, Backlog { parked: 1, ..Backlog::default() }, "and is where it was");
}

async fn an_event_that_was_told_twice_is_written_down_once(test: TestDb) {
    let door = Door::new(&test).await;
    let at = SystemClock.now();
    let name =
        json!({"display_phone_number": "85221234567", "decision": "APPROVED", "requested_verified_name": "Shop"});
    for field in ["phone_number_name_update", "phone_number_name_update", "account_review_update"] {
        let mut body: Value =
            serde_json::from_slice(&event(&door.stage.business.waba_id, field, name.clone())).unwrap();
        body["entry"][0]["time"] = at.seconds().into();
        // The same event in another post: Meta bundles anew what it sends again.
        body["entry"][0]["uid"] = rand::random::<u32>().into();
        keep(&door, body.to_string().as_bytes()).await;
        while inbox::round(&door.ctx, SECRET).await.unwrap().posts > 0 {}
    }
    let acts = door.acts().await;
    assert_eq!(acts.iter().filter(|act| *act == "number.name_reviewed").count(), 1, "{acts:?}");
    assert_eq!(acts.iter().filter(|act| *act == "account.reviewed").count(), 1, "{acts:?}");
}
