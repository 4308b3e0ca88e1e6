//! Proving who one is by a password: at sign-in and again with every signature, slowed down after failures.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use super::Console;
use super::visit::Visit;
use crate::domain::audit::{Actor, Event};
use crate::domain::canonical::{Hash, sha256};
use crate::domain::clock::Timestamp;
use crate::domain::password;
use crate::error::Error;
use crate::store;
use crate::store::people::Account;
use crate::words::Words;

/// How long a failure counts.
const WINDOW: Duration = Duration::from_mins(15);
/// So many wrong passwords in a row are still typing errors.
const FREE: i64 = 5;
/// The first pause after them; each further failure doubles it, up to the window itself.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// Why a password was not taken.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    Wrong,
    /// Too often wrong: it was not even looked at, and will not be for this long.
    Pause(Duration),
}

impl Refusal {
    /// The pause for this many seconds.
    fn until(at: Timestamp, now: Timestamp) -> Self {
        Self::Pause(Duration::from_secs(at.since(now).as_secs().max(1)))
    }

    /// What the person reads; `wrong` names the text for a wrong password.
    pub fn sentence(self, l: &Words, wrong: &'static str) -> String {
        match self {
            Self::Wrong => l.t(wrong),
            Self::Pause(span) => l.t1("session-pause", "span", l.span(span.as_secs())),
        }
    }

    /// The page that says so: under `wrong`, or as too many requests (RFC 6585) with the time to wait.
    pub fn answer(self, wrong: StatusCode, page: impl IntoResponse) -> Response {
        match self {
            Self::Wrong => (wrong, page).into_response(),
            Self::Pause(span) => {
                (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, span.as_secs().to_string())], page).into_response()
            }
        }
    }
}

/// What came of it: the account whose password it is, or why it was not taken.
pub type Proof = Result<Box<Account>, Refusal>;

/// Checks a password. An address that nobody has takes as long, leaves the same trace and gets the same answer.
pub async fn prove(visit: &Visit, email: &str, password: &str, act: &'static str) -> Result<Proof, Error> {
    let (db, now) = (&visit.console.ctx.db, visit.now);
    let key = key(visit, email);
    let since = now.before(WINDOW);
    if let Some(failures) = store::sessions::failures(db, &key, since).await? {
        let until = failures.last_at().after(pause(failures.count()));
        if until > now {
            return Ok(Err(Refusal::until(until, now)));
        }
    }
    let account = store::people::account_by_email(db, email).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let right = verify(&visit.console, password.to_owned(), stored).await?;
    let mut tx = db.begin().await?;
    match account {
        Some(account) if right && account.person.disabled_at.is_none() => {
            store::sessions::forget_failures(&mut tx, &key).await?;
            tx.commit().await?;
            Ok(Ok(Box::new(account)))
        }
        account => {
            store::sessions::count_failure(&mut tx, &key, since, now).await?;
            if let Some(account) = account {
                // Whoever typed is not known to be that person; only whose account it was is.
                let subject = account.person.id.to_string();
                let event =
                    Event { actor: Actor::Policy("sign-in".into()), act, subject, details: serde_json::Value::Null };
                store::audit::append(&mut tx, account.person.tenant, now, event).await?;
            } else {
                tracing::info!("a sign-in failed: nobody has that address");
            }
            tx.commit().await?;
            Ok(Err(Refusal::Wrong))
        }
    }
}

/// Account and address together: one guesser at one desk does not close the account for its owner elsewhere.
fn key(visit: &Visit, email: &str) -> Hash {
    let address = visit.address.map(|address| address.to_string()).unwrap_or_default();
    sha256(format!("sign-in\0{}\0{address}", email.to_lowercase()).as_bytes())
}

fn pause(failures: i64) -> Duration {
    let more = failures.saturating_sub(FREE);
    if more < 0 {
        return Duration::ZERO;
    }
    let doubled = 2_u32.saturating_pow(u32::try_from(more).unwrap_or(u32::MAX));
    FIRST_PAUSE.saturating_mul(doubled).min(WINDOW)
}

/// Off the runtime's threads, and only a few at a time: each takes 19 MiB for a moment.
async fn verify(console: &Console, password: String, stored: Option<String>) -> Result<bool, Error> {
    let _turn = console.hashing.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || password::verify(&password, stored.as_deref())).await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn the_pause_doubles_and_never_outlasts_the_window() {
        let seconds: Vec<_> = [0, 4, 5, 6, 7, 9, 10, 60, i64::MAX].map(|n| pause(n).as_secs()).to_vec();
        assert_eq!(seconds, [0, 0, 30, 60, 120, 480, 900, 900, 900]);
    }
}
