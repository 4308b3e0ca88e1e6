//! Files that agents send: whose they are, how large and for how long, and that nothing is left of what is refused.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::ids::{RequestId, UploadId};
use countersign::domain::uploads::Limits;
use countersign::error::Error;
use countersign::objects::{Objects, Place};
use countersign::store::audit::{self, Filter};
use countersign::store::uploads as rows;
use countersign::tools::uploads::{self, Opened};
use countersign::tools::{Ctx, media};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::support::db::{TestDb, on_both};
use crate::support::door::{self, Door};
use crate::support::world::{NOW, World};

on_both!(
    what_is_sent_is_read_again_by_its_sender_alone,
    the_same_bytes_are_one_upload,
    only_a_key_that_can_use_a_file_may_send_one,
    a_file_that_is_too_large_is_refused_and_not_kept,
    a_file_that_breaks_off_leaves_nothing,
    a_place_that_fails_is_said_and_nothing_is_recorded,
    a_key_has_its_pace_and_its_room,
    what_has_expired_goes_unless_a_request_needs_it,
    what_has_no_row_goes_when_it_is_old,
    bytes_that_were_changed_are_not_read_to_the_end,
);

struct Shop {
    world: World,
    door: Door,
    folder: TempDir,
}

impl Shop {
    async fn open(db: &TestDb) -> Self {
        Self::open_within(db, Limits::default()).await
    }

    async fn open_within(db: &TestDb, limits: Limits) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let folder = tempfile::tempdir().unwrap();
        let (mut ctx, clock) = door::ctx(&world.db);
        ctx.media.objects = Some(Objects::open(&Place::Folder(folder.path().to_owned())).unwrap());
        ctx.media.uploads = limits;
        let door = Door::open_of((ctx, clock), |_| {}).await;
        Self { world, door, folder }
    }

    fn ctx(&self) -> &Ctx {
        &self.door.ctx
    }

    fn post(&self, key: &str) -> reqwest::RequestBuilder {
        reqwest::Client::new().post(format!("http://{}/uploads", self.door.addr)).bearer_auth(key)
    }

    /// The status, and what was answered.
    async fn send(&self, key: &str, bytes: impl Into<Vec<u8>>) -> (u16, Value) {
        answer(self.post(key).body(bytes.into())).await
    }

    /// Every file in the folder, whole or half.
    fn kept(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        files(self.folder.path(), &mut found);
        found.retain(|path| path.file_name().is_some_and(|name| name != "owner"));
        found
    }

    /// As the worker does each hour.
    async fn sweep(&self) -> u64 {
        media::sweep_uploads(self.ctx(), &CancellationToken::new()).await.unwrap()
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

async fn read(mut opened: Opened) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    opened.bytes.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn id(answer: &Value) -> UploadId {
    answer["upload_id"].as_str().unwrap_or_else(|| panic!("{answer:#}")).parse().unwrap()
}

async fn what_is_sent_is_read_again_by_its_sender_alone(db: TestDb) {
    let shop = Shop::open(&db).await;
    let tenant = shop.world.tenant.id;
    let (agent, key) = shop.world.agent("promo", "propose:contacts").await;
    // Several pieces, and not a whole number of them.
    let bytes: Vec<u8> = (0..=250_u8).cycle().take(13_000_000).collect();
    let named = shop.post(&key).header("x-filename", "%E5%86%AC/../+85291234567%07.csv").header("content-type", "a/b");
    let (status, sent) = answer(named.body(bytes.clone())).await;
    assert_eq!(status, 201, "{sent:#}");
    let sha256 = countersign::domain::canonical::sha256(&bytes);
    assert_eq!((&sent["bytes"], &sent["sha256"]), (&json!(13_000_000), &json!(hex::encode(sha256))));
    assert_eq!(sent["expires_at"], json!(NOW.after(Duration::from_hours(24))));
    for _ in 0..2 {
        let opened = uploads::open(shop.ctx(), tenant, agent.id, id(&sent)).await.unwrap();
        assert_eq!(opened.upload.name.as_ref().unwrap().as_str(), "+85291234567.csv");
        assert!(read(opened).await.unwrap() == bytes, "the bytes that were sent");
    }
    let (other, _) = shop.world.agent("other", "propose").await;
    let foreign = World::new(&shop.world.db, "foreign").await;
    for (tenant, agent) in [(tenant, other.id), (foreign.tenant.id, agent.id), (foreign.tenant.id, other.id)] {
        let refused = uploads::open(shop.ctx(), tenant, agent, id(&sent)).await.err().unwrap();
        assert_eq!(refused.code(), "not_found");
    }
    let filter = Filter { act: Some("upload.received".to_owned()), ..Filter::default() };
    let log = audit::list(&shop.world.db, tenant, &filter, 9).await.unwrap();
    let details = &log[0].details;
    assert_eq!((log.len(), &log[0].subject), (1, &id(&sent).to_string()));
    assert_eq!((&details["bytes"], details["sha256"].as_str().unwrap().len()), (&json!(13_000_000), 71));
    let name = details["file_name"].as_str().unwrap();
    assert!(!name.contains("91234567") && name.ends_with(".csv"), "{name}");
}

async fn the_same_bytes_are_one_upload(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (agent, key) = shop.world.agent("promo", "propose").await;
    let (_, other) = shop.world.agent("other", "propose").await;
    let (_, first) = shop.send(&key, "a,b\n").await;
    shop.door.clock.advance(Duration::from_hours(1));
    let (status, again) = shop.send(&key, "a,b\n").await;
    assert_eq!((status, id(&again)), (201, id(&first)));
    assert_eq!(again["expires_at"], json!(NOW.after(Duration::from_hours(25))), "it lasts as long as the second would");
    assert_eq!(shop.kept().len(), 1);
    let (_, theirs) = shop.send(&other, "a,b\n").await;
    assert_ne!(id(&theirs), id(&first), "each agent has its own");
    // What got lost is there again.
    for file in shop.kept() {
        std::fs::remove_file(file).unwrap();
    }
    let open = async || uploads::open(shop.ctx(), agent.tenant, agent.id, id(&first)).await;
    assert!(open().await.is_err());
    shop.send(&key, "a,b\n").await;
    assert_eq!(read(open().await.unwrap()).await.unwrap(), b"a,b\n");
    let filter = Filter { act: Some("upload.received".to_owned()), ..Filter::default() };
    assert_eq!(audit::list(&shop.world.db, agent.tenant, &filter, 9).await.unwrap().len(), 2, "one for each upload");
}

async fn only_a_key_that_can_use_a_file_may_send_one(db: TestDb) {
    let shop = Shop::open(&db).await;
    for (permissions, status) in [
        ("read", 403),
        ("propose:broadcasts,read,audit,contacts:pii", 403),
        ("propose:contacts", 201),
        ("propose:media", 201),
        ("propose", 201),
    ] {
        let (_, key) = shop.world.agent(permissions, permissions).await;
        let (answered, body) = shop.send(&key, permissions).await;
        assert_eq!(answered, status, "{permissions}: {body:#}");
        assert!(status == 201 || body["error"]["code"] == "forbidden", "{body:#}");
    }
    assert_eq!(shop.send("cs_test_none", "x").await.0, 401);
    assert_eq!(reqwest::get(format!("http://{}/uploads", shop.door.addr)).await.unwrap().status(), 401);
    assert_eq!(shop.kept().len(), 3);
    // An empty body is nothing.
    let (_, key) = shop.world.agent("promo", "propose").await;
    let (status, body) = shop.send(&key, "").await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("invalid_arguments")));
    assert_eq!(shop.kept().len(), 3);
}

async fn a_file_that_is_too_large_is_refused_and_not_kept(db: TestDb) {
    let shop = Shop::open_within(&db, Limits { max_bytes: 6 << 20, ..Limits::default() }).await;
    let (_, key) = shop.world.agent("promo", "propose").await;
    assert_eq!(shop.send(&key, vec![7; 6 << 20]).await.0, 201, "to the byte");
    assert_eq!(shop.kept().len(), 1);
    // Before a byte of it is read: none is sent.
    let head = format!("content-length: {}\r\n", (6 << 20) + 1);
    let answer = by_hand(&shop, &key, &head, &[]).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_large"), "{answer}");
    // And where nobody said how large it is.
    let mut body = Vec::new();
    for _ in 0..7 {
        body.extend(b"100000\r\n");
        body.extend(vec![8; 1 << 20]);
        body.extend(b"\r\n");
    }
    body.extend(b"0\r\n\r\n");
    let answer = by_hand(&shop, &key, "transfer-encoding: chunked\r\n", &body).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("6291456 bytes"), "{answer}");
    gone(|| shop.kept().len() == 1).await;
}

async fn a_file_that_breaks_off_leaves_nothing(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (agent, key) = shop.world.agent("promo", "propose").await;
    for (head, body) in [
        ("content-length: 12000000\r\n", vec![1; 11_000_000]),
        ("transfer-encoding: chunked\r\n", [b"a00000\r\n".as_slice(), &vec![1; 0xa0_0000], b"\r\n"].concat()),
    ] {
        let mut stream = open(&shop, &key, head).await;
        stream.write_all(&body).await.unwrap();
        gone(|| !shop.kept().is_empty()).await;
        drop(stream);
        gone(|| shop.kept().is_empty()).await;
    }
    assert_eq!(rows::kept(&shop.world.db, agent.tenant, agent.id).await.unwrap(), 0);
}

async fn a_place_that_fails_is_said_and_nothing_is_recorded(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (agent, key) = shop.world.agent("promo", "propose").await;
    std::fs::remove_dir_all(shop.folder.path()).unwrap();
    std::fs::write(shop.folder.path(), "").unwrap();
    let (status, body) = shop.send(&key, "a,b\n").await;
    assert_eq!(
        (status, &body["error"]["code"], &body["error"]["retryable"]),
        (503, &json!("unavailable"), &json!(true))
    );
    assert!(body["error"]["message"].as_str().unwrap().contains("media.url"), "{body:#}");
    std::fs::remove_file(shop.folder.path()).unwrap();
    std::fs::create_dir(shop.folder.path()).unwrap();
    assert_eq!(rows::kept(&shop.world.db, agent.tenant, agent.id).await.unwrap(), 0);
    let nowhere = Door::open(&shop.world.db).await;
    let sent = reqwest::Client::new().post(format!("http://{}/uploads", nowhere.addr)).bearer_auth(&key).body("x");
    assert_eq!(answer(sent).await.0, 503, "no place is set up");
}

async fn a_key_has_its_pace_and_its_room(db: TestDb) {
    let shop = Shop::open_within(&db, Limits { max_bytes: 10, ..Limits::default() }).await;
    let (_, key) = shop.world.agent("promo", "propose").await;
    for n in 0..8_u8 {
        assert_eq!(shop.send(&key, vec![n; 10]).await.0, 201);
    }
    let (status, body) = shop.send(&key, "one more").await;
    assert_eq!((status, &body["error"]["code"]), (429, &json!("too_many_uploads")), "{body:#}");
    let (_, other) = shop.world.agent("other", "propose").await;
    assert_eq!(shop.send(&other, "one more").await.0, 201, "the room is each agent's own");
    let slow = Door::open_with(&shop.world.db, 1).await;
    let send = || reqwest::Client::new().post(format!("http://{}/uploads", slow.addr)).bearer_auth(&other).body("x");
    send().send().await.unwrap();
    let refused = send().send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
}

async fn what_has_expired_goes_unless_a_request_needs_it(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (agent, key) = shop.world.agent("promo", "read,propose").await;
    let (_, short) = shop.send(&key, "short").await;
    let (_, needed) = shop.send(&key, "needed").await;
    let arguments = json!({
        "name": "Members", "include": {"tag": "member"}, "reason": "for the winter offer",
    });
    let asked = shop.door.modern(&key).call("whatsapp.segment.upsert", arguments).await;
    let request: RequestId = asked["action_request_id"].as_str().unwrap().parse().unwrap();
    let reopen = "update action_request set status = 'approved', approved_at = 1, not_before = 1, start_by = 1, settled_at = null";
    db.execute(reopen).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    for _ in 0..2 {
        rows::hold(&mut tx, agent.tenant, id(&needed), request).await.unwrap();
    }
    tx.commit().await.unwrap();
    let foreign = World::new(&shop.world.db, "foreign").await;
    let mut tx = shop.world.db.begin().await.unwrap();
    assert!(rows::hold(&mut tx, foreign.tenant.id, id(&needed), request).await.is_err());
    tx.roll_back().await.unwrap();
    shop.door.clock.advance(Duration::from_hours(24) - Duration::from_secs(1));
    assert_eq!(shop.sweep().await, 0);
    shop.door.clock.advance(Duration::from_secs(1));
    let open = async |id| uploads::open(shop.ctx(), agent.tenant, agent.id, id).await;
    assert!(matches!(open(id(&short)).await, Err(Error::NotFound { .. })), "before the sweep as well");
    assert_eq!(shop.sweep().await, 1);
    assert_eq!(read(open(id(&needed)).await.unwrap()).await.unwrap(), b"needed");
    let (_, again) = shop.send(&key, "short").await;
    assert_ne!(id(&again), id(&short));
    db.execute("update action_request set status = 'cancelled', settled_at = 1").await;
    assert!(open(id(&needed)).await.is_err());
    assert_eq!((shop.sweep().await, shop.kept().len()), (1, 1));
}

async fn what_has_no_row_goes_when_it_is_old(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (_, key) = shop.world.agent("promo", "propose").await;
    shop.send(&key, "known").await;
    let orphan = shop.kept().remove(0).with_file_name(UploadId::random().to_string());
    std::fs::write(&orphan, "of a daemon that died").unwrap();
    // The folder goes by the machine's clock, and the row by that of the test.
    shop.door.clock.set(SystemClock.now());
    db.execute("update upload set expires_at = 9000000000000000").await;
    assert_eq!((shop.sweep().await, shop.kept().len()), (0, 2), "it may be about to get its row");
    let then = SystemTime::now() - Duration::from_hours(25);
    for file in shop.kept() {
        std::fs::File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
    }
    assert_eq!((shop.sweep().await, orphan.exists(), shop.kept().len()), (1, false, 1));
}

async fn bytes_that_were_changed_are_not_read_to_the_end(db: TestDb) {
    let shop = Shop::open(&db).await;
    let (agent, key) = shop.world.agent("promo", "propose").await;
    let (_, sent) = shop.send(&key, "as it was sent").await;
    let open = async || uploads::open(shop.ctx(), agent.tenant, agent.id, id(&sent)).await;
    std::fs::write(&shop.kept()[0], "as it was made").unwrap();
    let refused = read(open().await.unwrap()).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData);
    std::fs::write(&shop.kept()[0], "longer than it was sent").unwrap();
    assert!(open().await.is_err());
}

/// A connection on which a file begins.
async fn open(shop: &Shop, key: &str, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(shop.door.addr).await.unwrap();
    let head = format!("POST /uploads HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n{head}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What comes back for a body that no client would send. Whoever has had enough may close before it has heard all.
async fn by_hand(shop: &Shop, key: &str, head: &str, body: &[u8]) -> String {
    let mut stream = open(shop, key, head).await;
    let (mut reading, mut writing) = stream.split();
    let heard = async {
        let (mut heard, mut piece) = (Vec::new(), vec![0; 4096]);
        while let Ok(count @ 1..) = reading.read(&mut piece).await {
            heard.extend(&piece[..count]);
            if heard.ends_with(b"}}") {
                break;
            }
        }
        heard
    };
    let (_, heard) = tokio::join!(writing.write_all(body), heard);
    String::from_utf8_lossy(&heard).into_owned()
}

/// Waits until it is so.
async fn gone(is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come to be");
}
