//! The signing key of a realm: what a link names, and what the answers that decide about a new
//! password are signed with (protocol section 8).
//!
//! Promise: an answer counts as the realm's only if the key's hash came by a way that whoever
//! stands between client and server does not see (the letter, or the account's own signature), and
//! the signature covers request and answer whole. Must never: hold the secret half, or take a key
//! because an answer shows it.

use super::encoding::pae;
use super::{hazmat, label};
use crate::secret::Ed25519Seed;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The public half, Ed25519, 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealmKey([u8; 32]);

/// What a link of version 2 says of the server that wrote it: the first 16 bytes of
/// `SHA-256(PAE("firstkey/v1/link", realm_key, vouch))`. `vouch` is empty in this version; it is
/// the place for what an organisation wants of the identity provider.
///
/// 16 bytes are enough: who wants to be taken for the server needs a second key of that hash, and
/// mostly does not even know the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkBinding([u8; 16]);

impl LinkBinding {
    /// Bytes.
    pub const LEN: usize = 16;

    /// What a link says.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The same.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl RealmKey {
    /// A public key as its server gives it; nobody vouches for it yet.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key that belongs to a seed, for the server that has it.
    pub fn of_seed(seed: &Ed25519Seed) -> Self {
        // EXPOSE: the public half is computed from the seed.
        Self(hazmat::ed25519_public(seed.expose()))
    }

    /// The same 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What a link says of it.
    pub fn binding(&self) -> LinkBinding {
        let digest = hazmat::sha256(&pae(&[label::LINK, &self.0, b""]));
        let mut start = [0; LinkBinding::LEN];
        start.copy_from_slice(&digest[..LinkBinding::LEN]);
        LinkBinding(start)
    }
}

/// What an answer is about, and what it answers: all that a signature over it covers beside its own
/// bytes.
#[derive(Clone, Copy, Debug)]
pub struct AnswerTo<'a> {
    /// The origin as the client knows it, `https://host[:port]`.
    pub origin: &'a str,
    /// The path of the request.
    pub path: &'a str,
    /// The invite, or the account, that the request is about. Without it, whoever has an invite of
    /// their own could have it evaluate what belongs to another.
    pub subject: &'a [u8; 16],
    /// SHA-256 of the request's body.
    pub request: [u8; 32],
}

/// The header `Firstkey-Signed` of an answer: the key's 43 characters, a dot, the signature's 86.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerSignature {
    key: RealmKey,
    signature: [u8; 64],
}

impl AnswerSignature {
    /// Its name.
    pub const HEADER: &'static str = "firstkey-signed";

    /// Signs with the seed of a realm's key: `Ed25519(seed, PAE("firstkey/v1/answer", origin,
    /// "POST", path, subject, SHA-256(request), SHA-256(answer)))`.
    pub fn sign(seed: &Ed25519Seed, asked: &AnswerTo<'_>, answer: &[u8]) -> Self {
        // EXPOSE: the realm's key signs the answer.
        let signature = hazmat::ed25519_sign(seed.expose(), &message(asked, answer));
        Self { key: RealmKey::of_seed(seed), signature }
    }

    /// Reads the header's value, in its one spelling.
    pub fn read(text: &str) -> Option<Self> {
        let (key, signature) = text.split_once('.')?;
        Some(Self { key: RealmKey(exact(key)?), signature: exact(signature)? })
    }

    /// The header's value.
    pub fn text(&self) -> String {
        let [key, signature] = [&self.key.0[..], &self.signature].map(Base64UrlUnpadded::encode_string);
        format!("{key}.{signature}")
    }

    /// The key that it is by, if it holds for this answer, strictly.
    pub fn signer(&self, asked: &AnswerTo<'_>, answer: &[u8]) -> Option<RealmKey> {
        hazmat::ed25519_verify(&self.key.0, &message(asked, answer), &self.signature).then_some(self.key)
    }
}

fn message(asked: &AnswerTo<'_>, answer: &[u8]) -> Vec<u8> {
    pae(&[
        label::ANSWER,
        asked.origin.as_bytes(),
        b"POST",
        asked.path.as_bytes(),
        asked.subject,
        &asked.request,
        &hazmat::sha256(answer),
    ])
}

fn exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    Base64UrlUnpadded::decode_vec(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(byte: u8) -> Ed25519Seed {
        Ed25519Seed::from_bytes(&[byte; 32])
    }

    fn asked() -> AnswerTo<'static> {
        AnswerTo { origin: "https://a.example", path: "/v1/enrol/start", subject: &[1; 16], request: [2; 32] }
    }

    #[test]
    fn a_signature_holds_for_its_own_question_and_answer_and_for_no_other() {
        let signed = AnswerSignature::sign(&seed(7), &asked(), b"answer");
        assert_eq!(signed.signer(&asked(), b"answer"), Some(RealmKey::of_seed(&seed(7))));
        for other in [
            AnswerTo { origin: "https://b.example", ..asked() },
            AnswerTo { path: "/v1/invites/claim", ..asked() },
            AnswerTo { subject: &[3; 16], ..asked() },
            AnswerTo { request: [3; 32], ..asked() },
        ] {
            assert_eq!(signed.signer(&other, b"answer"), None, "{other:?}");
        }
        assert_eq!(signed.signer(&asked(), b"answe"), None);
        let of_another = AnswerSignature { key: RealmKey::of_seed(&seed(8)), ..signed };
        assert_eq!(of_another.signer(&asked(), b"answer"), None);
    }

    #[test]
    fn the_header_has_one_spelling() {
        let signed = AnswerSignature::sign(&seed(7), &asked(), b"answer");
        let text = signed.text();
        assert_eq!(text.len(), 43 + 1 + 86);
        assert_eq!(AnswerSignature::read(&text), Some(signed));
        let last = text.len() - 1;
        for bad in [
            String::new(),
            ".".to_owned(),
            text.replace('.', ""),
            format!("{text}="),
            format!(" {text}"),
            text[..last].to_owned(),
            text[1..].to_owned(),
            format!("{text}.{text}"),
        ] {
            assert_eq!(AnswerSignature::read(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn two_keys_have_two_bindings_and_a_binding_is_no_part_of_its_key() {
        let (one, two) = (RealmKey::of_seed(&seed(7)), RealmKey::of_seed(&seed(8)));
        assert_ne!(one.binding(), two.binding());
        assert_ne!(one.binding().as_bytes()[..], one.as_bytes()[..16]);
    }
}
