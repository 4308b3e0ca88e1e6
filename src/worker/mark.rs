//! How far the database is: raised whenever something is begun, each second while anything is sent, and once after that. What
//! the daemon remembers of it, and a file outside the database if there is one, show when the database was put back from a
//! backup. That is noted in the database, and whoever sees to requests sees to it.

use crate::domain::clock::{SharedClock, Timestamp};
use crate::error::{Error, Result};
use crate::store::behind::{self, Remembered};
use crate::store::identity::{Identity, Kept};
use crate::store::instance::Instance;
use crate::store::mark_file::MarkFile;
use crate::store::{Db, instance};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, MutexGuard};

/// Whether the database is behind its own mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Found {
    /// It is where it was left, or further.
    Ahead,
    /// It has gone back in time, and that waits to be seen to.
    Behind,
}

/// The mark in the database, and what is remembered of it.
pub struct Mark {
    db: Db,
    clock: SharedClock,
    file: Option<MarkFile>,
    /// As it was when it was looked at last.
    identity: Identity,
    remembered: Remembered,
}

impl Mark {
    /// What was remembered when the last daemon ended.
    pub async fn of(db: &Db, clock: SharedClock, file: Option<MarkFile>) -> Result<Self> {
        let remembered = Remembered::default();
        if let Some(file) = &file {
            remembered.see(file.last_epoch().map_err(|why| unusable(file, &why))?.unwrap_or(0));
        }
        let identity = Identity::of(db).await?;
        if matches!(identity, Identity::File { born: None, .. }) {
            tracing::warn!(
                "this file system does not say when a file was made: a backup that is put back in place of the database may not be told from it"
            );
        }
        remembered.know(&identity);
        Ok(Self { db: db.clone(), clock, file, identity, remembered })
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
    pub async fn enter(&mut self, version: &str, now: Timestamp) -> Result<Instance> {
        let remembered = self.remembered.known().epoch;
        let (entered, kept) = instance::enter(&self.db, version, remembered, &self.identity, now).await?;
        let at_home = match self.identity.kept_as(&kept) {
            Kept::Here => true,
            Kept::OnAnotherTimeline => remembered > 0,
            Kept::Elsewhere => false,
        };
        let found = if at_home && entered.epoch > remembered { self.raise().await? } else { self.notice().await? };
        tracing::debug!(?found, "this daemon has entered the database");
        if self.file.as_ref().is_some_and(MarkFile::lacks_attribute) {
            tracing::warn!(
                "this file system knows no attributes of files: a backup that is copied over the database is told from it by the mark file alone"
            );
        }
        Ok(entered)
    }

    /// Before something is begun that must not be begun again, and while it goes on. Nothing may be begun in a database that is
    /// behind: another may have taken the place of the one that was there. One that only went over to another timeline, and is
    /// not behind what is remembered, has lost nothing.
    pub async fn raise(&mut self) -> Result<Found> {
        self.look().await?;
        let remembered = self.remembered.known().epoch;
        let mut was = self.identity.to_text();
        loop {
            if let Some(epoch) = behind::raise(&self.db, remembered, &was, &self.identity).await? {
                self.see(epoch)?;
                return Ok(Found::Ahead);
            }
            let kept = behind::kept_identity(&self.db).await?.unwrap_or_default();
            if kept == was || self.identity.kept_as(&kept) == Kept::Elsewhere {
                return self.notice().await;
            }
            // Another timeline; or another daemon has written that one down in between.
            was = kept;
        }
    }

    /// A file cannot become another one while it is open; a server's database can.
    pub async fn look(&mut self) -> Result<()> {
        if self.db.is_postgres() {
            self.identity = Identity::of(&self.db).await?;
        }
        Ok(())
    }

    /// Unless another daemon has seen to it in between.
    async fn notice(&self) -> Result<Found> {
        let remembered = self.remembered.known().epoch;
        behind::notice_itself(&self.db, remembered, &self.identity, self.clock.now()).await?;
        Ok(Found::Behind)
    }

    /// After one that was behind has been seen to, or is where it was left.
    pub fn see(&self, epoch: i64) -> Result<()> {
        self.remembered.know(&self.identity);
        self.remembered.see(epoch);
        let kept = self.file.as_ref().map_or(Ok(()), |file| file.remember(epoch).map_err(|why| unusable(file, &why)));
        // Only ever what the database has already: a file that is older raises no alarm. So nothing goes on without it.
        self.remembered.keeps(kept.is_ok());
        kept
    }
}

/// The mark, for those who begin something and for the round that keeps it up meanwhile.
#[derive(Clone)]
pub struct SharedMark {
    mark: Arc<Mutex<Mark>>,
    goes_on: Arc<AtomicBool>,
}

impl SharedMark {
    pub fn new(mark: Mark) -> Self {
        Self { mark: Arc::new(Mutex::new(mark)), goes_on: Arc::default() }
    }

    /// For something longer: nobody raises it meanwhile.
    pub async fn hold(&self) -> MutexGuard<'_, Mark> {
        self.mark.lock().await
    }

    /// See [`Mark::raise`].
    pub async fn raise(&self) -> Result<Found> {
        self.hold().await.raise().await
    }

    /// Says whether anything is sent.
    pub fn goes_on(&self, whether: bool) {
        self.goes_on.store(whether, Ordering::SeqCst);
    }

    /// Whether anything is sent.
    pub fn is_going_on(&self) -> bool {
        self.goes_on.load(Ordering::SeqCst)
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
        let file = opened(file).await;
        let mut mark = Mark::of(&file, Arc::new(SystemClock), Some(MarkFile::open(mark).unwrap())).await.unwrap();
        mark.enter("0", SystemClock.now()).await.unwrap();
        let waits = behind::noticed(&file).await.unwrap().is_some();
        (mark, if waits { Found::Behind } else { Found::Ahead })
    }

    async fn see_to(mark: &Mark) {
        let (remembered, now) = (mark.remembered.known().epoch, SystemClock.now());
        let noticed = behind::noticed(&mark.db).await.unwrap().unwrap();
        let epoch = behind::seen_to(&mark.db, noticed, remembered, &mark.identity, now).await.unwrap().unwrap();
        assert_eq!(behind::seen_to(&mark.db, noticed, remembered, &mark.identity, now).await.unwrap(), None, "once");
        mark.see(epoch).unwrap();
    }

    #[tokio::test]
    async fn a_copy_that_is_put_back_is_behind_until_it_has_been_seen_to() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, copied, moved, mark] =
            ["a.sqlite", "b.sqlite", "c.sqlite", "mark"].map(|name| folder.path().join(name));
        let (mut first, found) = entered(&whole, &mark).await;
        assert_eq!(found, Found::Ahead, "nothing is remembered of a new one");
        assert_eq!(first.raise().await.unwrap(), Found::Ahead);
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
        let (written, was) = (first.remembered.known().epoch, identity.to_text());
        assert_eq!(behind::raise(&db, written, &was, &identity).await.unwrap(), Some(written + 1));
        MarkFile::open(&mark).unwrap().remember(written + 3).unwrap();
        db.close().await;
        for _ in 0..3 {
            assert_eq!(entered(&file, &mark).await.1, Found::Behind, "it is not counted up to what was lost");
        }
    }

    #[tokio::test]
    async fn a_mark_that_cannot_be_written_holds_everything_up_until_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let [file, path] = ["a.sqlite", "mark"].map(|name| folder.path().join(name));
        let (mut mark, _) = entered(&file, &path).await;
        mark.file = Some(MarkFile::read_only(&path).unwrap());
        assert!(mark.raise().await.unwrap_err().to_string().contains("Until it can, nothing is begun"));
        assert!(mark.remembered.known().unkept);
        mark.file = Some(MarkFile::open(&path).unwrap());
        assert_eq!(mark.raise().await.unwrap(), Found::Ahead);
        assert!(!mark.remembered.known().unkept);
    }

    #[tokio::test]
    async fn a_file_that_holds_something_else_is_no_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "[database]").unwrap();
        let (db, file) = (opened(&folder.path().join("a.sqlite")).await, MarkFile::open(&path).unwrap());
        let refused = Mark::of(&db, Arc::new(SystemClock), Some(file)).await;
        assert!(refused.err().unwrap().to_string().contains("config.toml: it holds something else"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[database]");
    }
}
