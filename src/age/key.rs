//! The account's private key as an identity of age: it finds the file key in a stanza of the type
//! `X25519`.
//!
//! Promise: a stanza is of the one canonical form or the file is refused; a key of low order is
//! refused; what is wrong and what is for somebody else is told apart. Must never: write the
//! private key down, as `AGE-SECRET-KEY-...` or otherwise.

use age::{DecryptError, Identity};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{aead_decrypt, hkdf};
use base64ct::{Base64Unpadded, Encoding};
use firstkey_core::crypto::hazmat;
use firstkey_core::secret::X25519Secret;
use zeroize::{Zeroize, Zeroizing};

/// The type of stanzas that this key opens.
pub const TAG: &str = "X25519";
const LABEL: &[u8] = b"age-encryption.org/v1/X25519";

/// The private key.
pub struct AgeKey {
    secret: X25519Secret,
    public: [u8; 32],
}

impl AgeKey {
    /// Takes over the key.
    pub fn new(secret: X25519Secret) -> Self {
        // EXPOSE: the public half is part of what a stanza is bound to.
        let public = hazmat::x25519_public(secret.expose());
        Self { secret, public }
    }

    /// The file key in a well-formed stanza; `None` if it is for somebody else.
    fn open(&self, share: &[u8; 32], sealed: &[u8]) -> Option<Result<FileKey, DecryptError>> {
        // EXPOSE: agreement is what this key is for.
        let Some(shared) = hazmat::x25519_agree(self.secret.expose(), share) else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        let salt = [&share[..], &self.public].concat();
        let key = Zeroizing::new(hkdf(&salt, LABEL, shared.as_slice()));
        let mut opened = aead_decrypt(&key, FILE_KEY_BYTES, sealed).ok()?;
        Some(Ok(FileKey::init_with_mut(|file_key| {
            file_key.copy_from_slice(&opened);
            opened.zeroize();
        })))
    }
}

impl Identity for AgeKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let [share] = stanza.args.as_slice() else { return Some(Err(DecryptError::InvalidHeader)) };
        let mut bytes = [0; 32];
        match Base64Unpadded::decode(share, &mut bytes) {
            Ok(decoded) if decoded.len() == 32 && stanza.body.len() == FILE_KEY_BYTES + hazmat::TAG_LEN => {
                self.open(&bytes, &stanza.body)
            }
            _ => Some(Err(DecryptError::InvalidHeader)),
        }
    }
}
