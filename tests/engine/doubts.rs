//! Messages that stay in doubt: who decides, what each decision does, and what a late webhook does to it.

use std::time::Duration;

use countersign::approvals::doubts::{Ruled, Wish, doubts, rule};
use countersign::approvals::execute;
use countersign::domain::clock::{Clock as _, SystemClock};
use countersign::domain::deliveries::{AttemptToken, Desired, Progress, Ruling};
use countersign::domain::ids::DaemonId;
use countersign::domain::people::{Person, Role};
use countersign::domain::policy::signatures::two_signatures;
use countersign::domain::requests::Status;
use countersign::error::Error;
use countersign::store::audit;
use countersign::store::deliveries::{self, Applied, Reached, StatusUpdate};
use countersign::store::requests::{self, ListFilter};
use countersign::tools::Ctx;

use super::play::{Meta, Play, accepted, unknown};
use super::sql;
use crate::support::db::{TestDb, on_both};
use crate::support::until;

on_both!(
    what_is_left_or_counted_ends_it,
    what_was_counted_and_failed_is_told,
    what_is_sent_again_is_sent_once_more,
    an_old_try_that_is_still_on_its_way_does_not_stand_for_the_next,
    two_signatures_are_two_people,
    only_who_could_have_signed_decides,
    what_stands_still_meanwhile_goes_on_when_people_agree,
    what_is_in_doubt_while_it_stands_still_is_decided_on_at_once,
    what_was_stopped_in_doubt_is_decided_on_at_once,
    what_webhooks_settle_meanwhile_needs_no_ruling,
    what_is_in_doubt_when_it_is_stopped_is_decided_on_all_the_same,
);

const SOON: Duration = Duration::from_secs(20);

/// Twenty people; of two nobody knows whether they got it. It waits for people.
async fn in_doubt(test: &TestDb) -> (Play, tokio::task::JoinHandle<()>) {
    let answer = |who: u32, before| if who < 4 && before == 0 { unknown() } else { accepted(who, before) };
    let mut play = Play::new(test, 20, Meta::new(Duration::from_millis(1), answer)).await;
    play.unknown_after = Duration::ZERO;
    let runner = play.run(4).await;
    play.reaches("people are asked", Status::NeedsAttention).await;
    (play, runner)
}

impl Play {
    fn ctx(&self) -> &Ctx {
        &self.engines[0].ctx
    }

    async fn rules(&self, person: &Person, ruling: Ruling) -> Result<Ruled, Error> {
        let wish = Wish { ruling, attempt: 1, reason: "The customers were asked." };
        rule(self.ctx(), self.stage.tenant, person, self.stage.request, &wish, "password").await
    }

    /// A webhook about the first attempt at each message that was in doubt.
    async fn late_words(&self, reached: Reached) -> Applied {
        let seen = self.meta.seen.lock().unwrap().clone();
        let mut updates: Vec<StatusUpdate> = Vec::new();
        for (who, token, _) in seen.iter().filter(|(who, ..)| *who < 4) {
            let token = AttemptToken::parse(token, &self.instance().secret).unwrap();
            if token.attempt == 1 {
                updates.push(StatusUpdate { token, wamid: format!("wamid.late.{who}"), reached });
            }
        }
        assert_eq!(updates.len(), 2);
        let mut tx = self.stage.db.begin().await.unwrap();
        let now = SystemClock.now();
        let applied = deliveries::apply_statuses(&mut tx, self.stage.tenant, &updates, now).await.unwrap();
        tx.commit().await.unwrap();
        applied
    }

    async fn acts(&self) -> Vec<String> {
        let entries = audit::list(&self.stage.db, self.stage.tenant, &audit::Filter::default(), 50).await.unwrap();
        entries.into_iter().map(|entry| entry.act).collect()
    }
}

async fn what_is_left_or_counted_ends_it(test: TestDb) {
    for (ruling, status, left) in
        [(Ruling::CountAsSent, Status::Succeeded, 0), (Ruling::Leave, Status::PartiallySucceeded, 2)]
    {
        let Some(test) = TestDb::new(test.kind).await else { return };
        let (play, runner) = in_doubt(&test).await;
        let lau = play.somebody(Role::Compliance).await;
        let before = doubts(play.ctx(), play.stage.tenant, &lau, play.stage.request).await.unwrap();
        assert_eq!((before.evidence.count, before.signatures.missing, before.may_rule), (2, 1, Ok(())));
        assert_eq!(before.evidence.ways, [("the connection broke before the answer".to_owned(), 2)]);

        assert_eq!(play.rules(&lau, ruling).await.unwrap(), Ruled::Done(2));
        runner.await.unwrap();
        assert_eq!((play.status().await, play.meta.requests()), (status, 20), "{ruling}: nothing was sent again");
        let tally = play.tally().await;
        assert_eq!((tally.accepted, tally.abandoned, tally.unknown), (20 - left, left, 0), "{tally:?}");
        assert!(play.acts().await.contains(&"execution.ruled".to_owned()));
        let evidence = deliveries::attempts(&play.stage.db, play.id, 0).await.unwrap();
        assert_eq!(evidence.last().unwrap().authorized_by, Some(lau.id));

        // A late webhook is right, whatever was decided; against the decision it is said once.
        let told = play.late_words(Reached::Step(Progress::Delivered)).await;
        assert_eq!((told.contradicted.len() as u64, told.twice.len()), (left, 0), "{ruling}: {told:?}");
        assert_eq!(play.late_words(Reached::Step(Progress::Delivered)).await.contradicted, []);
        assert_eq!(play.tally().await.accepted, 20);
    }
}

async fn what_is_in_doubt_when_it_is_stopped_is_decided_on_all_the_same(test: TestDb) {
    let (play, runner) = in_doubt(&test).await;
    let lau = play.somebody(Role::Compliance).await;
    let stopped = execute::stop(play.ctx(), play.stage.tenant, play.stage.request, &lau).await.unwrap();
    assert_eq!((stopped.under_way, stopped.not_sent), (2, 0));
    assert_eq!(play.status().await, Status::NeedsAttention, "a stop answers nothing");
    let before = doubts(play.ctx(), play.stage.tenant, &lau, play.stage.request).await.unwrap();
    assert_eq!((before.evidence.count, before.may_rule), (2, Ok(())));
    assert!(before.may_send_again.is_err());
    play.rules(&lau, Ruling::SendAgain).await.expect_err("nothing of it is sent any more");
    assert_eq!(play.rules(&lau, Ruling::Leave).await.unwrap(), Ruled::Done(2));
    runner.await.unwrap();
    let tally = play.tally().await;
    assert_eq!((play.status().await, tally.accepted, tally.abandoned, tally.unknown), (Status::Cancelled, 18, 2, 0));
    assert_eq!(play.meta.requests(), 20);
}

/// Counted as sent, and Meta says that they did not reach anybody.
async fn what_was_counted_and_failed_is_told(test: TestDb) {
    let (play, runner) = in_doubt(&test).await;
    let lau = play.somebody(Role::Compliance).await;
    assert_eq!(play.rules(&lau, Ruling::CountAsSent).await.unwrap(), Ruled::Done(2));
    runner.await.unwrap();
    let told = play.late_words(Reached::Failed(Some(131_026))).await;
    assert_eq!((told.contradicted.len(), told.twice.len()), (2, 0), "{told:?}");
    assert_eq!(play.tally().await.failed, 2);
    assert_eq!(play.late_words(Reached::Failed(Some(131_026))).await.contradicted, []);
}

async fn what_is_sent_again_is_sent_once_more(test: TestDb) {
    let (play, runner) = in_doubt(&test).await;
    let lau = play.somebody(Role::Compliance).await;
    assert_eq!(play.rules(&lau, Ruling::SendAgain).await.unwrap(), Ruled::Done(2));
    runner.await.unwrap();
    assert_eq!((play.status().await, play.meta.requests()), (Status::Succeeded, 22));
    assert_eq!(play.meta.counts().values().filter(|count| **count == 2).count(), 2, "those in doubt, and no other");
    let tokens: std::collections::BTreeSet<_> =
        play.meta.seen.lock().unwrap().iter().map(|(_, token, _)| token.clone()).collect();
    assert_eq!(tokens.len(), 22, "each try has its own token");

    // The first attempt arrived after all: what the person took upon them, and no fault of the ledger's.
    let told = play.late_words(Reached::Step(Progress::Delivered)).await;
    assert_eq!((told.contradicted.len(), told.twice.len(), told.unknown.len()), (2, 0, 0), "{told:?}");
    let again = play.late_words(Reached::Step(Progress::Delivered)).await;
    assert_eq!((again.contradicted.len(), again.twice.len()), (0, 0), "said once");
}

/// A daemon that stood still may learn only now what became of a try, with the next one on its way.
async fn an_old_try_that_is_still_on_its_way_does_not_stand_for_the_next(test: TestDb) {
    let mut play = Play::new(&test, 1, Meta::new(Duration::from_secs(2), accepted)).await;
    play.lease = Duration::from_millis(600);
    let runner = play.run(4).await;
    until("it is on its way", SOON, async || (play.meta.requests() == 1).then_some(())).await;
    let heir = DaemonId::random();
    until("another daemon takes over", SOON, async || {
        sql!(&play.stage.db, "update shard set lease_until = 1");
        let mut tx = play.stage.db.begin().await.unwrap();
        let taken = deliveries::sweep(&mut tx, play.id, heir, false, SystemClock.now()).await.unwrap();
        tx.commit().await.unwrap();
        taken.iter().any(|taken| taken.in_doubt == [0]).then_some(())
    })
    .await;
    execute::settle(play.ctx(), Duration::ZERO, play.stage.tenant, play.id).await.unwrap();
    let lau = play.somebody(Role::Compliance).await;
    assert_eq!(play.rules(&lau, Ruling::SendAgain).await.unwrap(), Ruled::Done(1));
    until("it goes again", SOON, async || (play.meta.requests() == 2).then_some(())).await;
    runner.await.unwrap();
    assert_eq!(
        (play.status().await, play.meta.requests()),
        (Status::Succeeded, 2),
        "once more, and not once too often"
    );
    assert_eq!(deliveries::second_messages(&play.stage.db, play.stage.tenant).await.unwrap(), 0);
}

async fn two_signatures_are_two_people(test: TestDb) {
    let (play, runner) = in_doubt(&test).await;
    let quorum = serde_json::to_string(&two_signatures("SIGN-02")).unwrap();
    sql!(&play.stage.db, "update action_request set quorum = $1", quorum.clone());
    let (lau, fung) = (play.somebody(Role::Compliance).await, play.somebody(Role::Compliance).await);
    let boss = play.somebody(Role::Principal).await;
    assert_eq!(play.rules(&lau, Ruling::SendAgain).await.unwrap(), Ruled::Waits(1));
    // Each is offered what each may do, and whoever is wanted finds it in the list of what waits.
    for (person, again, otherwise, listed) in
        [(&lau, false, true, true), (&fung, false, true, false), (&boss, true, false, false)]
    {
        let shown = doubts(play.ctx(), play.stage.tenant, person, play.stage.request).await.unwrap();
        assert_eq!((shown.may_send_again.is_ok(), shown.may_rule.is_ok()), (again, otherwise), "{}", person.role);
        assert_eq!((shown.signatures.all, shown.signatures.missing), (2, 1));
        let lines = requests::list(&play.stage.db, play.stage.tenant, Some(person.id), &ListFilter::default(), 9)
            .await
            .unwrap();
        assert_eq!((lines[0].agreed.as_slice(), lines[0].agreed_by_me), ([Role::Compliance].as_slice(), listed));
    }
    for person in [&lau, &fung] {
        let refused = play.rules(person, Ruling::SendAgain).await.unwrap_err();
        assert!(matches!(refused, Error::Forbidden(_)), "{}: {refused}", person.email);
    }
    assert_eq!((play.meta.requests(), play.status().await), (20, Status::NeedsAttention), "nothing goes before");
    assert_eq!(play.rules(&boss, Ruling::SendAgain).await.unwrap(), Ruled::Done(2));
    runner.await.unwrap();
    assert_eq!((play.status().await, play.meta.requests()), (Status::Succeeded, 22));
    let acts = play.acts().await;
    assert!(["execution.ruling_signed", "execution.ruled"].iter().all(|act| acts.contains(&(*act).to_owned())));
}

async fn only_who_could_have_signed_decides(test: TestDb) {
    let (play, runner) = in_doubt(&test).await;
    let owner = Person { role: Role::Compliance, ..play.stage.person.clone() };
    let manager = play.somebody(Role::Manager).await;
    for person in [&owner, &manager] {
        let refused = play.rules(person, Ruling::Leave).await.unwrap_err();
        assert!(matches!(refused, Error::Forbidden(_)), "{}: {refused}", person.role);
    }
    let lau = play.somebody(Role::Compliance).await;
    let (tenant, request) = (play.stage.tenant, play.stage.request);
    let silent = {
        let wish = Wish { ruling: Ruling::Leave, attempt: 1, reason: "  " };
        rule(play.ctx(), tenant, &lau, request, &wish, "password").await.unwrap_err()
    };
    assert!(matches!(silent, Error::Invalid(_)), "{silent}");
    let unseen = Wish { ruling: Ruling::Leave, attempt: 0, reason: "A page of before." };
    let refused = rule(play.ctx(), tenant, &lau, request, &unseen, "password").await.unwrap_err();
    assert!(matches!(refused, Error::Conflict(_)), "those tries were not on the page: {refused}");
    assert_eq!(play.tally().await.unknown, 2, "nothing was decided");

    // Two at the same moment: one decides, the other is told.
    let fung = play.somebody(Role::Compliance).await;
    let (a, b) = tokio::join!(play.rules(&lau, Ruling::Leave), play.rules(&fung, Ruling::SendAgain));
    let (done, refused) = if a.is_ok() { (a, b) } else { (b, a) };
    assert_eq!(done.unwrap(), Ruled::Done(2));
    assert!(matches!(refused.unwrap_err(), Error::Conflict(_)));
    runner.await.unwrap();
    let late = play.rules(&lau, Ruling::Leave).await.unwrap_err();
    assert!(matches!(late, Error::Conflict(_)), "{late}");
}

async fn what_stands_still_meanwhile_goes_on_when_people_agree(test: TestDb) {
    for ruling in [Ruling::Leave, Ruling::SendAgain] {
        let Some(test) = TestDb::new(test.kind).await else { return };
        let (play, runner) = in_doubt(&test).await;
        execute::pause(play.ctx(), play.stage.tenant, play.stage.request, &play.officer()).await.unwrap();
        assert_eq!(play.status().await, Status::NeedsAttention, "the question stays open");
        let lau = play.somebody(Role::Compliance).await;
        assert_eq!(play.rules(&lau, ruling).await.unwrap(), Ruled::Done(2));
        assert_eq!((play.status().await, play.meta.requests()), (Status::Paused, 20), "{ruling}");
        play.goes_on().await;
        runner.await.unwrap();
        let (status, requests) = match ruling {
            Ruling::SendAgain => (Status::Succeeded, 22),
            _ => (Status::PartiallySucceeded, 20),
        };
        assert_eq!((play.status().await, play.meta.requests()), (status, requests), "{ruling}");
    }
}

/// Twenty people; of two nobody knows whether they got it, and nobody was asked yet.
async fn not_asked(test: &TestDb) -> (Play, tokio::task::JoinHandle<()>) {
    let answer = |who: u32, before| if who < 4 && before == 0 { unknown() } else { accepted(who, before) };
    let mut play = Play::new(test, 20, Meta::new(Duration::from_millis(1), answer)).await;
    play.unknown_after = Duration::from_hours(1);
    let runner = play.run(4).await;
    let all = async || {
        let tally = play.tally().await;
        (tally.unknown == 2 && tally.accepted == 18).then_some(())
    };
    until("two are in doubt", Duration::from_secs(30), all).await;
    (play, runner)
}

async fn what_was_stopped_in_doubt_is_decided_on_at_once(test: TestDb) {
    let (play, runner) = not_asked(&test).await;
    let lau = play.somebody(Role::Compliance).await;
    execute::stop(play.ctx(), play.stage.tenant, play.stage.request, &lau).await.unwrap();
    let before = doubts(play.ctx(), play.stage.tenant, &lau, play.stage.request).await.unwrap();
    assert_eq!((before.evidence.count, before.may_rule), (2, Ok(())));
    play.rules(&lau, Ruling::SendAgain).await.expect_err("nothing of it is sent any more");
    assert_eq!(play.rules(&lau, Ruling::CountAsSent).await.unwrap(), Ruled::Done(2));
    runner.await.unwrap();
    assert_eq!((play.status().await, play.tally().await.accepted), (Status::Cancelled, 20));
}

async fn what_is_in_doubt_while_it_stands_still_is_decided_on_at_once(test: TestDb) {
    let (play, runner) = not_asked(&test).await;
    let lau = play.somebody(Role::Compliance).await;
    play.rules(&lau, Ruling::Leave).await.expect_err("it runs, and Meta may still tell");
    execute::pause(play.ctx(), play.stage.tenant, play.stage.request, &play.officer()).await.unwrap();
    let before = doubts(play.ctx(), play.stage.tenant, &lau, play.stage.request).await.unwrap();
    assert_eq!((before.evidence.count, before.may_rule, before.may_send_again), (2, Ok(()), Ok(())));
    assert_eq!(play.rules(&lau, Ruling::SendAgain).await.unwrap(), Ruled::Done(2));
    assert_eq!(play.status().await, Status::Paused, "and it stands still as before");
    play.rules(&lau, Ruling::Leave).await.expect_err("nothing is in doubt any more");
    play.goes_on().await;
    runner.await.unwrap();
    assert_eq!((play.status().await, play.meta.requests()), (Status::Succeeded, 22));
}

/// Paused while people were asked, and then Meta told of all: nothing is left to decide, and it goes on as from any pause.
async fn what_webhooks_settle_meanwhile_needs_no_ruling(test: TestDb) {
    let (play, runner) = in_doubt(&test).await;
    execute::pause(play.ctx(), play.stage.tenant, play.stage.request, &play.officer()).await.unwrap();
    play.late_words(Reached::Step(Progress::Delivered)).await;
    play.reaches("it only stands still", Status::Paused).await;
    // The worker finds another reason to stand still: it is the one that people read before they agree.
    let mut tx = play.stage.db.begin().await.unwrap();
    let reason = "Meta says that the account may not send now.";
    assert!(deliveries::pause_for(&mut tx, play.stage.tenant, play.id, Desired::Pause, reason).await.unwrap());
    assert!(!deliveries::pause_for(&mut tx, play.stage.tenant, play.id, Desired::Pause, reason).await.unwrap());
    tx.commit().await.unwrap();
    let still = deliveries::find(&play.stage.db, play.stage.tenant, play.id).await.unwrap().unwrap();
    assert_eq!(still.reason.as_deref(), Some(reason));
    play.goes_on().await;
    runner.await.unwrap();
    assert_eq!((play.status().await, play.meta.requests()), (Status::Succeeded, 20));
}
