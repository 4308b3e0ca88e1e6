//! Conversations as agents read them: what each key sees of a thread, and that restricted queues of others are not there.

use countersign::domain::audit::Actor;
use countersign::domain::automation::keywords::{Action, KeywordRule};
use countersign::domain::automation::phrases::MatchKind;
use countersign::domain::automation::reaction::{Cause, Made};
use countersign::domain::automation::replies::HandOver;
use countersign::domain::automation::scope::Scope;
use countersign::domain::automation::{Authority, Content, Subject};
use countersign::domain::clock::Timestamp;
use countersign::domain::consent::Suppression;
use countersign::domain::contacts::ContactNo;
use countersign::domain::conversations::attachments::Fetch;
use countersign::domain::conversations::{Conversation, ConversationAct};
use countersign::domain::ids::{AssetId, KeywordRuleId, RequestId};
use countersign::domain::replies::{ReplyCause, Saying};
use countersign::store::conversations::attachments::{self, Attachment};
use countersign::store::conversations::{Act, Assignment, Heard, NewQueue};
use countersign::store::replies::{NewReply, Origin};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{automation, consent, contacts, conversations, replies, requests};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::door::{Caller, Door};
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(
    threads_are_listed_by_what_is_asked_and_never_of_others,
    a_thread_shows_each_key_what_it_may_see,
    messages_are_paged_without_a_gap_and_cursors_give_nobody_away,
    queues_show_what_waits_and_keep_routes_and_people_to_those_who_may,
);

const LIST: &str = "whatsapp.conversations.list";
const GET: &str = "whatsapp.conversation.get";
const INBOX: &str = "whatsapp.inbox_assignments.list";
const NUMBER: &str = "106540352242922";
const MINUTE: Duration = Duration::from_mins(1);

struct Shop {
    world: World,
    door: Door,
    key: String,
    numbers: Vec<ContactNo>,
}

impl Shop {
    /// Queues: `legal` is restricted and not its agent's, `vip` is restricted and its owner's, `support` is everybody's.
    async fn open(db: &TestDb, people: usize) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let (_, numbers) = world.ready_to_send(people).await;
        let mut tx = world.db.begin().await.unwrap();
        for (name, restricted) in [("legal", true), ("support", false), ("vip", true)] {
            let queue = NewQueue { name, restricted, hours: None, answer_within: Some(MINUTE * 30) };
            conversations::add_queue(&mut tx, world.tenant.id, &queue).await.unwrap();
        }
        conversations::add_person(&mut tx, world.tenant.id, "vip", world.owner.id).await.unwrap();
        tx.commit().await.unwrap();
        let (_, key) = world.agent("desk", "read").await;
        Self { door: Door::open(&world.db).await, world, key, numbers }
    }

    fn agent(&self) -> Caller {
        self.door.modern(&self.key)
    }

    async fn hears(&self, who: usize, wamid: &str, body: &str, at: Timestamp) -> Conversation {
        let (tenant, contact) = (self.world.tenant.id, self.numbers[who]);
        let mut tx = self.world.db.begin().await.unwrap();
        let inbound = Inbound {
            wamid,
            phone_number_id: NUMBER,
            contact,
            kind: "text",
            body: Some(body),
            details: None,
            context: None,
            sent_at: at,
        };
        assert!(receive(&mut tx, tenant, &inbound, at).await.unwrap());
        let heard = Heard { number: NUMBER, contact, at, wants_answer: true };
        let thread = conversations::heard(&mut tx, tenant, &heard, at).await.unwrap();
        tx.commit().await.unwrap();
        thread
    }

    async fn put(&self, thread: &Conversation, queue: &str, details: Value) {
        let mut tx = self.world.db.begin().await.unwrap();
        let tenant = self.world.tenant.id;
        let is = conversations::find(&mut tx, tenant, thread.id).await.unwrap().unwrap();
        let to = Assignment { queue: Some(queue), person: None, answer_by: Some(NOW.before(MINUTE)) };
        let act = Act { act: ConversationAct::HandedOver, actor: &Actor::Worker, details: &details };
        conversations::assign(&mut tx, tenant, &is, &to, &act, NOW.before(MINUTE)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn request(&self, agent: &str) -> RequestId {
        let (agent, _) = self.world.agent(agent, "read,propose").await;
        let request = samples::request(&agent, NOW);
        let mut tx = self.world.db.begin().await.unwrap();
        assert!(requests::insert(&mut tx, &request, "Broadcast").await.unwrap());
        tx.commit().await.unwrap();
        request.id
    }

    async fn rule(&self, request: RequestId) -> Subject {
        let rule = KeywordRule {
            id: KeywordRuleId::random(),
            name: "Complaints".into(),
            priority: 10,
            scope: Scope::default(),
            kind: MatchKind::Word,
            phrases: vec!["complaint".into()],
            action: Action::Route(HandOver { queue: "support".parse().unwrap(), note: None, say: None }),
        };
        let (tenant, subject) = (self.world.tenant.id, Subject::KeywordRule(rule.id));
        let mut tx = self.world.db.begin().await.unwrap();
        automation::add_version(&mut tx, tenant, &Content::KeywordRule(rule), request, NOW).await.unwrap();
        assert!(automation::switch(&mut tx, tenant, subject, None, Some(1), request, NOW).await.unwrap());
        tx.commit().await.unwrap();
        subject
    }

    async fn answers(&self, thread: &Conversation, body: &str, origin: Origin, cause: Value, at: Timestamp) {
        let saying: Saying = serde_json::from_value(json!({"message": {"kind": "text", "body": body}})).unwrap();
        let reply = NewReply {
            number: NUMBER,
            contact: thread.contact,
            source: origin,
            cause: &ReplyCause(cause),
            in_reply_to: None,
            identity_hash: None,
            saying: &saying,
        };
        let mut tx = self.world.db.begin().await.unwrap();
        replies::add(&mut tx, self.world.tenant.id, &[reply], at).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn threads_are_listed_by_what_is_asked_and_never_of_others(db: TestDb) {
    let shop = Shop::open(&db, 5).await;
    let mut threads = Vec::new();
    for who in 0..5 {
        let at =
            NOW.before(Duration::from_hours(if who == 0 { 30 } else { 2 })).after(MINUTE * u32::try_from(who).unwrap());
        threads.push(shop.hears(who, &format!("wamid.{who}"), "Hello", at).await);
    }
    shop.put(&threads[2], "legal", json!({"queue": "legal"})).await;
    shop.put(&threads[3], "vip", json!({"queue": "vip"})).await;
    shop.put(&threads[4], "support", json!({"queue": "support"})).await;
    let agent = shop.agent();
    let all = agent.pages(LIST, json!({}), 2).await;
    let expected: Vec<String> = [4, 3, 1, 0].iter().map(|at: &usize| threads[*at].id.to_string()).collect();
    assert_eq!(ids(&all), expected, "the one in a restricted queue of others is not there");
    let mine = contacts::many(&shop.world.db, shop.world.tenant.id, &shop.numbers).await.unwrap();
    for (filter, found) in [
        (json!({"queue": "support"}), vec![4]),
        (json!({"queue": "legal"}), vec![]),
        (json!({"window_open": false}), vec![0]),
        (json!({"window_open": true}), vec![4, 3, 1]),
        (json!({"late": true}), vec![4, 3]),
        (json!({"assigned": true}), vec![]),
        (json!({"assigned": false, "unread": true, "state": "open"}), vec![4, 3, 1, 0]),
        (json!({"state": "closed"}), vec![]),
        (json!({"heard_until": NOW.before(Duration::from_hours(3))}), vec![0]),
        (json!({"heard_from": NOW.before(Duration::from_hours(3))}), vec![4, 3, 1]),
        (json!({"contact_id": mine[&shop.numbers[1]].id}), vec![1]),
        (json!({"contact_id": mine[&shop.numbers[2]].id}), vec![]),
    ] {
        let expected: Vec<String> = found.iter().map(|at: &usize| threads[*at].id.to_string()).collect();
        assert_eq!(ids(&agent.pages(LIST, filter.clone(), 3).await), expected, "{filter}");
    }
    let first = &all[0];
    assert_eq!((&first["phone"], &first["number"]), (&json!("+852 •••• ••04"), &json!("+852 3001 0001")));
    assert_eq!((&first["late"], &first["window"]["open"], &first["unread"]), (&json!(true), &json!(true), &json!(1)));
    let other = World::new(&shop.world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,contacts:pii").await;
    assert!(shop.door.modern(&foreign).pages(LIST, json!({}), 9).await.is_empty());
    let refused = shop.door.modern(&foreign).refused(GET, json!({"conversation_id": threads[1].id})).await;
    let hidden = agent.refused(GET, json!({"conversation_id": threads[2].id})).await;
    assert_eq!((&refused["code"], &hidden["code"]), (&json!("not_found"), &json!("not_found")));
}

async fn a_thread_shows_each_key_what_it_may_see(db: TestDb) {
    let shop = Shop::open(&db, 2).await;
    let (tenant, before) = (shop.world.tenant.id, NOW.before(MINUTE * 20));
    let thread = shop.hears(0, "wamid.pic", "A complaint. Call 9876 5432", before).await;
    let request = shop.request("first").await;
    let rule = shop.rule(request).await;
    let made = Made { subject: rule, version: 1, authority: Authority::Request(request), node: None };
    let cause = serde_json::to_value(Cause::Matched(made)).unwrap();
    shop.answers(&thread, "Somebody will look at it.", Origin::Automation(request), cause, before.after(MINUTE)).await;
    shop.put(&thread, "legal", json!({"queue": "legal"})).await;
    shop.put(&thread, "support", json!({"queue": "support", "note": "Owes us since May, 9876 5432"})).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    let file =
        Attachment { wamid: "wamid.pic", number: NUMBER, media_id: "77", sha256: None, filename: Some("pot.jpg") };
    attachments::attach(&mut tx, tenant, &file, before, before).await.unwrap();
    consent::suppress(&mut tx, tenant, thread.contact, Suppression::OptedOutOfMarketing, "test", None, NOW)
        .await
        .unwrap();
    contacts::doubt_identity(&mut tx, tenant, thread.contact, before).await.unwrap();
    tx.commit().await.unwrap();
    let due = attachments::claim(&shop.world.db, MINUTE, NOW, 1).await.unwrap().remove(0);
    assert!(attachments::settle(&shop.world.db, &due, &Fetch::Kept(AssetId::random())).await.unwrap());
    let (_, desk) = shop.world.agent("answers", "read,propose:messages").await;
    let answer = json!({"conversation_id": thread.id, "message": {"text": {"body": "We refund HK$120 by Friday."}},
        "reason": "It was broken.", "wait_ms": 0});
    let asked = shop.door.modern(&desk).call("whatsapp.session_message.send", answer).await;

    let seen = shop.agent().call(GET, json!({"conversation_id": thread.id})).await;
    let messages = seen["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "{seen:#}");
    assert_eq!((&messages[0]["by"], &messages[0]["text"]), (&json!("automation"), &json!("Somebody will look at it.")));
    let by = &messages[0]["automation"];
    assert_eq!((&by["name"], &by["version"], &by["why"]), (&json!("Complaints"), &json!(1), &json!("matched")));
    assert_eq!(by["id"], rule.to_string());
    assert_eq!(messages[1]["text"], "A complaint. Call …32");
    assert_eq!(messages[1]["attachment"]["state"], "kept");
    assert_eq!((&messages[1]["attachment"]["url"], &messages[1]["message_id"]), (&Value::Null, &json!("•••pic")));
    let history = seen["history"].as_array().unwrap();
    let place = |at: usize| (history[at]["queue"].clone(), history[at]["note"].clone());
    assert_eq!(place(0), (json!("support"), json!("•••")));
    assert_eq!(place(1), (json!("•••"), Value::Null), "a restricted queue of others has no name here");
    assert_eq!((&history[0]["by"], &history[2]["by"]), (&json!("automation"), &json!("customer")));
    assert_eq!(seen["customer"]["suppressions"][0]["reason"], "opted_out_marketing");
    assert_eq!(seen["customer"]["suppressions"][0]["forbids_answers"], false);
    assert_eq!(seen["customer"]["consents"], json!(["marketing"]));
    assert_eq!(seen["customer"]["identity"]["doubtful_since"], json!(before));
    assert_eq!(seen["conversation"]["window"]["closes_at"], json!(before.after(Duration::from_hours(24))));
    let open = seen["open_requests"].as_array().unwrap();
    assert_eq!((open.len(), &open[0]["action_request_id"]), (1, &asked["action_request_id"]), "only what is about it");
    assert!(!seen.to_string().contains("5432") && !seen.to_string().contains("since May"), "{seen:#}");

    let (_, notes) = shop.world.agent("notes", "read,notes").await;
    let seen = shop.door.modern(&notes).call(GET, json!({"conversation_id": thread.id})).await;
    assert_eq!(seen["history"][0]["note"], "Owes us since May, …32", "a note gives no customer's number away");
    let (_, full) = shop.world.agent("full", "read,notes,contacts:pii,provider_ids").await;
    let seen = shop.door.modern(&full).call(GET, json!({"conversation_id": thread.id})).await;
    assert_eq!(seen["history"][0]["note"], "Owes us since May, 9876 5432");
    assert_eq!(seen["messages"][1]["text"], "A complaint. Call 9876 5432");
    assert_eq!(seen["messages"][1]["message_id"], "wamid.pic");
    assert_eq!(seen["conversation"]["phone"], "+85291000000");
}

async fn messages_are_paged_without_a_gap_and_cursors_give_nobody_away(db: TestDb) {
    let shop = Shop::open(&db, 1).await;
    let request = shop.request("first").await;
    let start = NOW.before(MINUTE * 60);
    let mut thread = None;
    let mut all = Vec::new();
    // Meta tells whole seconds: three messages and an answer in each of them.
    for second in 0..6 {
        let at = start.after(Duration::from_secs(second));
        for n in 0..3 {
            let wamid = format!("wamid.85291000000.{second}.{n}");
            thread = Some(shop.hears(0, &wamid, &format!("said {second}.{n}"), at).await);
            all.push(format!("said {second}.{n}"));
        }
        let answer = format!("answer {second}");
        shop.answers(thread.as_ref().unwrap(), &answer, Origin::Request(request), json!({}), at).await;
        all.push(answer);
    }
    all.sort();
    let thread = thread.unwrap();
    for limit in [1, 2, 3, 5, 7, 50] {
        let mut arguments = json!({"conversation_id": thread.id, "limit": limit});
        let (mut read, mut times) = (Vec::new(), Vec::new());
        loop {
            let page = shop.agent().call(GET, arguments.clone()).await;
            for message in page["messages"].as_array().unwrap() {
                read.push(message["text"].as_str().unwrap().to_owned());
                times.push(message["at"].as_str().unwrap().to_owned());
            }
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            let plain = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, cursor).unwrap();
            assert!(!String::from_utf8_lossy(&plain).contains("852910"), "a cursor holds no customer's number");
            arguments["cursor"] = json!(cursor);
        }
        assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "newest first");
        assert_eq!(read.first().unwrap(), "answer 5", "an answer stands above what it answers");
        read.sort();
        assert_eq!(read, all, "pages of {limit}");
    }
}

async fn queues_show_what_waits_and_keep_routes_and_people_to_those_who_may(db: TestDb) {
    let shop = Shop::open(&db, 4).await;
    let request = shop.request("first").await;
    let rule = shop.rule(request).await;
    let mut threads = Vec::new();
    for who in 0..4 {
        threads.push(shop.hears(who, &format!("wamid.{who}"), "Hello", NOW.before(MINUTE * 90)).await);
    }
    shop.put(&threads[1], "support", json!({"queue": "support", "note": "angry"})).await;
    shop.put(&threads[2], "support", json!({"queue": "support"})).await;
    shop.put(&threads[2], "legal", json!({"queue": "legal", "note": "sues us"})).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    let tenant = shop.world.tenant.id;
    let is = conversations::find(&mut tx, tenant, threads[1].id).await.unwrap().unwrap();
    let to = Assignment { queue: Some("support"), person: Some(shop.world.owner.id), answer_by: None };
    let details = json!({"person": shop.world.owner.id});
    let actor = Actor::Person(shop.world.owner.id);
    let act = Act { act: ConversationAct::Assigned, actor: &actor, details: &details };
    conversations::assign(&mut tx, tenant, &is, &to, &act, NOW).await.unwrap();
    tx.commit().await.unwrap();

    let items = shop.agent().pages(INBOX, json!({}), 1).await;
    let names: Vec<&Value> = items.iter().map(|item| &item["queue"]).collect();
    assert_eq!(names, [&Value::Null, &json!("support"), &json!("vip")], "not the restricted one of others");
    assert_eq!((&items[0]["open"], &items[1]["open"], &items[2]["open"]), (&json!(2), &json!(1), &json!(0)));
    let support = &items[1];
    assert_eq!((&support["unassigned"], &support["waiting"], &support["late"]), (&json!(0), &json!(1), &json!(0)));
    assert_eq!((&support["in_hands"], &support["led_here_by"]), (&Value::Null, &Value::Null));
    assert_eq!(support["answer_within_seconds"], 1_800);
    let handovers = support["handovers"].as_array().unwrap();
    assert_eq!(handovers.len(), 2, "what has gone on to the restricted queue is not there: {support:#}");
    assert_eq!((&handovers[0]["by"], &handovers[0]["person"]), (&json!("K. Wong"), &json!("K. Wong")));
    assert_eq!((&handovers[1]["by"], &handovers[1]["note"]), (&json!("automation"), &json!("•••")));
    assert_eq!(items[2]["people"][0]["name"], "K. Wong");
    let later = shop.agent().call(INBOX, json!({"queue": "support", "handovers_since": NOW.after(MINUTE)})).await;
    assert_eq!((later["items"].as_array().unwrap().len(), &later["items"][0]["handovers"]), (1, &json!([])));
    for queue in ["legal", "nowhere"] {
        assert_eq!(shop.agent().refused(INBOX, json!({"queue": queue})).await["code"], "not_found", "{queue}");
    }
    let (_, full) = shop.world.agent("full", "read,notes,staff_metrics,routing").await;
    let support = shop.door.modern(&full).call(INBOX, json!({"queue": "support"})).await["items"][0].take();
    assert_eq!((&support["in_hands"][0]["open"], &support["handovers"][1]["note"]), (&json!(1), &json!("angry")));
    let route = &support["led_here_by"][0];
    assert_eq!(
        (&route["id"], &route["name"], &route["version"]),
        (&json!(rule.to_string()), &json!("Complaints"), &json!(1))
    );
}
