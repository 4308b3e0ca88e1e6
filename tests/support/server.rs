//! A PostgreSQL server of one test's own, to be killed and started again.

use std::path::PathBuf;
use std::process::Command;

use super::have;

pub struct Server {
    folder: PathBuf,
    pub url: String,
}

impl Server {
    /// None, with a line that says so, where there is no PostgreSQL and this is not CI.
    pub fn start() -> Option<Self> {
        have("PostgreSQL (TEST_POSTGRES_URL)", std::env::var_os("TEST_POSTGRES_URL").is_some()).then_some(())?;
        // Short, for the path of its socket, and in memory where there is a folder for that.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("cs-{}", uuid::Uuid::new_v4().simple()));
        let url = pg("start", &folder).trim().to_owned();
        Some(Self { folder, url })
    }

    /// All of its processes at once.
    pub fn kill(&self) {
        pg("kill", &self.folder);
    }

    /// From its files.
    pub fn start_again(&self) {
        pg("again", &self.folder);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        pg("stop", &self.folder);
    }
}

fn pg(action: &str, folder: &std::path::Path) -> String {
    let script = super::root().join("tests/support/pg.sh");
    let done = Command::new("bash").arg(script).arg(action).arg(folder).output().expect("bash runs");
    assert!(done.status.success(), "pg.sh {action}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
