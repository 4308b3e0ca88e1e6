//! The signatures of tokens, checked by ring.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

/// Nothing is signed here, and keys are only ever read as they are published.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(ErrorKind::InvalidKeyFormat.into()),
        rsa_pub_components_from_public_key: |_| Err(ErrorKind::InvalidKeyFormat.into()),
        ec_pub_components_from_private_key: |_, _| Err(ErrorKind::InvalidKeyFormat.into()),
        ed_pub_components_from_private_key: |_, _| Err(ErrorKind::InvalidKeyFormat.into()),
        compute_digest: |_, _| Err(ErrorKind::InvalidKeyFormat.into()),
    },
};

/// For the whole process; whoever came first has installed the same one.
pub(super) fn install() {
    let _ours = PROVIDER.install_default();
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(ErrorKind::InvalidAlgorithm.into())
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let scheme = match (algorithm, key.kind()) {
        (Algorithm::RS256, kind) => rsa(&RSA_PKCS1_2048_8192_SHA256, kind)?,
        (Algorithm::RS384, kind) => rsa(&RSA_PKCS1_2048_8192_SHA384, kind)?,
        (Algorithm::RS512, kind) => rsa(&RSA_PKCS1_2048_8192_SHA512, kind)?,
        (Algorithm::PS256, kind) => rsa(&RSA_PSS_2048_8192_SHA256, kind)?,
        (Algorithm::PS384, kind) => rsa(&RSA_PSS_2048_8192_SHA384, kind)?,
        (Algorithm::PS512, kind) => rsa(&RSA_PSS_2048_8192_SHA512, kind)?,
        (Algorithm::ES256, kind) => point(&ECDSA_P256_SHA256_FIXED, kind)?,
        (Algorithm::ES384, kind) => point(&ECDSA_P384_SHA384_FIXED, kind)?,
        (Algorithm::EdDSA, kind) => point(&ED25519, kind)?,
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(Checked { algorithm: *algorithm, scheme }))
}

/// How one signature is checked, with the key that it takes.
enum Scheme {
    Rsa { how: &'static RsaParameters, n: Vec<u8>, e: Vec<u8> },
    Point { how: &'static dyn VerificationAlgorithm, key: Vec<u8> },
}

fn rsa(how: &'static RsaParameters, kind: &DecodingKeyKind) -> Result<Scheme> {
    match kind {
        DecodingKeyKind::RsaModulusExponent { n, e } => Ok(Scheme::Rsa { how, n: n.clone(), e: e.clone() }),
        DecodingKeyKind::SecretOrDer(_) => Err(ErrorKind::InvalidKeyFormat.into()),
    }
}

fn point(how: &'static dyn VerificationAlgorithm, kind: &DecodingKeyKind) -> Result<Scheme> {
    match kind {
        DecodingKeyKind::SecretOrDer(key) => Ok(Scheme::Point { how, key: key.clone() }),
        DecodingKeyKind::RsaModulusExponent { .. } => Err(ErrorKind::InvalidKeyFormat.into()),
    }
}

struct Checked {
    algorithm: Algorithm,
    scheme: Scheme,
}

impl Verifier<Vec<u8>> for Checked {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let done = match &self.scheme {
            Scheme::Rsa { how, n, e } => RsaPublicKeyComponents { n, e }.verify(how, message, signature),
            Scheme::Point { how, key } => UnparsedPublicKey::new(*how, key).verify(message, signature),
        };
        done.map_err(|_| Error::new())
    }
}

impl JwtVerifier for Checked {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
