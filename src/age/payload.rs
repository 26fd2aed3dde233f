//! The chunks behind the header: STREAM over ChaCha20-Poly1305 (C2SP age, "Payload").
//!
//! Promise: plaintext goes out chunk by chunk, each after its tag was right; the end is believed
//! only with the tag of a last chunk. Must never: hold more than a few chunks, or call half a file
//! a whole one.
//!
//! Written here and not left to the crate `age`, which copies each chunk three times: chunks are
//! read many at once and opened where they lie.

use super::stream::{GoOn, Trouble};
use ring::aead::{Aad, LessSafeKey, Nonce};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// A chunk of plaintext.
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const SEALED: usize = CHUNK + TAG;
/// How many are read at once. More make fewer calls of the system; these still stay in the cache.
const AT_ONCE: usize = 8;

/// Opens all of `input`; gives the number of bytes.
pub fn open(
    key: &LessSafeKey,
    input: &mut impl Read,
    output: &mut impl Write,
    go_on: GoOn<'_>,
) -> Result<u64, Trouble> {
    let mut buffer = Zeroizing::new(vec![0; AT_ONCE * SEALED]);
    let (mut held, mut counter, mut bytes) = (0, 0, 0);
    loop {
        let read = read(input, &mut buffer[held..]).map_err(Trouble::Input)?;
        held += read;
        let mut rest = &mut buffer[..held];
        // The last chunk is sealed as such, so one stays until it is known whether it is the last.
        while rest.len() > SEALED {
            let (chunk, behind) = rest.split_at_mut(SEALED);
            bytes += put(key, chunk, counter, false, output, go_on)?;
            counter += 1;
            rest = behind;
        }
        if read == 0 {
            // Only a file of nothing may end in an empty chunk.
            if rest.len() == TAG && counter > 0 {
                return Err(Trouble::Damaged);
            }
            return Ok(bytes + put(key, rest, counter, true, output, go_on)?);
        }
        let begin = held - rest.len();
        buffer.copy_within(begin..held, 0);
        held -= begin;
    }
}

/// Opens one chunk and writes it; gives the number of bytes.
fn put(
    key: &LessSafeKey,
    chunk: &mut [u8],
    counter: u64,
    last: bool,
    output: &mut impl Write,
    go_on: GoOn<'_>,
) -> Result<u64, Trouble> {
    if !go_on() {
        return Err(Trouble::Stopped);
    }
    let opened = key.open_in_place(nonce(counter, last), Aad::empty(), chunk).map_err(|_| Trouble::Damaged)?;
    output.write_all(opened).map_err(Trouble::Output)?;
    Ok(opened.len() as u64)
}

/// Eleven bytes of counter, big endian, and one that says whether it is the last.
fn nonce(counter: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}

/// Reads what is there; nothing at the end.
fn read(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            end => return end,
        }
    }
}
