//! What agents ask a business of the console for, as it comes to its people.

use crate::support::counter::product;
use crate::support::world::person;
use countersign::approvals::begin::begin;
use countersign::approvals::submit;
use countersign::domain::ids::SegmentId;
use countersign::domain::people::Caller;
use countersign::domain::requests::ActionRequest;
use countersign::domain::webhooks::parse;
use countersign::store;
use countersign::store::contacts::Seen;
use countersign::store::conversations::Heard;
use countersign::store::webhooks::{self, Inbound, Read, receive};
use countersign::tools::catalogue::catalogue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use super::world::World;

impl World {
    /// What the agent asks for through a preview; it must come to wait for people.
    pub async fn ask(&self, preview: &str, write: &str, arguments: Value) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find(preview).unwrap();
        let ask = json!({"write_tool": write, "arguments": arguments, "reason": "The sign-ups of the winter fair."});
        let answer = submit::preview(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// A list of contacts that waits to be signed: two rows, one of them without consent.
    pub async fn ask_import(&self) -> ActionRequest {
        let consent =
            json!({"category": "marketing", "source": "in_store", "evidence": "receipt 7", "date": "2026-11-20"});
        let rows = json!([
            {"phone": "+852 9123 4567", "name": "Chan Tai Man", "language": "zh_HK", "tags": ["fair"], "consents": [consent]},
            {"phone": "+852 9123 4568", "name": "Wong Siu Ming"},
        ]);
        let arguments = json!({"name": "Winter fair", "rows": rows});
        self.ask("whatsapp.contact_import.preview", "whatsapp.contact.import", arguments).await
    }

    /// A change of a segment that a broadcast was drawn from.
    pub async fn ask_segment(&self, segment: SegmentId) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find("whatsapp.segment.upsert").unwrap();
        let ask = json!({
            "segment_id": segment, "name": "Fair visitors", "include": {"tag": "fair"}, "exclude": {"tag": "staff"},
            "purpose": "Only those of this year.", "reason": "The list was too wide.",
        });
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// An answer to a customer who wrote an hour ago.
    pub async fn ask_reply(&self, body: &str) -> ActionRequest {
        self.ask_message(json!({"text": {"body": body}})).await
    }

    /// The same with any message.
    pub async fn ask_message(&self, message: Value) -> ActionRequest {
        let (number, at) = ("106540352242922", self.now().before(Duration::from_hours(1)));
        let mut tx = self.db.begin().await.unwrap();
        let contact = store::contacts::insert_many(&mut tx, self.tenant, &[person(0)]).await.unwrap()[0];
        let inbound = Inbound {
            wamid: "wamid.1",
            phone_number_id: number,
            contact,
            kind: "text",
            body: Some("It broke. My number is 9123 4567"),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, self.tenant, &inbound, at).await.unwrap());
        let heard = Heard { number, contact, at, wants_answer: true };
        let thread = store::conversations::heard(&mut tx, self.tenant, &heard, at).await.unwrap();
        tx.commit().await.unwrap();
        let arguments = json!({"conversation_id": thread.id, "message": message});
        self.ask("whatsapp.session_message.preview", "whatsapp.session_message.send", arguments).await
    }

    /// An order of a customer who wrote an hour ago and whom Meta marks; the agent put its lines together.
    pub async fn ask_order(&self) -> ActionRequest {
        let (number, at) = ("106540352242922", self.now().before(Duration::from_hours(1)));
        let mut tx = self.db.begin().await.unwrap();
        let contact = store::contacts::insert_many(&mut tx, self.tenant, &[person(0)]).await.unwrap()[0];
        let inbound = Inbound {
            wamid: "wamid.1",
            phone_number_id: number,
            contact,
            kind: "text",
            body: Some("Two oolong, please. My number is 9123 4567"),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, self.tenant, &inbound, at).await.unwrap());
        let heard = Heard { number, contact, at, wants_answer: true };
        let thread = store::conversations::heard(&mut tx, self.tenant, &heard, at).await.unwrap();
        let seen = Seen { username: None, identity_hash: Some("mark"), at };
        store::contacts::seen(&mut tx, self.tenant, contact, &seen).await.unwrap();
        let products = [product("oolong", 11_800, Some(3)), product("jasmine", 6_850, None)];
        store::orders::put(&mut tx, self.tenant, &products).await.unwrap();
        tx.commit().await.unwrap();
        let price = json!({"currency": "HKD", "amount": "118"});
        let lines = json!([{"product_id": "oolong", "quantity": 2, "unit_price": price}, {"product_id": "jasmine", "quantity": 1}]);
        let arguments = json!({"conversation_id": thread.id, "lines": lines, "note": "<b>No bag.</b>"});
        self.ask("whatsapp.order_payment_message.preview", "whatsapp.order.create_from_chat", arguments).await
    }

    /// A STOP and a strange post that could not be applied, to be tried again.
    pub async fn ask_retry(&self) -> ActionRequest {
        let text = json!({"from": "85291234567", "id": "wamid.1", "timestamp": "1795142400", "type": "text", "text": {"body": "STOP"}});
        let number = "106540352242922";
        let value = json!({"metadata": {"phone_number_id": number}, "contacts": [{"profile": {"name": "Tai Man"}}], "messages": [text]});
        let entry = |n: u32| json!([{"id": "1065", "uid": n, "changes": [{"field": "messages", "value": value}]}]);
        let body = |n| json!({"object": "whatsapp_business_account", "entry": entry(n)}).to_string().into_bytes();
        let (aside, unread) = (body(1), body(2));
        let mut tx = self.db.begin().await.unwrap();
        webhooks::keep(&mut tx, &[(self.tenant, &aside), (self.tenant, &unread)], self.now()).await.unwrap();
        let posts = webhooks::take(&mut tx, 9).await.unwrap();
        let read = Read { post: posts[0].id, kinds: BTreeMap::from([("message", 1)]) };
        webhooks::applied(&mut tx, &[read], self.now()).await.unwrap();
        let event = parse(&aside).unwrap().remove(0);
        for _ in 0..2 {
            webhooks::park_event(&mut tx, &posts[0], 0, &event, "<b>refused</b>", self.now()).await.unwrap();
        }
        webhooks::park(&mut tx, posts[1].id, "a shape that nobody knew", self.now()).await.unwrap();
        tx.commit().await.unwrap();
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find("whatsapp.webhook.retry").unwrap();
        let ids: Vec<i64> = posts.iter().map(|post| post.id).collect();
        let ask = json!({"post_ids": ids, "reason": "The disk was full."});
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// A keyword rule, after a customer wrote what it listens for.
    pub async fn ask_rule(&self) -> ActionRequest {
        let (number, at) = ("106540352242922", self.now().before(Duration::from_hours(1)));
        let mut tx = self.db.begin().await.unwrap();
        let contact = store::contacts::insert_many(&mut tx, self.tenant, &[person(0)]).await.unwrap()[0];
        let inbound = Inbound {
            wamid: "wamid.1",
            phone_number_id: number,
            contact,
            kind: "text",
            body: Some("<b>menu</b> for 9123 4567"),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, self.tenant, &inbound, at).await.unwrap());
        tx.commit().await.unwrap();
        let rule = json!({"name": "Menu <i>", "priority": 7, "match": "word", "phrases": ["menu"],
            "action": {"reply": {"say": {"text": "We have *tea*."}, "buttons": ["Our teas"]}}});
        let arguments = json!({"rule": rule, "becomes": "active"});
        self.ask("whatsapp.automation_change.preview", "whatsapp.keyword_rule.upsert", arguments).await
    }

    /// A write that the agent asks for; it must come to wait for people.
    pub async fn ask_write(&self, write: &str, ask: Value) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let tool = catalogue().find(write).unwrap();
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }

    /// A draft of the template that is live, in one more language, to be brought to Meta.
    pub async fn ask_template(&self) -> ActionRequest {
        let caller = Caller::new(self.agent.clone());
        let draft = json!({
            "name": "winter_offer", "category": "marketing", "reason": "The winter offer begins.", "wait_ms": 0,
            "languages": [
                {"language": "en_US", "body": "Hello {{1}}, <b>Harbour Retail</b> has 15% off. Reply STOP to opt out.",
                 "samples": {"1": "Ada"}},
                {"language": "zh_HK", "body": "你好{{1}}，Harbour Retail 冬季優惠開始。回覆「停止」可取消接收。",
                 "samples": {"1": "阿達"}},
            ],
        });
        let upsert = catalogue().find("whatsapp.template_draft.upsert").unwrap();
        let stored = submit::write(&self.ctx, &caller, upsert, draft).await.unwrap();
        begin(&self.ctx, self.tenant, stored.action_request_id.parse().unwrap()).await.unwrap();
        let tool = catalogue().find("whatsapp.template.submit").unwrap();
        let ask = json!({"name": "winter_offer", "reason": "It is good."});
        let answer = submit::write(&self.ctx, &caller, tool, ask).await.unwrap();
        let id = answer.action_request_id.parse().unwrap();
        store::requests::find(&self.db, self.tenant, id).await.unwrap().unwrap()
    }
}
