//! What tells a database from a copy of it, and from one that was put back from a backup: where it lives. On SQLite that is the
//! file, by its inode and when it was made; on PostgreSQL the cluster, the database in it, and the timeline, which a recovery to
//! an earlier moment and a failover begin anew.

use super::{Db, Result, on};
use std::os::unix::fs::MetadataExt as _;
use std::time::UNIX_EPOCH;

/// Written where it is not known when a file was made.
const UNKNOWN: u128 = 0;

/// Where a database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Nowhere that it could be copied from.
    Memory,
    /// In a file. Not every file system says when it was made.
    File { inode: u64, born: Option<u128> },
    /// On a server.
    Cluster { system: i64, database: i64, timeline: String },
}

/// Where the identity that a database keeps says that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Where it does.
    Here,
    /// In the same place of another timeline: it was recovered there, or is a standby that took over.
    OnAnotherTimeline,
    /// In another place: it is a copy, or was put back.
    Elsewhere,
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
            return Ok(Self::Cluster { system, database, timeline });
        }
        let (file,): (String,) = on!(read db, p => sqlx::query_as(
            "select coalesce(file, '') from pragma_database_list where name = 'main'").fetch_one(p).await)?;
        if file.is_empty() {
            return Ok(Self::Memory);
        }
        // A file that cannot be looked at is not another file: nobody may take it for a loss.
        let file = std::fs::metadata(file).map_err(sqlx::Error::Io)?;
        let born = file.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_nanos());
        Ok(Self::File { inode: file.ino(), born })
    }

    /// PostgreSQL's number of the database, to be compared in statements.
    #[must_use]
    pub const fn database(&self) -> Option<i64> {
        match self {
            Self::Memory | Self::File { .. } => None,
            Self::Cluster { database, .. } => Some(*database),
        }
    }

    /// As it is kept in the database.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Memory => "memory/".to_owned(),
            Self::File { inode, born } => format!("{inode} {}/", born.unwrap_or(UNKNOWN)),
            Self::Cluster { system, database, timeline } => format!("{system} {database}/{timeline}"),
        }
    }

    /// Where this text says that the database lives. That it is not known when a file was made says nothing against it.
    #[must_use]
    pub fn kept_as(&self, text: &str) -> Kept {
        if text == self.to_text() {
            return Kept::Here;
        }
        let Some((home, _)) = text.split_once('/') else { return Kept::Elsewhere };
        match (self, home.split_once(' ').unwrap_or_default()) {
            (Self::File { inode, born }, (number, made))
                if number == inode.to_string() && (born.is_none() || made == UNKNOWN.to_string()) =>
            {
                Kept::Here
            }
            (Self::Cluster { system, database, .. }, (cluster, number))
                if cluster == system.to_string() && number == database.to_string() =>
            {
                Kept::OnAnotherTimeline
            }
            _ => Kept::Elsewhere,
        }
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
        assert_eq!((copy.kept_as(&first.to_text()), first.kept_as(&first.to_text())), (Kept::Elsewhere, Kept::Here));
        std::fs::rename(path("a.sqlite"), path("c.sqlite")).unwrap();
        assert_eq!(of("c.sqlite").await, first);
        let open = store::connect(&format!("sqlite://{}", path("c.sqlite").display())).await.unwrap();
        std::fs::rename(path("c.sqlite"), path("d.sqlite")).unwrap();
        assert!(Identity::of(&open).await.is_err(), "one that cannot be looked at is not another one");
    }

    #[test]
    fn what_is_not_known_says_nothing_and_a_timeline_is_not_a_place() {
        let file = |inode, born| Identity::File { inode, born };
        let cluster = |database, timeline: &str| Identity::Cluster { system: 7, database, timeline: timeline.into() };
        for (lives, kept, expected) in [
            (file(1, None), file(1, Some(5)), Kept::Here),
            (file(1, Some(5)), file(1, None), Kept::Here),
            (file(1, Some(5)), file(1, Some(6)), Kept::Elsewhere),
            (file(1, None), file(2, None), Kept::Elsewhere),
            (file(1, Some(5)), Identity::Memory, Kept::Elsewhere),
            (cluster(3, "1"), cluster(3, "1"), Kept::Here),
            (cluster(3, "2"), cluster(3, "1"), Kept::OnAnotherTimeline),
            (cluster(4, "1"), cluster(3, "1"), Kept::Elsewhere),
        ] {
            assert_eq!(lives.kept_as(&kept.to_text()), expected, "{lives:?} {kept:?}");
        }
        assert_eq!(file(1, None).kept_as("something else"), Kept::Elsewhere);
    }
}
