//! Importing contacts: row by row, asked of people, written once, and no opt-out is ever cleared.

use countersign::approvals::begin::begin;
use countersign::domain::consent::{ConsentState, MessageCategory, Suppression};
use countersign::domain::contacts::import::Amendment;
use countersign::domain::ids::RequestId;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::consent::NewConsent;
use countersign::store::{consent, contacts, requests};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::support::db::{TestDb, on_both};
use crate::support::door::Door;
use crate::support::world::{NOW, World, granted, person, who};

on_both!(
    a_list_is_judged_row_by_row_and_people_are_asked,
    what_was_signed_is_written_once,
    whoever_opts_out_before_it_is_written_stays_out,
    whoever_writes_in_before_it_is_written_keeps_their_name,
    two_that_write_at_once_lose_nothing,
    rows_that_were_tampered_with_are_not_written,
    a_list_that_cannot_be_read_is_refused_whole,
);

const PREVIEW: &str = "whatsapp.contact_import.preview";
const IMPORT: &str = "whatsapp.contact.import";
const STATUS: &str = "whatsapp.action_request.status";

/// The n-th person of the world, as a row.
fn row(n: usize) -> Value {
    json!({
        "phone": format!("+852 9{:07}", 1_000_000 + n), "name": format!("Chan Tai Man {n}"),
        "language": if n.is_multiple_of(2) { "en" } else { "zh_HK" }, "tags": ["member"], "attributes": {"tier": "gold"},
        "consents": [{"category": "marketing", "source": "in_store", "evidence": format!("receipt {n}"), "date": "2026-11-19"}],
    })
}

fn list(rows: impl IntoIterator<Item = Value>) -> Value {
    json!({"name": "Winter fair", "rows": rows.into_iter().collect::<Vec<_>>(), "default_market": "HK"})
}

async fn filed(world: &World, answer: &Value) -> ActionRequest {
    let id: RequestId = answer["action_request_id"].as_str().unwrap().parse().unwrap();
    requests::find(&world.db, world.tenant.id, id).await.unwrap().unwrap()
}

/// As if everybody had signed.
async fn approve(db: &TestDb) {
    let sql = format!(
        "update action_request set status = 'approved', approved_at = {0}, not_before = {0}, start_by = {0} + 1 where status = 'pending_approval'",
        NOW.micros()
    );
    db.execute(&sql).await;
}

/// As if everybody had signed, and the worker has taken it.
async fn carried_out(db: &TestDb, door: &Door, world: &World, answer: &Value) -> ActionRequest {
    let id = filed(world, answer).await.id;
    approve(db).await;
    begin(&door.ctx, world.tenant.id, id).await.unwrap();
    requests::find(&world.db, world.tenant.id, id).await.unwrap().unwrap()
}

async fn a_list_is_judged_row_by_row_and_people_are_asked(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let known = world.contacts(&(0..4).map(person).collect::<Vec<_>>()).await;
    let mut tx = world.db.begin().await.unwrap();
    consent::suppress(&mut tx, tenant, known[2], Suppression::OptedOutOfMarketing, "test", None, NOW).await.unwrap();
    let no = NewConsent { state: ConsentState::Withdrawn, ..granted(known[3], MessageCategory::Marketing) };
    consent::record(&mut tx, tenant, &[no], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose:contacts").await;
    let agent = door.modern(&key);
    let mut rows: Vec<Value> = (0..10).map(row).collect();
    rows[1]["name"] = "Chan Siu Man".into();
    rows[4]["phone"] = "9999".into();
    rows[5]["phone"] = rows[6]["phone"].clone();
    rows[7]["consents"] = json!([]);
    rows[8]["consents"][0]["evidence"] = "".into();
    rows[9]["phone"] = "9100 0009".into();
    let ask = json!({"arguments": list(rows), "reason": "The sign-ups of the winter fair."});
    let answer = agent.call(PREVIEW, ask.clone()).await;
    assert_eq!((&answer["status"], &answer["tool"]), (&json!("pending_approval"), &json!(IMPORT)), "{answer:#}");
    let view = &answer["preview"];
    let figure = |name: &str| view["change"][name].as_u64().unwrap();
    // Rows 6 and 10 are of new people; the first gets a consent, the second another name as well; row 7 repeats the sixth.
    assert_eq!((figure("new"), figure("changed"), figure("renamed"), figure("unchanged")), (2, 2, 1, 0), "{view:#}");
    let left_out = view["left_out"]["rows"].as_array().unwrap();
    assert_eq!((&left_out[0]["phone"], &left_out[2]["phone"]), (&json!("+852 •••• ••02"), &Value::Null));
    assert!(left_out[3..].iter().all(|row| row["phone"].is_string()), "whose row it is can be found: {left_out:#?}");
    let left_out: Vec<(u64, &str)> =
        left_out.iter().map(|row| (row["line"].as_u64().unwrap(), row["reason"].as_str().unwrap())).collect();
    assert_eq!(
        left_out,
        [
            (3, "opted_out"),
            (4, "consent_withdrawn"),
            (5, "invalid_phone"),
            (7, "duplicate_in_list"),
            (8, "no_consent"),
            (9, "consent_not_traceable"),
        ]
    );
    let sum: u64 = view["left_out"]["reasons"].as_array().unwrap().iter().map(|r| r["count"].as_u64().unwrap()).sum();
    assert_eq!(sum + figure("new") + figure("changed") + figure("unchanged"), 10, "the figures add up");
    assert_eq!(
        view["change"]["facts"],
        json!([{"name": "tier", "count": 2, "replaced": 0}]),
        "what is written is shown"
    );
    assert_eq!((&view["consent"][0]["source"], &view["consent"][0]["count"]), (&json!("in_store"), &json!(4)));
    let rules: Vec<_> = answer["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["IMPORT-02", "IMPORT-03", "IMPORT-05"]);
    assert_eq!(answer["approval"]["signatures_required"], 1);

    // People's data are in the rows alone: neither in the answer nor in what is kept of the request.
    let stored = filed(&world, &answer).await;
    for text in [answer.to_string(), stored.arguments.to_string(), serde_json::to_string(&stored.preview).unwrap()] {
        assert!(!text.contains("910000") && !text.contains("Siu Man"), "{text}");
    }
    assert_eq!(door.modern(&key).call(PREVIEW, ask).await["action_request_id"], answer["action_request_id"]);
    // Nothing has been written.
    assert_eq!(contacts::list(&world.db, tenant, &contacts::Filter::default(), 99).await.unwrap().len(), 4);
    let other = World::new(&world.db, "other").await;
    let (_, foreign) = other.agent("foreign", "read,propose").await;
    let id = json!({"action_request_id": answer["action_request_id"]});
    assert_eq!(door.modern(&foreign).refused(STATUS, id).await["code"], "not_found");
}

async fn what_was_signed_is_written_once(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    world.contacts(&[person(0)]).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose,contacts:pii").await;
    let agent = door.modern(&key);
    let mut rows: Vec<Value> = (0..3).map(row).collect();
    rows[0]["tags"] = json!(["fair"]);
    rows[0]["name"] = "".into();
    rows[0]["attributes"] = json!({"stall": "12"});
    let mut ask = list(rows);
    ask["reason"] = "The sign-ups of the winter fair.".into();
    let answer = agent.call(IMPORT, ask.clone()).await;
    let done = carried_out(&db, &door, &world, &answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    let result = done.result.unwrap();
    let figure = |name: &str| result[name].as_u64().unwrap();
    assert_eq!(
        (figure("new"), figure("changed"), figure("unchanged"), figure("left_out_since_signing")),
        (2, 1, 0, 0),
        "{result}"
    );

    let people = agent.pages("whatsapp.contacts.list", json!({}), 9).await;
    assert_eq!(people.len(), 3);
    assert_eq!((&people[0]["name"], &people[0]["tags"]), (&json!("Chan Tai Man 0"), &json!(["fair", "member"])));
    assert_eq!((&people[2]["phone"], &people[2]["language"]), (&json!("+85291000002"), &json!("en")));
    assert!(people.iter().all(|p| p["consents"][0]["counts"] == true), "{people:#?}");
    let one = agent.call("whatsapp.contact.get", json!({"contact_id": people[0]["id"]})).await;
    assert_eq!(one["attributes"], json!({"stall": "12", "tier": "gold"}), "what was known stays");
    let records = agent.pages("whatsapp.consent_records.list", json!({"contact_id": people[1]["id"]}), 9).await;
    assert_eq!((records.len(), &records[0]["evidence"]), (1, &json!("receipt 1")));

    // The worker looks again and finds nothing to do; the same list once more changes nothing.
    begin(&door.ctx, tenant, done.id).await.unwrap();
    ask["reason"] = "Once more, to be sure.".into();
    ask["name"] = "Winter fair again".into();
    let again = agent.call(IMPORT, ask).await;
    assert_eq!(again["preview"]["change"]["unchanged"], 3, "{again:#}");
    assert_eq!(again["findings"][0]["rule"], "IMPORT-06");
    let done = carried_out(&db, &door, &world, &again).await;
    assert_eq!((done.status, &done.result.unwrap()["unchanged"]), (Status::Succeeded, &json!(3)));
    assert_eq!(agent.pages("whatsapp.contacts.list", json!({}), 9).await, people);
    assert_eq!(agent.pages("whatsapp.consent_records.list", json!({}), 9).await.len(), 3);
}

async fn whoever_opts_out_before_it_is_written_stays_out(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let known = world.contacts(&[person(0)]).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose").await;
    let agent = door.modern(&key);
    let mut ask = list((0..2).map(row));
    ask["reason"] = "The sign-ups of the winter fair.".into();
    let answer = agent.call(IMPORT, ask).await;
    assert_eq!((&answer["preview"]["change"]["new"], &answer["preview"]["change"]["changed"]), (&json!(1), &json!(1)));
    let mut tx = world.db.begin().await.unwrap();
    consent::suppress(&mut tx, tenant, known[0], Suppression::OptedOutOfEverything, "test", None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let done = carried_out(&db, &door, &world, &answer).await;
    let result = done.result.unwrap();
    assert_eq!(
        (&result["new"], &result["changed"], &result["left_out_since_signing"]),
        (&json!(1), &json!(0), &json!(1))
    );
    let standing = consent::standing(&world.db, tenant, &known).await.unwrap();
    assert!(standing.is_empty(), "no consent was recorded for whoever opted out");
    let suppressed = consent::suppressions(&world.db, tenant, &known).await.unwrap();
    assert_eq!(suppressed[&known[0]].len(), 1, "and the opt-out stands");

    // With nobody left, nothing is done, and the request says so.
    let mut ask = list([row(0)]);
    ask["rows"][0]["consents"][0]["category"] = "utility".into();
    ask["reason"] = "Again.".into();
    let refused = agent.refused(IMPORT, ask).await;
    assert_eq!((&refused["code"], &refused["findings"][0]["rule"]), (&json!("blocked"), &json!("IMPORT-01")));
    let sentence = refused["findings"][0]["message"].as_str().unwrap();
    assert!(sentence.contains("Line by line: 1 opted out"), "{sentence}");
}

async fn whoever_writes_in_before_it_is_written_keeps_their_name(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose,contacts:pii").await;
    let agent = door.modern(&key);
    let mut ask = list((0..2).map(row));
    ask["reason"] = "The sign-ups of the winter fair.".into();
    let answer = agent.call(IMPORT, ask).await;
    assert_eq!(answer["preview"]["change"]["new"], 2);
    // The name of a WhatsApp profile, and a tier that somebody gave: nobody signed that these are lost.
    let who = who(Some("+85291000000"), None);
    let mut tx = world.db.begin().await.unwrap();
    let known = contacts::know(&mut tx, tenant, &who, "TM", NOW, NOW).await.unwrap().known;
    let silver = BTreeMap::from([("tier", "silver")]);
    let amendment = Amendment { attributes: silver, ..Amendment::default() };
    contacts::amend(&mut tx, tenant, &[(known.no, &amendment)]).await.unwrap();
    tx.commit().await.unwrap();

    let done = carried_out(&db, &door, &world, &answer).await;
    let result = done.result.unwrap();
    let figures =
        ["new", "changed", "unchanged", "kept", "left_out_since_signing"].map(|name| result[name].as_u64().unwrap());
    assert_eq!(figures, [1, 1, 0, 1, 0], "{result}");
    let one = agent.call("whatsapp.contact.get", json!({"contact_id": known.id})).await;
    assert_eq!(one["attributes"], json!({"tier": "silver"}));
    let one = &one["contact"];
    let now = (&one["name"], &one["language"], &one["tags"]);
    assert_eq!(now, (&json!("TM"), &json!("en"), &json!(["member"])), "{one:#}");
    assert_eq!(one["consents"][0]["counts"], true, "what the person agreed to is recorded");
}

/// Two signed lists say different facts of one person, and are written at the same moment.
async fn two_that_write_at_once_lose_nothing(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    world.contacts(&[person(0)]).await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose").await;
    let agent = door.modern(&key);
    let mut asked = Vec::new();
    for fact in ["stall", "size"] {
        let mut ask = list([row(0), row(1)]);
        ask["name"] = format!("With {fact}").into();
        ask["rows"][0]["attributes"] = json!({fact: "12"});
        ask["reason"] = "The sign-ups of the winter fair.".into();
        let answer = agent.call(IMPORT, ask).await;
        asked.push(filed(&world, &answer).await.id);
    }
    approve(&db).await;
    let (a, b) = tokio::join!(begin(&door.ctx, tenant, asked[0]), begin(&door.ctx, tenant, asked[1]));
    a.unwrap();
    b.unwrap();
    let mut new = 0;
    for id in asked {
        let done = requests::find(&world.db, tenant, id).await.unwrap().unwrap();
        assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
        new += done.result.unwrap()["new"].as_u64().unwrap();
    }
    assert_eq!(new, 1, "the second found whom the first had added");
    let people = contacts::list(&world.db, tenant, &contacts::Filter::default(), 9).await.unwrap();
    assert_eq!(people.len(), 2);
    let facts: Vec<&str> = people[0].attributes.keys().map(String::as_str).collect();
    assert_eq!(facts, ["size", "stall", "tier"], "both were written");
}

async fn rows_that_were_tampered_with_are_not_written(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose").await;
    let agent = door.modern(&key);
    for (n, change) in [
        "set phone = '+85291009999' where line = 2",
        "set tags = replace(tags, 'member', 'vip') where line = 1",
        "set consents = replace(consents, 'receipt', 'recital') where line = 1",
        "set market = 'MO' where line = 1",
        "set attributes = 'nothing' where line = 1",
        "set outcome = 'unchanged' where line = 1",
        "set name = name || phone, phone = '' where line = 1",
        "set contact_id = null where line = 1",
        "set place = place + 1",
        "set language = null where line = 2",
        "set found = '{\"contact\":\"ct_00000000000000000000000000\"}' where line = 1",
    ]
    .into_iter()
    .enumerate()
    {
        let mut ask = list((0..2).map(row));
        ask["name"] = format!("Fair {n}").into();
        ask["reason"] = "The sign-ups of the winter fair.".into();
        let answer = agent.call(IMPORT, ask).await;
        db.execute(&format!("update staged_row {change}")).await;
        let done = carried_out(&db, &door, &world, &answer).await;
        assert_eq!(done.status, Status::Stale, "{change}");
        let why = done.error.unwrap();
        assert!(why.message.contains("not those that were signed"));
        assert_eq!(why.finding.unwrap().rule, "IMPORT-07");
        db.execute("delete from staged_row").await;
    }
    assert!(agent.pages("whatsapp.contacts.list", json!({}), 9).await.is_empty());
}

async fn a_list_that_cannot_be_read_is_refused_whole(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let door = Door::open(&world.db).await;
    let (_, key) = world.agent("crm", "read,propose").await;
    let agent = door.modern(&key);
    let with = |change: fn(&mut Value)| {
        let mut arguments = list([row(0)]);
        change(&mut arguments);
        arguments
    };
    for (arguments, says) in [
        (with(|a| a["rows"] = json!([])), "1 to 2000"),
        (with(|a| a["rows"] = json!(vec![json!({}); 2_001])), "Split the list, or upload it"),
        (with(|a| a["rows"] = Value::Null), "give one of them"),
        (with(|a| a["columns"] = json!({"phone": "Tel"})), "only with upload_id"),
        (with(|a| a["upload_id"] = "up_7".into()), "upload_id"),
        (with(|a| a["rows"] = "phone,name".into()), "rows: invalid type: string"),
        (with(|a| a["rows"][0]["mobile"] = "1".into()), "rows[0].mobile: unknown field"),
        (
            with(|a| a["rows"][0]["phone"] = 85_291_000_000_u64.into()),
            "rows[0].phone: invalid type: number, expected a string",
        ),
        (with(|a| a["name"] = " ".into()), "name"),
        (with(|a| a["default_market"] = "Hong Kong".into()), "default_market"),
    ] {
        let ask = json!({"arguments": arguments, "reason": "x"});
        let error = agent.refused(PREVIEW, ask).await;
        assert_eq!(error["code"], "invalid_arguments", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(says) && !message.contains("9100"), "{says}: {error}");
    }
    let (_, reader) = world.agent("reader", "read,propose:broadcasts").await;
    let ask = json!({"arguments": list([row(0)]), "reason": "x"});
    assert_eq!(door.modern(&reader).refused(PREVIEW, ask).await["code"], "forbidden");
    assert_eq!(agent.call(STATUS, json!({})).await["items"], json!([]), "nothing is left of what was refused");
}
