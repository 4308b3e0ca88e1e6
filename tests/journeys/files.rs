//! A file on its way from an agent to a customer: sent over HTTP, kept, named in an answer, signed, brought to Meta, and sent once
//! as the very bytes that people saw, whatever the program dies of.

use countersign::domain::business::stop::{StopReach, StoppedBy};
use countersign::domain::canonical::sha256;
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::faults::{REQUESTING, Step};
use countersign::store::stops;
use serde_json::{Value, json};

use super::conversations::{SOON, Shop};
use super::signer::sign;
use crate::support::daemon::Daemon;
use crate::support::db::{TestDb, on_both};
use crate::support::{samples, until};

on_both!(
    a_file_is_sent_as_it_was_signed_and_uploaded_once,
    what_dies_while_a_file_is_brought_sends_its_message_once,
    a_file_that_is_gone_or_refused_ends_its_message,
);

/// The step on the way of a file to Meta.
pub const FILES: [Step; 1] = [Step::Uploaded];

const KEEP: &str = "whatsapp.media_asset.upload";
const SEND: &str = "whatsapp.session_message.send";

impl Shop {
    /// With a place for files that both kinds of database have.
    async fn with_files(&self, more: &[(&str, &str)]) -> Daemon {
        let files = format!("file:{}", self.stage.db.folder().join("files").display());
        self.stage.daemon_with(&[&[("COUNTERSIGN__MEDIA__URL", files.as_str())], more].concat()).await
    }

    /// Sends a file and has it kept; its id.
    async fn keeps(&self, daemon: &Daemon, name: &str, wanted: &str, bytes: Vec<u8>) -> Value {
        let sent = reqwest::Client::new().post(format!("{}/uploads", daemon.url)).bearer_auth(&self.stage.key);
        let sent = sent.header("x-filename", name).body(bytes).send().await.expect("an answer");
        let upload: Value = sent.json().await.expect("JSON");
        let ask =
            json!({"upload_id": upload["upload_id"], "use": wanted, "reason": "For customers.", "wait_ms": 10_000});
        let kept = self.stage.try_call(KEEP, ask).await.unwrap();
        assert_eq!(kept["status"], "succeeded", "{kept:#}");
        kept["result"]["asset_id"].clone()
    }

    /// Asks for an answer with a file, which a person signs.
    async fn signed(&self, thread: &Value, message: Value) -> String {
        let ask = json!({"conversation_id": thread, "message": message, "reason": "They asked.", "wait_ms": 0});
        let asked = self.stage.try_call(SEND, ask).await.unwrap();
        assert_eq!(asked["status"], "pending_approval", "{asked:#}");
        let id = asked["action_request_id"].as_str().unwrap().to_owned();
        // Whoever should answer may be gone by then.
        drop(sign(&mut self.stage.visitor(), &id).await);
        id
    }

    /// The files of the messages with these words that Meta took.
    async fn took(&self, words: &str) -> Vec<Value> {
        let sends = self.stage.sends().await;
        let took = sends.iter().filter(|send| send["text"] == words && send["outcome"] == "accepted");
        took.map(|send| send["media"].clone()).collect()
    }
}

fn picture(asset: &Value, caption: &str) -> Value {
    json!({"image": {"media": {"asset_id": asset}, "caption": caption}})
}

async fn a_file_is_sent_as_it_was_signed_and_uploaded_once(db: TestDb) {
    let (shop, thread) = Shop::conversed(db).await;
    let daemon = shop.with_files(&[]).await;
    let asset = shop.keeps(&daemon, "pot.png", "image", samples::png()).await;
    let hash = hex::encode(sha256(&samples::png()));

    let first = shop.signed(&thread, picture(&asset, "First")).await;
    shop.is(&first, "succeeded").await;
    let took = shop.took("First").await;
    assert_eq!(took.len(), 1);
    assert_eq!((&took[0]["sha256"], &took[0]["mime_type"]), (&json!(hash), &json!("image/png")));
    let second = shop.signed(&thread, picture(&asset, "Second")).await;
    shop.is(&second, "succeeded").await;
    assert_eq!(shop.took("Second").await, took, "Meta still has it");

    // Somebody deletes it at Meta, which nobody tells us.
    let id = took[0]["id"].as_str().unwrap();
    let token = countersign::simulate::Settings::default().token;
    let gone = reqwest::Client::new().delete(format!("{}/v24.0/{id}", shop.stage.meta.url())).bearer_auth(token);
    assert!(gone.send().await.unwrap().status().is_success());
    let third = shop.signed(&thread, picture(&asset, "Third")).await;
    shop.is(&third, "succeeded").await;
    let anew = shop.took("Third").await;
    assert_eq!((anew.len(), &anew[0]["sha256"]), (1, &json!(hash)));
    assert_ne!(anew[0]["id"], took[0]["id"]);
    let tried = shop.stage.sends().await.iter().filter(|send| send["text"] == "Third").count();
    assert_eq!(tried, 2, "once with the id that Meta has forgotten, and once anew");

    // So does time.
    shop.stage.db.execute("update media_at_meta set expires_at = 0").await;
    let fourth = shop.signed(&thread, picture(&asset, "Fourth")).await;
    shop.is(&fourth, "succeeded").await;
    let later = shop.took("Fourth").await;
    assert!(later.len() == 1 && later[0]["id"] != anew[0]["id"], "{later:?}");
    assert!(daemon.stop().await.success());
}

async fn what_dies_while_a_file_is_brought_sends_its_message_once(db: TestDb) {
    let (shop, thread) = Shop::conversed(db).await;
    let points = FILES.iter().flat_map(|step| step.points()).chain([REQUESTING]);
    for point in points {
        let mut dying = shop.with_files(&[("FAILPOINTS", &format!("{point}=return"))]).await;
        let bytes = format!("The menu at {point}").into_bytes();
        let hash = hex::encode(sha256(&bytes));
        let asset = shop.keeps(&dying, "menu.txt", "document", bytes).await;
        let words = format!("At {point}");
        let message = json!({"document": {"media": {"asset_id": asset}, "caption": words}});
        let id = shop.signed(&thread, message).await;
        until("it dies", SOON, async || dying.ended()).await;
        assert!(shop.took(&words).await.is_empty(), "{point}: nothing was sent yet");
        // Nobody waits until the dead daemon's time for the file is over.
        shop.stage.db.execute("update reply set due_at = 0 where state = 0").await;
        let daemon = shop.with_files(&[]).await;
        if point == REQUESTING {
            let doubt = shop.is(&id, "needs_attention").await;
            assert_eq!(doubt["execution"]["progress"]["unknown"], 1, "the intent stood: nobody can tell");
            assert!(shop.took(&words).await.is_empty(), "nothing is sent again by itself");
            shop.stage.db.execute("update reply set state = 4 where state = 3").await;
        } else {
            shop.is(&id, "succeeded").await;
            let took = shop.took(&words).await;
            assert_eq!((took.len(), &took[0]["sha256"]), (1, &json!(hash)), "{point}");
        }
        assert!(daemon.stop().await.success());
    }
}

async fn a_file_that_is_gone_or_refused_ends_its_message(db: TestDb) {
    let (shop, thread) = Shop::conversed(db).await;
    let daemon = shop.with_files(&[]).await;
    let (mut tx, now) = (shop.db.begin().await.unwrap(), SystemClock.now());
    let of_all = (&StopReach::Business, StoppedBy::Meta);
    stops::put(&mut tx, shop.tenant, of_all, "The account is restricted.", now).await.unwrap();
    tx.commit().await.unwrap();
    let asset = shop.keeps(&daemon, "pot.png", "image", samples::png()).await;
    let id = shop.signed(&thread, picture(&asset, "Gone")).await;
    until("it waits in its ledger", SOON, async || {
        (shop.status(&id).await?["execution"]["progress"]["queued"] == 1).then_some(())
    })
    .await;
    shop.stage.db.execute("delete from media_asset").await;
    shop.stage.lets_all_go_on().await;
    let ended = shop.is(&id, "failed").await;
    let why = ended["error"]["message"].as_str().unwrap();
    assert!(why.contains("not kept any more as it was shown"), "{why}");

    // Meta cannot be reached for a moment, and then takes no such file.
    let cut = json!({"kind": "reset_before_read", "count": 1, "match": {"endpoint": "media"}});
    shop.stage.meta_fails(&cut).await;
    shop.stage.meta_fails(&json!({"kind": "error", "code": 131_053, "count": 1, "match": {"endpoint": "media"}})).await;
    let asset = shop.keeps(&daemon, "menu.txt", "document", b"Oolong, jasmine".to_vec()).await;
    let menu = |words: &str| json!({"document": {"media": {"asset_id": asset}, "caption": words}});
    let id = shop.signed(&thread, menu("Refused")).await;
    let ended = shop.is(&id, "failed").await;
    let why = ended["error"]["message"].as_str().unwrap();
    assert!(why.contains("The file did not get to Meta"), "{why}");
    assert!(shop.took("Gone").await.is_empty() && shop.took("Refused").await.is_empty());
    let after = shop.signed(&thread, menu("After")).await;
    shop.is(&after, "succeeded").await;
    assert_eq!(shop.took("After").await.len(), 1, "the next one is taken");
    assert!(daemon.stop().await.success());
}
