//! The business's files as agents list them: addresses that end, none for what is infected, and no files of customers.

use countersign::domain::canonical::ContentHash;
use countersign::domain::ids::{AgentId, AssetId};
use countersign::domain::masked::ProviderId;
use countersign::domain::media::{
    AtMeta, Content, FileName, MediaAsset, MetaOwner, Origin, Pixels, Reference, Scan, Unscanned,
};
use countersign::store::identity::Identity;
use countersign::store::{instance, media};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World};

on_both!(files_are_listed_with_addresses_that_end,);

const LIST: &str = "whatsapp.media_assets.list";
const NUMBER: &str = "106540352242922";
const MINUTE: Duration = Duration::from_mins(1);

fn asset(n: u32, name: &str, content: Content, scan: Scan, origin: Origin) -> MediaAsset {
    MediaAsset {
        id: AssetId::random(),
        hash: ContentHash::of(name.as_bytes()),
        size: 1_000 + u64::from(n),
        content,
        name: FileName::clean(name, content.media_type()),
        scan,
        origin,
        created_at: NOW.before(MINUTE * n),
        last_used_at: None,
    }
}

async fn files_are_listed_with_addresses_that_end(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    world.ready_to_send(1).await;
    let (tenant, agent) = (world.tenant.id, Origin::Agent(AgentId::random()));
    let identity = Identity::of(&world.db).await.unwrap();
    instance::enter(&world.db, "test", 0, &identity, NOW).await.unwrap();
    let photo = Content::Jpeg(Pixels { width: 1_200, height: 628 });
    let files = [
        asset(0, "pot.jpg", photo, Scan::Clean, agent),
        asset(1, "menu.pdf", Content::Pdf, Scan::NotScanned(Unscanned::Down), agent),
        asset(2, "bad.pdf", Content::Pdf, Scan::Infected("Eicar".into()), agent),
        asset(3, "from a customer.jpg", photo, Scan::Clean, Origin::Inbound),
    ];
    for file in &files {
        assert!(media::add(&world.db, tenant, file).await.unwrap());
    }
    let mut tx = world.db.begin().await.unwrap();
    let number = MetaOwner::Number(ProviderId::new(NUMBER));
    for (owner, id, expires_at) in [
        (number, "1234567", NOW.before(MINUTE)),
        (MetaOwner::App(ProviderId::new("7654321")), "4:handle", NOW.after(MINUTE)),
    ] {
        let at = AtMeta { owner, id: ProviderId::new(id), expires_at };
        media::uploaded(&mut tx, tenant, files[0].id, &at, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();

    let door = Door::open(&world.db).await;
    let (_, plain) = world.agent("plain", "read").await;
    let (_, full) = world.agent("full", "read,provider_ids,attachments").await;
    let listed = door.modern(&plain).pages(LIST, json!({}), 1).await;
    let names: Vec<&Value> = listed.iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["pot.jpg", "menu.pdf", "bad.pdf"], "a customer's file is none of the business's");
    let pot = &listed[0];
    assert_eq!((&pot["type"], &pot["width"], &pot["height"]), (&json!("image/jpeg"), &json!(1_200), &json!(628)));
    assert!(pot["usable_as"].as_array().unwrap().contains(&json!("header_image")), "{pot:#}");
    assert_eq!(pot["url_expires_at"], json!(NOW.after(MINUTE * 5)));
    let token = pot["url"].as_str().unwrap().rsplit('/').next().unwrap();
    let secret = instance::secret(&world.db).await.unwrap().unwrap();
    let opens = |at| Reference::verify(token, &secret, at).map(|reference| (reference.tenant, reference.asset));
    assert_eq!(opens(NOW.after(MINUTE * 4)), Some((tenant, files[0].id)));
    assert_eq!(opens(NOW.after(MINUTE * 5)), None, "the address ends");
    assert_eq!(
        pot["at_meta"],
        json!([
            {"used_for": "number", "owner": "+852 3001 0001", "meta_id": "•••567", "expires_at": NOW.before(MINUTE), "valid": false},
            {"used_for": "app", "owner": "•••321", "meta_id": "•••dle", "expires_at": NOW.after(MINUTE), "valid": true},
        ])
    );
    assert_eq!((&listed[1]["scan"], &listed[1]["scan_detail"]), (&json!("not_scanned"), &json!("down")));
    let bad = &listed[2];
    assert_eq!((&bad["scan"], &bad["url"], &bad["usable_as"]), (&json!("infected"), &Value::Null, &json!([])));
    assert!(!json!(listed).to_string().contains(&files[0].hash.to_string()), "nothing says where a file is kept");

    let open = door.legacy(&full).pages(LIST, json!({"type": "image/jpeg"}), 9).await;
    assert_eq!((open.len(), &open[0]["at_meta"][0]["meta_id"]), (1, &json!("1234567")));
    assert_eq!(door.modern(&full).pages(LIST, json!({"scan": "infected"}), 9).await.len(), 1);
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read").await;
    assert!(door.modern(&foreign).pages(LIST, json!({}), 9).await.is_empty());
}
