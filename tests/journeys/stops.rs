//! Meta refuses the access token, or a person stops everything: answers wait, automation keeps still, and all of it goes on, once,
//! when a person lets it; whatever dies in between.

use countersign::domain::automation::reaction::Silence;
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::deliveries::Delivery;
use countersign::faults::Step;
use countersign::store::automation::{self, RunFilter};
use countersign::store::replies::{self, NewReply, Origin};
use countersign::store::stops;
use serde_json::json;

use super::conversations::{SOON, Shop};
use super::signer::sign_in;
use super::stage::PASSWORD;
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::visitor::{Answer, Visitor};

on_both!(answers_wait_while_meta_refuses_the_token, what_dies_while_people_stop_it_and_let_it_go_on);

/// The steps of a stop.
pub const STOPS: [Step; 2] = [Step::Barred, Step::Freed];

const PAGE: &str = "/numbers";
const STOP: &str = "/numbers/stop";
const RESUME: &str = "/numbers/resume";

impl Shop {
    async fn stands(&self) -> usize {
        stops::all(&self.db, self.tenant).await.unwrap().len()
    }
}

/// Presses the first button of this form, if it is there; whoever should answer may be gone.
async fn press(lau: &mut Visitor, action: &str, filled: &[(&str, &str)]) -> reqwest::Result<Option<Answer>> {
    sign_in(lau).await?;
    let page = lau.try_get(PAGE).await?;
    if page.count(&format!("form[action='{action}']")) == 0 {
        return Ok(None);
    }
    lau.try_submit(&page, action, filled).await.map(Some)
}

async fn answers_wait_while_meta_refuses_the_token(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.automate(shop.request().await).await;
    shop.act(json!({"text": "Good morning"})).await;
    shop.heard(1).await;
    let before = shop.stage.sends().await.len();
    shop.stage.meta_fails(&json!({"kind": "error", "code": 190, "count": 1})).await;
    shop.act(json!({"text": "hours"})).await;
    until("everything is stopped", SOON, async || (shop.stands().await == 1).then_some(())).await;
    let stands = until("the answer waits", SOON, async || {
        let stands = shop.replies().await;
        (stands.last() == Some(&Delivery::Queued)).then_some(stands)
    })
    .await;
    assert_eq!(stands.len(), 2, "the welcome, and the hours");
    shop.act(json!({"text": "menu"})).await;
    until("automation keeps still", SOON, async || {
        let runs = automation::runs(&shop.db, shop.tenant, &RunFilter::default(), 9).await.unwrap();
        runs.iter().any(|run| run.decided.as_ref().err() == Some(&Silence::Stopped)).then_some(())
    })
    .await;
    let mut lau = shop.stage.visitor();
    sign_in(&mut lau).await.unwrap();
    for path in [PAGE, "/conversations", "/broadcasts"] {
        assert!(lau.get(path).await.text().contains("Nothing goes out"), "{path} tells of it");
    }
    let page = lau.get(PAGE).await.text();
    assert!(page.contains("Our access token is no longer valid"), "{page}");
    let taken = shop.stage.sends().await.len();
    assert!(taken <= before + 1, "one request was refused, and no other was made");
    let wrong = press(&mut lau, RESUME, &[("password", "wrong")]).await.unwrap().unwrap();
    assert_eq!((wrong.status, shop.stands().await), (422, 1));
    let done = press(&mut lau, RESUME, &[("password", PASSWORD)]).await.unwrap().unwrap();
    assert_eq!((done.status, shop.stands().await), (303, 0), "{}", done.text());
    until("the answer that waited is given", SOON, async || {
        let said = shop.heard(2).await;
        (said.iter().filter(|text| *text == "From 9 to 6.").count() == 1).then_some(())
    })
    .await;
    shop.act(json!({"text": "hours"})).await;
    shop.heard(3).await;
    assert_eq!(shop.replies().await.len(), 3, "what was written meanwhile is left to people");
    let entries = countersign::store::audit::list(&shop.db, shop.tenant, &Default::default(), 999).await.unwrap();
    for act in ["sending.stopped", "sending.resumed"] {
        assert_eq!(entries.iter().filter(|entry| entry.act == act).count(), 1, "{act}");
    }
    daemon.stop().await;
}

async fn what_dies_while_people_stop_it_and_let_it_go_on(db: TestDb) {
    let shop = Shop::open(db).await;
    let daemon = shop.stage.daemon().await;
    shop.automate(shop.request().await).await;
    shop.act(json!({"text": "Good morning"})).await;
    shop.heard(1).await;
    daemon.stop().await;
    let mut lau = shop.stage.visitor();
    let points = STOPS.iter().flat_map(|step| step.points().map(|point| (*step, point)));
    for (round, (step, point)) in points.enumerate() {
        let mut dying = shop.stage.daemon_with(&[("FAILPOINTS", &format!("{point}=return"))]).await;
        drop(press(&mut lau, STOP, &[("reason", "Wrong prices.")]).await);
        if step == Step::Barred {
            until("it dies", SOON, async || dying.ended()).await;
            dying = shop.stage.daemon().await;
        }
        if shop.stands().await == 0 {
            press(&mut lau, STOP, &[("reason", "Wrong prices.")]).await.unwrap();
        }
        assert_eq!(shop.stands().await, 1, "{point}");
        // It was decided before the stop, and not said yet.
        shop.waits().await;
        tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
        assert_eq!(shop.heard(1 + round).await.len(), 1 + round, "{point}: nothing goes out");
        drop(press(&mut lau, RESUME, &[("password", PASSWORD)]).await);
        if step == Step::Freed {
            until("it dies", SOON, async || dying.ended()).await;
            dying = shop.stage.daemon().await;
        }
        if shop.stands().await == 1 {
            press(&mut lau, RESUME, &[("password", PASSWORD)]).await.unwrap();
        }
        shop.heard(2 + round).await;
        let sent = |stands: &[Delivery]| stands.iter().all(|it| (Delivery::Accepted..=Delivery::Read).contains(it));
        until("it is known", SOON, async || sent(&shop.replies().await).then_some(())).await;
        assert_eq!(shop.heard(1).await.len(), 2 + round, "{point}: once");
        dying.stop().await;
    }
}

impl Shop {
    /// An answer of the rule is put into the ledger, as by a daemon that had not heard of the stop.
    async fn waits(&self) {
        let thread = self.thread().await.unwrap();
        let last = replies::to_contact(&self.db, self.tenant, &self.number, thread.contact, 1).await.unwrap().remove(0);
        let new = NewReply {
            number: &self.number,
            contact: thread.contact,
            source: Origin::Automation(last.request.unwrap()),
            cause: &last.cause,
            in_reply_to: last.in_reply_to.as_deref(),
            identity_hash: None,
            saying: last.saying.as_ref().unwrap(),
        };
        let mut tx = self.db.begin().await.unwrap();
        replies::add(&mut tx, self.tenant, &[new], SystemClock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
}
