//! What the archive derives from the installation's secret: the key of its blobs, and the ids of contents.

use age::secrecy::{ExposeSecret as _, SecretString};
use age::x25519::{Identity, Recipient};
use leadq_contract::IdentifierSecret;
use leadq_contract::identifier::hex;
use leadq_pipeline::ports::{ContentId, PortError};

/// For what the key is derived.
const ENCRYPTION: &[u8] = b"archive encryption";
/// How the text of an identity begins, before the `1` of Bech32.
const IDENTITY: &str = "age-secret-key-";

/// The keys of an archive.
#[derive(Clone)]
pub(crate) struct Keys {
    secret: IdentifierSecret,
    identity: Identity,
    recipient: Recipient,
}

impl Keys {
    pub(crate) fn of(secret: &IdentifierSecret) -> Result<Self, PortError> {
        let text = age_identity(secret)?;
        let identity: Identity = text.expose_secret().parse().map_err(underivable)?;
        let recipient = identity.to_public();
        Ok(Self { secret: secret.clone(), identity, recipient })
    }

    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) const fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Which content has this digest.
    pub(crate) fn content(&self, digest: &blake3::Hash) -> ContentId {
        ContentId(hex(&self.secret.fingerprint(digest.as_bytes())))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// The identity that the archive's blobs are encrypted to, as the tool `age` takes it (`AGE-SECRET-KEY-1…`):
/// 32 bytes derived from the secret, in Bech32. Who has it reads every blob: `age -d -i FILE BLOB | zstd -d` gives
/// a compressed content; one that was compressed as it came is stored as it is, with 50 bytes of the archive's own
/// behind it.
///
/// # Errors
/// None in practice: 32 bytes always have such a text.
pub fn age_identity(secret: &IdentifierSecret) -> Result<SecretString, PortError> {
    let prefix = bech32::Hrp::parse(IDENTITY).map_err(underivable)?;
    let text = bech32::encode_upper::<bech32::Bech32>(prefix, &secret.derive(ENCRYPTION));
    Ok(SecretString::from(text.map_err(underivable)?))
}

fn underivable(reason: impl ToString) -> PortError {
    PortError::permanent("derive", "the archive's key", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hkdf::Hkdf;
    use sha2::Sha256;

    #[test]
    fn the_key_is_what_hkdf_expands() {
        let secret = [7; 32];
        let mut expected = [0; 32];
        let info = [&b"leadq:derive:v1:"[..], ENCRYPTION].concat();
        Hkdf::<Sha256>::from_prk(&secret).unwrap().expand(&info, &mut expected).unwrap();
        assert_eq!(IdentifierSecret::new(&secret).unwrap().derive(ENCRYPTION), expected);
    }

    #[test]
    fn the_identity_is_one_that_age_writes_the_same_way() {
        let secret = IdentifierSecret::new(&[7; 32]).unwrap();
        let text = age_identity(&secret).unwrap();
        assert!(text.expose_secret().starts_with("AGE-SECRET-KEY-1"));
        let parsed: Identity = text.expose_secret().parse().unwrap();
        assert_eq!(parsed.to_string().expose_secret(), text.expose_secret());
        let other = age_identity(&IdentifierSecret::new(&[8; 32]).unwrap()).unwrap();
        assert_ne!(other.expose_secret(), text.expose_secret());
    }
}
