//! Fuzz body: a sealed file that somebody sends.
//!
//! The input is a file as it is, or what stands beside a good stanza in a header with the right
//! MAC, and how the chunks behind it are spoiled. Oracle: it opens here exactly where the crate
//! opens it, and to the same; where it does not, what came out is a beginning of that in whole
//! chunks; a header beyond the limits is refused as such.

#[allow(dead_code, reason = "most of it is for the other target")]
#[path = "plugin_protocol.rs"]
#[allow(clippy::duplicate_mod, reason = "each fuzz target takes its module alone, and one test takes both")]
mod plugin_protocol;

use age_core::primitives::hkdf;
use base64ct::{Base64Unpadded, Encoding};
use firstkey::age::AgeKey;
use firstkey::age::header::{LONGEST, MOST_STANZAS};
use firstkey::age::stream::{Sealed, Trouble};
use plugin_protocol::{FILE_KEY, example, of_the_crate, pairs};
use ring::{aead, hmac};
use std::io::Read;

const INTRO: &str = "age-encryption.org/v1\n";
const CHUNK: usize = 64 * 1024;
const NONCE: [u8; 16] = [5; 16];

/// The options of the first byte: whether a header is made, how long the contents are, and how they
/// are spoiled.
const MADE: u8 = 1;
const LENGTHS: [usize; 4] = [0, 1, CHUNK, CHUNK + 1];

/// Judges one input.
///
/// # Panics
/// When the oracle finds something.
pub(crate) fn run(data: &[u8]) {
    let Some((&options, rest)) = data.split_first() else { return };
    judge(&if options & MADE == 0 { rest.to_vec() } else { made(options >> 1, rest) });
}

/// A file whose header has `text` before and behind a good stanza; its first byte says where.
fn made(options: u8, text: &[u8]) -> Vec<u8> {
    let (&at, text) = text.split_first().unwrap_or((&0, &[]));
    let (before, behind) = text.split_at(usize::from(at).min(text.len()));
    let (_, stanza) = example();
    let covered = [INTRO.as_bytes(), before, b"-> ", stanza.as_bytes(), behind, b"---"].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &hkdf(&[], b"header", &FILE_KEY)), &covered);
    let mac = format!(" {}\n", Base64Unpadded::encode_string(mac.as_ref()));
    let plain = vec![3; LENGTHS[usize::from(options & 3)]];
    let mut file = [&covered[..], mac.as_bytes(), &NONCE].concat();
    let mut chunks: Vec<&[u8]> = plain.chunks(CHUNK).collect();
    let spoiled = options >> 2 & 7;
    if chunks.is_empty() || spoiled == 1 {
        // Behind contents, an empty last chunk is one too many.
        chunks.push(&[]);
    }
    let key = aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &hkdf(&NONCE, b"payload", &FILE_KEY));
    let key = aead::LessSafeKey::new(key.expect("invariant: 32 bytes"));
    for (counter, chunk) in chunks.iter().enumerate() {
        let is_last = counter + 1 == chunks.len() && spoiled != 2;
        let mut nonce = [0; 12];
        nonce[10] = u8::try_from(counter).expect("invariant: two chunks at most");
        nonce[11] = u8::from(is_last);
        let mut sealed = chunk.to_vec();
        key.seal_in_place_append_tag(aead::Nonce::assume_unique_for_key(nonce), aead::Aad::empty(), &mut sealed)
            .expect("invariant: a chunk is short");
        file.extend(sealed);
    }
    match spoiled {
        3 => drop(file.pop()),
        4 => file.push(0),
        5 => file.truncate(file.len() - 16),
        6 => *file.last_mut().expect("invariant: a tag") ^= 1,
        _ => {}
    }
    file
}

fn judge(file: &[u8]) {
    let key = AgeKey::new(pairs().x25519);
    let mut plain = Vec::new();
    let end = Sealed::read(file).and_then(|sealed| sealed.open(&key, &mut plain, &mut || true));
    if matches!(end, Err(Trouble::HeaderTooLong)) {
        let stanzas = file.windows(4).filter(|window| window == b"\n-> ").count();
        assert!(file.len() >= LONGEST || stanzas > MOST_STANZAS, "a short header was called too long");
        return;
    }
    let (theirs, is_whole) = by_the_crate(file);
    assert_eq!(end.is_ok(), is_whole, "{end:?}");
    assert!(if is_whole { plain == theirs } else { theirs.starts_with(&plain) }, "something else came out");
    assert!(is_whole || plain.len() % CHUNK == 0, "a part of a chunk came out");
}

/// What the crate makes of it, and whether it calls that all.
fn by_the_crate(file: &[u8]) -> (Vec<u8>, bool) {
    let key = of_the_crate();
    let mut plain = Vec::new();
    let opened = age::Decryptor::new_buffered(file)
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(&key as &dyn age::Identity)));
    let is_whole = opened.is_ok_and(|mut opened| opened.read_to_end(&mut plain).is_ok());
    (plain, is_whole)
}

/// The seeds of the fuzz target.
pub(crate) fn seeds(add: &mut impl FnMut(&str, Vec<u8>)) {
    let text = |options: u8, before: &str, behind: &str| {
        let at = u8::try_from(before.len()).expect("invariant: seeds are short");
        [&[options, at][..], before.as_bytes(), behind.as_bytes()].concat()
    };
    let bodyless = "-> joint-grease a b\n\n";
    for (length, name) in ["nothing", "a-byte", "a-chunk", "more"].into_iter().enumerate() {
        let options = u8::try_from(length).expect("invariant: four") << 1 | MADE;
        add(name, text(options, "", ""));
        for spoiled in 1..7_u8 {
            add(&format!("{name}-spoiled-{spoiled}"), text(options | spoiled << 3, "", ""));
        }
    }
    add("beside", text(MADE, bodyless, "-> mlkem768x25519 AAAA\nAAAA\n"));
    add("legacy", text(MADE, "-> no-body x\n", ""));
    add("legacy-full", text(MADE, "", &format!("-> full x\n{}\n", "A".repeat(64))));
    add("broken-ours", text(MADE, "-> X25519 AAAA\nAAAA\n", ""));
    add("passphrase-too", text(MADE, "-> scrypt AAAA 18\nAAAA\n", ""));
    add("windows", text(MADE, "", "-> a\r\n\r\n"));
    add("not-canonical", text(MADE, "", "-> a\nAB\n"));
    add("dashes", text(MADE, "", "----\n"));
    add("as-it-is", [&[0], INTRO.as_bytes(), b"-> X25519 AAAA\nAAAA\n--- AAAA\n"].concat());
    add("armored", [&[0][..], b"-----BEGIN AGE ENCRYPTED FILE-----\n"].concat());
    add("utf-16", [0, 0xff, 0xfe, b'a', 0, b'g', 0].to_vec());
}
