//! Files of contacts that are longer than one stretch: read and written piece by piece, what is done stays so whoever dies, and
//! everybody is looked at again before they are written.

use countersign::approvals::imports;
use countersign::domain::action::Action;
use countersign::domain::clock::Clock as _;
use countersign::domain::consent::Suppression;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::{audit, consent, contacts, imports as rows};
use countersign::tools::contacts::import;
use countersign::tools::contacts::import::write::{Went, go_on};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::import_files::{HEAD, LEASE, STATUS, Shop, line};
use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, person};

on_both!(
    a_long_file_is_read_and_written_in_stretches,
    whoever_stops_in_the_middle_is_gone_on_after,
    whoever_opts_out_between_two_stretches_stays_out,
    a_stretch_that_was_tampered_with_ends_it,
);

/// A file of so many people, in a size that a call does not read itself.
fn long(people: usize) -> String {
    let lines: String = (0..people).map(line).collect();
    format!("{HEAD},notes\n{lines}")
}

impl Shop {
    /// The next stretch, as the worker writes it; not kept if it dies before.
    async fn stretch(&self, request: &ActionRequest, kept: bool) -> Went {
        let Action::ContactImport(plan) = &request.preview.action else { panic!() };
        let mut tx = self.world.db.begin().await.unwrap();
        let went = go_on(&mut tx, self.world.tenant.id, plan, NOW).await.unwrap();
        if kept {
            tx.commit().await.unwrap();
        } else {
            tx.roll_back().await.unwrap();
        }
        went
    }

    async fn write(&self) {
        imports::write(&self.door.ctx, &CancellationToken::new()).await.unwrap();
    }
}

async fn a_long_file_is_read_and_written_in_stretches(db: TestDb) {
    const PEOPLE: usize = 21_000;
    let shop = Shop::open(db).await;
    let mut text = long(PEOPLE);
    // Far apart, and the same person.
    text.push_str(&line(7));
    let answer = shop.preview_of_long(shop.arguments(text).await).await;
    let view = &answer["preview"];
    assert_eq!(
        (&view["change"]["new"], &view["left_out"]["rows"][0]["reason"]),
        (&json!(PEOPLE), &json!("duplicate_in_list"))
    );
    assert_eq!(view["left_out"]["rows"][0]["line"], PEOPLE + 2);
    let samples = view["change"]["samples"].as_array().unwrap();
    assert!(samples.len() >= 5 && samples.last().unwrap()["line"].as_u64().unwrap() > 15_000, "over all of it");
    assert_eq!(shop.people().await, 0, "nothing is written before anybody has signed");
    let begun = shop.begun(&answer).await;
    assert_eq!(begun.status, Status::Executing);
    let ask = json!({"action_request_id": answer["action_request_id"]});
    assert_eq!(shop.agent.call(STATUS, ask.clone()).await["import"]["done"], 0);

    // It dies before the first stretch is durable, and after it.
    assert!(matches!(shop.stretch(&begun, false).await, Went::On));
    assert_eq!(shop.people().await, 0);
    assert!(matches!(shop.stretch(&begun, true).await, Went::On));
    let status = shop.agent.call(STATUS, ask.clone()).await;
    assert_eq!((&status["status"], &status["import"]["done"]), (&json!("executing"), &json!(10_000)), "{status:#}");
    assert_eq!(shop.people().await, 10_000);
    shop.write().await;
    let done = shop.stored(&answer).await;
    assert_eq!(done.status, Status::Succeeded, "{:?}", done.error);
    let result = done.result.unwrap();
    assert_eq!((&result["new"], &result["left_out_since_signing"]), (&json!(PEOPLE), &json!(0)));
    let counts = shop.db.rows().await;
    let counts = ["contact", "contact_tag", "consent_record", "contact_consent"].map(|table| counts[table]);
    assert_eq!(counts, [21_000, 42_000, 21_000, 21_000], "each once");
    shop.write().await;
    assert_eq!(shop.people().await, 21_000, "and there is nothing left to do");
    let log = shop.world.db.clone();
    let entries = audit::list(&log, shop.world.tenant.id, &Default::default(), 99).await.unwrap();
    let ends = entries.iter().filter(|entry| entry.act == "execution.finished").count();
    assert_eq!(ends, 1, "its end is written down once");
}

async fn whoever_stops_in_the_middle_is_gone_on_after(db: TestDb) {
    let shop = Shop::open(db).await;
    let text = long(21_000);
    let whole = shop.preview_of_long(shop.arguments(text.clone()).await).await;
    // The same again after a quarter of an hour, by daemons that stop after each stretch.
    shop.door.clock.advance(Duration::from_mins(16));
    let mut arguments = shop.arguments(text).await;
    arguments["name"] = "Winter fair again".into();
    let stopped = CancellationToken::new();
    stopped.cancel();
    let worker = async {
        let mut stretches = 0;
        loop {
            let (ctx, now) = (&shop.door.ctx, shop.door.clock.now());
            if let Some(import) = rows::take(&ctx.db, now, now.after(LEASE)).await.unwrap() {
                stretches += 1;
                let later = rows::take(&ctx.db, now, now.after(LEASE)).await.unwrap();
                assert!(later.is_none(), "nobody else takes it meanwhile");
                if import::read(ctx, import, (LEASE, &stopped)).await.unwrap() {
                    return stretches;
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (resumed, stretches) = tokio::join!(shop.patient(arguments), worker);
    assert!(stretches > 2, "{stretches}");
    let of = |answer: &Value| {
        let mut view = answer["preview"].clone();
        view["name"].take();
        view
    };
    assert_eq!(of(&resumed), of(&whole), "it comes to the same");
}

async fn whoever_opts_out_between_two_stretches_stays_out(db: TestDb) {
    let shop = Shop::open(db).await;
    let tenant = shop.world.tenant.id;
    // Somebody of the last stretch is known.
    let known = shop.world.contacts(&[person(15_000)]).await;
    let answer = shop.preview_of_long(shop.arguments(long(16_000)).await).await;
    assert_eq!(answer["preview"]["change"]["changed"], 1, "{answer:#}");
    let begun = shop.begun(&answer).await;
    assert!(matches!(shop.stretch(&begun, true).await, Went::On));
    let mut tx = shop.world.db.begin().await.unwrap();
    consent::suppress(&mut tx, tenant, known[0], Suppression::OptedOutOfEverything, "test", None, NOW).await.unwrap();
    // And somebody of the same stretch comes in between, under a name of their own.
    let tm = contacts::NewContact { name: "TM".into(), ..person(15_001) };
    let came = contacts::insert_many(&mut tx, tenant, &[tm]).await.unwrap();
    tx.commit().await.unwrap();
    shop.write().await;
    let result = shop.stored(&answer).await.result.unwrap();
    let figures =
        ["new", "changed", "unchanged", "kept", "left_out_since_signing"].map(|it| result[it].as_u64().unwrap());
    assert_eq!(figures, [15_998, 1, 0, 1, 1], "{result}");
    assert!(consent::standing(&shop.world.db, tenant, &known).await.unwrap().is_empty());
    let suppressed = consent::suppressions(&shop.world.db, tenant, &known).await.unwrap();
    assert_eq!(suppressed[&known[0]].len(), 1, "the opt-out stands");
    let people = contacts::many(&shop.world.db, tenant, &came).await.unwrap();
    let shown = serde_json::to_string(&people[&came[0]].name).unwrap();
    assert!(!shown.contains('C'), "keeps the name that they gave: {shown}");
    assert_eq!(shop.people().await, 16_000);
}

async fn a_stretch_that_was_tampered_with_ends_it(db: TestDb) {
    let shop = Shop::open(db).await;
    let answer = shop.preview_of_long(shop.arguments(long(16_000)).await).await;
    let begun = shop.begun(&answer).await;
    assert!(matches!(shop.stretch(&begun, true).await, Went::On));
    shop.db.execute("update staged_row set phone = '+85299999999' where line = 15000").await;
    shop.write().await;
    let ended = shop.stored(&answer).await;
    assert_eq!(ended.status, Status::PartiallySucceeded);
    assert_eq!(ended.error.unwrap().finding.unwrap().rule, "IMPORT-07");
    assert_eq!(
        (&ended.result.unwrap()["new"], shop.people().await),
        (&json!(10_000), 10_000),
        "what was written is said"
    );

    // Of another list the stretches: one that is changed, one that cannot be, and none that is left.
    for (round, change) in [
        "update staged_chunk set taken = taken - 1 where first_line = 2",
        "update staged_chunk set new = -1 where first_line = 2",
        "delete from staged_chunk",
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("{}{}", long(10_001), "\n".repeat(round));
        let answer = shop.preview_of_long(shop.arguments(text).await).await;
        assert_eq!(shop.begun(&answer).await.status, Status::Executing);
        shop.db.execute(change).await;
        shop.write().await;
        let ended = shop.stored(&answer).await;
        assert_eq!((ended.status, ended.error.unwrap().finding.unwrap().rule.as_str()), (Status::Stale, "IMPORT-07"));
        assert_eq!(shop.people().await, 10_000, "{change}");
    }
}
