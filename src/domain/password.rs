//! Passwords: Argon2id, and what one must be like.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

/// The fewest characters. There are no rules of composition: length is what counts (OWASP ASVS 6.2.1, 6.2.5).
pub const SHORTEST: usize = 12;
/// The most characters, so that hashing stays bounded.
pub const LONGEST: usize = 256;

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Guessed too soon.
    #[error("the password is too short: use at least {SHORTEST} characters")]
    TooShort,
    /// Costs too much to hash.
    #[error("the password is too long: use at most {LONGEST} characters")]
    TooLong,
    /// Among the first that anybody tries.
    #[error("the password is one that is tried first: choose another")]
    TooCommon,
    /// The parameters do not work, which a test rules out.
    #[error("the password cannot be hashed")]
    Hashing,
}

/// 19 MiB, two passes, one lane: OWASP's first choice for Argon2id.
fn hasher() -> Result<Argon2<'static>, BadPassword> {
    let params = Params::new(19_456, 2, 1, None).map_err(|_| BadPassword::Hashing)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Long enough to pass by length, and still on every list.
const COMMON: &[&str] =
    &["password1234", "123456789012", "qwertyuiop12", "passwordpassword", "countersign1", "countersigncountersign"];

/// The hash of a new password, as a PHC string. Takes a while: call it off the runtime's threads.
pub fn hash(password: &str) -> Result<String, BadPassword> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(BadPassword::TooShort);
    }
    if length > LONGEST {
        return Err(BadPassword::TooLong);
    }
    if COMMON.contains(&password.to_lowercase().as_str()) {
        return Err(BadPassword::TooCommon);
    }
    Ok(hasher()?.hash_password(password.as_bytes()).map_err(|_| BadPassword::Hashing)?.to_string())
}

/// Whether it is the password behind the hash. Without a hash (nobody has that name) it takes the same time and says no.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    // Of a password that nobody knows.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$9vqrnDQ2bk5mOlVdT4mGYA$nAWCl0mSgUylfVgcGXlOZJOCcxRQNXCqSt1ftRAIWr0";
    let (known, stored) = hash.map_or((false, NOBODY), |hash| (true, hash));
    if password.chars().count() > LONGEST {
        return false;
    }
    let matches = PasswordHash::new(stored)
        .is_ok_and(|stored| hasher().is_ok_and(|h| h.verify_password(password.as_bytes(), &stored).is_ok()));
    known && matches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_opens_its_own_hash_and_no_other() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterz", Some(&stored)));
        assert!(!verify("correct horse battery", None));
        assert_ne!(stored, hash("correct horse battery").unwrap(), "salted");
    }

    #[test]
    fn what_is_no_password_is_refused() {
        for (text, why) in [("short", BadPassword::TooShort), ("Password1234", BadPassword::TooCommon)] {
            assert_eq!(hash(text), Err(why));
        }
        assert_eq!(hash(&"x".repeat(257)), Err(BadPassword::TooLong));
    }

    #[test]
    fn a_sign_in_of_nobody_takes_as_long_as_one_with_a_wrong_password() {
        // The stand-in hash must be readable, or unknown names would answer at once.
        assert!(
            PasswordHash::new(
                "$argon2id$v=19$m=19456,t=2,p=1$9vqrnDQ2bk5mOlVdT4mGYA$nAWCl0mSgUylfVgcGXlOZJOCcxRQNXCqSt1ftRAIWr0"
            )
            .is_ok()
        );
    }
}
