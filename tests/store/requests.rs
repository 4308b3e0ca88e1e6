//! Requests on both databases: every change of status is guarded, whoever comes second changes nothing.

use countersign::domain::clock::Timestamp;
use countersign::domain::ids::{RequestId, SignatureId};
use countersign::domain::people::{Agent, Person};
use countersign::domain::preview::Section;
use countersign::domain::requests::{ActionRequest, Decision, Signature, Status};
use countersign::store::requests::{self, Approval, ListFilter, Tab};
use countersign::store::{Db, Error};
use std::time::Duration;

use crate::support::db::{TestDb, on_both};
use crate::support::samples;
use crate::support::world::{NOW, World};

on_both!(
    a_request_comes_back_as_it_was_stored,
    the_same_open_ask_is_one_request,
    a_decision_counts_once_and_only_in_time,
    only_a_due_approval_is_claimed_and_only_once,
    a_row_changed_behind_our_back_is_not_carried_out,
    a_signature_is_one_persons_once,
    what_lapses_is_ended_by_time_alone,
    an_approval_meets_its_end_to_the_millisecond,
    a_tick_is_bound_to_its_section,
    another_tenant_sees_nothing,
    lists_filter_and_page,
);

struct Case {
    db: Db,
    world: World,
    agent: Agent,
}

impl Case {
    async fn new(db: &TestDb) -> Self {
        let db = db.open().await;
        let world = World::new(&db, "Harbour").await;
        let (agent, _) = world.agent("promo-agent", "read,propose").await;
        Self { db, world, agent }
    }

    async fn filed(&self) -> ActionRequest {
        let request = samples::request(&self.agent, NOW);
        self.insert(&request).await;
        request
    }

    async fn insert(&self, request: &ActionRequest) -> bool {
        let mut tx = self.db.begin().await.unwrap();
        let inserted = requests::insert(&mut tx, request, "Broadcast · Winter offer").await.unwrap();
        tx.commit().await.unwrap();
        inserted
    }

    async fn decide(&self, request: &ActionRequest, to: Status, now: Timestamp) -> Result<(), Error> {
        let approval = (to == Status::Approved).then(|| approved(now));
        let mut tx = self.db.begin().await.unwrap();
        requests::decide(&mut tx, request, to, approval, now).await?;
        tx.commit().await
    }

    async fn find(&self, id: RequestId) -> ActionRequest {
        requests::find(&self.db, self.world.tenant.id, id).await.unwrap().unwrap()
    }

    async fn claim(&self, id: RequestId, now: Timestamp) -> Result<Option<requests::Claim>, Error> {
        let mut tx = self.db.begin().await.unwrap();
        let claim = requests::claim(&mut tx, self.world.tenant.id, id, |_| Some(samples::schema()), now).await?;
        tx.commit().await.unwrap();
        Ok(claim)
    }
}

fn approved(now: Timestamp) -> Approval {
    Approval { at: now, not_before: now.after(Duration::from_mins(5)), start_by: now.after(Duration::from_hours(24)) }
}

fn signature(request: &ActionRequest, person: &Person) -> Signature {
    Signature {
        id: SignatureId::random(),
        request: request.id,
        person: person.id,
        name: person.name.clone(),
        role: person.role,
        decision: Decision::Approved,
        digest: request.digest,
        comment: "Read it all.".into(),
        accepted: Vec::new(),
        method: "password".into(),
        at: NOW,
    }
}

async fn a_request_comes_back_as_it_was_stored(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    assert_eq!(case.find(request.id).await, request);
}

async fn the_same_open_ask_is_one_request(db: TestDb) {
    let case = Case::new(&db).await;
    let first = case.filed().await;
    let second = ActionRequest { id: RequestId::random(), ..first.clone() };
    assert!(!case.insert(&second).await, "the same ask is open already");
    let tenant = case.world.tenant.id;
    let open = requests::open_by_ask(&case.db, tenant, case.agent.id, first.ask).await.unwrap();
    assert_eq!(open.map(|r| r.id), Some(first.id));
    case.decide(&first, Status::Rejected, NOW).await.unwrap();
    assert!(case.insert(&second).await, "what was decided is not open any more");
}

async fn a_decision_counts_once_and_only_in_time(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    let late = case.decide(&request, Status::Approved, request.decide_by).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "at the deadline it is over, swept or not");
    let changed = ActionRequest { digest: samples::schema(), ..request.clone() };
    assert!(
        matches!(case.decide(&changed, Status::Approved, NOW).await, Err(Error::Conflict(_))),
        "another digest was signed"
    );
    let just = Timestamp::from_micros(request.decide_by.micros() - 1);
    case.decide(&request, Status::Approved, just).await.unwrap();
    assert!(
        matches!(case.decide(&request, Status::Rejected, NOW).await, Err(Error::Conflict(_))),
        "the second comes too late"
    );
    let stored = case.find(request.id).await;
    assert_eq!((stored.status, stored.version, stored.approved_at), (Status::Approved, 2, Some(just)));
}

async fn only_a_due_approval_is_claimed_and_only_once(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    assert!(case.claim(request.id, NOW).await.unwrap().is_none(), "nobody signed");
    case.decide(&request, Status::Approved, NOW).await.unwrap();
    assert!(case.claim(request.id, NOW).await.unwrap().is_none(), "it cools off");
    let due = NOW.after(Duration::from_mins(5));
    assert_eq!(requests::due(&case.db, due, 10).await.unwrap(), [(case.world.tenant.id, request.id)]);
    assert!(case.claim(request.id, NOW.after(Duration::from_hours(24))).await.unwrap().is_none(), "too late to start");
    let (a, b) = tokio::join!(case.claim(request.id, due), case.claim(request.id, due));
    let won: Vec<_> = [a.unwrap(), b.unwrap()].into_iter().flatten().collect();
    let [claim] = won.as_slice() else { panic!("{} claims were won", won.len()) };
    assert_eq!((claim.request.status, claim.payload.digest()), (Status::Executing, request.digest));
    assert!(case.claim(request.id, due).await.unwrap().is_none(), "an approval is used once");
}

async fn a_row_changed_behind_our_back_is_not_carried_out(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    case.decide(&request, Status::Approved, NOW).await.unwrap();
    let due = NOW.after(Duration::from_mins(5));
    let mut tx = case.db.begin().await.unwrap();
    let unknown = requests::claim(&mut tx, case.world.tenant.id, request.id, |_| None, due).await.unwrap();
    assert!(unknown.is_none(), "a program without the tool leaves it to one that has it");
    drop(tx);
    assert_eq!(case.find(request.id).await.status, Status::Approved);
    db.execute("update action_request set preview = replace(preview, 'winter_offer', 'summer_offer')").await;
    let refused = case.claim(request.id, due).await.unwrap_err();
    assert!(refused.to_string().contains("not what was signed"), "{refused}");
    assert_eq!(case.find(request.id).await.status, Status::Approved, "and nothing moved");
}

async fn a_signature_is_one_persons_once(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    let tenant = case.world.tenant.id;
    for (expected, attempt) in
        [(true, signature(&request, &case.world.owner)), (false, signature(&request, &case.world.owner))]
    {
        let mut tx = case.db.begin().await.unwrap();
        let added = requests::add_signature(&mut tx, tenant, &attempt).await;
        assert_eq!(added.is_ok(), expected);
        if let Err(e) = added {
            assert!(e.is_unique_violation());
        } else {
            tx.commit().await.unwrap();
            assert_eq!(requests::signatures(&case.db, tenant, request.id).await.unwrap(), [attempt]);
        }
    }
}

async fn what_lapses_is_ended_by_time_alone(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    assert!(requests::lapsed(&case.db, NOW, 10).await.unwrap().is_empty());
    let late = request.decide_by;
    let lapsed = requests::lapsed(&case.db, late, 10).await.unwrap();
    assert_eq!(lapsed.iter().map(|l| (l.id, l.from)).collect::<Vec<_>>(), [(request.id, Status::PendingApproval)]);
    for expected in [true, false] {
        let mut tx = case.db.begin().await.unwrap();
        assert_eq!(requests::expire(&mut tx, lapsed[0], late).await.unwrap(), expected);
        tx.commit().await.unwrap();
    }
    assert_eq!(case.find(request.id).await.status, Status::Expired);
}

/// Whoever signs in the last millisecond is in time; whoever comes later finds it over, even by another daemon's clock.
/// When both happen at once, one of them happened.
async fn an_approval_meets_its_end_to_the_millisecond(db: TestDb) {
    let case = Case::new(&db).await;
    let milli = Duration::from_millis(1);
    for (early, late) in [(milli, Duration::ZERO), (Duration::ZERO, milli)] {
        for n in 0..8 {
            let created = NOW.after(milli * n);
            let request = samples::request(&case.agent, created);
            assert!(case.insert(&request).await);
            let end = request.decide_by;
            let (signs_at, ends_at) = (end.before(early), end.after(late));
            assert!(
                requests::lapsed(&case.db, end.before(milli), 10).await.unwrap().is_empty(),
                "not a moment too early"
            );
            let ends = async {
                let lapsed = requests::lapsed(&case.db, ends_at, 10).await.unwrap();
                let Some(one) = lapsed.into_iter().find(|l| l.id == request.id) else { return false };
                let mut tx = case.db.begin().await.unwrap();
                let ended = requests::expire(&mut tx, one, ends_at).await.unwrap();
                tx.commit().await.unwrap();
                ended
            };
            let (signed, ended) = tokio::join!(case.decide(&request, Status::Approved, signs_at), ends);
            let stands = case.find(request.id).await.status;
            if early.is_zero() {
                assert!(matches!(signed, Err(Error::Conflict(_))) && ended, "at its end it is over: {signed:?}");
            }
            assert_ne!(signed.is_ok(), ended, "one of them, and not both");
            assert_eq!(stands, if ended { Status::Expired } else { Status::Approved });
            db.execute("update action_request set status = 'cancelled', settled_at = 1 where status = 'approved'")
                .await;
        }
    }
}

async fn a_tick_is_bound_to_its_section(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    let (tenant, person) = (case.world.tenant.id, case.world.owner.id);
    let mut tx = case.db.begin().await.unwrap();
    for (section, digest) in request.sections() {
        requests::check_section(&mut tx, tenant, request.id, person, (section, digest), NOW).await.unwrap();
    }
    requests::uncheck_section(&mut tx, tenant, request.id, person, Section::Audience).await.unwrap();
    requests::open_review(&mut tx, tenant, request.id, person, request.digest, NOW).await.unwrap();
    requests::open_review(&mut tx, tenant, request.id, person, request.digest, NOW.after(Duration::from_secs(9)))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut ticked = requests::checked_sections(&case.db, tenant, request.id, person).await.unwrap();
    ticked.sort();
    let expected: Vec<_> = request.sections().filter(|(s, _)| *s != Section::Audience).collect();
    assert_eq!(ticked, expected);
    let opened = requests::opened_at(&case.db, tenant, request.id, person, request.digest).await.unwrap();
    assert_eq!(opened, Some(NOW), "the first time counts");
}

async fn another_tenant_sees_nothing(db: TestDb) {
    let case = Case::new(&db).await;
    let request = case.filed().await;
    let other = World::new(&case.db, "Elsewhere").await.tenant.id;
    assert!(requests::find(&case.db, other, request.id).await.unwrap().is_none());
    assert!(requests::list(&case.db, other, None, &ListFilter::default(), 10).await.unwrap().is_empty());
    let mut tx = case.db.begin().await.unwrap();
    let stolen =
        requests::set_status(&mut tx, other, request.id, Status::PendingApproval, Status::Cancelled, NOW).await;
    assert!(matches!(stolen, Err(Error::Conflict(_))));
    assert!(requests::claim(&mut tx, other, request.id, |_| Some(samples::schema()), NOW).await.unwrap().is_none());
}

async fn lists_filter_and_page(db: TestDb) {
    let case = Case::new(&db).await;
    let tenant = case.world.tenant.id;
    let mut ids = Vec::new();
    for n in 0..5 {
        let request = samples::request(&case.agent, NOW.after(Duration::from_secs(n)));
        case.insert(&request).await;
        ids.push(request.id);
    }
    ids.reverse();
    let line = |r: &requests::Line| r.id;
    let first = requests::list(&case.db, tenant, Some(case.world.owner.id), &ListFilter::default(), 3).await.unwrap();
    assert_eq!(first.iter().map(line).collect::<Vec<_>>(), ids[..3]);
    let before = first.last().map(|l| (l.created_at, l.id));
    let rest = requests::list(&case.db, tenant, None, &ListFilter { before, ..Default::default() }, 3).await.unwrap();
    assert_eq!(rest.iter().map(line).collect::<Vec<_>>(), ids[3..]);
    for (filter, found) in [
        (ListFilter { status: requests::tab(Tab::Waiting), ..Default::default() }, 5),
        (ListFilter { status: requests::tab(Tab::Decided), ..Default::default() }, 0),
        (ListFilter { search: Some("WINTER".into()), ..Default::default() }, 5),
        (ListFilter { search: Some("100%".into()), ..Default::default() }, 0),
        (ListFilter { search: Some(ids[0].to_string()), ..Default::default() }, 1),
        (ListFilter { search: Some(ids[0].short()), ..Default::default() }, 1),
        (
            ListFilter {
                agent: Some(case.agent.id),
                tool: Some("whatsapp.broadcast.schedule".into()),
                ..Default::default()
            },
            5,
        ),
        (ListFilter { tool: Some("whatsapp.broadcast.create".into()), ..Default::default() }, 0),
    ] {
        assert_eq!(requests::list(&case.db, tenant, None, &filter, 10).await.unwrap().len(), found, "{filter:?}");
    }
    assert_eq!(requests::count_open(&case.db, tenant, case.agent.id).await.unwrap(), 5);
}
