//! Signed references: an address under which one file can be fetched for a short time, without anything else to prove.

use super::super::clock::Timestamp;
use super::super::ids::{AssetId, TenantId};
use crate::domain::canonical::Hash;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// The secret of a database signs other things as well, none of which begins so.
const DOMAIN: &[u8] = b"countersign media reference 1\0";
/// The purpose, the tenant, the file, and the end.
const BODY: usize = 1 + 16 + 16 + 8;

/// What may be done with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Saved. Nothing shows it within a page.
    Download,
    /// Shown within a page of the console; images only.
    Inline,
}

impl Purpose {
    const fn byte(self) -> u8 {
        match self {
            Self::Download => 1,
            Self::Inline => 2,
        }
    }
}

/// What a reference lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Whose file.
    pub tenant: TenantId,
    /// Which.
    pub asset: AssetId,
    /// For what.
    pub purpose: Purpose,
    /// The end.
    pub expires_at: Timestamp,
}

impl Reference {
    /// As it stands in an address.
    #[must_use]
    pub fn sign(&self, secret: &Hash) -> String {
        let mut token = vec![self.purpose.byte()];
        token.extend_from_slice(self.tenant.uuid().as_bytes());
        token.extend_from_slice(self.asset.uuid().as_bytes());
        token.extend_from_slice(&self.expires_at.micros().to_be_bytes());
        let sum = mac(secret, &token).map(|mac| mac.finalize().into_bytes());
        token.extend_from_slice(&sum.unwrap_or_default());
        BASE64_URL_SAFE_NO_PAD.encode(token)
    }

    /// What this lets through now; none if it is not ours, not whole, or too old, without a difference.
    #[must_use]
    pub fn verify(token: &str, secret: &Hash, now: Timestamp) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, sum) = bytes.split_at_checked(BODY)?;
        mac(secret, body)?.verify_slice(sum).ok()?;
        let (purpose, rest) = body.split_first()?;
        let (tenant, rest) = rest.split_first_chunk()?;
        let (asset, rest) = rest.split_first_chunk()?;
        let purpose = [Purpose::Download, Purpose::Inline].into_iter().find(|known| known.byte() == *purpose)?;
        let expires_at = Timestamp::from_micros(i64::from_be_bytes(*rest.first_chunk()?));
        let tenant = TenantId::from_uuid(Uuid::from_bytes(*tenant));
        let asset = AssetId::from_uuid(Uuid::from_bytes(*asset));
        (now < expires_at).then_some(Self { tenant, asset, purpose, expires_at })
    }
}

/// None only for keys that HMAC cannot take, of which there are none.
fn mac(secret: &Hash, body: &[u8]) -> Option<Hmac<Sha256>> {
    Some(Hmac::<Sha256>::new_from_slice(secret).ok()?.chain_update(DOMAIN).chain_update(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: Hash = [7; 32];
    const NOW: Timestamp = Timestamp::from_seconds(1_795_142_400);

    fn reference(purpose: Purpose) -> Reference {
        let expires_at = Timestamp::from_seconds(NOW.seconds() + 300);
        Reference { tenant: TenantId::random(), asset: AssetId::random(), purpose, expires_at }
    }

    #[test]
    fn what_was_signed_is_what_is_read_until_it_ends() {
        for reference in [Purpose::Download, Purpose::Inline].map(reference) {
            let token = reference.sign(&SECRET);
            assert_eq!(Reference::verify(&token, &SECRET, NOW), Some(reference));
            let last = Timestamp::from_micros(reference.expires_at.micros() - 1);
            assert_eq!(Reference::verify(&token, &SECRET, last), Some(reference));
            assert_eq!(Reference::verify(&token, &SECRET, reference.expires_at), None);
            assert_eq!(Reference::verify(&token, &[8; 32], NOW), None, "of another database");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let token = reference(Purpose::Download).sign(&SECRET);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(Reference::verify(&changed, &SECRET, NOW), None, "bit {bit}");
        }
        for cut in 0..token.len() {
            let start: String = token.chars().take(cut).collect();
            assert_eq!(Reference::verify(&start, &SECRET, NOW), None, "{cut} characters");
        }
    }

    proptest! {
        #[test]
        fn nothing_else_is_let_through(token in "\\PC{0,200}|[A-Za-z0-9_-]{0,120}") {
            prop_assert_eq!(Reference::verify(&token, &SECRET, NOW), None);
        }
    }
}
