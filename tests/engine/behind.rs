//! A database that is older than what has happened: what shows it, what it refuses meanwhile, and how it is seen to.

use std::sync::Arc;
use std::time::Duration;

use countersign::approvals::{begin, behind as approvals, engine};
use countersign::domain::clock::{Clock as _, SystemClock, Timestamp};
use countersign::domain::deliveries::{AttemptToken, Delivery, DeliveryState, Desired};
use countersign::domain::ids::{DaemonId, ExecutionId};
use countersign::domain::requests::Status;
use countersign::store::behind::{self, Known};
use countersign::store::deliveries::{self, Grip, GroupCommit, Outcome, Settled, Surprise};
use countersign::store::identity::Identity;
use countersign::store::instance::{self, Instance};
use countersign::store::{Db, requests};
use countersign::tools::Ctx;
use serde_json::json;

use super::inbox::{Door, SECRET};
use super::play::{self, Meta, Play};
use super::{LEASE, NUMBER, Stage, accepted, at, commit, part, sql, unknown, wish, word};
use crate::support::db::{Kind, TestDb, on_both};

on_both!(
    in_a_database_that_went_back_in_time_nothing_is_begun,
    a_message_of_a_try_that_the_ledger_has_forgotten_settles_its_row,
    news_of_a_message_that_this_database_never_sent_stops_everything_once,
    while_the_mark_cannot_be_kept_nothing_is_sent,
    nothing_is_begun_before_a_loss_is_seen_to,
    a_row_that_somebody_else_wrote_shows_that_a_dump_was_restored,
    whoever_sees_to_a_loss_is_ahead_of_all_that_anybody_remembers,
    two_daemons_see_to_one_loss_and_touch_nothing_that_came_after,
    nothing_begins_with_the_answer_that_shows_a_loss,
    what_is_on_its_way_when_all_is_made_to_stand_still_is_in_doubt,
);

async fn entered(db: &Db) -> (Instance, Identity) {
    let identity = Identity::of(db).await.unwrap();
    let (entered, _) = instance::enter(db, "test", 0, &identity, at(1)).await.unwrap();
    (entered, identity)
}

async fn notice(db: &Db) -> Timestamp {
    let now = SystemClock.now();
    let mut tx = db.begin().await.unwrap();
    behind::notice(&mut tx, now, now).await.unwrap();
    tx.commit().await.unwrap();
    behind::noticed(db).await.unwrap().expect("it waits to be seen to")
}

/// As the worker does it.
async fn see_to(ctx: &Ctx) {
    let noticed = behind::noticed(&ctx.db).await.unwrap().expect("it waits to be seen to");
    let identity = Identity::of(&ctx.db).await.unwrap();
    assert!(approvals::stand_still(ctx, noticed, 0, &identity).await.unwrap().is_some());
    assert_eq!(behind::noticed(&ctx.db).await.unwrap(), None);
}

/// The database was put back from a backup while its daemon had messages on their way.
async fn a_message_of_a_try_that_the_ledger_has_forgotten_settles_its_row(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(3, 3).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    commit(&stage, &execution, me, &[], &[part(&lease, &[0])]).await;
    let late = [accepted(0, 2, "wamid.A"), accepted(1, 1, "wamid.B"), unknown(2, 1)];
    let done = commit(&stage, &execution, me, &late, &[]).await;
    let moved = Surprise::Moved { seq: 2, attempt: 1, state: DeliveryState::Queued };
    assert_eq!(
        done.surprises,
        [Surprise::Lost { seq: 0, attempt: 2 }, Surprise::Lost { seq: 1, attempt: 1 }, moved],
        "nobody got it twice"
    );
    for (seq, stands) in [(0, Delivery::Accepted), (1, Delivery::Accepted), (2, Delivery::Queued)] {
        assert_eq!(word(&stage, &execution, seq).await, stands);
    }
    let done = commit(&stage, &execution, me, &[accepted(0, 1, "wamid.C")], &[part(&lease, &[0, 1, 2])]).await;
    assert_eq!(done.surprises, [Surprise::SecondMessage { seq: 0, attempt: 1 }], "an earlier one arrived too");
    assert_eq!(done.parts[0].grip, Grip::Held);
    assert_eq!(done.parts[0].intents, [(2, 1)], "what Meta has does not go out again");
}

async fn in_a_database_that_went_back_in_time_nothing_is_begun(test: TestDb) {
    let stage = Stage::new(&test).await;
    let execution = stage.built(8, 4).await;
    let me = DaemonId::random();
    let (entered, identity) = entered(&stage.db).await;
    let lease = stage.claim(&execution, me).await.unwrap();
    let wanted = [part(&lease, &[0, 1])];
    let refuses = async |known: Known| {
        let mut tx = stage.db.begin().await.unwrap();
        assert_eq!(deliveries::claim(&mut tx, execution.id, me, LEASE, known, at(2)).await.unwrap(), None);
        drop(tx);
        let behind = GroupCommit { known, ..wish(&stage, &execution, me, &[], &wanted) };
        let behind = deliveries::group_commit(&stage.db, &behind).await.unwrap();
        assert_eq!((behind.parts[0].grip, behind.parts[0].intents.len()), (Grip::Behind, 0));
    };
    let known = Known { epoch: entered.epoch, database: identity.database(), unkept: false };
    refuses(Known { epoch: entered.epoch + 1, ..known }).await;
    refuses(Known { database: Some(identity.database().unwrap_or(0) + 1), ..known }).await;
    // Whoever finds it stops all, in the transaction that shows it.
    let mut tx = stage.db.begin().await.unwrap();
    behind::notice(&mut tx, at(3), at(3)).await.unwrap();
    tx.commit().await.unwrap();
    refuses(known).await;
    assert_eq!(behind::raise(&stage.db, 0, &identity.to_text(), &identity).await.unwrap(), None);
    assert!(behind::seen_to(&stage.db, at(3), 0, &identity, at(4)).await.unwrap().is_some());
    let wanted = GroupCommit { known, ..wish(&stage, &execution, me, &[], &wanted) };
    let done = deliveries::group_commit(&stage.db, &wanted).await.unwrap();
    assert_eq!(done.parts[0].intents.len(), 2, "the guard is all it was");
}

async fn news_of_a_message_that_this_database_never_sent_stops_everything_once(test: TestDb) {
    let door = Door::new(&test).await;
    entered(&door.ctx.db).await;
    let execution = door.stage.built(4, 4).await;
    let (other, asked) = (Stage::of(&test, "Peak Tea").await, Stage::of(&test, "Reef Tea").await);
    sql!(&asked.db, "update action_request set status = 'pending_approval' where id = $1", asked.request.uuid());
    sql!(&other.db, "update action_request set status = 'approved' where id = $1", other.request.uuid());
    let lost = async |wamid: &str| {
        let token = AttemptToken { execution: ExecutionId::random(), seq: 3, attempt: 1 };
        let status = json!({"id": wamid, "status": "delivered", "timestamp": SystemClock.now().seconds().to_string(),
            "recipient_id": "85261234567", "biz_opaque_callback_data": token.to_text(SECRET)});
        door.hear("messages", json!({"metadata": {"phone_number_id": NUMBER}, "statuses": [status]})).await;
        if behind::noticed(&door.ctx.db).await.unwrap().is_some() {
            see_to(&door.ctx).await;
        }
        deliveries::find(&door.ctx.db, door.stage.tenant, execution.id).await.unwrap().unwrap()
    };
    let stands = lost("wamid.1").await;
    assert_eq!(stands.desired, Desired::Pause);
    assert!(stands.reason.unwrap().contains("restored from a backup"));
    let request = async |of: &Stage| requests::find(&of.db, of.tenant, of.request).await.unwrap().unwrap();
    assert_eq!(request(&door.stage).await.status, Status::Paused);
    let void = request(&other).await;
    assert_eq!(void.status, Status::Stale, "what was approved may have been done");
    assert!(void.error.unwrap().message.contains("may have been carried out already"));
    assert_eq!(request(&asked).await.status, Status::Stale, "and so may what waits for people in this copy");
    // Whoever lets it go on has decided; Meta goes on telling of what was lost.
    let mut tx = door.ctx.db.begin().await.unwrap();
    assert!(deliveries::set_desired(&mut tx, door.stage.tenant, execution.id, Desired::Run, None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(lost("wamid.2").await.desired, Desired::Run);
}

async fn while_the_mark_cannot_be_kept_nothing_is_sent(test: TestDb) {
    let mut play = Play::at(&test, 60, 200, Meta::new(Duration::from_millis(1), play::accepted)).await;
    let (engine, job) = (play.engine(10).await, play.job().await);
    engine.remembered.keeps(false);
    assert!(engine::carry_out(Arc::clone(&engine), job).await.is_err(), "it is tried again later");
    assert_eq!(play.meta.requests(), 0);
    engine.remembered.keeps(true);
    engine::carry_out(engine, play.job().await).await.unwrap();
    assert_eq!((play.meta.requests(), play.status().await), (60, Status::Succeeded));
}

async fn nothing_is_begun_before_a_loss_is_seen_to(test: TestDb) {
    let door = Door::new(&test).await;
    entered(&door.ctx.db).await;
    let other = Stage::of(&test, "Peak Tea").await;
    let far = SystemClock.now().after(Duration::from_hours(1));
    let approved = "update action_request set status = 'approved', not_before = 0, start_by = $2 where id = $1";
    sql!(&other.db, approved, other.request.uuid(), far);
    let status = async || requests::find(&other.db, other.tenant, other.request).await.unwrap().unwrap().status;
    notice(&other.db).await;
    begin::begin(&door.ctx, other.tenant, other.request).await.unwrap();
    assert_eq!(status().await, Status::Approved, "nobody takes it");
    see_to(&door.ctx).await;
    assert_eq!(status().await, Status::Stale);
}

async fn a_row_that_somebody_else_wrote_shows_that_a_dump_was_restored(test: TestDb) {
    let stage = Stage::new(&test).await;
    if test.kind == Kind::Sqlite {
        return; // A file that is written anew is another file, or has its attribute.
    }
    let (_, identity) = entered(&stage.db).await;
    let text = identity.to_text();
    let by_hand = "update instance set behind_since = null";
    for harmless in ["vacuum full instance", "vacuum freeze instance", "analyze instance", by_hand] {
        test.execute(harmless).await;
        assert!(behind::raise(&stage.db, 0, &text, &identity).await.unwrap().is_some(), "{harmless}");
        entered(&stage.db).await;
        assert_eq!(behind::noticed(&stage.db).await.unwrap(), None, "{harmless}");
    }
    let dumped = "create table kept as select * from instance";
    for restores in [dumped, "delete from instance", "insert into instance select * from kept"] {
        test.execute(restores).await;
    }
    assert_eq!(behind::raise(&stage.db, 0, &text, &identity).await.unwrap(), None, "by one that lives");
    entered(&stage.db).await;
    assert!(behind::noticed(&stage.db).await.unwrap().is_some(), "by one that starts");
    let noticed = behind::noticed(&stage.db).await.unwrap().unwrap();
    assert!(behind::seen_to(&stage.db, noticed, 0, &identity, at(4)).await.unwrap().is_some());
    assert!(behind::raise(&stage.db, 0, &text, &identity).await.unwrap().is_some(), "it is ours again");
}

/// The same backup is put back a second time, and seen to by a daemon that remembers less than another one.
async fn whoever_sees_to_a_loss_is_ahead_of_all_that_anybody_remembers(test: TestDb) {
    let stage = Stage::new(&test).await;
    let (entered, identity) = entered(&stage.db).await;
    let seen_to = async |seconds, remembered| {
        sql!(&stage.db, "update instance set epoch = 3, noticed_at = null where one = 1");
        let mut tx = stage.db.begin().await.unwrap();
        behind::notice(&mut tx, at(seconds), at(seconds)).await.unwrap();
        tx.commit().await.unwrap();
        behind::seen_to(&stage.db, at(seconds), remembered, &identity, at(seconds)).await.unwrap().unwrap()
    };
    let first = seen_to(10, entered.epoch + 5_000).await;
    // A day later, raised by ten daemons each second meanwhile.
    let second = seen_to(86_410, 0).await;
    assert!(second > first + 864_000, "{first} {second}");
}

async fn two_daemons_see_to_one_loss_and_touch_nothing_that_came_after(test: TestDb) {
    let door = Door::new(&test).await;
    let (_, identity) = entered(&door.ctx.db).await;
    let execution = door.stage.built(4, 4).await;
    let noticed = notice(&door.ctx.db).await;
    let stand_still = || approvals::stand_still(&door.ctx, noticed, 0, &identity);
    let (one, two) = tokio::try_join!(stand_still(), stand_still()).unwrap();
    assert_eq!([one, two].iter().flatten().count(), 1, "one of them has done it: {one:?} {two:?}");
    // What people ask for and let go on afterwards is none of a daemon's that comes late.
    let other = Stage::of(&test, "Peak Tea").await;
    sql!(&other.db, "update action_request set status = 'pending_approval' where id = $1", other.request.uuid());
    let mut tx = door.ctx.db.begin().await.unwrap();
    assert!(deliveries::set_desired(&mut tx, door.stage.tenant, execution.id, Desired::Run, None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(stand_still().await.unwrap(), None);
    let stands = requests::find(&other.db, other.tenant, other.request).await.unwrap().unwrap();
    assert_eq!(stands.status, Status::PendingApproval);
    let stands = deliveries::find(&door.ctx.db, door.stage.tenant, execution.id).await.unwrap().unwrap();
    assert_eq!(stands.desired, Desired::Run);
}

async fn nothing_begins_with_the_answer_that_shows_a_loss(test: TestDb) {
    let stage = Stage::new(&test).await;
    entered(&stage.db).await;
    let execution = stage.built(4, 4).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    let forgotten = [accepted(0, 1, "wamid.A")];
    let done = commit(&stage, &execution, me, &forgotten, &[part(&lease, &[1, 2])]).await;
    assert_eq!(done.surprises, [Surprise::Lost { seq: 0, attempt: 1 }]);
    assert_eq!((done.parts[0].grip, done.parts[0].intents.len()), (Grip::Behind, 0));
    assert!(behind::noticed(&stage.db).await.unwrap().is_some());
    assert_eq!(word(&stage, &execution, 0).await, Delivery::Accepted);
    // Seen to before: the same loss again, and it goes on from where it was.
    let noticed = behind::noticed(&stage.db).await.unwrap().unwrap();
    let identity = Identity::of(&stage.db).await.unwrap();
    assert!(behind::seen_to(&stage.db, noticed, 0, &identity, noticed).await.unwrap().is_some());
    let late = [accepted(3, 1, "wamid.D")];
    let done = commit(&stage, &execution, me, &late, &[part(&lease, &[1, 2])]).await;
    assert_eq!((done.parts[0].grip, behind::noticed(&stage.db).await.unwrap()), (Grip::Behind, None));
    let done = commit(&stage, &execution, me, &[], &[part(&lease, &[1, 2])]).await;
    assert_eq!(done.parts[0].intents, [(1, 1), (2, 1)]);
}

async fn what_is_on_its_way_when_all_is_made_to_stand_still_is_in_doubt(test: TestDb) {
    let door = Door::new(&test).await;
    entered(&door.ctx.db).await;
    let stage = &door.stage;
    let execution = stage.built(5, 5).await;
    let me = DaemonId::random();
    let lease = stage.claim(&execution, me).await.unwrap();
    commit(stage, &execution, me, &[], &[part(&lease, &[0, 1, 2])]).await;
    notice(&stage.db).await;
    see_to(&door.ctx).await;
    // Meta turns one away, which says nothing of the message that may have gone out before; and a commit of which nobody knew
    // whether it happened reports that its request was never begun.
    let turned_away = |seq: u32| Outcome {
        seq,
        attempt: 1,
        epoch: lease.epoch,
        settled: Settled::NotSent { retry_at: at(11), why: "130429".into() },
    };
    let late = [turned_away(0), accepted(1, 1, "wamid.B"), turned_away(3)];
    let done = commit(stage, &execution, me, &late, &[]).await;
    let moved = |seq| Surprise::Moved { seq, attempt: 1, state: DeliveryState::Unknown };
    assert_eq!(done.surprises, [moved(0), Surprise::Lost { seq: 1, attempt: 1 }, moved(3)]);
    let stands = [Delivery::Unknown, Delivery::Accepted, Delivery::Unknown, Delivery::Unknown, Delivery::Unknown];
    for (seq, stands) in (0..).zip(stands) {
        assert_eq!(word(stage, &execution, seq).await, stands, "{seq}");
    }
    let (waiting, _) = deliveries::retries(&stage.db, execution.id, 0, 5, at(99), 9).await.unwrap();
    assert_eq!(waiting, [], "none of them goes out by itself");
}
