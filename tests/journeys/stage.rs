//! Everything around one daemon: a simulated Meta, a mail server, a business with people, an agent and contacts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use countersign::domain::clock::{Clock, SystemClock};
use countersign::domain::consent::MessageCategory;
use countersign::domain::ids::SegmentId;
use countersign::domain::segments::Condition;
use countersign::simulate::{Delivery, Life, Settings, Simulator};
use countersign::store;
use countersign::store::contacts::NewContact;
use serde_json::{Value, json};

use super::signer::sign;
use crate::support::agent::{Agent, Era, Sdk};
use crate::support::browser::Browser;
use crate::support::daemon::{Daemon, command_with_input, free_port, run};
use crate::support::db::TestDb;
use crate::support::smtp::Sink;
use crate::support::until;
use crate::support::visitor::Visitor;
use crate::support::world::{granted, person};

pub const PASSWORD: &str = "a long enough sentence";
pub const BUSINESS: &str = "Harbour Tea House";

pub struct Stage {
    pub db: TestDb,
    pub meta: Simulator,
    pub mail: Sink,
    pub key: String,
    pub segment: SegmentId,
    config: PathBuf,
    url: String,
    env: Vec<(&'static str, String)>,
}

impl Stage {
    /// A business with so many members who agreed to marketing, sending so many messages a second.
    pub async fn set(db: TestDb, members: usize, rate: u32) -> Self {
        let stage = Self::empty(db, rate).await;
        stage.contacts(members).await;
        stage
    }

    /// A business as it is after the command line: people, an agent, and nothing else.
    pub async fn empty(db: TestDb, rate: u32) -> Self {
        let meta = meta(rate).await;
        let mail = Sink::start().await;
        let url = format!("http://127.0.0.1:{}", free_port());
        meta.set_webhook_url(Some(&format!("{url}/webhooks/whatsapp")));
        let simulated = Settings::default();
        let env = vec![
            ("TEST_TOKEN", simulated.token),
            ("TEST_APP_SECRET", simulated.app_secret.unwrap()),
            ("TEST_VERIFY_TOKEN", simulated.verify_token),
        ];
        let config = db.folder().join("countersign.toml");
        std::fs::write(&config, settings(&url, &db.url, &meta.url(), &mail, rate)).unwrap();
        let mut stage = Self { db, meta, mail, key: String::new(), segment: SegmentId::random(), config, url, env };
        stage.people().await;
        stage
    }

    fn env(&self) -> Vec<(&str, &str)> {
        self.env.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    fn config(&self) -> &str {
        self.config.to_str().unwrap()
    }

    /// Through the command line, as an operator does it.
    async fn people(&mut self) {
        let folder = self.db.folder();
        let tenant = [
            "tenant",
            "add",
            BUSINESS,
            "--waba-id",
            "102290129340398",
            "--token-env",
            "TEST_TOKEN",
            "--app-secret-env",
            "TEST_APP_SECRET",
            "--verify-token-env",
            "TEST_VERIFY_TOKEN",
            "--config",
            self.config(),
        ];
        run(folder, &tenant, &self.env()).await;
        for (email, name, role) in [
            ("lau@harbour.example", "M. Lau", "compliance"),
            ("ho@harbour.example", "P. Ho", "principal"),
            ("wong@harbour.example", "K. Wong", "manager"),
        ] {
            let user = [
                "user",
                "add",
                email,
                "--tenant",
                BUSINESS,
                "--name",
                name,
                "--role",
                role,
                "--password-stdin",
                "--config",
                self.config(),
            ];
            let added = command_with_input(folder, &user, &self.env(), PASSWORD).await;
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        }
        let agent = [
            "agent",
            "add",
            "promo-agent",
            "--tenant",
            BUSINESS,
            "--owner",
            "wong@harbour.example",
            "--permissions",
            "read,propose,audit",
            "--json",
            "--config",
            self.config(),
        ];
        let added: Value = serde_json::from_str(&run(folder, &agent, &self.env()).await).unwrap();
        self.key = added["key"].as_str().unwrap().to_owned();
    }

    /// Written past the import, whose journey is its own: the others are about what comes after it.
    async fn contacts(&self, members: usize) {
        self.enroll(0..members, "member", self.segment).await;
    }

    /// People of these numbers, and a segment of theirs.
    pub async fn enroll(&self, members: Range<usize>, tag: &str, segment: SegmentId) {
        let db = self.db.open().await;
        let tenant = store::people::tenants(&db).await.unwrap().remove(0).id;
        let now = SystemClock.now();
        let tagged = |n| NewContact { tags: [tag.to_owned()].into(), ..person(n) };
        let people: Vec<_> = members.map(tagged).collect();
        let mut tx = db.begin().await.unwrap();
        let numbers = store::contacts::insert_many(&mut tx, tenant, &people).await.unwrap();
        let consents: Vec<_> = numbers.iter().map(|no| granted(*no, MessageCategory::Marketing)).collect();
        store::consent::record(&mut tx, tenant, &consents, now).await.unwrap();
        let condition = Condition::Tag(tag.into());
        store::segments::add_version(&mut tx, tenant, segment, tag, &condition, None, now).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    }

    pub async fn daemon(&self) -> Daemon {
        self.daemon_with(&[]).await
    }

    /// With more in its environment.
    pub async fn daemon_with(&self, more: &[(&str, &str)]) -> Daemon {
        let args = ["serve", "--config", self.config()];
        Daemon::start(self.db.folder(), &args, &[&self.env(), more].concat(), &self.url).await
    }

    /// Another daemon, at an address of its own, with more in its environment.
    pub async fn another_daemon(&self, more: &[(&str, &str)]) -> Daemon {
        let listen = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{listen}");
        let args = ["serve", "--config", self.config()];
        let own = [("COUNTERSIGN__SERVER__LISTEN", listen.as_str()), ("COUNTERSIGN__SERVER__PUBLIC_URL", url.as_str())];
        Daemon::start(self.db.folder(), &args, &[&self.env(), &own[..], more].concat(), &url).await
    }

    /// Files an offer to the members as soon as the templates have come from Meta, and has it signed.
    pub async fn signed_offer(&self, rate: u32) -> String {
        self.signed_offer_to(self.segment, rate).await
    }

    /// The same to others.
    pub async fn signed_offer_to(&self, segment: SegmentId, rate: u32) -> String {
        let id = self.filed_offer(segment, rate).await;
        sign(&mut self.visitor(), &id).await.expect("it is signed");
        id
    }

    /// The same, and nobody has signed it yet.
    pub async fn filed_offer(&self, segment: SegmentId, rate: u32) -> String {
        until("the templates have come from Meta", Duration::from_secs(20), async || {
            let filed = self.try_call("whatsapp.broadcast.preview", offer(&json!(segment), rate)).await.ok()?;
            filed["action_request_id"].as_str().map(str::to_owned)
        })
        .await
    }

    /// What the status tool says once it stands so.
    pub async fn comes_to(&self, id: &str, wanted: &str, within: Duration) -> Value {
        self.comes_to_at(&self.url, id, wanted, within).await
    }

    /// What another daemon says.
    pub async fn comes_to_at(&self, url: &str, id: &str, wanted: &str, within: Duration) -> Value {
        let asked = json!({"action_request_id": id});
        until(&format!("it is {wanted}"), within, async || {
            let status = self.try_call_at(url, "whatsapp.action_request.status", asked.clone()).await.ok()?;
            (status["status"] == wanted).then_some(status)
        })
        .await
    }

    /// Once nothing waits and nothing is on its way; a message may be in doubt, where a daemon was killed.
    pub async fn is_through(&self, id: &str, within: Duration) -> Value {
        let asked = json!({"action_request_id": id});
        until("nothing waits", within, async || {
            let status = self.try_call("whatsapp.action_request.status", asked.clone()).await.ok()?;
            let progress = &status["execution"]["progress"];
            (progress["queued"] == 0 && progress["sending"] == 0).then_some(status)
        })
        .await
    }

    /// A tool's answer, or that nobody gave one.
    pub async fn try_call(&self, tool: &str, arguments: Value) -> reqwest::Result<Value> {
        self.try_call_at(&self.url, tool, arguments).await
    }

    async fn try_call_at(&self, url: &str, tool: &str, arguments: Value) -> reqwest::Result<Value> {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let request = reqwest::Client::new().post(format!("{url}/mcp")).bearer_auth(&self.key).json(&call);
        let request = request.timeout(Duration::from_secs(10)).header("accept", "application/json, text/event-stream");
        let answer: Value = request.send().await?.json().await?;
        assert!(!answer["result"]["structuredContent"].is_null(), "{tool}: {answer:#}");
        Ok(answer["result"]["structuredContent"].clone())
    }

    /// Whoever may sign, at a browser.
    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// An official client, once the daemon has read the templates from Meta.
    pub async fn agent(&self, sdk: Sdk, era: Era) -> Option<Agent> {
        let mut agent = Agent::connect(sdk, era, &format!("{}/mcp", self.url), &self.key).await?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let templates = agent.call("whatsapp.templates.list", json!({})).await.ok();
            if templates["items"].as_array().is_some_and(|items| !items.is_empty()) {
                return Some(agent);
            }
            assert!(tokio::time::Instant::now() < deadline, "the templates were never read from Meta");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What an agent asks for, for the members of this stage.
    pub fn offer(&self, rate: u32) -> Value {
        offer(&json!(self.segment), rate)
    }

    pub async fn sign_in(&self, browser: &Browser, email: &str) {
        browser.goto(&format!("{}/login", self.url)).await;
        browser.fill("#email", email).await;
        browser.fill("#password", PASSWORD).await;
        press(browser, "Sign in").await;
        browser.wait_for_text("Waiting for me").await;
    }

    /// From the request's page to the signature, as the words on the page say.
    pub async fn approve(&self, browser: &Browser, review_url: &str) {
        browser.goto(review_url).await;
        browser.wait_for_text("Your decision").await;
        for tick in browser.all("input[name=section], input[name=accept]").await {
            tick.click().await.unwrap();
        }
        for reason in browser.all("input[name^=reason-]").await {
            reason.send_keys("Seen and accepted for this season.").await.unwrap();
        }
        browser.click("input[name=verdict][value=approve]").await;
        press(browser, "Continue to sign").await;
        browser.fill("#password", PASSWORD).await;
        press(browser, "Approve and sign").await;
    }

    /// As if somebody had put everything in order and had let it go on; no daemon runs now.
    pub async fn lets_all_go_on(&self) {
        self.db.execute("delete from sending_stop").await;
    }

    /// Every send call that reached Meta.
    pub async fn sends(&self) -> Vec<Value> {
        let mut sends = Vec::new();
        let mut place = String::new();
        loop {
            let url = format!("{}/control/sends?limit=1000{place}", self.meta.url());
            // Its door may be closed for a moment, because a test wanted that.
            let page: Value = until("the simulator answers", Duration::from_secs(5), async || {
                reqwest::get(&url).await.ok()?.json().await.ok()
            })
            .await;
            let rows = page["items"].as_array().unwrap_or_else(|| panic!("no sends: {page}"));
            if rows.is_empty() {
                return sends;
            }
            sends.extend(rows.iter().cloned());
            match &page["next"] {
                Value::Null => return sends,
                after => place = format!("&after={after}"),
            }
        }
    }
}

/// What an agent asks for in every journey.
pub fn offer(segment: &Value, rate: u32) -> Value {
    json!({
        "write_tool": "whatsapp.broadcast.schedule",
        "reason": "The winter oolong has arrived.",
        "arguments": {
            "broadcast": {
                "name": "Winter offer", "template": "winter_offer", "segments": [segment],
                "variables": {
                    "1": { "contact_name": { "default": "friend" } }, "2": { "text": "31 December" },
                    "button.1.1": { "text": "winter" },
                },
                "default_language": "en_US", "from": "+852 5550 1000",
            },
            "schedule": { "per_second": rate, "batch_size": 50 },
        },
    })
}

async fn meta(rate: u32) -> Simulator {
    let mut settings = Settings {
        life: Life::prompt(),
        delivery: Delivery { gather_ms: 1, first_retry_ms: 20, ..Default::default() },
        ..Default::default()
    };
    settings.phone_numbers[0].throughput = rate.max(1_000);
    Simulator::start(settings).await.expect("the simulator starts")
}

fn settings(url: &str, database: &str, graph: &str, mail: &Sink, rate: u32) -> String {
    let listen = url.trim_start_matches("http://");
    format!(
        "[server]\nlisten = {listen:?}\npublic_url = {url:?}\ndrain_timeout = \"5s\"\n[database]\nurl = {database:?}\n\
         [whatsapp]\ngraph_url = {graph:?}\n[mail]\nurl = \"smtp://{}\"\nfrom = \"Countersign <countersign@harbour.example>\"\n\
         [approvals]\ncooling_off = \"0s\"\nmin_review = \"0s\"\n[mcp]\ncalls_per_minute = 60000\n[policy.agents]\nbroadcasts_per_hour = 10000\n[worker]\nrate_per_second = {rate}\nunknown_after = \"3s\"\nlease = \"5s\"\n\
         [policy.links]\nallow = [\"shop.example\"]\n[policy.schedule]\nquiet_hours_for = []\n\
         [policy.frequency]\nmarketing_per_7_days = 1000\nmarketing_per_30_days = 1000\nwarn_from = 1000\n[log]\nformat = \"json\"\n",
        mail.addr
    )
}

pub async fn press(browser: &Browser, words: &str) {
    let button = format!("//button[normalize-space()='{words}'] | //a[normalize-space()='{words}']");
    browser.find_by_path(&button).await.click().await.unwrap_or_else(|e| panic!("{words} cannot be pressed: {e}"));
}

/// Polls the status tool, as an agent does, until the request stands in one of these.
pub async fn poll(agent: &mut Agent, id: &str, wanted: &[&str]) -> Value {
    // A lease that a killed daemon held on PostgreSQL lapses after 30 s.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    loop {
        let status = agent.call("whatsapp.action_request.status", json!({ "action_request_id": id })).await.ok();
        if wanted.iter().any(|w| status["status"] == *w) {
            return status;
        }
        assert!(tokio::time::Instant::now() < deadline, "{id} never became {wanted:?}: {status:#}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// How often each number was written to.
pub fn by_recipient(sends: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for send in sends {
        *counts.entry(send["to"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// Nobody was written to twice, and no attempt was sent twice.
pub fn assert_once(sends: &[Value]) {
    let twice: HashMap<_, _> = by_recipient(sends).into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "written to more than once: {twice:?}");
    let tokens: BTreeSet<&str> = sends.iter().map(|s| s["biz_opaque_callback_data"].as_str().unwrap()).collect();
    assert_eq!(tokens.len(), sends.len());
}
