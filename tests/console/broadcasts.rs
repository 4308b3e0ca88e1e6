//! Watching what runs, and stopping it.

use countersign::domain::audience::Audience;
use countersign::domain::broadcasts::{BroadcastSpec, BroadcastState, Schedule};
use countersign::domain::canonical::Digest;
use countersign::domain::consent::MessageCategory;
use countersign::domain::contacts::{ContactNo, People};
use countersign::domain::ids::{AudienceId, BroadcastId, ExecutionId, SegmentId};
use countersign::domain::policy::signatures::one_signature;
use countersign::domain::requests::{ActionRequest, Status};
use countersign::store::broadcasts::NewBroadcast;
use countersign::store::deliveries::NewExecution;
use countersign::store::{audience, broadcasts, contacts, deliveries, requests};
use serde_json::json;

use super::world::{PASSWORD, World, business};
use crate::engine::sql;
use crate::support::db::{TestDb, on_both};
use crate::support::world::person;

on_both!(
    the_list_says_what_runs_and_what_ran,
    the_monitor_counts_every_message,
    one_person_stops_it_at_once,
    what_was_paused_goes_on_with_a_signature,
    what_is_foreign_is_not_there,
);

/// Rows of the ledger: state, progress, error code.
const ROWS: [(i64, Option<i64>, Option<i64>); 12] = [
    (0, None, None),
    (0, None, None),
    (1, None, None),
    (2, None, None),
    (2, Some(1), None),
    (2, Some(2), None),
    (2, Some(3), None),
    (2, Some(9), Some(131_049)),
    (4, None, Some(131_026)),
    (4, None, Some(999_999)),
    (5, None, None),
    (3, None, None),
];

/// A request whose broadcast is half sent, to twelve people.
pub async fn running(world: &World, name: &str) -> ActionRequest {
    let request = world.file(one_signature("SIGN-01")).await;
    let people: Vec<_> = (0..ROWS.len()).map(|n| person(n + 100 * (name.len() + 1))).collect();
    let mut tx = world.db.begin().await.unwrap();
    let numbers: Vec<ContactNo> = contacts::insert_many(&mut tx, world.tenant, &people).await.unwrap();
    stored(world, &mut tx, name, &request, &numbers, BroadcastState::Running, &[]).await;
    let id = ExecutionId::random();
    let new = NewExecution {
        id,
        request: request.id,
        phone_number_id: "106540352242922",
        category: MessageCategory::Marketing,
        total: ROWS.len() as u32,
        batch_size: 500,
        per_second: 20,
    };
    deliveries::add(&mut tx, world.tenant, &new, world.now()).await.unwrap();
    let execution = deliveries::of_request(&world.db, world.tenant, request.id).await;
    assert!(execution.is_ok());
    tx.commit().await.unwrap();
    let execution = deliveries::find(&world.db, world.tenant, id).await.unwrap().unwrap();
    let mut tx = world.db.begin().await.unwrap();
    let everybody: People = numbers.iter().map(|no| no.0).collect();
    assert!(deliveries::build(&mut tx, &execution, &everybody, 100, 100, world.now()).await.unwrap());
    tx.commit().await.unwrap();
    for (seq, (state, progress, code)) in (0_i64..).zip(ROWS) {
        sql!(
            &world.db,
            "update delivery set state = $3, progress = $4, error_code = $5 where execution_id = $1 and seq = $2",
            id.uuid(),
            seq,
            state as i32,
            progress.map(|p| p as i32),
            code.map(|c| c as i32)
        );
    }
    sql!(
        &world.db,
        "update action_request set status = 'executing', approved_at = 0, not_before = 0, start_by = 0 where id = $1",
        request.id.uuid()
    );
    request
}

/// As if two of them had stayed in doubt for too long, and nothing else were open.
pub async fn doubtful(world: &World, name: &str) -> ActionRequest {
    let request = running(world, name).await;
    let id = deliveries::of_request(&world.db, world.tenant, request.id).await.unwrap().unwrap().id.uuid();
    sql!(&world.db, "update delivery set state = 5 where execution_id = $1 and state = 0", id);
    sql!(&world.db, "update delivery set state = 3, attempt = 1 where execution_id = $1 and state in (1, 3)", id);
    sql!(&world.db, "update shard set next_seq = seq_to where execution_id = $1", id);
    sql!(&world.db, "update execution set state = 'attention' where id = $1", id);
    sql!(&world.db, "update action_request set status = 'needs_attention' where id = $1", request.id.uuid());
    request
}

pub async fn stored(
    world: &World,
    tx: &mut countersign::store::Tx,
    name: &str,
    request: &ActionRequest,
    numbers: &[ContactNo],
    state: BroadcastState,
    segments: &[SegmentId],
) {
    let spec: BroadcastSpec =
        serde_json::from_value(json!({"name": name, "template": "winter_offer", "segments": segments})).unwrap();
    let list = AudienceId::random();
    let people: People = numbers.iter().map(|no| no.0).collect();
    let frozen = Audience { marks: vec![[0; 8]; numbers.len()], people };
    audience::insert(tx, world.tenant, list, Digest::of(&1).unwrap(), &frozen, world.now()).await.unwrap();
    let new = NewBroadcast {
        id: BroadcastId::random(),
        spec: &spec,
        schedule: &Schedule::default(),
        audience: list,
        audience_count: numbers.len() as u64,
        state,
        created_by: request.id,
        sent_by: Some(request.id),
    };
    assert!(broadcasts::insert(tx, world.tenant, &new, world.now()).await.unwrap());
}

async fn the_list_says_what_runs_and_what_ran(db: TestDb) {
    let world = World::new(db).await;
    let mut ops = world.signed_in("ops").await;
    let empty = ops.get("/broadcasts").await;
    assert!(empty.text().contains("No broadcasts yet."), "{}", empty.text());
    assert_eq!(empty.count(".banner a[href='/broadcasts']"), 0);

    let request = running(&world, "Winter offer").await;
    let waiting = world.file(one_signature("SIGN-01")).await;
    let mut tx = world.db.begin().await.unwrap();
    stored(&world, &mut tx, "Next week", &waiting, &[], BroadcastState::Requested, &[]).await;
    for n in 0..11 {
        stored(&world, &mut tx, &format!("Past {n}"), &waiting, &[], BroadcastState::Done, &[]).await;
    }
    tx.commit().await.unwrap();
    let page = ops.get("/broadcasts").await;
    let row = page.part("section:has(#running) tbody");
    for words in ["Winter offer", "winter_offer", "Sending", "12", "4 of 12 accepted"] {
        assert!(row.contains(words), "{words} is not in {row}");
    }
    assert_eq!(page.attr("#running", "id").as_deref(), Some("running"));
    assert_eq!(page.count(&format!("a[href='/broadcasts/{}']", request.id)), 1);
    assert_eq!(page.count(&format!("a[href='/broadcasts/{}/stop']", request.id)), 1);
    let row = page.part("section:has(#scheduled) tbody");
    assert!(row.contains("Next week") && row.contains("Waiting for review"), "{row}");
    assert_eq!(page.count("section:has(#finished) tbody tr"), 10);
    let next = page.attr(".pager a[rel=next]", "href").unwrap();
    assert_eq!(ops.get(&next).await.count("section:has(#finished) tbody tr"), 1);
    assert!(page.part(".banner").contains("1 sending. Stop…"), "{}", page.part(".banner"));
    assert_eq!(world.signed_in("boss").await.get("/broadcasts").await.count("a[href$='/stop']"), 0, "no role for it");
}

async fn the_monitor_counts_every_message(db: TestDb) {
    let world = World::new(db).await;
    let request = running(&world, "Winter offer").await;
    let path = format!("/broadcasts/{}", request.id);
    let mut ops = world.signed_in("ops").await;
    let page = ops.get(&path).await;
    assert_eq!((page.status, page.part("h1").as_str()), (200, "Winter offer"));
    let tiles: Vec<_> = {
        let html = page.page();
        let tile = scraper::Selector::parse("dl.counts > div").unwrap();
        let text = |el: scraper::ElementRef<'_>| el.text().collect::<Vec<_>>().join(" ");
        html.select(&tile).map(|el| text(el).split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let want = [
        "Queued 2",
        "Sending 1",
        "Accepted by Meta 2",
        "Delivered 1",
        "Read 1",
        "Failed 3",
        "Suppressed 1",
        "Unknown 1",
        "Not sent 0",
    ];
    assert_eq!(tiles, want);
    let text = page.text();
    for words in [
        "The counts sum to 12 messages",
        "131026 The message cannot be delivered to this number. 1",
        "131049 Meta held it back to keep engagement healthy. 1",
        "999999 Meta refused the message for a reason this version does not know. 1",
        "About 1 s left at 20 a second.",
        "+852 •••• ••",
        "C••• T•• M••",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(!page.html.contains("+85291"), "no whole number");
    assert!(!page.html.contains("Chan Tai Man"), "no whole name");
    assert_eq!(page.count("#ledger tbody tr"), 12);
    assert_eq!(page.count(&format!("[data-live='{path}/live']")), 1);
    for (state, rows) in
        [("failed", 3), ("queued", 2), ("read", 1), ("abandoned", 0), ("not_sent", 0), ("nonsense", 12)]
    {
        assert_eq!(ops.get(&format!("{path}?state={state}")).await.count("#ledger tbody tr"), rows, "{state}");
    }
    assert_eq!(ops.get(&format!("{path}?after=9")).await.count("#ledger tbody tr"), 2);
    assert_eq!(ops.get(&format!("{path}?refresh=10")).await.count("meta[http-equiv=refresh]"), 1);
    assert_eq!(page.count("meta[http-equiv=refresh]"), 0, "no page reloads by itself unless asked");
    let fragment = ops.get(&format!("{path}/live")).await;
    assert_eq!((fragment.status, fragment.count("html > head > title"), fragment.count("dl.counts")), (200, 0, 1));
    let on_request = ops.get(&format!("/requests/{}", request.id)).await;
    assert_eq!(on_request.count(&format!("a[href='{path}/stop']")), 1);
    assert!(on_request.text().contains("4 of 12 accepted"), "{}", on_request.text());
    for lang in ["zh-Hant", "zh-Hans"] {
        ops.submit(&page, "/preferences", &[("lang", lang)]).await;
        let page = ops.get(&path).await;
        assert_eq!((page.status, page.html.contains('⟦'), page.count("span[lang=en]")), (200, false, 0));
    }
}

async fn one_person_stops_it_at_once(db: TestDb) {
    let world = World::new(db).await;
    let request = running(&world, "Winter offer").await;
    let path = format!("/broadcasts/{}/stop", request.id);
    for (name, may) in [("boss", false), ("audit", false), ("dpo", false), ("lau", true), ("root", true), ("ops", true)]
    {
        assert_eq!(world.signed_in(name).await.get(&path).await.status, if may { 200 } else { 403 }, "{name}");
    }
    let mut boss = world.signed_in("boss").await;
    let token = boss.get("/inbox").await.form("/logout")[0].1.clone();
    assert_eq!(boss.post(&path, &[("token", &token)]).await.status, 403);

    let mut ops = world.signed_in("ops").await;
    let page = ops.get(&path).await;
    assert!(page.text().contains("Will not be sent 2 queued messages"), "{}", page.text());
    assert!(page.text().contains("May still leave 2 messages"), "{}", page.text());
    assert_eq!(page.part("form.stack button"), "Stop sending");
    let answer = ops.submit(&page, &path, &[]).await;
    assert_eq!((answer.status, answer.location()), (303, format!("/broadcasts/{}", request.id).as_str()));
    let monitor = ops.get(answer.location()).await;
    assert!(monitor.text().contains("Stopped by O. Lee"), "{}", monitor.text());
    assert!(monitor.text().contains("Queued 0") && monitor.text().contains("Not sent 2"), "{}", monitor.text());
    assert!(monitor.part(".notice--warn").contains("2 messages will not be sent"), "{}", monitor.text());
    assert_eq!(monitor.count(&format!("a[href='{path}']")), 0);
    assert_eq!(ops.get(&path).await.status, 409);
    assert_eq!(ops.submit(&page, &path, &[]).await.status, 409, "once is enough");
    assert!(world.acts().await.contains(&"execution.stopped".to_owned()));
    let on_request = ops.get(&format!("/requests/{}", request.id)).await;
    assert!(on_request.text().contains("Stopped by O. Lee"), "{}", on_request.text());
    let stored = requests::find(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_ne!(stored.status, Status::Succeeded);
}

async fn what_was_paused_goes_on_with_a_signature(db: TestDb) {
    let world = World::new(db).await;
    let request = running(&world, "Winter offer").await;
    let monitor = format!("/broadcasts/{}", request.id);
    let (stop, pause, path) = (format!("{monitor}/stop"), format!("{monitor}/pause"), format!("{monitor}/resume"));
    let mut ops = world.signed_in("ops").await;
    assert_eq!(ops.get(&path).await.status, 409, "it does not stand still");
    let page = ops.get(&stop).await;
    assert_eq!(ops.submit(&page, &pause, &[]).await.location(), monitor);
    let paused = ops.get(&monitor).await;
    assert!(paused.text().contains("Paused by O. Lee"), "{}", paused.text());
    assert_eq!(paused.count(&format!("a[href='{path}']")), 1);
    assert_eq!(ops.submit(&page, &pause, &[]).await.status, 409, "it stands still already");
    assert_eq!(ops.get(&stop).await.count(&format!("form[action='{pause}']")), 0);

    // One person lets it stand still; to let it go on takes somebody who may sign, and a password.
    let closed = ops.get(&path).await;
    assert_eq!((closed.status, closed.count(&format!("form[action='{path}']"))), (200, 0));
    let mut lau = world.signed_in("lau").await;
    assert_eq!(lau.get("/inbox").await.count(&format!("a[href='{path}']")), 1, "it waits for whoever may agree");
    let page = lau.get(&path).await;
    assert!(
        page.text().contains("2 messages that wait") && page.text().contains("Paused by O. Lee"),
        "{}",
        page.text()
    );
    assert_eq!(lau.submit(&page, &path, &[("password", "wrong")]).await.status, 422);
    let stored = requests::find(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_eq!(stored.status, Status::Paused);
    let done = lau.submit(&page, &path, &[("password", PASSWORD)]).await;
    assert_eq!((done.status, done.location()), (303, monitor.as_str()));
    let stored = requests::find(&world.db, world.tenant, request.id).await.unwrap().unwrap();
    assert_eq!(stored.status, Status::Executing);
    assert_eq!(lau.submit(&page, &path, &[("password", PASSWORD)]).await.status, 409, "once is enough");
    let acts = world.acts().await;
    assert!(["execution.paused", "execution.resumed"].iter().all(|act| acts.contains(&(*act).to_owned())), "{acts:?}");
    for lang in ["zh-Hant", "zh-Hans"] {
        ops.submit(&paused, "/preferences", &[("lang", lang)]).await;
        let page = ops.get(&stop).await;
        assert_eq!((page.status, page.html.contains('⟦')), (200, false));
    }
}

async fn what_is_foreign_is_not_there(db: TestDb) {
    let mut world = World::new(db).await;
    let (tenant, _, agent) = business(&world.db, "Other Ltd", "-other").await;
    let home = (world.tenant, world.agent.clone());
    (world.tenant, world.agent) = (tenant, agent);
    let foreign = running(&world, "Theirs").await;
    (world.tenant, world.agent) = home;
    let waiting = world.file(one_signature("SIGN-01")).await;
    let mut ops = world.signed_in("ops").await;
    let token = ops.get("/inbox").await.form("/logout")[0].1.clone();
    let bare = BroadcastId::random().to_string();
    let request = format!("/requests/{}", waiting.id);
    let answer = ops.get(&format!("/broadcasts/{}", waiting.id)).await;
    assert_eq!((answer.status, answer.location()), (303, request.as_str()), "nothing of it has begun");
    for end in ["/live", "/stop", "/resume", "/doubts"] {
        assert_eq!(ops.get(&format!("/broadcasts/{}{end}", waiting.id)).await.status, 404);
    }
    for id in [foreign.id.to_string(), bare, "ar_1".into(), "..%2f".into()] {
        for end in ["", "/live", "/stop", "/resume", "/doubts"] {
            assert_eq!(ops.get(&format!("/broadcasts/{id}{end}")).await.status, 404, "{id}{end}");
        }
        assert_eq!(ops.post(&format!("/broadcasts/{id}/stop"), &[("token", &token)]).await.status, 404, "{id}");
    }
    assert!(ops.get("/broadcasts").await.text().contains("No broadcasts yet."));
}
