//! Keeping files: what they are their bytes say, nobody gets them by that, and what may not be used is kept nowhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::approvals::begin::begin;
use countersign::domain::canonical::ContentHash;
use countersign::domain::ids::RequestId;
use countersign::domain::media::Scan;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::identity::Identity;
use countersign::store::{audit, instance, media as rows, requests};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::media::stage::{VIRUS, scanner};
use crate::support::db::{TestDb, on_both};
use crate::support::door::{self, Door};
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(
    a_file_is_kept_once_and_nobody_has_to_agree,
    what_may_not_be_used_is_kept_nowhere,
    a_reference_opens_for_its_sender_alone_and_not_for_ever,
    what_was_sent_long_ago_or_is_infected_by_now_is_not_written_down,
    a_file_is_previewed_before_it_is_kept,
);

const UPLOAD: &str = "whatsapp.media_asset.upload";
const LIST: &str = "whatsapp.media_assets.list";

struct Shop {
    world: World,
    door: Door,
    key: String,
    folder: TempDir,
    scans: Arc<AtomicBool>,
}

impl Shop {
    async fn open(db: &TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let folder = tempfile::tempdir().unwrap();
        let scans = Arc::new(AtomicBool::new(true));
        let (mut ctx, clock) = door::ctx(&world.db);
        let place = countersign::objects::Place::Folder(folder.path().to_owned());
        ctx.media.objects = Some(countersign::objects::Objects::open(&place).unwrap());
        ctx.media.scanner = Some(scanner(Arc::clone(&scans)).await);
        let identity = Identity::of(&world.db).await.unwrap();
        instance::enter(&world.db, "test", 0, &identity, NOW).await.unwrap();
        let door = Door::open_of((ctx, clock), |_| {}).await;
        let (_, key) = world.agent("designer", "read,propose:media").await;
        Self { world, door, key, folder, scans }
    }

    async fn call(&self, arguments: Value) -> Value {
        self.door.modern(&self.key).call(UPLOAD, arguments).await
    }

    async fn refused(&self, arguments: Value) -> Value {
        self.door.modern(&self.key).refused(UPLOAD, arguments).await
    }

    async fn listed(&self) -> Vec<Value> {
        self.door.modern(&self.key).pages(LIST, json!({}), 50).await
    }

    /// As the worker carries it out.
    async fn begun(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        begin(&self.door.ctx, self.world.tenant.id, id).await.unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    async fn acts(&self, act: &str) -> usize {
        let log = audit::list(&self.world.db, self.world.tenant.id, &Default::default(), 999).await.unwrap();
        log.iter().filter(|entry| entry.act == act).count()
    }

    /// What is kept as a file of the business's.
    fn kept(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { usize::from(named_by_hash(&path)) }).sum()
        }
        fn named_by_hash(path: &std::path::Path) -> bool {
            path.file_name().is_some_and(|name| name.len() == 64)
        }
        count(self.folder.path())
    }
}

fn inline(name: &str, bytes: &[u8], wanted: &str) -> Value {
    json!({"content_base64": STANDARD.encode(bytes), "file_name": name, "use": wanted,
        "reason": "For the winter offer.", "wait_ms": 0})
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut sum = crc32fast::Hasher::new();
    sum.update(kind);
    sum.update(body);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [length.as_slice(), kind, body, &sum.finalize().to_be_bytes()].concat()
}

/// A picture of one pixel with this text in it, and this behind it.
fn picture(text: &[u8], behind: &[u8]) -> Vec<u8> {
    let plain = samples::png();
    // Behind the signature and the head.
    let (head, rest) = plain.split_at(8 + 25);
    [head, &chunk(b"tEXt", text), rest, behind].concat()
}

fn webp(flags: u8, size: usize) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    let head: &[u8] = &[flags, 0, 0, 0, 15, 0, 0, 7, 0, 0];
    let data = [&[0x2F], (15_u32 | 7 << 14).to_le_bytes().as_slice(), &vec![1; size]].concat();
    for (kind, data) in [(b"VP8X".as_slice(), head), (b"VP8L".as_slice(), data.as_slice())] {
        body.extend(kind);
        body.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        body.extend(data);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF", u32::try_from(body.len()).unwrap().to_le_bytes().as_slice(), &body].concat()
}

fn rules(error: &Value) -> Vec<&str> {
    error["findings"]
        .as_array()
        .unwrap_or_else(|| panic!("{error:#}"))
        .iter()
        .map(|it| it["rule"].as_str().unwrap())
        .collect()
}

async fn a_file_is_kept_once_and_nobody_has_to_agree(db: TestDb) {
    let shop = Shop::open(&db).await;
    let sent = picture(b"Author\0K. Wong, 22.28N 114.15E", b"PK\x03\x04 an archive");
    let upload = shop.door.upload(&shop.key, "pot.png", sent.clone()).await;
    let ask = json!({"upload_id": upload, "use": "header_image", "reason": "For the winter offer.", "wait_ms": 0});
    let answer = shop.call(ask.clone()).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("approved"), &json!("SIGN-43")), "{answer:#}");
    assert_eq!(shop.call(ask).await["action_request_id"], answer["action_request_id"], "one ask");
    assert!(shop.listed().await.is_empty(), "a write never writes");
    let seen = &answer["preview"];
    assert_eq!(
        (&seen["kind"], &seen["wanted"], &seen["known"]),
        (&json!("media_asset"), &json!("header_image"), &json!(false))
    );
    let file = &seen["file"];
    assert_eq!(
        (&file["name"], &file["media_type"], &file["scan"]),
        (&json!("pot.png"), &json!("image/png"), &json!("clean"))
    );
    assert_eq!(file["pixels"], json!({"width": 1, "height": 1}));
    let hidden = answer["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "MEDIA-10").expect("it is said");
    assert!(hidden["message"].as_str().unwrap().contains("tEXt"), "{hidden:#}");

    let done = shop.begun(&answer).await;
    let result = done.result.unwrap();
    assert_eq!((done.status, &result["new"]), (Status::Succeeded, &json!(true)));
    shop.begun(&answer).await;
    let listed = shop.listed().await;
    assert_eq!((listed.len(), &listed[0]["id"], &listed[0]["name"]), (1, &result["asset_id"], &json!("pot.png")));
    assert!(listed[0]["usable_as"].as_array().unwrap().contains(&json!("header_image")));
    let stripped = ContentHash::of(&samples::png());
    let asset =
        rows::by_hash(&shop.world.db, shop.world.tenant.id, stripped).await.unwrap().expect("without what was hidden");
    assert_eq!((asset.id.to_string(), asset.last_used_at), (result["asset_id"].as_str().unwrap().to_owned(), None));
    let bytes = shop.door.ctx.media.objects.as_ref().unwrap();
    assert_eq!(bytes.read(shop.world.tenant.id, stripped, asset.size).await.unwrap(), samples::png());

    // The same picture by another way is the same file.
    let again = shop.call(inline("Kettle.png", &samples::png(), "image")).await;
    assert_eq!((&again["preview"]["known"], rules(&again)), (&json!(true), vec!["MEDIA-16"]), "{again:#}");
    let done = shop.begun(&again).await;
    assert_eq!(done.result.unwrap(), json!({"asset_id": result["asset_id"], "new": false}));
    assert!(!done.arguments.to_string().contains(&STANDARD.encode(samples::png())), "the bytes are not kept twice");
    assert_eq!((shop.listed().await.len(), shop.acts("media.stored").await, shop.kept()), (1, 1, 1));
    // What customers or others sent is another business's own.
    let foreign = World::new(&shop.world.db, "foreign").await;
    assert!(rows::by_hash(&shop.world.db, foreign.tenant.id, stripped).await.unwrap().is_none());
}

async fn what_may_not_be_used_is_kept_nowhere(db: TestDb) {
    let shop = Shop::open(&db).await;
    let png = samples::png();
    let bomb = {
        let head = [&60_000_u32.to_be_bytes(), &60_000_u32.to_be_bytes(), [8, 2, 0, 0, 0].as_slice()].concat();
        let parts = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", b"x"), chunk(b"IEND", b"")];
        parts.concat()
    };
    let virus = [b"%PDF-1.7\n".as_slice(), VIRUS, b"\n%%EOF\n"].concat();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, bytes, wanted, rule) in [
        ("pot.png", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0".to_vec(), "image", "MEDIA-03"),
        ("pot.png", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), "image", "MEDIA-03"),
        ("pot.svg", svg.to_vec(), "image", "MEDIA-03"),
        ("pot.html", b"<html><script>alert(1)</script></html>".to_vec(), "document", "MEDIA-03"),
        ("pot.jpg", png.clone(), "image", "MEDIA-06"),
        ("pot.png.exe", png.clone(), "image", "MEDIA-06"),
        ("pot.png", png[..40].to_vec(), "image", "MEDIA-04"),
        ("pot.png", bomb, "image", "MEDIA-05"),
        ("pot.png", png.clone(), "sticker", "MEDIA-15"),
        ("pot.png", png.clone(), "document", "MEDIA-15"),
        ("menu.pdf", b"%PDF-1.7\n%%EOF\n".to_vec(), "header_image", "MEDIA-15"),
        ("menu.pdf", virus, "document", "MEDIA-08"),
        ("", Vec::new(), "document", "MEDIA-01"),
    ] {
        let error = shop.refused(inline(name, &bytes, wanted)).await;
        assert_eq!(error["code"], "blocked", "{name} {wanted}: {error:#}");
        assert!(rules(&error).contains(&rule), "{name} {wanted} {rule}: {error:#}");
    }
    // Too large for a message: by way of the door.
    let jpeg = {
        let mut file = b"\xFF\xD8".to_vec();
        for (marker, payload) in [
            (0xDB_u8, vec![0; 65]),
            (0xC0, b"\x08\x00\x08\x00\x10\x01\x01\x11\x00".to_vec()),
            (0xC4, vec![0; 17]),
            (0xDA, b"\x01\x01\x00\x00\x3F\x00".to_vec()),
        ] {
            file.extend([0xFF, marker]);
            file.extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
            file.extend(payload);
        }
        file.extend(vec![0x12; 6 << 20]);
        file.extend([0xFF, 0xD9]);
        file
    };
    for (name, bytes, wanted, rule) in
        [("pot.jpg", jpeg, "image", "MEDIA-07"), ("wave.webp", webp(2, 600 << 10), "sticker", "MEDIA-07")]
    {
        let upload = shop.door.upload(&shop.key, name, bytes).await;
        let ask = json!({"upload_id": upload, "use": wanted, "reason": "For the winter offer."});
        let error = shop.refused(ask).await;
        assert_eq!((&error["code"], rules(&error)), (&json!("blocked"), vec![rule]), "{name}");
    }
    assert_eq!((shop.listed().await.len(), shop.acts("media.stored").await, shop.kept()), (0, 0, 0));
    assert_eq!(shop.acts("request.filed").await + shop.acts("request.previewed").await, 0, "nobody was asked");
    assert_eq!(shop.acts("request.blocked").await, 15);
    // A scanner that is away is said, and a person decides when the file is used.
    shop.scans.store(false, Ordering::SeqCst);
    let answer = shop.call(inline("pot.png", &png, "image")).await;
    assert_eq!((rules(&answer), &answer["preview"]["file"]["scan"]), (vec!["MEDIA-13"], &json!("not_scanned")));
}

async fn a_reference_opens_for_its_sender_alone_and_not_for_ever(db: TestDb) {
    let shop = Shop::open(&db).await;
    let ask =
        |upload: &str| json!({"upload_id": upload, "use": "image", "reason": "For the winter offer.", "wait_ms": 0});
    let (_, other) = shop.world.agent("other", "read,propose").await;
    let foreign = World::new(&shop.world.db, "foreign").await;
    let (_, stranger) = foreign.agent("stranger", "read,propose").await;
    for key in [&other, &stranger] {
        let theirs = shop.door.upload(key, "pot.png", samples::png()).await;
        let error = shop.refused(ask(&theirs)).await;
        assert_eq!(error["code"], "not_found", "{error:#}");
    }
    let own = shop.door.upload(&shop.key, "pot.png", samples::png()).await;
    shop.door.clock.advance(Duration::from_hours(24));
    assert_eq!(shop.refused(ask(&own)).await["code"], "not_found", "it has expired");
    let (_, reader) = shop.world.agent("reader", "read,propose:contacts").await;
    assert_eq!(shop.door.modern(&reader).refused(UPLOAD, ask(&own)).await["code"], "forbidden");
    let both = json!({"upload_id": own, "content_base64": "eA==", "use": "image", "reason": "x"});
    for arguments in [
        both,
        json!({"use": "image", "reason": "x"}),
        json!({"content_base64": "not base64!", "use": "image", "reason": "x"}),
        json!({"content_base64": "eA==", "use": "wallpaper", "reason": "x"}),
        json!({"content_base64": "A".repeat((512 << 10) / 3 * 4 + 8), "use": "image", "reason": "x"}),
        json!({"content_base64": "eA==", "file_name": "x".repeat(256), "use": "image", "reason": "x"}),
        json!({"upload_id": "up_1", "use": "image", "reason": "x"}),
    ] {
        let error = shop.refused(arguments.clone()).await;
        assert_eq!(error["code"], "invalid_arguments", "{error:#}");
    }
    assert!(shop.listed().await.is_empty());
}

async fn what_was_sent_long_ago_or_is_infected_by_now_is_not_written_down(db: TestDb) {
    let shop = Shop::open(&db).await;
    let answer = shop.call(inline("pot.png", &samples::png(), "image")).await;
    shop.door.clock.advance(Duration::from_hours(12));
    let done = shop.begun(&answer).await;
    let rule = |done: &ActionRequest| done.error.as_ref().unwrap().finding.as_ref().unwrap().rule.clone();
    assert_eq!((done.status, rule(&done).as_str()), (Status::Stale, "MEDIA-17"));
    assert!(shop.listed().await.is_empty());

    let kept = shop.call(inline("pot.png", &picture(b"a\0b", b""), "image")).await;
    let asset = shop.begun(&kept).await.result.unwrap()["asset_id"].as_str().unwrap().parse().unwrap();
    let again = shop.call(inline("kettle.png", &samples::png(), "header_image")).await;
    let tenant = shop.world.tenant.id;
    rows::set_scan(&shop.world.db, tenant, asset, &Scan::Infected("Eicar".into())).await.unwrap();
    let done = shop.begun(&again).await;
    assert_eq!((done.status, rule(&done).as_str()), (Status::Stale, "MEDIA-08"));
    let error = shop.refused(inline("third.png", &samples::png(), "image")).await;
    assert_eq!(rules(&error), ["MEDIA-08"]);
}

async fn a_file_is_previewed_before_it_is_kept(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (_, key) = shop.world.agent("writer", "read,propose").await;
    let mut own = inline("pot.png", &samples::png(), "header_image");
    let agent = shop.door.modern(&key);
    for name in ["reason", "wait_ms"] {
        own.as_object_mut().unwrap().remove(name);
    }
    let preview = json!({"write_tool": UPLOAD, "arguments": own, "reason": "For the winter offer."});
    let shown = agent.call("whatsapp.template_submit.preview", preview).await;
    assert_eq!((&shown["status"], &shown["preview"]["file"]["name"]), (&json!("previewed"), &json!("pot.png")));
    assert!(shop.listed().await.is_empty());
    let asked = agent.call(UPLOAD, inline("pot.png", &samples::png(), "header_image")).await;
    assert_eq!(asked["action_request_id"], shown["action_request_id"], "the write joins its preview");
    assert_eq!(shop.begun(&asked).await.status, Status::Succeeded);
}
