//! A customer orders by a cart and pays by a link, both signed, through the real tools: only while the number is in the same hands,
//! once the message has been delivered, and through a page of ours that leads on to the payment.

use std::time::Duration;

use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::conversations::Conversation;
use countersign::domain::deliveries::Delivery;
use countersign::domain::ids::TenantId;
use countersign::domain::orders::links::PaymentLink;
use countersign::store::orders::{self, links};
use countersign::store::replies::{self, Reply};
use countersign::store::{self, Db, contacts, conversations};
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use super::signer::sign;
use super::stage::Stage;
use crate::support::counter::product;
use crate::support::daemon::Daemon;
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::world::who;

on_both!(a_cart_is_ordered_and_paid_by_the_person_who_sent_it, a_link_to_a_number_that_changed_hands_is_not_delivered);

const ADA: &str = "85291000001";
const SOON: Duration = Duration::from_secs(20);
const PAY: [(&str, &str); 1] =
    [("COUNTERSIGN__ORDERS__PAYMENT_URL", "https://pay.example/checkout?ref={order}&amount={amount}")];
const ORDER: &str = "whatsapp.order.create_from_chat";
const LINK: &str = "whatsapp.payment_link.send";

struct Till {
    stage: Stage,
    db: Db,
    tenant: TenantId,
    number: String,
    daemon: Daemon,
}

impl Till {
    /// A business that sells tea, and whose number tells who is behind a customer's.
    async fn open(db: TestDb) -> Self {
        let stage = Stage::set(db, 3, 100).await;
        let db = stage.db.open().await;
        let tenant = store::people::tenants(&db).await.unwrap().remove(0).id;
        let simulated = countersign::simulate::Settings::default();
        let number = simulated.phone_numbers[0].id.clone();
        let url = format!("{}/v25.0/{number}/settings", stage.meta.url());
        let on = json!({"user_identity_change": {"enable_identity_key_check": true}});
        let answer = reqwest::Client::new().post(url).bearer_auth(simulated.token).json(&on).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        let mut tx = db.begin().await.unwrap();
        orders::put(&mut tx, tenant, &[product("oolong", 11_800, Some(3))]).await.unwrap();
        tx.commit().await.unwrap();
        let daemon = stage.daemon_with(&PAY).await;
        let till = Self { stage, db, tenant, number, daemon };
        // Numbers are read at the start.
        till.stage.filed_offer(till.stage.segment, 10).await;
        till
    }

    async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/control/{path}", self.stage.meta.url());
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Ada sends a cart; her thread, once her mark is known.
    async fn cart(&self) -> Conversation {
        let items = json!([{"product_retailer_id": "oolong", "quantity": 2, "item_price": 118, "currency": "HKD"}]);
        self.control("customers/act", json!({"number": ADA, "order": {"catalog_id": "1", "product_items": items}}))
            .await;
        until("it is taken in", SOON, async || {
            let mut tx = self.db.begin().await.unwrap();
            let ada = who(Some(&format!("+{ADA}")), None);
            let found = contacts::of(&mut tx, self.tenant, &ada, SystemClock.now()).await.unwrap()?;
            contacts::reach(&mut tx, self.tenant, found.known.no).await.unwrap().identity_hash?;
            conversations::of(&mut tx, self.tenant, &self.number, found.known.no).await.unwrap()
        })
        .await
    }

    /// What an agent asks for waits for a signature, gets it, and comes to that.
    async fn signed(&self, tool: &str, mut arguments: Value, wanted: &str) -> Value {
        arguments["reason"] = "The customer sent a cart.".into();
        let filed = self.stage.try_call(tool, arguments).await.unwrap();
        assert_eq!(filed["status"], "pending_approval", "{filed:#}");
        let id = filed["action_request_id"].as_str().unwrap();
        sign(&mut self.stage.visitor(), id).await.unwrap();
        self.stage.comes_to(id, wanted, SOON).await
    }

    /// The order of a cart, which people have signed.
    async fn ordered(&self, thread: &Conversation) -> String {
        let done = self.signed(ORDER, json!({"conversation_id": thread.id, "cart": "newest"}), "succeeded").await;
        assert_eq!(
            (&done["result"]["state"], &done["order"]["state"]),
            (&json!("placed"), &json!("placed")),
            "{done:#}"
        );
        done["result"]["order_id"].as_str().unwrap().to_owned()
    }

    fn asked(thread: &Conversation, order: &str) -> Value {
        json!({"order_id": order, "conversation_id": thread.id, "text": "Your order is ready to be paid.", "button": "Pay"})
    }

    async fn comes_to(&self, thread: &Conversation, wanted: Delivery) -> Reply {
        until(&format!("it is {wanted:?}"), SOON, async || {
            let said = replies::to_contact(&self.db, self.tenant, &self.number, thread.contact, 9).await.unwrap();
            said.into_iter().next().filter(|reply| reply.delivery == wanted)
        })
        .await
    }

    async fn link(&self, order: &str) -> PaymentLink {
        links::of_order(&self.db, self.tenant, order.parse().unwrap()).await.unwrap().remove(0)
    }

    /// The address in what was sent last.
    async fn address(&self) -> String {
        let sent = self.stage.sends().await.pop().expect("something was sent").to_string();
        let (_, rest) = sent.split_once("http://127.0.0.1:").unwrap_or_else(|| panic!("no address: {sent}"));
        format!("http://127.0.0.1:{}", rest.split(['"', '\\']).next().unwrap())
    }
}

async fn a_cart_is_ordered_and_paid_by_the_person_who_sent_it(db: TestDb) {
    let till = Till::open(db).await;
    let thread = till.cart().await;
    let order = till.ordered(&thread).await;
    let sent = till.signed(LINK, Till::asked(&thread, &order), "succeeded").await;
    until("it is delivered", SOON, async || {
        let said = replies::to_contact(&till.db, till.tenant, &till.number, thread.contact, 1).await.unwrap();
        matches!(said.first()?.delivery, Delivery::Delivered | Delivery::Read).then_some(())
    })
    .await;
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let address = till.address().await;
    let page = browser.get(&address).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    assert!(text.contains("Harbour Tea House") && text.contains("HK$236.00"), "{text}");
    let on = browser.post(&address).send().await.unwrap();
    let to = on.headers()[LOCATION].to_str().unwrap().to_owned();
    assert_eq!((on.status().as_u16(), to), (303, format!("https://pay.example/checkout?ref={order}&amount=236.00")));
    let link = till.link(&order).await;
    assert!(link.opened_at.is_some() && link.used_at.is_some() && link.revoked.is_none(), "{link:?}");
    let id = sent["action_request_id"].as_str().unwrap();
    let status = till.stage.comes_to(id, "succeeded", SOON).await;
    assert_eq!(status["order"]["link"]["state"], "followed");
    // What opens the link stands in the customer's message, and nowhere that anybody else reads.
    let token = address.rsplit('/').next().unwrap();
    let stored = replies::to_contact(&till.db, till.tenant, &till.number, thread.contact, 9).await.unwrap();
    let log = store::audit::list(&till.db, till.tenant, &Default::default(), 999).await.unwrap();
    let mut lau = till.stage.visitor();
    super::signer::sign_in(&mut lau).await.unwrap();
    let pages =
        [lau.get(&format!("/requests/{id}")).await.html, lau.get(&format!("/conversations/{}", thread.id)).await.html];
    assert!(
        pages[1].contains("HK$236.00") && pages[1].contains("Followed"),
        "the order stands beside the conversation"
    );
    for (what, text) in [
        ("status", status.to_string()),
        ("rows", format!("{stored:?}")),
        ("log", format!("{log:?}")),
        ("pages", pages.concat()),
    ] {
        assert!(!text.contains(token), "{what} show what opens the link");
    }
    till.daemon.stop().await;
}

async fn a_link_to_a_number_that_changed_hands_is_not_delivered(db: TestDb) {
    let till = Till::open(db).await;
    let thread = till.cart().await;
    let order = till.ordered(&thread).await;
    // The number changes hands, and nobody tells us before the message has left.
    till.control("webhooks", json!({"paused": true})).await;
    till.control("customers/act", json!({"number": ADA, "new": "identity"})).await;
    till.signed(LINK, Till::asked(&thread, &order), "succeeded").await;
    till.comes_to(&thread, Delivery::Accepted).await;
    let address = till.address().await;
    till.control("webhooks", json!({"paused": false})).await;
    let failed = till.comes_to(&thread, Delivery::Failed).await;
    assert_eq!(failed.error_code, Some(137_000), "{failed:?}");
    until("the link is taken back", SOON, async || till.link(&order).await.revoked).await;
    assert_eq!(reqwest::get(&address).await.unwrap().status(), 404);
    // From now on it is known, and nothing is asked of whoever holds the number.
    let mut pay = Till::asked(&thread, &order);
    pay["text"] = "Here is another link.".into();
    let cart = json!({"conversation_id": thread.id, "cart": "newest", "note": "Once more."});
    for (tool, mut again) in [(LINK, pay), (ORDER, cart)] {
        again["reason"] = "The first one came to nothing.".into();
        let refused = till.stage.try_call(tool, again).await.unwrap();
        let rules = refused["error"]["findings"].to_string();
        assert!(refused["error"]["code"] == "blocked" && rules.contains("ORDER-01"), "{refused:#}");
    }
    till.daemon.stop().await;
}
