//! The demo's sign-ins, kept beside its database so that they can be printed again.

use crate::domain::people::Role;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Everything that opens something.
#[derive(Serialize, Deserialize)]
pub struct Keys {
    pub people: Vec<SignIn>,
    pub agent_key: String,
}

/// One person's.
#[derive(Serialize, Deserialize)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    pub name: String,
    pub role: Role,
}

fn file(data: &Path) -> PathBuf {
    data.join("sign-ins.json")
}

impl Keys {
    /// Those of an earlier start; none if there was none.
    pub fn read(data: &Path) -> anyhow::Result<Option<Self>> {
        let path = file(data);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(
                serde_json::from_str(&text)
                    .with_context(|| format!("{} is damaged; remove the folder", path.display()))?,
            )),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Keeps them where only this user can read them.
    pub fn write(&self, data: &Path) -> anyhow::Result<()> {
        let path = file(data);
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(out.write_all(serde_json::to_string_pretty(self)?.as_bytes())?)
    }
}
