//! What Meta posts, where the simulated one would not.

use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::deliveries::{AttemptToken, Delivery};
use countersign::store;
use serde_json::{Value, json};

use super::stage::Stage;

impl Stage {
    /// Meta fails, in the words of its simulator.
    pub async fn meta_fails(&self, fault: &Value) {
        let asked = reqwest::Client::new().post(format!("{}/control/faults", self.meta.url())).json(fault).send().await;
        assert!(asked.expect("the simulator answers").status().is_success());
    }

    /// Keeps a post as the webhook's door does once it has seen the signature.
    pub async fn hears(&self, body: &[u8]) {
        let db = self.db.open().await;
        let tenant = store::people::tenants(&db).await.expect("tenants").remove(0);
        let mut tx = db.begin().await.expect("a transaction");
        store::webhooks::keep(&mut tx, &[(tenant.id, body)], SystemClock.now()).await.expect("a post is kept");
        tx.commit().await.expect("it is kept");
        db.close().await;
    }

    /// Meta tells that it has all the messages of a broadcast that are in doubt, if any still are.
    pub async fn hears_of_doubts(&self, request: &str) {
        let db = self.db.open().await;
        let tenant = store::people::tenants(&db).await.expect("tenants").remove(0);
        let request = request.parse().expect("an id");
        let (run, _) = store::deliveries::by_request(&db, tenant.id, request).await.expect("its run").expect("it runs");
        let secret = store::instance::secret(&db).await.expect("the secret").expect("there is one");
        let in_doubt = Some(Delivery::Unknown);
        let rows = store::deliveries::ledger_page(&db, tenant.id, run.id, None, 100, in_doubt).await.expect("rows");
        db.close().await;
        if rows.is_empty() {
            return;
        }
        let statuses = rows.iter().map(|entry| {
            let token = AttemptToken { execution: run.id, seq: entry.row.seq, attempt: entry.row.attempt };
            json!({
                "id": format!("wamid.{}", token.to_text(&secret)), "status": "sent", "timestamp": "1764230000",
                "recipient_id": "85291234567", "biz_opaque_callback_data": token.to_text(&secret),
            })
        });
        let metadata = json!({"display_phone_number": "85255501000", "phone_number_id": run.phone_number_id});
        let statuses: Vec<_> = statuses.collect();
        let value = json!({"messaging_product": "whatsapp", "metadata": metadata, "statuses": statuses});
        self.hears_of(&tenant.waba_id, "messages", &value).await;
    }

    /// Meta tells that nothing may be sent now: all that has not ended stands still.
    pub async fn hears_that_the_account_is_restricted(&self) {
        let db = self.db.open().await;
        let tenant = store::people::tenants(&db).await.expect("tenants").remove(0);
        db.close().await;
        let what = json!({
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}],
        });
        self.hears_of(&tenant.waba_id, "account_update", &what).await;
    }

    /// Somebody writes STOP.
    pub async fn hears_of_somebody_who_wants_no_more(&self, wamid: &str) {
        let db = self.db.open().await;
        let tenant = store::people::tenants(&db).await.expect("tenants").remove(0);
        db.close().await;
        let time = SystemClock.now().seconds().to_string();
        let what = json!({
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "85255501000", "phone_number_id": "1"},
            "contacts": [{"profile": {"name": "Lee"}, "wa_id": "85291234567"}],
            "messages": [{"from": "85291234567", "id": wamid, "timestamp": time, "type": "text", "text": {"body": "STOP"}}],
        });
        self.hears_of(&tenant.waba_id, "messages", &what).await;
    }

    async fn hears_of(&self, account: &str, field: &str, value: &Value) {
        let time = SystemClock.now().seconds();
        let entry = json!({"id": account, "time": time, "changes": [{"field": field, "value": value}]});
        self.hears(json!({"object": "whatsapp_business_account", "entry": [entry]}).to_string().as_bytes()).await;
    }
}
