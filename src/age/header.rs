//! The header of a file: for whom it is sealed, and the proof that nobody altered that.
//!
//! Promise: it is read once, line by line, and refused as soon as it is longer than an honest one;
//! time and memory grow with its length and no faster. Nothing behind it is read. Must never: take
//! a stanza that the crate `age` would not take, or hold a file key longer than it is used.
//!
//! The limits. A stanza of an ordinary key is about 100 bytes, of a post-quantum key about 1,600.
//! [`MOST_STANZAS`] is an organisation that seals for each of its people; [`LONGEST`] leaves room
//! for as many post-quantum keys. Trying a key on that many stanzas takes a fraction of a second.

use super::beginning::INTRO;
use age_core::format::read::legacy_age_stanza;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::hkdf;
use age_core::secrecy::ExposeSecret;
use base64ct::{Base64Unpadded, Encoding};
use firstkey_core::crypto::stack::{SHALLOW, wiped_after};
use ring::{aead, hmac};
use std::io::{self, BufRead, Read};
use zeroize::Zeroizing;

/// The most stanzas that a file may have.
pub const MOST_STANZAS: usize = 2_000;
/// The most bytes that a header may have.
pub const LONGEST: usize = 4 * 1024 * 1024;

/// What begins the last line.
const FOOTER: &[u8] = b"---";
const STANZA: &[u8] = b"-> ";
/// A line of the body of a stanza, without its end (C2SP age, "ABNF").
const BODY_COLUMNS: usize = 64;
/// The type of a stanza that a passphrase opens.
const SCRYPT: &str = "scrypt";
/// The type of a stanza of an ordinary key.
const ORDINARY: &str = "X25519";
const HEADER_LABEL: &[u8] = b"header";
const PAYLOAD_LABEL: &[u8] = b"payload";
/// Bytes between the header and the chunks.
const NONCE: usize = 16;

/// A header, and the nonce behind it.
pub struct Header {
    stanzas: Vec<Stanza>,
    /// All of it up to and with the `---`, which is what the MAC covers.
    covered: Vec<u8>,
    mac: [u8; 32],
    nonce: [u8; NONCE],
}

/// Why it was not read.
#[derive(Debug)]
pub enum HeaderTrouble {
    /// Reading failed.
    Input(io::Error),
    /// It is not of the format, or ends too early.
    Damaged,
    /// Its lines end in CR and LF: something took the file for text.
    ChangedAsText,
    /// It is beyond one of the limits.
    TooLong,
}

impl Header {
    /// Reads what follows the line [`INTRO`], and nothing behind the nonce.
    pub fn read(input: &mut impl BufRead) -> Result<Self, HeaderTrouble> {
        let mut bytes = INTRO.to_vec();
        let footer = read_lines(input, &mut bytes)?;
        let covered = footer + FOOTER.len();
        let mac = read_mac(&bytes[covered..]).ok_or(HeaderTrouble::Damaged)?;
        let stanzas = read_stanzas(&bytes[INTRO.len()..]).ok_or(HeaderTrouble::Damaged)?;
        let any_passphrase = stanzas.iter().any(|stanza| stanza.tag == SCRYPT);
        if any_passphrase && stanzas.len() != 1 {
            return Err(HeaderTrouble::Damaged);
        }
        let mut nonce = [0; NONCE];
        input.read_exact(&mut nonce).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => HeaderTrouble::Damaged,
            _ => HeaderTrouble::Input(error),
        })?;
        bytes.truncate(covered);
        Ok(Self { stanzas, covered: bytes, mac, nonce })
    }

    /// For whom it is sealed, in the order of the file.
    pub fn stanzas(&self) -> &[Stanza] {
        &self.stanzas
    }

    /// Whether a passphrase opens it.
    pub fn is_of_a_passphrase(&self) -> bool {
        self.stanzas.iter().any(|stanza| stanza.tag == SCRYPT)
    }

    /// Whether one of its stanzas is for an ordinary key, as accounts have them.
    pub fn is_for_an_ordinary_key(&self) -> bool {
        self.stanzas.iter().any(|stanza| stanza.tag == ORDINARY)
    }

    /// The key of the chunks; `None` if the header is not the one that this file key was sealed in.
    pub fn payload_key(&self, file_key: &FileKey) -> Option<Box<aead::LessSafeKey>> {
        // EXPOSE: header and chunks have keys that are derived from it.
        let file_key = file_key.expose_secret();
        wiped_after::<SHALLOW, _>(|| {
            let mac_key = Zeroizing::new(hkdf(&[], HEADER_LABEL, file_key));
            let mac_key = hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_slice());
            hmac::verify(&mac_key, &self.covered, &self.mac).ok()?;
            let key = Zeroizing::new(hkdf(&self.nonce, PAYLOAD_LABEL, file_key));
            let key = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, key.as_slice()).ok()?;
            // On the heap, which both programs wipe as they give it back.
            Some(Box::new(aead::LessSafeKey::new(key)))
        })
    }
}

/// Appends the lines of the header; gives the place of the last one.
fn read_lines(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> Result<usize, HeaderTrouble> {
    let mut stanzas = 0;
    loop {
        let at = bytes.len();
        let room = u64::try_from(LONGEST - at).unwrap_or(0);
        input.take(room).read_until(b'\n', bytes).map_err(HeaderTrouble::Input)?;
        let Some(line) = bytes[at..].strip_suffix(b"\n") else {
            let is_full = bytes.len() == LONGEST;
            return Err(if is_full { HeaderTrouble::TooLong } else { HeaderTrouble::Damaged });
        };
        if line.ends_with(b"\r") {
            return Err(HeaderTrouble::ChangedAsText);
        }
        if line.starts_with(FOOTER) {
            return Ok(at);
        }
        if line.starts_with(STANZA) {
            stanzas += 1;
            if stanzas > MOST_STANZAS {
                return Err(HeaderTrouble::TooLong);
            }
        } else if stanzas == 0 || line.len() > BODY_COLUMNS {
            return Err(HeaderTrouble::Damaged);
        }
    }
}

/// The stanzas before the last line, at least one.
fn read_stanzas(mut rest: &[u8]) -> Option<Vec<Stanza>> {
    let mut stanzas = Vec::new();
    while !rest.starts_with(FOOTER) {
        let (behind, stanza) = legacy_age_stanza(rest).ok()?;
        stanzas.push(stanza.into());
        rest = behind;
    }
    if stanzas.is_empty() { None } else { Some(stanzas) }
}

/// The MAC in what follows the `---`.
fn read_mac(text: &[u8]) -> Option<[u8; 32]> {
    let text = std::str::from_utf8(text.strip_prefix(b" ")?.strip_suffix(b"\n")?).ok()?;
    let mut mac = [0; 32];
    let decoded = Base64Unpadded::decode(text, &mut mac).ok()?;
    if decoded.len() == mac.len() { Some(mac) } else { None }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
