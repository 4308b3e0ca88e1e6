//! What must be true of a world that has come to rest: nobody was written to twice without somebody's decision, nothing went
//! out that was not durable before, nothing is forgotten, nothing is made up, and all figures add up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use countersign::domain::deliveries::Progress;
use countersign::domain::requests::Status;
use countersign::store::{Db, deliveries, requests};

use super::world::{Event, World};

/// A row of the ledger, as the database has it.
#[derive(Debug)]
struct Row {
    seq: i64,
    state: i16,
    attempt: i16,
    wamid: Option<String>,
    progress: Option<i16>,
}

type Columns = (i64, i16, i16, Option<String>, Option<i16>);

impl From<Columns> for Row {
    fn from((seq, state, attempt, wamid, progress): Columns) -> Self {
        Self { seq, state, attempt, wamid, progress }
    }
}

/// What reached Meta of one attempt.
#[derive(Debug, Clone)]
struct Arrival {
    wamid: Option<String>,
    refused: bool,
}

type Arrivals = BTreeMap<(u32, i16), Arrival>;

/// Everything that is wrong with a world.
pub fn wrongs(world: &World) -> Vec<String> {
    let mut wrongs = world.wrongs();
    let events = world.events();
    let arrivals = arrivals(&events, &mut wrongs);
    pace(world, &events, &mut wrongs);
    world.wait_at_rest(rows(world, &events, &arrivals, &mut wrongs));
    wrongs
}

/// Each request once, and only after its intent was durable.
fn arrivals(events: &[(Duration, Event)], wrongs: &mut Vec<String>) -> Arrivals {
    let mut intended = BTreeSet::new();
    let mut arrivals = Arrivals::new();
    for (_, event) in events {
        match event {
            Event::Intended { seq, attempt, .. } => {
                let fresh = intended.insert((*seq, *attempt));
                wrongs.extend((!fresh).then(|| format!("attempt {attempt} at row {seq} was intended twice")));
            }
            Event::Arrived { seq, attempt, wamid, refused, .. } => {
                if !intended.contains(&(*seq, *attempt)) {
                    wrongs.push(format!("attempt {attempt} at row {seq} went out without an intent"));
                }
                let arrival = Arrival { wamid: wamid.clone(), refused: *refused };
                if arrivals.insert((*seq, *attempt), arrival).is_some() {
                    wrongs.push(format!("attempt {attempt} at row {seq} went out twice"));
                }
            }
            _ => {}
        }
    }
    arrivals
}

/// All daemons together never begin more within a second than the rate allows. How long the store takes to give a token out
/// moves a beginning, and so does how long its daemon's commits take, so the second is shorter by both; over five seconds such
/// moves hardly count.
fn pace(world: &World, events: &[(Duration, Event)], wrongs: &mut Vec<String>) {
    let second = Duration::from_secs(1).saturating_sub(world.plan.store * 2);
    let times: Vec<Duration> =
        events.iter().filter(|(_, e)| matches!(e, Event::Asked { .. })).map(|(at, _)| *at).collect();
    let rate = world.plan.per_second as usize;
    for (window, most) in [(second, rate), (Duration::from_secs(5), rate * 11 / 2 + 1)] {
        for (place, from) in times.iter().enumerate() {
            let within = times[place..].iter().take_while(|at| **at - *from < window).count();
            if within > most {
                wrongs.push(format!("{within} messages in {window:?} at {rate} a second"));
                return;
            }
        }
    }
}

async fn rows(world: &World, events: &[(Duration, Event)], arrivals: &Arrivals, wrongs: &mut Vec<String>) {
    let Db::Sqlite { write, .. } = &world.ground.db else { return };
    let (tenant, id) = (world.ground.business.tenant.id, world.execution);
    let rows: Vec<Columns> = sqlx::query_as(
        "select seq, state, attempt, wamid, progress from delivery where execution_id = $1 order by seq",
    )
    .bind(id.uuid())
    .fetch_all(write)
    .await
    .unwrap();
    let rows: Vec<Row> = rows.into_iter().map(Row::from).collect();
    let notes: Vec<(i64, i16, String)> =
        sqlx::query_as("select seq, attempt, outcome from delivery_attempt where execution_id = $1")
            .bind(id.uuid())
            .fetch_all(write)
            .await
            .unwrap();
    let execution = deliveries::find(&world.ground.db, tenant, id).await.unwrap().unwrap();
    let status = requests::find(&world.ground.db, tenant, world.request).await.unwrap().unwrap().status;
    let cancelled = status == Status::Cancelled;
    if execution.finished_at.is_some() && status.is_open() {
        wrongs.push(format!("the execution has ended and its request is {status}"));
    }
    let whole = rows.len() == world.plan.people as usize;
    if !whole && !cancelled {
        wrongs.push(format!("{} rows for {} people", rows.len(), world.plan.people));
    }
    for row in &rows {
        let seq = u32::try_from(row.seq).unwrap();
        let noted = |word: &str| {
            let words = notes.iter().filter(|(at, _, outcome)| *at == row.seq && outcome == word);
            words.map(|(_, attempt, _)| *attempt).collect::<BTreeSet<i16>>()
        };
        if let Some(what) = row_is_wrong(row, seq, arrivals, cancelled, &noted) {
            wrongs.push(format!("row {seq}: {what}; {row:?}"));
        }
        if let Some(what) = progress_is_wrong(row, seq, events) {
            wrongs.push(format!("row {seq}: {what}; {row:?}"));
        }
    }
    let tally = deliveries::tally(&world.ground.db, tenant, id).await.unwrap();
    let parts = [
        tally.queued,
        tally.sending,
        tally.accepted,
        tally.failed,
        tally.suppressed,
        tally.unknown,
        tally.abandoned,
        tally.not_sent,
    ];
    if parts.iter().sum::<u64>() != u64::from(world.plan.people) {
        wrongs.push(format!("the figures do not add up to {}: {tally:?}", world.plan.people));
    }
    let (fallen, queued): (i64, i64) = sqlx::query_as(
        "select coalesce(sum(suppressed), 0),
            (select count(*) from retry_queue where execution_id = $1) from shard where execution_id = $1",
    )
    .bind(id.uuid())
    .fetch_one(write)
    .await
    .unwrap();
    if usize::try_from(fallen) != Ok(rows.iter().filter(|row| row.state == 5).count()) {
        wrongs.push(format!("the shards count {fallen} people who fell away"));
    }
    if !cancelled && queued > 0 {
        wrongs.push(format!("{queued} rows wait to be tried again"));
    }
    let ends: i64 = sqlx::query_scalar(
        "select count(*) from audit_entry where tenant_id = $1 and subject = $2 and act = 'execution.finished'",
    )
    .bind(tenant.uuid())
    .bind(world.request.to_string())
    .fetch_one(write)
    .await
    .unwrap();
    if ends != 1 {
        wrongs.push(format!("the log tells {ends} times that it ended"));
    }
}

/// What is wrong with one row, if something is.
fn row_is_wrong(
    row: &Row,
    seq: u32,
    arrivals: &Arrivals,
    cancelled: bool,
    noted: &impl Fn(&str) -> BTreeSet<i16>,
) -> Option<String> {
    let of_row = || arrivals.range((seq, 0)..=(seq, i16::MAX));
    let taken: Vec<i16> = of_row().filter(|(_, a)| a.wamid.is_some()).map(|(&(_, attempt), _)| attempt).collect();
    let again = noted("sent_again");
    for pair in taken.windows(2) {
        if again.range(pair[0]..pair[1]).next().is_none() {
            return Some(format!("attempts {pair:?} both reached the person, and nobody decided that"));
        }
    }
    // An attempt that Meta took is known, unless people decided about it.
    let last = taken.last().copied().filter(|last| again.range(last..).next().is_none());
    let this = arrivals.get(&(seq, row.attempt));
    match row.state {
        0 if !cancelled => Some("it still waits".into()),
        1 => Some("it is still being sent".into()),
        3 => Some("it is still in doubt".into()),
        2 => match &row.wamid {
            Some(wamid) if this.and_then(|a| a.wamid.as_ref()) != Some(wamid) => {
                Some(format!("Meta never gave this id to attempt {}: {this:?}", row.attempt))
            }
            None if !noted("counted_as_sent").contains(&row.attempt) => Some("accepted by nobody".into()),
            _ => None,
        },
        0 | 4 | 5 if last.is_some() => Some(format!("Meta took attempt {last:?}")),
        4 if this.is_none_or(|a| !a.refused) && noted("failed").is_empty() => Some("nobody refused it".into()),
        6 if !noted("left").contains(&row.attempt) => Some("left by nobody".into()),
        _ => None,
    }
}

/// How far a message came is the furthest that Meta told.
fn progress_is_wrong(row: &Row, seq: u32, events: &[(Duration, Event)]) -> Option<String> {
    let rank = |step: &Option<Progress>| match step {
        Some(Progress::Sent) => (1, 1),
        None => (2, 9),
        Some(Progress::Delivered) => (3, 2),
        Some(Progress::Read) => (4, 3),
    };
    let told = events.iter().filter_map(|(_, event)| match event {
        Event::Told { seq: of, attempt, step } if (*of, *attempt) == (seq, row.attempt) => Some(rank(step)),
        _ => None,
    });
    let furthest = told.max().map(|(_, column)| column);
    (row.state == 2 && row.progress != furthest).then(|| format!("Meta told {furthest:?}"))
}
