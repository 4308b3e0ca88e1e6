//! One daemon on one SQLite file: a lock beside the file, held for the life of the process. Unless it is to stand elsewhere,
//! it is also the file's [`MarkFile`].

use super::connect::sqlite_file;
use super::mark_file::MarkFile;
use std::fs::TryLockError;
use std::path::Path;

/// Held for as long as this program may write to a SQLite file.
#[derive(Debug)]
pub struct FileLock(MarkFile);

/// Why a SQLite file cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program has it.
    #[error(
        "another countersign already works on {0}. One SQLite file has one daemon: stop the other one, or use PostgreSQL for several"
    )]
    Taken(String),
    /// The lock file cannot be made.
    #[error("the lock file {file} cannot be opened: {why}. Let this user write to its folder")]
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
        &self.0
    }

    fn beside(database: &Path) -> Result<Self, LockError> {
        if let Some(folder) = database.parent().filter(|f| !f.as_os_str().is_empty()) {
            let failed = |why| LockError::File { file: folder.display().to_string(), why };
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // By whatever name it is called, links followed: one file has one lock.
        let mut name = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
        name.push(".lock");
        let failed = |why| LockError::File { file: name.to_string_lossy().into_owned(), why };
        let file = MarkFile::open(Path::new(&name)).map_err(failed)?;
        match file.file().try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(database.display().to_string())),
            Err(TryLockError::Error(why)) => Err(failed(why)),
        }
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
        // As the first daemon leaves it: a link can be followed once the file is there.
        std::fs::write(folder.path().join("new/cs.sqlite"), "").unwrap();
        std::os::unix::fs::symlink(folder.path().join("new/cs.sqlite"), folder.path().join("link")).unwrap();
        let linked = FileLock::take(&format!("sqlite://{}/link", folder.path().display()));
        assert!(matches!(linked, Err(LockError::Taken(_))), "by another name: {linked:?}");
        drop(first);
        assert!(FileLock::take(&url).unwrap().is_some());
        assert!(FileLock::take("postgres://localhost/x").unwrap().is_none());
    }
}
