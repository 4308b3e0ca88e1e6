//! What it costs to work a batch out anew, however many people a business has.

use countersign::domain::ids::ExecutionId;
use countersign::store::contacts::NewContact;
use countersign::tools::Ctx;
use countersign::tools::broadcasts::messages_for;

use crate::support::cost::Counted;
use crate::support::db::{Kind, TestDb, on_both};

use super::shop::{Shop, person, plan, rows};

on_both!(a_batch_reads_its_own_people_in_tables_just_filled, a_batch_reads_its_own_people_by_old_statistics);

const PEOPLE: usize = 100;
/// PostgreSQL plans a statement by its values five times, and then may plan it for all values at once.
const BATCHES: usize = 8;

async fn a_batch_reads_its_own_people_in_tables_just_filled(db: TestDb) {
    reads_its_own_people(db, false).await;
}

/// And by plans that were kept from when the business was small. SQLite makes statistics only for who asks it to.
async fn a_batch_reads_its_own_people_by_old_statistics(db: TestDb) {
    reads_its_own_people(db, true).await;
}

async fn reads_its_own_people(db: TestDb, old_statistics: bool) {
    // Rows and entries of indexes; steps of a machine in tens.
    let (kind, at_most_each) = (db.kind, if db.kind == Kind::Postgres { 10 } else { 30 });
    let people: Vec<NewContact> = (0..PEOPLE).map(person).collect();
    let (shop, no) = Shop::with(db, &people).await;
    let proposal = shop.proposal().await;
    shop.sent(&no[..PEOPLE / 2], 24).await;
    let counted = Counted::of(&shop.db).await;
    let ctx = Ctx { db: counted.0.clone(), ..shop.ctx.clone() };
    let batches = async || {
        for _ in 0..BATCHES {
            let (tenant, rows) = (shop.world.tenant.id, rows(&proposal));
            let made = messages_for(&ctx, tenant, ExecutionId::random(), plan(&proposal), &rows).await.unwrap();
            assert!(made.iter().all(|(_, message)| message.is_ok()), "{made:?}");
        }
    };
    if old_statistics && kind == Kind::Postgres {
        shop.db.execute("analyze").await;
        batches().await;
    }
    grown(&counted, kind).await;
    let read = counted.cost(batches()).await;
    let messages = (BATCHES * PEOPLE) as u64;
    assert!((messages..messages * at_most_each).contains(&read), "{read} for {messages} messages");
}

/// 10,000 other people: with agreements, reasons against, tags, and messages that they had.
async fn grown(counted: &Counted, kind: Kind) {
    let series = match kind {
        Kind::Sqlite => {
            "(with recursive s(n) as (select 1000 union all select n + 1 from s where n < 11000) select n from s)"
        }
        Kind::Postgres => "generate_series(1000, 11000) s(n)",
    };
    for statement in [
        "insert into contact_consent (tenant_id, category, contact_no, source, traceable, confirmed, given_at)
         select t.id, c.category, n, 'web_form', true, false, 0 from tenant t,
            (select 'marketing' as category union all select 'utility') c, SERIES",
        "insert into suppression (tenant_id, contact_no, kind, at, source)
         select t.id, n, 'opted_out_of_everything', n, 'test' from tenant t, SERIES",
        "insert into contact (tenant_id, no, id, name, attributes, created_at)
         select t.id, n, ID, 'Somebody', '{}', 0 from tenant t, SERIES",
        "insert into delivery (execution_id, seq, contact_no, state, attempt, epoch, updated_at)
         select e.id, n, n, 2, 1, 1, 0 from execution e, SERIES",
    ] {
        let id = match kind {
            Kind::Sqlite => "randomblob(16)",
            Kind::Postgres => "gen_random_uuid()",
        };
        counted.execute(statement.replace("SERIES", series).replace("ID", id)).await;
    }
}
