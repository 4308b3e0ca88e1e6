//! Importing contacts out of files: every row is judged by the rules of a call, whatever the format, and nobody comes at another's
//! file.

use countersign::approvals::begin::begin;
use countersign::approvals::imports;
use countersign::domain::clock::Clock as _;
use countersign::domain::consent::{ConsentState, MessageCategory, Suppression};
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::consent::NewConsent;
use countersign::store::{consent, requests};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::db::{TestDb, on_both};
use crate::support::door::{Caller, Door};
use crate::support::workbook::{Cell, packed, workbook};
use crate::support::world::{NOW, World, granted, person};

on_both!(
    a_file_of_odd_rows_is_judged_line_by_line,
    what_a_file_says_is_written_once,
    a_workbook_says_what_its_cells_show,
    a_file_that_cannot_be_read_is_refused_whole,
    nobody_comes_at_the_file_of_another,
    what_nobody_needs_is_forgotten,
);

const PREVIEW: &str = "whatsapp.contact_import.preview";
const IMPORT: &str = "whatsapp.contact.import";
pub const STATUS: &str = "whatsapp.action_request.status";
pub const LEASE: Duration = Duration::from_secs(30);
pub const HEAD: &str = "phone,name,language,tags,consent_category,consent_source,consent_date,consent_evidence";

pub struct Shop {
    pub db: TestDb,
    pub world: World,
    pub door: Door,
    pub agent: Caller,
    _folder: TempDir,
}

impl Shop {
    pub async fn open(db: TestDb) -> Self {
        let world = World::new(&db.open().await, "shop").await;
        let folder = tempfile::tempdir().unwrap();
        let door = Door::open_with_files(&world.db, folder.path()).await;
        let (_, key) = world.agent("crm", "read,propose,contacts:pii").await;
        let agent = door.modern(&key);
        Self { db, world, door, agent, _folder: folder }
    }

    pub async fn upload(&self, bytes: impl Into<Vec<u8>>) -> String {
        self.door.upload(&self.agent.key, "winter fair.csv", bytes).await
    }

    pub async fn arguments(&self, bytes: impl Into<Vec<u8>>) -> Value {
        json!({"name": "Winter fair", "upload_id": self.upload(bytes).await, "default_market": "HK"})
    }

    pub async fn preview(&self, arguments: Value) -> Value {
        self.agent.call(PREVIEW, json!({"arguments": arguments, "reason": "The fair."})).await
    }

    pub async fn refused(&self, arguments: Value) -> Value {
        self.agent.refused(PREVIEW, json!({"arguments": arguments, "reason": "The fair."})).await
    }

    /// The preview of a long file, by an agent that asks again for as long as it is being read.
    pub async fn patient(&self, arguments: Value) -> Value {
        loop {
            let ask = json!({"arguments": arguments, "reason": "The fair."});
            let answer = self.agent.result(PREVIEW, ask).await["structuredContent"].take();
            if answer["error"]["code"] != "in_progress" {
                return answer;
            }
            assert_eq!(answer["error"]["retryable"], true);
        }
    }

    /// The preview of a file that a worker reads meanwhile.
    pub async fn preview_of_long(&self, arguments: Value) -> Value {
        let worker = async {
            while imports::read(&self.door.ctx, LEASE, &CancellationToken::new()).await.unwrap() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::join!(self.patient(arguments), worker).0
    }

    pub async fn stored(&self, answer: &Value) -> ActionRequest {
        let id = answer["action_request_id"].as_str().unwrap_or_else(|| panic!("{answer:#}")).parse().unwrap();
        requests::find(&self.world.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    /// As if everybody had signed, and the worker had taken it.
    pub async fn begun(&self, answer: &Value) -> ActionRequest {
        let now = self.door.clock.now().micros();
        let sql = format!(
            "update action_request set status = 'approved', approved_at = {now}, not_before = {now}, start_by = {now} + 1 where status = 'pending_approval'"
        );
        self.db.execute(&sql).await;
        begin(&self.door.ctx, self.world.tenant.id, self.stored(answer).await.id).await.unwrap();
        self.stored(answer).await
    }

    pub async fn people(&self) -> i64 {
        self.db.rows().await["contact"]
    }
}

/// The n-th person of the world, as a line.
pub fn line(n: usize) -> String {
    format!("9{:07},Chan Tai Man {n},en,member;fair,marketing,paper,2026-11-19,card {n}\n", 1_000_000 + n)
}

async fn a_file_of_odd_rows_is_judged_line_by_line(db: TestDb) {
    let shop = Shop::open(db).await;
    let tenant = shop.world.tenant.id;
    let known = shop.world.contacts(&(0..4).map(person).collect::<Vec<_>>()).await;
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::suppress(&mut tx, tenant, known[0], Suppression::OptedOutOfMarketing, "test", None, NOW).await.unwrap();
    let no = NewConsent { state: ConsentState::Withdrawn, ..granted(known[1], MessageCategory::Marketing) };
    consent::record(&mut tx, tenant, &[no], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let long_name = "x".repeat(201);
    let agreed = "marketing,paper,2026-11-19,card 1";
    // Each with how many lines it takes, and why it is left out.
    let odd: Vec<(String, u32, Option<&str>)> = vec![
        (format!("9100 0010,Ann,en,vip,{agreed},gold,"), 1, None),
        (format!(",Ann,en,,{agreed},,"), 1, Some("invalid_phone")),
        (format!("1234,Ann,en,,{agreed},,"), 1, Some("invalid_phone")),
        (format!("+852 0000 0000,Ann,en,,{agreed},,"), 1, Some("invalid_phone")),
        (format!("9100CALL,Ann,en,,{agreed},,"), 1, Some("invalid_phone")),
        (format!("(852) 9100-0010,Ann again,en,,{agreed},,"), 1, Some("duplicate_in_list")),
        (format!("91000011,{long_name},en,,{agreed},,"), 1, Some("text_not_allowed")),
        (format!("91000012,\"two\nlines\",en,,{agreed},,"), 2, Some("text_not_allowed")),
        (format!("91000013,Ann,en,{},{agreed},,", "label ".repeat(20)), 1, Some("text_not_allowed")),
        (format!("91000014,Ann,Cantonese,,{agreed},,"), 1, Some("unknown_language")),
        ("91000015,Ann,en,,,,,,,".into(), 1, Some("no_consent")),
        ("91000015,Ann,en,,marketing,paper,2026-11-19,card 1,,".into(), 1, Some("duplicate_in_list")),
        ("91000016,Ann,en,,,paper,2026-11-19,card 1,,".into(), 1, Some("consent_category_missing")),
        ("91000017,Ann,en,,offers,paper,2026-11-19,card 1,,".into(), 1, Some("consent_category_missing")),
        ("91000018,Ann,en,,marketing,,2026-11-19,card 1,,".into(), 1, Some("consent_source_missing")),
        ("91000019,Ann,en,,marketing,website,2026-11-19,card 1,,".into(), 1, Some("consent_source_missing")),
        ("91000020,Ann,en,,marketing,paper,,card 1,,".into(), 1, Some("consent_date_missing")),
        ("91000021,Ann,en,,marketing,paper,19/11/2026,card 1,,".into(), 1, Some("consent_date_unreadable")),
        ("91000022,Ann,en,,marketing,paper,2026-13-40,card 1,,".into(), 1, Some("consent_date_unreadable")),
        ("91000023,Ann,en,,marketing,paper,2030-01-01,card 1,,".into(), 1, Some("consent_date_in_future")),
        ("91000024,Ann,en,,marketing,paper,2026-11-19,,,".into(), 1, Some("consent_not_traceable")),
        (format!("91000000,Ann,en,,{agreed},,"), 1, Some("opted_out")),
        (format!("91000001,Ann,en,,{agreed},,"), 1, Some("consent_withdrawn")),
        ("91000001,Ann,en,,utility,paper,2026-11-19,card 1,,".into(), 1, Some("duplicate_in_list")),
        ("91000000,Ann,en,,utility,paper,2026-11-19,card 1,,".into(), 1, Some("duplicate_in_list")),
        (",,,,,,,,,".into(), 1, None),
        (String::new(), 1, None),
        (format!("91000002,Chan Siu Man,en,fair,{agreed},silver,"), 1, None),
        (format!("=1+1,Ann,en,,{agreed},,"), 1, Some("invalid_phone")),
        (format!("+85362000010,=cmd|' /C calc'!A0,zh_HK,,{agreed},,\"a\nb\nc\""), 3, None),
        ("91000025,Ann,en,,marketing;utility,oral,2026-11-19,call 1,,".into(), 1, None),
    ];
    let mut wanted = Vec::new();
    let mut at = 2;
    for (_, lines, reason) in &odd {
        wanted.extend(reason.map(|reason| (u64::from(at), reason.to_owned())));
        at += lines;
    }
    let text: String = odd.iter().map(|(row, ..)| format!("{row}\r\n")).collect();
    let mut arguments = shop.arguments(format!("\u{feff}{HEAD},Level,Shoe size\r\n{text}")).await;
    arguments["columns"] = json!({"attributes": {"tier": "level"}});
    let answer = shop.preview(arguments.clone()).await;
    assert_eq!(answer["status"], "pending_approval", "{answer:#}");
    let view = &answer["preview"];
    let of = |row: &Value| (row["line"].as_u64().unwrap(), row["reason"].as_str().unwrap().to_owned());
    let listed: Vec<_> = view["left_out"]["rows"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(listed, wanted);
    let figure = |name: &str| view["change"][name].as_u64().unwrap();
    assert_eq!((figure("new"), figure("changed"), figure("renamed"), figure("unchanged")), (3, 1, 1, 0), "{view:#}");
    assert_eq!(view["rows"].as_u64().unwrap(), wanted.len() as u64 + 4, "nobody counts rows with nothing in them");
    assert_eq!(view["by_word_of_mouth"], 1);
    let file = &view["file"];
    assert_eq!((&file["name"], &file["columns"]["unused"]), (&json!("winter fair.csv"), &json!(["Shoe size"])));
    assert_eq!(file["columns"]["used"][8], json!({"says": "tier", "header": "Level"}));
    let samples = view["change"]["samples"].as_array().unwrap();
    let changed = samples.iter().find(|sample| sample["change"] == "changed").unwrap();
    assert_eq!((&changed["tags"], &changed["facts"]), (&json!(["fair"]), &json!(["tier"])), "{changed:#}");
    let facts = json!([{"name": "tier", "count": 2, "replaced": 1}]);
    assert_eq!(view["change"]["facts"], facts);

    // The same ask is one request; nothing of anybody is in what is kept of it.
    assert_eq!(shop.preview(arguments).await["action_request_id"], answer["action_request_id"]);
    let stored = shop.stored(&answer).await;
    for text in [answer.to_string(), stored.arguments.to_string(), serde_json::to_string(&stored.preview).unwrap()] {
        assert!(!text.contains("910000") && !text.contains("Siu Man") && !text.contains("calc"), "{text}");
    }
    // Page by page, every row.
    let mut paged = Vec::new();
    let mut ask = json!({"action_request_id": answer["action_request_id"], "limit": 5});
    loop {
        let page = shop.agent.call(STATUS, ask.clone()).await["left_out"].take();
        paged.extend(page["items"].as_array().unwrap().iter().map(of));
        if page["next_cursor"].is_null() {
            break;
        }
        ask["cursor"] = page["next_cursor"].clone();
    }
    assert_eq!(paged, wanted);
}

async fn what_a_file_says_is_written_once(db: TestDb) {
    let shop = Shop::open(db).await;
    shop.world.contacts(&[person(0)]).await;
    let text: String = (0..5).map(line).collect();
    let mut ask = shop.arguments(format!("{HEAD}\n{text}")).await;
    ask["reason"] = "The fair.".into();
    let answer = shop.agent.call(IMPORT, ask.clone()).await;
    let done = shop.begun(&answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    let result = done.result.unwrap();
    assert_eq!((&result["new"], &result["changed"], &result["unchanged"]), (&json!(4), &json!(1), &json!(0)));
    let people = shop.agent.pages("whatsapp.contacts.list", json!({}), 9).await;
    assert_eq!(people.len(), 5);
    assert_eq!((&people[4]["phone"], &people[4]["tags"]), (&json!("+85291000004"), &json!(["fair", "member"])));
    assert!(people.iter().all(|it| it["consents"][0]["counts"] == true), "{people:#?}");
    let records = shop.agent.pages("whatsapp.consent_records.list", json!({}), 9).await;
    assert_eq!(records.len(), 5);
    let one = records.iter().find(|record| record["evidence"] == "card 3").unwrap();
    assert_eq!((&one["source"], &one["given_at"]), (&json!("paper"), &json!("2026-11-19T00:00:00Z")), "{one:#}");

    // Once more, under another name: nothing is new, and nothing is written.
    let before = shop.db.rows().await;
    ask["name"] = "Again".into();
    let again = shop.agent.call(IMPORT, ask).await;
    assert_eq!(
        (&again["preview"]["change"]["unchanged"], &again["findings"][0]["rule"]),
        (&json!(5), &json!("IMPORT-06"))
    );
    let done = shop.begun(&again).await;
    assert_eq!((done.status, &done.result.unwrap()["unchanged"]), (Status::Succeeded, &json!(5)));
    assert_eq!(shop.agent.pages("whatsapp.contacts.list", json!({}), 9).await, people);
    for table in ["contact", "contact_tag", "consent_record", "contact_consent"] {
        assert_eq!(shop.db.rows().await[table], before[table], "{table}");
    }
}

async fn a_workbook_says_what_its_cells_show(db: TestDb) {
    use Cell::{Day, Error, Formula, Inline, Nothing, Number, Shared};
    let shop = Shop::open(db).await;
    let head: Vec<Cell<'_>> = HEAD.split(',').map(Shared).collect();
    let agreed = [Shared("marketing"), Shared("paper"), Day(46_345), Shared("card & <1>")];
    let row = |phone: Cell<'static>, name: Cell<'static>| {
        let mut cells = vec![phone, name, Inline("zh_HK"), Nothing];
        cells.extend(agreed);
        Some(cells)
    };
    let rows = [
        None,
        Some(head),
        row(Number(91_000_000.0), Shared("Chan Tai Man")),
        None,
        row(Number(85_291_000_001.0), Formula("HYPERLINK(\"https://x.example\")", "Lee")),
        row(Inline("+852 9100 0002"), Error("#N/A")),
        row(Error("#REF!"), Shared("Nobody")),
    ];
    let bytes = workbook(&rows);
    let answer = shop.preview(shop.arguments(bytes.clone()).await).await;
    let view = &answer["preview"];
    assert_eq!(view["change"]["new"], 3, "{answer:#}");
    assert_eq!(view["left_out"]["rows"], json!([{"line": 7, "reason": "invalid_phone", "phone": null}]));
    assert_eq!(view["consent"][0]["evidence"], json!(["card & <1>"]));
    assert_eq!(view["consent"][0]["oldest"], "2026-11-19T00:00:00Z");
    assert_eq!(shop.begun(&answer).await.status, Status::Succeeded);
    let people = shop.agent.pages("whatsapp.contacts.list", json!({}), 9).await;
    let who: Vec<_> = people.iter().map(|it| (it["phone"].as_str().unwrap(), it["name"].as_str().unwrap())).collect();
    assert_eq!(who, [("+85291000000", "Chan Tai Man"), ("+85291000001", "Lee"), ("+85291000002", "")]);

    let mut hidden = shop.arguments(bytes).await;
    hidden["sheet"] = "Elsewhere".into();
    let refused = shop.refused(hidden).await;
    assert!(refused["findings"][0]["message"].as_str().unwrap().contains("no sheet \"Elsewhere\""), "{refused}");
}

async fn a_file_that_cannot_be_read_is_refused_whole(db: TestDb) {
    let shop = Shop::open(db).await;
    let bomb = |rows: &str, texts: &str| packed(rows, texts);
    let cell = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>";
    let wide = format!("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{}</t></is></c></row>", "x".repeat(2 << 20));
    let many: String = (0..=200)
        .map(|n| format!("9{:07},Ann,en,label {n},marketing,paper,2026-11-19,card\n", 1_000_000 + n))
        .collect();
    for (bytes, rule, says) in [
        (b"\xff\xfep\0h\0".to_vec(), "IMPORT-09", "line 1: not UTF-8"),
        (format!("{HEAD}\n").into_bytes(), "IMPORT-09", "no row under its first line"),
        (
            format!("{HEAD}\n91000000,\"Ann\n{}", "x".repeat(200_000)).into_bytes(),
            "IMPORT-09",
            "line 2: the row is longer",
        ),
        ([HEAD.as_bytes(), b"\n1,2\n3,\xff\n"].concat(), "IMPORT-09", "line 3: not UTF-8"),
        (b"Tel,name\n1,2\n".to_vec(), "IMPORT-09", "no column is the number"),
        (b"phone,Phone\n1,2\n".to_vec(), "IMPORT-09", "two columns have the header"),
        (b"PK\x03\x04 nothing".to_vec(), "IMPORT-09", "the workbook is broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "IMPORT-09", "an old or a locked workbook"),
        (
            bomb(cell, "<sst uniqueCount=\"99999999999999\"><si><t>a</t></si></sst>"),
            "IMPORT-09",
            "holds more than can be read",
        ),
        (
            bomb(cell, &format!("<sst><si><t>{}</t></si></sst>", "<r/>".repeat(17 << 20))),
            "IMPORT-09",
            "different texts",
        ),
        (bomb(&wide, "<sst/>"), "IMPORT-09", "a text without an end"),
        (format!("{HEAD}\n{many}").into_bytes(), "IMPORT-10", "more than 200 different labels"),
    ] {
        let refused = shop.refused(shop.arguments(bytes).await).await;
        assert_eq!(
            (&refused["code"], &refused["findings"][0]["rule"]),
            (&json!("blocked"), &json!(rule)),
            "{says}: {refused}"
        );
        let message = refused["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains(says), "{says}: {message}");
    }
    let mut both = shop.arguments(HEAD).await;
    both["rows"] = json!([{"phone": "1"}]);
    assert_eq!(shop.refused(both).await["code"], "invalid_arguments");
    assert_eq!(shop.agent.call(STATUS, json!({})).await["items"], json!([]), "nobody was asked");
    assert_eq!(shop.people().await, 0);
}

async fn nobody_comes_at_the_file_of_another(db: TestDb) {
    let shop = Shop::open(db).await;
    let arguments = shop.arguments(format!("{HEAD}\n{}", line(0))).await;
    let foreign = World::new(&shop.world.db, "foreign").await;
    let (_, other) = shop.world.agent("other", "read,propose").await;
    let (_, far) = foreign.agent("far", "read,propose").await;
    for key in [other, far] {
        let ask = json!({"arguments": arguments, "reason": "x"});
        assert_eq!(shop.door.modern(&key).refused(PREVIEW, ask).await["code"], "not_found");
    }
    shop.door.clock.advance(Duration::from_hours(25));
    assert_eq!(shop.refused(arguments).await["code"], "not_found", "it has expired");
}

async fn what_nobody_needs_is_forgotten(db: TestDb) {
    let shop = Shop::open(db).await;
    let filed = shop.preview(shop.arguments(format!("{HEAD}\n{}", line(0))).await).await;
    assert_eq!(filed["status"], "pending_approval");
    shop.refused(shop.arguments(format!("{HEAD}\n,,,,\n1,Ann\n")).await).await;
    let stop = CancellationToken::new();
    let kept = async || {
        imports::forget(&shop.door.ctx, &stop).await.unwrap();
        let rows = shop.db.rows().await;
        (rows["staged_import"], rows["staged_row"])
    };
    assert_eq!(kept().await, (2, 2));
    shop.door.clock.advance(Duration::from_hours(25));
    assert_eq!(kept().await, (1, 1), "what nobody made a request of");
    assert_eq!(shop.begun(&filed).await.status, Status::Succeeded);
    assert_eq!(kept().await, (1, 1), "people may look at what was left out");
    shop.door.clock.advance(Duration::from_hours(31 * 24));
    assert_eq!(kept().await, (0, 0));
    assert_eq!(shop.people().await, 1);
}
