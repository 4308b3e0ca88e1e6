//! Bringing templates to Meta: what is signed is what goes there, once, whatever gets lost on the way.

use std::sync::Arc;
use std::time::Duration;

use countersign::approvals::{recheck, templates as worker};
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::ids::AgentId;
use countersign::domain::media::{Given, Origin};
use countersign::domain::policy::Policy;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::domain::secret::Secret;
use countersign::domain::templates::TemplateStatus;
use countersign::graph::{self, Graph};
use countersign::objects::{Objects, Place};
use countersign::simulate::{Life, Settings, Simulator};
use countersign::store::{audit, templates};
use countersign::tools::media::{self, Media};
use countersign::tools::{Ctx, sync};
use serde_json::{Value, json};

use super::template_drafts::{Shop, draft, rules};
use crate::support::db::{TestDb, on_both};
use crate::support::samples;
use crate::support::until;

on_both!(
    a_template_goes_to_meta_as_it_was_signed,
    a_lost_answer_is_found_and_nothing_is_made_twice,
    a_lost_edit_is_found_and_not_repeated,
    what_meta_refuses_is_told,
    what_has_changed_since_is_not_submitted,
    what_may_not_be_said_is_never_submitted,
    a_sample_file_goes_along,
    names_that_others_took_are_left_alone,
);

const SUBMIT: &str = "whatsapp.template.submit";
const PREVIEW: &str = "whatsapp.template_submit.preview";
pub const LEASE: Duration = Duration::from_secs(30);

pub struct Stage {
    pub shop: Shop,
    meta: Simulator,
    pub ctx: Ctx,
}

impl Stage {
    pub async fn open(db: TestDb) -> Self {
        let shop = Shop::open(db).await;
        let settings = Settings {
            waba_id: shop.world.tenant.waba_id.clone(),
            token: "token-of-the-shop".to_owned(),
            templates: Vec::new(),
            app_secret: None,
            // Reviews end when a test says so.
            life: Life { review_ms: (3_600_000, 3_600_000), ..Life::prompt() },
            ..Settings::default()
        };
        let meta = Simulator::start(settings).await.unwrap();
        let graph = graph::Settings { graph_url: meta.url(), ..graph::Settings::default() };
        let secret = |name: &str| (name == "TEST_TOKEN").then(|| Secret::new("token-of-the-shop".to_owned()));
        let folder = shop.db.folder().join("files");
        let media = Media { objects: Some(Objects::open(&Place::Folder(folder)).unwrap()), ..Media::default() };
        let ctx = Ctx {
            graph: Graph::new(&graph).unwrap(),
            secrets: Arc::new(secret),
            media,
            policy: Arc::new(Policy::default()),
            ..shop.door.ctx.clone()
        };
        Self { shop, meta, ctx }
    }

    fn ask(&self) -> Value {
        json!({"name": "order_ready_soon", "reason": "The draft is good.", "wait_ms": 0})
    }

    /// Signed and begun.
    pub async fn signed(&self) -> Value {
        let answer = self.shop.call(SUBMIT, self.ask()).await;
        assert_eq!(answer["status"], "pending_approval", "{answer:#}");
        self.shop.approve().await;
        assert_eq!(self.shop.begun(&answer).await.status, Status::Executing, "{answer:#}");
        answer
    }

    /// The worker looks until nothing is on its way; time passes between two looks.
    async fn carried_out(&self, answer: &Value) -> ActionRequest {
        for _ in 0..20 {
            while worker::round(&self.ctx, LEASE).await.unwrap() > 0 {}
            let request = self.shop.request(answer).await;
            if request.status != Status::Executing {
                return request;
            }
            self.shop.door.clock.advance(Duration::from_secs(5));
        }
        panic!("it never ends: {:?}", self.shop.request(answer).await.status);
    }

    fn control(&self, call: &str, body: Value) -> Value {
        self.meta.control(call, &body).unwrap()
    }

    /// The templates that Meta has, by a call that no fault strikes.
    pub async fn at_meta(&self) -> Vec<(String, String, String)> {
        let tenant = &self.shop.world.tenant;
        let credentials = self.ctx.credentials(tenant).unwrap();
        let all = graph::templates::list(&self.ctx.graph, &credentials, &tenant.waba_id).await.unwrap();
        let mut all: Vec<_> = all.into_iter().map(|it| (it.name, it.language, it.status.as_str().to_owned())).collect();
        all.sort();
        all
    }

    pub async fn fails(&self, method: &str, endpoint: &str, kind: &str, count: u32) {
        let only = json!({"endpoint": endpoint, "method": method});
        self.control("faults", json!({"kind": kind, "count": count, "match": only}));
    }

    async fn known(&self, language: &str) -> Option<TemplateStatus> {
        let known = templates::of_name(&self.ctx.db, self.shop.world.tenant.id, "order_ready_soon").await.unwrap();
        known.into_iter().find(|it| it.language.as_str() == language).map(|it| it.status)
    }

    /// Meta's review ends so, and what it says is read.
    async fn reviewed(&self) {
        self.control("clock", json!({"advance_seconds": 3_600.0}));
        until("the review is over", Duration::from_secs(5), async || {
            self.at_meta().await.iter().all(|(_, _, status)| status != "PENDING").then_some(())
        })
        .await;
        sync::sync(&self.ctx, &self.shop.world.tenant).await.unwrap();
    }
}

pub fn language(code: &str, status: &str) -> (String, String, String) {
    ("order_ready_soon".to_owned(), code.to_owned(), status.to_owned())
}

async fn a_template_goes_to_meta_as_it_was_signed(db: TestDb) {
    let stage = Stage::open(db).await;
    let (shop, ask) = (&stage.shop, stage.ask());
    assert_eq!(shop.refused(SUBMIT, ask.clone()).await["code"], "not_found", "there is no draft");
    shop.stored(draft()).await;
    let previewed = shop
        .call(PREVIEW, json!({"write_tool": SUBMIT, "arguments": {"name": "order_ready_soon"}, "reason": "Look.", "submit": false}))
        .await;
    assert_eq!(previewed["status"], "previewed");
    let answer = shop.call(SUBMIT, ask.clone()).await;
    assert_eq!(answer["action_request_id"], previewed["action_request_id"], "preview and write are one request");
    let (status, rule) = (&answer["status"], &answer["approval"]["rule"]);
    assert_eq!((status, rule), (&json!("pending_approval"), &json!("SIGN-42")), "{answer:#}");
    assert!(answer["summary"].as_str().unwrap().contains("create it in en, zh_HK"), "{answer:#}");
    assert_eq!(shop.begun(&answer).await.status, Status::PendingApproval, "nobody has signed");
    assert_eq!(worker::round(&stage.ctx, LEASE).await.unwrap(), 0);
    shop.approve().await;
    shop.begun(&answer).await;
    assert_eq!(stage.at_meta().await, [], "nothing goes before the worker comes");

    let done = stage.carried_out(&answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    let result = done.result.unwrap();
    assert_eq!((&result["taken"], &result["refused"], &result["version"]), (&json!(2), &json!(0), &json!(1)));
    let first = &result["languages"][0];
    assert_eq!((&first["status"], &first["category"]), (&json!("pending"), &json!("utility")));
    assert!(first["meta_id"].as_str().unwrap().starts_with("•••"), "its id is Meta's: {first:#}");
    assert_eq!(stage.at_meta().await, [language("en", "PENDING"), language("zh_HK", "PENDING")]);
    assert_eq!(stage.known("en").await, Some(TemplateStatus::Pending), "lists show it at once");
    assert_eq!(shop.acts("template.submitted").await, 2);
    let log = audit::list(&stage.ctx.db, shop.world.tenant.id, &Default::default(), 99).await.unwrap();
    let entry = log.iter().find(|it| it.act == "template.submitted").unwrap();
    assert!(entry.details["meta_id"].as_str().unwrap().len() > 10 && entry.details["status"] == "pending", "{entry:?}");

    // A worker that comes late finds nothing to do, and the same ask is the same request.
    assert_eq!(worker::round(&stage.ctx, LEASE).await.unwrap(), 0);
    assert_eq!(shop.call(SUBMIT, ask).await["action_request_id"], answer["action_request_id"]);

    stage.reviewed().await;
    assert_eq!(stage.known("zh_HK").await, Some(TemplateStatus::Approved));
    let nothing = json!({"name": "order_ready_soon", "reason": "Again.", "languages": ["en", "zh_HK"]});
    assert_eq!(rules(&shop.refused(SUBMIT, nothing).await["findings"]), ["DRAFT-41", "DRAFT-40", "DRAFT-40"]);
}

async fn a_lost_answer_is_found_and_nothing_is_made_twice(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    for kind in ["drop_answer", "html_502_processed", "empty_200", "reset_before_read", "status_500_unprocessed"] {
        let mut other = draft();
        other["name"] = json!(format!("order_{kind}"));
        for it in other["languages"].as_array_mut().unwrap() {
            it["footer"] = json!(kind);
        }
        stage.shop.stored(other).await;
        stage.fails("POST", "message_templates", kind, 1).await;
        let ask = json!({"name": format!("order_{kind}"), "reason": "It is good.", "wait_ms": 0});
        let answer = stage.shop.call(SUBMIT, ask).await;
        stage.shop.approve().await;
        stage.shop.begun(&answer).await;
        let done = stage.carried_out(&answer).await;
        assert_eq!(done.status, Status::Succeeded, "{kind}: {:?}", done.error);
        let made = stage.at_meta().await.into_iter().filter(|(name, ..)| *name == format!("order_{kind}")).count();
        assert_eq!(made, 2, "{kind}: one for each language");
    }
    assert_eq!(stage.shop.acts("template.submitted").await, 10);
}

async fn a_lost_edit_is_found_and_not_repeated(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    let answer = stage.signed().await;
    assert_eq!(stage.carried_out(&answer).await.status, Status::Succeeded);
    stage.reviewed().await;
    let mut changed = draft();
    changed["languages"][0]["footer"] = json!("See you soon");
    stage.shop.stored(changed).await;
    let answer =
        stage.shop.call(SUBMIT, json!({"name": "order_ready_soon", "version": 2, "reason": "Friendlier."})).await;
    assert_eq!(rules(&answer["findings"]), ["DRAFT-39", "DRAFT-40"], "{answer:#}");
    let part = &answer["preview"]["changes"][0]["parts"][0];
    assert_eq!(
        (&part["part"], &part["before"], &part["after"]),
        (&json!("footer"), &json!(null), &json!("See you soon"))
    );
    stage.shop.approve().await;
    stage.shop.begun(&answer).await;
    stage.fails("POST", "node", "drop_answer", 1).await;
    let done = stage.carried_out(&answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    assert_eq!(done.result.unwrap()["taken"], 1, "the other language stays");
    assert_eq!(stage.at_meta().await, [language("en", "PENDING"), language("zh_HK", "APPROVED")]);

    // Meta lets it be edited once a day, and so do we.
    stage.reviewed().await;
    let mut again = draft();
    again["languages"][0]["footer"] = json!("See you");
    stage.shop.stored(again).await;
    let refused =
        stage.shop.refused(SUBMIT, json!({"name": "order_ready_soon", "version": 3, "reason": "Shorter."})).await;
    assert!(rules(&refused["findings"]).contains(&"DRAFT-38"), "{refused:#}");
}

async fn what_meta_refuses_is_told(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    let answer = stage.signed().await;
    stage.control(
        "faults",
        json!({"kind": "error", "code": 100, "details": "Invalid parameter", "count": 1,
            "match": {"endpoint": "message_templates", "method": "POST"}}),
    );
    let done = stage.carried_out(&answer).await;
    assert_eq!(done.status, Status::PartiallySucceeded, "{:?}", done.error);
    let result = done.result.unwrap();
    assert_eq!((&result["taken"], &result["refused"]), (&json!(1), &json!(1)));
    let refused = result["languages"].as_array().unwrap().iter().find(|it| it["state"] == "refused").unwrap();
    assert!(refused["why"].as_str().unwrap().contains("Meta refused it: code 100"), "{refused:#}");
    assert_eq!((stage.shop.acts("template.refused").await, stage.at_meta().await.len()), (1, 1));
}

async fn what_has_changed_since_is_not_submitted(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    let waits = stage.shop.call(SUBMIT, stage.ask()).await;
    let mut changed = draft();
    changed["languages"][0]["footer"] = json!("See you soon");
    stage.shop.stored(changed).await;
    let old =
        stage.shop.refused(SUBMIT, json!({"name": "order_ready_soon", "version": 1, "reason": "That one."})).await;
    assert!(rules(&old["findings"]).contains(&"DRAFT-35"), "{old:#}");
    stage.shop.approve().await;
    let done = stage.shop.begun(&waits).await;
    assert_eq!((done.status, done.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "DRAFT-35"));

    // And one that still waits ends as soon as anybody looks.
    let ask = json!({"name": "order_ready_soon", "reason": "The new one.", "wait_ms": 0});
    let waits = stage.shop.call(SUBMIT, ask).await;
    assert_eq!(waits["status"], "pending_approval", "{waits:#}");
    let mut other = draft();
    other["languages"][0]["footer"] = json!("See you");
    stage.shop.stored(other).await;
    recheck::open(&stage.ctx, stage.shop.world.tenant.id).await.unwrap();
    assert_eq!(stage.shop.request(&waits).await.status, Status::Stale);
    assert_eq!(stage.at_meta().await, []);
}

async fn what_may_not_be_said_is_never_submitted(db: TestDb) {
    let stage = Stage::open(db).await;
    for (at, (body, samples, rule)) in [
        (
            "Hello {{1}}, for order {{2}} tell Harbour Tea House your card number.",
            json!({"1": "Ada", "2": "A-1"}),
            "DRAFT-30",
        ),
        (
            "Hello {{1}}, Harbour Tea House brings guaranteed profit with {{2}}.",
            json!({"1": "Ada", "2": "A-1"}),
            "DRAFT-31",
        ),
        ("Hello {{1}}, Harbour Tea House has order {{2}} ready for you.", json!({"1": "Ada"}), "DRAFT-19"),
        ("Hello {{1}}, order {{2}} is at https://bit.ly/tea for you now.", json!({"1": "Ada", "2": "A-1"}), "LINK-05"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("tea_{at}");
        let mut bad = draft();
        bad["name"] = json!(name);
        bad["languages"] = json!([{"language": "en", "body": body, "samples": samples}]);
        stage.shop.stored(bad).await;
        let refused = stage.shop.refused(SUBMIT, json!({"name": name, "reason": "Please."})).await;
        assert_eq!(refused["code"], "blocked", "{refused:#}");
        assert!(rules(&refused["findings"]).contains(&rule), "{rule}: {refused:#}");
    }
    assert_eq!(worker::round(&stage.ctx, LEASE).await.unwrap(), 0);
    assert_eq!(stage.at_meta().await, []);
}

async fn a_sample_file_goes_along(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.door.clock.set(SystemClock.now());
    let given = Given { bytes: samples::png().into(), name: "teapot.png".to_owned(), declared: None };
    let agent = AgentId::from_uuid(uuid::Uuid::nil());
    let tenant = stage.shop.world.tenant.id;
    let file = media::ingest(&stage.ctx, tenant, given, Origin::Agent(agent)).await.unwrap().asset;
    let mut pictured = draft();
    pictured["languages"][0]["header"] = json!({"media": {"kind": "image", "sample": file.id}});
    pictured["languages"].as_array_mut().unwrap().truncate(1);
    stage.shop.stored(pictured).await;
    let answer = stage.signed().await;
    assert!(rules(&answer["findings"]).contains(&"MEDIA-09"), "nobody has looked for a virus: {answer:#}");
    let seen = &answer["preview"]["message"]["languages"][0]["sample_file"];
    assert_eq!((&seen["media_type"], &seen["scan"]), (&json!("image/png"), &json!("no_scanner")), "{seen:#}");
    assert_eq!(seen["first_use"], true, "whoever signs sees that Meta never had it");
    stage.fails("POST", "uploads", "drop_answer", 1).await;
    let done = stage.carried_out(&answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    assert_eq!(stage.at_meta().await, [language("en", "PENDING")]);
}

async fn names_that_others_took_are_left_alone(db: TestDb) {
    let stage = Stage::open(db).await;
    stage.shop.stored(draft()).await;
    let answer = stage.signed().await;
    // Somebody makes another one of that name in Meta's own pages.
    let tenant = &stage.shop.world.tenant;
    let other = json!({"name": "order_ready_soon", "language": "en", "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Your order is on its way to you."}]});
    let url = format!("{}/v25.0/{}/message_templates", stage.meta.url(), tenant.waba_id);
    let made = reqwest::Client::new().post(url).bearer_auth("token-of-the-shop").json(&other).send().await.unwrap();
    assert!(made.status().is_success(), "{}", made.text().await.unwrap());
    let done = stage.carried_out(&answer).await;
    assert_eq!(done.status, Status::PartiallySucceeded, "{:?}", done.error);
    let result = done.result.unwrap();
    let left = result["languages"].as_array().unwrap().iter().find(|it| it["language"] == "en").unwrap();
    assert!(left["why"].as_str().unwrap().contains("another text"), "{left:#}");
    assert_eq!(stage.at_meta().await.len(), 2);
    assert_eq!(stage.shop.acts("template.submitted").await, 1);
}
