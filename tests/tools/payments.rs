//! Payment links: asked for, signed, sent once to whoever ordered, and taken back.

use std::time::Duration;

use countersign::approvals::replies::stop::{stop, take_back};
use countersign::domain::consent::Suppression;
use countersign::domain::ids::{ConversationId, DaemonId, OrderId};
use countersign::domain::orders::links::{PaymentLink, Revocation};
use countersign::domain::orders::{Order, Standing};
use countersign::domain::replies::Saying;
use countersign::domain::requests::Status;
use countersign::store::behind::Known;
use countersign::store::orders::{self, links};
use countersign::store::replies::Reply;
use countersign::store::{consent, replies};
use serde_json::{Value, json};

use super::orders::{CREATE, NUMBER, Shop, blocked, hear, rules};
use crate::support::counter::product;
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World};

on_both!(
    a_link_is_signed_and_sent_once,
    what_may_not_be_asked_to_be_paid_is_refused,
    a_link_ends_with_the_identity_it_was_signed_for,
    a_person_stops_it_or_takes_it_back,
    another_link_takes_the_place_of_the_first,
    orders_of_others_do_not_exist,
);

pub const SEND: &str = "whatsapp.payment_link.send";
const STATUS: &str = "whatsapp.action_request.status";

impl Shop {
    /// An order that people have signed and the source has taken.
    pub async fn ordered(&self, quantity: i64) -> Order {
        self.sell(&[product("oolong", 11_800, Some(99))]).await;
        let lines = self.lines(json!([{"product_id": "oolong", "quantity": quantity}]));
        let answer = self.call(CREATE, lines).await;
        self.sign(&answer).await.unwrap();
        let done = self.carried_out(&answer).await;
        orders::of_request(&self.world.db, self.world.tenant.id, done.id).await.unwrap().unwrap()
    }

    pub fn pay(&self, order: OrderId, text: &str) -> Value {
        json!({"order_id": order, "conversation_id": self.thread.id, "text": text, "button": "Pay",
            "reason": "The order is ready.", "wait_ms": 0})
    }

    pub async fn links(&self, order: OrderId) -> Vec<PaymentLink> {
        links::of_order(&self.world.db, self.world.tenant.id, order).await.unwrap()
    }

    async fn said(&self) -> Vec<Reply> {
        replies::to_contact(&self.world.db, self.world.tenant.id, NUMBER, self.no, 99).await.unwrap()
    }

    async fn status(&self, answer: &Value) -> Value {
        self.call(STATUS, json!({"action_request_id": answer["action_request_id"]})).await
    }
}

async fn a_link_is_signed_and_sent_once(db: TestDb) {
    let shop = Shop::open(db).await;
    let order = shop.ordered(2).await;
    let ask = shop.pay(order.id, "Your two oolong are ready: HK$236.00.");
    let answer = shop.call(SEND, ask.clone()).await;
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-36")));
    assert_eq!(rules(&answer["findings"]), Vec::<&str>::new(), "{answer:#}");
    let (view, terms) = (&answer["preview"], &answer["preview"]["terms"]);
    assert_eq!((&terms["amount"]["amount"], &terms["minutes"]), (&json!("236.00"), &json!(120)));
    assert_eq!((&terms["page"], &terms["pays_at"]), (&json!("https://tea.example"), &json!("https://pay.example")));
    assert_eq!((&terms["guarded"], &view["identity"]["state"]), (&json!(true), &json!("marked")));
    let choice = &view["message"]["choices"][0];
    assert_eq!((&choice["title"], &choice["detail"]), (&json!("Pay"), &json!("https://tea.example/p/…")));
    assert_eq!((&view["order"]["id"], &view["order"]["lines"][0]["quantity"]), (&json!(order.id), &json!(2)));
    assert_eq!(answer["expires_at"], view["thread"]["window"]["closes_at"], "nobody decides once the window is closed");
    assert_eq!(shop.call(SEND, ask).await["action_request_id"], answer["action_request_id"]);
    assert_eq!(shop.carried_out(&answer).await.status, Status::PendingApproval);
    assert!(
        shop.said().await.is_empty() && shop.links(order.id).await.is_empty(),
        "nothing goes without its signature"
    );

    shop.sign(&answer).await.unwrap();
    assert_eq!(shop.carried_out(&answer).await.status, Status::Executing);
    let (said, made) = (shop.said().await, shop.links(order.id).await);
    assert_eq!((said.len(), made.len()), (1, 1), "begun twice, made and said once");
    let Some(Saying::Payment { link, body, label }) = &said[0].saying else { panic!("{said:?}") };
    assert_eq!((*link, body.as_str(), label.as_str()), (made[0].id, "Your two oolong are ready: HK$236.00.", "Pay"));
    assert_eq!(made[0].expires_at.since(made[0].created_at), Duration::from_mins(120));
    let status = shop.status(&answer).await;
    let link = &status["order"]["link"];
    assert_eq!((&link["state"], &link["amount"]["amount"]), (&json!("open"), &json!("236.00")));
    assert_eq!(status["execution"]["progress"]["queued"], 1);
    shop.db.execute(&format!("update payment_link set opened_at = {0}, used_at = {0}", shop.now().micros())).await;
    assert_eq!(shop.status(&answer).await["order"]["link"]["state"], "followed");
    let mut tx = shop.world.db.begin().await.unwrap();
    let times = (shop.now(), shop.now().after(Duration::from_secs(30)));
    let intents = replies::claim(&mut tx, DaemonId::random(), Known::default(), times, 9).await.unwrap();
    assert_eq!(intents[0].identity_hash.as_deref(), Some("mark"), "Meta delivers it to nobody else");
}

async fn what_may_not_be_asked_to_be_paid_is_refused(db: TestDb) {
    let shop = Shop::open(db).await;
    let order = shop.ordered(2).await;
    let with = |name: &str, value: Value| {
        let mut ask = shop.pay(order.id, "Your order is ready.");
        ask[name] = value;
        ask
    };
    let theirs: ConversationId = hear(&shop.world, shop.other, "wamid.theirs", None, NOW).await.id;
    let error = shop.refused(SEND, with("conversation_id", json!(theirs))).await;
    assert!(error["code"] == "blocked" && rules(&error["findings"]).contains(&"PAY-02"), "{error:#}");
    for (ask, rule) in [
        (with("minutes", json!(4)), "PAY-03"),
        (with("minutes", json!(1_441)), "PAY-03"),
        (with("text", json!("Please pay HK$2,360.00.")), "PAY-07"),
        (with("text", json!("Pay here instead: evil.com/pay")), "PAY-08"),
        (with("text", json!("Send us your card number.")), "SESS-06"),
        (with("button", json!("x".repeat(21))), "SESS-04"),
    ] {
        let error = shop.refused(SEND, ask.clone()).await;
        assert_eq!((&error["code"], rules(&error["findings"])), (&json!("blocked"), vec![rule]), "{ask}");
    }
    assert_eq!(shop.refused(SEND, with("text", json!(" "))).await["code"], "invalid_arguments");
    let fine = with("text", json!("Ready."));
    let suppress = async |kind| {
        let mut tx = shop.world.db.begin().await.unwrap();
        consent::suppress(&mut tx, shop.world.tenant.id, shop.no, kind, "test", None, NOW).await.unwrap();
        tx.commit().await.unwrap();
    };
    suppress(Suppression::OptedOutOfEverything).await;
    assert_eq!(rules(&shop.refused(SEND, fine.clone()).await["findings"]), ["SESS-02"]);
    shop.db.execute("delete from suppression").await;
    shop.db.execute("update customer_order set state = 'cancelled', source_id = null, why = 'called off'").await;
    assert_eq!(rules(&shop.refused(SEND, fine.clone()).await["findings"]), ["PAY-01"]);
    let second = shop.ordered(1).await;
    shop.door.clock.advance(Duration::from_hours(24));
    let error = shop.refused(SEND, shop.pay(second.id, "Ready.")).await;
    assert_eq!(rules(&error["findings"]), ["SESS-01"], "the window is closed");
    assert!(shop.said().await.is_empty());
    let mut ctx = shop.door.ctx.clone();
    ctx.orders.payment_url = None;
    let nowhere = crate::support::door::Door::open_of((ctx, shop.door.clock.clone()), |_| {}).await;
    let error = nowhere.modern(&shop.key).refused(SEND, shop.pay(second.id, "Ready.")).await;
    assert!(rules(&error["findings"]).contains(&"PAY-04"), "{error:#}");
}

async fn a_link_ends_with_the_identity_it_was_signed_for(db: TestDb) {
    let shop = Shop::open(db).await;
    let order = shop.ordered(1).await;
    let unsigned = shop.call(SEND, shop.pay(order.id, "Ready.")).await;
    let signed = shop.call(SEND, shop.pay(order.id, "Your order is ready.")).await;
    let sent = shop.call(SEND, shop.pay(order.id, "It is ready.")).await;
    shop.sign(&sent).await.unwrap();
    assert_eq!(shop.carried_out(&sent).await.status, Status::Executing);
    shop.sign(&signed).await.unwrap();
    // The number changes hands.
    shop.mark("another", shop.now()).await;
    let found = blocked(shop.sign(&unsigned).await);
    assert!(found.contains(&"ORDER-01".to_owned()), "{found:?}");
    let stale = shop.carried_out(&signed).await;
    assert_eq!((stale.status, stale.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "ORDER-01"));
    let made = shop.links(order.id).await;
    assert_eq!((made.len(), made[0].revoked.unwrap().1), (1, Revocation::IdentityChanged), "what was sent is over");
    assert_eq!(shop.status(&sent).await["order"]["link"]["revoked_for"], "identity_changed");
    // Somebody makes sure who it is. What was signed of the other person is not for this one.
    let mut tx = shop.world.db.begin().await.unwrap();
    let tenant = shop.world.tenant.id;
    countersign::store::contacts::confirm_identity(&mut tx, tenant, shop.no, shop.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(blocked(shop.sign(&unsigned).await).contains(&"SESS-12".to_owned()));
    let anew = shop.call(SEND, shop.pay(order.id, "It is ready now.")).await;
    assert_eq!(
        (&anew["status"], &anew["preview"]["identity"]["state"]),
        (&json!("pending_approval"), &json!("marked"))
    );
    assert_eq!(shop.said().await.len(), 1);
}

async fn a_person_stops_it_or_takes_it_back(db: TestDb) {
    let shop = Shop::open(db).await;
    let (order, tenant) = (shop.ordered(1).await, shop.world.tenant.id);
    let stopped = shop.call(SEND, shop.pay(order.id, "Ready.")).await;
    shop.sign(&stopped).await.unwrap();
    let id = shop.carried_out(&stopped).await.id;
    stop(&shop.door.ctx, tenant, id, &shop.lau).await.unwrap();
    assert_eq!(shop.request(&stopped).await.status, Status::Cancelled);
    assert_eq!(shop.links(order.id).await[0].revoked.unwrap().1, Revocation::Withdrawn);
    // One that has been sent is taken back all the same.
    let sent = shop.call(SEND, shop.pay(order.id, "It is ready.")).await;
    shop.sign(&sent).await.unwrap();
    let id = shop.carried_out(&sent).await.id;
    shop.db.execute("update reply set state = 2, wamid = 'wamid.A' where state = 0").await;
    let operator = shop.world.owner.clone();
    take_back(&shop.door.ctx, tenant, id, &operator).await.unwrap();
    assert!(take_back(&shop.door.ctx, tenant, id, &operator).await.is_err(), "once");
    let link = links::of_request(&shop.world.db, tenant, id).await.unwrap().unwrap();
    assert_eq!(link.revoked.unwrap().1, Revocation::Withdrawn);
    assert_eq!(shop.acts("payment_link.taken_back").await, 1);
}

async fn another_link_takes_the_place_of_the_first(db: TestDb) {
    let shop = Shop::open(db).await;
    let order = shop.ordered(1).await;
    let first = shop.call(SEND, shop.pay(order.id, "Ready.")).await;
    shop.sign(&first).await.unwrap();
    shop.carried_out(&first).await;
    let second = shop.call(SEND, shop.pay(order.id, "Here is a new link.")).await;
    assert_eq!(rules(&second["findings"]), ["PAY-06"]);
    shop.sign(&second).await.unwrap();
    shop.carried_out(&second).await;
    let open: Vec<bool> = shop.links(order.id).await.iter().map(|link| link.is_open(shop.now())).collect();
    assert_eq!(open.iter().filter(|open| **open).count(), 1, "one opens, and nobody pays twice: {open:?}");
    shop.db
        .execute(&format!("update payment_link set used_at = {} where revoked_at is null", shop.now().micros()))
        .await;
    let third = shop.call(SEND, shop.pay(order.id, "Once more.")).await;
    assert!(rules(&third["findings"]).contains(&"PAY-05"), "they may have paid: {third:#}");
    assert!(matches!(order.standing, Standing::Placed(_)));
}

async fn orders_of_others_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let order = shop.ordered(1).await;
    assert_eq!(shop.refused(SEND, shop.pay(OrderId::random(), "Ready.")).await["code"], "not_found");
    let foreign = World::new(&shop.world.db, "other").await;
    let (_, key) = foreign.agent("foreign", "read,propose").await;
    assert_eq!(shop.door.modern(&key).refused(SEND, shop.pay(order.id, "Ready.")).await["code"], "not_found");
    let theirs: ConversationId = hear(&shop.world, shop.other, "wamid.theirs", None, NOW).await.id;
    shop.restrict().await;
    let mut ask = shop.pay(order.id, "Ready.");
    assert_eq!(shop.refused(SEND, ask.clone()).await["code"], "not_found");
    ask["conversation_id"] = json!(theirs);
    let error = shop.refused(SEND, ask).await;
    assert_eq!(error["code"], "not_found", "whose order it is, is nobody's business either: {error:#}");
}
