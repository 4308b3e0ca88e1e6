//! Files: one row for the same bytes, and what Meta calls them.

use std::time::Duration;

use countersign::domain::canonical::ContentHash;
use countersign::domain::ids::{AgentId, AssetId, PersonId, TenantId};
use countersign::domain::masked::ProviderId;
use countersign::domain::media::{
    AtMeta, Content, FileName, MediaAsset, MediaType, MetaOwner, Origin, Pixels, Scan, Unscanned,
};
use countersign::store::media;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

on_both!(
    what_is_written_is_what_is_read,
    the_same_bytes_are_one_row_for_each_tenant,
    a_list_narrows_and_goes_on_where_it_ended,
    what_the_scanner_says_later_stands,
    what_meta_calls_a_file_is_for_one_owner_and_a_time,
);

fn asset(bytes: &str, content: Content) -> MediaAsset {
    MediaAsset {
        id: AssetId::random(),
        hash: ContentHash::of(bytes.as_bytes()),
        size: bytes.len() as u64,
        content,
        name: FileName::clean(bytes, content.media_type()),
        scan: Scan::Clean,
        origin: Origin::Inbound,
        created_at: NOW,
        last_used_at: None,
    }
}

async fn what_is_written_is_what_is_read(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let pixels = Pixels { width: 640, height: 480 };
    let scans = [
        Scan::Clean,
        Scan::Infected("Eicar".to_owned()),
        Scan::NotScanned(Unscanned::NoScanner),
        Scan::NotScanned(Unscanned::TooLarge),
    ];
    let contents = [
        Content::Png { pixels, plain: true },
        Content::Webp { pixels, animated: true },
        Content::Ogg { voice: true },
        Content::Pdf,
    ];
    let origins =
        [Origin::Agent(AgentId::random()), Origin::Person(PersonId::random()), Origin::Inbound, Origin::Inbound];
    for (n, ((scan, content), origin)) in scans.into_iter().zip(contents).zip(origins).enumerate() {
        let written = MediaAsset { scan, origin, ..asset(&format!("file {n}"), content) };
        assert!(media::add(&world.db, tenant, &written).await.unwrap());
        assert_eq!(media::get(&world.db, tenant, written.id).await.unwrap(), Some(written.clone()));
        assert_eq!(media::by_hash(&world.db, tenant, written.hash).await.unwrap(), Some(written.clone()));
        assert_eq!(media::get(&world.db, TenantId::random(), written.id).await.unwrap(), None);
    }
}

async fn the_same_bytes_are_one_row_for_each_tenant(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let other = World::new(&world.db, "other").await;
    let (first, second) = (asset("menu", Content::Pdf), asset("menu", Content::Pdf));
    assert!(media::add(&world.db, world.tenant.id, &first).await.unwrap());
    assert!(!media::add(&world.db, world.tenant.id, &second).await.unwrap());
    assert!(media::add(&world.db, other.tenant.id, &second).await.unwrap());
    assert_eq!(media::by_hash(&world.db, world.tenant.id, first.hash).await.unwrap(), Some(first));
}

async fn a_list_narrows_and_goes_on_where_it_ended(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let mut all = Vec::new();
    for n in 0..4_u64 {
        let content = if n == 0 { Content::Text } else { Content::Pdf };
        let origin = if n < 2 { Origin::Inbound } else { Origin::Agent(AgentId::random()) };
        let created_at = NOW.after(Duration::from_secs(n / 2));
        let one = MediaAsset { origin, created_at, ..asset(&n.to_string(), content) };
        media::add(&world.db, tenant, &one).await.unwrap();
        all.push(one);
    }
    all.sort_by_key(|asset| std::cmp::Reverse((asset.created_at, asset.id)));
    let list = async |filter: media::Filter, limit| media::list(&world.db, tenant, &filter, limit).await.unwrap();
    assert_eq!(list(media::Filter::default(), 9).await, all);
    let before = Some((all[1].created_at, all[1].id));
    assert_eq!(list(media::Filter { before, ..Default::default() }, 1).await, all[2..3]);
    let inbound = list(media::Filter { inbound: Some(true), ..Default::default() }, 9).await;
    assert_eq!(inbound, all[2..]);
    assert_eq!(list(media::Filter { inbound: Some(false), ..Default::default() }, 9).await, all[..2]);
    let texts = list(media::Filter { media_type: Some(MediaType::Text), ..Default::default() }, 9).await;
    assert_eq!(texts.iter().map(|asset| asset.content).collect::<Vec<_>>(), [Content::Text]);
    assert!(media::list(&world.db, TenantId::random(), &media::Filter::default(), 9).await.unwrap().is_empty());
}

async fn what_the_scanner_says_later_stands(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let one = asset("menu", Content::Pdf);
    media::add(&world.db, tenant, &one).await.unwrap();
    let infected = Scan::Infected("Eicar".to_owned());
    media::set_scan(&world.db, TenantId::random(), one.id, &infected).await.unwrap();
    assert_eq!(media::get(&world.db, tenant, one.id).await.unwrap().unwrap().scan, Scan::Clean);
    for scan in [infected, Scan::Clean] {
        media::set_scan(&world.db, tenant, one.id, &scan).await.unwrap();
        assert_eq!(media::get(&world.db, tenant, one.id).await.unwrap().unwrap().scan, scan);
    }
}

async fn what_meta_calls_a_file_is_for_one_owner_and_a_time(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let one = asset("menu", Content::Pdf);
    media::add(&world.db, tenant, &one).await.unwrap();
    let number = MetaOwner::Number(ProviderId::new("106540352242922"));
    let app = MetaOwner::App(ProviderId::new("106540352242922"));
    let later = NOW.after(Duration::from_hours(24));
    let known =
        |owner: &MetaOwner, id: &str, expires_at| AtMeta { owner: owner.clone(), id: ProviderId::new(id), expires_at };
    let upload = async |tenant, at: &AtMeta| {
        let mut tx = world.db.begin().await.unwrap();
        let done = media::uploaded(&mut tx, tenant, one.id, at, NOW).await;
        tx.commit().await.unwrap();
        done.is_ok()
    };
    assert!(!upload(TenantId::random(), &known(&number, "1013", later)).await, "another tenant's");
    assert!(upload(tenant, &known(&number, "1013", NOW)).await);
    assert!(upload(tenant, &known(&number, "1014", later)).await, "anew");
    assert!(upload(tenant, &known(&app, "4:aW", NOW)).await);
    let found =
        async |tenant, owner: &MetaOwner, until| media::at_meta(&world.db, tenant, one.id, owner, until).await.unwrap();
    assert!(found(tenant, &number, NOW).await == Some(known(&number, "1014", later)));
    assert!(found(tenant, &number, later).await.is_none(), "forgotten by then");
    assert!(found(tenant, &app, NOW).await.is_none(), "forgotten");
    assert!(found(TenantId::random(), &number, NOW).await.is_none());
    assert_eq!(media::get(&world.db, tenant, one.id).await.unwrap().unwrap().last_used_at, Some(NOW));
    for (id, gone) in [("1013", false), ("1014", true), ("1014", false)] {
        let mut tx = world.db.begin().await.unwrap();
        let forgot = media::forget(&mut tx, one.id, &known(&number, id, later)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(forgot, gone, "{id}: only what still stands so");
    }
    assert!(found(tenant, &number, NOW).await.is_none());
}
