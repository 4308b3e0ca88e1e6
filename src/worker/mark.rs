//! How far a SQLite file is, written beside it whenever it begins to send and each second while it does: so one that was put
//! back from a backup is noticed, even if it was started from only once.

use crate::error::{Error, Result};
use crate::store::lock::FileLock;
use crate::store::{Db, instance};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A copy that is younger than this and is put back is not told from the file that it was made of.
const EVERY: Duration = Duration::from_secs(1);

/// The mark in the database, and its copy in the lock file. PostgreSQL has no file and no copy.
pub struct Mark {
    db: Db,
    lock: Option<Arc<FileLock>>,
    raised_at: Instant,
}

impl Mark {
    /// Of a daemon that has just entered at this epoch. With it, whether the database is behind its own mark.
    pub fn of(db: &Db, lock: Option<Arc<FileLock>>, epoch: i64) -> (Self, bool) {
        let behind = lock.as_ref().and_then(|lock| lock.last_epoch()).is_some_and(|last| epoch <= last);
        (Self { db: db.clone(), lock, raised_at: Instant::now() }, behind)
    }

    /// Writes the copy. Only ever what the database has already: one that is older raises no alarm.
    pub fn copy(&self, epoch: i64) -> Result<()> {
        let kept = self.lock.as_ref().map_or(Ok(()), |lock| lock.remember(epoch));
        kept.map_err(|why| Error::Unavailable(format!("the lock file beside the database cannot be written: {why}")))
    }

    /// Before something is begun that must not be begun again.
    pub async fn raise(&mut self) -> Result<()> {
        if self.lock.is_some() {
            let epoch = instance::raise(&self.db).await?;
            self.copy(epoch)?;
            self.raised_at = Instant::now();
        }
        Ok(())
    }

    /// While it goes on.
    pub async fn keep_up(&mut self) -> Result<()> {
        if self.raised_at.elapsed() < EVERY { Ok(()) } else { self.raise().await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::{Clock as _, SystemClock};
    use crate::store;

    async fn entered(url: &str) -> (Db, i64) {
        let db = store::connect(url).await.unwrap();
        store::migrate(&db).await.unwrap();
        let epoch = instance::enter(&db, "0", SystemClock.now()).await.unwrap().epoch;
        (db, epoch)
    }

    #[tokio::test]
    async fn a_copy_from_before_something_began_is_behind_though_no_start_lies_between() {
        let folder = tempfile::tempdir().unwrap();
        let [url, copied] = ["a.sqlite", "b.sqlite"].map(|name| format!("sqlite://{}/{name}", folder.path().display()));
        let lock = FileLock::take(&url).unwrap().map(Arc::new);
        let (db, epoch) = entered(&url).await;
        let (mark, behind) = Mark::of(&db, lock.clone(), epoch);
        assert!(!behind, "nothing stands beside a new file");
        mark.copy(epoch).unwrap();
        db.close().await;
        std::fs::copy(folder.path().join("a.sqlite"), folder.path().join("b.sqlite")).unwrap();
        let (mut mark, _) = Mark::of(&store::connect(&url).await.unwrap(), lock.clone(), epoch);
        mark.keep_up().await.unwrap();
        assert_eq!(lock.as_ref().unwrap().last_epoch(), Some(epoch), "not so soon");
        mark.raise().await.unwrap();

        let (put_back, epoch) = entered(&copied).await;
        assert!(Mark::of(&put_back, lock.clone(), epoch).1, "what began since is not in it");
        let (whole, epoch) = entered(&url).await;
        assert!(!Mark::of(&whole, lock, epoch).1, "a start of the file itself is none");
    }
}
