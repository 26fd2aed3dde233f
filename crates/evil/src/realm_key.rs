//! The realm's own signature under a lie: a server that lies signs its lies.
//!
//! Promise: the key comes from the honest server's key file, by PROTOCOL section 8. Must never:
//! sign for a liar that is no server: whoever only stands between has no key.

use super::message::{Reply, Seen};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::realm_key::{AnswerSignature, AnswerTo};
use firstkey_core::crypto::{hazmat, label};
use firstkey_core::secret::Ed25519Seed;
use serde_json::Value;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes at the end of a key file that the seed is made from.
const SECRET: usize = 32;

/// The signing key of the honest server's realm.
pub struct RealmKey {
    seed: Ed25519Seed,
    origin: String,
}

impl RealmKey {
    /// Of the server whose folder that is, and whom clients know by `origin`.
    ///
    /// # Errors
    /// Its key file cannot be read, or is none.
    pub fn read(data: &Path, origin: String) -> std::io::Result<Self> {
        let file = Zeroizing::new(std::fs::read(data.join("server.key"))?);
        let secret = file.last_chunk::<SECRET>().ok_or(std::io::ErrorKind::InvalidData)?;
        let mut seed = Zeroizing::new([0; 32]);
        hazmat::hkdf(label::REALM_KEY, secret, b"", seed.as_mut_slice());
        Ok(Self { seed: Ed25519Seed::from_bytes(&seed), origin })
    }

    /// Puts a signature on an answer of the kind that has one, in the place of the one that it had.
    /// `account` is the one that the client asks about.
    pub fn sign(&self, seen: &Seen, account: Option<[u8; 16]>, reply: &mut Reply) {
        let subject = match seen.path.as_str() {
            "/v1/invites/claim" => id_in(&seen.body, "invite_id"),
            "/v1/enrol/start" => seen.header("firstkey-invite").and_then(id),
            "/v1/account/password/start" => account,
            _ => None,
        };
        let Some(subject) = subject.filter(|_| reply.status == 200) else { return };
        let request = hazmat::sha256(&seen.body);
        let answer_to = AnswerTo { origin: &self.origin, path: &seen.path, subject: &subject, request };
        let text = AnswerSignature::sign(&self.seed, &answer_to, &reply.body).text();
        reply.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(AnswerSignature::HEADER));
        reply.headers.push((AnswerSignature::HEADER.to_owned(), text));
    }
}

/// The account that an answer names to who asks for one, if it is such an answer.
pub fn account_named(path: &str, reply: &Reply) -> Option<[u8; 16]> {
    let names = matches!(path, "/v1/login/params" | "/v1/recovery/start");
    names.then(|| id_in(&reply.body, "account_id")).flatten()
}

fn id_in(body: &[u8], member: &str) -> Option<[u8; 16]> {
    let value: Value = serde_json::from_slice(body).ok()?;
    id(value.get(member)?.as_str()?)
}

fn id(text: &str) -> Option<[u8; 16]> {
    Base64UrlUnpadded::decode_vec(text).ok()?.try_into().ok()
}
