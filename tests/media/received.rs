//! What customers send, from their message to the kept file: fetched once, compared, scanned, and tried again while Meta keeps it.

use std::sync::Arc;
use std::time::Duration;

use countersign::approvals::{attachments, inbox};
use countersign::domain::conversations::attachments::AttachmentState;
use countersign::domain::media::{Content, Origin};
use countersign::domain::secret::Secret;
use countersign::graph::{Graph, Settings as GraphSettings};
use countersign::inbound;
use countersign::simulate::{Settings, Simulator};
use countersign::store::conversations::attachments::{self as rows, Due, Standing};
use countersign::tools::media;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::stage::{Stage, VIRUS};
use crate::support::db::{TestDb, on_both};
use crate::support::until;

on_both!(
    a_customers_picture_is_fetched_and_kept,
    an_address_that_expired_is_asked_for_anew,
    bytes_that_are_not_what_was_promised_are_not_kept,
    an_infected_file_is_refused_and_says_why,
    a_file_that_is_too_large_is_not_downloaded,
    one_that_cannot_be_fetched_holds_up_nobody_and_is_lost_in_the_end,
    two_daemons_never_fetch_the_same_file_at_once,
    what_a_daemon_leaves_behind_is_fetched_by_another,
);

const ADA: &str = "+85255501234";
const SOON: Duration = Duration::from_secs(20);

/// A business, and a Meta at which customers write to it.
struct Shop {
    stage: Stage,
    meta: Simulator,
    http: reqwest::Client,
    stop: CancellationToken,
}

impl Shop {
    async fn open(db: TestDb) -> Self {
        let mut stage = Stage::new(db).await;
        let settings = Settings {
            waba_id: stage.world.tenant.waba_id.clone(),
            app_secret: Some("hush".into()),
            clock: Arc::clone(&stage.ctx.clock),
            ..Settings::default()
        };
        let token = settings.token.clone();
        let meta = Simulator::start(settings).await.unwrap();
        let graph = GraphSettings { graph_url: meta.url(), ..GraphSettings::default() };
        stage.ctx.graph = Graph::new(&graph).unwrap();
        stage.ctx.secrets = Arc::new(move |name| match name {
            "TEST_TOKEN" => Some(Secret::new(token.clone())),
            "TEST_APP_SECRET" => Some(Secret::new("hush")),
            _ => None,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        meta.set_webhook_url(Some(&format!("http://{}/webhooks/whatsapp", listener.local_addr().unwrap())));
        let router = inbound::router(stage.ctx.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { stage, meta, http: reqwest::Client::new(), stop: CancellationToken::new() }
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(format!("{}/control/{path}", self.meta.url())).json(body).send().await.unwrap();
        let status = answer.status();
        let answer = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// Somebody sends a file, and the message is taken in. Gives its id.
    async fn sent(&self, media: Value) -> String {
        let before = self.messages().await;
        self.control("customers/act", &json!({ "number": ADA, "media": media })).await;
        until("the message is taken in", SOON, async || {
            inbox::round(&self.stage.ctx, &[7; 32]).await.unwrap();
            self.messages().await.into_iter().find(|wamid| !before.contains(wamid))
        })
        .await
    }

    async fn text(&self, bytes: &[u8]) -> String {
        let text = std::str::from_utf8(bytes).unwrap();
        self.sent(json!({"mime_type": "text/plain", "filename": "menu.txt", "text": text})).await
    }

    async fn messages(&self) -> Vec<String> {
        use countersign::store::conversations;
        let ctx = &self.stage.ctx;
        let threads = conversations::list(&ctx.db, self.stage.tenant(), &conversations::Filter::default(), 9).await;
        let mut found = Vec::new();
        for thread in threads.unwrap() {
            let thread = (thread.phone_number_id.as_str(), thread.contact);
            found.extend(conversations::lines(&ctx.db, self.stage.tenant(), thread, None, 99).await.unwrap());
        }
        found.into_iter().map(|line| line.wamid).collect()
    }

    async fn claim(&self) -> Vec<Due> {
        attachments::claim(&self.stage.ctx, 9).await.unwrap()
    }

    async fn fetch(&self, due: &Due) {
        attachments::fetch(&self.stage.ctx, due, &self.stop).await.unwrap();
    }

    /// One round; how many files it was about.
    async fn round(&self) -> usize {
        let due = self.claim().await;
        for due in &due {
            self.fetch(due).await;
        }
        due.len()
    }

    async fn standing(&self, wamid: &str) -> Standing {
        let found = rows::of_message(&self.stage.ctx.db, self.stage.tenant(), wamid).await.unwrap();
        found.expect("the message came with a file")
    }

    async fn fails(&self, fault: Value) {
        let mut fault = fault;
        fault["match"] = json!({"endpoint": "download", "method": "GET"});
        self.control("faults", &fault).await;
    }
}

async fn a_customers_picture_is_fetched_and_kept(db: TestDb) {
    let shop = Shop::open(db).await;
    let wamid = shop.sent(json!({"mime_type": "image/png", "caption": "Is this the one?"})).await;
    assert_eq!(shop.standing(&wamid).await.state, AttachmentState::Waiting);
    assert_eq!((shop.round().await, shop.round().await), (1, 0), "once");
    let standing = shop.standing(&wamid).await;
    assert_eq!((standing.state, standing.tries, standing.why), (AttachmentState::Kept, 1, None));
    let (asset, bytes) = media::read(&shop.stage.ctx, shop.stage.tenant(), standing.asset.unwrap()).await.unwrap();
    assert!(matches!(asset.content, Content::Png { .. }), "{asset:?}");
    assert_eq!((asset.origin, bytes.starts_with(b"\x89PNG")), (Origin::Inbound, true));
}

async fn an_address_that_expired_is_asked_for_anew(db: TestDb) {
    let shop = Shop::open(db).await;
    shop.fails(json!({"kind": "error", "status": 404, "count": 1})).await;
    let first = shop.text(b"oolong 88").await;
    shop.round().await;
    assert_eq!(shop.standing(&first).await.state, AttachmentState::Kept);
    shop.fails(json!({"kind": "error", "status": 404, "count": 2})).await;
    let second = shop.text(b"jasmine 68").await;
    shop.round().await;
    let standing = shop.standing(&second).await;
    assert_eq!((standing.state, standing.tries), (AttachmentState::Waiting, 1));
    assert!(standing.why.unwrap().contains("expired"));
    assert_eq!(shop.round().await, 0, "not before its pause is over");
    shop.stage.pass(Duration::from_mins(1));
    assert_eq!(shop.round().await, 1);
    assert_eq!(shop.standing(&second).await.state, AttachmentState::Kept);
}

async fn bytes_that_are_not_what_was_promised_are_not_kept(db: TestDb) {
    let shop = Shop::open(db).await;
    shop.fails(json!({"kind": "truncated_200"})).await;
    let wamid = shop.text(b"oolong 88, jasmine 68").await;
    for tries in 1..=5 {
        assert_eq!(shop.round().await, 1);
        let standing = shop.standing(&wamid).await;
        let state = if tries < 5 { AttachmentState::Waiting } else { AttachmentState::Refused };
        assert_eq!((standing.state, standing.tries, standing.asset), (state, tries, None));
        assert!(standing.why.unwrap().contains("hash"));
        shop.stage.pass(Duration::from_hours(6));
    }
    assert_eq!(shop.round().await, 0);
    assert!(shop.stage.kept().is_empty());
}

async fn an_infected_file_is_refused_and_says_why(db: TestDb) {
    let shop = Shop::open(db).await;
    let wamid = shop.text(VIRUS).await;
    shop.round().await;
    let standing = shop.standing(&wamid).await;
    assert_eq!((standing.state, standing.asset), (AttachmentState::Refused, None));
    assert!(standing.why.as_ref().is_some_and(|why| why.starts_with("MEDIA-08: ")), "{standing:?}");
    assert_eq!(shop.round().await, 0);
    assert!(shop.stage.kept().is_empty());
}

async fn a_file_that_is_too_large_is_not_downloaded(db: TestDb) {
    let mut shop = Shop::open(db).await;
    shop.stage.ctx.media.largest_received = 8;
    let (fits, not) = (shop.text(b"12345678").await, shop.text(b"123456789").await);
    shop.round().await;
    assert_eq!(shop.standing(&fits).await.state, AttachmentState::Kept);
    let standing = shop.standing(&not).await;
    assert_eq!(standing.state, AttachmentState::Refused);
    assert!(standing.why.unwrap().contains("media.largest_received_mb"));
}

async fn one_that_cannot_be_fetched_holds_up_nobody_and_is_lost_in_the_end(db: TestDb) {
    let shop = Shop::open(db).await;
    let poison = shop.text(b"nobody will read this").await;
    let [due] = &shop.claim().await[..] else { panic!("one is due") };
    let gone = format!("{}/v25.0/{}", shop.meta.url(), due.media_id);
    let deleted = shop.http.delete(gone).bearer_auth(Settings::default().token).send().await.unwrap();
    assert!(deleted.status().is_success());
    shop.fetch(due).await;
    let standing = shop.standing(&poison).await;
    assert_eq!(standing.state, AttachmentState::Waiting);
    assert!(standing.why.unwrap().contains("Meta did not give it"));
    for n in 0..20 {
        shop.stage.pass(Duration::from_hours(6));
        let good = shop.text(format!("menu {n}").as_bytes()).await;
        assert_eq!(shop.round().await, 2, "the one that fails, too");
        assert_eq!(shop.standing(&good).await.state, AttachmentState::Kept);
    }
    let [due] = &{
        shop.stage.pass(Duration::from_hours(7 * 24));
        shop.claim().await
    }[..] else {
        panic!("it is looked at once more")
    };
    shop.fetch(due).await;
    let standing = shop.standing(&poison).await;
    assert_eq!((standing.state, standing.asset), (AttachmentState::Lost, None));
    assert!(standing.why.unwrap().contains("seven days"));
    shop.stage.pass(Duration::from_hours(24));
    assert_eq!(shop.round().await, 0);
}

async fn two_daemons_never_fetch_the_same_file_at_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let mut sent = Vec::new();
    for n in 0..12 {
        sent.push(shop.text(format!("menu {n}").as_bytes()).await);
    }
    let other = shop.stage.another().await;
    let daemon = |ctx: countersign::tools::Ctx| {
        let stop = shop.stop.clone();
        async move {
            let mut fetched = Vec::new();
            loop {
                let due = attachments::claim(&ctx, 2).await.unwrap();
                if due.is_empty() {
                    return fetched;
                }
                for due in due {
                    attachments::fetch(&ctx, &due, &stop).await.unwrap();
                    fetched.push(due.wamid);
                }
            }
        }
    };
    let (one, two) = tokio::join!(tokio::spawn(daemon(shop.stage.ctx.clone())), tokio::spawn(daemon(other)));
    let mut fetched = [one.unwrap(), two.unwrap()].concat();
    fetched.sort();
    sent.sort();
    assert_eq!(fetched, sent, "each once");
    for wamid in &sent {
        let standing = shop.standing(wamid).await;
        assert_eq!((standing.state, standing.tries), (AttachmentState::Kept, 1));
    }
}

async fn what_a_daemon_leaves_behind_is_fetched_by_another(db: TestDb) {
    let shop = Shop::open(db).await;
    let wamid = shop.text(b"oolong 88").await;
    let dead = shop.claim().await.remove(0);
    assert!(shop.claim().await.is_empty(), "it is somebody's");
    shop.stage.pass(Duration::from_mins(15));
    let due = shop.claim().await.remove(0);
    assert_eq!(due.tries, 2);
    // It lives after all: its late word changes nothing.
    shop.fetch(&dead).await;
    assert_eq!(shop.standing(&wamid).await.state, AttachmentState::Waiting);
    let stopping = CancellationToken::new();
    stopping.cancel();
    attachments::fetch(&shop.stage.ctx, &due, &stopping).await.unwrap();
    assert_eq!(shop.standing(&wamid).await.state, AttachmentState::Waiting);
    assert_eq!(shop.round().await, 1, "one that stops gives it back at once");
    assert_eq!(shop.standing(&wamid).await.state, AttachmentState::Kept);
    assert_eq!(shop.stage.kept().len(), 1);
}
