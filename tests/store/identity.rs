//! Who a contact is: numbers and ids that come, change hands and come late, and two contacts that were one person.

use countersign::domain::clock::Timestamp;
use countersign::domain::consent::{ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::identity::Identity;
use countersign::store::contacts::{self, Became, Found, Known, Seen};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{Tx, consent, messages};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, granted, person, who};

on_both!(
    a_number_and_an_id_meet_in_one_contact,
    a_changed_number_keeps_its_history,
    a_late_message_finds_who_it_was,
    two_contacts_that_are_one_person_become_one,
    somebody_else_behind_a_number_is_noticed_once,
    of_two_wishes_the_later_counts,
);

const MINUTE: Duration = Duration::from_mins(1);

async fn know(tx: &mut Tx, world: &World, who: &Identity, at: Timestamp) -> Found {
    contacts::know(tx, world.tenant.id, who, "Ada", at, at).await.unwrap()
}

async fn becomes(tx: &mut Tx, world: &World, known: Known, who: &Identity, at: Timestamp) -> Became {
    contacts::become_another(tx, world.tenant.id, known, who, ("wamid.1", at)).await.unwrap()
}

async fn a_number_and_an_id_meet_in_one_contact(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut tx = world.db.begin().await.unwrap();
    let by_id = know(&mut tx, &world, &who(None, Some("HK.1")), NOW).await.known;
    let both = who(Some("+85291234567"), Some("HK.1"));
    assert_eq!(know(&mut tx, &world, &both, NOW).await.known, by_id);
    assert_eq!(becomes(&mut tx, &world, by_id, &both, NOW).await, Became::More);
    assert_eq!(becomes(&mut tx, &world, by_id, &both, NOW).await, Became::Same);
    for seen in [who(Some("+85291234567"), None), who(None, Some("HK.1"))] {
        assert_eq!(know(&mut tx, &world, &seen, NOW).await, Found { known: by_id, formerly: false });
    }
}

async fn a_changed_number_keeps_its_history(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let ada = know(&mut tx, &world, &who(Some("+85291234567"), Some("HK.1")), NOW).await.known;
    consent::suppress(&mut tx, tenant, ada.no, Suppression::OptedOutOfEverything, "message", Some("stop"), NOW)
        .await
        .unwrap();
    let moved = who(Some("+85298765432"), Some("HK.2"));
    assert_eq!(becomes(&mut tx, &world, ada, &moved, NOW.after(MINUTE)).await, Became::Another);
    let later = NOW.after(MINUTE * 2);
    assert_eq!(know(&mut tx, &world, &moved, later).await, Found { known: ada, formerly: false });
    // Whoever gets the old number next is somebody else, and has said nothing yet.
    let next = know(&mut tx, &world, &who(Some("+85291234567"), Some("HK.3")), later).await;
    assert_ne!(next.known, ada);
    tx.commit().await.unwrap();
    let suppressed = consent::suppressions(&world.db, tenant, &[ada.no, next.known.no]).await.unwrap();
    assert_eq!(suppressed.keys().copied().collect::<Vec<_>>(), [ada.no]);
}

async fn a_late_message_finds_who_it_was(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let mut tx = world.db.begin().await.unwrap();
    let old = who(Some("+85291234567"), None);
    let ada = know(&mut tx, &world, &old, NOW).await.known;
    let changed = NOW.after(MINUTE);
    becomes(&mut tx, &world, ada, &who(Some("+85298765432"), None), changed).await;
    let bea = know(&mut tx, &world, &old, NOW.after(MINUTE * 2)).await.known;
    // Sent before the change, heard after it: Ada's, and nothing of it is taken for news.
    let late = know(&mut tx, &world, &old, NOW.after(Duration::from_secs(30))).await;
    assert_eq!(late, Found { known: ada, formerly: true });
    assert_eq!(know(&mut tx, &world, &old, changed).await, Found { known: bea, formerly: false });
}

async fn two_contacts_that_are_one_person_become_one(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut listed = person(1);
    listed.tags.insert("vip".into());
    let [no] = world.contacts(&[listed.clone()]).await[..] else { panic!() };
    let mut tx = world.db.begin().await.unwrap();
    let listed = Known { id: listed.id, no };
    let hidden = know(&mut tx, &world, &who(None, Some("HK.1")), NOW).await.known;
    consent::suppress(&mut tx, tenant, hidden.no, Suppression::OptedOutOfMarketing, "message", None, NOW)
        .await
        .unwrap();
    consent::record(&mut tx, tenant, &[granted(hidden.no, MessageCategory::Utility)], NOW).await.unwrap();
    let wrote = Inbound {
        wamid: "wamid.A",
        phone_number_id: "7001",
        contact: hidden.no,
        kind: "text",
        body: Some("hi"),
        details: None,
        context: None,
        sent_at: NOW,
    };
    assert!(receive(&mut tx, tenant, &wrote, NOW).await.unwrap());
    contacts::wrote(&mut tx, tenant, hidden.no, NOW).await.unwrap();

    let both = who(Some("+85291000001"), Some("HK.1"));
    let found = know(&mut tx, &world, &both, NOW).await.known;
    assert_eq!(found, listed, "the one with the number stays");
    assert_eq!(becomes(&mut tx, &world, listed, &both, NOW).await, Became::OneWith(hidden));
    assert_eq!(becomes(&mut tx, &world, listed, &both, NOW).await, Became::Same, "told again, nothing changes");
    tx.commit().await.unwrap();

    let now = contacts::find(&world.db, tenant, listed.id).await.unwrap().unwrap();
    assert!(now.tags.contains("vip"));
    assert_eq!(now.last_inbound_at, Some(NOW));
    let gone = contacts::find(&world.db, tenant, hidden.id).await.unwrap().unwrap();
    assert_eq!(gone.phone, None, "nobody is written to twice");
    let suppressed = consent::suppressions(&world.db, tenant, &[listed.no]).await.unwrap();
    assert_eq!(suppressed[&listed.no][0].kind, Suppression::OptedOutOfMarketing);
    let history =
        consent::list(&world.db, tenant, &consent::Filter { contact: Some(listed.no), ..Default::default() }, 9).await;
    let history: Vec<_> = history.unwrap().into_iter().map(|(_, it)| (it.category, it.state)).collect();
    assert_eq!(history, [(MessageCategory::Utility, ConsentState::Granted)]);
    let open = messages::open_windows(&world.db, tenant, listed.no, NOW).await.unwrap();
    assert_eq!(open.len(), 1, "the window of the one is the window of the other");
}

async fn somebody_else_behind_a_number_is_noticed_once(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let ada = know(&mut tx, &world, &who(Some("+85291234567"), None), NOW).await.known.no;
    for (hash, after, changed) in [("a", 0, false), ("a", 1, false), ("b", 2, true), ("b", 3, false), ("c", 1, false)] {
        let seen = Seen { username: None, identity_hash: Some(hash), at: NOW.after(MINUTE * after) };
        assert_eq!(contacts::seen(&mut tx, tenant, ada, &seen).await.unwrap(), changed, "{hash} at {after}");
    }
    assert!(contacts::doubt_identity(&mut tx, tenant, ada, NOW.after(MINUTE * 9)).await.unwrap());
    assert!(!contacts::doubt_identity(&mut tx, tenant, ada, NOW.after(MINUTE * 9)).await.unwrap());
}

async fn of_two_wishes_the_later_counts(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let ada = know(&mut tx, &world, &who(Some("+85291234567"), None), NOW).await.known.no;
    assert!(contacts::wished(&mut tx, tenant, ada, NOW.after(MINUTE)).await.unwrap());
    assert!(!contacts::wished(&mut tx, tenant, ada, NOW).await.unwrap(), "said earlier, heard later");
    assert!(contacts::wished(&mut tx, tenant, ada, NOW.after(MINUTE)).await.unwrap(), "at the same second, as heard");
}
