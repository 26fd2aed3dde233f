//! What is remembered of an account on such a server, so that a lie of the server is noticed later.
//!
//! Promise: public facts, and digests of ciphertexts; read back exactly or not at all. A lock is
//! written as "sent" before it leaves, and becomes the pinned one once it was opened. What is
//! pinned is renewed by proof alone: a vault that opens with the password to the private key whose
//! public half is pinned, and is none that was replaced before. Must never: hold the verifier, a
//! token or a secret; let what was sent take the place of what was confirmed.

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
    /// What the server calls the account now, where that is another name.
    pub renamed: Option<String>,
    /// The server's id of the account, where a sign-in told it. It finds a pin after a rename, and
    /// proves nothing.
    pub user: Option<String>,
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
    /// Digest of the emergency kit that was made for these keys here.
    pub kit: Option<[u8; 32]>,
    /// Digest of one that was sent to take its place; what became of it is not known.
    pub kit_sent: Option<[u8; 32]>,
    /// Whether the keys above were read back from the server. Keys that were not bind nobody.
    pub confirmed: bool,
    /// Locks that were sent, or were about to be, after the one above; what became of them is not
    /// known. Oldest first.
    pub sent: Vec<Sent>,
    /// Digests of vaults that were replaced, oldest first: one of these again is a roll-back.
    pub former: Vec<[u8; 32]>,
    /// Whether sessions from before the last change of the password may be open still.
    pub sessions: bool,
}

/// A lock on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The identity that its x was computed with.
    pub identity: String,
    /// The public key.
    pub public_key: PublicKey,
    /// The salt.
    pub salt: Salt,
    /// Digest of the vault.
    pub vault: [u8; 32],
    /// Digest of the emergency kit that was made with it.
    pub kit: Option<[u8; 32]>,
}

/// Which lock a salt belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that was read back.
    Pinned,
    /// One that was sent from here.
    Sent,
    /// None that this computer knows.
    Unknown,
}

/// How a vault that opened, with the password and to its own public key, goes on from a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// It is the pinned one.
    Same,
    /// It is one that was sent from here.
    Sent,
    /// The same private key under a lock that this computer does not know: only somebody with the
    /// private key and the password can have made it.
    Elsewhere,
    /// No keys were confirmed here, and these are none that were made here.
    NotMadeHere,
}

/// What does not go on from a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Another public key.
    OtherKey,
    /// A vault that was replaced before.
    RolledBack,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    dialect: String,
    origin: String,
    identity: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renamed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    signs_in: bool,
    organisation: Option<String>,
    public_key: String,
    salt: String,
    vault: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kit_sent: Option<String>,
    confirmed: bool,
    #[serde(default)]
    sent: Vec<SentFile>,
    #[serde(default)]
    former: Vec<String>,
    #[serde(default)]
    sessions: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SentFile {
    identity: String,
    public_key: String,
    salt: String,
    vault: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kit: Option<String>,
}

/// What is written. Files of version 1 have none of the members that may be left out.
const VERSION: u32 = 2;
const OLDEST: u32 = 1;
const DIALECT: &str = "infisical-e2ee";
/// The most locks on their way that are remembered.
const MOST_SENT: usize = 8;
/// The most replaced vaults that are remembered.
const MOST_FORMER: usize = 64;

impl Pin {
    /// Of these keys.
    pub fn of(origin: &Origin, identity: &str, salt: Salt, vault: &Vault) -> Self {
        Self {
            origin: origin.clone(),
            identity: identity.to_owned(),
            renamed: None,
            user: None,
            signs_in: false,
            organisation: None,
            public_key: vault.public_key,
            salt,
            vault: vault.digest(),
            kit: None,
            kit_sent: None,
            confirmed: false,
            sent: Vec::new(),
            former: Vec::new(),
            sessions: false,
        }
    }

    /// Whether the account goes, or went, by this name.
    pub fn goes_by(&self, name: &str) -> bool {
        self.identity == name || self.renamed.as_deref() == Some(name)
    }

    /// What the server calls the account, as far as it is known here.
    pub fn name(&self) -> &str {
        self.renamed.as_deref().unwrap_or(&self.identity)
    }

    /// Whether `other` is an older record of the same account, under a name that it had before.
    pub fn takes_the_place_of(&self, other: &Self) -> bool {
        self.confirmed
            && self.origin == other.origin
            && self.public_key == other.public_key
            && self.identity != other.identity
    }

    /// The lock that is pinned, where nothing confirms it: the newest that was sent.
    fn unconfirmed(&self) -> Option<Sent> {
        (!self.confirmed).then(|| Sent {
            identity: self.identity.clone(),
            public_key: self.public_key,
            salt: self.salt,
            vault: self.vault,
            kit: self.kit,
        })
    }

    /// Every lock that was sent and not read back.
    pub fn candidates(&self) -> impl Iterator<Item = Sent> + '_ {
        self.sent.iter().cloned().chain(self.unconfirmed())
    }

    /// The same with another lock on its way. What is confirmed stays what it is until the new lock
    /// was read back.
    #[must_use]
    pub fn sending(&self, fresh: &Self) -> Self {
        let mut sent: Vec<_> = self.candidates().collect();
        if self.confirmed {
            // The fresh one is not confirmed, so it is a candidate itself.
            sent.extend(fresh.unconfirmed());
        }
        sent.drain(..sent.len().saturating_sub(MOST_SENT));
        if self.confirmed {
            Self { sent, ..self.clone() }
        } else {
            Self { sent, former: self.former.clone(), ..fresh.clone() }
        }
    }

    /// Whether a stored kit is one that was made here. It is the one that counts from now on.
    pub fn settle_kit(&mut self, stored: [u8; 32]) -> bool {
        if self.kit_sent == Some(stored) {
            self.kit = self.kit_sent.take();
        }
        self.kit == Some(stored)
    }

    /// Which lock has this salt.
    pub fn whose(&self, salt: Salt) -> Whose {
        if self.confirmed && self.salt == salt {
            Whose::Pinned
        } else if self.candidates().any(|one| one.salt == salt) {
            Whose::Sent
        } else {
            Whose::Unknown
        }
    }

    /// The identities that the x of a lock with this salt may have been computed with, likeliest
    /// first. `now` is what the server calls the account.
    pub fn identities(&self, salt: Salt, now: &str) -> Vec<String> {
        if let Some(one) = self.candidates().find(|one| one.salt == salt) {
            return vec![one.identity];
        }
        let mut names = vec![self.identity.clone()];
        if !(self.confirmed && self.salt == salt) && self.identity != now {
            // Made elsewhere: the clients of the time compute with the present name.
            names.insert(0, now.to_owned());
        }
        names
    }

    /// Judges a vault that opened.
    pub fn judge(&self, vault: &Vault) -> Result<Continuity, Broken> {
        let digest = vault.digest();
        if self.confirmed && self.public_key != vault.public_key {
            return Err(Broken::OtherKey);
        }
        if self.confirmed && self.vault == digest {
            return Ok(Continuity::Same);
        }
        if self.former.contains(&digest) {
            return Err(Broken::RolledBack);
        }
        if self.candidates().any(|one| one.vault == digest) {
            return Ok(Continuity::Sent);
        }
        Ok(if self.confirmed { Continuity::Elsewhere } else { Continuity::NotMadeHere })
    }

    /// The pin of a vault that was opened and goes on from this one.
    #[must_use]
    pub fn settled(&self, identity: &str, salt: Salt, vault: &Vault) -> Self {
        let fresh = Self::of(&self.origin, identity, salt, vault);
        let mut former = self.former.clone();
        if self.confirmed && self.vault != fresh.vault {
            former.push(self.vault);
        }
        former.drain(..former.len().saturating_sub(MOST_FORMER));
        let sent = self.candidates().find(|one| one.vault == fresh.vault);
        // A change that was made here and broken off left the sessions of the old password.
        let changed = self.confirmed && sent.is_some();
        let kit = sent.and_then(|one| one.kit);
        let same_key = self.public_key == fresh.public_key;
        Self {
            renamed: self.renamed.clone().filter(|name| name != identity),
            user: self.user.clone(),
            signs_in: self.signs_in,
            organisation: self.organisation.clone(),
            kit: kit.or(self.kit.filter(|_| same_key)),
            kit_sent: self.kit_sent.filter(|_| same_key),
            confirmed: true,
            former,
            sessions: self.sessions || changed,
            ..fresh
        }
    }

    /// A name for its file that tells nothing: one for each account of a server.
    pub fn stem(&self) -> String {
        stem(&self.origin, &self.identity)
    }

    /// The bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        let text = |digest: &[u8; 32]| hexadecimal::write(digest).to_string();
        let sent = |one: &Sent| SentFile {
            identity: one.identity.clone(),
            public_key: one.public_key.text(),
            salt: one.salt.text(),
            vault: text(&one.vault),
            kit: one.kit.as_ref().map(text),
        };
        let file = File {
            version: VERSION,
            dialect: DIALECT.to_owned(),
            origin: self.origin.to_string(),
            identity: self.identity.clone(),
            renamed: self.renamed.clone(),
            user: self.user.clone(),
            signs_in: self.signs_in,
            organisation: self.organisation.clone(),
            public_key: self.public_key.text(),
            salt: self.salt.text(),
            vault: text(&self.vault),
            kit: self.kit.as_ref().map(text),
            kit_sent: self.kit_sent.as_ref().map(text),
            confirmed: self.confirmed,
            sent: self.sent.iter().map(sent).collect(),
            former: self.former.iter().map(text).collect(),
            sessions: self.sessions,
        };
        serde_json::to_vec(&file).expect("invariant: plain text always serialises")
    }

    /// Reads them back.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let file: File = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        let bounded = file.sent.len() <= MOST_SENT && file.former.len() <= MOST_FORMER;
        if !(OLDEST..=VERSION).contains(&file.version) || file.dialect != DIALECT || !bounded {
            return Err(Unreadable);
        }
        // Whoever wrote the file must not write on the terminal.
        let texts = [Some(&file.identity), file.organisation.as_ref()];
        if !texts.into_iter().flatten().all(|text| is_one_line(text)) {
            return Err(Unreadable);
        }
        let sent = |one: SentFile| {
            Ok(Sent {
                identity: one.identity,
                public_key: PublicKey::read(&one.public_key).ok_or(Unreadable)?,
                salt: Salt::read(&one.salt).ok_or(Unreadable)?,
                vault: digest(&one.vault)?,
                kit: one.kit.as_deref().map(digest).transpose()?,
            })
        };
        Ok(Self {
            origin: Origin::read(&file.origin).map_err(|_| Unreadable)?,
            identity: file.identity,
            renamed: file.renamed,
            user: file.user,
            signs_in: file.signs_in,
            organisation: file.organisation,
            public_key: PublicKey::read(&file.public_key).ok_or(Unreadable)?,
            salt: Salt::read(&file.salt).ok_or(Unreadable)?,
            vault: digest(&file.vault)?,
            kit: file.kit.as_deref().map(digest).transpose()?,
            kit_sent: file.kit_sent.as_deref().map(digest).transpose()?,
            confirmed: file.confirmed,
            sent: file.sent.into_iter().map(sent).collect::<Result<_, _>>()?,
            former: file.former.iter().map(|text| digest(text)).collect::<Result<_, _>>()?,
            sessions: file.sessions,
        })
    }
}

fn digest(text: &str) -> Result<[u8; 32], Unreadable> {
    let mut bytes = [0; 32];
    if hexadecimal::read(text.as_bytes(), &mut bytes) { Ok(bytes) } else { Err(Unreadable) }
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
        assert!(Pin::read(text.replace("\"version\":2", "\"version\":3").as_bytes()).is_err());
        assert!(Pin::read(text.replace("infisical-e2ee", "firstkey").as_bytes()).is_err());
    }
}
