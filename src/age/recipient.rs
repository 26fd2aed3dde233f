//! Whom a file is sealed to.
//!
//! Promise: only X25519 recipients, `age1` and 58 symbols; none of low order, with which everybody
//! could open the file; a key of another kind is called what it is. Must never: take a recipient
//! twice, an empty list, or more than a file may have stanzas.

use super::header::MOST_STANZAS;
use age::x25519::Recipient;
use bech32::primitives::decode::CheckedHrpstring;
use firstkey_core::crypto::hazmat;
use std::collections::HashSet;

/// At least one recipient.
pub struct Recipients(Vec<Recipient>);

/// The most that one file may be sealed to: what [`super::header::MOST_STANZAS`] leaves beside the
/// one stanza that the crate adds to keep readers used to unknown ones.
pub const MOST: usize = MOST_STANZAS - 1;

/// Why there are no recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRecipients {
    /// One of them is no X25519 recipient, or there is none.
    #[error("not an X25519 recipient of age")]
    Text,
    /// More than [`MOST`].
    #[error("more recipients than one file takes")]
    TooMany,
}

/// A key that age knows and this program does not seal to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherKey {
    /// `age1pq1...`, which age has from version 1.3 on.
    PostQuantum,
    /// `age1tag1...`, `age1tagpq1...`: a key in hardware.
    Tag,
    /// `age1NAME1...`: what to do with it only the plugin of that name knows.
    Plugin(String),
    /// A public key of SSH.
    Ssh,
    /// A private key of age: nobody but its owner should have it.
    Secret,
    /// The line of an identity file that starts a plugin.
    Identity,
}

impl OtherKey {
    /// What kind of key `text` is, by how it begins; `None` if it is an ordinary recipient, or none
    /// at all.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("age-secret-key-") {
            return Some(Self::Secret);
        }
        if lower.starts_with("age-plugin-") {
            return Some(Self::Identity);
        }
        let (kind, is_more) = lower.split_once(char::is_whitespace).map_or(("", false), |(kind, _)| (kind, true));
        if is_more && ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|ssh| kind.starts_with(ssh)) {
            return Some(Self::Ssh);
        }
        if lower.contains('@') {
            return None;
        }
        // No 1 is in the part behind the last one (BIP 173).
        let (prefix, _) = lower.rsplit_once('1')?;
        let name = prefix.strip_prefix("age1")?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte)) {
            return None;
        }
        Some(match name {
            "pq" => Self::PostQuantum,
            "tag" | "tagpq" => Self::Tag,
            name => Self::Plugin(name.to_owned()),
        })
    }
}

impl Recipients {
    /// Reads them; the same one twice counts once.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NotRecipients> {
        let (mut read, mut known) = (Vec::new(), HashSet::new());
        for text in texts {
            let recipient = recipient(text)?;
            if known.insert(recipient.to_string()) {
                if known.len() > MOST {
                    return Err(NotRecipients::TooMany);
                }
                read.push(recipient);
            }
        }
        if read.is_empty() { Err(NotRecipients::Text) } else { Ok(Self(read)) }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|recipient| recipient as &dyn age::Recipient)
    }
}

fn recipient(text: &str) -> Result<Recipient, NotRecipients> {
    let parsed: Recipient = text.parse().map_err(|_| NotRecipients::Text)?;
    let decoded = CheckedHrpstring::new::<bech32::Bech32>(text).map_err(|_| NotRecipients::Text)?;
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    let key: [u8; 32] = bytes.try_into().map_err(|_| NotRecipients::Text)?;
    if hazmat::x25519_is_contributory(&key) { Ok(parsed) } else { Err(NotRecipients::Text) }
}
