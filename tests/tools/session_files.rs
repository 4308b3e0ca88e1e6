//! Files that are kept here, in answers to one customer: which may go, who sees them, and that the one that was signed is meant.

use countersign::approvals::begin::begin;
use countersign::domain::canonical::ContentHash;
use countersign::domain::ids::{AssetId, RequestId};
use countersign::domain::media::{Content, FileName, MediaAsset, Origin, Pixels, Scan, Unscanned};
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::{media, replies, requests};
use serde_json::{Value, json};
use std::time::Duration;

use super::session_messages::hear;
use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(
    a_file_is_shown_and_waits_for_a_person,
    what_cannot_be_sent_so_is_refused_and_nobody_is_asked,
    files_of_others_do_not_exist,
    another_file_than_the_one_that_was_signed_is_not_sent,
);

const SEND: &str = "whatsapp.session_message.send";
const PNG: Content = Content::Png { pixels: Pixels { width: 640, height: 480 }, plain: true };

struct Desk {
    db: TestDb,
    world: World,
    door: Door,
    key: String,
    thread: Value,
}

impl Desk {
    async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let (_, numbers) = world.ready_to_send(2).await;
        let thread = hear(&world, numbers[0], "Have you got a menu?", NOW.before(Duration::from_hours(1))).await;
        let door = Door::open(&world.db).await;
        let (_, key) = world.agent("desk", "read,propose:messages").await;
        Self { thread: json!(thread.id), db, world, door, key }
    }

    /// A file of the business's, which an agent keeps.
    async fn keeps(&self, name: &str, content: Content, size: u64) -> MediaAsset {
        let asset = MediaAsset {
            id: AssetId::random(),
            hash: ContentHash::of(name.as_bytes()),
            size,
            content,
            name: FileName::clean(name, content.media_type()),
            scan: Scan::Clean,
            origin: Origin::Person(self.world.owner.id),
            created_at: NOW,
            last_used_at: None,
        };
        assert!(media::add(&self.world.db, self.world.tenant.id, &asset).await.unwrap());
        asset
    }

    fn says(&self, message: &Value) -> Value {
        json!({"conversation_id": self.thread, "message": message, "reason": "The customer asked.", "wait_ms": 0})
    }

    async fn call(&self, message: Value) -> Value {
        self.door.modern(&self.key).call(SEND, self.says(&message)).await
    }

    async fn refused(&self, message: &Value) -> Value {
        self.door.modern(&self.key).refused(SEND, self.says(message)).await
    }

    /// As people sign it, and the worker looks at it.
    async fn signed_and_begun(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        let sql = format!(
            "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1 where status = 'pending_approval'",
            NOW.micros()
        );
        self.db.execute(&sql).await;
        begin(&self.door.ctx, self.world.tenant.id, id).await.unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }
}

fn picture(asset: &MediaAsset) -> Value {
    json!({"image": {"media": {"asset_id": asset.id}, "caption": "Our pot"}})
}

fn rules(answer: &Value) -> Vec<&str> {
    answer["findings"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect()
}

async fn a_file_is_shown_and_waits_for_a_person(db: TestDb) {
    let desk = Desk::open(db).await;
    let pot = desk.keeps("pot.png", PNG, 2 << 20).await;
    let answer = desk.call(picture(&pot)).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-07")));
    assert_eq!((rules(&answer), &answer["preview"]["sensitive"]), (vec!["MEDIA-20"], &json!(["media"])));
    let media = &answer["preview"]["message"]["media"];
    assert_eq!((&media["kind"], &media["kept"]["asset_id"]), (&json!("image"), &json!(pot.id)));
    assert_eq!(
        media["kept"]["file"],
        json!({"name": "pot.png", "media_type": "image/png", "size": 2 << 20, "pixels": {"width": 640, "height": 480},
            "sha256": pot.hash, "scan": "clean", "scan_detail": null})
    );
    let same = desk.call(picture(&pot)).await;
    assert_eq!(same["action_request_id"], answer["action_request_id"], "one ask, one message");
    let begun = desk.signed_and_begun(&answer).await;
    assert_eq!(begun.status, Status::Executing, "{:?}", begun.error);
    assert_eq!(replies::of_request(&desk.world.db, desk.world.tenant.id, begun.id).await.unwrap().len(), 1);

    let menu = desk.keeps("Winter menu.pdf", Content::Pdf, 9).await;
    let answer = desk.call(json!({"document": {"media": {"asset_id": menu.id}}})).await;
    assert_eq!(answer["preview"]["message"]["media"]["filename"], "Winter menu.pdf", "as it is kept");
    let header = json!({"document": {"media": {"asset_id": menu.id}, "filename": "menu.pdf"}});
    let buttons =
        json!({"reply_buttons": {"header": header, "body": "Which one?", "buttons": [{"id": "1", "title": "One"}]}});
    let answer = desk.call(buttons).await;
    let media = &answer["preview"]["message"]["media"];
    assert_eq!((&media["filename"], &media["kept"]["asset_id"]), (&json!("menu.pdf"), &json!(menu.id)));
}

async fn what_cannot_be_sent_so_is_refused_and_nobody_is_asked(db: TestDb) {
    let desk = Desk::open(db).await;
    let pot = desk.keeps("pot", PNG, 9).await;
    let large = desk.keeps("large", PNG, (5 << 20) + 1).await;
    let film = desk.keeps("film", Content::Mp4 { playable: false }, 9).await;
    let song = desk.keeps("song", Content::Mp3, 9).await;
    let spoken = desk.keeps("spoken", Content::Ogg { voice: true }, 9).await;
    let of = |asset: &MediaAsset| json!({"asset_id": asset.id});
    for (message, rule, says) in [
        (json!({"document": {"media": of(&pot)}}), "MEDIA-15", "document ≠ image/png"),
        (json!({"audio": {"media": of(&pot)}}), "MEDIA-15", "audio ≠ image/png"),
        (json!({"image": {"media": of(&large)}}), "MEDIA-15", "image ≤ 5 MB"),
        (json!({"video": {"media": of(&film)}}), "MEDIA-15", "H.264"),
        (json!({"audio": {"media": of(&song), "voice": true}}), "MEDIA-18", "song.mp3 is audio/mpeg"),
        (
            json!({"cta_url": {"header": {"video": of(&pot)}, "body": "Look", "label": "Open", "url": "https://shop.example.hk"}}),
            "MEDIA-15",
            "video ≠ image/png",
        ),
    ] {
        let error = desk.refused(&message).await;
        assert_eq!(error["code"], "blocked", "{message}");
        let found = error["findings"].as_array().unwrap().iter().find(|it| it["rule"] == rule);
        let said = found.unwrap_or_else(|| panic!("{error:#}"))["message"].as_str().unwrap();
        assert!(said.contains(says), "{message}: {said}");
    }
    for message in [json!({"audio": {"media": of(&song)}}), json!({"audio": {"media": of(&spoken), "voice": true}})] {
        assert_eq!(desk.call(message).await["status"], "pending_approval");
    }
    let tenant = desk.world.tenant.id;
    media::set_scan(&desk.world.db, tenant, pot.id, &Scan::NotScanned(Unscanned::Down)).await.unwrap();
    assert_eq!(rules(&desk.call(picture(&pot)).await), ["MEDIA-13", "MEDIA-20"]);
    media::set_scan(&desk.world.db, tenant, pot.id, &Scan::Infected("Eicar".into())).await.unwrap();
    let other = json!({"image": {"media": of(&pot), "caption": "The same pot"}});
    assert_eq!(rules(&desk.refused(&other).await), ["MEDIA-08"]);
}

async fn files_of_others_do_not_exist(db: TestDb) {
    let desk = Desk::open(db).await;
    let pot = desk.keeps("pot", PNG, 9).await;
    let other = World::new(&desk.world.db, "other").await;
    let theirs = MediaAsset { id: AssetId::random(), ..pot.clone() };
    assert!(media::add(&desk.world.db, other.tenant.id, &theirs).await.unwrap());
    let sent =
        MediaAsset { id: AssetId::random(), hash: ContentHash::of(b"hurt"), origin: Origin::Inbound, ..pot.clone() };
    assert!(media::add(&desk.world.db, desk.world.tenant.id, &sent).await.unwrap());
    let nobodys = MediaAsset { id: AssetId::random(), ..pot };
    for foreign in [&theirs, &sent, &nobodys] {
        let error = desk.refused(&picture(foreign)).await;
        assert_eq!(error["code"], "not_found");
        assert!(error["message"].as_str().unwrap().contains(&foreign.id.to_string()), "{error:#}");
    }
    let wrong = json!({"image": {"media": {"asset_id": "1013000000000001"}}});
    assert_eq!(desk.refused(&wrong).await["code"], "invalid_arguments");
}

async fn another_file_than_the_one_that_was_signed_is_not_sent(db: TestDb) {
    let desk = Desk::open(db).await;
    let tenant = desk.world.tenant.id;
    let (pot, cup) = (desk.keeps("pot", PNG, 9).await, desk.keeps("cup", PNG, 9).await);
    let (of_pot, of_cup) = (desk.call(picture(&pot)).await, desk.call(picture(&cup)).await);
    assert_ne!(of_pot["digest"], of_cup["digest"]);
    desk.db.execute("delete from media_asset").await;
    let other = MediaAsset { hash: ContentHash::of(b"other"), ..pot };
    assert!(media::add(&desk.world.db, tenant, &other).await.unwrap());
    for (answer, what) in [(of_pot, "replaced"), (of_cup, "deleted")] {
        let begun = desk.signed_and_begun(&answer).await;
        let why = begun.error.map(|error| error.finding.unwrap().rule);
        assert_eq!((begun.status, why.as_deref()), (Status::Stale, Some("MEDIA-19")), "{what}");
        assert!(replies::of_request(&desk.world.db, tenant, begun.id).await.unwrap().is_empty(), "{what}");
    }
}
