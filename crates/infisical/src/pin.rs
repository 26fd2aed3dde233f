//! What is remembered of an account on such a server, so that a lie of the server is noticed later.
//!
//! Promise: public facts, and digests of ciphertexts; read back exactly or not at all. Written
//! before an upload as "sent" and after it was read back as "confirmed". Must never: hold the
//! verifier, a token or a secret.

use super::hexadecimal;
use super::keys::{PublicKey, Salt, Vault};
use firstkey_core::crypto::hazmat::sha256;
use firstkey_core::flow::checkpoint::Unreadable;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::is_one_line;
use serde::{Deserialize, Serialize};

/// A pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The server.
    pub origin: Origin,
    /// The identity that x was computed with; stays, whatever the server calls the account later.
    pub identity: String,
    /// Whether the account signs in at its company.
    pub signs_in: bool,
    /// The organisation of the invite.
    pub organisation: Option<String>,
    /// The public key.
    pub public_key: PublicKey,
    /// The salt.
    pub salt: Salt,
    /// Digest of the vault.
    pub vault: [u8; 32],
    /// Whether it was read back from the server.
    pub confirmed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    dialect: String,
    origin: String,
    identity: String,
    signs_in: bool,
    organisation: Option<String>,
    public_key: String,
    salt: String,
    vault: String,
    confirmed: bool,
}

const VERSION: u32 = 1;
const DIALECT: &str = "infisical-e2ee";

impl Pin {
    /// Of these keys.
    pub fn of(origin: &Origin, identity: &str, salt: Salt, vault: &Vault) -> Self {
        Self {
            origin: origin.clone(),
            identity: identity.to_owned(),
            signs_in: false,
            organisation: None,
            public_key: vault.public_key,
            salt,
            vault: vault.digest(),
            confirmed: false,
        }
    }

    /// A name for its file that tells nothing: one for each account of a server.
    pub fn stem(&self) -> String {
        stem(&self.origin, &self.identity)
    }

    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        let file = File {
            version: VERSION,
            dialect: DIALECT.to_owned(),
            origin: self.origin.to_string(),
            identity: self.identity.clone(),
            signs_in: self.signs_in,
            organisation: self.organisation.clone(),
            public_key: self.public_key.text(),
            salt: self.salt.text(),
            vault: hexadecimal::write(&self.vault).to_string(),
            confirmed: self.confirmed,
        };
        serde_json::to_vec(&file).expect("invariant: plain text always serialises")
    }

    /// Reads them back.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let file: File = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        let mut vault = [0; 32];
        if file.version != VERSION || file.dialect != DIALECT || !hexadecimal::read(file.vault.as_bytes(), &mut vault) {
            return Err(Unreadable);
        }
        // Whoever wrote the file must not write on the terminal.
        let texts = [Some(&file.identity), file.organisation.as_ref()];
        if !texts.into_iter().flatten().all(|text| is_one_line(text)) {
            return Err(Unreadable);
        }
        Ok(Self {
            origin: Origin::read(&file.origin).map_err(|_| Unreadable)?,
            identity: file.identity,
            signs_in: file.signs_in,
            organisation: file.organisation,
            public_key: PublicKey::read(&file.public_key).ok_or(Unreadable)?,
            salt: Salt::read(&file.salt).ok_or(Unreadable)?,
            vault,
            confirmed: file.confirmed,
        })
    }
}

/// The file name of an account's pin.
pub fn stem(origin: &Origin, identity: &str) -> String {
    let digest = sha256(format!("firstkey/infisical/pin\0{origin}\0{identity}").as_bytes());
    hexadecimal::write(&digest[..16]).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::keys::{Lock, Unlocked};
    use super::*;
    use firstkey_core::secret::{MasterKey, SrpExponent, X25519Secret};
    use firstkey_testkit::chance::Seeded;

    #[test]
    fn a_pin_reads_back_exactly_and_holds_no_verifier() {
        let mut rng = Seeded::new(3);
        let secret = X25519Secret::make(&mut rng);
        let unlocked =
            Unlocked { x: SrpExponent::make(&mut rng), derived: MasterKey::make(&mut rng), salt: Salt::make(&mut rng) };
        let lock = Lock::make(&secret, &unlocked, &mut rng).expect("sound");
        let origin = Origin::read("https://app.example.org").expect("a good origin");
        let pin =
            Pin { signs_in: true, confirmed: true, ..Pin::of(&origin, "sam-scimmer-nj-4w", lock.salt, &lock.vault) };
        let bytes = pin.encode();
        assert_eq!(Pin::read(&bytes), Ok(pin.clone()));
        let text = String::from_utf8(bytes.clone()).expect("text");
        assert!(!text.contains(&hexadecimal::write(lock.verifier.as_bytes())[..32]));
        assert!(!pin.stem().contains("sam") && pin.stem().len() == 32);
        assert_ne!(pin.stem(), stem(&origin, "Sam-scimmer-nj-4w"));
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            assert!(Pin::read(&bytes[..at]).is_err());
        }
        assert!(Pin::read(text.replace("\"version\":1", "\"version\":2").as_bytes()).is_err());
        assert!(Pin::read(text.replace("infisical-e2ee", "firstkey").as_bytes()).is_err());
    }
}
