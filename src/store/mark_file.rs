//! A small file outside the database, in which stands how far the database is: so one that was put back from a backup is
//! noticed.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The file, open for as long as the daemon runs.
#[derive(Debug)]
pub struct MarkFile {
    file: File,
    path: PathBuf,
}

impl MarkFile {
    /// Opens it, and makes it if it is not there. Its folder must be there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The same for one daemon alone: an error for every other, for as long as it runs.
    pub fn open_alone(path: &Path) -> io::Result<Self> {
        let mark = Self::open(path)?;
        mark.file.try_lock()?;
        Ok(mark)
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
        Ok(Self { file: self.file.try_clone()?, path: self.path.clone() })
    }

    /// The last epoch that was written down; none in a file that is empty. A file that holds something else is not ours.
    pub fn last_epoch(&self) -> io::Result<Option<i64>> {
        let mut file = &self.file;
        file.rewind()?;
        let text = io::read_to_string(file)?;
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
        file.write_all(format!("{epoch:020}\n").as_bytes())
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
        assert!(MarkFile::open(&folder.path().join("nowhere/mark")).is_err());
        std::fs::write(&path, "[database]").unwrap();
        assert_eq!(file.last_epoch().unwrap_err().to_string(), "it holds something else");
    }
}
