//! Where the console's sessions are kept: in the database, under a hash, so that a copy of it opens no session.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use crate::domain::canonical::{Hash, sha256};
use crate::domain::clock::{SharedClock, Timestamp};
use crate::store;
use crate::store::Db;

/// What a session's id is known by.
pub struct SessionId;

impl SessionId {
    /// The id has 128 random bits, so one round is enough.
    pub fn hash(id: &Id) -> Hash {
        sha256(id.to_string().as_bytes())
    }
}

/// Sessions that end when nobody used them for a while, by the clock that everything else goes by.
#[derive(Clone)]
pub struct DbSessions {
    pub db: Db,
    pub clock: SharedClock,
    pub idle: Duration,
}

impl fmt::Debug for DbSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbSessions").field("idle", &self.idle).finish_non_exhaustive()
    }
}

impl DbSessions {
    fn until(&self) -> Timestamp {
        self.clock.now().after(self.idle)
    }
}

fn backend(error: impl fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

fn encode(record: &Record) -> Result<String> {
    serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

#[async_trait]
impl SessionStore for DbSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let data = encode(record)?;
        while !store::sessions::insert(&self.db, &SessionId::hash(&record.id), &data, self.until())
            .await
            .map_err(backend)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = encode(record)?;
        store::sessions::save(&self.db, &SessionId::hash(&record.id), &data, self.until()).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.clock.now();
        let found = store::sessions::load(&self.db, &SessionId::hash(id), now).await.map_err(backend)?;
        let Some((data, until)) = found else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(until.seconds()).map_err(backend)?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        store::sessions::delete(&self.db, &SessionId::hash(id)).await.map_err(backend)
    }
}
