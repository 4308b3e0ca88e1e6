//! A small file outside the database, in which stands how far the database is: so one that was put back from a backup is
//! noticed. Beside a SQLite file it stands in an attribute of that file as well, which is not part of what it holds: most ways
//! of copying a file over another leave that as it is.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xattr::FileExt as _;

/// The attribute of a SQLite file.
const ATTRIBUTE: &str = "user.countersign.epoch";

/// The file, open for as long as the daemon runs.
#[derive(Debug)]
pub struct MarkFile {
    file: File,
    path: PathBuf,
    /// The database itself, where it is a file.
    database: Option<Arc<File>>,
}

impl MarkFile {
    /// Opens it, and makes it if it is not there. Its folder must be there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        Ok(Self { file, path: path.to_owned(), database: None })
    }

    /// The same for one daemon alone: an error for every other, for as long as it runs.
    pub fn open_alone(path: &Path) -> io::Result<Self> {
        let mark = Self::open(path)?;
        mark.file.try_lock()?;
        Ok(mark)
    }

    /// One that can be read and not written.
    #[cfg(test)]
    pub fn read_only(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, path: path.to_owned(), database: None })
    }

    /// With the SQLite file that it is about.
    #[must_use]
    pub fn of(mut self, database: Arc<File>) -> Self {
        self.database = Some(database);
        self
    }

    /// The file itself, to be locked.
    pub(super) const fn file(&self) -> &File {
        &self.file
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same file once more; what one writes, the other reads.
    pub fn again(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()?, path: self.path.clone(), database: self.database.clone() })
    }

    /// The last epoch that was written down; none in a file that is empty. A file that holds something else is not ours.
    pub fn last_epoch(&self) -> io::Result<Option<i64>> {
        Ok(self.in_file()?.max(self.in_attribute()))
    }

    /// Whether there is a database whose file system knows no attributes. To be asked once something was written down.
    #[must_use]
    pub fn lacks_attribute(&self) -> bool {
        self.database.is_some() && self.in_attribute().is_none()
    }

    /// None where the file system knows no attributes.
    fn in_attribute(&self) -> Option<i64> {
        let text = self.database.as_ref()?.get_xattr(ATTRIBUTE).ok()??;
        String::from_utf8(text).ok()?.parse().ok()
    }

    fn in_file(&self) -> io::Result<Option<i64>> {
        let mut file = &self.file;
        file.rewind()?;
        // More than a number is something else, and may have no end.
        let text = io::read_to_string(file.take(64))?;
        let foreign = || io::Error::new(io::ErrorKind::InvalidData, "it holds something else");
        match text.trim() {
            "" => Ok(None),
            number => number.parse().map(Some).map_err(|_| foreign()),
        }
    }

    /// Writes down the epoch.
    pub fn remember(&self, epoch: i64) -> io::Result<()> {
        let mut file = &self.file;
        file.rewind()?;
        // Always as long, and at once: whoever is killed here leaves the old one or the new one.
        file.write_all(format!("{epoch:020}\n").as_bytes())?;
        if let Some(database) = &self.database {
            // Not every file system knows attributes; the file is there in any case.
            let _beside = database.set_xattr(ATTRIBUTE, epoch.to_string().as_bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_again_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let file = MarkFile::open_alone(&path).unwrap();
        assert_eq!(file.last_epoch().unwrap(), None);
        file.remember(12).unwrap();
        file.again().unwrap().remember(7).unwrap();
        assert_eq!([&file, &MarkFile::open(&path).unwrap()].map(|file| file.last_epoch().unwrap()), [Some(7); 2]);
        assert!(MarkFile::open_alone(&path).is_err(), "another daemon has it");
        let database = folder.path().join("a.sqlite");
        std::fs::write(&database, "today").unwrap();
        let both = MarkFile::open(&path).unwrap().of(Arc::new(File::open(&database).unwrap()));
        both.remember(9).unwrap();
        if both.in_attribute().is_some() {
            std::fs::write(folder.path().join("kept"), "yesterday").unwrap();
            std::fs::copy(folder.path().join("kept"), &database).unwrap();
            file.remember(7).unwrap();
            assert_eq!((file.last_epoch().unwrap(), both.last_epoch().unwrap()), (Some(7), Some(9)), "copied over it");
        }
        assert!(MarkFile::open(&folder.path().join("nowhere/mark")).is_err());
        std::fs::write(&path, "[database]").unwrap();
        assert_eq!(file.last_epoch().unwrap_err().to_string(), "it holds something else");
    }
}
