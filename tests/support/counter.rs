//! A shop that sells in a conversation: a customer who wrote, a catalogue, and requests under which orders are made.

use std::sync::Arc;
use std::time::Duration;

use countersign::domain::clock::{FixedClock, Timestamp};
use countersign::domain::contacts::ContactNo;
use countersign::domain::ids::{ConversationId, DaemonId, OrderId, PaymentLinkId, ReplyId, RequestId, TenantId};
use countersign::domain::money::Currency;
use countersign::domain::orders::links::{LinkToken, PaymentLink};
use countersign::domain::orders::{
    Basket, Order, PaymentUrl, Price, Product, SourceKind, Stock, USUAL_WAIT, Wish, check,
};
use countersign::domain::people::Agent;
use countersign::domain::replies::{ReplyCause, Saying};
use countersign::store::conversations::{self, Heard};
use countersign::store::orders::links::{Armed, Try};
use countersign::store::orders::{self, Created, NewOrder, links};
use countersign::store::replies::{self, NewReply, Origin};
use countersign::store::{contacts, requests};
use countersign::tools::Ctx;
use serde_json::json;

use super::db::TestDb;
use super::world::{NOW, World, person};
use super::{door, samples};
use crate::engine::sql;

pub const NUMBER: &str = "7001";

pub struct Counter {
    pub ctx: Ctx,
    pub clock: Arc<FixedClock>,
    pub world: World,
    pub contact: ContactNo,
    pub thread: ConversationId,
    agent: Agent,
}

/// A product of the catalogue; no stock is as much as anybody wants.
pub fn product(id: &str, minor: i64, stock: Option<u32>) -> Product {
    Product {
        id: id.parse().unwrap(),
        name: format!("Tea {id}"),
        price: Price::of_minor(Currency::HKD, minor).unwrap(),
        stock: stock.map_or(Stock::Unlimited, Stock::Left),
        as_of: NOW,
    }
}

impl Counter {
    pub async fn open(test: &TestDb) -> Self {
        let db = test.open().await;
        let world = World::new(&db, "Harbour Tea House").await;
        let (agent, _) = world.agent("desk-agent", "read,propose").await;
        let contact = world.contacts(&[person(1)]).await[0];
        let (mut ctx, clock) = door::ctx(&db);
        ctx.orders.payment_url =
            Some(PaymentUrl::parse("https://pay.example/checkout?ref={order}&amount={amount}").unwrap());
        let mut tx = db.begin().await.unwrap();
        let heard = Heard { number: NUMBER, contact, at: NOW, wants_answer: true };
        let thread = conversations::heard(&mut tx, world.tenant.id, &heard, NOW).await.unwrap().id;
        let products = [product("oolong", 11_800, Some(3)), product("jasmine", 6_850, None)];
        orders::put(&mut tx, world.tenant.id, &products).await.unwrap();
        tx.commit().await.unwrap();
        Self { ctx, clock, world, contact, thread, agent }
    }

    pub fn tenant(&self) -> TenantId {
        self.world.tenant.id
    }

    pub fn now(&self) -> Timestamp {
        self.ctx.clock.now()
    }

    pub async fn request(&self) -> RequestId {
        let request = samples::request(&self.agent, NOW);
        let mut tx = self.world.db.begin().await.unwrap();
        assert!(requests::insert(&mut tx, &request, "Order").await.unwrap());
        tx.commit().await.unwrap();
        request.id
    }

    /// At the prices of the catalogue, whether there is enough of it or not.
    pub async fn basket(&self, lines: &[(&str, i64)]) -> Basket {
        let wish = |(product, quantity): &(&str, i64)| Wish {
            product: product.parse().unwrap(),
            quantity: (*quantity).try_into().unwrap(),
            claimed: None,
        };
        let wishes: Vec<Wish> = lines.iter().map(wish).collect();
        let ids: Vec<_> = wishes.iter().map(|wish| wish.product.clone()).collect();
        let mut found = orders::found(&self.world.db, self.tenant(), &ids).await.unwrap();
        for product in found.values_mut() {
            product.stock = Stock::Unlimited;
        }
        check(&wishes, &found).unwrap()
    }

    pub async fn create(&self, request: RequestId, basket: &Basket, source: SourceKind) -> Created {
        let new = NewOrder {
            request,
            conversation: self.thread,
            contact: self.contact,
            basket,
            note: Some("No bag."),
            source,
            people_at: self.now().after(USUAL_WAIT),
        };
        let mut tx = self.world.db.begin().await.unwrap();
        let created = orders::create(&mut tx, self.tenant(), &new, self.now()).await.unwrap();
        tx.commit().await.unwrap();
        created
    }

    /// One that is placed in the built-in catalogue.
    pub async fn order(&self, lines: &[(&str, i64)]) -> Order {
        let (request, basket) = (self.request().await, self.basket(lines).await);
        match self.create(request, &basket, SourceKind::Catalogue).await {
            Created::New(order) => order,
            other => panic!("not created: {other:?}"),
        }
    }

    pub async fn link(&self, order: OrderId) -> Option<PaymentLink> {
        let request = self.request().await;
        self.link_under(request, order, self.thread).await
    }

    pub async fn link_under(&self, request: RequestId, order: OrderId, thread: ConversationId) -> Option<PaymentLink> {
        let mut tx = self.world.db.begin().await.unwrap();
        let times = (self.now(), self.now().after(Duration::from_hours(2)));
        let link = links::add(&mut tx, self.tenant(), (request, order, thread), times).await.unwrap();
        tx.commit().await.unwrap();
        link
    }

    /// What opens the link from now on, and the message that carries it; none if it may not be sent.
    pub async fn armed(&self, link: PaymentLinkId) -> Option<(LinkToken, ReplyId)> {
        let by = self.trying(link).await;
        let (token, armed) = self.arm(link, by).await;
        (armed == Armed::Yes).then_some((token, by.reply))
    }

    /// What opens the link from now on, if this try is still whose it says.
    pub async fn arm(&self, link: PaymentLinkId, by: Try) -> (LinkToken, Armed) {
        let token = LinkToken::random();
        let mut tx = self.world.db.begin().await.unwrap();
        let armed = links::arm(&mut tx, self.tenant(), link, by, &token.hash(), self.now()).await.unwrap();
        tx.commit().await.unwrap();
        (token, armed)
    }

    /// A daemon that is about to send the message of a link.
    pub async fn trying(&self, link: PaymentLinkId) -> Try {
        let (request, by) = (self.request().await, DaemonId::random());
        let mut tx = self.world.db.begin().await.unwrap();
        let reply = NewReply {
            number: NUMBER,
            contact: self.contact,
            source: Origin::Request(request),
            cause: &ReplyCause(json!({ "link": link })),
            in_reply_to: None,
            identity_hash: Some("mark"),
            saying: &Saying::Payment { link, body: "Your order".into(), label: "Pay".into() },
        };
        let reply = replies::add(&mut tx, self.tenant(), &[reply], self.now()).await.unwrap()[0];
        tx.commit().await.unwrap();
        let taken = "update reply set state = 1, attempt = 1, owner = $1 where id = $2";
        sql!(&self.world.db, taken, by.uuid(), reply.uuid());
        Try { reply, attempt: 1, by }
    }

    pub async fn found(&self, link: PaymentLinkId) -> PaymentLink {
        links::find(&self.world.db, self.tenant(), link).await.unwrap().unwrap()
    }

    pub async fn left(&self, id: &str) -> Stock {
        let id = id.parse().unwrap();
        orders::found(&self.world.db, self.tenant(), std::slice::from_ref(&id)).await.unwrap()[&id].stock
    }

    pub async fn reach(&self) -> contacts::Reach {
        contacts::reach(&self.world.db, self.tenant(), self.contact).await.unwrap()
    }
}
