//! What work costs a database, in figures that do not depend on the machine.

use countersign::store::Db;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::db::TestDb;

/// A database with one connection for everything, on which nothing that happens can escape the count.
pub struct Counted(pub Db);

impl Counted {
    pub async fn of(test: &TestDb) -> Self {
        Self(match test.open().await {
            Db::Sqlite { write, .. } => Db::Sqlite { read: write.clone(), write },
            Db::Postgres(pool) => {
                let options = PgConnectOptions::clone(&pool.connect_options());
                let one = PgPoolOptions::new().max_connections(1).connect_with(options).await;
                Db::Postgres(one.expect("PostgreSQL opens"))
            }
        })
    }

    /// Runs a statement that is not counted.
    pub async fn execute(&self, sql: String) {
        let sql = AssertSqlSafe(sql);
        let done = match &self.0 {
            Db::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(write).await.map(drop),
            Db::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
        };
        done.expect("the statement runs");
    }

    /// What this work costs: on SQLite, steps of its machine in tens; on PostgreSQL, rows and entries of indexes that were
    /// read.
    pub async fn cost(&self, work: impl Future<Output = ()>) -> u64 {
        match &self.0 {
            Db::Sqlite { write, .. } => {
                let counted = Arc::new(AtomicU64::new(0));
                let counter = Arc::clone(&counted);
                let watch = move || {
                    counter.fetch_add(1, Ordering::Relaxed);
                    true
                };
                write.acquire().await.unwrap().lock_handle().await.unwrap().set_progress_handler(10, watch);
                work.await;
                write.acquire().await.unwrap().lock_handle().await.unwrap().remove_progress_handler();
                counted.load(Ordering::Relaxed)
            }
            Db::Postgres(pool) => {
                let before = rows_read(pool).await;
                work.await;
                rows_read(pool).await - before
            }
        }
    }
}

async fn rows_read(pool: &sqlx::PgPool) -> u64 {
    // What a connection did reaches the statistics when it has been idle for a second, or when it is told to.
    sqlx::query("select pg_stat_force_next_flush()").execute(pool).await.unwrap();
    let (rows,): (i64,) = sqlx::query_as(
        "select cast((select sum(seq_tup_read) from pg_stat_user_tables)
            + (select sum(idx_tup_read) from pg_stat_user_indexes) as bigint)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    u64::try_from(rows).expect("a count")
}
