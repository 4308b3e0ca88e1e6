//! An agent writes a template, a person signs it, Meta gets it once, whatever dies in between, and its verdict is shown.

use std::time::Duration;

use countersign::faults::{ANSWERED, REQUESTING, Step};
use serde_json::{Value, json};

use super::signer::sign;
use super::stage::Stage;
use crate::support::db::{TestDb, on_both};
use crate::support::until;

on_both!(what_dies_on_the_way_to_meta_submits_it_once);

/// The steps on the way of a template to Meta.
pub const SUBMISSIONS: [Step; 2] = [Step::Submitting, Step::Submitted];

const UPSERT: &str = "whatsapp.template_draft.upsert";
const SUBMIT: &str = "whatsapp.template.submit";
const SOON: Duration = Duration::from_secs(60);

fn draft(name: &str) -> Value {
    json!({
        "name": name, "category": "utility", "reason": "Customers ask when they can come.", "wait_ms": 10_000,
        "languages": [{
            "language": "en", "body": "Hello {{1}}, Harbour Tea House has order {{2}} ready at the counter.", "footer": name,
            "samples": {"1": "Ada", "2": "A-17"},
        }],
    })
}

/// The templates of this name at Meta.
async fn at_meta(stage: &Stage, name: &str) -> Vec<Value> {
    let settings = countersign::simulate::Settings::default();
    let url =
        format!("{}/v25.0/{}/message_templates?name={name}&fields=name,status", stage.meta.url(), settings.waba_id);
    let asked = reqwest::Client::new().get(url).bearer_auth(&settings.token);
    let page: Value = asked.send().await.expect("Meta answers").json().await.expect("a list");
    page["data"].as_array().unwrap_or_else(|| panic!("{page:#}")).clone()
}

async fn what_dies_on_the_way_to_meta_submits_it_once(db: TestDb) {
    let stage = Stage::empty(db, 100).await;
    let points: Vec<&str> = SUBMISSIONS.iter().flat_map(|step| step.points()).chain([REQUESTING, ANSWERED]).collect();
    for (at, point) in points.into_iter().enumerate() {
        let name = format!("order_ready_{at}");
        let mut dying = stage.daemon_with(&[("FAILPOINTS", &format!("{point}=return"))]).await;
        let stored = stage.try_call(UPSERT, draft(&name)).await.unwrap();
        assert_eq!(stored["status"], "succeeded", "{stored:#}");
        let asked = stage.try_call(SUBMIT, json!({"name": name, "reason": "It is good."})).await.unwrap();
        assert_eq!(asked["status"], "pending_approval", "{asked:#}");
        let id = asked["action_request_id"].as_str().unwrap();
        let mut lau = stage.visitor();
        drop(sign(&mut lau, id).await);
        until("it dies", SOON, async || dying.ended()).await;
        let daemon = stage.daemon().await;
        let done = stage.comes_to(id, "succeeded", SOON).await;
        assert_eq!(done["result"]["taken"], 1, "{point}: {done:#}");
        assert_eq!(at_meta(&stage, &name).await.len(), 1, "{point}");
        // Meta's review ends, and its word comes by webhook.
        until("the verdict is known", SOON, async || {
            let known = stage.try_call("whatsapp.template.get", json!({"name": name})).await.ok()?;
            (known["languages"][0]["template"]["status"] == "approved").then_some(())
        })
        .await;
        let page = lau.get(&format!("/requests/{id}")).await.text();
        assert!(page.contains("taken by Meta approved"), "{page}");
        assert!(daemon.stop().await.success());
    }
    let log = stage.db.open().await;
    let tenant = countersign::store::people::tenants(&log).await.unwrap().remove(0).id;
    let entries = countersign::store::audit::list(&log, tenant, &Default::default(), 999).await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.act == "template.submitted").count(), 6);
    log.close().await;
}
