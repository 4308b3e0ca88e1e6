//! A small file outside the database, in which stands how far the database is: so one that was put back from a backup is
//! noticed.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::Path;

/// The file, open for as long as the daemon runs.
#[derive(Debug)]
pub struct MarkFile(File);

impl MarkFile {
    /// Opens it, and makes it if it is not there. Its folder must be there.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map(Self)
    }

    /// The file itself, to be locked.
    pub(super) const fn file(&self) -> &File {
        &self.0
    }

    /// The same file once more; what one writes, the other reads.
    pub fn again(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// The last epoch that was written down; none where nothing stands there.
    #[must_use]
    pub fn last_epoch(&self) -> Option<i64> {
        let mut file = &self.0;
        file.rewind().ok()?;
        io::read_to_string(file).ok()?.trim().parse().ok()
    }

    /// Writes down the epoch.
    pub fn remember(&self, epoch: i64) -> io::Result<()> {
        let mut file = &self.0;
        file.rewind()?;
        // Always as long, and at once: whoever is killed here leaves the old one or the new one.
        file.write_all(format!("{epoch:020}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let file = MarkFile::open(&path).unwrap();
        assert_eq!(file.last_epoch(), None);
        file.remember(12).unwrap();
        file.again().unwrap().remember(7).unwrap();
        assert_eq!([&file, &MarkFile::open(&path).unwrap()].map(MarkFile::last_epoch), [Some(7); 2]);
        assert!(MarkFile::open(&folder.path().join("nowhere/mark")).is_err());
    }
}
