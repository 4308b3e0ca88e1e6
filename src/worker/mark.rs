//! How far the database is: raised whenever something is begun and each second while anything is sent. What the daemon
//! remembers of it, and a file outside the database if there is one, show when the database was put back from a backup.

use crate::domain::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::instance::{Instance, Remembered};
use crate::store::mark_file::MarkFile;
use crate::store::{Db, instance};
use std::time::Duration;
use tokio::time::Instant;

/// A copy that is younger than this and is put back is not told from the database that it was made of.
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
    remembered: Remembered,
    raised_at: Instant,
}

impl Mark {
    /// What was remembered when the last daemon ended.
    pub fn of(db: &Db, file: Option<MarkFile>) -> Result<Self> {
        let remembered = Remembered::default();
        if let Some(file) = &file {
            remembered.see(file.last_epoch().map_err(|why| unusable(file, &why))?.unwrap_or(0));
        }
        Ok(Self { db: db.clone(), file, remembered, raised_at: Instant::now() })
    }

    /// What is remembered, for those who begin something.
    pub const fn remembered(&self) -> &Remembered {
        &self.remembered
    }

    /// Enters this daemon.
    pub async fn enter(&mut self, version: &str, now: Timestamp) -> Result<(Instance, Found)> {
        let entered = instance::enter(&self.db, version, self.remembered.epoch(), now).await?;
        if entered.epoch <= self.remembered.epoch() {
            return Ok((entered, Found::Behind));
        }
        self.see(entered.epoch)?;
        Ok((entered, Found::Ahead))
    }

    /// Before something is begun that must not be begun again. Nothing may be, in a database that is behind.
    pub async fn raise(&mut self) -> Result<Found> {
        let Some(epoch) = instance::raise(&self.db, self.remembered.epoch()).await? else { return Ok(Found::Behind) };
        self.see(epoch)?;
        self.raised_at = Instant::now();
        Ok(Found::Ahead)
    }

    /// While it goes on.
    pub async fn keep_up(&mut self) -> Result<Found> {
        if self.raised_at.elapsed() < EVERY { Ok(Found::Ahead) } else { self.raise().await }
    }

    /// Only ever what the database has already: a file that is older raises no alarm.
    pub fn see(&self, epoch: i64) -> Result<()> {
        self.remembered.see(epoch);
        self.file.as_ref().map_or(Ok(()), |file| file.remember(epoch).map_err(|why| unusable(file, &why)))
    }
}

fn unusable(file: &MarkFile, why: &std::io::Error) -> Error {
    let path = file.path().display();
    Error::Unavailable(format!(
        "how far the database is cannot be read from or written to {path}: {why}. Until it can, nothing is begun"
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
        let mut mark = Mark::of(&opened(file).await, Some(MarkFile::open(mark).unwrap())).unwrap();
        let (_, found) = mark.enter("0", SystemClock.now()).await.unwrap();
        (mark, found)
    }

    async fn see_to(mark: &Mark) {
        let epoch = instance::was_behind(&mark.db, mark.remembered.epoch(), SystemClock.now()).await.unwrap();
        mark.see(epoch).unwrap();
    }

    #[tokio::test]
    async fn a_copy_from_before_something_began_is_behind_until_it_has_been_seen_to() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, copied, mark] = ["a.sqlite", "b.sqlite", "mark"].map(|name| folder.path().join(name));
        let (first, found) = entered(&whole, &mark).await;
        assert_eq!(found, Found::Ahead, "nothing is remembered of a new one");
        let written = first.remembered.epoch();
        first.db.close().await;
        std::fs::copy(&whole, &copied).unwrap();

        let mut first = Mark { db: opened(&whole).await, ..first };
        assert_eq!(first.keep_up().await.unwrap(), Found::Ahead);
        assert_eq!(first.remembered.epoch(), written, "not so soon");
        assert_eq!(first.raise().await.unwrap(), Found::Ahead);

        for _ in 0..3 {
            let (mut put_back, found) = entered(&copied, &mark).await;
            assert_eq!(found, Found::Behind, "what began since is not in it, however often it is started");
            assert_eq!(put_back.raise().await.unwrap(), Found::Behind);
        }
        see_to(&entered(&copied, &mark).await.0).await;
        let (mut seen_to, found) = entered(&copied, &mark).await;
        assert_eq!((found, seen_to.raise().await.unwrap()), (Found::Ahead, Found::Ahead), "once");
    }

    #[tokio::test]
    async fn a_database_that_goes_back_under_a_daemon_is_found_behind_without_a_file_even_before_a_leap() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, older] = ["a.sqlite", "b.sqlite"].map(|name| folder.path().join(name));
        let mut mark = Mark::of(&opened(&whole).await, None).unwrap();
        assert_eq!(mark.enter("0", SystemClock.now()).await.unwrap().1, Found::Ahead);
        see_to(&mark).await;
        mark.db = opened(&older).await;
        instance::enter(&mark.db, "0", 0, SystemClock.now()).await.unwrap();
        assert_eq!(mark.raise().await.unwrap(), Found::Behind);
        see_to(&mark).await;
        assert_eq!(mark.raise().await.unwrap(), Found::Ahead);
    }

    #[tokio::test]
    async fn a_file_that_holds_something_else_is_no_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "[database]").unwrap();
        let refused = Mark::of(&opened(&folder.path().join("a.sqlite")).await, Some(MarkFile::open(&path).unwrap()));
        assert!(refused.err().unwrap().to_string().contains("config.toml: it holds something else"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[database]");
    }
}
