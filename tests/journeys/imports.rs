//! A file of contacts, longer than one stretch, is uploaded, signed and written by the real program, which dies at each step: every
//! person is there once.

use std::time::Duration;

use countersign::faults::Step;
use serde_json::{Value, json};

use super::signer::sign;
use super::stage::Stage;
use crate::support::daemon::Daemon;
use crate::support::db::{TestDb, on_both};
use crate::support::until;

on_both!(what_dies_on_the_way_imports_everybody_once);

/// The steps on the way of a file to the contacts.
pub const IMPORTS: [Step; 2] = [Step::Staged, Step::Imported];

const PREVIEW: &str = "whatsapp.contact_import.preview";
const PEOPLE: usize = 20_500;
const SOON: Duration = Duration::from_secs(90);

fn file(round: usize) -> String {
    let line = |n: usize| {
        format!("9{:07},Guest {n},fair {round},marketing,paper,2026-11-01,card {n} of {round}\n", 1_000_000 + n)
    };
    let lines: String = (0..PEOPLE).map(line).collect();
    format!("phone,name,tags,consent_category,consent_source,consent_date,consent_evidence\n{lines}")
}

async fn upload(daemon: &Daemon, key: &str, file: String) -> String {
    let sent = reqwest::Client::new().post(format!("{}/uploads", daemon.url)).bearer_auth(key).body(file).send().await;
    let answer: Value = sent.expect("an answer").json().await.expect("JSON");
    answer["upload_id"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

async fn what_dies_on_the_way_imports_everybody_once(db: TestDb) {
    let stage = Stage::empty(db, 100).await;
    let files = format!("file:{}", stage.db.folder().join("files").display());
    let place = ("COUNTERSIGN__MEDIA__URL", files.as_str());
    let points = IMPORTS.iter().flat_map(|step| step.points()).map(|point| format!("{point}=1*off->return"));
    for (round, point) in points.enumerate() {
        let mut dying = stage.daemon_with(&[place, ("FAILPOINTS", &point)]).await;
        let upload = upload(&dying, &stage.key, file(round)).await;
        let arguments = json!({"name": format!("Fair {round}"), "upload_id": upload, "default_market": "HK"});
        let ask = json!({"arguments": arguments, "reason": "The cards of the winter fair."});
        let reading = point.starts_with(IMPORTS[0].points()[0].split('.').next().unwrap());
        let filed = async || {
            until("it is filed", SOON, async || {
                let answer = stage.try_call(PREVIEW, ask.clone()).await.ok()?;
                answer["action_request_id"].as_str().map(str::to_owned)
            })
            .await
        };
        if reading {
            drop(stage.try_call(PREVIEW, ask.clone()).await);
            until("it dies", SOON, async || dying.ended()).await;
            dying = stage.daemon_with(&[place]).await;
        }
        let id = filed().await;
        drop(sign(&mut stage.visitor(), &id).await);
        if !reading {
            until("it dies", SOON, async || dying.ended()).await;
            dying = stage.daemon_with(&[place]).await;
        }
        let done = stage.comes_to(&id, "succeeded", SOON).await;
        let figures = ["new", "changed", "left_out_since_signing"].map(|name| done["result"][name].as_u64().unwrap());
        let wanted = if round == 0 { [PEOPLE as u64, 0, 0] } else { [0, PEOPLE as u64, 0] };
        assert_eq!(figures, wanted, "{point}: {done:#}");
        let rows = stage.db.rows().await;
        let all = i64::try_from(PEOPLE).unwrap();
        let times = i64::try_from(round + 1).unwrap();
        let counts = ["contact", "contact_tag", "consent_record", "contact_consent"].map(|table| rows[table]);
        assert_eq!(counts, [all, all * times, all * times, all], "{point}");
        assert!(dying.stop().await.success());
    }
}
