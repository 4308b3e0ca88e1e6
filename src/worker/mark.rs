//! How far the database is: raised whenever something is begun and each second while anything is sent. What the daemon
//! remembers of it, and a file outside the database if there is one, show when the database was put back from a backup.

use crate::error::{Error, Result};
use crate::store::mark_file::MarkFile;
use crate::store::{Db, instance};
use std::time::Duration;
use tokio::time::Instant;

/// A copy that is younger than this and is put back is not told from the database that it was made of.
const EVERY: Duration = Duration::from_secs(1);
/// So far a database that was found behind is put ahead, so that nobody who remembers its lost time finds it behind again.
const LEAP: i64 = 1_000_000;

/// Whether the database is behind its own mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Found {
    /// It is where it was left, or further.
    Ahead,
    /// It has gone back in time.
    Behind,
}

/// The mark in the database, and what is remembered of it.
pub struct Mark {
    db: Db,
    file: Option<MarkFile>,
    last: i64,
    raised_at: Instant,
}

impl Mark {
    /// Of a daemon that has just entered at this epoch.
    pub fn of(db: &Db, file: Option<MarkFile>, epoch: i64) -> (Self, Found) {
        let last = file.as_ref().and_then(MarkFile::last_epoch).unwrap_or(0);
        let mut mark = Self { db: db.clone(), file, last, raised_at: Instant::now() };
        let found = mark.see(epoch);
        (mark, found)
    }

    /// Before something is begun that must not be begun again. Nothing may be, in a database that is behind.
    pub async fn raise(&mut self) -> Result<Found> {
        let epoch = instance::raise(&self.db, 1).await?;
        let found = self.see(epoch);
        if found == Found::Ahead {
            self.copy()?;
            self.raised_at = Instant::now();
        }
        Ok(found)
    }

    /// While it goes on.
    pub async fn keep_up(&mut self) -> Result<Found> {
        if self.raised_at.elapsed() < EVERY { Ok(Found::Ahead) } else { self.raise().await }
    }

    /// After a database that was behind has been seen to.
    pub async fn leap(&mut self) -> Result<()> {
        let epoch = instance::raise(&self.db, LEAP).await?;
        self.last = self.last.max(epoch);
        self.copy()
    }

    /// Writes the copy. Only ever what the database has already: one that is older raises no alarm.
    pub fn copy(&self) -> Result<()> {
        let kept = self.file.as_ref().map_or(Ok(()), |file| file.remember(self.last));
        kept.map_err(|why| {
            Error::Unavailable(format!("how far the database is cannot be written to its mark file: {why}"))
        })
    }

    fn see(&mut self, epoch: i64) -> Found {
        if epoch <= self.last {
            return Found::Behind;
        }
        self.last = epoch;
        Found::Ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::{Clock as _, SystemClock};
    use crate::store;
    use std::path::Path;

    async fn opened(file: &Path) -> Db {
        let db = store::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        store::migrate(&db).await.unwrap();
        db
    }

    async fn entered(file: &Path, mark: &Path) -> (Mark, Found) {
        let db = opened(file).await;
        let epoch = instance::enter(&db, "0", SystemClock.now()).await.unwrap().epoch;
        Mark::of(&db, Some(MarkFile::open(mark).unwrap()), epoch)
    }

    #[tokio::test]
    async fn a_copy_from_before_something_began_is_behind_though_no_start_lies_between() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, copied, mark] = ["a.sqlite", "b.sqlite", "mark"].map(|name| folder.path().join(name));
        let (first, found) = entered(&whole, &mark).await;
        assert_eq!(found, Found::Ahead, "nothing is remembered of a new one");
        first.copy().unwrap();
        let written = first.file.as_ref().unwrap().last_epoch();
        first.db.close().await;
        std::fs::copy(&whole, &copied).unwrap();

        let mut first = Mark { db: opened(&whole).await, ..first };
        assert_eq!(first.keep_up().await.unwrap(), Found::Ahead);
        assert_eq!(first.file.as_ref().unwrap().last_epoch(), written, "not so soon");
        assert_eq!(first.raise().await.unwrap(), Found::Ahead);

        let (mut put_back, found) = entered(&copied, &mark).await;
        assert_eq!(found, Found::Behind, "what began since is not in it");
        put_back.leap().await.unwrap();
        assert_eq!(put_back.raise().await.unwrap(), Found::Ahead, "once");
        assert_eq!(entered(&copied, &mark).await.1, Found::Ahead, "and for whoever comes next");
    }

    #[tokio::test]
    async fn a_database_that_goes_back_under_a_daemon_is_found_behind_without_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, older] = ["a.sqlite", "b.sqlite"].map(|name| folder.path().join(name));
        let db = opened(&whole).await;
        let epoch = instance::enter(&db, "0", SystemClock.now()).await.unwrap().epoch;
        let (mut mark, _) = Mark::of(&db, None, epoch);
        assert_eq!(mark.raise().await.unwrap(), Found::Ahead);
        let put_back = opened(&older).await;
        instance::enter(&put_back, "0", SystemClock.now()).await.unwrap();
        mark.db = put_back;
        assert_eq!([mark.raise().await.unwrap(), mark.raise().await.unwrap()], [Found::Behind, Found::Ahead]);
    }
}
