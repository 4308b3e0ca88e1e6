//! The file that an answer to a customer carries, on the page of those who decide.

use super::kinds::{says, sign};
use super::world::World;
use crate::support::db::{TestDb, on_both};
use countersign::domain::canonical::ContentHash;
use countersign::domain::ids::AssetId;
use countersign::domain::media::{Content, FileName, MediaAsset, Origin, Pixels, Purpose, Reference, Scan, Unscanned};
use countersign::store::identity::Identity;
use countersign::store::{instance, media};
use serde_json::json;

on_both!(the_file_of_an_answer_is_shown_to_whoever_decides);

async fn the_file_of_an_answer_is_shown_to_whoever_decides(db: TestDb) {
    let world = World::new(db).await;
    let identity = Identity::of(&world.db).await.unwrap();
    instance::enter(&world.db, "test", 0, &identity, world.now()).await.unwrap();
    let kept = |name: &str, content: Content| MediaAsset {
        id: AssetId::random(),
        hash: ContentHash::of(name.as_bytes()),
        size: 3 << 20,
        content,
        name: FileName::clean(name, content.media_type()),
        scan: Scan::NotScanned(Unscanned::NoScanner),
        origin: Origin::Agent(world.agent.id),
        created_at: world.now(),
        last_used_at: None,
    };
    let picture = kept("<b>pot", Content::Jpeg(Pixels { width: 640, height: 480 }));
    media::add(&world.db, world.tenant, &picture).await.unwrap();
    let request = world.ask_message(json!({"image": {"media": {"asset_id": picture.id}, "caption": "Our pot"}})).await;
    let mut lau = world.signed_in("lau").await;
    let page = lau.get(&format!("/requests/{}", request.id)).await;
    says(
        &page.text(),
        &[
            "What it shows",
            &format!("A file that is kept here, by its id {}", picture.id),
            "Type image/jpeg",
            "Size 3 MB",
            "Dimensions 640 × 480",
            "Virus scanner not scanned (no_scanner)",
            &hex::encode(picture.hash.bytes()),
            "MEDIA-09",
            "MEDIA-20",
            "it carries a file",
        ],
    );
    let src = page.attr("figure.picture img", "src").expect("a picture");
    let secret = instance::secret(&world.db).await.unwrap().unwrap();
    let reference = Reference::verify(src.trim_start_matches("/media/"), &secret, world.now()).expect("one of ours");
    assert_eq!((reference.tenant, reference.asset, reference.purpose), (world.tenant, picture.id, Purpose::Inline));
    for lang in ["zh-Hant", "zh-Hans"] {
        lau.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = lau.get(&format!("/requests/{}", request.id)).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
        let findings = page.part(".findings");
        assert!(findings.contains("MEDIA-20") && !findings.contains("carries"), "{findings}");
    }
    lau.submit(&page, "/preferences", &[("lang", "en")]).await;
    sign(&world, &mut lau, &request, &["conversation", "message", "consent"], &["MEDIA-09", "MEDIA-20"]).await;
}
