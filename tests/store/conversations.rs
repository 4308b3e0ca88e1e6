//! Threads: opened, answered, given away, closed and opened again, by messages in any order.

use countersign::domain::audit::Actor;
use countersign::domain::clock::Timestamp;
use countersign::domain::contacts::ContactNo;
use countersign::domain::conversations::{Conversation, ConversationAct, ConversationState};
use countersign::store::conversations::{self, Act, Answer, Assignment, Closing, Filter, Heard, NewQueue};
use countersign::store::webhooks::{Inbound, receive};
use countersign::store::{Error, Tx, contacts};
use serde_json::json;
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::world::{NOW, World, person, who};

on_both!(
    a_message_opens_a_thread_and_an_answer_ends_the_wait,
    what_is_handed_over_waits_for_a_person,
    what_came_after_an_answer_was_decided_on_waits_on,
    a_closed_thread_opens_again_by_what_nobody_had_seen,
    two_hands_on_one_thread_do_not_overwrite_each_other,
    restricted_queues_stay_out_of_other_peoples_lists,
    three_days_are_free_after_an_advertisement,
    a_message_can_be_changed_and_taken_back,
    two_threads_of_one_person_become_one,
);

const NUMBER: &str = "7001";
const MINUTE: Duration = Duration::from_mins(1);
const META: Actor = Actor::Meta;

fn at(minutes: u32) -> Timestamp {
    NOW.after(MINUTE * minutes)
}

/// An answer that was decided on and given then.
fn answer(contact: ContactNo, minutes: u32, by_person: bool) -> Answer<'static> {
    Answer { number: NUMBER, contact, decided_at: at(minutes), at: at(minutes), by_person }
}

async fn hear(tx: &mut Tx, world: &World, contact: ContactNo, minutes: u32) -> Conversation {
    let heard = Heard { number: NUMBER, contact, at: at(minutes), wants_answer: true };
    conversations::heard(tx, world.tenant.id, &heard, at(minutes)).await.unwrap()
}

async fn written(tx: &mut Tx, world: &World, contact: ContactNo, wamid: &str, minutes: u32) {
    let inbound = Inbound {
        wamid,
        phone_number_id: NUMBER,
        contact,
        kind: "text",
        body: Some("hello"),
        details: None,
        context: None,
        sent_at: at(minutes),
    };
    assert!(receive(tx, world.tenant.id, &inbound, at(minutes)).await.unwrap());
}

fn act(act: ConversationAct) -> Act<'static> {
    static NOTHING: serde_json::Value = serde_json::Value::Null;
    Act { act, actor: &META, details: &NOTHING }
}

async fn world(db: &TestDb) -> (World, ContactNo) {
    let world = World::new(&db.open().await, "shop").await;
    let [no] = world.contacts(&[person(1)]).await[..] else { panic!() };
    (world, no)
}

async fn a_message_opens_a_thread_and_an_answer_ends_the_wait(db: TestDb) {
    let (world, ada) = world(&db).await;
    let mut tx = world.db.begin().await.unwrap();
    let first = hear(&mut tx, &world, ada, 0).await;
    assert_eq!((first.state, first.unread, first.waiting_since), (ConversationState::Open, 1, Some(at(0))));
    let second = hear(&mut tx, &world, ada, 2).await;
    assert_eq!(
        (second.id, second.unread, second.waiting_since),
        (first.id, 2, Some(at(0))),
        "it waits since the first"
    );
    let late = hear(&mut tx, &world, ada, 1).await;
    assert_eq!(late.last_inbound_at, at(2), "a late message takes nothing back");
    conversations::answered(&mut tx, world.tenant.id, &answer(ada, 3, false)).await.unwrap();
    let is = conversations::find(&mut tx, world.tenant.id, first.id).await.unwrap().unwrap();
    assert_eq!((is.waiting_since, is.last_outbound_at, is.answered_at), (None, Some(at(3)), None));
    for (seen, left) in [(2, 1), (2, 1), (1, 0)] {
        conversations::looked_at(&mut tx, world.tenant.id, first.id, seen).await.unwrap();
        let is = conversations::find(&mut tx, world.tenant.id, first.id).await.unwrap().unwrap();
        assert_eq!(is.unread, left, "what came after somebody looked is still unread");
    }
    let acts: Vec<_> = conversations::history(&mut tx, world.tenant.id, first.id).await.unwrap();
    assert_eq!(acts.iter().map(|event| event.act).collect::<Vec<_>>(), [ConversationAct::Opened]);
}

async fn what_is_handed_over_waits_for_a_person(db: TestDb) {
    let (world, ada) = world(&db).await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let queue = NewQueue { name: "sales", restricted: false, hours: None, answer_within: Some(MINUTE * 10) };
    conversations::add_queue(&mut tx, tenant, &queue).await.unwrap();
    let thread = hear(&mut tx, &world, ada, 0).await;
    let by = conversations::queue(&mut tx, tenant, "sales").await.unwrap().unwrap().answer_by(at(0));
    let to = Assignment { queue: Some("sales"), person: None, answer_by: by };
    conversations::assign(&mut tx, tenant, &thread, &to, &act(ConversationAct::HandedOver), at(1)).await.unwrap();
    let waits = async |tx: &mut Tx| {
        let is = conversations::find(tx, tenant, thread.id).await.unwrap().unwrap();
        (is.handed_at, is.waiting_since, is.answer_by, is.is_late(at(11)))
    };
    assert_eq!(waits(&mut tx).await, (Some(at(1)), Some(at(0)), Some(at(10)), true));
    conversations::answered(&mut tx, tenant, &answer(ada, 2, false)).await.unwrap();
    assert_eq!(waits(&mut tx).await, (Some(at(1)), Some(at(0)), Some(at(10)), true), "a machine's answer is none");
    conversations::answered(&mut tx, tenant, &answer(ada, 3, true)).await.unwrap();
    assert_eq!(waits(&mut tx).await, (None, None, None, false));
}

async fn what_came_after_an_answer_was_decided_on_waits_on(db: TestDb) {
    let (world, ada) = world(&db).await;
    let mut tx = world.db.begin().await.unwrap();
    let mut thread = None;
    for (wamid, minutes) in [("wamid.1", 0), ("wamid.2", 2), ("wamid.3", 3)] {
        written(&mut tx, &world, ada, wamid, minutes).await;
        thread = Some(hear(&mut tx, &world, ada, minutes).await.id);
    }
    for (decided, waits) in [(1, Some(at(2))), (3, None), (1, None)] {
        let answer = Answer { decided_at: at(decided), ..answer(ada, 5, false) };
        conversations::answered(&mut tx, world.tenant.id, &answer).await.unwrap();
        let is = conversations::find(&mut tx, world.tenant.id, thread.unwrap()).await.unwrap().unwrap();
        assert_eq!(is.waiting_since, waits, "answered as of minute {decided}");
    }
}

async fn a_closed_thread_opens_again_by_what_nobody_had_seen(db: TestDb) {
    let (world, ada) = world(&db).await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let thread = hear(&mut tx, &world, ada, 0).await;
    let closing = Closing { outcome: "solved", follow_up_at: Some(at(60)) };
    conversations::close(&mut tx, tenant, &thread, &closing, &act(ConversationAct::Closed), at(5)).await.unwrap();
    let again = conversations::close(&mut tx, tenant, &thread, &closing, &act(ConversationAct::Closed), at(5)).await;
    assert!(matches!(again, Err(Error::Conflict(_))));
    let mark = Heard { number: NUMBER, contact: ada, at: at(4), wants_answer: false };
    let late = conversations::heard(&mut tx, tenant, &mark, at(5)).await.unwrap();
    assert_eq!((late.state, late.outcome.as_deref()), (ConversationState::Closed, Some("solved")));
    let unseen = hear(&mut tx, &world, ada, 4).await;
    assert_eq!(
        (unseen.state, &unseen.outcome),
        (ConversationState::Open, &None),
        "whoever closed it had not seen that"
    );
    let crossing = hear(&mut tx, &world, ada, 6).await;
    let crossed = conversations::close(&mut tx, tenant, &unseen, &closing, &act(ConversationAct::Closed), at(6)).await;
    assert!(matches!(crossed, Err(Error::Conflict(_))), "the customer wrote meanwhile");
    conversations::close(&mut tx, tenant, &crossing, &closing, &act(ConversationAct::Closed), at(7)).await.unwrap();
    let again = hear(&mut tx, &world, ada, 8).await;
    assert_eq!((again.state, again.outcome, again.opened_at), (ConversationState::Open, None, at(8)));
    let acts: Vec<_> = conversations::history(&mut tx, tenant, thread.id).await.unwrap();
    let acts: Vec<_> = acts.iter().map(|event| (event.n, event.act)).collect();
    let (closed, reopened) = (ConversationAct::Closed, ConversationAct::Reopened);
    assert_eq!(acts, [(1, ConversationAct::Opened), (2, closed), (3, reopened), (4, closed), (5, reopened)]);
}

async fn two_hands_on_one_thread_do_not_overwrite_each_other(db: TestDb) {
    let (world, ada) = world(&db).await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let seen = hear(&mut tx, &world, ada, 0).await;
    conversations::escalate(&mut tx, tenant, &seen, true, &act(ConversationAct::Escalated), at(1)).await.unwrap();
    let to = Assignment { queue: None, person: Some(world.owner.id), answer_by: None };
    let late = conversations::assign(&mut tx, tenant, &seen, &to, &act(ConversationAct::Assigned), at(2)).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "it was looked at before it was escalated");
    let is = conversations::find(&mut tx, tenant, seen.id).await.unwrap().unwrap();
    assert_eq!((is.escalated, is.person), (true, None));
    conversations::assign(&mut tx, tenant, &is, &to, &act(ConversationAct::Assigned), at(3)).await.unwrap();
    let is = conversations::find(&mut tx, tenant, seen.id).await.unwrap().unwrap();
    assert_eq!((is.person, is.handed_at), (Some(world.owner.id), None));
}

async fn restricted_queues_stay_out_of_other_peoples_lists(db: TestDb) {
    let world = World::new(&db.open().await, "shop").await;
    let tenant = world.tenant.id;
    let people = world.contacts(&[person(1), person(2), person(3)]).await;
    let mut tx = world.db.begin().await.unwrap();
    for (name, restricted) in [("sales", false), ("legal", true)] {
        let queue = NewQueue { name, restricted, hours: None, answer_within: None };
        conversations::add_queue(&mut tx, tenant, &queue).await.unwrap();
    }
    conversations::add_person(&mut tx, tenant, "legal", world.owner.id).await.unwrap();
    for (n, queue) in [(0_u32, None), (1, Some("sales")), (2, Some("legal"))] {
        let thread = hear(&mut tx, &world, people[n as usize], n).await;
        let to = Assignment { queue, person: None, answer_by: None };
        conversations::assign(&mut tx, tenant, &thread, &to, &act(ConversationAct::Assigned), at(n)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let found = async |filter: Filter| -> Vec<Option<String>> {
        let found = conversations::list(&world.db, tenant, &filter, 9).await.unwrap();
        found.into_iter().map(|thread| thread.queue).collect()
    };
    let legal = || Some("legal".to_owned());
    assert_eq!(found(Filter::default()).await, [legal(), Some("sales".into()), None], "the latest first");
    let hidden = Filter { hidden: vec!["legal".into()], ..Filter::default() };
    assert_eq!(found(hidden).await, [Some("sales".into()), None]);
    assert_eq!(found(Filter { queue: legal(), ..Filter::default() }).await, [legal()]);
    assert_eq!(found(Filter { contact: Some(people[0]), unread: Some(true), ..Filter::default() }).await, [None]);
    assert_eq!(found(Filter { unread: Some(false), ..Filter::default() }).await, Vec::<Option<String>>::new());
    let first = conversations::list(&world.db, tenant, &Filter::default(), 1).await.unwrap().remove(0);
    let rest = Filter { after: Some((first.last_inbound_at, first.id)), ..Filter::default() };
    assert_eq!(found(rest).await.len(), 2);
    let queues = conversations::queues(&world.db, tenant).await.unwrap();
    let queues: Vec<_> = queues.into_iter().map(|it| (it.name, it.restricted, it.people.len())).collect();
    assert_eq!(queues, [("legal".into(), true, 1), ("sales".into(), false, 0)]);
}

async fn three_days_are_free_after_an_advertisement(db: TestDb) {
    let (world, ada) = world(&db).await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    written(&mut tx, &world, ada, "wamid.1", 0).await;
    hear(&mut tx, &world, ada, 0).await;
    conversations::answered(&mut tx, tenant, &answer(ada, 1, true)).await.unwrap();
    let free = async |tx: &mut Tx| conversations::free_time(tx, tenant, NUMBER, ada).await.unwrap().until;
    assert_eq!(free(&mut tx).await, None, "nobody came by an advertisement");
    conversations::entered(&mut tx, tenant, NUMBER, ada, at(2)).await.unwrap();
    conversations::answered(&mut tx, tenant, &answer(ada, 3, false)).await.unwrap();
    let until = at(3).after(Duration::from_hours(72));
    assert_eq!(free(&mut tx).await, Some(until));
    conversations::answered(&mut tx, tenant, &answer(ada, 9, false)).await.unwrap();
    assert_eq!(free(&mut tx).await, Some(until), "counted from the first answer");
    conversations::told_free(&mut tx, tenant, NUMBER, ada, until.after(MINUTE)).await.unwrap();
    assert_eq!(free(&mut tx).await, Some(until.after(MINUTE)), "Meta's word counts");
}

async fn a_message_can_be_changed_and_taken_back(db: TestDb) {
    let (world, ada) = world(&db).await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    for (wamid, minutes) in [("wamid.1", 0), ("wamid.2", 1)] {
        written(&mut tx, &world, ada, wamid, minutes).await;
    }
    conversations::edited(&mut tx, tenant, (ada, "wamid.1"), Some("goodbye"), at(4)).await.unwrap();
    conversations::edited(&mut tx, tenant, (ada, "wamid.1"), Some("an earlier change"), at(3)).await.unwrap();
    conversations::revoked(&mut tx, tenant, (ada, "wamid.2"), at(5)).await.unwrap();
    tx.commit().await.unwrap();
    let lines = conversations::lines(&world.db, tenant, (NUMBER, ada), None, 9).await.unwrap();
    let lines: Vec<_> = lines.iter().map(|it| (it.text.as_deref(), it.edited_at, it.revoked_at)).collect();
    assert_eq!(lines, [(None, None, Some(at(5))), (Some("goodbye"), Some(at(4)), None)], "newest first");
    let cursor = Some((at(1), "wamid.2".to_owned()));
    assert_eq!(conversations::lines(&world.db, tenant, (NUMBER, ada), cursor, 9).await.unwrap().len(), 1);
}

async fn two_threads_of_one_person_become_one(db: TestDb) {
    let (world, ada) = world(&db).await;
    let tenant = world.tenant.id;
    let mut tx = world.db.begin().await.unwrap();
    let hidden = contacts::know(&mut tx, tenant, &who(None, Some("HK.1")), "", at(0), at(0)).await.unwrap().known;
    for (contact, wamid, minutes) in [(ada, "wamid.1", 0), (hidden.no, "wamid.2", 1)] {
        written(&mut tx, &world, contact, wamid, minutes).await;
        hear(&mut tx, &world, contact, minutes).await;
    }
    let known = contacts::of(&mut tx, tenant, &who(Some("+85291000001"), None), at(2)).await.unwrap().unwrap().known;
    let both = who(Some("+85291000001"), Some("HK.1"));
    contacts::become_another(&mut tx, tenant, known, &both, ("wamid.3", at(2))).await.unwrap();
    tx.commit().await.unwrap();
    let threads = conversations::list(&world.db, tenant, &Filter::default(), 9).await.unwrap();
    let [thread] = &threads[..] else { panic!("{threads:?}") };
    assert_eq!((thread.contact, thread.unread, thread.waiting_since), (ada, 2, Some(at(0))));
    assert_eq!(conversations::lines(&world.db, tenant, (NUMBER, ada), None, 9).await.unwrap().len(), 2);
    let acts = conversations::history(&world.db, tenant, thread.id).await.unwrap();
    assert_eq!(acts.iter().map(|event| event.n).collect::<Vec<_>>(), [1, 2], "both histories");
    let noted = Act { act: ConversationAct::Noted, actor: &META, details: &json!({"text": "calls on Monday"}) };
    let mut tx = world.db.begin().await.unwrap();
    conversations::note(&mut tx, tenant, thread.id, &noted, at(3)).await.unwrap();
    assert_eq!(conversations::history(&mut tx, tenant, thread.id).await.unwrap()[2].details["text"], "calls on Monday");
}
