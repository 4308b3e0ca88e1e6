//! One daemon on one SQLite file: a lock on the file itself, by whatever name it is called, and on one beside it, held for the
//! life of the process. Unless it is to stand elsewhere, the one beside is also the file's [`MarkFile`].

use super::connect::sqlite_file;
use super::mark_file::MarkFile;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;

/// Held for as long as this program may write to a SQLite file.
#[derive(Debug)]
pub struct FileLock {
    beside: MarkFile,
    /// SQLite's own locks are of another kind. To close this one before SQLite is done would end those.
    itself: Arc<File>,
}

/// Why a SQLite file cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program has it.
    #[error(
        "another countersign already works on {0}. One SQLite file has one daemon: stop the other one, or use PostgreSQL for several"
    )]
    Taken(String),
    /// A file cannot be made or locked.
    #[error("{file} cannot be opened or locked: {why}. Let this user write to it and to its folder")]
    File {
        /// Which.
        file: String,
        /// What the system says.
        why: std::io::Error,
    },
}

impl FileLock {
    /// Makes sure that no second daemon works on the SQLite file behind this address; none for PostgreSQL, where several
    /// may. The system gives the lock back when the process ends, however it ends.
    pub fn take(url: &str) -> Result<Option<Self>, LockError> {
        sqlite_file(url).map(|file| Self::beside(&file)).transpose()
    }

    /// Where it stands how far the database is.
    #[must_use]
    pub const fn mark_file(&self) -> &MarkFile {
        &self.beside
    }

    /// The SQLite file itself.
    #[must_use]
    pub fn itself(&self) -> Arc<File> {
        Arc::clone(&self.itself)
    }

    fn beside(database: &Path) -> Result<Self, LockError> {
        if let Some(folder) = database.parent().filter(|f| !f.as_os_str().is_empty()) {
            let failed = |why| LockError::File { file: folder.display().to_string(), why };
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let itself = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(database);
        let itself = itself.map_err(|why| LockError::File { file: database.display().to_string(), why })?;
        let locked = |file: &File, name: &Path| match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(database.display().to_string())),
            Err(TryLockError::Error(why)) => Err(LockError::File { file: name.display().to_string(), why }),
        };
        locked(&itself, database)?;
        let mut name = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
        name.push(".lock");
        let name = Path::new(&name);
        let beside = MarkFile::open(name).map_err(|why| LockError::File { file: name.display().to_string(), why })?;
        locked(beside.file(), name)?;
        // The same one: to close a second one would end SQLite's locks as well.
        let itself = Arc::new(itself);
        Ok(Self { beside: beside.of(Arc::clone(&itself)), itself })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_on_one_file_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/new/cs.sqlite", folder.path().display());
        let first = FileLock::take(&url).unwrap();
        let refused = FileLock::take(&url).unwrap_err().to_string();
        assert!(refused.contains("already works on") && refused.contains("PostgreSQL"), "{refused}");
        std::os::unix::fs::symlink(folder.path().join("new/cs.sqlite"), folder.path().join("link")).unwrap();
        std::fs::hard_link(folder.path().join("new/cs.sqlite"), folder.path().join("hard")).unwrap();
        std::fs::remove_file(folder.path().join("new/cs.sqlite.lock")).unwrap();
        for name in ["link", "hard", "new/cs.sqlite"] {
            let again = FileLock::take(&format!("sqlite://{}/{name}", folder.path().display()));
            assert!(matches!(again, Err(LockError::Taken(_))), "by {name}: {again:?}");
        }
        drop(first);
        assert!(FileLock::take(&url).unwrap().is_some());
        assert!(FileLock::take("postgres://localhost/x").unwrap().is_none());
    }
}
