//! The ledger of replies: one request for one intent, whatever dies in between, and never two.

use countersign::domain::business::stop::{Stop, StopReach, StoppedBy};
use countersign::domain::clock::Timestamp;
use countersign::domain::contacts::ContactNo;
use countersign::domain::deliveries::{Delivery, Progress};
use countersign::domain::ids::{DaemonId, ReplyId, RequestId};
use countersign::domain::messages::{Content, Text};
use countersign::domain::replies::{ReplyCause, ReplyRuling, ReplyToken, Saying};
use countersign::store::behind::Known;
use countersign::store::deliveries::Reached;
use countersign::store::replies::{self, Against, Ending, Failed, Intent, NewReply, Origin, Settled, Told};
use countersign::store::stops::{self, Put};
use serde_json::json;
use std::time::Duration;

use crate::engine::{Stage, sql};
use crate::support::db::{TestDb, on_both};

on_both!(
    replies_to_one_person_leave_in_their_order_and_once,
    what_a_dead_daemon_left_is_in_doubt_and_meta_settles_it,
    nothing_is_begun_in_a_database_that_is_behind,
    nothing_is_begun_from_a_number_that_is_stopped,
    a_status_proves_that_meta_has_it,
    what_the_team_wrote_with_the_app_is_kept_once,
    people_are_asked_once_and_decide_once,
    news_against_a_decision_or_an_outcome_count_once,
    a_second_message_is_counted_once,
    what_is_made_ready_has_no_intent_and_yields_to_whoever_took_it,
);

const NUMBER: &str = "7001";
const LEASE: Duration = Duration::from_mins(3);

struct Desk {
    stage: Stage,
    daemon: DaemonId,
}

impl Desk {
    async fn new(db: &TestDb) -> Self {
        Self { stage: Stage::new(db).await, daemon: DaemonId::random() }
    }

    async fn say(&self, contact: u32, texts: &[&str], at: Timestamp) -> Vec<ReplyId> {
        let contents: Vec<_> = texts
            .iter()
            .map(|body| Saying::Message(Content::Text(Text { body: (*body).to_owned(), preview_url: false })))
            .collect();
        let cause = ReplyCause(json!({"rule": "hours", "version": 3}));
        let replies: Vec<_> = contents
            .iter()
            .map(|saying| NewReply {
                number: NUMBER,
                contact: ContactNo(contact),
                source: Origin::Automation(self.stage.request),
                cause: &cause,
                in_reply_to: Some("wamid.in"),
                identity_hash: None,
                saying,
            })
            .collect();
        let mut tx = self.stage.db.begin().await.unwrap();
        let ids = replies::add(&mut tx, self.stage.tenant, &replies, at).await.unwrap();
        tx.commit().await.unwrap();
        ids
    }

    async fn claim(&self, at: Timestamp) -> Vec<Intent> {
        self.claim_knowing(Known::default(), at).await
    }

    async fn claim_knowing(&self, known: Known, at: Timestamp) -> Vec<Intent> {
        let mut tx = self.stage.db.begin().await.unwrap();
        let mut intents = replies::claim(&mut tx, self.daemon, known, (at, at.after(LEASE)), 9).await.unwrap();
        tx.commit().await.unwrap();
        intents.sort_by_key(|intent| intent.contact);
        intents
    }

    async fn settle(&self, intent: &Intent, ending: &Ending, at: Timestamp) -> bool {
        let mut tx = self.stage.db.begin().await.unwrap();
        let token = ReplyToken { reply: intent.id, attempt: intent.attempt };
        let settled = replies::settle(&mut tx, token, ending, at).await.unwrap();
        tx.commit().await.unwrap();
        settled == Settled::Written
    }

    async fn tell(&self, reply: ReplyId, attempt: i16, wamid: &str, reached: Reached) -> Told {
        let mut tx = self.stage.db.begin().await.unwrap();
        let token = ReplyToken { reply, attempt };
        let told = replies::apply_status(&mut tx, self.stage.tenant, token, wamid, reached, at(99)).await.unwrap();
        tx.commit().await.unwrap();
        told
    }

    async fn stands(&self, contact: u32) -> Vec<Delivery> {
        let found =
            replies::to_contact(&self.stage.db, self.stage.tenant, NUMBER, ContactNo(contact), 9).await.unwrap();
        found.iter().rev().map(|reply| reply.delivery).collect()
    }
}

fn at(seconds: i64) -> Timestamp {
    crate::engine::at(seconds)
}

fn texts(intents: &[Intent]) -> Vec<String> {
    let text = |intent: &Intent| match &intent.saying {
        Saying::Message(Content::Text(text)) => text.body.clone(),
        _ => panic!("only texts were said"),
    };
    intents.iter().map(text).collect()
}

async fn replies_to_one_person_leave_in_their_order_and_once(db: TestDb) {
    let desk = Desk::new(&db).await;
    desk.say(1, &["one", "two"], at(0)).await;
    desk.say(2, &["uno"], at(0)).await;
    let first = desk.claim(at(1)).await;
    assert_eq!(texts(&first), ["one", "uno"], "the next one waits for the one before");
    assert!(desk.claim(at(1)).await.is_empty(), "nobody takes them twice");
    assert!(desk.settle(&first[0], &Ending::Again(at(9), "too fast".into()), at(2)).await);
    assert!(desk.claim(at(5)).await.is_empty(), "not before its time, and nothing overtakes it");
    let again = desk.claim(at(9)).await;
    assert_eq!((texts(&again), again[0].attempt), (vec!["one".to_owned()], 2));
    assert!(!desk.settle(&first[0], &Ending::Accepted("wamid.0".into()), at(10)).await, "an earlier try ends nothing");
    assert!(desk.settle(&again[0], &Ending::Accepted("wamid.1".into()), at(10)).await);
    assert_eq!(texts(&desk.claim(at(11)).await), ["two"]);
    assert_eq!(desk.stands(1).await, [Delivery::Accepted, Delivery::Sending]);
    let listed = replies::of_request(&desk.stage.db, desk.stage.tenant, desk.stage.request).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].cause, ReplyCause(json!({"rule": "hours", "version": 3})));
    assert!(replies::of_request(&desk.stage.db, desk.stage.tenant, RequestId::random()).await.unwrap().is_empty());
}

async fn what_a_dead_daemon_left_is_in_doubt_and_meta_settles_it(db: TestDb) {
    let desk = Desk::new(&db).await;
    let ids = desk.say(1, &["one", "two"], at(0)).await;
    let taken = desk.claim(at(1)).await;
    let lapse = async |now: Timestamp| {
        let mut tx = desk.stage.db.begin().await.unwrap();
        let lapsed = replies::lapse(&mut tx, now).await.unwrap();
        tx.commit().await.unwrap();
        lapsed
    };
    assert_eq!(lapse(at(1).after(LEASE)).await, 0, "it may still be at it");
    let later = at(2).after(LEASE);
    assert_eq!(lapse(later).await, 1);
    assert_eq!(desk.stands(1).await, [Delivery::Unknown, Delivery::Queued]);
    assert_eq!(texts(&desk.claim(later).await), ["two"], "what is in doubt is not sent again, and holds up nothing");
    // The daemon was only slow: its answer is welcome. So is Meta's.
    assert!(desk.settle(&taken[0], &Ending::Accepted("wamid.1".into()), later).await);
    assert_eq!(desk.tell(ids[0], 1, "wamid.1", Reached::Step(Progress::Read)).await, Told::Known);
    assert_eq!(desk.tell(ids[0], 1, "wamid.1", Reached::Step(Progress::Sent)).await, Told::Known);
    assert_eq!(desk.stands(1).await[0], Delivery::Read, "never backwards");
}

async fn nothing_is_begun_in_a_database_that_is_behind(db: TestDb) {
    let desk = Desk::new(&db).await;
    desk.say(1, &["one"], at(0)).await;
    let known = Known { epoch: 1_000_000, ..Known::default() };
    assert!(desk.claim_knowing(known, at(1)).await.is_empty());
    let mut tx = desk.stage.db.begin().await.unwrap();
    assert_eq!(replies::doubt_all(&mut tx, at(2)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(desk.claim(at(3)).await.is_empty(), "it may have been said already");
    assert_eq!(desk.stands(1).await, [Delivery::Unknown]);
}

async fn nothing_is_begun_from_a_number_that_is_stopped(db: TestDb) {
    let desk = Desk::new(&db).await;
    let (tenant, person) = (desk.stage.tenant, StoppedBy::Person(desk.stage.person.id));
    desk.say(1, &["one"], at(0)).await;
    let number = StopReach::Number(NUMBER.to_owned());
    let put = async |reach: &StopReach, by, why: &str, when| {
        let mut tx = desk.stage.db.begin().await.unwrap();
        let put = stops::put(&mut tx, tenant, (reach, by), why, when).await.unwrap();
        tx.commit().await.unwrap();
        put
    };
    let lift = async |reach: &StopReach, told_at| {
        let mut tx = desk.stage.db.begin().await.unwrap();
        let lifted = stops::lift(&mut tx, tenant, reach, told_at).await.unwrap();
        tx.commit().await.unwrap();
        lifted
    };
    assert_eq!(put(&StopReach::Number("7002".into()), StoppedBy::Meta, "Its PIN was changed.", at(1)).await, Put::New);
    let intent = desk.claim(at(1)).await.remove(0);
    assert!(desk.settle(&intent, &Ending::Again(at(2), "no".into()), at(2)).await);
    assert_eq!(put(&number, person, "Wrong prices.", at(2)).await, Put::New);
    assert_eq!(put(&number, person, "Wrong prices.", at(3)).await, Put::Known);
    assert!(desk.claim(at(3)).await.is_empty(), "its own number is stopped");
    assert_eq!(put(&StopReach::Business, StoppedBy::Worker, "The token is over.", at(4)).await, Put::New);
    assert_eq!(put(&StopReach::Business, StoppedBy::Meta, "The account is restricted.", at(5)).await, Put::Another);
    let stands = stops::all(&desk.stage.db, tenant).await.unwrap();
    let newest = Stop {
        reach: StopReach::Business,
        by: StoppedBy::Meta,
        reason: "The account is restricted.".into(),
        since: at(4),
        told_at: at(5),
    };
    assert_eq!((stands.len(), &stands[0]), (3, &newest), "since when it stands still stays");
    assert!(!lift(&StopReach::Business, at(4)).await, "nobody lifts what they have not read");
    assert!(lift(&number, at(2)).await);
    assert!(desk.claim(at(6)).await.is_empty(), "all of the business is stopped");
    assert!(lift(&StopReach::Business, at(5)).await);
    assert_eq!(texts(&desk.claim(at(6)).await), ["one"]);
}

async fn a_status_proves_that_meta_has_it(db: TestDb) {
    let desk = Desk::new(&db).await;
    let ids = desk.say(1, &["one", "two"], at(0)).await;
    let first = desk.claim(at(1)).await;
    desk.settle(&first[0], &Ending::Again(at(2), "no connection".into()), at(1)).await;
    assert_eq!(desk.tell(ids[0], 1, "wamid.1", Reached::Step(Progress::Delivered)).await, Told::Known);
    assert_eq!(texts(&desk.claim(at(3)).await), ["two"], "it is not said again");
    assert_eq!(desk.tell(ids[0], 1, "wamid.other", Reached::Step(Progress::Sent)).await, Told::Twice(true));
    assert_eq!(
        desk.tell(ids[1], 1, "wamid.2", Reached::Failed(Some(131_047))).await,
        Told::Failed(Failed { contact: ContactNo(1), code: 131_047, identity_hash: None })
    );
    assert_eq!(
        desk.tell(ids[1], 2, "wamid.3", Reached::Step(Progress::Sent)).await,
        Told::Forgotten,
        "a try that is not known"
    );
    assert_eq!(desk.tell(ReplyId::random(), 1, "wamid.4", Reached::Step(Progress::Sent)).await, Told::Forgotten);
    assert_eq!(desk.stands(1).await, [Delivery::Delivered, Delivery::Failed]);
}

async fn what_the_team_wrote_with_the_app_is_kept_once(db: TestDb) {
    let desk = Desk::new(&db).await;
    desk.say(1, &["one"], at(0)).await;
    let said = ReplyCause(json!({"kind": "text", "text": "On it"}));
    for new in [true, false] {
        let mut tx = desk.stage.db.begin().await.unwrap();
        let to = (NUMBER, ContactNo(1));
        let kept = replies::echo(&mut tx, desk.stage.tenant, to, "wamid.E", &said, (at(1), at(2))).await.unwrap();
        assert_eq!(kept, new);
        tx.commit().await.unwrap();
    }
    assert_eq!(desk.stands(1).await, [Delivery::Queued, Delivery::Sent]);
    let found =
        replies::to_contact(&desk.stage.db, desk.stage.tenant, NUMBER, ContactNo(1), 1).await.unwrap().remove(0);
    assert_eq!((found.request, found.saying.is_none(), &found.cause), (None, true, &said));
    sql!(&desk.stage.db, "delete from reply where source = 'app'");
}

impl Desk {
    /// A reply whose request was cut.
    async fn doubtful(&self, contact: u32) -> ReplyToken {
        let reply = self.say(contact, &["one"], at(0)).await[0];
        let intent = self.claim(at(1)).await.remove(0);
        assert!(self.settle(&intent, &Ending::Unknown("the connection was cut".into()), at(2)).await);
        ReplyToken { reply, attempt: 1 }
    }

    async fn ask(&self, reply: ReplyId) -> bool {
        let mut tx = self.stage.db.begin().await.unwrap();
        let asked = replies::ask(&mut tx, self.stage.tenant, reply, at(60)).await.unwrap();
        tx.commit().await.unwrap();
        asked
    }

    async fn rule(&self, token: ReplyToken, ruling: ReplyRuling) -> bool {
        let person = self.stage.person.id;
        let mut tx = self.stage.db.begin().await.unwrap();
        let tenant = self.stage.tenant;
        let ruled = replies::rule(&mut tx, tenant, token, ruling, "They called.", person, at(61)).await.unwrap();
        tx.commit().await.unwrap();
        ruled
    }

    async fn against(&self, token: ReplyToken, arrived: bool) -> Option<Against> {
        let mut tx = self.stage.db.begin().await.unwrap();
        let against = replies::contradicted(&mut tx, self.stage.tenant, token, arrived, at(90)).await.unwrap();
        tx.commit().await.unwrap();
        against
    }

    async fn twice(&self) -> u64 {
        replies::second_messages(&self.stage.db, self.stage.tenant).await.unwrap()
    }
}

async fn people_are_asked_once_and_decide_once(db: TestDb) {
    let desk = Desk::new(&db).await;
    let token = desk.doubtful(1).await;
    assert!(replies::overdue(&desk.stage.db, at(1), 9).await.unwrap().is_empty(), "not in doubt for that long");
    let overdue = replies::overdue(&desk.stage.db, at(2), 9).await.unwrap();
    assert_eq!(
        overdue.iter().map(|it| (it.reply, it.request)).collect::<Vec<_>>(),
        [(token.reply, desk.stage.request)]
    );
    assert!(!desk.rule(token, ReplyRuling::Leave).await, "nobody was asked yet");
    assert!(desk.ask(token.reply).await);
    assert!(!desk.ask(token.reply).await, "once");
    assert!(replies::overdue(&desk.stage.db, at(99), 9).await.unwrap().is_empty());
    assert!(!desk.rule(ReplyToken { attempt: 2, ..token }, ReplyRuling::Leave).await, "another try");
    assert!(desk.rule(token, ReplyRuling::Leave).await);
    assert!(!desk.rule(token, ReplyRuling::CountAsSent).await, "it is decided");
    assert_eq!(desk.stands(1).await, [Delivery::Abandoned]);
    assert!(desk.claim(at(200)).await.is_empty(), "it is never sent again");
}

async fn news_against_a_decision_or_an_outcome_count_once(db: TestDb) {
    let desk = Desk::new(&db).await;
    for (contact, ruling, arrived) in [(1, ReplyRuling::Leave, true), (2, ReplyRuling::CountAsSent, false)] {
        let token = desk.doubtful(contact).await;
        assert!(desk.ask(token.reply).await && desk.rule(token, ruling).await);
        assert_eq!(desk.against(token, !arrived).await, None, "{ruling}: as decided");
        assert_eq!(desk.against(token, arrived).await, Some(Against::Ruling), "{ruling}");
        assert_eq!(desk.against(token, arrived).await, None, "{ruling}: each time once");
    }
    let reply = desk.say(3, &["one"], at(0)).await[0];
    let intent = desk.claim(at(1)).await.remove(0);
    assert!(desk.settle(&intent, &Ending::Failed(None, "refused".into()), at(2)).await);
    let token = ReplyToken { reply, attempt: 1 };
    assert_eq!(desk.against(token, false).await, None);
    assert_eq!(desk.against(token, true).await, Some(Against::Outcome));
    assert_eq!(desk.tell(reply, 1, "wamid.3", Reached::Step(Progress::Delivered)).await, Told::Known);
    assert_eq!(desk.stands(3).await, [Delivery::Delivered], "Meta's word counts");
}

async fn a_second_message_is_counted_once(db: TestDb) {
    let desk = Desk::new(&db).await;
    let reply = desk.say(1, &["one"], at(0)).await[0];
    let intent = desk.claim(at(1)).await.remove(0);
    assert_eq!(desk.tell(reply, 1, "wamid.1", Reached::Step(Progress::Sent)).await, Told::Known);
    assert_eq!(desk.twice().await, 0);
    let mut tx = desk.stage.db.begin().await.unwrap();
    let token = ReplyToken { reply, attempt: intent.attempt };
    let same = replies::settle(&mut tx, token, &Ending::Accepted("wamid.1".into()), at(2)).await.unwrap();
    let other = replies::settle(&mut tx, token, &Ending::Accepted("wamid.2".into()), at(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((same, other), (Settled::Moved, Settled::Twice));
    assert_eq!(desk.tell(reply, 1, "wamid.2", Reached::Step(Progress::Read)).await, Told::Twice(false));
    assert_eq!(desk.twice().await, 1, "one try, however often it is told");
}

async fn what_is_made_ready_has_no_intent_and_yields_to_whoever_took_it(db: TestDb) {
    let desk = Desk::new(&db).await;
    let prepared = async |intent: &Intent, ending: &Ending, now| {
        let mut tx = desk.stage.db.begin().await.unwrap();
        let token = ReplyToken { reply: intent.id, attempt: intent.attempt };
        let settled = replies::prepared(&mut tx, token, ending, now).await.unwrap();
        tx.commit().await.unwrap();
        settled
    };
    desk.say(1, &["a"], at(0)).await;
    let first = desk.claim(at(1)).await.remove(0);
    assert_eq!((first.attempt, first.created_at), (1, at(0)));
    assert_eq!(prepared(&first, &Ending::Waits(at(2)), at(2)).await, Settled::Moved, "its intent stands");
    assert!(desk.settle(&first, &Ending::Waits(at(60)), at(2)).await);
    assert!(desk.claim(at(59)).await.is_empty(), "nobody else begins it meanwhile");
    let mut tx = desk.stage.db.begin().await.unwrap();
    assert_eq!(replies::lapse(&mut tx, at(9_999)).await.unwrap(), 0, "a daemon that dies now leaves no doubt");
    tx.commit().await.unwrap();
    assert_eq!(prepared(&first, &Ending::Again(at(10), "Meta was away".into()), at(5)).await, Settled::Written);
    let second = desk.claim(at(10)).await.remove(0);
    assert_eq!(second.attempt, 2, "that was a try");
    assert!(desk.settle(&second, &Ending::Waits(at(70)), at(11)).await);
    assert_eq!(prepared(&second, &Ending::Waits(at(12)), at(12)).await, Settled::Written);
    let third = desk.claim(at(12)).await.remove(0);
    assert_eq!(third.attempt, 2, "to be ready was none");
    let late = Ending::Failed(None, "late".into());
    assert_eq!(prepared(&second, &late, at(13)).await, Settled::Moved, "others have it");
    assert!(desk.settle(&third, &Ending::Accepted("wamid.out".into()), at(13)).await);
    assert_eq!(prepared(&third, &late, at(14)).await, Settled::Moved);
    assert_eq!(desk.stands(1).await, [Delivery::Accepted]);

    desk.say(2, &["b"], at(20)).await;
    let other = desk.claim(at(20)).await.remove(0);
    assert!(desk.settle(&other, &Ending::Waits(at(60)), at(20)).await);
    for never in [Ending::Accepted("wamid.x".into()), Ending::Unknown("x".into())] {
        assert_eq!(prepared(&other, &never, at(21)).await, Settled::Moved, "an upload sends nothing");
    }
    assert_eq!(prepared(&other, &Ending::Failed(None, "refused".into()), at(21)).await, Settled::Written);
    assert_eq!(desk.stands(2).await, [Delivery::Failed]);
}
