//! A customer pays by a link in the conversation: only while the number is in the same hands, once it has been delivered, and
//! through a page of ours that leads on to the payment.

use std::time::Duration;

use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::conversations::Conversation;
use countersign::domain::deliveries::Delivery;
use countersign::domain::ids::{RequestId, TenantId};
use countersign::domain::orders::links::PaymentLink;
use countersign::domain::orders::{SourceKind, Wish, check};
use countersign::domain::replies::{ReplyCause, Saying};
use countersign::store::orders::{self, Created, NewOrder, links};
use countersign::store::replies::{self, NewReply, Origin, Reply};
use countersign::store::{self, Db, contacts, conversations};
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use super::stage::Stage;
use crate::support::counter::product;
use crate::support::db::{TestDb, on_both};
use crate::support::until;
use crate::support::world::who;

on_both!(a_link_is_paid_by_the_person_it_was_meant_for, a_link_to_a_number_that_changed_hands_is_not_delivered);

const ADA: &str = "85291000001";
const SOON: Duration = Duration::from_secs(20);
const PAY: [(&str, &str); 1] =
    [("COUNTERSIGN__ORDERS__PAYMENT_URL", "https://pay.example/checkout?ref={order}&amount={amount}")];

struct Till {
    stage: Stage,
    db: Db,
    tenant: TenantId,
    number: String,
}

impl Till {
    /// A business whose number tells who is behind a customer's.
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
        Self { stage, db, tenant, number }
    }

    async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/control/{path}", self.stage.meta.url());
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Ada writes; her thread, once her mark is known.
    async fn written(&self) -> Conversation {
        self.control("customers/act", json!({"number": ADA, "text": "Two oolong, please."})).await;
        until("it is taken in", SOON, async || {
            let mut tx = self.db.begin().await.unwrap();
            let ada = who(Some(&format!("+{ADA}")), None);
            let found = contacts::of(&mut tx, self.tenant, &ada, SystemClock.now()).await.unwrap()?;
            contacts::reach(&mut tx, self.tenant, found.known.no).await.unwrap().identity_hash?;
            conversations::of(&mut tx, self.tenant, &self.number, found.known.no).await.unwrap()
        })
        .await
    }

    async fn request(&self, rate: u32) -> RequestId {
        self.stage.filed_offer(self.stage.segment, rate).await.parse().unwrap()
    }

    /// An order and its link, and the message with it in the ledger: as if people had signed both.
    async fn ask_to_pay(&self, thread: &Conversation) -> PaymentLink {
        let (first, second) = (self.request(10).await, self.request(11).await);
        let (tenant, now) = (self.tenant, SystemClock.now());
        let oolong = product("oolong", 11_800, Some(3));
        let wish = Wish { product: oolong.id.clone(), quantity: 2.try_into().unwrap(), claimed: None };
        let basket = check(&[wish], &[(oolong.id.clone(), oolong.clone())].into()).unwrap();
        let mut tx = self.db.begin().await.unwrap();
        orders::put(&mut tx, tenant, &[oolong]).await.unwrap();
        let new = NewOrder {
            request: first,
            conversation: thread.id,
            contact: thread.contact,
            basket: &basket,
            note: None,
            source: SourceKind::Catalogue,
        };
        let Created::New(order) = orders::create(&mut tx, tenant, &new, now).await.unwrap() else { panic!("new") };
        let times = (now, now.after(Duration::from_hours(1)));
        let link = links::add(&mut tx, tenant, (second, order.id, thread.id), times).await.unwrap().unwrap();
        let reach = contacts::reach(&mut tx, tenant, thread.contact).await.unwrap();
        let saying =
            Saying::Payment { link: link.id, body: "Your order is ready to be paid.".into(), label: "Pay".into() };
        let reply = NewReply {
            number: &self.number,
            contact: thread.contact,
            source: Origin::Request(second),
            cause: &ReplyCause(json!({ "payment_link": link.id })),
            in_reply_to: None,
            identity_hash: reach.may_send().unwrap(),
            saying: &saying,
        };
        assert!(reply.identity_hash.is_some(), "her mark is known");
        replies::add(&mut tx, tenant, &[reply], now).await.unwrap();
        tx.commit().await.unwrap();
        link
    }

    async fn comes_to(&self, thread: &Conversation, wanted: Delivery) -> Reply {
        until(&format!("it is {wanted:?}"), SOON, async || {
            let said = replies::to_contact(&self.db, self.tenant, &self.number, thread.contact, 9).await.unwrap();
            said.into_iter().next().filter(|reply| reply.delivery == wanted)
        })
        .await
    }

    async fn link(&self, link: &PaymentLink) -> PaymentLink {
        links::find(&self.db, self.tenant, link.id).await.unwrap().unwrap()
    }

    /// The address in what was sent last.
    async fn address(&self) -> String {
        let sent = self.stage.sends().await.pop().expect("something was sent").to_string();
        let (_, rest) = sent.split_once("http://127.0.0.1:").unwrap_or_else(|| panic!("no address: {sent}"));
        format!("http://127.0.0.1:{}", rest.split(['"', '\\']).next().unwrap())
    }
}

async fn a_link_is_paid_by_the_person_it_was_meant_for(db: TestDb) {
    let till = Till::open(db).await;
    let daemon = till.stage.daemon_with(&PAY).await;
    let thread = till.written().await;
    let link = till.ask_to_pay(&thread).await;
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
    assert_eq!(
        (on.status().as_u16(), to),
        (303, format!("https://pay.example/checkout?ref={}&amount=236.00", link.order))
    );
    let link = till.link(&link).await;
    assert!(link.opened_at.is_some() && link.used_at.is_some() && link.revoked.is_none(), "{link:?}");
    let stored = replies::to_contact(&till.db, till.tenant, &till.number, thread.contact, 9).await.unwrap();
    let token = address.rsplit('/').next().unwrap();
    assert!(!format!("{stored:?}").contains(token), "the address stands in the customer's message alone");
    daemon.stop().await;
}

async fn a_link_to_a_number_that_changed_hands_is_not_delivered(db: TestDb) {
    let till = Till::open(db).await;
    let daemon = till.stage.daemon_with(&PAY).await;
    let thread = till.written().await;
    // The number changes hands, and nobody tells us before the message has left.
    till.control("webhooks", json!({"paused": true})).await;
    till.control("customers/act", json!({"number": ADA, "new": "identity"})).await;
    let link = till.ask_to_pay(&thread).await;
    till.comes_to(&thread, Delivery::Accepted).await;
    let address = till.address().await;
    till.control("webhooks", json!({"paused": false})).await;
    let failed = till.comes_to(&thread, Delivery::Failed).await;
    assert_eq!(failed.error_code, Some(137_000), "{failed:?}");
    until("the link is taken back", SOON, async || till.link(&link).await.revoked).await;
    assert_eq!(reqwest::get(&address).await.unwrap().status(), 404);
    let reach = contacts::reach(&till.db, till.tenant, thread.contact).await.unwrap();
    assert!(reach.may_send().is_err(), "nothing private goes there until somebody has made sure: {reach:?}");
    daemon.stop().await;
}
