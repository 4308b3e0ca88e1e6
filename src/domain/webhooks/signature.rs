//! The proof that a delivery comes from Meta: an HMAC over the bytes exactly as received.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the X-Hub-Signature-256 header is missing")]
    Missing,
    #[error("the X-Hub-Signature-256 header is not `sha256=` and 64 hexadecimal digits")]
    Malformed,
    #[error("the signature does not fit the body: check the app secret")]
    Mismatch,
}

/// Checks the header against each app secret and answers with the place of the one that signed. The caller must see to it
/// that the accounts in the body belong to that secret's owner: one tenant's app must not speak for another.
pub fn verify_signature<'a>(
    app_secrets: impl IntoIterator<Item = &'a Secret>,
    raw_body: &[u8],
    header: Option<&str>,
) -> Result<usize, SignatureError> {
    let header = header.ok_or(SignatureError::Missing)?;
    let digits = header.trim().strip_prefix("sha256=").ok_or(SignatureError::Malformed)?;
    let mut claimed = [0u8; 32];
    hex::decode_to_slice(digits, &mut claimed).map_err(|_| SignatureError::Malformed)?;
    let mut found = None;
    for (place, secret) in app_secrets.into_iter().enumerate() {
        // An empty secret is a setting that was never made; anyone could sign with it.
        if secret.is_empty() {
            continue;
        }
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { continue };
        let fits = mac.chain_update(raw_body).verify_slice(&claimed).is_ok();
        if fits && found.is_none() {
            found = Some(place);
        }
    }
    found.ok_or(SignatureError::Mismatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(secret: &str, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn a_known_vector_of_hmac_sha256() {
        let secrets = [Secret::new("Jefe")];
        let header = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(verify_signature(&secrets, b"what do ya want for nothing?", Some(header)), Ok(0));
    }

    #[test]
    fn the_secret_that_signed_is_named() {
        let secrets = [Secret::new("old"), Secret::new("new")];
        let body = br#"{"a":"\u00e9"}"#;
        assert_eq!(verify_signature(&secrets, body, Some(&header("new", body))), Ok(1));
        assert_eq!(verify_signature(&secrets, body, Some(&header("old", body))), Ok(0));
        assert_eq!(verify_signature(&secrets, body, Some(&header("other", body))), Err(SignatureError::Mismatch));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let secrets = [Secret::new("s")];
        let body = b"exact bytes".to_vec();
        let good = header("s", &body);
        for bit in 0..body.len() * 8 {
            let mut changed = body.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify_signature(&secrets, &changed, Some(&good)), Err(SignatureError::Mismatch));
        }
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let secrets = [Secret::new("s")];
        assert_eq!(verify_signature(&secrets, b"", None), Err(SignatureError::Missing));
        for bad in [
            "",
            "sha256=",
            "sha1=00",
            "sha256=zz",
            header("s", b"").trim_start_matches("sha256="),
            &format!("{}0", header("s", b"")),
        ] {
            assert_eq!(verify_signature(&secrets, b"", Some(bad)), Err(SignatureError::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn no_secret_and_an_empty_secret_let_nothing_in() {
        let forged = header("", b"x");
        assert_eq!(verify_signature(&[], b"x", Some(&forged)), Err(SignatureError::Mismatch));
        assert_eq!(verify_signature(&[Secret::new("")], b"x", Some(&forged)), Err(SignatureError::Mismatch));
    }
}
