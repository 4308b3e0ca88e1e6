//! An answer of which nobody knows whether it was sent, and one that is stopped: whatever the program dies of on the way, a
//! customer reads nothing twice, and what people decided is done once.

use std::time::Duration;

use countersign::domain::business::stop::{StopReach, StoppedBy};
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::faults::Step;
use countersign::store::{audit, business, stops};
use serde_json::{Value, json};

use super::conversations::{SOON, Shop};
use super::signer::sign_in;
use super::stage::PASSWORD;
use crate::support::daemon::Daemon;
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::visitor::Visitor;

on_both!(what_dies_while_people_decide_on_an_answer, what_dies_while_an_answer_is_stopped);

const SEND: &str = "whatsapp.session_message.send";

impl Shop {
    /// A customer has written, and the numbers have come from Meta.
    pub async fn conversed(db: TestDb) -> (Self, Value) {
        let shop = Self::open(db).await;
        let daemon = shop.stage.daemon().await;
        shop.act(json!({"text": "hello"})).await;
        let thread = until("it is taken in", SOON, async || shop.thread().await).await;
        until("the numbers have come from Meta", SOON, async || {
            (!business::numbers(&shop.db, shop.tenant).await.unwrap().is_empty()).then_some(())
        })
        .await;
        daemon.stop().await;
        (shop, json!(thread.id))
    }

    /// Killed at this point, as the machine would do it.
    async fn dying(&self, point: &str) -> Daemon {
        self.stage.daemon_with(&[("FAILPOINTS", &format!("{point}=return(KILL)"))]).await
    }

    /// Asks for an answer until there is a request for it: whoever should say so may be gone.
    async fn asks(&self, thread: &Value, body: &str) -> String {
        let ask = json!({"conversation_id": thread, "message": {"text": {"body": body}}, "reason": "They asked.", "wait_ms": 0});
        until("it is filed", SOON, async || {
            let filed = self.stage.try_call(SEND, ask.clone()).await.ok()?;
            filed["action_request_id"].as_str().map(str::to_owned)
        })
        .await
    }

    pub async fn status(&self, id: &str) -> Option<Value> {
        let what = json!({ "action_request_id": id });
        self.stage.try_call("whatsapp.action_request.status", what).await.ok()
    }

    pub async fn is(&self, id: &str, status: &str) -> Value {
        until(&format!("it is {status}"), SOON, async || self.status(id).await.filter(|is| is["status"] == status))
            .await
    }

    /// How often the log says this of the request.
    async fn acts(&self, id: &str, act: &str) -> usize {
        let entries = audit::list(&self.db, self.tenant, &Default::default(), 9_999).await.unwrap();
        entries.iter().filter(|entry| entry.act == act && entry.subject == id).count()
    }

    /// How often Meta took a message with these words.
    async fn reached(&self, body: &str) -> usize {
        self.stage.sends().await.iter().filter(|send| send["text"] == body).count()
    }
}

/// Sends the form of a page, if it is there; whoever should answer may be gone.
async fn press(lau: &mut Visitor, path: &str, filled: &[(&str, &str)]) {
    if sign_in(lau).await.is_err() {
        return;
    }
    let Ok(page) = lau.try_get(path).await else { return };
    if page.status == 200 && page.count(&format!("form[action='{path}']")) > 0 {
        drop(lau.try_submit(&page, path, filled).await);
    }
}

async fn what_dies_while_people_decide_on_an_answer(db: TestDb) {
    let (shop, thread) = Shop::conversed(db).await;
    let mut lau = shop.stage.visitor();
    for step in [Step::Asked, Step::Ruled] {
        for (point, ruling, ends) in step
            .points()
            .into_iter()
            .zip(["count_as_sent", "leave"])
            .zip(["succeeded", "failed"])
            .map(|((p, r), e)| (p, r, e))
        {
            let body = format!("In doubt at {point}");
            // It never reaches Meta, and no status will ever say so.
            shop.stage.meta_fails(&json!({"kind": "reset_before_read", "count": 1})).await;
            let mut daemon = shop.dying(point).await;
            let id = shop.asks(&thread, &body).await;
            if step == Step::Asked {
                until("it dies", SOON, async || daemon.ended()).await;
                daemon = shop.stage.daemon().await;
            }
            shop.is(&id, "needs_attention").await;
            sign_in(&mut lau).await.unwrap();
            let path = lau.get(&format!("/requests/{id}")).await.attr("a[href$='/doubts']", "href").unwrap();
            let words = [("ruling", ruling), ("reason", "The customer was asked."), ("password", PASSWORD)];
            press(&mut lau, &path, &words).await;
            if step == Step::Ruled {
                until("it dies", SOON, async || daemon.ended()).await;
                daemon = shop.stage.daemon().await;
                press(&mut lau, &path, &words).await;
            }
            shop.is(&id, ends).await;
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            assert_eq!(shop.reached(&body).await, 0, "{point}: nothing is sent again by itself");
            for act in ["execution.in_doubt", "execution.ruled", "execution.finished"] {
                assert_eq!(shop.acts(&id, act).await, 1, "{point}: {act}");
            }
            assert!(daemon.stop().await.success());
        }
    }
}

async fn what_dies_while_an_answer_is_stopped(db: TestDb) {
    let (shop, thread) = Shop::conversed(db).await;
    let mut lau = shop.stage.visitor();
    for point in Step::Stopped.points() {
        // So that it waits for long enough.
        let (mut tx, now) = (shop.db.begin().await.unwrap(), SystemClock.now());
        let of_all = (&StopReach::Business, StoppedBy::Meta);
        stops::put(&mut tx, shop.tenant, of_all, "The account is restricted.", now).await.unwrap();
        tx.commit().await.unwrap();
        let mut daemon = shop.dying(point).await;
        let (stopped, other) = (format!("Stopped at {point}"), format!("Sent after {point}"));
        let (id, waits) = (shop.asks(&thread, &stopped).await, shop.asks(&thread, &other).await);
        for id in [&id, &waits] {
            until("it waits", SOON, async || {
                (shop.status(id).await?["execution"]["progress"]["queued"] == 1).then_some(())
            })
            .await;
        }
        let path = format!("/requests/{id}/stop");
        press(&mut lau, &path, &[]).await;
        until("it dies", SOON, async || daemon.ended()).await;
        daemon = shop.stage.daemon().await;
        press(&mut lau, &path, &[]).await;
        shop.is(&id, "cancelled").await;
        assert_eq!(shop.reached(&other).await, 0, "{point}: everything is stopped");
        let mut tx = shop.db.begin().await.unwrap();
        assert!(stops::lift(&mut tx, shop.tenant, &StopReach::Business, now).await.unwrap());
        tx.commit().await.unwrap();
        shop.is(&waits, "succeeded").await;
        assert_eq!((shop.reached(&stopped).await, shop.reached(&other).await), (0, 1), "{point}");
        assert_eq!(shop.acts(&id, "execution.stopped").await, 1, "{point}");
        assert!(daemon.stop().await.success());
    }
}
