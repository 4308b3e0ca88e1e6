//! Orders and payment links after which the customer has done something: nobody signs and nothing acts without having read it.

use std::time::Duration;

use countersign::approvals::sign::{self, Intent};
use countersign::domain::preview::Finding;
use countersign::domain::requests::{AcceptedWarning, Decision, Status};
use countersign::error::Error;
use serde_json::{Value, json};

use super::orders::{CREATE, Shop, hear};
use super::payments::SEND;
use crate::support::db::{TestDb, on_both};

on_both!(what_a_customer_has_written_since_is_read_before_it_is_ordered, nobody_is_asked_to_pay_twice_without_a_reason,);

impl Shop {
    /// M. Lau reads the page for a while, where it says this of now, accepts what it warns of, and signs.
    pub async fn sign_reading(&self, answer: &Value, now: &[Finding]) -> countersign::error::Result<()> {
        let (ctx, tenant, request) = (&self.door.ctx, self.world.tenant.id, self.request(answer).await);
        sign::dossier(ctx, tenant, &self.lau, request.id).await.unwrap();
        sign::check(ctx, tenant, &self.lau, request.id, request.preview.view.sections()).await.unwrap();
        self.door.clock.advance(Duration::from_secs(3));
        let warnings = request.preview.to_accept(now);
        let accept = |rule: &str| AcceptedWarning::new(rule, "Seen.".to_owned(), &warnings);
        let intent = Intent {
            digest: request.digest,
            decision: Decision::Approved,
            comment: String::new(),
            accepted: warnings.iter().map(|finding| accept(&finding.rule)).collect(),
        };
        sign::decide(ctx, tenant, &self.lau, request.id, &intent, "password").await.map(drop)
    }
}

async fn what_a_customer_has_written_since_is_read_before_it_is_ordered(db: TestDb) {
    let shop = Shop::open(db).await;
    let ask = |quantity: i64| shop.lines(json!([{"product_id": "jasmine", "quantity": quantity}]));
    let (first, second, third) =
        (shop.call(CREATE, ask(1)).await, shop.call(CREATE, ask(2)).await, shop.call(CREATE, ask(3)).await);
    // Signed, and then the customer writes.
    shop.sign(&first).await.unwrap();
    shop.door.clock.advance(Duration::from_secs(60));
    hear(&shop.world, shop.no, "wamid.no", None, shop.now()).await;
    let late = shop.carried_out(&first).await;
    assert_eq!((late.status, late.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "ORDER-13"));
    // Not signed yet: it takes a reason for what was written, and for all of it.
    let refused = async |answer: &Value, read: &[Finding]| match shop.sign_reading(answer, read).await {
        Err(Error::Invalid(why)) => why,
        other => panic!("signed although nobody has read it: {other:?}"),
    };
    assert!(refused(&second, &[]).await.contains("ORDER-13"));
    let id = shop.request(&second).await.id;
    let read = sign::dossier(&shop.door.ctx, shop.world.tenant.id, &shop.lau, id).await.unwrap().findings_now;
    shop.door.clock.advance(Duration::from_secs(60));
    hear(&shop.world, shop.no, "wamid.really", None, shop.now()).await;
    assert!(refused(&second, &read).await.contains("ORDER-13"), "the same rule, of another message");
    for answer in [&second, &third] {
        shop.sign(answer).await.unwrap();
    }
    assert_eq!(shop.carried_out(&second).await.status, Status::Succeeded, "somebody has taken it on");
    shop.door.clock.advance(Duration::from_secs(60));
    hear(&shop.world, shop.no, "wamid.stop", None, shop.now()).await;
    let late = shop.carried_out(&third).await;
    assert_eq!((late.status, late.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "ORDER-13"));
    assert_eq!(shop.orders().await.len(), 1);
}

async fn nobody_is_asked_to_pay_twice_without_a_reason(db: TestDb) {
    let shop = Shop::open(db).await;
    let order = shop.ordered(1).await;
    let first = shop.call(SEND, shop.pay(order.id, "Ready.")).await;
    shop.sign(&first).await.unwrap();
    shop.carried_out(&first).await;
    let (signed, waits) = (
        shop.call(SEND, shop.pay(order.id, "Here is another link.")).await,
        shop.call(SEND, shop.pay(order.id, "And another one.")).await,
    );
    shop.sign(&signed).await.unwrap();
    // The customer pays by the first one.
    shop.db.execute(&format!("update payment_link set used_at = {}", shop.now().micros())).await;
    let late = shop.carried_out(&signed).await;
    assert_eq!((late.status, late.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "PAY-05"));
    let Err(Error::Invalid(why)) = shop.sign_reading(&waits, &[]).await else { panic!("nobody has read it") };
    assert!(why.contains("PAY-05"), "{why}");
    assert_eq!(shop.links(order.id).await.len(), 1, "no second link was made");
    shop.sign(&waits).await.unwrap();
    assert_eq!(shop.carried_out(&waits).await.status, Status::Executing, "somebody has taken it on");
}
