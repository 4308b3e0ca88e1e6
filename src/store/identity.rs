//! What tells a database from a copy of it, and from one that was put back from a backup: where it lives. On SQLite that is the
//! file, by its inode and when it was made; on PostgreSQL the cluster, the database in it, and the timeline, which a recovery to
//! an earlier moment and a failover begin anew.

use super::{Db, Result, on};
use std::os::unix::fs::MetadataExt as _;
use std::time::UNIX_EPOCH;

/// Where a database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    home: String,
    timeline: String,
    /// PostgreSQL's number of the database, to be compared in statements; 0 on SQLite.
    pub database: i64,
}

impl Identity {
    /// Of this database, as it is now.
    pub async fn of(db: &Db) -> Result<Self> {
        if db.is_postgres() {
            let (system, database, timeline): (i64, i64, String) = on!(read db, p => sqlx::query_as(
                "select (select system_identifier from pg_control_system()), d.oid::bigint,
                    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
                 from pg_database d where d.datname = current_database()")
                .fetch_one(p).await)?;
            return Ok(Self { home: format!("{system} {database}"), timeline, database });
        }
        let (file,): (String,) = on!(read db, p => sqlx::query_as(
            "select coalesce(file, '') from pragma_database_list where name = 'main'").fetch_one(p).await)?;
        let home = if file.is_empty() {
            // A database in memory has no home to be copied from.
            "memory".to_owned()
        } else {
            // A file that cannot be looked at is not another file: nobody may take it for a loss.
            let file = std::fs::metadata(file).map_err(sqlx::Error::Io)?;
            let born = file.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
            format!("{} {}", file.ino(), born.as_nanos())
        };
        Ok(Self { home, timeline: String::new(), database: 0 })
    }

    /// As it is kept in the database.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}/{}", self.home, self.timeline)
    }

    /// Whether the one that was kept lived in the same place, on whatever timeline.
    #[must_use]
    pub fn is_at_home(&self, kept: &str) -> bool {
        kept.strip_prefix(&self.home).is_some_and(|rest| rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[tokio::test]
    async fn a_copy_lives_elsewhere_and_a_file_that_is_moved_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let of = async |name: &str| {
            let db = store::connect(&format!("sqlite://{}", path(name).display())).await.unwrap();
            let identity = Identity::of(&db).await.unwrap();
            db.close().await;
            identity
        };
        let first = of("a.sqlite").await;
        assert_eq!(of("a.sqlite").await, first);
        std::fs::copy(path("a.sqlite"), path("b.sqlite")).unwrap();
        let copy = of("b.sqlite").await;
        assert!(copy != first && !copy.is_at_home(&first.to_text()) && first.is_at_home(&first.to_text()));
        std::fs::rename(path("a.sqlite"), path("c.sqlite")).unwrap();
        assert_eq!(of("c.sqlite").await, first);
        let open = store::connect(&format!("sqlite://{}", path("c.sqlite").display())).await.unwrap();
        std::fs::rename(path("c.sqlite"), path("d.sqlite")).unwrap();
        assert!(Identity::of(&open).await.is_err(), "one that cannot be looked at is not another one");
    }
}
