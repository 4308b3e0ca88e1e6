//! Orders from conversations: held against their source, signed, looked at again, and created once.

use std::time::Duration;

use countersign::approvals::begin::begin;
use countersign::approvals::sign;
use countersign::domain::audit::Actor;
use countersign::domain::clock::{Clock as _, Timestamp};
use countersign::domain::contacts::ContactNo;
use countersign::domain::conversations::{Conversation, ConversationAct};
use countersign::domain::ids::{ContactId, PersonId, RequestId};
use countersign::domain::orders::{Order, PaymentUrl, Product, Stock};
use countersign::domain::people::{Person, Role};
use countersign::domain::requests::{ActionRequest, Status};
use countersign::error::Error;
use countersign::store::contacts::Seen;
use countersign::store::conversations::{Act, Assignment, Heard, NewQueue};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{self, audit, contacts, conversations, orders, requests};
use serde_json::{Value, json};

use crate::support::counter::product;
use crate::support::db::{TestDb, on_both};
use crate::support::door::{self, Door};
use crate::support::world::{NOW, World};

on_both!(
    a_cart_becomes_one_order,
    what_the_source_does_not_confirm_is_refused_and_nobody_is_asked,
    nobody_orders_whose_identity_is_not_certain,
    other_peoples_carts_and_conversations_do_not_exist,
    what_has_changed_is_found_at_signing_and_before_it_acts,
    lines_of_the_agent_and_second_orders_are_accepted_by_name,
);

pub const CREATE: &str = "whatsapp.order.create_from_chat";
const PREVIEW: &str = "whatsapp.order_payment_message.preview";
pub const NUMBER: &str = "106540352242922";
const HOUR: Duration = Duration::from_hours(1);

/// A shop with a catalogue, a customer whom Meta marks, and somebody who signs.
pub struct Shop {
    pub db: TestDb,
    pub world: World,
    pub door: Door,
    pub key: String,
    pub lau: Person,
    pub contact: ContactId,
    pub no: ContactNo,
    pub other: ContactNo,
    pub thread: Conversation,
}

impl Shop {
    pub async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let (_, numbers) = world.ready_to_send(3).await;
        let (mut ctx, clock) = door::ctx(&world.db);
        ctx.public_url = "https://tea.example".into();
        ctx.orders.payment_url = Some(PaymentUrl::parse("https://pay.example/checkout?ref={order}").unwrap());
        let door = Door::open_of((ctx, clock), |_| {}).await;
        let (_, key) = world.agent("desk", "read,propose:orders").await;
        let lau = Person {
            id: PersonId::random(),
            tenant: world.tenant.id,
            email: format!("lau@{}.example", world.tenant.id.short().to_lowercase()),
            name: "M. Lau".into(),
            role: Role::Compliance,
            disabled_at: None,
        };
        let mut tx = world.db.begin().await.unwrap();
        store::people::add_person(&mut tx, &lau, "no password opens this", NOW).await.unwrap();
        let stock = [product("oolong", 11_800, Some(3)), product("jasmine", 6_850, None)];
        orders::put(&mut tx, world.tenant.id, &stock).await.unwrap();
        tx.commit().await.unwrap();
        let thread = hear(&world, numbers[0], "wamid.hello", None, NOW.before(HOUR)).await;
        let found = contacts::many(&world.db, world.tenant.id, &numbers[..1]).await.unwrap();
        let contact = found[&numbers[0]].id;
        let shop = Self { db, world, door, key, lau, contact, no: numbers[0], other: numbers[1], thread };
        shop.mark("mark", NOW.before(HOUR)).await;
        shop
    }

    pub fn now(&self) -> Timestamp {
        self.door.clock.now()
    }

    /// Meta's mark of whoever holds the number from then on.
    pub async fn mark(&self, hash: &str, at: Timestamp) {
        let mut tx = self.world.db.begin().await.unwrap();
        let seen = Seen { username: None, identity_hash: Some(hash), at };
        contacts::seen(&mut tx, self.world.tenant.id, self.no, &seen).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn sell(&self, products: &[Product]) {
        let mut tx = self.world.db.begin().await.unwrap();
        orders::put(&mut tx, self.world.tenant.id, products).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn cart(&self, wamid: &str, items: Value) {
        let details = json!({"catalog_id": "77", "items": items});
        hear(&self.world, self.no, wamid, Some(&details), self.now().before(HOUR)).await;
    }

    pub async fn request(&self, answer: &Value) -> ActionRequest {
        let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// M. Lau reads the page for a while, accepts what it warns of, and signs.
    pub async fn sign(&self, answer: &Value) -> countersign::error::Result<()> {
        let id = self.request(answer).await.id;
        let now = sign::dossier(&self.door.ctx, self.world.tenant.id, &self.lau, id).await.unwrap().findings_now;
        self.sign_reading(answer, &now).await
    }

    /// A worker's look at the request, twice.
    pub async fn carried_out(&self, answer: &Value) -> ActionRequest {
        let id = self.request(answer).await.id;
        for _ in 0..2 {
            begin(&self.door.ctx, self.world.tenant.id, id).await.unwrap();
        }
        self.request(answer).await
    }

    pub async fn orders(&self) -> Vec<Order> {
        orders::of_conversation(&self.world.db, self.world.tenant.id, self.thread.id, 99).await.unwrap()
    }

    pub async fn left(&self, id: &str) -> Stock {
        let id = id.parse().unwrap();
        orders::found(&self.world.db, self.world.tenant.id, std::slice::from_ref(&id)).await.unwrap()[&id].stock
    }

    pub async fn acts(&self, act: &str) -> usize {
        let log = audit::list(&self.world.db, self.world.tenant.id, &Default::default(), 999).await.unwrap();
        log.iter().filter(|entry| entry.act == act).count()
    }

    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).call(tool, arguments).await
    }

    pub async fn refused(&self, tool: &str, arguments: Value) -> Value {
        self.door.modern(&self.key).refused(tool, arguments).await
    }

    /// Lines that the agent put together.
    pub fn lines(&self, lines: Value) -> Value {
        json!({"conversation_id": self.thread.id, "lines": lines, "reason": "The customer asked for it.", "wait_ms": 0})
    }

    fn by_cart(&self, cart: &str) -> Value {
        json!({"conversation_id": self.thread.id, "cart": cart, "reason": "The customer sent a cart.", "wait_ms": 0})
    }

    /// Puts the thread where only its own people see it.
    pub async fn restrict(&self) {
        let tenant = self.world.tenant.id;
        let mut tx = self.world.db.begin().await.unwrap();
        let queue = NewQueue { name: "complaints", restricted: true, hours: None, answer_within: None };
        conversations::add_queue(&mut tx, tenant, &queue).await.unwrap();
        let to = Assignment { queue: Some("complaints"), person: None, answer_by: None };
        let act = Act { act: ConversationAct::Assigned, actor: &Actor::Worker, details: &Value::Null };
        let thread = conversations::find(&mut tx, tenant, self.thread.id).await.unwrap().unwrap();
        conversations::assign(&mut tx, tenant, &thread, &to, &act, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Somebody writes, or sends a cart.
pub async fn hear(world: &World, no: ContactNo, wamid: &str, cart: Option<&Value>, at: Timestamp) -> Conversation {
    let mut tx = world.db.begin().await.unwrap();
    let inbound = Inbound {
        wamid,
        phone_number_id: NUMBER,
        contact: no,
        kind: if cart.is_some() { "order" } else { "text" },
        body: Some("Two oolong, please. Call 9123 4567"),
        details: cart.cloned(),
        context: None,
        sent_at: at,
    };
    assert!(receive(&mut tx, world.tenant.id, &inbound, at).await.unwrap());
    let heard = Heard { number: NUMBER, contact: no, at, wants_answer: true };
    let thread = conversations::heard(&mut tx, world.tenant.id, &heard, at).await.unwrap();
    tx.commit().await.unwrap();
    thread
}

pub fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

pub fn item(product: &str, quantity: i64, price: &str) -> Value {
    json!({"product_id": product, "quantity": quantity, "price": price, "currency": "HKD"})
}

/// The rules for which a signature is refused.
pub fn blocked(signed: countersign::error::Result<()>) -> Vec<String> {
    let Err(Error::Blocked(findings)) = signed else { panic!("not refused by a rule: {signed:?}") };
    findings.into_iter().map(|finding| finding.rule).collect()
}

async fn a_cart_becomes_one_order(db: TestDb) {
    let shop = Shop::open(db).await;
    shop.cart("wamid.old", json!([item("oolong", 9, "1")])).await;
    shop.door.clock.advance(Duration::from_secs(60));
    shop.cart("wamid.cart", json!([item("oolong", 2, "118.00"), item("jasmine", 1, "68.5")])).await;
    let mut ask = shop.by_cart("newest");
    ask["note"] = "No bag.".into();
    let preview = json!({"write_tool": CREATE, "reason": ask["reason"], "arguments":
        {"conversation_id": ask["conversation_id"], "cart": "newest", "note": "No bag."}});
    let shown = shop.call(PREVIEW, preview).await;
    let answer = shop.call(CREATE, ask.clone()).await;
    assert_eq!(answer["action_request_id"], shown["action_request_id"], "the preview is the request");
    assert_eq!((&answer["status"], &answer["approval"]["rule"]), (&json!("pending_approval"), &json!("SIGN-35")));
    assert_eq!(rules(&answer["findings"]), Vec::<&str>::new(), "{answer:#}");
    let (view, items) = (&answer["preview"], &answer["preview"]["items"]);
    assert_eq!((&view["identity"]["state"], &view["thread"]["to"]), (&json!("marked"), &json!("+852 •••• ••00")));
    assert_eq!((&items["told_by"], &items["source"]), (&json!("customer"), &json!("catalogue")));
    assert_eq!((&items["total"]["amount"], &items["note"]), (&json!("304.50"), &json!("No bag.")));
    let found = &items["lines"][0]["found"];
    assert_eq!((&found["claimed"]["amount"], &found["stock"]), (&json!("118.00"), &json!(3)));
    assert_eq!((&found["as_of"], &items["lines"][1]["found"]["stock"]), (&json!(NOW), &Value::Null));
    let text = answer.to_string();
    assert!(!text.contains("9123 4567") && !text.contains("wamid") && !text.contains("Tai Man"), "{text}");

    // Nobody has signed: whoever looks creates nothing.
    assert_eq!(shop.carried_out(&answer).await.status, Status::PendingApproval);
    assert!(shop.orders().await.is_empty());
    shop.sign(&answer).await.unwrap();
    let done = shop.carried_out(&answer).await;
    let made = shop.orders().await;
    assert_eq!((done.status, made.len(), shop.left("oolong").await), (Status::Succeeded, 1, Stock::Left(1)));
    let result = done.result.unwrap();
    assert_eq!((&result["order_id"], &result["state"]), (&json!(made[0].id), &json!("placed")));
    assert_eq!((made[0].contact, made[0].note.as_deref(), made[0].request), (shop.no, Some("No bag."), done.id));
    let asked = json!({"action_request_id": answer["action_request_id"]});
    let status = shop.call("whatsapp.action_request.status", asked).await;
    assert_eq!((&status["order"]["state"], &status["order"]["link"]), (&json!("placed"), &Value::Null));
    assert_eq!(shop.call(CREATE, ask).await["action_request_id"], answer["action_request_id"], "after a lost answer");
    assert_eq!(
        (shop.acts("order.placed").await, shop.acts("execution.finished").await, shop.orders().await.len()),
        (1, 1, 1)
    );
}

async fn what_the_source_does_not_confirm_is_refused_and_nobody_is_asked(db: TestDb) {
    let shop = Shop::open(db).await;
    let sencha = Product {
        price: countersign::domain::orders::Price::of_minor("JPY".parse().unwrap(), 1_250).unwrap(),
        ..product("sencha", 1, None)
    };
    shop.sell(&[sencha]).await;
    let line = |product: &str, quantity: i64, price: Option<&str>| {
        let price = price.map(|amount| json!({"currency": "HKD", "amount": amount}));
        json!({"product_id": product, "quantity": quantity, "unit_price": price})
    };
    let mut tried = 0;
    for (lines, expected) in [
        (json!([line("matcha", 1, None)]), vec!["ORDER-03"]),
        (json!([line("oolong", 1, Some("18.00"))]), vec!["ORDER-04"]),
        (json!([line("oolong", 1, Some("118.001"))]), vec!["ORDER-04"]),
        (json!([line("oolong", 4, None)]), vec!["ORDER-05"]),
        (json!([line("oolong", 9, Some("1")), line("matcha", 1, None)]), vec!["ORDER-04", "ORDER-05", "ORDER-03"]),
        (json!([line("oolong", 1, None), line("oolong", 1, None)]), vec!["ORDER-06"]),
        (json!([line("oolong", 1, None), line("sencha", 1, None)]), vec!["ORDER-06"]),
        (json!([]), vec!["ORDER-06"]),
        (json!((0..51).map(|n| line(&format!("p{n}"), 1, None)).collect::<Vec<_>>()), vec!["ORDER-06"]),
    ] {
        let error = shop.refused(CREATE, shop.lines(lines.clone())).await;
        assert_eq!((&error["code"], rules(&error["findings"])), (&json!("blocked"), expected), "{lines}");
        tried += 1;
    }
    // What a telephone says of prices is a claim as well.
    shop.cart("wamid.cheap", json!([item("oolong", 1, "1.00")])).await;
    shop.cart("wamid.odd", json!([item("../../x", 1, "1.00")])).await;
    for (cart, rule) in [("wamid.cheap", "ORDER-04"), ("wamid.odd", "ORDER-07")] {
        assert_eq!(rules(&shop.refused(CREATE, shop.by_cart(cart)).await["findings"]), [rule], "{cart}");
        tried += 1;
    }
    for arguments in [
        json!({"reason": "x"}),
        json!({"cart": "newest", "lines": [line("oolong", 1, None)], "reason": "x"}),
        json!({"lines": [line("oolong", 0, None)], "reason": "x"}),
        json!({"lines": [line("a/b", 1, None)], "reason": "x"}),
        json!({"lines": [line("oolong", 1, None)], "note": "a\u{202e}b", "reason": "x"}),
        json!({"lines": [line("oolong", 1, None)], "note": "x".repeat(501), "reason": "x"}),
    ] {
        let mut arguments = arguments;
        arguments["conversation_id"] = json!(shop.thread.id);
        assert_eq!(shop.refused(CREATE, arguments.clone()).await["code"], "invalid_arguments", "{arguments}");
    }
    assert_eq!((shop.acts("request.blocked").await, shop.acts("request.filed").await), (tried, 0));
    assert!(shop.orders().await.is_empty() && shop.left("oolong").await == Stock::Left(3));
}

async fn nobody_orders_whose_identity_is_not_certain(db: TestDb) {
    let shop = Shop::open(db).await;
    let ask = shop.lines(json!([{"product_id": "jasmine", "quantity": 1}]));
    shop.mark("another", shop.now()).await;
    let error = shop.refused(CREATE, ask.clone()).await;
    assert_eq!((&error["code"], &error["findings"][0]["rule"]), (&json!("blocked"), &json!("ORDER-01")));
    shop.db.execute("update contact set identity_hash = null, identity_changed_at = null").await;
    assert_eq!(shop.refused(CREATE, ask.clone()).await["findings"][0]["rule"], "ORDER-02");
    let mut tx = shop.world.db.begin().await.unwrap();
    contacts::confirm_identity(&mut tx, shop.world.tenant.id, shop.no, shop.now()).await.unwrap();
    tx.commit().await.unwrap();
    let answer = shop.call(CREATE, ask).await;
    assert_eq!(
        (&answer["status"], &answer["preview"]["identity"]["state"]),
        (&json!("pending_approval"), &json!("confirmed"))
    );
}

async fn other_peoples_carts_and_conversations_do_not_exist(db: TestDb) {
    let shop = Shop::open(db).await;
    let details = json!({"catalog_id": "77", "items": [item("oolong", 1, "118")]});
    hear(&shop.world, shop.other, "wamid.theirs", Some(&details), NOW).await;
    for cart in ["wamid.theirs", "wamid.hello", "newest", "wamid.nobody"] {
        assert_eq!(shop.refused(CREATE, shop.by_cart(cart)).await["code"], "not_found", "{cart}");
    }
    shop.cart("wamid.gone", json!([item("oolong", 1, "118")])).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    conversations::revoked(&mut tx, shop.world.tenant.id, (shop.no, "wamid.gone"), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(shop.refused(CREATE, shop.by_cart("newest")).await["code"], "not_found", "it was taken back");
    let mut named = shop.lines(json!([{"product_id": "oolong", "quantity": 1}]));
    named["contact_id"] = json!(ContactId::random());
    assert!(rules(&shop.refused(CREATE, named.clone()).await["findings"]).contains(&"ORDER-08"));
    named["contact_id"] = json!(shop.contact);
    assert_eq!(shop.call(CREATE, named).await["status"], "pending_approval");
    let foreign = World::new(&shop.world.db, "other").await;
    let (_, key) = foreign.agent("foreign", "read,propose").await;
    let ask = shop.lines(json!([{"product_id": "jasmine", "quantity": 1}]));
    assert_eq!(shop.door.modern(&key).refused(CREATE, ask.clone()).await["code"], "not_found");
    let (_, messages) = shop.world.agent("messages", "read,propose:messages").await;
    let call = json!({"name": CREATE, "arguments": ask});
    let unknown = shop.door.modern(&messages).request("tools/call", call).await;
    assert!(!unknown.text.contains("action_request_id"), "{}", unknown.text);
    shop.restrict().await;
    assert_eq!(shop.refused(CREATE, ask).await["code"], "not_found", "it is in a queue of others");
}

async fn what_has_changed_is_found_at_signing_and_before_it_acts(db: TestDb) {
    let shop = Shop::open(db).await;
    let ask = |quantity: i64| shop.lines(json!([{"product_id": "oolong", "quantity": quantity}]));
    let (first, second) = (shop.call(CREATE, ask(1)).await, shop.call(CREATE, ask(2)).await);
    let (third, fourth) =
        (shop.call(CREATE, ask(3)).await, shop.lines(json!([{"product_id": "jasmine", "quantity": 1}])));
    let fourth = shop.call(CREATE, fourth).await;
    shop.sell(&[product("oolong", 12_000, Some(3))]).await;
    assert_eq!(blocked(shop.sign(&first).await), ["ORDER-04"], "another price");
    shop.sell(&[product("oolong", 11_800, Some(3))]).await;
    for answer in [&first, &second, &third, &fourth] {
        shop.sign(answer).await.unwrap();
    }
    assert_eq!(shop.carried_out(&third).await.status, Status::Succeeded);
    let late = shop.carried_out(&first).await;
    assert_eq!((late.status, late.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "ORDER-05"));
    shop.sell(&[product("oolong", 9_900, Some(9))]).await;
    let dear = shop.carried_out(&second).await;
    assert_eq!((dear.status, dear.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "ORDER-04"));
    shop.mark("another", shop.now()).await;
    let doubtful = shop.carried_out(&fourth).await;
    assert_eq!((doubtful.status, doubtful.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "ORDER-01"));
    assert_eq!((shop.orders().await.len(), shop.left("oolong").await), (1, Stock::Left(9)));
    assert_eq!(shop.acts("order.placed").await, 1);
}

async fn lines_of_the_agent_and_second_orders_are_accepted_by_name(db: TestDb) {
    let shop = Shop::open(db).await;
    let lines = json!([{"product_id": "jasmine", "quantity": 2, "unit_price": {"currency": "HKD", "amount": "68.50"}}]);
    let first = shop.call(CREATE, shop.lines(lines.clone())).await;
    assert_eq!(rules(&first["findings"]), ["ORDER-11"]);
    shop.sign(&first).await.unwrap();
    assert_eq!(shop.carried_out(&first).await.status, Status::Succeeded);
    shop.door.clock.advance(HOUR);
    let second = shop.call(CREATE, shop.lines(lines)).await;
    assert_ne!(second["action_request_id"], first["action_request_id"]);
    assert_eq!(rules(&second["findings"]), ["ORDER-09", "ORDER-11"]);
    hear(&shop.world, shop.no, "wamid.stop", None, shop.now()).await;
    let news = sign::dossier(&shop.door.ctx, shop.world.tenant.id, &shop.lau, shop.request(&second).await.id).await;
    let news: Vec<String> = news.unwrap().findings_now.into_iter().map(|finding| finding.rule).collect();
    assert_eq!(news, ["ORDER-13"], "whoever signs hears that the customer has written again");
    assert_eq!(shop.orders().await.len(), 1);
}
