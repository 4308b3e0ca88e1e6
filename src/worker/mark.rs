//! How far the database is: raised whenever something is begun and each second while anything is sent. What the daemon
//! remembers of it, and a file outside the database if there is one, show when the database was put back from a backup.

use crate::domain::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::identity::Identity;
use crate::store::instance::{Instance, Remembered};
use crate::store::mark_file::MarkFile;
use crate::store::{Db, instance};
use std::time::Duration;
use tokio::time::Instant;

/// A snapshot of a whole disk that is younger than this and is put back is not told from what it was made of.
const EVERY: Duration = Duration::from_secs(1);

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
    /// As it was when it was looked at last.
    identity: Identity,
    remembered: Remembered,
    raised_at: Instant,
}

impl Mark {
    /// What was remembered when the last daemon ended.
    pub async fn of(db: &Db, file: Option<MarkFile>) -> Result<Self> {
        let remembered = Remembered::default();
        if let Some(file) = &file {
            remembered.see(file.last_epoch().map_err(|why| unusable(file, &why))?.unwrap_or(0));
        }
        let identity = Identity::of(db).await?;
        remembered.know(identity.database);
        Ok(Self { db: db.clone(), file, identity, remembered, raised_at: Instant::now() })
    }

    /// What is remembered, for those who begin something.
    pub const fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Who the database is, as it was when it was looked at last.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Enters this daemon. A database that lives elsewhere than it says is a copy, or was put back; so may one be that went over
    /// to another timeline, unless its mark was remembered.
    pub async fn enter(&mut self, version: &str, now: Timestamp) -> Result<(Instance, Found)> {
        let remembered = self.remembered.known().epoch;
        let (entered, kept) = instance::enter(&self.db, version, remembered, &self.identity, now).await?;
        let went_over = kept != self.identity.to_text();
        if entered.epoch <= remembered || went_over && !(remembered > 0 && self.identity.is_at_home(&kept)) {
            return Ok((entered, Found::Behind));
        }
        if went_over {
            instance::went_over(&self.db, &self.identity).await?;
        }
        self.see(entered.epoch)?;
        Ok((entered, Found::Ahead))
    }

    /// Before something is begun that must not be begun again. Nothing may be, in a database that is behind.
    pub async fn raise(&mut self) -> Result<Found> {
        if self.db.is_postgres() {
            self.look().await?;
        }
        let raised = instance::raise(&self.db, self.remembered.known().epoch, &self.identity).await?;
        let Some(epoch) = raised else { return Ok(Found::Behind) };
        self.see(epoch)?;
        self.raised_at = Instant::now();
        Ok(Found::Ahead)
    }

    /// Another database may have taken the place of this one. One that only went over to another timeline, and is not behind
    /// what is remembered, has lost nothing.
    async fn look(&mut self) -> Result<()> {
        let identity = Identity::of(&self.db).await?;
        if identity != self.identity {
            let kept = instance::kept_identity(&self.db).await?.unwrap_or_default();
            if identity.database == self.identity.database && identity.is_at_home(&kept) {
                instance::went_over(&self.db, &identity).await?;
            }
            self.identity = identity;
        }
        Ok(())
    }

    /// While it goes on.
    pub async fn keep_up(&mut self) -> Result<Found> {
        if self.raised_at.elapsed() < EVERY { Ok(Found::Ahead) } else { self.raise().await }
    }

    /// After one that was behind has been seen to.
    pub fn seen_to(&self, epoch: i64) -> Result<()> {
        self.remembered.know(self.identity.database);
        self.see(epoch)
    }

    /// Only ever what the database has already: a file that is older raises no alarm.
    fn see(&self, epoch: i64) -> Result<()> {
        self.remembered.see(epoch);
        self.file.as_ref().map_or(Ok(()), |file| file.remember(epoch).map_err(|why| unusable(file, &why)))
    }
}

fn unusable(file: &MarkFile, why: &std::io::Error) -> Error {
    let path = file.path().display();
    Error::Unavailable(format!(
        "how far the database is cannot be read from or written to {path}: {why}. Until it can, nothing is begun. Let this user write to it, and empty it if what it holds is nobody's"
    ))
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
        let mut mark = Mark::of(&opened(file).await, Some(MarkFile::open(mark).unwrap())).await.unwrap();
        let (_, found) = mark.enter("0", SystemClock.now()).await.unwrap();
        (mark, found)
    }

    async fn see_to(mark: &Mark) {
        let remembered = mark.remembered.known().epoch;
        let epoch = instance::was_behind(&mark.db, remembered, &mark.identity, SystemClock.now()).await.unwrap();
        mark.seen_to(epoch).unwrap();
    }

    #[tokio::test]
    async fn a_copy_that_is_put_back_is_behind_until_it_has_been_seen_to() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, copied, moved, mark] =
            ["a.sqlite", "b.sqlite", "c.sqlite", "mark"].map(|name| folder.path().join(name));
        let (mut first, found) = entered(&whole, &mark).await;
        assert_eq!(found, Found::Ahead, "nothing is remembered of a new one");
        let written = first.remembered.known().epoch;
        assert_eq!(first.keep_up().await.unwrap(), Found::Ahead);
        assert_eq!(first.remembered.known().epoch, written, "not so soon");
        first.db.close().await;
        std::fs::copy(&whole, &copied).unwrap();
        std::fs::rename(&whole, &moved).unwrap();

        let another_mark = folder.path().join("another mark");
        for remembered in [&mark, &another_mark, &mark] {
            let (mut put_back, found) = entered(&copied, remembered).await;
            assert_eq!(found, Found::Behind, "whatever is remembered, and however often it is started");
            assert_eq!(put_back.raise().await.unwrap(), Found::Behind);
        }
        see_to(&entered(&copied, &mark).await.0).await;
        let (mut seen_to, found) = entered(&copied, &mark).await;
        assert_eq!((found, seen_to.raise().await.unwrap()), (Found::Ahead, Found::Ahead), "once");
        assert_eq!(entered(&moved, &another_mark).await.1, Found::Ahead, "a file that is moved is the same");
        let (mut new, found) = entered(&folder.path().join("new.sqlite"), &mark).await;
        assert_eq!((found, new.raise().await.unwrap()), (Found::Ahead, Found::Ahead), "one without a past");
    }

    #[tokio::test]
    async fn a_snapshot_of_the_whole_disk_is_behind_what_a_file_elsewhere_remembers() {
        let folder = tempfile::tempdir().unwrap();
        let [file, mark] = ["a.sqlite", "mark"].map(|name| folder.path().join(name));
        let (mut first, _) = entered(&file, &mark).await;
        assert_eq!(first.raise().await.unwrap(), Found::Ahead);
        first.db.close().await;
        let db = opened(&file).await;
        let identity = Identity::of(&db).await.unwrap();
        assert_eq!(instance::raise(&db, 0, &identity).await.unwrap(), Some(3));
        MarkFile::open(&mark).unwrap().remember(5).unwrap();
        db.close().await;
        for _ in 0..3 {
            assert_eq!(entered(&file, &mark).await.1, Found::Behind, "it is not counted up to what was lost");
        }
    }

    #[tokio::test]
    async fn a_file_that_holds_something_else_is_no_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "[database]").unwrap();
        let refused =
            Mark::of(&opened(&folder.path().join("a.sqlite")).await, Some(MarkFile::open(&path).unwrap())).await;
        assert!(refused.err().unwrap().to_string().contains("config.toml: it holds something else"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[database]");
    }
}
